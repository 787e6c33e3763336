//! Servers that break off, stall, exaggerate or talk nonsense.

mod support;

use std::time::{Duration, Instant};

use stytch_session::TransportErrorKind::{Interrupted, Malformed, Timeout, TooLarge};
use stytch_session::{Delivery, Repeat, Transport};
use support::{OK, SHORT, Server, chain, failure, get, loopback, with_repeat};
use tokio::io::AsyncWriteExt;

/// Longer than every test: a limit that is not under test.
const NEVER: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_server_that_closes_before_the_reply_is_asked_again_only_if_that_is_safe() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
    })
    .await;
    let transport = loopback().build().unwrap();
    for (repeat, sends) in [(Repeat::Always, 3), (Repeat::IfNotSent, 1), (Repeat::Never, 1)] {
        let before = server.requests().len();
        let outcome = transport.send(with_repeat(get(&server.url("/")), repeat)).await;
        assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown));
        assert_eq!(server.requests().len() - before, sends, "{repeat:?}");
    }
}

#[tokio::test]
async fn a_reset_is_an_interruption() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        peer.stream.set_zero_linger().unwrap();
    })
    .await;
    let error = loopback().build().unwrap().send(get(&server.url("/"))).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Interrupted, Delivery::Unknown));
    assert!(chain(&error).contains("reset"), "{}", chain(&error));
}

#[tokio::test]
async fn a_truncated_reply_is_never_a_success() {
    let transport = loopback().build().unwrap();
    for reply in [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123456789",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
    ] {
        let server = Server::answering_once(reply).await;
        let outcome = transport.send(get(&server.url("/"))).await;
        assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown), "{reply:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    let transport = loopback().build().unwrap();
    for reply in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "hello\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    ] {
        let server = Server::answering_once(reply).await;
        let outcome = transport.send(get(&server.url("/"))).await;
        assert_eq!(failure(outcome), (Malformed, Delivery::Unknown), "{reply:?}");
    }
}

#[tokio::test]
async fn bytes_that_nobody_asked_for_do_not_answer_the_next_request() {
    let server = Server::start(|number, mut peer| async move {
        peer.request().await;
        peer.send(OK).await;
        if number == 0 {
            peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstale").await;
        }
        peer.request().await;
        peer.send(OK).await;
    })
    .await;
    let transport = loopback().build().unwrap();
    transport.send(get(&server.url("/"))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(transport.send(get(&server.url("/"))).await.unwrap().body(), b"ok");
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    let transport = loopback().max_body_bytes(1000).build().unwrap();
    for (length, fits) in [(1000, true), (1001, false)] {
        let body = "x".repeat(length);
        for reply in [
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"),
            format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
            ),
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}"),
        ] {
            let server = Server::answering_once(reply).await;
            let outcome = transport.send(get(&server.url("/"))).await;
            if fits {
                assert_eq!(outcome.unwrap().body().len(), length);
            } else {
                assert_eq!(failure(outcome), (TooLarge, Delivery::Unknown));
            }
        }
    }
}

#[tokio::test]
async fn an_announced_flood_is_refused_before_it_comes() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551614\r\n\r\n").await;
        peer.fall_silent().await;
    })
    .await;
    let outcome = loopback().build().unwrap().send(get(&server.url("/"))).await;
    assert_eq!(failure(outcome), (TooLarge, Delivery::Unknown));
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while peer.stream.write_all(&[b'x'; 65536]).await.is_ok() {}
    })
    .await;
    // The limit cannot be raised above the core's.
    let transport = loopback().max_body_bytes(usize::MAX).build().unwrap();
    assert_eq!(failure(transport.send(get(&server.url("/"))).await), (TooLarge, Delivery::Unknown));
}

#[tokio::test]
async fn headers_may_be_as_large_as_the_limit_and_no_larger() {
    for limit in [1000, usize::MAX] {
        let transport = loopback().max_header_bytes(limit).build().unwrap();
        let limit = limit.min(stytch_session::MAX_HEADER_BYTES);
        let others = "content-length0x-filler".len();
        for (size, fits) in [(limit, true), (limit + 1, false), (limit * 3, false)] {
            let filler = "x".repeat(size - others);
            let server = Server::answering_once(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-filler: {filler}\r\n\r\n"
            ))
            .await;
            let outcome = transport.send(get(&server.url("/"))).await;
            if fits {
                assert_eq!(outcome.unwrap().headers()["x-filler"].len(), filler.len());
            } else {
                assert_eq!(failure(outcome), (TooLarge, Delivery::Unknown), "{size}");
            }
        }
    }
}

#[tokio::test]
async fn endless_or_countless_headers_end_at_the_limit() {
    let endless = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\nx: ").await;
        while peer.stream.write_all(&[b'x'; 65536]).await.is_ok() {}
    })
    .await;
    let countless =
        Server::answering_once(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(1000))).await;
    let transport = loopback().build().unwrap();
    for server in [endless, countless] {
        assert_eq!(
            failure(transport.send(get(&server.url("/"))).await),
            (TooLarge, Delivery::Unknown)
        );
    }
}

#[tokio::test]
async fn silence_is_a_stall_before_and_within_the_reply() {
    for said in [
        "",
        "HTTP/1.1 200 OK\r\nx-",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab",
    ] {
        let server = Server::start(move |_, mut peer| async move {
            peer.request().await;
            peer.send(said.as_bytes()).await;
            peer.fall_silent().await;
        })
        .await;
        let transport = loopback()
            .stall_timeout(SHORT)
            .attempt_timeout(NEVER)
            .total_timeout(NEVER)
            .build()
            .unwrap();
        let error = transport.send(get(&server.url("/"))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Timeout, Delivery::Unknown), "{said:?}");
        assert!(chain(&error).contains("no byte for 80 ms"), "{}", chain(&error));
    }
}

/// A byte now and then keeps a stall away, not the other limits.
#[tokio::test]
async fn a_dripping_reply_ends_with_the_attempt_or_the_operation() {
    let server = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        loop {
            peer.send(b"x").await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    for (attempt, total) in [(SHORT, NEVER), (NEVER, SHORT)] {
        let transport = loopback()
            .stall_timeout(NEVER)
            .attempt_timeout(attempt)
            .total_timeout(total)
            .build()
            .unwrap();
        let started = Instant::now();
        let error = transport.send(get(&server.url("/"))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Timeout, Delivery::Unknown));
        assert!(started.elapsed() < NEVER / 4);
    }
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
        transport.send(get(&server.url("/"))).await.unwrap();
    }
}
