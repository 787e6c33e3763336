//! `AuthenticationFactor`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::factor_details::DetailsKey;
use super::{DeliveryMethod, FactorDetails, FactorType, SequenceOrder, Timestamp};

/// A factor that the member has proven.
///
/// Source: object `AuthenticationFactor` of the API.
///
/// ```
/// use stytch_session::{AuthenticationFactor, FactorDetails, FactorType};
///
/// let factor: AuthenticationFactor = serde_json::from_str(r#"{
///     "type": "otp", "delivery_method": "sms",
///     "phone_number_factor": { "phone_id": "phone-1", "phone_number": "+12025550143" }
/// }"#)?;
/// assert_eq!(factor.factor_type(), &FactorType::Otp);
/// assert!(factor.is_secondary());
/// assert!(matches!(factor.details(), Some(FactorDetails::PhoneNumber(_))));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationFactor {
    factor_type: FactorType,
    delivery_method: DeliveryMethod,
    sequence_order: Option<SequenceOrder>,
    last_authenticated_at: Option<Timestamp>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    details: Option<FactorDetails>,
}

impl AuthenticationFactor {
    /// The kind of factor (`type`).
    #[must_use]
    pub const fn factor_type(&self) -> &FactorType {
        &self.factor_type
    }

    /// How it reached the member.
    #[must_use]
    pub const fn delivery_method(&self) -> &DeliveryMethod {
        &self.delivery_method
    }

    /// Whether it was the first or the second, where the server says so; see
    /// [`AuthenticationFactor::is_secondary`].
    #[must_use]
    pub const fn sequence_order(&self) -> Option<&SequenceOrder> {
        self.sequence_order.as_ref()
    }

    /// Whether it is a second factor. Where the server does not say so, codes by SMS, codes of an
    /// authenticator app and recovery codes are.
    #[must_use]
    pub const fn is_secondary(&self) -> bool {
        match self.sequence_order {
            Some(SequenceOrder::Secondary) => true,
            Some(SequenceOrder::Primary) => false,
            _ => matches!(
                self.factor_type,
                FactorType::Otp | FactorType::Totp | FactorType::RecoveryCodes
            ),
        }
    }

    /// When it was last proven.
    #[must_use]
    pub const fn last_authenticated_at(&self) -> Option<Timestamp> {
        self.last_authenticated_at
    }

    /// When it was added to the session.
    #[must_use]
    pub const fn created_at(&self) -> Option<Timestamp> {
        self.created_at
    }

    /// When it last changed.
    #[must_use]
    pub const fn updated_at(&self) -> Option<Timestamp> {
        self.updated_at
    }

    /// What it says in detail; `None` for a password, and for kinds this library does not know.
    #[must_use]
    pub const fn details(&self) -> Option<&FactorDetails> {
        self.details.as_ref()
    }
}

/// The members of a factor.
enum Key {
    Type,
    DeliveryMethod,
    SequenceOrder,
    LastAuthenticatedAt,
    CreatedAt,
    UpdatedAt,
    Details(DetailsKey),
    Unknown,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member of a factor")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
                Ok(match name {
                    "type" => Key::Type,
                    "delivery_method" => Key::DeliveryMethod,
                    "sequence_order" => Key::SequenceOrder,
                    "last_authenticated_at" => Key::LastAuthenticatedAt,
                    "created_at" => Key::CreatedAt,
                    "updated_at" => Key::UpdatedAt,
                    _ => DetailsKey::from_name(name).map_or(Key::Unknown, Key::Details),
                })
            }
        }

        deserializer.deserialize_identifier(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for AuthenticationFactor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FactorVisitor;

        impl<'de> Visitor<'de> for FactorVisitor {
            type Value = AuthenticationFactor;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an authentication factor")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut factor = AuthenticationFactor {
                    factor_type: FactorType::default(),
                    delivery_method: DeliveryMethod::default(),
                    sequence_order: None,
                    last_authenticated_at: None,
                    created_at: None,
                    updated_at: None,
                    details: None,
                };
                while let Some(key) = map.next_key()? {
                    match key {
                        Key::Type => {
                            factor.factor_type = map.next_value::<Option<_>>()?.unwrap_or_default();
                        }
                        Key::DeliveryMethod => {
                            factor.delivery_method =
                                map.next_value::<Option<_>>()?.unwrap_or_default();
                        }
                        Key::SequenceOrder => factor.sequence_order = map.next_value()?,
                        Key::LastAuthenticatedAt => {
                            factor.last_authenticated_at = map.next_value()?;
                        }
                        Key::CreatedAt => factor.created_at = map.next_value()?,
                        Key::UpdatedAt => factor.updated_at = map.next_value()?,
                        Key::Details(key) => {
                            let details = key.read(&mut map)?;
                            factor.details = factor.details.or(details);
                        }
                        Key::Unknown => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(factor)
            }
        }

        deserializer.deserialize_map(FactorVisitor)
    }
}

impl Serialize for AuthenticationFactor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.factor_type)?;
        map.serialize_entry("delivery_method", &self.delivery_method)?;
        if let Some(order) = &self.sequence_order {
            map.serialize_entry("sequence_order", order)?;
        }
        let times = [
            ("last_authenticated_at", self.last_authenticated_at),
            ("created_at", self.created_at),
            ("updated_at", self.updated_at),
        ];
        for (name, at) in times {
            if let Some(at) = at {
                map.serialize_entry(name, &at)?;
            }
        }
        if let Some(details) = &self.details {
            map.serialize_entry(details.key().name(), details)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SsoProtocol;

    #[test]
    fn odd_factors() {
        let parse = |json: &str| serde_json::from_str::<AuthenticationFactor>(json).unwrap();
        let factor = parse(r#"{"type":"palm_scan","palm_factor":{"a":[1]},"created_at":null}"#);
        assert_eq!(factor.factor_type().as_str(), "palm_scan");
        assert!(!factor.is_secondary() && factor.details().is_none());
        let factor = parse(
            r#"{"type":"totp","sequence_order":"PRIMARY","email_factor":null,
                "saml_sso_factor":{"id":"i","provider_id":"p","external_id":"e","new":1},
                "email_factor":{"email_id":"x","email_address":"y"}}"#,
        );
        assert!(!factor.is_secondary());
        assert_eq!(
            factor.details().map(FactorDetails::key),
            Some(DetailsKey::Sso(SsoProtocol::Saml))
        );
        let json = serde_json::to_string(&factor).unwrap();
        assert_eq!(parse(&json), factor);
    }

    /// The server's word counts, and without it the kind of factor.
    #[test]
    fn first_and_second_factors() {
        for (order, types, second) in [
            ("PRIMARY", ["password", "otp", "totp", "recovery_codes"], [false; 4]),
            ("SECONDARY", ["password", "otp", "totp", "recovery_codes"], [true; 4]),
            ("", ["password", "otp", "totp", "recovery_codes"], [false, true, true, true]),
            ("THIRD", ["password", "magic_link", "totp", "sso"], [false, false, true, false]),
        ] {
            for (factor_type, second) in types.into_iter().zip(second) {
                let json = serde_json::json!({ "type": factor_type, "sequence_order": order });
                let factor: AuthenticationFactor = serde_json::from_value(json).unwrap();
                assert_eq!(factor.is_secondary(), second, "{factor_type} {order:?}");
            }
        }
    }

    #[test]
    fn every_details_key_has_one_name() {
        for name in ["email_factor", "hubspot_oauth_exchange_factor", "trusted_auth_token_factor"] {
            assert_eq!(DetailsKey::from_name(name).unwrap().name(), name);
        }
    }
}
