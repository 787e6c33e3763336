//! The contract between a session, a request and its reply.

mod attest;
mod authenticate;
mod create_organization;
mod discover;
mod exchange;
mod exchange_access_token;
mod impersonate;
mod login;
mod migrate;
pub(crate) mod options;
pub(crate) mod origin;
mod refresh;
mod reset_password;
mod revoke;
mod second_factor;

use std::fmt;
use std::time::SystemTime;

pub use attest::Attest;
pub use authenticate::{Authenticate, SessionCredential};
pub use create_organization::CreateOrganization;
pub use discover::Discover;
pub use exchange::Exchange;
pub use exchange_access_token::ExchangeAccessToken;
pub use impersonate::Impersonate;
pub use login::Login;
pub use migrate::Migrate;
pub use origin::{ExchangeOrigin, IntermediateOrigin, KnownMember, Origin};
pub use refresh::Refresh;
pub use reset_password::ResetPassword;
pub(crate) use revoke::ROUTE as REVOKE_ROUTE;
pub use revoke::Revoke;
pub use second_factor::{AuthenticateFactor, MfaEnrollment};

use crate::context::Context;
use crate::error::Error;
use crate::project::Project;
use crate::surface::Surface;
use crate::transport::{Request, Response};

/// A step that owns its session while the request is in flight.
///
/// There is no session to misuse meanwhile, and no reply can land on the wrong one.
pub trait Step {
    /// What comes back when the step is cancelled or refused: the session as it was.
    type Before;
    /// What the step leads to.
    type After;

    /// Gives the session back without completing the step.
    ///
    /// The server may have acted on a request that was already sent.
    fn cancel(self) -> Self::Before;
}

/// Something that is asked of the server with one request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent on the `{P}` surface",
    label = "not a step or call, or one of the other surface",
    note = "a backend-only request needs a `Project<Backend>`, which holds the project's secret; a \
            frontend-only one needs a `Project<Frontend>`"
)]
pub trait Endpoint<P: Surface> {
    /// Builds the request. It cannot fail: values are checked when their types are made.
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request;
}

/// A [`Step`] that can be sent on surface `P` and completed with the reply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step that can be run on the `{P}` surface",
    label = "not a step, or one of the other surface",
    note = "a request that changes no session is a call: `client.call(&call)`, `project.decode(&call, ..)`",
    note = "a session is no step: it has methods that make steps of it",
    note = "a backend-only step needs a `Project<Backend>`, which holds the project's secret; a \
            frontend-only one needs a `Project<Frontend>`"
)]
pub trait Transition<P: Surface>: Step + Endpoint<P> {
    /// Ends the step with the reply to its request. `now` is the wall-clock time.
    ///
    /// # Errors
    ///
    /// [`Failure::Kept`] gives the session back as it was; [`Failure::Ended`] says that the
    /// server no longer knows it.
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>>;
}

/// A request that changes no session.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a call that can be made on the `{P}` surface",
    label = "not a call, or one of the other surface",
    note = "a step, which changes a session, is run: `client.run(step)`, `project.complete(step, ..)`",
    note = "a backend-only call needs a `Project<Backend>`, which holds the project's secret; a \
            frontend-only one needs a `Project<Frontend>`"
)]
pub trait Call<P: Surface>: Endpoint<P> {
    /// What the server answers.
    type Output;

    /// Decodes the reply.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the server refused, or the reply cannot be understood.
    fn decode(&self, response: &Response) -> Result<Self::Output, Error>;
}

/// A step did not succeed. No arm loses a session: this enum is exhaustive.
///
/// In a function that returns [`Error`], `?` turns it into one and drops the session; elsewhere use
/// [`Failure::into_error`]. Match on it to go on with the session.
///
/// ```
/// use stytch_session::{Active, Client, Error, Failure, Frontend, Session, Transport};
///
/// async fn refreshed<T: Transport>(
///     client: &Client<Frontend, T>,
///     session: Session<Active>,
/// ) -> Result<Session<Active>, Error> {
///     match client.run(session.authenticate()).await {
///         Ok(session) => Ok(session),
///         // The network had a bad day: the session is as good as it was.
///         Err(Failure::Kept { session, .. }) => Ok(session),
///         Err(Failure::Ended { error }) => Err(error),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "a kept session is in here"]
#[allow(clippy::exhaustive_enums, reason = "a wildcard arm would lose a session")]
pub enum Failure<B> {
    /// The session is as it was before the step.
    Kept {
        /// The session.
        session: B,
        /// Why the step failed.
        error: Error,
    },
    /// The server no longer knows the session.
    Ended {
        /// Why the session ended.
        error: Error,
    },
}

impl<B> Failure<B> {
    /// Why the step failed.
    pub const fn error(&self) -> &Error {
        match self {
            Self::Kept { error, .. } | Self::Ended { error } => error,
        }
    }

    /// Why the step failed, without the session.
    pub fn into_error(self) -> Error {
        self.into()
    }

    pub(crate) fn map_error(self, map: impl FnOnce(Error) -> Error) -> Self {
        match self {
            Self::Kept { session, error } => Self::Kept { session, error: map(error) },
            Self::Ended { error } => Self::Ended { error: map(error) },
        }
    }
}

impl<B> From<Failure<B>> for Error {
    fn from(failure: Failure<B>) -> Self {
        match failure {
            Failure::Kept { error, .. } | Failure::Ended { error } => error,
        }
    }
}

impl<B> fmt::Display for Failure<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { error, .. } => write!(f, "{error} (nothing was lost)"),
            Self::Ended { error } => write!(f, "{error} (the session has ended)"),
        }
    }
}

impl<B: fmt::Debug> std::error::Error for Failure<B> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.error())
    }
}
