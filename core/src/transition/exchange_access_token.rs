//! Trading an access token for a session.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{Origin, complete_active};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::project::Project;
use crate::secret::AccessToken;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, EitherSurface, Side, Surface};
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/sessions/exchange_access_token", IfNotSent);

/// Trading an OAuth access token that Stytch issued (Connected Apps, scope `full_access`) for a
/// session, in flight.
///
/// The token must have been issued in the last five minutes, and works once. A second factor is
/// never asked. An active session that it starts from is forgotten when it succeeds, and kept
/// whenever it fails.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct ExchangeAccessToken<B: Origin, O = EitherSurface> {
    session: Session<B>,
    token: AccessToken,
    options: Options,
    reach: PhantomData<O>,
}

impl<B: Origin> ExchangeAccessToken<B> {
    pub(crate) fn new(session: Session<B>, token: AccessToken) -> Self {
        Self { session, token, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [B: Origin,] ExchangeAccessToken [B] { session, token };
    session_duration, custom_claims, telemetry_id
}

impl<B: Origin, O> Step for ExchangeAccessToken<B, O> {
    type Before = Session<B>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, B: Origin, O: AllowedOn<P>> Endpoint<P> for ExchangeAccessToken<B, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = project.post(ROUTE);
        // On the frontend a session goes with every call; the backend's has no field for it.
        let draft = match P::SIDE {
            Side::Frontend => self.session.state().carry(draft),
            Side::Backend => draft,
        };
        let draft = draft
            .field("access_token", self.token.secret())
            .minted_duration(self.options.session_duration);
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, B: Origin, O: AllowedOn<P>> Transition<P> for ExchangeAccessToken<B, O> {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_active::<P, B>(self.session, response, &[self.token.secret()])
    }
}
