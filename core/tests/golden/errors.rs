//! Each error body, as the answer to a refresh, an exchange and a login.

use stytch_session::{ApiErrorKind, Backend, Error, ErrorKind, Frontend, Response};

use crate::common::attempt::{After, attempt};
use crate::common::{Side, fixture_bytes, noon};

use ErrorKind::{NotTheApi, RateLimited, Refused, ServerFailed, SessionGone};

/// Which refreshes the error ends.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    No,
    Frontend,
    Both,
}

const TYPED: Option<ApiErrorKind> = Some(ApiErrorKind::Api);

/// Body, status, kind, shape, `error_type` (`*` stands for the body's name), whether it has a
/// `request_id`, and which refreshes it ends.
type Row = (&'static str, u16, ErrorKind, Option<ApiErrorKind>, Option<&'static str>, bool, Ends);

const fn refused(name: &'static str, status: u16) -> Row {
    (name, status, Refused, TYPED, Some("*"), true, Ends::No)
}

const ROWS: &[Row] = &[
    ("session_not_found.json", 404, SessionGone, TYPED, Some("*"), true, Ends::Both),
    (
        "session_not_found.without_request_id.json",
        404,
        SessionGone,
        TYPED,
        Some("session_not_found"),
        false,
        Ends::Both,
    ),
    ("user_unauthenticated.json", 401, SessionGone, TYPED, Some("*"), true, Ends::Both),
    ("unauthorized_credentials.json", 401, Refused, TYPED, Some("*"), true, Ends::Frontend),
    ("invalid_secret_authentication.json", 401, Refused, TYPED, Some("*"), true, Ends::Frontend),
    ("intermediate_session_not_found.json", 404, SessionGone, TYPED, Some("*"), true, Ends::No),
    ("too_many_requests.json", 429, RateLimited, TYPED, Some("*"), true, Ends::No),
    ("user_lock_limit_reached.json", 429, RateLimited, TYPED, Some("*"), true, Ends::No),
    ("internal_server_error.json", 500, ServerFailed, TYPED, Some("*"), true, Ends::No),
    ("server_unavailable.json", 503, ServerFailed, TYPED, Some("*"), true, Ends::No),
    ("unknown_type.json", 418, Refused, TYPED, Some("planet_out_of_alignment"), true, Ends::No),
    (
        "with_details.json",
        400,
        Refused,
        TYPED,
        Some("invalid_email_for_jit_provisioning"),
        true,
        Ends::No,
    ),
    ("schema.body.json", 400, Refused, Some(ApiErrorKind::Schema), None, false, Ends::No),
    ("schema.params.json", 400, Refused, Some(ApiErrorKind::Schema), None, false, Ends::No),
    ("schema.query.json", 400, Refused, Some(ApiErrorKind::Schema), None, false, Ends::No),
    (
        "oauth_style.json",
        400,
        Refused,
        Some(ApiErrorKind::OAuth),
        Some("invalid_grant"),
        true,
        Ends::No,
    ),
    ("captcha_page.html", 403, NotTheApi, None, None, false, Ends::No),
    refused("action_available_only_once_primary_authentication_is_met.json", 400),
    refused("active_totp_exists.json", 400),
    refused("bad_request.json", 400),
    refused("captcha_required.json", 403),
    refused("endpoint_not_authorized_for_sdk.json", 401),
    refused("insufficient_factors_for_session_exchange.json", 400),
    refused("invalid_authorization_header.json", 400),
    refused("invalid_intermediate_session_token_for_organization.json", 400),
    refused("invalid_session_duration.json", 400),
    refused("invalid_session_duration_minutes.json", 400),
    refused("invalid_session_token.json", 400),
    refused("magic_link_not_found.json", 404),
    refused("member_not_found.json", 404),
    refused("no_session_arguments.json", 400),
    refused("no_session_revoke_arguments.json", 400),
    refused("organization_not_found.json", 404),
    refused("organization_slug_already_used.json", 400),
    refused("otp_code_not_found.json", 404),
    refused("session_authorization_error.json", 403),
    refused("session_authorization_tenancy_error.json", 403),
    refused("too_many_session_arguments.json", 400),
    refused("too_many_session_revoke_arguments.json", 400),
    refused("unable_to_auth_magic_link.json", 401),
    refused("unable_to_auth_otp_code.json", 401),
    refused("unable_to_authenticate_recovery_code.json", 401),
    refused("unable_to_authenticate_totp.json", 401),
    refused("unable_to_parse_session_jwt.json", 400),
    refused("unauthorized_action.json", 403),
];

/// Whether the table knows the body of this name, without `error.`.
pub(crate) fn knows(name: &str) -> bool {
    ROWS.iter().any(|row| row.0 == name)
}

/// An error is told by its content: the content type says nothing.
const CONTENT_TYPES: [Option<&str>; 3] =
    [Some("application/json"), Some("text/plain; charset=utf-8"), None];

#[test]
fn error_bodies() {
    for row in ROWS {
        for content_type in CONTENT_TYPES {
            let mut response = http::Response::builder().status(row.1);
            if let Some(content_type) = content_type {
                response = response.header("content-type", content_type);
            }
            let body = fixture_bytes(&format!("error.{}", row.0));
            let response = response.body(body).unwrap();
            check::<Frontend>(row, &response, row.6 != Ends::No);
            check::<Backend>(row, &response, row.6 == Ends::Both);
        }
    }
}

fn check<P: Side>(row: &Row, response: &Response, ends_a_refresh: bool) {
    for (step, from) in [("authenticate", "A"), ("exchange", "A"), ("login", "N")] {
        let what = format!("{} to {step} on the {}", row.0, P::NAME);
        let attempt = attempt::<P>(step, from, response, noon()).unwrap();
        let ends = step == "authenticate" && ends_a_refresh;
        assert_eq!(attempt.letter(), if ends { "over" } else { "=" }, "{what}");
        assert_eq!(matches!(attempt.after, After::Ended { .. }), ends, "{what}");
        check_error(&what, row, attempt.after.error());
    }
}

fn check_error(what: &str, row: &Row, error: &Error) {
    let (name, status, kind, shape, error_type, has_request_id, _) = *row;
    let name = name.strip_suffix(".json").unwrap_or(name);
    let error_type = error_type.map(|text| if text == "*" { name } else { text });
    assert_eq!(error.kind(), kind, "{what}");
    assert_eq!(error.status().unwrap().as_u16(), status, "{what}");
    assert_eq!(error.error_type(), error_type, "{what}");
    assert_eq!(error.api().map(stytch_session::ApiError::kind), shape, "{what}");
    assert_eq!(error.is_session_gone(), kind == SessionGone, "{what}");
    assert_eq!(error.is_retryable(), matches!(kind, RateLimited | ServerFailed), "{what}");
    assert!(error.can_have_reached_server(), "{what}");
    let body = fixture_bytes(&format!("error.{}", row.0));
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    assert_eq!(error.request_id(), body["request_id"].as_str(), "{what}");
    assert_eq!(error.request_id().is_some(), has_request_id, "{what}");
    let Some(api) = error.api() else { return };
    match api.kind() {
        ApiErrorKind::Api => {
            assert_eq!(api.message(), body["error_message"].as_str(), "{what}");
            assert_eq!(api.url(), body["error_url"].as_str(), "{what}");
        }
        ApiErrorKind::OAuth => {
            assert_eq!(api.message(), body["error_description"].as_str(), "{what}");
            assert_eq!(api.url(), body["error_uri"].as_str(), "{what}");
        }
        _ => assert!(api.message().unwrap().contains("should"), "{what}: {:?}", api.message()),
    }
    let shown = error.to_string();
    assert!(shown.contains(&status.to_string()), "{what}: {shown}");
    assert!(error_type.is_none_or(|text| shown.contains(text)), "{what}: {shown}");
}
