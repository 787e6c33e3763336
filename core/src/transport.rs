//! How requests reach the server and replies come back.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

/// A complete request, as the core builds it and a [`Transport`] sends it.
pub type Request = http::Request<Vec<u8>>;

/// A complete reply, as a [`Transport`] returns it and the core decodes it.
pub type Response = http::Response<Vec<u8>>;

/// The largest reply body that the core decodes: 4 MiB. A transport should stop reading there.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The largest reply header section that the core accepts: 64 KiB, names and values together.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

/// The longest name of a host (RFC 1035), and its port.
const LONGEST_PEER: usize = 253 + 6;

/// Sends one request and returns its one reply.
///
/// # Duties
///
/// * Every HTTP status is `Ok`. An error means that no complete reply arrived.
/// * Redirects are replies and are never followed: credentials go to the request's own origin only.
/// * The body is complete and bounded ([`MAX_BODY_BYTES`]); a truncated reply is an error.
/// * Time is bounded: a reply that does not arrive becomes an error, so that the session is kept.
/// * TLS, unless the host is a loopback address.
/// * A request is sent at most once, unless its [`RequestInfo`] allows more.
/// * Nothing of headers and bodies is logged: they carry credentials.
/// * `Host` and `Content-Length` are the transport's to set; the core sets all others.
///
/// # Writing one
///
/// The trait is made by [`async_trait`](https://docs.rs/async-trait), and so is an `impl` of it:
///
/// ```
/// use async_trait::async_trait;
/// use stytch_session::{Delivery, Request, Response, Transport, TransportError, TransportErrorKind};
///
/// struct Offline;
///
/// #[async_trait]
/// impl Transport for Offline {
///     async fn send(&self, _: Request) -> Result<Response, TransportError> {
///         // Nothing was sent, so every step may be tried again later.
///         Err(TransportError::new(TransportErrorKind::Connect, Delivery::NotSent))
///     }
/// }
/// ```
///
/// Without async, implement [`BlockingTransport`] and use `run_blocking` and its kin.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] that says what failed and whether the request can have reached the
    /// server.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

/// [`Transport`] for programs without async. The duties are the same.
pub trait BlockingTransport: Send + Sync {
    /// Sends `request` and waits for the reply.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] that says what failed and whether the request can have reached the
    /// server.
    fn send(&self, request: Request) -> Result<Response, TransportError>;
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        #[async_trait]
        impl<T: Transport + ?Sized> Transport for $pointer {
            async fn send(&self, request: Request) -> Result<Response, TransportError> {
                (**self).send(request).await
            }
        }

        impl<T: BlockingTransport + ?Sized> BlockingTransport for $pointer {
            fn send(&self, request: Request) -> Result<Response, TransportError> {
                (**self).send(request)
            }
        }
    )*};
}

forward!(&T, Box<T>, Arc<T>);

/// What a transport should know of a request beside HTTP; found in the request's extensions.
///
/// A transport that ignores it is still correct.
///
/// ```
/// use stytch_session::{Repeat, RequestInfo};
///
/// let mut request = http::Request::new(Vec::<u8>::new());
/// request.extensions_mut().insert(RequestInfo::new("/v1/b2b/sessions", Repeat::Always));
/// let info = request.extensions().get::<RequestInfo>();
/// assert_eq!(info.map(RequestInfo::route), Some("/v1/b2b/sessions"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestInfo {
    route: &'static str,
    repeat: Repeat,
}

impl RequestInfo {
    /// Describes a request to `route`.
    #[must_use]
    pub const fn new(route: &'static str, repeat: Repeat) -> Self {
        Self { route, repeat }
    }

    /// The route template: the path with `{…}` in place of ids, safe for spans and metrics.
    #[must_use]
    pub const fn route(&self) -> &'static str {
        self.route
    }

    /// Whether a transport may send the request a second time.
    #[must_use]
    pub const fn repeat(&self) -> Repeat {
        self.repeat
    }
}

/// Whether a request may be sent again after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeat {
    /// Sending it twice has the effect of sending it once.
    Always,
    /// Only if the first sending provably never reached the server: it spends a one-time code or
    /// mints a session.
    IfNotSent,
    /// Never.
    Never,
}

/// No complete reply arrived. The session is as it was.
///
/// ```
/// use stytch_session::{Delivery, TransportError, TransportErrorKind, TransportPhase};
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let error = TransportError::new(TransportErrorKind::Connect, Delivery::NotSent)
///     .with_phase(TransportPhase::Connect)
///     .with_peer("api.stytch.com:443")
///     .with_advice("check whether a firewall is in the way")
///     .with_source(refused);
/// assert!(!error.can_have_reached_server());
/// assert_eq!(
///     error.to_string(),
///     "could not connect to the server (api.stytch.com:443; the request was not sent); \
///      check whether a firewall is in the way",
/// );
/// ```
pub struct TransportError {
    kind: TransportErrorKind,
    delivery: Delivery,
    phase: Option<TransportPhase>,
    advice: Option<&'static str>,
    peer: Option<Box<str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong between the core and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: name not resolved, refused, or TLS not agreed.
    Connect,
    /// A time limit passed.
    Timeout,
    /// The connection broke before the reply was complete.
    Interrupted,
    /// The reply exceeds a size limit.
    TooLarge,
    /// What came back is not HTTP.
    Malformed,
    /// The transport refused to send: for instance clear text to a host that is not loopback.
    Refused,
    /// Something else; see the source.
    Other,
}

/// Whether a failed request can have reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// Provably not: no byte of it left.
    NotSent,
    /// Perhaps: the server may have acted on it.
    Unknown,
}

/// How far a request had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportPhase {
    /// The server's name was looked up.
    Resolve,
    /// A connection was opened.
    Connect,
    /// A proxy was asked for a way to the server.
    Proxy,
    /// Both sides agreed on TLS.
    Tls,
    /// The request went out, and the head of the reply was waited for.
    Reply,
    /// The head of the reply was there, and its body was read.
    Body,
}

impl TransportError {
    /// An error of this kind.
    #[must_use]
    pub const fn new(kind: TransportErrorKind, delivery: Delivery) -> Self {
        Self { kind, delivery, phase: None, advice: None, peer: None, source: None }
    }

    /// Adds how far the request had come.
    #[must_use]
    pub const fn with_phase(mut self, phase: TransportPhase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// Adds what a person can do about it, in a clause such as "check the clock".
    #[must_use]
    pub const fn with_advice(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    /// Adds who was talked to: a host and its port, and nothing else of a URL. Control characters
    /// are left out, and what is longer than a host name can be.
    #[must_use]
    pub fn with_peer(mut self, peer: &str) -> Self {
        let peer: String = peer.chars().filter(|c| !c.is_control()).take(LONGEST_PEER).collect();
        self.peer = Some(peer.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the request can have reached the server.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// How far the request had come, if the transport says so.
    #[must_use]
    pub const fn phase(&self) -> Option<TransportPhase> {
        self.phase
    }

    /// Who was talked to: a host and its port, if the transport says so.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.peer.as_deref()
    }

    /// What a person can do about it, in a clause, if the transport knows the cause.
    #[must_use]
    pub const fn advice(&self) -> Option<&'static str> {
        self.advice
    }

    /// Whether the server may have received the request and acted on it.
    #[must_use]
    pub fn can_have_reached_server(&self) -> bool {
        self.delivery != Delivery::NotSent
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "could not connect to the server",
            TransportErrorKind::Timeout => "the server did not answer in time",
            TransportErrorKind::Interrupted => "the connection broke before the reply was complete",
            TransportErrorKind::TooLarge => "the reply exceeds the size limit",
            TransportErrorKind::Malformed => "the reply is not valid HTTP",
            TransportErrorKind::Refused => "the transport refused to send the request",
            TransportErrorKind::Other => "the transport failed",
        })?;
        f.write_str(" (")?;
        if let Some(peer) = &self.peer {
            write!(f, "{peer}; ")?;
        }
        f.write_str(match self.delivery {
            Delivery::NotSent => "the request was not sent)",
            Delivery::Unknown => "the request may have reached the server)",
        })?;
        match self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.kind)
            .field("delivery", &self.delivery)
            .field("phase", &self.phase)
            .field("peer", &self.peer)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
