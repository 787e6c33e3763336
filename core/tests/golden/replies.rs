//! Each reply of each surface, read through the typed API.

mod answers;
mod objects;
mod table;

use serde_json::Value;
use stytch_session::{
    Active, AnySession, AuthMethod, Authenticated, Backend, Call, DeliveryMethod, Discovery,
    ErrorKind, FactorDetails, FactorType, Frontend, Intermediate, ListSessions, MemberId,
    MemberSessionId, MembershipType, MfaMethod, MfaPolicy, OauthProvider, PrimaryRequired,
    RecoveryCode, Response, RevokeSessions, RoleId, SequenceOrder, Session, SmsCode, SsoProtocol,
    TotpCode,
};

use crate::common::attempt::{After, attempt, complete};
use crate::common::scenario::{self, organization};
use crate::common::{Held, Side, fixture, fixture_bytes, fixture_names, golden, noon, response};

const HARBOR_LIGHTS: &str = "organization-test-42b0191d-0359-4162-ba28-b98a369de045";
const BLUE_KILN: &str = "organization-test-0808bbed-3e61-4ebb-8246-9ec8be8538d4";
const NORTH_PIER: &str = "organization-test-ca5dd5bf-dbb6-4cb3-937b-88ef0830e6e9";
const CLAY_AND_CO: &str = "organization-test-126350b2-125f-4024-823e-c8babd46b71c";
/// Ada in each of them.
const IN_HARBOR_LIGHTS: &str = "member-test-88111f89-c498-4016-ab62-8378d12f7672";
const IN_BLUE_KILN: &str = "member-test-ae2163d1-d299-4ccc-9daa-a0449ec1fd87";
const IN_NORTH_PIER: &str = "member-test-7c11f744-4ece-421f-858a-8c82aadf603e";
const IN_CLAY_AND_CO: &str = "member-test-777c2c3f-bbc7-40cb-b60f-78e8f6d94410";
const TOTP: &str = "member-totp-test-4938a4dd-59a3-4925-a078-d80ab1446741";
const PHONE: &str = "+12025550143";

/// What a finished reply says.
struct Finished {
    token: &'static str,
    session: &'static str,
    member: &'static str,
    organization: &'static str,
    expires_at: &'static str,
    factors: &'static [(&'static str, &'static str)],
}

/// What an unfinished reply says.
struct Unfinished {
    token: &'static str,
    member: &'static str,
    organization: &'static str,
    primary: Option<&'static [AuthMethod]>,
    second_factor: Option<Second>,
}

struct Second {
    phone: Option<&'static str>,
    totp: Option<&'static str>,
    sent: bool,
    must_enroll: bool,
}

enum Leads {
    Active(Finished),
    Intermediate(Unfinished),
    Discovery,
    /// A success that this library must not take for one.
    Undecodable(&'static str),
    /// No step but a call; it has a test of its own.
    Call,
}

/// A body, the steps that it answers, and what they come to.
struct Case {
    name: &'static str,
    /// Steps and the states they are taken from.
    answers: &'static [(&'static str, &'static str)],
    leads: Leads,
}

const fn case(
    name: &'static str,
    answers: &'static [(&'static str, &'static str)],
    leads: Leads,
) -> Case {
    Case { name, answers, leads }
}

const AUTHENTICATE: &[(&str, &str)] = &[("authenticate", "N"), ("authenticate", "A")];
const EXCHANGE: &[(&str, &str)] = &[("exchange", "A")];
const LOGIN: &[(&str, &str)] =
    &[("login", "N"), ("login", "P"), ("login", "M"), ("login", "P+"), ("login", "M+")];
const DISCOVERY_EXCHANGE: &[(&str, &str)] = &[
    ("discovery exchange", "D"),
    ("discovery exchange", "P"),
    ("discovery exchange", "M"),
    ("discovery exchange", "P+"),
    ("discovery exchange", "M+"),
];

/// Each login but that by a password.
const LINK: &[(&str, &str)] =
    &[("link", "N"), ("link", "P"), ("link", "M"), ("link", "P+"), ("link", "M+")];
const DISCOVERY_LINK: &[(&str, &str)] = &[("discovery link", "N")];
const CREATE: &[(&str, &str)] =
    &[("create", "D"), ("create", "P"), ("create", "M"), ("create", "P+"), ("create", "M+")];

const SESSION: Finished = Finished {
    token: "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs",
    session: "session-test-52c8c1ac-e81e-4070-b496-5eaa7a3e750f",
    member: IN_HARBOR_LIGHTS,
    organization: HARBOR_LIGHTS,
    expires_at: "2030-06-01T13:00:00Z",
    factors: &[("magic_link", "email")],
};

const EXCHANGED: Finished = Finished {
    token: "deooXZZnSlZLHid5FYpHBYndfeJLMNRdFLIwSEQD6VeN",
    session: "session-test-6db7e7cd-7d20-4804-af6b-4404e679e666",
    member: IN_NORTH_PIER,
    organization: NORTH_PIER,
    expires_at: "2030-06-01T13:00:00Z",
    factors: &[("sso", "sso_saml")],
};

const fn in_blue_kiln(
    token: &'static str,
    session: &'static str,
    factors: &'static [(&'static str, &'static str)],
) -> Finished {
    Finished {
        token,
        session,
        member: IN_BLUE_KILN,
        organization: BLUE_KILN,
        expires_at: "2030-06-01T13:00:00Z",
        factors,
    }
}

const fn mfa(token: &'static str, second_factor: Second) -> Leads {
    Leads::Intermediate(Unfinished {
        token,
        member: IN_BLUE_KILN,
        organization: BLUE_KILN,
        primary: None,
        second_factor: Some(second_factor),
    })
}

const fn primary(token: &'static str, methods: &'static [AuthMethod]) -> Leads {
    Leads::Intermediate(Unfinished {
        token,
        member: IN_NORTH_PIER,
        organization: NORTH_PIER,
        primary: Some(methods),
        second_factor: None,
    })
}

const SMS_SENT: Second = Second { phone: Some(PHONE), totp: None, sent: true, must_enroll: false };
const MFA_TOKEN: &str = "sr7KUp66KCbU7lz4xr38ot0h5Ng81MR1Ljadw4d28_6-";
const PRIMARY_TOKEN: &str = "HZCI47wQVi0lbbziNR2DuZENZyTgcWriBwRItifcGslv";
const DISCOVERY_TOKEN: &str = "fbXCcZGHQzEsNK3FtUGkbdYWWvdYehCEigFp7TlZ-lw0";

/// Whether a table knows the body of this name, without `sdk.` and `.json`.
pub(crate) fn knows(name: &str) -> bool {
    table::CASES.iter().any(|case| case.name == name)
}

/// The same body on both surfaces: bare, and in an envelope.
#[test]
fn success_bodies() {
    for case in table::CASES {
        let file = format!("{}.json", case.name);
        if fixture_names().contains(&file) {
            check::<Backend>(case, &golden::<Backend>(case.name), case.name);
            check::<Frontend>(case, &golden::<Frontend>(case.name), case.name);
        }
        let sdk = format!("sdk.{file}");
        if fixture_names().contains(&sdk) {
            check::<Frontend>(case, &response(200, fixture_bytes(&sdk)), case.name);
        }
    }
}

fn check<P: Side>(case: &Case, response: &Response, name: &str) {
    for (step, from) in case.answers {
        let what = format!("{name} to {step} from {from} on the {}", P::NAME);
        let attempt = attempt::<P>(step, from, response, noon()).unwrap();
        match (&case.leads, attempt.after) {
            (Leads::Active(want), After::Done(AnySession::Active(session))) => {
                finished(&what, want, &session);
                nothing_is_lost(&what, &session.held()["session"], name);
            }
            (Leads::Intermediate(want), After::Done(AnySession::Intermediate(session))) => {
                unfinished(&what, want, &session);
                nothing_is_lost(&what, &session.held()["session"], name);
                let previous = session.previous().map(|session| session.session_token().secret());
                let wanted = (from.ends_with('+') || *from == "A").then_some(SESSION.token);
                assert_eq!(previous, wanted, "{what}");
            }
            (Leads::Discovery, After::Done(AnySession::Discovery(session))) => {
                discovered(&what, &session);
            }
            (Leads::Undecodable(problem), After::Kept { session, error }) => {
                assert_eq!(session.held(), attempt.before, "{what}");
                assert_eq!(error.kind(), ErrorKind::Undecodable, "{what}");
                assert!(error.to_string().contains(problem), "{what}: {error}");
            }
            (_, after) => panic!("{what}: {after:?}"),
        }
    }
}

fn finished(what: &str, want: &Finished, session: &Session<Active>) {
    assert_eq!(session.session_token().secret(), want.token, "{what}");
    let member_session = session.member_session();
    assert_eq!(member_session.member_session_id().as_str(), want.session, "{what}");
    assert_eq!(member_session.member_id().as_str(), want.member, "{what}");
    assert_eq!(member_session.organization_id().as_str(), want.organization, "{what}");
    assert_eq!(member_session.expires_at().to_string(), want.expires_at, "{what}");
    assert_eq!(member_session.started_at().to_string(), "2030-06-01T12:00:00Z", "{what}");
    let factors = member_session.authentication_factors().iter();
    let factors: Vec<_> =
        factors.map(|f| (f.factor_type().as_str(), f.delivery_method().as_str())).collect();
    assert_eq!(factors, want.factors, "{what}");
    assert!(member_session.has_role("stytch_member") && !member_session.has_role("stytch"));
    assert_eq!(session.member().member_id().as_str(), want.member, "{what}");
    assert_eq!(session.member().organization_id().as_str(), want.organization, "{what}");
    assert_eq!(session.member().email_address().as_str(), "ada.reyes@example.com", "{what}");
    assert_eq!(session.organization().organization_id().as_str(), want.organization, "{what}");
    assert!(!session.is_expired(noon()), "{what}");
    assert!(session.is_expired(member_session.expires_at().into()), "{what}");
}

fn unfinished(what: &str, want: &Unfinished, session: &Session<Intermediate>) {
    assert_eq!(session.intermediate_session_token().secret(), want.token, "{what}");
    assert_eq!(session.member().member_id().as_str(), want.member, "{what}");
    assert_eq!(session.organization().organization_id().as_str(), want.organization, "{what}");
    assert_eq!(session.expires_at().to_string(), "2030-06-01T12:10:00Z", "{what}");
    let requirement = session.requirement();
    let methods = requirement.primary().map(PrimaryRequired::allowed_auth_methods);
    assert_eq!(methods, want.primary, "{what}");
    let second = requirement.second_factor();
    assert_eq!(second.is_some(), want.second_factor.is_some(), "{what}");
    let (Some(second), Some(want)) = (second, &want.second_factor) else { return };
    let options = second.member_options();
    assert_eq!(options.and_then(|options| options.mfa_phone_number()), want.phone, "{what}");
    let totp = options.and_then(|options| options.totp_registration_id()).map(AsRef::as_ref);
    assert_eq!(totp, want.totp, "{what}");
    let initiated = second.secondary_auth_initiated();
    assert_eq!(initiated, want.sent.then_some(&MfaMethod::SmsOtp), "{what}");
    assert_eq!(requirement.must_enroll(), want.must_enroll, "{what}");
}

fn discovered(what: &str, session: &Session<Discovery>) {
    assert_eq!(session.intermediate_session_token().secret(), DISCOVERY_TOKEN, "{what}");
    assert_eq!(session.email_address().as_str(), "ada.reyes@example.com", "{what}");
    assert_eq!(session.expires_at().to_string(), "2030-06-01T12:10:00Z", "{what}");
    let found = session.discovered_organizations().iter().map(|found| {
        let membership = found.membership().unwrap();
        let details = membership.details();
        (
            found.organization().unwrap().organization_slug(),
            found.member_authenticated(),
            membership.membership_type(),
            membership.member().is_some(),
            details.and_then(|details| details.domain()),
            details.and_then(|details| details.provider()).zip(details.and_then(|d| d.tenant())),
        )
    });
    let tenant = Some(("github", "slate-quarry-devs"));
    let [active, pending, invited] = [
        &MembershipType::ActiveMember,
        &MembershipType::PendingMember,
        &MembershipType::InvitedMember,
    ];
    let by_domain = &MembershipType::EligibleToJoinByEmailDomain;
    let by_tenant = &MembershipType::EligibleToJoinByOauthTenant;
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            ("harbor-lights", true, active, true, None, None),
            ("blue-kiln", false, active, true, None, None),
            ("north-pier", false, pending, true, None, None),
            ("paper-mill", true, invited, true, None, None),
            ("night-ferry", true, by_domain, false, Some("example.com"), None),
            ("slate-quarry", true, by_tenant, false, None, tenant),
        ],
        "{what}"
    );
    let [_, blue_kiln, north_pier, ..] = session.discovered_organizations() else { panic!() };
    let options = blue_kiln.mfa_required().unwrap().member_options().unwrap();
    assert_eq!(options.mfa_phone_number(), Some(PHONE), "{what}");
    assert!(blue_kiln.primary_required().is_none(), "{what}");
    let methods = north_pier.primary_required().unwrap().allowed_auth_methods();
    assert_eq!(methods, [AuthMethod::Sso, AuthMethod::Password], "{what}");
    assert!(north_pier.mfa_required().is_none(), "{what}");
}

/// What is held of member, organization, member session and JWT is what the body says; absent,
/// `null` and empty are the same.
fn nothing_is_lost(what: &str, held: &Value, name: &str) {
    let file = format!("{name}.json");
    let sdk = format!("sdk.{file}");
    let body: Value = match fixture_names().contains(&file) {
        true => fixture(name),
        false => serde_json::from_slice::<Value>(&fixture_bytes(&sdk)).unwrap()["data"].take(),
    };
    for part in ["member", "organization", "member_session"] {
        let (held, body) = (&held[part], &body[part]);
        for (field, value) in held.as_object().into_iter().flatten() {
            let sent = body.get(field).unwrap_or(&Value::Null);
            assert!(same(value, sent), "{what}: {part}.{field} is {value}, was {sent}");
        }
        for (field, sent) in body.as_object().into_iter().flatten() {
            let from_the_future = matches!(field.as_str(), "session_flavor" | "surprise");
            let value = held.get(field).unwrap_or(&Value::Null);
            assert!(
                from_the_future || same(value, sent),
                "{what}: {part}.{field} was {sent}, is {value}"
            );
        }
    }
    let jwt = held.get("session_jwt").unwrap_or(&Value::Null);
    assert!(same(jwt, &body["session_jwt"]), "{what}: session_jwt");
}

fn same(a: &Value, b: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            names.into_iter().all(|name| {
                // What a factor of the future says in detail is not kept.
                name == "palm_scan_factor"
                    || same(
                        a.get(name).unwrap_or(&Value::Null),
                        b.get(name).unwrap_or(&Value::Null),
                    )
            })
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => a == b || empty(a) && empty(b),
    }
}

/// A body without its envelope, and an envelope where none belongs, are no success.
#[test]
fn envelopes_belong_to_the_frontend() {
    for case in table::CASES {
        let file = format!("{}.json", case.name);
        if !fixture_names().contains(&file) {
            continue;
        }
        for (step, from) in case.answers {
            let what = format!("{} to {step} from {from}", case.name);
            let bare = golden::<Backend>(case.name);
            let wrapped = golden::<Frontend>(case.name);
            let on_frontend = attempt::<Frontend>(step, from, &bare, noon()).unwrap();
            let on_backend = attempt::<Backend>(step, from, &wrapped, noon()).unwrap();
            for attempt in [on_frontend, on_backend] {
                assert_eq!(attempt.letter(), "=", "{what}");
                assert_eq!(attempt.after.error().kind(), ErrorKind::Undecodable, "{what}");
            }
        }
    }
}
