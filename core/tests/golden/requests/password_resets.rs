//! New passwords.

use stytch_session::{
    CheckPasswordStrength, DiscoveryPasswordReset, ExistingPasswordReset, LinkMinutes,
    PasswordReset, PkcePair, PkceVerifier, StartDiscoveryPasswordReset, StartPasswordReset,
};

use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const EMAIL: &str = "ada.reyes@example.com";

fn pair() -> PkcePair {
    PkcePair::from(PkceVerifier::new(VERIFIER).unwrap())
}

#[test]
fn by_a_link() {
    let want = || post("/b2b/passwords/email/reset", Repeat::IfNotSent);
    let reset = || PasswordReset::new("token-1", "new horse battery").unwrap();
    let own = json!({ "password_reset_token": "token-1", "password": "new horse battery" });
    let minted = merged(&own, &json!({ "session_duration_minutes": 60 }));
    both("plain", Session::new().login(reset()), want(), minted.clone(), own.clone());
    // Its verifier has a name of its own.
    let verifier = json!({ "code_verifier": VERIFIER });
    let step = Session::new().login(reset().pkce_code_verifier(pair().verifier()));
    both("PKCE", step, want(), merged(&minted, &verifier), merged(&own, &verifier));
}

#[test]
fn by_a_link_before_an_organization_is_chosen() {
    let own = json!({ "password_reset_token": "token-1", "password": "new horse battery" });
    let reset = DiscoveryPasswordReset::new("token-1", "new horse battery").unwrap();
    let reset = reset.pkce_code_verifier(pair().verifier());
    let own = merged(&own, &json!({ "pkce_code_verifier": VERIFIER }));
    let step = || Session::new().discover(reset.clone());
    let want = |route| post(route, Repeat::IfNotSent);
    frontend("discovery", step(), want("/b2b/passwords/discovery/reset"), own.clone());
    backend("discovery", step(), want("/b2b/passwords/discovery/email/reset"), own);
}

#[test]
fn by_the_old_password() {
    let reset = ExistingPasswordReset::new(
        &organization("north-pier"),
        EMAIL,
        "correct horse battery",
        "new horse battery",
    );
    let own = json!({
        "organization_id": "north-pier",
        "email_address": EMAIL,
        "existing_password": "correct horse battery",
        "new_password": "new horse battery",
    });
    both(
        "old password",
        Session::new().login(reset),
        post("/b2b/passwords/existing_password/reset", Repeat::IfNotSent),
        merged(&own, &json!({ "session_duration_minutes": 60 })),
        own,
    );
}

#[test]
fn within_a_session() {
    let want = || post("/b2b/passwords/session/reset", Repeat::IfNotSent).of(&HARBOR_LIGHTS);
    let step = scenario::active::<Frontend>().reset_password("new horse battery");
    frontend("session", step, want(), json!({ "password": "new horse battery" }));
    let step = scenario::active::<Frontend>()
        .reset_password("new horse battery")
        .captcha_token("captcha-1")
        .dfp_telemetry_id("dfp-1");
    frontend(
        "session, protected",
        step,
        want(),
        json!({
            "password": "new horse battery",
            "captcha_token": "captcha-1",
            "dfp_telemetry_id": "dfp-1",
        }),
    );
    let own = json!({
        "session_token": HARBOR_LIGHTS.token,
        "organization_id": "organization-test-42b0191d-0359-4162-ba28-b98a369de045",
        "password": "new horse battery",
    });
    let reset = || scenario::active::<Backend>().reset_password("new horse battery");
    backend("session", reset(), want(), own.clone());
    let step = reset()
        .session_duration(minutes(5))
        .locale(Locale::En)
        .custom_claims(claims())
        .telemetry_id("telemetry-1");
    backend(
        "session, all options",
        step,
        want(),
        merged(
            &own,
            &json!({
                "session_duration_minutes": 5,
                "locale": "en",
                "session_custom_claims": { "plan": "gold", "trial": null },
                "telemetry_id": "telemetry-1",
            }),
        ),
    );
}

#[test]
fn starting() {
    let pair = pair();
    let start = StartPasswordReset::new(&organization("north-pier"), EMAIL)
        .login_redirect_url("https://app.example.com/in")
        .reset_password_redirect_url("https://app.example.com/reset")
        .reset_password_expiration_minutes(LinkMinutes::new(45).unwrap())
        .reset_password_template_id("template-reset")
        .verify_email_template_id("template-verify")
        .pkce_code_challenge(pair.challenge())
        .locale(Locale::En);
    let all = json!({
        "organization_id": "north-pier",
        "email_address": EMAIL,
        "login_redirect_url": "https://app.example.com/in",
        "reset_password_redirect_url": "https://app.example.com/reset",
        "reset_password_expiration_minutes": 45,
        "reset_password_template_id": "template-reset",
        "verify_email_template_id": "template-verify",
        "code_challenge": CHALLENGE,
        "locale": "en",
    });
    let want = post("/b2b/passwords/email/reset/start", Repeat::IfNotSent);
    both("start", start, want, all.clone(), all);

    let start = || {
        StartDiscoveryPasswordReset::new(EMAIL)
            .discovery_redirect_url("https://app.example.com/in")
            .reset_password_redirect_url("https://app.example.com/reset")
            .reset_password_expiration_minutes(LinkMinutes::MIN)
            .reset_password_template_id("template-reset")
            .pkce_code_challenge(pair.challenge())
            .locale(Locale::En)
    };
    let all = json!({
        "email_address": EMAIL,
        "discovery_redirect_url": "https://app.example.com/in",
        "reset_password_redirect_url": "https://app.example.com/reset",
        "reset_password_expiration_minutes": 5,
        "reset_password_template_id": "template-reset",
        "pkce_code_challenge": CHALLENGE,
        "locale": "en",
    });
    let want = |route| post(route, Repeat::IfNotSent);
    frontend("start", start(), want("/b2b/passwords/discovery/reset/start"), all.clone());
    backend("start", start(), want("/b2b/passwords/discovery/email/reset/start"), all);
}

#[test]
fn judging() {
    let want = || post("/b2b/passwords/strength_check", Repeat::Always);
    let check = || CheckPasswordStrength::new("new horse battery");
    let own = json!({ "password": "new horse battery" });
    both("plain", check(), want(), own.clone(), own.clone());
    let all = merged(&own, &json!({ "email_address": EMAIL }));
    both("with the address", check().email_address(EMAIL), want(), all.clone(), all);
}
