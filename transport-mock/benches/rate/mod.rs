//! How often something happens.

use std::time::{Duration, Instant};

/// How often something happens in a second, and in a second for which it has the processor: if
/// others run on the same core, the two differ.
pub(crate) struct Rate {
    pub(crate) by_clock: f64,
    pub(crate) by_processor: Option<f64>,
}

/// Measures the rate at which a process does something.
pub(crate) struct Watch {
    process: u32,
    start: Instant,
    used: Option<Duration>,
}

impl Watch {
    pub(crate) fn start(process: u32) -> Self {
        Self { process, start: Instant::now(), used: processor_time(process) }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn rate(&self, count: u32) -> Rate {
        let used = processor_time(self.process).zip(self.used).map(|(now, then)| now - then);
        let rate = |time: Duration| f64::from(count) / time.as_secs_f64();
        Rate { by_clock: rate(self.elapsed()), by_processor: used.map(rate) }
    }
}

/// For how long the first thread of a process has run, where the system tells.
fn processor_time(process: u32) -> Option<Duration> {
    let times = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    times.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
