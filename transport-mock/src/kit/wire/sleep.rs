//! Waiting for time to pass.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::Wire;

/// Who waits, by the time until which, and in the order in which they began to.
#[derive(Default)]
pub(super) struct Sleepers {
    waiting: BTreeMap<(Duration, u64), Waker>,
    begun: u64,
}

impl Sleepers {
    /// When the next one is woken.
    pub(super) fn next(&self) -> Option<Duration> {
        self.waiting.keys().next().map(|(until, _)| *until)
    }

    /// Takes out all that are to be woken, the earliest first.
    pub(super) fn due(&mut self, elapsed: Duration) -> Vec<Waker> {
        let later = self.waiting.split_off(&(elapsed, u64::MAX));
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }
}

/// A wait for the time.
pub(super) struct Sleep {
    wire: Wire,
    until: Duration,
    number: Option<u64>,
}

impl Sleep {
    pub(super) const fn new(wire: Wire, until: Duration) -> Self {
        Self { wire, until, number: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut state = this.wire.lock();
        if state.elapsed >= this.until {
            return Poll::Ready(());
        }
        let sleepers = &mut state.sleepers;
        let number = *this.number.get_or_insert_with(|| {
            sleepers.begun += 1;
            sleepers.begun
        });
        sleepers.waiting.insert((this.until, number), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.wire.lock().sleepers.waiting.remove(&(self.until, number));
        }
    }
}
