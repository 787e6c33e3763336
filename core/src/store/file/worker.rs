//! The thread of a store: work that blocks is done there, and no executor waits for it.
//!
//! Work that waits for a lock is tried again and again between other work, so that it delays none.
#![allow(
    clippy::disallowed_methods,
    reason = "this is the thread of the store, and what it waits for is other processes"
)]

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::oneshot::{Sender, oneshot};

/// How soon work that has to wait is tried again: the system tells nobody that a lock is free.
const PAUSE: Duration = Duration::from_millis(5);

/// How long the thread stays when nothing is to be done: a session that looks at its store every
/// second keeps it, one that rests does not.
const IDLE: Duration = Duration::from_secs(10);

/// Starts the thread when there is work. Dropping it ends the thread.
pub(super) struct Worker(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    has_thread: bool,
    closed: bool,
}

/// Tries to do its work; whether it has to be tried again.
type Job = Box<dyn FnMut() -> Attempt + Send>;

enum Attempt {
    Over,
    Again,
}

impl Worker {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Tries something on the thread until it gives a value; none if it gives none for as long as
    /// `patience`. It is tried once at least, and no more once the future was dropped.
    ///
    /// Fails if there is no thread to be had.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        patience: Duration,
        mut work: impl FnMut() -> Option<T> + Send + 'static,
    ) -> io::Result<Option<T>> {
        let (sender, receiver) = oneshot();
        let mut sender = Some(sender);
        // A patience beyond all time is no limit.
        let end = Instant::now().checked_add(patience);
        self.submit(Box::new(move || {
            if !sender.as_ref().is_some_and(Sender::is_awaited) {
                return Attempt::Over;
            }
            let was_last = end.is_some_and(|end| Instant::now() >= end);
            let value = work();
            if value.is_none() && !was_last {
                return Attempt::Again;
            }
            if let Some(sender) = sender.take() {
                sender.send(value);
            }
            Attempt::Over
        }))?;
        receiver.await.ok_or_else(|| io::Error::other("the thread of the store has ended"))
    }

    fn submit(&self, job: Job) -> io::Result<()> {
        let mut queue = self.0.queue();
        if !queue.has_thread {
            let shared = Arc::clone(&self.0);
            thread::Builder::new().name("stytch-store".to_owned()).spawn(move || shared.work())?;
            queue.has_thread = true;
        }
        queue.jobs.push_back(job);
        self.0.changed.notify_one();
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.queue().closed = true;
        self.0.changed.notify_one();
    }
}

impl Shared {
    fn work(&self) {
        let _ended = Ended(self);
        let mut waiting: Vec<Job> = Vec::new();
        loop {
            let pause = if waiting.is_empty() { IDLE } else { PAUSE };
            let (mut queue, _) = self
                .changed
                .wait_timeout_while(self.queue(), pause, |queue| {
                    queue.jobs.is_empty() && !queue.closed
                })
                .unwrap_or_else(PoisonError::into_inner);
            // Nobody waits for the work of a store that is gone.
            if queue.closed || waiting.is_empty() && queue.jobs.is_empty() {
                // In the same step as the look into the queue, lest work is left there.
                queue.has_thread = false;
                return;
            }
            waiting.extend(queue.jobs.drain(..));
            drop(queue);
            waiting.retain_mut(|job| matches!(job(), Attempt::Again));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Should the thread ever panic, whoever waits for it is told, and the next work starts another.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let jobs = {
                let mut queue = self.0.queue();
                queue.has_thread = false;
                std::mem::take(&mut queue.jobs)
            };
            drop(jobs);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(future)
    }

    /// Waits until something of another thread's has come true.
    fn until(what: impl Fn() -> bool) {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not come true");
            thread::yield_now();
        }
    }

    #[test]
    fn the_thread_starts_with_work_and_ends_with_the_store() {
        let worker = Worker::new();
        let shared = Arc::downgrade(&worker.0);
        assert_eq!(shared.strong_count(), 1);
        let name = || thread::current().name().map(str::to_owned);
        let name = block_on(worker.run(Duration::ZERO, move || Some(name()))).expect("a thread");
        assert_eq!(name.flatten().as_deref(), Some("stytch-store"));
        assert_eq!(shared.strong_count(), 2);
        drop(worker);
        until(|| shared.strong_count() == 0);
    }

    /// With work that is never done, and that nobody will ever fetch.
    #[test]
    fn the_thread_ends_with_the_store_whatever_it_waits_for() {
        let worker = Worker::new();
        let shared = Arc::downgrade(&worker.0);
        {
            let waiting = pin!(worker.run(Duration::MAX, || None::<()>));
            let polled = waiting.poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        drop(worker);
        until(|| shared.strong_count() == 0);
    }

    #[test]
    fn work_is_tried_until_it_gives_something() {
        let worker = Worker::new();
        let mut tries = 0;
        let work = move || {
            tries += 1;
            (tries == 3).then_some(tries)
        };
        assert_eq!(block_on(worker.run(Duration::MAX, work)).expect("a thread"), Some(3));
        assert_eq!(block_on(worker.run(Duration::ZERO, || None::<()>)).expect("a thread"), None);
    }

    #[test]
    fn work_of_a_dropped_future_is_not_tried_again() {
        let worker = Worker::new();
        let (work, tried) = (Arc::new(()), Arc::new(Mutex::new(0)));
        {
            let (work, tried) = (Arc::clone(&work), Arc::clone(&tried));
            let mut waiting = pin!(worker.run(Duration::MAX, move || {
                let _work = &work;
                *tried.lock().expect("no panic") += 1;
                None::<()>
            }));
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(waiting.as_mut().poll(&mut context).map(|_| ()), Poll::Pending);
        }
        until(|| Arc::strong_count(&work) == 1);
        let after = *tried.lock().expect("no panic");
        for _ in 0..3 {
            block_on(worker.run(Duration::ZERO, || Some(()))).expect("a thread");
        }
        assert_eq!(*tried.lock().expect("no panic"), after);
    }

    #[test]
    fn a_panic_is_an_error_and_the_next_work_has_a_thread() {
        let worker = Worker::new();
        let work = || -> Option<()> { panic!("on purpose") };
        let error = block_on(worker.run(Duration::MAX, work)).expect_err("it panicked");
        assert_eq!(error.to_string(), "the thread of the store has ended");
        until(|| Arc::strong_count(&worker.0) == 1);
        assert_eq!(block_on(worker.run(Duration::MAX, || Some(7))).expect("a thread"), Some(7));
    }
}
