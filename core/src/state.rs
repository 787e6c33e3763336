//! The states of a member session, each with the data it has.

mod active;
mod discovery;
mod intermediate;
mod logged_out;

use std::fmt;

pub use active::Active;
pub use discovery::Discovery;
pub use intermediate::{Abandoned, Intermediate};
pub use logged_out::LoggedOut;

use crate::model::Timestamp;
use std::time::SystemTime;

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A state that a [`Session`](crate::Session) can be in. Sealed: there are four.
pub trait State: sealed::Sealed + fmt::Debug + Send + Sync + 'static {
    /// Which of the four it is.
    const KIND: StateKind;
}

/// The four states, as values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateKind {
    /// [`LoggedOut`]
    LoggedOut,
    /// [`Discovery`]
    Discovery,
    /// [`Intermediate`]
    Intermediate,
    /// [`Active`]
    Active,
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoggedOut => "logged out",
            Self::Discovery => "discovery",
            Self::Intermediate => "intermediate",
            Self::Active => "active",
        })
    }
}

/// How long an intermediate session is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    pub(crate) expires_at: Timestamp,
    /// The server said that it is over, whatever the clock says.
    pub(crate) over: bool,
}

impl Lifetime {
    pub(crate) const fn until(expires_at: Timestamp) -> Self {
        Self { expires_at, over: false }
    }

    pub(crate) fn is_expired(self, now: SystemTime) -> bool {
        self.over || self.expires_at <= Timestamp::from(now)
    }
}
