//! Passwords.

use super::{ContinuingCredential, DiscoveryCredential, PrimaryCredential, sealed};
use crate::model::{EmailAddress, OrganizationId};
use crate::secret::PasswordText;
use crate::surface::Surface;
use crate::wire::request::{Draft, Route, route};

/// A member's password for one organization.
///
/// Source: `POST /b2b/passwords/authenticate`.
///
/// ```
/// use stytch_session::{OrganizationId, Password, Session};
///
/// let organization = OrganizationId::new("harbor-lights")?;
/// let password = Password::new(&organization, "ada@example.com", "correct horse");
/// assert!(!format!("{password:?}").contains("horse"));
/// let step = Session::new().login(password);
/// # let _ = step;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
pub struct Password {
    organization: OrganizationId,
    email_address: EmailAddress,
    password: PasswordText,
}

impl Password {
    /// Text of any form: the server judges it.
    #[must_use]
    pub fn new(
        organization: &OrganizationId,
        email_address: impl Into<EmailAddress>,
        password: impl Into<PasswordText>,
    ) -> Self {
        Self {
            organization: organization.clone(),
            email_address: email_address.into(),
            password: password.into(),
        }
    }
}

impl PrimaryCredential for Password {}
impl ContinuingCredential for Password {}

impl sealed::Credential for Password {
    const ROUTE: Route = route!("/b2b/passwords/authenticate", IfNotSent);

    fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft
            .field("organization_id", &self.organization)
            .field("email_address", &self.email_address)
            .field("password", self.password.secret())
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.password.secret()]
    }
}

/// A password that proves an e-mail address, where passwords are shared by all organizations.
///
/// Source: `POST /b2b/passwords/discovery/authenticate`.
#[derive(Debug, Clone)]
pub struct DiscoveryPassword {
    email_address: EmailAddress,
    password: PasswordText,
}

impl DiscoveryPassword {
    /// Text of any form: the server judges it.
    #[must_use]
    pub fn new(email_address: impl Into<EmailAddress>, password: impl Into<PasswordText>) -> Self {
        Self { email_address: email_address.into(), password: password.into() }
    }
}

impl DiscoveryCredential for DiscoveryPassword {}

impl sealed::Credential for DiscoveryPassword {
    const ROUTE: Route = route!("/b2b/passwords/discovery/authenticate", IfNotSent);

    fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.field("email_address", &self.email_address).field("password", self.password.secret())
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.password.secret()]
    }
}
