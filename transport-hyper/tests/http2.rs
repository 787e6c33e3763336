//! HTTP/2: agreed on by ALPN, shared by requests, and truthful when the server sends requests away.
#![cfg(feature = "http2")]

#[path = "support/certificates.rs"]
mod certificates;
mod support;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use certificates::Authority;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use stytch_session::TransportErrorKind::{Interrupted, Malformed, Timeout, TooLarge};
use stytch_session::{Delivery, Repeat, Transport};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use support::{SHORT, Server, failure, get, with_repeat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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
async fn a_refused_stream_is_sent_once_more() {
    let (server, builder) = streams(|number, (_, mut respond)| match number {
        0 => respond.send_reset(Reason::REFUSED_STREAM),
        _ => reply(respond, "ok"),
    })
    .await;
    let transport = builder.build().unwrap();
    let response =
        transport.send(with_repeat(get(&url(&server)), Repeat::IfNotSent)).await.unwrap();
    assert_eq!(response.body(), b"ok");
}

#[tokio::test]
async fn a_refused_stream_was_not_sent() {
    let (server, builder) =
        streams(|_, (_, mut respond)| respond.send_reset(Reason::REFUSED_STREAM)).await;
    let transport = builder.build().unwrap();
    for (repeat, connections) in [(Repeat::Never, 1), (Repeat::Always, 3)] {
        let outcome = transport.send(with_repeat(get(&url(&server)), repeat)).await;
        assert_eq!(failure(outcome), (Interrupted, Delivery::NotSent));
        assert_eq!(server.accepted(), connections);
    }
}

#[tokio::test]
async fn another_reset_says_nothing() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL, Reason::PROTOCOL_ERROR, Reason::NO_ERROR]
    {
        let (server, builder) = server(move |_, mut peer| async move {
            while let Some(Ok((_, mut respond))) = peer.accept().await {
                respond.send_reset(reason);
            }
        })
        .await;
        let outcome =
            builder.build().unwrap().send(with_repeat(get(&url(&server)), Repeat::Always)).await;
        assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown), "{reason:?}");
        assert_eq!(server.accepted(), 1);
    }
}

#[tokio::test]
async fn a_reset_within_the_body_is_an_interruption() {
    let (server, builder) = streams(|_, (_, mut respond)| {
        let mut body = respond.send_response(http::Response::new(()), false).unwrap();
        body.send_data(Bytes::from_static(b"half"), false).unwrap();
        tokio::spawn(async move {
            tokio::time::sleep(SHORT / 4).await;
            body.send_reset(Reason::REFUSED_STREAM);
        });
    })
    .await;
    let outcome = builder.build().unwrap().send(get(&url(&server))).await;
    assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown));
}

/// `NO_ERROR` is what a server says that has answered in full, so hyper takes it for the end.
#[tokio::test]
async fn a_body_cut_short_without_an_error_is_an_interruption() {
    const LENGTHS: [Option<&str>; 2] = [None, Some("50")];
    let (server, builder) = server(|number, mut peer| async move {
        let (_, mut respond) = peer.accept().await.unwrap().unwrap();
        let mut head = http::Response::builder();
        if let Some(length) = LENGTHS[number % 2] {
            head = head.header("content-length", length);
        }
        let mut body = respond.send_response(head.body(()).unwrap(), false).unwrap();
        body.send_data(Bytes::from_static(b"{\"half\":1}"), false).unwrap();
        // Sent before the reset takes its place.
        let _ = tokio::time::timeout(SHORT / 4, peer.accept()).await;
        match number {
            0 | 1 => body.send_reset(Reason::NO_ERROR),
            _ => peer.abrupt_shutdown(Reason::NO_ERROR),
        }
        while peer.accept().await.is_some() {}
    })
    .await;
    for case in 0..4 {
        // A transport of its own: a connection of its own.
        let transport = builder.clone().build().unwrap();
        let outcome = transport.send(with_repeat(get(&url(&server)), Repeat::Always)).await;
        assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown), "{case}");
    }
    assert_eq!(server.accepted(), 4);
}

/// The whole reply is there: the request is what is cut short.
#[tokio::test]
async fn a_reset_after_the_announced_length_is_no_interruption() {
    let (server, builder) = server(|_, mut peer| async move {
        let (_, mut respond) = peer.accept().await.unwrap().unwrap();
        let head = http::Response::builder().header("content-length", "2").body(()).unwrap();
        let mut body = respond.send_response(head, false).unwrap();
        body.send_data(Bytes::from_static(b"ok"), false).unwrap();
        let _ = tokio::time::timeout(SHORT / 4, peer.accept()).await;
        body.send_reset(Reason::NO_ERROR);
        while peer.accept().await.is_some() {}
    })
    .await;
    let response = builder.build().unwrap().send(get(&url(&server))).await.unwrap();
    assert_eq!(response.body(), b"ok");
}

/// Frames by hand: a server that reads the request, and says that stream 0 was the last it took.
#[tokio::test]
async fn a_request_above_the_last_stream_is_sent_once_more() {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let authority = Authority::new("test authority");
    let acceptor = authority.server("localhost", &["h2"]);
    let server = Server::start(move |number, peer| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(peer.take().0).await.unwrap();
            if number < 2 {
                stream.write_all(SETTINGS).await.unwrap();
                tokio::time::sleep(SHORT / 4).await;
                stream.write_all(GOAWAY).await.unwrap();
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return;
            }
            let mut peer = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, respond))) = peer.accept().await {
                reply(respond, "ok");
            }
        }
    })
    .await;
    let transport = HyperTransport::builder().tls_config(authority.client(&[])).build().unwrap();
    let outcome = transport.send(with_repeat(get(&url(&server)), Repeat::Never)).await;
    assert_eq!(failure(outcome), (Interrupted, Delivery::NotSent));
    let outcome = transport.send(with_repeat(get(&url(&server)), Repeat::IfNotSent)).await;
    assert_eq!(outcome.unwrap().body(), b"ok");
    assert_eq!(server.accepted(), 3);
}

/// A server that is about to leave takes the streams it names and no others.
#[tokio::test]
async fn a_server_that_leaves_is_followed() {
    let (server, builder) = server(|number, mut peer| async move {
        if number == 0 {
            let (_, respond) = peer.accept().await.unwrap().unwrap();
            reply(respond, "first");
            peer.graceful_shutdown();
        }
        while let Some(Ok((_, respond))) = peer.accept().await {
            reply(respond, "next");
        }
    })
    .await;
    let transport = builder.build().unwrap();
    assert_eq!(transport.send(get(&url(&server))).await.unwrap().body(), b"first");
    for _ in 0..3 {
        let request = with_repeat(get(&url(&server)), Repeat::IfNotSent);
        assert_eq!(transport.send(request).await.unwrap().body(), b"next");
    }
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_connection_that_ends_in_an_error_may_have_taken_the_request() {
    let (server, builder) = server(|_, mut peer| async move {
        let _stream = peer.accept().await;
        peer.abrupt_shutdown(Reason::INTERNAL_ERROR);
        while peer.accept().await.is_some() {}
    })
    .await;
    let outcome =
        builder.build().unwrap().send(with_repeat(get(&url(&server)), Repeat::Always)).await;
    assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown));
    assert_eq!(server.accepted(), 1);
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
    assert_eq!(failure(transport.send(get(&url(&server))).await), (Timeout, Delivery::Unknown));
    assert_eq!(transport.send(get(&url(&server))).await.unwrap().body(), b"ok");
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
        assert!(transport.send(get(&url(&server))).await.is_ok());
        assert_eq!(
            failure(transport.send(get(&url(&server))).await),
            (TooLarge, Delivery::Unknown)
        );
        let (kind, delivery) = failure(transport.send(get(&url(&server))).await);
        // h2 calls a header section far over its limit a protocol error.
        assert!(matches!(kind, TooLarge | Malformed));
        assert_eq!(delivery, Delivery::Unknown);
    }
}
