//! A network that fails, before any transport.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::VirtualClock;
use crate::fault::{Fault, Faults, Turns};
use crate::record::RecordedRequest;
use random::Random;

mod random;
mod way;

/// How many requests that met a fault are remembered.
const REMEMBERED: usize = 1000;

/// The faults of [`FaultTransport::fail_randomly`]: each kind but [`Fault::Error`], which would need
/// a type, and [`Fault::Reordered`], for which a lone request would wait for ever.
const USUAL: [Fault; 13] = [
    Fault::NotSent,
    Fault::LostRequest,
    Fault::LostAnswer,
    Fault::Status(429),
    Fault::Status(500),
    Fault::Status(503),
    Fault::Html(502),
    Fault::WrongStatus(500),
    Fault::TruncatedBody,
    Fault::MalformedBody,
    Fault::EmptyBody,
    Fault::Delay(Duration::from_secs(5)),
    Fault::Duplicated,
];

/// A transport around any other, in which requests meet [`Fault`]s: planned ones, or random ones that
/// are the same for the same seed.
///
/// It wraps the [`Emulator`](crate::Emulator), a [`MockTransport`](crate::MockTransport), an HTTP
/// client, `Arc<dyn Transport>`: whatever sends. It is a [`Transport`](stytch_session::Transport) if
/// that is one, and a [`BlockingTransport`](stytch_session::BlockingTransport) if that is one.
///
/// It is a cheap handle: clones share their faults and what they remember, so a test keeps one and
/// gives the other away.
///
/// ```
/// use stytch_session::{BlockingTransport, Delivery};
/// use stytch_session_mock::{Emulator, Fault, FaultTransport};
///
/// let stytch = Emulator::example();
/// let transport = FaultTransport::new(stytch.clone()).fail_next(1, Fault::NotSent);
///
/// let request = || http::Request::get("/v1/b2b/sessions").body(Vec::new());
/// let error = BlockingTransport::send(&transport, request()?).expect_err("there is no connection");
/// assert_eq!(error.delivery(), Delivery::NotSent);
/// assert_eq!(stytch.request_count(), 0, "it never arrived");
///
/// assert!(BlockingTransport::send(&transport, request()?).is_ok(), "the second one does");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What a fault does
///
/// `Status`, `Error` and `Html` are answered here, and the wrapped transport never sees the request;
/// neither does it see what meets `NotSent` or `LostRequest`. For all others it is called
/// ([`Fault::commits`]), once, or twice for `Duplicated`. `Delay` turns [`clock`](Self::clock) after
/// the wrapped transport has answered. An error of the wrapped transport stays as it is.
///
/// # Order
///
/// `Reordered` is for requests in flight at the same time: two tasks, or two threads. The answer
/// waits inside of `send` until a request that began later has been answered, or
/// [`release`](Self::release) is called. No timer is involved in a task; a thread waits at most 5
/// seconds. Someone who sends one request after the other has nobody to change places with, and a
/// task waits until a test releases the answer or the future is dropped.
///
/// # Dropping a future
///
/// A fault is spent as soon as a request has met it, also if its future is dropped later. Dropped at
/// any point, the future leaves the transport usable: an answer that it held back stands in nobody's
/// way.
#[must_use]
pub struct FaultTransport<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    inner: T,
    state: Mutex<State>,
    turns: Turns,
}

struct State {
    clock: VirtualClock,
    planned: Faults,
    random: Option<Random>,
    met: VecDeque<(RecordedRequest, Fault)>,
    met_count: u64,
    request_count: u64,
}

impl<T> FaultTransport<T> {
    /// A transport around `inner` in which nothing fails yet.
    ///
    /// ```
    /// use stytch_session::Transport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport: Box<dyn Transport> = Box::new(
    ///     FaultTransport::new(Emulator::example())
    ///         .fail_next_to("sessions/revoke", 1, Fault::LostAnswer)
    ///         .fail_randomly(7, 0.3),
    /// );
    /// ```
    pub fn new(inner: T) -> Self {
        let state = State {
            clock: VirtualClock::system(),
            planned: Faults::default(),
            random: None,
            met: VecDeque::new(),
            met_count: 0,
            request_count: 0,
        };
        let turns = Turns::default();
        Self { shared: Arc::new(Shared { inner, state: Mutex::new(state), turns }) }
    }

    /// The next `count` requests meet this fault.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Fault, FaultTransport, MockTransport, replies};
    ///
    /// let mock = MockTransport::new().reply(replies::revoke());
    /// let transport = FaultTransport::new(mock).fail_next(2, Fault::Status(503));
    ///
    /// let mut statuses = Vec::new();
    /// for _ in 0..3 {
    ///     let request = http::Request::post("/sdk/v1/b2b/sessions/revoke").body(Vec::new())?;
    ///     statuses.push(BlockingTransport::send(&transport, request)?.status().as_u16());
    /// }
    /// assert_eq!(statuses, [503, 503, 200]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fail_next(self, count: usize, fault: Fault) -> Self {
        self.plan("", count, fault);
        self
    }

    /// The next `count` requests whose path contains `path` meet this fault.
    ///
    /// Planned faults are met in the order in which they were planned, before random ones.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport =
    ///     FaultTransport::new(Emulator::example()).fail_next_to("revoke", 1, Fault::Html(502));
    /// let send = |path| {
    ///     let request = http::Request::post(path).body(Vec::new()).expect("a request");
    ///     BlockingTransport::send(&transport, request).expect("an answer").status().as_u16()
    /// };
    /// assert_eq!(send("/v1/b2b/sessions/authenticate"), 400, "the emulator's own answer");
    /// assert_eq!(send("/v1/b2b/sessions/revoke"), 502);
    /// ```
    pub fn fail_next_to(self, path: &str, count: usize, fault: Fault) -> Self {
        self.plan(path, count, fault);
        self
    }

    /// Each request meets a fault with the probability `rate`: any kind, but for [`Fault::Error`] and
    /// [`Fault::Reordered`].
    ///
    /// What the n-th request meets depends on the seed alone. Statuses are 429, 500, 502 and 503, and
    /// a delay is 5 seconds. For other faults see [`fail_randomly_with`](Self::fail_randomly_with).
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, FaultTransport};
    ///
    /// let run = |seed| {
    ///     let transport = FaultTransport::new(Emulator::example()).fail_randomly(seed, 0.3);
    ///     for _ in 0..20 {
    ///         let request = http::Request::get("/v1/b2b/sessions").body(Vec::new()).expect("it is valid");
    ///         let _ = BlockingTransport::send(&transport, request);
    ///     }
    ///     transport.met().into_iter().map(|(_, fault)| fault).collect::<Vec<_>>()
    /// };
    /// assert_eq!(run(7), run(7));
    /// assert_ne!(run(7), run(8));
    /// ```
    ///
    /// # Panics
    ///
    /// If `rate` is not from 0 to 1.
    #[track_caller]
    pub fn fail_randomly(self, seed: u64, rate: f64) -> Self {
        self.fail_randomly_with(seed, rate, USUAL)
    }

    /// As [`fail_randomly`](Self::fail_randomly), with one of these faults, each equally likely; one
    /// that stands there twice is twice as likely.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let faults = [Fault::LostAnswer, Fault::LostRequest];
    /// let transport = FaultTransport::new(Emulator::example()).fail_randomly_with(7, 1.0, faults);
    /// let request = http::Request::get("/v1/b2b/sessions").body(Vec::new())?;
    /// assert!(BlockingTransport::send(&transport, request).is_err());
    /// # Ok::<(), http::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `rate` is not from 0 to 1, or there are no faults.
    #[track_caller]
    pub fn fail_randomly_with(
        self,
        seed: u64,
        rate: f64,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Self {
        assert!((0.0..=1.0).contains(&rate), "{rate} is no probability: those are 0.0 to 1.0");
        let faults: Vec<Fault> = faults.into_iter().collect();
        assert!(!faults.is_empty(), "there are no faults to choose from");
        self.lock().random = Some(Random::new(seed, rate, faults));
        self
    }

    /// Turns this clock where a request meets [`Fault::Delay`]; otherwise it is one of its own, which
    /// runs with the system's.
    ///
    /// ```
    /// use std::time::Duration;
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport, VirtualClock};
    ///
    /// let clock = VirtualClock::new();
    /// let stytch = Emulator::example_builder().clock(clock.clone()).build();
    /// let transport = FaultTransport::new(stytch)
    ///     .with_clock(clock.clone())
    ///     .fail_next(1, Fault::Delay(Duration::from_secs(90)));
    ///
    /// let before = clock.now();
    /// BlockingTransport::send(&transport, http::Request::new(Vec::new()))?;
    /// assert_eq!(clock.now(), before + Duration::from_secs(90));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_clock(self, clock: VirtualClock) -> Self {
        self.lock().clock = clock;
        self
    }

    /// As [`fail_next_to`](Self::fail_next_to), for a transport that is in use: the next `count`
    /// requests whose path contains `path` meet this fault. An empty path is in all of them.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example());
    /// transport.plan("sessions/authenticate", 1, Fault::EmptyBody);
    /// transport.plan("", 2, Fault::LostRequest);
    /// assert_eq!(transport.planned_count(), 3);
    /// ```
    pub fn plan(&self, path: &str, count: usize, fault: Fault) {
        self.lock().planned.plan(path, count, fault);
    }

    /// How many requests are still to meet a planned fault: 0 once the plan has been played.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example()).fail_next(1, Fault::NotSent);
    /// let _ = BlockingTransport::send(&transport, http::Request::new(Vec::new()));
    /// assert_eq!(transport.planned_count(), 0);
    /// ```
    #[must_use]
    pub fn planned_count(&self) -> usize {
        self.lock().planned.len()
    }

    /// Forgets the faults still to come, planned and random ones, and lets go an answer that is held
    /// back. What is remembered stays.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example()).fail_next(9, Fault::NotSent);
    /// transport.clear_faults();
    /// assert_eq!(transport.planned_count(), 0);
    /// ```
    pub fn clear_faults(&self) {
        {
            let mut state = self.lock();
            state.planned.clear();
            state.random = None;
        }
        self.release();
    }

    /// Lets go the answer that [`Fault::Reordered`] holds back, if there is one: to be called where no
    /// later request follows.
    ///
    /// ```
    /// use std::future::Future;
    /// use std::task::{Context, Poll, Waker};
    /// use stytch_session::Transport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example()).fail_next(1, Fault::Reordered);
    /// let mut alone = Transport::send(&transport, http::Request::new(Vec::new()));
    /// let mut context = Context::from_waker(Waker::noop());
    /// assert!(alone.as_mut().poll(&mut context).is_pending());
    /// assert!(transport.is_holding());
    ///
    /// transport.release();
    /// assert!(alone.as_mut().poll(&mut context).is_ready());
    /// ```
    pub fn release(&self) {
        self.shared.turns.release();
    }

    /// Whether an answer is held back now. A test waits for it before it sends the later request.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example()).fail_next(1, Fault::Reordered);
    /// let send = || BlockingTransport::send(&transport, http::Request::new(Vec::new()));
    /// std::thread::scope(|scope| {
    ///     scope.spawn(send);
    ///     while !transport.is_holding() {
    ///         std::thread::yield_now();
    ///     }
    ///     assert!(send().is_ok(), "now the first one is answered too");
    /// });
    /// ```
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.shared.turns.is_holding()
    }

    /// Which requests met which fault: the latest 1,000, oldest first.
    ///
    /// A request belongs here from the moment it meets its fault, also if it is still on its way.
    /// `Debug` shows no secrets; see [`RecordedRequest`].
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example()).fail_next(1, Fault::EmptyBody);
    /// for path in ["/v1/b2b/sessions", "/v1/b2b/rbac/policy"] {
    ///     BlockingTransport::send(&transport, http::Request::get(path).body(Vec::new())?)?;
    /// }
    /// let met = transport.met();
    /// assert_eq!(met.len(), 1);
    /// assert_eq!((met[0].0.path(), &met[0].1), ("/v1/b2b/sessions", &Fault::EmptyBody));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn met(&self) -> Vec<(RecordedRequest, Fault)> {
        self.lock().met.iter().cloned().collect()
    }

    /// How many requests have met a fault.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example()).fail_next(1, Fault::NotSent);
    /// for _ in 0..3 {
    ///     let _ = BlockingTransport::send(&transport, http::Request::new(Vec::new()));
    /// }
    /// assert_eq!((transport.met_count(), transport.request_count()), (1, 3));
    /// ```
    #[must_use]
    pub fn met_count(&self) -> u64 {
        self.lock().met_count
    }

    /// How many requests have been sent, whatever they met. One that is sent twice counts once.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, Fault, FaultTransport};
    ///
    /// let stytch = Emulator::example();
    /// let transport = FaultTransport::new(stytch.clone()).fail_next(1, Fault::Duplicated);
    /// BlockingTransport::send(&transport, http::Request::new(Vec::new()))?;
    /// assert_eq!((transport.request_count(), stytch.request_count()), (1, 2));
    /// # Ok::<(), stytch_session::TransportError>(())
    /// ```
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.lock().request_count
    }

    /// The clock that [`Fault::Delay`] turns; give it to the client too, to let it see the time pass.
    ///
    /// ```
    /// use std::time::Duration;
    /// use stytch_session_mock::{Emulator, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example());
    /// let (clock, before) = (transport.clock(), transport.clock().now());
    /// transport.clock().advance(Duration::from_secs(60));
    /// assert!(clock.now() >= before + Duration::from_secs(60), "clones show the same time");
    /// ```
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        self.lock().clock.clone()
    }

    /// The wrapped transport.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, FaultTransport};
    ///
    /// let transport = FaultTransport::new(Emulator::example());
    /// assert_eq!(transport.inner().request_count(), 0);
    /// ```
    #[must_use]
    pub fn inner(&self) -> &T {
        &self.shared.inner
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for FaultTransport<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> fmt::Debug for FaultTransport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let random = state.random.as_ref();
        f.debug_struct("FaultTransport")
            .field("requests", &state.request_count)
            .field("met", &state.met_count)
            .field("planned", &state.planned.len())
            .field("seed", &random.map(Random::seed))
            .field("rate", &random.map(Random::rate))
            .finish_non_exhaustive()
    }
}
