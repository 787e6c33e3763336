//! Questions about what a member may do.

use serde::Serialize;

use super::fields::object;
use super::{OrganizationId, ResourceId, RoleId};

/// A question: may the member do this? (`authorization_check`) The server answers it, or
/// [`Policy::require`](crate::rbac::Policy::require).
///
/// ```
/// use stytch_session::{AuthorizationCheck, OrganizationId, ResourceId};
///
/// let check = AuthorizationCheck::new(
///     &OrganizationId::new("organization-test-1")?,
///     ResourceId::new("documents")?,
///     "read",
/// );
/// assert_eq!(check.action(), "read");
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorizationCheck {
    organization_id: OrganizationId,
    resource_id: ResourceId,
    action: Box<str>,
}

impl AuthorizationCheck {
    /// Whether the member may do `action` on `resource` in `organization`.
    #[must_use]
    pub fn new(
        organization: &OrganizationId,
        resource: ResourceId,
        action: impl Into<Box<str>>,
    ) -> Self {
        Self { organization_id: organization.clone(), resource_id: resource, action: action.into() }
    }

    /// The organization that it is asked about.
    #[must_use]
    pub const fn organization_id(&self) -> &OrganizationId {
        &self.organization_id
    }

    /// The resource.
    #[must_use]
    pub const fn resource_id(&self) -> &ResourceId {
        &self.resource_id
    }

    /// What would be done with it.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }
}

object! {
    /// The server's answer to an [`AuthorizationCheck`] that it granted; a refusal is an error.
    pub struct AuthorizationVerdict {
        lenient {
            /// Always true.
            authorized: bool => bool,
            /// The roles that grant it.
            granting_roles: Vec<RoleId> => &[RoleId],
        }
    }
}
