//! How a request is put together: route, credentials, headers, body.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::uri::{Parts, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::context::{Context, Half};
use crate::model::{MemberId, MemberSessionId, Minutes, Timestamp};
use crate::project::Project;
use crate::secret::{IntermediateSessionToken, SessionToken};
use crate::state::Active;
use crate::surface::{Side, Surface};
use crate::transport::{Repeat, Request, RequestInfo};
use crate::wire::json::JsonObject;
use crate::wire::scratch::Scratch;

const X_SDK_CLIENT: HeaderName = HeaderName::from_static("x-sdk-client");
const X_SDK_PARENT_HOST: HeaderName = HeaderName::from_static("x-sdk-parent-host");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An endpoint's path on both surfaces, and whether its request may be repeated.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    frontend: &'static str,
    backend: &'static str,
    repeat: Repeat,
}

impl Route {
    pub(crate) const fn new(frontend: &'static str, backend: &'static str, repeat: Repeat) -> Self {
        Self { frontend, backend, repeat }
    }

    fn template(self, side: Side) -> &'static str {
        match side {
            Side::Frontend => self.frontend,
            Side::Backend => self.backend,
        }
    }
}

/// A route whose path is the same on both surfaces but for the prefix.
macro_rules! route {
    ($path:literal, $repeat:ident) => {
        $crate::wire::request::Route::new(
            concat!("/sdk/v1", $path),
            concat!("/v1", $path),
            $crate::transport::Repeat::$repeat,
        )
    };
}
pub(crate) use route;

/// A request being written.
#[derive(Debug)]
pub struct Draft<'a, P: Surface> {
    project: &'a Project<P>,
    method: Method,
    route: Route,
    /// Replaces the `{…}` of the route's template, and adds a query.
    path: Option<String>,
    session_token: Option<&'a SessionToken>,
    telemetry_ids: Option<(&'a MemberId, &'a MemberSessionId)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<JsonObject>,
}

impl<P: Surface> Project<P> {
    pub(crate) fn post(&self, route: Route) -> Draft<'_, P> {
        Draft {
            project: self,
            method: Method::POST,
            route,
            path: None,
            session_token: None,
            telemetry_ids: None,
            headers: Vec::new(),
            body: Some(JsonObject::new()),
        }
    }

    pub(crate) fn put(&self, route: Route) -> Draft<'_, P> {
        Draft { method: Method::PUT, ..self.post(route) }
    }

    pub(crate) fn get(&self, route: Route) -> Draft<'_, P> {
        Draft { method: Method::GET, body: None, ..self.post(route) }
    }
}

impl<'a, P: Surface> Draft<'a, P> {
    /// Sends no body at all, not even `{}`.
    pub(crate) fn without_body(mut self) -> Self {
        self.body = None;
        self
    }

    /// Fills the first `{…}` of the path with one percent-encoded segment.
    pub(crate) fn segment(mut self, value: &str) -> Self {
        let path = self.path.take().unwrap_or_else(|| self.route.template(P::SIDE).to_owned());
        self.path = Some(match (path.split_once('{'), path.split_once('}')) {
            (Some((before, _)), Some((_, after))) => {
                let mut path = before.to_owned();
                percent_encode(value, &mut path);
                path.push_str(after);
                path
            }
            _ => path,
        });
        self
    }

    /// Adds a query parameter.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        let mut path = self.path.take().unwrap_or_else(|| self.route.template(P::SIDE).to_owned());
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(name);
        path.push('=');
        percent_encode(value, &mut path);
        self.path = Some(path);
        self
    }

    /// The session the request is about: in the header on the frontend, in the body on the
    /// backend.
    pub(crate) fn session(mut self, session: &'a Active) -> Self {
        self.telemetry_ids =
            Some((session.member_session.member_id(), session.member_session.member_session_id()));
        self.session_token(&session.token)
    }

    /// As [`Draft::session`], where only the token is known.
    pub(crate) fn session_token(mut self, token: &'a SessionToken) -> Self {
        match P::SIDE {
            Side::Frontend => {
                self.session_token = Some(token);
                self
            }
            Side::Backend => self.field("session_token", token.secret()),
        }
    }

    /// The intermediate session: in the body on both surfaces, never in a header.
    pub(crate) fn intermediate(self, token: &IntermediateSessionToken) -> Self {
        self.field("intermediate_session_token", token.secret())
    }

    pub(crate) fn field(mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.body.get_or_insert_with(JsonObject::new).member(name, value);
        self
    }

    /// Absent fields are left out, never sent as `null`.
    pub(crate) fn optional(self, name: &str, value: Option<&(impl Serialize + ?Sized)>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// The duration of a session that is about to be minted: the frontend demands one, the backend
    /// has its own default.
    pub(crate) fn minted_duration(self, duration: Option<Minutes>) -> Self {
        let duration = match P::SIDE {
            Side::Frontend => Some(duration.unwrap_or(Minutes::DEFAULT)),
            Side::Backend => duration,
        };
        self.optional("session_duration_minutes", duration.as_ref())
    }

    /// A header that carries a credential.
    pub(crate) fn sensitive_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    pub(crate) fn finish(self, context: &Context<'_>) -> Request {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(AUTHORIZATION, self.authorization());
        headers.insert(CONTENT_TYPE, JSON);
        if P::SIDE == Side::Frontend {
            headers.insert(X_SDK_CLIENT, self.telemetry(context));
            if let Some(origin) = &self.project.parent_host {
                headers.insert(X_SDK_PARENT_HOST, origin.clone());
            }
        }
        headers.extend(self.headers.iter().cloned());
        let info = RequestInfo::new(self.route.template(P::SIDE), self.route.repeat);
        let mut request = Request::new(Vec::new());
        *request.uri_mut() = self.uri();
        *request.method_mut() = self.method;
        *request.headers_mut() = headers;
        request.extensions_mut().insert(info);
        if let Some(body) = self.body {
            *request.body_mut() = body.finish();
        }
        request
    }

    fn uri(&self) -> Uri {
        let base = &self.project.base;
        let template = self.route.template(P::SIDE);
        let path = match (&self.path, &*base.prefix) {
            (None, "") => PathAndQuery::from_static(template),
            (path, prefix) => {
                let path = path.as_deref().unwrap_or(template);
                // Segments are percent-encoded and bounded, and the prefix came out of a URL, so
                // this is always a path.
                PathAndQuery::try_from([prefix, path].concat())
                    .unwrap_or_else(|_| PathAndQuery::from_static(template))
            }
        };
        let mut parts = Parts::default();
        parts.scheme = Some(base.scheme.clone());
        parts.authority = Some(base.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// `Basic base64(user ":" password)`: on the frontend the password is the session token or,
    /// where there is none, the public token again; on the backend it is the project's secret.
    fn authorization(&self) -> HeaderValue {
        let user = &*self.project.user;
        let password = match (&self.project.secret, self.session_token) {
            (Some(secret), _) => secret.secret(),
            (None, Some(token)) => token.secret(),
            (None, None) => user,
        };
        let mut credential = Zeroizing::new(Scratch::new());
        credential.extend(&[user.as_bytes(), b":", password.as_bytes()]);
        let mut value = base64_header("Basic ", credential.bytes());
        value.set_sensitive(true);
        value
    }

    fn telemetry(&self, context: &Context<'_>) -> HeaderValue {
        let event = context.seed().uuid(Half::First);
        let sent_at = Timestamp::from(context.now()).rfc3339_millis();
        // Continues the object that the head begins.
        let mut text = Scratch::new();
        text.extend(&[b",\"event_id\":\"event-id-", &event]);
        text.extend(&[b"\",\"client_sent_at\":\"", &sent_at, b"\""]);
        if let Some((member, session)) = self.telemetry_ids {
            text.extend(&[b",\"stytch_member_id\":"]);
            text.json(member.as_str());
            text.extend(&[b",\"stytch_member_session_id\":"]);
            text.json(session.as_str());
        }
        text.extend(&[b"}"]);
        base64_header(&context.application().telemetry_head, text.bytes())
    }
}

/// `prefix` and the base64 of `bytes`, allocated once: a header value takes it over as it is.
fn base64_header(prefix: &str, bytes: &[u8]) -> HeaderValue {
    let encoded = bytes.len().div_ceil(3).saturating_mul(4);
    let mut text = vec![0; prefix.len().saturating_add(encoded)];
    if let Some((start, rest)) = text.split_at_mut_checked(prefix.len()) {
        start.copy_from_slice(prefix.as_bytes());
        // It has the length that this takes.
        let written = STANDARD.encode_slice(bytes, rest);
        debug_assert_eq!(written, Ok(encoded));
    }
    // Base64 after a fixed ASCII prefix is always a header value.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// One path segment or query value: everything but RFC 3986's unreserved characters is encoded,
/// and the segments `.` and `..`, which clients and servers resolve, are too.
fn percent_encode(value: &str, path: &mut String) {
    let dots = matches!(value, "." | "..");
    for byte in value.bytes() {
        match byte {
            b'.' if dots => path.push_str("%2E"),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                path.push(char::from(byte));
            }
            _ => {
                // Writing into a string cannot fail.
                let written = write!(path, "%{byte:02X}");
                debug_assert!(written.is_ok());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::percent_encode;

    #[test]
    fn segments_stay_one_segment() {
        for (value, encoded) in [
            ("member-test-1", "member-test-1"),
            ("a/b?c#d e", "a%2Fb%3Fc%23d%20e"),
            ("..", "%2E%2E"),
            (".", "%2E"),
            ("..a", "..a"),
            ("\u{e9}{}%", "%C3%A9%7B%7D%25"),
        ] {
            let mut path = String::new();
            percent_encode(value, &mut path);
            assert_eq!(path, encoded);
        }
    }
}
