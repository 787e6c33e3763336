//! Registering authenticator apps, and their recovery codes.

mod common;

use base64::Engine;
use common::{Answer, BOTH, Caller, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{Example, Member, Organization};

/// A world with Nia, who has nothing enrolled, and Olu, who has a phone, in a place that demands a
/// second factor.
fn pool(surface: Surface) -> Caller {
    with(surface, |builder| {
        let nia = Member::new("nia@example.org").password("a secret");
        let olu = Member::new("olu@example.org").password("a secret").phone_number("+14155550042");
        let organization = Organization::new("tide-pool").mfa_required();
        builder.organization(organization.member(nia).member(olu))
    })
}

fn login(caller: &Caller, email_address: &str) -> Answer {
    let who = json!({ "email_address": email_address, "password": "a secret" });
    caller.login_with("tide-pool", None, who).ok()
}

fn call(caller: &Caller, path: &str, login: &Answer, extra: Value) -> Answer {
    let mut body = json!({
        "organization_id": "tide-pool",
        "member_id": login.text("/member_id"),
        "intermediate_session_token": login.intermediate(),
    });
    common::merge(&mut body, extra);
    caller.post(path, None, body)
}

fn confirm(caller: &Caller, login: &Answer, extra: Value) -> Answer {
    let code = caller.emulator.totp_code(&login.text("/member_id")).expect("an app");
    let mut body = json!({ "code": code, "session_duration_minutes": 60 });
    common::merge(&mut body, extra);
    call(caller, "totp/authenticate", login, body)
}

#[test]
fn an_app_is_pending_until_its_first_code() {
    for surface in BOTH {
        let caller = pool(surface);
        let nia = login(&caller, "nia@example.org");
        call(
            &caller,
            "totp/authenticate",
            &nia,
            json!({ "code": "1", "session_duration_minutes": 60 }),
        )
        .refused(404, "totp_not_found");
        let created = call(&caller, "totp", &nia, json!({})).ok();
        let id = created.text("/totp_registration_id");
        assert!(id.starts_with("member-totp-test-"));
        assert_eq!(created.text("/secret").len(), 32);
        let image = base64::engine::general_purpose::STANDARD.decode(created.text("/qr_code"));
        assert!(image.expect("base64").starts_with(b"\x89PNG"), "an image of the secret");
        let codes = created.body["recovery_codes"].clone();
        assert_eq!(codes.as_array().map(Vec::len), Some(10));
        assert_eq!(created.text("/member/totp_registration_id"), "");
        call(&caller, "totp", &nia, json!({})).refused(400, "pending_totp_exists");
        confirm(&caller, &nia, json!({ "code": "000000" }))
            .refused(401, "unable_to_authenticate_totp");
        let session = confirm(&caller, &nia, json!({})).ok();
        assert_eq!(session.text("/member/totp_registration_id"), id);
        assert_eq!(session.text("/member/default_mfa_method"), "totp");
        assert_eq!(session.factors(), ["password", "totp"]);
        assert_eq!(json!(caller.emulator.recovery_codes(&session.text("/member_id"))), codes);
        let again = login(&caller, "nia@example.org");
        call(&caller, "totp", &again, json!({})).refused(400, "active_totp_exists");
    }
}

#[test]
fn a_registration_expires() {
    for surface in BOTH {
        let caller = pool(surface);
        let nia = login(&caller, "nia@example.org");
        for minutes in [4, 1441] {
            call(&caller, "totp", &nia, json!({ "expiration_minutes": minutes }))
                .refused(400, "bad_request");
        }
        let first = call(&caller, "totp", &nia, json!({ "expiration_minutes": 5 })).ok();
        caller.advance(300);
        confirm(&caller, &nia, json!({})).refused(400, "expired_totp");
        let second = call(&caller, "totp", &nia, json!({})).ok();
        assert_ne!(first.text("/secret"), second.text("/secret"));
        confirm(&caller, &nia, json!({})).ok();
    }
}

#[test]
fn another_factor_wants_the_first() {
    for surface in BOTH {
        let caller = pool(surface);
        let olu = login(&caller, "olu@example.org");
        call(&caller, "totp", &olu, json!({})).refused(400, "insufficient_factors");
        let code = caller.emulator.last_code("+14155550042");
        let body = json!({ "code": code, "session_duration_minutes": 60 });
        let session = call(&caller, "otps/sms/authenticate", &olu, body).ok().token();
        let body = json!({ "organization_id": "tide-pool", "member_id": olu.text("/member_id") });
        let anonymous = caller.post("totp", None, body.clone());
        match surface {
            Surface::Frontend => anonymous.refused(401, "user_unauthenticated"),
            Surface::Backend => anonymous.refused(400, "no_session_arguments"),
        }
        caller.post("totp", Some(&session), body.clone()).ok();
        let mut proof = body;
        proof["code"] = caller.emulator.totp_code(&olu.text("/member_id")).into();
        proof["set_default_mfa"] = true.into();
        let stepped_up = caller.finish("totp/authenticate", Some(&session), proof).ok();
        assert_eq!(stepped_up.text("/member/default_mfa_method"), "totp");
        assert_eq!(stepped_up.factors(), ["password", "otp", "totp"]);
    }
}

#[test]
fn rules_of_organizations_and_members_count() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let nia = Member::new("nia@example.org");
            let ivo = Member::new("ivo@example.org").invited();
            let organization = Organization::new("tide-pool");
            let sms_only = Organization::new("kelp-works")
                .allowed_mfa_methods(["sms_otp"])
                .member(nia.clone());
            builder.organization(organization.member(nia).member(ivo)).organization(sms_only)
        });
        let create = |organization: &str, email_address: &str| {
            let member_id = caller.emulator.member_id(organization, email_address);
            let body = json!({ "organization_id": organization, "member_id": member_id });
            caller.post("totp", None, body)
        };
        create("kelp-works", "nia@example.org")
            .refused(400, "operation_restricted_by_organization_mfa_methods");
        create("tide-pool", "ivo@example.org")
            .refused(400, "action_available_only_for_active_members");
        create("tide-pool", "nia@example.org").ok();
        let body = json!({ "organization_id": "tide-pool", "member_id": "nobody" });
        caller.post("totp", None, body).refused(404, "member_not_found");
    }
}

#[test]
fn enrolment_is_set_and_taken_back() {
    for surface in BOTH {
        let caller = caller(surface);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let session = caller.sms(&token, &caller.last_code()).ok().token();
        let step = |extra: Value| {
            caller.advance(60);
            let mut body = json!({ "code": caller.totp_code() });
            common::merge(&mut body, extra);
            caller.second("totp/authenticate", Some(&session), body)
        };
        let out = step(json!({ "set_mfa_enrollment": "unenroll" })).ok();
        assert_eq!(out.body["member"]["mfa_enrolled"], false);
        let back = step(json!({ "set_mfa_enrollment": "enroll" })).ok();
        assert_eq!(back.body["member"]["mfa_enrolled"], true);
        let wrong = step(json!({ "set_mfa_enrollment": "perhaps" }));
        match surface {
            Surface::Frontend => wrong.refused_by_schema("enum"),
            Surface::Backend => wrong.refused(400, "bad_request"),
        }
    }
}

#[test]
fn the_frontend_sends_codes_that_phones_fill_in() {
    let caller = caller(Surface::Frontend);
    let token = caller.login(Example::BLUE_KILN).ok().intermediate();
    let send = |flag: Value| {
        let body = json!({ "intermediate_session_token": token, "enable_autofill": flag });
        caller.second("otps/sms/send", None, body)
    };
    send(json!(true)).ok();
    send(json!("yes")).refused_by_schema("type");
}

#[test]
fn a_foreign_app_is_migrated() {
    let caller = pool(Surface::Backend);
    let migrate = |email_address: &str, secret: &str| {
        let body = json!({
            "organization_id": "tide-pool",
            "member_id": caller.emulator.member_id("tide-pool", email_address),
            "secret": secret,
            "recovery_codes": ["one", "two"],
        });
        caller.post("totp/migrate", None, body)
    };
    migrate("nia@example.org", "not base 32!").refused(400, "bad_request");
    let migrated = migrate("nia@example.org", Example::TOTP_SECRET).ok();
    assert_eq!(migrated.body["recovery_codes"], json!(["one", "two"]));
    let id = migrated.text("/totp_registration_id");
    assert_eq!(migrated.text("/member/totp_registration_id"), id);
    migrate("nia@example.org", Example::TOTP_SECRET).refused(400, "active_totp_exists");
    let nia = login(&caller, "nia@example.org");
    confirm(&caller, &nia, json!({})).ok();
    caller
        .on(Surface::Frontend)
        .post("totp/migrate", None, json!({}))
        .refused(404, "route_not_found");
}

#[test]
fn recovery_codes_are_shown_and_rotated() {
    for surface in BOTH {
        let caller = caller(surface);
        let ada = caller.ada(Example::BLUE_KILN);
        let token = caller.login(Example::BLUE_KILN).ok().intermediate();
        let session = caller.sms(&token, &caller.last_code()).ok().token();
        let (show, rotate) = match surface {
            Surface::Frontend => ("recovery_codes".to_owned(), json!({})),
            Surface::Backend => (
                format!("recovery_codes/{}/{ada}", Example::BLUE_KILN),
                json!({ "organization_id": Example::BLUE_KILN, "member_id": ada }),
            ),
        };
        let header = Some(session.as_str()).filter(|_| surface == Surface::Frontend);
        let shown = caller.get(&show, header).ok();
        assert_eq!(shown.body["recovery_codes"], json!(caller.emulator.recovery_codes(&ada)));
        assert_eq!(shown.text("/member_id"), ada);
        let rotated = caller.raw("POST", "recovery_codes/rotate", header, rotate.to_string()).ok();
        assert_eq!(rotated.body["recovery_codes"].as_array().map(Vec::len), Some(10));
        assert_ne!(rotated.body["recovery_codes"], shown.body["recovery_codes"]);
        assert_eq!(
            caller.get(&show, header).ok().body["recovery_codes"],
            rotated.body["recovery_codes"]
        );

        // Ada has neither app nor codes in Harbor Lights.
        let (none, rotate, header) = match surface {
            Surface::Frontend => ("recovery_codes".to_owned(), json!({}), Some(caller.session())),
            Surface::Backend => {
                let ada = caller.ada(Example::HARBOR_LIGHTS);
                let path = format!("recovery_codes/{}/{ada}", Example::HARBOR_LIGHTS);
                let body = json!({ "organization_id": Example::HARBOR_LIGHTS, "member_id": ada });
                (path, body, None)
            }
        };
        caller.get(&none, header.as_deref()).refused(404, "recovery_codes_not_found");
        caller
            .raw("POST", "recovery_codes/rotate", header.as_deref(), rotate.to_string())
            .refused(400, "no_active_recovery_code_backed_factor");
        match surface {
            Surface::Frontend => {
                caller.get("recovery_codes", None).refused(401, "user_unauthenticated");
            }
            Surface::Backend => {
                caller.get("recovery_codes/nowhere/x", None).refused(404, "organization_not_found");
                let path = format!("recovery_codes/{}/x", Example::BLUE_KILN);
                caller.get(&path, None).refused(404, "member_not_found");
            }
        }
    }
}
