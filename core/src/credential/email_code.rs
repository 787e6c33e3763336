//! Codes by e-mail.

use super::{ContinuingCredential, DiscoveryCredential, PrimaryCredential, sealed};
use crate::model::{EmailAddress, OrganizationId};
use crate::secret::{Code, IntoCode};
use crate::surface::Surface;
use crate::wire::request::{Draft, Route, route};

/// A code that was sent by e-mail, for one organization. Good for ten minutes unless the sender
/// said otherwise.
///
/// Source: `POST /b2b/otps/email/authenticate`.
///
/// ```
/// use stytch_session::{EmailCode, OrganizationId, Session};
///
/// let organization = OrganizationId::new("harbor-lights")?;
/// let step = Session::new().login(EmailCode::new(&organization, "ada@example.com", "123456")?);
/// # let _ = step;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
pub struct EmailCode {
    organization: OrganizationId,
    email_address: EmailAddress,
    code: Code,
}

impl EmailCode {
    /// Takes a checked [`Code`] and cannot fail, or text and returns a `Result`.
    pub fn new<C: IntoCode>(
        organization: &OrganizationId,
        email_address: impl Into<EmailAddress>,
        code: C,
    ) -> C::Made<Self> {
        let (organization, email_address) = (organization.clone(), email_address.into());
        code.make(|code| Self { organization, email_address, code })
    }
}

impl PrimaryCredential for EmailCode {}
impl ContinuingCredential for EmailCode {}

impl sealed::Credential for EmailCode {
    const ROUTE: Route = route!("/b2b/otps/email/authenticate", IfNotSent);

    fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft
            .field("organization_id", &self.organization)
            .field("email_address", &self.email_address)
            .field("code", self.code.secret())
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.code.secret()]
    }
}

/// A code that was sent by e-mail, before an organization is chosen.
///
/// Source: `POST /b2b/otps/email/discovery/authenticate`.
#[derive(Debug, Clone)]
pub struct DiscoveryEmailCode {
    email_address: EmailAddress,
    code: Code,
}

impl DiscoveryEmailCode {
    /// Takes a checked [`Code`] and cannot fail, or text and returns a `Result`.
    pub fn new<C: IntoCode>(email_address: impl Into<EmailAddress>, code: C) -> C::Made<Self> {
        let email_address = email_address.into();
        code.make(|code| Self { email_address, code })
    }
}

impl DiscoveryCredential for DiscoveryEmailCode {}

impl sealed::Credential for DiscoveryEmailCode {
    const ROUTE: Route = route!("/b2b/otps/email/discovery/authenticate", IfNotSent);

    fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.field("email_address", &self.email_address).field("code", self.code.secret())
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.code.secret()]
    }
}
