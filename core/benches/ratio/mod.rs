//! Two ways to the same result, timed in turns, so that a noisy machine is noisy for both.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};

/// Runs in one batch: few enough to stay in the caches.
const BATCH: usize = 32;
const ROUNDS: usize = 2001;

/// One of the two ways: what is done before the clock starts, and what is timed. What the timed
/// part returns is dropped after the clock stops.
pub(crate) struct Way<P, R> {
    pub name: &'static str,
    pub prepare: P,
    pub run: R,
}

impl<I, O, P: Fn() -> I, R: Fn(I) -> O> Way<P, R> {
    fn absolute(&self, criterion: &mut Criterion, group: &str) {
        let name = format!("{group}: {}", self.name);
        criterion.bench_function(&name, |bencher| {
            bencher.iter_batched(&self.prepare, &self.run, BatchSize::SmallInput);
        });
    }

    fn batch(&self) -> Duration {
        let inputs: Vec<I> = (0..BATCH).map(|_| (self.prepare)()).collect();
        let mut outputs = Vec::with_capacity(BATCH);
        let start = Instant::now();
        for input in inputs {
            outputs.push(black_box((self.run)(black_box(input))));
        }
        start.elapsed()
    }

    fn allocations(&self) -> u64 {
        let input = (self.prepare)();
        let mut output = None;
        allocation_counter::measure(|| output = Some((self.run)(input))).count_total
    }
}

/// Compares `ours` with `floor`: absolute times first, then one line with the ratio of the times
/// and both numbers of allocations. Without `--bench` both run once only.
pub(crate) fn compare<I, O, P, R, J, Q, S, T>(
    criterion: &mut Criterion,
    name: &str,
    ours: &Way<P, R>,
    floor: &Way<S, T>,
) -> String
where
    P: Fn() -> I,
    R: Fn(I) -> O,
    S: Fn() -> J,
    T: Fn(J) -> Q,
{
    ours.absolute(criterion, name);
    floor.absolute(criterion, name);
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    let mut ratios = Vec::with_capacity(rounds);
    // The allocator's counters would tell in the timings.
    allocation_counter::opt_out(|| {
        for round in 0..rounds {
            // Each goes first every other time.
            let (ours, floor) = if round % 2 == 0 {
                let ours = ours.batch();
                (ours, floor.batch())
            } else {
                let floor = floor.batch();
                (ours.batch(), floor)
            };
            ratios.push(ours.as_secs_f64() / floor.as_secs_f64());
        }
    });
    ratios.sort_by(f64::total_cmp);
    format!(
        "{name}: {:.2}x of {}, {} allocations ({} {})",
        ratios[rounds / 2],
        floor.name,
        ours.allocations(),
        floor.name,
        floor.allocations(),
    )
}

pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}
