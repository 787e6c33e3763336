//! Requests as they arrived.

use std::fmt;

use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;
use stytch_session::Request;

use crate::emulator::basic;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// A request that a mock or the emulator received, or that met a fault.
///
/// `Debug` shows method, path and body with tokens, codes and passwords redacted.
#[derive(Clone)]
pub struct RecordedRequest {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
    /// Seconds since 1970 on the emulator's clock.
    pub(crate) received_at: Option<i64>,
    pub(crate) status: Option<StatusCode>,
}

impl RecordedRequest {
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            body: request.body().clone(),
            received_at: None,
            status: None,
        }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The address with its query.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The headers, the credentials among them.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header's value, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as it was sent.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The status that the emulator answered, if it answered; the mock does not note it.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The session that the request is about, by its token: on the frontend the password of the
    /// credentials, on the backend a field of the body.
    #[must_use]
    pub fn session_token(&self) -> Option<String> {
        session_token(self.path(), &self.headers, &self.body)
    }

    /// The body as JSON; [`Value::Null`] if it is empty or no JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path())?;
        if let Some(query) = self.uri.query() {
            write!(f, "?{}", redacted_query(query))?;
        }
        match self.json() {
            Value::Null if self.body.is_empty() => Ok(()),
            Value::Null => write!(f, " ({} bytes that are not JSON)", self.body.len()),
            json => write!(f, " {}", redacted(&json)),
        }
    }
}

/// The session token that a request carries where its surface has it.
pub(crate) fn session_token(path: &str, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if path.contains("/sdk/v1/") {
        let (user, password) = basic(headers)?;
        // Without a session the public token stands there twice.
        return Some(password).filter(|password| *password != user);
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    body["session_token"].as_str().map(str::to_owned)
}

/// `json` with its secrets hidden.
pub(crate) fn redacted(json: &Value) -> Value {
    match json {
        Value::Object(fields) => {
            let hide = |(name, value): (&String, &Value)| {
                let hidden = is_secret(name) && !value.is_null() && *value != "";
                (name.clone(), if hidden { REDACTED.into() } else { redacted(value) })
            };
            Value::Object(fields.iter().map(hide).collect())
        }
        Value::Array(items) => items.iter().map(redacted).collect(),
        other => other.clone(),
    }
}

/// `query` with the values of secrets hidden.
pub(crate) fn redacted_query(query: &str) -> String {
    let pair = |pair: &str| match pair.split_once('=') {
        // A name with escapes may be any name.
        Some((name, _)) if name.contains('%') || is_secret(name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    };
    query.split('&').map(pair).collect::<Vec<_>>().join("&")
}

/// Whether a field of this name holds something that gives access.
pub(crate) fn is_secret(name: &str) -> bool {
    let parts = ["token", "jwt", "password", "code", "secret", "verifier"];
    // Ids and types of such things are none.
    let harmless = name.ends_with("_id") || name.ends_with("_type") || name == "status_code";
    !harmless && parts.iter().any(|part| name.contains(part))
}
