//! Why a session JWT was refused.

use std::fmt;

/// A session JWT was refused.
///
/// It says which check failed and what to do, and holds nothing of the token.
///
/// ```
/// use std::time::SystemTime;
/// use stytch_session::ProjectId;
/// use stytch_session::jwt::{JwtErrorKind, JwtRules, KeySet};
///
/// let id = ProjectId::new("project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d")?;
/// let rules = JwtRules::for_project_id(id);
/// let error = rules.verify("no token", &KeySet::empty(), SystemTime::UNIX_EPOCH).unwrap_err();
/// assert_eq!(error.kind(), JwtErrorKind::Malformed);
/// assert!(!error.is_genuine());
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JwtError {
    kind: JwtErrorKind,
    /// The header parameter or claim that is at fault, if it is one.
    name: Option<&'static str>,
}

/// Which check failed. The checks are made in this order, apart from the last kind, and from
/// `kid`, which comes last in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwtErrorKind {
    /// The token is longer than 64 KiB.
    TooLarge,
    /// It is not three parts of base64url without padding, joined by dots (RFC 7515, section 7.1).
    Malformed,
    /// Its header is not a JSON object with unique names, or names no key (`kid`).
    Header,
    /// Its algorithm (`alg`) is not RS256 (RFC 8725, section 3.1).
    Algorithm,
    /// Its type (`typ`) is another one than `JWT` (RFC 8725, section 3.11).
    Type,
    /// It demands an extension (`crit`), and none is known here (RFC 7515, section 4.1.11).
    Critical,
    /// Its key (`kid`) is not in the key set.
    UnknownKey,
    /// Its signature is not the key's.
    Signature,
    /// Its payload is not a JSON object with unique names, or a claim is missing or malformed:
    /// [`JwtError::claim`] says which.
    Claims,
    /// Another issuer made it (`iss`).
    Issuer,
    /// It is for another project (`aud`).
    Audience,
    /// `exp` has come.
    Expired,
    /// `nbf` has not come yet.
    NotYetValid,
    /// A maximum age is set, and `iat` has not come yet.
    IssuedInFuture,
    /// A maximum age is set, and it has been reached since `iat`.
    TooOld,
    /// The session that it speaks of has ended.
    SessionExpired,
    /// The key set could not be fetched, and none is at hand.
    KeysUnavailable,
}

impl JwtError {
    pub(super) const fn new(kind: JwtErrorKind) -> Self {
        Self { kind, name: None }
    }

    /// `name` is a header parameter or a claim, as the protocol calls it.
    pub(super) const fn about(kind: JwtErrorKind, name: &'static str) -> Self {
        Self { kind, name: Some(name) }
    }

    pub(super) const fn keys_unavailable() -> Self {
        Self::new(JwtErrorKind::KeysUnavailable)
    }

    /// Which check failed.
    #[must_use]
    pub const fn kind(&self) -> JwtErrorKind {
        self.kind
    }

    /// The claim that is missing or malformed, such as `exp`, if the kind is
    /// [`Claims`](JwtErrorKind::Claims) and it is one claim's fault.
    #[must_use]
    pub const fn claim(&self) -> Option<&'static str> {
        match self.kind {
            JwtErrorKind::Claims => self.name,
            _ => None,
        }
    }

    /// Whether Stytch made the token, for this project, so that only time speaks against it.
    ///
    /// The server may then still know the session: asking it is worth a request. Any other token
    /// is no reason to ask.
    #[must_use]
    pub const fn is_genuine(&self) -> bool {
        matches!(
            self.kind,
            JwtErrorKind::Expired
                | JwtErrorKind::NotYetValid
                | JwtErrorKind::IssuedInFuture
                | JwtErrorKind::TooOld
                | JwtErrorKind::SessionExpired
        )
    }
}

impl fmt::Debug for JwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("JwtError");
        shown.field("kind", &self.kind);
        if let Some(name) = self.name {
            shown.field("name", &name);
        }
        shown.finish()
    }
}

impl fmt::Display for JwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            JwtErrorKind::TooLarge => "the session JWT is longer than 64 KiB; refuse the request",
            JwtErrorKind::Malformed => {
                "the session JWT is not three parts of base64url joined by dots; \
                 pass the bare token, without quotes, scheme or blanks"
            }
            JwtErrorKind::Header => {
                return self.speak_of(f, "header", "parameter", "refuse the request");
            }
            JwtErrorKind::Algorithm => {
                "the session JWT's algorithm is not RS256; Stytch did not make it"
            }
            JwtErrorKind::Type => {
                "the session JWT is of another type; \
                 pass the `session_jwt`, not another token of the same issuer"
            }
            JwtErrorKind::Critical => {
                "the session JWT demands an extension; Stytch did not make it"
            }
            JwtErrorKind::UnknownKey => {
                "the session JWT's key is not in the key set; fetch the set again, but not often, \
                 and check that it is that of the same project"
            }
            JwtErrorKind::Signature => {
                "the session JWT's signature is wrong; it was changed, or Stytch did not make it"
            }
            JwtErrorKind::Claims => {
                return self.speak_of(
                    f,
                    "payload",
                    "claim",
                    "pass the `session_jwt` of a B2B member session",
                );
            }
            JwtErrorKind::Issuer => {
                "the session JWT is of another issuer; \
                 if the project has a custom domain, add it to the rules"
            }
            JwtErrorKind::Audience => {
                "the session JWT is for another project; check the project id of the rules"
            }
            JwtErrorKind::Expired => {
                "the session JWT has expired; ask the server for a new one, or let the client do so"
            }
            JwtErrorKind::NotYetValid => {
                "the session JWT is not valid yet; check the clock, or allow a leeway"
            }
            JwtErrorKind::IssuedInFuture => {
                "the session JWT was issued in the future, so that its age cannot be judged; \
                 check the clock, or allow a leeway"
            }
            JwtErrorKind::TooOld => {
                "the session JWT is older than allowed; ask the server whether the session lives"
            }
            JwtErrorKind::SessionExpired => "the session's end, as the token has it, has come; ask the server whether it was extended",
            JwtErrorKind::KeysUnavailable => {
                "the keys of session JWTs could not be fetched; try again later, or ask the server"
            }
        })
    }
}

impl JwtError {
    fn speak_of(
        &self,
        f: &mut fmt::Formatter<'_>,
        part: &str,
        member: &str,
        advice: &str,
    ) -> fmt::Result {
        match self.name {
            Some(name) => write!(
                f,
                "in the {part} of the session JWT the {member} `{name}` is missing, malformed or \
                 there twice; {advice}"
            ),
            None => write!(
                f,
                "the {part} of the session JWT is not a JSON object whose names differ; {advice}"
            ),
        }
    }
}

impl std::error::Error for JwtError {}
