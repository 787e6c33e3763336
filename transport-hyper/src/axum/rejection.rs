//! What is answered to whom is not let in.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use ::axum::body::Body;
use ::axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use stytch_session::jwt::{AuthenticateJwtError, JwtErrorKind};
use stytch_session::{Error, ErrorKind};

use super::credential::CredentialError;

/// After how many seconds to ask again: keys and policies are not fetched more often than twice in so
/// many.
const PAUSE: HeaderValue = HeaderValue::from_static("30");

/// Why a request was not let in, as far as the one who asks is told; a response by itself.
///
/// | kind | status | headers | body |
/// | --- | --- | --- | --- |
/// | `Unauthenticated` | 401 | `WWW-Authenticate: Bearer` | `{"error":"unauthenticated"}` |
/// | `Forbidden` | 403 | | `{"error":"forbidden"}` |
/// | `Unavailable` | 503 | `Retry-After: 30` | `{"error":"unavailable"}` |
///
/// All have `Cache-Control: no-store` and `Vary: Authorization, Cookie`. Whether a token was forged, has
/// expired, was revoked or is missing makes no difference.
///
/// The reason is for logs: it is the [`source`](std::error::Error::source), and `Debug` shows it, without
/// secrets. A layer finds the rejection in the response's extensions:
///
/// ```
/// use std::error::Error as _;
/// use axum::response::Response;
/// use stytch_session_hyper::axum::Rejection;
///
/// async fn log(response: Response) -> Response {
///     if let Some(rejection) = response.extensions().get::<Rejection>() {
///         let reason = rejection.source().map(ToString::to_string);
///         eprintln!("{rejection}: {}", reason.unwrap_or_default());
///     }
///     response
/// }
/// # let app = axum::Router::<()>::new().layer(axum::middleware::map_response(log));
/// ```
#[derive(Clone)]
pub struct Rejection {
    kind: RejectionKind,
    reason: Arc<dyn StdError + Send + Sync>,
}

/// The kinds of [`Rejection`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// Nobody is logged in, as far as the request shows.
    Unauthenticated,
    /// The member may not do this.
    Forbidden,
    /// Nobody can tell: the server was not reached, or does not answer as it should. Also if it refuses
    /// the project's credentials, which is no fault of the member's.
    Unavailable,
}

impl RejectionKind {
    /// The status of the response.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn body(self) -> &'static str {
        match self {
            Self::Unauthenticated => r#"{"error":"unauthenticated"}"#,
            Self::Forbidden => r#"{"error":"forbidden"}"#,
            Self::Unavailable => r#"{"error":"unavailable"}"#,
        }
    }
}

impl Rejection {
    pub(super) fn new(kind: RejectionKind, reason: impl StdError + Send + Sync + 'static) -> Self {
        Self { kind, reason: Arc::new(reason) }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> RejectionKind {
        self.kind
    }
}

impl From<CredentialError> for Rejection {
    fn from(error: CredentialError) -> Self {
        Self::new(RejectionKind::Unauthenticated, error)
    }
}

impl From<AuthenticateJwtError> for Rejection {
    fn from(error: AuthenticateJwtError) -> Self {
        let kind = match &error {
            AuthenticateJwtError::Jwt(error) => match error.kind() {
                JwtErrorKind::KeysUnavailable => RejectionKind::Unavailable,
                _ => RejectionKind::Unauthenticated,
            },
            AuthenticateJwtError::Denied(_) => RejectionKind::Forbidden,
            AuthenticateJwtError::Server(error) => kind_of(error),
            // A kind of error that this version does not know lets nobody in, and accuses nobody.
            _ => RejectionKind::Unavailable,
        };
        Self::new(kind, error)
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::new(kind_of(&error), error)
    }
}

/// Whose fault the server's answer is.
fn kind_of(error: &Error) -> RejectionKind {
    match error.kind() {
        ErrorKind::SessionGone | ErrorKind::InvalidInput => RejectionKind::Unauthenticated,
        ErrorKind::Refused => match error.error_type() {
            Some("session_authorization_error" | "session_authorization_tenancy_error") => {
                RejectionKind::Forbidden
            }
            Some(
                "invalid_session_token"
                | "jwt_invalid_audience"
                | "jwt_invalid_claims"
                | "jwt_invalid_issuer"
                | "member_not_found"
                | "organization_suspended"
                | "unable_to_parse_session_jwt",
            ) => RejectionKind::Unauthenticated,
            // All else speaks of the project, of its settings or of what is in between.
            _ => RejectionKind::Unavailable,
        },
        _ => RejectionKind::Unavailable,
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.kind.body()));
        *response.status_mut() = self.kind.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Authorization, Cookie"));
        match self.kind {
            RejectionKind::Unauthenticated => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            RejectionKind::Unavailable => {
                headers.insert(RETRY_AFTER, PAUSE);
            }
            RejectionKind::Forbidden => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("kind", &self.kind).field("reason", &self.reason).finish()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            RejectionKind::Unauthenticated => "nobody is logged in",
            RejectionKind::Forbidden => "the member may not do this",
            RejectionKind::Unavailable => "who asks, or what they may, cannot be found out now",
        })
    }
}

impl StdError for Rejection {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.reason)
    }
}
