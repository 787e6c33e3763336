//! Members, organizations, whole worlds, and sessions as the API writes them.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};
use stytch_session::Timestamp;

use super::ids::{email_address, member_id, member_session_id, organization_id, password, slug};
use crate::{Member, Organization, VirtualClock};

/// A member with this address and password, with any second factors.
pub fn member(email_address: String, password: String) -> impl Strategy<Value = Member> {
    let yes = || prop::bool::weighted(0.3);
    (yes(), yes(), yes(), "[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8})?").prop_map(
        move |(phone, app, admin, name)| {
            let mut member = Member::new(&email_address).password(&password).name(name);
            if phone {
                member = member.phone_number("+14155550001").mfa_enrolled();
            }
            if app {
                member = member.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").mfa_enrolled();
            }
            if admin { member.role("stytch_admin") } else { member }
        },
    )
}

/// An organization of which this is a member: any first factors are accepted, and a second one is
/// demanded or not.
pub fn organization(slug: String, member: Member) -> impl Strategy<Value = Organization> {
    let methods = subsequence(vec!["password", "magic_link", "sso", "email_otp"], 1..=4);
    (prop::bool::weighted(0.3), prop::option::weighted(0.3, methods)).prop_map(
        move |(mfa_required, methods)| {
            let mut organization = Organization::new(&slug).member(member.clone());
            if mfa_required {
                organization = organization.mfa_required();
            }
            match methods {
                Some(methods) => organization.allowed_auth_methods(methods),
                None => organization,
            }
        },
    )
}

/// One to four organizations of which one person is a member, and the person's address and password.
pub fn world() -> impl Strategy<Value = (Vec<Organization>, String, String)> {
    let slugs = prop::collection::btree_set(slug(), 1..=4);
    (slugs, email_address(), password()).prop_flat_map(|(slugs, address, secret)| {
        let organizations: Vec<_> = slugs
            .into_iter()
            .map(|slug| {
                member(address.clone(), secret.clone())
                    .prop_flat_map(move |member| organization(slug.clone(), member))
            })
            .collect();
        (organizations, Just(address), Just(secret))
    })
}

/// A member session as the API writes it: begun when [`VirtualClock::new`] stands, for five minutes
/// to a year, with one to three factors.
pub fn member_session() -> impl Strategy<Value = Value> {
    let factor = prop_oneof![
        Just(("password", "knowledge")),
        Just(("magic_link", "email")),
        Just(("otp", "sms")),
        Just(("totp", "authenticator_app")),
    ];
    let ids = (member_session_id(), member_id(), organization_id(), slug());
    (ids, 5_u64..=527_040, vec(factor, 1..=3)).prop_map(|(ids, minutes, factors)| {
        let begun = VirtualClock::new().now();
        let end = begun + Duration::from_secs(minutes * 60);
        let begun = Timestamp::from(begun).to_string();
        let factors: Vec<_> = factors
            .into_iter()
            .map(|(kind, delivery)| {
                json!({
                    "type": kind,
                    "delivery_method": delivery,
                    "last_authenticated_at": begun,
                    "created_at": begun,
                    "updated_at": begun,
                })
            })
            .collect();
        json!({
            "member_session_id": ids.0,
            "member_id": ids.1,
            "organization_id": ids.2,
            "organization_slug": ids.3,
            "started_at": begun,
            "last_accessed_at": begun,
            "expires_at": Timestamp::from(end).to_string(),
            "authentication_factors": factors,
            "roles": ["stytch_member"],
            "custom_claims": {},
        })
    })
}
