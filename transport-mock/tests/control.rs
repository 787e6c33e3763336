//! The control routes, as a test in another language uses them.
#![cfg(feature = "server")]

mod client;

use client::{Client, Reply};
use serde_json::{Value, json};
use stytch_session_mock::{Emulator, Example, Server, VirtualClock};

struct Running {
    emulator: Emulator,
    client: Client,
    _server: Server,
}

fn run() -> Running {
    let emulator = Emulator::example_builder().clock(VirtualClock::new()).build();
    let server = Server::start(&emulator, "127.0.0.1:0").expect("a free port");
    Running { client: Client { address: server.local_addr() }, emulator, _server: server }
}

impl Running {
    fn login(&self, organization: &str) -> Reply {
        let body = json!({
            "organization_id": organization,
            "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD,
        });
        let authorization = self.emulator.backend_authorization();
        let headers = [("Authorization", authorization.as_str())];
        let path = "/v1/b2b/passwords/authenticate";
        self.client.send("POST", path, &headers, &body.to_string())
    }

    fn fault(&self, order: &Value) -> Reply {
        self.client.post("/_emulator/faults", &order.to_string())
    }
}

#[test]
fn codes_are_in_the_outbox() {
    let running = run();
    let outbox = || running.client.get("/_emulator/outbox").ok();
    assert_eq!(outbox(), json!({ "outbox": [] }));
    let login = running.login(Example::BLUE_KILN).ok();
    let message = &outbox()["outbox"][0];
    assert_eq!(message["to"], Example::PHONE_NUMBER);
    assert_eq!(message["member_id"], login["member_id"]);
    assert_eq!(
        message["code"].as_str(),
        running.emulator.last_code(Example::PHONE_NUMBER).as_deref()
    );
}

#[test]
fn the_state_shows_the_world_but_no_tokens() {
    let running = run();
    let login = running.login(Example::HARBOR_LIGHTS).ok();
    let state = running.client.get("/_emulator/state").ok();
    assert_eq!(state["now"], "2030-06-01T12:00:00Z");
    assert_eq!(state["public_token"], running.emulator.public_token());
    assert_eq!(state["organizations"][0]["organization_slug"], Example::HARBOR_LIGHTS);
    assert_eq!(state["organizations"][0]["members"][0]["password"], Example::PASSWORD);
    assert_eq!(
        state["organizations"][2]["members"][0]["totp_code"].as_str().map(str::len),
        Some(6)
    );
    let session = &state["sessions"][0];
    assert_eq!(session["member_session_id"], login["member_session"]["member_session_id"]);
    assert_eq!(session["factors"], json!(["password (knowledge)"]));
    for secret in ["session_token", "session_jwt"] {
        let secret = login[secret].as_str().expect("a login gives tokens");
        assert!(!state.to_string().contains(secret));
    }
}

#[test]
fn the_clock_can_be_read_set_and_advanced() {
    let running = run();
    let clock = "/_emulator/clock";
    assert_eq!(running.client.get(clock).ok(), json!({ "now": "2030-06-01T12:00:00Z" }));
    let turned = |body: &str| running.client.post(clock, body);
    assert_eq!(turned(r#"{"advance_seconds":300}"#).ok()["now"], "2030-06-01T12:05:00Z");
    assert_eq!(
        turned(r#"{"now":"2031-01-01T01:00:00+01:00"}"#).ok()["now"],
        "2031-01-01T00:00:00Z"
    );
    assert_eq!(turned(r#"{"advance_seconds":-5}"#).ok()["now"], "2030-12-31T23:59:55Z");
    running.login(Example::HARBOR_LIGHTS).ok();
    turned(r#"{"advance_seconds":3600}"#).ok();
    assert!(running.emulator.active_sessions().is_empty(), "an hour ends a session");
    assert_eq!(turned(r#"{"now":"9999-12-31T23:59:59Z"}"#).ok()["now"], "9999-12-31T23:59:59Z");
    for (body, problem) in [
        ("", "the body is not JSON: EOF"),
        ("[]", "the body should be a JSON object"),
        ("{}", "give either now or advance_seconds"),
        (r#"{"now":"2031-01-01T00:00:00Z","advance_seconds":1}"#, "give either"),
        (r#"{"now":"tomorrow"}"#, r#"now: "tomorrow" is not like"#),
        (r#"{"now":"1969-12-31T23:59:59Z"}"#, "now: the clock shows the years 1970 to 9999"),
        (r#"{"advance_seconds":1}"#, "advance_seconds: the clock shows the years"),
        (r#"{"advance_seconds":9223372036854775807}"#, "advance_seconds: the clock shows"),
        (r#"{"advance_seconds":1.5}"#, "invalid type: floating point `1.5`"),
        (r#"{"minutes":5}"#, "unknown field `minutes`"),
    ] {
        let error = turned(body).refused(400);
        assert!(error.starts_with(problem), "{body}: {error}");
    }
}

#[test]
fn a_reset_goes_back_to_the_beginning() {
    let running = run();
    running.login(Example::BLUE_KILN).ok();
    running.login(Example::HARBOR_LIGHTS).ok();
    running.fault(&json!({ "fault": "cut_after", "count": 9 })).ok();
    running.client.post("/_emulator/clock", r#"{"advance_seconds":60}"#).ok();
    assert_eq!(running.client.post("/_emulator/reset", "").ok(), json!({}));
    let state = running.client.get("/_emulator/state").ok();
    for empty in ["faults", "outbox", "requests", "sessions"] {
        assert_eq!(state[empty], json!([]), "{empty}");
    }
    assert_eq!((&state["request_count"], &state["intermediate_sessions"]), (&json!(0), &json!(0)));
    assert_eq!(state["now"], "2030-06-01T12:01:00Z", "the clock stays");
}

#[test]
fn faults_hit_the_next_requests_that_match() {
    let running = run();
    let planned = running.fault(&json!({
        "fault": "status", "status": 503, "count": 2, "path": "passwords"
    }));
    let expected = json!([{ "fault": "status", "status": 503, "count": 2, "path": "passwords" }]);
    assert_eq!(planned.ok()["faults"], expected);
    assert_eq!(running.client.get("/v1/b2b/other").status(), 404);
    assert_eq!(running.login(Example::HARBOR_LIGHTS).json()["error_type"], "server_unavailable");
    assert_eq!(running.client.get("/_emulator/faults").ok()["faults"][0]["count"], 1);
    assert_eq!(running.login(Example::HARBOR_LIGHTS).status(), 503);
    running.login(Example::HARBOR_LIGHTS).ok();
    assert_eq!(running.client.get("/_emulator/faults").ok(), json!({ "faults": [] }));
}

#[test]
fn every_fault_is_seen_by_the_client() {
    let running = run();
    let meet = |order: Value| {
        running.client.post("/_emulator/reset", "").ok();
        running.fault(&order).ok();
        let reply = running.login(Example::HARBOR_LIGHTS);
        (reply, running.emulator.active_sessions().len())
    };
    let (reply, sessions) =
        meet(json!({ "fault": "error", "status": 400, "error_type": "member_locked" }));
    assert_eq!((reply.json()["error_type"].as_str(), sessions), (Some("member_locked"), 0));
    let (reply, sessions) = meet(json!({ "fault": "html", "status": 502 }));
    assert_eq!((reply.status(), sessions), (502, 0));
    assert_eq!(reply.header("content-type"), ["text/html; charset=utf-8"]);
    let (reply, sessions) = meet(json!({ "fault": "malformed_body" }));
    assert_eq!((reply.status(), sessions), (200, 1));
    assert!(serde_json::from_str::<Value>(&reply.body).is_err());
    let (reply, sessions) = meet(json!({ "fault": "truncated_body" }));
    assert_eq!((reply.status(), sessions), (200, 1));
    assert!(reply.body.starts_with('{') && serde_json::from_str::<Value>(&reply.body).is_err());
    let (reply, sessions) = meet(json!({ "fault": "wrong_status", "status": 503 }));
    assert_eq!(
        (reply.status(), reply.json()["status_code"].as_u64(), sessions),
        (503, Some(200), 1)
    );
    let (reply, sessions) = meet(json!({ "fault": "duplicated" }));
    assert_eq!((reply.status(), sessions), (200, 2));
    let (reply, sessions) = meet(json!({ "fault": "empty_body" }));
    assert_eq!((reply.status(), reply.body.as_str(), sessions), (200, "", 1));
    let (reply, sessions) = meet(json!({ "fault": "cut_before" }));
    assert_eq!((reply.is_cut(), sessions), (true, 0));
    let (reply, sessions) = meet(json!({ "fault": "cut_after" }));
    assert_eq!((reply.is_cut(), sessions), (true, 1));
    let (reply, sessions) = meet(json!({ "fault": "delay", "seconds": 0.001 }));
    assert_eq!((reply.status(), sessions), (200, 1));
}

#[test]
fn an_answer_is_held_back_until_a_later_one_has_gone_out() {
    let running = run();
    running.fault(&json!({ "fault": "reordered" })).ok();
    let is_met = || running.client.get("/_emulator/faults").ok() == json!({ "faults": [] });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| running.login(Example::HARBOR_LIGHTS).ok());
        while !is_met() {
            std::thread::yield_now();
        }
        let second = running.login(Example::HARBOR_LIGHTS).ok();
        let first = first.join().expect("no panic");
        assert_ne!(first["session_token"], second["session_token"]);
    });
    assert_eq!(running.emulator.active_sessions().len(), 2);
}

#[test]
fn faults_can_be_taken_back_and_mistakes_are_named() {
    let running = run();
    running.fault(&json!({ "fault": "cut_after", "count": 5 })).ok();
    let cleared = running.client.send("DELETE", "/_emulator/faults", &[], "");
    assert_eq!(cleared.ok(), json!({ "faults": [] }));
    running.login(Example::HARBOR_LIGHTS).ok();
    let error = running.fault(&json!({ "fault": "delay", "seconds": 61 })).refused(400);
    assert_eq!(error, "seconds: should be a number from 0 to 60");
    assert_eq!(running.fault(&json!({})).refused(400), "missing field `fault`");
    let error = running.client.post("/_emulator/faults", "{").refused(400);
    assert!(error.starts_with("the body is not JSON: "), "{error}");
}

#[test]
fn requests_are_remembered_without_secrets() {
    let running = run();
    let login = running.login(Example::HARBOR_LIGHTS).ok();
    let token = login["session_token"].as_str().expect("a login gives a token");
    let authorization = running.emulator.frontend_authorization(Some(token));
    let headers = [("Authorization", authorization.as_str())];
    running.client.send("POST", "/sdk/v1/b2b/sessions/authenticate", &headers, "{}").ok();
    let shown = running.client.get("/_emulator/requests").ok();
    assert_eq!(shown["count"], 2);
    let (first, second) = (&shown["requests"][0], &shown["requests"][1]);
    assert_eq!(first["path"], "/v1/b2b/passwords/authenticate");
    assert_eq!((&first["method"], &first["status"]), (&json!("POST"), &json!(200)));
    assert_eq!(first["received_at"], "2030-06-01T12:00:00Z");
    assert_eq!(first["body"]["email_address"], Example::EMAIL_ADDRESS);
    assert_eq!(first["body"]["password"], "[redacted]");
    let user = format!("Basic {}:[redacted]", running.emulator.public_token());
    assert_eq!(second["headers"]["authorization"], user);
    for secret in [Example::PASSWORD, token, running.emulator.project_secret(), &authorization] {
        assert!(!shown.to_string().contains(secret));
    }
    running.fault(&json!({ "fault": "cut_before" })).ok();
    running.login(Example::HARBOR_LIGHTS);
    let shown = running.client.get("/_emulator/requests").ok();
    assert_eq!(shown["requests"][2]["status"], Value::Null, "it was cut");
}

#[test]
fn other_paths_and_methods_are_named() {
    let running = run();
    let error = running.client.get("/_emulator/nothing").refused(404);
    assert_eq!(error, "there are /_emulator/: state, outbox, clock, reset, faults, requests");
    running.client.get("/_emulator/").refused(404);
    let reply = running.client.send("DELETE", "/_emulator/clock", &[], "");
    assert_eq!(reply.header("allow"), ["GET, POST"]);
    assert_eq!(reply.refused(405), "/_emulator/clock has GET, POST");
    let head = running.client.send("HEAD", "/_emulator/state", &[], "");
    assert_eq!((head.status(), head.body.as_str()), (200, ""));
    assert_eq!(running.emulator.request_count(), 0, "none of these is a call of the API");
}
