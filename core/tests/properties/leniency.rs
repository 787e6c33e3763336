//! What a reply may have too much or too little of.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::bodies::{any_json, places, take};
use crate::cases;
use crate::world::{Case, Kit, Outcome, Side, now, stored, success};

/// Objects that may have any members, all of which are kept.
const OPEN_OBJECTS: [&str; 6] = [
    "trusted_metadata",
    "untrusted_metadata",
    "custom_claims",
    "sso_attributes",
    "scim_attributes",
    "allowed_oauth_tenants",
];

/// Members whose values come from an enumeration that the API may extend.
const ENUMS: [&str; 16] = [
    "type",
    "delivery_method",
    "sequence_order",
    "status",
    "default_mfa_method",
    "secondary_auth_initiated",
    "sso_jit_provisioning",
    "email_jit_provisioning",
    "email_invites",
    "auth_methods",
    "allowed_auth_methods",
    "mfa_policy",
    "mfa_methods",
    "allowed_mfa_methods",
    "oauth_tenant_jit_provisioning",
    "first_party_connected_apps_allowed_type",
];

/// Members without which a reply cannot be understood, at any depth.
const REQUIRED: [&str; 8] = [
    "member_session_id",
    "member_id",
    "organization_id",
    "started_at",
    "last_accessed_at",
    "expires_at",
    "role_id",
    "resource_id",
];

/// The same for the outermost object only. What is required of an unfinished login is among them:
/// without it the body would contradict itself.
const REQUIRED_OUTERMOST: [&str; 18] = [
    "member",
    "organization",
    "member_session",
    "session_token",
    "intermediate_session_token",
    "mfa_required",
    "primary_required",
    "email_address",
    "discovered_organizations",
    "member_sessions",
    "totp_registration_id",
    "secret",
    "recovery_codes",
    "valid_password",
    "policy",
    "org_policy",
    "project_name",
    "keys",
];

fn names(place: &str) -> impl Iterator<Item = &str> {
    place.split('/').skip(1)
}

fn is_open(place: &str) -> bool {
    names(place).any(|name| OPEN_OBJECTS.contains(&name))
}

fn is_required(case: Case, place: &str) -> bool {
    let mut names = names(place);
    let (Some(first), second) = (names.next(), names.next()) else { return true };
    let last = place.rsplit('/').next().unwrap_or_default();
    if last.parse::<usize>().is_ok() {
        return true;
    }
    if second.is_some() {
        return REQUIRED.contains(&last);
    }
    let is_plain = !case.answers_with_a_session();
    REQUIRED_OUTERMOST.contains(&first)
        || (is_plain && ["request_id", "status_code"].contains(&first))
}

/// A case, its surface, and the payload of one of its successes.
fn any_success() -> impl Strategy<Value = (Case, Side, Value)> {
    (select(Case::with_sides()), any::<Index>()).prop_map(|((case, side), which)| {
        let name = case.successes()[which.index(case.successes().len())];
        (case, side, Kit::default().payload(name))
    })
}

/// The stored form of what a reply leads to; `Null` for a call.
fn result(case: Case, side: Side, payload: &Value) -> Result<Value, TestCaseError> {
    match case.complete(side, &Kit::default(), &success(side, payload), now()) {
        Outcome::Done(session) => Ok(stored(&session)),
        Outcome::Called(Ok(())) => Ok(Value::Null),
        other => Err(TestCaseError::fail(format!("{case:?} {side:?}: {other:?}\n{payload}"))),
    }
}

proptest! {
    #![proptest_config(cases(160))]

    #[test]
    fn unknown_members_are_ignored(
        (case, side, payload) in any_success(),
        additions in prop::collection::vec((any::<Index>(), any_json()), 1..5),
        into_open_objects in prop::bool::weighted(0.2),
    ) {
        let mut changed = payload.clone();
        for (at, (place, value)) in additions.into_iter().enumerate() {
            let places = places(&changed);
            let objects: Vec<&String> = places
                .iter()
                .filter(|place| into_open_objects || !is_open(place))
                .filter(|place| changed.pointer(place).is_some_and(Value::is_object))
                .collect();
            let place = objects[place.index(objects.len())].clone();
            let object = changed.pointer_mut(&place).and_then(Value::as_object_mut).unwrap();
            object.insert(format!("a_field_of_the_future_{at}"), value);
        }
        let after = result(case, side, &changed)?;
        if !into_open_objects {
            prop_assert_eq!(after, result(case, side, &payload)?);
        }
    }

    #[test]
    fn unknown_values_of_enumerations_are_kept(
        (case, side, mut payload) in any_success(),
        values in prop::collection::vec("[ -~]{0,20}|\\PC{0,5}", 1..4),
        every in 1..4_usize,
    ) {
        let is_enum = |place: &str| {
            let mut names = place.rsplit('/').filter(|name| name.parse::<usize>().is_err());
            !is_open(place) && names.next().is_some_and(|name| ENUMS.contains(&name))
        };
        let places = places(&payload).into_iter().filter(|place| is_enum(place));
        for (at, place) in places.enumerate().filter(|(at, _)| at % every == 0) {
            if let Some(Value::String(old)) = payload.pointer_mut(&place) {
                old.clone_from(&values[at % values.len()]);
            }
        }
        let after = result(case, side, &payload)?;
        // The word is kept, be it known or not.
        for pointer in ["/organization/mfa_policy", "/member/status"] {
            if let Some(kept) = after.pointer(&format!("/session{pointer}")) {
                prop_assert_eq!(kept, payload.pointer(pointer).unwrap());
            }
        }
    }

    /// Absent and `null` are the same.
    #[test]
    fn optional_members_may_be_missing(
        (case, side, payload) in any_success(),
        which in prop_oneof![
            1 => Just(None),
            3 => prop::collection::vec(any::<Index>(), 1..12).prop_map(Some),
        ],
    ) {
        let optional: Vec<String> =
            places(&payload).into_iter().filter(|place| !is_required(case, place)).collect();
        let chosen: Vec<&String> = match &which {
            None => optional.iter().collect(),
            Some(_) if optional.is_empty() => Vec::new(),
            Some(which) => which.iter().map(|at| &optional[at.index(optional.len())]).collect(),
        };
        let mut absent = payload.clone();
        let mut null = payload;
        for place in chosen {
            if absent.pointer(place).is_some() {
                take(&mut absent, place);
            }
            if let Some(value) = null.pointer_mut(place) {
                *value = Value::Null;
            }
        }
        let absent = result(case, side, &absent)?;
        let null = result(case, side, &null)?;
        // Open objects keep their members: there the two differ.
        let text = null.to_string();
        if !["metadata\":{\"", "attributes\":{\""].iter().any(|open| text.contains(open)) {
            prop_assert_eq!(absent, null);
        }
    }
}
