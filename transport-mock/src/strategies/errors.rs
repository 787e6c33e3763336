//! Errors of every kind.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::replies::{self, Reply};

/// The error types that the API documents, as far as they are about members and their sessions, by
/// their statuses.
const DOCUMENTED: &[(u16, &[&str])] = &[
    (
        400,
        &[
            "bad_request",
            "action_available_only_for_active_members",
            "action_available_only_once_primary_authentication_is_met",
            "action_not_allowed_email_domain_is_claimed",
            "active_totp_exists",
            "ad_blocker_detected",
            "bad_app_bundle_for_stytch_sdk",
            "bad_domain_for_stytch_sdk",
            "bad_vertical_for_stytch_sdk",
            "cross_org_passwords_not_enabled",
            "custom_claims_too_large",
            "default_mfa_member_missing_factor",
            "downstream_carrier_error",
            "duplicate_email",
            "duplicate_member_phone_number",
            "expired_totp",
            "inactive_email",
            "insufficient_factors",
            "insufficient_factors_for_session_exchange",
            "invalid_authorization_header",
            "invalid_code",
            "invalid_consumer_endpoint",
            "invalid_email",
            "invalid_intermediate_session_token_for_organization",
            "invalid_locale",
            "invalid_organization_id",
            "invalid_organization_slug",
            "invalid_phone_number",
            "invalid_public_token_id",
            "invalid_recovery_code",
            "invalid_session_duration",
            "invalid_session_duration_minutes",
            "invalid_session_token",
            "invalid_token_organization_id_claim",
            "invalid_totp_code",
            "jwt_invalid_audience",
            "jwt_invalid_claims",
            "jwt_invalid_issuer",
            "live_id_used_in_test_environment",
            "member_reset_password",
            "member_session_member_id_mismatch",
            "no_active_recovery_code_backed_factor",
            "no_match_for_provided_oauth_url",
            "no_session_arguments",
            "no_session_revoke_arguments",
            "oauth_access_token_exchange_missing_full_access",
            "oauth_access_token_exchange_token_invalid_grant",
            "oauth_access_token_exchange_token_too_old",
            "operation_restricted_by_organization_auth_methods",
            "operation_restricted_by_organization_mfa_methods",
            "organization_slug_already_used",
            "pending_totp_exists",
            "pkce_did_not_expect_code_verifier",
            "pkce_expected_code_verifier",
            "pkce_mismatch",
            "recovery_code_used_as_totp_code",
            "reserved_claims_in_custom_claims",
            "reset_password",
            "session_not_mutable",
            "session_too_old_to_reset_password",
            "stytch_claims_in_custom_claims",
            "test_id_used_in_live_environment",
            "token_missing_organization_id_claim",
            "too_many_session_arguments",
            "too_many_session_revoke_arguments",
            "totp_code_used_as_recovery_code",
            "unable_to_parse_session_jwt",
            "weak_password",
        ],
    ),
    (
        401,
        &[
            "attribute_mismatch",
            "cname_invalid_for_http_only_cookies",
            "cname_required_for_http_only_cookies",
            "endpoint_not_authorized_for_sdk",
            "enterprise_endpoint",
            "invalid_project_id_authentication",
            "invalid_secret_authentication",
            "invalid_trusted_auth_token",
            "stale_factors",
            "totp_code_already_authenticated",
            "unable_to_auth_impersonation_token",
            "unable_to_auth_magic_link",
            "unable_to_auth_otp_code",
            "unable_to_auth_password_reset_token",
            "unable_to_authenticate_recovery_code",
            "unable_to_authenticate_totp",
            "unauthorized_credentials",
            "user_unauthenticated",
        ],
    ),
    (
        403,
        &[
            "captcha_required",
            "member_impersonation_not_allowed",
            "organization_suspended",
            "session_authorization_error",
            "session_authorization_tenancy_error",
            "unauthorized_action",
            "use_https",
        ],
    ),
    (
        404,
        &[
            "email_not_found",
            "intermediate_session_not_found",
            "magic_link_not_found",
            "member_not_found",
            "member_password_not_found",
            "member_phone_number_not_found",
            "oauth_token_not_found",
            "organization_not_found",
            "otp_code_not_found",
            "project_not_found",
            "public_token_not_found",
            "recovery_codes_not_found",
            "route_not_found",
            "secondary_factor_not_found",
            "session_not_found",
            "sso_token_not_found",
            "totp_not_found",
            "trusted_token_profile_not_found",
            "user_not_found",
        ],
    ),
    (405, &["method_not_allowed"]),
    (
        429,
        &[
            "captcha_failed",
            "too_few_tokens_authenticated",
            "too_many_requests",
            "user_lock_limit_reached",
        ],
    ),
    (499, &["client_closed_request"]),
    (500, &["internal_server_error"]),
    (503, &["server_unavailable"]),
];

/// An error's status and type: mostly one that the API documents, some of them those that end a
/// session, else one of the future.
///
/// It shrinks to `bad_request`. Source: the error reference of the API; statuses that it does not
/// confirm are the likely ones.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|((status, error_type) in strategies::error_type())| {
///     prop_assert!((400..600).contains(&status) && !error_type.is_empty());
/// });
/// ```
pub fn error_type() -> impl Strategy<Value = (u16, String)> {
    let all: Vec<(u16, &str)> = DOCUMENTED
        .iter()
        .flat_map(|(status, names)| names.iter().map(move |name| (*status, *name)))
        .collect();
    // Those by which a client may take a session for gone, or must not.
    let weighty = select(
        &[
            (404, "session_not_found"),
            (401, "unauthorized_credentials"),
            (401, "user_unauthenticated"),
            (401, "invalid_secret_authentication"),
            (404, "intermediate_session_not_found"),
            (429, "session_not_found"),
            (500, "session_not_found"),
        ][..],
    );
    let own = |(status, name): (u16, &str)| (status, name.to_owned());
    let unknown =
        (select(&[400_u16, 401, 403, 404, 409, 429, 500][..]), "[a-z]{2,8}(_[a-z]{2,8}){1,3}");
    prop_oneof![
        4 => select(all).prop_map(own),
        2 => weighty.prop_map(own),
        1 => unknown,
    ]
}

/// An error of the API: whole, or without what may be absent, with details, a `Retry-After`, or the
/// content type `text/plain`.
///
/// It shrinks to a whole one. The same on both surfaces.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(reply in strategies::error())| {
///     let reply: http::Response<Vec<u8>> = reply.into();
///     let body: serde_json::Value = serde_json::from_slice(reply.body()).expect("JSON");
///     prop_assert!(body["error_type"].is_string());
/// });
/// ```
pub fn error() -> impl Strategy<Value = Reply> {
    let rarely = || prop::bool::weighted(0.2);
    let absent = (rarely(), rarely(), rarely());
    let retry_after = prop::option::weighted(0.2, 0..7200_u32);
    (error_type(), absent, rarely(), rarely(), retry_after).prop_map(
        |((status, error_type), (id, url, message), details, plain, retry_after)| {
            let mut reply = replies::error(&error_type, status);
            for (is_absent, name) in
                [(id, "request_id"), (url, "error_url"), (message, "error_message")]
            {
                if is_absent {
                    reply = reply.without(name);
                }
            }
            if details {
                reply = reply.field("error_details", json!({ "hint": ["of the future"] }));
            }
            if let Some(seconds) = retry_after {
                reply = reply.header("retry-after", &seconds.to_string());
            }
            if plain { reply.header("content-type", "text/plain; charset=utf-8") } else { reply }
        },
    )
}

/// The frontend's schema error: a list of one to three mistakes in the request's `body`, `params` or
/// `query`, with status 400 and no error type.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(reply in strategies::schema_error())| {
///     let reply: http::Response<Vec<u8>> = reply.into();
///     prop_assert_eq!(reply.status(), 400);
/// });
/// ```
pub fn schema_error() -> impl Strategy<Value = Reply> {
    let mistake = select(
        &[
            ("type", "should be number"),
            ("minimum", "should be >= 5"),
            ("required", "should have required property"),
            ("additionalProperties", "should NOT have additional properties"),
        ][..],
    );
    let finding = (mistake, "[a-z]{1,8}(_[a-z]{1,8})?").prop_map(|((keyword, message), field)| {
        json!({
            "keyword": keyword,
            "dataPath": format!(".{field}"),
            "schemaPath": format!("#/properties/{field}/{keyword}"),
            "params": {},
            "message": message,
        })
    });
    (select(&["body", "params", "query"][..]), vec(finding, 1..=3))
        .prop_map(|(place, findings)| replies::raw(400, json!({ place: findings }).to_string()))
}

/// An error in the style of OAuth (RFC 6749, section 5.2), as endpoints around access tokens answer:
/// `error`, and `error_description` and `error_uri` or not.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(reply in strategies::oauth_error())| {
///     let reply: http::Response<Vec<u8>> = reply.into();
///     let body: serde_json::Value = serde_json::from_slice(reply.body()).expect("JSON");
///     prop_assert!(body["error"].is_string() && body.get("error_type").is_none());
/// });
/// ```
pub fn oauth_error() -> impl Strategy<Value = Reply> {
    let code = select(
        &[
            (400, "invalid_grant"),
            (400, "invalid_request"),
            (400, "unauthorized_client"),
            (401, "invalid_client"),
            (401, "invalid_token"),
            (403, "insufficient_scope"),
        ][..],
    );
    (code, any::<bool>(), any::<bool>()).prop_map(|((status, error), brief, no_uri)| {
        let mut body = json!({
            "status_code": status,
            "request_id": replies::REQUEST_ID,
            "error": error,
            "error_description": "The grant is not valid.",
            "error_uri": "https://stytch.com/docs",
        });
        if let Some(fields) = body.as_object_mut() {
            if brief {
                fields.remove("error_description");
            }
            if no_uri {
                fields.remove("error_uri");
            }
        }
        replies::raw(status, body.to_string())
    })
}

/// A refusal or redirection that is not the API's: an HTML page, plain text or nothing at all, with a
/// status of 300 to 599 other than 304.
///
/// It shrinks to an HTML page with 502. The texts may look like an error of the API.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(reply in strategies::page())| {
///     let reply: http::Response<Vec<u8>> = reply.into();
///     prop_assert!(serde_json::from_slice::<serde_json::Value>(reply.body())
///         .map_or(true, |body| !body.is_object()));
/// });
/// ```
pub fn page() -> impl Strategy<Value = Reply> {
    let status = select(&[502_u16, 503, 504, 500, 429, 401, 403, 404, 407, 302, 307][..]);
    let text = select(
        &["", "session_not_found", "\"session_not_found\"", "null", "[]", "Unauthorized", "{"][..],
    );
    let html = status.clone().prop_map(replies::html);
    let plain = (status, text)
        .prop_map(|(status, text)| replies::raw(status, text).header("content-type", "text/plain"));
    prop_oneof![2 => html, 1 => plain]
}

/// Any answer that is no success: [`error`], [`schema_error`], [`oauth_error`] or [`page`].
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(reply in strategies::refusal())| {
///     let reply: http::Response<Vec<u8>> = reply.into();
///     prop_assert!(!reply.status().is_success());
/// });
/// ```
pub fn refusal() -> impl Strategy<Value = Reply> {
    prop_oneof![4 => error(), 1 => schema_error(), 1 => oauth_error(), 2 => page()]
}
