//! Both ways between transports and services of tower.

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use stytch_session::{
    Client, Delivery, MAX_BODY_BYTES, Project, ProjectId, ProjectSecret, Repeat, RequestInfo,
    Session, SessionToken, Transport, TransportError, TransportErrorKind,
};
use stytch_session_hyper::{ServiceTransport, TransportService};
use stytch_session_mock::{MockTransport, replies};
use support::get;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

type Reply = http::Response<Full<Bytes>>;

fn answering(
    body: Vec<u8>,
) -> ServiceTransport<
    impl Service<http::Request<Full<Bytes>>, Response = Reply, Error = Infallible, Future: Send>
    + Clone
    + Send,
> {
    ServiceTransport::new(service_fn(move |_: http::Request<Full<Bytes>>| {
        let body = Bytes::from(body.clone());
        async move { Ok::<_, Infallible>(http::Response::new(Full::new(body))) }
    }))
}

#[tokio::test]
async fn a_session_runs_over_layers_around_a_transport() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let mock = MockTransport::new().reply(replies::authenticate().backend());
    let layers = ServiceBuilder::new()
        .map_request(move |request: http::Request<Full<Bytes>>| {
            let info = request.extensions().get::<RequestInfo>().unwrap();
            assert_eq!(info.repeat(), Repeat::Always);
            assert_eq!(info.route(), "/v1/b2b/sessions/authenticate");
            count.fetch_add(1, Ordering::SeqCst);
            request
        })
        .concurrency_limit(1)
        .service(TransportService::new(mock));
    let project = Project::backend(
        ProjectId::new("project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d").unwrap(),
        ProjectSecret::new("secret-test-made-up").unwrap(),
    );
    let client = Client::new(project, ServiceTransport::<_>::new(layers));
    let step = Session::new().authenticate(SessionToken::new("made-up-token").unwrap());
    let session = client.run(step).await.unwrap();
    assert!(!session.member_session().member_session_id().as_str().is_empty());
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reply_may_be_as_long_as_the_core_reads() {
    let body = answering(vec![b'x'; MAX_BODY_BYTES]).send(get("https://stytch.example/")).await;
    assert_eq!(body.unwrap().body().len(), MAX_BODY_BYTES);
    let longer = answering(vec![b'x'; MAX_BODY_BYTES + 1]);
    let error = longer.send(get("https://stytch.example/")).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (TransportErrorKind::TooLarge, Delivery::Unknown));
}

/// Fails, when asked whether it is ready or when it is called.
#[derive(Clone)]
struct Failing {
    ready: bool,
    error: fn() -> Box<dyn std::error::Error + Send + Sync>,
}

impl Service<http::Request<Full<Bytes>>> for Failing {
    type Response = Reply;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = std::future::Ready<Result<Reply, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(if self.ready { Ok(()) } else { Err((self.error)()) })
    }

    fn call(&mut self, _: http::Request<Full<Bytes>>) -> Self::Future {
        std::future::ready(Err((self.error)()))
    }
}

#[tokio::test]
async fn errors_say_what_is_known_and_transport_errors_stay_as_they_are() {
    let error = async |service: Failing| {
        let transport = ServiceTransport::<_>::new(service);
        transport.send(get("https://stytch.example/")).await.unwrap_err()
    };
    let other = || "a layer of somebody's own".into();
    let found = error(Failing { ready: true, error: other }).await;
    assert_eq!((found.kind(), found.delivery()), (TransportErrorKind::Other, Delivery::Unknown));
    assert_eq!(found.peer(), Some("stytch.example:443"));
    assert_eq!(std::error::Error::source(&found).unwrap().to_string(), "a layer of somebody's own");
    let found = error(Failing { ready: false, error: other }).await;
    assert_eq!((found.kind(), found.delivery()), (TransportErrorKind::Other, Delivery::NotSent));
    let own = || TransportError::new(TransportErrorKind::Timeout, Delivery::NotSent).into();
    let found = error(Failing { ready: true, error: own }).await;
    assert_eq!((found.kind(), found.delivery()), (TransportErrorKind::Timeout, Delivery::NotSent));
}

#[tokio::test]
async fn a_transport_is_a_service() {
    let mock = MockTransport::new().reply(replies::error("too_many_requests", 429));
    let service = TransportService::new(mock);
    let request = http::Request::get("https://stytch.example/").body(String::new()).unwrap();
    let reply = service.clone().oneshot(request.clone()).await.unwrap();
    assert_eq!(reply.status(), 429);
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    assert!(body.windows(17).any(|part| part == b"too_many_requests"));
    let long = request.map(|_| "x".repeat(MAX_BODY_BYTES + 1));
    let error = service.oneshot(long).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (TransportErrorKind::Refused, Delivery::NotSent));
}
