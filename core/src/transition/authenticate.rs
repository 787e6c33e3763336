//! Taking up a session that exists already.

use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::complete_active;
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::project::Project;
use crate::secret::{SessionJwt, SessionToken};
use crate::session::Session;
use crate::state::{Active, LoggedOut};
use crate::surface::{AllowedOn, Backend, BackendOnly, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::request::{Draft, Route, route};

pub(super) const ROUTE: Route = route!("/b2b/sessions/authenticate", Always);

/// What a session is taken up by: a [`SessionToken`], or a [`SessionJwt`] on the backend. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a session is taken up by",
    label = "not a session token or session JWT",
    note = "one is made by `SessionToken::new(text)?` or, for backends, `SessionJwt::new(text)?`"
)]
pub trait SessionCredential: sealed::Credential + fmt::Debug + Send + Sync {
    /// The surfaces that accept it.
    type Reach;
}

mod sealed {
    use crate::surface::Surface;
    use crate::wire::request::Draft;

    pub trait Credential {
        fn write<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P>;
        fn secret(&self) -> &str;
    }
}

impl SessionCredential for SessionToken {
    type Reach = EitherSurface;
}

impl sealed::Credential for SessionToken {
    fn write<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.session_token(self)
    }

    fn secret(&self) -> &str {
        self.secret()
    }
}

impl SessionCredential for SessionJwt {
    type Reach = BackendOnly;
}

impl sealed::Credential for SessionJwt {
    fn write<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.field("session_jwt", self.secret())
    }

    fn secret(&self) -> &str {
        self.secret()
    }
}

/// Taking up a session by its token or JWT, in flight.
///
/// The server accepts an expired JWT as long as its session lives, and answers with a fresh one.
/// A refusal gives the logged-out session back.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Authenticate<C: SessionCredential = SessionToken, O = <C as SessionCredential>::Reach> {
    session: Session<LoggedOut>,
    credential: C,
    options: Options,
    reach: PhantomData<O>,
}

impl<C: SessionCredential> Authenticate<C> {
    pub(crate) fn new(session: Session<LoggedOut>, credential: C) -> Self {
        Self { session, credential, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [C: SessionCredential,] Authenticate [C] { session, credential };
    session_duration, custom_claims, authorization_check
}

impl<C: SessionCredential, O> Step for Authenticate<C, O> {
    type Before = Session<LoggedOut>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, C: SessionCredential, O: AllowedOn<P>> Endpoint<P> for Authenticate<C, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self.credential.write(project.post(ROUTE));
        let duration = self.options.session_duration.as_ref();
        self.options.write(draft.optional("session_duration_minutes", duration)).finish(context)
    }
}

impl<P: Surface, C: SessionCredential, O: AllowedOn<P>> Transition<P> for Authenticate<C, O> {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_active::<P, _>(self.session, response, &[self.credential.secret()])
    }
}

/// A JWT is a backend's credential: this asserts that the table above says so.
const _: fn() = || {
    fn backend<T: Endpoint<Backend>>() {}
    backend::<Authenticate<SessionJwt>>();
};
