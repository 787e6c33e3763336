//! What a factor says in detail; which details there are depends on the method.

use serde::{Deserialize, Serialize};

use super::fields::{MaybeId, MaybeText, object};
use super::{ConnectionId, EmailId, PhoneId, RecoveryCodeId, RegistrationId, TotpId};

/// The details of a factor. A password has none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactorDetails {
    /// A magic link or a code by e-mail.
    Email(EmailFactor),
    /// A code by SMS.
    PhoneNumber(PhoneNumberFactor),
    /// A code of an authenticator app.
    AuthenticatorApp(AuthenticatorAppFactor),
    /// A recovery code.
    RecoveryCode(RecoveryCodeFactor),
    /// A login by SSO.
    Sso(SsoProtocol, SsoFactor),
    /// A login with an OAuth provider.
    Oauth(OauthProvider, OauthFactor),
    /// An exchange of an OAuth provider's token.
    OauthExchange(OauthProvider, OauthExchangeFactor),
    /// An exchange of an access token that Stytch issued.
    AccessTokenExchange(AccessTokenExchangeFactor),
    /// A support person in the member's place.
    Impersonated(ImpersonatedFactor),
    /// A token of a trusted issuer.
    TrustedAuthToken(TrustedAuthTokenFactor),
}

/// The two protocols of SSO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SsoProtocol {
    /// SAML
    Saml,
    /// OpenID Connect
    Oidc,
}

/// The OAuth providers of the B2B product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OauthProvider {
    /// Google
    Google,
    /// Microsoft
    Microsoft,
    /// GitHub
    Github,
    /// Slack
    Slack,
    /// `HubSpot`
    Hubspot,
}

impl OauthProvider {
    /// Its name in the paths of the API.
    pub(crate) const fn path_segment(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Github => "github",
            Self::Slack => "slack",
            Self::Hubspot => "hubspot",
        }
    }
}

object! {
    /// A magic link or a code by e-mail.
    pub struct EmailFactor {
        lenient {
            /// The address's id.
            email_id: MaybeId<EmailId> => Option<&EmailId>,
            /// The address.
            email_address: Box<str> => &str,
        }
    }
}

object! {
    /// A code by SMS.
    pub struct PhoneNumberFactor {
        lenient {
            /// The phone number's id.
            phone_id: MaybeId<PhoneId> => Option<&PhoneId>,
            /// The phone number.
            phone_number: Box<str> => &str,
        }
    }
}

object! {
    /// A code of an authenticator app.
    pub struct AuthenticatorAppFactor {
        lenient {
            /// The registration's id.
            totp_id: MaybeId<TotpId> => Option<&TotpId>,
        }
    }
}

object! {
    /// A recovery code.
    pub struct RecoveryCodeFactor {
        lenient {
            /// The code's id.
            totp_recovery_code_id: MaybeId<RecoveryCodeId> => Option<&RecoveryCodeId>,
        }
    }
}

object! {
    /// A login by SSO.
    pub struct SsoFactor {
        lenient {
            /// The registration's id.
            id: MaybeId<RegistrationId> => Option<&RegistrationId>,
            /// The connection's id.
            provider_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The member's id at the identity provider.
            external_id: Box<str> => &str,
        }
    }
}

object! {
    /// A login with an OAuth provider.
    pub struct OauthFactor {
        lenient {
            /// The registration's id.
            id: MaybeId<RegistrationId> => Option<&RegistrationId>,
            /// The member's id at the provider.
            provider_subject: Box<str> => &str,
            /// The id of the e-mail address, if the provider proves it.
            email_id: MaybeId<EmailId> => Option<&EmailId>,
            /// The provider's tenant (Slack, `HubSpot`).
            provider_tenant_id: MaybeText => Option<&str>,
            /// The provider's tenants (GitHub).
            provider_tenant_ids: Vec<Box<str>> => &[Box<str>],
        }
    }
}

object! {
    /// An exchange of an OAuth provider's token.
    pub struct OauthExchangeFactor {
        lenient {
            /// The id of the e-mail address.
            email_id: MaybeId<EmailId> => Option<&EmailId>,
        }
    }
}

object! {
    /// An exchange of an access token that Stytch issued.
    pub struct AccessTokenExchangeFactor {
        lenient {
            /// The client that the token was issued to.
            client_id: Box<str> => &str,
        }
    }
}

object! {
    /// A support person in the member's place.
    pub struct ImpersonatedFactor {
        lenient {
            /// The person's id.
            impersonator_id: Box<str> => &str,
            /// The person's address.
            impersonator_email_address: Box<str> => &str,
        }
    }
}

object! {
    /// A token of a trusted issuer.
    pub struct TrustedAuthTokenFactor {
        lenient {
            /// The token's id.
            token_id: Box<str> => &str,
        }
    }
}

/// The member under which the details stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DetailsKey {
    Email,
    PhoneNumber,
    AuthenticatorApp,
    RecoveryCode,
    Sso(SsoProtocol),
    Oauth(OauthProvider),
    OauthExchange(OauthProvider),
    AccessTokenExchange,
    Impersonated,
    TrustedAuthToken,
}

const KEYS: [(&str, DetailsKey); 18] = [
    ("email_factor", DetailsKey::Email),
    ("phone_number_factor", DetailsKey::PhoneNumber),
    ("authenticator_app_factor", DetailsKey::AuthenticatorApp),
    ("recovery_code_factor", DetailsKey::RecoveryCode),
    ("saml_sso_factor", DetailsKey::Sso(SsoProtocol::Saml)),
    ("oidc_sso_factor", DetailsKey::Sso(SsoProtocol::Oidc)),
    ("google_oauth_factor", DetailsKey::Oauth(OauthProvider::Google)),
    ("microsoft_oauth_factor", DetailsKey::Oauth(OauthProvider::Microsoft)),
    ("github_oauth_factor", DetailsKey::Oauth(OauthProvider::Github)),
    ("slack_oauth_factor", DetailsKey::Oauth(OauthProvider::Slack)),
    ("hubspot_oauth_factor", DetailsKey::Oauth(OauthProvider::Hubspot)),
    ("google_oauth_exchange_factor", DetailsKey::OauthExchange(OauthProvider::Google)),
    ("github_oauth_exchange_factor", DetailsKey::OauthExchange(OauthProvider::Github)),
    ("slack_oauth_exchange_factor", DetailsKey::OauthExchange(OauthProvider::Slack)),
    ("hubspot_oauth_exchange_factor", DetailsKey::OauthExchange(OauthProvider::Hubspot)),
    ("oauth_access_token_exchange_factor", DetailsKey::AccessTokenExchange),
    ("impersonated_factor", DetailsKey::Impersonated),
    ("trusted_auth_token_factor", DetailsKey::TrustedAuthToken),
];

impl DetailsKey {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        KEYS.iter().find(|(known, _)| *known == name).map(|(_, key)| *key)
    }

    pub(super) fn name(self) -> &'static str {
        KEYS.iter().find(|(_, key)| *key == self).map_or("unknown_factor", |(name, _)| name)
    }

    /// Reads the details of this kind; `null` is none.
    pub(super) fn read<'de, A: serde::de::MapAccess<'de>>(
        self,
        map: &mut A,
    ) -> Result<Option<FactorDetails>, A::Error> {
        fn next<'de, T: Deserialize<'de>, A: serde::de::MapAccess<'de>>(
            map: &mut A,
            wrap: impl FnOnce(T) -> FactorDetails,
        ) -> Result<Option<FactorDetails>, A::Error> {
            Ok(map.next_value::<Option<T>>()?.map(wrap))
        }
        match self {
            Self::Email => next(map, FactorDetails::Email),
            Self::PhoneNumber => next(map, FactorDetails::PhoneNumber),
            Self::AuthenticatorApp => next(map, FactorDetails::AuthenticatorApp),
            Self::RecoveryCode => next(map, FactorDetails::RecoveryCode),
            Self::Sso(protocol) => next(map, |details| FactorDetails::Sso(protocol, details)),
            Self::Oauth(provider) => next(map, |details| FactorDetails::Oauth(provider, details)),
            Self::OauthExchange(provider) => {
                next(map, |details| FactorDetails::OauthExchange(provider, details))
            }
            Self::AccessTokenExchange => next(map, FactorDetails::AccessTokenExchange),
            Self::Impersonated => next(map, FactorDetails::Impersonated),
            Self::TrustedAuthToken => next(map, FactorDetails::TrustedAuthToken),
        }
    }
}

impl FactorDetails {
    pub(super) const fn key(&self) -> DetailsKey {
        match self {
            Self::Email(_) => DetailsKey::Email,
            Self::PhoneNumber(_) => DetailsKey::PhoneNumber,
            Self::AuthenticatorApp(_) => DetailsKey::AuthenticatorApp,
            Self::RecoveryCode(_) => DetailsKey::RecoveryCode,
            Self::Sso(protocol, _) => DetailsKey::Sso(*protocol),
            Self::Oauth(provider, _) => DetailsKey::Oauth(*provider),
            Self::OauthExchange(provider, _) => DetailsKey::OauthExchange(*provider),
            Self::AccessTokenExchange(_) => DetailsKey::AccessTokenExchange,
            Self::Impersonated(_) => DetailsKey::Impersonated,
            Self::TrustedAuthToken(_) => DetailsKey::TrustedAuthToken,
        }
    }
}

impl Serialize for FactorDetails {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Email(details) => details.serialize(serializer),
            Self::PhoneNumber(details) => details.serialize(serializer),
            Self::AuthenticatorApp(details) => details.serialize(serializer),
            Self::RecoveryCode(details) => details.serialize(serializer),
            Self::Sso(_, details) => details.serialize(serializer),
            Self::Oauth(_, details) => details.serialize(serializer),
            Self::OauthExchange(_, details) => details.serialize(serializer),
            Self::AccessTokenExchange(details) => details.serialize(serializer),
            Self::Impersonated(details) => details.serialize(serializer),
            Self::TrustedAuthToken(details) => details.serialize(serializer),
        }
    }
}
