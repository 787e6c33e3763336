//! What ends the background work of a live session.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Open until the live session ends: then all work that passes by it is dropped.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed: AtomicBool,
    /// One place for each piece of work.
    places: Mutex<Vec<Place>>,
}

#[derive(Debug)]
enum Place {
    Free,
    Taken(Option<Waker>),
}

impl Gate {
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Ends all work.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let places = std::mem::take(&mut *self.places());
        for place in places {
            if let Place::Taken(Some(waker)) = place {
                waker.wake();
            }
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> usize {
        let mut places = self.places();
        match places.iter().position(|place| matches!(place, Place::Free)) {
            Some(at) => {
                if let Some(place) = places.get_mut(at) {
                    *place = Place::Taken(None);
                }
                at
            }
            None => {
                // There are seldom more.
                places.reserve_exact(1);
                places.push(Place::Taken(None));
                places.len().saturating_sub(1)
            }
        }
    }

    fn wait(&self, at: usize, waker: &Waker) {
        if let Some(place) = self.places().get_mut(at) {
            match place {
                Place::Taken(Some(known)) if known.will_wake(waker) => {}
                place => *place = Place::Taken(Some(waker.clone())),
            }
        }
    }

    fn leave(&self, at: usize) {
        let mut places = self.places();
        if let Some(place) = places.get_mut(at) {
            *place = Place::Free;
        }
        if places.iter().all(|place| matches!(place, Place::Free)) {
            *places = Vec::new();
        }
    }
}

/// Work that is dropped when the gate closes.
pub(super) struct Passing<F> {
    gate: Arc<Gate>,
    at: usize,
    work: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = ()>> Passing<F> {
    pub(super) fn new(gate: Arc<Gate>, work: F) -> Self {
        let at = gate.enter();
        Self { gate, at, work: Some(Box::pin(work)) }
    }
}

impl<F: Future<Output = ()>> Future for Passing<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        // Before it is asked whether it is closed: a close after that wakes.
        this.gate.wait(this.at, context.waker());
        if this.gate.is_closed() {
            this.work = None;
            return Poll::Ready(());
        }
        match &mut this.work {
            Some(work) => {
                let polled = work.as_mut().poll(context);
                if polled.is_ready() {
                    this.work = None;
                }
                polled
            }
            None => Poll::Ready(()),
        }
    }
}

impl<F> Drop for Passing<F> {
    fn drop(&mut self) {
        self.work = None;
        if !self.gate.is_closed() {
            self.gate.leave(self.at);
        }
    }
}
