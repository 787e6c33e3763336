//! Replies that are not what the API answers.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::de;

use super::redact::ServerText;

/// The status says success, but the body is not what the endpoint answers.
///
/// It says what is wrong and where, and nothing of the body's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    problem: Cow<'static, str>,
    status: Option<StatusCode>,
}

impl DecodeError {
    /// Why a body with an error's `status_code` is no success.
    pub(crate) const NOT_A_SUCCESS: &'static str = "the body speaks of a failure";

    pub(crate) const fn new(problem: &'static str) -> Self {
        Self { problem: Cow::Borrowed(problem), status: None }
    }

    pub(crate) fn at(self, status: StatusCode) -> Self {
        Self { status: Some(status), ..self }
    }

    /// A decoder's error with a problem of our own words.
    pub(crate) fn in_json<E: de::Error>(problem: &'static str) -> E {
        E::custom(problem)
    }

    /// Keeps of a JSON error what is not content of the body: the kind, the names of our fields,
    /// the place.
    pub(crate) fn from_json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // "invalid type: string \"content\", expected …": only what follows is our own text.
        let quotes_content = ["invalid type: ", "invalid value: ", "invalid length ", "unknown "];
        let text = if quotes_content.iter().any(|prefix| text.starts_with(prefix)) {
            match text.rsplit_once(", expected ") {
                Some((_, expected)) => format!("unexpected value, expected {expected}"),
                None => format!("unexpected value at line {}", error.line()),
            }
        } else {
            text
        };
        Self { problem: Cow::Owned(ServerText::new(&text, 512).as_str().to_owned()), status: None }
    }

    /// What is wrong with the body, in words.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// The HTTP status of the reply.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's reply cannot be understood: {}", self.problem)
    }
}

impl std::error::Error for DecodeError {}

/// Something answered that does not speak the API: an error page of a proxy, a redirect, a status
/// without an API error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexpectedReply {
    status: StatusCode,
    retry_after: Option<Duration>,
}

impl UnexpectedReply {
    pub(crate) const fn new(status: StatusCode, retry_after: Option<Duration>) -> Self {
        Self { status, retry_after }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// How long the server asked to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for UnexpectedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        if self.status.is_redirection() {
            write!(f, "a redirect ({status}), which is never followed, in place of an API answer")
        } else {
            write!(f, "an answer with status {status} that is not the API's")
        }
    }
}

impl std::error::Error for UnexpectedReply {}
