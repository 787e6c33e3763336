//! The organizations that a person may enter.

use super::Proof;
use crate::context::Context;
use crate::error::Error;
use crate::model::DiscoveredOrganizations;
use crate::project::Project;
use crate::surface::Surface;
use crate::transition::{Call, Endpoint};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/discovery/organizations", Always);

/// Lists the organizations that a person belongs to or may join. It uses up no token.
///
/// From an active session it lists only those that the person belongs to or is invited to.
///
/// Source: `POST /b2b/discovery/organizations`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct ListOrganizations<'a> {
    proof: Proof<'a>,
}

impl<'a> ListOrganizations<'a> {
    pub(crate) const fn new(proof: Proof<'a>) -> Self {
        Self { proof }
    }
}

impl<P: Surface> Endpoint<P> for ListOrganizations<'_> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        self.proof.carry(project.post(ROUTE)).finish(context)
    }
}

impl<P: Surface> Call<P> for ListOrganizations<'_> {
    type Output = DiscoveredOrganizations;

    fn decode(&self, response: &Response) -> Result<DiscoveredOrganizations, Error> {
        reply::answer::<P, DiscoveredOrganizations>(response, &self.proof.secrets())
    }
}
