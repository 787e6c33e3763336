//! Replies that two readers would read in two ways, and replies that nobody asked for.

use std::time::Duration;

use stytch_session::TransportErrorKind::{Connect, Interrupted, Malformed};
use stytch_session::{Delivery, Request as Message, Transport};

use crate::certificates::Authority;
use crate::stage::Step::{Close, Request};
use crate::stage::{HTTP1, Over, Stage, each, fault, http1, say};
use crate::support::{OK, Server, once};

const STALE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstale";

/// First replies with more behind them than belongs to them.
const LEFTOVERS: &[(&str, &str)] = &[
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", STALE),
    ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", STALE),
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "surplus"),
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "\r\n"),
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "\0"),
    // The next reply would become a header or a body of this one.
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nx: "),
    (
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
    ),
    ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "HTTP/1.1 100 Continue\r\n\r\n"),
    ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", STALE),
    ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n", STALE),
    ("HTTP/1.1 204 No Content\r\n\r\n", STALE),
    ("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", STALE),
    ("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", STALE),
];

#[tokio::test]
async fn what_is_left_of_a_reply_does_not_answer_the_next_request() {
    each(http1(LEFTOVERS), |(over, (first, leftover))| async move {
        for (pieces, pause) in [(1, 0), (2, 0), (1, 20), (2, 20)] {
            let mut script = match pieces {
                1 => vec![Request, say([*first, leftover].concat())],
                _ => vec![Request, say(first), say(leftover)],
            };
            script.extend([Request, say("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine")]);
            let stage = Stage::set_each(over, move |number| match number {
                0 => script.clone(),
                _ => vec![Request, say("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine")],
            })
            .await;
            let transport = stage.builder().build().unwrap();
            let report = stage.ask(&transport, once(&stage.url("/"))).await.in_time();
            assert!(report.outcome.is_ok(), "{first:?} {:?}", report.outcome);
            if pieces == 2 || pause > 0 {
                // Bytes that come after the next request is written are its reply, to all
                // appearance; these come before.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let case = format!("{over:?} {first:?} {leftover:?} {pieces} {pause}");
            let second = stage.ask(&transport, once(&stage.url("/"))).await.in_time();
            assert_eq!(second.outcome.unwrap().body(), b"mine", "{case}");
        }
    })
    .await;
}

/// The same in a hurry: the next request follows the reply as fast as it can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leftover_in_the_same_piece_loses_every_race() {
    let stage = Stage::set(Over::Plain, &[Request, say([OK, STALE.as_bytes()].concat())]).await;
    let transport = stage.builder().build().unwrap();
    for _ in 0..300 {
        match transport.send(once(&stage.url("/"))).await {
            Ok(reply) => assert_eq!(reply.body(), b"ok"),
            Err(error) => assert_eq!(error.kind(), Interrupted),
        }
    }
}

/// A body longer than its length is the client's to cut, whatever the server meant.
#[tokio::test]
async fn the_answer_to_a_head_request_has_no_body() {
    for over in HTTP1 {
        let reply = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstale";
        let stage = Stage::set(over, &[Request, say(reply), Request, say(OK)]).await;
        let transport = stage.builder().build().unwrap();
        let head = || {
            let mut request: Message = once(&stage.url("/"));
            *request.method_mut() = http::Method::HEAD;
            request
        };
        for _ in 0..2 {
            stage.ask(&transport, head()).await.replied(200, "");
        }
    }
}

const BOTH: &[&str] = &[
    "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 12\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "content-length: 2\r\ntransfer-encoding: gzip\r\n\r\nok",
    "content-length: 2\r\ntransfer-encoding: identity\r\n\r\nok",
];

#[tokio::test]
async fn a_reply_with_a_length_and_an_encoding_is_malformed() {
    each(http1(BOTH), |(over, said)| async move {
        let said = ["HTTP/1.1 200 OK\r\n", said].concat();
        fault(over, &[Request, say(said), Close]).await.sent(Malformed);
    })
    .await;
}

const ENCODINGS: &[&str] = &[
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
    "transfer-encoding: chunked, chunked",
    "transfer-encoding: gzip, chunked",
    "transfer-encoding: gzip\r\ntransfer-encoding: chunked",
    "transfer-encoding: identity, chunked",
    "transfer-encoding: chunked, gzip",
    "transfer-encoding: chunked, identity",
    "transfer-encoding: xchunked",
    "transfer-encoding: chunked;q=1",
    "transfer-encoding: \"chunked\"",
    "transfer-encoding: gzip",
    "transfer-encoding: identity",
    "transfer-encoding: ",
    "transfer-encoding: ,chunked",
    "transfer-encoding: chunked,",
    "transfer-encoding: \x0bchunked",
];

/// The transport has asked for no encoding, and understands `chunked` alone.
#[tokio::test]
async fn every_encoding_but_chunked_is_malformed() {
    each(http1(ENCODINGS), |(over, encoding)| async move {
        let said = format!("HTTP/1.1 200 OK\r\n{encoding}\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        fault(over, &[Request, say(said), Close]).await.sent(Malformed);
    })
    .await;
}

#[tokio::test]
async fn an_encoding_in_an_old_version_is_malformed() {
    for over in HTTP1 {
        let said = "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        fault(over, &[Request, say(said), Close]).await.sent(Malformed);
    }
}

/// Such a reply can stand in the stream before the client has said anything: with the end of the
/// server's handshake.
#[tokio::test]
async fn a_reply_before_the_request_is_none() {
    let authority = Authority::new("test authority");
    let acceptor = authority.server("localhost", &["http/1.1"]);
    let server = Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, peer) = peer.take();
            let Some(stream) = acceptor.accept_saying(stream, STALE.as_bytes()).await else {
                return;
            };
            let mut peer = peer.put(stream);
            while peer.request().await.is_some() {
                peer.send(OK).await;
            }
        }
    })
    .await;
    let url = format!("https://localhost:{}/", server.port());
    for _ in 0..20 {
        // A pool of its own, so a connection of its own.
        let transport = stytch_session_hyper::HyperTransport::builder()
            .tls_config(authority.client(&[]))
            .build()
            .unwrap();
        let error = transport.send(once(&url)).await.expect_err("a reply to no request");
        assert!(matches!(error.kind(), Connect | Interrupted), "{error:?}");
        assert_eq!(error.delivery(), Delivery::NotSent);
    }
}
