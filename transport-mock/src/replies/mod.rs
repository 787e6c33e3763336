//! Replies of the API, for a [`MockTransport`](crate::MockTransport).
//!
//! Each function gives a [`Reply`] with sensible values, and its methods change them. A reply is for
//! the frontend unless [`backend`](Reply::backend) is called. All values are made up: ids are the
//! constants of this module, the time is 2030-06-01T12:00:00Z, where
//! [`VirtualClock::new`](crate::VirtualClock::new) stands too.
//!
//! ```
//! use stytch_session_mock::replies;
//!
//! let reply: http::Response<Vec<u8>> = replies::exchange().mfa_required().into();
//! let body: serde_json::Value = serde_json::from_slice(reply.body())?;
//! assert_eq!(body["data"]["member_authenticated"], false);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod objects;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use stytch_session::Response;

/// The member session's id, unless it is changed.
pub const MEMBER_SESSION_ID: &str = "session-test-52c8c1ac-e81e-4070-b496-5eaa7a3e750f";
/// The session token, unless it is changed.
pub const SESSION_TOKEN: &str = "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs";
/// The intermediate session token, unless it is changed.
pub const INTERMEDIATE_SESSION_TOKEN: &str = "sr7KUp66KCbU7lz4xr38ot0h5Ng81MR1Ljadw4d28_6-";
/// The session JWT, unless it is changed. It has the form of one; its signature is not good.
pub const SESSION_JWT: &str =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJtYWRlIjoidXAifQ.bm90IHNpZ25lZA";
/// The member's id, unless it is changed.
pub const MEMBER_ID: &str = "member-test-88111f89-c498-4016-ab62-8378d12f7672";
/// The organization's id, unless it is changed.
pub const ORGANIZATION_ID: &str = "organization-test-42b0191d-0359-4162-ba28-b98a369de045";
/// The request's id, unless it is changed.
pub const REQUEST_ID: &str = "request-id-test-0e23f087-4bfb-4edb-94f1-a927421b454e";
/// The member's e-mail address, unless it is changed.
pub const EMAIL_ADDRESS: &str = "ada@example.com";

/// A reply in the making; `into()` makes it a response.
#[derive(Clone, Debug)]
#[must_use]
pub struct Reply {
    status: StatusCode,
    body: Body,
    surface: Surface,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Fields that only the backend's reply has.
    backend_fields: Vec<(&'static str, Value)>,
}

#[derive(Clone, Debug)]
enum Body {
    /// A success, which the frontend wraps.
    Payload(Value),
    /// JSON that is never wrapped.
    Bare(Value),
    Text {
        content_type: &'static str,
        text: String,
    },
}

#[derive(Clone, Copy, Debug)]
enum Surface {
    Frontend,
    Backend,
}

/// `sessions/authenticate`: the session, renewed.
pub fn authenticate() -> Reply {
    let mut reply = second_factor();
    reply.remove("member_id");
    reply
}

/// A primary login, for instance `passwords/authenticate`; finished unless it is changed.
pub fn login() -> Reply {
    exchange().field("organization_id", ORGANIZATION_ID)
}

/// `sessions/exchange` or `discovery/intermediate_sessions/exchange`; finished unless it is changed.
pub fn exchange() -> Reply {
    second_factor()
        .field("member_authenticated", true)
        .field("intermediate_session_token", "")
        .field("mfa_required", Value::Null)
        .field("primary_required", Value::Null)
}

/// `otps/sms/authenticate`, `totp/authenticate`: a session with the new factor.
pub fn second_factor() -> Reply {
    Reply::payload(json!({
        "member_id": MEMBER_ID,
        "member_session": objects::member_session(),
        "session_token": SESSION_TOKEN,
        "session_jwt": SESSION_JWT,
        "member": objects::member(),
        "organization": objects::organization(),
    }))
}

/// `recovery_codes/recover`: a session, and how many codes are left.
pub fn recover() -> Reply {
    second_factor().field("recovery_codes_remaining", 9)
}

/// `sessions/revoke`.
pub fn revoke() -> Reply {
    Reply::payload(json!({}))
}

/// `otps/sms/send`.
///
/// The frontend's reply says nothing more than that it was sent; the backend's names member and
/// organization too.
pub fn sms_send() -> Reply {
    let mut reply = Reply::payload(json!({}));
    reply.backend_fields = vec![
        ("member_id", MEMBER_ID.into()),
        ("member", objects::member()),
        ("organization", objects::organization()),
    ];
    reply
}

/// A discovery login, for instance `passwords/discovery/authenticate`, with one organization.
pub fn discovery() -> Reply {
    Reply::payload(json!({
        "intermediate_session_token": INTERMEDIATE_SESSION_TOKEN,
        "email_address": EMAIL_ADDRESS,
        "discovered_organizations": [objects::discovered_organization()],
    }))
}

/// `discovery/organizations`, with one organization.
pub fn discovered_organizations() -> Reply {
    Reply::payload(json!({
        "email_address": EMAIL_ADDRESS,
        "discovered_organizations": [objects::discovered_organization()],
        "organization_id_hint": null,
    }))
}

/// The backend's list of a member's sessions, with one session in it.
pub fn list_sessions() -> Reply {
    Reply::payload(json!({ "member_sessions": [objects::member_session()] })).backend()
}

/// `sessions/jwks`, on the backend, without keys; set them with `field("keys", …)`.
pub fn jwks() -> Reply {
    Reply::payload(json!({ "keys": [] })).backend()
}

/// An API error; it looks the same on both surfaces.
///
/// ```
/// use stytch_session_mock::replies;
///
/// let reply: http::Response<Vec<u8>> = replies::error("session_not_found", 404).into();
/// assert_eq!(reply.status(), 404);
/// ```
pub fn error(error_type: &str, status: u16) -> Reply {
    let body = json!({
        "status_code": status,
        "request_id": REQUEST_ID,
        "error_type": error_type,
        "error_message": "The request was refused.",
        "error_url": format!("https://stytch.com/docs/b2b/api/errors/{status}#{error_type}"),
    });
    Reply::new(status, Body::Bare(body))
}

/// The frontend's schema error about a body field of the wrong type.
pub fn schema_error(field: &str) -> Reply {
    let finding = json!({
        "keyword": "type",
        "dataPath": format!(".{field}"),
        "schemaPath": format!("#/properties/{field}/type"),
        "params": { "type": "number" },
        "message": "should be number",
    });
    Reply::new(400, Body::Bare(json!({ "body": [finding] })))
}

/// An HTML page, as a proxy answers.
pub fn html(status: u16) -> Reply {
    let text = format!("<!doctype html><html><body><h1>{status}</h1></body></html>");
    Reply::new(status, Body::Text { content_type: "text/html; charset=utf-8", text })
}

/// Any text under any status, labelled as JSON.
pub fn raw(status: u16, text: impl Into<String>) -> Reply {
    Reply::new(status, Body::Text { content_type: "application/json", text: text.into() })
}

impl Reply {
    fn new(status: u16, body: Body) -> Self {
        let status = StatusCode::from_u16(status).expect("the status is one of 100 to 999");
        Self {
            status,
            body,
            surface: Surface::Frontend,
            headers: Vec::new(),
            backend_fields: Vec::new(),
        }
    }

    fn payload(mut payload: Value) -> Self {
        payload["request_id"] = REQUEST_ID.into();
        payload["status_code"] = 200.into();
        Self::new(200, Body::Payload(payload))
    }

    /// Makes it a reply of the frontend, as it is in the beginning: the payload is inside `data`.
    pub const fn frontend(mut self) -> Self {
        self.surface = Surface::Frontend;
        self
    }

    /// Makes it a reply of the backend: the payload is bare.
    pub fn backend(mut self) -> Self {
        self.surface = Surface::Backend;
        for (name, value) in std::mem::take(&mut self.backend_fields) {
            self = self.field(name, value);
        }
        self
    }

    /// Makes it unfinished: a second factor is wanted, and an SMS has been sent.
    pub fn mfa_required(self) -> Self {
        let options = json!({ "mfa_phone_number": "+14155550001", "totp_registration_id": "" });
        self.unfinished()
            .field("mfa_required.member_options", options)
            .field("mfa_required.secondary_auth_initiated", "sms_otp")
    }

    /// Makes it unfinished: a second factor is wanted, and none is enrolled yet.
    pub fn mfa_enrollment_required(self) -> Self {
        self.unfinished()
            .field("mfa_required.member_options", Value::Null)
            .field("mfa_required.secondary_auth_initiated", Value::Null)
    }

    /// Makes it unfinished: one of these primary methods is wanted.
    pub fn primary_required<T: Into<Value>>(self, methods: impl IntoIterator<Item = T>) -> Self {
        let methods: Value = methods.into_iter().collect();
        self.unfinished().field("primary_required.allowed_auth_methods", methods)
    }

    /// Sets the session token.
    pub fn session_token(self, token: &str) -> Self {
        self.field("session_token", token)
    }

    /// Sets the session JWT.
    pub fn session_jwt(self, jwt: &str) -> Self {
        self.field("session_jwt", jwt)
    }

    /// Sets the intermediate session token.
    pub fn intermediate_session_token(self, token: &str) -> Self {
        self.field("intermediate_session_token", token)
    }

    /// Sets the member session's id.
    pub fn member_session_id(self, id: &str) -> Self {
        self.field("member_session.member_session_id", id)
    }

    /// Sets the member's id, wherever it stands.
    pub fn member_id(self, id: &str) -> Self {
        self.everywhere("member_id", id)
    }

    /// Sets the organization's id, wherever it stands.
    pub fn organization_id(self, id: &str) -> Self {
        self.everywhere("organization_id", id)
    }

    /// Sets when the session expires, for instance `2030-06-01T13:00:00Z`.
    pub fn expires_at(self, timestamp: &str) -> Self {
        self.field("member_session.expires_at", timestamp)
    }

    /// Sets any field of the payload by its path, for instance `member.name`. A number in the path
    /// is an index into a list. Objects on the way come into being.
    ///
    /// # Panics
    ///
    /// If the path leads through a value that is neither object nor list, or past a list's end.
    pub fn field(mut self, path: &str, value: impl Into<Value>) -> Self {
        *self.place(path) = value.into();
        self
    }

    /// Leaves a field out, by its path.
    ///
    /// # Panics
    ///
    /// As [`field`](Self::field).
    pub fn without(mut self, path: &str) -> Self {
        self.remove(path);
        self
    }

    /// Sets the HTTP status, whatever the body says.
    ///
    /// # Panics
    ///
    /// If `status` is not one of 100 to 999.
    pub fn status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).expect("the status is one of 100 to 999");
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    ///
    /// If name or value is not allowed in a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("the header name is valid");
        let value = HeaderValue::from_str(value).expect("the header value is valid");
        self.headers.push((name, value));
        self
    }

    fn unfinished(self) -> Self {
        let held = self.json().and_then(|json| json["intermediate_session_token"].as_str());
        let token = held.filter(|token| !token.is_empty()).unwrap_or(INTERMEDIATE_SESSION_TOKEN);
        let token = token.to_owned();
        self.field("member_authenticated", false)
            .field("member_session", Value::Null)
            .field("session_token", "")
            .field("session_jwt", "")
            .field("intermediate_session_token", token)
    }

    fn everywhere(mut self, name: &str, value: &str) -> Self {
        fn set(json: &mut Value, name: &str, value: &str) {
            match json {
                Value::Object(fields) => {
                    for (key, field) in fields {
                        if key == name { *field = value.into() } else { set(field, name, value) }
                    }
                }
                Value::Array(items) => items.iter_mut().for_each(|item| set(item, name, value)),
                _ => {}
            }
        }
        set(self.json_mut(), name, value);
        self
    }

    fn remove(&mut self, path: &str) {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        if let Value::Object(fields) = self.place(parent) {
            fields.remove(name);
        }
    }

    fn place(&mut self, path: &str) -> &mut Value {
        let mut place = self.json_mut();
        for name in path.split('.').filter(|name| !name.is_empty()) {
            place = match place {
                Value::Array(items) => {
                    let index = name.parse().ok();
                    let item = index.and_then(|index: usize| items.get_mut(index));
                    item.unwrap_or_else(|| panic!("{path}: there is no item {name}"))
                }
                Value::Object(_) | Value::Null => &mut place[name],
                other => panic!("{path}: {name} would be inside of {other}"),
            };
        }
        place
    }

    fn json(&self) -> Option<&Value> {
        match &self.body {
            Body::Payload(json) | Body::Bare(json) => Some(json),
            Body::Text { .. } => None,
        }
    }

    fn json_mut(&mut self) -> &mut Value {
        match &mut self.body {
            Body::Payload(json) | Body::Bare(json) => json,
            Body::Text { .. } => panic!("a reply of text has no fields"),
        }
    }
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Self {
        let (content_type, body) = match (reply.body, reply.surface) {
            (Body::Payload(payload), Surface::Frontend) => {
                ("application/json", json!({ "data": payload }).to_string())
            }
            (Body::Payload(payload), Surface::Backend) => ("application/json", payload.to_string()),
            (Body::Bare(body), _) => ("application/json", body.to_string()),
            (Body::Text { content_type, text }, _) => (content_type, text),
        };
        let mut response = Self::new(body.into_bytes());
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.extend(reply.headers.into_iter().map(|(name, value)| (Some(name), value)));
        response
    }
}
