//! The keys that sign session JWTs.

use crate::context::Context;
use crate::error::Error;
use crate::model::JsonWebKeySet;
use crate::project::Project;
use crate::surface::Backend;
use crate::transition::{Call, Endpoint};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::Route;
use crate::wire::success;

const ROUTE: Route = Route::new(
    "/sdk/v1/b2b/sessions/jwks/{project_id}",
    "/v1/b2b/sessions/jwks/{project_id}",
    Repeat::Always,
);

/// Fetches the public keys that sign session JWTs. Backend only: it names the project.
///
/// Keys change about every six months, and overlap for about one.
///
/// Source: `GET /v1/b2b/sessions/jwks/{project_id}`.
///
/// ```
/// use stytch_session::{Client, GetJwks, Project, ProjectId, ProjectSecret};
/// use stytch_session_mock::Emulator;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stytch = Emulator::example();
/// let id = ProjectId::new(stytch.project_id())?;
/// let secret = ProjectSecret::new(stytch.project_secret())?;
/// let client = Client::new(Project::backend(id, secret), stytch);
/// let keys = client.call_blocking(&GetJwks::new())?;
/// assert_eq!(keys.keys()[0].alg(), Some("RS256"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a call does nothing until its request is sent"]
pub struct GetJwks(());

impl GetJwks {
    /// The keys of the project that the request is made for.
    pub const fn new() -> Self {
        Self(())
    }
}

impl Endpoint<Backend> for GetJwks {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        project.get(ROUTE).segment(&project.user).finish(context)
    }
}

impl Call<Backend> for GetJwks {
    type Output = JsonWebKeySet;

    fn decode(&self, response: &Response) -> Result<JsonWebKeySet, Error> {
        let reply = reply::decode::<Backend, success::Keys>(response)?;
        Ok(JsonWebKeySet::new(reply.keys))
    }
}
