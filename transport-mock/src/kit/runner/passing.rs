//! Time that passes in pieces, so that what a client does by itself happens at its time.

use std::time::Duration;

use super::{Delays, Run};
use crate::kit::driver::Driver;
use crate::kit::story::Story;

/// Into how many pieces a time is cut at most.
const PIECES: u32 = 64;

/// How long a request takes that was not asked for, while nothing else happens.
const LATENCY: Duration = Duration::from_secs(1);

impl<D: Driver> Run<'_, D> {
    /// Lets time pass. Who waits for it is woken at the right time or, if there are too many, some
    /// time later, as on a machine that sleeps. The last piece is left to be settled.
    pub(super) fn pass(&mut self, duration: Duration) -> Result<(), Story> {
        self.late = Duration::ZERO;
        let end = self.wire.elapsed().saturating_add(duration);
        for pieces in (1..=PIECES).rev() {
            let now = self.wire.elapsed();
            let left = end.saturating_sub(now);
            let next = self.wire.next_wake().map(|at| at.saturating_sub(now));
            self.late = next.map_or(Duration::ZERO, |next| (left / pieces).saturating_sub(next));
            let next = next.map(|next| next.max(left / pieces));
            let answer = self.under_way.iter().any(|travel| !travel.asked).then_some(LATENCY);
            let Some(piece) = next.into_iter().chain(answer).min().filter(|piece| *piece < left)
            else {
                break;
            };
            self.wire.pass(piece);
            self.pass_time();
            self.settle()?;
            self.travel(Delays::OverUnasked)?;
            self.check_pace()?;
        }
        self.wire.pass(end.saturating_sub(self.wire.elapsed()));
        Ok(())
    }
}
