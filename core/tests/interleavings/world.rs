//! A runtime, a network, a server and two clocks, whose threads are the scheduler's.
//!
//! Their own locks are those of the standard library: nobody else has a turn while one is held.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shuttle::current::{TaskId, me};
use shuttle::future::{JoinHandle, block_on, spawn};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use stytch_session::live::{LiveBuilder, Task};
use stytch_session::{
    Application, Client, Context, LiveSession, MemberSession, OrganizationId, Password, Project,
    PublicToken, Request, Response, Runtime, Session, SessionToken, Transport, TransportError,
};

const PUBLIC_TOKEN: &str = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
/// 2030-06-01T12:00:00Z, when the sessions of the fixtures begin: they last an hour.
const START: Duration = Duration::from_secs(1_906_545_600);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// All that a live session stands on.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) net: Net,
    pub(crate) tasks: Tasks,
}

impl World {
    fn client(&self) -> Client<stytch_session::Frontend, Net> {
        let tasks = self.tasks.clone();
        Client::builder(project(), self.net.clone())
            .clock(move || tasks.wall())
            .seed(|| 7.into())
            .build()
    }

    pub(crate) fn builder(&self) -> LiveBuilder<stytch_session::Frontend> {
        LiveSession::builder(self.client())
    }

    pub(crate) fn start(&self, builder: LiveBuilder<stytch_session::Frontend>) -> LiveSession {
        let tasks = self.tasks.clone();
        tasks.starting(|| block_on(builder.start(tasks.clone())).unwrap())
    }

    /// Somebody is logged in.
    pub(crate) fn live(&self) -> LiveSession {
        self.start(self.builder().session(self.session()))
    }

    /// Many on one timer.
    pub(crate) fn many(&self) -> stytch_session::LiveSessions {
        let builder = stytch_session::LiveSessions::builder(self.client());
        self.tasks.starting(|| builder.start(self.tasks.clone()))
    }

    /// A session that the server has just confirmed. Nobody else has a turn meanwhile.
    pub(crate) fn session(&self) -> Session<stytch_session::Active> {
        let step = Session::new().authenticate(SessionToken::new(self.net.mint()).unwrap());
        let application = Application::new("com.example.test", 1);
        let now = self.tasks.wall();
        let request = project().request(&step, &Context::new(now, 7, &application));
        project().complete(step, &self.net.respond(&request), now).unwrap()
    }

    /// Waits for all that is under way.
    pub(crate) fn settle(&self) {
        self.tasks.join(|list| list.working.pop());
    }

    /// Lets the clocks of both sorts go on, and waits for what that leads to.
    pub(crate) fn pass(&self, time: Duration) {
        self.tasks.pass(time);
        // The tasks that are woken begin work of their own.
        for _ in 0..20 {
            shuttle::thread::yield_now();
        }
        self.settle();
    }

    /// Ends a live session: all its tasks must end.
    pub(crate) fn end(&self, live: LiveSession) {
        drop(live);
        self.ended();
    }

    pub(crate) fn ended(&self) {
        self.settle();
        self.tasks.join(|list| list.waking.pop());
    }
}

pub(crate) fn project() -> Project {
    Project::frontend(PublicToken::new(PUBLIC_TOKEN).unwrap())
}

pub(crate) fn password() -> Password {
    let organization = OrganizationId::new("harbor-lights").unwrap();
    Password::new(&organization, "ada@example.com", "correct horse battery staple")
}

/// How new a session is: the server counts.
pub(crate) fn age(session: &MemberSession) -> String {
    session.last_accessed_at().to_string()
}

/// Polls once: an operation begins.
pub(crate) fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    block_on(poll_fn(|context| Poll::Ready(future.as_mut().poll(context))))
}

/// A runtime with two clocks.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Inner>);

#[derive(Default)]
struct Inner {
    time: Mutex<Time>,
    list: Mutex<List>,
}

#[derive(Default)]
struct Time {
    elapsed: Duration,
    /// How far the wall clock was set forward.
    ahead: Duration,
    sleepers: Vec<Waker>,
}

#[derive(Default)]
struct List {
    /// The thread that starts a live session.
    starting: Option<TaskId>,
    /// Those that wait for an alarm, until the end.
    waking: Vec<JoinHandle<()>>,
    working: Vec<JoinHandle<()>>,
}

impl Tasks {
    pub(crate) fn wall(&self) -> SystemTime {
        let time = lock(&self.0.time);
        SystemTime::UNIX_EPOCH + START + time.elapsed + time.ahead
    }

    pub(crate) fn pass(&self, passed: Duration) {
        let sleepers = {
            let mut time = lock(&self.0.time);
            time.elapsed += passed;
            std::mem::take(&mut time.sleepers)
        };
        sleepers.into_iter().for_each(Waker::wake);
    }

    /// Sets the wall clock forward: no timer hears of it.
    pub(crate) fn set_forward(&self, by: Duration) {
        lock(&self.0.time).ahead += by;
    }

    /// Its first task is the one that waits for the alarm.
    fn starting<T>(&self, start: impl FnOnce() -> T) -> T {
        lock(&self.0.list).starting = Some(me());
        start()
    }

    /// As a runtime that is shut down.
    pub(crate) fn drop_working(&self) {
        let working = std::mem::take(&mut lock(&self.0.list).working);
        for task in working {
            task.abort();
            let _ = block_on(task);
        }
    }

    fn join(&self, next: impl Fn(&mut List) -> Option<JoinHandle<()>>) {
        loop {
            let Some(task) = next(&mut lock(&self.0.list)) else { return };
            block_on(task).unwrap();
        }
    }
}

impl Runtime for Tasks {
    fn spawn(&self, task: Task) {
        let handle = spawn(task);
        let mut list = lock(&self.0.list);
        let starts = list.starting == Some(me());
        if starts {
            list.starting = None;
            list.waking.push(handle);
        } else {
            list.working.push(handle);
        }
    }

    fn sleep(&self, duration: Duration) -> Task {
        let (tasks, until) = (self.clone(), self.now() + duration);
        Box::pin(poll_fn(move |context| {
            let mut time = lock(&tasks.0.time);
            if time.elapsed >= until {
                return Poll::Ready(());
            }
            time.sleepers.push(context.waker().clone());
            Poll::Pending
        }))
    }

    fn now(&self) -> Duration {
        lock(&self.0.time).elapsed
    }
}

/// The server, and the way to it.
#[derive(Clone, Default)]
pub(crate) struct Net(Arc<Server>);

#[derive(Default)]
struct Server {
    sent: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sessions: usize,
    accesses: usize,
    /// The tokens of those that live.
    alive: Vec<String>,
    /// And of those that are being refreshed.
    refreshing: Vec<String>,
    held: bool,
    waiting: Vec<Waker>,
}

impl Net {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }

    fn mint(&self) -> String {
        self.state().mint()
    }

    pub(crate) fn sent(&self) -> usize {
        self.0.sent.load(Ordering::SeqCst)
    }

    /// Answers wait until they are released.
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    pub(crate) fn release(&self) {
        let waiting = {
            let mut state = self.state();
            state.held = false;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether the server honours it.
    pub(crate) fn honours(&self, token: &str) -> bool {
        self.state().alive.iter().any(|alive| alive == token)
    }

    fn respond(&self, request: &Request) -> Response {
        let token = presented(request);
        let mut state = self.state();
        let is_alive = state.alive.contains(&token);
        let path = request.uri().path();
        let body = if path.ends_with("/passwords/authenticate") {
            let token = state.mint();
            state.session(
                include_str!("../fixtures/sdk.passwords.authenticate.success.json"),
                &token,
            )
        } else if !is_alive {
            let body = include_str!("../fixtures/error.session_not_found.json").as_bytes().to_vec();
            return http::Response::builder().status(404).body(body).unwrap();
        } else if path.ends_with("/sessions/revoke") {
            state.alive.retain(|alive| *alive != token);
            include_str!("../fixtures/sdk.sessions.revoke.success.json").as_bytes().to_vec()
        } else {
            assert!(path.ends_with("/sessions/authenticate"), "{path}");
            state
                .session(include_str!("../fixtures/sdk.sessions.authenticate.success.json"), &token)
        };
        Response::new(body)
    }
}

impl State {
    fn mint(&mut self) -> String {
        self.sessions += 1;
        let token = format!("made-up-token-{}", self.sessions);
        self.alive.push(token.clone());
        token
    }

    /// A fixture, of this session and of this instant.
    fn session(&mut self, fixture: &str, token: &str) -> Vec<u8> {
        self.accesses += 1;
        let mut body: Value = serde_json::from_str(fixture).unwrap();
        let data = &mut body["data"];
        data["session_token"] = token.into();
        data["member_session"]["member_session_id"] = format!("session-test-{token}").into();
        data["member_session"]["last_accessed_at"] =
            format!("2030-06-01T12:00:{:02}Z", self.accesses).into();
        body.to_string().into_bytes()
    }
}

/// The token that a request carries.
fn presented(request: &Request) -> String {
    let header = request.headers()["authorization"].to_str().unwrap();
    let pair = STANDARD.decode(header.trim_start_matches("Basic ")).unwrap();
    let pair = String::from_utf8(pair).unwrap();
    pair.split_once(':').unwrap().1.to_owned()
}

/// One request at a time refreshes a session.
struct Refreshing<'a> {
    net: &'a Net,
    token: String,
}

impl<'a> Refreshing<'a> {
    fn begin(net: &'a Net, token: String) -> Self {
        let mut state = net.state();
        assert!(!state.refreshing.contains(&token), "two refreshes at once");
        state.refreshing.push(token.clone());
        Self { net, token }
    }
}

impl Drop for Refreshing<'_> {
    fn drop(&mut self) {
        self.net.state().refreshing.retain(|token| *token != self.token);
    }
}

#[async_trait]
impl Transport for Net {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.sent.fetch_add(1, Ordering::SeqCst);
        let refreshes = request.uri().path().ends_with("/sessions/authenticate");
        let refreshing = refreshes.then(|| Refreshing::begin(self, presented(&request)));
        let reply = self.respond(&request);
        poll_fn(|context| {
            let mut state = self.state();
            if !state.held {
                return Poll::Ready(());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
        // It is on its way for a while.
        pin!(shuttle::future::yield_now()).await;
        drop(refreshing);
        Ok(reply)
    }
}
