//! The timer of live sessions with a million entries, against a sorted set and a heap.
//!
//! Three things happen to an entry: it fires and is set again, which is a refresh; it moves to
//! later, because the answer to something else has confirmed its session; it moves to any time. Time
//! passes meanwhile, so the times are amortized: what the wheel puts off is paid in them.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]

mod ratio;
// It is private, and needs nothing of the rest.
#[allow(dead_code, unused_imports, reason = "not all of it is used here")]
#[path = "../src/live/wheel.rs"]
mod wheel;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::time::{Duration, Instant};

use criterion::Criterion;
use fastrand::Rng;
use ratio::{Way, compare};
use wheel::{Key, Wheel};

const INTERVAL: Duration = Duration::from_secs(180);

fn main() {
    let bench = std::env::args().any(|argument| argument == "--bench");
    let entries = if bench { 1_000_000 } else { 1_000 };
    let mut criterion = ratio::criterion();
    let lines = [
        against::<Sorted>(&mut criterion, Move::Fired, entries),
        against::<Sorted>(&mut criterion, Move::Later, entries),
        against::<Sorted>(&mut criterion, Move::Anywhere, entries),
        // It has no way to move an entry.
        against::<Heap>(&mut criterion, Move::Fired, entries),
    ];
    criterion.final_summary();
    for line in lines {
        println!("{line}");
    }
    figures::<Wheeled>(&[Move::Fired, Move::Later, Move::Anywhere], entries);
    figures::<Sorted>(&[Move::Fired, Move::Later, Move::Anywhere], entries);
    figures::<Heap>(&[Move::Fired], entries);
}

fn against<F: Timer>(criterion: &mut Criterion, what: Move, entries: u32) -> String {
    let ours = RefCell::new(Turning::<Wheeled>::new(entries));
    let floor = RefCell::new(Turning::<F>::new(entries));
    let ours = Way { name: Wheeled::NAME, prepare: || (), run: |()| ours.borrow_mut().turn(what) };
    let floor = Way { name: F::NAME, prepare: || (), run: |()| floor.borrow_mut().turn(what) };
    compare(criterion, &format!("wheel/{what:?} against {}", F::NAME), &ours, &floor)
}

/// Nanoseconds for each time that is set, and bytes on the heap for each entry.
fn figures<T: Timer>(moves: &[Move], entries: u32) {
    let mut timer = T::default();
    let memory = allocation_counter::measure(|| {
        for entry in 0..entries {
            timer.insert(INTERVAL / entries * entry);
        }
    });
    let bytes = memory.bytes_current as f64 / f64::from(entries);
    println!("wheel/{entries} entries in {}: {bytes:.1} bytes each", T::NAME);
    allocation_counter::opt_out(|| {
        let mut turning = Turning::<T>::new(entries);
        for what in moves {
            // First until all have moved, so that what the move before has put off is not counted.
            (0..2 * entries).for_each(|_| turning.turn(*what));
            let (before, start) = (turning.set, Instant::now());
            (0..2 * entries).for_each(|_| turning.turn(*what));
            let each = start.elapsed().as_secs_f64() * 1e9 / (turning.set - before) as f64;
            println!("wheel/{entries} entries in {}, {what:?}: {each:.0} ns", T::NAME);
        }
    });
}

#[derive(Debug, Clone, Copy)]
enum Move {
    /// An entry fires, and is set again.
    Fired,
    /// A random one moves to the end of the interval. Some fire before.
    Later,
    /// A random one moves to anywhere in the interval.
    Anywhere,
}

/// A timer that is used as sessions use it: in an interval, all of them have their turn.
struct Turning<T: Timer> {
    timer: T,
    handles: Vec<T::Handle>,
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
        // Neighbours in memory are not neighbours in time.
        let handles = (0..entries).map(|_| timer.insert(pace * random.u32(0..entries))).collect();
        Self { timer, handles, now: Duration::ZERO, pace, random, set: 0 }
    }

    fn turn(&mut self, what: Move) {
        self.now += self.pace;
        let at = match what {
            Move::Fired => None,
            Move::Later => Some(INTERVAL),
            Move::Anywhere => Some(self.within()),
        };
        if let Some(distance) = at {
            let handle = self.handles[self.random.usize(0..self.handles.len())];
            self.set(handle, distance);
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
