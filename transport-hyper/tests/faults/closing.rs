//! Connections that end before the reply does, and just after it.

use stytch_session::Delivery;
use stytch_session::TransportErrorKind::Interrupted;

use crate::places::{AT_THE_END, UNFINISHED, WHOLE};
use crate::stage::Step::{Close, Cut, Listen, Pause, Request, Reset};
use crate::stage::{HTTP1, Over, Stage, each, fault, http1, say};
use crate::support::{OK, chain, once};

#[tokio::test]
async fn the_end_of_the_connection_anywhere_in_a_reply_is_an_interruption() {
    each(http1(UNFINISHED), |(over, said)| async move {
        for end in [Close, Cut, Reset] {
            fault(over, &[Request, say(said), Pause, end]).await.sent(Interrupted);
        }
    })
    .await;
}

#[tokio::test]
async fn a_reset_names_itself() {
    each(
        http1(["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"]),
        |(over, said)| async move {
            let script = [Request, say(said), Pause, Reset];
            fault(over, &script).await.sent(Interrupted).because("reset");
        },
    )
    .await;
}

/// A body without a length ends with the connection. A reset is no such end, and over TLS nor is
/// one that the server has not announced.
#[tokio::test]
async fn a_body_without_a_length_ends_only_in_good_order() {
    for over in HTTP1 {
        fault(over, &[Request, say(AT_THE_END), Pause, Close]).await.replied(200, "half");
        fault(over, &[Request, say(AT_THE_END), Pause, Reset]).await.sent(Interrupted);
    }
    fault(Over::Tls, &[Request, say(AT_THE_END), Pause, Cut]).await.sent(Interrupted);
}

#[tokio::test]
async fn what_happens_after_a_whole_reply_does_not_spoil_it() {
    each(http1(WHOLE), |(over, (said, status, body))| async move {
        for end in [Close, Cut, Reset] {
            fault(over, &[Request, say(said), end.clone()]).await.replied(*status, body);
            fault(over, &[Request, say(said), Pause, end]).await.replied(*status, body);
        }
    })
    .await;
}

/// The server has not read the request. The transport knows that only if it had not written it.
#[tokio::test]
async fn the_end_of_the_connection_before_the_request_is_an_interruption() {
    each(http1([Close, Cut, Reset]), |(over, end)| async move {
        let report = fault(over, &[end]).await.in_time();
        let error = report.outcome.expect_err("nobody has answered");
        assert_eq!(error.kind(), Interrupted, "{over:?} {}", chain(&error));
        assert_eq!((report.connections, report.requests), (1, 0));
    })
    .await;
}

/// The server has read a part of the request, and its end never.
#[tokio::test]
async fn the_end_of_the_connection_within_the_request_is_an_interruption() {
    each(http1([Cut, Reset]), |(over, end)| async move {
        let stage = Stage::set(over, &[Listen, end.clone()]).await;
        let transport = stage.builder().build().unwrap();
        let request = once(&stage.url("/")).map(|_| vec![b'x'; 4 << 20]);
        let report = stage.ask(&transport, request).await;
        let report = report.failed(Interrupted, Delivery::Unknown);
        assert_eq!((report.connections, report.requests), (1, 0), "{over:?} {end:?}");
    })
    .await;
}

#[tokio::test]
async fn a_broken_connection_is_not_used_again() {
    each(http1(UNFINISHED), |(over, said)| async move {
        let stage = Stage::set_each(over, move |number| match number {
            0 => vec![Request, say(said), Pause, Reset],
            _ => vec![Request, say(OK)],
        })
        .await;
        let transport = stage.builder().build().unwrap();
        stage.ask(&transport, once(&stage.url("/"))).await.sent(Interrupted);
        stage.ask(&transport, once(&stage.url("/"))).await.replied(200, "ok");
    })
    .await;
}
