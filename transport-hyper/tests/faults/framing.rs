//! Bytes that are no reply, and replies that are odd but clear.

use stytch_session::TransportErrorKind::{Malformed, TooLarge};

use crate::stage::Step::{Close, Request};
use crate::stage::{HTTP1, Stage, each, fault, http1, say};
use crate::support::{OK, once};

/// What no reading makes a reply.
const MALFORMED: &[&str] = &[
    // Another protocol.
    "SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "220 mail.example.com ESMTP\r\n\r\n",
    "\x15\x03\x03\x00\x02\x02\x28\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\0\0\0\0\0\0\0\0\r\n\r\n",
    // HTTP/0.9 has no header section.
    "hello\r\n\r\n",
    "<html><body>hello</body></html>\r\n\r\n",
    "{\"status_code\":200}",
    // Versions.
    "HTTP/0.9 200 OK\r\n\r\n",
    "HTTP/1.2 200 OK\r\n\r\n",
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/3.0 200 OK\r\n\r\n",
    "HTTP/11 200 OK\r\n\r\n",
    "HTTP/1.10 200 OK\r\n\r\n",
    "HTTP/ 1.1 200 OK\r\n\r\n",
    "http/1.1 200 OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    // Status lines.
    "HTTP/1.1\r\n\r\n",
    "HTTP/1.1 \r\n\r\n",
    "HTTP/1.1 OK\r\n\r\n",
    "HTTP/1.1 2x0 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 -20 OK\r\n\r\n",
    "HTTP/1.1 +20 OK\r\n\r\n",
    "HTTP/1.1200 OK\r\n\r\n",
    "HTTP/1.1\t200 OK\r\n\r\n",
    "HTTP/1.1 200\0OK\r\n\r\n",
    "HTTP/1.1 200 O\0K\r\n\r\n",
    "HTTP/1.1 200 O\rK\r\n\r\n",
    // Header lines.
    "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
    "HTTP/1.1 200 OK\r\nspace : a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nna me: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nna\tme: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nna(me: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nna\0me: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nn\u{e4}me: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\0: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nname: a\0b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nname: a\rb\r\n\r\n",
    "HTTP/1.1 200 OK\r\nname: a\r\r\n\r\n",
    "HTTP/1.1 200 OK\r\nname: a\x7fb\r\n\r\n",
    "HTTP/1.1 200 OK\r\nname: a\x1bb\r\n\r\n",
    // Obsolete folding, also where it would hide what frames the reply.
    "HTTP/1.1 200 OK\r\nname: a\r\n b\r\n\r\n",
    "HTTP/1.1 200 OK\r\nname: a\r\n\tb\r\n\r\n",
    "HTTP/1.1 200 OK\r\n folded: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length:\r\n 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    // Lengths.
    "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 2.0\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 2 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: x\r\n\r\nok",
];

/// What cannot be a body in chunks.
const MALFORMED_CHUNKS: &[&str] = &[
    "xyz\r\nabc\r\n0\r\n\r\n",
    "\r\nabc\r\n0\r\n\r\n",
    "-1\r\nabc\r\n0\r\n\r\n",
    "+2\r\nok\r\n0\r\n\r\n",
    "0x2\r\nok\r\n0\r\n\r\n",
    "2 2\r\nok\r\n0\r\n\r\n",
    "2\0\r\nok\r\n0\r\n\r\n",
    ";\r\nok\r\n0\r\n\r\n",
    "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "10000000000000000\r\nabc\r\n0\r\n\r\n",
    // The chunk is longer or shorter than its size.
    "2\r\nabc\r\n0\r\n\r\n",
    "2\r\nok0\r\n\r\n",
    "4\r\nok\r\n0\r\n\r\n",
    // Line ends.
    "2\nok\r\n0\r\n\r\n",
    "2\r\nok\n0\r\n\r\n",
    "2\rok\r\n0\r\n\r\n",
    "2;a\nb\r\nok\r\n0\r\n\r\n",
    "2\r\nok\r\n0\r\nx\r\r\n\r\n",
];

/// The verdict does not wait for more, nor for the end of the connection.
#[tokio::test]
async fn what_is_no_reply_is_malformed() {
    each(http1(MALFORMED), |(over, said)| async move {
        fault(over, &[Request, say(said)]).await.sent(Malformed);
        fault(over, &[Request, say(said), Close]).await.sent(Malformed);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_chunk_is_malformed() {
    each(http1(MALFORMED_CHUNKS), |(over, said)| async move {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        fault(over, &[Request, say([head, said].concat()), Close]).await.sent(Malformed);
    })
    .await;
}

/// hyper keeps the two greatest numbers for itself and calls them malformed.
#[tokio::test]
async fn a_length_beyond_counting_is_never_a_success() {
    let cases = [
        ("18446744073709551616", Malformed),
        ("99999999999999999999999999999999", Malformed),
        ("18446744073709551615", TooLarge),
        ("18446744073709551613", TooLarge),
        ("9223372036854775808", TooLarge),
    ];
    each(http1(cases), |(over, (length, kind))| async move {
        let said = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nok");
        fault(over, &[Request, say(&said)]).await.sent(kind);
        fault(over, &[Request, say(said), Close]).await.sent(kind);
    })
    .await;
}

/// Odd, and yet there is one way only to read them.
#[tokio::test]
async fn what_is_odd_but_clear_is_a_reply() {
    for over in HTTP1 {
        for (said, status, body) in [
            ("HTTP/1.1 200 OK\ncontent-length: 2\n\nok", 200, "ok"),
            ("HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 999 Odd\r\ncontent-length: 2\r\n\r\nok", 999, "ok"),
            ("HTTP/1.1 200 OK\r\nCONTENT-LENGTH:2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 002\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 200 OK\r\nname: \u{e4}\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 200 OK\r\nname:\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                200,
                "ok",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0002;a=b\r\nok\r\n0\r\nx: y\r\n\r\n",
                200,
                "ok",
            ),
        ] {
            fault(over, &[Request, say(said)]).await.replied(status, body);
        }
    }
}

/// Nothing that a server says makes the transport unusable.
#[tokio::test]
async fn after_nonsense_the_next_request_goes_over_another_connection() {
    for over in HTTP1 {
        let stage = Stage::set_each(over, |number| match MALFORMED.get(number) {
            Some(said) => vec![Request, say(said)],
            None => vec![Request, say(OK)],
        })
        .await;
        let transport = stage.builder().build().unwrap();
        for _ in MALFORMED {
            stage.ask(&transport, once(&stage.url("/"))).await.sent(Malformed);
        }
        stage.ask(&transport, once(&stage.url("/"))).await.replied(200, "ok");
    }
}
