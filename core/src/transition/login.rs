//! Logging in with a first factor.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{Origin, complete_authenticated};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::credential::PrimaryCredential;
use crate::outcome::Authenticated;
use crate::project::Project;
use crate::session::Session;
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};

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
        let draft = self.credential.write(draft);
        let duration = self.options.session_duration;
        let draft = if C::DEMANDS_DURATION {
            draft.minted_duration(duration)
        } else {
            draft.optional("session_duration_minutes", duration.as_ref())
        };
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
        let mut secrets = self.credential.secrets();
        secrets.extend(self.options.secrets());
        complete_authenticated::<P, B>(self.session, response, now, &secrets)
    }
}
