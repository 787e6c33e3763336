//! The project's settings.

use crate::context::Context;
use crate::error::Error;
use crate::model::Bootstrap;
use crate::project::Project;
use crate::surface::Frontend;
use crate::transition::{Call, Endpoint};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::Route;

const ROUTE: Route = Route::new(
    "/sdk/v1/projects/bootstrap/{public_token}",
    "/v1/projects/bootstrap/{public_token}",
    Repeat::Always,
);

/// Fetches the project's settings, its policy among them. Frontend only: a backend has
/// [`GetRbacPolicy`](crate::GetRbacPolicy).
///
/// # Errors
///
/// As for any call; `public_token_not_found` for a token that no project has.
///
/// Source: `GET /sdk/v1/projects/bootstrap/{public_token}`.
///
/// ```
/// use stytch_session::rbac::Policy;
/// use stytch_session::{Client, GetBootstrap, Project, PublicToken, RoleId};
/// use stytch_session_mock::Emulator;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stytch = Emulator::example();
/// let client = Client::new(Project::frontend(PublicToken::new(stytch.public_token())?), stytch);
/// let settings = client.call_blocking(&GetBootstrap::new())?;
/// // Without a policy nothing is allowed.
/// let policy = settings.rbac_policy().map(Policy::new).unwrap_or_default();
/// assert!(policy.grants(&[RoleId::new("lamp_keeper")?]).allows("lamps", "trim"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a call does nothing until its request is sent"]
pub struct GetBootstrap(());

impl GetBootstrap {
    /// The settings of the project that the request is made for.
    pub const fn new() -> Self {
        Self(())
    }
}

impl Endpoint<Frontend> for GetBootstrap {
    fn request(&self, project: &Project<Frontend>, context: &Context<'_>) -> Request {
        project.get(ROUTE).segment(&project.user).finish(context)
    }
}

impl Call<Frontend> for GetBootstrap {
    type Output = Bootstrap;

    fn decode(&self, response: &Response) -> Result<Bootstrap, Error> {
        reply::answer::<Frontend, Bootstrap>(response, &[])
    }
}
