//! Recovery codes: read, and made anew.

use std::marker::PhantomData;

use crate::context::Context;
use crate::error::Error;
use crate::model::RecoveryCodes;
use crate::project::Project;
use crate::state::Active;
use crate::surface::{AllowedOn, EitherSurface, Side, Surface};
use crate::transition::options::{Options, option_methods};
use crate::transition::origin::sealed::Origin as _;
use crate::transition::{Call, Endpoint};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

const GET: Route = Route::new(
    "/sdk/v1/b2b/recovery_codes",
    "/v1/b2b/recovery_codes/{organization_id}/{member_id}",
    Repeat::Always,
);

/// Reads the unused recovery codes of the session's member.
///
/// Source: `GET /sdk/v1/b2b/recovery_codes`,
/// `GET /v1/b2b/recovery_codes/{organization_id}/{member_id}`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct GetRecoveryCodes<'a> {
    session: &'a Active,
}

impl<'a> GetRecoveryCodes<'a> {
    pub(crate) const fn new(session: &'a Active) -> Self {
        Self { session }
    }
}

impl<P: Surface> Endpoint<P> for GetRecoveryCodes<'_> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = project.get(GET);
        let member = &self.session.member;
        match P::SIDE {
            Side::Frontend => draft.session(self.session),
            Side::Backend => draft
                .segment(member.organization_id().as_str())
                .segment(member.member_id().as_str()),
        }
        .finish(context)
    }
}

impl<P: Surface> Call<P> for GetRecoveryCodes<'_> {
    type Output = RecoveryCodes;

    fn decode(&self, response: &Response) -> Result<RecoveryCodes, Error> {
        reply::answer::<P, RecoveryCodes>(response, &self.session.secrets())
    }
}

const ROTATE: Route = route!("/b2b/recovery_codes/rotate", IfNotSent);

/// Gives the session's member fresh recovery codes and voids the old ones.
///
/// Source: `POST /b2b/recovery_codes/rotate`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct RotateRecoveryCodes<'a, O = EitherSurface> {
    session: &'a Active,
    options: Options,
    reach: PhantomData<O>,
}

impl<'a> RotateRecoveryCodes<'a> {
    pub(crate) fn new(session: &'a Active) -> Self {
        Self { session, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl ['a,] RotateRecoveryCodes ['a] { session };
    protected_auth
}

impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for RotateRecoveryCodes<'_, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = project.post(ROTATE);
        let member = &self.session.member;
        let draft = match P::SIDE {
            Side::Frontend => draft.session(self.session),
            Side::Backend => draft
                .field("organization_id", member.organization_id())
                .field("member_id", member.member_id()),
        };
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, O: AllowedOn<P>> Call<P> for RotateRecoveryCodes<'_, O> {
    type Output = RecoveryCodes;

    fn decode(&self, response: &Response) -> Result<RecoveryCodes, Error> {
        let mut secrets = self.session.secrets();
        secrets.extend(self.options.secrets());
        reply::answer::<P, RecoveryCodes>(response, &secrets)
    }
}
