//! No session.

use crate::credential::{DiscoveryCredential, PrimaryCredential};
use crate::session::Session;
use crate::state::{State, StateKind, sealed};
use crate::transition::{Authenticate, Discover, Login, SessionCredential};

/// No session: nothing is held.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoggedOut;

impl sealed::Sealed for LoggedOut {}

impl State for LoggedOut {
    const KIND: StateKind = StateKind::LoggedOut;
}

impl Session<LoggedOut> {
    /// Takes up a session that exists already, by its token; on the backend also by its JWT.
    ///
    /// Source: `POST /b2b/sessions/authenticate`.
    pub fn authenticate<C: SessionCredential>(self, credential: C) -> Authenticate<C> {
        Authenticate::new(self, credential)
    }

    /// Logs a member in to an organization with a first factor, such as
    /// [`Password`](crate::Password).
    pub fn login<C: PrimaryCredential>(self, credential: C) -> Login<C, LoggedOut> {
        Login::new(self, credential)
    }

    /// Proves an e-mail address before an organization is chosen, for instance with
    /// [`DiscoveryPassword`](crate::DiscoveryPassword).
    pub fn discover<C: DiscoveryCredential>(self, credential: C) -> Discover<C> {
        Discover::new(self, credential)
    }
}
