//! Logins that set a new password.

use super::{ContinuingCredential, DiscoveryCredential, PrimaryCredential, sealed};
use crate::error::InvalidInput;
use crate::model::{EmailAddress, OrganizationId};
use crate::pkce::PkceVerifier;
use crate::secret::{LoginToken, PasswordText};
use crate::surface::Surface;
use crate::transport::Repeat;
use crate::wire::request::{Draft, Route, route};

macro_rules! password_reset {
    ($(#[$doc:meta])* $name:ident: $($kind:ident)+, $route:expr, $verifier:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            token: LoginToken,
            password: PasswordText,
            verifier: Option<PkceVerifier>,
        }

        impl $name {
            /// Takes the token of the link, and the new password: text of any form, the server
            /// judges it.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`] if the token is empty, too long, or not visible ASCII.
            pub fn new(
                token: impl Into<Box<str>>,
                password: impl Into<PasswordText>,
            ) -> Result<Self, InvalidInput> {
                Ok(Self::with_token(LoginToken::new(token)?, password.into()))
            }

            pub(crate) const fn with_token(token: LoginToken, password: PasswordText) -> Self {
                Self { token, password, verifier: None }
            }

            #[doc = concat!("The verifier whose challenge the reset was started with (`", $verifier, "`).")]
            #[must_use]
            pub fn pkce_code_verifier(mut self, verifier: &PkceVerifier) -> Self {
                self.verifier = Some(verifier.clone());
                self
            }
        }

        $( impl $kind for $name {} )+

        impl sealed::Credential for $name {
            const ROUTE: Route = $route;

            fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
                draft
                    .field("password_reset_token", self.token.secret())
                    .field("password", self.password.secret())
                    .optional($verifier, self.verifier.as_ref().map(PkceVerifier::secret))
            }

            fn secrets(&self) -> Vec<&str> {
                let verifier = self.verifier.iter().map(PkceVerifier::secret);
                verifier.chain([self.token.secret(), self.password.secret()]).collect()
            }
        }
    };
}

password_reset! {
    /// A new password by a link that was sent by e-mail (`multi_tenant_passwords`). It ends all
    /// sessions of the member.
    ///
    /// Source: `POST /b2b/passwords/email/reset`.
    PasswordReset: PrimaryCredential ContinuingCredential,
    route!("/b2b/passwords/email/reset", IfNotSent), "code_verifier"
}

password_reset! {
    /// A new password by a link that was sent by e-mail, before an organization is chosen.
    ///
    /// Source: `POST /sdk/v1/b2b/passwords/discovery/reset`,
    /// `POST /v1/b2b/passwords/discovery/email/reset`.
    DiscoveryPasswordReset: DiscoveryCredential,
    Route::new(
        "/sdk/v1/b2b/passwords/discovery/reset",
        "/v1/b2b/passwords/discovery/email/reset",
        Repeat::IfNotSent,
    ),
    "pkce_code_verifier"
}

/// A new password by the old one. It ends all sessions of the member.
///
/// The API adds no earlier factor to this login, so it starts from no session.
///
/// Source: `POST /b2b/passwords/existing_password/reset`.
#[derive(Debug, Clone)]
pub struct ExistingPasswordReset {
    organization: OrganizationId,
    email_address: EmailAddress,
    existing: PasswordText,
    new: PasswordText,
}

impl ExistingPasswordReset {
    /// Passwords of any form: the server judges them.
    #[must_use]
    pub fn new(
        organization: &OrganizationId,
        email_address: impl Into<EmailAddress>,
        existing_password: impl Into<PasswordText>,
        new_password: impl Into<PasswordText>,
    ) -> Self {
        Self {
            organization: organization.clone(),
            email_address: email_address.into(),
            existing: existing_password.into(),
            new: new_password.into(),
        }
    }
}

impl PrimaryCredential for ExistingPasswordReset {}

impl sealed::Credential for ExistingPasswordReset {
    const ROUTE: Route = route!("/b2b/passwords/existing_password/reset", IfNotSent);
    #[cfg(feature = "live")]
    const CONTINUES: bool = false;

    fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft
            .field("organization_id", &self.organization)
            .field("email_address", &self.email_address)
            .field("existing_password", self.existing.secret())
            .field("new_password", self.new.secret())
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.existing.secret(), self.new.secret()]
    }
}
