//! Requests made of arbitrary text: a constructor refuses it, or the request says exactly that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use stytch_session::{
    AccessToken, Application, Code, Context, CustomClaims, Environment, ForeignSessionToken,
    IntermediateSessionToken, InvalidInput, LoginToken, MemberId, MemberSessionId, NewOrganization,
    OrganizationId, PkceVerifier, ProjectId, ProjectSecret, PublicToken, Request, ResourceId,
    SendMagicLink, SessionJwt, SessionToken, TotpSecret, TrustedToken, TrustedTokenProfileId,
};

use crate::Seed;
use crate::input::{self, Fields};
use crate::properties::oracle::requests;
use crate::properties::world::{Kit, now};
use crate::scene;

const KIB: usize = 1024;

/// The name of a step or call, then the texts that it is made of; what is left out or empty is as
/// in other tests.
pub fn run(data: &[u8]) {
    let mut fields = Fields::of(data);
    let (case, side) = *input::choose(fields.bytes(), scene::all());
    let kit = read(&mut fields);
    requests::check(case, side, &kit);
    if !fields.is_empty() {
        check_options(&kit, &mut fields);
    }
}

fn read(fields: &mut Fields<'_>) -> Kit {
    let mut kit = Kit::default();
    let url = fields.text();
    if kit.frontend().with_base_url(&url).is_ok() {
        check_base_url(&kit, &url);
        kit.base_url = Some(url);
    }
    for (place, new) in [
        (&mut kit.organization, refuses(OrganizationId::new)),
        (&mut kit.member, refuses(MemberId::new)),
        (&mut kit.member_session, refuses(MemberSessionId::new)),
    ] {
        let text = fields.text();
        take(place, &text, new(&text), is_id(&text));
    }
    let text = fields.text();
    let refused = ResourceId::new(&*text).and(TrustedTokenProfileId::new(&*text)).is_err();
    take(&mut kit.resource, &text, refused, is_id(&text));
    for (place, new, most) in [
        (&mut kit.session_token, refuses(SessionToken::new), 8 * KIB),
        (&mut kit.session_jwt, refuses(SessionJwt::new), 64 * KIB),
        (&mut kit.intermediate_token, refuses(IntermediateSessionToken::new), 8 * KIB),
        (&mut kit.project_secret, refuses(ProjectSecret::new), 8 * KIB),
        (&mut kit.code, refuses(Code::new), 8 * KIB),
        (&mut kit.login_token, refuses(LoginToken::new), 8 * KIB),
        (&mut kit.access_token, refuses(AccessToken::new), 64 * KIB),
        (&mut kit.trusted_token, refuses(TrustedToken::new), 64 * KIB),
        (&mut kit.foreign_token, refuses(ForeignSessionToken::new), 64 * KIB),
        (&mut kit.totp_secret, refuses(TotpSecret::new), 8 * KIB),
    ] {
        let text = fields.text();
        take(place, &text, new(&text), is_visible(&text) && text.len() <= most);
    }
    let test = |text: Box<str>| PublicToken::with_environment(text, Environment::Test);
    for (place, new) in
        [(&mut kit.project_id, refuses(ProjectId::new)), (&mut kit.public_token, refuses(test))]
    {
        let text = fields.text();
        let is_user = is_visible(&text) && text.len() <= KIB && !text.contains(':');
        take(place, &text, new(&text), is_user);
    }
    if kit.project_id.starts_with("project-live-") && kit.base_url.is_none() {
        kit.base_url = Some("https://api.stytch.com".to_owned());
    }
    let text = fields.text();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_verifier = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
    take(&mut kit.verifier, &text, PkceVerifier::new(&*text).is_err(), is_verifier);
    for place in [&mut kit.captcha, &mut kit.email, &mut kit.password, &mut kit.new_password] {
        *place = fields.text();
    }
    if let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(fields.bytes()) {
        if CustomClaims::new(claims.clone()).is_ok() {
            assert!(!claims.contains_key("sub"));
            kit.claims = claims;
        }
    }
    kit
}

/// Whether a constructor refuses a text.
fn refuses<T: 'static>(
    new: impl Fn(Box<str>) -> Result<T, InvalidInput> + 'static,
) -> Box<dyn Fn(&str) -> bool> {
    Box::new(move |text| match new(text.into()) {
        Ok(_) => false,
        Err(error) => {
            let said = format!("{error} {error:?}");
            assert!(text.len() < 24 || !said.contains(text), "{said}");
            true
        }
    })
}

fn take(place: &mut String, text: &str, refused: bool, fits: bool) {
    assert_eq!(refused, !fits, "{text:?}");
    if fits {
        text.clone_into(place);
    }
}

fn is_id(text: &str) -> bool {
    (1..=KIB).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An origin over TLS or on this machine, and nothing that could be taken for something else.
fn check_base_url(kit: &Kit, url: &str) {
    let project = kit.frontend().with_base_url(url).expect("it was accepted");
    let base = project.base_url();
    let host = base.host().unwrap_or_default().to_ascii_lowercase();
    assert!(!host.is_empty());
    assert!(!url.contains(['\r', '\n', '\0', '#', '?', ' ']), "{url:?}");
    assert!(!base.authority().is_some_and(|authority| authority.as_str().contains('@')));
    let local = ["localhost", "127.", "[::1]", "[0"].iter().any(|start| host.starts_with(start));
    assert!(base.scheme_str() == Some("https") || local, "{url:?}");
}

/// Texts in options, in the application's identity, and in a header.
fn check_options(kit: &Kit, fields: &mut Fields<'_>) {
    let [identifier, version, zone, installation] = [(); 4].map(|()| fields.text());
    let application = Application::new(identifier.clone(), 7)
        .version(version.clone())
        .time_zone(zone.clone())
        .installation_id(installation.clone());
    let context = Context::new(now(), 8, &application);
    let host = fields.text();
    let project = match kit.frontend().with_parent_host(&host) {
        Ok(project) => project,
        Err(_) => {
            assert!(host.chars().any(|letter| letter.is_control() && letter != '\t'), "{host:?}");
            kit.frontend()
        }
    };
    let [url, template] = [(); 2].map(|()| fields.text());
    let email = SendMagicLink::new(&kit.organization(), &*kit.email)
        .login_redirect_url(&*url)
        .signup_template_id(&*template);
    let request = project.request(&email, &context);
    let body = check(&request);
    assert_eq!(body["login_redirect_url"], url);
    assert_eq!(body["signup_template_id"], template);
    let telemetry = request.headers()["x-sdk-client"].as_bytes();
    let telemetry = STANDARD.decode(telemetry).expect("base64");
    let telemetry: Value = serde_json::from_slice(&telemetry).expect("JSON");
    assert_eq!(telemetry["app"]["identifier"], identifier);
    assert_eq!(telemetry["app"]["version"], version);
    assert_eq!(telemetry["timezone"], zone);
    assert_eq!(telemetry["persistent_id"], installation);

    let [name, slug, tenant] = [(); 3].map(|()| fields.text());
    let new = NewOrganization::new()
        .organization_name(&*name)
        .organization_slug(&*slug)
        .email_allowed_domains([&*url])
        .allowed_oauth_tenant(&*name, &*tenant);
    let request = project.request(&kit.discovery().create_organization(new), &context);
    let body = check(&request);
    assert_eq!(body["organization_name"], name);
    assert_eq!(body["organization_slug"], slug);
    assert_eq!(body["email_allowed_domains"], Value::from(vec![url]));
    assert_eq!(body["allowed_oauth_tenants"][&name][0], tenant);

    let metadata: Map<String, Value> = serde_json::from_slice(fields.bytes()).unwrap_or_default();
    let session = kit.active();
    let invite = session.invite(&*kit.email).name(&*name).untrusted_metadata(metadata.clone());
    let body = check(&project.request(&invite, &context));
    assert_eq!(body["name"], name);
    assert_eq!(body["untrusted_metadata"].to_string(), Value::from(metadata).to_string());
}

/// What holds for the parts of any request; it returns the body.
fn check(request: &Request) -> Value {
    let uri = request.uri().to_string();
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri:?}");
    for (name, value) in request.headers() {
        assert!(!value.as_bytes().iter().any(|byte| *byte < b' ' && *byte != b'\t'), "{name}");
    }
    serde_json::from_slice(request.body()).expect("the body is JSON")
}

/// Ids, tokens and URLs that trip the builders of requests.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let seed = |name: &str, case: &str, fields: &[(usize, &str)]| {
        let mut all = vec![""; 36];
        all[0] = case;
        for (at, text) in fields {
            all[*at] = text;
        }
        (name.to_owned(), input::join(&all))
    };
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    vec![
        seed("path", "RevokeForMember Frontend", &[(2, "a/../b"), (3, "../%2e%2e/?x=1#y")]),
        seed("dots", "OrganizationPolicy Backend", &[(2, ".."), (3, ".")]),
        seed("query", "ListSessions Backend", &[(2, "a&b=c"), (3, "+ %00 \u{1f511}")]),
        seed("header", "RevokeById Backend", &[(4, "x"), (6, "a\r\nx-evil: 1"), (9, "s:t")]),
        seed("slash", "RecoveryCodes Backend", &[(2, "//evil.example"), (3, "@evil.example")]),
        seed("base", "Refresh Frontend", &[(1, "https://login.example.com:8443/stytch/v")]),
        seed("loopback", "Refresh Backend", &[(1, "http://[::1]:80//evil.example/../x")]),
        seed("not_loopback", "Revoke Backend", &[(1, "http://127.0.0.1.example.com")]),
        seed("user", "Jwks Backend", &[(1, "https://a:b@example.com"), (16, "project-live-%2f")]),
        seed("credentials", "Refresh Frontend", &[(6, "token"), (9, "secret"), (17, "public")]),
        seed("texts", "LoginProtected Frontend", &[(19, "\"\\\u{0}"), (20, "\r\n"), (21, "\u{7f}")]),
        seed("pkce", "Link Backend", &[(11, "token-1"), (18, verifier)]),
        seed("claims", "LoginWithOptions Backend", &[(23, r#"{"plan":["pro",1.5e300,null]}"#)]),
        seed("reserved", "LoginWithOptions Backend", &[(23, r#"{"sub":"me"}"#)]),
        seed("code", "Sms Backend", &[(10, "12 34"), (8, "ist")]),
        seed("imports", "Migrate Backend", &[(13, "t"), (14, "f"), (15, "JBSWY3DP")]),
        seed(
            "options",
            "Invite Frontend",
            &[
                (24, "com.example.\"app\""),
                (25, "1.0\n"),
                (26, "Europe/Lisbon"),
                (27, "id"),
                (28, "https://app.example.com"),
                (29, "https://app.example.com/?a=1&b={}"),
                (30, "template"),
                (31, "Night Ferry"),
                (32, "night-ferry"),
                (33, "T0123"),
                (34, r#"{"a":{"b":[1,2.5]}}"#),
            ],
        ),
    ]
}
