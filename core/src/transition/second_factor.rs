//! Giving a second factor: to finish a login, or to step an active session up.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::{KnownMember, complete_same_member};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::credential::{RecoveryCode, SecondFactor, SmsCode, TotpCode};
use crate::model::Locale;
use crate::project::Project;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{AllowedOn, Backend, BackendOnly, EitherSurface, Surface};
use crate::transport::{Request, Response};

/// Giving a second factor, in flight.
///
/// A wrong code keeps the session, be it intermediate or active; after too many the server locks
/// the member for a while.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct AuthenticateFactor<F, B: KnownMember, O = EitherSurface> {
    session: Session<B>,
    factor: F,
    options: Options,
    reach: PhantomData<O>,
}

impl<F: SecondFactor, B: KnownMember> AuthenticateFactor<F, B> {
    pub(crate) fn new(session: Session<B>, factor: F) -> Self {
        Self { session, factor, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [F, B: KnownMember,] AuthenticateFactor [F, B] { session, factor };
    session_duration, custom_claims, telemetry_id, protected_auth
}

/// Recovery codes change nothing about the enrollment.
macro_rules! mfa_enrollment {
    ($($factor:ident),*) => {$(
        impl<B: KnownMember, O> AuthenticateFactor<$factor, B, O> {
            /// Sets whether the member is asked for a second factor from now on.
            pub fn mfa_enrollment(mut self, enrollment: MfaEnrollment) -> Self {
                self.options.mfa_enrollment = Some(enrollment);
                self
            }
        }
    )*};
}

mfa_enrollment!(SmsCode, TotpCode);

impl<B: KnownMember, O: AllowedOn<Backend>> AuthenticateFactor<SmsCode, B, O> {
    /// Makes this the method that the member is asked for first. For SMS, backend only.
    pub fn make_default(self) -> AuthenticateFactor<SmsCode, B, BackendOnly> {
        self.narrow(|options| options.default_mfa = Some(true))
    }
}

impl<B: KnownMember, O> AuthenticateFactor<TotpCode, B, O> {
    /// Makes this the method that the member is asked for first.
    pub fn make_default(mut self) -> Self {
        self.options.default_mfa = Some(true);
        self
    }
}

impl<B: KnownMember, O: AllowedOn<Backend>> AuthenticateFactor<RecoveryCode, B, O> {
    /// The language of a message that this step sends. Backend only.
    pub fn locale(self, locale: Locale) -> AuthenticateFactor<RecoveryCode, B, BackendOnly> {
        self.narrow(|options| options.locale = Some(locale))
    }
}

/// Whether the member shall be asked for a second factor from now on (`set_mfa_enrollment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MfaEnrollment {
    /// Ask at every login.
    Enroll,
    /// Ask only where the organization demands it.
    Unenroll,
}

impl MfaEnrollment {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::Unenroll => "unenroll",
        }
    }
}

impl<F, B: KnownMember, O> Step for AuthenticateFactor<F, B, O> {
    type Before = Session<B>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, F, B, O> Endpoint<P> for AuthenticateFactor<F, B, O>
where
    F: SecondFactor,
    B: KnownMember,
    O: AllowedOn<P>,
{
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let state = self.session.state();
        let draft = state
            .carry(project.post(F::ROUTE))
            .field("organization_id", state.member().organization_id())
            .field("member_id", state.member().member_id());
        let draft = self.factor.write(draft).minted_duration(self.options.session_duration);
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, F, B, O> Transition<P> for AuthenticateFactor<F, B, O>
where
    F: SecondFactor,
    B: KnownMember,
    O: AllowedOn<P>,
{
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        let mut secrets = self.factor.secrets();
        secrets.extend(self.options.secrets());
        complete_same_member::<P, B>(self.session, response, &secrets)
    }
}
