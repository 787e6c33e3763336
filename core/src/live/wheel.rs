//! Deadlines of very many sessions, in one place: a hierarchical timing wheel.
//!
//! Time is counted in ticks of 1/16 s. Level 0 has a slot for each of the next 64 ticks, level 1 a
//! slot for each of the next 63 blocks of 64 ticks, level 2 for blocks of 64 × 64, and so on: eleven
//! levels reach to the end of time. A slot is a list of entries. When its time comes, its entries
//! fire, or move to a slot of a lower level. (George Varghese and Tony Lauck, "Hashed and
//! hierarchical timing wheels", 1987.)
//!
//! The slots of a level are a ring. So a million entries that are three minutes away move down a
//! few thousand at a time, and never all at once.
//!
//! A deadline that moves to later is only noted. Its entry stays where it is, is looked at when the
//! time of its slot comes, and moves on then.

use std::mem;
use std::time::Duration;

#[cfg(test)]
// The benchmark has this file too, from another folder.
#[path = "wheel/tests.rs"]
mod tests;

const TICKS_PER_SECOND: u64 = 16;
const NANOSECONDS_PER_TICK: u32 = 1_000_000_000 / 16;

/// How many bits of a tick choose the slot of a level.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;

/// No entry: the end of a list.
const NONE: u32 = u32::MAX;
/// No slot: the entry is not scheduled.
const NOWHERE: u16 = u16::MAX;

/// Entries with a deadline each, found when it has come.
///
/// Every operation takes constant time on average. An entry takes 32 bytes if its owner is a
/// pointer, and places of removed entries are used again; an empty wheel has nothing on the heap.
///
/// Times are durations since any fixed instant. A deadline is never found early, and at most one
/// tick, 1/16 s, late. All times beyond 2⁶⁰ s, or thirty-six billion years, count as the same.
#[derive(Debug)]
pub(super) struct Wheel<T> {
    entries: Vec<Entry<T>>,
    /// As many as the farthest deadline needed.
    levels: Vec<Level>,
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
    generation: u32,
}

#[derive(Debug)]
struct Entry<T> {
    /// When it is due. Its slot may begin earlier, never later.
    tick: u64,
    /// `None` while the place is free.
    owner: Option<T>,
    previous: u32,
    /// The next in the slot, or the next free place.
    next: u32,
    /// How often the place was used before.
    generation: u32,
    /// The level, and the position in its ring.
    slot: u16,
}

#[derive(Debug)]
struct Level {
    heads: [u32; SLOTS],
    /// One bit for each slot that is not empty.
    occupied: u64,
}

impl<T> Wheel<T> {
    /// What an entry takes.
    #[cfg(test)]
    pub(super) const ENTRY_BYTES: usize = size_of::<Entry<T>>();

    /// An empty wheel.
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), levels: Vec::new(), elapsed: 0, free: NONE, len: 0 }
    }

    /// How many entries there are, scheduled or not.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds an entry that is due at a time; at once, if that is over.
    ///
    /// There are at most 2³² − 1 entries, which are 137 GB. One more is dropped, and its key names
    /// nothing.
    pub(super) fn insert(&mut self, at: Duration, owner: T) -> Key {
        let index = self.place();
        let Some(entry) = self.entries.get_mut(index as usize) else {
            return Key { index: NONE, generation: 0 };
        };
        entry.tick = first_tick_not_before(at);
        entry.owner = Some(owner);
        let key = Key { index, generation: entry.generation };
        self.len += 1;
        self.file(index);
        key
    }

    /// Sets another time, also for an entry that has fired; false if there is no such entry.
    pub(super) fn reschedule(&mut self, key: Key, at: Duration) -> bool {
        let elapsed = self.elapsed;
        let Some(entry) = self.entry_mut(key) else { return false };
        entry.tick = first_tick_not_before(at);
        // A slot that begins in time will do: that is most of what happens, and touches no
        // neighbours.
        if entry.slot == NOWHERE || entry.tick < begin(entry.slot, elapsed) {
            self.unlink(key.index);
            self.file(key.index);
        }
        true
    }

    /// Takes an entry out, scheduled or not.
    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        self.entry_mut(key)?;
        self.unlink(key.index);
        let free = self.free;
        let entry = self.entry_mut(key)?;
        let owner = entry.owner.take();
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = free;
        self.free = key.index;
        self.len -= 1;
        owner
    }

    /// Whose entry it is.
    pub(super) fn owner(&self, key: Key) -> Option<&T> {
        let entry = self.entries.get(key.index as usize)?;
        entry.owner.as_ref().filter(|_| entry.generation == key.generation)
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
            let index = self.head(slot)?;
            self.unlink(index);
            let entry = self.entries.get(index as usize)?;
            if entry.tick <= tick {
                return Some(Key { index, generation: entry.generation });
            }
            self.file(index);
        }
        self.elapsed = now;
        None
    }

    /// A free place, or a new one; [`NONE`] if all are taken.
    fn place(&mut self) -> u32 {
        if let Some(entry) = self.entries.get(self.free as usize) {
            return mem::replace(&mut self.free, entry.next);
        }
        let Ok(index) = u32::try_from(self.entries.len()) else { return NONE };
        if index == NONE {
            return NONE;
        }
        if self.entries.len() == self.entries.capacity() {
            // Doubling would leave up to a half of it unused.
            self.entries.reserve_exact((self.entries.len() / 8).max(8));
        }
        self.entries.push(Entry {
            tick: 0,
            owner: None,
            previous: NONE,
            next: NONE,
            generation: 0,
            slot: NOWHERE,
        });
        index
    }

    fn entry_mut(&mut self, key: Key) -> Option<&mut Entry<T>> {
        let entry = self.entries.get_mut(key.index as usize)?;
        (entry.owner.is_some() && entry.generation == key.generation).then_some(entry)
    }

    /// Puts an entry that is in no slot into the one of its tick.
    fn file(&mut self, index: u32) {
        let Some(entry) = self.entries.get_mut(index as usize) else { return };
        let (number, position) = slot_of(entry.tick, self.elapsed);
        if self.levels.len() <= number {
            self.levels.resize_with(number + 1, || Level { heads: [NONE; SLOTS], occupied: 0 });
        }
        let Some(level) = self.levels.get_mut(number) else { return };
        let Some(head) = level.heads.get_mut(position) else { return };
        level.occupied |= 1 << position;
        entry.slot = (number * SLOTS + position) as u16;
        entry.previous = NONE;
        entry.next = mem::replace(head, index);
        let next = entry.next as usize;
        if let Some(next) = self.entries.get_mut(next) {
            next.previous = index;
        }
    }

    /// Takes an entry out of its slot, if it is in one.
    fn unlink(&mut self, index: u32) {
        let Some(entry) = self.entries.get_mut(index as usize) else { return };
        let (previous, next) = (entry.previous, entry.next);
        let slot = mem::replace(&mut entry.slot, NOWHERE);
        if slot == NOWHERE {
            return;
        }
        if let Some(next) = self.entries.get_mut(next as usize) {
            next.previous = previous;
        }
        if let Some(previous) = self.entries.get_mut(previous as usize) {
            previous.next = next;
            return;
        }
        let (level, position) = parts(slot);
        let Some(level) = self.levels.get_mut(level) else { return };
        if let Some(head) = level.heads.get_mut(position) {
            *head = next;
        }
        if next == NONE {
            level.occupied &= !(1 << position);
        }
    }

    fn head(&self, slot: u16) -> Option<u32> {
        let (level, position) = parts(slot);
        self.levels.get(level)?.heads.get(position).copied()
    }

    /// The slot that begins first, and when it does.
    fn first_slot(&self) -> Option<(u64, u16)> {
        let mut first = None;
        for (number, level) in self.levels.iter().enumerate() {
            if level.occupied == 0 {
                continue;
            }
            let current = self.elapsed >> shift(number);
            let ahead = level.occupied.rotate_right((current % SLOTS as u64) as u32);
            let block = current + u64::from(ahead.trailing_zeros());
            let tick = block << shift(number);
            if first.is_none_or(|(earliest, _)| tick < earliest) {
                let position = block as usize % SLOTS;
                first = Some((tick, (number * SLOTS + position) as u16));
            }
        }
        first
    }
}

/// The level and the position of a tick: the lowest level whose ring reaches that far. Above level 0
/// that is never the block that time is in, which is why it begins later than `elapsed`.
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

/// The tick with which a slot begins: the next one that has its position in the ring.
const fn begin(slot: u16, elapsed: u64) -> u64 {
    let (level, position) = parts(slot);
    let current = elapsed >> shift(level);
    let ahead = (position as u64).wrapping_sub(current) % SLOTS as u64;
    (current + ahead) << shift(level)
}

const fn parts(slot: u16) -> (usize, usize) {
    (slot as usize / SLOTS, slot as usize % SLOTS)
}

/// How far a tick is shifted to give the number of its block.
const fn shift(level: usize) -> u32 {
    level as u32 * BITS
}

const fn first_tick_not_before(time: Duration) -> u64 {
    let part = time.subsec_nanos().div_ceil(NANOSECONDS_PER_TICK);
    time.as_secs().saturating_mul(TICKS_PER_SECOND).saturating_add(part as u64)
}

const fn last_tick_not_after(time: Duration) -> u64 {
    let part = time.subsec_nanos() / NANOSECONDS_PER_TICK;
    time.as_secs().saturating_mul(TICKS_PER_SECOND).saturating_add(part as u64)
}

const fn time_of(tick: u64) -> Duration {
    let part = (tick % TICKS_PER_SECOND) as u32;
    Duration::new(tick / TICKS_PER_SECOND, part * NANOSECONDS_PER_TICK)
}
