//! Options, limits and defaults.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use stytch_session::retry::RetryPolicy;
use stytch_session::{MAX_BODY_BYTES, MAX_HEADER_BYTES};

use crate::error::BuildError;
use crate::observe::{Attempt, Observer};
use crate::proxy::{Proxies, ProxyChoice};
use crate::tls::{self, Provider, Roots};
use crate::transport::HyperTransport;

/// Longer times count as this, so that no sum of times overflows.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

const USER_AGENT: &str = concat!("stytch-session-hyper/", env!("CARGO_PKG_VERSION"));

/// Options of a [`HyperTransport`]; every one has a default.
///
/// Times are kept to the millisecond; longer than 24 hours counts as 24 hours.
///
/// ```
/// use std::time::Duration;
/// use stytch_session_hyper::HyperTransport;
///
/// let transport = HyperTransport::builder()
///     .connect_timeout(Duration::from_secs(2))
///     .total_timeout(Duration::from_secs(8))
///     .user_agent("example-application/1.0")
///     .loopback_only() // for a test; without it, TLS as the features give it
///     .build()?;
/// # Ok::<(), stytch_session_hyper::BuildError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct HyperTransportBuilder {
    pub(crate) limits: Limits,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) max_idle_per_host: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) retry_budget: u32,
    pub(crate) observer: Observer,
    user_agent: String,
    tls: TlsChoice,
    proxy: ProxyChoice,
}

/// The limits that each request is held to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) stall: Duration,
    pub(crate) attempt: Duration,
    pub(crate) total: Duration,
    pub(crate) body: usize,
    pub(crate) headers: usize,
}

#[derive(Clone)]
enum TlsChoice {
    Features { provider: Option<Provider>, roots: Option<Roots> },
    Given(Arc<rustls::ClientConfig>),
    LoopbackOnly,
}

impl HyperTransportBuilder {
    pub(crate) fn new() -> Self {
        Self {
            limits: Limits {
                connect: Duration::from_millis(3100),
                stall: Duration::from_secs(5),
                attempt: Duration::from_secs(10),
                total: Duration::from_secs(30),
                body: MAX_BODY_BYTES,
                headers: MAX_HEADER_BYTES,
            },
            pool_idle_timeout: Duration::from_secs(25),
            max_idle_per_host: 64,
            retry: RetryPolicy::new(),
            retry_budget: 20,
            observer: Observer::default(),
            user_agent: USER_AGENT.to_owned(),
            tls: TlsChoice::Features { provider: None, roots: None },
            proxy: ProxyChoice::Environment,
        }
    }

    /// The time for a new connection: looking up the name, TCP, the way through a proxy, and TLS
    /// together. Default 3.1 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.limits.connect = limit.min(LONGEST);
        self
    }

    /// The longest silence of the server on an open connection: until the reply's header section
    /// is complete, then between two pieces of the body. Default 5 s.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.limits.stall = limit.min(LONGEST);
        self
    }

    /// The time for one sending, from the connection to the end of the reply. Default 10 s.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.limits.attempt = limit.min(LONGEST);
        self
    }

    /// The time for the whole operation, with all sends and the pauses between them. Default 30 s.
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.limits.total = limit.min(LONGEST);
        self
    }

    /// The longest reply body, in bytes. Default and upper bound: [`MAX_BODY_BYTES`], 4 MiB.
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.limits.body = limit.min(MAX_BODY_BYTES);
        self
    }

    /// The largest reply header section, names and values together, in bytes. Default and upper
    /// bound: [`MAX_HEADER_BYTES`], 64 KiB. Over HTTP/1.1 no more than 100 headers are accepted.
    pub fn max_header_bytes(mut self, limit: usize) -> Self {
        self.limits.headers = limit.min(MAX_HEADER_BYTES);
        self
    }

    /// How long a connection may rest unused. Default 25 s: less than servers commonly wait before
    /// they close it.
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.pool_idle_timeout = limit.min(LONGEST);
        self
    }

    /// How many connections to one host may rest unused. Default 64; with 0 each request opens a
    /// connection of its own.
    pub fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle_per_host = connections;
        self
    }

    /// The `User-Agent` of requests that have none. Default `stytch-session-hyper/<version>`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// When a request is sent again. Default [`RetryPolicy::new`]: at most 3 sends;
    /// [`RetryPolicy::none`] turns it off.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How many repetitions there are for all requests of the transport; ten successes give one
    /// back. Default 20.
    pub fn retry_budget(mut self, repetitions: u32) -> Self {
        self.retry_budget = repetitions;
        self
    }

    /// Tells of each sending of a request, for metrics. It is called while the request waits, so
    /// it must not block; a later one replaces an earlier one.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use stytch_session_hyper::HyperTransport;
    ///
    /// let failures = Arc::new(AtomicU64::new(0));
    /// let count = Arc::clone(&failures);
    /// let transport = HyperTransport::builder().loopback_only().on_attempt(move |attempt| {
    ///     if attempt.outcome.is_err() {
    ///         count.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// # transport.build()?;
    /// # Ok::<(), stytch_session_hyper::BuildError>(())
    /// ```
    pub fn on_attempt(mut self, observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// The proxy that all https requests go through, but for those to loopback addresses:
    /// `http://host:port`, or `https://host:port` for TLS with the proxy itself. A user name and a
    /// password before the host are for the proxy, percent-encoded where they are not plain. It
    /// replaces what the environment says, its exceptions too.
    ///
    /// ```
    /// use stytch_session_hyper::{BuildError, HyperTransport};
    ///
    /// let builder = HyperTransport::builder().proxy("http://user:password@proxy.example:3128");
    /// assert!(!format!("{builder:?}").contains("password"));
    ///
    /// let builder = HyperTransport::builder().proxy("socks5://proxy.example:1080").loopback_only();
    /// assert!(matches!(builder.build(), Err(BuildError::Proxy { .. })));
    /// ```
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxyChoice::Given(url.into());
        self
    }

    /// No proxy, whatever the environment says. It replaces an earlier [`proxy`](Self::proxy).
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::Direct;
        self
    }

    /// A TLS configuration of the caller's own: other roots, client certificates, a cryptography
    /// provider that this crate has no feature for. It replaces an earlier [`provider`](Self::provider) or
    /// [`roots`](Self::roots).
    ///
    /// Its ALPN list is narrowed to what this transport speaks; an empty one becomes `h2` (with
    /// feature `http2`) and `http/1.1`. So a list of `http/1.1` alone turns HTTP/2 off.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use stytch_session_hyper::{HyperTransport, rustls};
    ///
    /// fn transport(config: rustls::ClientConfig) -> Result<HyperTransport, stytch_session_hyper::BuildError> {
    ///     HyperTransport::builder().tls_config(Arc::new(config)).build()
    /// }
    /// ```
    pub fn tls_config(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = TlsChoice::Given(config);
        self
    }

    /// Whose cryptography TLS uses, where several features are on. It replaces an earlier
    /// [`tls_config`](Self::tls_config) or [`loopback_only`](Self::loopback_only).
    pub fn provider(mut self, provider: Provider) -> Self {
        let roots = if let TlsChoice::Features { roots, .. } = self.tls { roots } else { None };
        self.tls = TlsChoice::Features { provider: Some(provider), roots };
        self
    }

    /// Whose root certificates count, where several features are on. It replaces an earlier
    /// [`tls_config`](Self::tls_config) or [`loopback_only`](Self::loopback_only).
    pub fn roots(mut self, roots: Roots) -> Self {
        let provider =
            if let TlsChoice::Features { provider, .. } = self.tls { provider } else { None };
        self.tls = TlsChoice::Features { provider, roots: Some(roots) };
        self
    }

    /// No TLS: `http` to loopback addresses works, `https` is refused. For tests and emulators; it
    /// needs neither a cryptography provider nor root certificates.
    ///
    /// ```
    /// use stytch_session_hyper::HyperTransport;
    ///
    /// let transport = HyperTransport::builder().loopback_only().build()?;
    /// # Ok::<(), stytch_session_hyper::BuildError>(())
    /// ```
    pub fn loopback_only(mut self) -> Self {
        self.tls = TlsChoice::LoopbackOnly;
        self
    }

    /// Builds the transport. Opens no connection and needs no async runtime; [`Roots`] may be read
    /// from files, and [proxies](crate#proxies) from the environment.
    ///
    /// # Errors
    ///
    /// A [`BuildError`]: no cryptography provider, no root certificates, a user agent that is not a
    /// header value, or a proxy that cannot be used.
    pub fn build(self) -> Result<HyperTransport, BuildError> {
        let user_agent = HeaderValue::from_str(&self.user_agent)
            .map_err(|source| BuildError::UserAgent { source })?;
        let tls = match &self.tls {
            TlsChoice::Features { provider, roots } => Some(tls::configure(*provider, *roots)?),
            TlsChoice::Given(config) => Some(tls::speaking(Arc::clone(config))),
            TlsChoice::LoopbackOnly => None,
        };
        let proxies = match &self.proxy {
            ProxyChoice::Given(url) => Proxies::given(url, &user_agent)?,
            ProxyChoice::Environment if tls.is_some() => {
                Proxies::from_environment(std::env::var_os, &user_agent)?
            }
            // Without TLS no request leaves this machine.
            ProxyChoice::Environment | ProxyChoice::Direct => Proxies::none(),
        };
        Ok(HyperTransport::assemble(&self, user_agent, tls, proxies))
    }
}

impl Default for HyperTransportBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = match &self.tls {
            TlsChoice::Features { .. } => "from features",
            TlsChoice::Given(_) => "given",
            TlsChoice::LoopbackOnly => "loopback only",
        };
        let proxy = match &self.proxy {
            ProxyChoice::Environment => "from the environment",
            ProxyChoice::Given(_) => "given",
            ProxyChoice::Direct => "none",
        };
        f.debug_struct("HyperTransportBuilder")
            .field("limits", &self.limits)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("max_idle_per_host", &self.max_idle_per_host)
            .field("retry", &self.retry)
            .field("retry_budget", &self.retry_budget)
            .field("observer", &self.observer)
            .field("user_agent", &self.user_agent)
            .field("tls", &tls)
            .field("proxy", &proxy)
            .finish()
    }
}
