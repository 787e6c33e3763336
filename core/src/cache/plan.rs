//! When it is fetched: a deterministic machine without clock, task or lock.

use std::time::Duration;

/// How many fetches may begin in one cooldown.
const SLOTS: usize = 2;

/// The times that a cache goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// After this time a newer one is fetched, while the old one goes on serving.
    pub(crate) refresh: Duration,
    /// How long it serves if none can be fetched.
    pub(crate) serve: Duration,
    /// In any time so long, no more than two fetches begin.
    pub(crate) cooldown: Duration,
    /// How long a fetch may take.
    pub(crate) patience: Duration,
}

impl Limits {
    pub(crate) const DEFAULT: Self = Self {
        refresh: Duration::from_secs(5 * 60),
        serve: Duration::from_secs(24 * 60 * 60),
        cooldown: Duration::from_secs(30),
        patience: Duration::from_secs(10),
    };

    /// What is to be made of something that was fetched so long ago.
    pub(crate) fn state(&self, age: Duration) -> State {
        match age {
            age if age < self.refresh.min(self.serve) => State::Fresh,
            age if age < self.serve => State::Old,
            _ => State::Over,
        }
    }
}

/// What is to be made of something that was fetched before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It serves.
    Fresh,
    /// It serves, and a newer one is to be fetched meanwhile.
    Old,
    /// It serves no longer.
    Over,
}

/// A fetch that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flight(u64);

/// Who may fetch, and when.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Until when each slot is taken.
    slots: [Duration; SLOTS],
    current: Option<Flight>,
    count: u64,
}

impl Plan {
    /// Begins a fetch, unless one is under way or no slot is free. The slot is taken before anything
    /// is sent: whatever becomes of the fetch, it counts.
    pub(crate) fn take_off(&mut self, now: Duration, limits: &Limits) -> Option<Flight> {
        if self.current.is_some() {
            return None;
        }
        let slot = self.slots.iter_mut().find(|until| **until <= now)?;
        *slot = now.saturating_add(limits.cooldown);
        self.count = self.count.wrapping_add(1);
        self.current = Some(Flight(self.count));
        self.current
    }

    /// Ends a fetch, if it is the current one.
    pub(crate) fn land(&mut self, flight: Flight) {
        self.current.take_if(|current| *current == flight);
    }

    pub(crate) const fn is_flying(&self) -> bool {
        self.current.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits::DEFAULT;

    #[test]
    fn it_serves_while_it_is_old_and_not_for_ever() {
        let age = Duration::from_secs;
        for (seconds, state) in [
            (0, State::Fresh),
            (299, State::Fresh),
            (300, State::Old),
            (86_399, State::Old),
            (86_400, State::Over),
        ] {
            assert_eq!(LIMITS.state(age(seconds)), state, "{seconds}");
        }
    }

    proptest! {
        /// Whoever asks, and however fetches end: one at a time, and two in any cooldown.
        #[test]
        fn two_fetches_in_a_cooldown(asked in prop::collection::vec((0_u64..40_000, any::<bool>()), 0..200)) {
            let mut plan = Plan::default();
            let mut now = Duration::from_secs(1);
            let mut begun = Vec::new();
            let mut current = None;
            for (pause, lands) in asked {
                now += Duration::from_millis(pause);
                if let Some(flight) = plan.take_off(now, &LIMITS) {
                    prop_assert!(current.is_none());
                    current = Some(flight);
                    begun.push(now);
                }
                if lands && let Some(flight) = current.take() {
                    plan.land(flight);
                }
                prop_assert_eq!(plan.is_flying(), current.is_some());
            }
            for three in begun.windows(3) {
                prop_assert!(three[2] - three[0] >= LIMITS.cooldown);
            }
        }

        /// A slot that is free is given to whoever asks.
        #[test]
        fn nobody_waits_longer_than_a_cooldown(pauses in prop::collection::vec(0_u64..60_000, 1..50)) {
            let mut plan = Plan::default();
            let mut now = Duration::ZERO;
            let mut last = None;
            for pause in pauses {
                now += Duration::from_millis(pause);
                if let Some(flight) = plan.take_off(now, &LIMITS) {
                    plan.land(flight);
                    last = Some(now);
                } else {
                    prop_assert!(now - last.unwrap() < LIMITS.cooldown);
                }
            }
        }
    }
}
