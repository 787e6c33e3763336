//! The way by which one caller hears of the end of one operation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::error::LiveError;
use super::machine::Outcome;
use crate::sync::{Mutex, PoisonError};

pub(super) type Ended = Result<Outcome, LiveError>;

/// What the caller waits for.
#[derive(Debug)]
pub(super) struct Awaited(Arc<Mutex<Slot>>);

/// What tells it. If it is dropped first, the live session has ended.
#[derive(Debug)]
pub(super) struct Teller(Arc<Mutex<Slot>>);

#[derive(Debug)]
enum Slot {
    Empty(Option<Waker>),
    Told(Ended),
    Taken,
}

pub(super) fn channel() -> (Teller, Awaited) {
    let slot = Arc::new(Mutex::new(Slot::Empty(None)));
    (Teller(Arc::clone(&slot)), Awaited(slot))
}

impl Teller {
    pub(super) fn tell(self, ended: Ended) {
        self.put(ended);
    }

    fn put(&self, ended: Ended) {
        let before = {
            let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*slot {
                Slot::Empty(_) => std::mem::replace(&mut *slot, Slot::Told(ended)),
                Slot::Told(_) | Slot::Taken => return,
            }
        };
        if let Slot::Empty(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.put(Err(LiveError::Closed));
    }
}

impl Future for Awaited {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Empty(_) => {
                *slot = Slot::Empty(Some(context.waker().clone()));
                Poll::Pending
            }
            Slot::Told(ended) => Poll::Ready(ended),
            Slot::Taken => Poll::Ready(Err(LiveError::Closed)),
        }
    }
}
