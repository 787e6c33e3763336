//! The time and the randomness that a [`Client`](crate::Client) brings to the protocol.

use std::time::SystemTime;

use crate::context::Seed;

/// Tells the wall-clock time. Tests turn their own.
///
/// ```
/// use std::time::SystemTime;
/// use stytch_session::Clock;
///
/// let stopped = || SystemTime::UNIX_EPOCH;
/// assert_eq!(stopped.now(), SystemTime::UNIX_EPOCH);
/// ```
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

impl<F: Fn() -> SystemTime + Send + Sync> Clock for F {
    fn now(&self) -> SystemTime {
        self()
    }
}

/// Gives fresh random seeds: for the ids of each request on the frontend, and for each PKCE pair. The
/// backend's requests need none, and none is asked for. Tests give a fixed one.
pub trait SeedSource: Send + Sync {
    /// A seed that was not given before.
    fn seed(&self) -> Seed;
}

impl<F: Fn() -> Seed + Send + Sync> SeedSource for F {
    fn seed(&self) -> Seed {
        self()
    }
}
