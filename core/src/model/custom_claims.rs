//! Claims that a backend adds to a session.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::InvalidInput;

/// Claims to set on a session and in its JWT (`session_custom_claims`): at most 4 KiB of JSON.
///
/// A `null` value deletes the claim. Backend only.
///
/// ```
/// use serde_json::json;
/// use stytch_session::CustomClaims;
///
/// let claims = CustomClaims::new([("plan".to_owned(), json!("pro"))])?;
/// assert!(CustomClaims::new([("sub".to_owned(), json!("me"))]).is_err());
/// # let _ = claims;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CustomClaims(Map<String, Value>);

impl CustomClaims {
    /// The most bytes of JSON that the claims may take.
    pub const MAX_BYTES: usize = 4096;

    /// Takes the claims.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if they take more than 4 KiB of JSON, or one has a reserved name: `iss`,
    /// `sub`, `aud`, `exp`, `nbf`, `iat`, `jti`, or one of Stytch's own.
    pub fn new(claims: impl IntoIterator<Item = (String, Value)>) -> Result<Self, InvalidInput> {
        let claims: Map<String, Value> = claims.into_iter().collect();
        let reserved = |name: &String| {
            matches!(name.as_str(), "iss" | "sub" | "aud" | "exp" | "nbf" | "iat" | "jti")
                || name.starts_with("https://stytch.com/")
        };
        if claims.keys().any(reserved) {
            return Err(InvalidInput::new("custom claims", "one of the names is reserved"));
        }
        match serde_json::to_vec(&claims) {
            Ok(json) if json.len() <= Self::MAX_BYTES => Ok(Self(claims)),
            _ => Err(InvalidInput::new("custom claims", "they are larger than 4 KiB")),
        }
    }
}

impl fmt::Debug for CustomClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomClaims ")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let claim = |length: usize| [("k".to_owned(), Value::from("x".repeat(length)))];
        let overhead = r#"{"k":""}"#.len();
        assert!(CustomClaims::new(claim(CustomClaims::MAX_BYTES - overhead)).is_ok());
        assert!(CustomClaims::new(claim(CustomClaims::MAX_BYTES - overhead + 1)).is_err());
        for name in ["iss", "jti", "https://stytch.com/session", "https://stytch.com/new"] {
            assert!(CustomClaims::new([(name.to_owned(), Value::Null)]).is_err(), "{name}");
        }
        let claims = CustomClaims::new([("plan".to_owned(), Value::from("secret plan"))]).unwrap();
        assert_eq!(format!("{claims:?}"), r#"CustomClaims {"plan"}"#);
    }
}
