//! The one task that wakes them, and its wheel.

use std::sync::{Arc, OnceLock, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use super::super::alarm::Bell;
use super::super::driver::Shared;
use super::super::wheel::{Key, Wheel};
use crate::runtime::Runtime;
use crate::surface::Surface;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How many are woken before others have their turn, of the lock and of the executor.
const BATCH: usize = 128;

/// A time that does not come: 35,000 years.
const FAR: Duration = Duration::from_secs(1 << 40);

/// The wheel and its task.
pub(crate) struct Timer<P: Surface> {
    turning: Mutex<Turning<P>>,
    bell: Arc<Bell>,
}

struct Turning<P: Surface> {
    wheel: Wheel<Weak<Shared<P>>>,
    /// When the task comes by itself.
    armed: Duration,
}

impl<P: Surface> Timer<P> {
    pub(crate) fn start(runtime: &Arc<dyn Runtime>) -> Arc<Self> {
        let bell = Arc::new(Bell::default());
        let turning = Turning { wheel: Wheel::new(), armed: FAR };
        let timer = Arc::new(Self { turning: Mutex::new(turning), bell: Arc::clone(&bell) });
        runtime.spawn(Box::pin(turn(Arc::downgrade(&timer), bell, Arc::clone(runtime))));
        timer
    }

    fn turning(&self) -> MutexGuard<'_, Turning<P>> {
        self.turning.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.turning().wheel.len()
    }

    /// Some of those that are due, at most a batch. When there are fewer the alarm is set to the next.
    pub(crate) fn due(&self, now: Duration) -> Vec<Weak<Shared<P>>> {
        let mut due = Vec::new();
        let mut turning = self.turning();
        while due.len() < BATCH {
            let Some(key) = turning.wheel.pop_due(now) else {
                turning.armed = turning.wheel.next().unwrap_or(FAR).min(FAR);
                // What is set to sooner from here on rings. It is the task itself that is here.
                let _ = self.bell.set(Some(turning.armed).filter(|armed| *armed < FAR));
                break;
            };
            due.extend(turning.wheel.owner(key).cloned());
        }
        due
    }
}

impl<P: Surface> Drop for Timer<P> {
    fn drop(&mut self) {
        // The task finds that it is no longer needed.
        self.bell.ring();
    }
}

/// Wakes sessions until there is no timer.
async fn turn<P: Surface>(timer: Weak<Timer<P>>, bell: Arc<Bell>, runtime: Arc<dyn Runtime>) {
    loop {
        bell.wait(&*runtime).await;
        loop {
            let now = runtime.now();
            let Some(due) = timer.upgrade().map(|timer| timer.due(now)) else { return };
            let more = due.len() == BATCH;
            // No lock is held: what they do, and what their callbacks do, is their own affair.
            for session in due {
                if let Some(session) = session.upgrade() {
                    session.wake();
                }
            }
            if !more {
                break;
            }
            give_way().await;
        }
    }
}

/// Lets other tasks have their turn.
async fn give_way() {
    let mut given = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// One session's place on the wheel.
pub(crate) struct Entry<P: Surface> {
    timer: Arc<Timer<P>>,
    key: OnceLock<Key>,
    /// The time that it is set to, in nanoseconds, or one of the three below. It changes under the
    /// lock of the wheel.
    at: AtomicU64,
}

/// It is to be woken at once, whatever it is set to meanwhile.
const RUNG: u64 = 0;
/// It has fired, and is to be set.
const UNSET: u64 = u64::MAX;
const NEVER: u64 = u64::MAX - 1;

impl<P: Surface> Entry<P> {
    pub(crate) const fn new(timer: Arc<Timer<P>>) -> Self {
        Self { timer, key: OnceLock::new(), at: AtomicU64::new(UNSET) }
    }

    /// Takes the place.
    pub(crate) fn enter(&self, owner: Weak<Shared<P>>) {
        self.key.get_or_init(|| self.timer.turning().wheel.insert(Duration::MAX, owner));
    }

    /// Gives the place up.
    pub(crate) fn leave(&self) {
        if let Some(key) = self.key.get() {
            let owner = self.timer.turning().wheel.remove(*key);
            drop(owner);
        }
    }

    /// Sets the time at which the session is woken.
    pub(crate) fn set(&self, at: Option<Duration>) -> Option<Waker> {
        let nanoseconds = at.map_or(NEVER, |at| {
            u64::try_from(at.as_nanos()).unwrap_or(NEVER).clamp(RUNG + 1, NEVER)
        });
        if self.at.load(Ordering::Relaxed) == nanoseconds {
            return None;
        }
        self.move_to(nanoseconds, at.unwrap_or(Duration::MAX))
    }

    /// Wakes it at once.
    pub(crate) fn ring(&self) {
        if let Some(waker) = self.move_to(RUNG, Duration::ZERO) {
            waker.wake();
        }
    }

    /// It is woken now, and is set anew after that.
    pub(crate) fn fired(&self) {
        self.at.store(UNSET, Ordering::Relaxed);
    }

    fn move_to(&self, nanoseconds: u64, at: Duration) -> Option<Waker> {
        let key = self.key.get()?;
        let sooner = {
            let mut turning = self.timer.turning();
            if self.at.load(Ordering::Relaxed) == RUNG {
                return None;
            }
            self.at.store(nanoseconds, Ordering::Relaxed);
            turning.wheel.reschedule(*key, at);
            let sooner = at < turning.armed;
            turning.armed = turning.armed.min(at);
            sooner
        };
        if sooner { self.timer.bell.rung() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frontend;

    #[test]
    fn an_entry_takes_20_bytes() {
        assert_eq!(Wheel::<Weak<Shared<Frontend>>>::ENTRY_BYTES, 20);
    }
}
