//! Both ways between transports and services of tower.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Body;
use stytch_session::{
    Delivery, MAX_BODY_BYTES, Request, Response, Transport, TransportError, TransportErrorKind,
};
use tower_service::Service;

use crate::advice::explain;
use crate::error::{LimitPassed, find};
use crate::transport::peer;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A [`Transport`] that is a service of tower: with its layers, a test's router, a client of its
/// own.
///
/// The service takes requests with any body that is made of bytes, `Full<Bytes>` unless it is said.
/// Its replies are read up to 4 MiB. The other duties of a [`Transport`] are the service's: time
/// limits, TLS, and that redirects are not followed.
///
/// An error of the service that is a [`TransportError`] is given back as it is, for instance that
/// of a [`TransportService`] below. Any other is of kind `Other`, and the request may have reached
/// the server, unless the service was not ready for it.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use stytch_session::Transport;
/// use stytch_session_hyper::ServiceTransport;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let service = tower::service_fn(|request: http::Request<Full<Bytes>>| async move {
///     let path = request.uri().path().to_owned();
///     Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(Bytes::from(path))))
/// });
/// let transport = ServiceTransport::new(service);
/// let reply = transport.send(http::Request::get("https://stytch.example/v1").body(Vec::new())?).await?;
/// assert_eq!(reply.body(), b"/v1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ServiceTransport<S, B = Full<Bytes>> {
    /// Services need not be `Sync`; they are only cloned here.
    service: Mutex<S>,
    body: PhantomData<fn() -> B>,
}

impl<S, B> ServiceTransport<S, B> {
    /// Sends by this service.
    pub const fn new(service: S) -> Self {
        Self { service: Mutex::new(service), body: PhantomData }
    }
}

#[async_trait]
impl<S, B, R> Transport for ServiceTransport<S, B>
where
    S: Service<http::Request<B>, Response = http::Response<R>> + Clone + Send,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: From<Vec<u8>> + Send,
    R: Body + Send,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let peer = peer(request.uri());
        let request = request.map(B::from);
        let failed = |error: BoxError, delivery| match error.downcast::<TransportError>() {
            Ok(error) => *error,
            Err(error) => {
                let other = TransportError::new(TransportErrorKind::Other, delivery);
                explain(other.with_source(error), peer.as_deref())
            }
        };
        poll_fn(|context| service.poll_ready(context))
            .await
            .map_err(|error| failed(error.into(), Delivery::NotSent))?;
        let reply = service.call(request).await;
        let reply = reply.map_err(|error| failed(error.into(), Delivery::Unknown))?;
        let (mut head, body) = reply.into_parts();
        head.extensions.clear();
        match Limited::new(body, MAX_BODY_BYTES).collect().await {
            Ok(body) => Ok(Response::from_parts(head, body.to_bytes().into())),
            Err(error) if find::<LengthLimitError>(&*error).is_some() => {
                let limit = LimitPassed::Body { bytes: MAX_BODY_BYTES };
                Err(TransportError::new(TransportErrorKind::TooLarge, Delivery::Unknown)
                    .with_source(limit))
            }
            Err(error) => Err(failed(error, Delivery::Unknown)),
        }
    }
}

impl<S: fmt::Debug, B> fmt::Debug for ServiceTransport<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceTransport").finish_non_exhaustive()
    }
}

/// A service of tower that is a [`Transport`]: to put layers around it.
///
/// It is always ready. A request's body is read up to 4 MiB; what the transport should know of a
/// request ([`RequestInfo`](stytch_session::RequestInfo)) stays with it.
///
/// ```
/// use std::time::Duration;
/// use stytch_session_hyper::{HyperTransport, ServiceTransport, TransportService};
/// use tower::ServiceBuilder;
///
/// let transport = HyperTransport::builder().loopback_only().build()?;
/// let limited = ServiceBuilder::new()
///     .concurrency_limit(8)
///     .service(TransportService::new(transport));
/// let transport: ServiceTransport<_> = ServiceTransport::new(limited);
/// # let _: &dyn stytch_session::Transport = &transport;
/// # Ok::<(), stytch_session_hyper::BuildError>(())
/// ```
pub struct TransportService<T>(Arc<T>);

impl<T> TransportService<T> {
    /// Sends by this transport.
    pub fn new(transport: T) -> Self {
        Self(Arc::new(transport))
    }
}

impl<T> Clone for TransportService<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T, B> Service<http::Request<B>> for TransportService<T>
where
    T: Transport + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = http::Response<Full<Bytes>>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let transport = Arc::clone(&self.0);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|error| {
                TransportError::new(TransportErrorKind::Refused, Delivery::NotSent)
                    .with_source(error)
            })?;
            let request = Request::from_parts(head, body.to_bytes().into());
            Ok(transport.send(request).await?.map(|body| Full::new(Bytes::from(body))))
        })
    }
}

impl<T> fmt::Debug for TransportService<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportService").finish_non_exhaustive()
    }
}
