//! When a live session is woken: by a task of its own, or by one that many share.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::sessions::Entry;
use crate::runtime::{Runtime, Task};
use crate::surface::Surface;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// The alarm of one live session.
pub(super) enum Alarm<P: Surface> {
    /// It has a task of its own, which waits for this.
    Own(Bell),
    /// The task of very many wakes it.
    Shared(Entry<P>),
}

impl<P: Surface> Alarm<P> {
    /// Sets the time at which it rings. Whoever waits for another time is to be woken, by the caller:
    /// what a waker does is anybody's, and no lock may be held.
    #[must_use]
    pub(super) fn set(&self, at: Option<Duration>) -> Option<Waker> {
        match self {
            Self::Own(bell) => bell.set(at),
            Self::Shared(entry) => entry.set(at),
        }
    }

    /// Rings it.
    pub(super) fn ring(&self) {
        match self {
            Self::Own(bell) => bell.ring(),
            Self::Shared(entry) => entry.ring(),
        }
    }

    /// It is not needed any more. A task of its own is woken to find out.
    pub(super) fn close(&self) {
        match self {
            Self::Own(bell) => bell.ring(),
            Self::Shared(entry) => entry.leave(),
        }
    }
}

/// What a task waits for: a time that may be moved.
#[derive(Debug, Default)]
pub(super) struct Bell(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    at: Option<Duration>,
    /// Rings at once.
    now: bool,
    waker: Option<Waker>,
}

impl Bell {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Alarm::set`].
    pub(super) fn set(&self, at: Option<Duration>) -> Option<Waker> {
        let mut state = self.state();
        if state.at == at {
            return None;
        }
        state.at = at;
        state.waker.take()
    }

    /// Rings it.
    pub(super) fn ring(&self) {
        if let Some(waker) = self.rung() {
            waker.wake();
        }
    }

    /// Lets it ring as soon as whoever waits is woken.
    pub(super) fn rung(&self) -> Option<Waker> {
        let mut state = self.state();
        state.now = true;
        state.waker.take()
    }

    /// Waits until it rings.
    pub(super) fn wait<'a>(&'a self, runtime: &'a dyn Runtime) -> Waiting<'a> {
        Waiting { bell: self, runtime, sleep: None }
    }
}

pub(super) struct Waiting<'a> {
    bell: &'a Bell,
    runtime: &'a dyn Runtime,
    /// Until when, and the timer of the runtime.
    sleep: Option<(Duration, Task)>,
}

impl Future for Waiting<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        loop {
            let at = {
                let mut state = this.bell.state();
                if std::mem::take(&mut state.now) {
                    return Poll::Ready(());
                }
                state.waker = Some(context.waker().clone());
                state.at
            };
            let Some(at) = at else {
                this.sleep = None;
                return Poll::Pending;
            };
            let now = this.runtime.now();
            if at <= now {
                this.bell.state().at = None;
                return Poll::Ready(());
            }
            let sleep = match &mut this.sleep {
                Some((until, sleep)) if *until == at => sleep,
                sleep => {
                    let timer = this.runtime.sleep(at.saturating_sub(now));
                    &mut sleep.insert((at, timer)).1
                }
            };
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            this.sleep = None;
        }
    }
}
