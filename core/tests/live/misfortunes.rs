//! Bad luck: stores that err, processes that slept, answers that cross.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use stytch_session::live::{LiveError, Reason, Revoked};
use stytch_session::store::{Document, Lock, Saved, Snapshot, StoreError, StoreErrorKind, Version};
use stytch_session::{
    Client, LiveSession, MemoryStore, Minutes, Progress, Project, PublicToken, Request, Response,
    Session, SmsCode, Store, Transport, TransportError,
};
use stytch_session_mock::{EmulatorBuilder, Example, VirtualClock, VirtualRuntime};

use crate::world::{Begun, HOUR, MINUTE, Net, TICK, World, organization, password, reasons, two};

/// A store with a weakness.
#[derive(Clone, Default)]
pub(crate) struct Weak {
    pub(crate) inner: MemoryStore,
    /// It writes and says that it has not.
    pub(crate) forgetful: Arc<AtomicBool>,
    /// It never answers.
    stuck: Arc<AtomicBool>,
    /// It says that somebody else was faster.
    contended: Arc<AtomicBool>,
    panics: Arc<AtomicBool>,
    saves: Arc<AtomicUsize>,
}

#[async_trait]
impl Store for Weak {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.inner.load().await
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        let saves = self.saves.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics.load(Ordering::SeqCst), "on purpose");
        // So that what goes round in circles ends with a test that fails.
        if self.stuck.load(Ordering::SeqCst) || saves > 1000 {
            std::future::pending::<()>().await;
        }
        if self.contended.load(Ordering::SeqCst) {
            return Ok(Saved::Conflict);
        }
        let saved = self.inner.save(document, expected).await;
        if self.forgetful.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Unavailable));
        }
        saved
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        self.inner.lock(patience).await
    }
}

#[test]
fn a_save_that_failed_and_was_written_even_so_brings_nothing_back() {
    let world = World::new();
    let store = Weak::default();
    let live = world.live_on(store.clone());
    store.forgetful.store(true, Ordering::SeqCst);
    world.log_in(&live);
    store.forgetful.store(false, Ordering::SeqCst);
    world.run(live.forget()).unwrap();
    assert!(live.get().is_none());
    world.runtime.advance(MINUTE);
    assert!(live.get().is_none());
    drop(live);
    assert!(world.live_on(store).get().is_none());
}

/// A process that has slept knows an old copy, which has expired. That is no logout of the others.
#[test]
fn a_process_that_slept_ends_nobodys_session() {
    let world = World::new();
    let clock = VirtualClock::at(world.stytch.clock().now());
    let sleeper = World {
        stytch: world.stytch.clone(),
        runtime: VirtualRuntime::with_clock(clock),
        net: world.net.clone(),
    };
    let store = MemoryStore::new();
    let awake = world.start(world.builder().store(store.clone()).keep_alive());
    world.log_in(&awake);
    let asleep = sleeper.start(sleeper.builder().store(store).keep_alive());
    sleeper.runtime.advance(2 * TICK);
    world.runtime.advance(2 * HOUR);
    assert!(awake.get().is_some());
    sleeper.runtime.clock().set(world.stytch.clock().now());
    sleeper.runtime.advance(TICK);
    world.runtime.advance(3 * TICK);
    sleeper.runtime.advance(3 * TICK);
    assert!(awake.get().is_some(), "it was refreshed all the time");
    assert_eq!(asleep.get(), awake.get());
}

#[test]
fn a_login_goes_on_when_the_session_before_expires_in_two_processes() {
    for turned in [false, true] {
        let (world, _, one, other) = two();
        world.log_in(&one);
        world.runtime.advance(HOUR - 2 * TICK);
        assert!(other.get().is_some());
        world.net.hold();
        let who = if turned { &one } else { &other };
        let login = world.begin_login(who, Example::HARBOR_LIGHTS);
        world.runtime.advance(4 * TICK);
        assert!(one.get().is_none() && other.get().is_none());
        world.net.release("passwords/authenticate");
        world.runtime.advance(TICK);
        let ended = login.ended();
        assert!(matches!(ended, Some(Ok(Progress::Active(_)))), "{ended:?}");
        assert!(who.get().is_some());
    }
}

#[test]
fn a_login_goes_on_when_another_process_finds_the_session_before_dead() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    let dead = one.get().unwrap();
    world.stytch.revoke_session(dead.member_session_id().as_str());
    world.net.hold();
    let login = world.begin_login(&other, Example::HARBOR_LIGHTS);
    let refresh = world.begin_refresh(&one);
    world.net.release("sessions/authenticate");
    world.runtime.advance(2 * TICK);
    assert!(matches!(refresh.ended(), Some(Err(LiveError::Ended(_)))));
    assert!(one.get().is_none() && other.get().is_none());
    world.net.release("passwords/authenticate");
    world.net.open();
    world.runtime.advance(2 * TICK);
    let ended = login.ended();
    assert!(matches!(ended, Some(Ok(Progress::Active(_)))), "{ended:?}");
    assert!(other.get().is_some());
    assert_eq!(one.get(), other.get());
}

#[test]
fn a_logout_of_a_session_that_was_rejected_meanwhile_is_final() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.stytch.revoke_session(live.get().unwrap().member_session_id().as_str());
    world.net.hold();
    let refresh = world.begin_refresh(&live);
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    let logout = world.begin_logout(&live);
    world.net.release("sessions/authenticate");
    world.runtime.run();
    assert!(matches!(refresh.ended(), Some(Err(LiveError::Ended(_)))));
    world.net.release("revoke");
    world.runtime.run();
    assert!(matches!(logout.ended(), Some(Ok(Revoked::AlreadyEnded(_)))));
    world.net.release("passwords/authenticate");
    world.runtime.run();
    assert!(live.get().is_none(), "the login was begun before the logout");
    assert!(matches!(login.ended(), Some(Err(LiveError::Superseded))));
}

#[test]
fn a_login_that_another_process_has_undone_is_no_success() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    world.run(other.forget()).unwrap();
    let told = world.run(one.login(password(Example::HARBOR_LIGHTS)));
    assert!(matches!(told, Err(LiveError::Superseded)), "{told:?}");
    assert!(one.get().is_none());
}

#[test]
fn everybody_is_told_when_the_runtime_ends_during_a_save() {
    let world = World::new();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = stytch_session::TokioRuntime::new(tokio.handle().clone());
    let store = Weak::default();
    let start = world.builder().store(store.clone()).start(runtime);
    let live = tokio.block_on(start).unwrap();
    store.stuck.store(true, Ordering::SeqCst);
    let mut login = Box::pin(live.login(password(Example::HARBOR_LIGHTS)).into_future());
    tokio.block_on(async {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(login.as_mut().poll(context).is_ready())
        });
        assert!(!polled.await);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    });
    assert!(store.saves.load(Ordering::SeqCst) > 0);
    drop(tokio);
    assert!(world.runtime.try_run(login.as_mut()).is_some());
}

#[test]
fn a_store_that_never_answers_holds_nobody_up_for_ever() {
    let world = World::new();
    let store = Weak::default();
    let live = world.start(world.builder().store(store.clone()).keep_alive());
    store.stuck.store(true, Ordering::SeqCst);
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    world.runtime.advance(MINUTE);
    assert!(matches!(login.ended(), Some(Ok(Progress::Active(_)))));
    world.runtime.advance(2 * HOUR);
    assert!(live.get().is_some(), "it is refreshed");
    assert!(live.store_error().is_some());
    store.stuck.store(false, Ordering::SeqCst);
    world.runtime.advance(2 * MINUTE);
    assert!(live.store_error().is_none());
    assert_eq!(world.live_on(store).get(), live.get());
}

#[test]
fn a_store_that_is_always_contended_is_not_asked_without_end() {
    let world = World::new();
    let store = Weak::default();
    let live = world.start(world.builder().store(store.clone()).keep_alive());
    store.contended.store(true, Ordering::SeqCst);
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    world.runtime.advance(MINUTE);
    let saves = store.saves.load(Ordering::SeqCst);
    assert!(saves < 100, "{saves}");
    assert!(matches!(login.ended(), Some(Ok(Progress::Active(_)))));
    store.contended.store(false, Ordering::SeqCst);
    world.runtime.advance(2 * MINUTE);
    assert_eq!(world.live_on(store).get(), live.get());
}

#[test]
fn who_waits_for_a_turn_has_it_when_another_process_has_refreshed() {
    let (world, _, one, other) = two();
    world.log_in(&one);
    world.runtime.advance(TICK);
    world.net.hold();
    let ask = |live: &LiveSession, minutes: Option<u32>| {
        let live = live.clone();
        world.begin(async move {
            match minutes {
                Some(minutes) => {
                    live.authenticate().session_duration(Minutes::new(minutes).unwrap()).await
                }
                None => live.authenticate().await,
            }
        })
    };
    let (first, second, third) = (ask(&one, None), ask(&other, None), ask(&other, Some(30)));
    world.net.release("authenticate");
    world.runtime.run();
    assert!(matches!(first.ended(), Some(Ok(_))));
    assert!(matches!(second.ended(), Some(Ok(_))));
    assert_eq!(world.net.waiting().len(), 1, "the next one has its turn");
    world.net.release("authenticate");
    world.runtime.run();
    assert!(matches!(third.ended(), Some(Ok(_))));
}

#[test]
fn no_pause_after_a_failure_is_longer_than_the_life_that_is_left() {
    for minutes in 54..60 {
        for seconds in [0, 30] {
            let world = World::new();
            let live = world.start(world.builder().keep_alive());
            world.log_in(&live);
            world.net.cut();
            let outage = minutes * MINUTE + Duration::from_secs(seconds);
            world.runtime.advance(outage);
            world.net.open();
            world.runtime.advance(HOUR - outage + MINUTE);
            assert!(live.get().is_some(), "the server was back after {outage:?}");
        }
    }
}

#[test]
fn a_clock_that_is_set_back_before_a_start_gives_no_longer_life() {
    let world = World::new();
    let store = MemoryStore::new();
    let live = world.live_on(store.clone());
    world.log_in(&live);
    drop(live);
    world.runtime.clock().rewind(24 * HOUR);
    world.net.cut();
    let live = world.live_on(store);
    assert!(live.get().is_some());
    world.runtime.advance(HOUR + TICK);
    assert!(live.get().is_none());
}

#[test]
fn generations_beyond_all_counting_are_damage() {
    let world = World::new();
    for part in ["active", "pending"] {
        let store = MemoryStore::new();
        let other = if part == "active" { "pending" } else { "active" };
        let text = format!(
            r#"{{"version":1,"generation":{{"{part}":18446744073709551615,"{other}":0}}}}"#
        );
        world.run(store.save(&Document::new(text.into_bytes()), Version::NONE)).unwrap();
        let start = world.builder().store(store).start(world.runtime.clone());
        let error = world.run(start).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Damaged);
    }
}

/// A proxy that has its own idea of the time.
struct Dated(Net, &'static str);

#[async_trait]
impl Transport for Dated {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut reply = self.0.send(request).await?;
        reply.headers_mut().insert("date", self.1.parse().unwrap());
        Ok(reply)
    }
}

#[test]
fn a_date_that_the_answer_itself_belies_is_not_believed() {
    for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"] {
        let world = World::new();
        let project = Project::frontend(PublicToken::new(world.stytch.public_token()).unwrap());
        let client = Client::builder(project, Dated(world.net.clone(), date))
            .clock(world.runtime.clock().clone())
            .build();
        let live = world.start(LiveSession::builder(client));
        world.log_in(&live);
        assert!(live.get().is_some(), "{date}");
        // Suspended: the wall clock alone goes on.
        world.runtime.clock().advance(HOUR);
        assert!(live.get().is_none(), "{date}");
    }
}

pub(crate) fn log_in_with_two_factors(world: &World, live: &LiveSession) {
    world.log_in_halfway(live);
    let pending = live.intermediate().unwrap();
    world.run(live.call(&pending.send_sms_code())).unwrap();
    let code = world.stytch.last_code(Example::PHONE_NUMBER).unwrap();
    world.run(live.authenticate_with(SmsCode::new(code).unwrap())).unwrap();
}

/// Gives the active session a second factor, once more.
fn step_up(world: &World, live: &LiveSession) -> Begun<Result<(), LiveError>> {
    let active = live.active().unwrap();
    world.run(live.call(&active.send_sms_code())).unwrap();
    let code = world.stytch.last_code(Example::PHONE_NUMBER).unwrap();
    let live = live.clone();
    world.net.hold();
    world
        .begin(async move { live.authenticate_with(SmsCode::new(code).unwrap()).await.map(|_| ()) })
}

#[test]
fn a_factor_that_was_added_is_seen_by_other_processes() {
    let (world, _, one, other) = two();
    log_in_with_two_factors(&world, &one);
    world.runtime.advance(TICK);
    let before = other.get().unwrap();
    let stepped = step_up(&world, &one);
    world.net.release("sms/authenticate");
    world.net.open();
    world.runtime.advance(2 * TICK);
    assert!(matches!(stepped.ended(), Some(Ok(()))));
    assert_ne!(other.get().as_ref(), Some(&before));
    assert_eq!(other.get(), one.get());
}

#[test]
fn an_older_answer_takes_no_factor_away() {
    let world = World::new();
    let live = world.live();
    log_in_with_two_factors(&world, &live);
    let (_subscription, told) = reasons(&live);
    world.net.hold();
    let refresh = world.begin_refresh(&live);
    world.runtime.advance(TICK);
    world.net.open();
    let stepped = step_up(&world, &live);
    world.net.release("sms/authenticate");
    world.runtime.run();
    assert!(matches!(stepped.ended(), Some(Ok(()))));
    let session = live.get();
    world.net.release("sessions/authenticate");
    world.runtime.run();
    assert!(matches!(refresh.ended(), Some(Ok(_))));
    assert_eq!(live.get(), session);
    assert_eq!(*told.lock().unwrap(), [Reason::Login]);
}

/// A transport that sends again.
struct Again(Net, VirtualRuntime);

#[async_trait]
impl Transport for Again {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        use stytch_session::Runtime as _;
        for _ in 0..2 {
            match self.0.send(request.clone()).await {
                Err(_) => self.1.sleep(TICK).await,
                reply => return reply,
            }
        }
        self.0.send(request).await
    }
}

#[test]
fn nothing_is_sent_again_for_a_session_that_was_forgotten() {
    let world = World::new();
    let project = Project::frontend(PublicToken::new(world.stytch.public_token()).unwrap());
    let transport = Again(world.net.clone(), world.runtime.clone());
    let client = Client::builder(project, transport).clock(world.runtime.clock().clone()).build();
    let live = world.start(LiveSession::builder(client));
    world.log_in(&live);
    world.net.cut();
    let refresh = world.begin_refresh(&live);
    let requests = world.net.count();
    world.run(live.forget()).unwrap();
    world.runtime.advance(MINUTE);
    assert_eq!(world.net.count(), requests, "it is quiet");
    assert!(matches!(refresh.ended(), Some(Err(LiveError::Superseded))));
}

#[test]
fn who_gives_up_a_login_is_told_that_it_was_not_stored() {
    let world = World::new();
    let store = Weak::default();
    let live = world.live_on(store.clone());
    world.log_in(&live);
    world.log_in_halfway(&live);
    store.forgetful.store(true, Ordering::SeqCst);
    let told = world.run(live.abandon());
    assert!(matches!(told, Err(LiveError::Store(_))), "{told:?}");
    assert!(live.get().is_some() && live.intermediate().is_none());
}

#[test]
fn a_store_that_never_answers_is_an_error_at_the_start() {
    #[derive(Clone)]
    struct Silent;

    #[async_trait]
    impl Store for Silent {
        async fn load(&self) -> Result<Snapshot, StoreError> {
            std::future::pending().await
        }

        async fn save(&self, _: &Document, _: Version) -> Result<Saved, StoreError> {
            std::future::pending().await
        }

        async fn lock(&self, _: Duration) -> Result<Option<Lock>, StoreError> {
            std::future::pending().await
        }
    }

    let world = World::new();
    let start = world.builder().store(Silent).start(world.runtime.clone());
    let error = world.run(start).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Busy);
}

#[test]
fn a_caller_who_fails_makes_no_refresh_more_urgent() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.runtime.advance(MINUTE);
    world.net.cut();
    world.run(live.authenticate()).unwrap_err();
    world.net.open();
    let before = world.net.count();
    world.runtime.advance(2 * MINUTE - TICK);
    assert_eq!(world.net.count(), before);
    world.runtime.advance(TICK);
    assert_eq!(world.net.count(), before + 1);
    // One that was due while a caller failed is a failure of its own: it waits two seconds or so.
    world.runtime.advance(3 * MINUTE - TICK);
    world.net.hold_requests();
    let refresh = world.begin_refresh(&live);
    let before = world.net.count();
    world.runtime.advance(2 * TICK);
    world.net.cut();
    world.net.release("authenticate");
    world.runtime.run();
    assert!(refresh.ended().is_some_and(|ended| ended.is_err()));
    assert_eq!(world.net.count(), before);
    world.net.open();
    world.runtime.advance(3 * TICK);
    assert_eq!(world.net.count(), before + 1);
}

#[test]
fn a_session_that_is_brought_along_is_extended_by_the_life_that_it_has() {
    let world = World::new();
    let day = Minutes::new(24 * 60).unwrap();
    let login = Session::new().login(password(Example::HARBOR_LIGHTS)).session_duration(day);
    let login = world.run(world.client().run(login)).unwrap();
    let session = login.into_active().expect("a password is enough");
    let live = world.start(world.builder().keep_alive().session(session));
    world.runtime.advance(48 * HOUR);
    let session = live.get().expect("it was kept alive");
    let (from, to) = (session.last_accessed_at().into(), session.expires_at().into());
    assert_eq!(SystemTime::duration_since(&to, from).unwrap(), 24 * HOUR, "and not shortened");
}

#[test]
fn a_new_password_says_nothing_of_a_login_beside_the_session() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.run(live.exchange(&organization(Example::BLUE_KILN))).unwrap();
    assert!(live.pending().is_some());
    world.run(live.reset_password("a long and unusual sentence")).unwrap();
    assert!(live.get().is_some() && live.pending().is_some());
}

#[test]
fn a_logout_by_a_token_that_was_replaced_meanwhile_is_none() {
    let world = World::with(EmulatorBuilder::rotate_session_tokens);
    let live = world.live();
    world.log_in(&live);
    world.net.hold_requests();
    let logout = world.begin_logout(&live);
    world.net.open();
    world.run(live.authenticate()).unwrap();
    world.net.release("revoke");
    world.runtime.run();
    let ended = logout.ended();
    assert!(matches!(ended, Some(Err(LiveError::Kept(_)))), "{ended:?}");
    assert!(live.get().is_some());
    world.run(live.revoke()).unwrap();
    assert!(live.get().is_none());
}
