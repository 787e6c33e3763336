//! Sending.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Version};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use stytch_session::{Request, Response, Transport, TransportError, TransportErrorKind};
use tokio::time::{Instant, sleep, timeout};

use crate::builder::{HyperTransportBuilder, Limits};
use crate::connect::Connector;
use crate::error::{self, BuildError, LimitPassed, Progress};
use crate::proxy::Proxies;
use crate::{body, guard, retry};

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
/// | an open connection closed, or HTTP/2 was refused, before the request was taken, twice | `Interrupted` | no |
/// | reset, end of file or HTTP/2 reset before the end of the reply | `Interrupted` | perhaps |
/// | silence, or a reply that takes too long | `Timeout` | perhaps |
/// | body or headers over the limit | `TooLarge` | perhaps |
/// | not HTTP | `Malformed` | perhaps |
///
/// The source of the error is kept, down to the operating system's or the TLS library's reason.
///
/// # Sending twice
///
/// A request that an open connection provably did not take is sent once more over another one,
/// unless its [`RequestInfo`](stytch_session::RequestInfo) says [`Never`](stytch_session::Repeat::Never).
/// Nothing else is repeated.
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
            client: client.build(Connector::new(tls, Arc::clone(&proxies), limits.connect)),
            limits,
            proxies,
            user_agent,
        }
    }

    /// One sending and its reply, within `limit`.
    async fn attempt(
        &self,
        mut request: http::Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response, TransportError> {
        let connection = capture_connection(&mut request);
        let outcome = match timeout(limit, self.exchange(request, connection.clone())).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timed_out(&connection, LimitPassed::Attempt { after: limit })),
        };
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
        mut connection: CaptureConnection,
    ) -> Result<Response, TransportError> {
        let stall = self.limits.stall;
        let captured = connection.clone();
        let silence = async {
            connection.wait_for_connection_metadata().await;
            sleep(stall).await;
        };
        let reply = match before(silence, self.client.request(request)).await {
            Some(reply) => reply.map_err(|error| error::no_reply(error, progress(&captured)))?,
            None => return Err(timed_out(&captured, LimitPassed::Stall { after: stall })),
        };
        let (mut head, body) = reply.into_parts();
        body::check_headers(&head.headers, self.limits.headers)?;
        // What hyper left there is nobody's business.
        head.extensions.clear();
        let body = body::read(body, head.version, self.limits.body, stall).await?;
        Ok(Response::from_parts(head, body))
    }
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        guard::check(&request, self.tls)?;
        let repeat = retry::repeat(&request);
        let started = Instant::now();
        let request = self.prepare(request);
        retry::run(repeat, || {
            let left = self.limits.total.saturating_sub(started.elapsed());
            self.attempt(request.clone(), self.limits.attempt.min(left))
        })
        .await
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

fn timed_out(connection: &CaptureConnection, limit: LimitPassed) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, progress(connection).delivery())
        .with_source(limit)
}

/// The output of `work`, or `None` if `end` comes first.
async fn before<T>(end: impl Future<Output = ()>, work: impl Future<Output = T>) -> Option<T> {
    let mut end = pin!(end);
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => end.as_mut().poll(context).map(|()| None),
    })
    .await
}
