//! Members and organizations of an emulator, and sessions as the API writes them.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};
use stytch_session::Timestamp;

use super::ids::{external_id, member_id, member_session_id, organization_id, slug};
use crate::{Member, Organization, VirtualClock};

/// A member with this address and password, and with any second factors.
///
/// It shrinks to one without second factors, roles and external id.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::{Emulator, Organization, strategies};
///
/// proptest!(|(ada in strategies::member("ada@example.com", "lighthouse"))| {
///     let organization = Organization::new("blue-kiln").member(ada);
///     let stytch = Emulator::builder().organization(organization).build();
///     prop_assert!(stytch.member_id("blue-kiln", "ada@example.com").is_some());
/// });
/// ```
pub fn member(
    email_address: impl Into<String>,
    password: impl Into<String>,
) -> impl Strategy<Value = Member> {
    let (email_address, password) = (email_address.into(), password.into());
    traits().prop_map(move |traits| {
        traits.give(Member::new(&email_address).password(&password), "+14155550001")
    })
}

/// An organization with these members, and with any policy about first and second factors.
///
/// It shrinks to one that accepts every way to log in and asks for no second factor. It need not
/// accept passwords: a login by one can stay unfinished, but is not refused.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::{Emulator, Member, strategies};
///
/// let ada = Member::new("ada@example.com").password("lighthouse");
/// proptest!(|(organization in strategies::organization("blue-kiln", [ada]))| {
///     let stytch = Emulator::builder().organization(organization).build();
///     prop_assert!(stytch.member_id("blue-kiln", "ada@example.com").is_some());
/// });
/// ```
pub fn organization(
    slug: impl Into<String>,
    members: impl IntoIterator<Item = Member>,
) -> impl Strategy<Value = Organization> {
    let slug = slug.into();
    let members: Vec<Member> = members.into_iter().collect();
    policy().prop_map(move |policy| {
        let organization = policy.give(Organization::new(&slug));
        members.iter().cloned().fold(organization, Organization::member)
    })
}

/// What tells members apart.
#[derive(Clone, Debug)]
pub(super) struct Traits {
    name: String,
    phone: bool,
    app: bool,
    admin: bool,
    external_id: Option<String>,
}

pub(super) fn traits() -> impl Strategy<Value = Traits> {
    let rarely = || prop::bool::weighted(0.3);
    let name = "[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8})?";
    let external_id = prop::option::weighted(0.2, external_id());
    (name, rarely(), rarely(), rarely(), external_id).prop_map(
        |(name, phone, app, admin, external_id)| Traits { name, phone, app, admin, external_id },
    )
}

impl Traits {
    pub(super) fn give(&self, member: Member, phone_number: &str) -> Member {
        let mut member = member.name(&self.name);
        if self.phone {
            member = member.phone_number(phone_number).mfa_enrolled();
        }
        if self.app {
            member = member.totp_secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").mfa_enrolled();
        }
        if self.admin {
            member = member.role("stytch_admin");
        }
        match &self.external_id {
            Some(id) => member.external_id(id),
            None => member,
        }
    }
}

/// What tells organizations apart.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    mfa_required: bool,
    auth_methods: Option<Vec<&'static str>>,
    mfa_methods: Option<Vec<&'static str>>,
    joining_domain: bool,
}

pub(super) fn policy() -> impl Strategy<Value = Policy> {
    let rarely = || prop::bool::weighted(0.3);
    let auth_methods = subsequence(vec!["password", "magic_link", "sso", "email_otp"], 1..=4);
    let mfa_methods = subsequence(vec!["sms_otp", "totp"], 1..=2);
    let (auth_methods, mfa_methods) =
        (prop::option::weighted(0.3, auth_methods), prop::option::weighted(0.2, mfa_methods));
    (rarely(), auth_methods, mfa_methods, rarely()).prop_map(
        |(mfa_required, auth_methods, mfa_methods, joining_domain)| Policy {
            mfa_required,
            auth_methods,
            mfa_methods,
            joining_domain,
        },
    )
}

impl Policy {
    pub(super) fn give(&self, mut organization: Organization) -> Organization {
        if self.mfa_required {
            organization = organization.mfa_required();
        }
        if let Some(methods) = &self.auth_methods {
            organization = organization.allowed_auth_methods(methods.iter().copied());
        }
        if let Some(methods) = &self.mfa_methods {
            organization = organization.allowed_mfa_methods(methods.iter().copied());
        }
        if self.joining_domain { organization.joining_domain("example.com") } else { organization }
    }
}

/// A member session as the API writes it: begun at the instant at which [`VirtualClock::new`] stands,
/// of 5 minutes to 366 days, with one to three factors, any ids and custom claims.
///
/// Source: object `MemberSession` of the API.
///
/// ```
/// use stytch_session::MemberSession;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(session in strategies::member_session())| {
///     let session: MemberSession = serde_json::from_value(session).expect("it is one");
///     prop_assert!(session.expires_at() > session.started_at());
/// });
/// ```
pub fn member_session() -> impl Strategy<Value = Value> {
    let ids = (member_session_id(), member_id(), organization_id(), slug());
    (ids, 5..=527_040_u64, factors(), metadata()).prop_map(|(ids, minutes, factors, claims)| {
        let begun = VirtualClock::new().now();
        let end = begun + Duration::from_secs(minutes * 60);
        let begun = Timestamp::from(begun).to_string();
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
            "custom_claims": claims,
        })
    })
}

/// One to three factors.
pub(super) fn factors() -> impl Strategy<Value = Value> {
    let factor = prop_oneof![
        Just(("password", "knowledge")),
        Just(("magic_link", "email")),
        Just(("email_otp", "email")),
        Just(("sso", "sso_saml")),
        Just(("oauth", "oauth_google")),
        Just(("otp", "sms")),
        Just(("totp", "authenticator_app")),
        Just(("recovery_codes", "recovery_code")),
    ];
    vec(factor, 1..=3).prop_map(|factors| {
        let begun = Timestamp::from(VirtualClock::new().now()).to_string();
        let factor = |(kind, delivery): (&str, &str)| {
            json!({
                "type": kind,
                "delivery_method": delivery,
                "last_authenticated_at": begun,
                "created_at": begun,
                "updated_at": begun,
            })
        };
        factors.into_iter().map(factor).collect()
    })
}

/// The members of an open object, such as `custom_claims` and `trusted_metadata`: mostly none.
pub(super) fn metadata() -> impl Strategy<Value = Value> {
    let some = prop::collection::btree_map("[a-z]{1,8}", any_value(), 1..4)
        .prop_map(|map| Value::Object(map.into_iter().collect()));
    prop_oneof![2 => Just(json!({})), 1 => some]
}

/// Any small JSON value.
pub(super) fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!(1.5)),
        Just(json!([{ "nested": [null] }])),
        Just(json!({ "nested": { "deeper": -1 } })),
    ]
}
