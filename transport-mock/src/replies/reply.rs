//! A reply in the making, and its response.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use stytch_session::Response;

use super::{INTERMEDIATE_SESSION_TOKEN, REQUEST_ID};

/// A reply in the making; `into()` makes it a response.
#[derive(Clone, Debug)]
#[must_use]
pub struct Reply {
    status: StatusCode,
    body: Body,
    surface: Surface,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Fields that only the backend's reply has.
    pub(super) backend_fields: Vec<(&'static str, Value)>,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
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

impl Reply {
    pub(super) fn new(status: u16, body: Body) -> Self {
        let status = StatusCode::from_u16(status).expect("the status is one of 100 to 999");
        Self {
            status,
            body,
            surface: Surface::Frontend,
            headers: Vec::new(),
            backend_fields: Vec::new(),
        }
    }

    pub(super) fn payload(mut payload: Value) -> Self {
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
    #[track_caller]
    pub fn status(mut self, status: u16) -> Self {
        let Ok(code) = StatusCode::from_u16(status) else {
            panic!("{status} is no HTTP status: those are 100 to 999");
        };
        self.status = code;
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

    pub(super) fn remove(&mut self, path: &str) {
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

    /// What stands in the body as JSON, before a surface wraps it.
    #[cfg(feature = "proptest")]
    pub(crate) fn payload_mut(&mut self) -> &mut Value {
        self.json_mut()
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
