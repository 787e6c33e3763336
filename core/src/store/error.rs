//! Why a store failed.

use std::error::Error as StdError;
use std::fmt;

/// A store could not do what it was asked. What it held is still there, and so is the session.
///
/// ```
/// use stytch_session::store::{StoreError, StoreErrorKind};
///
/// let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
/// let error = StoreError::new(StoreErrorKind::Unavailable).with_source(denied);
/// assert_eq!(error.to_string(), "the store cannot be reached; check its place and permissions");
/// ```
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It cannot be read or written: no permission, no space, no connection.
    Unavailable,
    /// What is stored is torn or is not a document of this library.
    Damaged,
    /// A newer version of this library has written it. It is left as it is.
    Newer,
    /// The document exceeds the size limit.
    TooLarge,
    /// Another held it for too long.
    Busy,
}

impl StoreError {
    /// An error of this kind.
    #[must_use]
    pub const fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Adds the cause. It must not hold anything of a document.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Unavailable => {
                "the store cannot be reached; check its place and permissions"
            }
            StoreErrorKind::Damaged => {
                "what is stored is damaged or foreign, and is left as it is; move it away to begin anew"
            }
            StoreErrorKind::Newer => {
                "a newer version of this library has stored the session, and it is left as it is; \
                 update this program, or use another store"
            }
            StoreErrorKind::TooLarge => "the document exceeds the size limit of the store",
            StoreErrorKind::Busy => "another process held the store for too long; try again",
        })
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
