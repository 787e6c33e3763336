//! The timer of live sessions with a million entries, against a sorted set, a heap, and an array that
//! deadlines are only written to.
//!
//! Three things happen to an entry: it fires and is set again, which is a refresh; it moves to
//! later, because the answer to something else has confirmed its session; it moves to any time. Time
//! passes meanwhile, so the times are amortized: what the wheel puts off is paid in them. Beside them
//! stands the call alone.
//!
//! `cargo bench -p stytch-session --features live --bench wheel` on 2026-11-28, on two cores with a
//! load of one. The call alone is a cache miss; in the caches it takes 18 ns.
//!
//! | | the wheel | floor in the same run |
//! | --- | --- | --- |
//! | the call alone | 119 ns | 0.06 of a sorted set |
//! | the call alone | 95 ns | 4.2 of an array |
//! | fired and set again | 531 ns | 0.39 of a sorted set |
//! | fired and set again | 601 ns | 0.34 of a heap |
//! | moved to later | 443 ns | 0.74 of a sorted set |
//! | moved to later | 267 ns | 7.4 of an array |
//! | moved anywhere | 531 ns | 0.24 of a sorted set |
//! | moved anywhere | 529 ns | 4.8 of an array |
//! | bytes for each entry | 27.6 | 74.1 in a sorted set, 25.2 in a heap |
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]

// It is private, and needs nothing of the rest.
#[allow(dead_code, unused_imports, reason = "not all of it is used here")]
#[path = "../src/live/wheel.rs"]
mod wheel;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::time::{Duration, Instant};

use criterion::Criterion;
use fastrand::Rng;
// Or the lints do not find the functions that they forbid.
use stytch_session as _;
use wheel::{Key, Wheel};

const INTERVAL: Duration = Duration::from_secs(180);
/// In how many parts an interval is measured, the two in turns.
const ROUNDS: u32 = 50;

fn main() {
    let asked = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let bench = asked("--bench") && !asked("--test");
    let entries = if bench { 1_000_000 } else { 1_000 };
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for what in [Move::Still, Move::Fired, Move::Later, Move::Anywhere] {
        let mut turning = Turning::<Wheeled>::new(entries);
        let name = format!("wheel/{what:?}");
        criterion.bench_function(&name, |bencher| bencher.iter(|| turning.turn(what)));
    }
    criterion.final_summary();
    for what in [Move::Still, Move::Fired, Move::Later, Move::Anywhere] {
        println!("{}", compare::<Sorted>(what, entries));
        if matches!(what, Move::Fired) {
            println!("{}", compare::<Heap>(what, entries));
        } else {
            println!("{}", compare::<Written>(what, entries));
        }
    }
    println!("wheel/bytes for each of {entries}: {:.1}", bytes::<Wheeled>(entries));
    println!("wheel/bytes for each in {}: {:.1}", Sorted::NAME, bytes::<Sorted>(entries));
    println!("wheel/bytes for each in {}: {:.1}", Heap::NAME, bytes::<Heap>(entries));
}

/// Nanoseconds for each time that is set, and the ratio to a floor. They are timed in turns, so that
/// a noisy machine is noisy for both.
fn compare<F: Timer>(what: Move, entries: u32) -> String {
    let (mut ours, mut floor) = (Turning::<Wheeled>::new(entries), Turning::<F>::new(entries));
    // What came before all have moved is not counted.
    ours.turns(what, entries);
    floor.turns(what, entries);
    let (mut our_time, mut floor_time) = (Duration::ZERO, Duration::ZERO);
    let before = (ours.set, floor.set);
    allocation_counter::opt_out(|| {
        for _ in 0..2 * ROUNDS {
            our_time += ours.turns(what, entries / ROUNDS);
            floor_time += floor.turns(what, entries / ROUNDS);
        }
    });
    let each = |time: Duration, set: u64| time.as_secs_f64() * 1e9 / set as f64;
    let (ours, floor) =
        (each(our_time, ours.set - before.0), each(floor_time, floor.set - before.1));
    let ratio = ours / floor;
    format!("wheel/{what:?}: {ours:.0} ns, {ratio:.2}x of {} ({floor:.0} ns)", F::NAME)
}

fn bytes<T: Timer>(entries: u32) -> f64 {
    let mut timer = T::default();
    let memory = allocation_counter::measure(|| {
        for entry in 0..entries {
            timer.insert(INTERVAL / entries * entry);
        }
    });
    memory.bytes_current as f64 / f64::from(entries)
}

#[derive(Debug, Clone, Copy)]
enum Move {
    /// One after the other moves to the end of the interval, and time stands still: this is the call
    /// alone.
    Still,
    /// An entry fires, and is set again.
    Fired,
    /// One after the other moves to the end of the interval, just before it fires or earlier.
    Later,
    /// One after the other moves to anywhere in the interval. Many fire before they move again.
    Anywhere,
}

/// A timer that is used as sessions use it: in an interval, all of them have their turn.
struct Turning<T: Timer> {
    timer: T,
    handles: Vec<T::Handle>,
    next: usize,
    now: Duration,
    pace: Duration,
    random: Rng,
    /// How many times were set.
    set: u64,
}

impl<T: Timer> Turning<T> {
    fn new(entries: u32) -> Self {
        let mut random = Rng::with_seed(7);
        let pace = INTERVAL / entries;
        let mut timer = T::default();
        // Neighbours in memory are neighbours neither in time, nor in the order in which they move.
        let mut handles: Vec<_> =
            (0..entries).map(|_| timer.insert(pace * random.u32(0..entries))).collect();
        random.shuffle(&mut handles);
        Self { timer, handles, next: 0, now: Duration::ZERO, pace, random, set: 0 }
    }

    fn turns(&mut self, what: Move, turns: u32) -> Duration {
        let start = Instant::now();
        (0..turns).for_each(|_| self.turn(what));
        start.elapsed()
    }

    fn turn(&mut self, what: Move) {
        if !matches!(what, Move::Still) {
            self.now += self.pace;
        }
        let distance = match what {
            Move::Fired => None,
            Move::Later | Move::Still => Some(INTERVAL),
            Move::Anywhere => Some(self.within()),
        };
        if let Some(distance) = distance {
            self.next = (self.next + 1) % self.handles.len();
            self.set(self.handles[self.next], distance);
        }
        if matches!(what, Move::Still) {
            return;
        }
        while let Some(handle) = self.timer.pop_due(self.now) {
            // Some sooner, as their tokens demand it.
            let distance = INTERVAL - self.within() / 2;
            self.set(handle, distance);
        }
    }

    fn within(&mut self) -> Duration {
        INTERVAL.mul_f64(self.random.f64())
    }

    fn set(&mut self, handle: T::Handle, distance: Duration) {
        self.timer.set(handle, self.now + distance);
        self.set += 1;
    }
}

trait Timer: Default {
    const NAME: &str;
    type Handle: Copy;

    fn insert(&mut self, at: Duration) -> Self::Handle;
    fn set(&mut self, handle: Self::Handle, at: Duration);
    fn pop_due(&mut self, now: Duration) -> Option<Self::Handle>;
}

struct Wheeled(Wheel<&'static u8>);

impl Default for Wheeled {
    fn default() -> Self {
        Self(Wheel::new())
    }
}

impl Timer for Wheeled {
    const NAME: &str = "the wheel";
    type Handle = Key;

    fn insert(&mut self, at: Duration) -> Key {
        self.0.insert(at, &0)
    }

    fn set(&mut self, key: Key, at: Duration) {
        assert!(self.0.reschedule(key, at), "it is there");
    }

    fn pop_due(&mut self, now: Duration) -> Option<Key> {
        self.0.pop_due(now)
    }
}

/// Owners by their number, in the order of their deadlines.
#[derive(Default)]
struct Sorted {
    order: BTreeSet<(Duration, u32)>,
    owners: Vec<(Duration, &'static u8)>,
}

impl Timer for Sorted {
    const NAME: &str = "a sorted set";
    type Handle = u32;

    fn insert(&mut self, at: Duration) -> u32 {
        let number = u32::try_from(self.owners.len()).expect("they are not so many");
        self.owners.push((at, &0));
        self.order.insert((at, number));
        number
    }

    fn set(&mut self, number: u32, at: Duration) {
        let (before, _) = &mut self.owners[number as usize];
        self.order.remove(&(*before, number));
        *before = at;
        self.order.insert((at, number));
    }

    fn pop_due(&mut self, now: Duration) -> Option<u32> {
        let first = self.order.first().copied().filter(|(at, _)| *at <= now)?;
        self.order.remove(&first);
        Some(first.1)
    }
}

/// Owners in a heap: no more than a deadline that fires and is pushed again.
#[derive(Default)]
struct Heap(BinaryHeap<(Reverse<Duration>, &'static u8)>);

impl Timer for Heap {
    const NAME: &str = "a heap";
    type Handle = &'static u8;

    fn insert(&mut self, at: Duration) -> &'static u8 {
        self.0.push((Reverse(at), &0));
        &0
    }

    fn set(&mut self, owner: &'static u8, at: Duration) {
        self.0.push((Reverse(at), owner));
    }

    fn pop_due(&mut self, now: Duration) -> Option<&'static u8> {
        let first = self.0.peek()?;
        if first.0.0 > now { None } else { self.0.pop().map(|(_, owner)| owner) }
    }
}

/// Deadlines that are noted, and never come: what memory alone costs.
#[derive(Default)]
struct Written(Vec<(Duration, &'static u8)>);

impl Timer for Written {
    const NAME: &str = "an array";
    type Handle = usize;

    fn insert(&mut self, at: Duration) -> usize {
        self.0.push((at, &0));
        self.0.len() - 1
    }

    fn set(&mut self, number: usize, at: Duration) {
        self.0[number].0 = at;
    }

    fn pop_due(&mut self, _now: Duration) -> Option<usize> {
        None
    }
}
