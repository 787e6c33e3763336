//! Enumerations that the API may extend at any time: unknown values are kept as text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        pub enum $name:ident { $( $variant:ident = $text:literal, )+ }
    ) => {
        $(#[$doc])*
        ///
        /// Make one of text with `from`; a value this library does not know is kept as it is.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )+
            /// A value that this library does not know.
            Other(Box<str>),
        }

        impl $name {
            fn known(text: &str) -> Option<Self> {
                match text {
                    $( $text => Some(Self::$variant), )+
                    _ => None,
                }
            }

            /// The API's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::known(text).unwrap_or_else(|| Self::Other(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TextVisitor;

                impl Visitor<'_> for TextVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        Ok($name::from(text))
                    }
                }

                deserializer.deserialize_str(TextVisitor)
            }
        }

        impl Default for $name {
            /// The empty text: what an absent value decodes to.
            fn default() -> Self {
                Self::Other(Box::default())
            }
        }
    };
}

open_enum! {
    /// The status of a member (`status`).
    pub enum MemberStatus {
        Pending = "pending",
        Invited = "invited",
        Active = "active",
        Deleted = "deleted",
    }
}

open_enum! {
    /// The kind of an authentication factor (`type`). The consumer product shares the list.
    pub enum FactorType {
        MagicLink = "magic_link",
        Otp = "otp",
        Oauth = "oauth",
        Webauthn = "webauthn",
        Totp = "totp",
        Crypto = "crypto",
        Password = "password",
        SignatureChallenge = "signature_challenge",
        Sso = "sso",
        Imported = "imported",
        RecoveryCodes = "recovery_codes",
        EmailOtp = "email_otp",
        Impersonated = "impersonated",
        TrustedAuthToken = "trusted_auth_token",
    }
}

open_enum! {
    /// How a factor reached the member (`delivery_method`). The consumer product shares the list.
    pub enum DeliveryMethod {
        Email = "email",
        Sms = "sms",
        Whatsapp = "whatsapp",
        Embedded = "embedded",
        OauthGoogle = "oauth_google",
        OauthMicrosoft = "oauth_microsoft",
        OauthApple = "oauth_apple",
        WebauthnRegistration = "webauthn_registration",
        AuthenticatorApp = "authenticator_app",
        OauthGithub = "oauth_github",
        RecoveryCode = "recovery_code",
        OauthFacebook = "oauth_facebook",
        CryptoWallet = "crypto_wallet",
        OauthAmazon = "oauth_amazon",
        OauthBitbucket = "oauth_bitbucket",
        OauthCoinbase = "oauth_coinbase",
        OauthDiscord = "oauth_discord",
        OauthFigma = "oauth_figma",
        OauthGitlab = "oauth_gitlab",
        OauthInstagram = "oauth_instagram",
        OauthLinkedin = "oauth_linkedin",
        OauthShopify = "oauth_shopify",
        OauthSlack = "oauth_slack",
        OauthSnapchat = "oauth_snapchat",
        OauthSpotify = "oauth_spotify",
        OauthSteam = "oauth_steam",
        OauthTiktok = "oauth_tiktok",
        OauthTwitch = "oauth_twitch",
        OauthTwitter = "oauth_twitter",
        Knowledge = "knowledge",
        Biometric = "biometric",
        SsoSaml = "sso_saml",
        SsoOidc = "sso_oidc",
        OauthSalesforce = "oauth_salesforce",
        OauthYahoo = "oauth_yahoo",
        OauthHubspot = "oauth_hubspot",
        ImportedAuth0 = "imported_auth0",
        OauthExchangeSlack = "oauth_exchange_slack",
        OauthExchangeHubspot = "oauth_exchange_hubspot",
        OauthExchangeGithub = "oauth_exchange_github",
        OauthExchangeGoogle = "oauth_exchange_google",
        Impersonation = "impersonation",
        OauthAccessTokenExchange = "oauth_access_token_exchange",
        TrustedTokenExchange = "trusted_token_exchange",
    }
}

open_enum! {
    /// Whether a factor was the first or the second (`sequence_order`).
    pub enum SequenceOrder {
        Primary = "PRIMARY",
        Secondary = "SECONDARY",
    }
}

open_enum! {
    /// A method of the second factor (`default_mfa_method`, `allowed_mfa_methods`).
    pub enum MfaMethod {
        SmsOtp = "sms_otp",
        Totp = "totp",
    }
}

open_enum! {
    /// A method of the first factor (`allowed_auth_methods`).
    pub enum AuthMethod {
        Sso = "sso",
        MagicLink = "magic_link",
        EmailOtp = "email_otp",
        Password = "password",
        GoogleOauth = "google_oauth",
        MicrosoftOauth = "microsoft_oauth",
        SlackOauth = "slack_oauth",
        GithubOauth = "github_oauth",
        HubspotOauth = "hubspot_oauth",
    }
}

open_enum! {
    /// How far something is allowed (`auth_methods`, `mfa_methods`, `email_invites`,
    /// `sso_jit_provisioning`, the allowed types of connected apps).
    pub enum Restriction {
        AllAllowed = "ALL_ALLOWED",
        Restricted = "RESTRICTED",
        NotAllowed = "NOT_ALLOWED",
    }
}

open_enum! {
    /// Whether members are made just in time (`email_jit_provisioning`,
    /// `oauth_tenant_jit_provisioning`).
    pub enum JitProvisioning {
        Restricted = "RESTRICTED",
        NotAllowed = "NOT_ALLOWED",
    }
}

open_enum! {
    /// Whether an organization wants a second factor (`mfa_policy`).
    pub enum MfaPolicy {
        Optional = "OPTIONAL",
        RequiredForAll = "REQUIRED_FOR_ALL",
    }
}

open_enum! {
    /// What a project does with device fingerprints and captchas at logins (`dfp_protected_auth_mode`).
    pub enum ProtectedAuthMode {
        Observation = "OBSERVATION",
        Decisioning = "DECISIONING",
    }
}

open_enum! {
    /// Where a member's role comes from (`sources[].type`).
    pub enum RoleSourceType {
        DirectAssignment = "direct_assignment",
        EmailAssignment = "email_assignment",
        SsoConnection = "sso_connection",
        SsoConnectionGroup = "sso_connection_group",
        ScimConnectionGroup = "scim_connection_group",
    }
}

open_enum! {
    /// How a person stands to a discovered organization (`membership.type`).
    pub enum MembershipType {
        ActiveMember = "active_member",
        PendingMember = "pending_member",
        InvitedMember = "invited_member",
        EligibleToJoinByEmailDomain = "eligible_to_join_by_email_domain",
        EligibleToJoinByOauthTenant = "eligible_to_join_by_oauth_tenant",
    }
}

open_enum! {
    /// The language of a message that the server sends (`locale`).
    pub enum Locale {
        En = "en",
        Es = "es",
        PtBr = "pt-br",
        Fr = "fr",
        It = "it",
        DeDe = "de-DE",
        ZhHans = "zh-Hans",
        CaEs = "ca-ES",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown_values_round_trip() {
        for text in ["\"oauth_google\"", "\"palm_reader\"", "\"\"", "\"l\\\"x\""] {
            let value: DeliveryMethod = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
        }
        assert_eq!(Locale::from("pt-br"), Locale::PtBr);
        assert_eq!(Locale::from("xx"), Locale::Other("xx".into()));
        assert!(serde_json::from_str::<Locale>("5").is_err());
    }
}
