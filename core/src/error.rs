//! What can go wrong, whose fault it is, and what became of the session.

mod api;
mod decode;
mod documented;
mod input;
mod redact;
pub(crate) mod rejection;

use std::fmt;
use std::time::Duration;

use http::StatusCode;

pub use api::{ApiError, ApiErrorKind};
pub use decode::{DecodeError, UnexpectedReply};
pub use input::InvalidInput;
pub(crate) use redact::blank_hidden;

use crate::transport::{TransportError, TransportErrorKind};

/// Why a step or call failed.
///
/// A step returns it inside of a [`Failure`](crate::Failure), which also says what became of the
/// session; `?` turns that into an `Error`.
///
/// The text is for people: it names who is at fault and what to do, is at most 4 KiB long and has
/// no control characters and no secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The caller gave a value that was refused before anything was sent.
    Input(InvalidInput),
    /// No complete reply arrived.
    Transport(TransportError),
    /// The API answered that it refuses, and why.
    Api(Box<ApiError>),
    /// Something answered that does not speak the API: a proxy's error page, a redirect.
    Unexpected(UnexpectedReply),
    /// The status says success, but the body is not what the endpoint answers.
    Decode(DecodeError),
}

/// The kinds of [`Error`], for programs that act on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value was refused before anything was sent. The caller's fault.
    InvalidInput,
    /// No complete reply: the network, a proxy or the server's host.
    Network,
    /// The server no longer knows the session. Log in again.
    SessionGone,
    /// The server refused the request: a wrong code or password, a missing permission, a mistake
    /// in the request.
    Refused,
    /// Too many requests (429). Wait.
    RateLimited,
    /// The server failed (5xx). Try again later.
    ServerFailed,
    /// The answer is not the API's: a captive portal, a proxy, a wrong base URL.
    NotTheApi,
    /// The status says success, but the body cannot be understood.
    Undecodable,
}

impl Error {
    /// The kind of error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Input(_) => ErrorKind::InvalidInput,
            Self::Transport(_) => ErrorKind::Network,
            Self::Decode(_) => ErrorKind::Undecodable,
            Self::Api(error) if error.status() == StatusCode::TOO_MANY_REQUESTS => {
                ErrorKind::RateLimited
            }
            Self::Api(error) if error.status().is_server_error() => ErrorKind::ServerFailed,
            Self::Api(error) if error.speaks_of_a_dead_session() => ErrorKind::SessionGone,
            Self::Api(_) => ErrorKind::Refused,
            Self::Unexpected(reply) if reply.status() == StatusCode::TOO_MANY_REQUESTS => {
                ErrorKind::RateLimited
            }
            Self::Unexpected(reply) if reply.status().is_server_error() => ErrorKind::ServerFailed,
            Self::Unexpected(_) => ErrorKind::NotTheApi,
        }
    }

    /// The HTTP status, if a reply arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Input(_) | Self::Transport(_) => None,
            Self::Api(error) => Some(error.status()),
            Self::Unexpected(reply) => Some(reply.status()),
            Self::Decode(error) => error.status(),
        }
    }

    /// The API's `error_type`, such as `session_not_found`: an open list of several hundred names.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.api()?.error_type()
    }

    /// The id of the request, to name to Stytch's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.api()?.request_id()
    }

    /// How long the server asked to wait (`Retry-After`, in seconds or as a date).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after(),
            Self::Unexpected(reply) => reply.retry_after(),
            Self::Input(_) | Self::Transport(_) | Self::Decode(_) => None,
        }
    }

    /// Whether the same request may succeed later, without a change by the caller.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(error) => {
                !matches!(error.kind(), TransportErrorKind::Refused | TransportErrorKind::TooLarge)
            }
            _ => {
                matches!(self.kind(), ErrorKind::RateLimited | ErrorKind::ServerFailed)
                    || self.status() == Some(StatusCode::REQUEST_TIMEOUT)
            }
        }
    }

    /// Whether the API said that the session, or the intermediate session, is no longer known:
    /// `session_not_found`, `user_unauthenticated` or `intermediate_session_not_found`.
    ///
    /// Whether that ended *your* session is said by [`Failure`](crate::Failure), which knows what
    /// was asked.
    #[must_use]
    pub fn is_session_gone(&self) -> bool {
        self.kind() == ErrorKind::SessionGone
    }

    /// Whether the server may have received the request and acted on it.
    #[must_use]
    pub fn can_have_reached_server(&self) -> bool {
        match self {
            Self::Input(_) => false,
            Self::Transport(error) => error.can_have_reached_server(),
            Self::Api(_) | Self::Unexpected(_) | Self::Decode(_) => true,
        }
    }

    /// What a person can do about it, in a clause.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        if let Self::Transport(error) = self {
            return error.advice().unwrap_or("check the connection and try again");
        }
        match self.kind() {
            ErrorKind::InvalidInput => "correct the value",
            ErrorKind::Network => "check the connection and try again",
            ErrorKind::SessionGone => "log in again",
            ErrorKind::Refused => "correct the request; sending it again as it is will not help",
            ErrorKind::RateLimited => "wait before trying again",
            ErrorKind::ServerFailed => "try again later",
            ErrorKind::NotTheApi => {
                "check the base URL, and whether a proxy or a login page stands in between"
            }
            ErrorKind::Undecodable => "check the base URL; if it is right, report the reply",
        }
    }

    /// The API's own error, if the API answered.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Takes these secrets out of what the server wrote, if it echoed them.
    pub(crate) fn without_secrets(mut self, secrets: &[&str]) -> Self {
        if let Self::Api(error) = &mut self {
            error.redact(secrets);
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => write!(f, "{error}")?,
            // It ends with its own advice.
            Self::Transport(error) if error.advice().is_some() => return write!(f, "{error}"),
            Self::Transport(error) => write!(f, "{error}")?,
            Self::Api(error) => write!(f, "{error}")?,
            Self::Unexpected(error) => write!(f, "{error}")?,
            Self::Decode(error) => write!(f, "{error}")?,
        }
        write!(f, "; {}", self.advice())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => std::error::Error::source(error),
            _ => None,
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(error: InvalidInput) -> Self {
        Self::Input(error)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<UnexpectedReply> for Error {
    fn from(error: UnexpectedReply) -> Self {
        Self::Unexpected(error)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
