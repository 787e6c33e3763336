//! Replies of every endpoint, good and bad.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::endpoint::{Endpoint, Family};
use super::ids::{member_session_id, session_jwt, session_token};
use crate::replies::{self, Reply};

/// How good a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quality {
    /// As the API writes it.
    Valid,
    /// With fields, values and factors of the future, or without what may be absent: a success
    /// nevertheless.
    Odd,
    /// A success by its status only: a client must not take it for one.
    Invalid,
}

/// A reply of this endpoint, of the frontend unless [`Reply::backend`] is called.
pub fn reply(endpoint: Endpoint, quality: Quality) -> BoxedStrategy<Reply> {
    match quality {
        Quality::Valid => valid(endpoint).boxed(),
        Quality::Odd => odd(endpoint).boxed(),
        Quality::Invalid => invalid(endpoint).boxed(),
    }
}

/// A success with made-up tokens; a login may be unfinished.
fn valid(endpoint: Endpoint) -> BoxedStrategy<Reply> {
    let finished =
        (session_token(), session_jwt(), member_session_id()).prop_map(move |(token, jwt, id)| {
            endpoint.success().session_token(&token).session_jwt(&jwt).member_session_id(&id)
        });
    let unfinished = (session_token(), 0..3_u8).prop_map(move |(token, what)| {
        let reply = endpoint.success();
        let reply = match what {
            0 => reply.mfa_required(),
            1 => reply.mfa_enrollment_required(),
            _ => reply.primary_required(["sso", "magic_link"]),
        };
        reply.intermediate_session_token(&token)
    });
    match endpoint.family() {
        Family::Session => finished.boxed(),
        // Nothing but a second factor can be missing here.
        Family::Login if endpoint == Endpoint::PasswordsSessionReset => finished.boxed(),
        Family::Login => prop_oneof![2 => finished, 1 => unfinished].boxed(),
        Family::Discovery => session_token()
            .prop_map(move |token| endpoint.success().intermediate_session_token(&token))
            .boxed(),
        Family::Other => Just(endpoint.success()).boxed(),
    }
}

fn odd(endpoint: Endpoint) -> impl Strategy<Value = Reply> {
    let unknown = prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(1.5)),
        Just(json!("a text")),
        Just(json!([{ "nested": [null] }])),
        Just(json!({ "nested": { "deeper": -1 } })),
    ];
    let session = endpoint.family() == Family::Session;
    (valid(endpoint), "[a-z]{1,10}_of_the_future", unknown, 0..6_u8).prop_map(
        move |(reply, name, value, what)| {
            let reply = reply.field(&name, value.clone());
            let member = reply.has("member");
            match what {
                0 if member => reply.field(&format!("member.{name}"), value),
                1 if member => reply.field("member.status", "hibernating"),
                2 if reply.has("organization") => {
                    reply.field("organization.mfa_policy", "SOMETIMES")
                }
                3 if session => reply.field(
                    "member_session.authentication_factors.0",
                    json!({ "type": "telepathy", "delivery_method": "thought" }),
                ),
                4 if session => reply.without("member_session.organization_slug"),
                5 if member => reply.without("member.untrusted_metadata"),
                _ => reply,
            }
        },
    )
}

/// Whatever has the status of a success and is none.
fn invalid(endpoint: Endpoint) -> impl Strategy<Value = Reply> {
    let no_json = prop_oneof![
        Just(String::new()),
        Just("null".to_owned()),
        Just("[]".to_owned()),
        Just("\"ok\"".to_owned()),
        Just("{\"data\":{\"request_id\":".to_owned()),
        Just("<!doctype html><title>A captive portal</title>".to_owned()),
        Just("{\"error_type\":\"session_not_found\",\"status_code\":404}".to_owned()),
    ]
    .prop_map(|text| replies::raw(200, text));
    let spoiled =
        (valid(endpoint), select(spoilers(endpoint))).prop_map(|(reply, spoil)| match spoil {
            Spoil::Set(path, value) => reply.field(path, value),
            Spoil::Drop(path) => reply.without(path),
        });
    prop_oneof![1 => no_json, 2 => spoiled]
}

/// What spoils a reply.
#[derive(Clone, Debug)]
enum Spoil {
    Set(&'static str, Value),
    Drop(&'static str),
}

fn spoilers(endpoint: Endpoint) -> Vec<Spoil> {
    use Spoil::{Drop, Set};
    let error = Set("error_type", "session_not_found".into());
    let mut all = vec![error, Set("status_code", 404.into())];
    match endpoint.family() {
        Family::Session => all.extend([
            Set("session_token", "".into()),
            Set("session_token", Value::Null),
            Set("session_token", 7.into()),
            Drop("session_token"),
            Set("member_session", Value::Null),
            Drop("member_session"),
            Set("member_session.member_session_id", "".into()),
            Set("member_session.expires_at", "2030-13-45T25:61:00Z".into()),
            Set("member_session.expires_at", Value::Null),
            Drop("member"),
            Set("organization", json!([])),
        ]),
        Family::Login => all.extend([
            Set("member_authenticated", Value::Null),
            Set("member_authenticated", "yes".into()),
            Drop("member_authenticated"),
            Drop("member"),
            Set("organization", json!([])),
        ]),
        Family::Discovery => all.extend([
            Set("intermediate_session_token", "".into()),
            Drop("intermediate_session_token"),
            Drop("email_address"),
            Set("discovered_organizations", json!({})),
        ]),
        Family::Other => {}
    }
    all
}
