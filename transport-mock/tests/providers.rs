//! Logins by an identity provider, which the emulator plays.

mod common;

use common::{Answer, BOTH, CHALLENGE, Caller, Surface, VERIFIER, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Example, Member, Organization};

fn sso(caller: &Caller, token: &str, extra: Value) -> Answer {
    let mut body = json!({ "sso_token": token });
    common::merge(&mut body, extra);
    caller.finish("sso/authenticate", None, body)
}

fn oauth(caller: &Caller, token: &str, extra: Value) -> Answer {
    let mut body = json!({ "oauth_token": token });
    common::merge(&mut body, extra);
    caller.finish("oauth/authenticate", None, body)
}

fn sso_token(caller: &Caller, organization: &str) -> String {
    caller.emulator.sso_token(organization, Example::EMAIL_ADDRESS).expect("Ada is a member")
}

fn oauth_token(caller: &Caller, provider: &str, organization: &str) -> String {
    let token = caller.emulator.oauth_token(provider, organization, Example::EMAIL_ADDRESS);
    token.expect("Ada is a member")
}

#[test]
fn an_sso_login_finishes_where_sso_is_accepted() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = sso_token(&caller, Example::NORTH_PIER);
        sso(&caller, "nonsense", json!({})).refused(404, "sso_token_not_found");
        let session = sso(&caller, &token, json!({})).ok();
        assert_eq!(session.body["reset_session"], false);
        assert_eq!(session.text("/organization_id"), session.text("/organization/organization_id"));
        let factor = session.last_factor();
        assert_eq!(
            (&factor["type"], &factor["delivery_method"]),
            (&json!("sso"), &json!("sso_saml"))
        );
        assert_eq!(factor["saml_sso_factor"]["provider_id"], Example::SSO_CONNECTION);
        let registration = &session.body["member"]["sso_registrations"][0];
        assert_eq!(registration["connection_id"], Example::SSO_CONNECTION);
        assert_eq!(registration["registration_id"], factor["saml_sso_factor"]["id"]);
        sso(&caller, &token, json!({})).refused(404, "sso_token_not_found");
        let token = sso_token(&caller, Example::NORTH_PIER);
        caller.advance(300);
        sso(&caller, &token, json!({})).refused(404, "sso_token_not_found");
        // The factor stays in its organization.
        caller
            .exchange(&session.token(), Example::SLATE_QUARRY)
            .refused(400, "insufficient_factors_for_session_exchange");
        let pending = sso(&caller, &sso_token(&caller, Example::BLUE_KILN), json!({})).ok();
        caller
            .enter(&pending.intermediate(), Example::SLATE_QUARRY)
            .refused(400, "invalid_intermediate_session_token_for_organization");
        assert_eq!(caller.emulator.sso_token("nowhere", Example::EMAIL_ADDRESS), None);
        assert_eq!(caller.emulator.sso_token(Example::NORTH_PIER, "eve@example.org"), None);
    }
}

#[test]
fn an_sso_login_completes_what_a_password_has_begun() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            builder.organization(
                Organization::new("kelp-works")
                    .allowed_auth_methods(["sso"])
                    .sso_connection("oidc-connection-test-1", "Kelp")
                    .joining_domain("example.com"),
            )
        });
        let begun = caller.login(Example::SLATE_QUARRY).ok().intermediate();
        let token = sso_token(&caller, Example::SLATE_QUARRY);
        let extra = json!({ "intermediate_session_token": begun });
        assert_eq!(sso(&caller, &token, extra).ok().factors(), ["password", "sso"]);
        let session = sso(&caller, &sso_token(&caller, "kelp-works"), json!({})).ok();
        assert_eq!(session.last_factor()["delivery_method"], "sso_oidc");
        assert_eq!(
            session.last_factor()["oidc_sso_factor"]["provider_id"],
            "oidc-connection-test-1"
        );
        assert_eq!(session.text("/member/status"), "active");
    }
}

#[test]
fn each_oauth_provider_has_its_factor() {
    let providers = [
        ("google", "Google", "google_oauth_factor"),
        ("microsoft", "Microsoft", "microsoft_oauth_factor"),
        ("github", "Github", "github_oauth_factor"),
        ("slack", "Slack", "slack_oauth_factor"),
        ("hubspot", "Hubspot", "hubspot_oauth_factor"),
    ];
    for surface in BOTH {
        let caller = caller(surface);
        for (name, kind, detail) in providers {
            let token = oauth_token(&caller, name, Example::HARBOR_LIGHTS);
            let session = oauth(&caller, &token, json!({})).ok();
            assert_eq!(session.text("/provider_type"), kind);
            assert_eq!(session.body["reset_sessions"], false);
            assert!(session.body["provider_values"]["scopes"].is_array());
            let factor = session.last_factor();
            assert_eq!(factor["type"], "oauth");
            assert_eq!(factor["delivery_method"], format!("oauth_{name}"));
            assert_eq!(factor[detail]["provider_subject"], session.body["provider_subject"]);
            assert!(factor[detail]["email_id"].is_string());
            oauth(&caller, &token, json!({})).refused(404, "oauth_token_not_found");
        }
        let token = oauth_token(&caller, "google", Example::HARBOR_LIGHTS);
        let session = oauth(&caller, &token, json!({ "session_duration_minutes": null })).ok();
        let registrations = session.body["member"]["oauth_registrations"].as_array();
        assert_eq!(registrations.map(Vec::len), Some(5), "a repeated login is no new one");
        let other = caller.emulator.oauth_token("acme", Example::HARBOR_LIGHTS, "ada@example.com");
        assert_eq!(other, None);
        oauth(&caller, "nonsense", json!({})).refused(404, "oauth_token_not_found");
    }
}

#[test]
fn oauth_factors_count_where_they_are_accepted() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let ada = Member::new(Example::EMAIL_ADDRESS);
            let organization = Organization::new("kelp-works");
            builder.organization(organization.allowed_auth_methods(["google_oauth"]).member(ada))
        });
        let google = oauth_token(&caller, "google", "kelp-works");
        let session = oauth(&caller, &google, json!({})).ok();
        let exchanged = caller.exchange(&session.token(), Example::HARBOR_LIGHTS).ok();
        assert_eq!(exchanged.factors(), ["oauth"]);
        let slack = oauth_token(&caller, "slack", "kelp-works");
        let unfinished = oauth(&caller, &slack, json!({})).ok();
        assert_eq!(
            unfinished.body["primary_required"]["allowed_auth_methods"],
            json!(["google_oauth"])
        );
        caller.enter(&unfinished.intermediate(), Example::HARBOR_LIGHTS).ok();
    }
}

#[test]
fn a_challenge_wants_its_verifier() {
    for surface in BOTH {
        let caller = caller(surface);
        let verified = json!({ "pkce_code_verifier": VERIFIER });
        type Login = fn(&Caller, &str, Value) -> Answer;
        type Token = fn(&Caller) -> String;
        let logins: [(Login, Token); 2] = [
            (sso, |caller| sso_token(caller, Example::HARBOR_LIGHTS)),
            (oauth, |caller| oauth_token(caller, "google", Example::HARBOR_LIGHTS)),
        ];
        for (login, token) in logins {
            let plain = token(&caller);
            login(&caller, &plain, verified.clone())
                .refused(400, "pkce_did_not_expect_code_verifier");
            let bound = token(&caller);
            caller.emulator.demand_verifier(&bound, CHALLENGE);
            login(&caller, &bound, json!({})).refused(400, "pkce_expected_code_verifier");
            login(&caller, &bound, json!({ "pkce_code_verifier": "x" }))
                .refused(400, "pkce_mismatch");
            login(&caller, &bound, verified.clone()).ok();
        }
    }
}

#[test]
fn an_oauth_discovery_finds_organizations() {
    for surface in BOTH {
        let caller = caller(surface);
        let discover = |token: &str| {
            let body = json!({ "discovery_oauth_token": token });
            caller.post("oauth/discovery/authenticate", None, body)
        };
        let token = caller.emulator.discovery_oauth_token("google", Example::EMAIL_ADDRESS);
        let token = token.expect("a provider");
        let found = discover(&token).ok();
        assert_eq!(found.text("/provider_type"), "Google");
        assert_eq!(found.text("/full_name"), "Ada Reyes");
        assert!(found.body["provider_tenant_id"].is_string());
        assert_eq!(found.body.get("provider_tenant_ids").is_some(), surface == Surface::Backend);
        assert_eq!(found.body["discovered_organizations"].as_array().map(Vec::len), Some(5));
        discover(&token).refused(404, "oauth_token_not_found");
        // The token of an organization's login is none of discovery, nor the reverse.
        discover(&oauth_token(&caller, "google", Example::HARBOR_LIGHTS))
            .refused(404, "oauth_token_not_found");
        caller.enter(&found.intermediate(), Example::HARBOR_LIGHTS).ok();
    }
}

/// Follows a start URL: the status and, for a redirect, where it leads.
fn start(caller: &Caller, path: &str, query: &str) -> (u16, String) {
    let public_token = caller.emulator.public_token();
    let uri = format!("/v1/{path}?public_token={public_token}&{query}");
    let request = http::Request::get(uri).body(Vec::new()).expect("a request");
    let response = caller.emulator.handle(&request);
    let location = response.headers().get("location").map(|value| value.to_str().expect("text"));
    (response.status().as_u16(), location.unwrap_or_default().to_owned())
}

#[test]
fn start_urls_lead_straight_back_with_a_token() {
    let caller = caller(Surface::Frontend);
    let url = "https%3A%2F%2Fapp.example.com%2Fback";
    let query =
        |rest: &str| format!("login_redirect_url={url}&login_hint=ada%40example.com&{rest}");
    let token_of = |location: &str, token_type: &str| {
        let beginning =
            format!("https://app.example.com/back?stytch_token_type={token_type}&token=");
        location.strip_prefix(&beginning).unwrap_or_else(|| panic!("{location}")).to_owned()
    };
    let google = "b2b/public/oauth/google/start";
    let (status, location) = start(&caller, google, &query("slug=harbor-lights"));
    assert_eq!(status, 302);
    oauth(&caller, &token_of(&location, "oauth"), json!({})).ok();

    let pkce = query(&format!("organization_id=harbor-lights&pkce_code_challenge={CHALLENGE}"));
    let token = token_of(&start(&caller, google, &pkce).1, "oauth");
    oauth(&caller, &token, json!({})).refused(400, "pkce_expected_code_verifier");
    oauth(&caller, &token, json!({ "pkce_code_verifier": VERIFIER })).ok();

    let (_, location) = start(
        &caller,
        "b2b/public/oauth/github/discovery/start",
        &format!("discovery_redirect_url={url}&provider_login_hint=ada%40example.com"),
    );
    let body = json!({ "discovery_oauth_token": token_of(&location, "discovery_oauth") });
    caller.post("oauth/discovery/authenticate", None, body).ok();

    let connection = format!("connection_id={}", Example::SSO_CONNECTION);
    let (_, location) = start(&caller, "public/sso/start", &query(&connection));
    sso(&caller, &token_of(&location, "sso"), json!({})).ok();

    // Somebody new is sent to the other URL.
    let signup = format!("signup_redirect_url={url}&login_hint=new%40example.com&slug=night-ferry");
    let token = token_of(&start(&caller, google, &signup).1, "oauth");
    assert_eq!(oauth(&caller, &token, json!({})).ok().text("/member/status"), "active");
}

#[test]
fn start_urls_that_name_nobody_are_refused() {
    let caller = caller(Surface::Frontend);
    let google = "b2b/public/oauth/google/start";
    for (path, query, status) in [
        (google, "slug=harbor-lights", 400),
        (google, "login_hint=ada@example.com", 400),
        (google, "slug=nowhere&login_hint=ada@example.com", 400),
        (google, "slug=harbor-lights&login_hint=eve@example.org", 400),
        (google, "slug=harbor-lights&login_hint=ada@example.com&login_redirect_url=a%0Ab", 400),
        ("public/sso/start", "login_hint=ada@example.com", 400),
        ("public/sso/start", "connection_id=x&login_hint=ada@example.com", 400),
        ("b2b/public/oauth/google/discovery/start", "", 400),
        ("b2b/public/oauth/acme/start", "slug=harbor-lights&login_hint=ada@example.com", 404),
    ] {
        assert_eq!(start(&caller, path, query).0, status, "{path}?{query}");
    }
    let uri = format!("/v1/{google}?public_token=other&slug=harbor-lights&login_hint=a@b");
    let request = http::Request::get(uri).body(Vec::new()).expect("a request");
    caller.send(&request).refused(400, "invalid_public_token_id");
}
