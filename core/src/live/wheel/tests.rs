//! The wheel against a map that is sorted each time anew.

use std::collections::{BTreeMap, HashSet};
use std::iter::{from_fn, successors};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{
    KEPT, Key, LEVELS, NONE, NOWHERE, SPENT, Wheel, first_tick_not_before, last_tick_not_after,
    parts,
};

const TICK: Duration = Duration::from_nanos(62_500_000);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pop_all<T>(wheel: &mut Wheel<T>, now: Duration) -> Vec<Key> {
    from_fn(|| wheel.pop_due(now)).collect()
}

#[test]
fn an_entry_takes_20_bytes() {
    assert_eq!(Wheel::<Box<u8>>::ENTRY_BYTES, 20);
    assert_eq!(Wheel::<std::sync::Weak<u8>>::ENTRY_BYTES, 20);
    assert!(size_of::<Wheel<Box<u8>>>() <= 224);
}

/// A place is not used so often that a key could name another entry.
#[test]
fn a_place_that_was_used_too_often_is_left() {
    let mut wheel = Wheel::new();
    let first = wheel.insert(seconds(1), 0);
    let mut key = first;
    for number in 1..=u32::from(SPENT) {
        assert_eq!(wheel.remove(key), Some(number - 1));
        key = wheel.insert(seconds(1), number);
        assert_ne!(key, first);
        assert_eq!(wheel.owner(first), None);
    }
    assert_eq!((key.index, key.generation), (first.index + 1, 0));
    assert_eq!(pop_all(&mut wheel, seconds(1)), [key]);
}

#[test]
fn places_that_are_not_used_are_few() {
    let mut wheel = Wheel::new();
    for index in 0..100_000 {
        wheel.insert(seconds(180), index);
        assert!(wheel.whens.capacity() <= wheel.len() * 9 / 8 + 8);
    }
    assert_eq!(wheel.len(), 100_000);
    // Nor does a slot that was full stay large.
    assert_eq!(pop_all(&mut wheel, seconds(180)).len(), 100_000);
    let slots = wheel.levels.iter().flatten().flat_map(|level| &level.slots);
    assert!(slots.map(Vec::capacity).max() <= Some(KEPT));
}

#[test]
fn it_is_never_early_and_at_most_a_tick_late() {
    let mut wheel = Wheel::new();
    for nanoseconds in [1, 62_499_999, 62_500_000, 62_500_001, 3_999_999_999, 180_000_000_001] {
        let at = seconds(7) + Duration::from_nanos(nanoseconds);
        let key = wheel.insert(at, ());
        assert_eq!(wheel.pop_due(at - Duration::from_nanos(1)), None);
        assert_eq!(wheel.pop_due(at + TICK - Duration::from_nanos(1)), Some(key));
        wheel.remove(key);
        wheel = Wheel::new();
    }
}

#[test]
fn what_is_over_is_due_at_once() {
    let mut wheel = Wheel::new();
    assert_eq!(wheel.pop_due(seconds(1000)), None);
    let key = wheel.insert(seconds(999), ());
    assert_eq!(wheel.next(), Some(seconds(1000)));
    assert_eq!(wheel.pop_due(seconds(1000)), Some(key));
    assert!(wheel.reschedule(key, Duration::ZERO));
    // Also by a clock that went back.
    assert_eq!(wheel.pop_due(seconds(3)), Some(key));
    assert_eq!(wheel.pop_due(seconds(1000)), None);
}

#[test]
fn an_entry_that_fired_stays_and_waits() {
    let mut wheel = Wheel::new();
    let key = wheel.insert(seconds(1), "mine");
    assert_eq!(wheel.pop_due(seconds(1)), Some(key));
    assert_eq!((wheel.next(), wheel.pop_due(Duration::MAX)), (None, None));
    assert_eq!((wheel.owner(key), wheel.len()), (Some(&"mine"), 1));
    assert_eq!(wheel.remove(key), Some("mine"));
}

#[test]
fn a_key_of_a_removed_entry_names_nothing() {
    let mut wheel = Wheel::new();
    let old = wheel.insert(seconds(1), "old");
    assert_eq!(wheel.remove(old), Some("old"));
    let new = wheel.insert(seconds(2), "new");
    assert_eq!(new.index, old.index, "the place is used again");
    for nothing in [old, Key { index: NONE, generation: 0 }] {
        assert_eq!(wheel.owner(nothing), None);
        assert_eq!(wheel.remove(nothing), None);
        assert!(!wheel.reschedule(nothing, seconds(9)));
    }
    assert_eq!(pop_all(&mut wheel, seconds(2)), [new]);
}

#[test]
fn the_end_of_time_is_a_deadline_too() {
    let mut wheel = Wheel::new();
    let year = seconds(365 * 24 * 60 * 60);
    let last = wheel.insert(Duration::MAX, ());
    let late = wheel.insert(year * 2_000, ());
    assert_eq!(wheel.pop_due(year * 1_999), None);
    assert_eq!(pop_all(&mut wheel, year * 2_001), [late]);
    assert_eq!(wheel.pop_due(year * 2_100), None);
    assert_eq!(pop_all(&mut wheel, Duration::MAX), [last]);
    assert!(wheel.reschedule(last, Duration::MAX));
    assert_eq!(wheel.pop_due(Duration::ZERO), Some(last));
}

/// Nobody wakes more often than the levels are many, for one entry.
#[test]
fn it_wakes_seldom() {
    for at in [1, 63, 64, 65, 180, 3_600, 86_400, 31_557_600, u64::MAX] {
        for now in [0, 3, 179, 4_095, 4_096] {
            let mut wheel = Wheel::new();
            assert_eq!(wheel.pop_due(seconds(now)), None);
            let key = wheel.insert(seconds(now.saturating_add(at)), ());
            let fired = (1..).find(|_| {
                let wake = wheel.next().expect("it is scheduled");
                wheel.pop_due(wake) == Some(key)
            });
            assert!(fired.expect("it fires") <= LEVELS, "{at} after {now}");
        }
    }
}

/// The costly moments of a wheel are those in which a slot of a higher level is emptied.
#[test]
fn a_million_does_not_move_down_at_once() {
    const ENTRIES: u64 = 100_000;
    let mut wheel = Wheel::new();
    // Close to where the third level begins a new round.
    assert_eq!(wheel.pop_due(seconds(255)), None);
    for index in 0..ENTRIES {
        wheel.insert(seconds(255) + Duration::from_micros(index * 1800), ());
    }
    let level = wheel.levels[1].as_ref().expect("they are far enough");
    let fullest = level.slots.iter().map(Vec::len).max();
    assert!(fullest <= Some(ENTRIES as usize / 40), "{fullest:?}");
    assert_eq!(wheel.occupied[2..], [0; LEVELS - 2]);
}

#[derive(Debug, Clone)]
enum Operation {
    Insert(Distance),
    Reschedule(Index, Distance),
    Remove(Index),
    Advance(Distance),
    /// To the moment that the wheel names.
    Wake,
    /// Takes some of the due entries, and does other things before the rest.
    Pop(usize),
}

#[derive(Debug, Clone, Copy)]
enum Distance {
    Ago(Duration),
    In(Duration),
    Never,
}

impl Distance {
    fn from(self, now: Duration) -> Duration {
        match self {
            Self::Ago(duration) => now.saturating_sub(duration),
            Self::In(duration) => now.saturating_add(duration),
            Self::Never => Duration::MAX,
        }
    }
}

fn distance() -> impl Strategy<Value = Distance> {
    let ticks = |ticks: std::ops::Range<u64>| {
        ticks.prop_map(|ticks| Distance::In(TICK * u32::try_from(ticks).expect("it is small")))
    };
    prop_oneof![
        4 => ticks(0..70),
        2 => ticks(60..70),
        2 => ticks(4090..4200),
        6 => (0..300_000_000_000_u64).prop_map(|nanoseconds| Distance::In(Duration::from_nanos(nanoseconds))),
        2 => (0..60_u32).prop_map(|bit| Distance::In(seconds(1_u64 << bit))),
        1 => any::<u64>().prop_map(|seconds| Distance::In(Duration::from_secs(seconds))),
        2 => (0..10_000_000_000_u64).prop_map(|nanoseconds| Distance::Ago(Duration::from_nanos(nanoseconds))),
        1 => Just(Distance::Never),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let step = (0..20_000_000_000_u64).prop_map(|nanoseconds| {
        Operation::Advance(Distance::In(Duration::from_nanos(nanoseconds)))
    });
    prop_oneof![
        6 => distance().prop_map(Operation::Insert),
        6 => (any::<Index>(), distance()).prop_map(|(index, at)| Operation::Reschedule(index, at)),
        2 => any::<Index>().prop_map(Operation::Remove),
        6 => step,
        1 => distance().prop_map(Operation::Advance),
        4 => Just(Operation::Wake),
        2 => (0..4_usize).prop_map(Operation::Pop),
    ]
}

/// What the wheel should hold: each entry with its owner, and the tick it should fire at, if it is
/// scheduled.
#[derive(Default)]
struct Model {
    now: Duration,
    /// The tick up to which all is done.
    elapsed: u64,
    entries: BTreeMap<Key, (u64, Option<u64>)>,
    removed: Vec<Key>,
    owners: u64,
}

impl Model {
    fn chosen(&self, index: &Index) -> Option<Key> {
        let keys: Vec<Key> = self.entries.keys().copied().collect();
        (!keys.is_empty()).then(|| *index.get(&keys))
    }

    /// What is over is due at once.
    fn tick(&self, at: Duration) -> u64 {
        first_tick_not_before(at).max(self.elapsed)
    }

    fn first(&self) -> Option<u64> {
        self.entries.values().filter_map(|(_, tick)| *tick).min()
    }

    fn pop(&mut self, wheel: &mut Wheel<u64>, now: Duration) -> Result<bool, TestCaseError> {
        self.now = self.now.max(now);
        let (first, end) = (self.first(), last_tick_not_after(now).max(self.elapsed));
        let Some(key) = wheel.pop_due(now) else {
            prop_assert!(first.is_none_or(|first| first > end), "one is forgotten");
            self.elapsed = end;
            return Ok(false);
        };
        let (owner, tick) = self.entries.get_mut(&key).expect("it is there");
        let tick = tick.take().expect("it fires once");
        prop_assert!(tick <= end, "it is early");
        prop_assert_eq!(Some(tick), first, "it is out of order");
        prop_assert_eq!(wheel.owner(key), Some(&*owner));
        self.elapsed = tick;
        Ok(true)
    }

    fn slept(&self, wheel: &Wheel<u64>) -> Result<(), TestCaseError> {
        match (wheel.next().map(last_tick_not_after), self.first()) {
            (Some(next), Some(first)) => {
                prop_assert!(next <= first, "it would sleep too long");
                prop_assert!(next > self.elapsed, "it would not sleep");
            }
            (next, first) => prop_assert_eq!(next, first),
        }
        Ok(())
    }
}

/// All that must hold of the slots, whatever happened.
fn check(wheel: &Wheel<u64>) -> Result<(), TestCaseError> {
    let mut seen = HashSet::new();
    for (number, level) in wheel.levels.iter().enumerate() {
        let Some(level) = level else {
            prop_assert_eq!(wheel.occupied[number], 0);
            continue;
        };
        for (place, slot) in level.slots.iter().enumerate() {
            prop_assert_eq!(wheel.occupied[number] >> place & 1 == 1, !slot.is_empty());
            for (position, index) in slot.iter().enumerate() {
                let index_of = *index as usize;
                prop_assert!(wheel.owners[index_of].is_some());
                prop_assert_eq!(wheel.positions[index_of] as usize, position);
                prop_assert_eq!(parts(wheel.whens[index_of].slot()), (number, place));
                prop_assert!(seen.insert(*index), "it is in two slots");
            }
        }
    }
    prop_assert!(
        wheel.first_slot().is_none_or(|(tick, _)| tick >= wheel.elapsed),
        "it would wake at once"
    );
    let scheduled = wheel.whens.iter().filter(|when| when.slot() != NOWHERE).count();
    prop_assert_eq!(scheduled, seen.len());
    let next = |index: &u32| wheel.positions.get(*index as usize).copied();
    let free: HashSet<u32> = successors(Some(wheel.free), next).filter(|i| *i != NONE).collect();
    prop_assert_eq!(free.len(), wheel.whens.len() - wheel.len());
    prop_assert!(free.is_disjoint(&seen));
    Ok(())
}

fn run(operations: &[Operation]) -> Result<(), TestCaseError> {
    let (mut wheel, mut model) = (Wheel::new(), Model::default());
    for operation in operations {
        match operation {
            Operation::Insert(distance) => {
                let (at, owner) = (distance.from(model.now), model.owners);
                let key = wheel.insert(at, owner);
                model.owners += 1;
                let scheduled = (owner, Some(model.tick(at)));
                prop_assert!(model.entries.insert(key, scheduled).is_none());
                prop_assert!(!model.removed.contains(&key));
            }
            Operation::Reschedule(index, distance) => {
                let at = distance.from(model.now);
                if let Some(key) = model.chosen(index) {
                    prop_assert!(wheel.reschedule(key, at));
                    let tick = model.tick(at);
                    model.entries.get_mut(&key).expect("it is there").1 = Some(tick);
                }
            }
            Operation::Remove(index) => {
                if let Some(key) = model.chosen(index) {
                    let owner = model.entries.remove(&key).map(|(owner, _)| owner);
                    prop_assert_eq!(wheel.remove(key), owner);
                    model.removed.push(key);
                }
            }
            Operation::Advance(_) | Operation::Wake => {
                let to = match operation {
                    Operation::Advance(distance) => distance.from(model.now),
                    _ => wheel.next().unwrap_or_default(),
                };
                while model.pop(&mut wheel, to)? {}
                model.slept(&wheel)?;
            }
            Operation::Pop(count) => {
                let to = model.now.saturating_add(seconds(4));
                for _ in 0..*count {
                    model.pop(&mut wheel, to)?;
                }
            }
        }
        prop_assert_eq!(wheel.len(), model.entries.len());
        check(&wheel)?;
    }
    for key in &model.removed {
        prop_assert_eq!(wheel.owner(*key), None);
        prop_assert!(!wheel.reschedule(*key, Duration::ZERO));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_agrees_with_a_sorted_map(operations in vec(operation(), 1..150)) {
        run(&operations)?;
    }
}
