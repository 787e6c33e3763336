//! A transport that plays a script.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::Method;
use serde_json::Value;
use stytch_session::{
    BlockingTransport, Delivery, Request, Response, Transport, TransportError, TransportErrorKind,
};

use crate::record::RecordedRequest;
use crate::script::expectation::{Expectation, describe, near_miss};

mod expectation;

/// A transport that plays a script: replies in order, or replies to particular requests.
///
/// It has no network. A request is answered by the first unused [`on`](Self::on) that matches it,
/// else by the next of the replies in order. A request that the script does not foresee gets a
/// [`TransportError`], and at the end of the test, when the last clone of the mock is dropped or
/// [`finish`](Self::finish) is called, it panics and shows expected against got; so it does for
/// replies that nobody asked for.
///
/// ```
/// use stytch_session::BlockingTransport;
/// use stytch_session_mock::{MockTransport, replies};
///
/// let mock = MockTransport::new()
///     .reply(replies::login())
///     .on("POST", "/sdk/v1/b2b/sessions/revoke").reply(replies::revoke());
///
/// let request = http::Request::post("https://test.stytch.com/sdk/v1/b2b/sessions/revoke");
/// let reply = mock.send(request.body(Vec::new())?)?;
/// assert_eq!(reply.status(), 200);
/// # let login = http::Request::post("/sdk/v1/b2b/passwords/authenticate").body(Vec::new())?;
/// # mock.send(login)?;
/// assert_eq!(mock.requests()[0].path(), "/sdk/v1/b2b/sessions/revoke");
/// mock.finish();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct MockTransport {
    shared: Arc<Shared>,
}

/// A particular request that a [`MockTransport`] is to answer; see [`MockTransport::on`].
#[derive(Debug)]
#[must_use]
pub struct On {
    mock: MockTransport,
    expectation: Expectation,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    in_order: VecDeque<Outcome>,
    particular: Vec<(Expectation, Outcome)>,
    requests: Vec<RecordedRequest>,
    /// A description of each request that the script did not foresee.
    unforeseen: Vec<String>,
    /// A description of each request that took a reply in order, though it was nearly a particular
    /// one. Told only if something is amiss.
    near_misses: Vec<String>,
}

enum Outcome {
    Reply(Response),
    Fail(TransportError),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(reply) => {
                let what = what(reply);
                write!(f, "a reply with status {}{what}", reply.status().as_u16())
            }
            Self::Fail(error) => write!(f, "the error: {error}"),
        }
    }
}

/// What a reply is about, as far as it gives nothing away: an error's type, or the names of its
/// fields.
fn what(reply: &Response) -> String {
    let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
    if let Some(error_type) = body["error_type"].as_str() {
        return format!(" ({error_type})");
    }
    let payload = if body["data"].is_object() { &body["data"] } else { &body };
    let names = payload.as_object().into_iter().flat_map(|fields| fields.keys());
    let names: Vec<_> = names.map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" (with {})", names.join(", ")) }
}

impl MockTransport {
    /// A mock that expects nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives this reply to the next request that no [`on`](Self::on) is for.
    pub fn reply(self, reply: impl Into<Response>) -> Self {
        self.lock().in_order.push_back(Outcome::Reply(reply.into()));
        self
    }

    /// Gives this error to the next request that no [`on`](Self::on) is for.
    pub fn fail(self, error: TransportError) -> Self {
        self.lock().in_order.push_back(Outcome::Fail(error));
        self
    }

    /// Expects a request with this method and path, at any point of the test.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{MockTransport, replies};
    ///
    /// let mock = MockTransport::new()
    ///     .on("POST", "/sdk/v1/b2b/sessions/exchange")
    ///     .field("/organization_id", "north-pier")
    ///     .reply(replies::exchange());
    ///
    /// let body = r#"{"organization_id":"north-pier","session_duration_minutes":60}"#;
    /// let request = http::Request::post("/sdk/v1/b2b/sessions/exchange").body(body.into())?;
    /// assert_eq!(mock.send(request)?.status(), 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `method` is no HTTP method in capital letters, or `path` does not begin with a slash.
    #[track_caller]
    pub fn on(self, method: &str, path: impl Into<String>) -> On {
        let path = path.into();
        let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase());
        let parsed = Method::from_bytes(method.as_bytes()).ok().filter(|_| is_method);
        let Some(method) = parsed else {
            panic!("{method:?} is no HTTP method; write it in capital letters, such as \"POST\"");
        };
        assert!(path.starts_with('/'), "the path {path:?} does not begin with a slash");
        On { mock: self, expectation: Expectation::new(method, path) }
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().requests.clone()
    }

    /// Checks that the script was played to its end, and ends it: what is asked after this is
    /// unforeseen again.
    ///
    /// # Panics
    ///
    /// If a request came that the script does not foresee, or a reply was not asked for.
    #[track_caller]
    pub fn finish(self) {
        let report = self.lock().report();
        if let Some(report) = report {
            panic!("{report}");
        }
    }

    fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let request = RecordedRequest::new(request);
        let mut state = self.lock();
        state.requests.push(request.clone());
        let found = state.particular.iter().position(|(wanted, _)| wanted.matches(&request));
        let outcome = match found {
            Some(index) => Some(state.particular.remove(index).1),
            None => {
                let number = state.requests.len();
                let near = state.particular.iter().find(|(wanted, _)| wanted.is_near(&request));
                let note = near.map(|(wanted, _)| near_miss(number, &request, wanted));
                let outcome = state.in_order.pop_front();
                if outcome.is_some() {
                    state.near_misses.extend(note);
                }
                outcome
            }
        };
        match outcome {
            Some(Outcome::Reply(reply)) => Ok(reply),
            Some(Outcome::Fail(error)) => Err(error),
            None => {
                let number = state.requests.len();
                let wanted = state.particular.iter().map(|(wanted, _)| wanted);
                let description = describe(number, &request, wanted);
                state.unforeseen.push(description);
                let error = TransportError::new(TransportErrorKind::Other, Delivery::Unknown);
                Err(error.with_source("the mock's script does not foresee this request"))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl On {
    /// Demands that the body is this JSON, no more and no less.
    pub fn json(mut self, body: impl Into<Value>) -> Self {
        self.expectation.json = Some(body.into());
        self
    }

    /// Demands that the body has this value at a JSON pointer, for instance `/organization_id`.
    ///
    /// # Panics
    ///
    /// If the pointer does not begin with a slash.
    #[track_caller]
    pub fn field(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        let pointer = pointer.into();
        assert!(
            pointer.starts_with('/'),
            "{pointer:?} is no JSON pointer; it should begin with a slash: \"/{pointer}\""
        );
        self.expectation.fields.push((pointer, value.into()));
        self
    }

    /// Demands that the request is about the session with this token: on the frontend the password of
    /// its credentials, on the backend the field `session_token`.
    ///
    /// ```
    /// use stytch_session::BlockingTransport;
    /// use stytch_session_mock::{Emulator, MockTransport, replies};
    ///
    /// let mock = MockTransport::new()
    ///     .on("POST", "/sdk/v1/b2b/sessions/revoke")
    ///     .session(replies::SESSION_TOKEN)
    ///     .reply(replies::revoke());
    ///
    /// let credentials = Emulator::example().frontend_authorization(Some(replies::SESSION_TOKEN));
    /// let request = http::Request::post("/sdk/v1/b2b/sessions/revoke")
    ///     .header("authorization", credentials)
    ///     .body(Vec::new())?;
    /// assert_eq!(mock.send(request)?.status(), 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn session(mut self, token: impl Into<String>) -> Self {
        self.expectation.session = Some(token.into());
        self
    }

    /// Demands that the query has this parameter, as it stands in the URL.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.expectation.query.push((name.into(), value.into()));
        self
    }

    /// Gives this reply.
    pub fn reply(self, reply: impl Into<Response>) -> MockTransport {
        self.outcome(Outcome::Reply(reply.into()))
    }

    /// Gives this error.
    pub fn fail(self, error: TransportError) -> MockTransport {
        self.outcome(Outcome::Fail(error))
    }

    fn outcome(self, outcome: Outcome) -> MockTransport {
        self.mock.lock().particular.push((self.expectation, outcome));
        self.mock
    }
}

impl State {
    /// What was not as the script says; it is told once.
    fn report(&mut self) -> Option<String> {
        let mut lines = std::mem::take(&mut self.unforeseen);
        for (wanted, _) in std::mem::take(&mut self.particular) {
            lines.push(format!("never requested: {wanted}"));
        }
        for outcome in std::mem::take(&mut self.in_order) {
            lines.push(format!("never requested: in order, {outcome}"));
        }
        if lines.is_empty() {
            return None;
        }
        lines.append(&mut self.near_misses);
        let requests: Vec<String> = self
            .requests
            .iter()
            .enumerate()
            .map(|(index, request)| format!("  {}. {request:?}", index + 1))
            .collect();
        let requests = if requests.is_empty() { "  none".to_owned() } else { requests.join("\n") };
        Some(format!(
            "the mock transport's script was not played as written\n{}\nall requests:\n{requests}",
            lines.join("\n"),
        ))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(report) = state.report() else { return };
        // A test that fails already has a message of its own, of which this may be the reason.
        if std::thread::panicking() {
            eprintln!("{report}");
        } else {
            panic!("{report}");
        }
    }
}

#[async_trait]
impl Transport for MockTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.answer(&request)
    }
}

impl BlockingTransport for MockTransport {
    fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.answer(&request)
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("MockTransport")
            .field("replies_left", &(state.in_order.len() + state.particular.len()))
            .field("requests", &state.requests)
            .finish()
    }
}
