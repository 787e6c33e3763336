//! Entering an organization: from an active session, or from an unfinished login.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{ExchangeOrigin, complete_authenticated};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::model::OrganizationId;
use crate::outcome::Authenticated;
use crate::project::Project;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};

/// Entering an organization, in flight.
///
/// From an active session it mints another one (`/b2b/sessions/exchange`); from a discovery login
/// or an intermediate session it goes on with that login
/// (`/b2b/discovery/intermediate_sessions/exchange`).
///
/// Every failure leaves an active session as it was. A request that was sent may have minted a
/// session on the server even so.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Exchange<B: ExchangeOrigin = Active, O = EitherSurface> {
    session: Session<B>,
    organization: OrganizationId,
    options: Options,
    reach: PhantomData<O>,
}

impl<B: ExchangeOrigin> Exchange<B> {
    pub(crate) fn new(session: Session<B>, organization: OrganizationId) -> Self {
        Self { session, organization, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [B: ExchangeOrigin,] Exchange [B] { session, organization };
    session_duration, locale, custom_claims, telemetry_id
}

impl<B: ExchangeOrigin, O> Step for Exchange<B, O> {
    type Before = Session<B>;
    type After = Authenticated;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, B: ExchangeOrigin, O: AllowedOn<P>> Endpoint<P> for Exchange<B, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self.session.state().carry(project.post(B::EXCHANGE));
        let draft = draft
            .field("organization_id", &self.organization)
            .minted_duration(self.options.session_duration);
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, B: ExchangeOrigin, O: AllowedOn<P>> Transition<P> for Exchange<B, O> {
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_authenticated::<P, B>(self.session, response, now, &[])
    }
}
