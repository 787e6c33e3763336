//! The control routes: how a test in any language reads the outbox, turns the clock, injects faults.
#![cfg(feature = "server")]

#[path = "common/http.rs"]
mod http;

use std::io::{Read, Write};
use std::net::TcpStream;

use http::{Answer, ask};
use serde_json::{Value, json};
use stytch_session_mock::{Emulator, Example, Server, VirtualClock};

struct World {
    emulator: Emulator,
    server: Server,
}

impl World {
    fn new() -> Self {
        let emulator = Emulator::example_builder().clock(VirtualClock::new()).build();
        let server = Server::start(&emulator, "127.0.0.1:0").expect("a free port");
        Self { emulator, server }
    }

    fn control(&self, method: &str, route: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(self.server.local_addr(), method, &format!("/_emulator/{route}"), &[], &body)
    }

    fn login(&self, organization: &str) -> Answer {
        let body = json!({
            "organization_id": organization,
            "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD,
        });
        let credentials = self.emulator.backend_authorization();
        let headers = [("Authorization", &*credentials)];
        let path = "/v1/b2b/passwords/authenticate";
        ask(self.server.local_addr(), "POST", path, &headers, &body.to_string())
    }

    fn plan(&self, fault: &Value) {
        let answer = self.control("POST", "faults", fault);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[test]
fn codes_are_read_from_the_outbox() {
    let world = World::new();
    assert_eq!(world.login(Example::BLUE_KILN).status, 200);
    let outbox = world.control("GET", "outbox", &Value::Null).json();
    assert_eq!(outbox["outbox"][0]["to"], Example::PHONE_NUMBER);
    assert_eq!(
        outbox["outbox"][0]["code"].as_str().map(str::to_owned),
        world.emulator.last_code(Example::PHONE_NUMBER)
    );
}

#[test]
fn the_clock_is_set_and_moved_and_ends_sessions() {
    let world = World::new();
    let now = |answer: Answer| answer.json()["now"].as_str().expect("a time").to_owned();
    assert_eq!(now(world.control("GET", "clock", &Value::Null)), "2030-06-01T12:00:00Z");
    let set = json!({ "now": "2031-01-02T03:04:05Z" });
    assert_eq!(now(world.control("POST", "clock", &set)), "2031-01-02T03:04:05Z");
    let back = json!({ "advance_seconds": -5 });
    assert_eq!(now(world.control("POST", "clock", &back)), "2031-01-02T03:04:00Z");
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 200);
    assert_eq!(world.emulator.active_sessions().len(), 1);
    world.control("POST", "clock", &json!({ "advance_seconds": 3600 }));
    assert_eq!(world.emulator.active_sessions(), [] as [&str; 0]);
}

#[test]
fn a_reset_puts_everything_back() {
    let world = World::new();
    world.login(Example::BLUE_KILN);
    world.login(Example::HARBOR_LIGHTS);
    assert_eq!(world.control("POST", "reset", &Value::Null).status, 200);
    let state = world.control("GET", "state", &Value::Null).json();
    assert_eq!(state["sessions"], json!([]));
    assert_eq!(state["outbox"], json!([]));
    assert_eq!(state["organizations"][0]["organization_slug"], Example::HARBOR_LIGHTS);
}

#[test]
fn the_state_shows_no_token_and_requests_no_secret() {
    let world = World::new();
    let login = world.login(Example::HARBOR_LIGHTS).json();
    let token = login["session_token"].as_str().expect("a token");
    let state = world.control("GET", "state", &Value::Null).body;
    assert!(!state.contains(token), "{state}");
    let requests = world.control("GET", "requests", &Value::Null).body;
    assert!(requests.contains("/v1/b2b/passwords/authenticate"), "{requests}");
    assert!(!requests.contains(Example::PASSWORD), "{requests}");
}

#[test]
fn faults_hit_the_next_requests_that_match() {
    let world = World::new();
    let path = "passwords";
    world.plan(&json!({ "fault": "status", "status": 503, "count": 2, "path": path }));
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 503);
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 503);
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 200);
    world.plan(&json!({ "fault": "error", "status": 429, "error_type": "too_many_requests" }));
    assert_eq!(world.login(Example::HARBOR_LIGHTS).json()["error_type"], "too_many_requests");
    world.plan(&json!({ "fault": "html", "status": 502 }));
    assert!(world.login(Example::HARBOR_LIGHTS).body.starts_with("<!doctype html>"));
    world.plan(&json!({ "fault": "malformed_body" }));
    let body = world.login(Example::HARBOR_LIGHTS).body;
    assert!(serde_json::from_str::<Value>(&body).is_err(), "{body}");
    world.plan(&json!({ "fault": "empty_body" }));
    assert_eq!(world.login(Example::HARBOR_LIGHTS).body, "");
    world.plan(&json!({ "fault": "delay", "seconds": 0.01 }));
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 200);
    world.plan(&json!({ "fault": "status", "status": 500, "path": "elsewhere" }));
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 200);
    world.plan(&json!({ "fault": "status", "status": 500, "count": 9 }));
    assert_eq!(world.control("DELETE", "faults", &Value::Null).status, 200);
    assert_eq!(world.login(Example::HARBOR_LIGHTS).status, 200);
}

#[test]
fn connections_are_cut_before_and_after_the_request_is_acted_on() {
    for (fault, acted) in [("cut_before", 0), ("cut_after", 1)] {
        let world = World::new();
        world.plan(&json!({ "fault": fault }));
        let mut stream = TcpStream::connect(world.server.local_addr()).expect("it listens");
        let body = json!({
            "organization_id": Example::HARBOR_LIGHTS,
            "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD,
        })
        .to_string();
        let request = format!(
            "POST /v1/b2b/passwords/authenticate HTTP/1.1\r\nHost: localhost\r\n\
             Authorization: {}\r\nContent-Length: {}\r\n\r\n{body}",
            world.emulator.backend_authorization(),
            body.len(),
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(answer, b"", "{fault}");
        assert_eq!(world.emulator.active_sessions().len(), acted, "{fault}");
    }
}

#[test]
fn mistakes_are_told() {
    let world = World::new();
    for (method, route, body, status, part) in [
        ("POST", "clock", json!({}), 400, "give either now"),
        ("POST", "clock", json!({ "now": "noon" }), 400, "RFC 3339"),
        ("POST", "clock", json!({ "advance_seconds": 1.5 }), 400, "whole number"),
        ("POST", "clock", json!([]), 400, "not a JSON object"),
        ("POST", "faults", json!({ "fault": "rain" }), 400, "one of status"),
        ("POST", "faults", json!({ "fault": "status", "status": 99 }), 400, "200 to 599"),
        ("POST", "faults", json!({ "fault": "error", "status": 400 }), 400, "error_type"),
        ("POST", "faults", json!({ "fault": "delay", "seconds": 61 }), 400, "0 to 60"),
        ("POST", "faults", json!({ "fault": "html", "status": 502, "count": "x" }), 400, "count"),
        ("PUT", "clock", json!({}), 405, "no such method"),
        ("GET", "nothing", Value::Null, 404, "no such control route"),
    ] {
        let answer = world.control(method, route, &body);
        assert_eq!(answer.status, status, "{method} {route} {body}");
        assert!(answer.body.contains(part), "{}", answer.body);
    }
}
