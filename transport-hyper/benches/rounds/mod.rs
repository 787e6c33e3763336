//! Two sides in turns, and the table of what they cost.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::machine::processor_time;
use crate::server::Server;

/// Ours may take this much of the floor's processor time.
const PROCESSOR_AIM: f64 = 1.05;

/// Ours may make this many more allocations for a call than the floor.
const ALLOCATIONS_AIM: f64 = 10.0;

/// One way to refresh a session.
pub(crate) trait Side {
    type Caller: Caller + Send + 'static;

    /// Somebody who has logged in.
    fn caller(&self) -> impl Future<Output = Self::Caller>;
}

pub(crate) trait Caller {
    /// One refresh.
    fn call(&mut self) -> impl Future<Output = ()> + Send;
}

/// How much is done.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) callers: usize,
    /// Of each caller, in one round.
    pub(crate) calls: usize,
    pub(crate) rounds: usize,
}

/// What one call took, in microseconds.
struct Round {
    processor: Option<f64>,
    median: f64,
    last_percent: f64,
}

/// One figure of a round, where the system tells.
type Figure = fn(&Round) -> Option<f64>;

/// The callers of one side, on a thread and a runtime of their own: nothing of the other side runs
/// in their turn.
struct Crowd<C> {
    runtime: Runtime,
    callers: Vec<(C, Vec<Duration>)>,
    calls: usize,
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

impl<C: Caller + Send + 'static> Crowd<C> {
    fn new<S: Side<Caller = C>>(side: &S, size: Size) -> Self {
        let runtime = runtime();
        let callers = runtime.block_on(async {
            let mut callers = Vec::with_capacity(size.callers);
            for _ in 0..size.callers {
                callers.push((side.caller().await, Vec::with_capacity(size.calls)));
            }
            callers
        });
        Self { runtime, callers, calls: size.calls }
    }

    /// All callers at once, each with one call after the other.
    fn run(&mut self) {
        let calls = self.calls;
        self.runtime.block_on(async {
            let busy: Vec<_> = self
                .callers
                .drain(..)
                .map(|(mut caller, mut times)| {
                    times.clear();
                    tokio::spawn(async move {
                        for _ in 0..calls {
                            let start = Instant::now();
                            caller.call().await;
                            times.push(start.elapsed());
                        }
                        (caller, times)
                    })
                })
                .collect();
            for task in busy {
                self.callers.push(task.await.expect("no call fails"));
            }
        });
    }

    fn round(&mut self) -> Round {
        let before = processor_time();
        self.run();
        let used = processor_time().zip(before).map(|(after, before)| after - before);
        let mut times: Vec<Duration> =
            self.callers.iter().flat_map(|(_, times)| times).copied().collect();
        times.sort();
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        Round {
            processor: used.map(|used| micros(used) / times.len() as f64),
            median: micros(times[times.len() / 2]),
            last_percent: micros(times[times.len() * 99 / 100]),
        }
    }

    /// What this thread allocates for a call.
    fn allocations(&mut self) -> f64 {
        let calls = self.callers.len() * self.calls;
        let info = allocation_counter::measure(|| self.run());
        info.count_total as f64 / calls as f64
    }
}

/// One side alone, for a profiler.
pub(crate) fn alone<S: Side>(side: &S, size: Size) {
    let mut crowd = Crowd::new(side, size);
    allocation_counter::opt_out(|| {
        let round = crowd.round();
        println!("processor time: {:.1?} us, latency: {:.1} us", round.processor, round.median);
    });
}

pub(crate) fn compare<A: Side, B: Side>(server: &Server, ours: &A, floor: &B, size: Size) {
    let (mut ours, our_connections) = counted(server, || Crowd::new(ours, size), Crowd::run);
    let (mut floor, floor_connections) = counted(server, || Crowd::new(floor, size), Crowd::run);
    if size.rounds == 0 {
        return;
    }
    let before = server.connections();
    let mut rounds = Vec::with_capacity(size.rounds);
    // The allocator's counters would tell in the timings.
    allocation_counter::opt_out(|| {
        for round in 0..size.rounds {
            // Each goes first every other time.
            rounds.push(if round % 2 == 0 {
                let ours = ours.round();
                (ours, floor.round())
            } else {
                let floor = floor.round();
                (ours.round(), floor)
            });
        }
    });
    let later = server.connections() - before;
    let Size { callers, calls, rounds: number } = size;
    println!();
    println!("{callers} at once, {number} rounds of {} calls", callers * calls);
    println!("                      ours      floor   median of the ratios (quartiles)");
    let lines: [(&str, Option<f64>, Figure); 3] = [
        ("processor, us", Some(PROCESSOR_AIM), |round| round.processor),
        ("latency, us", None, |round| Some(round.median)),
        ("  99 percent, us", None, |round| Some(round.last_percent)),
    ];
    for (name, aim, value) in lines {
        println!("{}", line(name, aim, &rounds, value));
    }
    let (ours, floor) = (ours.allocations(), floor.allocations());
    let verdict = verdict(ours - floor <= ALLOCATIONS_AIM);
    println!(
        "allocations     {ours:10.1} {floor:10.1}   {:+.1}, aim <= +{ALLOCATIONS_AIM}: {verdict}",
        ours - floor,
    );
    println!("connections     {our_connections:10} {floor_connections:10}   {later} later");
}

/// What `make` makes, once it has been used, and how many connections that took.
fn counted<T>(server: &Server, make: impl FnOnce() -> T, run: impl FnOnce(&mut T)) -> (T, u32) {
    let before = server.connections();
    let mut made = make();
    run(&mut made);
    (made, server.connections() - before)
}

fn line(name: &str, aim: Option<f64>, rounds: &[(Round, Round)], value: Figure) -> String {
    let sorted = |of: &dyn Fn(&(Round, Round)) -> Option<f64>| {
        let mut values: Vec<f64> = rounds.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let ratios = sorted(&|(ours, floor)| Some(value(ours)? / value(floor)?));
    let [ours, floor] = [sorted(&|(ours, _)| value(ours)), sorted(&|(_, floor)| value(floor))];
    let (Some(ours), Some(floor)) = (ours.get(ours.len() / 2), floor.get(floor.len() / 2)) else {
        return format!("{name:16} unknown: the system does not tell");
    };
    let [low, ratio, high] = [1, 2, 3].map(|quarter| ratios[ratios.len() * quarter / 4]);
    let aim =
        aim.map_or_else(String::new, |aim| format!(", aim <= {aim:.2}: {}", verdict(ratio <= aim)));
    format!("{name:16}{ours:10.1} {floor:10.1}   {ratio:.3} ({low:.3}-{high:.3}){aim}")
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}
