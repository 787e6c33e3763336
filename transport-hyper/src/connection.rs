//! One open connection, and a request over it.

use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "http2")]
use std::task::{Context, Poll};

use bytes::Bytes;
#[cfg(feature = "http2")]
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
#[cfg(feature = "http2")]
use hyper::client::conn::http2;
use hyper::client::conn::{TrySendError, http1};
use tokio::runtime::Id;
use tokio::time::{Instant, Sleep, sleep_until};

pub(crate) type HttpRequest = Request<Full<Bytes>>;

/// A connection that a request may have.
pub(crate) struct Connection {
    /// None once it is let go of.
    sender: Option<Sender>,
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

/// There is none.
#[cfg(not(feature = "http2"))]
pub(crate) enum Shared {}

impl Connection {
    pub(crate) fn http1(sender: http1::SendRequest<Full<Bytes>>, runtime: Id) -> Self {
        Self {
            sender: Some(Sender::Http1(sender)),
            runtime,
            timer: Box::pin(sleep_until(Instant::now())),
        }
    }

    #[cfg(feature = "http2")]
    pub(crate) fn http2(shared: Arc<Shared>) -> Self {
        let runtime = shared.runtime;
        let timer = Box::pin(sleep_until(Instant::now()));
        Self { sender: Some(Sender::Http2(shared)), runtime, timer }
    }

    /// What others may have as well, over HTTP/2.
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        match self.sender.as_ref()? {
            Sender::Http1(_) => None,
            #[cfg(feature = "http2")]
            Sender::Http2(shared) => Some(shared),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        match &self.sender {
            None => true,
            Some(Sender::Http1(sender)) => sender.is_closed(),
            #[cfg(feature = "http2")]
            Some(Sender::Http2(shared)) => shared.is_closed(),
        }
    }

    /// Whether a request can be sent at once.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.sender {
            None => false,
            Some(Sender::Http1(sender)) => sender.is_ready(),
            #[cfg(feature = "http2")]
            Some(Sender::Http2(shared)) => shared.sender.is_ready(),
        }
    }

    /// Waits until a request can be sent; false if the connection is closed.
    pub(crate) async fn ready(&mut self) -> bool {
        match &mut self.sender {
            None => false,
            Some(Sender::Http1(sender)) => sender.ready().await.is_ok(),
            #[cfg(feature = "http2")]
            Some(Sender::Http2(shared)) => shared.sender.clone().ready().await.is_ok(),
        }
    }

    /// Sends a request, unless it is let go of. Over HTTP/1 the URL loses the origin.
    pub(crate) fn send(
        &mut self,
        mut request: HttpRequest,
    ) -> Option<impl Future<Output = Sent> + use<>> {
        Some(match self.sender.as_mut()? {
            Sender::Http1(sender) => {
                drop_origin(&mut request);
                let future = sender.try_send_request(request);
                #[cfg(feature = "http2")]
                let future = Either::Left { future };
                future
            }
            #[cfg(feature = "http2")]
            Sender::Http2(shared) => {
                // The origin stands in `:authority`.
                request.headers_mut().remove(HOST);
                let mut sender = shared.sender.clone();
                Either::Right { future: sender.try_send_request(request) }
            }
        })
    }

    /// Sends nothing more.
    pub(crate) fn let_go(&mut self) {
        self.sender = None;
    }
}

/// What comes of a request: the reply, up to the header section, or an error with which a request
/// may come back that was provably not sent.
pub(crate) type Sent = Result<Response<Incoming>, TrySendError<HttpRequest>>;

/// Leaves the path in a request's URL. The origin stands in `Host`.
fn drop_origin(request: &mut HttpRequest) {
    let path = request.uri().path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
}

#[cfg(feature = "http2")]
pin_project_lite::pin_project! {
    /// One future or the other.
    #[project = EitherPinned]
    enum Either<A, B> {
        Left { #[pin] future: A },
        Right { #[pin] future: B },
    }
}

#[cfg(feature = "http2")]
impl<A: Future, B: Future<Output = A::Output>> Future for Either<A, B> {
    type Output = A::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<A::Output> {
        match self.project() {
            EitherPinned::Left { future } => future.poll(context),
            EitherPinned::Right { future } => future.poll(context),
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
