//! How a client is driven: at once, or with several operations under way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::client::{AsyncClient, Client, Observation, Operation, OperationKind, Outcome};
use super::promise::Promise;
use super::wire::Wire;

/// How often a future may wake itself, without anything having happened.
const POLLS: usize = 10_000;

/// Drives a client.
pub(super) trait Driver {
    /// Begins an operation.
    fn start(&mut self, number: usize, operation: Operation);

    /// Drops the future of an operation; false if there is none.
    fn give_up(&mut self, number: usize) -> bool;

    /// Lets everything go on that can; gives back what has come to an end.
    fn settle(&mut self) -> Vec<(usize, Outcome)>;

    fn observe(&mut self) -> Observation;

    fn log(&mut self) -> String;
}

/// Drives a [`Client`].
pub(super) struct AtOnce<C> {
    client: C,
    wire: Wire,
    ended: Vec<(usize, Outcome)>,
}

impl<C> AtOnce<C> {
    pub(super) const fn new(client: C, wire: Wire) -> Self {
        Self { client, wire, ended: Vec::new() }
    }
}

impl<C: Client> Driver for AtOnce<C> {
    fn start(&mut self, number: usize, operation: Operation) {
        self.wire.work_on(Some((number, operation.kind())));
        let outcome = self.client.apply(&operation);
        self.wire.work_on(None);
        self.ended.push((number, outcome));
    }

    fn give_up(&mut self, _: usize) -> bool {
        false
    }

    fn settle(&mut self) -> Vec<(usize, Outcome)> {
        std::mem::take(&mut self.ended)
    }

    fn observe(&mut self) -> Observation {
        self.client.observe()
    }

    fn log(&mut self) -> String {
        self.client.log()
    }
}

/// Drives an [`AsyncClient`].
pub(super) struct Overlapping<C> {
    client: Arc<C>,
    wire: Wire,
    tasks: Vec<Task>,
}

struct Task {
    number: usize,
    kind: OperationKind,
    future: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl<C: AsyncClient> Overlapping<C> {
    pub(super) fn new(client: C, wire: Wire) -> Self {
        Self { client: Arc::new(client), wire, tasks: Vec::new() }
    }
}

impl<C: AsyncClient> Driver for Overlapping<C> {
    fn start(&mut self, number: usize, operation: Operation) {
        let (client, kind) = (Arc::clone(&self.client), operation.kind());
        let future = Box::pin(async move { client.apply(operation).await });
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        self.tasks.push(Task { number, kind, future, woken });
    }

    fn give_up(&mut self, number: usize) -> bool {
        let before = self.tasks.len();
        self.tasks.retain(|task| task.number != number);
        self.tasks.len() < before
    }

    fn settle(&mut self) -> Vec<(usize, Outcome)> {
        let mut ended = Vec::new();
        let mut going_on = true;
        let mut rounds = 0;
        while going_on {
            going_on = false;
            rounds += 1;
            if rounds > POLLS {
                let what = "it wakes itself again and again, and waits for nothing".to_owned();
                self.wire.break_promise(Promise::OneAnswer, what);
                break;
            }
            self.tasks.retain_mut(|task| {
                if !task.woken.0.swap(false, Ordering::AcqRel) {
                    return true;
                }
                going_on = true;
                let waker = Waker::from(Arc::clone(&task.woken));
                self.wire.work_on(Some((task.number, task.kind)));
                let polled = task.future.as_mut().poll(&mut Context::from_waker(&waker));
                self.wire.work_on(None);
                match polled {
                    Poll::Ready(outcome) => {
                        ended.push((task.number, outcome));
                        false
                    }
                    Poll::Pending => true,
                }
            });
        }
        ended
    }

    fn observe(&mut self) -> Observation {
        self.client.observe()
    }

    fn log(&mut self) -> String {
        self.client.log()
    }
}
