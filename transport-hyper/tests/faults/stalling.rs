//! Servers that fall silent, and servers that take their time.

use std::time::Duration;

use stytch_session::TransportErrorKind::Timeout;
use stytch_session::{Delivery, Transport};
use stytch_session_hyper::HyperTransportBuilder;

use crate::places::{AT_THE_END, UNFINISHED};
use crate::stage::Step::{Drip, Listen, Request};
use crate::stage::{LIMIT, NEVER, Stage, each, fault_with, http1, say};
use crate::support::{OK, Server, loopback, once};

type Limit = (fn(HyperTransportBuilder) -> HyperTransportBuilder, &'static str);

/// Each limit alone, the others out of reach, and what it says.
const LIMITS: [Limit; 3] = [
    (|builder| patient(builder).stall_timeout(LIMIT), "no byte for 300 ms"),
    (|builder| patient(builder).attempt_timeout(LIMIT), "not finished within 300 ms"),
    (|builder| patient(builder).total_timeout(LIMIT), "not finished within"),
];

fn patient(builder: HyperTransportBuilder) -> HyperTransportBuilder {
    builder.connect_timeout(NEVER).stall_timeout(NEVER).attempt_timeout(NEVER).total_timeout(NEVER)
}

#[tokio::test]
async fn silence_anywhere_in_a_reply_ends_with_every_limit() {
    each(http1(UNFINISHED.iter().chain([&AT_THE_END])), |(over, said)| async move {
        for (limit, reason) in LIMITS {
            let script = [Request, say(said)];
            fault_with(over, &script, limit).await.sent(Timeout).because(reason);
        }
    })
    .await;
}

/// A byte now and then keeps a stall away, not the other limits.
#[tokio::test]
async fn a_dripping_body_ends_with_the_attempt_or_the_operation() {
    let cases = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n", vec![b'x'; 4000]),
        ("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 4000]),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n".repeat(999)),
    ];
    each(http1(cases), |(over, (head, drip))| async move {
        for (limit, reason) in &LIMITS[1..] {
            let script = [Request, say(head), Drip(drip.clone())];
            fault_with(over, &script, limit).await.sent(Timeout).because(reason);
        }
    })
    .await;
}

/// hyper shows nothing of a header section before its end, so a drip counts as silence there. So
/// does what is no piece of the body within the body.
#[tokio::test]
async fn what_is_no_piece_of_the_body_is_no_progress() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let cases = [
        ("HTTP/1.1 200 O", "x"),
        ("HTTP/1.1 200 OK\r\nname: ", "x"),
        ("HTTP/1.1 200 OK\r\n", "a: b\r\n"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        (chunked, "0"),
        (chunked, "5;xxxxxxxxxxx"),
        (chunked, "2\r\nok\r\n0\r\nname: xxxxxxxx"),
    ];
    each(http1(cases), |(over, (head, drip))| async move {
        for (limit, _) in LIMITS {
            let script = [Request, say(head), Drip(drip.repeat(4000 / drip.len()).into())];
            fault_with(over, &script, limit).await.sent(Timeout);
        }
    })
    .await;
}

/// A server that takes nothing of a long request.
#[tokio::test]
async fn a_request_that_is_not_taken_is_a_stall() {
    for (over, (limit, reason)) in http1(LIMITS) {
        // After a first read the server speaks instead of reading.
        let stage = Stage::set(over, &[Listen, Drip(vec![b'H'; 4000])]).await;
        let transport = limit(stage.builder()).build().unwrap();
        let request = once(&stage.url("/")).map(|_| vec![b'x'; 8 << 20]);
        let report = stage.ask(&transport, request).await;
        let report = report.failed(Timeout, Delivery::Unknown).because(reason);
        assert_eq!((report.connections, report.requests), (1, 0), "{over:?}");
    }
}

/// A slow reply within the limits is a reply like any other.
#[tokio::test]
async fn a_slow_reply_is_a_reply() {
    let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    each(http1([()]), |(over, ())| async move {
        let script = [Request, Drip(reply.to_vec())];
        fault_with(over, &script, patient).await.replied(200, "ok");
    })
    .await;
}

#[tokio::test]
async fn the_longest_times_do_not_overflow() {
    let server = Server::answering(OK).await;
    let transport = loopback()
        .connect_timeout(Duration::MAX)
        .stall_timeout(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .total_timeout(Duration::MAX)
        .pool_idle_timeout(Duration::MAX)
        .build()
        .unwrap();
    for _ in 0..2 {
        transport.send(once(&server.url("/"))).await.unwrap();
    }
}

/// The server sees the end of a connection whose request was given up, while the transport lives.
#[tokio::test]
async fn a_connection_is_closed_when_its_request_is_given_up() {
    each(
        http1(["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab"]),
        |(over, said)| async move {
            let stage = Stage::set(over, &[Request, say(said)]).await;
            let transport = stage.builder().stall_timeout(LIMIT).build().unwrap();
            stage.ask(&transport, once(&stage.url("/"))).await.sent(Timeout);
            stage.is_left(said).await;
            drop(transport);
        },
    )
    .await;
}

/// The same where the future is dropped.
#[tokio::test]
async fn a_connection_is_closed_when_its_future_is_dropped() {
    each(
        http1(["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab"]),
        |(over, said)| async move {
            let stage = Stage::set(over, &[Request, say(said)]).await;
            let transport = stage.builder().build().unwrap();
            let sending = transport.send(once(&stage.url("/")));
            assert!(tokio::time::timeout(LIMIT, sending).await.is_err());
            stage.is_left(said).await;
            drop(transport);
        },
    )
    .await;
}
