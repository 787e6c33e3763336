//! What a live session does, as a deterministic machine: without I/O, clock, runtime or randomness.
//!
//! A driver tells it what a user wants ([`Machine::begin`], [`Machine::refresh`]), what came of
//! requests ([`Machine::answered`], [`Machine::refreshed`]) and of the store
//! ([`Machine::loaded`], [`Machine::saved`]), and that time has passed ([`Machine::timeout`]). It
//! takes from it what is to be done ([`Machine::poll`]), when to come back
//! ([`Machine::deadline`]), and what to show ([`Machine::view`]). So a test takes it through a month
//! in a moment.
//!
//! # Which answers count
//!
//! What is held has two parts, the active session and the unfinished login beside it, each with a
//! generation that moves whenever somebody replaces or ends it: a login, an exchange, a logout,
//! another process. An operation remembers both. Its answer counts only if the part that it was about
//! has not moved since; otherwise it is dropped, and the caller is told so.
//!
//! A refresh and a further factor leave the generation as it is, for the session stays the same. So do
//! expiry and a rejection, which nobody has asked for: a login goes on, in this process and in others.
//! After expiry all that was begun before goes on; after a rejection, of what was begun with the
//! session only its logout.

mod clock;
mod holding;
mod record;
mod refreshing;
mod shelf;
mod types;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use types::{
    Answer, Change, Command, FlightId, Insistence, Locked, Now, OperationId, Origin, Outcome,
    Output, Reason, RefreshOptions, Settings, Subject, Unfinished, Verdict, View,
};

use self::clock::ServerClock;
use self::holding::Receipt;
use self::record::Generation;
use self::refreshing::{Heard, Refreshing};
use self::shelf::Shelf;
use crate::live::error::LiveError;
use crate::model::Minutes;
use crate::secret::SessionToken;
use crate::session::Session;
use crate::state::Active;

/// The live session without its surroundings.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stytch_session::live::machine::{Command, Machine, Now, Settings};
///
/// let mut machine = Machine::new(Settings::new());
/// let now = Now { wall: SystemTime::UNIX_EPOCH, elapsed: Duration::ZERO };
/// let login = machine.begin(Command::Login, now)?;
/// assert!(machine.begin(Command::Exchange, now).is_err(), "nobody is logged in yet");
/// assert_eq!(machine.deadline(now), None, "nothing has to be done by itself");
/// # let _ = login;
/// # Ok::<(), stytch_session::live::LiveError>(())
/// ```
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    /// What is held. It is shown once the store agrees.
    view: View,
    shown: View,
    /// Why what is held is not what is shown.
    reason: Option<Reason>,
    generation: Generation,
    /// When the active session is over, whatever the wall clock shows.
    active_ends: Duration,
    pending_ends: Duration,
    /// When an operation has last shown an active session.
    operated: Duration,
    receipt: Option<Receipt>,
    /// The duration that was last asked for.
    duration: Option<Minutes>,
    /// How long the JWT of the active session lives.
    jwt_life: Option<Duration>,
    clock: ServerClock,
    operations: Vec<Begun>,
    identifiers: u64,
    refreshing: Refreshing,
    shelf: Shelf,
    outputs: VecDeque<Output>,
}

/// An operation whose answer is awaited.
#[derive(Debug)]
struct Begun {
    id: OperationId,
    command: Command,
    about: About,
    base: Generation,
    /// The token by which a logout names its session.
    token: Option<SessionToken>,
}

/// Which part of what is held an operation depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Active,
    Pending,
    Both,
}

impl Machine {
    /// A machine that holds nothing. With a store, [`open`](Self::open) it first.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            view: View::default(),
            shown: View::default(),
            reason: None,
            generation: Generation::default(),
            active_ends: Duration::MAX,
            pending_ends: Duration::MAX,
            operated: Duration::ZERO,
            receipt: None,
            duration: None,
            jwt_life: None,
            clock: ServerClock::default(),
            operations: Vec::new(),
            identifiers: 0,
            refreshing: Refreshing::default(),
            shelf: Shelf::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes over a session that is active already, as [`confirmed`](View::is_from_cache) by the
    /// server. If it is kept alive and nobody has asked for a duration yet, refreshes extend it by the
    /// life that it has: never by less, which would shorten it.
    pub fn hold(&mut self, session: Session<Active>, now: Now, seed: u64) {
        self.clock.notice(now);
        self.duration = self.duration.or_else(|| holding::whole_minutes(session.member_session()));
        self.jwt_life = types::jwt_life_of(&session);
        self.install(Arc::new(session), Reason::Login, now);
        self.count();
        self.refreshing.succeed();
        self.schedule(now, seed);
        self.show();
        self.settle();
    }

    /// Sets what refreshes extend the session by, if it is kept alive, until something else is asked
    /// for.
    pub const fn extend_by(&mut self, duration: Minutes) {
        self.duration = Some(duration);
    }

    /// What is shown now, as far as [`timeout`](Self::timeout) knows the time: what is held, once the
    /// store agrees or has failed. So nobody sees what another process has overtaken. That something
    /// has expired is shown at once.
    #[must_use]
    #[allow(clippy::misnamed_getters, reason = "what is held is not for everybody")]
    pub const fn view(&self) -> &View {
        &self.shown
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if self.outputs.is_empty() {
            // A million sleeping machines keep no empty queues.
            self.outputs = VecDeque::new();
        }
        output
    }

    /// When [`timeout`](Self::timeout) has something to do, by the clock that cannot be set. Ask
    /// again after each other call.
    #[must_use]
    pub fn deadline(&self, now: Now) -> Option<Duration> {
        let held = self.expiry(now);
        let due = self.refreshing.due().filter(|_| self.view.active.is_some());
        [held, due, self.shelf.due()].into_iter().flatten().min()
    }

    /// Does what is due: drops what has expired, refreshes, looks at the store.
    pub fn timeout(&mut self, now: Now) {
        self.clock.notice(now);
        self.expire(now);
        self.refresh_if_due(now);
        self.shelf.wake(now, self.settings);
        self.settle();
    }

    /// Drops what has expired, and does nothing else.
    pub fn drop_expired(&mut self, now: Now) {
        self.clock.notice(now);
        self.expire(now);
        self.settle();
    }

    /// When the `expires_at` of the session that is shown comes by the wall clock, corrected by what
    /// is known of the server's.
    #[must_use]
    pub fn local_expiry(&self) -> Option<SystemTime> {
        self.local_expiry_of(&self.shown)
    }

    fn local_expiry_of(&self, view: &View) -> Option<SystemTime> {
        let session = view.active.as_ref()?.member_session();
        Some(self.clock.local(session.expires_at().into()))
    }

    /// Begins an operation. Make a step of the [`Subject`], send it, and tell what came of it by
    /// [`answered`](Self::answered), or that nothing will by [`dropped`](Self::dropped).
    ///
    /// # Errors
    ///
    /// [`LiveError::NoSession`] or [`LiveError::NothingPending`] if it makes no sense now.
    pub fn begin(
        &mut self,
        command: Command,
        now: Now,
    ) -> Result<(OperationId, Subject), LiveError> {
        self.clock.notice(now);
        self.expire(now);
        let result = self.subject(command).map(|(about, subject)| {
            let id = self.next_id();
            let token = match (&subject, command) {
                (Subject::Active(session), Command::Revoke(_)) => {
                    Some(session.session_token().clone())
                }
                _ => None,
            };
            self.operations.push(Begun { id, command, about, base: self.generation, token });
            (id, subject)
        });
        self.settle();
        result
    }

    /// What an operation goes on from.
    fn subject(&self, command: Command) -> Result<(About, Subject), LiveError> {
        let active = || self.view.active.clone().map(|it| (About::Active, Subject::Active(it)));
        let pending = self.view.pending.clone().map(|pending| match pending {
            Unfinished::Discovery(session) => (About::Pending, Subject::Discovery(session)),
            Unfinished::Intermediate(session) => (About::Pending, Subject::Intermediate(session)),
        });
        let intermediate =
            pending.clone().filter(|(_, subject)| matches!(subject, Subject::Intermediate(_)));
        let nothing = (About::Both, Subject::LoggedOut);
        match command {
            Command::Login => Ok(intermediate.unwrap_or(nothing)),
            Command::Anew | Command::Adopt => Ok(nothing),
            Command::SecondFactor => intermediate.or_else(active).ok_or(LiveError::NothingPending),
            Command::Exchange => match pending {
                Some(discovery @ (_, Subject::Discovery(_))) => Ok(discovery),
                pending => active().or(pending).ok_or(LiveError::NoSession),
            },
            Command::Found => pending.ok_or(LiveError::NothingPending),
            Command::WithActive | Command::Revoke(_) => active().ok_or(LiveError::NoSession),
            Command::WithOrWithout => Ok(active().unwrap_or(nothing)),
        }
    }

    /// Tells what came of an operation, and the duration that it asked for. Its end is told by
    /// [`Output::Ended`].
    pub fn answered(
        &mut self,
        operation: OperationId,
        answer: Answer,
        duration: Option<Minutes>,
        now: Now,
        seed: u64,
    ) {
        self.clock.notice(now);
        let Some(at) = self.operations.iter().position(|begun| begun.id == operation) else {
            return;
        };
        let begun = self.operations.swap_remove(at);
        let result = if self.is_current(&begun) {
            self.learn(&answer, now);
            self.take(&begun, answer.verdict, duration, now, seed)
        } else {
            self.stale(&begun, answer.verdict)
        };
        self.end(operation, result);
        self.expire(now);
        self.settle();
    }

    /// Whether a request of an operation may still be sent. If what it is about is another by now, it
    /// ends as superseded.
    pub fn is_wanted(&mut self, operation: OperationId) -> bool {
        let Some(at) = self.operations.iter().position(|begun| begun.id == operation) else {
            return false;
        };
        if self.operations.get(at).is_some_and(|begun| self.is_current(begun)) {
            return true;
        }
        self.operations.swap_remove(at);
        self.end(operation, Err(LiveError::Superseded));
        self.settle();
        false
    }

    /// Tells that an operation will have no answer.
    pub fn dropped(&mut self, operation: OperationId) {
        let before = self.operations.len();
        self.operations.retain(|begun| begun.id != operation);
        if self.operations.len() < before {
            self.end(operation, Err(LiveError::Closed));
            self.settle();
        }
    }

    /// Whether what an operation was about is what it was.
    fn is_current(&self, begun: &Begun) -> bool {
        let Generation { active, pending } = self.generation;
        match begun.about {
            About::Active => begun.base.active == active,
            About::Pending => begun.base.pending == pending,
            About::Both => begun.base == Generation { active, pending },
        }
    }

    /// What was begun with the active session does not count any more, except its logout.
    fn supersede_those_of_the_session(&mut self) {
        for begun in &mut self.operations {
            if begun.about == About::Active && !matches!(begun.command, Command::Revoke(_)) {
                begun.base.active = u64::MAX;
            }
        }
    }

    /// A part has another generation, and is the same even so.
    fn renumber(&mut self, part: About, to: u64) {
        let place = |generation: &mut Generation, of: u64| match part {
            About::Active | About::Both if generation.active == of => generation.active = to,
            About::Pending if generation.pending == of => generation.pending = to,
            _ => {}
        };
        let Generation { active, pending } = self.generation;
        let of = if part == About::Pending { pending } else { active };
        for begun in &mut self.operations {
            place(&mut begun.base, of);
        }
        place(&mut self.generation, of);
    }

    /// What was begun for this part does not count any more, whatever its generation will be.
    fn supersede(&mut self, part: About) {
        for begun in &mut self.operations {
            if part == About::Active {
                begun.base.active = u64::MAX;
            } else {
                begun.base.pending = u64::MAX;
            }
        }
    }

    /// Takes an answer that counts.
    fn take(
        &mut self,
        begun: &Begun,
        verdict: Verdict,
        duration: Option<Minutes>,
        now: Now,
        seed: u64,
    ) -> Result<Outcome, LiveError> {
        if !matches!(verdict, Verdict::Kept(_)) {
            self.shelf.need(begun.about);
        }
        match verdict {
            Verdict::Active(session) => {
                let session = Arc::new(session);
                // A factor for the session that is held says nothing of a login beside it.
                let same =
                    self.view.active.as_deref().map(holding::id) == Some(holding::id(&session));
                let keeps_pending =
                    begun.command == Command::Adopt || begun.about == About::Active && same;
                if !keeps_pending {
                    // Also one that another process has begun meanwhile.
                    self.view.pending = None;
                    self.generation.pending = self.generation.pending.saturating_add(1);
                }
                let reason = match begun.command {
                    Command::Exchange if begun.about == About::Active => Reason::Exchange,
                    _ => Reason::Login,
                };
                self.duration = duration.or(self.duration);
                // Other processes shall see it although the session may be the same.
                self.count();
                self.operated = now.elapsed;
                self.install(Arc::clone(&session), reason, now);
                self.refreshing.succeed();
                self.schedule(now, seed);
                Ok(Outcome::Active(session))
            }
            Verdict::Intermediate(session) => {
                Ok(Outcome::Intermediate(self.install_intermediate(session, now)))
            }
            Verdict::Discovery(session) => {
                Ok(Outcome::Discovery(self.install_discovery(session, now)))
            }
            Verdict::LoggedOut => {
                self.clear(Reason::Logout);
                Ok(Outcome::LoggedOut(None))
            }
            // A refresh has brought another token meanwhile, and the server knows only that.
            Verdict::Ended(error)
                if begun.command == Command::Revoke(Insistence::Keep)
                    && self.view.active.as_ref().is_some_and(|session| {
                        Some(session.session_token()) != begun.token.as_ref()
                    }) =>
            {
                Err(LiveError::Kept(Arc::new(error)))
            }
            Verdict::Ended(error) if matches!(begun.command, Command::Revoke(_)) => {
                // It is what was asked for. If the session has ended before, only what was begun before
                // the logout is dropped; another process may hold it even so.
                let error = Arc::new(error);
                if self.view.active.is_some() {
                    self.clear(Reason::Logout);
                    if begun.command == Command::Revoke(Insistence::Keep) {
                        let heard = Heard::Logout(begun.id, Arc::clone(&error));
                        self.note_rejected(begun.token.clone(), heard);
                    }
                } else {
                    for other in self.operations.iter_mut().filter(|other| other.id < begun.id) {
                        other.base = Generation { active: u64::MAX, pending: u64::MAX };
                    }
                    self.renumber(About::Active, self.generation.active.saturating_add(1));
                    self.shelf.soil();
                }
                Ok(Outcome::LoggedOut(Some(error)))
            }
            Verdict::Ended(error) => {
                if self.clear_pending() {
                    self.changed(Reason::Abandon);
                }
                Err(LiveError::Ended(Arc::new(error)))
            }
            Verdict::Kept(error) => match begun.command {
                Command::Revoke(Insistence::Force) => {
                    self.clear(Reason::Logout);
                    Ok(Outcome::LoggedOut(Some(Arc::new(error))))
                }
                _ => Err(LiveError::Kept(Arc::new(error))),
            },
        }
    }

    /// An answer that came too late changes nothing. A refusal is told even so.
    fn stale(&self, begun: &Begun, verdict: Verdict) -> Result<Outcome, LiveError> {
        let gone = matches!(begun.command, Command::Revoke(_)) && self.view.active.is_none();
        match verdict {
            Verdict::LoggedOut if gone => Ok(Outcome::LoggedOut(None)),
            Verdict::Ended(error) if gone => Ok(Outcome::LoggedOut(Some(Arc::new(error)))),
            Verdict::Kept(error) => Err(LiveError::Kept(Arc::new(error))),
            _ => Err(LiveError::Superseded),
        }
    }

    /// Gives up the unfinished login. Local only: the server is not told. It ends as
    /// [`Outcome::LoggedOut`], of that login.
    pub fn abandon(&mut self, now: Now) -> OperationId {
        self.clock.notice(now);
        let operation = self.next_id();
        // Also what would become one.
        self.generation.pending = self.generation.pending.saturating_add(1);
        if self.view.pending.take().is_some() {
            self.changed(Reason::Abandon);
        } else {
            self.shelf.soil();
        }
        self.end(operation, Ok(Outcome::LoggedOut(None)));
        self.settle();
        operation
    }

    /// Forgets everything. Local only: the server is not told.
    pub fn forget(&mut self, now: Now) -> OperationId {
        self.clock.notice(now);
        let operation = self.next_id();
        self.shelf.insist();
        self.clear(Reason::Logout);
        self.end(operation, Ok(Outcome::LoggedOut(None)));
        self.settle();
        operation
    }

    /// Drops the unfinished login because the server no longer knows it, as a call has learned that
    /// was made with the token of `session`.
    pub fn intermediate_is_gone(&mut self, token: &crate::IntermediateSessionToken) {
        if self.view.pending.as_ref().is_some_and(|pending| pending.token() == token) {
            self.shelf.need(About::Pending);
            self.clear_pending();
            self.changed(Reason::Abandon);
            self.settle();
        }
    }

    fn next_id(&mut self) -> OperationId {
        self.identifiers = self.identifiers.wrapping_add(1);
        OperationId(self.identifiers)
    }

    /// Takes the times from a success: the server's own, and the JWT's.
    fn learn(&mut self, answer: &Answer, now: Now) {
        if matches!(answer.verdict, Verdict::Active(_)) {
            self.jwt_life = answer.jwt_life;
        }
        let Some(date) = answer.date else { return };
        let is_plausible = match &answer.verdict {
            Verdict::Active(session) => {
                // A proxy whose clock is wrong dates answers, too.
                let session = session.member_session();
                let seen = SystemTime::from(session.last_accessed_at());
                let date_and_more = date.checked_add(Duration::from_secs(60)).unwrap_or(date);
                seen <= date_and_more && date < SystemTime::from(session.expires_at())
            }
            Verdict::Intermediate(_) => true,
            _ => false,
        };
        if is_plausible {
            self.clock.learn(date, answer.sent, now);
        }
    }

    fn changed(&mut self, reason: Reason) {
        self.shelf.soil();
        self.reason = Some(reason);
    }

    /// Shows what is held, and tells it if it is something else than what was shown.
    fn show(&mut self) {
        let reason = self.reason.take();
        if holding::differs(&self.shown, &self.view) {
            let (reason, view) = (reason.unwrap_or(Reason::Elsewhere), self.view.clone());
            self.outputs.push_back(Output::Changed(Change { reason, view, missed: 0 }));
        }
        self.shown.clone_from(&self.view);
    }
}
