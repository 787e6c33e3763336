//! Each request of each surface, with all its headers and its whole body.

mod imports_and_enrollment;
mod links_and_codes;
mod logins;
mod parts;
mod password_resets;
mod second_factors;
mod sessions;

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

/// The members of both.
fn merged(one: &Value, other: &Value) -> Value {
    let mut merged = one.clone();
    let members = merged.as_object_mut().unwrap();
    members.extend(other.as_object().unwrap().clone());
    merged
}
