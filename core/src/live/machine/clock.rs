//! The server's time, as far as it is known.

use std::time::{Duration, SystemTime};

use super::types::Now;

/// A wall clock that differs by less from what it should show has not been set.
const SLACK: Duration = Duration::from_secs(2);

/// How far the wall clock is from the server's, learned from the `Date` of successful answers.
///
/// A device whose clock is wrong must not take a fresh session for one that has expired. Until an
/// answer has come, and wherever it allows no other conclusion, the wall clock is taken to be right.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ServerClock {
    offset: Offset,
    last: Option<Now>,
}

/// What has to be added to the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offset {
    Ahead(Duration),
    Behind(Duration),
}

impl Default for Offset {
    fn default() -> Self {
        Self::Ahead(Duration::ZERO)
    }
}

impl Offset {
    fn between(wall: SystemTime, server: SystemTime) -> Self {
        match server.duration_since(wall) {
            Ok(ahead) => Self::Ahead(ahead),
            Err(error) => Self::Behind(error.duration()),
        }
    }

    fn add_to(self, wall: SystemTime) -> SystemTime {
        match self {
            Self::Ahead(by) => wall.checked_add(by),
            Self::Behind(by) => wall.checked_sub(by),
        }
        .unwrap_or(wall)
    }

    fn opposite(self) -> Self {
        match self {
            Self::Ahead(by) => Self::Behind(by),
            Self::Behind(by) => Self::Ahead(by),
        }
    }
}

impl ServerClock {
    /// The time for the server.
    pub(super) fn now(&self, now: Now) -> SystemTime {
        self.offset.add_to(now.wall)
    }

    /// What the wall clock shows at a time of the server's.
    pub(super) fn local(&self, server: SystemTime) -> SystemTime {
        self.offset.opposite().add_to(server)
    }

    /// Takes the `Date` of an answer: when it arrives, the server's clock shows no less, and no more
    /// than what has passed since the request was sent, and the second that a date leaves out. A wall
    /// clock within that is right.
    pub(super) fn learn(&mut self, date: SystemTime, sent: Now, received: Now) {
        let on_the_way = received.elapsed.saturating_sub(sent.elapsed);
        let latest = date.checked_add(on_the_way.saturating_add(Duration::from_secs(1)));
        let likely = received.wall.clamp(date, latest.unwrap_or(date).max(date));
        self.offset = Offset::between(received.wall, likely);
    }

    /// Notices that the wall clock was set. If that brought it closer to the server's it was put
    /// right, and the offset shrinks by as much; otherwise the process may have been suspended, and
    /// the time has passed for the server too.
    pub(super) fn notice(&mut self, now: Now) {
        if self.last.is_some_and(|last| now.elapsed < last.elapsed) {
            // Another thread has asked later, and was faster.
            return;
        }
        if let Some(last) = self.last.replace(now) {
            let passed = now.elapsed.saturating_sub(last.elapsed);
            let due = last.wall.checked_add(passed).unwrap_or(last.wall);
            let set = Offset::between(due, now.wall);
            self.offset = match (self.offset, set) {
                (Offset::Ahead(off), Offset::Ahead(by))
                    if SLACK < by && by <= off.saturating_add(SLACK) =>
                {
                    Offset::Ahead(off.saturating_sub(by))
                }
                (Offset::Behind(off), Offset::Behind(by))
                    if SLACK < by && by <= off.saturating_add(SLACK) =>
                {
                    Offset::Behind(off.saturating_sub(by))
                }
                (unchanged, _) => unchanged,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(wall: u64, elapsed: u64) -> Now {
        Now { wall: time(wall), elapsed: Duration::from_secs(elapsed) }
    }

    fn time(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_right_clock_stays_right_however_long_the_answer_took() {
        let mut clock = ServerClock::default();
        clock.learn(time(10_000), at(9_990, 0), at(10_020, 30));
        assert_eq!(clock.now(at(10_020, 30)), time(10_020));
        clock.learn(time(10_000), at(9_999, 0), at(10_000, 1));
        assert_eq!(clock.local(time(11_000)), time(11_000));
    }

    #[test]
    fn a_wrong_clock_is_corrected_and_then_put_right() {
        for ahead in [true, false] {
            let wall = if ahead { 13_600 } else { 6_400 };
            let mut clock = ServerClock::default();
            clock.notice(at(wall, 0));
            clock.learn(time(10_000), at(wall, 0), at(wall, 0));
            assert!(clock.now(at(wall, 0)).duration_since(time(10_000)).unwrap() <= SLACK);
            // Half an hour later somebody puts the clock right.
            clock.notice(at(11_800, 1_800));
            assert!(clock.now(at(11_800, 1_800)).duration_since(time(11_800)).unwrap() <= SLACK);
        }
    }

    #[test]
    fn a_suspended_process_has_aged() {
        let mut clock = ServerClock::default();
        clock.notice(at(10_000, 0));
        clock.learn(time(10_000), at(10_000, 0), at(10_000, 0));
        clock.notice(at(10_000 + 8 * 3600, 0));
        assert_eq!(clock.now(at(10_000 + 8 * 3600, 0)), time(10_000) + 8 * HOUR);
        // Also where the clock is behind by an hour.
        clock.learn(time(50_000), at(46_400, 0), at(46_400, 0));
        clock.notice(at(46_400, 0));
        clock.notice(at(46_400 + 8 * 3600, 0));
        assert_eq!(clock.now(at(46_400 + 8 * 3600, 0)), time(50_000) + 8 * HOUR);
    }
}
