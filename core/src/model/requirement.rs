//! What an unfinished login still requires.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::fields::{MaybeId, MaybeText, object};
use super::{AuthMethod, MfaMethod, TotpId};
use crate::error::blank_hidden;
use crate::wire::json::OnlyObjects;

object! {
    /// A second factor is required.
    ///
    /// Source: object `MfaRequired` of the API.
    pub struct MfaRequired {
        lenient {
            /// What the member is enrolled with; none means that the member must enroll.
            member_options: Option<MemberOptions> => Option<&MemberOptions>,
            /// What the server has started by itself: `sms_otp` if it has sent a code already.
            secondary_auth_initiated: Option<MfaMethod> => Option<&MfaMethod>,
        }
    }
}

object! {
    /// The second factors that a member is enrolled with.
    pub struct MemberOptions {
        lenient {
            /// The phone number for codes, if there is one.
            mfa_phone_number: MaybeText => Option<&str>,
            /// The authenticator-app registration, if there is one.
            totp_registration_id: MaybeId<TotpId> => Option<&TotpId>,
        }
    }
}

object! {
    /// Another first factor is required.
    ///
    /// Source: object `PrimaryRequired` of the API.
    pub struct PrimaryRequired {
        lenient {
            /// The first factors that the organization accepts.
            allowed_auth_methods: Vec<AuthMethod> => &[AuthMethod],
        }
    }
}

/// What an intermediate session still requires: another first factor, a second factor, or both.
///
/// Where both are, the first factor comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    primary: Option<PrimaryRequired>,
    second_factor: Option<MfaRequired>,
}

impl Requirement {
    /// `None` where nothing is required.
    pub(crate) fn new(
        second_factor: Option<MfaRequired>,
        primary: Option<PrimaryRequired>,
    ) -> Option<Self> {
        if primary.is_none() && second_factor.is_none() {
            return None;
        }
        Some(Self { primary, second_factor })
    }

    /// The other first factor, if one is required: to be given before the second.
    #[must_use]
    pub const fn primary(&self) -> Option<&PrimaryRequired> {
        self.primary.as_ref()
    }

    /// The second factor, if one is required.
    #[must_use]
    pub const fn second_factor(&self) -> Option<&MfaRequired> {
        self.second_factor.as_ref()
    }

    /// Whether the member must enroll with a second factor before giving one.
    #[must_use]
    pub fn must_enroll(&self) -> bool {
        self.second_factor().is_some_and(|required| required.member_options().is_none())
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parts {
            primary: Option<PrimaryRequired>,
            second_factor: Option<MfaRequired>,
        }

        let parts = Parts::deserialize(OnlyObjects(deserializer))?;
        Self::new(parts.second_factor, parts.primary)
            .ok_or_else(|| D::Error::custom("nothing is required"))
    }
}

/// The server's own words are shown without control characters.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(primary) = &self.primary {
            f.write_str("another first factor")?;
            for (at, method) in primary.allowed_auth_methods().iter().enumerate() {
                let method = blank_hidden(method.as_str());
                write!(f, "{}{method}", if at == 0 { ": " } else { ", " })?;
            }
            if self.second_factor.is_some() {
                f.write_str("; then ")?;
            }
        }
        let Some(required) = &self.second_factor else { return Ok(()) };
        let Some(options) = required.member_options() else {
            return f.write_str("enrollment with a second factor");
        };
        f.write_str("a second factor")?;
        match (options.mfa_phone_number(), options.totp_registration_id()) {
            (Some(_), Some(_)) => f.write_str(": a code by SMS or of an authenticator app")?,
            (Some(_), None) => f.write_str(": a code by SMS")?,
            (None, Some(_)) => f.write_str(": a code of an authenticator app")?,
            (None, None) => {}
        }
        if required.secondary_auth_initiated() == Some(&MfaMethod::SmsOtp) {
            f.write_str(" (a code was sent)")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_people() {
        let requirement = |mfa: Option<&str>, primary: Option<&str>| {
            let mfa = mfa.map(|json| serde_json::from_str(json).unwrap());
            let primary = primary.map(|json| serde_json::from_str(json).unwrap());
            Requirement::new(mfa, primary).map(|requirement| requirement.to_string())
        };
        let sms = r#"{"member_options":{"mfa_phone_number":"+1","totp_registration_id":""},
            "secondary_auth_initiated":"sms_otp"}"#;
        let primary = r#"{"allowed_auth_methods":["sso","palm\u001b"]}"#;
        assert_eq!(
            requirement(Some(sms), Some(primary)).as_deref(),
            Some(
                "another first factor: sso, palm ; then a second factor: a code by SMS (a code was sent)"
            )
        );
        assert_eq!(
            requirement(Some(r#"{"member_options":null}"#), None).as_deref(),
            Some("enrollment with a second factor")
        );
        assert_eq!(requirement(None, None), None);
    }
}
