//! The machine in its surroundings: requests, the store, tasks, and what is shown to everybody.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::alarm::Alarm;
use super::board::Board;
use super::copy::Copied as _;
use super::error::LiveError;
use super::gate::{Gate, Passing};
use super::hub::Hub;
use super::machine::{
    Answer, FlightId, Locked, Machine, Now, OperationId, Origin, Output, RefreshOptions, Verdict,
};
use super::reply::{Awaited, Ended, Teller, channel};
use crate::client::Client;
use crate::error::Error;
use crate::mix::mixed;
use crate::model::Minutes;
use crate::runtime::{Runtime, Task};
use crate::session::Session;
use crate::state::Active;
use crate::store::{Lock, Store, StoreError, StoreErrorKind};
use crate::surface::Surface;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::transition::{Failure, Refresh, Transition};
use crate::transport::{Repeat, RequestInfo, Response, Transport as _, TransportError};
use crate::wire::reply::server_time;

/// How long the store's lock is waited for: longer than most refreshes take. Then its holder may be
/// stuck, and a refresh goes ahead without it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long any other call of the store's may take.
const STORE_LIMIT: Duration = Duration::from_secs(10);

/// One live session, shared by its handles and its tasks.
pub(super) struct Shared<P: Surface> {
    pub(super) board: Board,
    pub(super) client: Arc<Client<P>>,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) hub: Arc<Hub>,
    pub(super) gate: Arc<Gate>,
    pub(super) alarm: Alarm<P>,
    store: Option<Arc<dyn Store>>,
    core: Mutex<Core>,
    handles: AtomicUsize,
    seeds: AtomicU64,
}

struct Core {
    machine: Machine,
    callers: Vec<(OperationId, Teller)>,
    locks: Vec<(FlightId, Lock)>,
    /// The task that waits for the answer to a refresh.
    flying: Option<(FlightId, Waker)>,
    closed: bool,
}

/// What is to be done once the lock is released.
#[derive(Default)]
struct Work {
    outputs: Vec<Output>,
    tellers: Vec<(Teller, Ended)>,
    locks: Vec<Lock>,
    changed: bool,
    /// Who waits for the alarm, if that is another one now, or for an answer that nobody wants any more.
    wakers: Vec<Waker>,
}

impl<P: Surface> Shared<P> {
    pub(super) fn new(
        client: Arc<Client<P>>,
        runtime: Arc<dyn Runtime>,
        store: Option<Arc<dyn Store>>,
        machine: Machine,
        alarm: Alarm<P>,
    ) -> Arc<Self> {
        let seed = client.fresh_seed();
        let seed = seed
            .bytes()
            .iter()
            .fold(0, |seed: u64, byte| mixed(seed.rotate_left(8) ^ u64::from(*byte)));
        let shared = Self {
            board: Board::new(machine.view(), machine.local_expiry()),
            client,
            runtime,
            hub: Arc::new(Hub::default()),
            gate: Arc::new(Gate::default()),
            alarm,
            store,
            core: Mutex::new(Core {
                machine,
                callers: Vec::new(),
                locks: Vec::new(),
                flying: None,
                closed: false,
            }),
            handles: AtomicUsize::new(1),
            seeds: AtomicU64::new(seed),
        };
        Arc::new(shared)
    }

    /// Begins to wake itself.
    pub(super) fn run(self: &Arc<Self>) {
        match &self.alarm {
            Alarm::Shared(entry) => entry.enter(Arc::downgrade(self)),
            Alarm::Own(_) => {
                let shared = Arc::clone(self);
                // It needs no gate: whoever closes that rings.
                self.runtime.spawn(Box::pin(async move {
                    while let Alarm::Own(bell) = &shared.alarm {
                        bell.wait(&*shared.runtime).await;
                        if shared.gate.is_closed() {
                            return;
                        }
                        shared.wake();
                    }
                }));
            }
        }
        self.step(|machine, now, _| machine.timeout(now));
    }

    /// Does what is due.
    pub(super) fn wake(self: &Arc<Self>) {
        if let Alarm::Shared(entry) = &self.alarm {
            entry.fired();
        }
        self.step(|machine, now, _| machine.timeout(now));
        // What a reader has found to be expired is told from here.
        self.hub.dispatch();
    }

    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let passing: Task = Box::pin(Passing::new(Arc::clone(&self.gate), work));
        self.runtime.spawn(passing);
    }

    pub(super) fn now(&self) -> Now {
        Now { wall: self.client.now(), elapsed: self.runtime.now() }
    }

    fn seed(&self) -> u64 {
        mixed(self.seeds.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed))
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the machine on, and does what it wants done. Once it is closed, an answer that still
    /// comes is nobody's.
    pub(super) fn step<R: Default>(
        self: &Arc<Self>,
        step: impl FnOnce(&mut Machine, Now, u64) -> R,
    ) -> R {
        let (result, work) = self.advance(|core, now, seed| match core.closed {
            false => step(&mut core.machine, now, seed),
            true => R::default(),
        });
        self.perform(work);
        result
    }

    fn advance<R>(&self, step: impl FnOnce(&mut Core, Now, u64) -> R) -> (R, Work) {
        // Clock, runtime and seed may be anybody's: they are asked outside of the lock.
        let (now, seed) = (self.now(), self.seed());
        let mut core = self.core();
        let result = step(&mut core, now, seed);
        let mut work = Work::default();
        while let Some(output) = core.machine.poll() {
            match output {
                Output::Changed(change) => {
                    self.hub.publish(&change);
                    work.changed = true;
                }
                Output::Ended { operation, result } => {
                    let at = core.callers.iter().position(|(of, _)| *of == operation);
                    let caller = at.map(|at| core.callers.swap_remove(at).1);
                    work.tellers.extend(caller.map(|caller| (caller, result)));
                }
                Output::Unlock(flight) => {
                    let at = core.locks.iter().position(|(of, _)| *of == flight);
                    work.locks.extend(at.map(|at| core.locks.swap_remove(at).1));
                }
                output => work.outputs.push(output),
            }
        }
        self.board.show(core.machine.view(), core.machine.local_expiry());
        if core.closed {
            work.outputs.clear();
        } else {
            work.wakers.extend(self.alarm.set(core.machine.deadline(now)));
        }
        if core.flying.as_ref().is_some_and(|(flight, _)| !core.machine.is_under_way(*flight)) {
            work.wakers.extend(core.flying.take().map(|(_, waker)| waker));
        }
        drop(core);
        (result, work)
    }

    /// Does what is to be done, in this order: what runs in the background, subscribers, callers.
    fn perform(self: &Arc<Self>, work: Work) {
        drop(work.locks);
        work.wakers.into_iter().for_each(Waker::wake);
        for output in work.outputs {
            self.begin_work(output);
        }
        if work.changed {
            self.hub.dispatch();
        }
        for (teller, ended) in work.tellers {
            teller.tell(ended);
        }
    }

    fn begin_work(self: &Arc<Self>, output: Output) {
        match output {
            Output::Refresh { flight, session, options, origin } => {
                self.refresh(flight, &session, options, origin);
            }
            Output::Load => self.with_store(Owed::Load, |debt, store| async move {
                let loaded = in_time(store.load(), &*debt.shared.runtime).await;
                debt.pay(|machine, now, seed| {
                    // The machine keeps the error.
                    let _ = machine.loaded(loaded, now, seed);
                });
            }),
            Output::Look => self.with_store(Owed::Look, |debt, store| async move {
                let version = in_time(store.version(), &*debt.shared.runtime).await;
                debt.pay(|machine, now, _| machine.version(version, now));
            }),
            Output::Save { document, expected } => {
                self.with_store(Owed::Save, |debt, store| async move {
                    let saved =
                        in_time(store.save(&document, expected), &*debt.shared.runtime).await;
                    debt.pay(|machine, now, _| machine.saved(saved, now));
                });
            }
            Output::Lock(flight) => {
                self.with_store(Owed::Lock(flight), move |debt, store| async move {
                    let patience = debt.shared.runtime.sleep(PATIENCE);
                    let locked = match first(store.lock(PATIENCE), patience).await {
                        Some(Ok(Some(lock))) => {
                            debt.shared.keep(flight, lock);
                            Locked::Held
                        }
                        Some(Ok(None)) | None => Locked::Busy,
                        Some(Err(_)) => Locked::Failed,
                    };
                    debt.pay(|machine, now, _| machine.locked(flight, locked, now));
                });
            }
            _ => {}
        }
    }

    /// Keeps a lock of the store for a flight. Whoever closes gives back those that are kept.
    fn keep(&self, flight: FlightId, lock: Lock) {
        let mut core = self.core();
        if !core.closed {
            core.locks.push((flight, lock));
        }
    }

    fn with_store<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        owed: Owed,
        work: impl FnOnce(Debt<P>, Arc<dyn Store>) -> F,
    ) {
        if let Some(store) = &self.store {
            let debt = Debt { shared: Arc::clone(self), of: Some(owed) };
            self.spawn(work(debt, Arc::clone(store)));
        }
    }

    fn refresh(
        self: &Arc<Self>,
        flight: FlightId,
        session: &Session<Active>,
        options: RefreshOptions,
        origin: Origin,
    ) {
        let debt = Debt { shared: Arc::clone(self), of: Some(Owed::Refresh(flight)) };
        let step = Refresh::with_options(
            session.copied(),
            options.options.map(|options| (*options).clone()).unwrap_or_default(),
        );
        let mut request = self.client.request(&step);
        if origin == Origin::Background {
            // It is tried again from here, and less often.
            let info = request.extensions().get::<RequestInfo>().copied();
            if let Some(info) = info {
                request.extensions_mut().insert(RequestInfo::new(info.route(), Repeat::Never));
            }
        }
        let sent = self.now();
        self.spawn(async move {
            if !debt.shared.ask(|machine| machine.is_under_way(flight)) {
                return;
            }
            let shared = Arc::clone(&debt.shared);
            let mut reply = pin!(shared.client.transport().send(request));
            // For a session that is over, a transport neither waits nor sends again.
            let reply =
                std::future::poll_fn(|context| match shared.flies(flight, context.waker()) {
                    true => reply.as_mut().poll(context).map(Some),
                    false => Poll::Ready(None),
                });
            let Some(reply) = reply.await else { return };
            let answer = shared.answer(step, reply, sent);
            debt.pay(|machine, now, seed| machine.refreshed(flight, answer, now, seed));
        });
    }

    /// Sends a step and tells the machine what came of it.
    pub(super) fn send<S>(
        self: &Arc<Self>,
        operation: OperationId,
        step: S,
        duration: Option<Minutes>,
    ) where
        S: Transition<P, After: Into<Verdict>> + Send + 'static,
    {
        let debt = Debt { shared: Arc::clone(self), of: Some(Owed::Operation(operation)) };
        let request = self.client.request(&step);
        let sent = self.now();
        self.spawn(async move {
            if !debt.shared.step(|machine, _, _| machine.is_wanted(operation)) {
                return;
            }
            let reply = debt.shared.client.transport().send(request).await;
            let answer = debt.shared.answer(step, reply, sent);
            debt.pay(|machine, now, seed| {
                machine.answered(operation, answer, duration, now, seed);
            });
        });
    }

    fn answer<S>(&self, step: S, reply: Result<Response, TransportError>, sent: Now) -> Answer
    where
        S: Transition<P, After: Into<Verdict>>,
    {
        match reply {
            Ok(reply) => {
                let verdict = match self.client.complete(step, &reply) {
                    Ok(after) => after.into(),
                    Err(Failure::Kept { error, .. }) => Verdict::Kept(error),
                    Err(Failure::Ended { error }) => Verdict::Ended(error),
                };
                Answer::new(verdict, sent).dated(server_time(reply.headers()))
            }
            Err(error) => Answer::new(Verdict::Kept(Error::from(error)), sent),
        }
    }

    /// Begins an operation whose end somebody waits for.
    pub(super) fn begin<T>(
        self: &Arc<Self>,
        begin: impl FnOnce(&mut Machine, Now) -> Result<(OperationId, T), LiveError>,
    ) -> Result<(OperationId, T, Awaited), LiveError> {
        let (teller, awaited) = channel();
        let (begun, work) = self.advance(|core, now, _| {
            if core.closed {
                return Err(LiveError::Closed);
            }
            let (operation, subject) = begin(&mut core.machine, now)?;
            core.callers.push((operation, teller));
            Ok((operation, subject))
        });
        self.perform(work);
        begun.map(|(operation, subject)| (operation, subject, awaited))
    }

    /// What the machine knows, under its lock.
    pub(super) fn ask<R>(&self, ask: impl FnOnce(&Machine) -> R) -> R {
        ask(&self.core().machine)
    }

    /// Whether the answer to a refresh is still wanted; who waits for it is woken when it is not.
    fn flies(&self, flight: FlightId, waker: &Waker) -> bool {
        // What is replaced, or not needed, is dropped after the lock.
        let mut flying = Some((flight, waker.clone()));
        let mut core = self.core();
        let flies = core.machine.is_under_way(flight);
        if flies {
            std::mem::swap(&mut core.flying, &mut flying);
        }
        drop(core);
        flies
    }

    /// What is published has expired by the wall clock. The machine drops it, for good; subscribers
    /// hear of it from the background, for a reader may hold locks of its own.
    pub(super) fn expired(self: &Arc<Self>) {
        let ((), mut work) = self.advance(|core, now, _| core.machine.drop_expired(now));
        work.changed = false;
        self.perform(work);
        self.alarm.ring();
    }

    pub(super) fn add_handle(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_handle(&self) {
        if self.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close();
        }
    }

    pub(super) fn is_last_handle(&self) -> bool {
        self.handles.load(Ordering::Acquire) == 1
    }

    /// Ends the background work, and everybody's waiting.
    pub(super) fn close(&self) {
        let (callers, locks) = {
            let mut core = self.core();
            core.closed = true;
            (std::mem::take(&mut core.callers), std::mem::take(&mut core.locks))
        };
        self.gate.close();
        self.alarm.close();
        self.hub.close();
        drop((callers, locks));
    }
}

/// What is owed an answer.
enum Owed {
    Operation(OperationId),
    Refresh(FlightId),
    Load,
    Look,
    Save,
    Lock(FlightId),
}

/// A task that is dropped before its end, with its runtime for instance, or that panics, says so.
struct Debt<P: Surface> {
    shared: Arc<Shared<P>>,
    of: Option<Owed>,
}

impl<P: Surface> Debt<P> {
    fn pay(mut self, step: impl FnOnce(&mut Machine, Now, u64)) {
        self.of = None;
        self.shared.step(step);
    }
}

impl<P: Surface> Drop for Debt<P> {
    fn drop(&mut self) {
        let Some(of) = self.of.take() else { return };
        if self.shared.gate.is_closed() {
            return;
        }
        let lost = || StoreError::new(StoreErrorKind::Unavailable);
        self.shared.step(|machine, now, seed| match of {
            Owed::Load => {
                let _ = machine.loaded(Err(lost()), now, seed);
            }
            Owed::Look => machine.version(Err(lost()), now),
            Owed::Save => machine.saved(Err(lost()), now),
            Owed::Lock(flight) => machine.locked(flight, Locked::Failed, now),
            Owed::Operation(operation) => machine.dropped(operation),
            Owed::Refresh(flight) => machine.refresh_dropped(flight, now, seed),
        });
    }
}

/// What came of a call of the store's, which may not take for ever.
async fn in_time<T>(
    call: impl Future<Output = Result<T, StoreError>>,
    runtime: &dyn Runtime,
) -> Result<T, StoreError> {
    let busy = || Err(StoreError::new(StoreErrorKind::Busy));
    first(call, runtime.sleep(STORE_LIMIT)).await.unwrap_or_else(busy)
}

/// The output of the first future, unless the second ends before.
async fn first<T>(work: impl Future<Output = T>, limit: Task) -> Option<T> {
    let (mut work, mut limit) = (pin!(work), limit);
    std::future::poll_fn(|context| {
        if let Poll::Ready(output) = work.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        limit.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Reads a store once, before anything else.
pub(super) async fn open(
    machine: &mut Machine,
    store: &dyn Store,
    runtime: &dyn Runtime,
    now: impl Fn() -> Now,
    seed: u64,
) -> Result<(), Arc<StoreError>> {
    machine.open();
    // It wants to load, and that is done here.
    while machine.poll().is_some() {}
    let loaded = in_time(store.load(), runtime).await;
    machine.loaded(loaded, now(), seed)
}
