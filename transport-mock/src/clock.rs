//! A clock that a test turns by hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use stytch_session::Clock;

/// The instant at which the clock of [`VirtualClock::new`] stands, and which the default replies
/// of [`replies`](crate::replies) speak of: 2030-06-01T12:00:00Z, in seconds since 1970.
const STORY: Duration = Duration::from_secs(1_906_545_600);

/// A clock that a test turns by hand; clones show the same time.
///
/// It either stands still ([`new`](Self::new), [`at`](Self::at)) or runs with the system clock
/// ([`system`](Self::system)); both can be set and advanced.
///
/// ```
/// use std::time::Duration;
/// use stytch_session_mock::VirtualClock;
///
/// let clock = VirtualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(180));
/// assert_eq!(clock.now(), before + Duration::from_secs(180));
/// ```
#[derive(Clone, Debug)]
pub struct VirtualClock {
    state: Arc<Mutex<Turned>>,
}

/// The state, and how often it was changed.
#[derive(Clone, Copy, Debug)]
struct Turned {
    state: State,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Standing(SystemTime),
    Running { set_to: SystemTime, set_at: SystemTime },
}

impl VirtualClock {
    /// A clock that stands at 2030-06-01T12:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH + STORY)
    }

    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        Self::of(State::Standing(now))
    }

    /// A clock that runs with the system's, until it is set or advanced; then it runs on from there.
    #[must_use]
    pub fn system() -> Self {
        let now = SystemTime::now();
        Self::of(State::Running { set_to: now, set_at: now })
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(Turned { state, count: 0 })) }
    }

    /// The time this clock shows.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.lock().state.now()
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, now: SystemTime) {
        self.lock().turn(now);
    }

    /// Moves the clock forward. It stops at the latest time the system can represent.
    pub fn advance(&self, by: Duration) {
        let mut turned = self.lock();
        let now = turned.state.now();
        turned.turn(now.checked_add(by).unwrap_or(now));
    }

    /// Moves the clock back. It stops at the earliest time the system can represent.
    pub fn rewind(&self, by: Duration) {
        let now = self.now();
        self.set(now.checked_sub(by).unwrap_or(now));
    }

    /// How often it was set or advanced.
    pub(crate) fn turn_count(&self) -> u64 {
        self.lock().count
    }

    /// By how many milliseconds it is ahead of the system's, if it runs with that.
    pub(crate) fn ahead(&self) -> Option<i64> {
        let State::Running { set_to, set_at } = self.lock().state else { return None };
        let milliseconds = |by: Duration| i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Some(match set_to.duration_since(set_at) {
            Ok(ahead) => milliseconds(ahead),
            Err(behind) => -milliseconds(behind.duration()),
        })
    }

    /// Sets it by so many milliseconds ahead of the system's, if it runs with that.
    pub(crate) fn set_ahead(&self, milliseconds: i64) {
        let mut turned = self.lock();
        if matches!(turned.state, State::Standing(_)) {
            return;
        }
        let (now, by) = (SystemTime::now(), Duration::from_millis(milliseconds.unsigned_abs()));
        let then = if milliseconds < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        turned.count += 1;
        turned.state = State::Running { set_to: then.unwrap_or(now), set_at: now };
    }

    fn lock(&self) -> MutexGuard<'_, Turned> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        Self::now(self)
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Turned {
    fn turn(&mut self, now: SystemTime) {
        self.count += 1;
        self.state = match self.state {
            State::Standing(_) => State::Standing(now),
            State::Running { .. } => State::Running { set_to: now, set_at: SystemTime::now() },
        };
    }
}

impl State {
    fn now(self) -> SystemTime {
        match self {
            Self::Standing(now) => now,
            Self::Running { set_to, set_at } => {
                let passed = SystemTime::now().duration_since(set_at).unwrap_or_default();
                set_to.checked_add(passed).unwrap_or(set_to)
            }
        }
    }
}
