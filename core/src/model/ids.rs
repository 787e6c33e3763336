//! Ids and other texts that name something, each a type of its own.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

use crate::ascii;
use crate::error::InvalidInput;

/// The longest id that is accepted: 1024 bytes.
const MAX_BYTES: usize = 1024;

fn problem_of(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.len() > MAX_BYTES {
        Some("it is longer than 1024 bytes")
    } else if !ascii::is_printable(text) && text.chars().any(char::is_control) {
        Some("it contains a control character")
    } else {
        None
    }
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.0).finish()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        text_type! {
            $(#[$doc])*
            ///
            /// Opaque text of 1 to 1024 bytes without control characters.
            $name
        }

        impl $name {
            /// Takes the text over.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`] if it is empty, longer than 1024 bytes, or contains a control
            /// character.
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, InvalidInput> {
                let text = text.into();
                match problem_of(&text) {
                    None => Ok(Self(text)),
                    Some(problem) => Err(InvalidInput::new($what, problem)),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidInput;

            fn try_from(text: &str) -> Result<Self, InvalidInput> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(text: String) -> Result<Self, InvalidInput> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;

                impl Visitor<'_> for TextVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a ", $what))
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(TextVisitor)
            }
        }
    };
}

id! {
    /// The id of a member session (`member_session_id`).
    MemberSessionId, "member session id"
}

id! {
    /// The id of a member (`member_id`). On the backend it may be the member's external id.
    MemberId, "member id"
}

id! {
    /// The id of an organization (`organization_id`), or its slug, or its external id: the API
    /// accepts each.
    ///
    /// ```
    /// use stytch_session::OrganizationId;
    ///
    /// let by_slug = OrganizationId::new("harbor-lights")?;
    /// assert_eq!(by_slug.to_string(), "harbor-lights");
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    OrganizationId, "organization id"
}

id! {
    /// The id of a member's e-mail address (`email_id`).
    EmailId, "e-mail id"
}

id! {
    /// The id of a member's password (`member_password_id`).
    PasswordId, "password id"
}

id! {
    /// The id of a member's phone number (`phone_id`).
    PhoneId, "phone id"
}

id! {
    /// The id of an authenticator-app registration (`totp_id`, `totp_registration_id`).
    TotpId, "TOTP id"
}

id! {
    /// The id of a recovery code (`totp_recovery_code_id`).
    RecoveryCodeId, "recovery code id"
}

id! {
    /// The id of an SSO or SCIM connection (`connection_id`).
    ConnectionId, "connection id"
}

id! {
    /// The id of a member's registration with a connection or provider (`registration_id`).
    RegistrationId, "registration id"
}

id! {
    /// The id of a role (`role_id`), such as `stytch_member`.
    RoleId, "role id"
}

id! {
    /// The id of a resource that permissions speak of (`resource_id`), such as `stytch.member`.
    ResourceId, "resource id"
}

id! {
    /// The id of a trusted token profile (`profile_id`): an issuer whose JWTs the project trusts.
    TrustedTokenProfileId, "trusted token profile id"
}

/// Text that travels inside of JSON only, so that any text is harmless, and that the server judges.
macro_rules! free_text {
    ($(#[$doc:meta])* $name:ident) => {
        text_type! {
            $(#[$doc])*
            ///
            /// Any text: the server judges it.
            $name
        }

        impl<T: Into<Box<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl From<&Self> for $name {
            fn from(text: &Self) -> Self {
                text.clone()
            }
        }

        impl Default for $name {
            /// The empty text: what an absent value decodes to.
            fn default() -> Self {
                Self(Box::default())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Box::<str>::deserialize(deserializer).map(Self)
            }
        }
    };
}

free_text! {
    /// An e-mail address (`email_address`).
    EmailAddress
}

free_text! {
    /// A phone number (`mfa_phone_number`), in E.164 form such as `+14155550001`.
    PhoneNumber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_and_never_echoed() {
        for text in ["", "a\rb", "a\nb", "a\0b", "a\u{7f}b", "a\u{85}b", &"x".repeat(1025)] {
            let error = MemberId::new(text).unwrap_err();
            assert_eq!(error.what(), "member id");
            assert!(text.is_empty() || !error.to_string().contains(text));
            let json = serde_json::to_string(text).unwrap();
            assert!(serde_json::from_str::<MemberId>(&json).is_err());
        }
        for text in ["member-test-1", "caf\u{e9}", "a/b c", &"x".repeat(1024)] {
            let id = MemberId::new(text).unwrap();
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<MemberId>(&json).unwrap(), id);
        }
    }

    #[test]
    fn conversions() {
        let id: OrganizationId = "acme".parse().unwrap();
        assert_eq!(OrganizationId::try_from("acme").unwrap(), id);
        assert_eq!(OrganizationId::try_from(String::from("acme")).unwrap(), id);
        assert_eq!(format!("{id} {id:?}"), "acme OrganizationId(\"acme\")");
        assert_eq!(EmailAddress::from("a@b").as_str(), "a@b");
    }
}
