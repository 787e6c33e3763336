//! Logins to the emulator: passwords, discovery, second factors.

mod common;

use common::{BOTH, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Example, Member, Organization};

#[test]
fn a_password_login_finishes_or_says_what_is_missing() {
    for surface in BOTH {
        let caller = caller(surface);
        let finished = caller.login(Example::HARBOR_LIGHTS).ok();
        assert_eq!(finished.body["member_authenticated"], true);
        assert_eq!(finished.token().len(), 44);
        assert_eq!(
            finished.body["organization_id"],
            finished.body["organization"]["organization_id"]
        );
        let mfa = caller.login(Example::BLUE_KILN).ok();
        assert_eq!(mfa.body["member_session"], Value::Null);
        assert_eq!(mfa.text("/mfa_required/secondary_auth_initiated"), "sms_otp");
        let primary = caller.login(Example::SLATE_QUARRY).ok();
        assert_eq!(
            primary.body["primary_required"]["allowed_auth_methods"],
            json!(["sso", "magic_link"])
        );
        assert_eq!(caller.emulator.outbox().len(), 1);
    }
}

#[test]
fn wrong_passwords_and_unknown_names_are_refused() {
    for surface in BOTH {
        let caller = caller(surface);
        let login = |extra: Value| caller.login_with(Example::HARBOR_LIGHTS, None, extra);
        login(json!({ "password": "wrong" })).refused(401, "unauthorized_credentials");
        login(json!({ "email_address": "eve@example.com" })).refused(404, "member_not_found");
        login(json!({ "organization_id": "nowhere" })).refused(404, "organization_not_found");
        login(json!({ "email_address": "ADA@Example.com" })).ok();
        match surface {
            Surface::Frontend => {
                login(json!({ "password": null })).refused_by_schema("required");
                login(json!({ "password": 7 })).refused_by_schema("type");
                login(json!({ "session_duration_minutes": null })).refused_by_schema("required");
            }
            Surface::Backend => {
                login(json!({ "password": null })).refused(400, "bad_request");
                let default = login(json!({ "session_duration_minutes": null })).ok();
                assert_eq!(default.text("/member_session/expires_at"), "2030-06-01T13:00:00Z");
            }
        }
    }
}

#[test]
fn a_login_on_top_of_a_session_adds_its_factor_to_it() {
    for surface in BOTH {
        let caller = caller(surface);
        let mfa = caller.login(Example::BLUE_KILN).ok().intermediate();
        let session = caller.sms(&mfa, &caller.last_code()).ok();
        let again = caller.login_with(Example::BLUE_KILN, Some(&session.token()), json!({})).ok();
        assert_eq!(
            again.body["member_authenticated"], true,
            "a full session vouches for the second factor"
        );
        assert_eq!(
            again.text("/member_session/member_session_id"),
            session.text("/member_session/member_session_id")
        );
        assert_eq!(again.factors(), ["password", "otp"]);
        // Another member's session: it merely rides along on the frontend.
        let other = caller.login_with(Example::HARBOR_LIGHTS, Some(&session.token()), json!({}));
        match surface {
            Surface::Frontend => assert_ne!(other.ok().token(), session.token()),
            Surface::Backend => other.refused(400, "member_session_member_id_mismatch"),
        }
    }
}

#[test]
fn the_same_intermediate_token_comes_back_and_lives_ten_minutes_from_its_first_use() {
    for surface in BOTH {
        let caller = caller(surface);
        let first = caller.login(Example::BLUE_KILN).ok().intermediate();
        caller.advance(599);
        let extra = json!({ "intermediate_session_token": first });
        let again = caller.login_with(Example::BLUE_KILN, None, extra.clone()).ok();
        assert_eq!(again.intermediate(), first);
        caller.advance(1);
        caller
            .login_with(Example::BLUE_KILN, None, extra)
            .refused(404, "intermediate_session_not_found");
        caller.sms(&first, &caller.last_code()).refused(404, "intermediate_session_not_found");
    }
}

#[test]
fn a_wrong_code_consumes_nothing_and_the_right_one_consumes_the_token() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let code = caller.last_code();
        caller.sms(&token, "not the code").refused(404, "otp_code_not_found");
        let session = caller.sms(&token, &code).ok();
        assert_eq!(session.factors(), ["password", "otp"]);
        assert_eq!(session.body["member"]["mfa_enrolled"], true);
        assert_eq!(session.body.get("member_authenticated"), None);
        caller.sms(&token, &code).refused(404, "intermediate_session_not_found");
        let next = caller.login(Example::BLUE_KILN).ok().intermediate();
        caller.sms(&next, &code).refused(404, "otp_code_not_found");
    }
}

#[test]
fn an_sms_code_lives_two_minutes_and_a_new_one_voids_it() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let first = caller.last_code();
        let send = json!({ "intermediate_session_token": token });
        caller.second("otps/sms/send", None, send.clone()).ok();
        let second = caller.last_code();
        assert_ne!(first, second);
        caller.sms(&token, &first).refused(404, "otp_code_not_found");
        caller.advance(120);
        caller.sms(&token, &second).refused(401, "unable_to_auth_otp_code");
        caller.second("otps/sms/send", None, send).ok();
        caller.sms(&token, &caller.last_code()).ok();
        caller.second("otps/sms/send", None, json!({})).refused(
            if surface == Surface::Frontend { 401 } else { 400 },
            if surface == Surface::Frontend {
                "user_unauthenticated"
            } else {
                "no_session_arguments"
            },
        );
    }
}

#[test]
fn a_totp_code_is_accepted_once_in_its_window_and_the_neighbours() {
    for surface in BOTH {
        let caller = caller(surface);
        let totp = |code: &str, token: &str| {
            let proof = json!({ "code": code, "intermediate_session_token": token });
            caller.second("totp/authenticate", None, proof)
        };
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let code = caller.totp_code();
        totp("000000", &token).refused(401, "unable_to_authenticate_totp");
        caller.advance(60);
        totp(&code, &token).refused(401, "unable_to_authenticate_totp");
        let code = caller.totp_code();
        caller.advance(30);
        assert_eq!(totp(&code, &token).ok().factors(), ["password", "totp"]);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        totp(&code, &token).refused(401, "totp_code_already_authenticated");
        let recovery = &caller.emulator.recovery_codes(&caller.ada(Example::BLUE_KILN))[0];
        totp(recovery, &token).refused(400, "recovery_code_used_as_totp_code");
    }
}

#[test]
fn a_recovery_code_works_once() {
    for surface in BOTH {
        let caller = caller(surface);
        let ada = caller.ada(Example::BLUE_KILN);
        let codes = caller.emulator.recovery_codes(&ada);
        assert_eq!(codes.len(), 10);
        let recover = |code: &str, token: &str| {
            let proof = json!({ "recovery_code": code, "intermediate_session_token": token });
            caller.second("recovery_codes/recover", None, proof)
        };
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        recover("nonsense", &token).refused(401, "unable_to_authenticate_recovery_code");
        recover(&caller.totp_code(), &token).refused(400, "totp_code_used_as_recovery_code");
        let session = recover(&codes[0], &token).ok();
        assert_eq!(session.body["recovery_codes_remaining"], 9);
        assert_eq!(session.factors(), ["password", "recovery_codes"]);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        recover(&codes[0], &token).refused(401, "unable_to_authenticate_recovery_code");
        assert_eq!(caller.emulator.recovery_codes(&ada), codes[1..]);
    }
}

#[test]
fn a_step_up_keeps_the_session() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let before = caller.sms(&token, &caller.last_code()).ok();
        let proof = json!({ "code": caller.totp_code(), "session_duration_minutes": 90 });
        let after = caller.second("totp/authenticate", Some(&before.token()), proof).ok();
        assert_eq!(after.token(), before.token());
        assert_eq!(
            after.text("/member_session/member_session_id"),
            before.text("/member_session/member_session_id")
        );
        assert_eq!(after.factors(), ["password", "otp", "totp"]);
        assert_eq!(after.text("/member_session/expires_at"), "2030-06-01T13:30:00Z");
        // Somebody else's session does not do.
        let proof = json!({ "code": "123456" });
        caller
            .second("totp/authenticate", Some(&caller.session()), proof)
            .refused(400, "member_session_member_id_mismatch");
    }
}

#[test]
fn a_second_factor_waits_for_the_primary_one() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            builder.organization(
                Organization::new("kelp-works")
                    .mfa_required()
                    .allowed_auth_methods(["sso"])
                    .member(Member::new(Example::EMAIL_ADDRESS).phone_number("+14155550009")),
            )
        });
        let both = caller.login("kelp-works").ok();
        assert_eq!(both.body["primary_required"]["allowed_auth_methods"], json!(["sso"]));
        assert_eq!(both.body["mfa_required"]["secondary_auth_initiated"], Value::Null);
        assert!(caller.emulator.outbox().is_empty());
        for path in ["otps/sms/send", "otps/sms/authenticate"] {
            let body = json!({
                "organization_id": "kelp-works",
                "member_id": caller.ada("kelp-works"),
                "intermediate_session_token": both.intermediate(),
                "code": "123456",
                "session_duration_minutes": 60,
            });
            caller
                .post(path, None, body)
                .refused(400, "action_available_only_once_primary_authentication_is_met");
        }
    }
}

#[test]
fn too_many_wrong_codes_lock_the_member_for_an_hour() {
    for surface in BOTH {
        let caller = with(surface, |builder| builder.lock_after(3));
        let session = {
            let token = caller.login(Example::BLUE_KILN).ok().intermediate();
            caller.sms(&token, &caller.last_code()).ok().token()
        };
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        for _ in 0..3 {
            caller.sms(&token, "wrong").refused(404, "otp_code_not_found");
        }
        caller.sms(&token, &caller.last_code()).refused(429, "user_lock_limit_reached");
        caller.login(Example::BLUE_KILN).refused(429, "user_lock_limit_reached");
        let locked = caller.authenticate(&session).ok();
        assert_eq!(locked.body["member"]["is_locked"], true);
        assert_eq!(locked.body["member"]["lock_expires_at"], "2030-06-01T13:00:00Z");
        caller.advance(3600);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        assert_eq!(caller.sms(&token, &caller.last_code()).ok().body["member"]["is_locked"], false);
    }
}

#[test]
fn a_member_with_nothing_enrolled_enrols_a_phone() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let member = Member::new("new@example.com").password("secret words");
            builder.organization(Organization::new("tide-pool").mfa_required().member(member))
        });
        let who = json!({ "email_address": "new@example.com", "password": "secret words" });
        let login = caller.login_with("tide-pool", None, who).ok();
        assert_eq!(login.body["mfa_required"]["member_options"], Value::Null);
        let proof = |number: Value| {
            json!({
                "organization_id": "tide-pool",
                "member_id": login.text("/member_id"),
                "intermediate_session_token": login.intermediate(),
                "mfa_phone_number": number,
                "session_duration_minutes": 60,
            })
        };
        let send = |number: Value| caller.post("otps/sms/send", None, proof(number));
        send(Value::Null).refused(404, "member_phone_number_not_found");
        send(json!("0123")).refused(400, "invalid_phone_number");
        send(json!("+14155550077")).ok();
        let mut proof = proof(Value::Null);
        proof["code"] = caller.emulator.last_code("+14155550077").into();
        let session = caller.post("otps/sms/authenticate", None, proof).ok();
        assert_eq!(session.body["member"]["mfa_phone_number_verified"], true);
        assert_eq!(session.body["member"]["default_mfa_method"], "sms_otp");
    }
}

#[test]
fn discovery_lists_organizations_and_its_token_enters_one() {
    for surface in BOTH {
        let caller = caller(surface);
        let found = caller.discover().ok();
        let summary = |answer: &common::Answer| -> Vec<(String, String, bool)> {
            let organizations = answer.body["discovered_organizations"].as_array().expect("a list");
            let of = |found: &Value| {
                let text = |pointer: &str| {
                    found.pointer(pointer).and_then(Value::as_str).expect("text").to_owned()
                };
                let authenticated = found["member_authenticated"].as_bool().expect("a flag");
                (text("/organization/organization_slug"), text("/membership/type"), authenticated)
            };
            organizations.iter().map(of).collect()
        };
        let row = |slug: &str, kind: &str, done| (slug.to_owned(), kind.to_owned(), done);
        let memberships = [
            row("harbor-lights", "active_member", true),
            row("north-pier", "active_member", true),
            row("blue-kiln", "active_member", false),
            row("slate-quarry", "active_member", false),
        ];
        let mut all = memberships.to_vec();
        all.push(row("night-ferry", "eligible_to_join_by_email_domain", true));
        assert_eq!(summary(&found), all);
        assert!(caller.emulator.outbox().is_empty(), "discovery sends nothing");

        let token = found.intermediate();
        let list = json!({ "intermediate_session_token": token });
        assert_eq!(summary(&caller.post("discovery/organizations", None, list).ok()), all);
        let session = caller.session();
        let listed = caller.post("discovery/organizations", Some(&session), json!({})).ok();
        assert_eq!(summary(&listed), memberships, "a session does not list what could be joined");

        let mfa = caller.enter(&token, Example::BLUE_KILN).ok();
        assert_eq!(mfa.intermediate(), token);
        assert_eq!(mfa.text("/mfa_required/secondary_auth_initiated"), "sms_otp");
        let joined = caller.enter(&token, Example::NIGHT_FERRY).ok();
        assert_eq!(joined.body["member_authenticated"], true);
        assert_eq!(joined.text("/member/email_address"), Example::EMAIL_ADDRESS);
        caller.enter(&token, Example::HARBOR_LIGHTS).refused(404, "intermediate_session_not_found");
    }
}

#[test]
fn the_token_of_a_password_login_stays_in_its_organization() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let error = "invalid_intermediate_session_token_for_organization";
        caller.enter(&token, Example::NORTH_PIER).refused(400, error);
        let extra = json!({ "intermediate_session_token": token });
        caller.login_with(Example::HARBOR_LIGHTS, None, extra).refused(400, error);
        caller.sms(&token, &caller.last_code()).ok();
    }
}

#[test]
fn an_invited_member_becomes_active() {
    let caller = with(Surface::Backend, |builder| {
        let member = Member::new(Example::EMAIL_ADDRESS).invited();
        builder.organization(Organization::new("paper-mill").member(member))
    });
    let found = caller.discover().ok();
    assert_eq!(found.body["discovered_organizations"][5]["membership"]["type"], "invited_member");
    let entered = caller.enter(&found.intermediate(), "paper-mill").ok();
    assert_eq!(entered.text("/member/status"), "active");
}

#[test]
fn an_organization_that_restricts_second_factors_refuses_the_others() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let member = Member::new(Example::EMAIL_ADDRESS).phone_number("+14155550009");
            let member = member.password(Example::PASSWORD).totp_secret(Example::TOTP_SECRET);
            let organization = Organization::new("kelp-works").mfa_required();
            builder.organization(organization.allowed_mfa_methods(["totp"]).member(member))
        });
        let login = caller.login("kelp-works").ok();
        assert_eq!(login.body["mfa_required"]["secondary_auth_initiated"], Value::Null);
        let proof = |code: &str| {
            json!({
                "organization_id": "kelp-works",
                "member_id": caller.ada("kelp-works"),
                "intermediate_session_token": login.intermediate(),
                "code": code,
                "session_duration_minutes": 60,
            })
        };
        let error = "operation_restricted_by_organization_mfa_methods";
        caller.post("otps/sms/send", None, proof("")).refused(400, error);
        caller.post("otps/sms/authenticate", None, proof("1")).refused(400, error);
        let code = caller.emulator.totp_code(&caller.ada("kelp-works")).expect("an app");
        caller.post("totp/authenticate", None, proof(&code)).ok();
    }
}
