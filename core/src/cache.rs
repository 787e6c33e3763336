//! What is fetched now and then and serves meanwhile: keys, policies.
//!
//! Fetches are tasks of the runtime, one at a time, and nobody's dropped future stops one. Who takes what
//! is there never waits for one; who cannot be served, or will have nothing old, waits for the one that is
//! under way.

mod plan;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(crate) use self::plan::Limits;
use self::plan::{Flight, Plan, State};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::sync::{ArcSwapOption, Mutex, MutexGuard, PoisonError};

/// A fetch.
pub(crate) type Fetching<T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send>>;

/// Something that is fetched, and serves until a newer one is there.
pub(crate) struct Cache<T>(Arc<Inner<T>>);

struct Inner<T> {
    held: ArcSwapOption<Held<T>>,
    waiting: Mutex<Waiting>,
    limits: Limits,
    source: Option<Source<T>>,
}

/// Where it comes from; nowhere, if it was given and stays.
struct Source<T> {
    runtime: Arc<dyn Runtime>,
    fetch: Box<dyn Fn() -> Fetching<T> + Send + Sync>,
}

/// What was fetched.
pub(crate) struct Held<T> {
    pub(crate) value: T,
    at: Duration,
}

#[derive(Default)]
struct Waiting {
    plan: Plan,
    /// How many fetches have ended.
    round: u64,
    wakers: Vec<Waker>,
    error: Option<Arc<Error>>,
}

/// It could not be fetched, and why, unless it took too long or is not to be tried yet.
#[derive(Debug, Clone)]
pub(crate) struct Unavailable(pub(crate) Option<Arc<Error>>);

impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        Self(Some(Arc::new(error)))
    }
}

impl<T: Send + Sync + 'static> Cache<T> {
    pub(crate) fn new(
        runtime: Arc<dyn Runtime>,
        limits: Limits,
        fetch: impl Fn() -> Fetching<T> + Send + Sync + 'static,
    ) -> Self {
        let source = Source { runtime, fetch: Box::new(fetch) };
        Self::with(ArcSwapOption::empty(), limits, Some(source))
    }

    /// One that is never fetched.
    pub(crate) fn fixed(value: T) -> Self {
        let held = ArcSwapOption::from_pointee(Held { value, at: Duration::ZERO });
        Self::with(held, Limits::DEFAULT, None)
    }

    fn with(held: ArcSwapOption<Held<T>>, limits: Limits, source: Option<Source<T>>) -> Self {
        Self(Arc::new(Inner { held, waiting: Mutex::default(), limits, source }))
    }

    /// What serves now. If it has become old a newer one is fetched in the background.
    pub(crate) fn get(&self) -> Option<Arc<Held<T>>> {
        let held = self.0.held.load();
        let held = held.as_ref()?;
        match self.0.state(held) {
            State::Fresh => {}
            State::Old => self.0.refresh(held),
            State::Over => return None,
        }
        Some(Arc::clone(held))
    }

    /// What serves now, unless that is old and a newer one can be fetched right away.
    pub(crate) async fn fresh(&self) -> Result<Arc<Held<T>>, Unavailable> {
        let held = self.ready().await?;
        if self.0.state(&held) == State::Fresh {
            return Ok(held);
        }
        Ok(self.newer_than(Some(&held)).await.unwrap_or(held))
    }

    /// Fetches one in the background, if none serves and that may be.
    pub(crate) fn begin(&self) {
        let now = self.0.now();
        let fetch = {
            let mut waiting = self.0.waiting();
            let held = self.0.held.load();
            let serves = held.as_ref().is_some_and(|held| self.0.state(held) != State::Over);
            if serves { None } else { self.0.take_off(&mut waiting, now) }
        };
        self.0.spawn(fetch);
    }

    /// Why it could not be fetched the last time.
    pub(crate) fn error(&self) -> Option<Arc<Error>> {
        self.0.waiting().error.clone()
    }

    /// What serves now, or as soon as it is fetched.
    pub(crate) async fn ready(&self) -> Result<Arc<Held<T>>, Unavailable> {
        match self.get() {
            Some(held) => Ok(held),
            None => self.newer_than(None).await,
        }
    }

    /// Another one than this, which lacks something: one that was fetched meanwhile, or is fetched now.
    pub(crate) async fn newer_than(
        &self,
        known: Option<&Arc<Held<T>>>,
    ) -> Result<Arc<Held<T>>, Unavailable> {
        let newer = || {
            let held = self.0.held.load_full()?;
            let other = known.is_none_or(|known| !Arc::ptr_eq(known, &held));
            (other && self.0.state(&held) != State::Over).then_some(held)
        };
        let why = |waiting: &Waiting| Unavailable(waiting.error.clone());
        let now = self.0.now();
        let (round, fetch) = {
            let mut waiting = self.0.waiting();
            // Under the lock: what comes after this look is of the round that is waited for.
            if let Some(held) = newer() {
                return Ok(held);
            }
            let fetch = self.0.take_off(&mut waiting, now);
            if !waiting.plan.is_flying() {
                return Err(why(&waiting));
            }
            (waiting.round, fetch)
        };
        self.0.spawn(fetch);
        Landing { inner: &self.0, round, place: None }.await;
        newer().ok_or_else(|| why(&self.0.waiting()))
    }
}

impl<T: Send + Sync + 'static> Inner<T> {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.source.as_ref().map_or(Duration::ZERO, |source| source.runtime.now())
    }

    fn state(&self, held: &Held<T>) -> State {
        match self.source {
            Some(_) => self.limits.state(self.now().saturating_sub(held.at)),
            None => State::Fresh,
        }
    }

    /// Begins a fetch in the background, if that may be and nobody has done so meanwhile. Who finds the
    /// lock taken leaves it to others.
    fn refresh(self: &Arc<Self>, old: &Arc<Held<T>>) {
        let now = self.now();
        let fetch = self.waiting.try_lock().ok().and_then(|mut waiting| {
            let held = self.held.load();
            let is_old = held.as_ref().is_some_and(|held| Arc::ptr_eq(held, old));
            if is_old { self.take_off(&mut waiting, now) } else { None }
        });
        self.spawn(fetch);
    }

    fn take_off(self: &Arc<Self>, waiting: &mut Waiting, now: Duration) -> Option<Fetch<T>> {
        self.source.as_ref()?;
        let flight = waiting.plan.take_off(now, &self.limits)?;
        Some(Fetch { inner: Arc::clone(self), flight, begun: now, result: None })
    }

    /// Nobody's lock is held: the runtime may be anybody's.
    fn spawn(&self, fetch: Option<Fetch<T>>) {
        if let (Some(source), Some(fetch)) = (&self.source, fetch) {
            source.runtime.spawn(Box::pin(fetch.run()));
        }
    }
}

/// A fetch under way. Dropped before its end, with its runtime for instance, it has failed.
struct Fetch<T: Send + Sync + 'static> {
    inner: Arc<Inner<T>>,
    flight: Flight,
    begun: Duration,
    result: Option<Result<T, Unavailable>>,
}

impl<T: Send + Sync + 'static> Fetch<T> {
    async fn run(mut self) {
        let Some(source) = &self.inner.source else { return };
        let mut fetching = (source.fetch)();
        let mut limit = pin!(source.runtime.sleep(self.inner.limits.patience));
        self.result = std::future::poll_fn(|context| {
            if let Poll::Ready(result) = fetching.as_mut().poll(context) {
                return Poll::Ready(Some(result));
            }
            limit.as_mut().poll(context).map(|()| None)
        })
        .await;
    }
}

impl<T: Send + Sync + 'static> Drop for Fetch<T> {
    fn drop(&mut self) {
        let mut error = None;
        match self.result.take() {
            // It is as old as its request.
            Some(Ok(value)) => {
                self.inner.held.store(Some(Arc::new(Held { value, at: self.begun })));
            }
            Some(Err(failed)) => error = failed.0,
            None => {}
        }
        let mut waiting = self.inner.waiting();
        waiting.plan.land(self.flight);
        waiting.round = waiting.round.wrapping_add(1);
        std::mem::swap(&mut waiting.error, &mut error);
        let wakers = std::mem::take(&mut waiting.wakers);
        // What is woken or dropped may be anybody's.
        drop(waiting);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// The end of the fetch that is under way.
struct Landing<'a, T> {
    inner: &'a Arc<Inner<T>>,
    round: u64,
    place: Option<usize>,
}

impl<T: Send + Sync + 'static> Future for Landing<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.inner.waiting();
        if waiting.round != self.round {
            return Poll::Ready(());
        }
        let place = self.place.and_then(|place| waiting.wakers.get_mut(place));
        match place {
            Some(waker) => waker.clone_from(context.waker()),
            None => {
                waiting.wakers.push(context.waker().clone());
                let place = waiting.wakers.len().checked_sub(1);
                drop(waiting);
                self.place = place;
            }
        }
        Poll::Pending
    }
}

impl<T> Clone for Cache<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Cache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = self.0.held.load().is_some();
        f.debug_struct("Cache").field("holds", &holds).finish_non_exhaustive()
    }
}
