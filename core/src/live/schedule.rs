//! When a session is refreshed: after a success, and after failures.

use std::time::Duration;

use crate::mix::{mixed, share};

#[cfg(test)]
mod tests;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// 256 s after so many doublings, and then no more.
const DOUBLINGS: u32 = 7;
/// What a server may ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);
/// No demand makes refreshes more frequent than this.
const SHORTEST: Duration = Duration::from_secs(5);

/// How often a session is refreshed while all goes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    interval: Duration,
}

/// What a refresh that succeeded says about the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Confirmed {
    /// How long its JWT lives from the issue to the expiry.
    pub(super) jwt_life: Option<Duration>,
    /// How long the session lives from now on, if a refresh would extend that. One that extends
    /// nothing need not come sooner.
    pub(super) extensible: Option<Duration>,
    /// How many attempts in a row failed before it.
    pub(super) failures: u32,
}

impl Schedule {
    /// Every three minutes.
    pub(super) const INTERVAL: Duration = Duration::from_secs(180);

    /// At such an interval, which is at least 5 s.
    pub(super) const fn new(interval: Duration) -> Self {
        Self { interval }
    }

    /// How long after the confirmation the next refresh is due: the interval, or 3/5 of what the JWT
    /// or the session has to live if that is sooner, and at least 5 s.
    ///
    /// The first after a failure comes at a random share of that, from 35 % to all of it. Clients
    /// that failed together succeed together when the server is back; from then on they would ask
    /// at the same moment for ever.
    pub(super) fn after_success(self, confirmed: Confirmed, seed: u64) -> Duration {
        let demands = [confirmed.jwt_life, confirmed.extensible].into_iter().flatten();
        let pause = demands.map(|life| life / 5 * 3).fold(self.interval, Duration::min);
        if confirmed.failures == 0 {
            return pause.max(SHORTEST);
        }
        let twentieth = pause / 20;
        (twentieth * 7 + share(twentieth * 13, seed)).max(SHORTEST)
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::new(Self::INTERVAL)
    }
}

/// How long to wait after the n-th failure in a row.
///
/// 2 s after the first, then twice as long each time up to 256 s, and 10 to 25 % more or less than
/// that. If the server asks for more by `Retry-After`, it is what the server asks for, up to an
/// hour, and 10 to 25 % more: those who are told the same hour should not all come on the hour.
pub(super) fn after_failure(failures: u32, retry_after: Option<Duration>, seed: u64) -> Duration {
    let pause = FIRST_PAUSE * (1 << failures.saturating_sub(1).min(DOUBLINGS));
    // The share comes from the upper bits, so the lowest is a coin of its own.
    let pause = if mixed(seed) & 1 == 0 {
        pause + jitter(pause, seed)
    } else {
        pause - jitter(pause, seed)
    };
    let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
    if pause < asked { asked + jitter(asked, seed) } else { pause }
}

/// A pause after a failure, shortened to 3/5 of what the session has to live, but not below 5 s: the
/// server may be back just before the end.
pub(super) fn within(pause: Duration, left: Duration) -> Duration {
    pause.min((left / 5 * 3).max(SHORTEST))
}

/// From 10 to 25 % of it.
fn jitter(pause: Duration, seed: u64) -> Duration {
    pause / 10 + share(pause * 3 / 20, seed)
}
