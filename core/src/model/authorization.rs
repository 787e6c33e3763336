//! Questions about what a member may do.

use serde::Serialize;

use super::fields::object;
use super::{OrganizationId, ResourceId, RoleId};

/// A question to the server: may the member do this? (`authorization_check`)
///
/// ```
/// use stytch_session::{AuthorizationCheck, OrganizationId, ResourceId};
///
/// let check = AuthorizationCheck::new(
///     &OrganizationId::new("organization-test-1")?,
///     ResourceId::new("documents")?,
///     "read",
/// );
/// # let _ = check;
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
