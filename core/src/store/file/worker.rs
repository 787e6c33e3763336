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
