//! When a client may refresh by itself, and when it has to.

use std::time::Duration;

use super::Run;
use crate::kit::client::OperationKind;
use crate::kit::driver::Driver;
use crate::kit::model::Answer;
use crate::kit::promise::Promise;
use crate::kit::story::Story;

/// The shortest wait after a success.
const INTERVAL: Duration = Duration::from_secs(60);

/// The shortest wait after a failure; the next one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(1500);

/// However many failures there were, a client may go on after that time.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A client that has not refreshed for so long does not.
const LATEST: Duration = Duration::from_secs(15 * 60);

/// A client waits no longer than that for another one's refresh: it may never end.
const PATIENCE: Duration = Duration::from_secs(30);

/// So shortly before its end a session may be refreshed at any time.
const NEAR_THE_END: Duration = Duration::from_secs(150);

/// How a client refreshes by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// When the last such refresh was answered.
    answered: Option<Duration>,
    /// How many have failed since the last success.
    failures: u32,
    /// How often it may refresh out of turn.
    excused: u32,
}

impl Pace {
    /// Allows a refresh out of turn.
    pub(super) fn excuse(&mut self) {
        self.excused = (self.excused + 1).min(3);
    }

    /// How long it has to wait at least.
    fn wait(self) -> Duration {
        match self.failures {
            0 => INTERVAL,
            failures => FIRST_WAIT.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_WAIT),
        }
    }
}

impl<D: Driver> Run<'_, D> {
    /// A refresh is sent.
    pub(super) fn judge_refresh(
        &mut self,
        index: usize,
        session_token: Option<&str>,
        process: usize,
        unasked: bool,
    ) -> Result<(), Story> {
        let now = self.wire.time();
        let mut ahead = false;
        let another = self.wire.requests(|all| {
            self.under_way.iter().any(|travel| {
                let (other, before) = (&all[travel.request], &self.before[travel.request]);
                let same = travel.request != index
                    && other.is_under_way()
                    && other.kind == Some(OperationKind::Refresh)
                    && other.session_token.as_deref() == session_token;
                // Who went ahead holds nobody up.
                let waited = before.ahead || now.elapsed >= before.elapsed + PATIENCE;
                let excused = other.process != process && waited;
                ahead |= same && excused;
                same && !excused
            })
        });
        self.before[index].ahead = ahead;
        if another {
            let what = "the session is refreshed while a refresh is under way".to_owned();
            return self.broken(Promise::OneRefresh, vec![what]);
        }
        self.refreshed = now.elapsed;
        if !unasked {
            return Ok(());
        }
        let Some(active) = &self.held.active else {
            if self.lags(process, now.elapsed)
                || self.also.iter().any(|it| it.held.active.is_some())
            {
                return Ok(());
            }
            let what = "a refresh was sent, and no session is active".to_owned();
            return self.broken(Promise::Quiet, vec![what]);
        };
        let near_the_end = active.expires_at() <= now.wall + NEAR_THE_END;
        let pace = &mut self.paces[process];
        let waited = pace.answered.map(|answered| now.elapsed.saturating_sub(answered));
        let Some(waited) = waited.filter(|waited| *waited < pace.wait()) else { return Ok(()) };
        if near_the_end && pace.failures == 0 {
            return Ok(());
        }
        if pace.excused > 0 {
            pace.excused -= 1;
            return Ok(());
        }
        let what = match pace.failures {
            0 => format!("a refresh by itself, {waited:?} after the last one"),
            failures => format!("a refresh by itself, {waited:?} after {failures} failed"),
        };
        self.broken(Promise::Refresh, vec![what])
    }

    /// A refresh was answered.
    pub(super) fn pace_on(&mut self, process: usize, unasked: bool, answer: &Answer) {
        let elapsed = self.wire.elapsed();
        if matches!(answer, Answer::Success(_)) {
            for (other, pace) in self.paces.iter_mut().enumerate() {
                // Who does not know of it yet tries again.
                if other != process && pace.failures > 0 {
                    pace.excuse();
                }
                pace.failures = 0;
            }
        } else if unasked {
            self.paces[process].failures += 1;
        }
        if unasked {
            self.paces[process].answered = Some(elapsed);
        }
    }

    /// Another session begins, or none is active.
    pub(super) fn pace_anew(&mut self) {
        self.refreshed = self.wire.elapsed();
        self.paces.fill(Pace::default());
    }

    /// A client has started again.
    pub(super) fn pace_of_restarted(&mut self, process: usize) {
        self.paces[process] = Pace::default();
    }

    /// The clock was set: all may refresh out of turn, once.
    pub(super) fn pace_by_other_clock(&mut self) {
        self.paces.iter_mut().for_each(Pace::excuse);
    }

    /// Whether the session is refreshed in time.
    pub(super) fn check_pace(&mut self) -> Result<(), Story> {
        if !self.background {
            return Ok(());
        }
        let now = self.wire.elapsed();
        let is_refresh = |index: usize| {
            self.wire.requests(|all| {
                all[index].kind == Some(OperationKind::Refresh) && all[index].is_under_way()
            })
        };
        let busy = self.held.active.is_none()
            || self.begun.iter().any(|begun| !begun.ended)
            || self.under_way.iter().any(|travel| is_refresh(travel.request));
        if busy {
            self.refreshed = now;
        }
        let waited = now.saturating_sub(self.refreshed);
        if waited > LATEST + self.late * 2 {
            let what = format!("the session has not been refreshed for {waited:?}");
            return self.broken(Promise::Refresh, vec![what]);
        }
        Ok(())
    }

    /// Drops the client, whose background work has to end.
    pub(super) fn end_clients(&mut self) -> Result<(), Story> {
        for travel in std::mem::take(&mut self.under_way) {
            self.wire.serve(travel.request);
            self.wire.deliver(travel.request);
        }
        self.driver.end();
        let before = self.wire.requests(<[_]>::len);
        for _ in 0..60 {
            let _ = self.driver.settle();
            self.wire.pass(Duration::from_secs(60));
        }
        let _ = self.driver.settle();
        let sent = self.wire.requests(|all| all[before..].first().map(|sent| sent.path.clone()));
        if let Some(path) = sent {
            let what = format!("{path} was sent after the client was dropped");
            return self.broken(Promise::Quiet, vec![what]);
        }
        if self.driver.is_working() {
            let what = "a task goes on after the client was dropped".to_owned();
            return self.broken(Promise::Quiet, vec![what]);
        }
        Ok(())
    }
}
