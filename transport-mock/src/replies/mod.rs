//! Replies of the API, for a [`MockTransport`](crate::MockTransport).
//!
//! Each function gives a [`Reply`] with sensible values, and its methods change them. A reply is for
//! the frontend unless [`backend`](Reply::backend) is called. All values are made up: ids are the
//! constants of this module, the time is 2030-06-01T12:00:00Z, where
//! [`VirtualClock::new`](crate::VirtualClock::new) stands too.
//!
//! ```
//! use stytch_session_mock::replies;
//!
//! let reply: http::Response<Vec<u8>> = replies::exchange().mfa_required().into();
//! let body: serde_json::Value = serde_json::from_slice(reply.body())?;
//! assert_eq!(body["data"]["member_authenticated"], false);
//! # Ok::<(), serde_json::Error>(())
//! ```

pub(crate) mod objects;
mod reply;

use serde_json::{Value, json};

pub use reply::Reply;

use reply::Body;

/// The member session's id, unless it is changed.
pub const MEMBER_SESSION_ID: &str = "session-test-52c8c1ac-e81e-4070-b496-5eaa7a3e750f";
/// The session token, unless it is changed.
pub const SESSION_TOKEN: &str = "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs";
/// The intermediate session token, unless it is changed.
pub const INTERMEDIATE_SESSION_TOKEN: &str = "sr7KUp66KCbU7lz4xr38ot0h5Ng81MR1Ljadw4d28_6-";
/// The session JWT, unless it is changed. It has the form of one; its signature is not good.
pub const SESSION_JWT: &str =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJtYWRlIjoidXAifQ.bm90IHNpZ25lZA";
/// The member's id, unless it is changed.
pub const MEMBER_ID: &str = "member-test-88111f89-c498-4016-ab62-8378d12f7672";
/// The organization's id, unless it is changed.
pub const ORGANIZATION_ID: &str = "organization-test-42b0191d-0359-4162-ba28-b98a369de045";
/// The request's id, unless it is changed.
pub const REQUEST_ID: &str = "request-id-test-0e23f087-4bfb-4edb-94f1-a927421b454e";
/// The id of the member's e-mail address.
pub const EMAIL_ID: &str = "email-test-6a3f7a7e-8a8b-4d5c-9e0f-1b2c3d4e5f60";
/// The id of the member's authenticator app.
pub const TOTP_ID: &str = "member-totp-test-9f5b8c2a-1d3e-4f60-8a7b-6c5d4e3f2a10";
/// The member's e-mail address, unless it is changed.
pub const EMAIL_ADDRESS: &str = "ada@example.com";

/// `sessions/authenticate`: the session, renewed.
pub fn authenticate() -> Reply {
    let mut reply = second_factor();
    reply.remove("member_id");
    reply
}

/// A primary login, for instance `passwords/authenticate`; finished unless it is changed.
pub fn login() -> Reply {
    exchange().field("organization_id", ORGANIZATION_ID)
}

/// `sessions/exchange` or `discovery/intermediate_sessions/exchange`; finished unless it is changed.
pub fn exchange() -> Reply {
    second_factor()
        .field("member_authenticated", true)
        .field("intermediate_session_token", "")
        .field("mfa_required", Value::Null)
        .field("primary_required", Value::Null)
}

/// `otps/sms/authenticate`, `totp/authenticate`: a session with the new factor.
pub fn second_factor() -> Reply {
    Reply::payload(json!({
        "member_id": MEMBER_ID,
        "member_session": objects::member_session(),
        "session_token": SESSION_TOKEN,
        "session_jwt": SESSION_JWT,
        "member": objects::member(),
        "organization": objects::organization(),
    }))
}

/// `recovery_codes/recover`: a session, and how many codes are left.
pub fn recover() -> Reply {
    second_factor().field("recovery_codes_remaining", 9)
}

/// `sessions/revoke`.
pub fn revoke() -> Reply {
    Reply::payload(json!({}))
}

/// `otps/sms/send`.
///
/// The frontend's reply says nothing more than that it was sent; the backend's names member and
/// organization too.
pub fn sms_send() -> Reply {
    let mut reply = Reply::payload(json!({}));
    reply.backend_fields = vec![
        ("member_id", MEMBER_ID.into()),
        ("member", objects::member()),
        ("organization", objects::organization()),
    ];
    reply
}

/// A discovery login, for instance `passwords/discovery/authenticate`, with one organization.
pub fn discovery() -> Reply {
    Reply::payload(json!({
        "intermediate_session_token": INTERMEDIATE_SESSION_TOKEN,
        "email_address": EMAIL_ADDRESS,
        "discovered_organizations": [objects::discovered_organization()],
    }))
}

/// `discovery/organizations`, with one organization.
pub fn discovered_organizations() -> Reply {
    Reply::payload(json!({
        "email_address": EMAIL_ADDRESS,
        "discovered_organizations": [objects::discovered_organization()],
        "organization_id_hint": null,
    }))
}

/// `magic_links/authenticate`; finished unless it is changed.
pub fn magic_link() -> Reply {
    email_code().field("reset_sessions", false)
}

/// `otps/email/authenticate`; finished unless it is changed.
pub fn email_code() -> Reply {
    login().field("method_id", EMAIL_ID)
}

/// `oauth/authenticate`; finished unless it is changed.
pub fn oauth() -> Reply {
    login()
        .field("provider_type", "Google")
        .field("provider_subject", "10769150350006150715113082367")
        .field("reset_sessions", false)
        .field("provider_values", objects::provider_values())
}

/// `sso/authenticate`; finished unless it is changed.
pub fn sso() -> Reply {
    login().field("reset_session", false)
}

/// `passwords/email/reset`; finished unless it is changed.
pub fn password_reset() -> Reply {
    login().field("member_email_id", EMAIL_ID)
}

/// `impersonation/authenticate`.
pub fn impersonate() -> Reply {
    let mut reply = login();
    reply.remove("primary_required");
    reply
}

/// `oauth/discovery/authenticate`, with one organization.
pub fn oauth_discovery() -> Reply {
    let mut reply = discovery()
        .field("provider_type", "Slack")
        .field("provider_tenant_id", "T024BE7LD")
        .field("full_name", "Ada Reyes");
    reply.backend_fields = vec![("provider_tenant_ids", json!(["T024BE7LD"]))];
    reply
}

/// `magic_links/email/login_or_signup` or `otps/email/login_or_signup`: that it was sent. Only the
/// backend's says to whom.
pub fn email_send() -> Reply {
    let mut reply = sms_send();
    reply.backend_fields.push(("member_created", false.into()));
    reply
}

/// `passwords/email/reset/start`: that it was sent. Only the backend's says to whom.
pub fn password_reset_start() -> Reply {
    let mut reply = sms_send();
    reply.backend_fields.push(("member_email_id", EMAIL_ID.into()));
    reply
}

/// A discovery e-mail was sent, for instance by `magic_links/email/discovery/send`.
pub fn discovery_send() -> Reply {
    Reply::payload(json!({}))
}

/// `magic_links/email/invite`: who was invited.
pub fn invite() -> Reply {
    who()
}

/// `totp`: the secret of a new authenticator app, and recovery codes.
pub fn create_totp() -> Reply {
    migrate_totp()
        .field("secret", "BTGNX5RKJRMQWQFRQKTG34JCF6XDRHZS")
        .field("qr_code", "data:image/png;base64,iVBORw0KGgo=")
}

/// `totp/migrate`: recovery codes, without the secret.
pub fn migrate_totp() -> Reply {
    recovery_codes().field("totp_registration_id", TOTP_ID)
}

/// `recovery_codes` or `recovery_codes/rotate`: the unused codes.
pub fn recovery_codes() -> Reply {
    who().field("recovery_codes", json!(["ckss-2skx-ebow", "spbc-424h-usy0"]))
}

/// `passwords/strength_check`: a password that is good enough.
pub fn strength_check() -> Reply {
    Reply::payload(json!({
        "valid_password": true,
        "score": 4,
        "breached_password": false,
        "strength_policy": "luds",
        "breach_detection_on_create": true,
        "luds_feedback": {
            "has_lower_case": true,
            "has_upper_case": true,
            "has_digit": true,
            "has_symbol": true,
            "missing_complexity": 0,
            "missing_characters": 0,
        },
        "zxcvbn_feedback": { "warning": "", "suggestions": [] },
    }))
}

/// `rbac/policy`, on the backend, with one role.
pub fn rbac_policy() -> Reply {
    let policy = json!({ "roles": [objects::role()], "resources": [], "scopes": [] });
    Reply::payload(json!({ "policy": policy })).backend()
}

/// `projects/bootstrap/{public_token}`, which only the frontend has: a project without any protection,
/// with a policy of one role.
pub fn bootstrap() -> Reply {
    Reply::payload(json!({
        "project_name": "A project",
        "disable_sdk_watermark": true,
        "cname_domain": null,
        "email_domains": [],
        "captcha_settings": { "enabled": false, "siteKey": "" },
        "pkce_required_for_email_magic_links": false,
        "pkce_required_for_password_resets": false,
        "pkce_required_for_oauth": false,
        "pkce_required_for_sso": false,
        "slug_pattern": null,
        "create_organization_enabled": true,
        "password_config": { "luds_complexity": 3, "luds_minimum_count": 8 },
        "dfp_protected_auth_enabled": false,
        "dfp_protected_auth_mode": "OBSERVATION",
        "rbac_policy": { "roles": [objects::role()], "resources": [], "scopes": [] },
        "siwe_required_for_crypto_wallets": false,
        "vertical": "B2B",
    }))
}

/// `rbac/organizations/{organization_id}`, on the backend, with one role.
pub fn organization_rbac_policy() -> Reply {
    Reply::payload(json!({ "org_policy": { "roles": [objects::role()] } })).backend()
}

/// Member and organization.
fn who() -> Reply {
    Reply::payload(json!({
        "member_id": MEMBER_ID,
        "member": objects::member(),
        "organization": objects::organization(),
    }))
}

/// The backend's list of a member's sessions, with one session in it.
pub fn list_sessions() -> Reply {
    Reply::payload(json!({ "member_sessions": [objects::member_session()] })).backend()
}

/// `sessions/jwks`, on the backend, without keys; set them with `field("keys", …)`.
pub fn jwks() -> Reply {
    Reply::payload(json!({ "keys": [] })).backend()
}

/// An API error; it looks the same on both surfaces.
///
/// ```
/// use stytch_session_mock::replies;
///
/// let reply: http::Response<Vec<u8>> = replies::error("session_not_found", 404).into();
/// assert_eq!(reply.status(), 404);
/// ```
pub fn error(error_type: &str, status: u16) -> Reply {
    let body = json!({
        "status_code": status,
        "request_id": REQUEST_ID,
        "error_type": error_type,
        "error_message": "The request was refused.",
        "error_url": format!("https://stytch.com/docs/b2b/api/errors/{status}#{error_type}"),
    });
    Reply::new(status, Body::Bare(body))
}

/// The frontend's schema error about a body field of the wrong type.
pub fn schema_error(field: &str) -> Reply {
    let finding = json!({
        "keyword": "type",
        "dataPath": format!(".{field}"),
        "schemaPath": format!("#/properties/{field}/type"),
        "params": { "type": "number" },
        "message": "should be number",
    });
    Reply::new(400, Body::Bare(json!({ "body": [finding] })))
}

/// An HTML page, as a proxy answers.
pub fn html(status: u16) -> Reply {
    let text = format!("<!doctype html><html><body><h1>{status}</h1></body></html>");
    Reply::new(status, Body::Text { content_type: "text/html; charset=utf-8", text })
}

/// Any text under any status, labelled as JSON.
pub fn raw(status: u16, text: impl Into<String>) -> Reply {
    Reply::new(status, Body::Text { content_type: "application/json", text: text.into() })
}
