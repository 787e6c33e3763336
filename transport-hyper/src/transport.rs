//! Sending.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Uri, Version};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use stytch_session::{
    Repeat, Request, RequestInfo, Response, Transport, TransportError, TransportPhase,
};
use tokio::time::{Instant, sleep, sleep_until};

use crate::builder::{HyperTransportBuilder, Limits};
use crate::connect::Connector;
use crate::error::{self, BuildError, Progress};
use crate::observe::{Attempt, Observer, Span};
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
    client: Client<Connector, Full<Bytes>>,
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
        let mut client = Client::builder(TokioExecutor::new());
        client
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.pool_idle_timeout)
            .pool_max_idle_per_host(options.max_idle_per_host)
            .retry_canceled_requests(false)
            .http1_max_buf_size(header_buffer);
        #[cfg(feature = "http2")]
        client.http2_max_header_list_size(u32::try_from(header_buffer).unwrap_or(u32::MAX));
        Self {
            tls: if tls.is_some() { guard::Tls::Available } else { guard::Tls::LoopbackOnly },
            client: client.build(Connector::new(
                tls,
                Arc::clone(&proxies),
                limits.connect,
                limits.stall,
            )),
            limits,
            proxies,
            user_agent,
            retries: Arc::new(Retries::new(options.retry, options.retry_budget)),
            observer: options.observer.clone(),
        }
    }

    /// One sending and its reply, within `limit`.
    async fn attempt(
        &self,
        mut request: http::Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response, TransportError> {
        let connection = capture_connection(&mut request);
        let (begin, stall) = (Instant::now(), self.limits.stall);
        let timer = pin!(sleep_until(begin + limit.min(stall)));
        let mut watchdog = Watchdog::new(begin, timer, limit, stall);
        let outcome = self.exchange(request, &connection, &mut watchdog).await;
        if outcome.is_err() {
            // Others may share it (HTTP/2), and it may be dead: no new request goes there.
            if let Some(connection) = connection.connection_metadata().as_ref() {
                connection.poison();
            }
        }
        outcome
    }

    async fn exchange(
        &self,
        request: http::Request<Full<Bytes>>,
        connection: &CaptureConnection,
        watchdog: &mut Watchdog<'_>,
    ) -> Result<Response, TransportError> {
        let mut asking = pin!(self.client.request(request));
        let reply = poll_fn(|context| {
            if let Poll::Ready(reply) = asking.as_mut().poll(context) {
                return Poll::Ready(Ok(reply));
            }
            if !watchdog.has_heard() && progress(connection) == Progress::Connected {
                watchdog.hear();
            }
            watchdog.poll(context).map(Err)
        });
        let reply = match reply.await {
            Ok(reply) => reply.map_err(|error| error::no_reply(error, progress(connection)))?,
            Err(limit) => return Err(error::no_reply_in_time(limit, progress(connection))),
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
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let started = Instant::now();
        let info = request.extensions().get::<RequestInfo>().copied();
        let repeat = info.map_or(Repeat::IfNotSent, |info| info.repeat());
        let route = info.map_or("", |info| info.route());
        let peer = peer(request.uri());
        if let Err(error) = guard::check(&request, self.tls) {
            return Err(advice::explain(error, peer.as_deref()));
        }
        let request = self.prepare(request);
        let mut number = 1;
        loop {
            let begun = Instant::now();
            let left = self.limits.total.saturating_sub(begun - started);
            let span = Span::new(request.method(), route, number);
            let attempt = self.attempt(request.clone(), self.limits.attempt.min(left));
            let outcome = span.around(attempt).await;
            let outcome = outcome.map_err(|error| advice::explain(error, peer.as_deref()));
            let left = self.limits.total.saturating_sub(started.elapsed());
            let pause = self.retries.pause(number, repeat, &outcome, left);
            if span.is_on() || self.observer.is_there() {
                let duration = begun.elapsed();
                span.end(&outcome, duration);
                self.observer.tell(&Attempt {
                    method: request.method(),
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
        }
    }
}

impl HyperTransport {
    fn prepare(&self, request: Request) -> http::Request<Full<Bytes>> {
        let mut request = request.map(|body| Full::new(Bytes::from(body)));
        // The connection decides; a request that insisted on a version could not be sent.
        *request.version_mut() = Version::HTTP_11;
        request.headers_mut().entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
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

/// Whether a connection has been found for the request; from then on it may have been sent.
fn progress(connection: &CaptureConnection) -> Progress {
    match *connection.connection_metadata() {
        Some(_) => Progress::Connected,
        None => Progress::Connecting,
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
