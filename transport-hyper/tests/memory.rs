//! Endless and huge replies: they end in an error in time, and memory stays bounded.
//!
//! The client runs on the test's own thread, where each allocation is counted; the servers have a
//! thread of their own, which is not. After the outcome the client's tasks go on for a while, for a
//! connection that was given up must not fill the memory either.

#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/frames.rs"]
mod frames;
#[path = "support/stage.rs"]
mod stage;
mod support;

use std::sync::LazyLock;
use std::time::Duration;

use stage::Step::{Flood, Pause, Request};
use stage::{GENEROUS, HTTP1, Over, Report, Stage, Step, say};
use stytch_session::TransportErrorKind::{
    self, Connect, Interrupted, Malformed, Timeout, TooLarge,
};
use stytch_session::{Delivery, MAX_BODY_BYTES};
use support::{OK, once};
use tokio::runtime::{Builder, Runtime};

const BOUND: u64 = 16 << 20;

static SERVERS: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// The longest silence. Where nothing else ends a flood, this does.
const STALL: Duration = Duration::from_millis(200);

/// One request to a server that follows `script`, with memory counted.
#[track_caller]
fn measured(name: &str, over: Over, script: &[Step]) -> Report {
    let stage = SERVERS.block_on(Stage::set(over, script));
    let builder = stage.builder().stall_timeout(STALL).attempt_timeout(GENEROUS * 3 / 4);
    let mut report = None;
    let memory = allocation_counter::measure(|| {
        let client = Builder::new_current_thread().enable_all().build().unwrap();
        client.block_on(async {
            let transport = builder.build().unwrap();
            report = Some(stage.ask(&transport, once(&stage.url("/"))).await);
            tokio::time::sleep(STALL / 3).await;
        });
    });
    let mut report = report.unwrap();
    report.case = format!("{name} over {over:?}, {} bytes", memory.bytes_max);
    println!("{:?} {}", report.took, report.case);
    assert!(memory.bytes_max <= BOUND, "{}", report.case);
    assert_eq!(report.connections, 1, "{}", report.case);
    report.in_time()
}

/// The same, ending in one of these errors.
#[track_caller]
fn fails(name: &str, over: Over, script: &[Step], kinds: &[TransportErrorKind]) {
    let report = measured(name, over, script);
    let error = report.outcome.expect_err(name);
    assert!(kinds.contains(&error.kind()), "{}: {}", report.case, support::chain(&error));
    let delivery = if over == Over::Handshake { Delivery::NotSent } else { Delivery::Unknown };
    assert_eq!(error.delivery(), delivery, "{}", report.case);
    assert!(report.requests <= 1, "{}", report.case);
}

fn flood(bytes: impl AsRef<[u8]>) -> Step {
    let bytes = bytes.as_ref();
    Flood(bytes.repeat(65_536_usize.div_ceil(bytes.len())))
}

#[test]
fn endless_bodies() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let (piece, large) = (format!("40\r\n{}\r\n", "x".repeat(64)), 1_u64 << 62);
    for (name, head, endless, kind) in [
        ("no length", "HTTP/1.1 200 OK\r\n\r\n".to_owned(), "x", TooLarge),
        (
            "great length",
            format!("HTTP/1.1 200 OK\r\ncontent-length: {large}\r\n\r\n"),
            "x",
            TooLarge,
        ),
        ("chunks", chunked.to_owned(), &piece, TooLarge),
        ("a great chunk", format!("{chunked}{large:x}\r\n"), "x", TooLarge),
        ("a size of zeros", chunked.to_owned(), "0", Timeout),
        ("a chunk's extension", format!("{chunked}2;"), "x", Malformed),
        (
            "many extensions",
            chunked.to_owned(),
            "1;abcdefghijklmnop=qrstuvwxyz\r\nx\r\n",
            Malformed,
        ),
        ("a trailer", format!("{chunked}2\r\nok\r\n0\r\nname: "), "x", Malformed),
        ("trailers", format!("{chunked}2\r\nok\r\n0\r\n"), "a: b\r\n", Malformed),
    ] {
        for over in HTTP1 {
            fails(name, over, &[Request, say(&head), flood(endless)], &[kind]);
        }
    }
}

#[test]
fn endless_heads() {
    for (name, head, endless, kind) in [
        ("empty lines", "", "\r\n", TooLarge),
        ("a status", "HTTP/1.1 200 ", "x", TooLarge),
        ("a name", "HTTP/1.1 200 OK\r\n", "x", TooLarge),
        ("a value", "HTTP/1.1 200 OK\r\nname: ", "x", TooLarge),
        ("spaces", "HTTP/1.1 200 OK\r\nname: ", " ", TooLarge),
        ("headers", "HTTP/1.1 200 OK\r\n", "a: b\r\n", TooLarge),
        ("interim replies", "", "HTTP/1.1 100 Continue\r\n\r\n", Timeout),
        (
            "interim hints",
            "",
            "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n",
            Timeout,
        ),
        ("nonsense", "", "x", Malformed),
    ] {
        for over in HTTP1 {
            fails(name, over, &[Request, say(head), flood(endless)], &[kind]);
        }
    }
}

#[test]
fn the_longest_body_that_fits() {
    let body = vec![b'x'; MAX_BODY_BYTES];
    for over in HTTP1 {
        for head in [
            format!("HTTP/1.1 200 OK\r\ncontent-length: {MAX_BODY_BYTES}\r\n\r\n"),
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{MAX_BODY_BYTES:x}\r\n"),
        ] {
            let end = if head.contains("chunked") { "\r\n0\r\n\r\n" } else { "" };
            let script = [Request, say(&head), say(&body), say(end)];
            measured("the longest body", over, &script).replied(200, &body);
        }
    }
}

/// The reply is whole; what comes after it goes nowhere.
#[test]
fn an_endless_rest_after_the_reply() {
    for over in HTTP1 {
        for endless in ["x", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstale"] {
            measured("a rest", over, &[Request, say(OK), flood(endless)]).replied(200, "ok");
            measured("a late rest", over, &[Request, say(OK), Pause, flood(endless)])
                .replied(200, "ok");
        }
    }
}

/// The server does not wait for a request, and does not read one.
#[test]
fn endless_bytes_before_the_request() {
    for over in HTTP1 {
        for endless in ["x", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"] {
            let report = measured("bytes before the request", over, &[flood(endless)]);
            let error = report.outcome.unwrap_err();
            let kind = error.kind();
            assert!(
                matches!(kind, Connect | Interrupted | Malformed | Timeout | TooLarge),
                "{}",
                support::chain(&error)
            );
        }
    }
}

#[test]
fn endless_handshakes() {
    let long = [[22, 3, 3, 0x40, 0].as_slice(), &[2; 0x4000]].concat();
    let (empty, certificate) = ([22, 3, 3, 0, 0], [22, 3, 3, 0, 4, 11, 255, 255, 255]);
    for (name, endless) in [
        ("empty records", empty.as_slice()),
        ("warnings", &[21, 3, 3, 0, 2, 1, 90]),
        ("a long message", &long),
        ("a long certificate", &certificate),
        ("changes of the cipher", &[20, 3, 3, 0, 1, 1]),
        ("nonsense", b"x"),
    ] {
        let script = [Step::Listen, flood(endless)];
        fails(name, Over::Handshake, &script, &[Connect, Timeout]);
    }
}

#[cfg(feature = "http2")]
mod http2 {
    use super::*;
    use crate::Over::Http2;
    use crate::frames::{
        CONTINUATION, END_HEADERS, END_STREAM, GOAWAY, HEADERS, LAST, PING, PUSH_PROMISE, data,
        field, frame, headers, ok, reset, section, settings, window,
    };

    const STATUS: (&str, &str) = (":status", "200");

    fn hello() -> Step {
        say(settings(&[]))
    }

    /// The server pays no attention to the window, so the limit or the breach comes first.
    #[test]
    fn endless_bodies() {
        for (name, piece, kinds) in [
            ("data", data(1, 0, vec![b'x'; 16_384]), &[TooLarge, Malformed][..]),
            // It may take until the end of the attempt.
            ("small data", data(1, 0, "x"), &[Malformed, TooLarge, Timeout]),
            ("empty data", data(1, 0, ""), &[Timeout, Malformed]),
            ("trailers", headers(1, 0, &[("a", "b")]), &[Malformed, TooLarge]),
        ] {
            let script = [hello(), Request, say(headers(1, 0, &[STATUS])), flood(piece)];
            fails(name, Http2, &script, kinds);
        }
    }

    #[test]
    fn endless_heads() {
        let filler = section(&[("name", &"x".repeat(1000))]);
        let open = frame(HEADERS, 0, 1, section(&[STATUS]));
        for (name, head, piece) in [
            ("continuations", &open, frame(CONTINUATION, 0, 1, filler.repeat(16))),
            ("small continuations", &open, frame(CONTINUATION, 0, 1, section(&[("a", "b")]))),
            ("empty continuations", &open, frame(CONTINUATION, 0, 1, [])),
            ("a value", &open, frame(CONTINUATION, 0, 1, vec![b'x'; 16_384])),
        ] {
            let script = [hello(), Request, say(head), flood(piece)];
            fails(name, Http2, &script, &[TooLarge, Malformed, Timeout]);
        }
    }

    /// Interim replies wait for their reader, and each may hold two thousand fields of one byte.
    #[test]
    fn endless_interim_replies() {
        let remembered = [field(0x40, ":status", "103"), field(0x40, "a", "b")].concat();
        let first = frame(HEADERS, END_HEADERS, 1, remembered);
        for fields in [0, 20, 200, 2000] {
            let section = [[0xbf].as_slice(), &vec![0xbe; fields]].concat();
            let again = frame(HEADERS, END_HEADERS, 1, section);
            let script = [hello(), Request, say(&first), flood(again)];
            let name = format!("interim replies of {fields}");
            fails(&name, Http2, &script, &[Timeout, TooLarge, Malformed]);
        }
    }

    /// One long field, remembered, and then named by one byte each time.
    #[test]
    fn heads_that_grow_when_they_are_read() {
        let long = field(0x40, "name", &"x".repeat(4000));
        for times in [1000, 12_000] {
            let bomb = [[0x88].as_slice(), &long, &vec![0xbe; times]].concat();
            let first = frame(HEADERS, END_HEADERS, 1, &bomb);
            let script = [hello(), Request, say(first), say(data(1, END_STREAM, "ok"))];
            fails("a bomb", Http2, &script, &[TooLarge, Malformed]);

            let open = frame(HEADERS, 0, 1, [[0x88].as_slice(), &long].concat());
            let script =
                [hello(), Request, say(open), flood(frame(CONTINUATION, 0, 1, vec![0xbe; times]))];
            fails("an endless bomb", Http2, &script, &[TooLarge, Malformed]);
        }
    }

    fn floods() -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("settings", settings(&[])),
            ("changing settings", [settings(&[(4, 1)]), settings(&[(4, 65_535)])].concat()),
            ("tables", [settings(&[(1, 0)]), settings(&[(1, 4096)])].concat()),
            ("pings", frame(PING, 0, 0, [7; 8])),
            ("windows", window(0, 1)),
            ("windows of the stream", window(1, 1)),
            ("priorities", frame(2, 0, 1, [0, 0, 0, 0, 1])),
            ("unknown frames", frame(99, 0, 0, vec![0; 16_384])),
            ("empty unknown frames", frame(99, 0, 1, [])),
            ("farewells", frame(GOAWAY, 0, 0, [&LAST.to_be_bytes()[..], &[0; 16_000]].concat())),
            ("pushes", frame(PUSH_PROMISE, END_HEADERS, 1, [0, 0, 0, 2, 0x88])),
            ("resets", reset(1, 8)),
        ]
    }

    #[test]
    fn endless_frames_before_the_reply() {
        for (name, piece) in floods() {
            let script = [hello(), Request, flood(piece)];
            fails(name, Http2, &script, &[Timeout, Malformed, Interrupted]);
        }
    }

    #[test]
    fn endless_frames_within_the_reply() {
        for (name, piece) in floods() {
            let script = [hello(), Request, say(headers(1, 0, &[STATUS])), flood(piece)];
            fails(name, Http2, &script, &[Timeout, Malformed, Interrupted]);
        }
    }

    /// The connection is at rest in the pool, and nobody waits for anything.
    #[test]
    fn endless_frames_after_the_reply() {
        for (name, piece) in floods() {
            let script = [hello(), Request, say(ok()), Pause, flood(piece)];
            measured(name, Http2, &script).replied(200, "ok");
        }
    }

    /// Nothing was asked; the server reads no request.
    #[test]
    fn endless_frames_before_the_request() {
        for (name, piece) in floods() {
            let report = measured(name, Http2, &[hello(), flood(piece)]);
            assert!(report.outcome.is_err(), "{}", report.case);
        }
    }
}
