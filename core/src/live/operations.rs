//! The operations of a live session: builders that are awaited.

mod running;

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use super::error::LiveError;
use super::machine::{Command, Insistence, OperationId, Subject, Verdict};
use super::reply::Awaited;
use super::session::{LiveSession, Tokens};
use crate::credential::{DiscoveryCredential, PrimaryCredential, RecoveryCode, SecondFactor};
use crate::credential::{SmsCode, TotpCode};
use crate::error::Error;
use crate::model::{Locale, Minutes, NewOrganization, OrganizationId, TrustedTokenProfileId};
use crate::outcome::Authenticated;
use crate::secret::{AccessToken, LoginToken, PasswordText, TrustedToken};
use crate::session::Session;
use crate::state::{Active, Discovery, LoggedOut};
use crate::surface::{AllowedOn, Backend, BackendOnly, EitherSurface, Side, Surface};
use crate::transition::MfaEnrollment;
use crate::transition::options::{Options, option_methods};

impl From<Session<Active>> for Verdict {
    fn from(session: Session<Active>) -> Self {
        Self::Active(session)
    }
}

impl From<Session<Discovery>> for Verdict {
    fn from(session: Session<Discovery>) -> Self {
        Self::Discovery(session)
    }
}

impl From<Session<LoggedOut>> for Verdict {
    fn from(_: Session<LoggedOut>) -> Self {
        Self::LoggedOut
    }
}

impl From<Authenticated> for Verdict {
    fn from(authenticated: Authenticated) -> Self {
        match authenticated {
            Authenticated::Active(session) => Self::Active(session),
            Authenticated::Intermediate(session) => Self::Intermediate(session),
        }
    }
}

/// The future of an operation.
pub type Operation<'a, T> = Pin<Box<dyn Future<Output = Result<T, LiveError>> + Send + 'a>>;

impl<P: Surface> LiveSession<P> {
    /// Logs a member in to an organization with a first factor, such as
    /// [`Password`](crate::Password).
    ///
    /// It goes on with an unfinished login ([`pending`](Self::pending)), if there is one: a factor that
    /// is wanted is added to those that are done. To begin anew, [`abandon`](Self::abandon) that one
    /// first. An active session stays until the login is finished, and is replaced then.
    pub fn login<C: PrimaryCredential + 'static>(&self, credential: C) -> Login<'_, P, C> {
        Login { live: self, credential, options: Options::default(), reach: PhantomData }
    }

    /// Proves an e-mail address before an organization is chosen; then
    /// [`exchange`](Self::exchange) or [`create_organization`](Self::create_organization). An active
    /// session stays beside it.
    pub fn discover<C: DiscoveryCredential + 'static>(&self, credential: C) -> Discover<'_, P, C> {
        Discover { live: self, credential, options: Options::default(), reach: PhantomData }
    }

    /// Refreshes the session now: a fresh JWT, and the server's word that it still lives.
    ///
    /// Those who ask for the same share one request, the background included; others wait for their
    /// turn. It is never needed to keep a session fresh.
    pub fn authenticate(&self) -> Authenticate<'_, P> {
        Authenticate { live: self, options: Options::default(), reach: PhantomData }
    }

    /// Gives a second factor: it finishes an unfinished login, or steps the active session up.
    pub fn authenticate_with<F: SecondFactor + 'static>(
        &self,
        factor: F,
    ) -> AuthenticateWith<'_, P, F> {
        AuthenticateWith { live: self, factor, options: Options::default(), reach: PhantomData }
    }

    /// Enters another organization: after a discovery login the one that is chosen, else by the
    /// active session, else by the unfinished login.
    ///
    /// Every failure leaves an active session as it was, and so does an exchange that wants more: it
    /// stays until that is finished.
    pub fn exchange(&self, organization: &OrganizationId) -> Exchange<'_, P> {
        Exchange {
            live: self,
            organization: organization.clone(),
            options: Options::default(),
            reach: PhantomData,
        }
    }

    /// Founds an organization and enters it, after a discovery login.
    pub fn create_organization(&self, organization: NewOrganization) -> CreateOrganization<'_, P> {
        CreateOrganization {
            live: self,
            organization,
            options: Options::default(),
            reach: PhantomData,
        }
    }

    /// Gives a JWT of an issuer that the project trusts as a factor, to the active session if there
    /// is one; see [`Attest`](crate::Attest).
    pub fn attest(&self, profile: &TrustedTokenProfileId, token: TrustedToken) -> Attest<'_, P> {
        Attest {
            live: self,
            profile: profile.clone(),
            token,
            organization: None,
            options: Options::default(),
            reach: PhantomData,
        }
    }

    /// Trades an access token that Stytch issued (Connected Apps) for a session, which replaces the
    /// active one.
    pub fn exchange_access_token(&self, token: AccessToken) -> ExchangeAccessToken<'_, P> {
        ExchangeAccessToken { live: self, token, options: Options::default(), reach: PhantomData }
    }

    /// Logs a support person in in a member's place.
    pub fn impersonate(&self, token: LoginToken) -> Impersonate<'_, P> {
        Impersonate { live: self, token }
    }

    /// Sets a new password within the active session; see
    /// [`ResetPassword`](crate::ResetPassword).
    pub fn reset_password(&self, password: impl Into<PasswordText>) -> ResetPassword<'_, P> {
        ResetPassword {
            live: self,
            password: password.into(),
            options: Options::default(),
            reach: PhantomData,
        }
    }

    /// Takes up a session whose tokens come from elsewhere, a backend for instance. It shows once the
    /// server has confirmed it; until then, and if it does not, everything stays as it is.
    pub fn update_session(&self, tokens: impl Into<Tokens>) -> UpdateSession<'_, P> {
        UpdateSession {
            live: self,
            tokens: tokens.into(),
            options: Options::default(),
            reach: PhantomData,
        }
    }

    /// Ends the session, on the server and here. What is unfinished is given up, too.
    ///
    /// If the server cannot be asked the session stays, so that it can be tried again, unless
    /// [`force`](Revoke::force) is set.
    pub const fn revoke(&self) -> Revoke<'_, P> {
        Revoke { live: self, insistence: Insistence::Keep }
    }

    fn begin(&self, command: Command) -> Result<Begun, LiveError> {
        let (id, subject, ended) = self.shared.begin(|machine, now| machine.begin(command, now))?;
        Ok(Begun { id, subject, ended })
    }

    /// The machine gives each command a subject that it can go on from: this does not happen.
    fn impossible(&self, operation: OperationId) {
        self.shared.step(|machine, _, _| machine.dropped(operation));
    }

    /// The duration that a new session is asked for.
    const fn minted(duration: Option<Minutes>) -> Option<Minutes> {
        match (duration, P::SIDE) {
            (None, Side::Frontend) => Some(Minutes::DEFAULT),
            (duration, _) => duration,
        }
    }
}

/// An operation that has begun.
struct Begun {
    id: OperationId,
    subject: Subject,
    ended: Awaited,
}

macro_rules! operation {
    (
        $(#[$doc:meta])*
        $name:ident [$($g:tt)*] [$($a:tt)*] { $($field:ident: $type:ty),* $(,)? }
        $(options [$($option:ident),*])?
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "an operation does nothing until it is awaited"]
        pub struct $name<'a, P: Surface, $($g)* O = EitherSurface> {
            live: &'a LiveSession<P>,
            $($field: $type,)*
            options: Options,
            reach: PhantomData<O>,
        }

        option_methods! {
            impl ['a, P: Surface, $($g)*] $name ['a, P $($a)*] { live, $($field),* };
            $($($option),*)?
        }
    };
}

operation! {
    /// A login; see [`LiveSession::login`].
    Login [C,] [, C] { credential: C }
    options [session_duration, locale, custom_claims, telemetry_id, protected_auth]
}

operation! {
    /// A discovery login; see [`LiveSession::discover`].
    Discover [C,] [, C] { credential: C }
    options [protected_auth]
}

operation! {
    /// A refresh; see [`LiveSession::authenticate`].
    Authenticate [] [] { }
    options [session_duration, custom_claims, authorization_check]
}

operation! {
    /// Giving a second factor; see [`LiveSession::authenticate_with`].
    AuthenticateWith [F,] [, F] { factor: F }
    options [session_duration, custom_claims, telemetry_id, protected_auth]
}

operation! {
    /// Entering an organization; see [`LiveSession::exchange`].
    Exchange [] [] { organization: OrganizationId }
    options [session_duration, locale, custom_claims, telemetry_id]
}

operation! {
    /// Founding an organization; see [`LiveSession::create_organization`].
    CreateOrganization [] [] { organization: NewOrganization }
    options [session_duration, custom_claims, telemetry_id]
}

operation! {
    /// Giving a trusted issuer's JWT; see [`LiveSession::attest`].
    Attest [] [] {
        profile: TrustedTokenProfileId,
        token: TrustedToken,
        organization: Option<OrganizationId>,
    }
    options [session_duration, custom_claims, telemetry_id]
}

operation! {
    /// Trading an access token; see [`LiveSession::exchange_access_token`].
    ExchangeAccessToken [] [] { token: AccessToken }
    options [session_duration, custom_claims, telemetry_id]
}

operation! {
    /// Setting a new password; see [`LiveSession::reset_password`].
    ResetPassword [] [] { password: PasswordText }
    options [custom_claims, telemetry_id, protected_auth]
}

operation! {
    /// Taking up a session; see [`LiveSession::update_session`].
    UpdateSession [] [] { tokens: Tokens }
    options [session_duration, custom_claims, authorization_check]
}

/// Logging in in a member's place; see [`LiveSession::impersonate`].
#[derive(Debug)]
#[must_use = "an operation does nothing until it is awaited"]
pub struct Impersonate<'a, P: Surface> {
    live: &'a LiveSession<P>,
    token: LoginToken,
}

/// A logout; see [`LiveSession::revoke`].
#[derive(Debug)]
#[must_use = "an operation does nothing until it is awaited"]
pub struct Revoke<'a, P: Surface> {
    live: &'a LiveSession<P>,
    insistence: Insistence,
}

/// What a logout has come to: here, nobody is logged in any more.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Revoked {
    /// The server has ended the session.
    Confirmed,
    /// The server did not know the session any more.
    AlreadyEnded(Arc<Error>),
    /// It was forced, and the server could not be asked: there, the session lives on until it
    /// expires.
    Unconfirmed(Arc<Error>),
}

macro_rules! mfa_enrollment {
    ($($factor:ident),*) => {$(
        impl<P: Surface, O> AuthenticateWith<'_, P, $factor, O> {
            /// Sets whether the member is asked for a second factor from now on.
            pub fn mfa_enrollment(mut self, enrollment: MfaEnrollment) -> Self {
                self.options.mfa_enrollment = Some(enrollment);
                self
            }
        }
    )*};
}

mfa_enrollment!(SmsCode, TotpCode);

impl<'a, P: Surface, O: AllowedOn<Backend>> AuthenticateWith<'a, P, SmsCode, O> {
    /// Makes this the method that the member is asked for first. For SMS, backend only.
    pub fn make_default(self) -> AuthenticateWith<'a, P, SmsCode, BackendOnly> {
        self.narrow(|options| options.default_mfa = Some(true))
    }
}

impl<P: Surface, O> AuthenticateWith<'_, P, TotpCode, O> {
    /// Makes this the method that the member is asked for first.
    pub fn make_default(mut self) -> Self {
        self.options.default_mfa = Some(true);
        self
    }
}

impl<'a, P: Surface, O: AllowedOn<Backend>> AuthenticateWith<'a, P, RecoveryCode, O> {
    /// The language of a message that this step sends. Backend only.
    pub fn locale(self, locale: Locale) -> AuthenticateWith<'a, P, RecoveryCode, BackendOnly> {
        self.narrow(|options| options.locale = Some(locale))
    }
}

impl<P: Surface, O> Attest<'_, P, O> {
    /// The organization, where no claim of the JWT names it
    /// (`token_missing_organization_id_claim`).
    pub fn organization(mut self, organization: &OrganizationId) -> Self {
        self.organization = Some(organization.clone());
        self
    }
}

impl<P: Surface> Revoke<'_, P> {
    /// Forgets the session here even if the server cannot be asked ([`Revoked::Unconfirmed`]).
    pub const fn force(mut self) -> Self {
        self.insistence = Insistence::Force;
        self
    }
}
