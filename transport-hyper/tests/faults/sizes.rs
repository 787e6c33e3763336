//! Sizes at their limits. What is endless or huge is in the `memory` tests.

use stytch_session::TransportErrorKind::{Malformed, TooLarge};
use stytch_session::{MAX_BODY_BYTES, MAX_HEADER_BYTES};
use stytch_session_hyper::HyperTransportBuilder;

use crate::stage::Step::{Close, Request};
use crate::stage::{HTTP1, Report, each, fault, fault_with, http1, say};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// The same body with a length, in one chunk, in many, and up to the end.
fn framings(body: &str) -> [String; 4] {
    let length = body.len();
    let (first, second) = body.split_at(length / 2);
    [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"),
        format!("{CHUNKED}{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!(
            "{CHUNKED}{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        ),
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}"),
    ]
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    for limit in [2, 1000, usize::MAX] {
        // The limit cannot be raised above the core's.
        let set = move |builder: HyperTransportBuilder| builder.max_body_bytes(limit);
        let limit = limit.min(MAX_BODY_BYTES);
        let over = if limit > 1000 { &HTTP1[..1] } else { &HTTP1 };
        for over in over {
            for reply in framings(&"x".repeat(limit)) {
                let report = fault_with(*over, &[Request, say(reply), Close], set).await;
                report.replied(200, "x".repeat(limit));
            }
            for reply in framings(&"x".repeat(limit + 1)) {
                fault_with(*over, &[Request, say(reply), Close], set).await.sent(TooLarge);
            }
        }
    }
}

#[tokio::test]
async fn an_announced_flood_is_refused_before_it_comes() {
    each(http1([MAX_BODY_BYTES + 1, 1 << 40]), |(over, length)| async move {
        let said = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        fault(over, &[Request, say(said)]).await.sent(TooLarge);
    })
    .await;
}

#[tokio::test]
async fn headers_may_be_as_large_as_the_limit_and_no_larger() {
    let cases = [1000, usize::MAX].into_iter().flat_map(|limit| {
        let whole = limit.min(MAX_HEADER_BYTES);
        [(whole, true), (whole + 1, false), (whole * 3, false)]
            .map(|(size, fits)| (limit, size, fits))
    });
    each(http1(cases), |(over, (limit, size, fits))| async move {
        let filler = "x".repeat(size - "content-length0x-filler".len());
        let said = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-filler: {filler}\r\n\r\n");
        let set = |builder: HyperTransportBuilder| builder.max_header_bytes(limit);
        let report: Report = fault_with(over, &[Request, say(said)], set).await;
        if fits {
            report.replied(200, "");
        } else {
            report.sent(TooLarge);
        }
    })
    .await;
}

#[tokio::test]
async fn headers_may_be_a_hundred_and_no_more() {
    for over in HTTP1 {
        for (count, fits) in [(100, true), (101, false), (5000, false)] {
            let names = "a: b\r\n".repeat(count - 1);
            let said = format!("HTTP/1.1 200 OK\r\n{names}content-length: 0\r\n\r\n");
            let report = fault(over, &[Request, say(said)]).await;
            if fits {
                report.replied(200, "");
            } else {
                report.sent(TooLarge);
            }
        }
    }
}

#[tokio::test]
async fn what_is_long_beside_the_headers_is_bounded_too() {
    let long = "x".repeat(100_000);
    let longer = "x".repeat(1_000_000);
    let cases = [
        (format!("HTTP/1.1 200 {longer}\r\ncontent-length: 0\r\n\r\n"), TooLarge),
        (format!("HTTP/1.1 200 OK\r\n{long}: a\r\n\r\n"), TooLarge),
        (format!("{CHUNKED}2;{long}\r\nok\r\n0\r\n\r\n"), Malformed),
        (format!("{CHUNKED}2\r\nok\r\n0\r\nname: {long}\r\n\r\n"), Malformed),
        (format!("{CHUNKED}2\r\nok\r\n0\r\n{}\r\n", "a: b\r\n".repeat(10_000)), Malformed),
    ];
    each(http1(cases), |(over, (said, kind))| async move {
        fault(over, &[Request, say(said)]).await.sent(kind);
    })
    .await;
}
