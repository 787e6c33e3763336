//! Who hears of changes, and in which order.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::machine::Change;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How many changes wait for a subscriber at most: few, where the schedules of a test are short.
pub(super) const CAPACITY: usize = if cfg!(shuttle) { 4 } else { 1024 };

/// For how many changes an empty queue keeps the room.
const KEPT: usize = 4;

type Callback = Box<dyn FnMut(&Change) + Send>;

/// All subscribers of one live session.
#[derive(Default)]
pub(super) struct Hub {
    subscribers: Mutex<Subscribers>,
}

#[derive(Default)]
struct Subscribers {
    /// Shared with those who go through it; whoever changes it meanwhile changes a copy. `None` while
    /// there is nobody.
    all: Option<Arc<Vec<Arc<Subscriber>>>>,
    closed: bool,
}

struct Subscriber {
    queue: Mutex<Queue>,
}

struct Queue {
    changes: VecDeque<Change>,
    missed: u64,
    ended: bool,
    listener: Listener,
}

enum Listener {
    /// None while it is being called.
    Callback(Option<Callback>),
    Stream(Option<Waker>),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    fn subscribe(&self, listener: Listener) -> Arc<Subscriber> {
        let mut subscribers = lock(&self.subscribers);
        let queue =
            Queue { changes: VecDeque::new(), missed: 0, ended: subscribers.closed, listener };
        let subscriber = Arc::new(Subscriber { queue: Mutex::new(queue) });
        if !subscribers.closed {
            Arc::make_mut(subscribers.all.get_or_insert_default()).push(Arc::clone(&subscriber));
        }
        subscriber
    }

    /// Queues a change for all. Nobody is called yet, so it may be done under a lock.
    pub(super) fn publish(&self, change: &Change) {
        for subscriber in lock(&self.subscribers).all.iter().flat_map(|all| all.iter()) {
            lock(&subscriber.queue).push(change.clone());
        }
    }

    /// Calls everybody for whom something waits. No lock is held meanwhile.
    pub(super) fn dispatch(&self) {
        // A callback may subscribe and unsubscribe.
        let all = lock(&self.subscribers).all.clone();
        for subscriber in all.iter().flat_map(|all| all.iter()) {
            subscriber.call();
        }
    }

    pub(super) fn close(&self) {
        let all = {
            let mut subscribers = lock(&self.subscribers);
            subscribers.closed = true;
            std::mem::take(&mut subscribers.all)
        };
        for subscriber in all.iter().flat_map(|all| all.iter()) {
            subscriber.end();
        }
    }

    fn remove(&self, subscriber: &Arc<Subscriber>) {
        let mut subscribers = lock(&self.subscribers);
        let Some(all) = &mut subscribers.all else { return };
        let all = Arc::make_mut(all);
        all.retain(|one| !Arc::ptr_eq(one, subscriber));
        if all.is_empty() {
            subscribers.all = None;
        }
    }
}

impl Queue {
    fn push(&mut self, change: Change) {
        if self.ended {
            return;
        }
        if self.changes.len() >= CAPACITY {
            self.changes.pop_front();
            self.missed = self.missed.saturating_add(1);
        }
        self.changes.push_back(change);
    }

    fn pop(&mut self) -> Option<Change> {
        let mut change = self.changes.pop_front()?;
        change.missed = std::mem::take(&mut self.missed);
        if self.changes.is_empty() && self.changes.capacity() > KEPT {
            self.changes = VecDeque::new();
        }
        Some(change)
    }
}

impl Subscriber {
    /// Calls a callback for all that waits, or wakes a stream. If it is being called right now, by
    /// this thread or another, that call goes on with what waits.
    fn call(&self) {
        let mut queue = lock(&self.queue);
        let waits = !queue.changes.is_empty() || queue.ended;
        if let Listener::Stream(waker) = &mut queue.listener {
            // While nothing waits it stays, for what is still to come.
            let waker = if waits { waker.take() } else { None };
            drop(queue);
            if let Some(waker) = waker {
                waker.wake();
            }
            return;
        }
        if queue.changes.is_empty() {
            return;
        }
        let Listener::Callback(callback) = &mut queue.listener else { return };
        let Some(mut callback) = callback.take() else { return };
        while let Some(change) = queue.pop() {
            drop(queue);
            // What it has seen so far is its own affair: it is called with the next one.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(&change)));
            drop(change);
            queue = lock(&self.queue);
            if queue.ended {
                drop(queue);
                return drop_quietly(callback);
            }
        }
        queue.listener = Listener::Callback(Some(callback));
    }

    fn end(&self) {
        let listener = {
            let mut queue = lock(&self.queue);
            queue.ended = true;
            match &mut queue.listener {
                // What waits is still read.
                Listener::Stream(waker) => Listener::Stream(waker.take()),
                Listener::Callback(callback) => {
                    let callback = callback.take();
                    queue.changes = VecDeque::new();
                    Listener::Callback(callback)
                }
            }
        };
        match listener {
            Listener::Stream(Some(waker)) => waker.wake(),
            Listener::Callback(Some(callback)) => drop_quietly(callback),
            _ => {}
        }
    }
}

/// What a callback holds may panic when it is dropped.
fn drop_quietly(callback: Callback) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(callback)));
}

/// Keeps a callback subscribed until it is dropped. Made by
/// [`LiveSession::on_change`](super::LiveSession::on_change).
///
/// A call that is under way in another thread when it is dropped still comes to its end.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    hub: Weak<Hub>,
    subscriber: Arc<Subscriber>,
}

impl Subscription {
    pub(super) fn new(hub: &Arc<Hub>, callback: Callback) -> Self {
        let subscriber = hub.subscribe(Listener::Callback(Some(callback)));
        Self { hub: Arc::downgrade(hub), subscriber }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.remove(&self.subscriber);
        }
        self.subscriber.end();
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

/// The changes of a live session as a stream. Made by
/// [`LiveSession::changes`](super::LiveSession::changes).
///
/// At most 1,024 changes wait in it: then the oldest are dropped, and the next one that is read says
/// how many ([`Change::missed`]). It ends when the live session does.
#[must_use = "a stream does nothing until it is polled"]
pub struct Changes {
    hub: Weak<Hub>,
    subscriber: Arc<Subscriber>,
}

impl Changes {
    pub(super) fn new(hub: &Arc<Hub>) -> Self {
        let subscriber = hub.subscribe(Listener::Stream(None));
        Self { hub: Arc::downgrade(hub), subscriber }
    }

    /// The next change; none if the live session has ended. A future that is dropped takes nothing.
    pub async fn next(&mut self) -> Option<Change> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Changes {
    type Item = Change;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Change>> {
        let mut queue = lock(&self.subscriber.queue);
        if let Some(change) = queue.pop() {
            return Poll::Ready(Some(change));
        }
        if queue.ended {
            return Poll::Ready(None);
        }
        queue.listener = Listener::Stream(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.remove(&self.subscriber);
        }
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changes")
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hub")
    }
}
