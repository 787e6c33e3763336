//! The bell, the gate, and the way to a caller.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use shuttle::future::{block_on, spawn, yield_now};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;
use stytch_session::LiveError;

use super::alarm::Bell;
use super::gate::{Gate, Passing};
use super::machine::Outcome;
use super::reply::channel;
use crate::world::{Tasks, poll_once};
use crate::{check, join};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn each_ring_is_heard() {
    check(3000, || {
        let bell = Arc::new(Bell::default());
        let done = Arc::new(AtomicUsize::new(0));
        let ring = |by_time: bool| {
            let (bell, done) = (Arc::clone(&bell), Arc::clone(&done));
            thread::spawn(move || {
                for _ in 0..2 {
                    done.fetch_add(1, Ordering::SeqCst);
                    match by_time {
                        // It is due.
                        true => bell.set(Some(Duration::ZERO)).map_or((), Waker::wake),
                        false => bell.ring(),
                    }
                }
            })
        };
        let ringing = [ring(false), ring(false), ring(true)];
        let tasks = Tasks::default();
        // A ring that is lost is waited for forever.
        while done.load(Ordering::SeqCst) < 6 {
            block_on(bell.wait(&tasks));
        }
        join(ringing);
    });
}

#[test]
fn the_bell_rings_at_the_time_that_it_was_moved_to() {
    check(3000, || {
        let (bell, tasks) = (Arc::new(Bell::default()), Tasks::default());
        let waiting = spawn({
            let (bell, tasks) = (Arc::clone(&bell), tasks.clone());
            async move { bell.wait(&tasks).await }
        });
        let soonest = Arc::new(Mutex::new(10));
        let setting = [5, 1, 7].map(|seconds| {
            let (bell, soonest) = (Arc::clone(&bell), Arc::clone(&soonest));
            thread::spawn(move || {
                let waker = {
                    let mut soonest = soonest.lock().unwrap();
                    *soonest = seconds.min(*soonest);
                    bell.set(Some(SECOND * *soonest))
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        });
        join(setting);
        // No later time comes.
        tasks.pass(SECOND);
        block_on(waiting).unwrap();
    });
}

#[test]
fn a_gate_that_closes_ends_all_work() {
    check(3000, || {
        let gate = Arc::new(Gate::default());
        let under_way = Arc::new(());
        let work = |forever: bool| {
            let under_way = Arc::clone(&under_way);
            async move {
                yield_now().await;
                if forever {
                    pending::<()>().await;
                }
                drop(under_way);
            }
        };
        let early =
            [true, false].map(|forever| spawn(Passing::new(Arc::clone(&gate), work(forever))));
        let cancelled = spawn(Passing::new(Arc::clone(&gate), work(true)));
        let late = thread::spawn({
            let (gate, work) = (Arc::clone(&gate), work(true));
            move || block_on(Passing::new(gate, work))
        });
        let cancel = thread::spawn(move || {
            cancelled.abort();
            let _ = block_on(cancelled);
        });
        gate.close();
        for task in early {
            block_on(task).unwrap();
        }
        late.join().unwrap();
        cancel.join().unwrap();
        assert_eq!(Arc::strong_count(&under_way), 1);
    });
}

#[test]
fn each_passes_a_gate_by_its_own_place() {
    check(3000, || {
        let gate = Arc::new(Gate::default());
        // Places are given up and taken again, by more than there were before.
        let passing = [(); 3].map(|()| {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                for _ in 0..2 {
                    block_on(Passing::new(Arc::clone(&gate), yield_now()));
                }
                block_on(Passing::new(gate, pending()));
            })
        });
        yield_twice();
        gate.close();
        join(passing);
    });
}

fn yield_twice() {
    thread::yield_now();
    thread::yield_now();
}

#[test]
fn each_caller_is_answered() {
    check(3000, || {
        let (teller, mut told) = channel();
        let (lost, closed) = channel();
        let tellers = thread::spawn(move || {
            teller.tell(Ok(Outcome::LoggedOut(None)));
            drop(lost);
        });
        let closed = thread::spawn(move || block_on(closed));
        // It is polled by one, and waited for by another.
        let told = match poll_once(pin!(&mut told)) {
            Poll::Ready(ended) => ended,
            Poll::Pending => thread::spawn(move || block_on(told)).join().unwrap(),
        };
        assert!(matches!(told, Ok(Outcome::LoggedOut(None))), "{told:?}");
        assert!(matches!(closed.join().unwrap(), Err(LiveError::Closed)));
        tellers.join().unwrap();
    });
}
