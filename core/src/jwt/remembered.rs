//! Tokens that were verified a moment ago.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher as _};
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::{KeySet, VerifiedJwt};
use crate::secret::SessionJwt;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How many locks there are, so that threads seldom meet.
const SHARDS: usize = 16;

/// How many bytes of a token are hashed: the last ones, which belong to its signature. Only what was
/// verified comes in, so nobody can choose tokens whose hashes meet, and the hash needs no secret.
const HASHED: usize = 64;

type Entries = HashMap<u64, Entry, BuildHasherDefault<DefaultHasher>>;

/// A bounded number of tokens, byte for byte, with what they say.
pub(super) struct RememberedTokens {
    shards: [Mutex<Shard>; SHARDS],
    /// How many a half of a shard holds.
    half: usize,
}

/// The tokens of late, and those before. When there are too many the older half goes: each that is
/// still in use has moved to the younger by then.
#[derive(Default)]
struct Shard {
    young: Entries,
    old: Entries,
}

struct Entry {
    token: SessionJwt,
    key_id: Box<str>,
    verified: Arc<VerifiedJwt>,
}

impl RememberedTokens {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        let half = capacity.get().div_ceil(2 * SHARDS);
        Self { shards: Default::default(), half }
    }

    /// What this token says, if these keys still hold the one that it was signed with.
    pub(super) fn get(&self, token: &SessionJwt, keys: &KeySet) -> Option<Arc<VerifiedJwt>> {
        let hash = hash(token);
        let mut shard = self.shard(hash)?;
        if let Some(entry) = shard.young.get(&hash) {
            return entry.of(token, keys);
        }
        let entry = shard.old.remove(&hash)?;
        let verified = entry.of(token, keys);
        let dropped = shard.insert(hash, entry, self.half);
        drop(shard);
        drop(dropped);
        verified
    }

    pub(super) fn insert(&self, token: &SessionJwt, key_id: &str, verified: &Arc<VerifiedJwt>) {
        let hash = hash(token);
        let verified = Arc::clone(verified);
        let entry = Entry { token: token.clone(), key_id: key_id.into(), verified };
        let dropped = self.shard(hash).map(|mut shard| shard.insert(hash, entry, self.half));
        drop(dropped);
    }

    fn shard(&self, hash: u64) -> Option<MutexGuard<'_, Shard>> {
        let shard = self.shards.get((hash >> 32) as usize % SHARDS)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    /// Puts one among the young; gives back what is too much, to be dropped outside of the lock.
    fn insert(&mut self, hash: u64, entry: Entry, half: usize) -> Entries {
        let mut dropped = Entries::default();
        if self.young.len() >= half {
            dropped = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        }
        self.young.insert(hash, entry);
        dropped
    }
}

impl Entry {
    fn of(&self, token: &SessionJwt, keys: &KeySet) -> Option<Arc<VerifiedJwt>> {
        // Who can try this many times knows the end of a good signature: the rest is no secret then, and
        // need not be compared in constant time.
        let is_same = self.token.secret() == token.secret();
        (is_same && keys.contains(&self.key_id)).then(|| Arc::clone(&self.verified))
    }
}

fn hash(token: &SessionJwt) -> u64 {
    let bytes = token.secret().as_bytes();
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes.get(bytes.len().saturating_sub(HASHED)..).unwrap_or_default());
    hasher.finish()
}
