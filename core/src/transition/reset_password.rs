//! Setting a new password within a session.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::complete_authenticated_same_member;
use super::origin::sealed::Origin as _;
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::model::{Locale, Minutes};
use crate::outcome::Authenticated;
use crate::project::Project;
use crate::secret::PasswordText;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, Backend, BackendOnly, EitherSurface, Side, Surface};
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/passwords/session/reset", IfNotSent);

/// Setting a new password within an active session, in flight.
///
/// It ends the member's other sessions. A factor must have been proven in the last five minutes
/// (`session_too_old_to_reset_password`). Every failure leaves the session as it was.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct ResetPassword<O = EitherSurface> {
    session: Session<Active>,
    password: PasswordText,
    options: Options,
    reach: PhantomData<O>,
}

impl ResetPassword {
    pub(crate) fn new(session: Session<Active>, password: PasswordText) -> Self {
        Self { session, password, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [] ResetPassword [] { session, password };
    custom_claims, telemetry_id, protected_auth
}

impl<O: AllowedOn<Backend>> ResetPassword<O> {
    /// How long the session shall last from now on; it keeps its `expires_at` otherwise. Backend
    /// only: the frontend takes no duration here.
    pub fn session_duration(self, minutes: Minutes) -> ResetPassword<BackendOnly> {
        self.narrow(|options| options.session_duration = Some(minutes))
    }

    /// The language of a text message that this step sends. Backend only.
    pub fn locale(self, locale: Locale) -> ResetPassword<BackendOnly> {
        self.narrow(|options| options.locale = Some(locale))
    }
}

impl<O> Step for ResetPassword<O> {
    type Before = Session<Active>;
    type After = Authenticated;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for ResetPassword<O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let state = self.session.state();
        let draft = state.carry(project.post(ROUTE)).field("password", self.password.secret());
        // The frontend knows the organization from the session.
        let draft = match P::SIDE {
            Side::Frontend => draft,
            Side::Backend => draft.field("organization_id", state.member.organization_id()),
        };
        let duration = self.options.session_duration.as_ref();
        self.options.write(draft.optional("session_duration_minutes", duration)).finish(context)
    }
}

impl<P: Surface, O: AllowedOn<P>> Transition<P> for ResetPassword<O> {
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        let mut secrets = vec![self.password.secret()];
        secrets.extend(self.options.secrets());
        complete_authenticated_same_member::<P, _>(self.session, response, now, &secrets)
    }
}
