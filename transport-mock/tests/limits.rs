//! Clients that stop in the middle. The clock of the runtime is paused, so that it jumps to the
//! next limit as soon as everybody waits.
#![cfg(feature = "server")]

use std::time::Duration;

use stytch_session_mock::{Emulator, Fault, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Longer than any limit of the server.
const LONG: Duration = Duration::from_secs(300);

const REQUEST: &[u8] = b"GET /_emulator/state HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn connect() -> (Server, TcpStream) {
    let server = Emulator::example().serve("127.0.0.1:0").await.expect("a free port");
    let stream = TcpStream::connect(server.local_addr()).await.expect("the server listens");
    (server, stream)
}

/// What the server says to a client that sends `part` and then waits, until it closes.
async fn after(part: &[u8]) -> String {
    let (_server, mut stream) = connect().await;
    stream.write_all(part).await.expect("it is sent");
    let mut answer = Vec::new();
    let closed = timeout(LONG, stream.read_to_end(&mut answer)).await;
    closed.expect("the server closes").expect("without an error");
    String::from_utf8(answer).expect("text")
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_is_left() {
    assert_eq!(after(b"").await, "");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_in_the_headers_is_left() {
    let answer = after(b"POST /v1/b2b/sessions/revoke HTTP/1.1\r\nHost: loc").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_in_the_body_is_told_so() {
    let answer = after(
        b"POST /v1/b2b/sessions/revoke HTTP/1.1\r\nHost: localhost\r\nOrigin: http://app.example\r\n\
          Content-Length: 10\r\n\r\n{",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("access-control-allow-origin: http://app.example\r\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_idles_is_closed() {
    assert!(after(REQUEST).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_is_left() {
    let (_server, mut stream) = connect().await;
    let requests = REQUEST.repeat(1000);
    let write = async { while stream.write_all(&requests).await.is_ok() {} };
    timeout(LONG, write).await.expect("the server closes");
}

#[tokio::test(start_paused = true)]
async fn answers_are_late_for_as_long_as_a_fault_says_but_a_minute_at_most() {
    let hour = Duration::from_secs(3600);
    for (delay, expected) in [(Duration::from_secs(7), 7), (hour, 60)] {
        let emulator = Emulator::example();
        emulator.fail_next(1, Fault::Delay(delay));
        let server = emulator.serve("127.0.0.1:0").await.expect("a free port");
        let mut stream = TcpStream::connect(server.local_addr()).await.expect("it listens");
        let began = Instant::now();
        let request = b"GET /v1/x HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).await.expect("it is sent");
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("an answer");
        assert_eq!((&start, began.elapsed().as_secs()), (b"HTTP/1.1 404", expected));
        assert_eq!(emulator.requests()[0].status().map(|status| status.as_u16()), Some(404));
    }
}
