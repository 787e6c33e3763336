//! When a session is refreshed, and who shares the answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::holding::is_later;
use super::types::{Answer, FlightId, Locked, Now, OperationId, Origin, Outcome, Output, Reason};
use super::types::{RefreshOptions, Verdict};
use super::{About, Machine};
use crate::error::Error;
use crate::live::error::LiveError;
use crate::live::schedule::{Confirmed, Schedule, after_failure, within};
use crate::mix::share;
use crate::secret::SessionToken;

/// The refreshes of one session.
#[derive(Debug, Default)]
pub(super) struct Refreshing {
    /// The one that is under way.
    current: Option<Flight>,
    /// Those that want something else.
    waiting: VecDeque<Flight>,
    /// When the next one in the background is due.
    due: Option<Duration>,
    /// How many have failed in a row.
    failures: u32,
    /// How many had failed before the last success.
    recovered_from: u32,
    /// How often the server has spoken of the session, over all processes.
    pub(super) count: u64,
    /// The flights whose locks are given back when the store has been written.
    landed: Vec<FlightId>,
    /// What the server has said no to last, until there is another session.
    pub(super) rejected: Option<Rejected>,
}

/// A token that the server no longer knows, and what that has answered.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) token: Option<SessionToken>,
    pub(super) heard: Heard,
}

/// Who was told that a token is not known.
#[derive(Debug)]
pub(super) enum Heard {
    Refresh(Vec<OperationId>),
    Logout(OperationId, Arc<Error>),
}

/// One refresh.
#[derive(Debug)]
struct Flight {
    id: FlightId,
    options: RefreshOptions,
    origin: Origin,
    callers: Vec<OperationId>,
    /// How often the session had been refreshed when it was asked for.
    known: u64,
    stage: Stage,
    /// The token that it was sent with.
    token: Option<SessionToken>,
    /// Another process has heard meanwhile that the server does not know the token.
    refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The store's lock is waited for.
    Locking,
    /// The store is read: another process may have refreshed.
    Looking,
    /// The answer is waited for.
    Sent,
}

impl Refreshing {
    pub(super) const fn due(&self) -> Option<Duration> {
        match self.current {
            Some(_) => None,
            None => self.due,
        }
    }

    /// Notes a success of any kind: the session was confirmed.
    pub(super) const fn succeed(&mut self) {
        self.recovered_from = self.failures;
        self.failures = 0;
    }

    pub(super) fn landed(&mut self) -> Vec<FlightId> {
        std::mem::take(&mut self.landed)
    }
}

impl Machine {
    /// Asks for a refresh on behalf of a caller, whose end is told by [`Output::Ended`]. Callers who
    /// ask for the same share one request; others wait for their turn.
    ///
    /// # Errors
    ///
    /// [`LiveError::NoSession`] if no session is active.
    pub fn refresh(&mut self, options: RefreshOptions, now: Now) -> Result<OperationId, LiveError> {
        self.clock.notice(now);
        self.expire(now);
        let result = match self.view.active {
            Some(_) => Ok(self.next_id()),
            None => Err(LiveError::NoSession),
        };
        if let Ok(caller) = result {
            self.join(options, Some(caller));
            self.take_off();
        }
        self.settle();
        result
    }

    /// Adds a caller to the flight that does what is asked, or a flight.
    fn join(&mut self, options: RefreshOptions, caller: Option<OperationId>) {
        let Refreshing { current, waiting, .. } = &mut self.refreshing;
        let mut flights = current.iter_mut().chain(waiting);
        if let Some(flight) = flights.find(|flight| flight.options == options) {
            if caller.is_some() {
                flight.origin = Origin::Caller;
            }
            flight.callers.extend(caller);
            return;
        }
        let id = FlightId(self.next_id().0);
        self.refreshing.waiting.push_back(Flight {
            id,
            options,
            origin: if caller.is_some() { Origin::Caller } else { Origin::Background },
            callers: caller.into_iter().collect(),
            known: self.refreshing.count,
            stage: Stage::Locking,
            token: None,
            refused: false,
        });
    }

    /// Begins the next flight, if none is under way.
    fn take_off(&mut self) {
        if self.refreshing.current.is_some() {
            return;
        }
        let Some(flight) = self.refreshing.waiting.pop_front() else { return };
        let id = flight.id;
        self.refreshing.current = Some(flight);
        if self.settings.stored {
            self.outputs.push_back(Output::Lock(id));
        } else {
            self.send();
        }
    }

    /// Sends the current flight.
    fn send(&mut self) {
        let (Some(flight), Some(session)) = (&mut self.refreshing.current, &self.view.active)
        else {
            return;
        };
        flight.stage = Stage::Sent;
        flight.token = Some(session.session_token().clone());
        self.outputs.push_back(Output::Refresh {
            flight: flight.id,
            session: session.clone(),
            options: flight.options.clone(),
            origin: flight.origin,
        });
    }

    /// Tells what came of taking the store's lock.
    pub fn locked(&mut self, flight: FlightId, locked: Locked, now: Now) {
        self.clock.notice(now);
        match &mut self.refreshing.current {
            Some(current) if current.id == flight => {
                if locked == Locked::Failed {
                    self.send();
                } else {
                    // Who holds the lock for so long may never give it back.
                    current.stage = Stage::Looking;
                    self.shelf.read();
                }
            }
            _ => self.outputs.push_back(Output::Unlock(flight)),
        }
        self.settle();
    }

    /// The store was read: goes on with the flight that has waited for it.
    pub(super) fn looked(&mut self, now: Now, seed: u64) {
        let Some(flight) = &self.refreshing.current else { return };
        if flight.stage != Stage::Looking {
            return;
        }
        let plain = flight.options == RefreshOptions::plain();
        let done = self.refreshing.count > flight.known;
        match &self.view.active {
            Some(session) if done && (plain || flight.origin == Origin::Background) => {
                let outcome = Outcome::Active(session.clone());
                self.land(&Ok(outcome));
                self.schedule(now, seed);
                self.take_off();
            }
            _ => self.send(),
        }
    }

    /// Whether a refresh may still be sent: its session has neither ended nor been replaced.
    #[must_use]
    pub fn is_under_way(&self, flight: FlightId) -> bool {
        self.refreshing.current.as_ref().is_some_and(|current| current.id == flight)
    }

    /// Tells what came of a refresh.
    pub fn refreshed(&mut self, flight: FlightId, answer: Answer, now: Now, seed: u64) {
        self.clock.notice(now);
        if self.refreshing.current.as_ref().is_none_or(|current| current.id != flight) {
            // The session has changed meanwhile.
            return;
        }
        self.learn(&answer, now);
        match answer.verdict {
            // The session has ended after that; only another token would live on.
            Verdict::Active(session)
                if self.refreshing.current.as_ref().is_some_and(|flight| {
                    flight.refused && flight.token.as_ref() == Some(session.session_token())
                }) =>
            {
                self.land(&Err(LiveError::NoSession));
            }
            Verdict::Active(session) => {
                self.shelf.need(About::Active);
                let mut session = Arc::new(session);
                // It may have been on its way while an operation added a factor, or another process was
                // faster.
                let overtaken = self.view.active.as_ref().filter(|held| {
                    let (sent, same) =
                        (answer.sent.elapsed, held.session_token() == session.session_token());
                    sent <= self.operated && is_later(held, &session)
                        || sent < self.operated && same && !is_later(&session, held)
                });
                match overtaken {
                    Some(held) => session = held.clone(),
                    None => self.count(),
                }
                if let Some(flight) = &self.refreshing.current {
                    self.duration = flight.options.duration().or(self.duration);
                }
                self.refreshing.succeed();
                self.land(&Ok(Outcome::Active(session.clone())));
                let ends = self.clock.local(session.member_session().expires_at().into());
                // What was over and still is does not come back: that would end what was begun since.
                if self.view.active.is_some() || now.wall < ends {
                    self.install(session, Reason::Refresh, now);
                }
                self.schedule(now, seed);
            }
            Verdict::Ended(error) => match (&self.refreshing.current, &self.view.active) {
                // Another process has got another token meanwhile.
                (Some(flight), Some(held))
                    if flight.token.as_ref() != Some(held.session_token()) =>
                {
                    self.land(&Ok(Outcome::Active(held.clone())));
                    self.schedule(now, seed);
                }
                _ => self.refused(error),
            },
            Verdict::Kept(error) => {
                // A caller who has failed makes nothing more urgent than it was.
                if self.refreshing.due.is_none_or(|due| due <= now.elapsed) {
                    self.fail(&error, now, seed);
                }
                self.land(&Err(LiveError::Kept(error.into())));
            }
            Verdict::Intermediate(_) | Verdict::Discovery(_) | Verdict::LoggedOut => {
                // A refresh leads nowhere else.
                self.land(&Err(LiveError::Closed));
            }
        }
        self.expire(now);
        self.take_off();
        self.settle();
    }

    /// The server has spoken of the session: other processes see that by the number, which is written.
    pub(super) fn count(&mut self) {
        self.refreshing.count = self.refreshing.count.saturating_add(1);
        self.shelf.soil();
    }

    /// The server no longer knows the token. The generation stays, so that a login goes on in this process
    /// and in others: it is no operation of the session that has ended.
    fn refused(&mut self, error: Error) {
        self.shelf.need(About::Active);
        self.count();
        let Refreshing { current, waiting, .. } = &self.refreshing;
        let callers = current.iter().chain(waiting).flat_map(|flight| &flight.callers).copied();
        let token = current.as_ref().and_then(|flight| flight.token.clone());
        let heard = Heard::Refresh(callers.collect());
        self.note_rejected(token, heard);
        self.cancel_refreshes(&LiveError::Ended(error.into()));
        self.end_active();
        self.changed(Reason::Rejection);
    }

    /// Notes it for the case that another process has got another token meanwhile.
    pub(super) fn note_rejected(&mut self, token: Option<SessionToken>, heard: Heard) {
        self.refreshing.rejected = Some(Rejected { token, heard }).filter(|_| self.settings.stored);
    }

    /// Another process has heard that the server does not know the session. What was sent may bring
    /// the one that it knows.
    pub(super) fn lose(&mut self, error: &LiveError) {
        self.cancel_unsent(error);
        if let Some(flight) = &mut self.refreshing.current {
            flight.refused = true;
        }
        self.end_active();
    }

    fn end_active(&mut self) {
        self.view.active = None;
        self.view.from_cache = false;
        self.supersede_those_of_the_session();
    }

    /// Ends all flights but the one whose answer is under way.
    pub(super) fn cancel_unsent(&mut self, error: &LiveError) {
        let is_sent = |flight: &mut Flight| flight.stage == Stage::Sent;
        let sent = self.refreshing.current.take_if(is_sent);
        self.cancel_refreshes(error);
        self.refreshing.current = sent;
    }

    /// Tells that a refresh will have no answer.
    pub fn refresh_dropped(&mut self, flight: FlightId, now: Now, seed: u64) {
        if self.refreshing.current.as_ref().is_some_and(|current| current.id == flight) {
            self.refreshing.failures = self.refreshing.failures.saturating_add(1);
            let pause = after_failure(self.refreshing.failures, None, seed);
            self.refreshing.due = Some(now.elapsed.saturating_add(pause));
            self.land(&Err(LiveError::Closed));
            self.take_off();
            self.settle();
        }
    }

    /// Ends the current flight.
    fn land(&mut self, result: &Result<Outcome, LiveError>) {
        let Some(flight) = self.refreshing.current.take() else { return };
        for caller in flight.callers {
            self.end(caller, result.clone());
        }
        if self.settings.stored {
            self.refreshing.landed.push(flight.id);
        }
    }

    /// Ends all flights.
    pub(super) fn cancel_refreshes(&mut self, error: &LiveError) {
        self.land(&Err(error.clone()));
        for flight in std::mem::take(&mut self.refreshing.waiting) {
            for caller in flight.callers {
                self.end(caller, Err(error.clone()));
            }
        }
        self.refreshing.due = None;
        self.refreshing.failures = 0;
        self.refreshing.recovered_from = 0;
    }

    /// Begins a refresh in the background, if one is due.
    pub(super) fn refresh_if_due(&mut self, now: Now) {
        let due = self.refreshing.due().is_some_and(|due| due <= now.elapsed);
        if !due || self.view.active.is_none() {
            return;
        }
        self.refreshing.due = None;
        if self.refreshing.waiting.is_empty() {
            let options = match self.duration.filter(|_| self.settings.keep_alive) {
                Some(duration) => RefreshOptions::extending(duration),
                None => RefreshOptions::plain(),
            };
            self.join(options, None);
        }
        self.take_off();
    }

    /// When the next refresh is due after a success.
    pub(super) fn schedule(&mut self, now: Now, seed: u64) {
        if self.view.active.is_none() {
            return;
        }
        let confirmed = Confirmed {
            jwt_life: self.jwt_life,
            extensible: self.extensible(now),
            failures: std::mem::take(&mut self.refreshing.recovered_from),
        };
        let pause = Schedule::new(self.settings.interval).after_success(confirmed, seed);
        self.refreshing.due = Some(now.elapsed.saturating_add(pause));
    }

    /// How long the session lives from now on, if a refresh extends that: only what it extends has to
    /// be refreshed before it ends.
    fn extensible(&self, now: Now) -> Option<Duration> {
        let session = self.view.active.as_ref()?;
        let extends = self.settings.keep_alive && self.duration.is_some();
        let left = SystemTime::from(session.member_session().expires_at())
            .duration_since(self.clock.now(now));
        extends.then(|| left.unwrap_or_default())
    }

    /// Moves the next refresh to a random time before it is due: many sessions that were taken over
    /// together are refreshed one by one.
    pub fn scatter(&mut self, now: Now, seed: u64) {
        if let Some(due) = &mut self.refreshing.due {
            let pause = due.saturating_sub(now.elapsed);
            // Another chance than that of the schedule.
            *due = now.elapsed.saturating_add(share(pause, !seed));
        }
    }

    /// A session from the store is refreshed at once.
    pub(super) fn refresh_now(&mut self, now: Now) {
        self.refreshing.due = Some(now.elapsed);
    }

    fn fail(&mut self, error: &Error, now: Now, seed: u64) {
        self.refreshing.failures = self.refreshing.failures.saturating_add(1);
        let asked = error.retry_after();
        let mut pause = after_failure(self.refreshing.failures, asked, seed);
        if let (Some(left), None) = (self.extensible(now), asked) {
            pause = within(pause, left);
        }
        self.refreshing.due = Some(now.elapsed.saturating_add(pause));
    }
}
