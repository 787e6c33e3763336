//! What can go wrong: while building, and while sending.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use stytch_session::{Delivery, TransportError, TransportErrorKind, TransportPhase};

/// A transport could not be built.
///
/// ```
/// use stytch_session_hyper::{BuildError, HyperTransport};
///
/// let error = HyperTransport::builder().user_agent("two\nlines").build().unwrap_err();
/// assert!(matches!(error, BuildError::UserAgent { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// TLS needs a cryptography provider, and none is compiled in: turn on feature `ring` or
    /// `aws-lc-rs`, or bring a `tls_config`.
    #[error(
        "no cryptography provider: turn on feature `ring` or `aws-lc-rs`, or give a TLS configuration"
    )]
    NoProvider,

    /// TLS needs root certificates, and none are compiled in: turn on feature `platform-verifier`
    /// or `webpki-roots`, or bring a `tls_config`.
    #[error(
        "no root certificates: turn on feature `platform-verifier` or `webpki-roots`, or give a TLS configuration"
    )]
    NoRoots,

    /// The root certificates could not be loaded: for instance a container that has none.
    #[error("the root certificates could not be loaded")]
    #[non_exhaustive]
    Roots {
        /// The reason that the verifier gives.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// The cryptography provider does not fit the TLS versions.
    #[error("TLS could not be configured")]
    #[non_exhaustive]
    Tls {
        /// The reason that the TLS library gives.
        source: Box<dyn StdError + Send + Sync>,
    },

    /// No thread could be started for a blocking transport.
    #[error("no thread could be started")]
    #[non_exhaustive]
    Runtime {
        /// The operating system's reason.
        source: io::Error,
    },

    /// The user agent is not a header value.
    #[error("the user agent is not a valid header value")]
    #[non_exhaustive]
    UserAgent {
        /// The reason.
        source: http::header::InvalidHeaderValue,
    },

    /// A proxy is set, in the builder or in the environment, that cannot be used: what is given is no
    /// URL, or not that of an HTTP proxy.
    #[error("the proxy setting in {setting} cannot be used")]
    #[non_exhaustive]
    Proxy {
        /// Where it is set: the name of an environment variable, or `the builder`.
        setting: &'static str,
        /// The reason. It repeats nothing of the URL, which may hold a password.
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// Which limit of this transport was passed. Found as the source of the error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LimitPassed {
    #[error("no connection within {} ms", after.as_millis())]
    Connect { after: Duration },
    #[error("no byte for {} ms", after.as_millis())]
    Stall { after: Duration },
    #[error("not finished within {} ms", after.as_millis())]
    Attempt { after: Duration },
    #[error("the body is longer than {bytes} bytes")]
    Body { bytes: usize },
    #[error("the headers are longer than {bytes} bytes")]
    Headers { bytes: usize },
}

/// The system does not know the server's name. Its reason is the source.
#[derive(Debug, thiserror::Error)]
#[error("the host name could not be resolved")]
pub(crate) struct Unresolved(#[source] pub(crate) io::Error);

/// The stream ended before the body did, without an error.
#[derive(Debug, thiserror::Error)]
#[error("the reply ended in the middle of its body")]
pub(crate) struct CutShort;

/// The reply has a length beside its encoding, or another encoding than `chunked`.
#[derive(Debug, thiserror::Error)]
#[error("it is not clear where the reply's body ends")]
pub(crate) struct Ambiguous;

/// Names a failure to open a connection.
pub(crate) fn no_connection(error: Box<dyn StdError + Send + Sync>) -> TransportError {
    let kind = if took_too_long(&*error) {
        TransportErrorKind::Timeout
    } else {
        TransportErrorKind::Connect
    };
    TransportError::new(kind, Delivery::NotSent).with_source(error)
}

/// The time of the attempt was up before there was a connection.
pub(crate) fn no_connection_in_time(limit: Duration) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, Delivery::NotSent)
        .with_source(LimitPassed::Attempt { after: limit })
}

/// Names a failure before the reply's header section was complete; whether the request came back.
pub(crate) fn no_reply(error: hyper::Error, came_back: bool) -> TransportError {
    // hyper's word for "not one byte of it was written".
    let (kind, delivery) = if came_back || error.is_canceled() || not_taken(&error) {
        (TransportErrorKind::Interrupted, Delivery::NotSent)
    } else {
        (kind(&error), Delivery::Unknown)
    };
    TransportError::new(kind, delivery).with_phase(TransportPhase::Reply).with_source(error)
}

/// The limit for a connection passed, or that of hyper-util or the system for one address of it.
fn took_too_long(error: &(dyn StdError + 'static)) -> bool {
    matches!(find(error), Some(LimitPassed::Connect { .. }))
        || find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// Names a limit that passed before the reply's header section was complete.
pub(crate) fn no_reply_in_time(limit: LimitPassed) -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, Delivery::Unknown)
        .with_phase(TransportPhase::Reply)
        .with_source(limit)
}

/// Names a failure within the reply's body.
pub(crate) fn broken_body(error: hyper::Error) -> TransportError {
    TransportError::new(kind(&error), Delivery::Unknown).with_source(error)
}

fn kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    if let Some(hyper) = find::<hyper::Error>(error) {
        if hyper.is_parse_too_large() {
            return TransportErrorKind::TooLarge;
        }
        if hyper.is_parse() || breaks_http2(error) || breaks_chunks(error) {
            return TransportErrorKind::Malformed;
        }
    }
    TransportErrorKind::Interrupted
}

/// hyper reports a bad chunk size as bad input or data, without a cause; TLS names its cause.
fn breaks_chunks(error: &(dyn StdError + 'static)) -> bool {
    find::<io::Error>(error).is_some_and(|error| {
        matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
            && find::<rustls::Error>(error).is_none()
    })
}

/// The server says that it has not looked at the request (RFC 9113, sections 6.8 and 8.7).
#[cfg(feature = "http2")]
fn not_taken(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_some_and(|error| {
        error.is_remote()
            && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

/// The stream or the connection was ended on this side, because of what the server sent.
#[cfg(feature = "http2")]
fn breaks_http2(error: &(dyn StdError + 'static)) -> bool {
    find::<h2::Error>(error).is_some_and(h2::Error::is_library)
}

#[cfg(not(feature = "http2"))]
fn not_taken(_: &(dyn StdError + 'static)) -> bool {
    false
}

#[cfg(not(feature = "http2"))]
fn breaks_http2(_: &(dyn StdError + 'static)) -> bool {
    false
}

/// The first error of type `E` in a chain of causes.
pub(crate) fn find<'e, E: StdError + 'static>(
    error: &'e (dyn StdError + 'static),
) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // What an `io::Error` wraps is not its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
