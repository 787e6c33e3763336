//! What a store of one's own must do, as tests.
//!
//! [`store`] takes two handles on one store and panics at the first duty that is not done. It runs on
//! any async runtime: call it in a test of the crate that has the store.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use stytch_session::MemoryStore;
//! use stytch_session_mock::conformance;
//!
//! let store = MemoryStore::new();
//! conformance::store(&store, &store.clone()).await;
//! # }
//! ```
//!
//! Not tested here, since it needs more than a [`Store`] can do: that a document that was removed and
//! written anew has another version, that a crash leaves the old document or the new one, and that a
//! holder that has died loses the lock.

mod bytes;
mod locks;
mod run;
#[cfg(test)]
mod tests;
mod versions;

use std::time::Duration;

use stytch_session::Store;
use stytch_session::store::{Document, Saved, StoreError, Version};

use self::run::within;

/// How long a store may take for one group of duties before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// How long the tests wait for a lock that is about to be free.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tests the duties of a [`Store`].
///
/// `first` and `second` are two handles on one store in which nothing is stored yet: clones, two
/// connections, or two objects on one path. Afterwards documents are stored there, of 1 MiB at most,
/// and the lock is free.
///
/// * Nothing is stored at first, by [`Version::NONE`].
/// * Bytes come back as they were saved, through either handle: none, all values, 1 MiB.
/// * Each save has a version of its own, also of the same document, and `version` agrees with `load`.
/// * A save that expects any other version than the one that is there is a [`Saved::Conflict`] and
///   writes nothing. Of several at the same time that expect the right one, one is done.
/// * One at a time has the lock, over both handles and within each. It is free when it was dropped,
///   and who gave up waiting for it has not got it. The other methods go on meanwhile.
///
/// A future that waits for the lock may wait beyond its patience, as [`MemoryStore`] does.
///
/// Saves and locks at the same time are futures of one task, so that a gap in a store that never
/// yields between comparing and writing is not found.
///
/// [`MemoryStore`]: stytch_session::MemoryStore
///
/// # Panics
///
/// With the duty and what came instead, if one is not done, if the store fails, or if it hangs for a
/// minute.
pub async fn store<S: Store + ?Sized>(first: &S, second: &S) {
    store_within(LIMIT, first, second).await;
}

async fn store_within<S: Store + ?Sized>(limit: Duration, first: &S, second: &S) {
    let pair = Pair { first, second };
    within(limit, "nothing is stored at first", bytes::nothing_at_first(&pair)).await;
    within(limit, "bytes come back as they were saved", bytes::come_back(&pair)).await;
    within(limit, "each save has another version", versions::differ(&pair)).await;
    within(limit, "a save compares versions", versions::are_compared(&pair)).await;
    within(limit, "one of several saves is done", versions::have_one_winner(&pair)).await;
    within(limit, "the lock is given back", locks::are_given_back(&pair)).await;
    within(limit, "the lock excludes", locks::exclude(&pair)).await;
    within(limit, "who gives up has no lock", locks::are_not_for_who_gave_up(&pair)).await;
    within(limit, "one at a time has the lock", locks::count(&pair)).await;
}

/// Two handles on one store.
struct Pair<'a, S: ?Sized> {
    first: &'a S,
    second: &'a S,
}

impl<'a, S: Store + ?Sized> Pair<'a, S> {
    /// Both, with their names.
    fn both(&self) -> [(&'static str, &'a S); 2] {
        [("the first handle", self.first), ("the second handle", self.second)]
    }

    /// Fails unless this is what both handles say is stored.
    async fn expect(&self, duty: &str, version: Version, document: Option<&[u8]>) {
        for (name, handle) in self.both() {
            let loaded = no_error(duty, "load", handle.load().await);
            let bytes = loaded.document.as_ref().map(Document::as_bytes);
            if bytes != document {
                broken(duty, format_args!("{name} loads {}, not {}", text(bytes), text(document)));
            }
            if loaded.version != version {
                let loaded = loaded.version;
                broken(duty, format_args!("{name} loads it as {loaded:?}, not as {version:?}"));
            }
            let alone = no_error(duty, "version", handle.version().await);
            if alone != version {
                broken(duty, format_args!("`version` of {name} is {alone:?}, not {version:?}"));
            }
        }
    }
}

/// Saves over what is there, and gives the new version.
async fn save<S: Store + ?Sized>(duty: &str, handle: &S, bytes: &[u8]) -> Version {
    let expected = no_error(duty, "load", handle.load().await).version;
    let document = Document::new(bytes.to_vec());
    match no_error(duty, "save", handle.save(&document, expected).await) {
        Saved::Done(version) => version,
        Saved::Conflict => {
            broken(duty, format_args!("a save that expects what `load` said is a conflict"))
        }
    }
}

fn no_error<T>(duty: &str, method: &str, result: Result<T, StoreError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => broken(duty, format_args!("`{method}` fails: {error} ({error:?})")),
    }
}

/// A document, as far as a message can show it.
fn text(bytes: Option<&[u8]>) -> String {
    match bytes {
        None => "nothing".to_owned(),
        Some(bytes) if bytes.len() > 32 => {
            format!("{} bytes, b\"{}…\"", bytes.len(), bytes[..32].escape_ascii())
        }
        Some(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
    }
}

fn broken(duty: &str, what: std::fmt::Arguments<'_>) -> ! {
    panic!("the store does not do its duty: {duty}: {what}")
}
