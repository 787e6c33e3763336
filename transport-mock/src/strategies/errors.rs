//! Errors of every kind.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::replies::{self, Reply};

/// Error types that the API documents, with their statuses.
const TYPES: &[(u16, &str)] = &[
    (400, "bad_request"),
    (400, "insufficient_factors_for_session_exchange"),
    (400, "invalid_session_duration_minutes"),
    (400, "pkce_mismatch"),
    (400, "too_many_session_arguments"),
    (401, "invalid_secret_authentication"),
    (401, "unable_to_auth_magic_link"),
    (401, "unable_to_auth_otp_code"),
    (401, "unable_to_authenticate_totp"),
    (401, "unauthorized_credentials"),
    (401, "user_unauthenticated"),
    (403, "organization_suspended"),
    (403, "session_authorization_error"),
    (404, "intermediate_session_not_found"),
    (404, "member_not_found"),
    (404, "organization_not_found"),
    (404, "otp_code_not_found"),
    (404, "session_not_found"),
    (405, "method_not_allowed"),
    (429, "too_many_requests"),
    (429, "user_lock_limit_reached"),
    (500, "internal_server_error"),
    (503, "server_unavailable"),
];

/// An error's status and type: a documented one, or one of the future.
pub fn error_type() -> impl Strategy<Value = (u16, String)> {
    let documented = select(TYPES).prop_map(|(status, name)| (status, name.to_owned()));
    let unknown =
        (select(&[400_u16, 401, 403, 404, 409, 429, 500][..]), "[a-z]{2,8}(_[a-z]{2,8}){1,3}");
    prop_oneof![4 => documented, 1 => unknown]
}

/// An error of the API: whole, or without what may be absent.
pub fn error() -> impl Strategy<Value = Reply> {
    (error_type(), 0..6_u8).prop_map(|((status, error_type), what)| {
        let reply = replies::error(&error_type, status);
        match what {
            1 => reply.without("request_id"),
            2 => reply.without("error_url"),
            3 => reply.without("error_message"),
            4 => reply.field("error_details", json!({ "hint": ["of the future"] })),
            _ => reply,
        }
    })
}
