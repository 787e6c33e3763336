//! How much was done in runs.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use super::client::OperationKind;

/// How much was done in the runs of a [`Check`](super::Check).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many journeys were made.
    pub journeys: u64,
    /// How many steps they had.
    pub steps: u64,
    /// How many requests the client sent.
    pub requests: u64,
    /// How many of them met a mishap.
    pub mishaps: u64,
    done: BTreeMap<OperationKind, u64>,
}

impl Summary {
    /// How often an operation succeeded.
    #[must_use]
    pub fn times_done(&self, kind: OperationKind) -> u64 {
        self.done.get(&kind).copied().unwrap_or_default()
    }

    pub(super) fn done(&mut self, kind: OperationKind) {
        *self.done.entry(kind).or_default() += 1;
    }

    pub(super) fn did_nothing(&self) -> bool {
        self.done.keys().all(|kind| kind.endpoint().is_none())
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, more: Self) {
        self.journeys += more.journeys;
        self.steps += more.steps;
        self.requests += more.requests;
        self.mishaps += more.mishaps;
        for (kind, times) in more.done {
            *self.done.entry(kind).or_default() += times;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { journeys, steps, requests, mishaps, done } = self;
        let share = 100 * mishaps / (*requests).max(1);
        write!(
            f,
            "{journeys} journeys, {steps} steps, {requests} requests, {share} % of them with a \
             mishap; done:"
        )?;
        let mut comma = "";
        for (kind, times) in done {
            write!(f, "{comma} {kind:?} {times}")?;
            comma = ",";
        }
        Ok(())
    }
}
