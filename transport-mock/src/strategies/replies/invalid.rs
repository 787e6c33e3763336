//! Successes by their status only.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use stytch_session::Response;

use super::{Endpoint, Family, finished, unfinished, valid};
use crate::replies::{self, Reply};

/// What no date is.
const NO_DATES: &[&str] = &[
    "2030-02-30T12:00:00Z",
    "2030-13-45T25:61:00Z",
    "0000-00-00T00:00:00Z",
    "2030-06-01",
    "tomorrow",
    "",
];

/// A member and an organization that the reply is not about.
const SOMEBODY_ELSE: &str = "member-test-00000000-0000-4000-8000-000000000000";
const ELSEWHERE: &str = "organization-test-00000000-0000-4000-8000-000000000000";

/// What spoils a reply.
#[derive(Clone, Debug)]
struct Spoil(&'static str, Change);

#[derive(Clone, Debug)]
enum Change {
    Set(Value),
    Drop,
}

pub(super) fn reply(endpoint: Endpoint) -> BoxedStrategy<Reply> {
    let by_family = match endpoint.family() {
        Family::Session => spoiled(finished(endpoint), of_finished()).boxed(),
        Family::Login => prop_oneof![
            1 => spoiled(finished(endpoint), of_finished()),
            1 => spoiled(unfinished(endpoint), of_unfinished()),
        ]
        .boxed(),
        Family::Discovery => spoiled(valid(endpoint), of_discovery()).boxed(),
        Family::Other => spoiled(valid(endpoint), of_other(endpoint)).boxed(),
    };
    let strange = bodies_of_others(endpoint);
    if strange.is_empty() {
        return prop_oneof![4 => by_family, 2 => text(), 1 => cut(endpoint)].boxed();
    }
    prop_oneof![4 => by_family, 2 => text(), 1 => cut(endpoint), 1 => select(strange)].boxed()
}

fn spoiled(
    reply: impl Strategy<Value = Reply>,
    spoils: Vec<Spoil>,
) -> impl Strategy<Value = Reply> {
    (reply, select(spoils)).prop_map(|(reply, Spoil(path, change))| match change {
        Change::Set(value) => reply.field(path, value),
        Change::Drop => reply.without(path),
    })
}

/// What is no JSON object, or one without data.
fn text() -> impl Strategy<Value = Reply> {
    let texts = select(
        &[
            "",
            " ",
            "null",
            "{}",
            "[]",
            "true",
            "200",
            "\"ok\"",
            "{\"data\":null}",
            "{\"data\":[]}",
            "{\"data\":{}}",
            "{\"error_type\":\"session_not_found\",\"status_code\":404}",
            "{\"data\":{\"error_type\":\"session_not_found\",\"status_code\":404}}",
        ][..],
    );
    prop_oneof![
        4 => texts.prop_map(|text| replies::raw(200, text)),
        1 => Just(replies::html(200)),
        1 => Just(replies::raw(204, "")),
    ]
}

/// A valid body that ends too early, on either surface.
fn cut(endpoint: Endpoint) -> impl Strategy<Value = Reply> {
    (valid(endpoint), any::<Index>()).prop_map(|(reply, at)| {
        let whole: Response = reply.into();
        let mut text = String::from_utf8_lossy(whole.body()).into_owned();
        text.truncate(at.index(text.len()));
        replies::raw(200, text)
    })
}

/// Successes of other endpoints that cannot be one of this.
fn bodies_of_others(endpoint: Endpoint) -> Vec<Reply> {
    let mut bodies = match endpoint.family() {
        Family::Session => {
            vec![replies::login().mfa_required(), replies::login().primary_required(["sso"])]
        }
        Family::Login => vec![replies::discovery()],
        Family::Discovery => vec![replies::discovered_organizations(), replies::login()],
        // They say no more than that it was done, as every success does.
        Family::Other if says_no_more(endpoint) => return Vec::new(),
        Family::Other => return vec![replies::revoke(), replies::discovery_send()],
    };
    bodies.extend([replies::revoke(), replies::recovery_codes(), replies::list_sessions()]);
    bodies
}

/// Whether all that a success says is that it was done.
const fn says_no_more(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::SessionsRevoke
            | Endpoint::SmsSend
            | Endpoint::MagicLinksSend
            | Endpoint::MagicLinksDiscoverySend
            | Endpoint::EmailCodesSend
            | Endpoint::EmailCodesDiscoverySend
            | Endpoint::PasswordsEmailResetStart
            | Endpoint::PasswordsDiscoveryResetStart
    )
}

fn set(path: &'static str, values: impl IntoIterator<Item = Value>) -> Vec<Spoil> {
    values.into_iter().map(|value| Spoil(path, Change::Set(value))).collect()
}

/// A field that must be there, with a value of another kind than a boolean.
fn required(path: &'static str, wrong: impl IntoIterator<Item = Value>) -> Vec<Spoil> {
    let mut spoils = vec![Spoil(path, Change::Drop), Spoil(path, Change::Set(Value::Null))];
    spoils.extend(set(path, [false.into()]));
    spoils.extend(set(path, wrong));
    spoils
}

fn required_token(path: &'static str) -> Vec<Spoil> {
    required(
        path,
        ["".into(), 7.into(), json!(["token"]), "line\nbreak".into(), "caf\u{e9}".into()],
    )
}

fn required_id(path: &'static str, other: &'static str) -> Vec<Spoil> {
    required(path, ["".into(), 7.into(), "line\nbreak".into(), other.into()])
}

fn required_date(path: &'static str) -> Vec<Spoil> {
    let dates = NO_DATES.iter().map(|date| Value::from(*date));
    required(path, dates.chain([1_906_545_600.into()]))
}

fn required_object(path: &'static str) -> Vec<Spoil> {
    required(path, [json!([]), "text".into(), json!({})])
}

/// What speaks of a failure.
fn of_any() -> Vec<Spoil> {
    let mut spoils = set("error_type", ["session_not_found".into(), "".into()]);
    spoils.extend(set("status_code", [404.into(), 500.into(), "200".into(), (-1).into()]));
    spoils
}

fn of_identities() -> Vec<Spoil> {
    [
        of_any(),
        required_object("member"),
        required_object("organization"),
        required_id("member.member_id", SOMEBODY_ELSE),
        required_id("member.organization_id", ELSEWHERE),
        required_id("organization.organization_id", ELSEWHERE),
        set("member.roles", [json!({}), json!([7])]),
        set("member.email_address", [7.into(), json!({})]),
        set("organization.organization_name", [7.into()]),
    ]
    .concat()
}

fn of_finished() -> Vec<Spoil> {
    [
        of_identities(),
        required_token("session_token"),
        required_object("member_session"),
        required("member_session.member_session_id", ["".into(), 7.into(), "a\0b".into()]),
        required_id("member_session.member_id", SOMEBODY_ELSE),
        required_id("member_session.organization_id", ELSEWHERE),
        required_date("member_session.expires_at"),
        required_date("member_session.started_at"),
        required_date("member_session.last_accessed_at"),
        set("member_session.authentication_factors", [json!({}), "password".into(), json!([7])]),
        set("member_session.roles", ["stytch_member".into(), json!({})]),
        set("member_session.custom_claims", [json!([]), "text".into()]),
        set("session_jwt", [7.into(), "line\nbreak".into()]),
        set("member_id", [SOMEBODY_ELSE.into(), 7.into()]),
        // It is finished and unfinished at once.
        set("member_authenticated", [false.into(), "yes".into(), 1.into()]),
        set("intermediate_session_token", ["a-token".into(), 7.into()]),
        set("mfa_required", [json!({ "member_options": null }), true.into(), json!([])]),
        set("primary_required", [json!({ "allowed_auth_methods": ["sso"] }), "sso".into()]),
    ]
    .concat()
}

fn of_unfinished() -> Vec<Spoil> {
    let token = replies::SESSION_TOKEN;
    [
        of_identities(),
        required_token("intermediate_session_token"),
        set("member_authenticated", [true.into(), "no".into(), 0.into()]),
        set(
            "member_session",
            [replies::objects::member_session(), json!({}), json!([]), "none".into()],
        ),
        set("session_token", [token.into(), 7.into()]),
        set("session_jwt", [replies::SESSION_JWT.into(), 7.into()]),
        set("mfa_required", [true.into(), json!([]), json!({ "member_options": 7 })]),
        set("primary_required", ["sso".into(), json!({ "allowed_auth_methods": "sso" })]),
    ]
    .concat()
}

fn of_discovery() -> Vec<Spoil> {
    [
        of_any(),
        required_token("intermediate_session_token"),
        required("email_address", [7.into(), json!({})]),
        set(
            "discovered_organizations",
            [json!({}), "none".into(), 7.into(), json!([7]), json!([{ "organization": "x" }])],
        ),
    ]
    .concat()
}

fn of_other(endpoint: Endpoint) -> Vec<Spoil> {
    let list = |path| required(path, [json!({}), "none".into(), 7.into()]);
    let codes =
        || [list("recovery_codes"), set("recovery_codes", [json!([""]), json!([7])])].concat();
    let own = match endpoint {
        // Of these nobody needs the request's id.
        Endpoint::SessionsGet => {
            return [of_any(), list("member_sessions"), set("member_sessions", [json!([{}])])]
                .concat();
        }
        Endpoint::SessionsJwks => return [of_any(), list("keys")].concat(),
        Endpoint::DiscoveryOrganizations => list("discovered_organizations"),
        Endpoint::PasswordsStrengthCheck => {
            let mut spoils = required("valid_password", ["yes".into(), 1.into()]);
            spoils.retain(|Spoil(_, change)| !matches!(change, Change::Set(Value::Bool(_))));
            spoils.extend(set("score", ["four".into(), (-1).into()]));
            spoils
        }
        Endpoint::MagicLinksInvite => {
            [required_object("member"), required_object("organization")].concat()
        }
        Endpoint::TotpCreate => [
            codes(),
            required_object("member"),
            required_token("secret"),
            required("totp_registration_id", ["".into(), 7.into()]),
        ]
        .concat(),
        Endpoint::TotpMigrate => {
            [codes(), required("totp_registration_id", ["".into(), 7.into()])].concat()
        }
        Endpoint::RecoveryCodesGet | Endpoint::RecoveryCodesRotate => {
            [codes(), required_object("member"), required_object("organization")].concat()
        }
        Endpoint::RbacPolicy => [
            required("policy", [json!([]), "none".into()]),
            set("policy.roles", [json!({}), json!([7])]),
        ]
        .concat(),
        Endpoint::RbacOrganization => [
            required("org_policy", [json!([]), "none".into()]),
            set("org_policy.roles", [json!({}), json!([7])]),
        ]
        .concat(),
        Endpoint::ProjectsBootstrap => [
            required("project_name", [7.into(), json!([])]),
            set("rbac_policy", [json!([]), "none".into()]),
            set("rbac_policy.roles", [json!({}), json!([7])]),
            set("password_config", [json!([])]),
        ]
        .concat(),
        _ => Vec::new(),
    };
    let request_id = required("request_id", ["".into(), 7.into()]);
    let status_code =
        vec![Spoil("status_code", Change::Drop), Spoil("status_code", Change::Set(Value::Null))];
    [of_any(), own, request_id, status_code].concat()
}
