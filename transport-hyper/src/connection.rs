//! One open connection, and a request over it.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
#[cfg(feature = "http2")]
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
#[cfg(feature = "http2")]
use hyper::client::conn::http2;
use tokio::runtime::Id;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::error::NotTaken;

pub(crate) type HttpRequest = Request<Full<Bytes>>;

/// A connection that a request may have.
pub(crate) struct Connection {
    sender: Sender,
    /// The runtime that drives it: another one might be at rest, or gone.
    pub(crate) runtime: Id,
    /// It stays with the connection: hardly any request has to set it.
    pub(crate) timer: Pin<Box<Sleep>>,
}

enum Sender {
    /// For one request after the other.
    Http1(http1::SendRequest<Full<Bytes>>),
    /// For many at the same time.
    #[cfg(feature = "http2")]
    Http2(Arc<Shared>),
}

/// An HTTP/2 connection. Whoever sends over it has it too; without any it is closed.
#[cfg(feature = "http2")]
pub(crate) struct Shared {
    sender: http2::SendRequest<Full<Bytes>>,
    pub(crate) runtime: Id,
}

impl Connection {
    pub(crate) fn http1(sender: http1::SendRequest<Full<Bytes>>, runtime: Id) -> Self {
        Self {
            sender: Sender::Http1(sender),
            runtime,
            timer: Box::pin(sleep_until(Instant::now())),
        }
    }

    #[cfg(feature = "http2")]
    pub(crate) fn http2(shared: Arc<Shared>) -> Self {
        let runtime = shared.runtime;
        let timer = Box::pin(sleep_until(Instant::now()));
        Self { sender: Sender::Http2(shared), runtime, timer }
    }

    /// What others may have as well, over HTTP/2.
    #[cfg(feature = "http2")]
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(shared) => Some(shared),
        }
    }

    #[cfg(not(feature = "http2"))]
    pub(crate) fn shared(&self) -> Option<&Arc<()>> {
        let Sender::Http1(_) = &self.sender;
        None
    }

    pub(crate) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_closed(),
            #[cfg(feature = "http2")]
            Sender::Http2(shared) => shared.is_closed(),
        }
    }

    /// Whether a request can be sent at once.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_ready(),
            #[cfg(feature = "http2")]
            Sender::Http2(shared) => shared.sender.is_ready(),
        }
    }

    /// Waits until a request can be sent; an error if the connection is closed.
    pub(crate) async fn ready(&mut self) -> hyper::Result<()> {
        match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await,
            #[cfg(feature = "http2")]
            Sender::Http2(shared) => shared.sender.clone().ready().await,
        }
    }

    /// Both parts, to use them at the same time.
    pub(crate) fn parts(&mut self) -> (Line<'_>, Pin<&mut Sleep>) {
        (Line(&mut self.sender), self.timer.as_mut())
    }
}

/// What carries a request.
pub(crate) struct Line<'c>(&'c mut Sender);

impl Line<'_> {
    /// Sends a request, and gives its reply, up to the header section. Over HTTP/1 a request that
    /// was provably not sent comes back with the error.
    pub(crate) async fn send(
        self,
        mut request: HttpRequest,
    ) -> Result<Response<Incoming>, NotTaken<HttpRequest>> {
        match self.0 {
            Sender::Http1(sender) => {
                // The origin stands in `Host`.
                let path = request.uri().path_and_query().cloned();
                let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
                let url = std::mem::replace(request.uri_mut(), Uri::from(path));
                sender.try_send_request(request).await.map_err(|mut error| {
                    let request = error.take_message().map(|mut request| {
                        *request.uri_mut() = url;
                        request
                    });
                    NotTaken { request, error: error.into_error() }
                })
            }
            #[cfg(feature = "http2")]
            Sender::Http2(shared) => {
                // The origin stands in `:authority`.
                request.headers_mut().remove(HOST);
                let mut sender = shared.sender.clone();
                sender.try_send_request(request).await.map_err(|mut error| {
                    let request = error.take_message();
                    NotTaken { request, error: error.into_error() }
                })
            }
        }
    }
}

#[cfg(feature = "http2")]
impl Shared {
    pub(crate) fn new(sender: http2::SendRequest<Full<Bytes>>, runtime: Id) -> Self {
        Self { sender, runtime }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}
