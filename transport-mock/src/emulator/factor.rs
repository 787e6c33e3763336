//! Proven factors of an authentication.

use serde_json::{Value, json};

use super::reply::{Object, object};
use super::time::rfc3339;

/// One proven factor, as a session or an intermediate session holds it.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Factor {
    kind: Kind,
    created_at: i64,
    last_authenticated_at: i64,
}

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Password,
    Sms {
        phone_id: String,
        phone_number: String,
    },
    Totp {
        totp_id: String,
    },
    RecoveryCode {
        code_id: String,
    },
    MagicLink {
        email_id: String,
        email_address: String,
    },
    EmailCode {
        email_id: String,
        email_address: String,
    },
    Sso {
        protocol: Protocol,
        id: String,
        connection_id: String,
        external_id: String,
    },
    OAuth {
        provider: Provider,
        id: String,
        subject: String,
        email_id: String,
        /// The workspace or the like that the person logged in to.
        tenant: Option<String>,
    },
    AccessToken {
        client_id: String,
    },
    TrustedToken {
        token_id: String,
    },
    Impersonated {
        impersonator_id: String,
        email_address: String,
    },
    /// A session of another system.
    Imported,
}

/// The two protocols of single sign-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Protocol {
    Saml,
    Oidc,
}

/// Whose OAuth login it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Provider {
    Google,
    Microsoft,
    GitHub,
    Slack,
    HubSpot,
}

impl Provider {
    /// The provider of a name as start URLs spell it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::Google, Self::Microsoft, Self::GitHub, Self::Slack, Self::HubSpot];
        all.into_iter().find(|provider| provider.key() == name)
    }

    /// The name in start URLs and in `allowed_oauth_tenants`.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::GitHub => "github",
            Self::Slack => "slack",
            Self::HubSpot => "hubspot",
        }
    }

    /// The name in replies, the method, the delivery method and the detail key.
    const fn names(self) -> [&'static str; 4] {
        match self {
            Self::Google => ["Google", "google_oauth", "oauth_google", "google_oauth_factor"],
            Self::Microsoft => {
                ["Microsoft", "microsoft_oauth", "oauth_microsoft", "microsoft_oauth_factor"]
            }
            Self::GitHub => ["Github", "github_oauth", "oauth_github", "github_oauth_factor"],
            Self::Slack => ["Slack", "slack_oauth", "oauth_slack", "slack_oauth_factor"],
            Self::HubSpot => ["Hubspot", "hubspot_oauth", "oauth_hubspot", "hubspot_oauth_factor"],
        }
    }

    /// `provider_type` of replies.
    pub(crate) const fn kind(self) -> &'static str {
        self.names()[0]
    }
}

impl Factor {
    pub(crate) const fn new(kind: Kind, now: i64) -> Self {
        Self { kind, created_at: now, last_authenticated_at: now }
    }

    pub(crate) const fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(crate) const fn last_authenticated_at(&self) -> i64 {
        self.last_authenticated_at
    }

    /// Whether the factor can start a login. The others are second factors.
    pub(crate) const fn is_primary(&self) -> bool {
        !matches!(self.kind, Kind::Sms { .. } | Kind::Totp { .. } | Kind::RecoveryCode { .. })
    }

    /// The primary method's name in an organization's `allowed_auth_methods`. What trades a token
    /// of another system for a session is none of these.
    pub(crate) const fn method(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Password => Some("password"),
            Kind::MagicLink { .. } => Some("magic_link"),
            Kind::EmailCode { .. } => Some("email_otp"),
            Kind::Sso { .. } => Some("sso"),
            Kind::OAuth { provider, .. } => Some(provider.names()[1]),
            _ => None,
        }
    }

    /// Whether the factor belongs to the person, and so can hold in each of their organizations.
    pub(crate) fn travels(&self) -> bool {
        self.method().is_some_and(|method| method != "sso")
    }

    /// Whether the factor proves that the e-mail address is the person's.
    pub(crate) fn proves_address(&self) -> bool {
        self.method().is_some_and(proves_address)
    }

    pub(crate) fn json(&self) -> Value {
        let (kind, delivery, detail) = self.description();
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

    /// Type, delivery method, and the detail object under its key.
    fn description(&self) -> (&'static str, &'static str, Option<(&'static str, Value)>) {
        let email = |email_id: &String, email_address: &String| {
            let detail = json!({ "email_id": email_id, "email_address": email_address });
            Some(("email_factor", detail))
        };
        match &self.kind {
            Kind::Password => ("password", "knowledge", None),
            Kind::Sms { phone_id, phone_number } => {
                let detail = json!({ "phone_id": phone_id, "phone_number": phone_number });
                ("otp", "sms", Some(("phone_number_factor", detail)))
            }
            Kind::Totp { totp_id } => {
                let detail = json!({ "totp_id": totp_id });
                ("totp", "authenticator_app", Some(("authenticator_app_factor", detail)))
            }
            Kind::RecoveryCode { code_id } => {
                let detail = json!({ "totp_recovery_code_id": code_id });
                ("recovery_codes", "recovery_code", Some(("recovery_code_factor", detail)))
            }
            Kind::MagicLink { email_id, email_address } => {
                ("magic_link", "email", email(email_id, email_address))
            }
            Kind::EmailCode { email_id, email_address } => {
                ("email_otp", "email", email(email_id, email_address))
            }
            Kind::Sso { protocol, id, connection_id, external_id } => {
                let detail =
                    json!({ "id": id, "provider_id": connection_id, "external_id": external_id });
                match protocol {
                    Protocol::Saml => ("sso", "sso_saml", Some(("saml_sso_factor", detail))),
                    Protocol::Oidc => ("sso", "sso_oidc", Some(("oidc_sso_factor", detail))),
                }
            }
            Kind::OAuth { provider, id, subject, email_id, .. } => {
                let [_, _, delivery, key] = provider.names();
                let detail = json!({ "id": id, "provider_subject": subject, "email_id": email_id });
                ("oauth", delivery, Some((key, detail)))
            }
            Kind::AccessToken { client_id } => (
                "oauth",
                "oauth_access_token_exchange",
                Some(("oauth_access_token_exchange_factor", json!({ "client_id": client_id }))),
            ),
            Kind::TrustedToken { token_id } => (
                "trusted_auth_token",
                "trusted_token_exchange",
                Some(("trusted_auth_token_factor", json!({ "token_id": token_id }))),
            ),
            Kind::Impersonated { impersonator_id, email_address } => {
                let detail = json!({
                    "impersonator_id": impersonator_id,
                    "impersonator_email_address": email_address,
                });
                ("impersonated", "impersonation", Some(("impersonated_factor", detail)))
            }
            Kind::Imported => ("imported", "imported_auth0", None),
        }
    }
}

/// Whether this method proves that the e-mail address is the person's.
pub(crate) fn proves_address(method: &str) -> bool {
    matches!(method, "magic_link" | "email_otp" | "google_oauth" | "microsoft_oauth")
}

/// Adds `new` to `factors`. A factor proven again is renewed rather than listed twice.
pub(crate) fn add(factors: &mut Vec<Factor>, new: Factor) {
    match factors.iter_mut().find(|factor| factor.kind == new.kind) {
        Some(factor) => factor.last_authenticated_at = new.last_authenticated_at,
        None => factors.push(new),
    }
}
