//! Sending again: by the policy of the core, within the budget and the time of the operation.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use stytch_session::retry::{RetryBudget, RetryPolicy};
use stytch_session::{Repeat, Response, TransportError};

/// The policy, and what is left of the budget for all requests of a transport.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: RetryPolicy,
    budget: Mutex<RetryBudget>,
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy, repetitions: u32) -> Self {
        Self { policy, budget: Mutex::new(RetryBudget::new(repetitions)) }
    }

    /// The pause before a request is sent again, if it is: after so many sends of which this came
    /// in the end, with so much time left.
    pub(crate) fn pause(
        &self,
        sends: u32,
        repeat: Repeat,
        outcome: &Result<Response, TransportError>,
        left: impl FnOnce() -> Duration,
    ) -> Option<Duration> {
        let good = outcome.as_ref().is_ok_and(|reply| reply.status().is_success());
        let seed = if good { 0 } else { seed() };
        let pause = self.policy.pause(sends, repeat, outcome, seed);
        let pause = pause.filter(|pause| *pause < left());
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        match pause {
            Some(pause) if budget.take() => Some(pause),
            _ => {
                budget.note(outcome);
                None
            }
        }
    }
}

/// A number that nobody can guess: the standard library's seed for hashes.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
