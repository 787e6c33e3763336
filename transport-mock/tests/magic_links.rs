//! Links by e-mail: logins, invitations, discovery.

mod common;

use common::{Answer, BOTH, CHALLENGE, Caller, Surface, VERIFIER, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Emulator, Example, Organization};

fn send(caller: &Caller, organization: &str, extra: Value) -> Answer {
    let mut body =
        json!({ "organization_id": organization, "email_address": Example::EMAIL_ADDRESS });
    common::merge(&mut body, extra);
    caller.post("magic_links/email/login_or_signup", None, body)
}

fn authenticate(caller: &Caller, token: &str) -> Answer {
    authenticate_with(caller, token, json!({}))
}

fn authenticate_with(caller: &Caller, token: &str, extra: Value) -> Answer {
    let mut body = json!({ "magic_links_token": token });
    common::merge(&mut body, extra);
    caller.finish("magic_links/authenticate", None, body)
}

#[test]
fn a_link_logs_in_once() {
    for surface in BOTH {
        let caller = caller(surface);
        let url = "https://app.example.com/login?from=mail#top";
        let sent = send(&caller, Example::HARBOR_LIGHTS, json!({ "login_redirect_url": url })).ok();
        match surface {
            Surface::Frontend => assert_eq!(sent.body.get("member"), None),
            Surface::Backend => {
                assert_eq!(sent.body["member_created"], false);
                assert_eq!(sent.text("/member_id"), caller.ada(Example::HARBOR_LIGHTS));
            }
        }
        let token = caller.link_token();
        let link = caller.emulator.last_link(Example::EMAIL_ADDRESS).expect("a link");
        let expected = format!(
            "https://app.example.com/login?from=mail&stytch_token_type=multi_tenant_magic_links&token={token}#top"
        );
        assert_eq!(link, expected);
        authenticate(&caller, "nonsense").refused(404, "magic_link_not_found");
        let session = authenticate(&caller, &token).ok();
        assert_eq!(session.body["member_authenticated"], true);
        assert_eq!(session.body["reset_sessions"], false);
        assert!(session.text("/method_id").starts_with("email-test-"));
        assert_eq!(session.text("/organization_id"), session.text("/organization/organization_id"));
        let factor = session.last_factor();
        assert_eq!(
            (&factor["type"], &factor["delivery_method"]),
            (&json!("magic_link"), &json!("email"))
        );
        assert_eq!(factor["email_factor"]["email_address"], Example::EMAIL_ADDRESS);
        assert_eq!(factor["email_factor"]["email_id"], session.body["method_id"]);
        authenticate(&caller, &token).refused(401, "unable_to_auth_magic_link");
    }
}

#[test]
fn a_link_lives_an_hour_unless_said_otherwise() {
    for surface in BOTH {
        let caller = caller(surface);
        send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        let token = caller.link_token();
        caller.advance(3599);
        send(&caller, Example::HARBOR_LIGHTS, json!({ "login_expiration_minutes": 5 })).ok();
        let short = caller.link_token();
        caller.advance(1);
        authenticate(&caller, &token).refused(401, "unable_to_auth_magic_link");
        caller.advance(299);
        authenticate(&caller, &short).refused(401, "unable_to_auth_magic_link");
        for (minutes, status) in [(json!(4), 400), (json!(10_080), 200), (json!(10_081), 400)] {
            let extra = json!({ "login_expiration_minutes": minutes });
            assert_eq!(send(&caller, Example::HARBOR_LIGHTS, extra).status, status);
        }
    }
}

#[test]
fn a_challenge_wants_its_verifier() {
    for surface in BOTH {
        let caller = caller(surface);
        let verified = |token: &str, verifier: &str| {
            authenticate_with(&caller, token, json!({ "pkce_code_verifier": verifier }))
        };
        send(&caller, Example::HARBOR_LIGHTS, json!({ "pkce_code_challenge": CHALLENGE })).ok();
        let token = caller.link_token();
        authenticate(&caller, &token).refused(400, "pkce_expected_code_verifier");
        verified(&token, "another").refused(400, "pkce_mismatch");
        verified(&token, VERIFIER).ok();
        send(&caller, Example::HARBOR_LIGHTS, json!({})).ok();
        let token = caller.link_token();
        verified(&token, VERIFIER).refused(400, "pkce_did_not_expect_code_verifier");
        authenticate(&caller, &token).ok();
    }
}

#[test]
fn what_the_organization_demands_beyond_the_link_is_asked_for() {
    for surface in BOTH {
        let caller = caller(surface);
        send(&caller, Example::BLUE_KILN, json!({})).ok();
        let mfa = authenticate(&caller, &caller.link_token()).ok();
        assert_eq!(mfa.text("/mfa_required/secondary_auth_initiated"), "sms_otp");
        // An unfinished magic link may enter another organization; an SSO login may not.
        let entered = caller.enter(&mfa.intermediate(), Example::SLATE_QUARRY).ok();
        assert_eq!(entered.factors(), ["magic_link"]);

        send(&caller, Example::NORTH_PIER, json!({}))
            .refused(400, "operation_restricted_by_organization_auth_methods");
        send(&caller, "nowhere", json!({})).refused(404, "organization_not_found");
        send(&caller, Example::SLATE_QUARRY, json!({ "email_address": "no address" }))
            .refused(400, "invalid_email");
        send(&caller, Example::SLATE_QUARRY, json!({ "email_address": "eve@example.org" }))
            .refused(404, "member_not_found");
        send(&caller, Example::SLATE_QUARRY, json!({ "locale": "tlh" }))
            .refused(400, "invalid_locale");
        send(&caller, Example::SLATE_QUARRY, json!({ "locale": "pt-br" })).ok();
    }
}

#[test]
fn a_link_completes_what_another_method_has_begun() {
    for surface in BOTH {
        let caller = caller(surface);
        let begun = caller.login(Example::SLATE_QUARRY).ok().intermediate();
        send(&caller, Example::SLATE_QUARRY, json!({})).ok();
        let token = caller.link_token();
        let extra = json!({ "intermediate_session_token": begun });
        let session = authenticate_with(&caller, &token, extra).ok();
        assert_eq!(session.factors(), ["password", "magic_link"]);
        // A refused login leaves the link as it was.
        send(&caller, Example::SLATE_QUARRY, json!({})).ok();
        let token = caller.link_token();
        let extra = json!({ "intermediate_session_token": begun });
        authenticate_with(&caller, &token, extra).refused(404, "intermediate_session_not_found");
        authenticate(&caller, &token).ok();
    }
}

#[test]
fn whoever_may_join_signs_up_by_a_link() {
    for surface in BOTH {
        let caller = caller(surface);
        let urls = json!({
            "login_redirect_url": "https://app.example.com/login",
            "signup_redirect_url": "https://app.example.com/welcome",
        });
        let sent = send(&caller, Example::NIGHT_FERRY, urls).ok();
        if surface == Surface::Backend {
            assert_eq!(sent.body["member_created"], true);
            assert_eq!(sent.body["member"]["status"], "pending");
        }
        let link = caller.emulator.last_link(Example::EMAIL_ADDRESS).expect("a link");
        assert!(link.starts_with("https://app.example.com/welcome?"));
        let session = authenticate(&caller, &caller.link_token()).ok();
        assert_eq!(session.text("/member/status"), "active");
    }
}

#[test]
fn an_invitation_makes_a_member() {
    for surface in BOTH {
        let caller = caller(surface);
        let (ada, ben) = (caller.session(), caller.session_of_ben());
        let invite = |session: &str, email_address: &str| {
            let mut body = json!({
                "email_address": email_address,
                "name": "Cleo",
                "roles": ["lamp_keeper"],
                "untrusted_metadata": { "likes": "fog" },
            });
            if surface == Surface::Frontend {
                return caller.post("magic_links/email/invite", Some(session), body);
            }
            body["organization_id"] = Example::HARBOR_LIGHTS.into();
            let request = http::Request::post("/v1/b2b/magic_links/email/invite")
                .header("authorization", caller.emulator.backend_authorization())
                .header("x-stytch-member-session", session)
                .body(body.to_string().into_bytes())
                .expect("a request");
            caller.send(&request)
        };
        invite(&ben, "cleo@example.org").refused(403, "unauthorized_action");
        invite(&ada, Example::BEN_EMAIL_ADDRESS).refused(400, "duplicate_email");
        let invited = invite(&ada, "cleo@example.org").ok();
        assert_eq!(invited.text("/member/status"), "invited");
        assert_eq!(invited.text("/member/name"), "Cleo");
        assert_eq!(invited.body["member"]["untrusted_metadata"], json!({ "likes": "fog" }));
        invite(&ada, "cleo@example.org").ok();
        caller.advance(10_080 * 60 - 1);
        let token = caller.emulator.last_link_token("cleo@example.org").expect("a link");
        let session = authenticate(&caller, &token).ok();
        assert_eq!(session.text("/member/status"), "active");
        assert_eq!(
            session.body["member_session"]["roles"],
            json!(["stytch_member", "lamp_keeper"])
        );
    }
    caller(Surface::Frontend)
        .post("magic_links/email/invite", None, json!({ "email_address": "cleo@example.org" }))
        .refused(401, "user_unauthenticated");
}

#[test]
fn a_discovery_link_finds_organizations() {
    for surface in BOTH {
        let caller = caller(surface);
        let path = "magic_links/email/discovery/send";
        let body = json!({
            "email_address": "ADA@example.com",
            "discovery_redirect_url": "https://app.example.com/discover",
            "pkce_code_challenge": CHALLENGE,
        });
        let sent = caller.post(path, None, body).ok();
        assert_eq!(sent.body.as_object().map(serde_json::Map::len), Some(2));
        let token = caller.link_token();
        let link = caller.emulator.last_link(Example::EMAIL_ADDRESS).expect("a link");
        assert!(link.contains("?stytch_token_type=discovery&token="), "{link}");
        let path = "magic_links/discovery/authenticate";
        let with = |token: &str, verifier: &str| {
            let body =
                json!({ "discovery_magic_links_token": token, "pkce_code_verifier": verifier });
            caller.post(path, None, body)
        };
        with("nonsense", VERIFIER).refused(404, "magic_link_not_found");
        with(&token, "").refused(400, "pkce_expected_code_verifier");
        let found = with(&token, VERIFIER).ok();
        assert_eq!(found.text("/email_address"), Example::EMAIL_ADDRESS);
        // Slate Quarry accepts links, North Pier does not.
        let authenticated: Vec<_> = found.body["discovered_organizations"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|found| found["member_authenticated"] == true)
            .collect();
        assert_eq!(authenticated, [true, false, false, true, true]);
        with(&token, VERIFIER).refused(401, "unable_to_auth_magic_link");
        // A token of one family is none of another.
        send(&caller, Example::SLATE_QUARRY, json!({})).ok();
        with(&caller.link_token(), "").refused(404, "magic_link_not_found");
        caller.enter(&found.intermediate(), Example::SLATE_QUARRY).ok();
    }
}

#[test]
fn a_deleted_member_gets_no_link() {
    let seed = json!({
        "organizations": [{
            "organization_id": "organization-test-1", "organization_name": "Tide Pool",
            "members": [{ "member_id": "member-test-1", "email_address": "gone@example.com", "status": "deleted" }],
        }],
    });
    let emulator = Emulator::from_seed_json(seed.to_string().as_bytes());
    let caller = Caller { emulator: emulator.expect("a good seed"), surface: Surface::Backend };
    send(&caller, "tide-pool", json!({ "email_address": "gone@example.com" }))
        .refused(400, "inactive_email");
}

#[test]
fn a_claimed_domain_belongs_to_one_organization() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let owner = Organization::new("tide-pool").claimed_domain("reef.example");
            let owner = owner.joining_domain("reef.example");
            let other = Organization::new("kelp-works").joining_domain("reef.example");
            builder.organization(owner).organization(other)
        });
        let who = json!({ "email_address": "ray@reef.example" });
        send(&caller, "kelp-works", who.clone())
            .refused(400, "action_not_allowed_email_domain_is_claimed");
        send(&caller, "tide-pool", who.clone()).ok();
        if surface == Surface::Backend {
            let mut body = who.clone();
            body["organization_id"] = "kelp-works".into();
            caller
                .post("magic_links/email/invite", None, body)
                .refused(400, "action_not_allowed_email_domain_is_claimed");
        }
        caller.post("magic_links/email/discovery/send", None, who).ok();
        let token = caller.emulator.last_link_token("ray@reef.example");
        let body = json!({ "discovery_magic_links_token": token });
        let found = caller.post("magic_links/discovery/authenticate", None, body).ok();
        let body = json!({ "intermediate_session_token": found.intermediate() });
        caller
            .finish("discovery/organizations/create", None, body)
            .refused(400, "action_not_allowed_email_domain_is_claimed");
    }
}
