//! Where a live session rests between runs, and where processes meet that share one.
//!
//! A [`Store`] keeps one [`Document`] with compare-and-swap, and a lock under which one process at a
//! time refreshes. [`MemoryStore`] keeps it for this process, [`FileStore`] in a file.

mod document;
mod error;
#[cfg(feature = "store-file")]
mod file;
mod memory;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use document::{Document, MAX_DOCUMENT_BYTES};
pub use error::{StoreError, StoreErrorKind};
#[cfg(feature = "store-file")]
#[cfg_attr(docsrs, doc(cfg(feature = "store-file")))]
pub use file::FileStore;
pub use memory::MemoryStore;

/// Keeps one document for several tasks and processes.
///
/// # Duties
///
/// * A document comes back byte for byte as it was saved, whole, or not at all: a crash at any
///   instant leaves the old one or the new one.
/// * [`save`](Self::save) compares and writes in one step that no other process can come between.
/// * Each save gives another version, also after the document was removed and written anew.
/// * Documents hold session tokens in clear: nobody but their owner may read them, and nothing of
///   them is logged or put into an error.
/// * What cannot be read is an error and never "nothing stored", which would be a logout at the next
///   start. To a live session that runs, a document that was removed says nothing.
/// * No method blocks the executor. A live session drops the future of a call that has not ended
///   after 10 s, and takes it for one that failed: it tries again, and reads before it writes.
///
/// | store | compare-and-swap | lock |
/// | --- | --- | --- |
/// | Redis | a script that compares the version and sets both keys | `SET key owner NX PX 90000`; a script deletes it if it is still the owner's |
/// | SQL | `UPDATE … SET version = … WHERE version = …`, and the count of rows | an advisory lock, or a row with an owner and an end |
/// | keyring | a mutex in the process; processes do not share it | the same |
///
/// `stytch_session_mock::conformance` tests an implementation.
#[async_trait]
pub trait Store: Send + Sync {
    /// The document, if one is stored, and its version.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    async fn load(&self) -> Result<Snapshot, StoreError>;

    /// The version alone, as cheaply as it can be had: it is asked every second.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    async fn version(&self) -> Result<Version, StoreError> {
        Ok(self.load().await?.version)
    }

    /// Writes a document if the version is still `expected`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be written. What was there stays, unless the store cannot know that:
    /// whoever saves reads before the next save. What is left of a save whose future was dropped must
    /// not be written any more once such a read has been answered.
    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError>;

    /// Takes the lock; none if another holds it for as long as `patience`.
    ///
    /// One holder at a time, over tasks and processes. It is held for the time of a look at the store,
    /// one request and a save, at most some 60 seconds over a transport that waits 30 for a reply. A
    /// holder that has died must not hold it for much longer. The lock says nothing about
    /// [`load`](Self::load) and [`save`](Self::save), which go on meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if locks cannot be taken here.
    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError>;
}

#[async_trait]
impl<S: Store + ?Sized> Store for Arc<S> {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        (**self).load().await
    }

    async fn version(&self) -> Result<Version, StoreError> {
        (**self).version().await
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        (**self).save(document, expected).await
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        (**self).lock(patience).await
    }
}

/// Which writing of a document it is. Versions can be told apart and have no order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Version(u64);

impl Version {
    /// Nothing is stored.
    pub const NONE: Self = Self(0);

    /// A version with this number; 0 is [`Version::NONE`].
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What is stored.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// Which writing it is.
    pub version: Version,
    /// The document, if there is one.
    pub document: Option<Document>,
}

impl Snapshot {
    /// Nothing is stored.
    pub const NOTHING: Self = Self { version: Version::NONE, document: None };

    /// A document and its version.
    #[must_use]
    pub const fn new(version: Version, document: Document) -> Self {
        Self { version, document: Some(document) }
    }
}

/// What came of a [`Store::save`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a save that is neither does not exist")]
pub enum Saved {
    /// It is stored, as this version.
    Done(Version),
    /// Another version is there: nothing was written.
    Conflict,
}

/// The lock of a [`Store`], until it is dropped.
#[must_use = "dropping it gives the lock back"]
pub struct Lock {
    _guard: Box<dyn Any + Send>,
}

impl Lock {
    /// A lock that is given back when `guard` is dropped.
    ///
    /// A store behind a network gives it back in the background, or lets it end by itself.
    pub fn new(guard: impl Any + Send) -> Self {
        Self { _guard: Box::new(guard) }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}
