//! Who may do what.

use crate::context::Context;
use crate::error::Error;
use crate::model::{CustomRole, OrganizationId, OrganizationRbacPolicy, RbacPolicy};
use crate::project::Project;
use crate::surface::Backend;
use crate::transition::{Call, Endpoint};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};
use crate::wire::success;

const PROJECT: Route = route!("/b2b/rbac/policy", Always);

/// Fetches the project's policy. Backend only.
///
/// Source: `GET /v1/b2b/rbac/policy`.
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a call does nothing until its request is sent"]
pub struct GetRbacPolicy(());

impl GetRbacPolicy {
    /// The policy of the project that the request is made for.
    pub const fn new() -> Self {
        Self(())
    }
}

impl Endpoint<Backend> for GetRbacPolicy {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        project.get(PROJECT).finish(context)
    }
}

impl Call<Backend> for GetRbacPolicy {
    type Output = RbacPolicy;

    fn decode(&self, response: &Response) -> Result<RbacPolicy, Error> {
        reply::answer::<Backend, success::Policy>(response, &[]).map(|reply| reply.policy)
    }
}

const ORGANIZATION: Route = Route::new(
    "/sdk/v1/b2b/rbac/organizations/{organization_id}",
    "/v1/b2b/rbac/organizations/{organization_id}",
    Repeat::Always,
);

/// Fetches the roles that an organization has beside the project's. Backend only.
///
/// Source: `GET /v1/b2b/rbac/organizations/{organization_id}`.
#[derive(Debug, Clone)]
#[must_use = "a call does nothing until its request is sent"]
pub struct GetOrganizationRbacPolicy {
    organization: OrganizationId,
}

impl GetOrganizationRbacPolicy {
    /// The roles of this organization.
    pub fn new(organization: &OrganizationId) -> Self {
        Self { organization: organization.clone() }
    }
}

impl Endpoint<Backend> for GetOrganizationRbacPolicy {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        project.get(ORGANIZATION).segment(self.organization.as_str()).finish(context)
    }
}

impl Call<Backend> for GetOrganizationRbacPolicy {
    type Output = OrganizationRbacPolicy;

    fn decode(&self, response: &Response) -> Result<OrganizationRbacPolicy, Error> {
        let reply = reply::answer::<Backend, success::OrganizationPolicy>(response, &[])?;
        Ok(reply.org_policy)
    }
}

/// Replaces the roles that an organization has beside the project's. Backend only.
///
/// Source: `PUT /v1/b2b/rbac/organizations/{organization_id}`.
///
/// ```
/// use stytch_session::{CustomRole, OrganizationId, SetOrganizationRbacPolicy};
///
/// let organization = OrganizationId::new("harbor-lights")?;
/// let editor = CustomRole::new("editor", "Edits documents").permit("documents", ["write"]);
/// let call = SetOrganizationRbacPolicy::new(&organization, [editor]);
/// # let _ = call;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a call does nothing until its request is sent"]
pub struct SetOrganizationRbacPolicy {
    organization: OrganizationId,
    policy: OrganizationRbacPolicy,
}

impl SetOrganizationRbacPolicy {
    /// These roles, in place of those that the organization has.
    pub fn new(organization: &OrganizationId, roles: impl IntoIterator<Item = CustomRole>) -> Self {
        let policy = OrganizationRbacPolicy::of(roles);
        Self { organization: organization.clone(), policy }
    }
}

impl Endpoint<Backend> for SetOrganizationRbacPolicy {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        project
            .put(ORGANIZATION)
            .segment(self.organization.as_str())
            .field("org_policy", &self.policy)
            .finish(context)
    }
}

impl Call<Backend> for SetOrganizationRbacPolicy {
    type Output = OrganizationRbacPolicy;

    fn decode(&self, response: &Response) -> Result<OrganizationRbacPolicy, Error> {
        let reply = reply::answer::<Backend, success::OrganizationPolicy>(response, &[])?;
        Ok(reply.org_policy)
    }
}
