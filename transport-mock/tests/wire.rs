//! What every reply of the emulator has in common: authorization, envelope, errors, options, and
//! the same fields as the documented replies.

mod common;

use std::collections::BTreeSet;

use common::{BOTH, Caller, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session::{BlockingTransport, Delivery, TransportErrorKind};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, Fault};

#[test]
fn authorization_is_checked_before_anything_else() {
    for surface in BOTH {
        let caller = caller(surface);
        let prefix = if surface == Surface::Frontend { "/sdk/v1" } else { "/v1" };
        let (user, secret) = match surface {
            Surface::Frontend => (caller.emulator.public_token(), caller.emulator.public_token()),
            Surface::Backend => (caller.emulator.project_id(), caller.emulator.project_secret()),
        };
        let encode =
            |text: String| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        let with_header = |value: Option<String>| {
            let mut request = http::Request::post(format!("{prefix}/b2b/passwords/authenticate"));
            if let Some(value) = value {
                request = request.header("authorization", value);
            }
            caller.send(&request.body(b"{}".to_vec()).expect("a request"))
        };
        let unreadable =
            [None, Some("Bearer x"), Some("Basic"), Some("Basic !!"), Some("Basic bm9jb2xvbg==")];
        for value in unreadable {
            with_header(value.map(str::to_owned)).refused(400, "invalid_authorization_header");
        }
        with_header(Some(format!("Basic {}", encode(format!("other:{secret}")))))
            .refused(401, "unauthorized_credentials");
        if surface == Surface::Backend {
            with_header(Some(format!("Basic {}", encode(format!("{user}:wrong")))))
                .refused(401, "unauthorized_credentials");
        }
    }
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    for surface in BOTH {
        let caller = caller(surface);
        caller.raw("POST", "nowhere", None, "").refused(404, "route_not_found");
        caller.raw("POST", "sessions/%ff", None, "").refused(404, "route_not_found");
        caller.raw("DELETE", "sessions/authenticate", None, "").refused(405, "method_not_allowed");
    }
    let outside = http::Request::get("/").body(Vec::new()).expect("a request");
    caller(Surface::Backend).send(&outside).refused(404, "route_not_found");
}

#[test]
fn bodies_that_are_no_json_objects_are_refused() {
    for surface in BOTH {
        let caller = caller(surface);
        let post = |body: &[u8]| caller.raw("POST", "passwords/authenticate", None, body);
        post(b"{").refused(400, "bad_request");
        post(b"\xff").refused(400, "bad_request");
        let deep = "[".repeat(100_000);
        post(deep.as_bytes()).refused(400, "bad_request");
        match surface {
            Surface::Frontend => post(b"[]").refused_by_schema("type"),
            Surface::Backend => post(b"[]").refused(400, "bad_request"),
        }
    }
}

/// Every kind of success, by the name of the documented reply that it must look like.
fn successes(caller: &Caller) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    let mut add = |name, answer: common::Answer| found.push((name, answer.ok().body));
    let token = caller.session();
    add("passwords.authenticate.success", caller.login(Example::HARBOR_LIGHTS));
    add("passwords.authenticate.mfa_required", caller.login(Example::BLUE_KILN));
    add("sessions.authenticate.success", caller.authenticate(&token));
    add("sessions.exchange.success", caller.exchange(&token, Example::NORTH_PIER));
    add("sessions.exchange.mfa_required", caller.exchange(&token, Example::BLUE_KILN));
    add("sessions.exchange.primary_required", caller.exchange(&token, Example::SLATE_QUARRY));
    add("passwords.discovery.authenticate.success", caller.discover());
    add(
        "discovery.organizations.success",
        caller.post("discovery/organizations", Some(&token), json!({})),
    );
    let enter = |organization| caller.enter(&caller.discover().intermediate(), organization);
    add("discovery.intermediate_sessions.exchange.success", enter(Example::HARBOR_LIGHTS));
    add("discovery.intermediate_sessions.exchange.mfa_required", enter(Example::BLUE_KILN));
    let intermediate = || caller.login(Example::BLUE_KILN).intermediate();
    let send = caller.second(
        "otps/sms/send",
        None,
        json!({ "intermediate_session_token": intermediate() }),
    );
    match caller.surface {
        Surface::Frontend => add("sdk.otps.sms.send.success", send),
        Surface::Backend => add("otps.sms.send.success", send),
    }
    let pending = intermediate();
    add("otps.sms.authenticate.success", caller.sms(&pending, &caller.last_code()));
    let totp = json!({ "intermediate_session_token": intermediate(), "code": caller.totp_code() });
    add("totp.authenticate.success", caller.second("totp/authenticate", None, totp));
    let code = caller.emulator.recovery_codes(&caller.ada(Example::BLUE_KILN)).remove(0);
    let recovery = json!({ "intermediate_session_token": intermediate(), "recovery_code": code });
    add("recovery_codes.recover.success", caller.second("recovery_codes/recover", None, recovery));
    if caller.surface == Surface::Backend {
        let check = json!({ "organization_id": "harbor-lights", "resource_id": "stytch.member", "action": "x" });
        let body = json!({ "authorization_check": check });
        add(
            "sessions.authenticate.with_verdict",
            caller.post("sessions/authenticate", Some(&token), body),
        );
        let path = format!(
            "sessions?organization_id=harbor-lights&member_id={}",
            caller.ada("harbor-lights")
        );
        add("sessions.get.success", caller.raw("GET", &path, None, ""));
        let path = format!("sessions/jwks/{}", caller.emulator.project_id());
        add("sessions.jwks.success", caller.raw("GET", &path, None, ""));
    }
    add("sessions.revoke.success", caller.post("sessions/revoke", Some(&token), json!({})));
    found
}

#[test]
fn replies_have_the_documented_fields_and_no_others() {
    for surface in BOTH {
        for (name, body) in successes(&caller(surface)) {
            let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
            let fixture = std::fs::read(path).expect("the fixture exists");
            let mut fixture: Value = serde_json::from_slice(&fixture).expect("the fixture is JSON");
            if name.starts_with("sdk.") {
                fixture = fixture["data"].take();
            }
            assert_eq!(keys(&body), keys(&fixture), "{name} on the {surface:?}");
            for object in ["member", "organization", "member_session"] {
                assert_eq!(keys(&body[object]), keys(&fixture[object]), "{object} of {name}");
            }
            let item = |list: &Value| list.get(0).map(keys);
            for list in ["keys", "member_sessions", "discovered_organizations"] {
                assert_eq!(item(&body[list]), item(&fixture[list]), "{list} of {name}");
            }
        }
    }
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn options_change_how_replies_are_written() {
    let plain = with(Surface::Frontend, |builder| {
        builder
            .text_plain_errors()
            .no_request_id_on_errors()
            .retry_after(7)
            .omit_nulls()
            .inject_unknown()
    });
    let request = http::Request::post("/sdk/v1/b2b/sessions/authenticate")
        .header("authorization", plain.emulator.frontend_authorization(Some("dead")))
        .body(Vec::new())
        .expect("a request");
    let response = plain.emulator.handle(&request);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    let error: Value = serde_json::from_slice(response.body()).expect("JSON nevertheless");
    assert_eq!(error.get("request_id"), None);
    plain.emulator.fail_next(1, Fault::Status(429));
    let limited = plain.emulator.respond(&request).expect("an answer");
    assert_eq!(limited.headers()["retry-after"], "7");

    let login = plain.login(Example::HARBOR_LIGHTS).ok();
    assert!(!login.body.to_string().contains("null,"), "no field is null: {}", login.body);
    assert_eq!(login.factors(), ["password", "telepathy"]);
    assert!(login.body["member"].get("field_from_the_future").is_some());

    for surface in BOTH {
        let rotating = with(surface, |builder| builder.rotate_session_tokens().never_shorten());
        let old = rotating.session();
        let body = json!({ "session_duration_minutes": 5 });
        let renewed = rotating.post("sessions/authenticate", Some(&old), body).ok();
        assert_ne!(renewed.token(), old);
        assert_eq!(renewed.text("/member_session/expires_at"), "2030-06-01T13:00:00Z");
        rotating.authenticate(&old).refused(404, "session_not_found");

        let vague = with(surface, EmulatorBuilder::wrong_code_as_unauthorized);
        let token = vague.login(Example::BLUE_KILN).ok().intermediate();
        vague.sms(&token, "wrong").refused(401, "unauthorized_credentials");
    }

    let strict = with(Surface::Frontend, EmulatorBuilder::strict_telemetry);
    strict.login(Example::HARBOR_LIGHTS).refused(400, "bad_request");
}

#[test]
fn on_the_frontend_an_intermediate_token_counts_before_the_session() {
    let caller = caller(Surface::Frontend);
    let session = caller.session();
    let token = caller.login(Example::BLUE_KILN).ok().intermediate();
    let proof = json!({ "code": caller.last_code(), "intermediate_session_token": token });
    caller.second("otps/sms/authenticate", Some(&session), proof).ok();

    let strict = with(Surface::Frontend, EmulatorBuilder::strict_session_arguments);
    let session = strict.session();
    let token = strict.login(Example::BLUE_KILN).ok().intermediate();
    let proof = json!({ "code": strict.last_code(), "intermediate_session_token": token });
    strict
        .second("otps/sms/authenticate", Some(&session), proof)
        .refused(400, "too_many_session_arguments");
}

#[test]
fn faults_hit_the_next_matching_requests_and_no_others() {
    let caller = caller(Surface::Frontend);
    let emulator: &Emulator = &caller.emulator;
    let token = caller.session();
    let request = |path: &str| {
        http::Request::post(path)
            .header("authorization", emulator.frontend_authorization(Some(&token)))
            .body(Vec::new())
            .expect("a request")
    };
    let send = |path: &str| BlockingTransport::send(emulator, request(path));
    let (authenticate, revoke) =
        ("/sdk/v1/b2b/sessions/authenticate", "/sdk/v1/b2b/sessions/revoke");

    emulator.fail_next_to("revoke", 1, Fault::Html(502));
    assert_eq!(send(authenticate).expect("an answer").status(), 200);
    let page = send(revoke).expect("an answer");
    assert_eq!(page.status(), 502);
    assert!(page.body().starts_with(b"<!doctype html>"));

    emulator.fail_next(1, Fault::MalformedBody);
    let cut = send(authenticate).expect("an answer");
    assert!(serde_json::from_slice::<Value>(cut.body()).is_err());

    emulator.fail_next(1, Fault::NotSent);
    let error = send(revoke).expect_err("no connection");
    assert_eq!((error.kind(), error.delivery()), (TransportErrorKind::Connect, Delivery::NotSent));
    emulator.fail_next(1, Fault::LostRequest);
    assert!(send(revoke).expect_err("no answer").can_have_reached_server());
    assert_eq!(emulator.active_sessions().len(), 1, "neither was acted on");
    emulator.fail_next(1, Fault::LostAnswer);
    assert!(send(revoke).expect_err("no answer").can_have_reached_server());
    assert!(emulator.active_sessions().is_empty(), "this one was");

    emulator.reset();
    assert_eq!(emulator.request_count(), 0);
}

#[test]
fn a_seed_makes_a_world_and_mistakes_name_their_place() {
    let seed = json!({
        "project_id": "project-test-1", "secret": "secret-test-1", "public_token": "public-token-test-1",
        "fixed_otp_code": "123456",
        "organizations": [{
            "organization_id": "organization-test-1", "organization_name": "Acme", "organization_slug": "acme",
            "mfa_policy": "REQUIRED_FOR_ALL",
            "members": [{
                "member_id": "member-test-1", "email_address": "ada@example.com", "name": "Ada",
                "password": "a secret", "mfa_phone_number": "+14155550001", "totp_secret": "JBSWY3DPEHPK3PXP",
                "roles": ["editor"],
            }],
        }],
        "rbac_policy": { "roles": [{ "role_id": "editor", "description": "", "permissions": [] }], "resources": [] },
    });
    let emulator = Emulator::from_seed_json(seed.to_string().as_bytes()).expect("the seed is good");
    assert_eq!(emulator.project_id(), "project-test-1");
    let caller = Caller { emulator, surface: Surface::Backend };
    let login = caller.login_with("acme", None, json!({ "password": "a secret" })).ok();
    assert_eq!(login.text("/member_id"), "member-test-1");
    assert_eq!(caller.emulator.last_code("member-test-1").as_deref(), Some("123456"));
    assert_eq!(caller.emulator.recovery_codes("member-test-1").len(), 10);

    let member = "/organizations/0/members/0";
    for (pointer, value, message) in [
        (
            "/organizations/0/members/0/totp_secret",
            json!("1"),
            "organizations[0].members[0].totp_secret: should be base32",
        ),
        (
            "/organizations/0/mfa_policy",
            json!("MAYBE"),
            "organizations[0].mfa_policy: should be one of OPTIONAL, REQUIRED_FOR_ALL",
        ),
        (
            "/organizations/0/members/0/roles/0",
            json!(1),
            "organizations[0].members[0].roles[0]: should be a string",
        ),
        (
            "/organizations/0/organization_name",
            json!(""),
            "organizations[0].organization_name: is missing",
        ),
        ("/organizations", json!({}), "organizations: should be a list"),
        (member, json!(3), "organizations[0].members[0]: should be an object"),
        ("/fixed_otp_code", json!("12"), "fixed_otp_code: should be six digits"),
    ] {
        let mut bad = seed.clone();
        *bad.pointer_mut(pointer).expect("the place exists") = value;
        let error =
            Emulator::from_seed_json(bad.to_string().as_bytes()).expect_err("the seed is bad");
        assert_eq!(error.to_string(), message);
    }
    let mut misspelt = seed;
    misspelt["organizations"][0]["members"][0]["pasword"] = "x".into();
    let error =
        Emulator::from_seed_json(misspelt.to_string().as_bytes()).expect_err("the seed is bad");
    assert_eq!(error.to_string(), "organizations[0].members[0].pasword: is not known here");
    assert!(Emulator::from_seed_json(b"{").is_err());
}
