//! Making an organization by discovery.

mod common;

use common::{Answer, BOTH, Caller, Surface, caller};
use serde_json::{Value, json};
use stytch_session_mock::Example;

/// The token of a discovery login that has proven the e-mail address.
fn proven(caller: &Caller) -> String {
    let token = caller.emulator.discovery_oauth_token("google", Example::EMAIL_ADDRESS);
    let body = json!({ "discovery_oauth_token": token });
    caller.post("oauth/discovery/authenticate", None, body).ok().intermediate()
}

fn create(caller: &Caller, token: &str, extra: Value) -> Answer {
    let mut body = json!({ "intermediate_session_token": token });
    common::merge(&mut body, extra);
    caller.finish("discovery/organizations/create", None, body)
}

#[test]
fn the_founder_is_the_first_member_and_administrator() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = proven(&caller);
        let made = create(
            &caller,
            &token,
            json!({
                "organization_name": "Tide Pool",
                "organization_slug": "tide-pool",
                "organization_logo_url": "https://example.com/logo.png",
                "auth_methods": "RESTRICTED",
                "allowed_auth_methods": ["google_oauth", "password"],
                "mfa_methods": "RESTRICTED",
                "allowed_mfa_methods": ["totp"],
                "email_allowed_domains": ["example.com"],
                "email_jit_provisioning": "RESTRICTED",
                "email_invites": "NOT_ALLOWED",
                "sso_jit_provisioning": "ALL_ALLOWED",
                "oauth_tenant_jit_provisioning": "RESTRICTED",
                "allowed_oauth_tenants": { "slack": ["T1"] },
            }),
        )
        .ok();
        assert_eq!(made.body["member_authenticated"], true);
        assert_eq!(made.body["member_session"]["roles"], json!(["stytch_member", "stytch_admin"]));
        assert_eq!(made.text("/member/status"), "active");
        assert_eq!(made.factors(), ["oauth"]);
        let organization = &made.body["organization"];
        for (field, value) in [
            ("organization_name", json!("Tide Pool")),
            ("organization_slug", json!("tide-pool")),
            ("organization_logo_url", json!("https://example.com/logo.png")),
            ("allowed_auth_methods", json!(["google_oauth", "password"])),
            ("allowed_mfa_methods", json!(["totp"])),
            ("email_allowed_domains", json!(["example.com"])),
            ("email_jit_provisioning", json!("RESTRICTED")),
            ("email_invites", json!("NOT_ALLOWED")),
            ("sso_jit_provisioning", json!("ALL_ALLOWED")),
            ("allowed_oauth_tenants", json!({ "slack": ["T1"] })),
            ("mfa_policy", json!("OPTIONAL")),
        ] {
            assert_eq!(organization[field], value, "{field}");
        }
        create(&caller, &token, json!({})).refused(404, "intermediate_session_not_found");
        caller.exchange(&made.token(), Example::HARBOR_LIGHTS).ok();
    }
}

#[test]
fn slugs_are_checked_or_made() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = proven(&caller);
        let with_slug = |slug: &str| create(&caller, &token, json!({ "organization_slug": slug }));
        with_slug(Example::HARBOR_LIGHTS).refused(400, "organization_slug_already_used");
        let long = "x".repeat(129);
        for slug in ["x", "with space", "ümlaut", &long] {
            with_slug(slug).refused(400, "invalid_organization_slug");
        }
        let made = create(&caller, &token, json!({})).ok();
        assert_eq!(made.text("/organization/organization_name"), "example");
        assert_eq!(made.text("/organization/organization_slug"), "example");
        let second = create(&caller, &proven(&caller), json!({})).ok();
        assert_eq!(second.text("/organization/organization_slug"), "example-2");
        with_slug("a.-_~Z9").refused(404, "intermediate_session_not_found");
    }
}

#[test]
fn a_founder_must_own_the_address() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.discover().ok().intermediate();
        let made = create(&caller, &token, json!({ "organization_slug": "tide-pool" })).ok();
        assert_eq!(made.intermediate(), token);
        assert_eq!(
            made.body["primary_required"]["allowed_auth_methods"],
            json!(["magic_link", "email_otp", "google_oauth", "microsoft_oauth"])
        );
        let body =
            json!({ "organization_id": "tide-pool", "email_address": Example::EMAIL_ADDRESS });
        caller.post("magic_links/email/login_or_signup", None, body).ok();
        let body = json!({
            "magic_links_token": caller.link_token(),
            "intermediate_session_token": token,
        });
        let session = caller.finish("magic_links/authenticate", None, body).ok();
        assert_eq!(session.factors(), ["password", "magic_link"]);
        // From then on the password does.
        caller.login_with("tide-pool", None, json!({})).ok().token();
    }
}

#[test]
fn a_founder_who_demands_second_factors_enrols_one() {
    for surface in BOTH {
        let caller = caller(surface);
        let policy = json!({ "mfa_policy": "REQUIRED_FOR_ALL", "organization_slug": "tide-pool" });
        let made = create(&caller, &proven(&caller), policy).ok();
        assert_eq!(made.body["mfa_required"]["member_options"], Value::Null);
        assert_eq!(made.body["primary_required"], Value::Null);
        let who = |extra: Value| {
            let mut body = json!({
                "organization_id": "tide-pool",
                "member_id": made.text("/member_id"),
                "intermediate_session_token": made.intermediate(),
            });
            common::merge(&mut body, extra);
            body
        };
        caller.post("totp", None, who(json!({}))).ok();
        let code = caller.emulator.totp_code(&made.text("/member_id"));
        let session = caller.finish("totp/authenticate", None, who(json!({ "code": code }))).ok();
        assert_eq!(session.body["member"]["mfa_enrolled"], true);
    }
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_made() {
    for surface in BOTH {
        let caller = caller(surface);
        create(&caller, "nonsense", json!({})).refused(404, "intermediate_session_not_found");
        create(&caller, "", json!({})).refused(404, "intermediate_session_not_found");
        let token = proven(&caller);
        let wrong = create(&caller, &token, json!({ "mfa_policy": "SOMETIMES" }));
        match surface {
            Surface::Frontend => wrong.refused_by_schema("enum"),
            Surface::Backend => {
                wrong.refused(400, "bad_request");
                let claims = json!({ "sub": "somebody else" });
                create(&caller, &token, json!({ "session_custom_claims": claims }))
                    .refused(400, "reserved_claims_in_custom_claims");
                let claims = json!({ "much": "x".repeat(5000) });
                create(&caller, &token, json!({ "session_custom_claims": claims }))
                    .refused(400, "custom_claims_too_large");
            }
        }
        create(&caller, &token, json!({ "allowed_auth_methods": ["telepathy"] }))
            .refused(400, "bad_request");
        create(&caller, &token, json!({ "allowed_oauth_tenants": 1 })).refused(400, "bad_request");
        assert_eq!(caller.emulator.organization_id("example"), None);
        let bound = caller.login(Example::BLUE_KILN).ok().intermediate();
        create(&caller, &bound, json!({}))
            .refused(400, "invalid_intermediate_session_token_for_organization");
        create(&caller, &token, json!({})).ok();
    }
}
