//! Sending.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderValue, Uri, Version};
use http_body_util::Full;
use stytch_session::{
    Delivery, Repeat, Request, RequestInfo, Response, Transport, TransportError,
    TransportErrorKind, TransportPhase,
};
use tokio::time::{Instant, sleep, timeout_at};

use crate::builder::{HyperTransportBuilder, Limits};
use crate::connect::Connector;
use crate::connection::{Connection, HttpRequest, Line};
use crate::error::{self, BuildError, NotTaken};
use crate::observe::{Attempt, Observer, Span};
use crate::pool::{Origin, Pool};
use crate::proxy::Proxies;
use crate::retry::Retries;
use crate::watchdog::Watchdog;
use crate::{advice, body, guard};

/// hyper wants at least this much for an HTTP/1 header section; beyond the limit it is for the
/// status line, separators and line ends.
const HEADER_OVERHEAD: usize = 8 * 1024;

/// A [`Transport`] over the network. Clones share one pool of connections.
///
/// # Errors of a request
///
/// | what happened | kind | can it have reached the server |
/// | --- | --- | --- |
/// | clear text to a host that is not loopback, no host, no tokio runtime | `Refused` | no |
/// | name not found, connection refused, no way through a proxy, TLS not agreed | `Connect` | no |
/// | no connection in time | `Timeout` | no |
/// | an open connection closed, or HTTP/2 was refused, before the request was taken | `Interrupted` | no |
/// | reset, end of file or HTTP/2 reset before the end of the reply | `Interrupted` | perhaps |
/// | silence, or a reply that takes too long | `Timeout` | perhaps |
/// | body or headers over the limit | `TooLarge` | perhaps |
/// | not HTTP | `Malformed` | perhaps |
///
/// Each names phase and peer, and its text says what to do about the common ones. The source is
/// kept, down to the operating system's or the TLS library's reason.
///
/// # Sending again
///
/// By the [`RetryPolicy`](stytch_session::retry::RetryPolicy) of the core, which knows from the
/// request's [`RequestInfo`] whether it is safe to repeat always, only if it was not sent, or never;
/// without one it is repeated only if it was not sent. At most 3 sends, within the total timeout,
/// and within a budget of 20 repetitions for all requests of the transport, of which ten successes
/// give back one.
///
/// # Dropping the future
///
/// Dropping the future of `send` abandons the request, which may have reached the server, and
/// closes its HTTP/1 connection or resets its HTTP/2 stream. The transport stays usable.
///
/// ```
/// use stytch_session_hyper::HyperTransport;
///
/// let transport = HyperTransport::builder().loopback_only().build()?;
/// let same_pool = transport.clone();
/// # Ok::<(), stytch_session_hyper::BuildError>(())
/// ```
#[derive(Clone)]
pub struct HyperTransport {
    pool: Arc<Pool>,
    limits: Limits,
    tls: guard::Tls,
    proxies: Arc<Proxies>,
    user_agent: HeaderValue,
    retries: Arc<Retries>,
    observer: Observer,
}

impl HyperTransport {
    /// A transport with the defaults of [`HyperTransportBuilder`].
    ///
    /// # Errors
    ///
    /// A [`BuildError`] where no cryptography provider or no root certificates are at hand.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// Options, limits and defaults.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder::new()
    }

    pub(crate) fn assemble(
        options: &HyperTransportBuilder,
        user_agent: HeaderValue,
        tls: Option<Arc<rustls::ClientConfig>>,
        proxies: Proxies,
    ) -> Self {
        let limits = options.limits;
        let proxies = Arc::new(proxies);
        let header_buffer = limits.headers + HEADER_OVERHEAD;
        Self {
            tls: if tls.is_some() { guard::Tls::Available } else { guard::Tls::LoopbackOnly },
            pool: Arc::new(Pool::new(
                Connector::new(tls, Arc::clone(&proxies), limits.connect, limits.stall),
                options.pool_idle_timeout,
                options.max_idle_per_host,
                header_buffer,
            )),
            limits,
            proxies,
            user_agent,
            retries: Arc::new(Retries::new(options.retry, options.retry_budget)),
            observer: options.observer.clone(),
        }
    }

    /// One sending and its reply, within `limit`. A request that comes back was not sent.
    async fn attempt(
        &self,
        origin: &Arc<Origin>,
        slot: &mut Slot,
        begin: Instant,
        limit: Duration,
    ) -> Result<Response, TransportError> {
        let mut connection = self.connection(origin, begin, limit).await?;
        let Some(request) = slot.take(connection.shared().is_some()) else {
            return Err(TransportError::new(TransportErrorKind::Other, Delivery::NotSent));
        };
        let (line, timer) = connection.parts();
        let mut watchdog = Watchdog::new(begin, timer, limit, self.limits.stall);
        let outcome = self.exchange(line, request, slot, &mut watchdog).await;
        match outcome {
            Ok(_) => self.pool.put(origin, connection),
            // It may be dead, and others may share it (HTTP/2).
            Err(_) => Pool::forget(origin, &connection),
        }
        outcome
    }

    async fn exchange(
        &self,
        line: Line<'_>,
        request: HttpRequest,
        slot: &mut Slot,
        watchdog: &mut Watchdog<'_>,
    ) -> Result<Response, TransportError> {
        watchdog.hear();
        let reply = match watchdog.watch(line.send(request)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(NotTaken { request, error })) => {
                let returned = request.is_some();
                slot.put_back(request);
                return Err(error::no_reply(error, returned));
            }
            Err(limit) => return Err(error::no_reply_in_time(limit)),
        };
        watchdog.hear();
        let (mut head, body) = reply.into_parts();
        // What hyper left there is nobody's business.
        head.extensions.clear();
        let body = match body::check_headers(&head.headers, self.limits.headers)
            .and_then(|()| body::check_framing(&head.headers))
        {
            Ok(()) => body::read(body, head.version, self.limits.body, watchdog).await,
            Err(error) => Err(error),
        };
        let body = body.map_err(|error| error.with_phase(TransportPhase::Body))?;
        Ok(Response::from_parts(head, body))
    }

    /// A connection that is ready for a request.
    async fn connection(
        &self,
        origin: &Arc<Origin>,
        begin: Instant,
        limit: Duration,
    ) -> Result<Connection, TransportError> {
        let runtime = guard::runtime()?;
        while let Some(mut connection) = self.pool.take(origin, runtime, begin) {
            if connection.is_ready() {
                return Ok(connection);
            }
            match timeout_at(begin + limit, connection.ready()).await {
                Ok(Ok(())) => return Ok(connection),
                Ok(Err(_)) => {}
                Err(_) => return Err(error::no_connection_in_time(limit)),
            }
        }
        // It is large, and rarely needed.
        let opening = Box::pin(self.pool.open(origin));
        match timeout_at(begin + limit, opening).await {
            Ok(outcome) => outcome.map_err(error::no_connection),
            Err(_) => Err(error::no_connection_in_time(limit)),
        }
    }

    /// The server that the request goes to, if it may go there.
    fn origin(&self, request: &Request) -> Result<Arc<Origin>, TransportError> {
        guard::check_method(request)?;
        if let Some(known) = self.pool.known(request.uri()) {
            return Ok(known);
        }
        guard::check_url(request.uri(), self.tls)?;
        self.pool.add(request.uri()).ok_or_else(guard::no_host)
    }
}

/// The request, as long as it may have to be sent again.
struct Slot {
    request: Option<HttpRequest>,
    keeps: Keeps,
}

/// Whether a copy is kept of a request that is under way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Always,
    /// An HTTP/2 server may refuse it without a look at it, and it does not come back then.
    OverHttp2,
    Never,
}

impl Slot {
    fn take(&mut self, http2: bool) -> Option<HttpRequest> {
        let keeps = match self.keeps {
            Keeps::Always => true,
            Keeps::OverHttp2 => http2,
            Keeps::Never => false,
        };
        if keeps { self.request.clone() } else { self.request.take() }
    }

    fn put_back(&mut self, request: Option<HttpRequest>) {
        if request.is_some() {
            self.request = request;
        }
    }
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let started = Instant::now();
        let origin = match self.origin(&request) {
            Ok(origin) => origin,
            Err(error) => return Err(advice::explain(error, peer(request.uri()).as_deref())),
        };
        let info = request.extensions().get::<RequestInfo>().copied();
        let repeat = info.map_or(Repeat::IfNotSent, |info| info.repeat());
        let route = info.map_or("", |info| info.route());
        let method = request.method().clone();
        let keeps = match repeat {
            Repeat::Always => Keeps::Always,
            Repeat::Never => Keeps::Never,
            _ => Keeps::OverHttp2,
        };
        let mut slot = Slot { request: Some(self.prepare(request, &origin)), keeps };
        let (mut number, mut begin) = (1, started);
        loop {
            let left = self.limits.total.saturating_sub(begin - started);
            let span = Span::new(&method, route, number);
            let attempt = self.attempt(&origin, &mut slot, begin, self.limits.attempt.min(left));
            let outcome = span.around(attempt).await;
            let outcome = outcome.map_err(|error| advice::explain(error, Some(origin.peer())));
            let pause = if slot.request.is_some() || outcome.is_ok() {
                self.retries.pause(number, repeat, &outcome, || {
                    self.limits.total.saturating_sub(started.elapsed())
                })
            } else {
                None
            };
            if span.is_on() || self.observer.is_there() {
                let duration = begin.elapsed();
                span.end(&outcome, duration);
                self.observer.tell(&Attempt {
                    method: &method,
                    route,
                    number,
                    outcome: outcome.as_ref().map(http::Response::status),
                    duration,
                    pause,
                });
            }
            match pause {
                None => return outcome,
                Some(Duration::ZERO) => {}
                Some(pause) => sleep(pause).await,
            }
            number += 1;
            begin = Instant::now();
        }
    }
}

impl HyperTransport {
    fn prepare(&self, request: Request, origin: &Origin) -> HttpRequest {
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        // The connection decides; a request that insisted on a version could not be sent.
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        request.headers_mut().entry(HOST).or_insert_with(|| origin.host());
        request
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport")
            .field("limits", &self.limits)
            .field("tls", &self.tls)
            .field("retries", &self.retries)
            .field("observer", &self.observer)
            .field("proxy", &self.proxies)
            .finish_non_exhaustive()
    }
}

/// Host and port of a URL, and nothing else of it.
pub(crate) fn peer(url: &Uri) -> Option<String> {
    let host = url.host().filter(|host| !host.is_empty())?;
    let port = url.port_u16().or_else(|| match url.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    });
    Some(match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
