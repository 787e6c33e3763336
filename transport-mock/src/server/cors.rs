//! What lets web pages of any origin use the API, and only the API.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// The headers that the API's clients send beyond what every page may send.
const HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, x-sdk-client, x-sdk-parent-host");

/// The methods that the API has.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE");

/// The origin of a request, to be reflected in whatever is answered.
#[derive(Clone, Debug)]
pub(super) struct Origin(Option<HeaderValue>);

impl Origin {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self(headers.get(ORIGIN).cloned())
    }

    /// Lets pages of this origin read the answer. A star does not do: with it, browsers hide
    /// answers to requests that carry credentials.
    pub(super) fn allow<B>(&self, mut answer: http::Response<B>) -> http::Response<B> {
        let headers = answer.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = &self.0 {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        answer
    }
}

/// Whether a browser asks if it may send another request.
pub(super) fn is_preflight<B>(request: &http::Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight, but for the origin. It is the same for every path, and no request to
/// the API: it needs no credentials, meets no fault and is not remembered.
pub(super) fn preflight<B: Default>() -> http::Response<B> {
    let mut answer = http::Response::new(B::default());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    answer.headers_mut().insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}
