//! Subscribers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stytch_session::live::Reason;
use stytch_session_mock::Example;

use crate::world::{MINUTE, World, organization, reasons};

#[test]
fn each_change_is_told_once_and_in_order() {
    let world = World::new();
    let live = world.live();
    let (_subscription, told) = reasons(&live);
    let mut changes = live.changes();
    world.log_in(&live);
    world.run(live.authenticate()).unwrap();
    world.run(live.exchange(&organization(Example::BLUE_KILN))).unwrap();
    world.runtime.advance(3 * MINUTE);
    world.run(live.abandon()).unwrap();
    world.run(live.revoke()).unwrap();
    use Reason as R;
    // The refresh within the same second brought nothing new.
    let expected = [R::Login, R::Unfinished, R::Refresh, R::Abandon, R::Logout];
    assert_eq!(*told.lock().unwrap(), expected);
    for reason in expected {
        let change = world.run(changes.next()).unwrap();
        assert_eq!((change.reason(), change.missed()), (reason, 0));
        assert_eq!(change.session().is_some(), reason != R::Logout);
        assert_eq!(change.pending().is_some(), matches!(reason, R::Unfinished | R::Refresh));
    }
}

#[test]
fn a_callback_may_panic() {
    let world = World::new();
    let live = world.live();
    let _panics = live.on_change(|_| panic!("in a callback"));
    let (_subscription, told) = reasons(&live);
    world.log_in(&live);
    world.run(live.revoke()).unwrap();
    assert_eq!(*told.lock().unwrap(), [Reason::Login, Reason::Logout]);
    assert!(live.get().is_none());
}

#[test]
fn a_callback_may_use_the_session() {
    let world = World::new();
    let live = world.live();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let _subscription = live.on_change({
        let (live, seen) = (live.clone(), Arc::clone(&seen));
        let mut own = None;
        move |change| {
            seen.lock().unwrap().push((change.reason(), live.get().is_some()));
            if change.reason() == Reason::Login {
                // It subscribes, and logs out again.
                own.get_or_insert_with(|| live.on_change(|_| {}));
                let mut forget = Box::pin(live.forget());
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(forget.as_mut().poll(&mut context).is_ready());
                assert!(live.get().is_none());
            }
        }
    });
    let (_other, told) = reasons(&live);
    world.log_in(&live);
    assert_eq!(*seen.lock().unwrap(), [(Reason::Login, true), (Reason::Logout, false)]);
    assert_eq!(*told.lock().unwrap(), [Reason::Login, Reason::Logout]);
}

#[test]
fn a_subscription_ends_when_it_is_dropped() {
    let world = World::new();
    let live = world.live();
    let (subscription, told) = reasons(&live);
    world.log_in(&live);
    drop(subscription);
    world.run(live.revoke()).unwrap();
    assert_eq!(*told.lock().unwrap(), [Reason::Login]);
}

#[test]
fn a_stream_that_is_not_read_drops_the_oldest_and_says_so() {
    let world = World::new();
    let live = world.start(world.builder().keep_alive());
    world.log_in(&live);
    let mut changes = live.changes();
    for _ in 0..1030 {
        world.runtime.advance(3 * MINUTE);
    }
    let first = world.run(changes.next()).unwrap();
    assert_eq!(first.missed(), 6);
    let second = world.run(changes.next()).unwrap();
    assert_eq!(second.missed(), 0);
}

#[test]
fn readers_see_what_is_shown() {
    let world = World::new();
    let live = world.live();
    let (mut one, mut other) = (live.reader(), live.reader());
    assert!(one.get().is_none());
    world.log_in(&live);
    assert_eq!(one.get(), live.get().as_deref());
    world.runtime.advance(Duration::from_secs(181));
    assert_eq!(one.get(), live.get().as_deref());
    world.run(live.revoke()).unwrap();
    assert!(one.get().is_none() && other.get().is_none());
}
