//! `Session<S>`: what every state has in common.

use std::fmt;

use crate::state::{LoggedOut, State, StateKind};

/// A member session in the state `S`.
///
/// Each state offers the steps that are legal in it, and no other:
///
/// | state | steps |
/// | --- | --- |
/// | [`LoggedOut`] | `authenticate`, `login`, `discover`, `exchange_access_token`, `attest`, `migrate`, `impersonate` |
/// | [`Discovery`](crate::Discovery) | `exchange`, `create_organization`, `abandon` |
/// | [`Intermediate`](crate::Intermediate) | `authenticate`, `login`, `exchange`, `create_organization`, `abandon` |
/// | [`Active`](crate::Active) | `authenticate`, `exchange`, `authenticate_with`, `exchange_access_token`, `attest`, `reset_password`, `revoke`, `forget` |
///
/// A session is not `Clone`: a copy would outlive its own revocation. The one deliberate copy is
/// [`StoredSession`](crate::StoredSession). It is as large as a pointer, so that errors that carry
/// one stay small.
///
/// ```
/// use stytch_session::{LoggedOut, Session, SessionToken};
///
/// let session: Session<LoggedOut> = Session::new();
/// let step = session.authenticate(SessionToken::new("made-up-token")?);
/// # let _ = step;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[must_use = "a session that is dropped is gone from this program; `to_stored` makes a copy, and \
              `let _ =` says that it is meant"]
pub struct Session<S: State = LoggedOut> {
    state: Box<S>,
}

impl Session<LoggedOut> {
    /// No session yet.
    pub fn new() -> Self {
        Self::of(LoggedOut)
    }
}

impl Default for Session<LoggedOut> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: State> Session<S> {
    pub(crate) fn of(state: S) -> Self {
        Self { state: Box::new(state) }
    }

    pub(crate) const fn state(&self) -> &S {
        &self.state
    }

    pub(crate) const fn state_mut(&mut self) -> &mut S {
        &mut self.state
    }

    pub(crate) fn into_state(self) -> S {
        *self.state
    }

    /// Which state this is, as a value.
    pub const fn kind(&self) -> StateKind {
        S::KIND
    }
}

impl<S: State> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.state).finish()
    }
}
