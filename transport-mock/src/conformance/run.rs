//! Futures of any runtime: several at a time, one beside another, and none for ever.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// Drives all futures to their ends.
pub(super) async fn join<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut values: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, value) in futures.iter_mut().zip(&mut values) {
            if value.is_none() {
                *value = match future.as_mut().poll(context) {
                    Poll::Ready(value) => Some(value),
                    Poll::Pending => None,
                };
            }
        }
        if values.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    values.into_iter().flatten().collect()
}

/// What a future gives when it is polled once, if it gives something.
pub(super) async fn once<T>(mut future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Option<T> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Drives `work` to its end, and `other` beside it: what `other` gave meanwhile, if anything.
pub(super) async fn beside<T>(
    mut other: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    work: impl Future<Output = ()>,
) -> Option<T> {
    let mut work = pin!(work);
    let mut given = None;
    poll_fn(|context| {
        if given.is_none() {
            if let Poll::Ready(value) = other.as_mut().poll(context) {
                given = Some(value);
            }
        }
        work.as_mut().poll(context)
    })
    .await;
    given
}

/// Drives a future to its end, and panics if that takes too long: a store that hangs must not hang
/// its tests.
pub(super) async fn within<T>(limit: Duration, duty: &str, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let alarm = Alarm::set(limit);
    poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(value);
        }
        if alarm.has_rung(context.waker()) {
            super::broken(duty, format_args!("it hangs; given up after {limit:?}"));
        }
        Poll::Pending
    })
    .await
}

/// A thread that wakes a task, since no runtime is known here.
struct Alarm(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    rung: bool,
    dropped: bool,
    waker: Option<Waker>,
}

impl Alarm {
    fn set(limit: Duration) -> Self {
        let shared = Arc::<(Mutex<State>, Condvar)>::default();
        let alarm = Self(Arc::clone(&shared));
        thread::spawn(move || {
            let (state, changed) = &*shared;
            let guard = state.lock().unwrap_or_else(PoisonError::into_inner);
            let (mut guard, _) = changed
                .wait_timeout_while(guard, limit, |state| !state.dropped)
                .unwrap_or_else(PoisonError::into_inner);
            guard.rung = true;
            let waker = guard.waker.take();
            drop(guard);
            waker.into_iter().for_each(Waker::wake);
        });
        alarm
    }

    fn has_rung(&self, waker: &Waker) -> bool {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.waker = Some(waker.clone());
        state.rung
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.dropped = true;
        state.waker = None;
        self.0.1.notify_one();
    }
}
