//! Ending a session on the server.

use std::time::SystemTime;

use super::origin::refused_itself;
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::project::Project;
use crate::session::Session;
use crate::state::{Active, LoggedOut};
use crate::surface::{Side, Surface};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};
use crate::wire::success;

pub(crate) const ROUTE: Route = route!("/b2b/sessions/revoke", Always);

/// Ending a session on the server, in flight.
///
/// [`Failure::Ended`] says that the server did not know the session any more: it was over before.
/// JWTs of the session go on verifying locally for up to five minutes.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Revoke {
    session: Session<Active>,
}

impl Revoke {
    pub(crate) const fn new(session: Session<Active>) -> Self {
        Self { session }
    }
}

impl Step for Revoke {
    type Before = Session<Active>;
    type After = Session<LoggedOut>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface> Endpoint<P> for Revoke {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = project.post(ROUTE);
        // The frontend knows the session from the header and wants no body at all.
        let draft = if P::SIDE == Side::Frontend { draft.without_body() } else { draft };
        draft.session(self.session.state()).finish(context)
    }
}

impl<P: Surface> Transition<P> for Revoke {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        match reply::decode::<P, success::Done>(response) {
            Ok(_) => Ok(Session::new()),
            Err(error) => Err(refused_itself::<P>(self.session, error)),
        }
    }
}
