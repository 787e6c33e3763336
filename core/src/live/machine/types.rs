//! What goes into the machine and comes out of it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::live::error::LiveError;
use crate::live::jwt_life::jwt_life;
use crate::model::{MemberSession, Minutes, Requirement};
use crate::session::Session;
use crate::state::{Active, Discovery, Intermediate};
use crate::store::{Document, Version};
use crate::transition::options::Options;

/// The time, by a clock that may be set and by one that cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "there are two clocks")]
pub struct Now {
    /// The wall clock's time.
    pub wall: SystemTime,
    /// The time since any fixed instant: the same one for all calls.
    pub elapsed: Duration,
}

/// How a machine refreshes, and whether it has a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Settings {
    pub(super) interval: Duration,
    pub(super) poll: Duration,
    pub(super) keep_alive: bool,
    pub(super) stored: bool,
}

impl Settings {
    /// Three minutes between refreshes, which do not extend the session; no store.
    pub const fn new() -> Self {
        Self {
            interval: Duration::from_secs(180),
            poll: Duration::from_secs(1),
            keep_alive: false,
            stored: false,
        }
    }

    /// How long after a refresh the next one is due: 3 minutes unless it is said, and at least 10
    /// seconds. A session JWT lives for five minutes.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_secs(10));
        self
    }

    /// Each refresh extends the session by the duration that was last asked for.
    pub const fn keep_alive(mut self) -> Self {
        self.keep_alive = true;
        self
    }

    /// What is held is written to a store, whose version is looked at every second.
    pub const fn stored(mut self) -> Self {
        self.stored = true;
        self
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// What a user asks for, as far as the machine must know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// A login with a first factor, which goes on from an unfinished one if there is one.
    Login,
    /// A login that never goes on from an unfinished one: a discovery login, or one with a token of
    /// another system.
    Anew,
    /// Giving a second factor.
    SecondFactor,
    /// Entering another organization.
    Exchange,
    /// Founding an organization.
    Found,
    /// Something that only an active session can do, and that leads to one.
    WithActive,
    /// Giving a factor of another system, to the active session if there is one.
    WithOrWithout,
    /// Taking up a session by its token.
    Adopt,
    /// A logout.
    Revoke(Insistence),
}

/// What becomes of a session whose logout has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum Insistence {
    /// It is kept, so that the logout can be tried again.
    Keep,
    /// It is forgotten here, while the server may go on honouring it.
    Force,
}

/// What an operation goes on from: a step is made of a copy.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_enums, reason = "there are four states")]
pub enum Subject {
    /// Nothing.
    LoggedOut,
    /// A login without an organization.
    Discovery(Arc<Session<Discovery>>),
    /// A login that wants a further factor.
    Intermediate(Arc<Session<Intermediate>>),
    /// The active session.
    Active(Arc<Session<Active>>),
}

/// One operation of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OperationId(pub(super) u64);

/// One refresh, however many wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlightId(pub(super) u64);

/// What came of a request: a step was completed with its reply.
#[derive(Debug)]
pub struct Answer {
    pub(super) verdict: Verdict,
    /// What time it was when the request was sent.
    pub(super) sent: Now,
    /// What time it was for the server, if it says so.
    pub(super) date: Option<SystemTime>,
    /// How long the JWT lives, if there is one and it says so.
    pub(super) jwt_life: Option<Duration>,
}

impl Answer {
    /// An answer to a request that was sent at `sent`.
    #[must_use]
    pub fn new(verdict: Verdict, sent: Now) -> Self {
        let jwt_life = match &verdict {
            Verdict::Active(session) => jwt_life_of(session),
            _ => None,
        };
        Self { verdict, sent, date: None, jwt_life }
    }

    /// The time by the server's clock, from its `Date`. It is ignored unless it is a success.
    #[must_use]
    pub const fn dated(mut self, date: Option<SystemTime>) -> Self {
        self.date = date;
        self
    }
}

/// How long the JWT of a session lives.
pub(super) fn jwt_life_of(session: &Session<Active>) -> Option<Duration> {
    let (issued_at, expires_at) = jwt_life(session.session_jwt()?.secret())?;
    expires_at.duration_since(issued_at).ok()
}

/// Where a step has led.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "it is what steps lead to")]
pub enum Verdict {
    /// To an active session.
    Active(Session<Active>),
    /// To a login that wants a further factor.
    Intermediate(Session<Intermediate>),
    /// To a login without an organization.
    Discovery(Session<Discovery>),
    /// To no session.
    LoggedOut,
    /// Nowhere: the session is as it was.
    Kept(Error),
    /// To its end: the server no longer knows the session.
    Ended(Error),
}

/// What an operation has come to.
#[derive(Debug, Clone)]
#[allow(clippy::exhaustive_enums, reason = "it is what steps lead to")]
pub enum Outcome {
    /// A session is active.
    Active(Arc<Session<Active>>),
    /// A login wants a further factor.
    Intermediate(Arc<Session<Intermediate>>),
    /// A login wants the choice of an organization.
    Discovery(Arc<Session<Discovery>>),
    /// Nobody is logged in; with the error because of which the server may not know it.
    LoggedOut(Option<Arc<Error>>),
}

/// How a session is refreshed. Those who ask for the same share one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RefreshOptions {
    /// Shared, as a refresh may wait for its turn.
    pub(crate) options: Option<Arc<Options>>,
}

impl RefreshOptions {
    /// No options: a fresh JWT, and the server's word that the session lives.
    #[must_use]
    pub const fn plain() -> Self {
        Self { options: None }
    }

    /// Extends the session.
    #[must_use]
    pub fn extending(minutes: Minutes) -> Self {
        Self::of(Options { session_duration: Some(minutes), ..Options::default() })
    }

    pub(crate) fn of(options: Options) -> Self {
        let plain = options == Options::default();
        Self { options: (!plain).then(|| Arc::new(options)) }
    }

    pub(crate) fn duration(&self) -> Option<Minutes> {
        self.options.as_ref()?.session_duration
    }
}

/// What came of taking a store's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are three")]
pub enum Locked {
    /// It is held.
    Held,
    /// Another held it all the time: the refresh goes ahead without it.
    Busy,
    /// The store has failed.
    Failed,
}

/// What the machine wants done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// Send a refresh and answer it by [`Machine::refreshed`](super::Machine::refreshed).
    Refresh {
        /// Which one.
        flight: FlightId,
        /// The session.
        session: Arc<Session<Active>>,
        /// Its options.
        options: RefreshOptions,
        /// Who wants it.
        origin: Origin,
    },
    /// An operation has come to its end.
    Ended {
        /// Which one.
        operation: OperationId,
        /// What it has come to.
        result: Result<Outcome, LiveError>,
    },
    /// What is held has changed.
    Changed(Change),
    /// Read the store and answer by [`Machine::loaded`](super::Machine::loaded).
    Load,
    /// Read the store's version and answer by [`Machine::version`](super::Machine::version).
    Look,
    /// Write to the store and answer by [`Machine::saved`](super::Machine::saved).
    Save {
        /// What to write.
        document: Document,
        /// The version that it replaces.
        expected: Version,
    },
    /// Take the store's lock and answer by [`Machine::locked`](super::Machine::locked).
    Lock(FlightId),
    /// Give the lock back.
    Unlock(FlightId),
}

/// Who wants a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum Origin {
    /// The machine: it will try again by itself, so that nothing below it should.
    Background,
    /// A caller, who waits.
    Caller,
}

/// A login that is not finished.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Unfinished {
    /// It wants the choice of an organization.
    Discovery(Arc<Session<Discovery>>),
    /// It wants a further factor.
    Intermediate(Arc<Session<Intermediate>>),
}

impl Unfinished {
    /// What is required, if an organization is chosen.
    #[must_use]
    pub fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Discovery(_) => None,
            Self::Intermediate(session) => Some(session.requirement()),
        }
    }
}

/// What a live session holds at one time.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub(super) active: Option<Arc<Session<Active>>>,
    pub(super) pending: Option<Unfinished>,
    pub(super) from_cache: bool,
}

impl View {
    /// The active session.
    #[must_use]
    pub const fn active(&self) -> Option<&Arc<Session<Active>>> {
        self.active.as_ref()
    }

    /// The member session of the active one.
    #[must_use]
    pub fn member_session(&self) -> Option<&Arc<MemberSession>> {
        self.active.as_ref().map(|session| &session.state().member_session)
    }

    /// The login that is not finished.
    #[must_use]
    pub const fn pending(&self) -> Option<&Unfinished> {
        self.pending.as_ref()
    }

    /// Whether the session comes from the store and the server has not confirmed it yet.
    #[must_use]
    pub const fn is_from_cache(&self) -> bool {
        self.from_cache
    }
}

/// What is held from now on, and why.
#[derive(Debug, Clone)]
pub struct Change {
    pub(super) reason: Reason,
    pub(super) view: View,
    pub(crate) missed: u64,
}

impl Change {
    /// Why it has changed.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What is held from now on.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// The session that is active from now on.
    #[must_use]
    pub fn session(&self) -> Option<&Arc<MemberSession>> {
        self.view.member_session()
    }

    /// The login that is unfinished from now on.
    #[must_use]
    pub const fn pending(&self) -> Option<&Unfinished> {
        self.view.pending()
    }

    /// How many changes before this one were dropped, because they were not taken in time.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}

/// Why what is held has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It was read from the store at the start.
    Restored,
    /// A login, or a session that was taken up by its token, or a factor that was added.
    Login,
    /// A login or an exchange that wants more.
    Unfinished,
    /// The session was exchanged for one in another organization.
    Exchange,
    /// The session was refreshed: at least its JWT is another one.
    Refresh,
    /// A logout.
    Logout,
    /// The server no longer knows the session.
    Rejection,
    /// The session or the unfinished login has expired.
    Expiry,
    /// The unfinished login was given up, or the server no longer knows it.
    Abandon,
    /// Another process that shares the store has changed it.
    Elsewhere,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restored => "restored",
            Self::Login => "login",
            Self::Unfinished => "unfinished login",
            Self::Exchange => "exchange",
            Self::Refresh => "refresh",
            Self::Logout => "logout",
            Self::Rejection => "rejection",
            Self::Expiry => "expiry",
            Self::Abandon => "login given up",
            Self::Elsewhere => "changed by another process",
        })
    }
}
