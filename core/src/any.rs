//! A session of any state: checked at run time, and the one door to and from storage.

use std::fmt;
use std::time::SystemTime;

use crate::session::Session;
use crate::state::{Abandoned, Active, Discovery, Intermediate, LoggedOut, State, StateKind};
use crate::stored::{RestoreError, StoredSession};

/// A session of any of the four states. Exhaustive.
///
/// ```
/// use stytch_session::{AnySession, LoggedOut, Session, StateKind};
///
/// let any = AnySession::from(Session::new());
/// assert_eq!(any.kind(), StateKind::LoggedOut);
/// let session = Session::<LoggedOut>::try_from(any);
/// assert!(session.is_ok());
/// ```
#[derive(Debug)]
#[must_use = "a session is in here"]
#[allow(clippy::exhaustive_enums, reason = "a wildcard arm would lose a session")]
pub enum AnySession {
    /// No session.
    LoggedOut(Session<LoggedOut>),
    /// An e-mail address is proven, an organization not yet chosen.
    Discovery(Session<Discovery>),
    /// A further factor is required.
    Intermediate(Session<Intermediate>),
    /// The server honours it.
    Active(Session<Active>),
}

impl AnySession {
    /// Which state it is.
    #[must_use]
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::LoggedOut(_) => StateKind::LoggedOut,
            Self::Discovery(_) => StateKind::Discovery,
            Self::Intermediate(_) => StateKind::Intermediate,
            Self::Active(_) => StateKind::Active,
        }
    }

    /// A copy for storage. It holds the session's tokens.
    #[must_use]
    pub fn to_stored(&self) -> StoredSession {
        match self {
            Self::LoggedOut(session) => session.to_stored(),
            Self::Discovery(session) => session.to_stored(),
            Self::Intermediate(session) => session.to_stored(),
            Self::Active(session) => session.to_stored(),
        }
    }

    /// The session that was stored.
    ///
    /// One that has expired by `now` is not offered as valid: an expired active or discovery
    /// session comes back logged out, an expired intermediate one as the active session that it
    /// started from, if that lives; an intermediate one forgets an active session that has expired.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if a newer version of this library stored it; the document is left as it
    /// is.
    pub fn restore(stored: StoredSession, now: SystemTime) -> Result<Self, RestoreError> {
        Ok(stored.into_any()?.without_expired(now))
    }

    fn without_expired(self, now: SystemTime) -> Self {
        match self {
            Self::Intermediate(session) if session.is_expired(now) => match session.abandon() {
                Abandoned::Active(session) => Self::Active(session).without_expired(now),
                Abandoned::LoggedOut(session) => Self::LoggedOut(session),
            },
            Self::Intermediate(mut session) => {
                let previous = &mut session.state_mut().previous;
                *previous = previous.take().filter(|session| !session.is_expired(now));
                Self::Intermediate(session)
            }
            Self::Discovery(session) if session.is_expired(now) => session.abandon().into(),
            Self::Active(session) if session.is_expired(now) => session.forget().into(),
            other => other,
        }
    }
}

/// The session is in another state than the one asked for. It hands the session back.
#[derive(Debug)]
pub struct WrongState {
    /// Boxed, so that the error stays small.
    session: Box<AnySession>,
    expected: StateKind,
}

impl WrongState {
    /// The session, in the state it is in.
    pub fn into_session(self) -> AnySession {
        *self.session
    }
}

impl fmt::Display for WrongState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the session is {}, not {}", self.session.kind(), self.expected)
    }
}

impl std::error::Error for WrongState {}

macro_rules! conversions {
    ($($state:ident),*) => {$(
        impl From<Session<$state>> for AnySession {
            fn from(session: Session<$state>) -> Self {
                Self::$state(session)
            }
        }

        impl TryFrom<AnySession> for Session<$state> {
            type Error = WrongState;

            fn try_from(any: AnySession) -> Result<Self, WrongState> {
                match any {
                    AnySession::$state(session) => Ok(session),
                    other => Err(WrongState {
                        session: Box::new(other),
                        expected: <$state as State>::KIND,
                    }),
                }
            }
        }
    )*};
}

conversions!(LoggedOut, Discovery, Intermediate, Active);

impl From<crate::Authenticated> for AnySession {
    fn from(authenticated: crate::Authenticated) -> Self {
        match authenticated {
            crate::Authenticated::Active(session) => Self::Active(session),
            crate::Authenticated::Intermediate(session) => Self::Intermediate(session),
        }
    }
}

impl From<Abandoned> for AnySession {
    fn from(abandoned: Abandoned) -> Self {
        match abandoned {
            Abandoned::Active(session) => Self::Active(session),
            Abandoned::LoggedOut(session) => Self::LoggedOut(session),
        }
    }
}
