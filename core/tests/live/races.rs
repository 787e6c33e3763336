//! Processes that share a store and do something at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use stytch_session::live::{LiveError, Reason, Revoked};
use stytch_session::store::{Document, Lock, Saved, Snapshot, StoreError, StoreErrorKind, Version};
use stytch_session::{MemoryStore, Runtime as _, Store};
use stytch_session_mock::{EmulatorBuilder, VirtualRuntime};

use crate::misfortunes::{Weak, log_in_with_two_factors};
use crate::world::{MINUTE, TICK, World, reasons, two, two_in};

/// One process waits so long for its answer that another goes ahead, and gets a new token. What the
/// server says of the old one then ends nothing.
#[test]
fn a_token_that_another_process_has_exchanged_meanwhile_ends_no_session() {
    // The other one's answer comes, and is seen, before the refusal; comes only; comes after it; comes
    // when the refusal was seen; was seen by a third one.
    for order in 0..5 {
        let (world, store, one, other) =
            two_in(World::with(EmulatorBuilder::rotate_session_tokens));
        let third = world.live_on(store);
        world.log_in(&one);
        world.runtime.advance(TICK);
        world.net.hold_requests();
        let slow = world.begin_refresh(&one);
        world.runtime.advance(TICK / 2);
        world.net.open();
        if order >= 2 {
            world.net.hold();
        }
        let ahead = world.begin_refresh(&other);
        world.runtime.advance(30 * TICK);
        assert_eq!(ahead.ended().is_some(), order < 2);
        if order == 0 {
            world.runtime.advance(TICK);
        }
        world.net.release("authenticate");
        world.runtime.run();
        let slow = slow.ended().unwrap();
        if order >= 2 {
            // All that is known says so; but not for long.
            assert!(matches!(slow, Err(LiveError::Ended(_))), "{slow:?}");
            let seen = if order == 3 { TICK } else { TICK / 2 };
            if order >= 3 {
                world.runtime.advance(seen);
                assert!(one.get().is_none() && third.get().is_none());
                assert_eq!(other.get().is_some(), order == 4);
            }
            world.net.release("authenticate");
            world.runtime.run();
        } else {
            assert_eq!(slow.unwrap().last_accessed_at(), other.get().unwrap().last_accessed_at());
        }
        world.runtime.advance(2 * TICK);
        let all = [&one, &other, &third];
        let tokens = all.map(|live| live.tokens().map(|tokens| tokens.session_token));
        assert!(tokens[0].is_some(), "{order}");
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{order}");
        assert_eq!(world.stytch.active_sessions().len(), 1);
    }
}

/// A logout by a token that another process has exchanged a moment ago ends nothing at the server: it
/// is not said to be one.
#[test]
fn a_logout_by_a_token_that_another_process_has_exchanged_is_none() {
    let (world, _, one, other) = two_in(World::with(EmulatorBuilder::rotate_session_tokens));
    world.log_in(&one);
    world.runtime.advance(TICK);
    assert!(world.run(other.authenticate()).is_ok());
    let logout = world.run(one.revoke());
    assert!(matches!(logout, Err(LiveError::Kept(_))), "{logout:?}");
    assert!(one.get().is_some() && one.get() == other.get());
    assert!(matches!(world.run(one.revoke()), Ok(Revoked::Confirmed)));
    world.runtime.advance(TICK);
    assert!(one.get().is_none() && other.get().is_none());
    assert!(world.stytch.active_sessions().is_empty());
}

/// What is taken back is a refresh, and no logout.
#[test]
fn subscribers_hear_of_no_end_that_was_none() {
    let (world, _, one, other) = two_in(World::with(EmulatorBuilder::rotate_session_tokens));
    world.log_in(&one);
    world.runtime.advance(TICK);
    let (_subscription, told) = reasons(&one);
    assert!(world.run(other.authenticate()).is_ok());
    assert!(matches!(world.run(one.revoke()), Err(LiveError::Kept(_))));
    assert_eq!(*told.lock().unwrap(), [Reason::Elsewhere]);
}

/// A store whose document may be removed.
#[derive(Clone, Default)]
struct Removable(Arc<Mutex<MemoryStore>>);

impl Removable {
    fn inner(&self) -> MemoryStore {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Store for Removable {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.inner().load().await
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        self.inner().save(document, expected).await
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        self.inner().lock(patience).await
    }
}

/// That a document was removed is no logout, and what is begun anew after that is none either.
#[test]
fn a_login_on_a_store_that_was_removed_stands() {
    for seen in [true, false] {
        let world = World::new();
        let store = Removable::default();
        let one = world.live_on(store.clone());
        for _ in 0..3 {
            world.log_in(&one);
            world.run(one.forget()).unwrap();
        }
        *store.0.lock().unwrap() = MemoryStore::new();
        if seen {
            world.runtime.advance(2 * TICK);
        }
        let other = world.live_on(store.clone());
        world.log_in(&other);
        world.runtime.advance(2 * TICK);
        assert!(one.get().is_some() && other.get().is_some(), "{seen}");
    }
}

/// A logout that could not be stored loses to a login that came after it elsewhere: whoever asked was
/// told that it may not last.
#[test]
fn a_logout_that_was_not_stored_ends_no_later_login() {
    let world = World::new();
    let store = Weak::default();
    let one = world.live_on(store.clone());
    let other = world.live_on(store.inner.clone());
    world.log_in(&one);
    world.runtime.advance(TICK);
    store.forgetful.store(true, Ordering::SeqCst);
    assert!(matches!(world.run(one.forget()), Err(LiveError::Store(_))));

    world.runtime.advance(TICK);
    world.log_in(&other);
    store.forgetful.store(false, Ordering::SeqCst);
    world.runtime.advance(MINUTE);
    assert!(one.get().is_some() && other.get().is_some());
}

/// What is damaged is an error until it is overwritten.
#[test]
fn damage_is_told_until_it_is_mended() {
    let (world, store, one, _other) = two();
    world.log_in(&one);
    let version = world.run(store.load()).unwrap().version;
    let damaged = Document::new(br#"{"version":1,"generation":"?"}"#.to_vec());
    assert!(matches!(world.run(store.save(&damaged, version)), Ok(Saved::Done(_))));
    world.runtime.advance(10 * TICK);
    assert!(one.get().is_some());
    assert_eq!(one.store_error().unwrap().kind(), StoreErrorKind::Damaged);
    assert!(world.run(one.authenticate()).is_ok());
    world.runtime.advance(TICK);
    assert!(one.store_error().is_none());
}

/// What a call has learned of an old login says nothing of the one that has followed it elsewhere.
#[test]
fn a_login_that_followed_elsewhere_is_not_given_up_with_the_old_one() {
    let (world, _, one, other) = two();
    world.log_in_halfway(&one);
    world.runtime.advance(TICK);
    // It goes on from the login of the first process, which has not looked since.
    log_in_with_two_factors(&world, &other);
    world.log_in_halfway(&other);
    let old = one.intermediate().unwrap();
    assert!(matches!(world.run(one.call(&old.send_sms_code())), Err(LiveError::Ended(_))));
    world.runtime.advance(TICK);
    let tokens = [&one, &other].map(|live| live.intermediate().unwrap());
    let tokens = tokens.map(|it| it.intermediate_session_token().clone());
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[0], *old.intermediate_session_token());
}

/// A store whose answer to a load takes its time, once.
struct Late {
    inner: MemoryStore,
    runtime: VirtualRuntime,
    late: Arc<AtomicBool>,
}

#[async_trait]
impl Store for Late {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        let snapshot = self.inner.load().await;
        if self.late.swap(false, Ordering::SeqCst) {
            self.runtime.sleep(3 * TICK).await;
        }
        snapshot
    }

    async fn version(&self) -> Result<Version, StoreError> {
        self.inner.version().await
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        self.inner.save(document, expected).await
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        self.inner.lock(patience).await
    }
}

/// What was read before a process had the lock does not tell whether another has refreshed.
#[test]
fn a_read_from_before_the_lock_does_not_count() {
    let world = World::new();
    let (inner, late) = (MemoryStore::new(), Arc::new(AtomicBool::new(false)));
    let other = world.live_on(inner.clone());
    let runtime = world.runtime.clone();
    let one = world.live_on(Late { inner, runtime, late: Arc::clone(&late) });
    world.log_in(&other);
    world.runtime.advance(2 * TICK);
    assert!(one.get().is_some());
    late.store(true, Ordering::SeqCst);
    world.run(other.abandon()).unwrap();
    world.runtime.advance(TICK);
    assert!(!late.load(Ordering::SeqCst), "it reads");
    assert!(world.run(other.authenticate()).is_ok());
    let before = world.net.count();
    let refresh = world.begin_refresh(&one);
    world.runtime.advance(4 * TICK);
    assert!(matches!(refresh.ended(), Some(Ok(_))));
    assert_eq!(world.net.count(), before);
}
