//! Who is answered before whom.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How long a thread waits to be overtaken. A task has no such limit: it holds up nobody else.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lets the answers of two requests change places: one is held back until a later request has been
/// answered.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many requests have begun.
    begun: u64,
    /// The latest request that has been answered.
    answered: u64,
    /// At most one answer is held back: of two, the later one overtakes the earlier.
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    request: u64,
    waker: Option<Waker>,
}

/// An answer that is held back. Dropped, it stands in nobody's way.
#[derive(Debug)]
pub(crate) struct Hold<'a> {
    turns: &'a Turns,
    request: u64,
}

impl Turns {
    /// The number of a request that begins.
    pub(crate) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.begun += 1;
        state.begun
    }

    /// Holds the answer to this request back, unless it has been overtaken already, or one to an
    /// earlier request is held: then this one overtakes it.
    pub(crate) fn hold(&self, request: u64) -> Hold<'_> {
        let before = {
            let mut state = self.lock();
            let overtakes = state.held.as_ref().is_some_and(|held| held.request < request);
            if overtakes || state.answered > request {
                None
            } else {
                state.held.replace(Held { request, waker: None })
            }
        };
        self.let_go(before);
        Hold { turns: self, request }
    }

    /// The answer to this request goes out, and after it that which it has overtaken.
    pub(crate) fn answered(&self, request: u64) {
        {
            let mut state = self.lock();
            state.answered = state.answered.max(request);
        }
        self.let_go_if(|held| held.request < request);
    }

    /// Lets go what is held back.
    pub(crate) fn release(&self) {
        self.let_go_if(|_| true);
    }

    /// Whether an answer is held back now.
    pub(crate) fn is_holding(&self) -> bool {
        self.lock().held.is_some()
    }

    fn let_go_if(&self, condition: impl FnOnce(&Held) -> bool) {
        let held = {
            let mut state = self.lock();
            if state.held.as_ref().is_some_and(condition) { state.held.take() } else { None }
        };
        self.let_go(held);
    }

    /// Wakes who waits. The lock is free here: a waker may run anything.
    fn let_go(&self, held: Option<Held>) {
        if let Some(held) = held {
            self.changed.notify_all();
            if let Some(waker) = held.waker {
                waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn held(&mut self, request: u64) -> Option<&mut Held> {
        self.held.as_mut().filter(|held| held.request == request)
    }
}

impl Hold<'_> {
    /// Waits in this thread.
    pub(crate) fn wait(self) {
        let state = self.turns.lock();
        let is_held = |state: &mut State| state.held(self.request).is_some();
        let waited = self.turns.changed.wait_timeout_while(state, PATIENCE, is_held);
        // The lock is given back before `self` is dropped, which takes it again.
        drop(waited);
    }
}

impl Future for Hold<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut waker = Some(context.waker().clone());
        let mut state = self.turns.lock();
        let Some(held) = state.held(self.request) else { return Poll::Ready(()) };
        std::mem::swap(&mut held.waker, &mut waker);
        drop(state);
        // The old waker is dropped here, where the lock is free.
        drop(waker);
        Poll::Pending
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        let held = if state.held(self.request).is_some() { state.held.take() } else { None };
        drop(state);
        drop(held);
    }
}
