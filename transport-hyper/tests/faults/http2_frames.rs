//! HTTP/2 frames that are wrong, and frames that are odd.

use stytch_session::TransportErrorKind::{Connect, Interrupted, Malformed};

use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PUSH_PROMISE,
    RST_STREAM, SETTINGS, WINDOW_UPDATE, data, field, frame, headers, ok, reset, section, settings,
    window,
};
use crate::stage::Step::{Close, Pause, Request};
use crate::stage::{Over::Http2, Stage, each, fault, say};
use crate::support::once;

const STATUS: (&str, &str) = (":status", "200");

/// Breaches of the framing, each with a name.
fn broken_frames() -> Vec<(&'static str, Vec<u8>)> {
    let head = headers(1, 0, &[STATUS]);
    vec![
        ("HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec()),
        ("ones", vec![255; 100]),
        ("data on stream 0", data(0, 0, "ok")),
        ("headers on stream 0", headers(0, 0, &[STATUS])),
        ("reset of stream 0", reset(0, 0)),
        ("settings on stream 1", frame(SETTINGS, 0, 1, [])),
        ("ping on stream 1", frame(PING, 0, 1, [0; 8])),
        ("leave on stream 1", frame(GOAWAY, 0, 1, [0; 8])),
        ("continuation on stream 0", frame(CONTINUATION, END_HEADERS, 0, [])),
        ("short setting", frame(SETTINGS, 0, 0, [0; 5])),
        ("acknowledgement with settings", frame(SETTINGS, 1, 0, [0, 4, 0, 0, 0, 1])),
        ("window of 2^31", settings(&[(4, 1 << 31)])),
        ("frames of 100 bytes", settings(&[(5, 100)])),
        ("frames of 2^24 bytes", settings(&[(5, 1 << 24)])),
        ("push that is neither on nor off", settings(&[(2, 2)])),
        ("window opened by nothing", window(0, 0)),
        ("stream's window opened by nothing", window(1, 0)),
        ("window opened too far", window(0, (1 << 31) - 1)),
        ("short window", frame(WINDOW_UPDATE, 0, 0, [0; 3])),
        ("short ping", frame(PING, 0, 0, [0; 7])),
        ("long ping", frame(PING, 0, 0, [0; 9])),
        ("short reset", frame(RST_STREAM, 0, 1, [0; 3])),
        ("short leave", frame(GOAWAY, 0, 0, [0; 7])),
        ("frame over the limit", frame(DATA, 0, 1, vec![0; 16_385])),
        ("unknown frame over the limit", frame(99, 0, 0, vec![0; 16_385])),
        (
            "push",
            frame(
                PUSH_PROMISE,
                END_HEADERS,
                1,
                [[0, 0, 0, 2].as_slice(), &section(&[STATUS])].concat(),
            ),
        ),
        ("continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, section(&[STATUS]))),
        (
            "headers not continued",
            [frame(HEADERS, 0, 1, section(&[STATUS])), data(1, END_STREAM, "ok")].concat(),
        ),
        (
            "headers continued elsewhere",
            [frame(HEADERS, 0, 1, section(&[STATUS])), frame(CONTINUATION, END_HEADERS, 3, [])]
                .concat(),
        ),
        ("data before headers", data(1, END_STREAM, "ok")),
        (
            "padding longer than data",
            [head.clone(), frame(DATA, PADDED | END_STREAM, 1, [9, 1, 2])].concat(),
        ),
        ("padding longer than headers", frame(HEADERS, PADDED | END_HEADERS, 1, [200, 0x88])),
        ("padding without a length", [head, frame(DATA, PADDED, 1, [])].concat()),
        ("headers on a stream of the server's own", headers(2, 0, &[STATUS])),
        ("headers on a stream that nobody opened", headers(3, 0, &[STATUS])),
        ("data on a stream that nobody opened", data(3, 0, "ok")),
        ("reset of a stream that nobody opened", reset(3, 8)),
        ("window of a stream that nobody opened", window(3, 1)),
    ]
}

/// Header sections that cannot be decoded, or that no reply has.
fn broken_heads() -> Vec<(&'static str, Vec<u8>)> {
    let fields = |fields: &[(&str, &str)]| section(fields);
    vec![
        ("index 0", vec![0x80]),
        ("index beyond the table", vec![0xbe]),
        ("index beyond counting", vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        ("string without an end", vec![0x88, 0, 5, b'a']),
        ("bad Huffman code", vec![0x88, 0, 0x81, 0xff, 1, b'a']),
        ("table larger than allowed", vec![0x3f, 0xe1, 0xff, 0x7f, 0x88]),
        ("nothing", vec![]),
        ("no status", fields(&[("a", "b")])),
        ("two statuses", fields(&[STATUS, STATUS])),
        ("status of letters", fields(&[(":status", "2x0")])),
        ("status of two digits", fields(&[(":status", "20")])),
        ("status of four digits", fields(&[(":status", "2000")])),
        ("empty status", fields(&[(":status", "")])),
        ("status after a header", fields(&[("a", "b"), STATUS])),
        ("an unknown field", fields(&[STATUS, (":what", "a")])),
        ("capitals", fields(&[STATUS, ("Name", "a")])),
        ("no name", fields(&[STATUS, ("", "a")])),
        ("space in a name", fields(&[STATUS, ("na me", "a")])),
        ("line end in a name", fields(&[STATUS, ("na\nme", "a")])),
        ("NUL in a value", fields(&[STATUS, ("name", "a\0b")])),
        ("carriage return in a value", fields(&[STATUS, ("name", "a\rb")])),
        ("line feed in a value", fields(&[STATUS, ("name", "a\nb")])),
        ("connection", fields(&[STATUS, ("connection", "close")])),
        ("keep-alive", fields(&[STATUS, ("keep-alive", "timeout=5")])),
        ("transfer-encoding", fields(&[STATUS, ("transfer-encoding", "chunked")])),
        ("upgrade", fields(&[STATUS, ("upgrade", "websocket")])),
        ("length of letters", fields(&[STATUS, ("content-length", "two")])),
        ("negative length", fields(&[STATUS, ("content-length", "-2")])),
        ("length too long", fields(&[STATUS, ("content-length", "99999999999999999999999")])),
    ]
}

#[tokio::test]
async fn a_broken_frame_is_malformed() {
    each(broken_frames(), |(name, said)| async move {
        for end in [None, Some(Close)] {
            let mut script = vec![say(settings(&[])), Request, say(&said)];
            script.extend(end);
            let mut report = fault(Http2, &script).await;
            report.case.insert_str(0, name);
            report.sent(Malformed);
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_head_is_malformed() {
    each(broken_heads(), |(name, section)| async move {
        let body = data(1, END_STREAM, "ok");
        let said = [frame(HEADERS, END_HEADERS, 1, section), body].concat();
        let mut report = fault(Http2, &[say(settings(&[])), Request, say(&said)]).await;
        report.case.insert_str(0, name);
        report.sent(Malformed);
    })
    .await;
}

#[tokio::test]
async fn a_body_of_another_length_is_malformed() {
    let cases = [("1", "ok"), ("3", "ok"), ("0", "ok"), ("2", "")];
    each(cases, |(length, body)| async move {
        let head = headers(1, 0, &[STATUS, ("content-length", length)]);
        let said = [head, data(1, END_STREAM, body)].concat();
        fault(Http2, &[say(settings(&[])), Request, say(said)]).await.sent(Malformed);
    })
    .await;
    let head = headers(1, END_STREAM, &[STATUS, ("content-length", "2")]);
    fault(Http2, &[say(settings(&[])), Request, say(head)]).await.sent(Malformed);
    let trailers = headers(1, END_STREAM, &[("a", "b")]);
    let head = headers(1, 0, &[STATUS, ("content-length", "5")]);
    let said = [head, data(1, 0, "ok"), trailers].concat();
    fault(Http2, &[say(settings(&[])), Request, say(said)]).await.sent(Malformed);
}

#[tokio::test]
async fn two_lengths_are_malformed() {
    let head = headers(1, 0, &[STATUS, ("content-length", "2"), ("content-length", "3")]);
    let said = [head, data(1, END_STREAM, "ok")].concat();
    fault(Http2, &[say(settings(&[])), Request, say(said)]).await.sent(Malformed);
}

#[tokio::test]
async fn trailers_that_are_not_the_end_are_malformed() {
    let head = headers(1, 0, &[STATUS]);
    let said = [head, data(1, 0, "ok"), headers(1, 0, &[("a", "b")])].concat();
    fault(Http2, &[say(settings(&[])), Request, say(said)]).await.sent(Malformed);
}

/// An answer on a stream that the client has not opened yet.
#[tokio::test]
async fn a_reply_before_the_request_is_none() {
    each(0..10, |_| async move {
        let stage = Stage::set(Http2, &[say([settings(&[]), ok()].concat()), Request]).await;
        let transport = stage.builder().build().unwrap();
        let report = stage.ask(&transport, once(&stage.url("/"))).await.in_time();
        match report.outcome {
            // The request was faster.
            Ok(reply) => assert_eq!(reply.body(), b"ok"),
            Err(error) => assert!(matches!(error.kind(), Connect | Interrupted | Malformed)),
        }
    })
    .await;
}

/// Frames that say nothing, or nothing that h2 minds, before a reply.
#[tokio::test]
async fn what_is_odd_but_clear_is_a_reply() {
    let head = headers(1, 0, &[STATUS]);
    let body = data(1, END_STREAM, "ok");
    let odd = vec![
        frame(99, 255, 0, "what"),
        frame(99, 255, 1, "what"),
        frame(2, 0, 1, [0, 0, 0, 0, 1]),
        frame(10, 0, 0, "\0\0h2=\":443\""),
        frame(PING, 0, 0, [7; 8]),
        settings(&[(99, 1), (4, 70_000), (5, 20_000)]),
        window(0, 1000),
        window(1, 1000),
        // The request has been sent in full, so its window is of no interest.
        window(1, (1 << 31) - 1),
        headers(1, 0, &[(":status", "100")]),
        headers(1, 0, &[(":status", "103"), ("link", "</a>")]),
    ];
    each(odd, move |odd| {
        let (head, body) = (head.clone(), body.clone());
        async move {
            let said = [odd, head, body].concat();
            fault(Http2, &[say(settings(&[])), Request, say(said)]).await.replied(200, "ok");
        }
    })
    .await;
    let pieces = section(&[STATUS, ("a", "b")]);
    for said in [
        [
            frame(HEADERS, 0, 1, &pieces[..4]),
            frame(CONTINUATION, 0, 1, &pieces[4..6]),
            frame(CONTINUATION, END_HEADERS, 1, &pieces[6..]),
            data(1, 0, ""),
            frame(DATA, PADDED, 1, [2, b'o', 0, 0]),
            data(1, 0, "k"),
            headers(1, END_STREAM, &[("x-trailer", "1")]),
        ]
        .concat(),
        // Fields that belong elsewhere, and are shown to nobody.
        [headers(1, 0, &[STATUS, (":path", "/")]), data(1, END_STREAM, "ok")].concat(),
        [headers(1, 0, &[STATUS]), data(1, 0, "ok"), headers(1, END_STREAM, &[STATUS])].concat(),
        [
            frame(HEADERS, END_HEADERS, 1, [[0x88].as_slice(), &field(0x40, "a", "b")].concat()),
            data(1, END_STREAM, "ok"),
        ]
        .concat(),
    ] {
        fault(Http2, &[say(settings(&[])), Request, say(said)]).await.replied(200, "ok");
    }
}

/// What comes after a whole reply is not its fault.
#[tokio::test]
async fn a_broken_frame_after_the_reply_does_not_spoil_it() {
    each(broken_frames(), |(_, said)| async move {
        let script = [say(settings(&[])), Request, say(ok()), Pause, say(said)];
        let report = fault(Http2, &script).await;
        report.replied(200, "ok");
    })
    .await;
}
