//! One-time codes by e-mail: logins and discovery.

mod common;

use common::{Answer, BOTH, Caller, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::Example;

fn send(caller: &Caller, organization: &str, extra: Value) -> Answer {
    let mut body =
        json!({ "organization_id": organization, "email_address": Example::EMAIL_ADDRESS });
    common::merge(&mut body, extra);
    caller.post("otps/email/login_or_signup", None, body)
}

fn authenticate(caller: &Caller, organization: &str, code: &str, extra: Value) -> Answer {
    let mut body = json!({
        "organization_id": organization,
        "email_address": Example::EMAIL_ADDRESS,
        "code": code,
    });
    common::merge(&mut body, extra);
    caller.finish("otps/email/authenticate", None, body)
}

fn code(caller: &Caller) -> String {
    caller.emulator.last_code(Example::EMAIL_ADDRESS).expect("a code was sent")
}

#[test]
fn a_code_logs_in_once() {
    for surface in BOTH {
        let caller = caller(surface);
        let sent = send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        assert_eq!(sent.body.get("member_created").is_some(), surface == Surface::Backend);
        let first = code(&caller);
        send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        let login = |code: &str| authenticate(&caller, Example::HARBOR_LIGHTS, code, json!({}));
        login(&first).refused(404, "otp_code_not_found");
        let code = code(&caller);
        let session = login(&code).ok();
        assert_eq!(session.body["member_authenticated"], true);
        let factor = session.last_factor();
        assert_eq!(factor["type"], "email_otp");
        assert_eq!(factor["delivery_method"], "email");
        assert_eq!(factor["email_factor"]["email_id"], session.body["method_id"]);
        assert_eq!(session.text("/organization_id"), session.text("/organization/organization_id"));
        login(&code).refused(401, "unable_to_auth_otp_code");
    }
}

#[test]
fn a_code_lives_ten_minutes_unless_said_otherwise() {
    for surface in BOTH {
        let caller = caller(surface);
        let login = || authenticate(&caller, Example::HARBOR_LIGHTS, &code(&caller), json!({}));
        send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        caller.advance(600);
        login().refused(401, "unable_to_auth_otp_code");
        send(&caller, Example::HARBOR_LIGHTS, json!({ "login_expiration_minutes": 15 })).ok();
        caller.advance(899);
        login().ok();
        send(&caller, Example::HARBOR_LIGHTS, json!({ "login_expiration_minutes": 16 }))
            .refused(400, "bad_request");
    }
}

#[test]
fn names_and_rules_of_organizations_count() {
    for surface in BOTH {
        let caller = with(surface, |builder| builder.fixed_otp_code("123456"));
        send(&caller, Example::SLATE_QUARRY, json!({}))
            .refused(400, "operation_restricted_by_organization_auth_methods");
        send(&caller, Example::HARBOR_LIGHTS, json!({ "email_address": "@" }))
            .refused(400, "invalid_email");
        send(&caller, Example::HARBOR_LIGHTS, json!({ "email_address": "eve@example.org" }))
            .refused(404, "member_not_found");
        send(&caller, "nowhere", json!({})).refused(404, "organization_not_found");
        // A code of one organization is none in another.
        send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        let login =
            |organization: &str, extra: Value| authenticate(&caller, organization, "123456", extra);
        login(Example::BLUE_KILN, json!({})).refused(404, "otp_code_not_found");
        login("nowhere", json!({})).refused(404, "organization_not_found");
        login(Example::HARBOR_LIGHTS, json!({ "email_address": "eve@example.org" }))
            .refused(404, "member_not_found");

        send(&caller, Example::BLUE_KILN, json!({})).ok();
        let unfinished = login(Example::BLUE_KILN, json!({})).ok().intermediate();
        caller.enter(&unfinished, Example::HARBOR_LIGHTS).ok();
    }
}

#[test]
fn a_code_completes_what_another_method_has_begun() {
    for surface in BOTH {
        let caller = caller(surface);
        let begun = caller.login(Example::BLUE_KILN).ok().intermediate();
        send(&caller, Example::BLUE_KILN, json!({})).ok();
        let extra = json!({ "intermediate_session_token": begun });
        let code = code(&caller);
        let same = authenticate(&caller, Example::BLUE_KILN, &code, extra.clone()).ok();
        assert_eq!(same.intermediate(), begun);
        send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        authenticate(&caller, Example::HARBOR_LIGHTS, &code, extra)
            .refused(400, "invalid_intermediate_session_token_for_organization");
    }
}

#[test]
fn whoever_may_join_signs_up_by_a_code() {
    for surface in BOTH {
        let caller = caller(surface);
        let sent = send(&caller, Example::NIGHT_FERRY, json!({})).ok();
        if surface == Surface::Backend {
            assert_eq!(sent.body["member_created"], true);
        }
        let session = authenticate(&caller, Example::NIGHT_FERRY, &code(&caller), json!({})).ok();
        assert_eq!(session.text("/member/status"), "active");
    }
}

#[test]
fn a_discovery_code_finds_organizations() {
    for surface in BOTH {
        let caller = caller(surface);
        let send = |address: &str| {
            let body = json!({ "email_address": address });
            caller.post("otps/email/discovery/send", None, body)
        };
        let discover = |code: &str| {
            let body = json!({ "email_address": Example::EMAIL_ADDRESS, "code": code });
            caller.post("otps/email/discovery/authenticate", None, body)
        };
        send("nobody").refused(400, "invalid_email");
        send(Example::EMAIL_ADDRESS).ok();
        let code = code(&caller);
        discover("wrong").refused(404, "otp_code_not_found");
        let found = discover(&code).ok();
        assert_eq!(found.body["discovered_organizations"].as_array().map(Vec::len), Some(5));
        discover(&code).refused(401, "unable_to_auth_otp_code");
        caller.enter(&found.intermediate(), Example::HARBOR_LIGHTS).ok();
        // Somebody who is nowhere yet finds what they may join.
        send("new@example.com").ok();
        let code = caller.emulator.last_code("new@example.com").expect("a code");
        let body = json!({ "email_address": "new@example.com", "code": code });
        let found = caller.post("otps/email/discovery/authenticate", None, body).ok();
        assert_eq!(found.body["discovered_organizations"].as_array().map(Vec::len), Some(1));
    }
}
