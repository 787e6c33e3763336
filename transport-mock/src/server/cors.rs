//! What browsers ask for before they let a page of another origin read an answer.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use stytch_session::{Request, Response};

/// The answer to a preflight, if the request is one.
pub(super) fn preflight(request: &Request) -> Option<Response> {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !is_preflight {
        return None;
    }
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    for (name, value) in [
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-sdk-client, x-sdk-parent-host",
        ),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Some(response)
}

/// Lets the page that asked read the answer: exactly its origin, never `*`, which browsers do not
/// accept beside credentials.
pub(super) fn allow(asked: &HeaderMap, answer: &mut HeaderMap) {
    answer.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = asked.get(ORIGIN) {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}
