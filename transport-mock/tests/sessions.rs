//! Sessions of the emulator: authenticate, exchange, revoke, list, keys.

mod common;

use common::{BOTH, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, VirtualClock};

#[test]
fn a_refresh_keeps_the_token_and_moves_the_end_only_when_a_duration_is_given() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.session();
        caller.advance(600);
        let plain = caller.authenticate(&token).ok();
        assert_eq!(plain.token(), token);
        assert_eq!(plain.text("/member_session/expires_at"), "2030-06-01T13:00:00Z");
        assert_eq!(plain.text("/member_session/last_accessed_at"), "2030-06-01T12:10:00Z");
        let extended = caller
            .post("sessions/authenticate", Some(&token), json!({ "session_duration_minutes": 120 }))
            .ok();
        assert_eq!(extended.text("/member_session/expires_at"), "2030-06-01T14:10:00Z");
        let shortened = caller
            .post("sessions/authenticate", Some(&token), json!({ "session_duration_minutes": 5 }))
            .ok();
        assert_eq!(shortened.text("/member_session/expires_at"), "2030-06-01T12:15:00Z");
        caller.advance(300);
        caller.authenticate(&token).refused(404, "session_not_found");
    }
}

#[test]
fn dead_and_unknown_sessions_are_not_found() {
    for surface in BOTH {
        let caller = caller(surface);
        caller.authenticate("no-such-token").refused(404, "session_not_found");
        let token = caller.session();
        caller.post("sessions/revoke", Some(&token), json!({})).ok();
        caller.authenticate(&token).refused(404, "session_not_found");
        caller.post("sessions/revoke", Some(&token), json!({})).refused(404, "session_not_found");
        caller.exchange(&token, Example::NORTH_PIER).refused(404, "session_not_found");
    }
}

#[test]
fn a_call_without_a_session_is_refused_in_each_surfaces_way() {
    let frontend = caller(Surface::Frontend);
    frontend.post("sessions/authenticate", None, json!({})).refused(401, "user_unauthenticated");
    frontend.raw("POST", "sessions/revoke", None, "").refused(401, "user_unauthenticated");
    let backend = caller(Surface::Backend);
    backend.post("sessions/authenticate", None, json!({})).refused(400, "no_session_arguments");
    let both = json!({ "session_token": "a", "session_jwt": "b" });
    backend.post("sessions/authenticate", None, both).refused(400, "too_many_session_arguments");
    // Null and empty mean absent.
    let token = backend.session();
    let nulls =
        json!({ "session_token": token, "session_jwt": null, "session_duration_minutes": null });
    backend.post("sessions/authenticate", None, nulls).ok();
}

#[test]
fn durations_outside_the_limits_are_refused() {
    for surface in BOTH {
        let caller = with(surface, |builder| builder.maximum_session_minutes(1000));
        let token = caller.session();
        let authenticate = |minutes: Value| {
            caller.post(
                "sessions/authenticate",
                Some(&token),
                json!({ "session_duration_minutes": minutes }),
            )
        };
        for minutes in
            [json!(4), json!(0), json!(-60), json!(527_041), json!(u64::MAX), json!(1e300)]
        {
            authenticate(minutes).refused(400, "invalid_session_duration_minutes");
        }
        authenticate(json!(5)).ok();
        match surface {
            Surface::Frontend => {
                authenticate(json!(1001)).refused(400, "invalid_session_duration");
                authenticate(json!("60")).refused_by_schema("type");
                authenticate(json!(5.5)).refused_by_schema("type");
            }
            Surface::Backend => {
                authenticate(json!(527_040)).ok();
                authenticate(json!("60")).refused(400, "bad_request");
            }
        }
    }
}

#[test]
fn the_backend_takes_a_jwt_even_expired_and_gives_a_fresh_one() {
    let emulator = Emulator::example_builder().clock(VirtualClock::new()).build();
    let caller = common::Caller { emulator, surface: Surface::Backend };
    let login = caller.login(Example::HARBOR_LIGHTS).ok();
    let jwt = login.text("/session_jwt");
    caller.advance(301);
    let body = json!({ "session_jwt": jwt });
    let renewed = caller.post("sessions/authenticate", None, body.clone()).ok();
    assert_ne!(renewed.text("/session_jwt"), jwt);
    assert_eq!(renewed.token(), login.token());

    let broken = format!("{}A", &jwt[..jwt.len() - 4]);
    let by_jwt =
        |jwt: &str| caller.post("sessions/authenticate", None, json!({ "session_jwt": jwt }));
    by_jwt("").refused(400, "no_session_arguments");
    for bad in ["x", "a.b.c", broken.as_str()] {
        by_jwt(bad).refused(400, "unable_to_parse_session_jwt");
    }
    caller.post("sessions/revoke", None, body.clone()).ok();
    caller.post("sessions/authenticate", None, body).refused(404, "session_not_found");
}

#[test]
fn custom_claims_merge_and_null_deletes() {
    let caller = caller(Surface::Backend);
    let token = caller.session();
    let claims = |claims: Value| {
        caller.post(
            "sessions/authenticate",
            Some(&token),
            json!({ "session_custom_claims": claims }),
        )
    };
    let of = |answer: common::Answer| answer.ok().body["member_session"]["custom_claims"].clone();
    assert_eq!(
        of(claims(json!({ "plan": "gold", "seats": 3 }))),
        json!({ "plan": "gold", "seats": 3 })
    );
    assert_eq!(
        of(claims(json!({ "seats": null, "trial": true }))),
        json!({ "plan": "gold", "trial": true })
    );
    claims(json!({ "iss": "me" })).refused(400, "reserved_claims_in_custom_claims");
    claims(json!({ "https://stytch.com/session": {} }))
        .refused(400, "stytch_claims_in_custom_claims");
    claims(json!({ "big": "x".repeat(4096) })).refused(400, "custom_claims_too_large");
    claims(json!("plan")).refused(400, "bad_request");
    assert_eq!(of(caller.authenticate(&token)), json!({ "plan": "gold", "trial": true }));
}

#[test]
fn an_authorization_check_answers_with_a_verdict_or_refuses() {
    let caller = caller(Surface::Backend);
    let check = |token: &str, organization: &str, action: &str| {
        let check =
            json!({ "organization_id": organization, "resource_id": "lamps", "action": action });
        caller.post("sessions/authenticate", Some(token), json!({ "authorization_check": check }))
    };
    let ben = caller.session_of_ben();
    let organization = caller.emulator.organization_id(Example::HARBOR_LIGHTS).expect("it exists");
    let allowed = check(&ben, &organization, "trim").ok();
    assert_eq!(
        allowed.body["verdict"],
        json!({ "authorized": true, "granting_roles": ["lamp_keeper"] })
    );
    check(&ben, &organization, "burn").refused(403, "session_authorization_error");
    check(&ben, Example::NORTH_PIER, "trim").refused(403, "session_authorization_tenancy_error");
    assert_eq!(caller.authenticate(&ben).ok().body.get("verdict"), None);
}

#[test]
fn an_exchange_finishes_where_the_password_suffices() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.session();
        let before = caller.authenticate(&token).ok();
        let after = caller.exchange(&token, Example::NORTH_PIER).ok();
        assert_eq!(after.body["member_authenticated"], true);
        assert_eq!(after.text("/intermediate_session_token"), "");
        assert_ne!(
            after.text("/member_session/member_session_id"),
            before.text("/member_session/member_session_id")
        );
        assert_eq!(after.text("/member_id"), caller.ada(Example::NORTH_PIER));
        assert_eq!(after.factors(), ["password"]);
        // The original lives on.
        caller.authenticate(&token).ok();
        caller.exchange(&token, "nowhere").refused(404, "organization_not_found");
        caller.exchange(&token, Example::NIGHT_FERRY).refused(404, "member_not_found");
    }
}

#[test]
fn an_exchange_stops_where_more_is_wanted_and_leaves_the_session_alone() {
    for surface in BOTH {
        let caller = with(surface, EmulatorBuilder::end_original_on_exchange);
        let token = caller.session();
        let mfa = caller.exchange(&token, Example::BLUE_KILN).ok();
        assert_eq!(mfa.body["member_authenticated"], false);
        assert_eq!(mfa.body["member_session"], Value::Null);
        assert_eq!((mfa.token(), mfa.text("/session_jwt")), (String::new(), String::new()));
        assert_eq!(mfa.text("/mfa_required/secondary_auth_initiated"), "sms_otp");
        assert_eq!(
            mfa.text("/mfa_required/member_options/mfa_phone_number"),
            Example::PHONE_NUMBER
        );
        assert_eq!(mfa.body["primary_required"], Value::Null);

        let primary = caller.exchange(&token, Example::SLATE_QUARRY).ok();
        assert_eq!(
            primary.body["primary_required"]["allowed_auth_methods"],
            json!(["sso", "magic_link"])
        );
        assert_eq!(primary.body["mfa_required"], Value::Null);

        caller.authenticate(&token).ok();
        // With the option, the original ends when the exchange is finished, and not before.
        let finished = caller.sms(&mfa.intermediate(), &caller.last_code()).ok();
        assert_eq!(finished.factors(), ["password", "otp"]);
        caller.authenticate(&token).refused(404, "session_not_found");
    }
}

#[test]
fn an_unfinished_exchange_may_turn_to_another_organization() {
    for surface in BOTH {
        let caller = caller(surface);
        let mfa = caller.exchange(&caller.session(), Example::BLUE_KILN).ok();
        let finished = caller.enter(&mfa.intermediate(), Example::NORTH_PIER).ok();
        assert_eq!(finished.body["member_authenticated"], true);
        caller
            .enter(&mfa.intermediate(), Example::NORTH_PIER)
            .refused(404, "intermediate_session_not_found");
    }
}

#[test]
fn the_frontend_revokes_itself_without_a_body_and_others_with_permission() {
    let caller = caller(Surface::Frontend);
    let (ada, ben) = (caller.session(), caller.session_of_ben());
    let ben_id = caller
        .emulator
        .member_id(Example::HARBOR_LIGHTS, Example::BEN_EMAIL_ADDRESS)
        .expect("a member");
    let ada_id = caller.ada(Example::HARBOR_LIGHTS);
    caller
        .raw("POST", &format!("sessions/revoke/{ada_id}"), Some(&ben), "")
        .refused(403, "unauthorized_action");
    caller
        .raw("POST", "sessions/revoke/member-test-x", Some(&ada), "{}")
        .refused(404, "member_not_found");
    let encoded = ben_id.replace('-', "%2D");
    let answer =
        caller.raw("POST", &format!("sessions/revoke/{encoded}?later=1"), Some(&ada), "").ok();
    let fields: Vec<_> = answer.body.as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["request_id", "status_code"]);
    caller.authenticate(&ben).refused(404, "session_not_found");
    caller.raw("POST", "sessions/revoke", Some(&ada), "").ok();
    caller.authenticate(&ada).refused(404, "session_not_found");
}

#[test]
fn the_backend_revokes_by_each_of_four_arguments() {
    let caller = caller(Surface::Backend);
    let revoke = |body: Value| caller.post("sessions/revoke", None, body);
    for argument in ["member_session_id", "session_token", "session_jwt", "member_id"] {
        let login = caller.login(Example::HARBOR_LIGHTS).ok();
        let value = match argument {
            "member_session_id" => login.text("/member_session/member_session_id"),
            other => login.text(&format!("/{other}")),
        };
        revoke(json!({ argument: value })).ok();
        caller.authenticate(&login.token()).refused(404, "session_not_found");
        if argument == "member_id" {
            revoke(json!({ argument: value })).ok();
        } else {
            revoke(json!({ argument: value })).refused(404, "session_not_found");
        }
    }
    revoke(json!({})).refused(400, "no_session_revoke_arguments");
    revoke(json!({ "member_id": "a", "session_token": "b" }))
        .refused(400, "too_many_session_revoke_arguments");
    revoke(json!({ "member_id": "nobody" })).refused(404, "member_not_found");
}

#[test]
fn a_backend_revoke_on_behalf_of_a_member_needs_the_members_permission() {
    let caller = caller(Surface::Backend);
    let (ada, ben) = (caller.session(), caller.session_of_ben());
    let revoke = |caller_token: &str| {
        let request = http::Request::post("/v1/b2b/sessions/revoke")
            .header("authorization", caller.emulator.backend_authorization())
            .header("x-stytch-member-session", caller_token)
            .body(json!({ "session_token": ben }).to_string().into_bytes())
            .expect("the request is valid");
        caller.send(&request)
    };
    revoke(&ben).refused(403, "unauthorized_action");
    revoke("nothing").refused(404, "session_not_found");
    revoke(&ada).ok();
}

#[test]
fn the_backend_lists_a_members_active_sessions() {
    let caller = caller(Surface::Backend);
    let member = caller.ada(Example::HARBOR_LIGHTS);
    let path = format!("sessions?organization_id=harbor%2Dlights&member_id={member}&unknown=1");
    let list = || caller.raw("GET", &path, None, "{}").ok().body["member_sessions"].clone();
    assert_eq!(list(), json!([]));
    let first = caller.session();
    caller.advance(60);
    caller.session();
    let both = list();
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    assert_eq!(both[0]["started_at"], "2030-06-01T12:00:00Z");
    caller.post("sessions/revoke", Some(&first), json!({})).ok();
    assert_eq!(list().as_array().map(Vec::len), Some(1));
    caller.advance(3600);
    assert_eq!(list(), json!([]));
    caller
        .raw("GET", "sessions?organization_id=harbor-lights", None, "")
        .refused(400, "bad_request");
    caller.on(Surface::Frontend).raw("GET", "sessions", None, "").refused(404, "route_not_found");
}

#[test]
fn keys_are_public_and_verify_the_tokens() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    let emulator = Emulator::example_builder().clock(VirtualClock::new()).build();
    let caller = common::Caller { emulator, surface: Surface::Backend };
    let path =
        format!("/v1/b2b/sessions/jwks/{}", caller.emulator.project_id().replace('-', "%2D"));
    let keys = caller.send(&http::Request::get(path).body(Vec::new()).expect("a request")).ok();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let (n, e) = (decode(&keys.text("/keys/0/n")), decode(&keys.text("/keys/0/e")));

    let jwt = caller.login(Example::HARBOR_LIGHTS).ok().text("/session_jwt");
    let (signed, signature) = jwt.rsplit_once('.').expect("three parts");
    RsaPublicKeyComponents { n, e }
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature))
        .expect("the signature is good");
    let (header, payload) = signed.split_once('.').expect("three parts");
    let header: Value = serde_json::from_slice(&decode(header)).expect("JSON");
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "kid": keys.body["keys"][0]["kid"] }));
    let claims: Value = serde_json::from_slice(&decode(payload)).expect("JSON");
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|issued| issued + 300));
    assert_eq!(claims["nbf"], claims["iat"]);
    let names: Vec<_> = claims.as_object().expect("an object").keys().collect();
    let expected = [
        "aud",
        "exp",
        "https://stytch.com/organization",
        "https://stytch.com/session",
        "iat",
        "iss",
        "nbf",
        "sub",
    ];
    assert_eq!(names, expected);

    let other = http::Request::get("/v1/b2b/sessions/jwks/project-test-x").body(Vec::new());
    caller.send(&other.expect("a request")).refused(404, "project_not_found");
}
