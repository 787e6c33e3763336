//! What is asked beside logins: settings, policy, who one is.

mod common;

use std::collections::BTreeSet;

use common::{Caller, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session::Request;
use stytch_session_mock::{Example, Member, Organization, Role};

fn request(method: &str, uri: &str, body: &str) -> Request {
    let request = http::Request::builder().method(method).uri(uri);
    request.body(body.as_bytes().to_vec()).expect("the request is valid")
}

#[test]
fn the_settings_are_there_before_any_login() {
    let caller = caller(Surface::Frontend);
    let uri = format!("/sdk/v1/projects/bootstrap/{}", caller.emulator.public_token());
    let settings = caller.send(&request("GET", &uri, "")).ok().body;
    let fields: BTreeSet<_> = settings.as_object().expect("an object").keys().cloned().collect();
    let documented = [
        "project_name",
        "disable_sdk_watermark",
        "cname_domain",
        "email_domains",
        "captcha_settings",
        "pkce_required_for_email_magic_links",
        "pkce_required_for_password_resets",
        "pkce_required_for_oauth",
        "pkce_required_for_sso",
        "slug_pattern",
        "create_organization_enabled",
        "password_config",
        "dfp_protected_auth_enabled",
        "dfp_protected_auth_mode",
        "rbac_policy",
        "siwe_required_for_crypto_wallets",
        "vertical",
        "request_id",
        "status_code",
    ];
    assert_eq!(fields, documented.map(str::to_owned).into());
    assert_eq!(settings["captcha_settings"]["enabled"], false);
    assert_eq!(settings["dfp_protected_auth_enabled"], false);
    assert_eq!(settings["vertical"], "B2B");
    assert_eq!(settings["rbac_policy"], policy(&caller));
    let other = request("GET", "/sdk/v1/projects/bootstrap/public-token-test-other", "");
    caller.send(&other).refused(404, "public_token_not_found");
}

fn policy(caller: &Caller) -> Value {
    caller.on(Surface::Backend).get("rbac/policy", None).ok().body["policy"].take()
}

#[test]
fn events_are_taken_whatever_they_are() {
    for body in ["[{\"telemetry\":{},\"event\":{}}]", "{}", "", "no JSON"] {
        let answer = caller(Surface::Frontend).send(&request("POST", "/sdk/v1/events", body)).ok();
        assert_eq!(answer.body["status_code"], 200);
    }
}

#[test]
fn a_session_knows_its_member_and_organization() {
    let caller = caller(Surface::Frontend);
    let session = caller.login(Example::HARBOR_LIGHTS).ok();
    let token = session.token();
    let member = caller.get("organizations/members/me", Some(&token)).ok();
    assert_eq!(member.body["member"], session.body["member"]);
    let organization = caller.get("organizations/me", Some(&token)).ok();
    assert_eq!(organization.body["organization"], session.body["organization"]);
    for path in ["organizations/members/me", "organizations/me"] {
        caller.get(path, None).refused(401, "user_unauthenticated");
        caller.get(path, Some("dead")).refused(404, "session_not_found");
        caller.on(Surface::Backend).get(path, None).refused(404, "route_not_found");
    }
}

#[test]
fn a_member_changes_what_is_their_own() {
    let caller = caller(Surface::Frontend);
    let token = caller.session_of_ben();
    let update = |body: Value| {
        caller.raw("PUT", "organizations/members/update", Some(&token), body.to_string())
    };
    update(json!({ "untrusted_metadata": { "colour": "red", "size": 1 } })).ok();
    let changed = update(
        json!({ "name": "Benedict", "untrusted_metadata": { "size": null }, "mfa_enrolled": true }),
    );
    let changed = changed.ok();
    assert_eq!(changed.text("/member/name"), "Benedict");
    assert_eq!(changed.body["member"]["untrusted_metadata"], json!({ "colour": "red" }));
    assert_eq!(changed.body["member"]["mfa_enrolled"], true);
    assert_eq!(changed.body["member_id"], changed.body["member"]["member_id"]);
    assert!(changed.body["organization"].is_object());
    update(json!({ "mfa_phone_number": "0123" })).refused(400, "invalid_phone_number");
    let with_phone = update(json!({ "mfa_phone_number": "+14155550055" })).ok();
    assert_eq!(with_phone.text("/member/mfa_phone_number"), "+14155550055");
    assert_eq!(with_phone.body["member"]["mfa_phone_number_verified"], false);
    update(json!({ "default_mfa_method": "sms_otp" }))
        .refused(400, "default_mfa_member_missing_factor");
    // Somebody of the same organization has this one.
    let pool = with(Surface::Frontend, |builder| {
        let organization = Organization::new("tide-pool");
        let ada = Member::new(Example::EMAIL_ADDRESS).password(Example::PASSWORD);
        let olu = Member::new("olu@example.org").phone_number("+14155550042");
        builder.organization(organization.member(ada).member(olu))
    });
    let token = pool.login("tide-pool").ok().token();
    let body = r#"{ "mfa_phone_number": "+14155550042" }"#;
    pool.raw("PUT", "organizations/members/update", Some(&token), body)
        .refused(400, "duplicate_member_phone_number");
    update(json!({ "default_mfa_method": "telepathy" })).refused_by_schema("enum");
    update(json!({ "mfa_enrolled": "yes" })).refused_by_schema("type");
    caller
        .raw("PUT", "organizations/members/update", None, "{}")
        .refused(401, "user_unauthenticated");
}

#[test]
fn the_policy_has_roles_resources_and_scopes() {
    let caller = with(Surface::Backend, |builder| {
        builder.resource(json!({ "resource_id": "lamps", "description": "", "actions": ["read"] }))
    });
    let policy = policy(&caller);
    let ids = |list: &str, id: &str| -> Vec<String> {
        let items = policy[list].as_array().expect("a list").iter();
        items.map(|item| item[id].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids("roles", "role_id"), ["lamp_keeper", "stytch_member", "stytch_admin"]);
    assert_eq!(
        ids("resources", "resource_id"),
        ["lamps", "stytch.organization", "stytch.member", "stytch.sso", "stytch.self"]
    );
    assert_eq!(policy["scopes"], json!([]));
    caller.on(Surface::Frontend).get("rbac/policy", None).refused(404, "route_not_found");
}

#[test]
fn an_organization_has_roles_of_its_own() {
    let caller = with(Surface::Backend, |builder| {
        let role = Role::new("diver").permit("wrecks", ["see"]);
        builder.organization(Organization::new("tide-pool").custom_role(role))
    });
    let path = "rbac/organizations/tide-pool";
    let shown = caller.get(path, None).ok();
    assert_eq!(shown.body["org_policy"]["roles"][0]["role_id"], "diver");
    let roles = json!([{
        "role_id": "keeper",
        "description": "Keeps",
        "permissions": [{ "resource_id": "wrecks", "actions": ["*"] }],
    }]);
    let put = |body: Value| caller.raw("PUT", path, None, body.to_string());
    let replaced = put(json!({ "org_policy": { "roles": roles } })).ok();
    assert_eq!(replaced.body["org_policy"]["roles"], roles);
    assert_eq!(caller.get(path, None).ok().body["org_policy"]["roles"], roles);
    put(json!({})).refused(400, "bad_request");
    put(json!({ "org_policy": { "roles": [1] } })).refused(400, "bad_request");
    caller.get("rbac/organizations/nowhere", None).refused(404, "organization_not_found");
}
