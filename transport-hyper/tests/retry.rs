//! Sending again: how often the server is asked, and what is told of it.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stytch_session::TransportErrorKind::{Connect, Interrupted};
use stytch_session::retry::RetryPolicy;
use stytch_session::{Delivery, Repeat, Transport, TransportErrorKind};
use stytch_session_hyper::HyperTransportBuilder;
use support::{OK, Server, failure, get, loopback, with_repeat};

const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";

/// Without pauses to wait for.
fn at_once() -> HyperTransportBuilder {
    loopback().retry(RetryPolicy::new().first_pause(Duration::ZERO))
}

/// What a hook is told: the number of the attempt, its outcome, and whether another one follows.
type Told = (u32, Result<u16, TransportErrorKind>, bool);

fn telling(builder: HyperTransportBuilder) -> (HyperTransportBuilder, Arc<Mutex<Vec<Told>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let builder = builder.on_attempt(move |attempt| {
        assert_eq!((attempt.method.as_str(), attempt.route), ("GET", "/test"));
        let outcome = attempt
            .outcome
            .map(|status| status.as_u16())
            .map_err(stytch_session::TransportError::kind);
        tell.lock().unwrap().push((attempt.number, outcome, attempt.pause.is_some()));
    });
    (builder, told)
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_each_attempt_is_told() {
    let server = Server::start(|_, mut peer| async move {
        for reply in [BUSY.as_bytes(), BUSY.as_bytes(), OK] {
            peer.request().await;
            peer.send(reply).await;
        }
    })
    .await;
    let (builder, told) = telling(at_once());
    let transport = builder.build().unwrap();
    let reply = transport.send(with_repeat(get(&server.url("/")), Repeat::Always)).await.unwrap();
    assert_eq!(reply.body(), b"ok");
    assert_eq!(
        *told.lock().unwrap(),
        [(1, Ok(503), true), (2, Ok(503), true), (3, Ok(200), false)]
    );
    assert_eq!(server.accepted(), 1, "the connection is as good as before");
}

#[tokio::test]
async fn a_reply_is_a_reply_to_what_must_not_be_repeated() {
    let server = Server::answering(BUSY).await;
    let transport = at_once().build().unwrap();
    for (repeat, sends) in [(Repeat::Always, 3), (Repeat::IfNotSent, 1), (Repeat::Never, 1)] {
        let before = server.requests().len();
        let reply = transport.send(with_repeat(get(&server.url("/")), repeat)).await.unwrap();
        assert_eq!((reply.status().as_u16(), server.requests().len() - before), (503, sends));
    }
    let unmarked = transport.send(get(&server.url("/"))).await.unwrap();
    assert_eq!((unmarked.status().as_u16(), server.requests().len()), (503, 6));
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_if_the_request_may_be() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    drop(server);
    for (repeat, sends) in [(Repeat::Always, 3), (Repeat::IfNotSent, 3), (Repeat::Never, 1)] {
        let (builder, told) = telling(at_once());
        let outcome = builder.build().unwrap().send(with_repeat(get(&url), repeat)).await;
        assert_eq!(failure(outcome), (Connect, Delivery::NotSent));
        assert_eq!(told.lock().unwrap().len(), sends, "{repeat:?}");
    }
}

/// A server that is down is asked once for each call, and a few times more.
#[tokio::test]
async fn a_storm_stays_within_the_budget() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
    })
    .await;
    let transport = at_once().retry_budget(20).build().unwrap();
    let url = server.url("/");
    let calls = (0..10).map(|_| {
        let (transport, url) = (transport.clone(), url.clone());
        tokio::spawn(async move {
            for _ in 0..100 {
                let outcome = transport.send(with_repeat(get(&url), Repeat::Always)).await;
                assert_eq!(failure(outcome).0, Interrupted);
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(server.requests().len(), 1020);
}

#[tokio::test]
async fn no_pause_outlives_the_operation() {
    let server = Server::answering(BUSY).await;
    let patient = RetryPolicy::new()
        .first_pause(Duration::from_secs(3600))
        .longest_pause(Duration::from_secs(3600));
    let transport =
        loopback().retry(patient).total_timeout(Duration::from_millis(50)).build().unwrap();
    let reply = transport.send(with_repeat(get(&server.url("/")), Repeat::Always)).await.unwrap();
    assert_eq!(reply.status(), 503);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_the_callers() {
    let server =
        Server::answering("HTTP/1.1 429 Slow\r\nretry-after: 11\r\ncontent-length: 0\r\n\r\n")
            .await;
    let transport = at_once().build().unwrap();
    let reply = transport.send(with_repeat(get(&server.url("/")), Repeat::Always)).await.unwrap();
    assert_eq!((reply.status().as_u16(), server.requests().len()), (429, 1));
}

#[tokio::test]
async fn nothing_is_repeated_without_a_policy() {
    let server = Server::answering(BUSY).await;
    let transport = loopback().retry(RetryPolicy::none()).build().unwrap();
    transport.send(with_repeat(get(&server.url("/")), Repeat::Always)).await.unwrap();
    assert_eq!(server.requests().len(), 1);
}

/// Nobody waits for the hook; a dropped call tells nothing more.
#[tokio::test]
async fn a_dropped_call_is_not_repeated() {
    let server = Server::answering(BUSY).await;
    let policy = RetryPolicy::new()
        .first_pause(Duration::from_secs(3600))
        .longest_pause(Duration::from_secs(3600));
    let builder = loopback()
        .retry(policy)
        .total_timeout(Duration::from_secs(7200))
        .attempt_timeout(Duration::from_secs(7200));
    let (builder, told) = telling(builder);
    let transport = builder.build().unwrap();
    let call = transport.send(with_repeat(get(&server.url("/")), Repeat::Always));
    let told_once = async {
        while told.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = call => panic!("it waits for an hour"),
        () = told_once => {}
    }
    assert_eq!(*told.lock().unwrap(), [(1, Ok(503), true)]);
    assert_eq!(server.requests().len(), 1);
}
