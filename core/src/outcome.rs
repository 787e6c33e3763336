//! Where a login or an exchange leads.

use crate::model::Requirement;
use crate::session::Session;
use crate::state::{Active, Intermediate};

/// Where a login or an exchange leads: the one branch of the protocol. Exhaustive.
#[derive(Debug)]
#[must_use = "a session is in here"]
#[allow(clippy::exhaustive_enums, reason = "a wildcard arm would lose a session")]
pub enum Authenticated {
    /// Finished.
    Active(Session<Active>),
    /// Unfinished: a second factor, another first factor, or both are required.
    Intermediate(Session<Intermediate>),
}

impl Authenticated {
    /// The active session.
    ///
    /// # Errors
    ///
    /// The intermediate session, if more is required.
    pub fn into_active(self) -> Result<Session<Active>, Session<Intermediate>> {
        match self {
            Self::Active(session) => Ok(session),
            Self::Intermediate(session) => Err(session),
        }
    }

    /// What is still required, if anything.
    #[must_use]
    pub const fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Active(_) => None,
            Self::Intermediate(session) => Some(session.requirement()),
        }
    }
}
