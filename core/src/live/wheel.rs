//! Deadlines of very many sessions, in one place: a hierarchical timing wheel.
//!
//! Time is counted in ticks of 1/16 s. Level 0 has a slot for each of the next 64 ticks, level 1 a
//! slot for each of the next 63 blocks of 64 ticks, level 2 for blocks of 64 × 64, and so on: seven
//! levels reach further than two thousand years. When the time of a slot comes, its entries fire,
//! or move to a slot of a lower level. (George Varghese and Tony Lauck, "Hashed and hierarchical
//! timing wheels", 1987.)
//!
//! The slots of a level are a ring. So a million entries that are three minutes away move down a
//! few thousand at a time, and never all at once.
//!
//! A deadline that moves to later is only noted. Its entry stays where it is, is looked at when the
//! time of its slot comes, and moves on then.
//!
//! A slot is an array of indexes, not a list through the entries: of a million, each is a cache miss,
//! and in a list each miss has to wait for the one before. All that moving a deadline to later reads
//! and writes is one word, in an array of such words.

use std::array;
use std::mem;
use std::time::Duration;

#[cfg(test)]
// The benchmark has this file too, from another folder.
#[path = "wheel/tests.rs"]
mod tests;

const TICKS_PER_SECOND: u64 = 16;
const NANOSECONDS_PER_TICK: u32 = 1_000_000_000 / 16;
/// The last tick there is.
const END: u64 = (1 << 40) - 1;

/// How many bits of a tick choose the slot of a level.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 7;

/// No entry.
const NONE: u32 = u32::MAX;
/// No slot: the entry is not scheduled.
const NOWHERE: u16 = (1 << SLOT_BITS) - 1;

/// How many bits of a word name a slot, and how often the place was used. The others are the tick.
const SLOT_BITS: u32 = 9;
const GENERATION_BITS: u32 = 15;
/// The generation of a place that is not used any more: no key has it.
const SPENT: u16 = (1 << GENERATION_BITS) - 1;

/// A slot that is empty keeps room for so many. More is given back, or each slot would have room for
/// the most that were ever in it.
const KEPT: usize = 64;

/// Entries with a deadline each, found when it has come.
///
/// Every operation takes constant time on average. An entry takes 20 bytes if its owner is a
/// pointer, and its slot 4 to 8 more; places of removed entries are used again, some 32,000 times each.
/// An empty wheel has nothing on the heap.
///
/// Times are durations since any fixed instant. A deadline is never found early, and at most one
/// tick, 1/16 s, late. All times beyond 2³⁶ s, which are 2,177 years, count as the same.
#[derive(Debug)]
pub(super) struct Wheel<T> {
    /// Of each place: when it is due, and where it is.
    whens: Vec<When>,
    /// `None` while the place is free.
    owners: Vec<Option<T>>,
    /// Where in the slot it is, or the next free place.
    positions: Vec<u32>,
    /// Those that were ever needed.
    levels: [Option<Box<Level>>; LEVELS],
    /// For each level, one bit for each slot that is not empty.
    occupied: [u64; LEVELS],
    /// The tick up to which all is done. No slot that is in use begins before it.
    elapsed: u64,
    /// The first of the places that are free.
    free: u32,
    len: usize,
}

/// Names an entry. After the entry is removed it names nothing, also when the place is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    index: u32,
    generation: u16,
}

/// A tick, a slot, and how often the place was used before. The slot may begin before the tick, never
/// after it.
#[derive(Debug, Clone, Copy)]
struct When(u64);

#[derive(Debug)]
struct Level {
    slots: [Vec<u32>; SLOTS],
}

impl<T> Wheel<T> {
    /// What an entry takes.
    #[cfg(test)]
    pub(super) const ENTRY_BYTES: usize =
        size_of::<When>() + size_of::<Option<T>>() + size_of::<u32>();

    /// An empty wheel.
    pub(super) const fn new() -> Self {
        Self {
            whens: Vec::new(),
            owners: Vec::new(),
            positions: Vec::new(),
            levels: [const { None }; LEVELS],
            occupied: [0; LEVELS],
            elapsed: 0,
            free: NONE,
            len: 0,
        }
    }

    /// How many entries there are, scheduled or not.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds an entry that is due at a time; at once, if that is over.
    ///
    /// There are at most 2³² − 1 entries, which are more than 100 GB. One more is dropped, and its
    /// key names nothing.
    pub(super) fn insert(&mut self, at: Duration, owner: T) -> Key {
        let index = self.place();
        let (Some(when), Some(place)) =
            (self.whens.get_mut(index as usize), self.owners.get_mut(index as usize))
        else {
            return Key { index: NONE, generation: 0 };
        };
        *place = Some(owner);
        *when = when.at(first_tick_not_before(at), NOWHERE);
        let key = Key { index, generation: when.generation() };
        self.len += 1;
        self.file(index);
        key
    }

    /// Sets another time, also for an entry that has fired; false if there is no such entry.
    pub(super) fn reschedule(&mut self, key: Key, at: Duration) -> bool {
        let elapsed = self.elapsed;
        let Some(when) = self.when_mut(key) else { return false };
        let (tick, slot) = (first_tick_not_before(at), when.slot());
        *when = when.at(tick, slot);
        // A slot that begins in time will do: that is most of what happens, and touches nothing
        // else.
        if slot == NOWHERE || tick < begin(slot, elapsed) {
            self.unlink(key.index);
            self.file(key.index);
        }
        true
    }

    /// Takes an entry out, scheduled or not.
    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        self.when_mut(key)?;
        self.unlink(key.index);
        let when = self.when_mut(key)?;
        *when = when.used();
        if when.generation() != SPENT {
            *self.positions.get_mut(key.index as usize)? = self.free;
            self.free = key.index;
        }
        self.len -= 1;
        self.owners.get_mut(key.index as usize)?.take()
    }

    /// Whose entry it is.
    pub(super) fn owner(&self, key: Key) -> Option<&T> {
        let when = self.whens.get(key.index as usize)?;
        let owner = self.owners.get(key.index as usize)?;
        owner.as_ref().filter(|_| when.generation() == key.generation)
    }

    /// When to look again: no entry is due before. There may be none then either, but not many
    /// times in a row: an entry that is far away, or was moved to later, is looked at in between.
    ///
    /// `None` if nothing is scheduled.
    pub(super) fn next(&self) -> Option<Duration> {
        self.first_slot().map(|(tick, _)| time_of(tick))
    }

    /// An entry that is due, in the order of their ticks; `None` when there are no more. The entry
    /// stays, and is not scheduled until [`reschedule`](Self::reschedule).
    ///
    /// An entry that is rescheduled to what is over is due again: whoever does that in a loop over
    /// this does not leave the loop. If the clock goes back, time stands still for the wheel.
    pub(super) fn pop_due(&mut self, now: Duration) -> Option<Key> {
        let now = last_tick_not_after(now).max(self.elapsed);
        while let Some((tick, slot)) = self.first_slot().filter(|(tick, _)| *tick <= now) {
            self.elapsed = tick;
            if let Some(due) = self.empty(slot) {
                return Some(due);
            }
        }
        self.elapsed = now;
        None
    }

    /// Empties a slot whose time has come, up to the first entry that is due. The others move to
    /// later slots.
    fn empty(&mut self, slot: u16) -> Option<Key> {
        let mut indexes = mem::take(self.slot_mut(slot)?);
        let mut due = None;
        while due.is_none() {
            let Some(index) = indexes.pop() else { break };
            let Some(when) = self.whens.get_mut(index as usize) else { continue };
            let tick = when.tick();
            *when = when.at(tick, NOWHERE);
            if tick <= self.elapsed {
                due = Some(Key { index, generation: when.generation() });
            } else {
                self.file(index);
            }
        }
        if indexes.is_empty() {
            self.mark_empty(slot);
        }
        if !indexes.is_empty() || indexes.capacity() <= KEPT {
            *self.slot_mut(slot)? = indexes;
        }
        due
    }

    /// A free place, or a new one; [`NONE`] if all are taken.
    fn place(&mut self) -> u32 {
        if let Some(next) = self.positions.get(self.free as usize) {
            return mem::replace(&mut self.free, *next);
        }
        let Ok(index) = u32::try_from(self.whens.len()) else { return NONE };
        if index == NONE {
            return NONE;
        }
        if self.whens.len() == self.whens.capacity() {
            // Doubling would leave up to a half of it unused.
            let more = (self.whens.len() / 8).max(8);
            self.whens.reserve_exact(more);
            self.owners.reserve_exact(more);
            self.positions.reserve_exact(more);
        }
        self.whens.push(When::UNUSED);
        self.owners.push(None);
        self.positions.push(NONE);
        index
    }

    /// A place that is free has the generation of a key that is still to be made.
    fn when_mut(&mut self, key: Key) -> Option<&mut When> {
        let when = self.whens.get_mut(key.index as usize)?;
        (when.generation() == key.generation).then_some(when)
    }

    /// Puts an entry that is in no slot into the one of its tick.
    fn file(&mut self, index: u32) {
        let (Some(when), Some(position)) =
            (self.whens.get_mut(index as usize), self.positions.get_mut(index as usize))
        else {
            return;
        };
        let (level, place) = slot_of(when.tick(), self.elapsed);
        let (Some(occupied), Some(room)) =
            (self.occupied.get_mut(level), self.levels.get_mut(level))
        else {
            return;
        };
        let Some(slot) = room.get_or_insert_with(Level::new).slots.get_mut(place) else { return };
        *occupied |= 1 << place;
        *when = when.at(when.tick(), number(level, place));
        // There are no more of them than there are entries.
        *position = slot.len() as u32;
        slot.push(index);
    }

    /// Takes an entry out of its slot, if it is in one.
    fn unlink(&mut self, index: u32) {
        let (Some(when), Some(position)) =
            (self.whens.get_mut(index as usize), self.positions.get(index as usize))
        else {
            return;
        };
        let (slot, position) = (when.slot(), *position);
        *when = when.at(when.tick(), NOWHERE);
        let Some(indexes) = self.slot_mut(slot) else { return };
        // The last one takes its position.
        let Some(last) = indexes.pop() else { return };
        let is_empty = indexes.is_empty();
        if let Some(freed) = indexes.get_mut(position as usize) {
            *freed = last;
            if let Some(of_last) = self.positions.get_mut(last as usize) {
                *of_last = position;
            }
        }
        if is_empty {
            self.mark_empty(slot);
        }
    }

    fn slot_mut(&mut self, slot: u16) -> Option<&mut Vec<u32>> {
        let (level, place) = parts(slot);
        self.levels.get_mut(level)?.as_mut()?.slots.get_mut(place)
    }

    fn mark_empty(&mut self, slot: u16) {
        let (level, place) = parts(slot);
        if let Some(occupied) = self.occupied.get_mut(level) {
            *occupied &= !(1 << place);
        }
    }

    /// The slot that begins first, and when it does.
    fn first_slot(&self) -> Option<(u64, u16)> {
        let mut first = None;
        for (level, occupied) in self.occupied.iter().enumerate() {
            if *occupied == 0 {
                continue;
            }
            let current = self.elapsed >> shift(level);
            let ahead = occupied.rotate_right((current % SLOTS as u64) as u32).trailing_zeros();
            let block = current + u64::from(ahead);
            let tick = block << shift(level);
            if first.is_none_or(|(earliest, _)| tick < earliest) {
                first = Some((tick, number(level, block as usize % SLOTS)));
            }
        }
        first
    }
}

impl When {
    /// Of a place that was never used.
    const UNUSED: Self = Self((NOWHERE as u64) << GENERATION_BITS);

    const fn at(self, tick: u64, slot: u16) -> Self {
        let place = tick << SLOT_BITS | slot as u64;
        Self(place << GENERATION_BITS | self.generation() as u64)
    }

    /// Of the place once it is free again.
    const fn used(self) -> Self {
        Self(Self::UNUSED.0 | (self.generation() as u64 + 1))
    }

    const fn tick(self) -> u64 {
        self.0 >> (SLOT_BITS + GENERATION_BITS)
    }

    const fn slot(self) -> u16 {
        (self.0 >> GENERATION_BITS) as u16 & NOWHERE
    }

    const fn generation(self) -> u16 {
        self.0 as u16 & SPENT
    }
}

impl Level {
    fn new() -> Box<Self> {
        Box::new(Self { slots: array::from_fn(|_| Vec::new()) })
    }
}

/// The level of a tick, and the place in its ring: the lowest level that reaches so far. Above level
/// 0 that is never the block that time is in, which is why it begins later than `elapsed`.
const fn slot_of(tick: u64, elapsed: u64) -> (usize, usize) {
    // What is over is due at once.
    let tick = if tick < elapsed { elapsed } else { tick };
    let distance = tick - elapsed;
    let mut level = ((distance | 1).ilog2() / BITS) as usize;
    // Time is somewhere within its block, so the ring may end a little sooner.
    if (tick >> shift(level)) - (elapsed >> shift(level)) >= SLOTS as u64 {
        level += 1;
    }
    (level, (tick >> shift(level)) as usize % SLOTS)
}

/// The tick with which a slot begins: the next one that has its place in the ring.
const fn begin(slot: u16, elapsed: u64) -> u64 {
    let (level, place) = parts(slot);
    let current = elapsed >> shift(level);
    let ahead = (place as u64).wrapping_sub(current) % SLOTS as u64;
    (current + ahead) << shift(level)
}

const fn number(level: usize, place: usize) -> u16 {
    (level * SLOTS + place) as u16
}

const fn parts(slot: u16) -> (usize, usize) {
    (slot as usize / SLOTS, slot as usize % SLOTS)
}

/// How far a tick is shifted to give the number of its block.
const fn shift(level: usize) -> u32 {
    level as u32 * BITS
}

fn first_tick_not_before(time: Duration) -> u64 {
    tick(time, time.subsec_nanos().div_ceil(NANOSECONDS_PER_TICK))
}

fn last_tick_not_after(time: Duration) -> u64 {
    tick(time, time.subsec_nanos() / NANOSECONDS_PER_TICK)
}

fn tick(time: Duration, part: u32) -> u64 {
    time.as_secs().saturating_mul(TICKS_PER_SECOND).saturating_add(part.into()).min(END)
}

const fn time_of(tick: u64) -> Duration {
    let part = (tick % TICKS_PER_SECOND) as u32;
    Duration::new(tick / TICKS_PER_SECOND, part * NANOSECONDS_PER_TICK)
}
