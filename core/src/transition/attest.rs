//! Trading a trusted issuer's JWT for a session.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{Origin, complete_active};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::model::{OrganizationId, TrustedTokenProfileId};
use crate::project::Project;
use crate::secret::TrustedToken;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/sessions/attest", IfNotSent);

/// Trading a JWT of an issuer that the project trusts for a session, in flight.
///
/// From an active session, the backend adds the factor to that session; whether the frontend does,
/// or mints another session, is the server's choice. Every failure leaves an active session as it
/// was.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Attest<B: Origin, O = EitherSurface> {
    session: Session<B>,
    profile: TrustedTokenProfileId,
    token: TrustedToken,
    organization: Option<OrganizationId>,
    options: Options,
    reach: PhantomData<O>,
}

impl<B: Origin> Attest<B> {
    pub(crate) fn new(
        session: Session<B>,
        profile: TrustedTokenProfileId,
        token: TrustedToken,
    ) -> Self {
        let (options, reach) = (Options::default(), PhantomData);
        Self { session, profile, token, organization: None, options, reach }
    }
}

impl<B: Origin, O> Attest<B, O> {
    /// The organization, where no claim of the JWT names it
    /// (`token_missing_organization_id_claim`).
    pub fn organization(mut self, organization: &OrganizationId) -> Self {
        self.organization = Some(organization.clone());
        self
    }
}

option_methods! {
    impl [B: Origin,] Attest [B] { session, profile, token, organization };
    session_duration, custom_claims, telemetry_id
}

impl<B: Origin, O> Step for Attest<B, O> {
    type Before = Session<B>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, B: Origin, O: AllowedOn<P>> Endpoint<P> for Attest<B, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let duration = self.options.session_duration.as_ref();
        let draft = self
            .session
            .state()
            .carry(project.post(ROUTE))
            .field("profile_id", &self.profile)
            .field("token", self.token.secret())
            .optional("organization_id", self.organization.as_ref())
            .optional("session_duration_minutes", duration);
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, B: Origin, O: AllowedOn<P>> Transition<P> for Attest<B, O> {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_active::<P, B>(self.session, response, &[self.token.secret()])
    }
}
