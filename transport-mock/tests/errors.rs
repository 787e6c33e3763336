//! Errors: each that the API documents has its status, and a cause or a fault that brings it.

mod common;

use std::path::Path;

use common::{Answer, BOTH, Caller, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, Fault, Member, Organization};

/// Every error type of the API's reference that has to do with members and sessions. The tests of
/// this crate cause each of these, by a request.
const CAUSED: &[(u16, &str)] = &[
    (400, "action_available_only_for_active_members"),
    (400, "action_available_only_once_primary_authentication_is_met"),
    (400, "action_not_allowed_email_domain_is_claimed"),
    (400, "active_totp_exists"),
    (400, "bad_app_bundle_for_stytch_sdk"),
    (400, "bad_domain_for_stytch_sdk"),
    (400, "bad_request"),
    (400, "bad_vertical_for_stytch_sdk"),
    (400, "cross_org_passwords_not_enabled"),
    (400, "custom_claims_too_large"),
    (400, "default_mfa_member_missing_factor"),
    (400, "downstream_carrier_error"),
    (400, "duplicate_email"),
    (400, "duplicate_member_phone_number"),
    (400, "expired_totp"),
    (400, "inactive_email"),
    (400, "insufficient_factors"),
    (400, "insufficient_factors_for_session_exchange"),
    (400, "invalid_authorization_header"),
    (400, "invalid_code"),
    (400, "invalid_consumer_endpoint"),
    (400, "invalid_email"),
    (400, "invalid_intermediate_session_token_for_organization"),
    (400, "invalid_locale"),
    (400, "invalid_organization_id"),
    (400, "invalid_organization_slug"),
    (400, "invalid_phone_number"),
    (400, "invalid_public_token_id"),
    (400, "invalid_recovery_code"),
    (400, "invalid_session_duration"),
    (400, "invalid_session_duration_minutes"),
    (400, "invalid_session_token"),
    (400, "invalid_token_organization_id_claim"),
    (400, "invalid_totp_code"),
    (400, "jwt_invalid_audience"),
    (400, "jwt_invalid_claims"),
    (400, "jwt_invalid_issuer"),
    (400, "live_id_used_in_test_environment"),
    (400, "member_reset_password"),
    (400, "member_session_member_id_mismatch"),
    (400, "no_active_recovery_code_backed_factor"),
    (400, "no_match_for_provided_oauth_url"),
    (400, "no_session_arguments"),
    (400, "no_session_revoke_arguments"),
    (400, "oauth_access_token_exchange_missing_full_access"),
    (400, "oauth_access_token_exchange_token_invalid_grant"),
    (400, "oauth_access_token_exchange_token_too_old"),
    (400, "operation_restricted_by_organization_auth_methods"),
    (400, "operation_restricted_by_organization_mfa_methods"),
    (400, "organization_slug_already_used"),
    (400, "pending_totp_exists"),
    (400, "pkce_did_not_expect_code_verifier"),
    (400, "pkce_expected_code_verifier"),
    (400, "pkce_mismatch"),
    (400, "recovery_code_used_as_totp_code"),
    (400, "reserved_claims_in_custom_claims"),
    (400, "reset_password"),
    (400, "session_not_mutable"),
    (400, "session_too_old_to_reset_password"),
    (400, "stytch_claims_in_custom_claims"),
    (400, "test_id_used_in_live_environment"),
    (400, "token_missing_organization_id_claim"),
    (400, "too_many_session_arguments"),
    (400, "too_many_session_revoke_arguments"),
    (400, "totp_code_used_as_recovery_code"),
    (400, "unable_to_parse_session_jwt"),
    (401, "endpoint_not_authorized_for_sdk"),
    (401, "invalid_project_id_authentication"),
    (401, "invalid_secret_authentication"),
    (401, "invalid_trusted_auth_token"),
    (401, "totp_code_already_authenticated"),
    (401, "unable_to_auth_impersonation_token"),
    (401, "unable_to_auth_magic_link"),
    (401, "unable_to_auth_otp_code"),
    (401, "unable_to_auth_password_reset_token"),
    (401, "unable_to_authenticate_recovery_code"),
    (401, "unable_to_authenticate_totp"),
    (401, "unauthorized_credentials"),
    (401, "user_unauthenticated"),
    (403, "captcha_required"),
    (403, "member_impersonation_not_allowed"),
    (403, "organization_suspended"),
    (403, "session_authorization_error"),
    (403, "session_authorization_tenancy_error"),
    (403, "unauthorized_action"),
    (404, "intermediate_session_not_found"),
    (404, "magic_link_not_found"),
    (404, "member_not_found"),
    (404, "member_password_not_found"),
    (404, "member_phone_number_not_found"),
    (404, "oauth_token_not_found"),
    (404, "organization_not_found"),
    (404, "otp_code_not_found"),
    (404, "project_not_found"),
    (404, "public_token_not_found"),
    (404, "recovery_codes_not_found"),
    (404, "route_not_found"),
    (404, "session_not_found"),
    (404, "sso_token_not_found"),
    (404, "totp_not_found"),
    (404, "trusted_token_profile_not_found"),
    (405, "method_not_allowed"),
    (429, "captcha_failed"),
    (429, "user_lock_limit_reached"),
];

/// Those with no cause in an emulated project: a fault brings them.
const BY_FAULT: &[(u16, &str)] = &[
    (400, "ad_blocker_detected"),
    (401, "attribute_mismatch"),
    (401, "cname_invalid_for_http_only_cookies"),
    (401, "cname_required_for_http_only_cookies"),
    (401, "enterprise_endpoint"),
    (401, "stale_factors"),
    (403, "use_https"),
    (404, "email_not_found"),
    (404, "secondary_factor_not_found"),
    (404, "user_not_found"),
    (429, "too_few_tokens_authenticated"),
    (429, "too_many_requests"),
    (499, "client_closed_request"),
    (500, "internal_server_error"),
    (503, "server_unavailable"),
];

#[test]
fn every_error_with_a_cause_is_caused_by_some_test() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut sources = String::new();
    for entry in std::fs::read_dir(tests).expect("the tests are here") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources += &std::fs::read_to_string(path).expect("it can be read");
        }
    }
    // Once in the table above, and once where it is expected with this status.
    let sources: String = sources.split_whitespace().collect();
    let missing: Vec<_> = CAUSED
        .iter()
        .filter(|(status, name)| sources.matches(&format!("{status},\"{name}\"")).count() < 2)
        .collect();
    assert!(missing.is_empty(), "no test causes {missing:?}");
}

#[test]
fn every_other_error_can_be_had_by_a_fault() {
    for surface in BOTH {
        let caller = caller(surface);
        for (status, name) in BY_FAULT {
            caller.emulator.fail_next(1, Fault::Error(*status, (*name).to_owned()));
            let prefix = if surface == Surface::Frontend { "/sdk/v1" } else { "/v1" };
            let request = http::Request::post(format!("{prefix}/b2b/sessions/authenticate"));
            let request = request.body(Vec::new()).expect("the request is valid");
            let answer = caller.emulator.respond(&request).expect("an answer");
            let body = serde_json::from_slice(answer.body()).expect("a JSON body");
            Answer { status: answer.status().as_u16(), body }.refused(*status, name);
        }
    }
}

/// A call of the frontend with these headers beside the authorization.
fn from(caller: &Caller, headers: &[(&str, &str)]) -> Answer {
    let mut request = http::Request::post("/sdk/v1/b2b/passwords/strength_check")
        .header("authorization", caller.emulator.frontend_authorization(None))
        .body(br#"{ "password": "a lighthouse in the fog" }"#.to_vec())
        .expect("the request is valid");
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        request.headers_mut().insert(name, value.parse().expect("a value"));
    }
    caller.send(&request)
}

fn telemetry(identifier: &str) -> String {
    use base64::Engine;
    let client = json!({ "app": { "identifier": identifier } }).to_string();
    base64::engine::general_purpose::STANDARD.encode(client)
}

#[test]
fn pages_and_programs_that_are_not_on_the_list_are_refused() {
    let caller = with(Surface::Frontend, |builder| {
        builder.allow_domain("https://app.example.com").allow_app("com.example.app")
    });
    from(&caller, &[("x-sdk-parent-host", "https://app.example.com")]).ok();
    let own = telemetry("com.example.app");
    from(&caller, &[("x-sdk-client", &own)]).ok();
    from(&caller, &[("x-sdk-parent-host", "https://evil.example.com")])
        .refused(400, "bad_domain_for_stytch_sdk");
    let other = telemetry("com.example.other");
    from(&caller, &[("x-sdk-client", &other)]).refused(400, "bad_app_bundle_for_stytch_sdk");
    from(&caller, &[]).refused(400, "bad_app_bundle_for_stytch_sdk");
    // The backend has neither.
    caller.on(Surface::Backend).login(Example::HARBOR_LIGHTS).ok();
}

#[test]
fn an_endpoint_can_be_turned_off_for_the_frontend() {
    let caller = with(Surface::Frontend, |builder| builder.disable_sdk_endpoint("b2b/passwords"));
    caller.login(Example::HARBOR_LIGHTS).refused(401, "endpoint_not_authorized_for_sdk");
    let token = caller.on(Surface::Backend).session();
    caller.authenticate(&token).ok();
}

#[test]
fn paths_of_the_product_for_consumers_are_told_apart() {
    for (surface, prefix, error) in
        [(Surface::Frontend, "/sdk/v1", "frontend"), (Surface::Backend, "/v1", "backend")]
    {
        let caller = caller(surface);
        let post = |path: &str| {
            let authorization = match surface {
                Surface::Frontend => caller.emulator.frontend_authorization(None),
                Surface::Backend => caller.emulator.backend_authorization(),
            };
            let request = http::Request::post(format!("{prefix}/{path}"))
                .header("authorization", authorization)
                .body(Vec::new())
                .expect("the request is valid");
            caller.send(&request)
        };
        let answer = post("sessions/authenticate");
        match error {
            "frontend" => answer.refused(400, "bad_vertical_for_stytch_sdk"),
            _ => answer.refused(400, "invalid_consumer_endpoint"),
        }
        post("sessions/authenticat").refused(404, "route_not_found");
    }
}

#[test]
fn a_captcha_is_demanded_of_logins_on_the_frontend() {
    let caller = with(Surface::Frontend, |builder| builder.demand_captcha("solved"));
    let login = |captcha: Value| {
        let extra = json!({ "captcha_token": captcha });
        caller.login_with(Example::HARBOR_LIGHTS, None, extra)
    };
    login(Value::Null).refused(403, "captcha_required");
    login(json!("")).refused(403, "captcha_required");
    login(json!("guessed")).refused(429, "captcha_failed");
    let token = login(json!("solved")).ok().token();
    // No login: no captcha.
    caller.authenticate(&token).ok();
    caller.on(Surface::Backend).login(Example::HARBOR_LIGHTS).ok();
    let bootstrap = http::Request::get(format!(
        "/sdk/v1/projects/bootstrap/{}",
        caller.emulator.public_token()
    ));
    let settings = caller.send(&bootstrap.body(Vec::new()).expect("the request is valid")).ok();
    assert_eq!(settings.body["captcha_settings"]["enabled"], true);
}

#[test]
fn nobody_enters_a_suspended_organization() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.session();
        let code_for = |path: &str| {
            let body = json!({
                "organization_id": Example::HARBOR_LIGHTS,
                "email_address": Example::EMAIL_ADDRESS,
            });
            caller.post(path, None, body)
        };
        code_for("magic_links/email/login_or_signup").ok();
        let link = caller.link_token();
        let elsewhere = caller.login(Example::NORTH_PIER).ok().token();
        let discovery = caller.discover().ok().intermediate();
        caller.emulator.suspend(Example::HARBOR_LIGHTS);
        caller.login(Example::HARBOR_LIGHTS).refused(403, "organization_suspended");
        caller.authenticate(&token).refused(403, "organization_suspended");
        caller.exchange(&elsewhere, Example::HARBOR_LIGHTS).refused(403, "organization_suspended");
        caller.enter(&discovery, Example::HARBOR_LIGHTS).refused(403, "organization_suspended");
        caller
            .finish("magic_links/authenticate", None, json!({ "magic_links_token": link }))
            .refused(403, "organization_suspended");
        let found = caller.discover().ok();
        let listed = found.body["discovered_organizations"].as_array().expect("a list");
        let slugs: Vec<_> =
            listed.iter().map(|found| &found["organization"]["organization_slug"]).collect();
        assert!(!slugs.contains(&&json!(Example::HARBOR_LIGHTS)), "{slugs:?}");
        caller.authenticate(&elsewhere).ok();
    }
    let seed = br#"{ "organizations": [{ "organization_id": "o", "organization_name": "O",
        "suspended": true,
        "members": [{ "member_id": "m", "email_address": "ada@example.com", "password": "p" }] }] }"#;
    let emulator = Emulator::from_seed_json(seed).expect("a seed");
    let caller = Caller { emulator, surface: Surface::Backend };
    caller.login("o").refused(403, "organization_suspended");
}

#[test]
fn passwords_can_be_kept_to_their_organization() {
    for surface in BOTH {
        let caller = with(surface, EmulatorBuilder::no_cross_org_passwords);
        caller.discover().refused(400, "cross_org_passwords_not_enabled");
        let start = match surface {
            Surface::Frontend => "passwords/discovery/reset/start",
            Surface::Backend => "passwords/discovery/email/reset/start",
        };
        caller
            .post(start, None, json!({ "email_address": Example::EMAIL_ADDRESS }))
            .refused(400, "cross_org_passwords_not_enabled");
        let token = caller.session();
        caller
            .exchange(&token, Example::NORTH_PIER)
            .refused(400, "insufficient_factors_for_session_exchange");
    }
}

#[test]
fn a_redirect_url_must_be_on_the_list() {
    let url = "https://app.example.com/login";
    for surface in BOTH {
        let caller = with(surface, |builder| builder.allow_redirect_url(url));
        let send = |url: &str| {
            let body = json!({ "email_address": "ada@example.com", "discovery_redirect_url": url });
            caller.post("magic_links/email/discovery/send", None, body)
        };
        send(url).ok();
        send("https://app.example.com/login?next=%2Fhome").ok();
        send("https://evil.example.com/login").refused(400, "no_match_for_provided_oauth_url");
    }
    let caller = with(Surface::Backend, |builder| builder.allow_redirect_url(url));
    let start = |url: &str| {
        let token = caller.emulator.public_token();
        let path = format!(
            "/v1/b2b/public/oauth/slack/discovery/start?public_token={token}\
             &login_hint=ada@example.com&discovery_redirect_url={url}"
        );
        http::Request::get(path).body(Vec::new()).expect("the request is valid")
    };
    assert_eq!(caller.emulator.handle(&start(url)).status(), 302);
    caller
        .send(&start("https://evil.example.com/"))
        .refused(400, "no_match_for_provided_oauth_url");
}

#[test]
fn no_message_reaches_an_unreachable_number() {
    for surface in BOTH {
        let caller =
            with(surface, |builder| builder.unreachable_phone_number(Example::PHONE_NUMBER));
        let login = caller.login(Example::BLUE_KILN).ok();
        assert_eq!(login.body["mfa_required"]["secondary_auth_initiated"], Value::Null);
        let body = json!({
            "organization_id": Example::BLUE_KILN,
            "member_id": caller.ada(Example::BLUE_KILN),
            "intermediate_session_token": login.intermediate(),
        });
        caller.post("otps/sms/send", None, body).refused(400, "downstream_carrier_error");
        assert_eq!(caller.emulator.outbox(), []);
    }
}

#[test]
fn ids_and_tokens_that_can_name_nothing_are_told_apart() {
    for surface in BOTH {
        let caller = caller(surface);
        caller.login("").refused(400, "invalid_organization_id");
        caller.login("harbor lights").refused(400, "invalid_organization_id");
        caller.login(&"x".repeat(129)).refused(400, "invalid_organization_id");
        caller.login("harbor").refused(404, "organization_not_found");
        caller
            .login("organization-live-00000000-0000-4000-8000-000000000000")
            .refused(400, "live_id_used_in_test_environment");
        let body = json!({
            "organization_id": Example::BLUE_KILN,
            "member_id": "member-live-00000000-0000-4000-8000-000000000000",
        });
        caller.post("otps/sms/send", None, body).refused(400, "live_id_used_in_test_environment");
        caller.authenticate("not a token").refused(400, "invalid_session_token");
        caller.authenticate("another-token").refused(404, "session_not_found");
        let live = with(surface, |builder| builder.project_id("project-live-1"));
        live.login("organization-test-00000000-0000-4000-8000-000000000000")
            .refused(400, "test_id_used_in_live_environment");
        // The emulator's own ids say test, and are found in any project.
        live.login(Example::HARBOR_LIGHTS).ok();
    }
}

#[test]
fn codes_that_can_be_none_are_no_guesses() {
    for surface in BOTH {
        let caller = with(surface, |builder| builder.lock_after(1));
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        for code in ["", "123456\n", &"1".repeat(33)] {
            let proof = |name: &str| json!({ name: code, "intermediate_session_token": token });
            caller
                .second("otps/sms/authenticate", None, proof("code"))
                .refused(400, "invalid_code");
            caller
                .second("totp/authenticate", None, proof("code"))
                .refused(400, "invalid_totp_code");
            caller
                .second("recovery_codes/recover", None, proof("recovery_code"))
                .refused(400, "invalid_recovery_code");
            let body = json!({ "email_address": Example::EMAIL_ADDRESS, "code": code });
            caller
                .post("otps/email/discovery/authenticate", None, body)
                .refused(400, "invalid_code");
        }
        // A wrong code would have locked Ada.
        caller.sms(&token, &caller.last_code()).ok();
    }
}

#[test]
fn what_is_wrong_with_the_credentials_can_be_told() {
    let caller = with(Surface::Backend, EmulatorBuilder::distinct_credential_errors);
    let call = |user: &str, password: &str| {
        use base64::Engine;
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        let request = http::Request::post("/v1/b2b/sessions/authenticate")
            .header("authorization", format!("Basic {basic}"))
            .body(Vec::new())
            .expect("the request is valid");
        caller.send(&request)
    };
    let (id, secret) = (caller.emulator.project_id(), caller.emulator.project_secret());
    call(id, "wrong").refused(401, "invalid_secret_authentication");
    call("project-test-other", secret).refused(401, "invalid_project_id_authentication");
    call(id, secret).refused(400, "no_session_arguments");
}

#[test]
fn a_tenant_of_an_identity_provider_opens_an_organization() {
    let organization = Organization::new("slate-yard")
        .joining_oauth_tenant("slack", "T024BE7LD")
        .member(Member::new("gus@elsewhere.example"));
    for surface in BOTH {
        let caller = with(surface, |builder| builder.organization(organization.clone()));
        let discover = |token: Option<String>| {
            let body = json!({ "discovery_oauth_token": token });
            caller.post("oauth/discovery/authenticate", None, body).ok()
        };
        let found_by = |tenant: &str| {
            let address = "kim@elsewhere.example";
            discover(caller.emulator.discovery_oauth_token_of_tenant("slack", tenant, address))
        };
        let found = found_by("T024BE7LD");
        assert_eq!(found.text("/provider_tenant_id"), "T024BE7LD");
        let organizations = found.body["discovered_organizations"].as_array().expect("a list");
        let slate = organizations
            .iter()
            .find(|found| found["organization"]["organization_slug"] == "slate-yard")
            .expect("it may be joined");
        assert_eq!(
            slate["membership"],
            json!({
                "type": "eligible_to_join_by_oauth_tenant",
                "details": { "provider": "slack", "tenant": "T024BE7LD" },
                "member": null,
            })
        );
        assert_eq!(slate["member_authenticated"], true);
        let other = found_by("T0OTHER");
        let listed = other.body["discovered_organizations"].as_array().map(Vec::len);
        assert_eq!(listed, Some(0));
        caller.enter(&other.intermediate(), "slate-yard").refused(404, "member_not_found");
        let joined = caller.enter(&found.intermediate(), "slate-yard").ok();
        assert_eq!(joined.text("/member/email_address"), "kim@elsewhere.example");
    }
}
