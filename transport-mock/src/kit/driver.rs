//! How a client is driven: at once, or with several operations under way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::client::{AsyncClient, Client, Observation, Operation, OperationKind, Outcome};
use super::promise::Promise;
use super::wire::{Spawned, Wire, Work};

/// How often a future may wake itself, without anything having happened.
const POLLS: usize = 10_000;

/// Drives a client.
pub(super) trait Driver {
    /// Begins an operation of one of the clients.
    fn start(&mut self, number: usize, operation: Operation, process: usize);

    /// Drops the future of an operation; false if there is none.
    fn give_up(&mut self, number: usize) -> bool;

    /// Lets everything go on that can; gives back what has come to an end.
    fn settle(&mut self) -> Vec<(usize, Outcome)>;

    /// How many clients there are.
    fn processes(&self) -> usize {
        1
    }

    fn observe(&mut self, process: usize) -> Observation;

    /// What subscribers have been told since it was asked last.
    fn told(&mut self, _process: usize) -> Option<Vec<Observation>> {
        None
    }

    fn stored(&mut self, _process: usize) -> Option<Observation> {
        None
    }

    fn log(&mut self) -> String;

    /// Drops the clients.
    fn end(&mut self) {}

    /// Whether a task of a client still runs.
    fn is_working(&self) -> bool {
        false
    }
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
    fn start(&mut self, number: usize, operation: Operation, _: usize) {
        self.wire.work_on(Work::Operation(number, operation.kind()));
        let outcome = self.client.apply(&operation);
        self.wire.work_on(Work::Nothing);
        self.ended.push((number, outcome));
    }

    fn give_up(&mut self, _: usize) -> bool {
        false
    }

    fn settle(&mut self) -> Vec<(usize, Outcome)> {
        std::mem::take(&mut self.ended)
    }

    fn observe(&mut self, _: usize) -> Observation {
        self.client.observe()
    }

    fn log(&mut self) -> String {
        self.client.log()
    }
}

/// Drives an [`AsyncClient`], or two.
pub(super) struct Overlapping<C> {
    clients: Vec<Arc<C>>,
    wire: Wire,
    operations: Vec<Waiting>,
    background: Vec<Background>,
}

/// An operation whose end is waited for.
struct Waiting {
    number: usize,
    kind: OperationKind,
    future: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    woken: Arc<Woken>,
}

/// A task that the client has spawned.
struct Background {
    spawned: Spawned,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Woken {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Whether it was woken since this was asked last.
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl<C: AsyncClient> Overlapping<C> {
    pub(super) fn new(clients: impl IntoIterator<Item = C>, wire: Wire) -> Self {
        let clients = clients.into_iter().map(Arc::new).collect();
        Self { clients, wire, operations: Vec::new(), background: Vec::new() }
    }

    /// Polls the operations that were woken; whether there were any.
    fn poll_operations(&mut self, ended: &mut Vec<(usize, Outcome)>) -> bool {
        let mut going_on = false;
        self.operations.retain_mut(|operation| {
            if !operation.woken.take() {
                return true;
            }
            going_on = true;
            let waker = Waker::from(Arc::clone(&operation.woken));
            self.wire.work_on(Work::Operation(operation.number, operation.kind));
            let polled = operation.future.as_mut().poll(&mut Context::from_waker(&waker));
            self.wire.work_on(Work::Nothing);
            match polled {
                Poll::Ready(outcome) => {
                    self.wire.close(operation.number);
                    ended.push((operation.number, outcome));
                    false
                }
                Poll::Pending => true,
            }
        });
        going_on
    }

    /// Polls the tasks that were woken; whether there were any.
    fn poll_background(&mut self) -> bool {
        let spawned = self.wire.spawned().into_iter();
        self.background.extend(spawned.map(|spawned| Background { spawned, woken: Woken::new() }));
        let mut going_on = false;
        self.background.retain_mut(|background| {
            if !background.woken.take() {
                return true;
            }
            going_on = true;
            let waker = Waker::from(Arc::clone(&background.woken));
            self.wire.work_on(Work::Task(background.spawned.operation));
            let task = background.spawned.task.as_mut();
            let polled = task.poll(&mut Context::from_waker(&waker));
            self.wire.work_on(Work::Nothing);
            polled.is_pending()
        });
        going_on
    }
}

impl<C: AsyncClient> Driver for Overlapping<C> {
    fn start(&mut self, number: usize, operation: Operation, process: usize) {
        self.wire.open(number, &operation, process);
        let (client, kind) = (Arc::clone(&self.clients[process]), operation.kind());
        let future = Box::pin(async move { client.apply(operation).await });
        self.operations.push(Waiting { number, kind, future, woken: Woken::new() });
    }

    fn give_up(&mut self, number: usize) -> bool {
        let before = self.operations.len();
        self.operations.retain(|operation| operation.number != number);
        self.wire.close(number);
        self.operations.len() < before
    }

    fn settle(&mut self) -> Vec<(usize, Outcome)> {
        let mut ended = Vec::new();
        let mut rounds = 0;
        loop {
            let operations = self.poll_operations(&mut ended);
            if !self.poll_background() && !operations {
                return ended;
            }
            rounds += 1;
            if rounds > POLLS {
                let what = "it wakes itself again and again, and waits for nothing".to_owned();
                self.wire.break_promise(Promise::OneAnswer, what);
                return ended;
            }
        }
    }

    fn processes(&self) -> usize {
        self.clients.len()
    }

    fn observe(&mut self, process: usize) -> Observation {
        self.clients[process].observe()
    }

    fn told(&mut self, process: usize) -> Option<Vec<Observation>> {
        self.clients[process].told()
    }

    fn stored(&mut self, process: usize) -> Option<Observation> {
        self.clients[process].stored()
    }

    fn log(&mut self) -> String {
        self.clients.iter().map(|client| client.log()).collect()
    }

    fn end(&mut self) {
        self.clients.clear();
    }

    fn is_working(&self) -> bool {
        !self.background.is_empty()
    }
}

impl<C> Drop for Overlapping<C> {
    /// Tasks hold the wire, which holds those that were not taken up.
    fn drop(&mut self) {
        self.operations.clear();
        self.background.clear();
        drop(self.wire.spawned());
    }
}
