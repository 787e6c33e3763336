//! What is sent again, and how often. Everywhere else in these tests a request is sent once; what is
//! counted and told of it, and when it stops, is in `retry.rs`.

use std::time::Duration;

use stytch_session::TransportErrorKind::Interrupted;
use stytch_session::retry::RetryPolicy;
use stytch_session::{Delivery, Repeat, Transport};

use crate::stage::Step::{Close, Request};
use crate::stage::{HTTP1, Stage};
use crate::support::{OK, Server, get, loopback, with_repeat};

/// Without pauses to wait for.
fn at_once() -> RetryPolicy {
    RetryPolicy::new().first_pause(Duration::ZERO)
}

const EVERY: [Repeat; 3] = [Repeat::Always, Repeat::IfNotSent, Repeat::Never];

#[tokio::test]
async fn a_server_that_closes_before_the_reply_is_asked_again_if_that_is_safe() {
    for over in HTTP1 {
        let stage = Stage::set(over, &[Request, Close]).await;
        let transport = stage.builder().retry(at_once()).build().unwrap();
        for (repeat, sends) in EVERY.into_iter().zip([3, 1, 1]) {
            let request = with_repeat(get(&stage.url("/")), repeat);
            let report = stage.ask(&transport, request).await;
            let report = report.failed(Interrupted, Delivery::Unknown);
            assert_eq!((report.connections, report.requests), (sends, sends), "{repeat:?}");
        }
    }
}

/// A server that closes each connection after one reply, without saying so.
async fn forgetful() -> Server {
    Server::answering_once(OK).await
}

#[tokio::test]
async fn a_pooled_connection_that_the_server_closed_is_replaced() {
    let server = forgetful().await;
    let transport = loopback().build().unwrap();
    for repeat in EVERY {
        let response = transport.send(with_repeat(get(&server.url("/")), repeat)).await.unwrap();
        assert_eq!(response.body(), b"ok");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((server.accepted(), server.requests().len()), (3, 3));
}

/// The close races with the next request, so that each way of losing the race occurs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_that_races_with_a_request_is_reported_truly() {
    let server = forgetful().await;
    let transport = loopback().build().unwrap();
    let (mut replies, mut broken) = (0, 0);
    for round in 0..200 {
        let request = with_repeat(get(&server.url("/")), Repeat::IfNotSent);
        match transport.send(request).await {
            Ok(_) => replies += 1,
            Err(error) => {
                assert_eq!((error.kind(), error.delivery()), (Interrupted, Delivery::Unknown));
                broken += 1;
            }
        }
        if round % 3 == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(replies + broken, 200);
    assert_eq!(
        server.requests().len(),
        replies,
        "a request was handled and its reply lost, or sent twice"
    );
}

#[cfg(feature = "http2")]
mod http2 {
    use super::*;
    use crate::frames::{NO_ERROR, REFUSED_STREAM, data, go_away, headers, ok, reset, settings};
    use crate::stage::Step::{self, Pause};
    use crate::stage::{Over, say};

    fn hello() -> Step {
        say(settings(&[]))
    }

    /// Two ways in which a server says that it has not looked at the request.
    fn refusals() -> [Vec<u8>; 2] {
        [reset(1, REFUSED_STREAM), go_away(0, NO_ERROR)]
    }

    #[tokio::test]
    async fn a_request_that_was_not_taken_is_sent_once_more() {
        for refusal in refusals() {
            for repeat in [Repeat::Always, Repeat::IfNotSent] {
                let refusal = refusal.clone();
                let stage = Stage::set_each(Over::Http2, move |number| match number {
                    0 => vec![hello(), Request, say(&refusal)],
                    _ => vec![hello(), Request, say(ok())],
                })
                .await;
                let transport = stage.builder().build().unwrap();
                let request = with_repeat(get(&stage.url("/")), repeat);
                let report = stage.ask(&transport, request).await;
                assert_eq!(report.outcome.unwrap().body(), b"ok");
                assert_eq!((report.connections, report.requests), (2, 2));
            }
        }
    }

    #[tokio::test]
    async fn a_request_that_is_never_taken_is_sent_three_times() {
        for refusal in refusals() {
            let stage = Stage::set(Over::Http2, &[hello(), Request, say(refusal)]).await;
            for repeat in [Repeat::Always, Repeat::IfNotSent] {
                let transport = stage.builder().retry(at_once()).build().unwrap();
                let request = with_repeat(get(&stage.url("/")), repeat);
                let report = stage.ask(&transport, request).await;
                let report = report.failed(Interrupted, Delivery::NotSent);
                assert_eq!((report.connections, report.requests), (3, 3));
            }
        }
    }

    #[tokio::test]
    async fn a_request_that_may_have_been_taken_is_sent_once() {
        let begun = headers(1, 0, &[(":status", "200")]);
        for said in [reset(1, NO_ERROR), go_away(1, NO_ERROR), begun, data(1, 0, "")] {
            let script = [hello(), Request, say(said), Pause, Close];
            let stage = Stage::set(Over::Http2, &script).await;
            let transport = stage.builder().build().unwrap();
            let report =
                stage.ask(&transport, with_repeat(get(&stage.url("/")), Repeat::IfNotSent)).await;
            assert_eq!(report.outcome.unwrap_err().delivery(), Delivery::Unknown);
            assert_eq!((report.connections, report.requests), (1, 1));
        }
    }

    /// A server that is about to leave takes the streams it names and no others.
    #[tokio::test]
    async fn a_server_that_leaves_is_followed() {
        let stage = Stage::set_each(Over::Http2, |number| match number {
            0 => vec![hello(), Request, say([ok(), go_away(1, NO_ERROR)].concat())],
            _ => vec![
                hello(),
                Request,
                say(ok()),
                Request,
                say([headers(3, 0, &[(":status", "200")]), data(3, 1, "ok")].concat()),
            ],
        })
        .await;
        let transport = stage.builder().build().unwrap();
        for connections in [1, 2, 2] {
            let request = with_repeat(get(&stage.url("/")), Repeat::IfNotSent);
            assert_eq!(transport.send(request).await.unwrap().body(), b"ok");
            assert_eq!(stage.server.accepted(), connections);
        }
    }
}
