//! No connection: nothing was sent.

use std::time::Instant;

use stytch_session::TransportErrorKind::{Connect, Timeout};
use stytch_session::{Delivery, Transport};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use tokio::net::TcpListener;
#[cfg(target_os = "linux")]
use tokio::net::{TcpSocket, TcpStream};

use crate::certificates::Authority;
use crate::stage::{GENEROUS, LIMIT, NEVER};
use crate::support::{chain, loopback, once};

fn with_tls() -> HyperTransport {
    let authority = Authority::new("test authority");
    HyperTransport::builder().tls_config(authority.client(&[])).build().unwrap()
}

#[tokio::test]
async fn a_refused_connection_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for (transport, scheme) in [(loopback().build().unwrap(), "http"), (with_tls(), "https")] {
        let started = Instant::now();
        let error = transport.send(once(&format!("{scheme}://{address}/"))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Connect, Delivery::NotSent));
        assert!(chain(&error).contains("refused"), "{}", chain(&error));
        assert!(started.elapsed() < GENEROUS);
    }
}

/// What does not fit into a question to a name server is not asked.
#[tokio::test]
async fn a_name_that_cannot_be_is_not_found() {
    for name in ["a".repeat(64), format!("{}invalid", "a.".repeat(130)), "a..invalid".to_owned()] {
        let started = Instant::now();
        let error = with_tls().send(once(&format!("https://{name}/"))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Connect, Delivery::NotSent), "{name}");
        assert!(started.elapsed() < GENEROUS);
    }
}

/// No such name exists (RFC 6761). A resolver that cannot be reached takes its time to say so, and
/// then the limit ends the question.
#[tokio::test]
async fn a_name_that_nobody_has_is_not_found() {
    let started = Instant::now();
    let error = with_tls().send(once("https://server.invalid/")).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent);
    match error.kind() {
        Connect => assert!(chain(&error).contains("dns"), "{}", chain(&error)),
        kind => assert_eq!(kind, Timeout, "{}", chain(&error)),
    }
    assert!(started.elapsed() < GENEROUS);
}

/// A listener whose queue is full: the kernel answers no more connections.
#[cfg(target_os = "linux")]
async fn deaf() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(waiting)) = tokio::time::timeout(LIMIT, TcpStream::connect(address)).await {
        queue.push(waiting);
        assert!(queue.len() < 100, "the queue takes everything");
    }
    (listener, queue)
}

#[cfg(target_os = "linux")]
async fn never_connected(builder: HyperTransportBuilder, reason: &str) {
    let (listener, _queue) = deaf().await;
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let started = Instant::now();
    let error = builder.build().unwrap().send(once(&url)).await.unwrap_err();
    let said = chain(&error);
    assert_eq!((error.kind(), error.delivery()), (Timeout, Delivery::NotSent), "{said}");
    assert!(said.contains(reason), "{said}");
    assert!(started.elapsed() < GENEROUS);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_is_never_made_ends_with_the_attempt_or_the_operation() {
    let patient = || loopback().connect_timeout(NEVER).attempt_timeout(NEVER).total_timeout(NEVER);
    never_connected(patient().attempt_timeout(LIMIT), "not finished within 300 ms").await;
    never_connected(patient().total_timeout(LIMIT), "not finished within").await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_is_never_made_is_a_timeout() {
    for _ in 0..5 {
        never_connected(loopback().connect_timeout(LIMIT), "").await;
    }
}
