//! A member's active sessions.

use crate::context::Context;
use crate::error::Error;
use crate::model::{MemberId, MemberSession, OrganizationId};
use crate::project::Project;
use crate::surface::Backend;
use crate::transition::{Call, Endpoint};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};
use crate::wire::success;

const ROUTE: Route = route!("/b2b/sessions", Always);

/// Lists the active sessions of a member. Backend only.
///
/// Source: `GET /v1/b2b/sessions`.
#[derive(Debug, Clone)]
#[must_use = "a call does nothing until its request is sent"]
pub struct ListSessions {
    organization: OrganizationId,
    member: MemberId,
}

impl ListSessions {
    /// The sessions of this member of this organization.
    pub fn new(organization: &OrganizationId, member: &MemberId) -> Self {
        Self { organization: organization.clone(), member: member.clone() }
    }
}

impl Endpoint<Backend> for ListSessions {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        project
            .get(ROUTE)
            .query("organization_id", self.organization.as_str())
            .query("member_id", self.member.as_str())
            .finish(context)
    }
}

impl Call<Backend> for ListSessions {
    type Output = Vec<MemberSession>;

    fn decode(&self, response: &Response) -> Result<Self::Output, Error> {
        let reply = reply::decode::<Backend, success::MemberSessions>(response)?;
        Ok(reply.member_sessions)
    }
}
