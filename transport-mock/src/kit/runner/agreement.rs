//! Whether what a client shows, what its subscribers are told and what it stores agree, and how far
//! one of two clients may lag behind the other.

use std::time::Duration;

use super::Run;
use crate::kit::client::Observation;
use crate::kit::driver::Driver;
use crate::kit::model::{Held, Shown};
use crate::kit::promise::Promise;
use crate::kit::story::{self, Story};

/// So long a client may lag behind what another one has changed.
const LAG: Duration = Duration::from_secs(1);

/// So long subscribers need not have been told what is over because the clock was set.
const CLOCK_LAG: Duration = Duration::from_secs(200);

/// What was held before.
pub(super) struct Was {
    pub(super) held: Held,
    /// Until when.
    until: Duration,
    /// The client that has changed it.
    by: Option<usize>,
}

/// Who has given a session up, and when.
pub(super) struct GivenUp {
    pub(super) at: Duration,
    pub(super) by: usize,
}

impl GivenUp {
    /// Whether a client may not know of it yet.
    pub(super) fn is_news(&self, process: usize, now: Duration) -> bool {
        self.by != process && now.saturating_sub(self.at) <= LAG
    }
}

impl Was {
    /// Whether a client may not know yet that it has changed.
    fn is_news_for(&self, process: usize, now: Duration) -> bool {
        self.by.is_some_and(|by| by != process) && now.saturating_sub(self.until) <= LAG
    }
}

impl<D: Driver> Run<'_, D> {
    /// Remembers what was held until now.
    pub(super) fn remember(&mut self, held: Held, by: Option<usize>) {
        let until = self.wire.elapsed();
        if !self.dropped.is_nobody() {
            let undropped = self.undropped(&held).map(|held| Was { held, until, by });
            self.was.extend(undropped);
        }
        self.was.push(Was { held, until, by });
    }

    /// The same for those who have not dropped what another one has.
    fn undropped(&self, held: &Held) -> [Held; 3] {
        let Held { active, pending, .. } = &self.dropped;
        [held.or(active, pending), held.or(active, &None), held.or(&None, pending)]
    }

    /// Whether a client may not know yet that nobody is logged in, or not agree.
    pub(super) fn lags(&self, process: usize, now: Duration) -> bool {
        let may_show = |was: &Was| was.held.active.is_some() && was.is_news_for(process, now);
        self.was.iter().any(may_show) || self.dropped.active.is_some()
    }

    /// Whether a client shows what it may, because it does not know of a change yet or its clock was
    /// set back.
    pub(super) fn may_show(&self, process: usize, shown: &Observation) -> bool {
        let now = self.wire.elapsed();
        self.was.iter().any(|was| was.is_news_for(process, now) && was.held.shows(shown))
            || !self.dropped.is_nobody()
                && self.undropped(&self.held).iter().any(|held| held.shows(shown))
    }

    /// Of what is held, this client has dropped what is over by the time that has really passed.
    pub(super) fn drop_as(&mut self, shown: &Observation) {
        if self.shown.len() > 1 {
            self.dropped = self.held.or(&self.dropped.active, &self.dropped.pending);
        }
        self.held.drop_as(shown);
    }

    /// Compares what subscribers were told with what is shown.
    pub(super) fn check_told(&mut self, process: usize) -> Result<(), Story> {
        let Some(told) = self.driver.told(process) else { return Ok(()) };
        let count = told.len();
        for (index, told) in told.into_iter().enumerate() {
            self.say(|| format!("    tells its subscribers: {}", story::shown(&told)));
            if self.told[process].as_ref() == Some(&told) {
                let what = format!("told without a change: {}", story::shown(&told));
                return self.broken(Promise::Agreement, vec![what]);
            }
            if index + 1 < count && !self.was_held(process, &told) {
                let what = format!("told, and never so: {}", story::shown(&told));
                return self.broken(Promise::Agreement, vec![what]);
            }
            self.told[process] = Some(told);
        }
        let late = self.clock_was_set();
        let shown = &self.shown[process];
        let told = self.told[process].get_or_insert_with(|| shown.clone());
        if told == shown || late && told.is_or_was(shown) {
            return Ok(());
        }
        let verdict = vec![
            format!("told last: {}", story::shown(told)),
            format!("shows:     {}", story::shown(shown)),
            "(what is not in this line may differ too: JWT, ids, times)".to_owned(),
        ];
        self.broken(Promise::Agreement, verdict)
    }

    /// Compares what is stored with what is shown, while nothing is under way.
    pub(super) fn check_stored(&mut self) -> Result<(), Story> {
        let busy = self.begun.iter().any(|begun| !begun.ended) || !self.under_way.is_empty();
        for process in 0..self.shown.len() {
            let Some(stored) = self.driver.stored(process).filter(|_| !busy) else { continue };
            let shown = &self.shown[process];
            let late = self.clock_was_set() && stored.is_or_was(shown);
            // The other one may have written this a moment ago.
            let late = late || self.may_show(process, shown);
            if !late && !stored.agrees_with(shown) {
                let verdict = vec![
                    format!("stored: {}", story::shown(&stored)),
                    format!("shows:  {}", story::shown(shown)),
                ];
                return self.broken(Promise::Agreement, verdict);
            }
        }
        Ok(())
    }

    /// Forgets what is of no matter any more.
    pub(super) fn forget_what_was(&mut self) {
        let now = self.wire.elapsed();
        self.was.retain(|was| now.saturating_sub(was.until) <= LAG);
    }

    /// Whether this was held of late, or what lived of it. Who lags behind another one may have seen the
    /// end of what that has replaced.
    fn was_held(&self, process: usize, told: &Observation) -> bool {
        let now = self.wire.time();
        let others = self.also.iter().map(|also| &also.held);
        let all = self.was.iter().map(|was| &was.held).chain(others).chain([&self.held]);
        let ended = |was: &Was| {
            let mut held = was.held.clone();
            held.drop_as(told);
            was.is_news_for(process, now.elapsed) && held.shows(told)
        };
        all.into_iter().any(|held| held.compare(told, now) != Shown::Otherwise)
            || self.was.iter().any(ended)
    }

    fn clock_was_set(&self) -> bool {
        let now = self.wire.elapsed();
        self.clock_set.is_some_and(|at| now.saturating_sub(at) <= CLOCK_LAG)
    }
}
