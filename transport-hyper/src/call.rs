//! One operation: a request, as often as it is sent, and its reply.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Method, Version};
use http_body_util::Full;
use stytch_session::{
    Delivery, Repeat, Request, RequestInfo, Response, TransportError, TransportErrorKind,
    TransportPhase,
};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout_at};

use crate::connection::{Connection, HttpRequest, Shared};
use crate::observe::{Attempt, Span};
use crate::pool::Origin;
use crate::transport::HyperTransport;
use crate::watchdog::Watchdog;
use crate::{advice, body, error, guard};

/// A connection that was not used for so long may have been closed.
const RESTED: Duration = Duration::from_millis(10);

pub(crate) struct Call<'t> {
    transport: &'t HyperTransport,
    origin: Arc<Origin>,
    method: Method,
    route: &'static str,
    repeat: Repeat,
    /// The request, as long as it may have to be sent again.
    request: Option<Box<HttpRequest>>,
}

impl<'t> Call<'t> {
    pub(crate) fn new(
        transport: &'t HyperTransport,
        origin: Arc<Origin>,
        request: Request,
    ) -> Self {
        let info = request.extensions().get::<RequestInfo>();
        let (route, repeat) =
            info.map_or(("", Repeat::IfNotSent), |info| (info.route(), info.repeat()));
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        // The connection decides; a request that insisted on a version could not be sent.
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        headers.entry(USER_AGENT).or_insert_with(|| transport.user_agent.clone());
        headers.entry(HOST).or_insert_with(|| origin.host());
        let method = request.method().clone();
        Self { transport, origin, method, route, repeat, request: Some(Box::new(request)) }
    }

    pub(crate) async fn run(&mut self) -> Result<Response, TransportError> {
        let HyperTransport { limits, retries, observer, .. } = self.transport;
        let started = Instant::now();
        let (mut number, mut begin) = (1, started);
        loop {
            let left = limits.total.saturating_sub(begin - started);
            let span = Span::new(&self.method, self.route, number);
            let outcome = {
                let attempt = pin!(self.attempt(begin, limits.attempt.min(left)));
                span.around(attempt).await
            };
            let outcome = outcome.map_err(|error| advice::explain(error, Some(self.origin.peer())));
            let left = || limits.total.saturating_sub(started.elapsed());
            let pause = match (&outcome, &self.request) {
                // It was on its way, and nobody kept it: it must not be sent again.
                (Err(_), None) => None,
                _ => retries.pause(number, self.repeat, &outcome, left),
            };
            if span.is_on() || observer.is_there() {
                let duration = begin.elapsed();
                span.end(&outcome, duration);
                observer.tell(&Attempt {
                    method: &self.method,
                    route: self.route,
                    number,
                    outcome: outcome.as_ref().map(http::Response::status),
                    duration,
                    pause,
                });
            }
            match pause {
                None => return outcome,
                Some(Duration::ZERO) => {}
                Some(pause) => Box::pin(sleep(pause)).await,
            }
            number += 1;
            begin = Instant::now();
            if begin - started >= limits.total {
                return outcome;
            }
        }
    }

    /// One sending and its reply, within `limit`.
    async fn attempt(
        &mut self,
        begin: Instant,
        limit: Duration,
    ) -> Result<Response, TransportError> {
        let runtime = guard::runtime()?;
        let pooled = self.transport.pool.take(&self.origin, runtime, begin);
        if pooled.as_ref().is_some_and(|(_, rest)| *rest >= RESTED) {
            // If the runtime was at rest, too, nobody has seen yet whether the server closed it: one
            // turn for what the system knows, one for the task that drives the connection.
            yield_now().await;
            yield_now().await;
        }
        let pooled = pooled.map(|(connection, _)| connection);
        let mut connection = match pooled {
            Some(connection) if connection.is_ready() => connection,
            // It is large, and rarely needed.
            other => Box::pin(self.connection(other, begin, limit)).await?,
        };
        let doubt = Doubt::about(&self.origin, &connection);
        let outcome = self.over(&mut connection, begin, limit).await;
        if outcome.is_ok() {
            doubt.clear();
            self.transport.pool.put(&self.origin, connection);
        }
        outcome
    }

    /// Sends the request over a connection, and reads the reply.
    async fn over(
        &mut self,
        connection: &mut Connection,
        begin: Instant,
        limit: Duration,
    ) -> Result<Response, TransportError> {
        let limits = &self.transport.limits;
        let sending = self.give(connection).and_then(|request| connection.send(request));
        let Some(sending) = sending else {
            return Err(TransportError::new(TransportErrorKind::Other, Delivery::NotSent));
        };
        if connection.is_closed() {
            // A request that was given to a connection just when it closed may lie between the two,
            // where nobody looks again. It comes back as soon as nobody can send over this one.
            if let Some(shared) = connection.shared() {
                self.origin.forget(&Arc::downgrade(shared));
            }
            connection.let_go();
        }
        let timer = connection.timer.as_mut();
        let mut watchdog = Watchdog::new(begin, timer, limit, limits.stall);
        watchdog.hear();
        let reply = {
            let sending = pin!(sending);
            match watchdog.watch(sending).await {
                Ok(Ok(reply)) => reply,
                Ok(Err(mut error)) => {
                    let request = error.take_message();
                    let came_back = request.is_some();
                    self.take_back(request);
                    return Err(error::no_reply(error.into_error(), came_back));
                }
                Err(limit) => return Err(error::no_reply_in_time(limit)),
            }
        };
        watchdog.hear();
        body::read(reply, limits, &mut watchdog)
            .await
            .map_err(|error| error.with_phase(TransportPhase::Body))
    }

    /// A connection that is ready for a request: this one, another one, or a new one.
    async fn connection(
        &self,
        mut pooled: Option<Connection>,
        begin: Instant,
        limit: Duration,
    ) -> Result<Connection, TransportError> {
        let Self { transport, origin, .. } = self;
        let end = begin + limit;
        while let Some(mut connection) = pooled {
            match timeout_at(end, connection.ready()).await {
                Ok(true) => return Ok(connection),
                Ok(false) => {}
                Err(_) => return Err(error::no_connection_in_time(limit)),
            }
            let next = transport.pool.take(origin, guard::runtime()?, begin);
            pooled = next.map(|(connection, _)| connection);
        }
        match timeout_at(end, transport.pool.open(origin)).await {
            Ok(outcome) => outcome.map_err(error::no_connection),
            Err(_) => Err(error::no_connection_in_time(limit)),
        }
    }

    /// The request for a connection. A copy stays here if it may be sent again, and would not come
    /// back: an HTTP/2 server may refuse it without a look at it.
    fn give(&mut self, connection: &Connection) -> Option<HttpRequest> {
        match self.repeat {
            Repeat::Always => self.request.as_deref().cloned(),
            Repeat::IfNotSent if connection.shared().is_some() => self.request.as_deref().cloned(),
            _ => self.request.take().map(|request| *request),
        }
    }

    /// The request has come back from a connection: it was not sent.
    fn take_back(&mut self, request: Option<HttpRequest>) {
        if let Some(mut request) = request {
            // A connection takes the origin out of the URL.
            if let Some(url) = self.origin.url(request.uri().path_and_query()) {
                *request.uri_mut() = url;
            }
            // HTTP/2 has no `Host`; the next connection may speak HTTP/1.
            request.headers_mut().entry(HOST).or_insert_with(|| self.origin.host());
            self.request = Some(Box::new(request));
        }
    }
}

/// A connection that others may share (HTTP/2), while it has not answered. Unless it does it gets
/// no new request, for it may be dead: also if the caller does not wait for the answer.
struct Doubt {
    origin: Arc<Origin>,
    /// So that it does not keep a connection that all others have let go of.
    shared: Option<Weak<Shared>>,
}

impl Doubt {
    fn about(origin: &Arc<Origin>, connection: &Connection) -> Self {
        Self { origin: Arc::clone(origin), shared: connection.shared().map(Arc::downgrade) }
    }

    fn clear(mut self) {
        self.shared = None;
    }
}

impl Drop for Doubt {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            self.origin.forget(shared);
        }
    }
}
