//! What can go wrong, and the exit status that says so.

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use stytch_session::store::StoreError;
use stytch_session::{Error, ErrorKind, InvalidInput, LiveError};

#[derive(Debug)]
pub(crate) enum Failure {
    Live(LiveError),
    Store(Arc<StoreError>),
    /// A value that cannot be sent.
    Input(InvalidInput),
    /// An option that is missing.
    Usage(&'static str),
    /// What is required, and was not given.
    Unfinished(String),
    Output(io::Error),
    Setup(Box<dyn std::error::Error>),
}

impl Failure {
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Output(_) | Self::Setup(_) => 1,
            Self::Input(_) | Self::Usage(_) => 2,
            Self::Store(_) => 6,
            Self::Unfinished(_) => 9,
            Self::Live(error) => match error {
                LiveError::NoSession | LiveError::NothingPending => 3,
                LiveError::Kept(error) => status_of(error),
                LiveError::Store(_) => 6,
                LiveError::Superseded => 7,
                LiveError::Ended(_) => 8,
                _ => 1,
            },
        }
    }

    /// The server gave no usable answer: what is known is as good as before.
    pub(crate) fn is_outage(&self) -> bool {
        self.status() == 5
    }

    /// Another value may be accepted.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Input(_)) || self.status() == 4
    }
}

fn status_of(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::InvalidInput => 2,
        ErrorKind::Refused | ErrorKind::SessionGone => 4,
        ErrorKind::Network
        | ErrorKind::RateLimited
        | ErrorKind::ServerFailed
        | ErrorKind::NotTheApi
        | ErrorKind::Undecodable => 5,
        _ => 1,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // It says who is at fault, what became of the session, and what to do.
            Self::Live(error) => write!(f, "{error}"),
            Self::Store(error) => match std::error::Error::source(error) {
                Some(cause) => write!(f, "{error} ({cause})"),
                None => write!(f, "{error}"),
            },
            Self::Input(error) => write!(f, "{error}"),
            Self::Usage(problem) => f.write_str(problem),
            Self::Unfinished(missing) => write!(
                f,
                "still required: {missing}; go on with `finish`, or give it up with `abandon`"
            ),
            Self::Output(error) => write!(f, "nobody reads the output: {error}"),
            Self::Setup(error) => write!(f, "{error}"),
        }
    }
}

impl From<&Failure> for ExitCode {
    fn from(failure: &Failure) -> Self {
        failure.status().into()
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        Self::Live(error)
    }
}

impl From<Arc<StoreError>> for Failure {
    fn from(error: Arc<StoreError>) -> Self {
        Self::Store(error)
    }
}

impl From<InvalidInput> for Failure {
    fn from(error: InvalidInput) -> Self {
        Self::Input(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
