//! Proven factors of an authentication.

use serde_json::{Value, json};

use super::reply::{Object, object};
use super::time::rfc3339;

/// One proven factor, as a session or an intermediate session holds it.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    kind: Kind,
    created_at: i64,
    last_authenticated_at: i64,
}

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    Sms { phone_id: String, phone_number: String },
    Totp { totp_id: String },
    RecoveryCode { code_id: String },
}

impl Factor {
    pub(crate) const fn new(kind: Kind, now: i64) -> Self {
        Self { kind, created_at: now, last_authenticated_at: now }
    }

    /// Whether the factor can start a login. The others are second factors.
    pub(crate) fn is_primary(&self) -> bool {
        self.method().is_some()
    }

    /// The primary method's name in an organization's `allowed_auth_methods`.
    pub(crate) fn method(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Password => Some("password"),
            Kind::Sms { .. } | Kind::Totp { .. } | Kind::RecoveryCode { .. } => None,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let (kind, delivery, detail) = match &self.kind {
            Kind::Password => ("password", "knowledge", None),
            Kind::Sms { phone_id, phone_number } => (
                "otp",
                "sms",
                Some((
                    "phone_number_factor",
                    json!({ "phone_id": phone_id, "phone_number": phone_number }),
                )),
            ),
            Kind::Totp { totp_id } => {
                let detail = json!({ "totp_id": totp_id });
                ("totp", "authenticator_app", Some(("authenticator_app_factor", detail)))
            }
            Kind::RecoveryCode { code_id } => {
                let detail = json!({ "totp_recovery_code_id": code_id });
                ("recovery_codes", "recovery_code", Some(("recovery_code_factor", detail)))
            }
        };
        let mut factor: Object = object(json!({
            "type": kind,
            "delivery_method": delivery,
            "sequence_order": if self.is_primary() { "PRIMARY" } else { "SECONDARY" },
            "last_authenticated_at": rfc3339(self.last_authenticated_at),
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.last_authenticated_at),
        }));
        if let Some((name, detail)) = detail {
            factor.insert(name.to_owned(), detail);
        }
        Value::Object(factor)
    }
}

/// Adds `new` to `factors`. A factor proven again is renewed rather than listed twice.
pub(crate) fn add(factors: &mut Vec<Factor>, new: Factor) {
    match factors.iter_mut().find(|factor| factor.kind == new.kind) {
        Some(factor) => factor.last_authenticated_at = new.last_authenticated_at,
        None => factors.push(new),
    }
}
