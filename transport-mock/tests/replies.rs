//! The reply builders: the documented fields, and what the methods change.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stytch_session::Response;
use stytch_session_mock::replies::{self, Reply};

fn body(reply: Reply) -> Value {
    let response: Response = reply.into();
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(response.body()).expect("JSON")
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn replies_have_the_documented_fields_and_no_others() {
    for (name, reply) in [
        ("sessions.authenticate.success", replies::authenticate()),
        ("passwords.authenticate.success", replies::login()),
        ("passwords.authenticate.mfa_required", replies::login().mfa_required()),
        ("sessions.exchange.success", replies::exchange()),
        ("sessions.exchange.mfa_required", replies::exchange().mfa_required()),
        (
            "sessions.exchange.primary_required",
            replies::exchange().primary_required(["sso", "password"]),
        ),
        ("sessions.revoke.success", replies::revoke()),
        ("sessions.get.success", replies::list_sessions()),
        ("sessions.jwks.success", replies::jwks()),
        ("otps.sms.send.success", replies::sms_send()),
        ("otps.sms.authenticate.success", replies::second_factor()),
        ("recovery_codes.recover.success", replies::recover()),
        ("passwords.discovery.authenticate.success", replies::discovery()),
        ("discovery.organizations.success", replies::discovered_organizations()),
        ("magic_links.authenticate.success", replies::magic_link()),
        ("otps.email.authenticate.success", replies::email_code()),
        ("oauth.authenticate.success", replies::oauth()),
        ("sso.authenticate.success", replies::sso()),
        ("passwords.email.reset.mfa_required", replies::password_reset().mfa_required()),
        ("impersonation.authenticate.success", replies::impersonate()),
        ("magic_links.email.login_or_signup.success", replies::email_send()),
        ("magic_links.email.discovery.send.success", replies::discovery_send()),
        ("totp.create.success", replies::create_totp()),
        ("recovery_codes.get.success", replies::recovery_codes()),
        ("passwords.strength_check.success", replies::strength_check()),
        ("rbac.policy.success", replies::rbac_policy()),
        ("rbac.organizations.get.success", replies::organization_rbac_policy()),
        ("projects.bootstrap.success", replies::bootstrap()),
        ("discovery.organizations.create.success", replies::exchange()),
        ("error.session_not_found", replies::error("session_not_found", 404)),
        ("error.schema.body", replies::schema_error("session_duration_minutes")),
    ] {
        let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let fixture: Value =
            serde_json::from_slice(&std::fs::read(path).expect("it exists")).expect("JSON");
        let body = body(reply.backend());
        assert_eq!(keys(&body), keys(&fixture), "{name}");
        for object in [
            "member",
            "organization",
            "member_session",
            "mfa_required",
            "primary_required",
            "provider_values",
            "policy",
            "org_policy",
            "rbac_policy",
            "captcha_settings",
            "password_config",
        ] {
            assert_eq!(keys(&body[object]), keys(&fixture[object]), "{object} of {name}");
        }
        for list in ["discovered_organizations", "member_sessions"] {
            assert_eq!(keys(&body[list][0]), keys(&fixture[list][0]), "{list} of {name}");
        }
    }
}

#[test]
fn the_frontend_wraps_successes_and_no_errors() {
    let wrapped = body(replies::sms_send().frontend());
    assert_eq!(
        wrapped,
        json!({ "data": { "request_id": replies::REQUEST_ID, "status_code": 200 } })
    );
    assert_eq!(body(replies::error("bad_request", 400))["error_type"], "bad_request");
}

#[test]
fn values_are_set_where_they_belong() {
    let reply = replies::login()
        .member_id("member-test-1")
        .organization_id("organization-test-1")
        .member_session_id("session-test-1")
        .session_token("a token")
        .session_jwt("a.jwt.text")
        .expires_at("2031-01-01T00:00:00Z")
        .field("member_session.authentication_factors.0.type", "telepathy")
        .field("member.untrusted_metadata.theme", "dusk")
        .without("member.name")
        .backend();
    let body = body(reply);
    for place in ["/member_id", "/member/member_id", "/member_session/member_id"] {
        assert_eq!(body.pointer(place), Some(&json!("member-test-1")), "{place}");
    }
    for place in ["", "/organization", "/member", "/member_session"] {
        let place = format!("{place}/organization_id");
        assert_eq!(body.pointer(&place), Some(&json!("organization-test-1")), "{place}");
    }
    assert_eq!(body["member_session"]["member_session_id"], "session-test-1");
    assert_eq!(body["session_token"], "a token");
    assert_eq!(body["session_jwt"], "a.jwt.text");
    assert_eq!(body["member_session"]["expires_at"], "2031-01-01T00:00:00Z");
    assert_eq!(body["member_session"]["authentication_factors"][0]["type"], "telepathy");
    assert_eq!(body["member"]["untrusted_metadata"], json!({ "theme": "dusk" }));
    assert_eq!(body["member"].get("name"), None);
}

#[test]
fn an_unfinished_login_holds_no_session() {
    for reply in [
        replies::exchange().mfa_required().intermediate_session_token("ist"),
        replies::exchange().intermediate_session_token("ist").mfa_enrollment_required(),
        replies::exchange()
            .intermediate_session_token("ist")
            .primary_required(["sso"])
            .mfa_required(),
    ] {
        let body = body(reply.backend());
        assert_eq!(body["member_authenticated"], false);
        assert_eq!(body["member_session"], Value::Null);
        assert_eq!((&body["session_token"], &body["session_jwt"]), (&json!(""), &json!("")));
        assert_eq!(body["intermediate_session_token"], "ist");
    }
}

#[test]
fn odd_replies_are_as_odd_as_asked() {
    let page: Response = replies::html(503).header("retry-after", "3").into();
    assert_eq!(page.status(), 503);
    assert_eq!(page.headers()["retry-after"], "3");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let cut: Response = replies::raw(200, "{\"data\":").into();
    assert_eq!(cut.body(), b"{\"data\":");
    let error: Response = replies::error("session_not_found", 404).status(401).into();
    assert_eq!(error.status(), 401);
}
