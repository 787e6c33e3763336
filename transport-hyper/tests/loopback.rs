//! What goes over the wire, what comes back, and which connections are used.

mod support;

use std::time::Duration;

use stytch_session::TransportErrorKind::Refused;
use stytch_session::{Delivery, Request, Transport};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use support::{OK, Server, chain, failure, get, loopback, once};

#[test]
fn a_transport_is_shared_between_threads() {
    fn shareable<T: Send + Sync + Clone + 'static>() {}
    fn sendable<T: Send>(_: T) {}
    shareable::<HyperTransport>();
    shareable::<HyperTransportBuilder>();
    let transport = loopback().build().unwrap();
    sendable(transport.send(get("http://127.0.0.1/")));
    assert!(!format!("{transport:?}").is_empty());
}

#[tokio::test]
async fn the_request_arrives_byte_for_byte() {
    let server = Server::answering(OK).await;
    let transport = loopback().user_agent("test/1").build().unwrap();
    let request = http::Request::post(server.url("/v1/b2b/sessions?a=b%2Fc"))
        .header("authorization", "Basic c2VjcmV0")
        .header("content-type", "application/json")
        .body(br#"{"x":1}"#.to_vec())
        .unwrap();

    let response = transport.send(request).await.unwrap();

    assert_eq!(response.status(), 200);
    assert_eq!(response.body(), b"ok");
    assert_eq!(response.headers()["content-length"], "2");
    assert!(response.extensions().is_empty());
    let expected = format!(
        "POST /v1/b2b/sessions?a=b%2Fc HTTP/1.1\r\nauthorization: Basic c2VjcmV0\r\n\
         content-type: application/json\r\nuser-agent: test/1\r\nhost: 127.0.0.1:{}\r\n\
         content-length: 7\r\n\r\n{{\"x\":1}}",
        server.port()
    );
    assert_eq!(server.requests(), [expected]);
}

#[tokio::test]
async fn a_request_may_name_its_own_user_agent_and_version() {
    let server = Server::answering(OK).await;
    let transport = loopback().build().unwrap();
    let mut request = get(&server.url("/"));
    *request.version_mut() = http::Version::HTTP_2;
    request.headers_mut().insert("user-agent", http::HeaderValue::from_static("mine"));
    transport.send(request).await.unwrap();
    transport.send(get(&server.url("/"))).await.unwrap();
    assert!(server.requests()[0].contains("user-agent: mine\r\n"));
    let default = format!("user-agent: stytch-session-hyper/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(server.requests()[1].contains(&default));
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let server = Server::answering(OK).await;
    let url = format!("http://localhost:{}/", server.port());
    let response = loopback().build().unwrap().send(get(&url)).await.unwrap();
    assert_eq!(response.body(), b"ok");
}

#[tokio::test]
async fn every_status_is_a_reply() {
    let transport = loopback().build().unwrap();
    for (status, body) in
        [("502 Bad Gateway", "<html>bad</html>"), ("404 Not Found", ""), ("299 Odd", "{}")]
    {
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let server = Server::answering(reply).await;
        let response = transport.send(get(&server.url("/"))).await.unwrap();
        assert!(status.starts_with(response.status().as_str()));
        assert_eq!(response.body(), body.as_bytes());
    }
}

#[tokio::test]
async fn chunks_and_interim_replies_are_put_together() {
    let reply = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\
        transfer-encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\nx-trailer: 1\r\n\r\n";
    let server = Server::answering(*reply).await;
    let response = loopback().build().unwrap().send(get(&server.url("/"))).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.body().as_slice()),
        (200, b"abcde".as_slice())
    );
}

#[tokio::test]
async fn a_compressed_body_stays_as_it_is() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nxyz",
    )
    .await;
    let response = loopback().build().unwrap().send(get(&server.url("/"))).await.unwrap();
    assert_eq!(response.body(), b"xyz");
    assert!(!server.requests()[0].to_ascii_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn clear_text_to_another_host_is_refused_without_io() {
    let transport = loopback().build().unwrap();
    for url in ["http://example.invalid/", "https://localhost/", "http://192.0.2.1/", "/no/host"] {
        let error = transport.send(once(url)).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Refused, Delivery::NotSent), "{url}");
    }
    let connect = Request::new(Vec::new()).map(|_: Vec<u8>| Vec::new());
    let (mut parts, body) = connect.into_parts();
    parts.method = http::Method::CONNECT;
    parts.uri = "http://127.0.0.1:1/".parse().unwrap();
    assert_eq!(failure(transport.send(Request::from_parts(parts, body)).await).0, Refused);
}

#[test]
fn without_a_runtime_a_request_is_refused() {
    let transport = loopback().build().unwrap();
    let mut sending = std::pin::pin!(transport.send(get("http://127.0.0.1:1/")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(outcome) = sending.as_mut().poll(&mut context) else {
        panic!("pending")
    };
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), Refused);
    assert!(chain(&error).contains("runtime"));
}

#[tokio::test]
async fn connections_are_reused() {
    let server = Server::answering(OK).await;
    let transport = loopback().build().unwrap();
    transport.send(get(&server.url("/1"))).await.unwrap();
    transport.clone().send(get(&server.url("/2"))).await.unwrap();
    assert_eq!((server.accepted(), server.requests().len()), (1, 2));
}

#[tokio::test]
async fn connections_rest_no_longer_than_told() {
    let server = Server::answering(OK).await;
    let none = loopback().max_idle_per_host(0).build().unwrap();
    none.send(get(&server.url("/"))).await.unwrap();
    none.send(get(&server.url("/"))).await.unwrap();
    assert_eq!(server.accepted(), 2);

    let short = loopback().pool_idle_timeout(Duration::from_millis(10)).build().unwrap();
    short.send(get(&server.url("/"))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    short.send(get(&server.url("/"))).await.unwrap();
    assert_eq!(server.accepted(), 4);
}

#[test]
fn a_transport_outlives_its_runtime() {
    let transport = loopback().build().unwrap();
    let servers = tokio::runtime::Runtime::new().unwrap();
    let server = servers.block_on(Server::answering(OK));
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let response = runtime.block_on(transport.send(get(&server.url("/")))).unwrap();
        assert_eq!(response.body(), b"ok");
    }
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_each_get_their_own_reply() {
    let server = Server::start(|_, mut peer| async move {
        while let Some(request) = peer.request().await {
            let path = request.split(' ').nth(1).unwrap().to_owned();
            peer.send(
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{path}", path.len())
                    .as_bytes(),
            )
            .await;
        }
    })
    .await;
    let transport = loopback().build().unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let (transport, path) = (transport.clone(), format!("/{number}"));
            let request = get(&server.url(&path));
            tokio::spawn(async move { (path, transport.send(request).await) })
        })
        .collect();
    for task in tasks {
        let (path, outcome) = task.await.unwrap();
        assert_eq!(outcome.unwrap().body(), path.as_bytes());
    }
    assert_eq!(server.requests().len(), 64);
}

#[tokio::test]
async fn a_dropped_future_leaves_the_transport_usable() {
    let server = Server::start(|number, mut peer| async move {
        peer.request().await;
        match number {
            0 => peer.fall_silent().await,
            1 => {
                peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal").await;
                peer.fall_silent().await;
            }
            _ => peer.send(OK).await,
        }
    })
    .await;
    let transport = loopback().build().unwrap();
    for _ in 0..2 {
        let dropped =
            tokio::time::timeout(support::SHORT, transport.send(once(&server.url("/")))).await;
        assert!(dropped.is_err());
    }
    assert_eq!(transport.send(get(&server.url("/"))).await.unwrap().body(), b"ok");
    assert_eq!(server.accepted(), 3);
}
