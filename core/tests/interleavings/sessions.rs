//! Whole live sessions.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;
use stytch_session::live::{Change, Reason, Revoked, Subscription};
use stytch_session::{LiveError, LiveSession, MemoryStore, Progress, Store as _};

use crate::world::{World, age, password, poll_once};
use crate::{check, join};

const HOUR: Duration = Duration::from_secs(3600);

/// A reader of a session that nobody ends sees it grow newer only.
fn watch(live: &LiveSession, times: usize) {
    let (mut reader, mut seen) = (live.reader(), String::new());
    for _ in 0..times {
        let got = age(&live.get().expect("it is active"));
        assert!(seen <= got, "{seen}, then {got}");
        // A reader that is asked later knows at least as much.
        seen = age(reader.get().expect("it is active"));
        assert!(got <= seen, "{got}, then {seen}");
    }
}

#[test]
fn those_who_overlap_share_one_refresh() {
    check(600, || {
        let world = World::default();
        let live = world.live();
        world.net.hold();
        let begun = Arc::new(AtomicUsize::new(0));
        let callers = [(); 3].map(|()| {
            let (live, net, begun) = (live.clone(), world.net.clone(), Arc::clone(&begun));
            thread::spawn(move || {
                let mut refresh = pin!(live.authenticate().into_future());
                assert!(poll_once(refresh.as_mut()).is_pending());
                if begun.fetch_add(1, Ordering::SeqCst) == 2 {
                    net.release();
                }
                block_on(refresh).unwrap()
            })
        });
        let reader = thread::spawn({
            let live = live.clone();
            move || watch(&live, 3)
        });
        let answers = callers.map(|caller| caller.join().unwrap());
        reader.join().unwrap();
        assert_eq!(world.net.sent(), 1);
        for answer in &answers {
            assert!(Arc::ptr_eq(answer, &answers[0]));
        }
        assert!(Arc::ptr_eq(&live.get().unwrap(), &answers[0]));
        world.end(live);
    });
}

#[test]
fn refreshes_are_one_at_a_time_and_everybody_is_answered() {
    check(600, || {
        let world = World::default();
        let live = world.live();
        let callers = [(); 3].map(|()| {
            let live = live.clone();
            thread::spawn(move || age(&block_on(live.authenticate().into_future()).unwrap()))
        });
        watch(&live, 3);
        let answers = callers.map(|caller| caller.join().unwrap());
        assert!((1..=3).contains(&world.net.sent()));
        // What is shown is the last word.
        assert_eq!(Some(age(&live.get().unwrap())), answers.into_iter().max());
        world.end(live);
    });
}

/// What a subscriber is told: why, and which session there is then.
type Told = Vec<(Reason, Option<String>)>;

fn told(live: &LiveSession) -> (Subscription, Arc<Mutex<Told>>) {
    let told = Arc::new(Mutex::new(Told::new()));
    let subscription = live.on_change({
        let told = Arc::clone(&told);
        move |change| {
            // Others may have their turn in the middle of a callback.
            thread::yield_now();
            told.lock().unwrap().push(line(change));
        }
    });
    (subscription, told)
}

fn line(change: &Change) -> (Reason, Option<String>) {
    assert_eq!(change.missed(), 0);
    (change.reason(), change.session().map(|session| age(session)))
}

#[test]
fn no_answer_brings_a_session_back_after_its_logout() {
    check(600, || {
        let world = World::default();
        let live = world.live();
        let (subscription, told) = told(&live);
        let mut changes = live.changes();
        let refresh = thread::spawn({
            let live = live.clone();
            move || block_on(live.authenticate().into_future())
        });
        let logout = thread::spawn({
            let live = live.clone();
            move || {
                let mut reader = live.reader();
                let revoked = block_on(live.revoke().into_future());
                assert!(matches!(revoked, Ok(Revoked::Confirmed)), "{revoked:?}");
                for _ in 0..3 {
                    assert!(live.get().is_none() && reader.get().is_none());
                    assert!(live.tokens().is_none() && live.view().active().is_none());
                }
            }
        });
        let refreshed = refresh.join().unwrap();
        logout.join().unwrap();
        world.settle();
        match refreshed {
            Ok(_) | Err(LiveError::Superseded | LiveError::NoSession | LiveError::Ended(_)) => {}
            other => panic!("{other:?}"),
        }
        assert!(live.get().is_none());
        let told = std::mem::take(&mut *told.lock().unwrap());
        // A refresh may have been told before. One that comes to a server which has ended the session
        // brings the news before the logout does.
        let ends = |(_, session): &(Reason, Option<String>)| session.is_none();
        assert_eq!(told.iter().filter(|told| ends(told)).count(), 1, "{told:?}");
        let last = told.last().map(|(reason, _)| *reason);
        assert!(matches!(last, Some(Reason::Logout | Reason::Rejection)), "{told:?}");
        assert!(told.len() <= 2, "{told:?}");
        drop(subscription);
        world.end(live);
        // The stream tells the same, and ends.
        let streamed = std::iter::from_fn(|| block_on(changes.next())).map(|change| line(&change));
        assert_eq!(streamed.collect::<Told>(), told);
    });
}

#[test]
fn changes_are_told_once_in_order_and_to_the_last() {
    check(400, || {
        let world = World::default();
        let live = world.start(world.builder());
        let (subscription, told) = told(&live);
        let mut changes = live.changes();
        let reading = thread::spawn(move || {
            std::iter::from_fn(|| block_on(changes.next()))
                .map(|change| line(&change))
                .collect::<Told>()
        });
        let login = thread::spawn({
            let live = live.clone();
            move || {
                let progress = block_on(live.login(password()).into_future());
                assert!(matches!(progress, Ok(Progress::Active(_)) | Err(LiveError::Superseded)));
            }
        });
        let other = thread::spawn({
            let live = live.clone();
            move || {
                block_on(live.forget()).unwrap();
                let _ = block_on(live.authenticate().into_future());
            }
        });
        login.join().unwrap();
        other.join().unwrap();
        world.settle();
        let shown = live.get().map(|session| age(&session));
        drop(subscription);
        world.end(live);
        let told = std::mem::take(&mut *told.lock().unwrap());
        assert_eq!(told.last().and_then(|(_, session)| session.clone()), shown, "{told:?}");
        assert_eq!(reading.join().unwrap(), told);
    });
}

#[test]
fn what_is_found_to_have_expired_is_told_by_the_background() {
    check(400, || {
        let world = World::default();
        let live = world.live();
        found_to_have_expired(&world, &live);
        world.end(live);
    });
    check(400, || {
        let world = World::default();
        let many = world.many();
        let (live, other) = (many.adopt(world.session()), many.adopt(world.session()));
        found_to_have_expired(&world, &live);
        drop((live, many));
        world.end(other);
    });
}

/// No timer fires: the two who look find it, and one of them rings.
fn found_to_have_expired(world: &World, live: &LiveSession) {
    let mut changes = live.changes();
    let refresh = thread::spawn({
        let live = live.clone();
        move || drop(block_on(live.authenticate().into_future()))
    });
    let looking = [(); 2].map(|()| {
        let (live, tasks) = (live.clone(), world.tasks.clone());
        thread::spawn(move || {
            tasks.set_forward(HOUR);
            assert!(live.get().is_none());
            assert!(live.view().active().is_none());
        })
    });
    // Whoever is not told waits for ever.
    let mut reasons = std::iter::from_fn(|| block_on(changes.next())).map(|change| change.reason());
    let last = reasons.find(|reason| *reason != Reason::Refresh);
    assert_eq!(last, Some(Reason::Expiry));
    join(looking);
    refresh.join().unwrap();
}

#[test]
fn a_close_ends_all_and_answers_everybody() {
    check(600, || {
        let world = World::default();
        let live = world.live();
        let (_subscription, told) = told(&live);
        let mut changes = live.changes();
        let refresh = thread::spawn({
            let live = live.clone();
            move || block_on(live.authenticate().into_future())
        });
        let reading = thread::spawn(move || while block_on(changes.next()).is_some() {});
        live.close();
        let (shown, heard) = (live.get(), told.lock().unwrap().len());
        match refresh.join().unwrap() {
            Ok(_) | Err(LiveError::Closed) => {}
            other => panic!("{other:?}"),
        }
        reading.join().unwrap();
        // Its tasks end while there are handles.
        world.ended();
        assert_eq!(live.get(), shown, "it changed after its end");
        // A call that was under way may have come to its end.
        assert!(told.lock().unwrap().len() <= heard + 1);
        assert!(matches!(block_on(live.authenticate().into_future()), Err(LiveError::Closed)));
    });
}

#[test]
fn a_runtime_that_drops_its_tasks_answers_everybody() {
    check(600, || {
        let world = World::default();
        let live = world.live();
        let callers = [(); 2].map(|()| {
            let live = live.clone();
            thread::spawn(move || match block_on(live.authenticate().into_future()) {
                Ok(_) | Err(LiveError::Closed) => {}
                other => panic!("{other:?}"),
            })
        });
        // Those that are there.
        world.tasks.drop_working();
        join(callers);
        // The next one goes well.
        block_on(live.authenticate().into_future()).unwrap();
        world.end(live);
    });
}

#[test]
fn the_last_handle_ends_what_it_began() {
    check(600, || {
        let world = World::default();
        let live = world.live();
        let dropping = [(); 2].map(|()| {
            let live = live.clone();
            thread::spawn(move || {
                let mut refresh = pin!(live.authenticate().into_future());
                let _ = poll_once(refresh.as_mut());
            })
        });
        let mut changes = live.changes();
        drop(live);
        while block_on(changes.next()).is_some() {}
        join(dropping);
        world.ended();
    });
    check(400, || {
        let world = World::default();
        let many = world.many();
        let handles = [(); 2].map(|()| many.adopt(world.session()));
        let dropping = handles.map(|live| {
            let other = live.clone();
            thread::spawn(move || drop(other));
            thread::spawn(move || {
                let mut refresh = pin!(live.authenticate().into_future());
                let _ = poll_once(refresh.as_mut());
            })
        });
        drop(many);
        join(dropping);
        world.ended();
    });
}

#[test]
fn a_close_gives_the_lock_of_the_store_back() {
    check(600, || {
        let (world, store) = (World::default(), MemoryStore::new());
        let live = world.start(world.builder().store(store.clone()).session(world.session()));
        let refresh = thread::spawn({
            let live = live.clone();
            move || drop(block_on(live.authenticate().into_future()))
        });
        live.close();
        refresh.join().unwrap();
        world.ended();
        // There still is a handle.
        assert!(block_on(store.lock(HOUR)).unwrap().is_some());
        drop(live);
    });
}

#[test]
fn the_lock_of_a_store_has_one_holder_and_everybodys_turn_comes() {
    check(1000, || {
        let store = MemoryStore::new();
        let holders = Arc::new(AtomicUsize::new(0));
        let taking = [(); 3].map(|()| {
            let (store, holders) = (store.clone(), Arc::clone(&holders));
            thread::spawn(move || {
                let lock = block_on(store.lock(HOUR)).unwrap();
                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                thread::yield_now();
                holders.fetch_sub(1, Ordering::SeqCst);
                drop(lock);
            })
        });
        // One asks and goes away.
        drop(poll_once(pin!(store.lock(HOUR))));
        join(taking);
        assert!(block_on(store.lock(HOUR)).unwrap().is_some());
    });
}

fn token(live: &LiveSession) -> Option<String> {
    live.tokens().map(|tokens| tokens.session_token.secret().to_owned())
}

#[test]
fn two_on_one_store_agree_with_it() {
    check(200, || {
        let (world, store) = (World::default(), MemoryStore::new());
        let first = world.session();
        let one = world.start(world.builder().store(store.clone()).session(first));
        world.settle();
        let other = world.start(world.builder().store(store.clone()));
        let logout = thread::spawn({
            let one = one.clone();
            move || drop(block_on(one.revoke().into_future()))
        });
        let login = thread::spawn({
            let other = other.clone();
            move || drop(block_on(other.login(password()).into_future()))
        });
        let refresh = thread::spawn({
            let one = one.clone();
            move || drop(block_on(one.authenticate().into_future()))
        });
        for thread in [logout, login, refresh] {
            thread.join().unwrap();
        }
        world.settle();
        // Each looks at the store every second: after a few at the latest they agree.
        let seconds = (0..20).find(|_| {
            world.pass(Duration::from_secs(1));
            token(&one) == token(&other)
        });
        assert!(seconds.is_some(), "{one:?}, but {other:?}");
        let held = token(&one);
        assert!(held.as_ref().is_none_or(|token| world.net.honours(token)));
        // So does whoever comes later.
        let third = world.start(world.builder().store(store.clone()));
        assert_eq!(token(&third), held);
        world.settle();
        assert!(block_on(store.lock(HOUR)).unwrap().is_some());
        drop((one, other));
        world.end(third);
    });
}
