//! Errors that the API itself answers.

use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::redact::ServerText;
use super::{documented, rejection};

/// The API refused a request and said why.
///
/// All text in it comes from the server: control characters are removed, it is cut to a bounded
/// length, and secrets that the request carried are replaced by `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError {
    kind: ApiErrorKind,
    status: StatusCode,
    error_type: Option<ServerText>,
    message: Option<ServerText>,
    url: Option<ServerText>,
    request_id: Option<ServerText>,
    retry_after: Option<Duration>,
}

/// The shapes in which the API refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// The usual shape, with an `error_type`.
    Api,
    /// A mistake in the request that the frontend surface found before the API saw it (arrays
    /// `body`, `params`, `query`). It has no `error_type`.
    Schema,
    /// The shape of OAuth: `error` stands for the type, `error_description` for the message.
    OAuth,
}

impl ApiError {
    pub(crate) const fn new(kind: ApiErrorKind, status: StatusCode) -> Self {
        Self {
            kind,
            status,
            error_type: None,
            message: None,
            url: None,
            request_id: None,
            retry_after: None,
        }
    }

    pub(crate) fn with_error_type(self, text: Option<&str>) -> Self {
        Self { error_type: text.map(|text| ServerText::new(text, 128)), ..self }
    }

    pub(crate) fn with_message(self, text: Option<&str>) -> Self {
        Self { message: text.map(|text| ServerText::new(text, 1024)), ..self }
    }

    pub(crate) fn with_url(self, text: Option<&str>) -> Self {
        Self { url: text.map(|text| ServerText::new(text, 512)), ..self }
    }

    pub(crate) fn with_request_id(self, text: Option<&str>) -> Self {
        Self { request_id: text.map(|text| ServerText::new(text, 128)), ..self }
    }

    pub(crate) fn with_retry_after(self, wait: Option<Duration>) -> Self {
        Self { retry_after: wait, ..self }
    }
}

impl ApiError {
    /// The shape of the error.
    #[must_use]
    pub const fn kind(&self) -> ApiErrorKind {
        self.kind
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The API's name of the mistake, such as `session_not_found`. One that the documentation does
    /// not name and that has a secret of the request in it is `[redacted]`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.error_type.as_ref().map(ServerText::as_str)
    }

    /// The API's words for people. Do not match on them.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_ref().map(ServerText::as_str)
    }

    /// A page of Stytch's documentation about this mistake.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_ref().map(ServerText::as_str)
    }

    /// The id of the request, to name to Stytch's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref().map(ServerText::as_str)
    }

    /// How long the server asked to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    pub(super) fn speaks_of_a_dead_session(&self) -> bool {
        self.kind == ApiErrorKind::Api
            && self.raw_type().is_some_and(rejection::speaks_of_a_dead_session)
    }

    /// The type as it came: to decide by, never to show.
    pub(super) fn raw_type(&self) -> Option<&str> {
        self.error_type.as_ref().map(ServerText::raw)
    }

    pub(super) fn redact(&mut self, secrets: &[&str]) {
        for text in [&mut self.message, &mut self.url, &mut self.request_id].into_iter().flatten() {
            text.redact(secrets);
        }
        if let Some(error_type) = &mut self.error_type {
            if !documented::is_documented(error_type.raw()) {
                error_type.redact_whole(secrets);
            }
        }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("error_type", &self.error_type())
            .field("message", &self.message())
            .field("request_id", &self.request_id())
            .field("retry_after", &self.retry_after)
            .finish()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server refused")?;
        if let Some(message) = self.message() {
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        write!(f, " ({}", self.status.as_u16())?;
        match (self.kind, self.error_type()) {
            (ApiErrorKind::Schema, _) => f.write_str(" schema error")?,
            (_, Some(error_type)) => write!(f, " {error_type}")?,
            (_, None) => {}
        }
        if let Some(request_id) = self.request_id() {
            write!(f, ", request {request_id}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for ApiError {}
