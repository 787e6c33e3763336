//! What is in the store, and what is still to be read and written.

mod merge;

use std::sync::Arc;
use std::time::Duration;

use super::record::{Generation, Record};
use super::types::{Now, OperationId, Outcome, Output, Settings};
use super::{About, Machine};
use crate::live::error::LiveError;
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

    /// What is held counts, whatever another process does.
    pub(super) const fn insist(&mut self) {
        self.needs = Needs { active: false, pending: false };
        self.writing = self.needs;
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
        if !self.shelf.dirty {
            // Nothing that is held follows from anything new.
            self.shelf.needs = Needs::default();
        }
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
        // What was asked for before the lock was held may be older than that.
        if !self.shelf.wanted {
            self.looked(now, seed);
        }
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
                let damaged = |error: &Arc<StoreError>| error.kind() == StoreErrorKind::Damaged;
                let same = version == self.shelf.version && !self.shelf.sealed;
                // What is damaged stays so until it is overwritten.
                if same && !self.shelf.error.as_ref().is_some_and(damaged) {
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
                // Whoever asked is told so, and another process may be next: what that does counts.
                let (base, generation) = (self.shelf.base, self.generation);
                self.shelf.needs.active |= generation.active != base.active;
                self.shelf.needs.pending |= generation.pending != base.pending;
            }
        }
        self.shelf.rest(now, self.settings);
        self.settle();
    }
}
