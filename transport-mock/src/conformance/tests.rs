//! The tests are tested: a store with each bug is found, and none without.

use std::any::Any;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use async_trait::async_trait;
use stytch_session::store::{Document, Lock, Saved, Snapshot, StoreError, StoreErrorKind, Version};
use stytch_session::{MemoryStore, Store};

use super::{store, store_within};

/// What a store does wrong, and the duty that is then not done.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    None,
    EmptyDocumentAtFirst,
    SomeVersionAtFirst,
    Fails,
    TextOnly,
    NoEmptyDocument,
    CutsAt64KiB,
    Trims,
    OneVersion,
    VersionsByContent,
    TwoVersions,
    VersionZero,
    OtherVersionThanLoaded,
    VersionLate,
    HandlesApart,
    LastOneWins,
    NoneIsAny,
    OlderIsFine,
    WritesOnConflict,
    AlwaysConflict,
    ComparesThenWrites,
    AllRivalsLose,
    NoLock,
    LockOfOneHandle,
    LockAgainByItself,
    NeverFree,
    NeverFreeAndWaits,
    FreeForWhoGaveUp,
    LockStopsLoading,
    LockStopsSaving,
}

const BUGS: &[(Bug, &str)] = &[
    (Bug::EmptyDocumentAtFirst, "nothing is stored at first: the first handle loads b\"\""),
    (Bug::SomeVersionAtFirst, "nothing is stored at first: the first handle loads it as"),
    (Bug::Fails, "bytes come back as they were saved: `save` fails: the store cannot be reached"),
    (Bug::TextOnly, "bytes come back as they were saved: the first handle loads 512 bytes"),
    (Bug::NoEmptyDocument, "bytes come back as they were saved: the first handle loads nothing"),
    (Bug::CutsAt64KiB, "bytes come back as they were saved: the first handle loads 65536 bytes"),
    (Bug::Trims, "bytes come back as they were saved: the first handle loads b\""),
    (Bug::OneVersion, "each save has another version: Version(1) comes again"),
    (Bug::VersionsByContent, "each save has another version: Version("),
    (Bug::TwoVersions, "each save has another version: Version("),
    (Bug::VersionZero, "each save has another version: Version(0) comes again"),
    (Bug::OtherVersionThanLoaded, "the first handle loads it as Version(1), not as Version(2)"),
    (Bug::VersionLate, "`version` of the first handle is Version(0), not Version(1)"),
    (Bug::HandlesApart, "the second handle loads nothing, not b\"{}\""),
    (Bug::LastOneWins, "a save compares versions: the first handle saves over"),
    (Bug::NoneIsAny, "a save compares versions: the first handle saves over"),
    (Bug::OlderIsFine, "a save compares versions: the first handle saves over"),
    (Bug::WritesOnConflict, "a conflict writes nothing: the first handle loads b\"late\""),
    (Bug::AlwaysConflict, "a save that expects what `load` said is a conflict"),
    (Bug::ComparesThenWrites, "exactly one is done: 16 of 16 are done"),
    (Bug::AllRivalsLose, "exactly one is done: 0 of 16 are done"),
    (Bug::NoLock, "the lock is one's alone: it is given to a second"),
    (Bug::LockOfOneHandle, "the lock is one's alone: it is given to a second"),
    (Bug::LockAgainByItself, "the lock is one's alone: it is given to a second"),
    (Bug::NeverFree, "the lock is free when it was dropped: it is not to be had within 10s"),
    (Bug::NeverFreeAndWaits, "the lock is given back: it hangs; given up after"),
    (Bug::FreeForWhoGaveUp, "who gives up has no lock: it hangs; given up after"),
    (Bug::LockStopsLoading, "the lock excludes: it hangs; given up after"),
    (Bug::LockStopsSaving, "while somebody has the lock: a save that expects what `load` said"),
];

#[test]
fn each_bug_is_found() {
    for &(bug, duty) in BUGS {
        // What hangs, hangs for ever: a short limit is as good as a long one.
        let hangs = duty.contains("it hangs");
        let limit = Duration::from_millis(if hangs { 300 } else { 60_000 });
        let (first, second) = Broken::pair(bug);
        let tested = AssertUnwindSafe(|| block_on(store_within(limit, &first, &second)));
        let panic = catch_unwind(tested).expect_err(&format!("{bug:?} is not found"));
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.contains(duty), "{bug:?} is called: {message}");
    }
}

#[test]
fn a_store_without_a_bug_passes() {
    let (first, second) = Broken::pair(Bug::None);
    block_on(store(&first, &second));
    let (first, second) = (MemoryStore::new(), Arc::new(MemoryStore::new()));
    block_on(store(&first, &first.clone()));
    block_on(store::<dyn Store>(&second, &Arc::clone(&second)));
}

/// A store in memory that yields where one over a network would, with one bug.
struct Broken {
    bug: Bug,
    handle: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    documents: [Option<Document>; 2],
    version: u64,
    version_before: u64,
    saves: u64,
    saving: usize,
    crowded: bool,
    holder: Option<usize>,
    waiting: VecDeque<Waker>,
}

impl Broken {
    fn pair(bug: Bug) -> (Self, Self) {
        let state = Arc::<Mutex<State>>::default();
        if bug == Bug::EmptyDocumentAtFirst {
            state.lock().unwrap().documents[0] = Some(Document::new(Vec::new()));
        }
        if bug == Bug::SomeVersionAtFirst {
            state.lock().unwrap().version = 1;
        }
        (Self { bug, handle: 0, state: Arc::clone(&state) }, Self { bug, handle: 1, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Which of the documents this handle has: all have the first, unless that is the bug.
    fn slot(&self) -> usize {
        if self.bug == Bug::HandlesApart { self.handle } else { 0 }
    }

    fn kept(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(match self.bug {
            Bug::TextOnly => String::from_utf8_lossy(bytes).into_owned().into_bytes(),
            Bug::NoEmptyDocument if bytes.is_empty() => return None,
            Bug::CutsAt64KiB => bytes[..bytes.len().min(1 << 16)].to_vec(),
            Bug::Trims => bytes.trim_ascii().to_vec(),
            _ => bytes.to_vec(),
        })
    }

    fn next_version(&self, state: &State, bytes: &[u8]) -> u64 {
        let sum = || bytes.iter().fold(7, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(*byte));
        match self.bug {
            Bug::OneVersion => 1,
            Bug::VersionsByContent => 1 + sum(),
            Bug::TwoVersions => 1 + state.saves % 2,
            Bug::VersionZero if state.saves == 20 => 0,
            _ => 1 + state.saves,
        }
    }
}

#[async_trait]
impl Store for Broken {
    async fn load(&self) -> Result<Snapshot, StoreError> {
        if self.bug == Bug::LockStopsLoading && self.state().holder.is_some() {
            std::future::pending::<()>().await;
        }
        let state = self.state();
        let mut snapshot = Snapshot::NOTHING;
        snapshot.version = Version::new(state.version);
        snapshot.document = state.documents[self.slot()].clone();
        Ok(snapshot)
    }

    async fn version(&self) -> Result<Version, StoreError> {
        let state = self.state();
        let late = self.bug == Bug::VersionLate;
        Ok(Version::new(if late { state.version_before } else { state.version }))
    }

    async fn save(&self, document: &Document, expected: Version) -> Result<Saved, StoreError> {
        if self.bug == Bug::Fails {
            return Err(StoreError::new(StoreErrorKind::Unavailable));
        }
        let fits = |state: &State| match self.bug {
            Bug::LastOneWins => true,
            Bug::NoneIsAny if expected == Version::NONE => true,
            Bug::OlderIsFine if expected != Version::NONE => expected.get() <= state.version,
            Bug::AlwaysConflict => state.saves == 0,
            Bug::LockStopsSaving if state.holder.is_some() => false,
            _ => expected.get() == state.version,
        };
        let fitted = fits(&self.state());
        self.state().saving += 1;
        yield_now().await;
        let mut state = self.state();
        state.crowded |= state.saving > 1;
        let crowded = state.crowded;
        state.saving -= 1;
        state.crowded &= state.saving > 0;
        let writes = match self.bug {
            Bug::ComparesThenWrites => fitted,
            Bug::AllRivalsLose => fits(&state) && !crowded,
            _ => fits(&state),
        };
        if writes || self.bug == Bug::WritesOnConflict {
            let kept = self.kept(document.as_bytes());
            state.documents[self.slot()] = kept.map(Document::new);
        }
        if !writes {
            return Ok(Saved::Conflict);
        }
        state.version_before = state.version;
        state.version = self.next_version(&state, document.as_bytes());
        state.saves += 1;
        let other = u64::from(self.bug == Bug::OtherVersionThanLoaded);
        Ok(Saved::Done(Version::new(state.version + other)))
    }

    async fn lock(&self, patience: Duration) -> Result<Option<Lock>, StoreError> {
        let mut ticket = None;
        poll_fn(|context| {
            let mut state = self.state();
            let excluded = match (self.bug, state.holder) {
                (Bug::NoLock, _) | (_, None) => false,
                (Bug::LockOfOneHandle, Some(holder)) => holder == self.handle,
                (Bug::LockAgainByItself, Some(holder)) => holder != self.handle,
                (_, Some(_)) => true,
            };
            if !excluded {
                state.holder = Some(self.handle);
                let guard: Box<dyn Any + Send> = match self.bug {
                    Bug::NeverFree | Bug::NeverFreeAndWaits => Box::new(()),
                    _ => Box::new(Guard(Arc::clone(&self.state))),
                };
                return Poll::Ready(Ok(Some(Lock::new(guard))));
            }
            if patience.is_zero() || self.bug == Bug::NeverFree {
                return Poll::Ready(Ok(None));
            }
            state.waiting.push_back(context.waker().clone());
            if self.bug == Bug::FreeForWhoGaveUp && ticket.is_none() {
                ticket = Some(Takes(Arc::clone(&self.state)));
            }
            Poll::Pending
        })
        .await
    }
}

struct Guard(Arc<Mutex<State>>);

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.holder = None;
        state.waiting.drain(..).for_each(Waker::wake);
    }
}

/// Takes the lock when a future that waits for it is dropped.
struct Takes(Arc<Mutex<State>>);

impl Drop for Takes {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.holder = state.holder.or(Some(0));
    }
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// No runtime: that the tests need none is tested too.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
