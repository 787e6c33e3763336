//! What a handler answers, and how it is written.

use http::{HeaderValue, header};
use serde_json::{Map, Value, json};
use stytch_session::Response;

use super::options::Options;
use super::route::Surface;
use crate::fault::status_code;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// Turns `json!({…})` into an object.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => unreachable!("only called with objects, not {other}"),
    }
}

/// An object of these fields. `json!` would copy values that are JSON already.
pub(crate) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// An API error.
    Api(Problem),
    /// The frontend's schema check: `place` is `body`, `params` or `query`.
    Schema { place: &'static str, finding: Value },
}

/// An API error, by its type and the status that goes with it.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) error_type: String,
}

impl Refusal {
    /// The refusal of this type, with the status it usually has.
    pub(crate) fn new(error_type: &'static str) -> Self {
        Self::Api(Problem { status: usual_status(error_type), error_type: error_type.to_owned() })
    }

    /// The refusal of this type under another status.
    pub(crate) fn with_status(error_type: &str, status: u16) -> Self {
        Self::Api(Problem { status, error_type: error_type.to_owned() })
    }
}

/// The status of each error type that the emulator answers and that is not a 400.
fn usual_status(error_type: &str) -> u16 {
    match error_type {
        "unauthorized_credentials"
        | "user_unauthenticated"
        | "invalid_secret_authentication"
        | "unable_to_auth_otp_code"
        | "unable_to_authenticate_totp"
        | "unable_to_authenticate_recovery_code"
        | "totp_code_already_authenticated"
        | "unable_to_auth_magic_link"
        | "unable_to_auth_password_reset_token"
        | "unable_to_auth_impersonation_token"
        | "invalid_trusted_auth_token"
        | "invalid_project_id_authentication"
        | "endpoint_not_authorized_for_sdk" => 401,
        "session_authorization_error"
        | "session_authorization_tenancy_error"
        | "unauthorized_action"
        | "member_impersonation_not_allowed"
        | "organization_suspended"
        | "captcha_required" => 403,
        "method_not_allowed" => 405,
        "user_lock_limit_reached" | "too_many_requests" | "captcha_failed" => 429,
        "internal_server_error" => 500,
        "server_unavailable" => 503,
        other if other.ends_with("_not_found") => 404,
        _ => 400,
    }
}

fn message(error_type: &str) -> &'static str {
    match error_type {
        "action_available_only_for_active_members" => "The member is not active.",
        "action_available_only_once_primary_authentication_is_met" => {
            "Finish the primary step first."
        }
        "active_totp_exists" => "The member has an authenticator app.",
        "bad_app_bundle_for_stytch_sdk" => "This program is not on the project's list.",
        "bad_domain_for_stytch_sdk" => "This origin is not on the project's list.",
        "bad_request" => "The request is not valid.",
        "bad_vertical_for_stytch_sdk" => "Paths of this project begin with b2b.",
        "captcha_failed" => "The captcha was not solved.",
        "captcha_required" => "Solve a captcha first.",
        "cross_org_passwords_not_enabled" => "A password holds in its organization only.",
        "custom_claims_too_large" => "The custom claims exceed 4 KB.",
        "downstream_carrier_error" => "The carrier refused the message.",
        "duplicate_email" => "An active member has this e-mail address.",
        "endpoint_not_authorized_for_sdk" => "The project does not let the frontend do this.",
        "expired_totp" => "The registration of the authenticator app has expired.",
        "insufficient_factors" => "The factors proven so far do not suffice.",
        "insufficient_factors_for_session_exchange" => "No factor of the session holds elsewhere.",
        "intermediate_session_not_found" => "There is no such intermediate session.",
        "internal_server_error" => "Something broke on our side.",
        "invalid_authorization_header" => "The authorization header cannot be read.",
        "invalid_code" | "invalid_recovery_code" | "invalid_totp_code" => "This cannot be a code.",
        "invalid_consumer_endpoint" => "Paths of this project begin with b2b.",
        "invalid_email" => "This is no e-mail address.",
        "invalid_intermediate_session_token_for_organization" => {
            "The token belongs to another organization."
        }
        "invalid_locale" => "There is no such locale.",
        "invalid_organization_slug" => "A slug has 2 to 128 letters, digits and -._~.",
        "invalid_organization_id" => "This cannot be an organization's id, slug or external id.",
        "invalid_project_id_authentication" => "There is no such project.",
        "invalid_secret_authentication" => "The project's secret is wrong.",
        "invalid_session_duration" => "The duration is above this project's maximum.",
        "invalid_session_duration_minutes" => "The duration must lie between 5 and 527040 minutes.",
        "invalid_session_token" => "This cannot be a session token.",
        "live_id_used_in_test_environment" => {
            "The id is of a live project, and this is a test one."
        }
        "magic_link_not_found" => "There is no such magic link.",
        "member_not_found" => "There is no such member.",
        "method_not_allowed" => "This path has no such method.",
        "no_match_for_provided_oauth_url" => "The redirect URL is not on the project's list.",
        "no_session_arguments" => "Give a session token or a session JWT.",
        "no_session_revoke_arguments" => "Say what to revoke.",
        "oauth_token_not_found" => "There is no such OAuth token.",
        "operation_restricted_by_organization_auth_methods" => {
            "The organization does not accept this way to log in."
        }
        "organization_not_found" => "There is no such organization.",
        "organization_suspended" => "The organization is suspended.",
        "organization_slug_already_used" => "Another organization has this slug.",
        "otp_code_not_found" => "The code is wrong.",
        "pending_totp_exists" => {
            "The registration of an authenticator app waits for its first code."
        }
        "pkce_did_not_expect_code_verifier" => "The flow was started without a code challenge.",
        "pkce_expected_code_verifier" => "The flow was started with a code challenge.",
        "pkce_mismatch" => "The code verifier does not fit the challenge.",
        "reserved_claims_in_custom_claims" => "A custom claim has a reserved name.",
        "route_not_found" => "There is no such path.",
        "server_unavailable" => "Please repeat the request.",
        "session_authorization_error" => "No role of the member grants this.",
        "session_authorization_tenancy_error" => "The member belongs to another organization.",
        "session_not_found" => "There is no such session.",
        "session_not_mutable" => "An impersonated session cannot be changed.",
        "session_too_old_to_reset_password" => "No factor was proven within the last five minutes.",
        "sso_token_not_found" => "There is no such SSO token.",
        "stytch_claims_in_custom_claims" => "A custom claim has a name of Stytch's own.",
        "test_id_used_in_live_environment" => {
            "The id is of a test project, and this is a live one."
        }
        "too_many_requests" => "Slow down.",
        "too_many_session_arguments" => "Give at most one of the session arguments.",
        "too_many_session_revoke_arguments" => "Say only one thing to revoke.",
        "totp_code_already_authenticated" => "The TOTP code was used before.",
        "unable_to_auth_impersonation_token" => "The token is unknown, used or expired.",
        "unable_to_auth_magic_link" => "The magic link was used before or has expired.",
        "unable_to_auth_otp_code" => "The code was used before or has expired.",
        "unable_to_auth_password_reset_token" => "The token is unknown, used or expired.",
        "unable_to_authenticate_recovery_code" => "The recovery code is wrong.",
        "unable_to_authenticate_totp" => "The TOTP code is wrong.",
        "unable_to_parse_session_jwt" => "The session JWT cannot be read.",
        "unauthorized_action" => "The member may not do this.",
        "unauthorized_credentials" => "The credentials were refused.",
        "user_lock_limit_reached" => "Too many failures; the member is locked.",
        "user_unauthenticated" => "This call needs an active session.",
        "weak_password" => "The password is too weak.",
        _ => "The request was refused.",
    }
}

/// Writes a success: the payload itself on the backend, inside `data` on the frontend.
pub(super) fn success(
    mut payload: Object,
    request_id: String,
    surface: Surface,
    options: &Options,
) -> Response {
    payload.insert("request_id".to_owned(), request_id.into());
    payload.insert("status_code".to_owned(), 200.into());
    let mut payload = Value::Object(payload);
    if options.inject_unknown {
        inject_unknown(&mut payload);
    }
    if options.omit_nulls {
        omit_nulls(&mut payload);
    }
    let body = match surface {
        Surface::Frontend => Value::Object(fields([("data", payload)])),
        Surface::Backend => payload,
    };
    write(200, &body, "application/json")
}

/// Writes an error: bare on both surfaces, with exactly the documented fields.
pub(super) fn refusal(
    refusal: Refusal,
    request_id: &str,
    surface: Surface,
    options: &Options,
) -> Response {
    let problem = match refusal {
        Refusal::Schema { place, finding } => {
            return write(400, &json!({ place: [finding] }), "application/json");
        }
        Refusal::Api(problem) => problem,
    };
    let Problem { status, error_type } = problem;
    let mut body = object(json!({
        "status_code": status,
        "request_id": request_id,
        "error_type": error_type,
        "error_message": message(&error_type),
        "error_url": format!("https://stytch.com/docs/b2b/api/errors/{status}#{error_type}"),
    }));
    let frontend = surface == Surface::Frontend;
    if frontend && options.no_request_id {
        body.remove("request_id");
    }
    let content_type = if frontend && options.text_plain_errors {
        "text/plain; charset=utf-8"
    } else {
        "application/json"
    };
    let mut response = write(status, &Value::Object(body), content_type);
    if let (429, Some(seconds)) = (status, options.retry_after) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Sends a browser elsewhere.
pub(super) fn redirect(location: &str) -> Response {
    let mut response = bytes(302, Vec::new(), "text/plain");
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Writes an HTML page, as a proxy in front of the API answers.
pub(super) fn html(status: u16) -> Response {
    let body =
        format!("<!doctype html><html><body><h1>{status}</h1><p>From a proxy.</p></body></html>\n");
    bytes(status, body.into_bytes(), "text/html; charset=utf-8")
}

pub(super) fn bytes(status: u16, body: Vec<u8>, content_type: &'static str) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status_code(status);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn write(status: u16, body: &Value, content_type: &'static str) -> Response {
    let body = serde_json::to_vec(body).expect("JSON can be written to memory");
    bytes(status, body, content_type)
}

fn omit_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(omit_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(omit_nulls),
        _ => {}
    }
}

/// Adds to each object a field, and to some enumerations a value, that no client can know.
fn inject_unknown(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // What holds the user's own names stays as it is.
            let own = ["custom_claims", "trusted_metadata", "untrusted_metadata"];
            fields
                .iter_mut()
                .filter(|(name, _)| !own.contains(&name.as_str()))
                .for_each(|(_, field)| inject_unknown(field));
            if fields.contains_key("request_id") || fields.contains_key("organization_id") {
                fields.insert("field_from_the_future".to_owned(), json!({ "nested": [1, null] }));
            }
            if let Some(Value::Array(factors)) = fields.get_mut("authentication_factors") {
                factors.push(json!({ "type": "telepathy", "delivery_method": "thought" }));
            }
            if let Some(policy) = fields.get_mut("email_invites") {
                *policy = "SOMETIMES".into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(inject_unknown),
        _ => {}
    }
}
