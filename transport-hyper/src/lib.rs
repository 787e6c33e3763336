//! HTTP for [`stytch_session`]: [`HyperTransport`], on hyper, hyper-util and rustls.
//!
//! ```
//! use stytch_session::{Repeat, RequestInfo, Transport};
//! use stytch_session_hyper::HyperTransport;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = HyperTransport::new()?;
//!
//! let mut request = http::Request::get("https://api.stytch.com/v1/b2b/sessions/jwks/project-test-0")
//!     .body(Vec::new())?;
//! request.extensions_mut().insert(RequestInfo::new("/v1/b2b/sessions/jwks/{project_id}", Repeat::Always));
//!
//! let response = transport.send(request).await?;
//! println!("{}", response.status());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does, and what it does not
//!
//! * HTTP/1.1, and HTTP/2 where the server offers it. Connections are pooled and shared by all
//!   clones of a transport.
//! * `https`, or `http` to a loopback address. Anything else is refused before any I/O.
//! * Time and size are bounded; see [`HyperTransportBuilder`] for limits and defaults.
//! * Every error says whether the request can have reached the server; see [`HyperTransport`].
//! * Redirects are replies. There are no cookies and no decompression.
//! * A request is sent again where that is safe; see [`HyperTransport`].
//! * https goes through a proxy where the environment or the builder names one; see [below](#proxies).
//! * Building one needs no async runtime; sending needs tokio, with its I/O and time drivers on.
//!   [`BlockingHyperTransport`] is for programs without.
//!
//! # Proxies
//!
//! The environment is read once, when a transport is built: the proxy is the first of `HTTPS_PROXY`,
//! `https_proxy`, `ALL_PROXY` and `all_proxy` that is set and not empty, and `NO_PROXY` or `no_proxy`
//! lists the hosts that are reached without it: domains with all their subdomains (`example.com`),
//! addresses (`10.1.2.3`), networks (`10.0.0.0/8`), or everything (`*`).
//! [`proxy`](HyperTransportBuilder::proxy) replaces all of this, and
//! [`no_proxy`](HyperTransportBuilder::no_proxy) turns it off.
//!
//! * Loopback addresses never go through a proxy, and neither does clear text.
//! * A proxy is an HTTP proxy, `http://user:password@host:port`; without a scheme in the environment
//!   it is `http`, without a port 80. With `https://` there is TLS with the proxy too, under the same
//!   roots; the port is 443 then. SOCKS is not supported: [`BuildError::Proxy`], as with everything
//!   that makes no sense where a proxy is set, and never a direct connection.
//! * The proxy is asked for a tunnel (`CONNECT`) and learns the origin's host and port, its own
//!   credentials (`Basic`) and the builder's `User-Agent`. TLS with the origin runs inside of the
//!   tunnel, so it sees nothing of requests and replies.
//! * Tunnels are pooled as other connections are, and the time for a connection holds for all of it:
//!   reaching the proxy, its reply, TLS.
//! * Where a proxy is in the way of a connection, a source of the error names it by host and port:
//!   not reached, asks for credentials, refuses with another status, makes no sense.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `ring` | yes | [`Provider::Ring`]: cryptography by ring |
//! | `platform-verifier` | yes | [`Roots::Platform`]: certificates judged by the operating system |
//! | `tracing` | yes | a span `stytch_request` for each sending of a request, at DEBUG |
//! | `http2` | yes | HTTP/2, agreed on in the TLS handshake |
//! | `aws-lc-rs` | no | [`Provider::AwsLcRs`]: cryptography by aws-lc-rs |
//! | `axum` | no | [`axum`]: the members of requests to a web service |
//! | `tower` | no | [`ServiceTransport`] and [`TransportService`], both ways between transports and services of tower |
//! | `webpki-roots` | no | [`Roots::WebPki`]: Mozilla's root certificates, built in |
//!
//! Features only add. With both providers on, ring is used, and with both kinds of roots the
//! platform's, so that a feature turned on elsewhere in a program changes nothing here; ask the
//! builder for another choice. Nothing is ever installed process-wide. Without any provider or
//! without any roots, [`HyperTransport::new`] is an error, and the builder wants a
//! [`tls_config`](HyperTransportBuilder::tls_config) or
//! [`loopback_only`](HyperTransportBuilder::loopback_only).

#![cfg_attr(docsrs, feature(doc_cfg))]
// The example above names `Provider::AwsLcRs` and its like, which exist with their features only.
#![cfg_attr(
    not(all(
        feature = "ring",
        feature = "aws-lc-rs",
        feature = "platform-verifier",
        feature = "webpki-roots",
        feature = "axum",
        feature = "tower"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

// One of its examples is of the feature `axum`.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod advice;
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub mod axum;
mod blocking;
mod body;
mod builder;
mod call;
mod connect;
mod connection;
mod error;
mod guard;
mod observe;
mod pace;
mod pool;
mod proxy;
mod retry;
mod tls;
#[cfg(feature = "tower")]
mod tower;
mod transport;
mod watchdog;

pub use blocking::BlockingHyperTransport;
pub use builder::HyperTransportBuilder;
pub use error::BuildError;
pub use observe::Attempt;
/// The rustls that [`HyperTransportBuilder::tls_config`] speaks: the one foreign library in this
/// crate's public signatures, and only there, apart from axum in the module for it.
pub use rustls;
pub use tls::{Provider, Roots};
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub use tower::{ServiceTransport, TransportService};
pub use transport::HyperTransport;
