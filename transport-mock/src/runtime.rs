//! A runtime whose time is turned by hand.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use stytch_session::live::{Runtime, Task};

use crate::VirtualClock;

/// Runs the tasks of a [`LiveSession`](stytch_session::LiveSession) in a test, on virtual time: a
/// month of refreshes takes a moment, and nothing happens by chance.
///
/// Its time and that of its [`clock`](Self::clock) pass together; the clock alone can be set. Clones
/// are the same runtime.
///
/// ```
/// use std::time::Duration;
/// use stytch_session::{Client, LiveSession, OrganizationId, Password, Project, PublicToken};
/// use stytch_session_mock::{Emulator, Example, VirtualRuntime};
///
/// let stytch = Emulator::example();
/// let runtime = VirtualRuntime::with_clock(stytch.clock().clone());
/// let project = Project::frontend(PublicToken::new(stytch.public_token())?);
/// let client =
///     Client::builder(project, stytch.clone()).clock(runtime.clock().clone()).build();
///
/// let start = LiveSession::builder(client).keep_alive().start(runtime.clone());
/// let live = runtime.block_on(start)?;
/// let organization = OrganizationId::new(Example::HARBOR_LIGHTS)?;
/// let password = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
/// runtime.block_on(async { live.login(password).await })?;
///
/// runtime.advance(Duration::from_secs(24 * 60 * 60));
/// assert!(live.get().is_some(), "it was kept alive");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct VirtualRuntime {
    shared: Arc<Mutex<State>>,
    clock: VirtualClock,
}

#[derive(Default)]
struct State {
    now: Duration,
    /// Tasks, by the order in which they were spawned.
    tasks: BTreeMap<u64, Running>,
    timers: BTreeMap<(Duration, u64), Waker>,
    numbers: u64,
}

struct Running {
    /// None while it is polled.
    task: Option<Task>,
    woken: Arc<Woken>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl VirtualRuntime {
    /// A runtime with a clock of its own, which stands at 2030-06-01T12:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(VirtualClock::new())
    }

    /// A runtime that turns this clock: that of an [`Emulator`](crate::Emulator) for instance.
    #[must_use]
    pub fn with_clock(clock: VirtualClock) -> Self {
        Self { shared: Arc::default(), clock }
    }

    /// The wall clock, which passes with the runtime's time, and can be set as well.
    #[must_use]
    pub const fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// Lets all tasks go on, until they wait for time to pass.
    pub fn run(&self) {
        while self.poll_tasks() {}
    }

    /// Lets time pass, and the tasks go on at each instant that one of them waits for.
    pub fn advance(&self, duration: Duration) {
        let until = self.lock().now.saturating_add(duration);
        self.run();
        loop {
            let next = self.next_timer().filter(|at| *at <= until);
            self.pass_to(next.unwrap_or(until));
            self.run();
            if next.is_none() {
                return;
            }
        }
    }

    /// Runs a future to its end, with all tasks. When nothing else moves, time passes to the next
    /// instant that a task waits for.
    ///
    /// # Panics
    ///
    /// If nothing will ever happen.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Some(output) = self.try_run(future.as_mut()) {
                return output;
            }
            match self.next_timer() {
                Some(at) => self.pass_to(at),
                None => panic!("the future waits for something that never comes"),
            }
        }
    }

    /// Polls a future with all tasks, until nothing moves without time: its output, if it has come to
    /// its end.
    pub fn try_run<F: Future>(&self, mut future: Pin<&mut F>) -> Option<F::Output> {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            if woken.0.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return Some(output);
                }
            }
            let moved = self.poll_tasks();
            if !moved && !woken.0.load(Ordering::Acquire) {
                return None;
            }
        }
    }

    /// How many tasks have not come to their end.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.lock().tasks.len()
    }

    /// Polls each task that was woken, once. Whether there was any.
    fn poll_tasks(&self) -> bool {
        let woken: Vec<u64> = {
            let state = self.lock();
            let is_woken = |running: &Running| running.woken.0.swap(false, Ordering::AcqRel);
            state.tasks.iter().filter(|(_, running)| is_woken(running)).map(|(id, _)| *id).collect()
        };
        for id in &woken {
            let taken = {
                let mut state = self.lock();
                let running = state.tasks.get_mut(id);
                running.and_then(|it| it.task.take().map(|task| (task, Arc::clone(&it.woken))))
            };
            let Some((mut task, woken)) = taken else { continue };
            let waker = Waker::from(woken);
            let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
            let mut state = self.lock();
            if polled.is_ready() {
                state.tasks.remove(id);
                // What it holds may call the runtime when it is dropped.
                drop(state);
                drop(task);
            } else if let Some(running) = state.tasks.get_mut(id) {
                running.task = Some(task);
            }
        }
        !woken.is_empty()
    }

    fn next_timer(&self) -> Option<Duration> {
        self.lock().timers.keys().next().map(|(at, _)| *at)
    }

    fn pass_to(&self, at: Duration) {
        let due: Vec<Waker> = {
            let mut state = self.lock();
            let by = at.saturating_sub(state.now);
            state.now = state.now.max(at);
            self.clock.advance(by);
            let mut due = Vec::new();
            while let Some(entry) = state.timers.first_entry() {
                if entry.key().0 > at {
                    break;
                }
                due.push(entry.remove());
            }
            due
        };
        due.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VirtualRuntime {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VirtualRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("VirtualRuntime")
            .field("now", &state.now)
            .field("tasks", &state.tasks.len())
            .finish_non_exhaustive()
    }
}

impl Runtime for VirtualRuntime {
    fn spawn(&self, task: Task) {
        let mut state = self.lock();
        state.numbers += 1;
        let number = state.numbers;
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        state.tasks.insert(number, Running { task: Some(task), woken });
    }

    fn sleep(&self, duration: Duration) -> Task {
        let mut state = self.lock();
        state.numbers += 1;
        let key = (state.now.saturating_add(duration), state.numbers);
        Box::pin(Timer { runtime: self.clone(), key })
    }

    fn now(&self) -> Duration {
        self.lock().now
    }
}

/// Waits for an instant; forgotten when it is dropped.
struct Timer {
    runtime: VirtualRuntime,
    key: (Duration, u64),
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.runtime.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.timers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.runtime.lock().timers.remove(&self.key);
    }
}
