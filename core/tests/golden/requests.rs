//! Each request of each surface, with all its headers and its whole body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request};
use serde_json::{Value, json};
use stytch_session::{
    Application, AuthorizationCheck, Backend, Context, CustomClaims, Endpoint, Frontend,
    ListSessions, Locale, MemberId, MemberSessionId, MfaEnrollment, Minutes, Project, ProjectId,
    ProjectSecret, PublicToken, RecoveryCode, Repeat, RequestInfo, ResourceId, RevokeSessions,
    Session, SessionJwt, SessionToken, SmsCode, TotpCode,
};

use crate::common::scenario::{self, discovery_password, organization, password};
use crate::common::{PROJECT_ID, PROJECT_SECRET, PUBLIC_TOKEN, Side, fixture, noon};

/// A request's session as a frontend sends it: token, member and session id.
struct Held {
    token: &'static str,
    member: &'static str,
    session: &'static str,
}

const HARBOR_LIGHTS: Held = Held {
    token: "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs",
    member: "member-test-88111f89-c498-4016-ab62-8378d12f7672",
    session: "session-test-52c8c1ac-e81e-4070-b496-5eaa7a3e750f",
};

const BLUE_KILN: Held = Held {
    token: "Ua5OKJkP3-K-DoI1kSy2wz-SdUytBdG55p7iAiIP2hnR",
    member: "member-test-ae2163d1-d299-4ccc-9daa-a0449ec1fd87",
    session: "session-test-0b6f0b4b-aa9d-4f1e-8fe6-61bd17a11c4b",
};

const BLUE_KILN_ORGANIZATION: &str = "organization-test-0808bbed-3e61-4ebb-8246-9ec8be8538d4";
/// The intermediate token after a login that wants a second factor.
const MFA_TOKEN: &str = "sr7KUp66KCbU7lz4xr38ot0h5Ng81MR1Ljadw4d28_6-";
/// The intermediate token after a login that wants another first factor.
const PRIMARY_TOKEN: &str = "HZCI47wQVi0lbbziNR2DuZENZyTgcWriBwRItifcGslv";
/// The intermediate token after a discovery login.
const DISCOVERY_TOKEN: &str = "fbXCcZGHQzEsNK3FtUGkbdYWWvdYehCEigFp7TlZ-lw0";

/// What a request shall be, apart from its body.
struct Want {
    method: Method,
    /// The template, below the surface's prefix.
    route: &'static str,
    /// Path and query below the prefix, where they differ from the template.
    path: Option<&'static str>,
    repeat: Repeat,
    /// The session in the frontend's headers.
    held: Option<&'static Held>,
    /// The session token in the frontend's headers, where no more is known.
    token: Option<&'static str>,
    /// A further header that carries a credential.
    header: Option<(&'static str, &'static str)>,
}

fn post(route: &'static str, repeat: Repeat) -> Want {
    Want { method: Method::POST, route, path: None, repeat, held: None, token: None, header: None }
}

impl Want {
    fn of(self, held: &'static Held) -> Self {
        Self { held: Some(held), token: Some(held.token), ..self }
    }
}

/// Base URLs as given, and what requests then begin with.
const BASES: [(Option<&str>, &str); 4] = [
    (None, "https://test.stytch.com"),
    (Some("https://login.example.com:8443/stytch/"), "https://login.example.com:8443/stytch"),
    (Some("https://login.example.com/a/b"), "https://login.example.com/a/b"),
    (Some("http://127.0.0.1:3000"), "http://127.0.0.1:3000"),
];

/// Checks everything about a request. A `null` body is no byte at all.
fn check<P: Side>(name: &str, endpoint: &impl Endpoint<P>, want: &Want, body: &Value) {
    let name = format!("{name} on the {}", P::NAME);
    let application = Application::new("com.example.app", 1);
    for (base, begins_with) in BASES {
        let project = match base {
            Some(url) => P::project().with_base_url(url).unwrap(),
            None => P::project(),
        };
        let request = project.request(endpoint, &Context::new(noon(), 2, &application));
        assert_eq!(request.method(), want.method, "{name}");
        let path = want.path.unwrap_or(want.route);
        let uri = format!("{begins_with}{}{path}", P::PREFIX);
        assert_eq!(request.uri().to_string(), uri, "{name}");
        let info = request.extensions().get::<RequestInfo>().unwrap();
        assert_eq!(info.route(), format!("{}{}", P::PREFIX, want.route), "{name}");
        assert_eq!(info.repeat(), want.repeat, "{name}");
        check_headers::<P>(&name, &request, want);
        check_body(&name, request.body(), body);
    }
}

fn check_headers<P: Side>(name: &str, request: &Request<Vec<u8>>, want: &Want) {
    let mut names: Vec<&str> = request.headers().iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let frontend = P::PREFIX == "/sdk/v1";
    let mut wanted = vec!["authorization", "content-type"];
    wanted.extend(frontend.then_some("x-sdk-client"));
    wanted.extend(want.header.map(|(header, _)| header));
    wanted.sort_unstable();
    assert_eq!(names, wanted, "{name}");

    let basic = if frontend {
        format!("{PUBLIC_TOKEN}:{}", want.token.unwrap_or(PUBLIC_TOKEN))
    } else {
        format!("{PROJECT_ID}:{PROJECT_SECRET}")
    };
    assert_eq!(decoded_authorization(request), basic, "{name}");
    assert_eq!(request.headers()["content-type"], "application/json", "{name}");
    if let Some((header, value)) = want.header {
        assert_eq!(request.headers()[header], value, "{name}");
        assert!(request.headers()[header].is_sensitive(), "{name}");
    }
    if frontend {
        let mut telemetry = json!({
            "event_id": "event-id-00000000-0000-4002-8000-000000000002",
            "app_session_id": "app-session-id-00000000-0000-4001-8000-000000000001",
            "persistent_id": "persistent-id-00000000-0000-4001-8000-000000000001",
            "client_sent_at": "2030-06-01T12:00:00.000Z",
            "timezone": "Etc/UTC",
            "app": { "identifier": "com.example.app" },
            "sdk": { "identifier": "stytch-session", "version": env!("CARGO_PKG_VERSION") },
            "os": { "identifier": std::env::consts::OS },
        });
        if let Some(held) = want.held {
            telemetry["stytch_member_id"] = held.member.into();
            telemetry["stytch_member_session_id"] = held.session.into();
        }
        assert_eq!(telemetry_of(request), telemetry, "{name}");
    }
}

fn check_body(name: &str, bytes: &[u8], body: &Value) {
    if body.is_null() {
        assert_eq!(bytes, b"", "{name}: a body where none was due");
        return;
    }
    let sent: Value = serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{name}: {error}: {}", String::from_utf8_lossy(bytes)));
    assert_eq!(sent, *body, "{name}");
    // Neither blanks nor members twice.
    assert_eq!(bytes.len(), body.to_string().len(), "{name}");
}

fn decoded_authorization(request: &Request<Vec<u8>>) -> String {
    let value = &request.headers()["authorization"];
    assert!(value.is_sensitive(), "Authorization is marked sensitive");
    let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
    String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
}

fn telemetry_of(request: &Request<Vec<u8>>) -> Value {
    let encoded = request.headers()["x-sdk-client"].to_str().unwrap();
    serde_json::from_slice(&STANDARD.decode(encoded).unwrap()).unwrap()
}

/// One endpoint on both surfaces, with the body on each.
#[allow(clippy::needless_pass_by_value, reason = "the tables read better without references")]
fn both<E>(name: &str, endpoint: E, want: Want, frontend: Value, backend: Value)
where
    E: Endpoint<Frontend> + Endpoint<Backend>,
{
    check::<Frontend>(name, &endpoint, &want, &frontend);
    check::<Backend>(name, &endpoint, &want, &backend);
}

#[allow(clippy::needless_pass_by_value, reason = "as in `both`")]
fn frontend(name: &str, endpoint: impl Endpoint<Frontend>, want: Want, body: Value) {
    check::<Frontend>(name, &endpoint, &want, &body);
}

#[allow(clippy::needless_pass_by_value, reason = "as in `both`")]
fn backend(name: &str, endpoint: impl Endpoint<Backend>, want: Want, body: Value) {
    check::<Backend>(name, &endpoint, &want, &body);
}

fn minutes(number: u32) -> Minutes {
    Minutes::new(number).unwrap()
}

fn claims() -> CustomClaims {
    let claims = [("plan".to_owned(), json!("gold")), ("trial".to_owned(), Value::Null)];
    CustomClaims::new(claims).unwrap()
}

fn authorization_check() -> AuthorizationCheck {
    let harbor_lights = organization("harbor-lights");
    AuthorizationCheck::new(&harbor_lights, ResourceId::new("lamps").unwrap(), "trim")
}

#[test]
fn sessions_authenticate() {
    let want = || post("/b2b/sessions/authenticate", Repeat::Always);
    let by_token = || {
        let token = SessionToken::new("token-from-elsewhere").unwrap();
        Session::new().authenticate(token)
    };
    let with_token = || Want { token: Some("token-from-elsewhere"), ..want() };
    both(
        "by token",
        by_token(),
        with_token(),
        json!({}),
        json!({ "session_token": "token-from-elsewhere" }),
    );
    both(
        "by token, with a duration",
        by_token().session_duration(minutes(5)),
        with_token(),
        json!({ "session_duration_minutes": 5 }),
        json!({ "session_token": "token-from-elsewhere", "session_duration_minutes": 5 }),
    );
    backend(
        "by token, with all options",
        by_token()
            .session_duration(minutes(527_040))
            .custom_claims(claims())
            .authorization_check(authorization_check()),
        want(),
        json!({
            "session_token": "token-from-elsewhere",
            "session_duration_minutes": 527_040,
            "session_custom_claims": { "plan": "gold", "trial": null },
            "authorization_check": {
                "organization_id": "harbor-lights", "resource_id": "lamps", "action": "trim"
            },
        }),
    );
    let by_jwt = || Session::new().authenticate(SessionJwt::new("aaa.bbb.ccc").unwrap());
    backend("by JWT", by_jwt(), want(), json!({ "session_jwt": "aaa.bbb.ccc" }));
    backend(
        "by JWT, with claims",
        by_jwt().custom_claims(claims()),
        want(),
        json!({
            "session_jwt": "aaa.bbb.ccc",
            "session_custom_claims": { "plan": "gold", "trial": null },
        }),
    );
}

#[test]
fn refreshing() {
    let want = || post("/b2b/sessions/authenticate", Repeat::Always).of(&HARBOR_LIGHTS);
    let refresh = || scenario::active::<Backend>().authenticate();
    both("refresh", refresh(), want(), json!({}), json!({ "session_token": HARBOR_LIGHTS.token }));
    both(
        "refresh with a duration",
        refresh().session_duration(minutes(90)),
        want(),
        json!({ "session_duration_minutes": 90 }),
        json!({ "session_token": HARBOR_LIGHTS.token, "session_duration_minutes": 90 }),
    );
    backend(
        "refresh with claims",
        refresh().custom_claims(claims()),
        want(),
        json!({
            "session_token": HARBOR_LIGHTS.token,
            "session_custom_claims": { "plan": "gold", "trial": null },
        }),
    );
    backend(
        "refresh with a check",
        refresh().authorization_check(authorization_check()),
        want(),
        json!({
            "session_token": HARBOR_LIGHTS.token,
            "authorization_check": {
                "organization_id": "harbor-lights", "resource_id": "lamps", "action": "trim"
            },
        }),
    );
}

#[test]
fn sessions_exchange() {
    let want = || post("/b2b/sessions/exchange", Repeat::IfNotSent).of(&HARBOR_LIGHTS);
    let exchange = || scenario::active::<Backend>().exchange(&organization("north-pier"));
    both(
        "exchange",
        exchange(),
        want(),
        json!({ "organization_id": "north-pier", "session_duration_minutes": 60 }),
        json!({ "organization_id": "north-pier", "session_token": HARBOR_LIGHTS.token }),
    );
    both(
        "exchange with duration and locale",
        exchange().session_duration(minutes(30)).locale(Locale::PtBr),
        want(),
        json!({
            "organization_id": "north-pier", "session_duration_minutes": 30, "locale": "pt-br"
        }),
        json!({
            "organization_id": "north-pier", "session_duration_minutes": 30, "locale": "pt-br",
            "session_token": HARBOR_LIGHTS.token,
        }),
    );
    backend(
        "exchange with all options",
        exchange()
            .session_duration(minutes(30))
            .locale(Locale::DeDe)
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        json!({
            "organization_id": "north-pier",
            "session_token": HARBOR_LIGHTS.token,
            "session_duration_minutes": 30,
            "locale": "de-DE",
            "session_custom_claims": { "plan": "gold", "trial": null },
            "telemetry_id": "telemetry-1",
        }),
    );
}

#[test]
fn sessions_revoke() {
    let want = || post("/b2b/sessions/revoke", Repeat::Always);
    both(
        "revoke",
        scenario::active::<Backend>().revoke(),
        want().of(&HARBOR_LIGHTS),
        Value::Null,
        json!({ "session_token": HARBOR_LIGHTS.token }),
    );
    let id = MemberSessionId::new("session-test-1").unwrap();
    backend(
        "revoke by id",
        RevokeSessions::by_id(id.clone()),
        want(),
        json!({ "member_session_id": "session-test-1" }),
    );
    backend(
        "revoke by token",
        RevokeSessions::by_token(SessionToken::new("some-token").unwrap()),
        want(),
        json!({ "session_token": "some-token" }),
    );
    backend(
        "revoke by JWT",
        RevokeSessions::by_jwt(SessionJwt::new("aaa.bbb.ccc").unwrap()),
        want(),
        json!({ "session_jwt": "aaa.bbb.ccc" }),
    );
    backend(
        "revoke all of a member",
        RevokeSessions::of_member(MemberId::new("member-test-1").unwrap()),
        want(),
        json!({ "member_id": "member-test-1" }),
    );
    backend(
        "revoke on behalf of a member",
        RevokeSessions::by_id(id).on_behalf_of(&scenario::active::<Backend>()),
        Want { header: Some(("x-stytch-member-session", HARBOR_LIGHTS.token)), ..want() },
        json!({ "member_session_id": "session-test-1" }),
    );
}

#[test]
fn sessions_revoke_for_a_member() {
    let session = scenario::active::<Frontend>();
    for (member, path) in [
        ("member-test-1", "/b2b/sessions/revoke/member-test-1"),
        ("a/b?c#d %", "/b2b/sessions/revoke/a%2Fb%3Fc%23d%20%25"),
        ("..", "/b2b/sessions/revoke/%2E%2E"),
        ("caf\u{e9}", "/b2b/sessions/revoke/caf%C3%A9"),
    ] {
        let want = post("/b2b/sessions/revoke/{member_id}", Repeat::Always);
        frontend(
            member,
            session.revoke_for_member(&MemberId::new(member).unwrap()),
            Want { path: Some(path), ..want.of(&HARBOR_LIGHTS) },
            Value::Null,
        );
    }
}

#[test]
fn sessions_get() {
    for (organization_id, member, path) in [
        (
            "organization-test-1",
            "member-test-1",
            "/b2b/sessions?organization_id=organization-test-1&member_id=member-test-1",
        ),
        ("a&b=c", "d e+f", "/b2b/sessions?organization_id=a%26b%3Dc&member_id=d%20e%2Bf"),
    ] {
        let want = Want { path: Some(path), ..post("/b2b/sessions", Repeat::Always) };
        backend(
            "get",
            ListSessions::new(&organization(organization_id), &MemberId::new(member).unwrap()),
            Want { method: Method::GET, ..want },
            Value::Null,
        );
    }
}

#[test]
fn passwords_authenticate() {
    let want = || post("/b2b/passwords/authenticate", Repeat::IfNotSent);
    let login = || Session::new().login(password());
    both(
        "password",
        login(),
        want(),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 60,
        }),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
        }),
    );
    frontend(
        "password with all options",
        login()
            .session_duration(minutes(120))
            .locale(Locale::En)
            .captcha_token("captcha-1")
            .dfp_telemetry_id("dfp-1"),
        want(),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 120,
            "locale": "en",
            "captcha_token": "captcha-1",
            "dfp_telemetry_id": "dfp-1",
        }),
    );
    backend(
        "password with all options",
        login()
            .session_duration(minutes(120))
            .locale(Locale::from("tlh"))
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 120,
            "locale": "tlh",
            "session_custom_claims": { "plan": "gold", "trial": null },
            "telemetry_id": "telemetry-1",
        }),
    );
    both(
        "password after another first factor",
        scenario::primary_required::<Backend>().login(password()),
        want(),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 60,
        }),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
        }),
    );
    // The active session before it stays out of the request: a token of one kind, never two.
    both(
        "password after an unfinished exchange",
        scenario::primary_required_after_exchange::<Backend>().login(password()),
        want(),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 60,
        }),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
        }),
    );
}

#[test]
fn passwords_discovery_authenticate() {
    let body = json!({
        "email_address": "ada.reyes@example.com", "password": "correct horse battery"
    });
    both(
        "discovery password",
        Session::new().discover(discovery_password()),
        post("/b2b/passwords/discovery/authenticate", Repeat::IfNotSent),
        body.clone(),
        body,
    );
}

#[test]
fn discovery_intermediate_sessions_exchange() {
    let want = || post("/b2b/discovery/intermediate_sessions/exchange", Repeat::IfNotSent);
    let blue_kiln = organization("blue-kiln");
    both(
        "from discovery",
        scenario::discovery::<Backend>().exchange(&blue_kiln),
        want(),
        json!({
            "intermediate_session_token": DISCOVERY_TOKEN,
            "organization_id": "blue-kiln",
            "session_duration_minutes": 60,
        }),
        json!({ "intermediate_session_token": DISCOVERY_TOKEN, "organization_id": "blue-kiln" }),
    );
    for (name, session) in [
        ("from intermediate", scenario::mfa_required::<Backend>()),
        ("after an unfinished exchange", scenario::mfa_required_after_exchange::<Backend>()),
    ] {
        both(
            name,
            session.exchange(&blue_kiln).session_duration(minutes(45)).locale(Locale::Fr),
            want(),
            json!({
                "intermediate_session_token": MFA_TOKEN,
                "organization_id": "blue-kiln",
                "session_duration_minutes": 45,
                "locale": "fr",
            }),
            json!({
                "intermediate_session_token": MFA_TOKEN,
                "organization_id": "blue-kiln",
                "session_duration_minutes": 45,
                "locale": "fr",
            }),
        );
    }
    backend(
        "with all options",
        scenario::discovery::<Backend>()
            .exchange(&blue_kiln)
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        json!({
            "intermediate_session_token": DISCOVERY_TOKEN,
            "organization_id": "blue-kiln",
            "session_custom_claims": { "plan": "gold", "trial": null },
            "telemetry_id": "telemetry-1",
        }),
    );
}

#[test]
fn otps_sms_send() {
    let want = || post("/b2b/otps/sms/send", Repeat::IfNotSent);
    let intermediate = scenario::mfa_required::<Backend>();
    let body = json!({
        "intermediate_session_token": MFA_TOKEN,
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
    });
    both("from intermediate", intermediate.send_sms_code(), want(), body.clone(), body);
    let body = json!({
        "intermediate_session_token": MFA_TOKEN,
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
        "mfa_phone_number": "+12025550143",
        "locale": "es",
    });
    both(
        "with all options",
        intermediate.send_sms_code().phone_number("+12025550143").locale(Locale::Es),
        want(),
        body.clone(),
        body,
    );
    let active = scenario::active_in_blue_kiln::<Backend>();
    both(
        "from active",
        active.send_sms_code(),
        want().of(&BLUE_KILN),
        json!({
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
        }),
        json!({
            "session_token": BLUE_KILN.token,
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
        }),
    );
    both(
        "from active, with all options",
        active.send_sms_code().phone_number("+12025550143").locale(Locale::ZhHans),
        want().of(&BLUE_KILN),
        json!({
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
            "mfa_phone_number": "+12025550143",
            "locale": "zh-Hans",
        }),
        json!({
            "session_token": BLUE_KILN.token,
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
            "mfa_phone_number": "+12025550143",
            "locale": "zh-Hans",
        }),
    );
}

/// A body of a second factor: who, which code, and some more.
fn factor(code: (&str, &str), more: &Value) -> Value {
    let mut body = json!({
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
    });
    body[code.0] = code.1.into();
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// A second factor in both its uses, without options.
macro_rules! second_factor {
    ($route:literal, $code:expr, $factor:expr) => {{
        let want = || post($route, Repeat::IfNotSent);
        for (name, session) in [
            ("from intermediate", scenario::mfa_required::<Backend>()),
            ("after an unfinished exchange", scenario::mfa_required_after_exchange::<Backend>()),
        ] {
            both(
                name,
                session.authenticate($factor),
                want(),
                factor(
                    $code,
                    &json!({
                        "intermediate_session_token": MFA_TOKEN, "session_duration_minutes": 60
                    }),
                ),
                factor($code, &json!({ "intermediate_session_token": MFA_TOKEN })),
            );
        }
        both(
            "step-up",
            scenario::active_in_blue_kiln::<Backend>().authenticate_with($factor),
            want().of(&BLUE_KILN),
            factor($code, &json!({ "session_duration_minutes": 60 })),
            factor($code, &json!({ "session_token": BLUE_KILN.token })),
        );
        frontend(
            "with options of the frontend",
            scenario::mfa_required::<Backend>()
                .authenticate($factor)
                .session_duration(minutes(30))
                .mfa_enrollment(MfaEnrollment::Unenroll)
                .captcha_token("captcha-1")
                .dfp_telemetry_id("dfp-1"),
            want(),
            factor(
                $code,
                &json!({
                    "intermediate_session_token": MFA_TOKEN,
                    "session_duration_minutes": 30,
                    "set_mfa_enrollment": "unenroll",
                    "captcha_token": "captcha-1",
                    "dfp_telemetry_id": "dfp-1",
                }),
            ),
        );
        backend(
            "with options of the backend",
            scenario::active_in_blue_kiln::<Backend>()
                .authenticate_with($factor)
                .session_duration(minutes(30))
                .mfa_enrollment(MfaEnrollment::Enroll)
                .custom_claims(claims())
                .telemetry_id("telemetry-1"),
            want(),
            factor(
                $code,
                &json!({
                    "session_token": BLUE_KILN.token,
                    "session_duration_minutes": 30,
                    "set_mfa_enrollment": "enroll",
                    "session_custom_claims": { "plan": "gold", "trial": null },
                    "telemetry_id": "telemetry-1",
                }),
            ),
        );
    }};
}

#[test]
fn second_factors() {
    let sms = || SmsCode::new(" 123456\n").unwrap();
    let totp = || TotpCode::new("654321").unwrap();
    let recovery = || RecoveryCode::new("ckss-2skx-ebow").unwrap();
    second_factor!("/b2b/otps/sms/authenticate", ("code", "123456"), sms());
    second_factor!("/b2b/totp/authenticate", ("code", "654321"), totp());
    let recovery_code = ("recovery_code", "ckss-2skx-ebow");
    second_factor!("/b2b/recovery_codes/recover", recovery_code, recovery());
}

#[test]
fn second_factors_as_the_default() {
    let intermediate = scenario::mfa_required::<Backend>;
    backend(
        "sms as the default",
        intermediate().authenticate(SmsCode::new("123456").unwrap()).make_default(),
        post("/b2b/otps/sms/authenticate", Repeat::IfNotSent),
        factor(
            ("code", "123456"),
            &json!({ "intermediate_session_token": MFA_TOKEN, "set_default_mfa": true }),
        ),
    );
    both(
        "totp as the default",
        intermediate().authenticate(TotpCode::new("654321").unwrap()).make_default(),
        post("/b2b/totp/authenticate", Repeat::IfNotSent),
        factor(
            ("code", "654321"),
            &json!({
                "intermediate_session_token": MFA_TOKEN,
                "session_duration_minutes": 60,
                "set_default_mfa": true,
            }),
        ),
        factor(
            ("code", "654321"),
            &json!({ "intermediate_session_token": MFA_TOKEN, "set_default_mfa": true }),
        ),
    );
}

/// A refreshed session is sent with the token that came back, not the one it began with.
#[test]
fn the_latest_token_is_sent() {
    let mut payload = fixture("sessions.authenticate.success");
    payload["session_token"] = "rotated".into();
    let session = scenario::active_by::<Frontend>(&payload);
    let application = Application::new("com.example.app", 1);
    let context = Context::new(noon(), 2, &application);
    let request = Frontend::project().request(&session.revoke(), &context);
    assert_eq!(decoded_authorization(&request), format!("{PUBLIC_TOKEN}:rotated"));
}

#[test]
fn text_is_escaped_in_bodies() {
    let odd = "quote \" back \\ line\n nul \0 emoji \u{1f600} \u{2028}";
    let password = stytch_session::Password::new(&organization("north-pier"), odd, odd);
    backend(
        "odd text",
        Session::new().login(password),
        post("/b2b/passwords/authenticate", Repeat::IfNotSent),
        json!({ "organization_id": "north-pier", "email_address": odd, "password": odd }),
    );
}

#[test]
fn telemetry_of_a_full_application() {
    let application = Application::new("com.example.app", [0xab; 32])
        .version("4.5.6")
        .time_zone("Europe/Lisbon")
        .installation_id("persistent-id-of-mine");
    let step = Session::new().login(password());
    let now = noon() + std::time::Duration::from_micros(1_234_567);
    let context = Context::new(now, [0xcd; 32], &application);
    let request = Frontend::project().request(&step, &context);
    assert_eq!(
        telemetry_of(&request),
        json!({
            "event_id": "event-id-cdcdcdcd-cdcd-4dcd-8dcd-cdcdcdcdcdcd",
            "app_session_id": "app-session-id-abababab-abab-4bab-abab-abababababab",
            "persistent_id": "persistent-id-of-mine",
            "client_sent_at": "2030-06-01T12:00:01.234Z",
            "timezone": "Europe/Lisbon",
            "app": { "identifier": "com.example.app", "version": "4.5.6" },
            "sdk": { "identifier": "stytch-session", "version": env!("CARGO_PKG_VERSION") },
            "os": { "identifier": std::env::consts::OS },
        })
    );
}

/// `event-id-<uuid v4>`, another one for each seed, and well-formed whatever the texts are.
#[test]
fn event_ids_are_uuids_of_version_4() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..200_u64 {
        let length = usize::try_from(seed).unwrap();
        let identifier = "\u{e9}\"\\".repeat(length);
        let application = Application::new(identifier.clone(), 1);
        let context = Context::new(noon(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), &application);
        let request = Frontend::project().request(&Session::new().login(password()), &context);
        let telemetry = telemetry_of(&request);
        assert_eq!(telemetry["app"]["identifier"], identifier.as_str());
        let id = telemetry["event_id"].as_str().unwrap();
        let uuid = id.strip_prefix("event-id-").unwrap();
        let groups: Vec<&str> = uuid.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(uuid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')), "{id}");
        assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
        assert!(seen.insert(id.to_owned()), "{id} twice");
    }
}

#[test]
fn parent_host() {
    let project = Frontend::project().with_parent_host("https://app.example.com").unwrap();
    let application = Application::new("com.example.app", 1);
    let context = Context::new(noon(), 2, &application);
    let request = project.request(&Session::new().login(password()), &context);
    assert_eq!(request.headers()["x-sdk-parent-host"], "https://app.example.com");
    assert_eq!(request.headers().len(), 4);
    assert!(Frontend::project().with_parent_host("https://app.example.com\r\nX: 1").is_err());
}

#[test]
fn live_projects_use_the_live_server() {
    let application = Application::new("com.example.app", 1);
    let context = Context::new(noon(), 2, &application);
    let step = Session::new().login(password());
    let live = PUBLIC_TOKEN.replace("-test-", "-live-");
    let frontend = Project::frontend(PublicToken::new(live.clone()).unwrap());
    let request = frontend.request(&step, &context);
    assert_eq!(
        request.uri().to_string(),
        "https://api.stytch.com/sdk/v1/b2b/passwords/authenticate"
    );
    assert_eq!(decoded_authorization(&request), format!("{live}:{live}"));
    let id = ProjectId::new(PROJECT_ID.replace("-test-", "-live-")).unwrap();
    let backend = Project::backend(id, ProjectSecret::new("secret-live-made-up").unwrap());
    let request = backend.request(&step, &context);
    assert_eq!(request.uri().to_string(), "https://api.stytch.com/v1/b2b/passwords/authenticate");
}
