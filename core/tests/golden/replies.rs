//! Each reply of each surface, read through the typed API.

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
/// Ada in each of them.
const IN_HARBOR_LIGHTS: &str = "member-test-88111f89-c498-4016-ab62-8378d12f7672";
const IN_BLUE_KILN: &str = "member-test-ae2163d1-d299-4ccc-9daa-a0449ec1fd87";
const IN_NORTH_PIER: &str = "member-test-7c11f744-4ece-421f-858a-8c82aadf603e";
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

const ALL_FACTORS: &[(&str, &str)] = &[
    ("magic_link", "email"),
    ("email_otp", "email"),
    ("oauth", "oauth_google"),
    ("oauth", "oauth_microsoft"),
    ("oauth", "oauth_github"),
    ("oauth", "oauth_slack"),
    ("oauth", "oauth_hubspot"),
    ("password", "knowledge"),
    ("sso", "sso_saml"),
    ("sso", "sso_oidc"),
    ("otp", "sms"),
    ("totp", "authenticator_app"),
    ("recovery_codes", "recovery_code"),
    ("impersonated", "impersonation"),
    ("trusted_auth_token", "trusted_token_exchange"),
    ("oauth", "oauth_access_token_exchange"),
    ("imported", "imported_auth0"),
    ("oauth", "oauth_exchange_google"),
    ("oauth", "oauth_exchange_github"),
    ("oauth", "oauth_exchange_slack"),
    ("oauth", "oauth_exchange_hubspot"),
];

const CASES: &[Case] = &[
    case("sessions.authenticate.success", AUTHENTICATE, Leads::Active(SESSION)),
    case("sessions.authenticate.custom_claims", AUTHENTICATE, Leads::Active(SESSION)),
    case("sessions.authenticate.optional_fields_absent", AUTHENTICATE, Leads::Active(SESSION)),
    case("sessions.authenticate.with_verdict", AUTHENTICATE, Leads::Active(SESSION)),
    case(
        "sessions.authenticate.extended",
        AUTHENTICATE,
        Leads::Active(Finished { expires_at: "2030-06-01T13:30:00Z", ..SESSION }),
    ),
    case(
        "sessions.authenticate.all_factors",
        AUTHENTICATE,
        Leads::Active(Finished {
            token: "6tdNfrfsGnSN_uCIshwfFaAWDN99scZ4yn-x83Exyj6I",
            session: "session-test-cfbde9d7-9457-4d23-ac14-42ddfae08112",
            factors: ALL_FACTORS,
            ..SESSION
        }),
    ),
    case(
        "sessions.authenticate.unknown_fields",
        AUTHENTICATE,
        Leads::Active(Finished {
            token: "NSe44hezW7IFx8lXPpdWueP6gzN26h3giSvP50YJKzVb",
            session: "session-test-666e0f1b-a959-463a-ba2b-f8fed08158ad",
            factors: &[("magic_link", "email"), ("palm_scan", "palm_reader")],
            ..SESSION
        }),
    ),
    case(
        "sessions.authenticate.http_only_cookies",
        AUTHENTICATE,
        Leads::Undecodable("cookie mode is for browsers"),
    ),
    case("sessions.exchange.success", EXCHANGE, Leads::Active(EXCHANGED)),
    case("sessions.exchange.success_without_primary_key", EXCHANGE, Leads::Active(EXCHANGED)),
    case("sessions.exchange.with_device", EXCHANGE, Leads::Active(EXCHANGED)),
    case("sessions.exchange.mfa_required", EXCHANGE, mfa(MFA_TOKEN, SMS_SENT)),
    case(
        "sessions.exchange.mfa_required_totp",
        EXCHANGE,
        mfa(MFA_TOKEN, Second { phone: None, totp: Some(TOTP), sent: false, must_enroll: false }),
    ),
    case(
        "sessions.exchange.mfa_enrollment_required",
        EXCHANGE,
        mfa(MFA_TOKEN, Second { phone: None, totp: None, sent: false, must_enroll: true }),
    ),
    case(
        "sessions.exchange.primary_required",
        EXCHANGE,
        primary(PRIMARY_TOKEN, &[AuthMethod::Sso, AuthMethod::Password]),
    ),
    case(
        "sessions.exchange.primary_and_mfa_required",
        EXCHANGE,
        Leads::Intermediate(Unfinished {
            token: PRIMARY_TOKEN,
            member: IN_BLUE_KILN,
            organization: BLUE_KILN,
            primary: Some(&[AuthMethod::Sso]),
            second_factor: Some(Second {
                phone: Some(PHONE),
                totp: None,
                sent: false,
                must_enroll: false,
            }),
        }),
    ),
    case(
        "passwords.authenticate.success",
        LOGIN,
        Leads::Active(Finished {
            token: "VlfiB3ejBt_tOQoq6_TdQZAOiiVno6aDiYAntyDKilAK",
            session: "session-test-00335d7a-47fe-4e79-9dc6-754eb077d53c",
            factors: &[("password", "knowledge")],
            ..EXCHANGED
        }),
    ),
    case("passwords.authenticate.mfa_required", LOGIN, mfa(MFA_TOKEN, SMS_SENT)),
    case(
        "passwords.authenticate.primary_required",
        LOGIN,
        primary(PRIMARY_TOKEN, &[AuthMethod::Sso]),
    ),
    case("passwords.discovery.authenticate.success", &[("discover", "N")], Leads::Discovery),
    case(
        "discovery.intermediate_sessions.exchange.success",
        DISCOVERY_EXCHANGE,
        Leads::Active(SESSION),
    ),
    case(
        "discovery.intermediate_sessions.exchange.mfa_required",
        DISCOVERY_EXCHANGE,
        mfa(DISCOVERY_TOKEN, SMS_SENT),
    ),
    case(
        "discovery.intermediate_sessions.exchange.primary_required",
        DISCOVERY_EXCHANGE,
        primary(DISCOVERY_TOKEN, &[AuthMethod::Sso, AuthMethod::Password]),
    ),
    case(
        "otps.sms.authenticate.success",
        &[("sms code", "M"), ("sms code", "M+"), ("sms code", "A")],
        Leads::Active(in_blue_kiln(
            "Ua5OKJkP3-K-DoI1kSy2wz-SdUytBdG55p7iAiIP2hnR",
            "session-test-0b6f0b4b-aa9d-4f1e-8fe6-61bd17a11c4b",
            &[("magic_link", "email"), ("otp", "sms")],
        )),
    ),
    case(
        "totp.authenticate.success",
        &[("totp code", "M"), ("totp code", "M+"), ("totp code", "A")],
        Leads::Active(in_blue_kiln(
            "jnNKedC8jLaj21wA8loVGqYQkS7nW3xM2FH4Kkl7QZnP",
            "session-test-87412289-7d61-4bdd-9c99-677a7fc05b8b",
            &[("magic_link", "email"), ("totp", "authenticator_app")],
        )),
    ),
    case(
        "recovery_codes.recover.success",
        &[("recovery code", "M"), ("recovery code", "M+"), ("recovery code", "A")],
        Leads::Active(in_blue_kiln(
            "7Uf_FL0NKeCqUI1EJtiCBs54FBkqW16EjF9ZTv4orPJH",
            "session-test-63330166-9232-46c2-8677-53189cdbd129",
            &[("magic_link", "email"), ("recovery_codes", "recovery_code")],
        )),
    ),
    case("sessions.revoke.success", &[], Leads::Call),
    case("sessions.revoke_member.success", &[], Leads::Call),
    case("sessions.get.success", &[], Leads::Call),
    case("sessions.get.empty", &[], Leads::Call),
    case("otps.sms.send.success", &[], Leads::Call),
];

/// Whether a table knows the body of this name, without `sdk.` and `.json`.
pub(crate) fn knows(name: &str) -> bool {
    CASES.iter().any(|case| case.name == name)
}

/// The same body on both surfaces: bare, and in an envelope.
#[test]
fn success_bodies() {
    for case in CASES {
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
    assert_eq!(options.and_then(|options| options.totp_registration_id()), want.totp, "{what}");
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
    for case in CASES {
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

fn authenticated(name: &str) -> Session<Active> {
    scenario::active_by::<Backend>(&fixture(name))
}

#[test]
fn every_factor() {
    let session = authenticated("sessions.authenticate.all_factors");
    let factors = session.member_session().authentication_factors();
    let details: Vec<String> = factors
        .iter()
        .map(|factor| {
            let provider = |provider: &OauthProvider| format!("{provider:?}").to_lowercase();
            match factor.details() {
                None => "none".to_owned(),
                Some(FactorDetails::Email(email)) => {
                    format!("email {} {}", email.email_id(), email.email_address())
                }
                Some(FactorDetails::PhoneNumber(phone)) => {
                    format!("phone {} {}", phone.phone_id(), phone.phone_number())
                }
                Some(FactorDetails::AuthenticatorApp(app)) => format!("totp {}", app.totp_id()),
                Some(FactorDetails::RecoveryCode(code)) => {
                    format!("recovery {}", code.totp_recovery_code_id())
                }
                Some(FactorDetails::Sso(protocol, sso)) => {
                    let protocol = match protocol {
                        SsoProtocol::Saml => "saml",
                        SsoProtocol::Oidc => "oidc",
                        _ => "other",
                    };
                    format!("{protocol} {} {} {}", sso.id(), sso.provider_id(), sso.external_id())
                }
                Some(FactorDetails::Oauth(by, oauth)) => format!(
                    "{} {} {} {} {:?} {:?}",
                    provider(by),
                    oauth.id(),
                    oauth.provider_subject(),
                    oauth.email_id().unwrap_or_default(),
                    oauth.provider_tenant_id(),
                    oauth.provider_tenant_ids(),
                ),
                Some(FactorDetails::OauthExchange(by, exchange)) => {
                    format!("exchange {} {}", provider(by), exchange.email_id())
                }
                Some(FactorDetails::AccessTokenExchange(exchange)) => {
                    format!("access token {}", exchange.client_id())
                }
                Some(FactorDetails::Impersonated(by)) => {
                    format!("{} {}", by.impersonator_id(), by.impersonator_email_address())
                }
                Some(FactorDetails::TrustedAuthToken(token)) => {
                    format!("trusted {}", token.token_id())
                }
                Some(other) => format!("{other:?}"),
            }
        })
        .collect();
    let email_id = "email-test-4c10bc9a-89f4-4826-a5bd-83c3e2eb74db";
    let email = format!("email {email_id} ada.reyes@example.com");
    let oauth = |provider: &str, id: &str, tenants: &str| {
        format!("{provider} oauth-user-test-{id} subject-{provider} {email_id} {tenants}")
    };
    let exchange = |provider: &str| format!("exchange {provider} {email_id}");
    assert_eq!(
        details,
        [
            email.clone(),
            email,
            oauth("google", "9f00568f-1f36-4052-8224-8298b93a7c5d", "None []"),
            oauth("microsoft", "9d17eeb3-7f32-4012-857c-ef72afc4110f", "None []"),
            oauth("github", "5f4f5157-596a-4561-9688-e2cfda7badb5", "None [\"slate-quarry-devs\"]"),
            oauth("slack", "19659a83-e522-49b8-8918-34400949e793", "Some(\"T0123\") []"),
            oauth("hubspot", "ac24a8bd-412d-4804-9f69-b6d6b466edc8", "Some(\"4455\") []"),
            "none".to_owned(),
            "saml sso-registration-test-f0ec5e2e-b894-49dd-a292-9702abdb07a6 \
             saml-connection-test-ad5871b3-59d2-4b7e-afa2-3bae23e50cf3 okta|ada"
                .to_owned(),
            "oidc sso-registration-test-b0b27391-f2e8-4575-b37c-07a583c6a751 \
             oidc-connection-test-d1947a4e-d492-4b7d-a934-50f3ca252e42 00u1ada"
                .to_owned(),
            format!("phone phone-number-test-b7bc8e23-2e71-48b7-8c2b-3dc798a3a547 {PHONE}"),
            format!("totp {TOTP}"),
            "recovery totp-recovery-code-test-39d585ed-ddbe-4edc-9e90-733d454627d5".to_owned(),
            "support-17 support@example.com".to_owned(),
            "trusted jti-77cf25cd-17a1-4a83-ac90-a58bc440a284".to_owned(),
            "access token connected-app-test-9f94d310-af02-496a-a857-646421a1abfe".to_owned(),
            "none".to_owned(),
            exchange("google"),
            exchange("github"),
            exchange("slack"),
            exchange("hubspot"),
        ]
    );
    for factor in factors {
        let secondary = ["otp", "totp", "recovery_codes"].contains(&factor.factor_type().as_str());
        assert_eq!(factor.is_secondary(), secondary);
        let order = if secondary { SequenceOrder::Secondary } else { SequenceOrder::Primary };
        assert_eq!(factor.sequence_order(), Some(&order));
        let times = [factor.last_authenticated_at(), factor.created_at(), factor.updated_at()];
        assert_eq!(times.map(|at| at.unwrap().to_string()), ["2030-06-01T12:00:00Z"; 3]);
    }
    let unknown = |factor: &stytch_session::AuthenticationFactor| {
        matches!(factor.factor_type(), FactorType::Other(_))
            || matches!(factor.delivery_method(), DeliveryMethod::Other(_))
    };
    assert!(!factors.iter().any(unknown), "all of them are known");
}

#[test]
fn a_whole_session() {
    let session = authenticated("sessions.authenticate.success");
    let member = session.member();
    assert_eq!(member.name(), "Ada Reyes");
    assert!(member.email_address_verified() && member.is_admin() && !member.is_breakglass());
    assert_eq!(member.status().as_str(), "active");
    assert!(!member.mfa_enrolled() && !member.mfa_phone_number_verified() && !member.is_locked());
    assert_eq!(
        [member.mfa_phone_number(), member.totp_registration_id(), member.member_password_id()],
        [None; 3]
    );
    assert_eq!((member.default_mfa(), member.external_id()), (None, None));
    assert_eq!(member.untrusted_metadata()["theme"], "dusk");
    assert!(member.trusted_metadata().is_empty());
    assert_eq!(member.created_at().unwrap().to_string(), "2029-02-03T08:16:02Z");
    assert_eq!(member.updated_at().unwrap().to_string(), "2030-05-30T09:00:00Z");
    assert_eq!((member.lock_created_at(), member.lock_expires_at()), (None, None));
    let [_, admin] = member.roles() else { panic!("{:?}", member.roles()) };
    assert_eq!(admin.role_id().as_str(), "stytch_admin");
    let [direct, by_address] = admin.sources() else { panic!("{admin:?}") };
    assert_eq!(direct.source_type().as_str(), "direct_assignment");
    assert_eq!(direct.details().email_domain(), None);
    assert_eq!(by_address.source_type().as_str(), "email_assignment");
    assert_eq!(by_address.details().email_domain(), Some("example.com"));

    let organization = session.organization();
    assert_eq!(organization.organization_name(), "Harbor Lights");
    assert_eq!(organization.organization_slug(), "harbor-lights");
    assert_eq!(organization.organization_logo_url(), None);
    assert_eq!(organization.mfa_policy(), &MfaPolicy::Optional);
    assert_eq!(&*organization.email_allowed_domains()[0], "example.com");
    let [role] = organization.custom_roles() else { panic!() };
    assert_eq!((role.role_id(), role.description()), ("lamp_keeper", "Tends the lamps"));
    let [permission] = role.permissions() else { panic!() };
    assert_eq!(permission.resource_id(), "lamps");
    assert_eq!(permission.actions().iter().map(|a| &**a).collect::<Vec<_>>(), ["read", "trim"]);

    let member_session = session.member_session();
    assert_eq!(member_session.organization_slug(), Some("harbor-lights"));
    let roles: Vec<&str> = member_session.roles().iter().map(RoleId::as_str).collect();
    assert_eq!(roles, ["stytch_member", "stytch_admin"]);
    assert!(member_session.custom_claims().is_empty());
    assert_eq!(member_session.last_accessed_at().to_string(), "2030-06-01T12:00:00Z");
    let jwt = session.session_jwt().unwrap().secret();
    assert_eq!(jwt, fixture("sessions.authenticate.success")["session_jwt"].as_str().unwrap());
    assert!(session.member_device().is_none() && session.authorization_verdict().is_none());
    assert_eq!(session.recovery_codes_remaining(), None);
}

#[test]
fn custom_claims() {
    let session = authenticated("sessions.authenticate.custom_claims");
    let claims = serde_json::json!({
        "plan": "gold", "limits": { "lamps": 12 }, "tags": ["a", "b"]
    });
    assert_eq!(Value::from(session.member_session().custom_claims().clone()), claims);
}

#[test]
fn values_and_fields_of_the_future() {
    let session = authenticated("sessions.authenticate.unknown_fields");
    assert_eq!(session.member().status().as_str(), "sleeping");
    assert_eq!(session.organization().mfa_policy().as_str(), "REQUIRED_ON_TUESDAYS");
    let [_, palm] = session.member_session().authentication_factors() else { panic!() };
    assert_eq!(palm.factor_type(), &FactorType::Other("palm_scan".into()));
    assert_eq!(palm.delivery_method(), &DeliveryMethod::Other("palm_reader".into()));
    assert!(palm.details().is_none() && palm.sequence_order().is_none() && !palm.is_secondary());
}

#[test]
fn absent_fields() {
    let session = authenticated("sessions.authenticate.optional_fields_absent");
    let member = session.member();
    assert!(member.trusted_metadata().is_empty() && member.untrusted_metadata().is_empty());
    assert!(!member.is_locked() && member.scim_registration().is_none());
    assert_eq!((member.created_at(), member.updated_at()), (None, None));
    assert!(session.member_session().custom_claims().is_empty());
    assert!(session.organization().allowed_oauth_tenants().is_none());
    assert!(session.organization().scim_active_connection().is_none());
    assert_eq!(session.organization().sso_default_connection_id(), None);
}

#[test]
fn verdict_device_and_recovery_codes() {
    let session = authenticated("sessions.authenticate.with_verdict");
    let verdict = session.authorization_verdict().unwrap();
    assert!(verdict.authorized());
    let roles: Vec<&str> = verdict.granting_roles().iter().map(RoleId::as_str).collect();
    assert_eq!(roles, ["stytch_admin"]);

    let exchange = scenario::active::<Frontend>().exchange(&organization("north-pier"));
    let reply = golden::<Frontend>("sessions.exchange.with_device");
    let session = scenario::finished(scenario::completed::<Frontend, _>(exchange, &reply));
    let device = session.member_device().unwrap();
    assert_eq!(device.visitor_id(), Some("visitor-fingerprint-9d0c"));
    assert_eq!(device.ip_address(), Some("203.0.113.7"));
    assert_eq!(
        [device.ip_geo_city(), device.ip_geo_region(), device.ip_geo_country()],
        [Some("Lisbon"), Some("Lisboa"), Some("PT")]
    );
    let address = device.ip_address_details().unwrap();
    assert!(address.is_new());
    assert_eq!(address.first_seen_at().unwrap().to_string(), "2030-06-01T12:00:00Z");
    let country = device.ip_geo_country_details().unwrap();
    assert!(!country.is_new());
    assert_eq!(country.first_seen_at().unwrap().to_string(), "2029-11-02T10:00:00Z");
    assert_eq!(country.last_seen_at().unwrap().to_string(), "2030-06-01T12:00:00Z");
    assert!(device.visitor_id_details().is_none());

    let code = RecoveryCode::new("ckss-2skx-ebow").unwrap();
    let step = scenario::mfa_required::<Frontend>().authenticate(code);
    let reply = golden::<Frontend>("recovery_codes.recover.success");
    let session = scenario::completed::<Frontend, _>(step, &reply);
    assert_eq!(session.recovery_codes_remaining(), Some(9));
    // The next reply speaks of none.
    let reply = golden::<Frontend>("otps.sms.authenticate.success");
    let session = scenario::completed::<Frontend, _>(session.authenticate(), &reply);
    assert_eq!(session.recovery_codes_remaining(), None);
}

/// Another first factor comes before the second one.
#[test]
fn both_requirements() {
    let exchange = scenario::active::<Backend>().exchange(&organization("blue-kiln"));
    let reply = golden::<Backend>("sessions.exchange.primary_and_mfa_required");
    let authenticated = scenario::completed::<Backend, _>(exchange, &reply);
    assert!(authenticated.requirement().unwrap().primary().is_some());
    let Authenticated::Intermediate(session) = authenticated else { panic!() };
    assert_eq!(
        session.requirement().to_string(),
        "another first factor: sso; then a second factor: a code by SMS"
    );
}

#[test]
fn calls() {
    fn sent<P: Side>(reply: &Response) {
        let intermediate = scenario::mfa_required::<P>();
        let active = scenario::active_in_blue_kiln::<P>();
        let project = P::project();
        project.decode(&intermediate.send_sms_code(), reply).unwrap();
        project.decode(&active.send_sms_code(), reply).unwrap();
    }
    fn revoked<P: Side>(reply: &Response) {
        let step = scenario::active::<P>().revoke();
        let after = complete::<P, _>(step, reply, noon());
        assert!(matches!(after, After::Done(AnySession::LoggedOut(_))), "{after:?}");
    }
    let sdk = |name: &str| response(200, fixture_bytes(&format!("sdk.{name}.json")));
    sent::<Backend>(&golden::<Backend>("otps.sms.send.success"));
    sent::<Frontend>(&golden::<Frontend>("otps.sms.send.success"));
    sent::<Frontend>(&sdk("otps.sms.send.success"));
    revoked::<Backend>(&golden::<Backend>("sessions.revoke.success"));
    revoked::<Frontend>(&golden::<Frontend>("sessions.revoke.success"));
    revoked::<Frontend>(&sdk("sessions.revoke.success"));
    let id = MemberSessionId::new("session-test-1").unwrap();
    Call::decode(&RevokeSessions::by_id(id), &golden::<Backend>("sessions.revoke.success"))
        .unwrap();
    let active = scenario::active::<Frontend>();
    let member = MemberId::new(IN_HARBOR_LIGHTS).unwrap();
    Call::decode(&active.revoke_for_member(&member), &sdk("sessions.revoke_member.success"))
        .unwrap();
}

#[test]
fn lists_of_sessions() {
    let call =
        ListSessions::new(&organization(HARBOR_LIGHTS), &MemberId::new(IN_HARBOR_LIGHTS).unwrap());
    let list = |name: &str| Backend::project().decode(&call, &golden::<Backend>(name)).unwrap();
    assert!(list("sessions.get.empty").is_empty());
    let sessions = list("sessions.get.success");
    let [first, second] = &*sessions else { panic!("{sessions:?}") };
    assert_eq!(first.member_session_id().as_str(), SESSION.session);
    assert_eq!(
        second.member_session_id().as_str(),
        "session-test-c208cdc8-8401-45cc-bdc4-d51c3cf6e397"
    );
    assert_eq!(second.started_at().to_string(), "2030-06-01T11:40:00Z");
    assert_eq!(second.expires_at().to_string(), "2030-06-01T12:40:00Z");
    let factor = &second.authentication_factors()[0];
    assert!(matches!(factor.details(), Some(FactorDetails::Oauth(OauthProvider::Google, _))));
}

/// The reply of a second factor speaks of the member who gave it.
#[test]
fn a_second_factor_of_another_member_is_refused() {
    let sms = SmsCode::new("123456").unwrap();
    let step = scenario::active::<Backend>().authenticate_with(sms);
    let after =
        complete::<Backend, _>(step, &golden::<Backend>("otps.sms.authenticate.success"), noon());
    assert_eq!(after.error().kind(), ErrorKind::Undecodable);
    let totp = TotpCode::new("123456").unwrap();
    let step = scenario::primary_required::<Backend>().authenticate(totp);
    let after =
        complete::<Backend, _>(step, &golden::<Backend>("totp.authenticate.success"), noon());
    assert_eq!(after.error().kind(), ErrorKind::Undecodable);
}
