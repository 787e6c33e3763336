//! What is in the store, and how several processes agree on it.

use std::sync::Arc;
use std::time::Duration;

use super::record::{Generation, Record};
use super::refreshing::{Heard, Rejected};
use super::types::{Now, OperationId, Outcome, Output, Reason, Settings, Unfinished};
use super::{About, Machine, holding};
use crate::live::error::LiveError;
use crate::session::Session;
use crate::state::Active;
use crate::store::{Document, Saved, Snapshot, StoreError, StoreErrorKind, Version};

/// The longest pause after a failure of the store.
const LONGEST_PAUSE: Duration = Duration::from_secs(64);

/// So often in a row another may be faster; then there is a pause.
const CONFLICTS: u32 = 16;

/// What is known of the store, and what is still to be done.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    version: Version,
    /// The generation of what is in the store.
    base: Generation,
    /// What is held differs from what is in the store.
    dirty: bool,
    /// What must not have moved in the store for what is held to count.
    needs: Needs,
    /// The same, of what is being written.
    writing: Needs,
    /// The store is to be read.
    wanted: bool,
    task: Option<Task>,
    /// When to look at it again.
    next: Option<Duration>,
    failures: u32,
    /// How often in a row another was faster.
    conflicts: u32,
    error: Option<Arc<StoreError>>,
    /// Something newer is in there: it is not overwritten.
    sealed: bool,
    /// What was given to the store to write. It stays when that failed: it may be in there even so.
    written: Option<Document>,
    /// The store is to be read before anything is written again.
    doubtful: bool,
    /// Operations that have come to their end, and wait until it is written.
    ended: Vec<(OperationId, Result<Outcome, LiveError>)>,
    opened: bool,
}

/// Parts of what is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Needs {
    active: bool,
    pending: bool,
}

/// What is asked of the store right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Loading,
    Looking,
    /// The generation that is written.
    Saving(Generation),
}

impl Shelf {
    /// What is held has changed.
    pub(super) const fn soil(&mut self) {
        self.dirty = true;
        // It is tried at once, even if it has failed a moment ago.
        self.next = None;
    }

    /// The store is to be read.
    pub(super) const fn read(&mut self) {
        self.wanted = true;
    }

    pub(super) fn due(&self) -> Option<Duration> {
        self.next.filter(|_| self.task.is_none())
    }

    pub(super) fn wake(&mut self, now: Now, settings: Settings) {
        if settings.stored && self.opened && self.due().is_some_and(|due| due <= now.elapsed) {
            self.next = None;
        }
    }

    /// Plans the next look.
    fn rest(&mut self, now: Now, settings: Settings) {
        let doublings = self.failures.min(6);
        let pause = settings.poll.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        self.next = Some(now.elapsed.saturating_add(pause));
    }

    /// What is held follows from something that was about this.
    pub(super) const fn need(&mut self, about: About) {
        self.needs.active |= matches!(about, About::Active | About::Both);
        self.needs.pending |= matches!(about, About::Pending | About::Both);
    }

    const fn still_needs(&mut self) {
        self.needs.active |= self.writing.active;
        self.needs.pending |= self.writing.pending;
    }

    fn fail(&mut self, error: StoreError) {
        self.failures = self.failures.saturating_add(1);
        self.error = Some(Arc::new(error));
    }
}

impl Machine {
    /// Begins to read the store. Until it is read, nothing is held.
    pub fn open(&mut self) {
        self.shelf.wanted = true;
        self.settle();
    }

    /// Why the store could not be read or written the last time, if it could not.
    #[must_use]
    pub const fn store_error(&self) -> Option<&Arc<StoreError>> {
        self.shelf.error.as_ref()
    }

    /// An operation has come to its end. It is told when the store agrees.
    pub(super) fn end(&mut self, operation: OperationId, result: Result<Outcome, LiveError>) {
        self.shelf.ended.push((operation, result));
    }

    /// After each step: asks the store for what is wanted of it, or tells what has ended.
    pub(super) fn settle(&mut self) {
        if self.settings.stored && self.shelf.task.is_none() {
            let retry = self.shelf.failures == 0 || self.shelf.next.is_none();
            if self.shelf.wanted {
                self.shelf.wanted = false;
                self.ask(Task::Loading, Output::Load);
            } else if self.shelf.dirty && !self.shelf.sealed && self.shelf.opened && retry {
                if self.shelf.doubtful {
                    self.ask(Task::Loading, Output::Load);
                } else {
                    self.save();
                }
            } else if self.shelf.next.is_none() && self.shelf.opened {
                self.ask(Task::Looking, Output::Look);
            }
        }
        let written_soon = match self.shelf.task {
            Some(Task::Saving(_)) => true,
            Some(Task::Loading) => self.shelf.failures == 0 || self.shelf.doubtful,
            Some(Task::Looking) => self.shelf.failures == 0 && self.shelf.dirty,
            None => false,
        };
        if self.settings.stored && written_soon {
            return;
        }
        self.show();
        for (operation, result) in std::mem::take(&mut self.shelf.ended) {
            let result = match (result, &self.shelf.error) {
                // A logout that is not written may not last.
                (Ok(Outcome::LoggedOut(_)), Some(error)) if self.shelf.dirty => {
                    Err(LiveError::Store(Arc::clone(error)))
                }
                (result, _) => result,
            };
            self.outputs.push_back(Output::Ended { operation, result });
        }
        for flight in self.refreshing.landed() {
            self.outputs.push_back(Output::Unlock(flight));
        }
    }

    /// Another process was faster: what has come to its end here, and was not written yet, is undone
    /// unless it is what is held now.
    fn undo(&mut self) {
        let held = self.view.active.as_deref().map(holding::id);
        let pending = self.view.pending.as_ref().map(Unfinished::token);
        for (_, result) in &mut self.shelf.ended {
            let stands = match result {
                Ok(Outcome::Active(session)) => Some(holding::id(session)) == held,
                Ok(Outcome::LoggedOut(_)) => held.is_none(),
                Ok(Outcome::Intermediate(session)) => {
                    Some(session.intermediate_session_token()) == pending
                }
                Ok(Outcome::Discovery(session)) => {
                    Some(session.intermediate_session_token()) == pending
                }
                Err(_) => true,
            };
            if !stands {
                *result = Err(LiveError::Superseded);
            }
        }
    }

    fn save(&mut self) {
        self.shelf.dirty = false;
        self.shelf.writing = std::mem::take(&mut self.shelf.needs);
        let document = self.record().to_document();
        self.shelf.written = Some(document.clone());
        let output = Output::Save { document, expected: self.shelf.version };
        self.ask(Task::Saving(self.generation), output);
    }

    fn ask(&mut self, task: Task, output: Output) {
        self.shelf.task = Some(task);
        self.outputs.push_back(output);
    }

    fn record(&self) -> Record {
        Record {
            generation: self.generation,
            refreshes: self.refreshing.count,
            active: self.view.active.clone(),
            pending: self.view.pending.clone(),
            duration: self.duration,
        }
    }

    /// Tells what was read.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as [`store_error`](Self::store_error) says from then on. What is held
    /// is as it was.
    pub fn loaded(
        &mut self,
        result: Result<Snapshot, StoreError>,
        now: Now,
        seed: u64,
    ) -> Result<(), Arc<StoreError>> {
        self.clock.notice(now);
        self.shelf.task = None;
        let was_doubtful = self.shelf.doubtful;
        let result = result.and_then(|snapshot| {
            let record = snapshot.document.as_ref().map(Record::read).transpose();
            self.shelf.version = snapshot.version;
            self.shelf.doubtful = false;
            let written = self.shelf.written.take();
            if let (Ok(Some(record)), true) = (&record, written == snapshot.document) {
                // It is our own: what was held then is no move of another process.
                self.shelf.base = record.generation;
            }
            record
        });
        let outcome = match result {
            Ok(record) => {
                self.shelf.sealed = false;
                self.merge(record, now, seed);
                if was_doubtful && self.shelf.dirty {
                    // It is well when it can be written, too: that is tried right now.
                    self.shelf.next = None;
                } else {
                    self.shelf.failures = 0;
                    self.shelf.error = None;
                    self.shelf.rest(now, self.settings);
                }
                Ok(())
            }
            Err(error) => {
                self.shelf.sealed |= error.kind() == StoreErrorKind::Newer;
                self.shelf.fail(error);
                self.shelf.rest(now, self.settings);
                self.shelf.error.clone().map_or(Ok(()), Err)
            }
        };
        self.shelf.opened = true;
        self.expire(now);
        self.looked(now, seed);
        self.settle();
        outcome
    }

    /// Tells the version that was read.
    pub fn version(&mut self, result: Result<Version, StoreError>, now: Now) {
        self.clock.notice(now);
        self.shelf.task = None;
        match result {
            Ok(version) => {
                self.shelf.failures = 0;
                self.shelf.wanted |= version != self.shelf.version;
                if !self.shelf.sealed && version == self.shelf.version {
                    self.shelf.error = None;
                }
            }
            Err(error) => self.shelf.fail(error),
        }
        self.shelf.rest(now, self.settings);
        self.settle();
    }

    /// Tells what came of a save.
    pub fn saved(&mut self, result: Result<Saved, StoreError>, now: Now) {
        self.clock.notice(now);
        let task = self.shelf.task.take();
        match result {
            Ok(Saved::Done(version)) => {
                self.shelf.version = version;
                self.shelf.written = None;
                self.shelf.conflicts = 0;
                if let Some(Task::Saving(generation)) = task {
                    self.shelf.base = generation;
                }
                self.shelf.failures = 0;
                self.shelf.error = None;
            }
            Ok(Saved::Conflict) => {
                self.shelf.still_needs();
                self.shelf.dirty = true;
                self.shelf.written = None;
                self.shelf.conflicts = self.shelf.conflicts.saturating_add(1);
                if self.shelf.conflicts < CONFLICTS {
                    self.shelf.wanted = true;
                } else {
                    self.shelf.doubtful = true;
                    self.shelf.fail(StoreError::new(StoreErrorKind::Busy));
                }
            }
            Err(error) => {
                self.shelf.still_needs();
                self.shelf.dirty = true;
                self.shelf.doubtful = true;
                self.shelf.sealed |= error.kind() == StoreErrorKind::Newer;
                self.shelf.fail(error);
            }
        }
        self.shelf.rest(now, self.settings);
        self.settle();
    }

    /// Whether what was read shows that the session lives: the server has refused a token that another
    /// process has exchanged for a new one at the same time.
    fn is_refuted_by(&self, theirs: Option<&Session<Active>>) -> bool {
        self.refreshing.rejected.as_ref().zip(theirs).is_some_and(|(rejected, session)| {
            rejected.token.as_ref() != Some(session.session_token())
        })
    }

    /// The session that was rejected lives, as this one: so whoever has asked is told.
    fn take_back(&mut self, session: &Arc<Session<Active>>) {
        let Some(rejected) = self.refreshing.rejected.take() else { return };
        for (operation, result) in &mut self.shelf.ended {
            match &rejected.heard {
                Heard::Refresh(callers) if callers.contains(operation) => {
                    *result = Ok(Outcome::Active(Arc::clone(session)));
                }
                Heard::Logout(asked, error) if asked == operation => {
                    *result = Err(LiveError::Kept(Arc::clone(error)));
                }
                _ => {}
            }
        }
    }

    /// Brings what is held and what was read together, each part by itself.
    ///
    /// What was done here counts if what it was about has not moved in the store since that was last
    /// read or written. Else another process was first, with a logout perhaps, and all of it is taken
    /// over, with its generation: a move that is written back would win over a logout in turn. A part
    /// that has moved in neither is the same session, and the one that was refreshed more often is
    /// newer.
    fn merge(&mut self, record: Option<Record>, now: Now, seed: u64) {
        let first = !self.shelf.opened;
        let Some(record) = record else {
            // Nothing is stored, or no longer: that is no logout.
            self.shelf.base = Generation::default();
            self.shelf.dirty |= self.view.active.is_some() || self.view.pending.is_some();
            return;
        };
        let base = self.shelf.base;
        let (theirs, ours) = (record.generation, self.generation);
        let moved = (theirs.active > base.active, theirs.pending > base.pending);
        let needs = std::mem::take(&mut self.shelf.needs);
        let overtaken = needs.active && moved.0 || needs.pending && moved.1;
        if !overtaken {
            self.shelf.needs = needs;
        }
        let count = self.refreshing.count;
        let (their_active, our_active) = (record.active.as_deref(), self.view.active.as_deref());
        let later = |(one, other): (Option<&_>, Option<&_>)| {
            record.refreshes == count
                && one.zip(other).is_some_and(|(one, other)| holding::is_later(one, other))
        };
        let newer = record.refreshes > count || later((their_active, our_active));
        let older = record.refreshes < count || later((our_active, their_active));
        let mut dirty = false;

        let own = ours.active > base.active;
        let same = ours.active == theirs.active;
        let by_logout = matches!(
            &self.refreshing.rejected,
            Some(Rejected { heard: Heard::Logout(..), .. }) if own && !moved.0
        );
        let refreshed = match by_logout {
            true => record.refreshes > count,
            false => same && record.refreshes == count,
        };
        let lives_there = refreshed && self.is_refuted_by(their_active);
        let is_no_logout = by_logout && lives_there;
        let lives_here = same
            && record.refreshes == count
            && needs.active
            && our_active.is_some()
            && their_active.is_none();
        let newer = same && newer || lives_there;
        if own && !overtaken && !is_no_logout {
            self.renumber(About::Active, ours.active.max(theirs.active.saturating_add(1)));
            dirty = true;
        } else if own || moved.0 || newer {
            if own || moved.0 {
                self.cancel_refreshes(&LiveError::Superseded);
                self.supersede(About::Active);
            }
            if record.active.is_none() && self.view.active.is_some() {
                self.reject(&LiveError::NoSession);
            }
            if let (true, Some(session)) = (newer, &record.active) {
                self.take_back(session);
            }
            self.refreshing.rejected = None;
            self.generation.active = theirs.active;
            self.operated = now.elapsed;
            self.restore_active(record.active, now);
            self.duration = record.duration.or(self.duration);
            self.refreshing.count = record.refreshes;
            self.view.from_cache = first && self.view.active.is_some();
            self.refreshing.succeed();
            if first {
                self.refresh_now(now);
            } else {
                self.schedule(now, seed);
            }
        } else {
            // What has expired here is not left there.
            dirty |= older || lives_here || self.view.active.is_none() && record.active.is_some();
            let lived = same && record.refreshes == count && record.active.is_some();
            if lived && self.refreshing.rejected.is_some() {
                // The same token: that was before.
                self.refreshing.count = count.saturating_add(1);
            }
        }

        let own = ours.pending > base.pending;
        if own && !overtaken && !is_no_logout {
            self.renumber(About::Pending, ours.pending.max(theirs.pending.saturating_add(1)));
            dirty = true;
        } else if own || moved.1 {
            self.supersede(About::Pending);
            self.generation.pending = theirs.pending;
            self.restore_pending(record.pending, now);
        } else {
            dirty |= self.view.pending.is_none() && record.pending.is_some();
        }

        self.shelf.base = theirs;
        if overtaken {
            self.reason = None;
            self.undo();
        }
        if first {
            self.reason = Some(Reason::Restored);
            self.show();
        }
        self.shelf.dirty = dirty;
    }
}
