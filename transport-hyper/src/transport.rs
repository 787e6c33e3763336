//! The transport.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use stytch_session::{Request, Response, Transport, TransportError};

use crate::builder::{HyperTransportBuilder, Limits};
use crate::call::Call;
use crate::connect::Connector;
use crate::error::BuildError;
use crate::observe::Observer;
use crate::pool::{Origin, Pool};
use crate::proxy::Proxies;
use crate::retry::Retries;
use crate::{advice, guard};

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
/// request's [`RequestInfo`](stytch_session::RequestInfo) whether it is safe to repeat always, only
/// if it was not sent, or never; without one it is repeated only if it was not sent. At most 3
/// sends, within the total timeout, and within a budget of 20 repetitions for all requests of the
/// transport, of which ten successes give back one.
///
/// # Connections
///
/// They belong to the tokio runtime that opened them, and each runtime uses its own: a transport
/// may outlive a runtime, and be shared by several.
/// Over HTTP/2 all requests share one connection, also those that begin at the same time.
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
    pub(crate) pool: Arc<Pool>,
    pub(crate) limits: Limits,
    tls: guard::Tls,
    proxies: Arc<Proxies>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) retries: Arc<Retries>,
    pub(crate) observer: Observer,
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

    /// What is sent, and where, if it may go there.
    fn call(&self, request: Request) -> Result<Call<'_>, TransportError> {
        match self.origin(&request) {
            Ok(origin) => Ok(Call::new(self, origin, request)),
            Err(error) => Err(advice::explain(error, peer(request.uri()).as_deref())),
        }
    }

    fn origin(&self, request: &Request) -> Result<Arc<Origin>, TransportError> {
        guard::check_method(request)?;
        if let Some(known) = self.pool.known(request.uri()) {
            return Ok(known);
        }
        guard::check_url(request.uri(), self.tls)?;
        self.pool.add(request.uri()).ok_or_else(guard::no_host)
    }
}

/// Written without the attribute of `async_trait`, for a smaller future: that costs a twentieth of
/// a call.
impl Transport for HyperTransport {
    fn send<'t, 'f>(&'t self, request: Request) -> Sending<'f>
    where
        't: 'f,
        Self: 'f,
    {
        match self.call(request) {
            Ok(mut call) => Box::pin(async move { call.run().await }),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

type Sending<'f> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'f>>;

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
