//! Interim replies, and statuses that have no body.

use stytch_session::TransportErrorKind::{Interrupted, Malformed};

use crate::stage::Step::{Close, Pause, Request};
use crate::stage::{HTTP1, Stage, each, fault, http1, say};
use crate::support::{OK, once};

const INTERIM: &[&str] = &[
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n",
    "HTTP/1.1 199 Odd\r\nname: value\r\n\r\n",
    // A length there means nothing.
    "HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n",
];

#[tokio::test]
async fn the_reply_comes_after_any_interim_replies() {
    each(http1(INTERIM), |(over, interim)| async move {
        for count in [1, 2, 100] {
            let said = [interim.repeat(count).as_bytes(), OK].concat();
            fault(over, &[Request, say(said)]).await.replied(200, "ok");
            let script = [Request, say(interim.repeat(count)), Pause, say(OK)];
            fault(over, &script).await.replied(200, "ok");
        }
    })
    .await;
}

#[tokio::test]
async fn interim_replies_alone_are_no_reply() {
    each(http1(INTERIM), |(over, interim)| async move {
        fault(over, &[Request, say(interim), Close]).await.sent(Interrupted);
        fault(over, &[Request, say(interim.repeat(100)), Close]).await.sent(Interrupted);
    })
    .await;
}

/// Its body stands where the reply should.
#[tokio::test]
async fn an_interim_reply_has_no_body() {
    each(
        http1(["HTTP/1.1 100 Continue\r\ncontent-length: 2\r\n\r\nno"]),
        |(over, said)| async move {
            fault(over, &[Request, say([said.as_bytes(), OK].concat())]).await.sent(Malformed);
        },
    )
    .await;
}

/// Nobody has asked for another protocol. The status is the reply, and what follows is not read.
#[tokio::test]
async fn another_protocol_is_not_switched_to() {
    each(http1(["", "\x01\x05hello", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstale"]), {
        |(over, after)| async move {
            let switch =
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
            let stage = Stage::set_each(over, move |number| match number {
                0 => vec![Request, say([switch, after].concat()), Request, say(OK)],
                _ => vec![Request, say(OK)],
            })
            .await;
            let transport = stage.builder().build().unwrap();
            stage.ask(&transport, once(&stage.url("/"))).await.replied(101, "");
            stage.ask(&transport, once(&stage.url("/"))).await.replied(200, "ok");
            assert_eq!(stage.server.accepted(), 2, "the connection speaks something else now");
        }
    })
    .await;
}

/// The bytes that follow are no body, and no reply to the next request.
#[tokio::test]
async fn a_status_without_a_body_has_none() {
    let cases = [
        (204, "HTTP/1.1 204 No Content\r\n\r\nstale"),
        (204, "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nstale"),
        (
            204,
            "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n5\r\nstale\r\n0\r\n\r\n",
        ),
        (304, "HTTP/1.1 304 Not Modified\r\n\r\nstale"),
        (304, "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\nstale"),
        (304, "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"),
    ];
    for over in HTTP1 {
        for (status, said) in cases {
            let stage = Stage::set(over, &[Request, say(said), Request, say(OK)]).await;
            let transport = stage.builder().build().unwrap();
            stage.ask(&transport, once(&stage.url("/"))).await.replied(status, "");
            let second = stage.ask(&transport, once(&stage.url("/"))).await;
            if said.ends_with("\r\n\r\n") && status == 304 {
                let _ = second.outcome.map(|reply| assert_eq!(reply.body(), b"ok"));
                continue;
            }
            // A new connection, which says the same.
            second.replied(status, "");
        }
    }
}
