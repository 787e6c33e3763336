//! Sessions for what other systems have issued, new second factors, new organizations, policies.

use stytch_session::{
    AccessToken, AuthMethod, Code, CustomRole, ForeignSessionToken, GetBootstrap, GetJwks,
    GetOrganizationRbacPolicy, GetRbacPolicy, JitProvisioning, LoginToken, MfaMethod, MfaPolicy,
    MigrateTotp, NewOrganization, Restriction, SetOrganizationRbacPolicy, TotpMinutes, TotpSecret,
    TrustedToken, TrustedTokenProfileId,
};

use super::*;

#[test]
fn access_tokens() {
    let want = || post("/b2b/sessions/exchange_access_token", Repeat::IfNotSent);
    let token = || AccessToken::new("access-1").unwrap();
    let own = json!({ "access_token": "access-1" });
    let minted = merged(&own, &json!({ "session_duration_minutes": 60 }));
    let step = Session::new().exchange_access_token(token());
    both("from nothing", step, want(), minted.clone(), own.clone());
    // The session that it starts from goes with it where sessions are in the header.
    let step = scenario::active::<Frontend>().exchange_access_token(token());
    both("from a session", step, want().of(&HARBOR_LIGHTS), minted, own.clone());
    let step = Session::new()
        .exchange_access_token(token())
        .session_duration(minutes(5))
        .custom_claims(claims())
        .telemetry_id("telemetry-1");
    let more = json!({
        "session_duration_minutes": 5,
        "session_custom_claims": { "plan": "gold", "trial": null },
        "telemetry_id": "telemetry-1",
    });
    backend("all options", step, want(), merged(&own, &more));
}

#[test]
fn attestation() {
    let want = || post("/b2b/sessions/attest", Repeat::IfNotSent);
    let profile = TrustedTokenProfileId::new("profile-1").unwrap();
    let token = || TrustedToken::new("trusted-1").unwrap();
    let own = json!({ "profile_id": "profile-1", "token": "trusted-1" });
    both("plain", Session::new().attest(&profile, token()), want(), own.clone(), own.clone());
    let step = Session::new()
        .attest(&profile, token())
        .organization(&organization("north-pier"))
        .session_duration(minutes(5));
    let all =
        merged(&own, &json!({ "organization_id": "north-pier", "session_duration_minutes": 5 }));
    both("options", step, want(), all.clone(), all.clone());
    let step = Session::new()
        .attest(&profile, token())
        .organization(&organization("north-pier"))
        .session_duration(minutes(5))
        .custom_claims(claims())
        .telemetry_id("telemetry-1");
    let more = json!({
        "session_custom_claims": { "plan": "gold", "trial": null },
        "telemetry_id": "telemetry-1",
    });
    backend("all options", step, want(), merged(&all, &more));
    let step = scenario::active::<Backend>().attest(&profile, token());
    let session = json!({ "session_token": HARBOR_LIGHTS.token });
    both("from a session", step, want().of(&HARBOR_LIGHTS), own.clone(), merged(&own, &session));
}

#[test]
fn migration_and_impersonation() {
    let token = ForeignSessionToken::new("foreign-1").unwrap();
    let step = Session::new().migrate(&organization("north-pier"), token);
    let step = step.session_duration(minutes(5)).custom_claims(claims());
    backend(
        "migrate",
        step,
        post("/b2b/sessions/migrate", Repeat::IfNotSent),
        json!({
            "session_token": "foreign-1",
            "organization_id": "north-pier",
            "session_duration_minutes": 5,
            "session_custom_claims": { "plan": "gold", "trial": null },
        }),
    );
    let body = json!({ "impersonation_token": "token-1" });
    both(
        "impersonate",
        Session::new().impersonate(LoginToken::new("token-1").unwrap()),
        post("/b2b/impersonation/authenticate", Repeat::IfNotSent),
        body.clone(),
        body.clone(),
    );
    frontend(
        "impersonate, protected",
        Session::new()
            .impersonate(LoginToken::new("token-1").unwrap())
            .dfp_telemetry_id("dfp-1")
            .captcha_token("captcha-1"),
        post("/b2b/impersonation/authenticate", Repeat::IfNotSent),
        merged(&body, &json!({ "dfp_telemetry_id": "dfp-1", "captcha_token": "captcha-1" })),
    );
}

#[test]
fn founding() {
    fn check<P: Side>(duration: &Value) {
        let want = || post("/b2b/discovery/organizations/create", Repeat::IfNotSent);
        let step = scenario::discovery::<P>().create_organization(NewOrganization::new());
        let body = merged(&json!({ "intermediate_session_token": DISCOVERY_TOKEN }), duration);
        super::check::<P>("plain", &step, &want(), &body);
        let organization = NewOrganization::new()
            .organization_name("Clay & Co")
            .organization_slug("clay-and-co")
            .organization_logo_url("https://example.com/logo.png")
            .sso_jit_provisioning(Restriction::Restricted)
            .email_allowed_domains(["example.com"])
            .email_jit_provisioning(JitProvisioning::Restricted)
            .email_invites(Restriction::AllAllowed)
            .auth_methods(Restriction::Restricted)
            .allowed_auth_methods([AuthMethod::Sso, AuthMethod::Password])
            .mfa_methods(Restriction::Restricted)
            .allowed_mfa_methods([MfaMethod::Totp])
            .mfa_policy(MfaPolicy::RequiredForAll)
            .oauth_tenant_jit_provisioning(JitProvisioning::Restricted)
            .allowed_oauth_tenant("slack", "T1")
            .allowed_oauth_tenant("slack", "T2");
        let step = scenario::mfa_required::<P>().create_organization(organization);
        let all = json!({
            "intermediate_session_token": MFA_TOKEN,
            "organization_name": "Clay & Co",
            "organization_slug": "clay-and-co",
            "organization_logo_url": "https://example.com/logo.png",
            "sso_jit_provisioning": "RESTRICTED",
            "email_allowed_domains": ["example.com"],
            "email_jit_provisioning": "RESTRICTED",
            "email_invites": "ALL_ALLOWED",
            "auth_methods": "RESTRICTED",
            "allowed_auth_methods": ["sso", "password"],
            "mfa_methods": "RESTRICTED",
            "allowed_mfa_methods": ["totp"],
            "mfa_policy": "REQUIRED_FOR_ALL",
            "oauth_tenant_jit_provisioning": "RESTRICTED",
            "allowed_oauth_tenants": { "slack": ["T1", "T2"] },
        });
        super::check::<P>("all options", &step, &want(), &merged(&all, duration));
    }
    check::<Frontend>(&json!({ "session_duration_minutes": 60 }));
    check::<Backend>(&json!({}));
}

#[test]
fn listing() {
    let want = || post("/b2b/discovery/organizations", Repeat::Always);
    fn held<P: Side>(want: &Want) {
        let token = |token: &str| json!({ "intermediate_session_token": token });
        let session = scenario::discovery::<P>();
        check::<P>("D", &session.list_organizations(), want, &token(DISCOVERY_TOKEN));
        let session = scenario::mfa_required::<P>();
        check::<P>("M", &session.list_organizations(), want, &token(MFA_TOKEN));
    }
    held::<Frontend>(&want());
    held::<Backend>(&want());
    let session = scenario::active::<Frontend>();
    let body = json!({ "session_token": HARBOR_LIGHTS.token });
    both("A", session.list_organizations(), want().of(&HARBOR_LIGHTS), json!({}), body);
}

#[test]
fn authenticator_apps() {
    let want = || post("/b2b/totp", Repeat::IfNotSent);
    let member = json!({
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
    });
    fn intermediate<P: Side>(want: &Want, member: &Value) {
        let session = scenario::mfa_required::<P>();
        let call = session.create_totp().expiration_minutes(TotpMinutes::MIN);
        let body = json!({ "intermediate_session_token": MFA_TOKEN, "expiration_minutes": 5 });
        check::<P>("M", &call, want, &merged(member, &body));
    }
    intermediate::<Frontend>(&want(), &member);
    intermediate::<Backend>(&want(), &member);
    let session = scenario::active_in_blue_kiln::<Backend>();
    let body = merged(&member, &json!({ "session_token": BLUE_KILN.token }));
    both("A", session.create_totp(), want().of(&BLUE_KILN), member.clone(), body);
    let body = merged(&member, &json!({ "captcha_token": "captcha-1" }));
    let protected = session.create_totp().captcha_token("captcha-1");
    frontend("protected", protected, want().of(&BLUE_KILN), body);

    let call = MigrateTotp::new(
        &organization("north-pier"),
        &MemberId::new("member-test-1").unwrap(),
        TotpSecret::new("JBSWY3DPEHPK3PXP").unwrap(),
        [Code::new("code-1").unwrap(), Code::new("code-2").unwrap()],
    );
    backend(
        "migrate",
        call,
        post("/b2b/totp/migrate", Repeat::IfNotSent),
        json!({
            "organization_id": "north-pier",
            "member_id": "member-test-1",
            "secret": "JBSWY3DPEHPK3PXP",
            "recovery_codes": ["code-1", "code-2"],
        }),
    );
}

#[test]
fn recovery_codes() {
    let get = |route| Want { method: Method::GET, ..post(route, Repeat::Always) };
    let session = scenario::active_in_blue_kiln::<Frontend>();
    let want = get("/b2b/recovery_codes").of(&BLUE_KILN);
    frontend("get", session.recovery_codes(), want, Value::Null);
    let want = Want {
        path: Some(
            "/b2b/recovery_codes/organization-test-0808bbed-3e61-4ebb-8246-9ec8be8538d4\
             /member-test-ae2163d1-d299-4ccc-9daa-a0449ec1fd87",
        ),
        ..get("/b2b/recovery_codes/{organization_id}/{member_id}")
    };
    backend("get", session.recovery_codes(), want, Value::Null);
    both(
        "rotate",
        session.rotate_recovery_codes(),
        post("/b2b/recovery_codes/rotate", Repeat::IfNotSent).of(&BLUE_KILN),
        json!({}),
        json!({ "organization_id": BLUE_KILN_ORGANIZATION, "member_id": BLUE_KILN.member }),
    );
    frontend(
        "rotate, protected",
        session.rotate_recovery_codes().dfp_telemetry_id("dfp-1").captcha_token("captcha-1"),
        post("/b2b/recovery_codes/rotate", Repeat::IfNotSent).of(&BLUE_KILN),
        json!({ "dfp_telemetry_id": "dfp-1", "captcha_token": "captcha-1" }),
    );
}

#[test]
fn autofill() {
    let session = scenario::mfa_required::<Frontend>();
    let call = session.send_sms_code().enable_autofill().captcha_token("captcha-1");
    frontend(
        "autofill",
        call,
        post("/b2b/otps/sms/send", Repeat::IfNotSent),
        json!({
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
            "intermediate_session_token": MFA_TOKEN,
            "enable_autofill": true,
            "captcha_token": "captcha-1",
        }),
    );
}

#[test]
fn keys_and_policies() {
    let get = |route| Want { method: Method::GET, ..post(route, Repeat::Always) };
    let want = Want {
        path: Some("/b2b/sessions/jwks/project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d"),
        ..get("/b2b/sessions/jwks/{project_id}")
    };
    backend("keys", GetJwks::new(), want, Value::Null);
    let want = Want {
        path: Some("/projects/bootstrap/public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f"),
        ..get("/projects/bootstrap/{public_token}")
    };
    frontend("settings", GetBootstrap::new(), want, Value::Null);
    backend("policy", GetRbacPolicy::new(), get("/b2b/rbac/policy"), Value::Null);
    let of_an_organization = || Want {
        path: Some("/b2b/rbac/organizations/north%2Fpier"),
        ..get("/b2b/rbac/organizations/{organization_id}")
    };
    let pier = organization("north/pier");
    backend("roles", GetOrganizationRbacPolicy::new(&pier), of_an_organization(), Value::Null);
    let editor = CustomRole::new("editor", "Edits").permit("documents", ["write"]);
    backend(
        "set roles",
        SetOrganizationRbacPolicy::new(&pier, [editor]),
        Want { method: Method::PUT, repeat: Repeat::Always, ..of_an_organization() },
        json!({
            "org_policy": {
                "roles": [{
                    "role_id": "editor",
                    "description": "Edits",
                    "permissions": [{ "resource_id": "documents", "actions": ["write"] }],
                }],
            },
        }),
    );
}
