//! The system's clock and randomness: the only place in this crate that asks for them.

use std::hash::{BuildHasher as _, RandomState};
use std::time::SystemTime;

use crate::clock::{Clock, SeedSource};
use crate::context::Seed;

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the system clock")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SystemSeed;

impl SeedSource for SystemSeed {
    #[allow(clippy::disallowed_methods, reason = "this is the system's randomness")]
    fn seed(&self) -> Seed {
        let mut bytes = [0; 32];
        if getrandom::getrandom(&mut bytes).is_err() {
            // The system's source failed: the standard library seeds its hash maps by ways of its
            // own, and stops the program where it cannot either.
            for chunk in bytes.chunks_exact_mut(8) {
                chunk.copy_from_slice(&RandomState::new().hash_one(0).to_ne_bytes());
            }
        }
        Seed::from(bytes)
    }
}
