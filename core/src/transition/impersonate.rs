//! Logging in in a member's place.

use std::time::SystemTime;

use super::origin::complete_active;
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::project::Project;
use crate::secret::LoginToken;
use crate::session::Session;
use crate::state::{Active, LoggedOut};
use crate::surface::Surface;
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/impersonation/authenticate", IfNotSent);

/// A support person's login in a member's place, in flight.
///
/// The token is good for five minutes, the session for 60; it cannot be extended
/// (`session_not_mutable`). A second factor is never asked.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Impersonate {
    session: Session<LoggedOut>,
    token: LoginToken,
}

impl Impersonate {
    pub(crate) const fn new(session: Session<LoggedOut>, token: LoginToken) -> Self {
        Self { session, token }
    }
}

impl Step for Impersonate {
    type Before = Session<LoggedOut>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface> Endpoint<P> for Impersonate {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        project.post(ROUTE).field("impersonation_token", self.token.secret()).finish(context)
    }
}

impl<P: Surface> Transition<P> for Impersonate {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_active::<P, _>(self.session, response, &[self.token.secret()])
    }
}
