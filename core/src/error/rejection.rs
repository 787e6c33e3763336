//! The one table that decides whether an error ends a session.

use http::StatusCode;

use super::{ApiErrorKind, Error};
use crate::surface::Side;

/// What a request asked about, and so what its refusal can mean. A request that asks something
/// else (an exchange, a login, a step-up, a token from outside) cannot end a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whether this session lives: a refresh or a revoke. Nothing else can end an active session.
    Session,
    /// To go on from an intermediate session.
    Intermediate,
}

/// Whether the server said, with this error, that the session asked about is gone.
///
/// Only an answer of the API with a status from 400 to 499 other than 429 can say so, and only by
/// one of these types. On the backend, `unauthorized_credentials` and
/// `invalid_secret_authentication` speak of the project's secret, not of the session.
pub(crate) fn is_rejection(asked: Asked, side: Side, error: &Error) -> bool {
    let Some(error) = error.api() else { return false };
    let status = error.status();
    if error.kind() != ApiErrorKind::Api
        || !status.is_client_error()
        || status == StatusCode::TOO_MANY_REQUESTS
    {
        return false;
    }
    let Some(error_type) = error.raw_type() else { return false };
    match (asked, side) {
        (Asked::Session, Side::Frontend) => matches!(
            error_type,
            "session_not_found"
                | "unauthorized_credentials"
                | "user_unauthenticated"
                | "invalid_secret_authentication"
        ),
        (Asked::Session, Side::Backend) => {
            matches!(error_type, "session_not_found" | "user_unauthenticated")
        }
        (Asked::Intermediate, _) => error_type == "intermediate_session_not_found",
    }
}

/// The types by which the API says that a session is not known, whoever asked.
pub(super) fn speaks_of_a_dead_session(error_type: &str) -> bool {
    matches!(
        error_type,
        "session_not_found" | "user_unauthenticated" | "intermediate_session_not_found"
    )
}
