//! Waiting for a lock stops nobody else, and a future may be dropped at any time.

use std::fs::OpenOptions;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use stytch_session::store::{Saved, Version};
use stytch_session::{FileStore, Store};

use super::{bytes, document, quick_place, save};

/// Long enough that it runs out only if something waits in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything here is on one thread: if waiting held it up, nobody could give the lock back.
#[tokio::test]
async fn an_executor_goes_on_while_a_lock_is_waited_for() {
    let (_directory, path) = quick_place();
    let holder = FileStore::at(&path);
    let store = FileStore::at(&path);
    let held = holder.lock(PATIENCE).await.expect("locks").expect("a free lock");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.lock(PATIENCE).await }
    });
    for number in 0..20 {
        let text = document(&number.to_string());
        let version = save(&store, &text).await;
        let loaded = store.load().await.expect("a document");
        assert_eq!((bytes(&loaded), loaded.version), (Some(text.as_bytes()), version));
        assert!(!waiting.is_finished());
    }
    assert!(store.lock(Duration::ZERO).await.expect("locks").is_none());
    drop(held);
    let held = waiting.await.expect("no panic").expect("locks");
    assert!(held.is_some(), "the lock was not to be had");
}

#[tokio::test]
async fn an_executor_goes_on_while_a_writer_is_waited_for() {
    let (directory, path) = quick_place();
    let store = FileStore::at(&path);
    let version = save(&store, &document("old")).await;
    let lock = OpenOptions::new().write(true).open(directory.path().join("session.lock"));
    let lock = lock.expect("the lock of writers");
    fs4::FileExt::lock(&lock).expect("a free lock");
    let saving = tokio::spawn({
        let store = store.clone();
        async move { store.save(&document("new"), version).await }
    });
    for _ in 0..20 {
        assert_eq!(bytes(&store.load().await.expect("a document")), Some(&b"old"[..]));
        let held = store.lock(PATIENCE).await.expect("locks");
        assert!(held.is_some());
    }
    assert!(!saving.is_finished());
    drop(lock);
    let saved = saving.await.expect("no panic").expect("a save");
    assert!(matches!(saved, Saved::Done(_)));
}

#[tokio::test]
async fn patience_runs_out() {
    let (_directory, path) = quick_place();
    let store = FileStore::at(&path);
    let held = store.lock(Duration::ZERO).await.expect("locks").expect("a free lock");
    for patience in [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(30)] {
        assert!(store.lock(patience).await.expect("locks").is_none());
        assert!(FileStore::at(&path).lock(patience).await.expect("locks").is_none());
    }
    drop(held);
    assert!(store.lock(Duration::MAX).await.expect("locks").is_some());
}

#[tokio::test]
async fn futures_are_dropped_at_any_time() {
    let (_directory, path) = quick_place();
    let store = FileStore::at(&path);
    let mut version = save(&store, &document("0")).await;
    for number in 0..200 {
        let polls = number % 4;
        // A lock that is free, and might be granted to nobody.
        drop(polled(store.lock(PATIENCE), polls).await);
        let held = FileStore::at(&path).lock(PATIENCE).await.expect("locks").expect("a free lock");
        // A lock that another has.
        drop(polled(store.lock(PATIENCE), polls).await);
        drop(held);

        let text = document(&number.to_string());
        drop(polled(store.load(), polls).await);
        drop(polled(store.save(&text, version), polls).await);
        // One thread does one thing after the other, so that it is done or will not be.
        let loaded = store.load().await.expect("a document");
        assert!(loaded.version == version || loaded.document == Some(text));
        version = loaded.version;
        if polls == 0 {
            drop(store.save(&document("never"), version));
            assert_eq!(store.version().await.expect("a version"), version);
        }
    }
    assert_ne!(version, Version::NONE);
}

/// A future that was polled so many times, and its neighbours in between.
async fn polled<T>(
    mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    polls: usize,
) -> Option<T> {
    for _ in 0..polls {
        let value = poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
        if value.is_some() {
            return value;
        }
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
    None
}

/// The store and its thread may be gone while the lock is held.
#[test]
fn a_lock_outlives_its_store() {
    let (_directory, path) = quick_place();
    let held = super::block_on(FileStore::at(&path).lock(PATIENCE)).expect("locks");
    assert!(held.is_some());
    let other = FileStore::at(&path);
    assert!(super::block_on(other.lock(Duration::ZERO)).expect("locks").is_none());
    drop(held);
    assert!(super::block_on(other.lock(PATIENCE)).expect("locks").is_some());
}
