//! Logging in with a first factor.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{Origin, authenticated};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::credential::PrimaryCredential;
use crate::outcome::Authenticated;
use crate::project::Project;
use crate::session::Session;
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::reply;

/// A login with a first factor, in flight.
///
/// From an intermediate session the login adds its factor to those already done.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Login<C, B: Origin, O = EitherSurface> {
    session: Session<B>,
    credential: C,
    options: Options,
    reach: PhantomData<O>,
}

impl<C: PrimaryCredential, B: Origin> Login<C, B> {
    pub(crate) fn new(session: Session<B>, credential: C) -> Self {
        Self { session, credential, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [C, B: Origin,] Login [C, B] { session, credential };
    session_duration, locale, custom_claims, telemetry_id, protected_auth
}

impl<C, B: Origin, O> Step for Login<C, B, O> {
    type Before = Session<B>;
    type After = Authenticated;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, C, B, O> Endpoint<P> for Login<C, B, O>
where
    C: PrimaryCredential,
    B: Origin,
    O: AllowedOn<P>,
{
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self.session.state().carry(project.post(C::ROUTE));
        let draft = self.credential.write(draft).minted_duration(self.options.session_duration);
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, C, B, O> Transition<P> for Login<C, B, O>
where
    C: PrimaryCredential,
    B: Origin,
    O: AllowedOn<P>,
{
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        match reply::decode::<P, reply::Outcome>(response) {
            Ok(outcome) => Ok(authenticated(self.session, outcome, now)),
            Err(error) => {
                let mut secrets = self.session.state().secrets();
                secrets.push(self.credential.secret());
                secrets.extend(self.options.secrets());
                let error = error.without_secrets(&secrets);
                Err(B::refuse(self.session, error, P::SIDE))
            }
        }
    }
}
