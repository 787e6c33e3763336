//! The background refresh.

use std::time::Duration;

use stytch_session::live::{LiveError, Reason};
use stytch_session::{LiveSession, Minutes};
use stytch_session_mock::Fault;

use crate::world::{HOUR, MINUTE, TICK, World, reasons};

fn keep_alive(world: &World) -> LiveSession {
    let live = world.start(world.builder().keep_alive());
    world.log_in(&live);
    live
}

#[test]
fn a_thousand_plain_refreshes_are_one_request() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let before = world.net.count();
    world.net.hold();
    let ask = |minutes: Option<u32>| {
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
    let plain: Vec<_> = (0..1000).map(|_| ask(None)).collect();
    let extending: Vec<_> = (0..10).map(|at| ask(Some(if at < 5 { 30 } else { 40 }))).collect();
    assert_eq!(world.net.waiting(), ["/sdk/v1/b2b/sessions/authenticate"]);
    for _ in 0..3 {
        assert_eq!(world.net.waiting().len(), 1, "one at a time");
        world.net.release("authenticate");
        world.runtime.run();
    }
    assert!(plain.iter().all(|begun| matches!(begun.ended(), Some(Ok(_)))));
    assert!(extending.iter().all(|begun| matches!(begun.ended(), Some(Ok(_)))));
    assert_eq!(world.net.count(), before + 3);
}

#[test]
fn a_caller_that_is_dropped_cancels_nothing() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.net.hold();
    let mut dropped = Box::pin(live.authenticate().into_future());
    assert!(world.runtime.try_run(dropped.as_mut()).is_none());
    let other = world.begin_refresh(&live);
    drop(dropped);
    assert_eq!(world.net.waiting().len(), 1);
    world.net.release("authenticate");
    world.runtime.run();
    assert!(matches!(other.ended(), Some(Ok(_))));
}

#[test]
fn it_is_refreshed_every_three_minutes() {
    let world = World::new();
    let live = keep_alive(&world);
    let before = world.net.count();
    world.runtime.advance(24 * HOUR);
    assert_eq!(world.net.count() - before, 480);
    assert!(live.get().is_some(), "it was kept alive");
}

#[test]
fn it_is_not_extended_unless_that_is_asked_for() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let expires_at = live.get().unwrap().expires_at();
    let (_subscription, told) = reasons(&live);
    world.runtime.advance(59 * MINUTE);
    assert_eq!(live.get().unwrap().expires_at(), expires_at);
    world.runtime.advance(MINUTE);
    assert!(live.get().is_none());
    assert_eq!(told.lock().unwrap().last(), Some(&Reason::Expiry));
    let count = world.net.count();
    world.runtime.advance(HOUR);
    assert_eq!(world.net.count(), count, "it is quiet after its end");
}

#[test]
fn a_refresh_that_is_rejected_ends_the_session() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    let (_subscription, told) = reasons(&live);
    world.stytch.revoke_session(live.get().unwrap().member_session_id().as_str());
    world.runtime.advance(3 * MINUTE);
    assert!(live.get().is_none());
    assert_eq!(*told.lock().unwrap(), [Reason::Rejection]);
    let nobody = world.run(live.authenticate());
    assert!(matches!(nobody, Err(LiveError::NoSession)), "{nobody:?}");
}

#[test]
fn a_day_without_a_network_costs_few_requests_and_no_session() {
    let world = World::new();
    let live = world.start(world.builder().keep_alive());
    let long = live
        .login(crate::world::password(stytch_session_mock::Example::HARBOR_LIGHTS))
        .session_duration(Minutes::new(7 * 24 * 60).unwrap());
    world.run(long).unwrap();
    let before = world.net.count();
    world.net.cut();
    world.runtime.advance(24 * HOUR);
    assert!(live.get().is_some());
    let requests = world.net.count() - before;
    assert!((300..=400).contains(&requests), "{requests}");
    world.net.open();
    world.runtime.advance(6 * MINUTE);
    assert!(world.net.count() > before + requests);
    assert!(live.get().is_some());
}

#[test]
fn a_server_with_a_bad_day_ends_nothing() {
    let faults = [
        Fault::Status(500),
        Fault::Error(429, "session_not_found".to_owned()),
        Fault::Html(401),
        Fault::MalformedBody,
        Fault::TruncatedBody,
        Fault::EmptyBody,
        Fault::LostAnswer,
    ];
    for fault in faults {
        let world = World::new();
        let live = keep_alive(&world);
        let name = format!("{fault:?}");
        world.stytch.fail_next(5, fault);
        let session = live.get();
        world.runtime.advance(3 * MINUTE + Duration::from_secs(1));
        assert_eq!(live.get(), session, "{name}");
        world.runtime.advance(3 * HOUR);
        assert!(live.get().is_some(), "{name}");
    }
}

#[test]
fn the_duration_that_was_asked_for_is_remembered() {
    let world = World::new();
    let store = stytch_session::MemoryStore::new();
    let live = world.start(world.builder().store(store.clone()).keep_alive());
    let login = crate::world::password(stytch_session_mock::Example::HARBOR_LIGHTS);
    world.run(live.login(login).session_duration(Minutes::new(20).unwrap())).unwrap();
    drop(live);
    let live = world.start(world.builder().store(store).keep_alive());
    assert!(live.info().from_cache);
    world.runtime.advance(Duration::from_secs(1));
    assert!(!live.info().from_cache);
    let session = live.get().unwrap();
    let (from, to) = (session.last_accessed_at().into(), session.expires_at().into());
    let left = std::time::SystemTime::duration_since(&to, from).unwrap();
    assert_eq!(left, 20 * MINUTE);
}

/// The server has extended it in time: that the answer is late ends nothing.
#[test]
fn an_answer_that_has_extended_a_session_counts_after_its_end() {
    let world = World::new();
    let live = world.live();
    world.log_in(&live);
    world.runtime.advance(HOUR - TICK);
    world.net.hold();
    let minutes = Minutes::new(120).unwrap();
    let refresh = {
        let live = live.clone();
        world.begin(async move { live.authenticate().session_duration(minutes).await })
    };
    world.runtime.advance(2 * TICK);
    assert!(live.get().is_none() && refresh.ended().is_none());
    world.net.release("authenticate");
    world.runtime.run();
    assert!(matches!(refresh.ended(), Some(Ok(_))));
    assert!(live.get().is_some());
}
