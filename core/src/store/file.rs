//! A store in a file.

mod disk;
mod format;
mod oneshot;
#[cfg(test)]
mod tests;
mod worker;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use self::format::unavailable;
use self::worker::Worker;
use super::{Document, Lock, Saved, Snapshot, Store, StoreError, StoreErrorKind, Version};

/// How long a save waits while others write.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps the document in a file that several processes may share; clones share a thread.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use stytch_session::FileStore;
/// use stytch_session::store::{Document, Saved, Store, Version};
///
/// # let directory = tempfile::tempdir()?;
/// # let directory = directory.path();
/// let path = directory.join("example").join("session");
/// let store = FileStore::at(&path);
/// assert!(store.load().await?.document.is_none());
///
/// let Saved::Done(version) = store.save(&Document::new(b"{}".to_vec()), Version::NONE).await? else {
///     return Err("another process was faster".into());
/// };
/// assert_eq!(FileStore::at(&path).version().await?, version);
/// # Ok(())
/// # }
/// ```
///
/// # The place
///
/// Give it an absolute path in a directory of its own. What is missing of the directory is created
/// with the first save or lock, by mode 0700; the file has mode 0600 from its first byte. A directory
/// that is there already is taken as it is: others who may write to it can never read the document,
/// but can take it away, or put another session there.
///
/// Beside `session` there are `session.lock` and `session.refresh`, both empty: locks, which must not
/// be removed while a program runs. A writer that was killed leaves `.session.….new`, by mode 0600
/// too, until the next save.
///
/// A symbolic link at the path itself, or at a lock, is refused and never followed, as is whatever
/// else is no file. Links above are followed.
///
/// The document is not encrypted, and what a save replaces is not overwritten on the disk. On Windows,
/// where no test has run, who may read the file is inherited from its directory: choose one in the
/// user's own profile. On network file systems, locks and renaming are as good as the system and its server
/// make them: use a local disk.
///
/// # What holds
///
/// * A document is written to a temporary file, flushed, and renamed over the old one, and the
///   directory is flushed (not on Windows). A crash at any instant leaves the old document or the new
///   one. Only if flushing the directory fails, `save` fails with the new document in place.
/// * A missing file is "nothing stored". An empty file, and one that is cut off, changed or foreign, is
///   [`Damaged`](StoreErrorKind::Damaged): no crash of ours leaves one. It is never written over, nor
///   is one of a later format, which is [`Newer`](StoreErrorKind::Newer). Move it away to begin anew.
///   Sums find accidents, not forgery.
/// * Versions are random numbers, so that a file that was removed and written anew has another.
/// * A save waits at most 5 s for other writers, then it is [`Busy`](StoreErrorKind::Busy).
/// * [`lock`](Store::lock) is a lock of the system's, which ends with its process, however that ends.
///   It holds between any two `FileStore`s on one path, in one process too.
/// * Documents are at most [`MAX_DOCUMENT_BYTES`](super::MAX_DOCUMENT_BYTES).
///
/// # Threads
///
/// The file is read and written on a thread of the store's, which starts when there is work and ends
/// with the store, or after ten seconds without work. No async runtime is needed. A save whose future
/// is dropped is done or not done, whole; a lock whose future is dropped is given back.
#[derive(Clone)]
pub struct FileStore(Arc<Inner>);

struct Inner {
    path: PathBuf,
    worker: Worker,
    patience: Duration,
}

impl FileStore {
    /// A store in the file at this path. Touches no file yet.
    ///
    /// A relative path is taken from where the process is at each moment.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Inner { path: path.into(), worker: Worker::new(), patience: PATIENCE }))
    }

    /// Does something on the thread until it gives a value, or patience ends.
    async fn run<T: Send + 'static>(
        &self,
        patience: Duration,
        mut work: impl FnMut(&Path) -> Option<Result<T, StoreError>> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let path = self.0.path.clone();
        self.0.worker.run(patience, move || work(&path)).await.map_err(unavailable)?.transpose()
    }

    /// Does something that waits for nobody on the thread.
    async fn read<T: Send + 'static>(
        &self,
        work: fn(&Path) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let busy = || StoreError::new(StoreErrorKind::Busy);
        self.run(Duration::ZERO, move |path| Some(work(path))).await?.ok_or_else(busy)
    }

    /// Reads the content of a file, for tests of the format.
    ///
    /// # Errors
    ///
    /// As [`load`](Store::load).
    #[doc(hidden)]
    pub fn decode(mut bytes: &[u8]) -> Result<Snapshot, StoreError> {
        format::read(&mut bytes)
    }

    /// The content of a file, for tests of the format.
    #[doc(hidden)]
    #[must_use]
    pub fn encode(version: Version, document: &Document) -> Vec<u8> {
        let mut bytes = format::Head::write(version, document);
        bytes.extend(document.as_bytes());
        bytes
    }
}

#[async_trait]
impl Store for FileStore {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.read(disk::load).await
    }

    async fn version(&self) -> Result<Version, StoreError> {
        self.read(disk::version).await
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        let document = document.clone();
        self.run(self.0.patience, move |path| disk::save(path, &document, expected))
            .await?
            .ok_or_else(|| StoreError::new(StoreErrorKind::Busy))
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        let held = self.run(patience, |path| disk::lock(path, ".refresh")).await?;
        Ok(held.map(Lock::new))
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("path", &self.0.path).finish_non_exhaustive()
    }
}
