//! What a login link or a redirect brings back.

use super::{ContinuingCredential, DiscoveryCredential, PrimaryCredential, sealed};
use crate::error::InvalidInput;
use crate::pkce::PkceVerifier;
use crate::secret::LoginToken;
use crate::surface::Surface;
use crate::wire::request::{Draft, Route, route};

macro_rules! redirect_credential {
    (
        $(#[$doc:meta])*
        $name:ident: $($kind:ident)+, $path:literal, $field:literal, $demands_duration:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            token: LoginToken,
            verifier: Option<PkceVerifier>,
        }

        impl $name {
            /// Takes the token of the URL.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`] if it is empty, too long, or not visible ASCII.
            pub fn new(token: impl Into<Box<str>>) -> Result<Self, InvalidInput> {
                LoginToken::new(token).map(Self::from)
            }

            /// The verifier whose challenge the login was started with (`pkce_code_verifier`).
            ///
            /// It must be given then (`pkce_expected_code_verifier`), and only then
            /// (`pkce_did_not_expect_code_verifier`).
            #[must_use]
            pub fn pkce_code_verifier(mut self, verifier: &PkceVerifier) -> Self {
                self.verifier = Some(verifier.clone());
                self
            }
        }

        impl From<LoginToken> for $name {
            fn from(token: LoginToken) -> Self {
                Self { token, verifier: None }
            }
        }

        $( impl $kind for $name {} )+

        impl sealed::Credential for $name {
            const ROUTE: Route = route!($path, IfNotSent);
            const DEMANDS_DURATION: bool = $demands_duration;

            fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
                let verifier = self.verifier.as_ref().map(PkceVerifier::secret);
                draft.field($field, self.token.secret()).optional("pkce_code_verifier", verifier)
            }

            fn secrets(&self) -> Vec<&str> {
                let verifier = self.verifier.iter().map(PkceVerifier::secret);
                verifier.chain([self.token.secret()]).collect()
            }
        }
    };
}

redirect_credential! {
    /// A login link that was sent by e-mail, or an invitation (`multi_tenant_magic_links`).
    ///
    /// Source: `POST /b2b/magic_links/authenticate`.
    ///
    /// ```
    /// use stytch_session::{MagicLink, Session};
    ///
    /// let step = Session::new().login(MagicLink::new("token-of-the-link")?);
    /// # let _ = step;
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    MagicLink: PrimaryCredential ContinuingCredential,
    "/b2b/magic_links/authenticate", "magic_links_token", true
}

redirect_credential! {
    /// A login by single sign-on (`sso`).
    ///
    /// Source: `POST /b2b/sso/authenticate`.
    Sso: PrimaryCredential ContinuingCredential, "/b2b/sso/authenticate", "sso_token", true
}

redirect_credential! {
    /// A login by an OAuth provider, to one organization (`oauth`).
    ///
    /// Source: `POST /b2b/oauth/authenticate`.
    Oauth: PrimaryCredential ContinuingCredential, "/b2b/oauth/authenticate", "oauth_token", false
}

redirect_credential! {
    /// A link that was sent by e-mail, before an organization is chosen (`discovery`).
    ///
    /// Source: `POST /b2b/magic_links/discovery/authenticate`.
    DiscoveryMagicLink: DiscoveryCredential,
    "/b2b/magic_links/discovery/authenticate", "discovery_magic_links_token", true
}

redirect_credential! {
    /// A login by an OAuth provider, before an organization is chosen (`discovery_oauth`).
    ///
    /// Source: `POST /b2b/oauth/discovery/authenticate`.
    DiscoveryOauth: DiscoveryCredential,
    "/b2b/oauth/discovery/authenticate", "discovery_oauth_token", true
}
