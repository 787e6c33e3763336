//! The lock on the world, which counts the changes.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};

use super::world::World;

/// How often the world may have changed.
#[derive(Debug, Default)]
pub(crate) struct Changes(AtomicU64);

impl Changes {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The world, while nobody else has it. Whoever asks for it to write changes it.
pub(crate) struct Guard<'a> {
    world: MutexGuard<'a, World>,
    changes: &'a Changes,
}

impl<'a> Guard<'a> {
    pub(crate) const fn new(world: MutexGuard<'a, World>, changes: &'a Changes) -> Self {
        Self { world, changes }
    }
}

impl Deref for Guard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        self.changes.0.fetch_add(1, Ordering::AcqRel);
        &mut self.world
    }
}
