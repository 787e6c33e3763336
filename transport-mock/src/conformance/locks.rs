//! One at a time has the lock.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stytch_session::Store;
use stytch_session::store::{Document, Lock, Saved};

use super::run::{beside, join, once};
use super::{PATIENCE, Pair, broken, no_error, save};

/// How many wait for the lock at the same time, and how often each takes it.
const WAITING: usize = 8;
const TURNS: usize = 4;

pub(super) async fn are_given_back<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "the lock is free when it was dropped";
    for handle in [pair.first, pair.first, pair.second, pair.first] {
        drop(take(duty, handle).await);
    }
}

pub(super) async fn exclude<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "the lock is one's alone";
    let (first, second) = (pair.first, pair.second);
    for (holder, other) in [(first, second), (second, first), (first, first)] {
        for patience in [Duration::ZERO, PATIENCE] {
            let held = take(duty, holder).await;
            let mut waiting = pin!(other.lock(patience));
            let given = beside(waiting.as_mut(), async {
                let duty = "the other methods go on while somebody has the lock";
                for (_, handle) in pair.both() {
                    let version = save(duty, handle, b"while locked").await;
                    pair.expect(duty, version, Some(b"while locked")).await;
                }
            })
            .await;
            let given = given.map(|given| no_error(duty, "lock", given));
            if let Some(Some(_)) = given {
                broken(duty, format_args!("it is given to a second while a first has it"));
            }
            drop(held);
            if given.is_none() {
                // It may have run out of patience at the last moment.
                drop(no_error(duty, "lock", waiting.await));
            }
            drop(take("the lock is free when it was dropped", other).await);
        }
    }
}

pub(super) async fn are_not_for_who_gave_up<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "who gave up waiting for the lock has not got it";
    for (_, handle) in pair.both() {
        // Given up before it was free.
        let held = take(duty, pair.first).await;
        drop(wait(handle).await);
        drop(held);
        drop(take(duty, pair.second).await);

        // Given up when it was free already.
        let held = take(duty, pair.first).await;
        let waiting = wait(handle).await;
        drop(held);
        for _ in 0..8 {
            save(duty, pair.first, b"time goes by").await;
        }
        drop(waiting);
        drop(take(duty, pair.second).await);
    }
}

/// Each adds one to a number that is stored, several times: lock, read, write.
pub(super) async fn count<S: Store + ?Sized>(pair: &Pair<'_, S>) {
    let duty = "one at a time has the lock";
    save(duty, pair.first, b"0").await;
    let holders = AtomicUsize::new(0);
    let workers = (0..WAITING).map(async |number| {
        let (_, handle) = pair.both()[number % 2];
        for _ in 0..TURNS {
            let held = take(duty, handle).await;
            if holders.fetch_add(1, Ordering::SeqCst) > 0 {
                broken(duty, format_args!("several have it"));
            }
            let loaded = no_error(duty, "load", handle.load().await);
            let number = loaded.document.as_ref().map(Document::as_bytes).unwrap_or_default();
            let number: usize =
                std::str::from_utf8(number).unwrap_or_default().parse().unwrap_or(0);
            let document = Document::new((number + 1).to_string().into_bytes());
            let saved = no_error(duty, "save", handle.save(&document, loaded.version).await);
            if saved == Saved::Conflict {
                broken(duty, format_args!("another has saved"));
            }
            holders.fetch_sub(1, Ordering::SeqCst);
            drop(held);
        }
    });
    join(workers).await;
    let version = no_error(duty, "version", pair.first.version().await);
    pair.expect(duty, version, Some((WAITING * TURNS).to_string().as_bytes())).await;
}

/// Takes a lock that is free, or is about to be.
async fn take<S: Store + ?Sized>(duty: &str, handle: &S) -> Lock {
    match no_error(duty, "lock", handle.lock(PATIENCE).await) {
        Some(lock) => lock,
        None => broken(duty, format_args!("it is not to be had within {PATIENCE:?}")),
    }
}

/// Begins to wait for a lock that another has.
async fn wait<'a, S: Store + ?Sized>(handle: &'a S) -> impl Future + 'a {
    let mut waiting = handle.lock(PATIENCE);
    // If it gives something at once, that is found elsewhere.
    drop(once(waiting.as_mut()).await);
    waiting
}
