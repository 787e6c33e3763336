//! Founding an organization.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{IntermediateOrigin, complete_authenticated};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::model::NewOrganization;
use crate::outcome::Authenticated;
use crate::project::Project;
use crate::session::Session;
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/discovery/organizations/create", IfNotSent);

/// Founding an organization and entering it, in flight. The member becomes its first, with the
/// role `stytch_admin`.
///
/// It ends unfinished where the organization demands a second factor (the member must enroll), or
/// where the login has not proven the e-mail address.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct CreateOrganization<B: IntermediateOrigin, O = EitherSurface> {
    session: Session<B>,
    organization: NewOrganization,
    options: Options,
    reach: PhantomData<O>,
}

impl<B: IntermediateOrigin> CreateOrganization<B> {
    pub(crate) fn new(session: Session<B>, organization: NewOrganization) -> Self {
        Self { session, organization, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [B: IntermediateOrigin,] CreateOrganization [B] { session, organization };
    session_duration, custom_claims, telemetry_id
}

impl<B: IntermediateOrigin, O> Step for CreateOrganization<B, O> {
    type Before = Session<B>;
    type After = Authenticated;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P, B, O> Endpoint<P> for CreateOrganization<B, O>
where
    P: Surface,
    B: IntermediateOrigin,
    O: AllowedOn<P>,
{
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self.session.state().carry(project.post(ROUTE));
        let draft = self.organization.write(draft).minted_duration(self.options.session_duration);
        self.options.write(draft).finish(context)
    }
}

impl<P, B, O> Transition<P> for CreateOrganization<B, O>
where
    P: Surface,
    B: IntermediateOrigin,
    O: AllowedOn<P>,
{
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_authenticated::<P, B>(self.session, response, now, &[])
    }
}
