//! The routes by which a test in any language looks into the emulator and steers it.

use std::time::{Duration, SystemTime};

use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stytch_session::{Request, Response, Timestamp};

use super::{faults, requests};
use crate::emulator::Emulator;

/// What all control routes begin with.
pub(super) const PREFIX: &str = "/_emulator/";

/// The latest time that the clock may show, in seconds since 1970: 9999-12-31T23:59:59Z.
const LATEST: u64 = 253_402_300_799;

type Handler = fn(&Emulator, &[u8]) -> Result<Value, String>;

/// Every control route. An error is a message about the body.
const ROUTES: &[(Method, &str, Handler)] = &[
    (Method::GET, "state", |emulator, _| Ok(state(emulator))),
    (Method::GET, "outbox", |emulator, _| Ok(json!({ "outbox": emulator.outbox_json() }))),
    (Method::GET, "clock", |emulator, _| Ok(json!({ "now": emulator.now_text() }))),
    (Method::POST, "clock", turn),
    (Method::POST, "reset", reset),
    (Method::GET, "faults", |emulator, _| Ok(planned(emulator))),
    (Method::POST, "faults", plan),
    (Method::DELETE, "faults", clear),
    (Method::GET, "requests", |emulator, _| Ok(remembered(emulator))),
];

/// Answers a request whose path begins with [`PREFIX`].
pub(super) fn answer(emulator: &Emulator, request: &Request) -> Response {
    let name = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let mut named = ROUTES.iter().filter(|(_, route, _)| *route == name).peekable();
    if named.peek().is_none() {
        let mut names: Vec<_> = ROUTES.iter().map(|(_, route, _)| *route).collect();
        names.dedup();
        let problem = format!("there are {PREFIX}: {}", names.join(", "));
        return error(StatusCode::NOT_FOUND, &problem);
    }
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let allowed: Vec<&str> = named.clone().map(|(method, ..)| method.as_str()).collect();
    let Some((_, _, handler)) = named.find(|(other, ..)| other == method) else {
        let allowed = allowed.join(", ");
        let mut answer =
            error(StatusCode::METHOD_NOT_ALLOWED, &format!("{PREFIX}{name} has {allowed}"));
        if let Ok(allowed) = allowed.parse() {
            answer.headers_mut().insert(header::ALLOW, allowed);
        }
        return answer;
    };
    match handler(emulator, request.body()) {
        Ok(value) => super::local_json(StatusCode::OK, &value),
        Err(problem) => error(StatusCode::BAD_REQUEST, &problem),
    }
}

/// An answer that says what is wrong.
pub(super) fn error(status: StatusCode, problem: &str) -> Response {
    super::local_json(status, &json!({ "error": problem }))
}

fn state(emulator: &Emulator) -> Value {
    let mut state = serde_json::to_value(emulator.state()).unwrap_or_default();
    state["faults"] = planned(emulator)["faults"].take();
    state["requests"] = remembered(emulator)["requests"].take();
    state
}

/// How the clock is to be turned: one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    now: Option<String>,
    /// Negative ones turn it back.
    advance_seconds: Option<i64>,
}

fn turn(emulator: &Emulator, body: &[u8]) -> Result<Value, String> {
    let clock = emulator.clock();
    let (field, then) = match read(body)? {
        Turn { now: Some(now), advance_seconds: None } => {
            let now = Timestamp::parse(&now)
                .map_err(|_| format!("now: {now:?} is not like 2030-06-01T12:00:00Z"))?;
            ("now", Some(SystemTime::from(now)))
        }
        Turn { now: None, advance_seconds: Some(seconds) } => {
            let by = Duration::from_secs(seconds.unsigned_abs());
            let now = clock.now();
            let then = if seconds < 0 { now.checked_sub(by) } else { now.checked_add(by) };
            ("advance_seconds", then)
        }
        Turn { .. } => return Err("give either now or advance_seconds".to_owned()),
    };
    let in_range = |then: &SystemTime| {
        then.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since.as_secs() <= LATEST)
    };
    let then = then.filter(in_range);
    clock.set(then.ok_or_else(|| format!("{field}: the clock shows the years 1970 to 9999"))?);
    Ok(json!({ "now": emulator.now_text() }))
}

fn reset(emulator: &Emulator, _body: &[u8]) -> Result<Value, String> {
    emulator.reset();
    Ok(json!({}))
}

fn plan(emulator: &Emulator, body: &[u8]) -> Result<Value, String> {
    let (path, count, fault) = read::<faults::Order>(body)?.read()?;
    emulator.fail_next_to(&path, count, fault);
    Ok(planned(emulator))
}

fn clear(emulator: &Emulator, _body: &[u8]) -> Result<Value, String> {
    emulator.clear_faults();
    Ok(planned(emulator))
}

fn planned(emulator: &Emulator) -> Value {
    let planned = emulator.planned_faults();
    let faults = planned.iter().map(|(path, left, fault)| faults::json(path, *left, fault));
    json!({ "faults": faults.collect::<Value>() })
}

fn remembered(emulator: &Emulator) -> Value {
    let requests = emulator.requests();
    let shown = requests.iter().map(|request| requests::json(emulator, request));
    json!({ "count": emulator.request_count(), "requests": shown.collect::<Value>() })
}

/// Reads a body, whatever its content type says.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let value: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    if !value.is_object() {
        return Err("the body should be a JSON object".to_owned());
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}
