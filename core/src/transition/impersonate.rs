//! Logging in in a member's place.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::complete_active;
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::project::Project;
use crate::secret::LoginToken;
use crate::session::Session;
use crate::state::{Active, LoggedOut};
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/impersonation/authenticate", IfNotSent);

/// A support person's login in a member's place, in flight.
///
/// The token is good for five minutes, the session for 60; it cannot be extended
/// (`session_not_mutable`). A second factor is never asked.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Impersonate<O = EitherSurface> {
    session: Session<LoggedOut>,
    token: LoginToken,
    options: Options,
    reach: PhantomData<O>,
}

impl Impersonate {
    pub(crate) fn new(session: Session<LoggedOut>, token: LoginToken) -> Self {
        Self { session, token, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [] Impersonate [] { session, token };
    protected_auth
}

impl<O> Step for Impersonate<O> {
    type Before = Session<LoggedOut>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for Impersonate<O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = project.post(ROUTE).field("impersonation_token", self.token.secret());
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, O: AllowedOn<P>> Transition<P> for Impersonate<O> {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        let mut secrets = vec![self.token.secret()];
        secrets.extend(self.options.secrets());
        complete_active::<P, _>(self.session, response, &secrets)
    }
}
