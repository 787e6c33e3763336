//! Clocks that are set, and clocks that are wrong.

use std::time::{Duration, SystemTime};

use stytch_session::live::{LiveBuilder, Reason, Revoked};
use stytch_session::{Client, Frontend, LiveSession, MemoryStore, Project, PublicToken};
use stytch_session_mock::{Example, VirtualClock};

use crate::world::{HOUR, MINUTE, TICK, World, password, reasons};

/// A live session whose device has a clock of its own.
fn with_clock(world: &World, clock: &VirtualClock) -> LiveSession {
    world.start(builder(world, clock))
}

fn builder(world: &World, clock: &VirtualClock) -> LiveBuilder<Frontend> {
    let project = Project::frontend(PublicToken::new(world.stytch.public_token()).unwrap());
    let client = Client::builder(project, world.net.clone()).clock(clock.clone()).build();
    LiveSession::builder(client)
}

/// Lets time pass for both.
fn pass(world: &World, clock: &VirtualClock, duration: Duration) {
    let mut left = duration;
    while !left.is_zero() {
        let piece = left.min(Duration::from_secs(1));
        clock.advance(piece);
        world.runtime.advance(piece);
        left -= piece;
    }
}

#[test]
fn steps_of_the_clock_cost_at_most_a_refresh_and_give_no_life() {
    let ten_years = Duration::from_secs(10 * 365 * 24 * 3600);
    let day = 24 * HOUR;
    type Turn = Box<dyn Fn(&VirtualClock)>;
    let steps: Vec<(&str, Turn)> = vec![
        ("a second on", Box::new(|clock| clock.advance(Duration::from_secs(1)))),
        ("a second back", Box::new(|clock| clock.rewind(Duration::from_secs(1)))),
        ("an hour on", Box::new(|clock| clock.advance(HOUR))),
        ("an hour back", Box::new(|clock| clock.rewind(HOUR))),
        ("a day on", Box::new(move |clock| clock.advance(day))),
        ("a day back", Box::new(move |clock| clock.rewind(day))),
        ("ten years on", Box::new(move |clock| clock.advance(ten_years))),
        ("ten years back", Box::new(move |clock| clock.rewind(ten_years))),
        ("1970", Box::new(|clock| clock.set(SystemTime::UNIX_EPOCH))),
        (
            "9999",
            Box::new(|clock| {
                clock.set(SystemTime::UNIX_EPOCH + Duration::from_secs(253_400_000_000));
            }),
        ),
    ];
    for (name, step) in steps {
        let world = World::new();
        let clock = VirtualClock::at(world.stytch.clock().now());
        let live = with_clock(&world, &clock);
        world.log_in(&live);
        pass(&world, &clock, MINUTE);
        let count = world.net.count();
        step(&clock);
        let shown = live.get();
        let expired = clock.now()
            >= SystemTime::from(
                shown.as_ref().map_or(SystemTime::UNIX_EPOCH.into(), |it| it.expires_at()),
            );
        assert_eq!(shown.is_none(), expired, "{name}");
        pass(&world, &clock, 3 * MINUTE + Duration::from_secs(10));
        let requests = world.net.count() - count;
        let due = usize::from(!expired);
        assert!((due..=due + 1).contains(&requests), "{name}: {requests}");
        // Set right again: what is over stays over, and nothing lives longer.
        clock.set(world.stytch.clock().now());
        assert_eq!(live.get().is_none(), expired, "{name}: stays over");
        pass(&world, &clock, HOUR);
        assert!(live.get().is_none(), "{name}: no longer life");
    }
}

#[test]
fn a_reader_alone_notices_that_the_clock_was_set() {
    let world = World::new();
    let clock = VirtualClock::at(world.stytch.clock().now());
    let live = with_clock(&world, &clock);
    world.log_in(&live);
    let (_subscription, told) = reasons(&live);
    clock.advance(2 * HOUR);
    assert!(live.get().is_none());
    clock.rewind(2 * HOUR);
    assert!(live.get().is_none(), "also after it is set back");
    assert!(told.lock().unwrap().is_empty(), "no callback is called by a reader");
    world.runtime.run();
    assert_eq!(*told.lock().unwrap(), [Reason::Expiry]);
}

#[test]
fn a_device_whose_clock_is_wrong_is_not_logged_out() {
    for ahead in [true, false] {
        let world = World::new();
        let clock = VirtualClock::at(world.stytch.clock().now());
        if ahead {
            clock.advance(5 * HOUR);
        } else {
            clock.rewind(5 * HOUR);
        }
        world.net.date();
        let live = with_clock(&world, &clock);
        world.log_in(&live);
        assert!(live.get().is_some(), "ahead: {ahead}");
        pass(&world, &clock, 2 * MINUTE);
        assert!(live.get().is_some(), "ahead: {ahead}");
        // Somebody puts it right.
        clock.set(world.stytch.clock().now());
        assert!(live.get().is_some(), "ahead: {ahead}");
        world.net.cut();
        pass(&world, &clock, 57 * MINUTE);
        assert!(live.get().is_some(), "ahead: {ahead}");
        pass(&world, &clock, MINUTE + Duration::from_secs(10));
        assert!(live.get().is_none(), "ahead: {ahead}: it ends when it ends");
    }
}

#[test]
fn an_unfinished_login_lives_for_ten_minutes_from_its_first_receipt() {
    let world = World::new();
    let live = world.live();
    world.log_in_halfway(&live);
    let (_subscription, told) = reasons(&live);
    world.runtime.advance(10 * MINUTE - Duration::from_secs(1));
    assert!(live.pending().is_some());
    world.runtime.advance(Duration::from_secs(1));
    assert!(live.pending().is_none());
    assert_eq!(*told.lock().unwrap(), [Reason::Expiry], "gone with one notification");
}

#[test]
fn an_unfinished_login_survives_a_restart_and_is_not_older_or_younger_for_it() {
    let world = World::new();
    let store = MemoryStore::new();
    let live = world.live_on(store.clone());
    world.log_in(&live);
    world.run(live.login(password(Example::BLUE_KILN))).unwrap();
    world.runtime.advance(5 * MINUTE);
    drop(live);
    let live = world.live_on(store);
    assert!(live.pending().is_some() && live.get().is_some());
    world.runtime.advance(5 * MINUTE - Duration::from_secs(1));
    assert!(live.pending().is_some());
    world.runtime.advance(Duration::from_secs(1));
    assert!(live.pending().is_none() && live.get().is_some(), "the session before it remains");
}

/// A session may be over in one process and, by a clock that is behind, not in another.
#[test]
fn a_logout_that_is_answered_after_the_end_is_one_elsewhere_too() {
    let world = World::new();
    let store = MemoryStore::new();
    let one = world.live_on(store.clone());
    world.log_in(&one);
    world.net.hold_requests();
    let logout = world.begin_logout(&one);
    world.runtime.advance(HOUR / 2);
    let clock = VirtualClock::at(world.stytch.clock().now() - HOUR / 2);
    let other = world.start(builder(&world, &clock).store(store));
    pass(&world, &clock, HOUR * 3 / 4);
    assert!(one.get().is_none() && other.get().is_some());
    world.net.open();
    world.net.release("revoke");
    world.runtime.run();
    assert!(matches!(logout.ended(), Some(Ok(Revoked::AlreadyEnded(_)))));
    pass(&world, &clock, TICK);
    assert!(other.get().is_none());
}

#[test]
fn a_refresh_of_what_is_over_ends_no_login() {
    let world = World::new();
    let clock = VirtualClock::at(world.stytch.clock().now());
    let live = with_clock(&world, &clock);
    world.log_in(&live);
    world.net.hold();
    let refresh = world.begin_refresh(&live);
    // The session is over by this clock, also as the refresh has extended it.
    clock.advance(24 * HOUR);
    assert!(live.get().is_none());
    let login = world.begin_login(&live, Example::HARBOR_LIGHTS);
    world.net.release("/sessions/authenticate");
    world.runtime.run();
    assert!(refresh.ended().is_some());
    world.net.release("/passwords/authenticate");
    world.runtime.run();
    let login = login.ended().expect("it is answered");
    assert!(login.is_ok(), "{login:?}");
}
