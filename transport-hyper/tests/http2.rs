//! HTTP/2: agreed on by ALPN, and shared by requests. Its faults are in the `faults` tests.
#![cfg(feature = "http2")]

#[path = "support/certificates.rs"]
mod certificates;
mod support;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use certificates::Authority;
use h2::RecvStream;
use h2::server::{Connection, SendResponse};
use stytch_session::TransportErrorKind::{Malformed, Timeout, TooLarge};
use stytch_session::{Delivery, Transport};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use support::{SHORT, Server, failure, get, once};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

type Peer = Connection<TlsStream<TcpStream>, Bytes>;
type Stream = (http::Request<RecvStream>, SendResponse<Bytes>);

/// A server that runs a script for each HTTP/2 connection, numbered from 0.
async fn server<F, Fut>(script: F) -> (Server, HyperTransportBuilder)
where
    F: Fn(usize, Peer) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let authority = Authority::new("test authority");
    let acceptor = authority.server("localhost", &["h2", "http/1.1"]);
    let script = Arc::new(script);
    let server = Server::start(move |number, peer| {
        let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
        async move {
            let Some(stream) = acceptor.accept(peer.take().0).await else { return };
            script(number, h2::server::handshake(stream).await.unwrap()).await;
        }
    })
    .await;
    (server, HyperTransport::builder().tls_config(authority.client(&[])))
}

/// A server that runs `answer` for each stream, numbered from 0 over all connections.
async fn streams(answer: fn(usize, Stream)) -> (Server, HyperTransportBuilder) {
    let count = Arc::new(AtomicUsize::new(0));
    server(move |_, mut peer| {
        let count = Arc::clone(&count);
        async move {
            while let Some(Ok(stream)) = peer.accept().await {
                answer(count.fetch_add(1, Ordering::SeqCst), stream);
            }
        }
    })
    .await
}

fn reply(mut respond: SendResponse<Bytes>, body: impl Into<Bytes>) {
    let mut body_stream = respond.send_response(http::Response::new(()), false).unwrap();
    body_stream.send_data(body.into(), true).unwrap();
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}/path", server.port())
}

#[tokio::test]
async fn requests_share_one_connection() {
    let (server, builder) = streams(|_, (request, respond)| {
        assert_eq!(request.version(), http::Version::HTTP_2);
        assert!(request.headers().contains_key("user-agent"));
        reply(respond, request.uri().path().to_owned());
    })
    .await;
    let transport = builder.build().unwrap();
    transport.send(get(&url(&server))).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (transport, request) = (transport.clone(), get(&url(&server)));
            tokio::spawn(async move { transport.send(request).await })
        })
        .collect();
    for task in tasks {
        let response = task.await.unwrap().unwrap();
        assert_eq!(response.body(), b"/path");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_caller_may_turn_http2_off() {
    let authority = Authority::new("test authority");
    let acceptor = authority.server("localhost", &["h2", "http/1.1"]);
    let server = Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, peer) = peer.take();
            let mut peer = peer.put(acceptor.accept(stream).await.unwrap());
            peer.request().await;
            peer.send(support::OK).await;
        }
    })
    .await;
    let transport =
        HyperTransport::builder().tls_config(authority.client(&["http/1.1"])).build().unwrap();
    assert_eq!(transport.send(get(&url(&server))).await.unwrap().body(), b"ok");
    assert!(server.requests()[0].starts_with("GET /path HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_dead_connection_is_not_used_again() {
    let (server, builder) = server(|number, mut peer| async move {
        let mut silent = Vec::new();
        while let Some(Ok((request, respond))) = peer.accept().await {
            match number {
                0 => silent.push((request, respond)),
                _ => reply(respond, "ok"),
            }
        }
    })
    .await;
    let transport = builder.stall_timeout(SHORT).build().unwrap();
    assert_eq!(failure(transport.send(once(&url(&server))).await), (Timeout, Delivery::Unknown));
    assert_eq!(transport.send(once(&url(&server))).await.unwrap().body(), b"ok");
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn bodies_and_headers_are_bounded() {
    let (server, builder) = streams(|number, (_, mut respond)| {
        let size = [900, 1100, 40_000][number % 3];
        if number < 3 {
            return reply(respond, vec![b'x'; size]);
        }
        let response = http::Response::builder().header("x-filler", "x".repeat(size));
        respond.send_response(response.body(()).unwrap(), true).unwrap();
    })
    .await;
    let transport = builder.max_body_bytes(1000).max_header_bytes(1000).build().unwrap();
    for _ in ["body", "headers"] {
        assert!(transport.send(once(&url(&server))).await.is_ok());
        assert_eq!(
            failure(transport.send(once(&url(&server))).await),
            (TooLarge, Delivery::Unknown)
        );
        let (kind, delivery) = failure(transport.send(once(&url(&server))).await);
        // h2 calls a header section far over its limit a protocol error.
        assert!(matches!(kind, TooLarge | Malformed));
        assert_eq!(delivery, Delivery::Unknown);
    }
}
