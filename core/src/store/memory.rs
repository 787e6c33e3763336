//! A store in memory.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;

use super::{Document, Lock, Saved, Snapshot, Store, StoreError, Version};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps the document in memory; clones share it.
///
/// For sessions that shall not outlive the process, and for tests: two live sessions on clones of
/// one store are like two processes on one file. It has no clock, so that whoever asks for its lock
/// waits for it however long that takes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), stytch_session::store::StoreError> {
/// use stytch_session::store::{Document, MemoryStore, Saved, Store, Version};
///
/// let store = MemoryStore::new();
/// let saved = store.save(&Document::new(b"{}".to_vec()), Version::NONE).await?;
/// assert!(matches!(saved, Saved::Done(_)));
/// assert!(store.load().await?.document.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    snapshot: Snapshot,
    versions: u64,
    locked: bool,
    waiting: VecDeque<Waker>,
}

impl Default for State {
    fn default() -> Self {
        Self { snapshot: Snapshot::NOTHING, versions: 0, locked: false, waiting: VecDeque::new() }
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(self.state().snapshot.clone())
    }

    async fn version(&self) -> Result<Version, StoreError> {
        Ok(self.state().snapshot.version)
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        let mut state = self.state();
        if state.snapshot.version != expected {
            return Ok(Saved::Conflict);
        }
        state.versions = state.versions.saturating_add(1);
        let version = Version::new(state.versions);
        state.snapshot = Snapshot::new(version, document.clone());
        Ok(Saved::Done(version))
    }

    async fn lock(&self, _: Duration) -> Result<Option<Lock>, StoreError> {
        poll_fn(|context| {
            let mut state = self.state();
            if state.locked {
                state.waiting.push_back(context.waker().clone());
                return Poll::Pending;
            }
            state.locked = true;
            Poll::Ready(Ok(Some(Lock::new(Guard(self.clone())))))
        })
        .await
    }
}

/// Gives the lock back.
struct Guard(MemoryStore);

impl Drop for Guard {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.0.state();
            state.locked = false;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}
