//! Whatever is not the API's word changes nothing.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use stytch_session::{
    Active, Backend, BlockingTransport, Client, Delivery, Discovery, ErrorKind, Failure, Frontend,
    Intermediate, LoggedOut, MAX_BODY_BYTES, MAX_HEADER_BYTES, Request, Response, Session, SmsCode,
    TransportError, TransportErrorKind,
};

use crate::common::attempt::{After, attempt, each_step};
use crate::common::scenario::{self, organization, password};
use crate::common::{Held, Side, fixture, golden, golden_error, noon, response};

const HTML: &str = "<!doctype html><html><body><h1>Sign in to the network</h1></body></html>";
const DEAD: &str = r#"{"status_code":404,"error_type":"session_not_found","request_id":"r"}"#;

/// Replies that are no success and no error of the API, whatever was asked.
fn odd_replies() -> Vec<(String, Response)> {
    let mut replies = Vec::new();
    let mut add = |name: &str, status: u16, body: Vec<u8>| {
        replies.push((format!("{status} {name}"), response(status, body)));
    };
    let bodies: [(&str, &str); 13] = [
        ("empty", ""),
        ("blank", " \r\n"),
        ("null", "null"),
        ("array", "[]"),
        ("true", "true"),
        ("number", "404"),
        ("empty object", "{}"),
        ("empty data", r#"{"data":{}}"#),
        ("null data", r#"{"data":null}"#),
        ("page", HTML),
        ("half a body", r#"{"status_code":200,"request_id":"r","session_to"#),
        ("two bodies", r#"{"status_code":200,"request_id":"r"}{"status_code":200}"#),
        ("request id only", r#"{"request_id":"r"}"#),
    ];
    for (name, body) in bodies {
        for status in [200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 407, 429, 500, 502, 503] {
            add(name, status, body.as_bytes().to_vec());
        }
    }
    for status in [200, 204, 299, 300, 301, 302, 303, 307, 308, 429, 500, 502, 503, 504, 599] {
        add("session not found", status, DEAD.as_bytes().to_vec());
        let wrapped = format!(r#"{{"data":{DEAD}}}"#);
        add("session not found in an envelope", status, wrapped.into_bytes());
    }
    for status in [200, 404] {
        add("not UTF-8", status, [DEAD.as_bytes(), b"\xff\xfe"].concat());
        let nested =
            |text: &str| format!(r#"{{"x":{}1{},{text}"#, "[".repeat(200), "]".repeat(200));
        add("nested too deeply", status, nested(&DEAD[1..]).into_bytes());
        let filler = " ".repeat(4 * 1024 * 1024);
        add("too large", status, format!("{DEAD}{filler}").into_bytes());
    }
    for status in [200, 404] {
        let mut reply = response(status, DEAD);
        reply.headers_mut().insert("x-filler", "x".repeat(65 * 1024).parse().unwrap());
        replies.push((format!("{status} headers too large"), reply));
    }
    replies
}

#[test]
fn odd_replies_keep_everything() {
    for (name, reply) in odd_replies() {
        each_step(|step, from| {
            let front = attempt::<Frontend>(step, from, &reply, noon()).unwrap();
            let back = attempt::<Backend>(step, from, &reply, noon()).unwrap();
            for (attempt, side) in [(front, Frontend::NAME), (back, Backend::NAME)] {
                let what = format!("{name} to {step} from {from} on the {side}");
                assert_eq!(attempt.letter(), "=", "{what}: {:?}", attempt.after);
                let kind = attempt.after.error().kind();
                let wanted = match reply.status().as_u16() {
                    200..300 => ErrorKind::Undecodable,
                    _ if kind == ErrorKind::Undecodable => kind,
                    429 => ErrorKind::RateLimited,
                    500.. => ErrorKind::ServerFailed,
                    _ => ErrorKind::NotTheApi,
                };
                assert_eq!(kind, wanted, "{what}");
            }
        });
    }
}

/// A page in another encoding, or any other body that cannot be read, does not hide what the
/// status says, nor how long the server asked to wait.
#[test]
fn an_unreadable_refusal_keeps_its_status() {
    let latin_1 = b"<html><body>Service momentan\xe9ment indisponible</body></html>".to_vec();
    let nested = [vec![b'['; 200], vec![b']'; 200]].concat();
    for body in [HTML.as_bytes().to_vec(), latin_1, nested] {
        for (status, kind, retryable) in [
            (302, ErrorKind::NotTheApi, false),
            (403, ErrorKind::NotTheApi, false),
            (429, ErrorKind::RateLimited, true),
            (500, ErrorKind::ServerFailed, true),
            (503, ErrorKind::ServerFailed, true),
        ] {
            let mut reply = response(status, body.clone());
            reply.headers_mut().insert("retry-after", "120".parse().unwrap());
            let attempt = attempt::<Frontend>("authenticate", "A", &reply, noon()).unwrap();
            let what = format!("{status} {}", String::from_utf8_lossy(&body));
            assert_eq!(attempt.letter(), "=", "{what}");
            let error = attempt.after.error();
            assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{what}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(120)), "{what}");
        }
    }
}

/// A success of exactly the largest size is read; one byte more, and nothing changes.
#[test]
fn a_reply_may_be_as_large_as_the_limits() {
    let body = fixture("sessions.authenticate.success").to_string();
    let padded = |length: usize| response(200, body.clone() + &" ".repeat(length - body.len()));
    let with_headers = |length: usize| {
        let mut reply = response(200, &*body);
        reply.headers_mut().clear();
        let name = "x-filler";
        let value = "x".repeat(length - name.len());
        reply.headers_mut().insert(name, value.parse().unwrap());
        reply
    };
    for (what, reply, fits) in [
        ("body", padded(MAX_BODY_BYTES), true),
        ("body", padded(MAX_BODY_BYTES + 1), false),
        ("headers", with_headers(MAX_HEADER_BYTES), true),
        ("headers", with_headers(MAX_HEADER_BYTES + 1), false),
    ] {
        let attempt = attempt::<Backend>("authenticate", "A", &reply, noon()).unwrap();
        assert_eq!(matches!(attempt.after, After::Done(_)), fits, "{what}: {:?}", attempt.after);
    }
    assert_eq!((MAX_BODY_BYTES, MAX_HEADER_BYTES), (4 * 1024 * 1024, 64 * 1024));
}

/// A whole success with a status that is none.
#[test]
fn a_success_needs_its_status() {
    fn check<P: Side>(step: &str, from: &str, name: &str) {
        let body = P::wrap(&fixture(name)).to_string();
        assert!(
            matches!(
                attempt::<P>(step, from, &response(200, &*body), noon()).unwrap().after,
                After::Done(_)
            ),
            "{name}"
        );
        for status in [301, 302, 304, 307, 400, 401, 403, 404, 429, 500, 503] {
            let attempt = attempt::<P>(step, from, &response(status, &*body), noon()).unwrap();
            assert_eq!(attempt.letter(), "=", "{status} {name} to {step} on the {}", P::NAME);
        }
    }
    for (step, from, name) in [
        ("authenticate", "N", "sessions.authenticate.success"),
        ("authenticate", "A", "sessions.authenticate.success"),
        ("exchange", "A", "sessions.exchange.success"),
        ("exchange", "A", "sessions.exchange.mfa_required"),
        ("login", "N", "passwords.authenticate.success"),
        ("discover", "N", "passwords.discovery.authenticate.success"),
        ("sms code", "M+", "otps.sms.authenticate.success"),
        ("revoke", "A", "sessions.revoke.success"),
    ] {
        check::<Frontend>(step, from, name);
        check::<Backend>(step, from, name);
    }
}

/// A success with a body that is one of another endpoint.
#[test]
fn a_success_needs_its_own_body() {
    for (step, from, name) in [
        ("authenticate", "A", "sessions.revoke.success"),
        ("authenticate", "A", "passwords.discovery.authenticate.success"),
        ("authenticate", "A", "sessions.exchange.mfa_required"),
        ("authenticate", "A", "sessions.get.success"),
        ("authenticate", "N", "passwords.authenticate.mfa_required"),
        ("exchange", "A", "sessions.revoke.success"),
        ("exchange", "A", "passwords.discovery.authenticate.success"),
        ("login", "N", "otps.sms.send.success"),
        ("login", "P", "passwords.discovery.authenticate.success"),
        ("discover", "N", "passwords.authenticate.success"),
        ("discover", "N", "passwords.authenticate.mfa_required"),
        ("discovery exchange", "D", "passwords.discovery.authenticate.success"),
        ("sms code", "M", "sessions.exchange.mfa_required"),
        ("sms code", "A", "otps.sms.send.success"),
        ("revoke", "A", "sessions.get.empty.data"),
    ] {
        let payload = match name {
            "sessions.get.empty.data" => json!({ "member_sessions": [] }),
            _ => fixture(name),
        };
        let front = response(200, Frontend::wrap(&payload).to_string());
        let back = response(200, Backend::wrap(&payload).to_string());
        let front = attempt::<Frontend>(step, from, &front, noon()).unwrap();
        let back = attempt::<Backend>(step, from, &back, noon()).unwrap();
        assert_eq!([front.letter(), back.letter()], ["="; 2], "{name} to {step} from {from}");
        assert_eq!(front.after.error().kind(), ErrorKind::Undecodable, "{name} to {step}");
    }
}

/// A revoke is done when the server says so: two members of the right types, and no less.
#[test]
fn a_revoke_is_not_taken_as_done_too_easily() {
    for payload in [
        json!({ "status_code": 200 }),
        json!({ "request_id": "r" }),
        json!({ "status_code": 404, "request_id": "r" }),
        json!({ "status_code": 500, "request_id": "r" }),
        json!({ "status_code": "200", "request_id": "r" }),
        json!({ "status_code": 200, "request_id": 7 }),
        json!({ "status_code": -200, "request_id": "r" }),
        json!({ "status_code": true, "request_id": "r" }),
    ] {
        keeps_a_revoke(&payload);
    }
}

/// `null` is not the number and the text that the endpoint answers.
#[test]
fn a_revoke_is_not_done_by_nulls() {
    for payload in [
        json!({ "status_code": null, "request_id": null }),
        json!({ "status_code": null, "request_id": "r" }),
        json!({ "status_code": 200, "request_id": null }),
    ] {
        keeps_a_revoke(&payload);
    }
}

fn keeps_a_revoke(payload: &serde_json::Value) {
    let front = response(200, Frontend::wrap(payload).to_string());
    let back = response(200, Backend::wrap(payload).to_string());
    let front = attempt::<Frontend>("revoke", "A", &front, noon()).unwrap();
    let back = attempt::<Backend>("revoke", "A", &back, noon()).unwrap();
    assert_eq!([front.letter(), back.letter()], ["="; 2], "{payload}");
}

/// The type of the content says nothing, on success either.
#[test]
fn the_content_type_says_nothing() {
    for content_type in ["text/plain", "text/html", "application/octet-stream", ""] {
        let mut reply = golden::<Frontend>("sessions.authenticate.extended");
        reply.headers_mut().insert("content-type", content_type.parse().unwrap());
        let after = attempt::<Frontend>("authenticate", "A", &reply, noon()).unwrap();
        assert_eq!(after.letter(), "A", "{content_type}");
        let mut reply = golden_error("session_not_found");
        reply.headers_mut().insert("content-type", content_type.parse().unwrap());
        let after = attempt::<Frontend>("authenticate", "A", &reply, noon()).unwrap();
        assert_eq!(after.letter(), "over", "{content_type}");
    }
}

/// Fails each request with the next error.
struct Broken(Mutex<Vec<TransportError>>);

impl BlockingTransport for Broken {
    fn send(&self, _: Request) -> Result<Response, TransportError> {
        Err(self.0.lock().unwrap().pop().unwrap())
    }
}

/// No reply at all: the exchange, the refresh, the login and the rest leave everything as it was.
#[test]
fn a_lost_reply_keeps_everything() {
    let kinds = [
        TransportErrorKind::Connect,
        TransportErrorKind::Timeout,
        TransportErrorKind::Interrupted,
        TransportErrorKind::TooLarge,
        TransportErrorKind::Malformed,
        TransportErrorKind::Refused,
        TransportErrorKind::Other,
    ];
    for kind in kinds {
        for delivery in [Delivery::NotSent, Delivery::Unknown] {
            let client = || {
                let error = TransportError::new(kind, delivery).with_source("made up");
                Client::new(Frontend::project(), Broken(Mutex::new(vec![error])))
            };
            macro_rules! keeps {
                ($session:expr, $step:expr) => {{
                    let session = $session;
                    let before = session.held();
                    match client().run_blocking($step(session)) {
                        Err(Failure::Kept { session, error }) => {
                            assert_eq!(session.held(), before, "{kind:?}");
                            assert_eq!(error.kind(), ErrorKind::Network);
                            assert_eq!(
                                error.can_have_reached_server(),
                                delivery == Delivery::Unknown
                            );
                        }
                        other => panic!("{kind:?}: {other:?}"),
                    }
                }};
            }
            let north_pier = organization("north-pier");
            let code = || SmsCode::new("123456").unwrap();
            let active = scenario::active::<Frontend>;
            let remembering = scenario::mfa_required_after_exchange::<Frontend>;
            keeps!(active(), |s: Session<Active>| s.authenticate());
            keeps!(active(), |s: Session<Active>| s.revoke());
            keeps!(active(), |s: Session<Active>| s.exchange(&north_pier));
            keeps!(active(), |s: Session<Active>| s.authenticate_with(code()));
            keeps!(remembering(), |s: Session<Intermediate>| s.authenticate(code()));
            keeps!(remembering(), |s: Session<Intermediate>| s.login(password()));
            keeps!(scenario::discovery::<Frontend>(), |s: Session<Discovery>| s
                .exchange(&north_pier));
            keeps!(scenario::logged_out(), |s: Session<LoggedOut>| s.login(password()));
        }
    }
}
