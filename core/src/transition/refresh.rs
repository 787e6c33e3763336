//! Refreshing an active session.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::authenticate::ROUTE;
use super::options::{Options, option_methods};
use super::origin::{is_same_member, other_member, refused_itself};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::project::Project;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::success;

/// Refreshing an active session, in flight.
///
/// A fresh JWT comes back, and the server's word that the session lives. `expires_at` moves only
/// with a duration. The session ends ([`Failure::Ended`]) if the server no longer knows it.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Refresh<O = EitherSurface> {
    session: Session<Active>,
    options: Options,
    reach: PhantomData<O>,
}

impl Refresh {
    pub(crate) fn new(session: Session<Active>) -> Self {
        Self { session, options: Options::default(), reach: PhantomData }
    }
}

#[cfg(feature = "live")]
impl Refresh {
    /// A refresh whose options are known to be those of its surface.
    pub(crate) const fn with_options(session: Session<Active>, options: Options) -> Self {
        Self { session, options, reach: PhantomData }
    }
}

option_methods! {
    impl [] Refresh [] { session };
    session_duration, custom_claims, authorization_check
}

impl<O> Step for Refresh<O> {
    type Before = Session<Active>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for Refresh<O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = project.post(ROUTE).session(self.session.state());
        let duration = self.options.session_duration.as_ref();
        self.options.write(draft.optional("session_duration_minutes", duration)).finish(context)
    }
}

impl<P: Surface, O: AllowedOn<P>> Transition<P> for Refresh<O> {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        match reply::decode::<P, success::Finished>(response) {
            Ok(reply) if is_same_member(self.session.member(), &reply.0.member) => {
                Ok(Session::of(reply.0))
            }
            Ok(_) => Err(other_member(self.session, response)),
            Err(error) => Err(refused_itself::<P>(self.session, error)),
        }
    }
}
