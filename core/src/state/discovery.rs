//! An e-mail address is proven, an organization not yet chosen.

use std::time::SystemTime;

use crate::call::{ListOrganizations, Proof};
use crate::model::{
    DiscoveredOrganization, EmailAddress, NewOrganization, OrganizationId, ProviderIdentity,
    Timestamp,
};
use crate::secret::IntermediateSessionToken;
use crate::session::Session;
use crate::state::{Lifetime, LoggedOut, State, StateKind, sealed};
use crate::transition::{CreateOrganization, Exchange};

/// The member has proven an e-mail address and has not chosen an organization.
///
/// It lives for ten minutes from the first receipt of its token.
#[derive(Debug)]
pub struct Discovery {
    pub(crate) token: IntermediateSessionToken,
    pub(crate) email_address: EmailAddress,
    pub(crate) organizations: Vec<DiscoveredOrganization>,
    pub(crate) lifetime: Lifetime,
    pub(crate) identity: Option<Box<ProviderIdentity>>,
}

impl sealed::Sealed for Discovery {}

impl State for Discovery {
    const KIND: StateKind = StateKind::Discovery;
}

impl Session<Discovery> {
    /// The e-mail address that was proven.
    #[must_use]
    pub const fn email_address(&self) -> &EmailAddress {
        &self.state().email_address
    }

    /// The organizations that the member belongs to or may join. It may be empty.
    #[must_use]
    pub fn discovered_organizations(&self) -> &[DiscoveredOrganization] {
        &self.state().organizations
    }

    /// What the OAuth provider says of the person, after a login by one. It is not stored.
    #[must_use]
    pub fn provider_identity(&self) -> Option<&ProviderIdentity> {
        self.state().identity.as_deref()
    }

    /// The intermediate session token.
    #[must_use]
    pub const fn intermediate_session_token(&self) -> &IntermediateSessionToken {
        &self.state().token
    }

    /// When it ends: ten minutes after the token was first received.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.state().lifetime.expires_at
    }

    /// Whether it has ended, by the clock.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.state().lifetime.is_expired(now)
    }

    /// Enters one of the discovered organizations, joining it if the member may.
    ///
    /// Source: `POST /b2b/discovery/intermediate_sessions/exchange`.
    pub fn exchange(self, organization: &OrganizationId) -> Exchange<Discovery> {
        Exchange::new(self, organization.clone())
    }

    /// Founds an organization and enters it.
    ///
    /// Source: `POST /b2b/discovery/organizations/create`.
    pub fn create_organization(
        self,
        organization: NewOrganization,
    ) -> CreateOrganization<Discovery> {
        CreateOrganization::new(self, organization)
    }

    /// A call that lists the organizations anew.
    pub const fn list_organizations(&self) -> ListOrganizations<'_> {
        ListOrganizations::new(Proof::Discovery(self.state()))
    }

    /// Drops the login. Local only: the server is not told.
    pub fn abandon(self) -> Session<LoggedOut> {
        Session::new()
    }
}
