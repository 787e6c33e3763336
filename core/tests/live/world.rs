//! The emulator, a network that a test holds in its hands, and time.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use stytch_session::live::{Change, LiveBuilder, LiveError, Reason, Revoked, Subscription};
use stytch_session::{
    Application, Client, Delivery, Frontend, LiveSession, MemberSession, MemoryStore,
    OrganizationId, Password, Progress, Project, PublicToken, Request, Response, Store, Transport,
    TransportError, TransportErrorKind,
};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, VirtualClock, VirtualRuntime};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const TICK: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A local Stytch, a network and a runtime.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) stytch: Emulator,
    pub(crate) runtime: VirtualRuntime,
    pub(crate) net: Net,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|emulator| emulator)
    }

    pub(crate) fn with(set_up: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        // A clock that stands still unless the test turns it, and signatures that take no time.
        let emulator = Emulator::example_builder().clock(VirtualClock::new()).constant_signature();
        let stytch = set_up(emulator).build();
        let runtime = VirtualRuntime::with_clock(stytch.clock().clone());
        let net = Net { stytch: stytch.clone(), state: Arc::default() };
        Self { stytch, runtime, net }
    }

    pub(crate) fn client(&self) -> Client<Frontend, Net> {
        let project = Project::frontend(PublicToken::new(self.stytch.public_token()).unwrap());
        Client::builder(project, self.net.clone())
            .clock(self.runtime.clock().clone())
            .seed(|| 7.into())
            .application(Application::new("com.example.test", 1))
            .build()
    }

    pub(crate) fn builder(&self) -> LiveBuilder<Frontend> {
        LiveSession::builder(self.client())
    }

    pub(crate) fn start(&self, builder: LiveBuilder<Frontend>) -> LiveSession {
        self.runtime.block_on(builder.start(self.runtime.clone())).expect("the store can be read")
    }

    pub(crate) fn live(&self) -> LiveSession {
        self.start(self.builder())
    }

    pub(crate) fn live_on(&self, store: impl Store + 'static) -> LiveSession {
        self.start(self.builder().store(store))
    }

    /// Runs to the end, and lets time pass where it must.
    pub(crate) fn run<F: IntoFuture>(&self, future: F) -> F::Output {
        self.runtime.block_on(future.into_future())
    }

    /// Logs in where a password is enough.
    pub(crate) fn log_in(&self, live: &LiveSession) {
        let progress = self.run(live.login(password(Example::HARBOR_LIGHTS))).unwrap();
        assert!(matches!(progress, Progress::Active(_)), "{progress:?}");
    }

    /// Begins a login that wants a second factor.
    pub(crate) fn log_in_halfway(&self, live: &LiveSession) {
        let progress = self.run(live.login(password(Example::BLUE_KILN))).unwrap();
        assert!(matches!(progress, Progress::Intermediate(_)), "{progress:?}");
    }

    pub(crate) fn begin_refresh(
        &self,
        live: &LiveSession,
    ) -> Begun<Result<Arc<MemberSession>, LiveError>> {
        let live = live.clone();
        self.begin(async move { live.authenticate().await })
    }

    pub(crate) fn begin_logout(&self, live: &LiveSession) -> Begun<Result<Revoked, LiveError>> {
        let live = live.clone();
        self.begin(async move { live.revoke().await })
    }

    pub(crate) fn begin_login(
        &self,
        live: &LiveSession,
        place: &'static str,
    ) -> Begun<Result<Progress, LiveError>> {
        let live = live.clone();
        self.begin(async move { live.login(password(place)).await })
    }

    pub(crate) fn begin_exchange(
        &self,
        live: &LiveSession,
        place: &'static str,
    ) -> Begun<Result<Progress, LiveError>> {
        let live = live.clone();
        self.begin(async move { live.exchange(&organization(place)).await })
    }

    /// Begins an operation, and lets everything go on until it waits. The operation goes on by itself.
    pub(crate) fn begin<F>(&self, operation: F) -> Begun<F::Output>
    where
        F: IntoFuture<IntoFuture: Send + 'static, Output: Send + 'static>,
    {
        use stytch_session::Runtime as _;
        let ended = Arc::new(Mutex::new(None));
        let future = operation.into_future();
        let task = {
            let ended = Arc::clone(&ended);
            async move {
                let output = future.await;
                *ended.lock().unwrap() = Some(output);
            }
        };
        self.runtime.spawn(Box::pin(task));
        self.runtime.run();
        Begun(ended)
    }
}

/// Two processes on one store.
pub(crate) fn two() -> (World, MemoryStore, LiveSession, LiveSession) {
    two_in(World::new())
}

pub(crate) fn two_in(world: World) -> (World, MemoryStore, LiveSession, LiveSession) {
    let store = MemoryStore::new();
    let (one, other) = (world.live_on(store.clone()), world.live_on(store.clone()));
    (world, store, one, other)
}

/// What an operation has come to.
pub(crate) struct Begun<T>(Arc<Mutex<Option<T>>>);

impl<T> Begun<T> {
    pub(crate) fn ended(&self) -> Option<T> {
        self.0.lock().unwrap().take()
    }
}

pub(crate) fn password(place: &str) -> Password {
    Password::new(&organization(place), Example::EMAIL_ADDRESS, Example::PASSWORD)
}

pub(crate) fn organization(place: &str) -> OrganizationId {
    OrganizationId::new(place).unwrap()
}

/// The reasons of all changes.
pub(crate) fn reasons(live: &LiveSession) -> (Subscription, Arc<Mutex<Vec<Reason>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let subscription = live.on_change({
        let told = Arc::clone(&told);
        move |change: &Change| told.lock().unwrap().push(change.reason())
    });
    (subscription, told)
}

/// A network: requests go through at once, or are cut off, or wait until the test lets them go.
#[derive(Clone)]
pub(crate) struct Net {
    stytch: Emulator,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    mode: Mode,
    count: usize,
    /// Those that wait, with the answers that they will have.
    waiting: Vec<Waiting>,
    dated: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Open,
    Cut,
    /// The server acts; the answer waits.
    Held,
    /// The request waits, before the server acts.
    HeldGoing,
}

struct Waiting {
    number: usize,
    path: String,
    released: bool,
    waker: Option<Waker>,
}

impl Net {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn open(&self) {
        self.state().mode = Mode::Open;
    }

    pub(crate) fn cut(&self) {
        self.state().mode = Mode::Cut;
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.state().mode == Mode::Cut
    }

    pub(crate) fn hold(&self) {
        self.state().mode = Mode::Held;
    }

    pub(crate) fn hold_requests(&self) {
        self.state().mode = Mode::HeldGoing;
    }

    /// Waits until it is released.
    async fn wait(&self, number: usize, path: &str) {
        let path = path.to_owned();
        self.state().waiting.push(Waiting { number, path, released: false, waker: None });
        let leaving = Leaving { net: self, number };
        std::future::poll_fn(|context| {
            let mut state = self.state();
            match state.waiting.iter_mut().find(|it| it.number == number && !it.released) {
                Some(waiting) => {
                    waiting.waker = Some(context.waker().clone());
                    Poll::Pending
                }
                None => Poll::Ready(()),
            }
        })
        .await;
        drop(leaving);
    }

    /// The server says how late it is (`Date`).
    pub(crate) fn date(&self) {
        self.state().dated = true;
    }

    /// How many requests were sent, also in vain.
    pub(crate) fn count(&self) -> usize {
        self.state().count
    }

    /// The paths of those that wait for their answer.
    pub(crate) fn waiting(&self) -> Vec<String> {
        self.state().waiting.iter().map(|waiting| waiting.path.clone()).collect()
    }

    /// Lets the answer go whose path ends so. Nobody is polled yet.
    pub(crate) fn release(&self, path: &str) {
        let mut state = self.state();
        let waiting = state.waiting.iter_mut().find(|it| !it.released && it.path.ends_with(path));
        let waiting = waiting.unwrap_or_else(|| panic!("no request to {path} waits"));
        waiting.released = true;
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
    }
}

#[async_trait]
impl Transport for Net {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let path = request.uri().path().to_owned();
        let (mode, number) = {
            let mut state = self.state();
            state.count += 1;
            (state.mode, state.count)
        };
        if mode == Mode::HeldGoing {
            self.wait(number, &path).await;
        }
        if self.state().mode == Mode::Cut {
            return Err(TransportError::new(TransportErrorKind::Connect, Delivery::NotSent));
        }
        let mut reply = self.stytch.respond(&request)?;
        if self.state().dated {
            let date = httpdate::fmt_http_date(self.stytch.clock().now());
            reply.headers_mut().insert("date", date.parse().unwrap());
        }
        if mode == Mode::Held {
            self.wait(number, &path).await;
        }
        Ok(reply)
    }
}

/// A request whose future is dropped waits no longer.
struct Leaving<'a> {
    net: &'a Net,
    number: usize,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.net.state().waiting.retain(|it| it.number != self.number);
    }
}

/// Polls a future so many times, with everything else in between, and drops it.
pub(crate) fn poll_times<F: Future>(world: &World, future: F, times: usize) -> Option<F::Output> {
    let mut future = Box::pin(future);
    for _ in 0..times {
        let mut context = std::task::Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        world.runtime.run();
    }
    None
}
