//! The endpoints of the API that have to do with sessions.

use crate::replies::{self, Reply};

/// What an endpoint's success is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// A session.
    Session,
    /// A session, or what a login still needs.
    Login,
    /// An intermediate session and organizations.
    Discovery,
    /// Something else.
    Other,
}

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident, $path:literal, $family:ident, $reply:ident;)*) => {
        /// An endpoint of the API that has to do with sessions.
        ///
        /// ```
        /// use stytch_session_mock::strategies::Endpoint;
        ///
        /// let reply: http::Response<Vec<u8>> = Endpoint::SessionsRevoke.success().into();
        /// assert_eq!(reply.status(), 200);
        /// assert_eq!(Endpoint::SessionsRevoke.path(), "b2b/sessions/revoke");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Endpoint {
            $(
                $(#[$doc])*
                #[doc = concat!("`", $path, "`.")]
                $name,
            )*
        }

        impl Endpoint {
            /// All of them.
            ///
            /// ```
            /// use stytch_session_mock::strategies::Endpoint;
            ///
            /// assert!(Endpoint::ALL.contains(&Endpoint::SessionsExchange));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The path below `/v1/` or `/sdk/v1/`; the backend's where they differ.
            ///
            /// ```
            /// use stytch_session_mock::strategies::Endpoint;
            ///
            /// assert_eq!(Endpoint::TotpCreate.path(), "b2b/totp");
            /// ```
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)*
                }
            }

            pub(super) const fn family(self) -> Family {
                match self {
                    $(Self::$name => Family::$family,)*
                }
            }

            /// A success with the sensible values of [`replies`](crate::replies); of the backend where
            /// only that [has the endpoint](Self::is_backend_only), else of the frontend.
            ///
            /// ```
            /// use stytch_session_mock::strategies::Endpoint;
            ///
            /// let reply: http::Response<Vec<u8>> = Endpoint::TotpMigrate.success().into();
            /// let body: serde_json::Value = serde_json::from_slice(reply.body())?;
            /// assert!(body["recovery_codes"].is_array());
            /// # Ok::<(), serde_json::Error>(())
            /// ```
            pub fn success(self) -> Reply {
                let reply = match self {
                    $(Self::$name => replies::$reply(),)*
                };
                if self.is_backend_only() { reply.backend() } else { reply.frontend() }
            }
        }
    };
}

endpoints! {
    SessionsAuthenticate, "b2b/sessions/authenticate", Session, authenticate;
    SessionsExchange, "b2b/sessions/exchange", Login, exchange;
    SessionsExchangeAccessToken, "b2b/sessions/exchange_access_token", Session, second_factor;
    SessionsAttest, "b2b/sessions/attest", Session, second_factor;
    SessionsMigrate, "b2b/sessions/migrate", Session, second_factor;
    SessionsRevoke, "b2b/sessions/revoke", Other, revoke;
    SessionsGet, "b2b/sessions", Other, list_sessions;
    SessionsJwks, "b2b/sessions/jwks/{project_id}", Other, jwks;
    PasswordsAuthenticate, "b2b/passwords/authenticate", Login, login;
    PasswordsEmailReset, "b2b/passwords/email/reset", Login, password_reset;
    PasswordsEmailResetStart, "b2b/passwords/email/reset/start", Other, password_reset_start;
    PasswordsExistingReset, "b2b/passwords/existing_password/reset", Login, exchange;
    PasswordsSessionReset, "b2b/passwords/session/reset", Login, exchange;
    PasswordsDiscovery, "b2b/passwords/discovery/authenticate", Discovery, discovery;
    PasswordsDiscoveryResetStart,
        "b2b/passwords/discovery/email/reset/start", Other, discovery_send;
    PasswordsDiscoveryReset, "b2b/passwords/discovery/email/reset", Discovery, discovery;
    PasswordsStrengthCheck, "b2b/passwords/strength_check", Other, strength_check;
    MagicLinksAuthenticate, "b2b/magic_links/authenticate", Login, magic_link;
    MagicLinksSend, "b2b/magic_links/email/login_or_signup", Other, email_send;
    MagicLinksInvite, "b2b/magic_links/email/invite", Other, invite;
    MagicLinksDiscoverySend, "b2b/magic_links/email/discovery/send", Other, discovery_send;
    MagicLinksDiscovery, "b2b/magic_links/discovery/authenticate", Discovery, discovery;
    EmailCodesAuthenticate, "b2b/otps/email/authenticate", Login, email_code;
    EmailCodesSend, "b2b/otps/email/login_or_signup", Other, email_send;
    EmailCodesDiscoverySend, "b2b/otps/email/discovery/send", Other, discovery_send;
    EmailCodesDiscovery, "b2b/otps/email/discovery/authenticate", Discovery, discovery;
    OauthAuthenticate, "b2b/oauth/authenticate", Login, oauth;
    OauthDiscovery, "b2b/oauth/discovery/authenticate", Discovery, oauth_discovery;
    SsoAuthenticate, "b2b/sso/authenticate", Login, sso;
    ImpersonationAuthenticate, "b2b/impersonation/authenticate", Session, impersonate;
    SmsSend, "b2b/otps/sms/send", Other, sms_send;
    SmsAuthenticate, "b2b/otps/sms/authenticate", Session, second_factor;
    TotpCreate, "b2b/totp", Other, create_totp;
    TotpAuthenticate, "b2b/totp/authenticate", Session, second_factor;
    TotpMigrate, "b2b/totp/migrate", Other, migrate_totp;
    RecoveryCodesGet, "b2b/recovery_codes", Other, recovery_codes;
    RecoveryCodesRotate, "b2b/recovery_codes/rotate", Other, recovery_codes;
    RecoveryCodesRecover, "b2b/recovery_codes/recover", Session, recover;
    DiscoveryOrganizations, "b2b/discovery/organizations", Other, discovered_organizations;
    DiscoveryExchange, "b2b/discovery/intermediate_sessions/exchange", Login, exchange;
    DiscoveryCreate, "b2b/discovery/organizations/create", Login, exchange;
    RbacPolicy, "b2b/rbac/policy", Other, rbac_policy;
    RbacOrganization,
        "b2b/rbac/organizations/{organization_id}", Other, organization_rbac_policy;
    /// The project's settings, which only the frontend has:
    ProjectsBootstrap, "projects/bootstrap/{public_token}", Other, bootstrap;
}

impl Endpoint {
    /// Whether the frontend has nothing like it.
    ///
    /// ```
    /// use stytch_session_mock::strategies::Endpoint;
    ///
    /// assert!(Endpoint::SessionsMigrate.is_backend_only());
    /// assert!(!Endpoint::SessionsAuthenticate.is_backend_only());
    /// ```
    #[must_use]
    pub const fn is_backend_only(self) -> bool {
        matches!(
            self,
            Self::SessionsGet
                | Self::SessionsJwks
                | Self::SessionsMigrate
                | Self::TotpMigrate
                | Self::RbacPolicy
                | Self::RbacOrganization
        )
    }
}
