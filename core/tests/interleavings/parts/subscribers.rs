//! The hub.

use std::sync::{Arc, Mutex};

use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread::{self, JoinHandle};

use super::hub::{Changes, Hub, Subscription};
use super::machine::Change;
use crate::{check, join};

/// A hub, and the lock under which changes are numbered, as in a live session.
#[derive(Clone, Default)]
struct Source {
    hub: Arc<Hub>,
    number: Arc<shuttle::sync::Mutex<u64>>,
}

impl Source {
    fn change(&self) {
        {
            let mut number = self.number.lock().unwrap();
            self.hub.publish(&Change { number: *number, missed: 0 });
            *number += 1;
        }
        self.hub.dispatch();
    }

    fn changing(&self, times: usize) -> JoinHandle<()> {
        let source = self.clone();
        thread::spawn(move || (0..times).for_each(|_| source.change()))
    }
}

type Told = Arc<Mutex<Vec<u64>>>;

fn listen(source: &Source) -> (Subscription, Told) {
    let told = Told::default();
    let subscription = Subscription::new(&source.hub, {
        let told = Arc::clone(&told);
        Box::new(move |change| {
            // It takes a while.
            (0..3).for_each(|_| thread::yield_now());
            told.lock().unwrap().push(change.number);
        })
    });
    (subscription, told)
}

/// Reads to the end: the numbers, and how many were missed.
fn read(mut changes: Changes) -> (Vec<u64>, u64) {
    let mut missed = 0;
    let numbers = std::iter::from_fn(|| block_on(changes.next()));
    let numbers = numbers.inspect(|change| missed += change.missed).map(|change| change.number);
    (numbers.collect(), missed)
}

#[test]
fn callbacks_are_told_everything_once_and_in_order() {
    check(2000, || {
        let source = Source::default();
        let (_one, told) = listen(&source);
        let (_other, others) = listen(&source);
        let threads = [source.changing(2), source.changing(1)];
        join(threads);
        assert_eq!(*told.lock().unwrap(), [0, 1, 2]);
        assert_eq!(*others.lock().unwrap(), [0, 1, 2]);
    });
}

#[test]
fn a_stream_is_told_everything_or_how_much_it_missed_and_ends() {
    check(2000, || {
        let source = Source::default();
        let changes = Changes::new(&source.hub);
        let reading = thread::spawn(move || read(changes));
        let threads = [source.changing(4), source.changing(3)];
        join(threads);
        source.hub.close();
        let (numbers, missed) = reading.join().unwrap();
        assert_eq!(numbers.len() as u64 + missed, 7, "{numbers:?}");
        assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
        assert_eq!(numbers.last(), Some(&6));
    });
}

#[test]
fn whoever_waits_on_a_stream_is_woken_by_each_change() {
    check(2000, || {
        let source = Source::default();
        let mut changes = Changes::new(&source.hub);
        let threads = [source.changing(1), source.changing(1)];
        // Nobody closes it: a wake-up that is lost is waited for forever.
        for number in 0..2 {
            assert_eq!(block_on(changes.next()), Some(Change { number, missed: 0 }));
        }
        join(threads);
    });
}

#[test]
fn one_who_comes_late_is_told_the_rest() {
    check(2000, || {
        let source = Source::default();
        let changing = source.changing(3);
        let (late, closing) = (source.clone(), source.clone());
        let late = thread::spawn(move || {
            let changes = Changes::new(&late.hub);
            let (subscription, told) = listen(&late);
            let read = read(changes);
            (read, told, subscription)
        });
        let closing = thread::spawn(move || closing.hub.close());
        closing.join().unwrap();
        changing.join().unwrap();
        let ((numbers, missed), told, _subscription) = late.join().unwrap();
        let all = [0, 1, 2];
        // Whatever begins and ends when, nothing is left out in between.
        for numbers in [numbers, told.lock().unwrap().clone()] {
            assert!(numbers.is_empty() || all.windows(numbers.len()).any(|part| part == numbers));
        }
        assert_eq!(missed, 0);
    });
}

#[test]
fn nobody_is_called_after_the_subscription_is_dropped() {
    check(2000, || {
        let source = Source::default();
        let (subscription, told) = listen(&source);
        let (_other, others) = listen(&source);
        let changing = [source.changing(1), source.changing(1)];
        thread::yield_now();
        source.change();
        drop(subscription);
        let heard = told.lock().unwrap().len();
        source.change();
        join(changing);
        // One call may have been under way.
        let heard_since = told.lock().unwrap().len() - heard;
        assert!(heard_since <= 1, "{heard_since}");
        // What it held is gone.
        assert_eq!(Arc::strong_count(&told), 1);
        assert_eq!(*others.lock().unwrap(), [0, 1, 2, 3]);
    });
}

#[test]
fn a_hub_that_closes_lets_go_of_callbacks() {
    check(2000, || {
        let source = Source::default();
        let (_subscription, told) = listen(&source);
        let calls = Arc::new(AtomicUsize::new(0));
        let _nested = Subscription::new(&source.hub, {
            let (source, calls) = (source.clone(), Arc::clone(&calls));
            Box::new(move |_| {
                calls.fetch_add(1, Ordering::SeqCst);
                // It subscribes and closes itself, in the middle of a call.
                drop(listen(&source));
                source.hub.close();
            })
        });
        let threads = [source.changing(1), source.changing(1)];
        join(threads);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert_eq!(Arc::strong_count(&calls), 1);
        assert_eq!(Arc::strong_count(&told), 1);
    });
}
