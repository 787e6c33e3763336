//! Requests that no client should send, to the emulator in memory.

use http::Request;
use serde_json::{Map, Value, json};
use stytch_session::Response;
use stytch_session_mock::{Emulator, Example, VirtualClock};

use crate::Seed;
use crate::input::{self, Fields};

/// Requests as text, one after the other. Words that begin with `@` stand for what only the emulator
/// knows: credentials, and what its latest answers held.
pub fn run(data: &[u8]) {
    let world = Emulator::example_builder().clock(VirtualClock::new()).constant_signature();
    let emulator = world.build();
    let ben = log_in_ben(&emulator);
    let mut seen = Seen::default();
    let mut fields = Fields::of(data);
    for _ in 0..8 {
        if fields.is_empty() {
            break;
        }
        let text = seen.fill_in(fields.text(), &emulator);
        let Some(request) = read(&text) else { continue };
        let reply = emulator.handle(&request);
        check_answer(request.uri().path(), &reply);
        seen.note(&reply);
    }
    // Nobody who does not know Ben's session can touch it.
    let path = "/sdk/v1/b2b/sessions/authenticate";
    assert_eq!(send(&emulator, "POST", path, Some(&ben), &json!({})).status(), 200);
}

fn log_in_ben(emulator: &Emulator) -> String {
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::BEN_EMAIL_ADDRESS,
        "password": Example::BEN_PASSWORD,
        "session_duration_minutes": 60,
    });
    let reply = send(emulator, "POST", "/sdk/v1/b2b/passwords/authenticate", None, &body);
    let reply: Value = serde_json::from_slice(reply.body()).expect("it is JSON");
    reply["data"]["session_token"].as_str().expect("Ben is in").to_owned()
}

/// Sends a request with the credentials of its surface, the frontend's perhaps with a session's.
pub(crate) fn send(
    emulator: &Emulator,
    method: &str,
    path: &str,
    session_token: Option<&str>,
    body: &Value,
) -> Response {
    let credentials = match path.starts_with("/sdk/") {
        true => emulator.frontend_authorization(session_token),
        false => emulator.backend_authorization(),
    };
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("authorization", credentials);
    emulator.handle(&request.body(body).expect("it is a request"))
}

/// `POST /v1/…`, headers, an empty line, the body.
fn read(text: &str) -> Option<stytch_session::Request> {
    let (first, rest) = input::line(text.as_bytes());
    let (method, uri) = std::str::from_utf8(first).ok()?.split_once(' ')?;
    let (headers, body) = input::headers(rest);
    let mut request = Request::builder().method(method).uri(uri).body(body.to_vec()).ok()?;
    request.headers_mut().extend(headers);
    Some(request)
}

/// What the latest answers held.
#[derive(Default)]
struct Seen(Map<String, Value>);

impl Seen {
    fn note(&mut self, reply: &Response) {
        let body: Value = serde_json::from_slice(reply.body()).unwrap_or_default();
        let payload = body.get("data").unwrap_or(&body);
        for name in ["session_token", "session_jwt", "intermediate_session_token", "member_id"] {
            match payload[name].as_str() {
                Some(text) if !text.is_empty() => self.0.insert(name.to_owned(), text.into()),
                _ => None,
            };
        }
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn fill_in(&self, text: String, emulator: &Emulator) -> String {
        if !text.contains('@') {
            return text;
        }
        let session = Some(self.text("session_token")).filter(|token| !token.is_empty());
        let (email, phone) = (Example::EMAIL_ADDRESS, Example::PHONE_NUMBER);
        let words = [
            ("@backend", emulator.backend_authorization()),
            ("@frontend", emulator.frontend_authorization(None)),
            ("@member-frontend", emulator.frontend_authorization(session)),
            ("@session", self.text("session_token").to_owned()),
            ("@jwt", self.text("session_jwt").to_owned()),
            ("@intermediate", self.text("intermediate_session_token").to_owned()),
            ("@member", self.text("member_id").to_owned()),
            ("@sms", emulator.last_code(phone).unwrap_or_default()),
            ("@mail", emulator.last_code(email).unwrap_or_default()),
            ("@link", emulator.last_link_token(email).unwrap_or_default()),
            ("@totp", emulator.totp_code(self.text("member_id")).unwrap_or_default()),
        ];
        words.into_iter().fold(text, |text, (word, value)| text.replace(word, &value))
    }
}

/// What holds for every answer of the emulator.
pub(crate) fn check_answer(path: &str, reply: &Response) {
    let status = reply.status();
    let body = String::from_utf8_lossy(reply.body());
    assert!(!status.is_server_error(), "{path}: {status} {body}");
    if status.is_redirection() {
        let location = reply.headers().get("location").expect("a redirect leads somewhere");
        assert!(path.contains("/public/") && !location.is_empty());
        return;
    }
    assert_eq!(reply.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_str(&body).expect("it is JSON");
    let names: Vec<&str> = body.as_object().expect("an object").keys().map(|k| &**k).collect();
    let is_frontend = path.starts_with("/sdk/v1/");
    if status.is_success() {
        if is_frontend {
            assert_eq!(names, ["data"], "{path}");
        }
        let payload = if is_frontend { &body["data"] } else { &body };
        assert_eq!(payload["status_code"], 200);
        assert!(payload["request_id"].as_str().is_some_and(|id| id.starts_with("request-id-")));
    } else if let ["body" | "params" | "query"] = *names {
        assert!(is_frontend && status == 400, "{path}: {status} {body}");
    } else {
        let documented = ["error_message", "error_type", "error_url", "request_id", "status_code"];
        assert_eq!(names, documented, "{path}");
        assert_eq!(body["status_code"], status.as_u16());
        assert!(body["error_url"].as_str().is_some_and(|url| url.starts_with("https://")));
        assert!(body["error_type"].as_str().is_some_and(|error_type| !error_type.is_empty()));
    }
}

/// Logins and what follows them, on both surfaces.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let call = |line: &str, credentials: &str, body: Value| {
        format!("{line}\nauthorization: {credentials}\n\n{body}")
    };
    let log_in = |organization: &str, surface: &str, credentials: &str| {
        let body = json!({
            "organization_id": organization, "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD, "session_duration_minutes": 60,
        });
        call(&format!("POST {surface}/b2b/passwords/authenticate"), credentials, body)
    };
    let mut seeds = Vec::new();
    for (surface, path, all, mine) in [
        ("frontend", "/sdk/v1", "@frontend", "@member-frontend"),
        ("backend", "/v1", "@backend", "@backend"),
    ] {
        let post = |route: &str, credentials: &str, mut body: Value| {
            if surface == "backend" && credentials == mine && body.get("session_token").is_none() {
                body["session_token"] = json!("@session");
            }
            call(&format!("POST {path}/b2b/{route}"), credentials, body)
        };
        let get = |route: &str| call(&format!("GET {path}/b2b/{route}"), mine, Value::Null);
        let login = || log_in(Example::HARBOR_LIGHTS, path, all);
        let kiln = || log_in(Example::BLUE_KILN, path, all);
        let address = json!({ "email_address": Example::EMAIL_ADDRESS });
        let of = |name: &str, value: &str| {
            json!({
                "organization_id": Example::BLUE_KILN, "member_id": "@member",
                "intermediate_session_token": "@intermediate", name: value,
                "session_duration_minutes": 60,
            })
        };
        let plain = |name: &str, value: &str| json!({ name: value, "session_duration_minutes": 60 });
        let there = json!({ "organization_id": "north-pier", "session_duration_minutes": 60 });
        let mail = json!({
            "organization_id": Example::HARBOR_LIGHTS, "email_address": Example::EMAIL_ADDRESS,
            "login_redirect_url": "https://app.example.com/?a=1",
        });
        for (name, requests) in [
            ("refresh", vec![login(), post("sessions/authenticate", mine, json!({})), get("sessions")]),
            ("exchange", vec![login(), post("sessions/exchange", mine, there.clone())]),
            ("revoke", vec![login(), post("sessions/revoke", mine, json!({}))]),
            ("me", vec![login(), get("organizations/me"), get("organizations/members/me")]),
            ("sms", vec![kiln(), post("otps/sms/authenticate", all, of("code", "@sms"))]),
            ("totp", vec![kiln(), post("totp/authenticate", all, of("code", "@totp"))]),
            (
                "discovery",
                vec![
                    post("magic_links/email/discovery/send", all, address),
                    post(
                        "magic_links/discovery/authenticate",
                        all,
                        plain("discovery_magic_links_token", "@link"),
                    ),
                    post("discovery/organizations", all, of("x", "")),
                    post("discovery/intermediate_sessions/exchange", all, of("x", "")),
                    post("discovery/organizations/create", all, of("organization_name", "New")),
                ],
            ),
            (
                "link",
                vec![
                    post("magic_links/email/login_or_signup", all, mail.clone()),
                    post("magic_links/authenticate", all, plain("magic_links_token", "@link")),
                    post("totp", mine, of("expiration_minutes", "")),
                ],
            ),
            (
                "mail",
                vec![
                    post("otps/email/login_or_signup", all, mail.clone()),
                    post("otps/email/authenticate", all, {
                        let mut body = mail;
                        body["code"] = json!("@mail");
                        body["session_duration_minutes"] = json!(5);
                        body
                    }),
                ],
            ),
            ("strength", vec![post("passwords/strength_check", all, plain("password", "hunter22"))]),
            ("events", vec![format!("POST {path}/events\n\n[]"), "GET /\n\n".to_owned()]),
        ] {
            seeds.push((format!("{surface}.{name}"), input::join(&requests)));
        }
    }
    let start = "GET /v1/b2b/public/oauth/google/start?public_token=x&slug=harbor-lights\
                 &login_hint=ada%40example.com&login_redirect_url=https%3A%2F%2Fa.example\n\n";
    seeds.push(("start".to_owned(), start.into()));
    seeds
}
