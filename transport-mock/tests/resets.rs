//! New passwords, and how strong they must be.

mod common;

use common::{Answer, BOTH, CHALLENGE, Caller, Surface, VERIFIER, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Example, Member, Organization};

const NEW: &str = "a bell under the sea";

fn start(caller: &Caller, organization: &str, extra: Value) -> Answer {
    let mut body =
        json!({ "organization_id": organization, "email_address": Example::EMAIL_ADDRESS });
    common::merge(&mut body, extra);
    caller.post("passwords/email/reset/start", None, body)
}

fn reset(caller: &Caller, token: &str, extra: Value) -> Answer {
    let mut body = json!({ "password_reset_token": token, "password": NEW });
    common::merge(&mut body, extra);
    caller.finish("passwords/email/reset", None, body)
}

#[test]
fn a_link_sets_a_password_and_ends_the_sessions() {
    for surface in BOTH {
        let caller = caller(surface);
        let old = caller.session();
        let url = json!({ "reset_password_redirect_url": "https://app.example.com/reset" });
        let sent = start(&caller, Example::HARBOR_LIGHTS, url).ok();
        assert_eq!(sent.body.get("member_email_id").is_some(), surface == Surface::Backend);
        let link = caller.emulator.last_link(Example::EMAIL_ADDRESS).expect("a link");
        let beginning = "https://app.example.com/reset?stytch_token_type=multi_tenant_passwords&";
        assert!(link.starts_with(beginning), "{link}");
        let token = caller.link_token();
        reset(&caller, "nonsense", json!({})).refused(401, "unable_to_auth_password_reset_token");
        reset(&caller, &token, json!({ "password": "short" })).refused(400, "weak_password");
        caller.authenticate(&old).ok();
        let session = reset(&caller, &token, json!({})).ok();
        assert!(session.text("/member_email_id").starts_with("email-test-"));
        assert!(session.body.get("organization_id").is_some());
        assert_eq!(session.factors(), ["password"]);
        caller.authenticate(&old).refused(404, "session_not_found");
        caller.authenticate(&session.token()).ok();
        caller.login(Example::HARBOR_LIGHTS).refused(401, "unauthorized_credentials");
        // The person has one password, so it is the new one elsewhere too.
        caller.login_with(Example::NORTH_PIER, None, json!({ "password": NEW })).ok();
        reset(&caller, &token, json!({})).refused(401, "unable_to_auth_password_reset_token");
    }
}

#[test]
fn a_reset_link_lives_half_an_hour_and_knows_pkce() {
    for surface in BOTH {
        let caller = caller(surface);
        start(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        let token = caller.link_token();
        let verified = json!({ "code_verifier": VERIFIER });
        reset(&caller, &token, verified.clone()).refused(400, "pkce_did_not_expect_code_verifier");
        caller.advance(1800);
        reset(&caller, &token, json!({})).refused(401, "unable_to_auth_password_reset_token");
        start(&caller, Example::HARBOR_LIGHTS, json!({ "code_challenge": CHALLENGE })).ok();
        let token = caller.link_token();
        reset(&caller, &token, json!({})).refused(400, "pkce_expected_code_verifier");
        reset(&caller, &token, json!({ "code_verifier": "x" })).refused(400, "pkce_mismatch");
        reset(&caller, &token, verified).ok();
        start(&caller, Example::HARBOR_LIGHTS, json!({ "reset_password_expiration_minutes": 4 }))
            .refused(400, "bad_request");
        start(&caller, Example::SLATE_QUARRY, json!({}))
            .refused(400, "operation_restricted_by_organization_auth_methods");
        start(&caller, Example::HARBOR_LIGHTS, json!({ "email_address": "eve@example.org" }))
            .refused(404, "member_not_found");
    }
}

#[test]
fn a_reset_may_want_a_second_factor() {
    for surface in BOTH {
        let caller = caller(surface);
        start(&caller, Example::BLUE_KILN, json!({})).ok();
        let mfa = reset(&caller, &caller.link_token(), json!({})).ok();
        assert_eq!(mfa.body["member_authenticated"], false);
        caller.sms(&mfa.intermediate(), &caller.last_code()).ok();
    }
}

#[test]
fn a_password_that_must_be_reset_is_refused_until_it_is() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let member = Member::new("dora@example.com").password("old secret");
            let organization = Organization::new("tide-pool");
            builder.organization(organization.member(member.must_reset_password()))
        });
        let who = json!({ "email_address": "dora@example.com", "password": "old secret" });
        caller.login_with("tide-pool", None, who.clone()).refused(400, "member_reset_password");
        caller.post("passwords/discovery/authenticate", None, who).refused(400, "reset_password");
        start(&caller, "tide-pool", json!({ "email_address": "dora@example.com" })).ok();
        let token = caller.emulator.last_link_token("dora@example.com").expect("a link");
        reset(&caller, &token, json!({})).ok();
        let who = json!({ "email_address": "dora@example.com", "password": NEW });
        caller.login_with("tide-pool", None, who).ok();
    }
}

#[test]
fn the_old_password_sets_a_new_one() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let member = Member::new("nopass@example.org");
            builder.organization(Organization::new("tide-pool").member(member))
        });
        let old = caller.session();
        let change = |extra: Value| {
            let mut body = json!({
                "organization_id": Example::HARBOR_LIGHTS,
                "email_address": Example::EMAIL_ADDRESS,
                "existing_password": Example::PASSWORD,
                "new_password": NEW,
            });
            common::merge(&mut body, extra);
            caller.finish("passwords/existing_password/reset", None, body)
        };
        change(json!({ "existing_password": "wrong" })).refused(401, "unauthorized_credentials");
        change(json!({ "new_password": "short" })).refused(400, "weak_password");
        change(json!({ "email_address": "eve@example.org" })).refused(404, "member_not_found");
        let none = json!({ "organization_id": "tide-pool", "email_address": "nopass@example.org" });
        change(none).refused(404, "member_password_not_found");
        let session = change(json!({})).ok();
        assert_eq!(session.body.get("organization_id"), None);
        assert_eq!(session.body["primary_required"], Value::Null);
        caller.authenticate(&old).refused(404, "session_not_found");
        caller.authenticate(&session.token()).ok();
        let who = json!({ "password": NEW });
        caller.login_with(Example::HARBOR_LIGHTS, None, who).ok();
    }
}

#[test]
fn a_fresh_session_sets_a_new_password() {
    for surface in BOTH {
        let caller = caller(surface);
        let (other, session) = (caller.session(), caller.session());
        let change = |session: Option<&str>, organization: &str, password: &str| {
            let mut body = json!({ "password": password });
            if surface == Surface::Backend {
                body["organization_id"] = organization.into();
            }
            caller.post("passwords/session/reset", session, body)
        };
        change(None, Example::HARBOR_LIGHTS, NEW).refused(
            if surface == Surface::Frontend { 401 } else { 400 },
            if surface == Surface::Frontend {
                "user_unauthenticated"
            } else {
                "no_session_arguments"
            },
        );
        change(Some(&session), Example::HARBOR_LIGHTS, "short").refused(400, "weak_password");
        if surface == Surface::Backend {
            change(Some(&session), Example::NORTH_PIER, NEW)
                .refused(403, "session_authorization_tenancy_error");
        }
        caller.advance(300);
        let answer = change(Some(&session), Example::HARBOR_LIGHTS, NEW).ok();
        assert_eq!(answer.token(), session);
        assert_eq!(answer.body["member_authenticated"], true);
        assert_eq!(answer.body.get("primary_required"), None);
        caller.authenticate(&other).refused(404, "session_not_found");
        caller.advance(301);
        change(Some(&session), Example::HARBOR_LIGHTS, NEW)
            .refused(400, "session_too_old_to_reset_password");
    }
}

#[test]
fn discovery_resets_have_a_path_on_each_surface() {
    for surface in BOTH {
        let caller = caller(surface);
        let (own, foreign) = match surface {
            Surface::Frontend => ("passwords/discovery/reset", "passwords/discovery/email/reset"),
            Surface::Backend => ("passwords/discovery/email/reset", "passwords/discovery/reset"),
        };
        let start = |address: &str| {
            let body = json!({ "email_address": address, "pkce_code_challenge": CHALLENGE });
            caller.post(&format!("{own}/start"), None, body)
        };
        let reset = |token: &str, verifier: &str, password: &str| {
            let body = json!({
                "password_reset_token": token,
                "pkce_code_verifier": verifier,
                "password": password,
            });
            caller.post(own, None, body)
        };
        caller.post(foreign, None, json!({})).refused(404, "route_not_found");
        start("nobody").refused(400, "invalid_email");
        start(Example::EMAIL_ADDRESS).ok();
        let token = caller.link_token();
        reset("nonsense", "", NEW).refused(401, "unable_to_auth_password_reset_token");
        reset(&token, "", NEW).refused(400, "pkce_expected_code_verifier");
        reset(&token, VERIFIER, "short").refused(400, "weak_password");
        let found = reset(&token, VERIFIER, NEW).ok();
        caller.enter(&found.intermediate(), Example::HARBOR_LIGHTS).ok();
        reset(&token, VERIFIER, NEW).refused(401, "unable_to_auth_password_reset_token");
        caller.discover().refused(401, "unauthorized_credentials");

        // Whoever belongs nowhere yet gets a password too.
        start("new@example.com").ok();
        let token = caller.emulator.last_link_token("new@example.com").expect("a link");
        reset(&token, VERIFIER, NEW).ok();
        let body = json!({ "email_address": "new@example.com", "password": NEW });
        let found = caller.post("passwords/discovery/authenticate", None, body).ok();
        caller.enter(&found.intermediate(), Example::NIGHT_FERRY).ok();
        let who = json!({ "email_address": "new@example.com", "password": NEW });
        caller.login_with(Example::NIGHT_FERRY, None, who).ok();
    }
}

#[test]
fn a_password_is_judged_by_its_length() {
    for surface in BOTH {
        let caller = caller(surface);
        let judge = |password: &str| {
            caller.post("passwords/strength_check", None, json!({ "password": password })).ok().body
        };
        let weak = judge("short");
        assert_eq!((&weak["valid_password"], &weak["score"]), (&json!(false), &json!(0)));
        assert_eq!(weak["luds_feedback"]["missing_characters"], 3);
        let strong = judge("Long enough 4 all");
        assert_eq!((&strong["valid_password"], &strong["score"]), (&json!(true), &json!(4)));
        assert_eq!(strong["strength_policy"], "luds");
        assert_eq!(strong["breached_password"], false);
        assert_eq!(strong["zxcvbn_feedback"], Value::Null);
    }
}
