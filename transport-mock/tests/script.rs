//! The mock transport: what it answers, and how it complains at the end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use stytch_session::{
    BlockingTransport, Delivery, Request, Response, Transport, TransportError, TransportErrorKind,
};
use stytch_session_mock::{Emulator, MockTransport, replies};

const EXCHANGE: &str = "/sdk/v1/b2b/sessions/exchange";
const REVOKE: &str = "/sdk/v1/b2b/sessions/revoke";

fn post(path: &str, body: impl Into<Value>) -> Request {
    http::Request::post(format!("https://test.stytch.com{path}?x=1"))
        .header("authorization", "Basic c2VjcmV0OnNlY3JldA==")
        .body(body.into().to_string().into_bytes())
        .expect("a request")
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}

/// The message with which `test` panics.
fn complaint(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("it panics");
    panic.downcast_ref::<String>().expect("with a message").clone()
}

#[test]
fn replies_come_in_order_and_requests_are_recorded() {
    let refused = TransportError::new(TransportErrorKind::Connect, Delivery::NotSent);
    let mock = MockTransport::new().reply(replies::login()).fail(refused).reply(replies::html(502));
    let clone = mock.clone();
    let send = |body| BlockingTransport::send(&clone, post(EXCHANGE, body));
    assert_eq!(
        json_of(&send(json!({ "a": 1 })).expect("a reply"))["data"]["member_authenticated"],
        true
    );
    assert_eq!(send(json!({})).expect_err("no reply").kind(), TransportErrorKind::Connect);
    assert_eq!(send(json!({})).expect("a reply").status(), 502);
    let requests = mock.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].path(), EXCHANGE);
    assert_eq!(requests[0].json(), json!({ "a": 1 }));
    assert_eq!(requests[0].header("Authorization"), Some("Basic c2VjcmV0OnNlY3JldA=="));
    mock.finish();
}

#[test]
fn particular_requests_are_answered_at_any_point() {
    let mock = MockTransport::new()
        .on("POST", REVOKE)
        .reply(replies::revoke())
        .on("POST", EXCHANGE)
        .json(json!({ "organization_id": "a" }))
        .reply(replies::exchange().mfa_required())
        .on("POST", EXCHANGE)
        .field("/organization_id", "b")
        .reply(replies::exchange().primary_required(["sso"]))
        .reply(replies::error("too_many_requests", 429));
    let send = |path, body| BlockingTransport::send(&mock, post(path, body)).expect("a reply");
    let b = send(EXCHANGE, json!({ "organization_id": "b", "session_duration_minutes": 60 }));
    assert_eq!(json_of(&b)["data"]["primary_required"]["allowed_auth_methods"], json!(["sso"]));
    let a = send(EXCHANGE, json!({ "organization_id": "a" }));
    assert_eq!(json_of(&a)["data"]["mfa_required"]["secondary_auth_initiated"], "sms_otp");
    assert_eq!(send(EXCHANGE, json!({})).status(), 429);
    assert_eq!(send(REVOKE, json!({})).status(), 200);
}

#[tokio::test]
async fn it_is_an_asynchronous_transport_too() {
    let mock = MockTransport::new().reply(replies::revoke().backend());
    let reply = Transport::send(&mock, post(REVOKE, json!({}))).await.expect("a reply");
    assert_eq!(json_of(&reply), json!({ "request_id": replies::REQUEST_ID, "status_code": 200 }));
}

#[test]
fn an_unforeseen_request_fails_and_is_told_at_the_end_without_its_secrets() {
    let message = complaint(|| {
        let mock = MockTransport::new()
            .on("POST", EXCHANGE)
            .json(json!({ "organization_id": "a", "code": "123456", "count": 1 }))
            .reply(replies::exchange());
        let body = json!({ "organization_id": "b", "code": "654321", "more": [true] });
        let error = BlockingTransport::send(&mock, post(EXCHANGE, body)).expect_err("unforeseen");
        assert_eq!(error.kind(), TransportErrorKind::Other);
        mock.finish();
    });
    let expected = "\
the mock transport's script was not played as written
request 1 was not foreseen
  got      POST /sdk/v1/b2b/sessions/exchange?x=1 {\"code\":\"[redacted]\",\"more\":[true],\"organization_id\":\"b\"}
  expected POST /sdk/v1/b2b/sessions/exchange {\"code\":\"[redacted]\",\"count\":1,\"organization_id\":\"a\"}
    /code: expected [redacted], got [redacted] (another)
    /count: expected 1, got nothing
    /more/0: expected nothing, got true
    /organization_id: expected \"a\", got \"b\"
never requested: POST /sdk/v1/b2b/sessions/exchange {\"code\":\"[redacted]\",\"count\":1,\"organization_id\":\"a\"}
all requests:
  1. POST /sdk/v1/b2b/sessions/exchange?x=1 {\"code\":\"[redacted]\",\"more\":[true],\"organization_id\":\"b\"}";
    assert_eq!(message, expected);
}

#[test]
fn another_method_or_path_is_shown_as_such() {
    let message = complaint(|| {
        let mock =
            MockTransport::new().on("GET", "/v1/b2b/sessions").reply(replies::list_sessions());
        let _ = BlockingTransport::send(&mock, post(REVOKE, json!({})));
    });
    assert!(message.contains("    method: expected GET, got POST"), "{message}");
    assert!(
        message.contains(&format!("    path: expected /v1/b2b/sessions, got {REVOKE}")),
        "{message}"
    );
}

#[test]
#[should_panic(
    expected = "request 1 was not foreseen\n  got      POST /sdk/v1/b2b/sessions/revoke?x=1 {}\n  expected nothing more"
)]
fn dropping_the_last_clone_complains_of_unforeseen_requests() {
    let mock = MockTransport::new();
    let clone = mock.clone();
    drop(mock);
    let _ = BlockingTransport::send(&clone, post(REVOKE, json!({})));
}

#[test]
fn dropping_it_complains_of_replies_left() {
    let message = complaint(|| {
        let error = TransportError::new(TransportErrorKind::Timeout, Delivery::Unknown);
        let mock = MockTransport::new().reply(replies::revoke()).fail(error);
        drop(mock.reply(replies::error("too_many_requests", 429)));
    });
    for line in [
        "never requested: in order, a reply with status 200 (with request_id, status_code)\n",
        "never requested: in order, a reply with status 429 (too_many_requests)\n",
        "never requested: in order, the error: ",
    ] {
        assert!(message.contains(line), "{message}");
    }
}

#[test]
fn a_request_can_be_told_by_its_session() {
    let stytch = Emulator::example();
    let mock = MockTransport::new()
        .on("POST", REVOKE)
        .session("token-a")
        .reply(replies::revoke())
        .on("POST", "/v1/b2b/sessions/revoke")
        .session("token-b")
        .reply(replies::error("session_not_found", 404).backend())
        .reply(replies::html(502));
    let frontend = |token: Option<&str>| {
        let request = http::Request::post(REVOKE)
            .header("authorization", stytch.frontend_authorization(token))
            .body(Vec::new())
            .expect("the request is valid");
        BlockingTransport::send(&mock, request).expect("a reply").status().as_u16()
    };
    assert_eq!(frontend(None), 502);
    assert_eq!(frontend(Some("token-a")), 200);
    let body = json!({ "session_token": "token-b" });
    let reply = BlockingTransport::send(&mock, post("/v1/b2b/sessions/revoke", body));
    assert_eq!(reply.expect("a reply").status(), 404);

    let message = complaint(|| {
        let mock = MockTransport::new().on("POST", REVOKE).session("token-a");
        let mock = mock.reply(replies::revoke());
        let _ = BlockingTransport::send(&mock, post(REVOKE, json!({})));
    });
    assert!(message.contains("session: expected [redacted], got none"), "{message}");
    assert!(!message.contains("token-a"), "{message}");
}

#[test]
#[should_panic(
    expected = "never requested: POST /v1/b2b/sessions/revoke with /session_token = [redacted]"
)]
fn finishing_complains_of_particular_requests_that_never_came() {
    MockTransport::new()
        .on("POST", "/v1/b2b/sessions/revoke")
        .field("/session_token", "a token that is secret")
        .reply(replies::revoke())
        .finish();
}

#[test]
#[should_panic(expected = "the test's own failure")]
fn a_test_that_fails_already_shows_its_own_message() {
    let _mock = MockTransport::new().reply(replies::login());
    panic!("the test's own failure");
}

#[test]
fn debug_shows_no_secrets() {
    let mock = MockTransport::new().reply(replies::login());
    let body = json!({ "password": "hunter2hunter2", "intermediate_session_token": "ist-ist-ist" });
    BlockingTransport::send(&mock, post(EXCHANGE, body)).expect("a reply");
    let debug = format!("{mock:?} {:?}", mock.requests());
    for secret in ["hunter2", "ist-ist", "c2VjcmV0"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    assert!(debug.contains("[redacted]"));
}

#[test]
fn the_query_tells_requests_apart() {
    let mock = MockTransport::new()
        .on("POST", REVOKE)
        .query("x", "2")
        .reply(replies::html(502))
        .on("POST", REVOKE)
        .query("x", "1")
        .reply(replies::revoke());
    let reply = BlockingTransport::send(&mock, post(REVOKE, json!({}))).expect("a reply");
    assert_eq!(reply.status(), 200);
    assert!(BlockingTransport::send(&mock, post(REVOKE, json!({}))).is_err());
    let text = complaint(|| mock.finish());
    assert!(text.contains("?x: expected 2, got 1"), "{text}");
    assert!(text.contains("/revoke?x=1"), "{text}");
}

/// A reply in order hides that a request was nearly the one that a reply was written for.
#[test]
fn near_misses_are_told() {
    let mock = MockTransport::new()
        .reply(replies::revoke())
        .on("POST", EXCHANGE)
        .field("/organization_id", "blue-kiln")
        .reply(replies::exchange());
    let body = json!({ "organization_id": "north-pier" });
    BlockingTransport::send(&mock, post(EXCHANGE, body)).expect("the reply in order");
    let text = complaint(|| mock.finish());
    assert!(text.contains("request 1 took a reply in order, and was nearly POST"), "{text}");
    let difference = "/organization_id: expected \"blue-kiln\", got \"north-pier\"";
    assert!(text.contains(difference), "{text}");
}

#[test]
fn a_slip_of_the_surface_is_shown_beside_what_was_meant() {
    let mock = MockTransport::new()
        .on("POST", "/sdk/v1/b2b/sessions/authenticate")
        .reply(replies::authenticate())
        .on("POST", "/sdk/v1/b2b/passwords/authenticate")
        .reply(replies::login());
    assert!(
        BlockingTransport::send(&mock, post("/v1/b2b/passwords/authenticate", json!({}))).is_err()
    );
    let text = complaint(|| mock.finish());
    let expected =
        "path: expected /sdk/v1/b2b/passwords/authenticate, got /v1/b2b/passwords/authenticate";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn slips_in_the_script_are_told_at_once() {
    for (slip, said) in [
        (complaint(|| drop(MockTransport::new().on("post", REVOKE))), "capital letters"),
        (complaint(|| drop(MockTransport::new().on("POST", "b2b"))), "begin with a slash"),
        (
            complaint(|| {
                drop(MockTransport::new().on("POST", REVOKE).field("organization_id", "a"));
            }),
            "\"/organization_id\"",
        ),
    ] {
        assert!(slip.contains(said), "{slip}");
    }
}
