//! Stores, and processes that share one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use stytch_session::live::{LiveError, Reason};
use stytch_session::store::{Document, Lock, Saved, Snapshot, StoreError, StoreErrorKind, Version};
use stytch_session::{LiveSession, MemoryStore, Store};
use stytch_session_mock::Example;

use crate::world::{HOUR, MINUTE, TICK, World, organization, reasons, two};

#[test]
fn a_session_outlives_its_process() {
    let world = World::new();
    let store = MemoryStore::new();
    let live = world.live_on(store.clone());
    world.log_in(&live);
    let session = live.get();
    drop(live);
    let live = world.live_on(store.clone());
    assert_eq!(live.get(), session);
    assert!(live.info().from_cache);
    world.runtime.advance(TICK);
    assert!(!live.info().from_cache);
    world.run(live.revoke()).unwrap();
    drop(live);
    assert!(world.live_on(store).get().is_none());
}

#[test]
fn processes_see_each_other_within_a_second() {
    let (world, _, one, other) = two();
    let (_subscription, told) = reasons(&other);
    world.log_in(&one);
    world.runtime.advance(TICK);
    assert_eq!(other.get(), one.get());
    world.run(one.exchange(&organization(Example::BLUE_KILN))).unwrap();
    world.runtime.advance(TICK);
    assert_eq!(other.pending(), one.pending());
    world.run(other.revoke()).unwrap();
    world.runtime.advance(TICK);
    assert!(one.get().is_none() && one.pending().is_none());
    assert_eq!(*told.lock().unwrap(), [Reason::Elsewhere, Reason::Elsewhere, Reason::Logout]);
}

#[test]
fn processes_share_one_refresh() {
    let world = World::new();
    let store = MemoryStore::new();
    let start = || world.start(world.builder().store(store.clone()).keep_alive());
    let all: Vec<LiveSession> = (0..5).map(|_| start()).collect();
    world.log_in(&all[0]);
    let before = world.net.count();
    world.runtime.advance(3 * HOUR);
    let requests = world.net.count() - before;
    assert!((55..=65).contains(&requests), "{requests} of 60");
    world.runtime.advance(2 * TICK);
    assert!(all.iter().all(|live| live.get() == all[0].get() && live.get().is_some()));
}

#[test]
fn callers_in_two_processes_share_one_request() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    let before = world.net.count();
    world.net.hold();
    let asked: Vec<_> = [&one, &other].into_iter().map(|live| world.begin_refresh(live)).collect();
    assert_eq!(world.net.waiting().len(), 1);
    world.net.release("authenticate");
    world.runtime.run();
    assert!(asked.iter().all(|begun| matches!(begun.ended(), Some(Ok(_)))));
    assert_eq!(world.net.count(), before + 1);
}

#[test]
fn a_lock_that_is_never_given_back_delays_for_half_a_minute() {
    let (world, store, one, _other) = two();
    world.log_in(&one);
    let lock = world.run(store.lock(Duration::ZERO)).unwrap();
    let refresh = world.begin_refresh(&one);
    world.runtime.advance(29 * TICK);
    assert!(refresh.ended().is_none());
    world.runtime.advance(TICK);
    assert!(matches!(refresh.ended(), Some(Ok(_))));
    // Also in the background: whoever holds it may have been stopped, and the session would expire.
    let before = world.net.count();
    world.runtime.advance(10 * MINUTE);
    assert!(world.net.count() > before);
    drop(lock);
}

#[test]
fn a_logout_wins_over_a_save_that_was_begun_before() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    world.net.hold();
    let refresh = world.begin_refresh(&one);
    world.stytch.clock().advance(TICK);
    world.run(other.forget()).unwrap();
    world.net.release("authenticate");
    world.runtime.run();
    drop(refresh);
    world.net.open();
    world.runtime.advance(TICK);
    assert!(one.get().is_none() && other.get().is_none());
}

#[test]
fn a_login_that_was_begun_before_a_logout_elsewhere_is_dropped() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    world.net.hold();
    let login = world.begin_login(&one, Example::HARBOR_LIGHTS);
    world.run(other.forget()).unwrap();
    world.net.release("passwords/authenticate");
    world.net.open();
    world.runtime.advance(2 * TICK);
    drop(login);
    assert!(one.get().is_none() && other.get().is_none());
}

/// A store that fails as it is told.
#[derive(Clone, Default)]
struct Moody {
    inner: MemoryStore,
    broken: Arc<std::sync::atomic::AtomicBool>,
}

impl Moody {
    fn check(&self) -> Result<(), StoreError> {
        if self.broken.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable));
        }
        Ok(())
    }

    fn set(&self, broken: bool) {
        self.broken.store(broken, std::sync::atomic::Ordering::SeqCst);
    }
}

#[async_trait]
impl Store for Moody {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.check()?;
        self.inner.load().await
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        self.check()?;
        self.inner.save(document, expected).await
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        self.check()?;
        self.inner.lock(patience).await
    }
}

#[test]
fn a_store_that_fails_ends_nothing() {
    let world = World::new();
    let store = Moody::default();
    let live = world.start(world.builder().store(store.clone()).keep_alive());
    world.log_in(&live);
    store.set(true);
    world.runtime.advance(2 * HOUR);
    assert!(live.get().is_some(), "it goes on in memory, and is refreshed");
    assert!(live.store_error().is_some());
    let logout = world.run(live.revoke());
    assert!(matches!(logout, Err(LiveError::Store(_))), "{logout:?}");
    assert!(live.get().is_none());
    store.set(false);
    world.runtime.advance(2 * MINUTE);
    assert!(live.store_error().is_none());
    drop(live);
    assert!(world.live_on(store).get().is_none(), "it was written when that was possible");
}

#[test]
fn a_store_that_cannot_be_read_is_an_error_at_the_start() {
    let world = World::new();
    let store = Moody::default();
    store.set(true);
    let start = world.builder().store(store).start(world.runtime.clone());
    let error = world.run(start).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[test]
fn what_a_newer_version_has_stored_is_left_as_it_is() {
    let world = World::new();
    let store = MemoryStore::new();
    let newer = Document::new(br#"{"version":2,"anything":[1]}"#.to_vec());
    world.run(store.save(&newer, Version::NONE)).unwrap();
    let start = world.builder().store(store.clone()).start(world.runtime.clone());
    let error = world.run(start).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Newer);
    let damaged = Document::new(br#"{"version":1,"generation":"?"}"#.to_vec());
    let version = world.run(store.load()).unwrap().version;
    // And while one is running, too.
    let other = MemoryStore::new();
    let live = world.live_on(other.clone());
    world.log_in(&live);
    for (document, kind) in [(&newer, StoreErrorKind::Newer), (&damaged, StoreErrorKind::Damaged)] {
        let version = world.run(other.version()).unwrap();
        world.run(other.save(document, version)).unwrap();
        world.runtime.advance(5 * MINUTE);
        assert!(live.get().is_some());
        assert_eq!(live.store_error().map(|error| error.kind()), Some(kind));
        if kind == StoreErrorKind::Newer {
            assert_eq!(world.run(other.load()).unwrap().document.as_ref(), Some(&newer));
        }
    }
    assert_eq!(world.run(store.load()).unwrap().version, version);
}

/// Who has nothing to forget takes nothing from those who come after.
#[test]
fn forgetting_nothing_ends_no_later_login() {
    for abandon in [false, true] {
        let (world, _, one, other) = two();
        match abandon {
            true => world.run(one.abandon()).unwrap(),
            false => world.run(one.forget()).unwrap(),
        }
        world.runtime.advance(TICK);
        world.log_in_halfway(&other);
        world.runtime.advance(TICK);
        assert!(one.pending().is_some() && other.pending().is_some());
        world.run(other.abandon()).unwrap();
        world.log_in(&other);
        world.runtime.advance(TICK);
        assert!(one.get().is_some() && other.get().is_some());
    }
}

/// A session in another organization ends what is unfinished, also what it has not heard of.
#[test]
fn a_new_session_ends_a_login_that_another_process_has_begun() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    world.net.hold();
    let exchange = world.begin_exchange(&other, Example::NORTH_PIER);
    world.net.open();
    world.log_in_halfway(&one);
    world.net.release("exchange");
    world.runtime.run();
    assert!(exchange.ended().unwrap().is_ok());
    world.runtime.advance(TICK);
    for live in [&one, &other] {
        assert!(live.pending().is_none());
        assert_eq!(live.get().unwrap().organization_slug(), Some(Example::NORTH_PIER));
    }
}
