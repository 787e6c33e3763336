//! Replies of every endpoint, good and bad.

mod invalid;
mod odd;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use stytch_session::Timestamp;

use super::endpoint::{Endpoint, Family};
use super::ids::{member_session_id, recovery_code, session_jwt, session_token};
use super::objects::{factors, member_session, metadata};
use crate::VirtualClock;
use crate::replies::{Reply, objects};

/// How good a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quality {
    /// As the API writes it: sessions of any length, claims and factors, or unfinished logins; lists
    /// of none to three items.
    Valid,
    /// With unknown fields, values and factors of the future, other metadata, nulls and empty texts,
    /// or without what may be absent: a success nevertheless.
    Odd,
    /// A success by its status only, which a client must not take for one: no JSON or half of it,
    /// another endpoint's body, required fields that are missing, empty or of a wrong type,
    /// impossible dates, contradictions.
    Invalid,
}

/// A reply of this endpoint. All have a status of 200, but for a few invalid ones without a body,
/// which have 204.
///
/// It is of the backend where only that [has the endpoint](Endpoint::is_backend_only), else of the
/// frontend; [`Reply::backend`] and [`Reply::frontend`] change that. Ids are those of
/// [`replies`](crate::replies), tokens any. It shrinks to a finished and ordinary reply, an odd one to
/// that with one oddity, an invalid one to that with one mistake.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies::{self, Endpoint, Quality};
///
/// proptest!(|(reply in strategies::reply(Endpoint::SessionsExchange, Quality::Valid))| {
///     let reply: http::Response<Vec<u8>> = reply.into();
///     let body: serde_json::Value = serde_json::from_slice(reply.body()).expect("JSON");
///     let finished = body["data"]["member_authenticated"] == true;
///     prop_assert_eq!(finished, body["data"]["member_session"].is_object());
/// });
/// ```
pub fn reply(endpoint: Endpoint, quality: Quality) -> BoxedStrategy<Reply> {
    match quality {
        Quality::Valid => valid(endpoint),
        Quality::Odd => odd::reply(endpoint).boxed(),
        Quality::Invalid => invalid::reply(endpoint),
    }
}

fn valid(endpoint: Endpoint) -> BoxedStrategy<Reply> {
    match endpoint.family() {
        Family::Session => finished(endpoint).boxed(),
        Family::Login => prop_oneof![2 => finished(endpoint), 1 => unfinished(endpoint)].boxed(),
        Family::Discovery => (session_token(), discovered())
            .prop_map(move |(token, organizations)| {
                endpoint
                    .success()
                    .intermediate_session_token(&token)
                    .field("discovered_organizations", organizations)
            })
            .boxed(),
        Family::Other => other(endpoint),
    }
}

fn finished(endpoint: Endpoint) -> impl Strategy<Value = Reply> {
    let tokens = (session_token(), session_jwt(), member_session_id());
    (tokens, minutes(), factors(), metadata()).prop_map(move |(tokens, end, factors, claims)| {
        let (token, jwt, id) = tokens;
        endpoint
            .success()
            .session_token(&token)
            .session_jwt(&jwt)
            .member_session_id(&id)
            .expires_at(&end)
            .field("member_session.authentication_factors", factors)
            .field("member_session.custom_claims", claims)
    })
}

/// The end of a session of 5 minutes to 366 days.
fn minutes() -> impl Strategy<Value = String> {
    (5..=527_040_u64).prop_map(|minutes| {
        let end = VirtualClock::new().now() + std::time::Duration::from_secs(minutes * 60);
        Timestamp::from(end).to_string()
    })
}

fn unfinished(endpoint: Endpoint) -> impl Strategy<Value = Reply> {
    // A new password in a session says nothing of first factors: there is one.
    let most = if endpoint == Endpoint::PasswordsSessionReset { 2 } else { 4_u8 };
    (session_token(), 0..most).prop_map(move |(token, what)| {
        let reply = endpoint.success();
        let reply = match what {
            0 => reply.mfa_required(),
            1 => reply.mfa_enrollment_required(),
            2 => reply.primary_required(["sso", "magic_link"]),
            _ => reply.mfa_required().primary_required(["sso"]),
        };
        reply.intermediate_session_token(&token)
    })
}

/// None to three organizations, in each relation to which a person can stand.
fn discovered() -> impl Strategy<Value = Value> {
    let relation = (0..5_u8).prop_map(|relation| {
        let mut found = objects::discovered_organization();
        let membership = match relation {
            0 => return found,
            1 => ("pending_member", Value::Null),
            2 => ("invited_member", Value::Null),
            3 => ("eligible_to_join_by_email_domain", json!({ "domain": "example.com" })),
            _ => (
                "eligible_to_join_by_oauth_tenant",
                json!({ "provider": "slack", "tenant": "T024BE7LD" }),
            ),
        };
        let (kind, details) = membership;
        found["member_authenticated"] = false.into();
        found["mfa_required"] = json!({ "member_options": null, "secondary_auth_initiated": null });
        found["membership"]["type"] = kind.into();
        if !details.is_null() {
            found["membership"]["member"] = Value::Null;
        }
        found["membership"]["details"] = details;
        found
    });
    vec(relation, 0..=3).prop_map(Value::from)
}

fn other(endpoint: Endpoint) -> BoxedStrategy<Reply> {
    let list: (&str, BoxedStrategy<Value>) = match endpoint {
        Endpoint::SessionsGet => {
            ("member_sessions", vec(member_session(), 0..=3).prop_map(Value::from).boxed())
        }
        Endpoint::SessionsJwks => ("keys", vec(key(), 0..=3).prop_map(Value::from).boxed()),
        Endpoint::DiscoveryOrganizations => ("discovered_organizations", discovered().boxed()),
        Endpoint::TotpCreate
        | Endpoint::TotpMigrate
        | Endpoint::RecoveryCodesGet
        | Endpoint::RecoveryCodesRotate => {
            ("recovery_codes", vec(recovery_code(), 0..=10).prop_map(Value::from).boxed())
        }
        _ => return Just(endpoint.success()).boxed(),
    };
    let (name, items) = list;
    items.prop_map(move |items| endpoint.success().field(name, items)).boxed()
}

/// A public key of the form that the API publishes; its modulus is made up.
fn key() -> impl Strategy<Value = Value> {
    (any::<u64>(), "[A-Za-z0-9_-]{342}").prop_map(|(id, modulus)| {
        json!({
            "kty": "RSA",
            "use": "sig",
            "key_ops": ["verify"],
            "alg": "RS256",
            "kid": format!("jwk-test-{id:016x}"),
            "n": modulus,
            "e": "AQAB",
        })
    })
}
