//! One timer for one attempt: when it has to end, and how long the server may be silent.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::error::LimitPassed;

/// Watches an attempt.
///
/// Whatever is heard of the server only moves a deadline further away. So the timer is left as it
/// is, and set again when it goes off too early: once in seconds, not once in an attempt.
pub(crate) struct Watchdog<'t> {
    timer: Pin<&'t mut Sleep>,
    begin: Instant,
    limit: Duration,
    stall: Duration,
    /// When something of the server was heard last; nothing as long as there is no connection.
    heard: Option<Instant>,
}

impl<'t> Watchdog<'t> {
    /// Watches from `begin` on, by a timer that may have been set before.
    pub(crate) fn new(
        begin: Instant,
        timer: Pin<&'t mut Sleep>,
        limit: Duration,
        stall: Duration,
    ) -> Self {
        let mut watchdog = Self { timer, begin, limit, stall, heard: None };
        let due = begin + limit.min(stall);
        let set = watchdog.timer.deadline();
        if set <= begin || set > due {
            watchdog.timer.as_mut().reset(due);
        }
        watchdog
    }

    /// Something of the server was heard.
    pub(crate) fn hear(&mut self) {
        self.heard = Some(Instant::now());
    }

    /// The output of `work`, unless a limit passes before.
    pub(crate) fn watch<F: Future>(
        &mut self,
        mut work: Pin<&mut F>,
    ) -> impl Future<Output = Result<F::Output, LimitPassed>> {
        poll_fn(move |context| match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll(context).map(Err),
        })
    }

    /// Ready when a limit has passed.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<LimitPassed> {
        loop {
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if now >= self.begin + self.limit {
                return Poll::Ready(LimitPassed::Attempt { after: self.limit });
            }
            if self.heard.is_some_and(|heard| now >= heard + self.stall) {
                return Poll::Ready(LimitPassed::Stall { after: self.stall });
            }
            let silence = self.heard.unwrap_or(now) + self.stall;
            self.timer.as_mut().reset(silence.min(self.begin + self.limit));
        }
    }
}
