//! A future that is dropped at any await leaves a true, usable state.

use stytch_session::{LiveSession, MemoryStore, SmsCode};
use stytch_session_mock::Example;

use crate::world::{World, organization, password, poll_times};

/// Drops the future of an operation after each number of polls, and looks at what is held.
fn dropped_everywhere(
    prepare: fn(&World, &LiveSession),
    operation: &impl AsyncFn(&World, &LiveSession) -> bool,
) {
    let mut ended = false;
    for polls in 0.. {
        if ended {
            break;
        }
        assert!(polls < 50, "it does not end");
        let world = World::new();
        let store = MemoryStore::new();
        let live = world.live_on(store.clone());
        prepare(&world, &live);
        ended = poll_times(&world, operation(&world, &live), polls).is_some();
        world.runtime.run();
        // What is shown is what the server honours and what the store holds.
        if let Some(session) = live.get() {
            let active = world.stytch.active_sessions();
            assert!(active.contains(&session.member_session_id().to_string()), "{polls}");
        }
        let again = world.live_on(store);
        assert_eq!(again.get(), live.get(), "{polls}");
        assert_eq!(again.pending(), live.pending(), "{polls}");
        drop(again);
        // And everything still works.
        world.run(live.forget()).unwrap();
        world.log_in(&live);
        world.run(live.authenticate()).unwrap();
        world.run(live.exchange(&organization(Example::NORTH_PIER))).unwrap();
        world.run(live.revoke()).unwrap();
        assert!(live.get().is_none());
    }
}

fn nobody(_: &World, _: &LiveSession) {}

fn logged_in(world: &World, live: &LiveSession) {
    world.log_in(live);
}

fn halfway(world: &World, live: &LiveSession) {
    world.log_in_halfway(live);
    let pending = live.intermediate().unwrap();
    world.run(live.call(&pending.send_sms_code())).unwrap();
}

#[test]
fn login() {
    dropped_everywhere(nobody, &async |_, live| {
        live.login(password(Example::HARBOR_LIGHTS)).await.is_ok()
    });
}

#[test]
fn second_factor() {
    dropped_everywhere(halfway, &async |world, live| {
        let code = world.stytch.last_code(Example::PHONE_NUMBER).unwrap();
        live.authenticate_with(SmsCode::new(code).unwrap()).await.is_ok()
    });
}

#[test]
fn a_call() {
    dropped_everywhere(halfway, &async |_, live| {
        let pending = live.intermediate().unwrap();
        live.call(&pending.send_sms_code()).await.is_ok()
    });
}

#[test]
fn refresh() {
    dropped_everywhere(logged_in, &async |_, live| live.authenticate().await.is_ok());
}

#[test]
fn exchange() {
    dropped_everywhere(logged_in, &async |_, live| {
        live.exchange(&organization(Example::NORTH_PIER)).await.is_ok()
    });
}

#[test]
fn adoption() {
    dropped_everywhere(logged_in, &async |_, live| {
        let tokens = live.tokens().unwrap();
        live.update_session(tokens).await.is_ok()
    });
}

#[test]
fn logout() {
    dropped_everywhere(logged_in, &async |_, live| live.revoke().await.is_ok());
    dropped_everywhere(logged_in, &async |_, live| live.revoke().force().await.is_ok());
    dropped_everywhere(logged_in, &async |_, live| live.forget().await.is_ok());
    dropped_everywhere(halfway, &async |_, live| live.abandon().await.is_ok());
}

#[test]
fn discovery() {
    dropped_everywhere(nobody, &async |_, live| {
        let credential =
            stytch_session::DiscoveryPassword::new(Example::EMAIL_ADDRESS, Example::PASSWORD);
        live.discover(credential).await.is_ok()
    });
}

#[test]
fn start() {
    for polls in 0..10 {
        let world = World::new();
        let store = MemoryStore::new();
        world.log_in(&world.live_on(store.clone()));
        let start = world.builder().store(store.clone()).start(world.runtime.clone());
        let started = poll_times(&world, start, polls);
        drop(started);
        world.runtime.run();
        assert_eq!(world.runtime.tasks(), 0, "nothing is left behind");
        assert!(world.live_on(store).get().is_some());
    }
}

/// A runtime that ends takes the tasks with it: whoever waits is told.
#[test]
fn everybody_is_told_when_the_runtime_ends() {
    let world = World::new();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = stytch_session::TokioRuntime::new(tokio.handle().clone());
    let live = tokio.block_on(world.builder().start(runtime)).unwrap();
    world.net.hold();
    let login = live.login(password(Example::HARBOR_LIGHTS)).into_future();
    let mut login = Box::pin(login);
    tokio.block_on(async {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(login.as_mut().poll(context).is_ready())
        });
        assert!(!polled.await);
        tokio::task::yield_now().await;
    });
    drop(tokio);
    let told = world.run(login);
    assert!(matches!(told, Err(stytch_session::LiveError::Closed)), "{told:?}");
}
