//! Sessions in return for what was proven elsewhere.

mod common;

use common::{Answer, BOTH, Caller, Surface, with};
use serde_json::{Value, json};
use stytch_session_mock::{Example, Member, Organization};

#[test]
fn an_access_token_is_exchanged_once() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            builder
                .access_token("access-1", Example::BLUE_KILN, Example::EMAIL_ADDRESS)
                .access_token("access-2", Example::BLUE_KILN, Example::EMAIL_ADDRESS)
                .limited_access_token("read-only", Example::BLUE_KILN, Example::EMAIL_ADDRESS)
        });
        let exchange = |token: &str| {
            let body = json!({ "access_token": token });
            caller.finish("sessions/exchange_access_token", None, body)
        };
        let session = exchange("access-1").ok();
        assert_eq!(session.body.get("mfa_required"), None, "no second factor is asked for");
        let factor = session.last_factor();
        assert_eq!(factor["delivery_method"], "oauth_access_token_exchange");
        assert!(factor["oauth_access_token_exchange_factor"]["client_id"].is_string());
        caller.authenticate(&session.token()).ok();
        exchange("access-1").refused(400, "oauth_access_token_exchange_token_invalid_grant");
        exchange("nonsense").refused(400, "oauth_access_token_exchange_token_invalid_grant");
        exchange("read-only").refused(400, "oauth_access_token_exchange_missing_full_access");
        caller.advance(301);
        exchange("access-2").refused(400, "oauth_access_token_exchange_token_too_old");
        let fresh = caller.emulator.access_token(Example::BLUE_KILN, Example::EMAIL_ADDRESS);
        exchange(&fresh.expect("Ada is a member")).ok();
        assert_eq!(caller.emulator.access_token(Example::BLUE_KILN, "eve@example.org"), None);
        if surface == Surface::Frontend {
            let body = json!({ "access_token": "access-2" });
            caller.post("sessions/exchange_access_token", None, body).refused_by_schema("required");
        }
        // What was proven elsewhere does not open another organization.
        caller
            .exchange(&session.token(), Example::HARBOR_LIGHTS)
            .refused(400, "insufficient_factors_for_session_exchange");
    }
}

fn attest(caller: &Caller, profile: &str, token: &str, extra: Value) -> Answer {
    let mut body = json!({ "profile_id": profile, "token": token });
    common::merge(&mut body, extra);
    caller.post("sessions/attest", None, body)
}

#[test]
fn a_trusted_token_is_attested() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            builder
                .trusted_token("profile-1", "jwt-1", Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS)
                .trusted_token("profile-1", "jwt-2", "", Example::EMAIL_ADDRESS)
                .trusted_token("profile-1", "jwt-3", "nowhere", Example::EMAIL_ADDRESS)
                .trusted_token("profile-2", "jwt-4", "", "eve@example.org")
                .refused_trusted_token("profile-1", "jwt-5", "jwt_invalid_audience")
                .refused_trusted_token("profile-1", "jwt-6", "jwt_invalid_issuer")
                .refused_trusted_token("profile-1", "jwt-7", "jwt_invalid_claims")
        });
        let plain = |profile, token| attest(&caller, profile, token, json!({}));
        let within = |profile, token, organization: &str| {
            attest(&caller, profile, token, json!({ "organization_id": organization }))
        };
        let session = plain("profile-1", "jwt-1").ok();
        let factor = session.last_factor();
        assert_eq!(factor["type"], "trusted_auth_token");
        assert_eq!(factor["delivery_method"], "trusted_token_exchange");
        assert!(factor["trusted_auth_token_factor"]["token_id"].is_string());
        within("profile-1", "jwt-1", Example::HARBOR_LIGHTS).ok();
        within("profile-1", "jwt-2", Example::BLUE_KILN).ok();
        plain("profile-1", "jwt-2").refused(400, "token_missing_organization_id_claim");
        within("profile-1", "jwt-1", Example::BLUE_KILN)
            .refused(400, "invalid_token_organization_id_claim");
        plain("profile-1", "jwt-3").refused(400, "invalid_token_organization_id_claim");
        within("profile-1", "jwt-2", "nowhere").refused(404, "organization_not_found");
        within("profile-2", "jwt-4", Example::BLUE_KILN).refused(404, "member_not_found");
        plain("profile-9", "jwt-1").refused(404, "trusted_token_profile_not_found");
        plain("profile-2", "jwt-1").refused(401, "invalid_trusted_auth_token");
        plain("profile-1", "jwt-5").refused(400, "jwt_invalid_audience");
        plain("profile-1", "jwt-6").refused(400, "jwt_invalid_issuer");
        plain("profile-1", "jwt-7").refused(400, "jwt_invalid_claims");
        // On top of a session it adds its factor.
        let own = caller.session();
        let again = attest(&caller, "profile-1", "jwt-1", json!({ "session_token": own })).ok();
        assert_eq!(again.token(), own);
        assert_eq!(again.factors(), ["password", "trusted_auth_token"]);
        let other = json!({ "session_token": caller.session_of_ben() });
        attest(&caller, "profile-1", "jwt-1", other)
            .refused(400, "member_session_member_id_mismatch");
        let both = json!({ "session_token": own, "session_jwt": "x" });
        attest(&caller, "profile-1", "jwt-1", both).refused(400, "too_many_session_arguments");
    }
}

#[test]
fn a_foreign_session_is_migrated() {
    let caller = with(Surface::Backend, |builder| {
        builder
            .foreign_session("old-1", Example::EMAIL_ADDRESS)
            .foreign_session("old-2", "eve@example.org")
            .foreign_session("old-3", "")
    });
    let migrate = |token: &str, organization: &str| {
        let body = json!({
            "session_token": token,
            "organization_id": organization,
            "session_custom_claims": { "from": "the old system" },
        });
        caller.post("sessions/migrate", None, body)
    };
    let session = migrate("old-1", Example::BLUE_KILN).ok();
    assert_eq!(session.factors(), ["imported"]);
    assert_eq!(session.text("/member_session/custom_claims/from"), "the old system");
    migrate("old-2", Example::BLUE_KILN).refused(400, "migrate_from_external_email_does_not_exist");
    migrate("old-3", Example::BLUE_KILN).refused(400, "migrate_from_external_missing_userinfo");
    migrate("nonsense", Example::BLUE_KILN)
        .refused(400, "migrate_from_external_unexpected_response");
    migrate("old-1", "nowhere").refused(404, "organization_not_found");
    caller
        .on(Surface::Frontend)
        .post("sessions/migrate", None, json!({}))
        .refused(404, "route_not_found");
}

#[test]
fn an_impersonated_session_lasts_an_hour_and_does_not_change() {
    for surface in BOTH {
        let caller = with(surface, |builder| {
            let member = Member::new("ivo@example.org").invited();
            builder.organization(Organization::new("tide-pool").member(member))
        });
        let token = |organization: &str, email: &str| {
            let token =
                caller.emulator.impersonation_token(organization, email, "help@example.net");
            token.expect("there is such a member")
        };
        let impersonate = |token: &str| {
            let body = json!({ "impersonation_token": token });
            caller.post("impersonation/authenticate", None, body)
        };
        impersonate("nonsense").refused(401, "unable_to_auth_impersonation_token");
        impersonate(&token("tide-pool", "ivo@example.org"))
            .refused(403, "member_impersonation_not_allowed");
        let ada = token(Example::BLUE_KILN, Example::EMAIL_ADDRESS);
        let session = impersonate(&ada).ok();
        assert_eq!(session.body["member_authenticated"], true);
        assert_eq!(session.body["mfa_required"], Value::Null);
        assert_eq!(session.body.get("primary_required"), None);
        assert_eq!(session.text("/intermediate_session_token"), "");
        assert_eq!(session.text("/organization_id"), session.text("/organization/organization_id"));
        let factor = session.last_factor();
        assert_eq!(factor["type"], "impersonated");
        assert_eq!(factor["impersonated_factor"]["impersonator_email_address"], "help@example.net");
        impersonate(&ada).refused(401, "unable_to_auth_impersonation_token");
        let late = token(Example::BLUE_KILN, Example::EMAIL_ADDRESS);
        caller.advance(300);
        impersonate(&late).refused(401, "unable_to_auth_impersonation_token");

        caller.authenticate(&session.token()).ok();
        let longer = json!({ "session_duration_minutes": 120 });
        caller
            .post("sessions/authenticate", Some(&session.token()), longer)
            .refused(400, "session_not_mutable");
        let proof = json!({ "code": caller.totp_code() });
        caller
            .second("totp/authenticate", Some(&session.token()), proof)
            .refused(400, "session_not_mutable");
        caller
            .exchange(&session.token(), Example::HARBOR_LIGHTS)
            .refused(400, "insufficient_factors_for_session_exchange");
        caller.advance(3300);
        caller.authenticate(&session.token()).refused(404, "session_not_found");
        let nobody = caller.emulator.impersonation_token(Example::BLUE_KILN, "x@y", "help");
        assert_eq!(nobody, None);
    }
}
