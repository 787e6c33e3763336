//! Why an operation of a live session failed.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::store::StoreError;

/// Why an operation of a live session failed, and what became of the session.
///
/// It can be cloned, because all callers of one refresh get its result.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LiveError {
    /// The session, and what is unfinished beside it, are as they were.
    Kept(Arc<Error>),
    /// The server no longer knows the session or the unfinished login that it was about.
    Ended(Arc<Error>),
    /// The session has changed since the operation began, here or in another process that shares the
    /// store: its answer was dropped. What the server
    /// has done it has done: a session that it minted for the answer is not used.
    Superseded,
    /// There is no active session.
    NoSession,
    /// There is no unfinished login that this would go on with.
    NothingPending,
    /// It is done, but the store could not be written: another process, or the next start, may find
    /// what was there before. Writing is tried again in the background.
    Store(Arc<StoreError>),
    /// The live session has ended, or its runtime.
    Closed,
}

impl LiveError {
    /// The error of the server or the network, if it is one.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        match self {
            Self::Kept(error) | Self::Ended(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the session, or the unfinished login, has ended with it.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(error) => write!(f, "{error} (nothing was lost)"),
            Self::Ended(error) => write!(f, "{error} (the session has ended)"),
            Self::Superseded => f.write_str(
                "the session has changed meanwhile, and the answer was dropped; look at the session \
                 and decide anew",
            ),
            Self::NoSession => f.write_str("nobody is logged in; log in first"),
            Self::NothingPending => {
                f.write_str("no unfinished login waits for this; begin a login first")
            }
            Self::Store(error) => write!(f, "it is done, but was not stored: {error}"),
            Self::Closed => f.write_str("the live session has ended; start another one"),
        }
    }
}

impl std::error::Error for LiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Kept(error) | Self::Ended(error) => std::error::Error::source(&**error),
            Self::Store(error) => std::error::Error::source(&**error),
            _ => None,
        }
    }
}
