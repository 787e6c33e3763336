//! Successes that look strange and are none the less.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::{Endpoint, valid};
use crate::replies::Reply;
use crate::strategies::objects::{any_value, metadata};

/// Fields whose values come from an enumeration that the API may extend.
const WORDS: &[&str] = &[
    "status",
    "type",
    "delivery_method",
    "sequence_order",
    "default_mfa_method",
    "secondary_auth_initiated",
    "mfa_policy",
    "mfa_methods",
    "auth_methods",
    "email_invites",
    "email_jit_provisioning",
    "sso_jit_provisioning",
    "oauth_tenant_jit_provisioning",
    "provider_type",
    "strength_policy",
];

/// Lists of such values.
const LISTS_OF_WORDS: &[&str] = &["allowed_auth_methods", "allowed_mfa_methods", "key_ops"];

/// Fields that may be absent, or null.
const OPTIONAL: &[&str] = &[
    "custom_claims",
    "trusted_metadata",
    "untrusted_metadata",
    "external_id",
    "organization_external_id",
    "scim_registration",
    "scim_active_connection",
    "sso_default_connection_id",
    "allowed_oauth_tenants",
    "lock_created_at",
    "lock_expires_at",
    "created_at",
    "updated_at",
    "last_authenticated_at",
    "sequence_order",
    "member_options",
    "secondary_auth_initiated",
    "details",
    "organization_id_hint",
    "luds_feedback",
    "zxcvbn_feedback",
    "provider_values",
    "id_token",
    "refresh_token",
    "reset_session",
    "reset_sessions",
];

/// Fields that may be absent if they are null.
const NULLABLE: &[&str] = &["mfa_required", "primary_required"];

/// Fields in which the API writes the empty text where there is nothing.
const EMPTIABLE: &[&str] = &[
    "name",
    "mfa_phone_number",
    "default_mfa_method",
    "member_password_id",
    "organization_logo_url",
    "sso_default_connection_id",
    "session_jwt",
    "id_token",
];

/// Objects that may have any fields.
const OPEN: &[&str] = &["custom_claims", "trusted_metadata", "untrusted_metadata"];

/// What is odd. Places are chosen among those of the reply where it can be so; if there are none,
/// nothing is.
#[derive(Clone, Debug)]
enum Oddity {
    Unknown(Index, String, Value),
    Word(Index, &'static str),
    OneMoreWord(Index),
    Without(Index),
    Null(Index),
    Empty(Index),
    Metadata(Index, Value),
    Factor(&'static str),
    Slug,
}

pub(super) fn reply(endpoint: Endpoint) -> impl Strategy<Value = Reply> {
    let at = any::<Index>;
    let word = || select(&["hibernating", "SOMETIMES", "Future", ""][..]);
    let factor = select(&["telepathy", "palm_scan"][..]);
    let oddity = prop_oneof![
        3 => (at(), "x_[a-z]{1,10}", any_value())
            .prop_map(|(at, name, value)| Oddity::Unknown(at, name, value)),
        2 => (at(), word()).prop_map(|(at, word)| Oddity::Word(at, word)),
        1 => at().prop_map(Oddity::OneMoreWord),
        2 => at().prop_map(Oddity::Without),
        2 => at().prop_map(Oddity::Null),
        1 => at().prop_map(Oddity::Empty),
        1 => (at(), metadata()).prop_map(|(at, value)| Oddity::Metadata(at, value)),
        1 => factor.prop_map(Oddity::Factor),
        1 => Just(Oddity::Slug),
    ];
    (valid(endpoint), vec(oddity, 1..=4)).prop_map(|(mut reply, oddities)| {
        for oddity in &oddities {
            oddity.befall(reply.payload_mut());
        }
        reply
    })
}

impl Oddity {
    fn befall(&self, payload: &mut Value) {
        match self {
            Self::Unknown(at, name, value) => {
                with(payload, at, |_, it| it.is_object(), |it| it[name] = value.clone());
            }
            Self::Word(at, word) => {
                let is_word = |name: &str, it: &Value| WORDS.contains(&name) && it.is_string();
                with(payload, at, is_word, |it| *it = (*word).into());
            }
            Self::OneMoreWord(at) => {
                let is_list = |name: &str, it: &Value| {
                    LISTS_OF_WORDS.contains(&name)
                        && it.as_array().is_some_and(|items| items.iter().all(Value::is_string))
                };
                with(payload, at, is_list, |it| {
                    it.as_array_mut()
                        .into_iter()
                        .for_each(|items| items.push("of_the_future".into()));
                });
            }
            Self::Without(at) => {
                let places = places(payload, &is_optional);
                if let Some((parent, name)) =
                    choose(&places, at).and_then(|place| place.rsplit_once('/'))
                {
                    if let Some(Value::Object(fields)) = payload.pointer_mut(parent) {
                        fields.remove(name);
                    }
                }
            }
            Self::Null(at) => with(payload, at, is_optional, |it| *it = Value::Null),
            Self::Empty(at) => {
                let fits = |name: &str, it: &Value| EMPTIABLE.contains(&name) && !it.is_object();
                with(payload, at, fits, |it| *it = "".into());
            }
            Self::Metadata(at, value) => {
                with(payload, at, |name, _| OPEN.contains(&name), |it| *it = value.clone());
            }
            Self::Factor(kind) => {
                let factors = payload.pointer_mut("/member_session/authentication_factors");
                if let Some(Value::Array(factors)) = factors {
                    let details = json!({ "strength": [1, null] });
                    factors.push(json!({ "type": kind, "delivery_method": "thought",
                        format!("{kind}_factor"): details }));
                }
            }
            // Older servers do not know it.
            Self::Slug => {
                if let Some(Value::Object(session)) = payload.pointer_mut("/member_session") {
                    session.remove("organization_slug");
                }
            }
        }
    }
}

fn is_optional(name: &str, value: &Value) -> bool {
    OPTIONAL.contains(&name) || NULLABLE.contains(&name) && value.is_null()
}

/// Changes one of the values that fit.
fn with(
    payload: &mut Value,
    at: &Index,
    fits: impl Fn(&str, &Value) -> bool,
    change: impl FnOnce(&mut Value),
) {
    let places = places(payload, &fits);
    if let Some(value) = choose(&places, at).and_then(|place| payload.pointer_mut(place)) {
        change(value);
    }
}

fn choose<'a>(places: &'a [String], at: &Index) -> Option<&'a str> {
    if places.is_empty() { None } else { Some(&places[at.index(places.len())]) }
}

/// The JSON pointers of the values that fit by name and value, the outermost first. What is inside
/// of open objects is the customer's own.
fn places(value: &Value, fits: &impl Fn(&str, &Value) -> bool) -> Vec<String> {
    fn walk(
        value: &Value,
        here: &str,
        fits: &impl Fn(&str, &Value) -> bool,
        places: &mut Vec<String>,
    ) {
        let name = here.rsplit('/').next().unwrap_or_default();
        if fits(name, value) {
            places.push(here.to_owned());
        }
        match value {
            Value::Object(fields) if !OPEN.contains(&name) => {
                for (name, field) in fields {
                    walk(field, &format!("{here}/{name}"), fits, places);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{here}/{index}"), fits, places);
                }
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    walk(value, "", fits, &mut places);
    places
}
