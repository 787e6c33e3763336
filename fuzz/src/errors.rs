//! Refusals: status, headers and body through the decoder of errors.

use serde_json::Value;
use stytch_session::{ApiErrorKind, Error, ErrorKind, Response};

use crate::Seed;
use crate::properties::oracle::{replies, secrets};
use crate::properties::world::{Case, FIXTURES, Side, now};
use crate::scene::{self, Scene, kit};

/// As `replies`, with a status that is none of success.
pub fn run(data: &[u8]) {
    let mut scene = Scene::read(data, scene::all());
    if scene.reply.status().is_success() {
        *scene.reply.status_mut() = http::StatusCode::BAD_REQUEST;
    }
    let reply = &scene.reply;
    let outcome = replies::check(scene.case, scene.side, kit(), reply);
    let error = outcome.error().expect("no success");
    scene.check_secrets(&secrets::said_by(&outcome));
    check_shape(error, reply);

    let status = reply.status();
    assert_eq!(error.status(), Some(status));
    match error.kind() {
        ErrorKind::RateLimited => assert_eq!(status, 429),
        ErrorKind::ServerFailed => assert!(status.is_server_error()),
        ErrorKind::NotTheApi => assert!(matches!(error, Error::Unexpected(_))),
        ErrorKind::Refused | ErrorKind::SessionGone => assert!(error.api().is_some()),
        other => panic!("{other:?}"),
    }
    if let Some(wait) = error.retry_after() {
        assert!(reply.headers().contains_key("retry-after"));
        assert!(now().checked_add(wait).is_some(), "{wait:?} does not fit a clock");
    }
}

/// Which of the shapes of errors the body has, read without the library.
fn check_shape(error: &Error, reply: &Response) {
    let body = match replies::object(reply) {
        Some(body) if replies::names_each_member_once(reply) => body,
        _ => return assert!(matches!(error, Error::Unexpected(_)), "{error:?}"),
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).is_some_and(|t| !t.is_empty());
    let list = |name: &str| body.get(name).is_some_and(Value::is_array);
    let expected = if reply.status().is_redirection() || reply.status().is_informational() {
        None
    } else if text("error_type") {
        Some(ApiErrorKind::Api)
    } else if list("body") || list("params") || list("query") {
        Some(ApiErrorKind::Schema)
    } else if text("error") {
        Some(ApiErrorKind::OAuth)
    } else {
        None
    };
    assert_eq!(error.api().map(stytch_session::ApiError::kind), expected);
}

/// Each error that the fixtures know, echoes of secrets, and odd values of `Retry-After`.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let scene = |status, headers, body: &str| {
        scene::write(Case::Refresh, Side::Frontend, status, headers, body)
    };
    let mut seeds = Vec::new();
    for (name, body) in FIXTURES {
        if let Some(name) = name.strip_prefix("error.") {
            let body: Value = serde_json::from_str(body).expect("a fixture is JSON");
            let status = body["status_code"].as_u64().and_then(|status| u16::try_from(status).ok());
            seeds.push((name.to_owned(), scene(status.unwrap_or(400), "", &body.to_string())));
        }
    }
    for status in [302, 404, 429, 500] {
        let input = scene(status, "", r#"{"error_type":"session_not_found"}"#);
        seeds.push((format!("session_not_found.{status}"), input));
    }
    let token = &kit().session_token;
    let escaped: String = token.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for (name, quote) in [("echo", token.as_str()), ("echo.escaped", &escaped)] {
        let body = format!(r#"{{"error_type":"bad_request","error_message":"no {quote}!"}}"#);
        seeds.push((name.to_owned(), scene(400, "", &body)));
        let body = format!(r#"{{"query":[{{"dataPath":".x","message":"{quote}"}}]}}"#);
        seeds.push((format!("schema.{name}"), scene(400, "", &body)));
    }
    // Words are not told from other text by their looks.
    for (name, case, quote) in [
        ("password", Case::Login, kit().password.replace(' ', "%20")),
        ("words", Case::ResetPassword, kit().new_password.clone()),
        ("code", Case::Sms, kit().code.clone()),
    ] {
        let body = format!(r#"{{"error_type":"bad_request","error_message":"<{quote}>"}}"#);
        let input = scene::write(case, Side::Backend, 400, "", &body);
        seeds.push((format!("echo.{name}"), input));
    }
    for (name, headers) in [
        ("seconds", "retry-after: 120\n"),
        ("many.seconds", "retry-after: 99999999999999999999\n"),
        (
            "date",
            "retry-after: Sat, 01 Jun 2030 12:01:30 GMT\ndate: Sat, 01 Jun 2030 12:00:00 GMT\n",
        ),
        (
            "far.date",
            "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\ndate: Thu, 01 Jan 1970 00:00:00 GMT\n",
        ),
    ] {
        seeds.push((format!("retry_after.{name}"), scene(429, headers, "slow down")));
    }
    for (name, body) in [
        ("deep", format!(r#"{{"error_type":"x","y":{}1{}}}"#, "[".repeat(126), "]".repeat(126))),
        ("deeper", format!(r#"{{"error_type":"x","y":{}1{}}}"#, "[".repeat(200), "]".repeat(200))),
        ("numbers", r#"{"error_type":"x","status_code":1e999,"error_url":-0.0}"#.to_owned()),
        ("unicode", r#"{"error_type":"\ud83d\ude00\u202e","error_message":"\u0000"}"#.to_owned()),
    ] {
        seeds.push((format!("odd.{name}"), scene(404, "", &body)));
    }
    seeds
}
