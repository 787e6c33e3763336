//! Logins by e-mail, by OAuth providers and single sign-on, and the calls that start them.

use stytch_session::{
    CodeMinutes, DiscoveryCredential, DiscoveryEmailCode, DiscoveryMagicLink, DiscoveryOauth,
    EmailCode, LinkMinutes, MagicLink, Oauth, PkcePair, PkceVerifier, PrimaryCredential, RoleId,
    SendDiscoveryEmailCode, SendDiscoveryMagicLink, SendEmailCode, SendMagicLink, Sso,
};

use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge of [`VERIFIER`] (RFC 7636, appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const EMAIL: &str = "ada.reyes@example.com";

fn pair() -> PkcePair {
    PkcePair::from(PkceVerifier::new(VERIFIER).unwrap())
}

/// A login by `credential`, whose own fields are `own`: plain, with all options, and from an
/// intermediate session.
fn primary<C: PrimaryCredential + Clone>(
    route: &'static str,
    credential: &C,
    own: &Value,
    demands_duration: bool,
) {
    let want = || post(route, Repeat::IfNotSent);
    let login = || Session::new().login(credential.clone());
    let minted =
        if demands_duration { json!({ "session_duration_minutes": 60 }) } else { json!({}) };
    both(route, login(), want(), merged(own, &minted), own.clone());
    frontend(
        route,
        login()
            .session_duration(minutes(5))
            .locale(Locale::Es)
            .captcha_token("captcha-1")
            .dfp_telemetry_id("dfp-1"),
        want(),
        merged(
            own,
            &json!({
                "session_duration_minutes": 5,
                "locale": "es",
                "captcha_token": "captcha-1",
                "dfp_telemetry_id": "dfp-1",
            }),
        ),
    );
    backend(
        route,
        login()
            .session_duration(minutes(5))
            .locale(Locale::Es)
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        merged(
            own,
            &json!({
                "session_duration_minutes": 5,
                "locale": "es",
                "session_custom_claims": { "plan": "gold", "trial": null },
                "telemetry_id": "telemetry-1",
            }),
        ),
    );
}

/// As [`primary`], for a proof of an e-mail address: it mints no session.
fn discovery<C: DiscoveryCredential + Clone>(want: impl Fn() -> Want, credential: &C, own: &Value) {
    let discover = || Session::new().discover(credential.clone());
    both(want().route, discover(), want(), own.clone(), own.clone());
    frontend(
        want().route,
        discover().captcha_token("captcha-1").dfp_telemetry_id("dfp-1"),
        want(),
        merged(own, &json!({ "captcha_token": "captcha-1", "dfp_telemetry_id": "dfp-1" })),
    );
}

#[test]
fn redirects() {
    let verifier = pair();
    let verifier = verifier.verifier();
    macro_rules! redirect {
        ($check:expr, $name:ident, $field:literal) => {
            let credential = $name::new("token-of-the-url").unwrap();
            $check(&credential, &json!({ $field: "token-of-the-url" }));
            let own = json!({ $field: "token-of-the-url", "pkce_code_verifier": VERIFIER });
            $check(&credential.pkce_code_verifier(verifier), &own);
        };
    }
    let link = |c: &MagicLink, own: &Value| primary("/b2b/magic_links/authenticate", c, own, true);
    redirect!(link, MagicLink, "magic_links_token");
    let sso = |c: &Sso, own: &Value| primary("/b2b/sso/authenticate", c, own, true);
    redirect!(sso, Sso, "sso_token");
    let oauth = |c: &Oauth, own: &Value| primary("/b2b/oauth/authenticate", c, own, false);
    redirect!(oauth, Oauth, "oauth_token");
    let want = || post("/b2b/magic_links/discovery/authenticate", Repeat::IfNotSent);
    let link = |c: &DiscoveryMagicLink, own: &Value| discovery(want, c, own);
    redirect!(link, DiscoveryMagicLink, "discovery_magic_links_token");
    let want = || post("/b2b/oauth/discovery/authenticate", Repeat::IfNotSent);
    let oauth = |c: &DiscoveryOauth, own: &Value| discovery(want, c, own);
    redirect!(oauth, DiscoveryOauth, "discovery_oauth_token");
}

#[test]
fn email_codes() {
    let code = EmailCode::new(&organization("north-pier"), EMAIL, "123456").unwrap();
    let own = json!({
        "organization_id": "north-pier", "email_address": EMAIL, "code": "123456",
    });
    primary("/b2b/otps/email/authenticate", &code, &own, true);
    let want = || post("/b2b/otps/email/discovery/authenticate", Repeat::IfNotSent);
    let code = DiscoveryEmailCode::new(EMAIL, "123456").unwrap();
    discovery(want, &code, &json!({ "email_address": EMAIL, "code": "123456" }));
}

/// The factors done so far go along.
#[test]
fn from_an_intermediate_session() {
    fn check<P: Side>(want: &Want, duration: &Value) {
        let step = scenario::primary_required::<P>().login(MagicLink::new("t").unwrap());
        let body = json!({ "intermediate_session_token": PRIMARY_TOKEN, "magic_links_token": "t" });
        super::check::<P>("a link after a password", &step, want, &merged(&body, duration));
    }
    let want = post("/b2b/magic_links/authenticate", Repeat::IfNotSent);
    check::<Frontend>(&want, &json!({ "session_duration_minutes": 60 }));
    check::<Backend>(&want, &json!({}));
}

#[test]
fn sending_links() {
    let want = || post("/b2b/magic_links/email/login_or_signup", Repeat::IfNotSent);
    let send = || SendMagicLink::new(&organization("north-pier"), EMAIL);
    let least = json!({ "organization_id": "north-pier", "email_address": EMAIL });
    both("plain", send(), want(), least.clone(), least.clone());
    let pair = pair();
    let with_all = || {
        send()
            .login_redirect_url("https://app.example.com/in")
            .signup_redirect_url("https://app.example.com/up")
            .pkce_code_challenge(pair.challenge())
            .login_template_id("template-in")
            .signup_template_id("template-up")
            .locale(Locale::Fr)
    };
    let all = merged(
        &least,
        &json!({
            "login_redirect_url": "https://app.example.com/in",
            "signup_redirect_url": "https://app.example.com/up",
            "pkce_code_challenge": CHALLENGE,
            "login_template_id": "template-in",
            "signup_template_id": "template-up",
            "locale": "fr",
        }),
    );
    both("all options", with_all(), want(), all.clone(), all.clone());
    backend(
        "all options",
        with_all()
            .login_expiration_minutes(LinkMinutes::MIN)
            .signup_expiration_minutes(LinkMinutes::MAX),
        want(),
        merged(&all, &json!({ "login_expiration_minutes": 5, "signup_expiration_minutes": 10080 })),
    );

    let want = || post("/b2b/magic_links/email/discovery/send", Repeat::IfNotSent);
    let send = || SendDiscoveryMagicLink::new(EMAIL);
    let least = json!({ "email_address": EMAIL });
    both("discovery", send(), want(), least.clone(), least.clone());
    let with_all = || {
        send()
            .discovery_redirect_url("https://app.example.com/in")
            .pkce_code_challenge(pair.challenge())
            .login_template_id("template-in")
            .discovery_expiration_minutes(LinkMinutes::new(30).unwrap())
            .locale(Locale::Fr)
    };
    let all = merged(
        &least,
        &json!({
            "discovery_redirect_url": "https://app.example.com/in",
            "pkce_code_challenge": CHALLENGE,
            "login_template_id": "template-in",
            "discovery_expiration_minutes": 30,
            "locale": "fr",
        }),
    );
    both("discovery, all options", with_all(), want(), all.clone(), all.clone());
    frontend(
        "discovery, protected",
        with_all().captcha_token("captcha-1").dfp_telemetry_id("dfp-1"),
        want(),
        merged(&all, &json!({ "captcha_token": "captcha-1", "dfp_telemetry_id": "dfp-1" })),
    );
}

#[test]
fn sending_codes() {
    let want = || post("/b2b/otps/email/login_or_signup", Repeat::IfNotSent);
    let send = || SendEmailCode::new(&organization("north-pier"), EMAIL);
    let least = json!({ "organization_id": "north-pier", "email_address": EMAIL });
    both("plain", send(), want(), least.clone(), least.clone());
    let all = merged(
        &least,
        &json!({
            "login_template_id": "template-in",
            "signup_template_id": "template-up",
            "login_expiration_minutes": 2,
            "signup_expiration_minutes": 15,
            "locale": "it",
        }),
    );
    let with_all = send()
        .login_template_id("template-in")
        .signup_template_id("template-up")
        .login_expiration_minutes(CodeMinutes::MIN)
        .signup_expiration_minutes(CodeMinutes::MAX)
        .locale(Locale::It);
    both("all options", with_all, want(), all.clone(), all);
    frontend(
        "protected",
        send().captcha_token("captcha-1"),
        want(),
        merged(&least, &json!({ "captcha_token": "captcha-1" })),
    );

    let want = || post("/b2b/otps/email/discovery/send", Repeat::IfNotSent);
    let all = json!({
        "email_address": EMAIL,
        "login_template_id": "template-in",
        "discovery_expiration_minutes": 15,
        "locale": "it",
    });
    let with_all = SendDiscoveryEmailCode::new(EMAIL)
        .login_template_id("template-in")
        .discovery_expiration_minutes(CodeMinutes::MAX)
        .locale(Locale::It);
    both("discovery", with_all, want(), all.clone(), all);
}

#[test]
fn invitations() {
    let session = scenario::active::<Frontend>();
    let want = || post("/b2b/magic_links/email/invite", Repeat::IfNotSent).of(&HARBOR_LIGHTS);
    let least = json!({ "email_address": "new@example.com" });
    frontend("plain", session.invite("new@example.com"), want(), least.clone());
    let invite = session
        .invite("new@example.com")
        .invite_redirect_url("https://app.example.com/in")
        .invite_template_id("template-invite")
        .name("New")
        .untrusted_metadata([("theme".to_owned(), json!("dusk"))])
        .locale(Locale::Es)
        .role(RoleId::new("editor").unwrap());
    let all = json!({
        "invite_redirect_url": "https://app.example.com/in",
        "invite_template_id": "template-invite",
        "name": "New",
        "untrusted_metadata": { "theme": "dusk" },
        "locale": "es",
        "roles": ["editor"],
    });
    frontend("all options", invite, want(), merged(&least, &all));
}
