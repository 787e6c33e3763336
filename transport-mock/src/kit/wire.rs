//! The world as the client under test sees it: a server, a clock, a network that fails.

mod background;
mod sleep;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use stytch_session::{
    Backend, BlockingTransport, Clock, Delivery, Frontend, Project, ProjectId, ProjectSecret,
    PublicToken, Request, Response, Timestamp, Transport, TransportError, TransportErrorKind,
};

use self::background::{Open, Whose};
pub(super) use self::background::{Spawned, Work};
use self::sleep::{Sleep, Sleepers};
use super::client::OperationKind;
use super::journey::Unasked;
use super::mishap::{Met, Mishap};
use super::model::{Answer, Now};
use super::promise::Promise;
use crate::Emulator;
use crate::record::session_token;

/// Where the server is.
const BASE_URL: &str = "https://stytch.example";

/// The API surface that a client uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum Surface {
    /// Paths begin with `/sdk/v1`; the credential is the public token, and the session's token its
    /// password.
    Frontend,
    /// Paths begin with `/v1`; the credential is the project's secret, and the session's token a
    /// field.
    Backend,
}

impl Surface {
    /// What paths begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Frontend => "/sdk/v1/",
            Self::Backend => "/v1/",
        }
    }
}

/// What a client under test is given: the way to the server, and the time.
///
/// It is a cheap handle, a [`Transport`] and a [`BlockingTransport`], a [`Clock`], and the
/// [`Runtime`](stytch_session::live::Runtime) of a live session. A client that uses no code of `stytch-session` calls [`send`](Self::send) or
/// [`send_async`](Self::send_async) with ordinary HTTP requests.
#[derive(Clone)]
pub struct Wire {
    shared: Arc<Mutex<State>>,
    emulator: Emulator,
    surface: Surface,
    mode: Mode,
    /// Which of the clients has it.
    pub(super) process: usize,
}

/// How requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// At once.
    AtOnce,
    /// When the runner says so.
    Later,
}

struct State {
    wall: SystemTime,
    elapsed: Duration,
    work: Work,
    /// The operations that have not ended.
    open: Vec<Open>,
    spawned: Vec<Spawned>,
    /// What happens to the next request of each operation that is under way.
    mishaps: VecDeque<(usize, Mishap)>,
    /// What becomes of requests that were not asked for, the next one first.
    unasked: VecDeque<Unasked>,
    requests: Vec<Sent>,
    sleepers: Sleepers,
    broken: Option<(Promise, String)>,
}

/// A request and what has become of it.
pub(super) struct Sent {
    /// Whose it is; none if the client sent it unasked.
    pub(super) operation: Option<usize>,
    /// Which of the clients has sent it.
    pub(super) process: usize,
    /// Whether it goes to the operation's own endpoint.
    pub(super) own: bool,
    /// What it asks for.
    pub(super) kind: Option<OperationKind>,
    pub(super) method: http::Method,
    pub(super) path: String,
    /// The session token that it carried.
    pub(super) session_token: Option<String>,
    /// Whether it went on from an unfinished login.
    pub(super) continues: bool,
    pub(super) mishap: Option<Mishap>,
    /// How many steps it takes to the server, and its answer back, if it was not asked for.
    pub(super) delays: (u8, u8),
    request: Option<Request>,
    result: Option<Result<Response, TransportError>>,
    /// What the model makes of the answer, once the server has acted.
    pub(super) answer: Option<Answer>,
    /// The tokens in the answer.
    tokens: Vec<String>,
    /// The status, for people.
    pub(super) status: Option<u16>,
    pub(super) stage: Stage,
    waker: Option<Waker>,
}

/// What a client has been told.
pub(super) struct Told {
    pub(super) operation: Option<usize>,
    pub(super) process: usize,
    pub(super) own: bool,
    pub(super) kind: Option<OperationKind>,
    pub(super) path: String,
    pub(super) session_token: Option<String>,
    pub(super) continues: bool,
    pub(super) mishap: Option<Mishap>,
    pub(super) answer: Answer,
    pub(super) tokens: Vec<String>,
    pub(super) status: Option<u16>,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// On its way to the server.
    Going,
    /// The server has acted; the answer is on its way.
    Coming,
    /// The client may have the answer.
    Delivered,
    /// The client no longer waits for it.
    Dropped,
}

impl Wire {
    pub(super) fn new(
        emulator: Emulator,
        surface: Surface,
        mode: Mode,
        unasked: &[Unasked],
    ) -> Self {
        let state = State {
            wall: emulator.clock().now(),
            elapsed: Duration::ZERO,
            work: Work::Nothing,
            open: Vec::new(),
            spawned: Vec::new(),
            mishaps: VecDeque::new(),
            unasked: unasked.iter().cloned().collect(),
            requests: Vec::new(),
            sleepers: Sleepers::default(),
            broken: None,
        };
        Self { shared: Arc::new(Mutex::new(state)), emulator, surface, mode, process: 0 }
    }

    /// The same, for another client.
    pub(super) fn of_process(&self, process: usize) -> Self {
        Self { process, ..self.clone() }
    }

    /// The time by the client's clock, which may be set, and wrong.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.lock().wall
    }

    /// How much time has really passed since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.lock().elapsed
    }

    /// The surface that the client is asked to use.
    #[must_use]
    pub const fn surface(&self) -> Surface {
        self.surface
    }

    /// Where the server is: scheme and host, without a path. Requests to anywhere else break the
    /// promise that credentials go to one origin only.
    #[must_use]
    pub const fn base_url(&self) -> &'static str {
        BASE_URL
    }

    /// The public token, the user name of the frontend's credentials.
    #[must_use]
    pub fn public_token(&self) -> &str {
        self.emulator.public_token()
    }

    /// The project's id, the user name of the backend's credentials.
    #[must_use]
    pub fn project_id(&self) -> &str {
        self.emulator.project_id()
    }

    /// The project's secret, the password of the backend's credentials.
    #[must_use]
    pub fn project_secret(&self) -> &str {
        self.emulator.project_secret()
    }

    /// Reads a time of a reply, for a client without a parser of its own: `expires_at` for instance.
    #[must_use]
    pub fn read_time(text: &str) -> Option<SystemTime> {
        Timestamp::parse(text).ok().map(SystemTime::from)
    }

    /// The project as [`stytch_session`] knows it, on the frontend.
    #[must_use]
    pub fn frontend(&self) -> Project<Frontend> {
        let token = PublicToken::new(self.public_token());
        located(Project::frontend(token.expect("the emulator's token is well-formed")))
    }

    /// The project as [`stytch_session`] knows it, on the backend.
    #[must_use]
    pub fn backend(&self) -> Project<Backend> {
        let id = ProjectId::new(self.project_id()).expect("the emulator's id is well-formed");
        let secret = ProjectSecret::new(self.project_secret());
        located(Project::backend(id, secret.expect("the emulator's secret is well-formed")))
    }

    /// Sends a request and waits for its answer. For a [`Client`](super::Client); with an
    /// [`AsyncClient`](super::AsyncClient), whose answers come later, use
    /// [`send_async`](Self::send_async).
    ///
    /// # Errors
    ///
    /// The failures of a network.
    pub fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.mode == Mode::Later {
            let what = "an AsyncClient must not block: its requests go by send_async".to_owned();
            self.break_promise(Promise::Works, what);
            let error = TransportError::new(TransportErrorKind::Refused, Delivery::NotSent);
            return Err(error);
        }
        let index = self.register(request)?;
        self.serve(index);
        self.deliver(index);
        self.take(index).unwrap_or_else(|| Err(unanswered()))
    }

    /// Sends a request; the answer comes when the run says so, perhaps after others.
    ///
    /// # Errors
    ///
    /// The failures of a network.
    pub async fn send_async(&self, request: Request) -> Result<Response, TransportError> {
        if self.mode == Mode::AtOnce {
            return self.send(request);
        }
        let index = self.register(request)?;
        Answering { wire: self, index }.await
    }

    /// Waits until so much time has really passed. Only for an [`AsyncClient`](super::AsyncClient).
    pub async fn sleep(&self, duration: Duration) {
        let until = self.elapsed().saturating_add(duration);
        Sleep::new(self.clone(), until).await;
    }

    /// Takes a request on.
    fn register(&self, request: Request) -> Result<usize, TransportError> {
        let mut state = self.lock();
        let uri = request.uri();
        let here = uri.scheme_str() == Some("https")
            && uri.host() == Some("stytch.example")
            && matches!(uri.port_u16(), None | Some(443));
        if !here {
            state.break_promise(Promise::Origin, format!("a request to {}", request.uri()));
            return Err(TransportError::new(TransportErrorKind::Connect, Delivery::NotSent));
        }
        let path = request.uri().path().to_owned();
        let endpoint = path.strip_prefix(self.surface.prefix());
        let session_token = session_token(&path, request.headers(), request.body());
        let Whose { operation, own } =
            state.whose(self.process, endpoint, session_token.as_deref());
        let kind = own.or_else(|| endpoint.and_then(OperationKind::answered_by));
        let at = state.mishaps.iter().position(|(of, _)| own.is_some() && operation == Some(*of));
        let planned = at.and_then(|at| state.mishaps.remove(at)).map(|(_, mishap)| mishap);
        let unasked = operation.map_or_else(|| state.next_unasked(), |_| Unasked::default());
        let mishap = planned.or(unasked.mishap);
        let continues = std::str::from_utf8(request.body())
            .is_ok_and(|body| body.contains("\"intermediate_session_token\""));
        state.requests.push(Sent {
            operation,
            process: self.process,
            own: own.is_some(),
            kind,
            method: request.method().clone(),
            path,
            session_token,
            continues,
            mishap,
            delays: (unasked.going, unasked.coming),
            request: Some(request),
            result: None,
            answer: None,
            tokens: Vec::new(),
            status: None,
            stage: Stage::Going,
            waker: None,
        });
        Ok(state.requests.len() - 1)
    }

    /// Lets the server act on a request.
    pub(super) fn serve(&self, index: usize) {
        let (request, mishap) = {
            let mut state = self.lock();
            let sent = &mut state.requests[index];
            let Some(request) = sent.request.take() else { return };
            (request, sent.mishap.clone())
        };
        let act = |request: &Request| self.emulator.handle(request);
        let met = match mishap {
            Some(mishap) => mishap.befall(&request, self.surface, act),
            None => Met::with(act(&request), self.surface),
        };
        let mut state = self.lock();
        let sent = &mut state.requests[index];
        sent.status = met.result.as_ref().ok().map(|response| response.status().as_u16());
        sent.answer = Some(met.answer);
        sent.tokens = met.tokens;
        sent.result = Some(met.result);
        if sent.stage == Stage::Going {
            sent.stage = Stage::Coming;
        }
    }

    /// Lets the client have an answer.
    pub(super) fn deliver(&self, index: usize) {
        let waker = {
            let mut state = self.lock();
            let sent = &mut state.requests[index];
            if sent.stage == Stage::Coming {
                sent.stage = Stage::Delivered;
            }
            sent.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn take(&self, index: usize) -> Option<Result<Response, TransportError>> {
        let mut state = self.lock();
        let sent = &mut state.requests[index];
        if sent.stage != Stage::Delivered {
            return None;
        }
        Some(sent.result.take().unwrap_or_else(|| Err(unanswered())))
    }

    /// What is going to happen to the next request of an operation to its own endpoint.
    pub(super) fn plan(&self, operation: usize, mishap: Mishap) {
        self.lock().mishaps.push_back((operation, mishap));
    }

    /// Lets time pass, for the server too.
    pub(super) fn pass(&self, duration: Duration) {
        self.emulator.clock().advance(duration);
        let due = {
            let mut state = self.lock();
            state.elapsed += duration;
            state.wall = state.wall.checked_add(duration).unwrap_or(state.wall);
            let elapsed = state.elapsed;
            state.sleepers.due(elapsed)
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// When the next of those who wait for the time is woken.
    pub(super) fn next_wake(&self) -> Option<Duration> {
        self.lock().sleepers.next()
    }

    /// Sets the client's clock.
    pub(super) fn set_clock(&self, wall: SystemTime) {
        self.lock().wall = wall;
    }

    pub(super) fn time(&self) -> Now {
        let state = self.lock();
        Now { wall: state.wall, elapsed: state.elapsed }
    }

    pub(super) const fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// What a request has come to; to be asked once.
    pub(super) fn told(&self, index: usize) -> Told {
        let sent = &mut self.lock().requests[index];
        Told {
            operation: sent.operation,
            process: sent.process,
            own: sent.own,
            kind: sent.kind,
            path: std::mem::take(&mut sent.path),
            session_token: sent.session_token.take(),
            continues: sent.continues,
            mishap: sent.mishap.take(),
            answer: sent.answer.take().unwrap_or(Answer::Unclear),
            tokens: std::mem::take(&mut sent.tokens),
            status: sent.status,
        }
    }

    /// Looks at all requests so far.
    pub(super) fn requests<T>(&self, look: impl FnOnce(&[Sent]) -> T) -> T {
        look(&self.lock().requests)
    }

    /// What the client did that it must not.
    pub(super) fn broken(&self) -> Option<(Promise, String)> {
        self.lock().broken.take()
    }

    /// The client has done what it must not.
    pub(super) fn break_promise(&self, promise: Promise, what: String) {
        self.lock().break_promise(promise, what);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What becomes of a request that was not asked for.
    fn next_unasked(&mut self) -> Unasked {
        let next = self.unasked.pop_front();
        self.unasked.extend(next.clone());
        next.unwrap_or_default()
    }

    fn break_promise(&mut self, promise: Promise, what: String) {
        self.broken.get_or_insert((promise, what));
    }
}

/// The wait for an answer.
struct Answering<'a> {
    wire: &'a Wire,
    index: usize,
}

impl Future for Answering<'_> {
    type Output = Result<Response, TransportError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(result) = self.wire.take(self.index) {
            return Poll::Ready(result);
        }
        self.wire.lock().requests[self.index].waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let mut state = self.wire.lock();
        let sent = &mut state.requests[self.index];
        if sent.stage != Stage::Delivered {
            sent.stage = Stage::Dropped;
        }
    }
}

fn unanswered() -> TransportError {
    TransportError::new(TransportErrorKind::Interrupted, Delivery::Unknown)
}

fn located<P: stytch_session::Surface>(project: Project<P>) -> Project<P> {
    project.with_base_url(BASE_URL).expect("the URL is well-formed")
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.send_async(request).await
    }
}

impl BlockingTransport for Wire {
    fn send(&self, request: Request) -> Result<Response, TransportError> {
        Self::send(self, request)
    }
}

impl Clock for Wire {
    fn now(&self) -> SystemTime {
        Self::now(self)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("surface", &self.surface).finish_non_exhaustive()
    }
}
