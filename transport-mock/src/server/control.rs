//! The routes under `/_emulator/`, by which a test in any language reads and changes the world. No
//! SDK uses them.

use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use stytch_session::{Request, Response, Timestamp};

use super::{MAX_DELAY, answer_json, text};
use crate::emulator::Emulator;
use crate::fault::Fault;

/// What all of them begin with.
pub(super) const PREFIX: &str = "/_emulator/";

/// A mistake of the caller, in words.
type Answer = Result<Value, String>;

/// Answers a request whose path begins with [`PREFIX`].
pub(super) fn answer(emulator: &Emulator, request: &Request) -> Response {
    let name = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let result = match (request.method(), name) {
        (&Method::GET, "state") => Ok(emulator.snapshot()),
        (&Method::GET, "outbox") => Ok(json!({ "outbox": emulator.outbox_json() })),
        (&Method::GET, "requests") => Ok(json!({ "requests": emulator.requests_json() })),
        (&Method::GET, "clock") => Ok(clock(emulator)),
        (&Method::POST, "clock") => body(request).and_then(|body| turn(emulator, &body)),
        (&Method::POST, "reset") => {
            emulator.reset();
            Ok(json!({}))
        }
        (&Method::POST, "faults") => body(request).and_then(|body| plan(emulator, &body)),
        (&Method::DELETE, "faults") => {
            emulator.clear_faults();
            Ok(json!({}))
        }
        (_, "state" | "outbox" | "requests" | "clock" | "reset" | "faults") => {
            return text(StatusCode::METHOD_NOT_ALLOWED, "this route has no such method\n");
        }
        _ => return text(StatusCode::NOT_FOUND, "there is no such control route\n"),
    };
    match result {
        Ok(value) => answer_json(StatusCode::OK, &value),
        Err(problem) => answer_json(StatusCode::BAD_REQUEST, &json!({ "error": problem })),
    }
}

fn body(request: &Request) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(request.body()).map_err(|error| format!("not a JSON object: {error}"))
}

fn clock(emulator: &Emulator) -> Value {
    json!({ "now": emulator.now_rfc3339() })
}

/// `{"now": "2030-06-01T12:00:00Z"}` sets the clock, `{"advance_seconds": 60}` moves it, also back.
fn turn(emulator: &Emulator, body: &Map<String, Value>) -> Answer {
    match (body.get("now"), body.get("advance_seconds")) {
        (Some(Value::String(now)), None) => {
            let now: Timestamp = now.parse().map_err(|_| "now: should be an RFC 3339 time")?;
            emulator.clock().set(SystemTime::from(now));
        }
        (None, Some(Value::Number(seconds))) => {
            let seconds = seconds.as_i64().ok_or("advance_seconds: should be a whole number")?;
            let by = Duration::from_secs(seconds.unsigned_abs());
            if seconds < 0 {
                emulator.clock().rewind(by);
            } else {
                emulator.clock().advance(by);
            }
        }
        _ => return Err("give either now, a time, or advance_seconds, a number".to_owned()),
    }
    Ok(clock(emulator))
}

/// `{"fault": "status", "status": 503, "count": 2, "path": "sessions"}`, and so on for the others.
fn plan(emulator: &Emulator, body: &Map<String, Value>) -> Answer {
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let status = || {
        let status = number("status").and_then(|status| u16::try_from(status).ok());
        status.filter(|status| (200..600).contains(status)).ok_or("status: should be 200 to 599")
    };
    let fault = match body.get("fault").and_then(Value::as_str) {
        Some("status") => Fault::Status(status()?),
        Some("error") => {
            let error_type = body.get("error_type").and_then(Value::as_str);
            Fault::Error(status()?, error_type.ok_or("error_type: should be a string")?.to_owned())
        }
        Some("html") => Fault::Html(status()?),
        Some("malformed_body") => Fault::MalformedBody,
        Some("empty_body") => Fault::EmptyBody,
        Some("cut_before") => Fault::LostRequest,
        Some("cut_after") => Fault::LostAnswer,
        Some("delay") => {
            let seconds = body.get("seconds").and_then(Value::as_f64).unwrap_or(-1.0);
            let delay = Duration::try_from_secs_f64(seconds).ok();
            let delay = delay.filter(|delay| *delay <= MAX_DELAY);
            Fault::Delay(delay.ok_or("seconds: should be a number from 0 to 60")?)
        }
        _ => {
            return Err(
                "fault: should be one of status, error, html, malformed_body, empty_body, \
                        cut_before, cut_after, delay"
                    .to_owned(),
            );
        }
    };
    let count = match body.get("count") {
        None => 1,
        Some(_) => number("count")
            .and_then(|count| usize::try_from(count).ok())
            .ok_or("count: should be a whole number")?,
    };
    let path = match body.get("path") {
        None => "",
        Some(path) => path.as_str().ok_or("path: should be a part of a path")?,
    };
    emulator.fail_next_to(path, count, fault);
    Ok(json!({}))
}
