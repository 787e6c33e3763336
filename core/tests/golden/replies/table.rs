//! Each success body, and what it comes to.

use super::*;

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

pub(super) const CASES: &[Case] = &[
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
    case("magic_links.authenticate.success", LINK, Leads::Active(SESSION)),
    case("magic_links.authenticate.mfa_required", LINK, mfa(MFA_TOKEN, SMS_SENT)),
    case(
        "otps.email.authenticate.success",
        LINK,
        Leads::Active(Finished {
            token: "mZCNBP_kxXVFU3-VNyUzDVZd6L0A8mEUTVr1jiv_S4lq",
            session: "session-test-8e2eab13-841a-4b9f-ba9a-1bfa71890b67",
            factors: &[("email_otp", "email")],
            ..SESSION
        }),
    ),
    case(
        "oauth.authenticate.success",
        LINK,
        Leads::Active(Finished {
            token: "pkfPxIOauVRu246bCq76KoaezHso-xT98ht1WHbIS4pN",
            session: "session-test-1f21d5d5-b2cb-46f3-b1b2-d31f3df085f4",
            factors: &[("oauth", "oauth_google")],
            ..SESSION
        }),
    ),
    case("sso.authenticate.success", LINK, Leads::Active(EXCHANGED)),
    case("sso.authenticate.mfa_required", LINK, mfa(MFA_TOKEN, SMS_SENT)),
    case(
        "passwords.email.reset.mfa_required",
        LINK,
        mfa(MFA_TOKEN, Second { phone: None, totp: Some(TOTP), sent: false, must_enroll: false }),
    ),
    case(
        "passwords.session.reset.success",
        &[("reset", "A")],
        Leads::Active(Finished {
            token: "VlfiB3ejBt_tOQoq6_TdQZAOiiVno6aDiYAntyDKilAK",
            session: "session-test-00335d7a-47fe-4e79-9dc6-754eb077d53c",
            factors: &[("password", "knowledge")],
            ..EXCHANGED
        }),
    ),
    case(
        "impersonation.authenticate.success",
        &[("impersonate", "N")],
        Leads::Active(Finished {
            token: "ns3CGyjFCBXIKOOhPGbs_crKzct-cD-A0W3STS2jBG8y",
            session: "session-test-952be60c-ae7f-4a3d-ae75-bc4bb631e864",
            factors: &[("impersonated", "impersonation")],
            ..SESSION
        }),
    ),
    case(
        "sessions.attest.success",
        &[("attest", "N"), ("attest", "A")],
        Leads::Active(Finished {
            token: "180NHiGcHi4nTvr6CbC_VXo0O9NNzasSze609r9k1Soi",
            session: "session-test-6e31e432-f157-45fb-ba3d-06ea75dad322",
            expires_at: "2030-06-01T12:30:00Z",
            factors: &[("trusted_auth_token", "trusted_token_exchange")],
            ..SESSION
        }),
    ),
    case(
        "sessions.exchange_access_token.success",
        &[("access token", "N"), ("access token", "A")],
        Leads::Active(Finished {
            token: "llaTbKMVnNkvIiOEgvJi0N4d9JeGEffTUaURpnzeD5x4",
            session: "session-test-020d56e6-3186-4583-9d7c-aad71ae58fcc",
            factors: &[("oauth", "oauth_access_token_exchange")],
            ..SESSION
        }),
    ),
    case(
        "discovery.organizations.create.success",
        CREATE,
        Leads::Active(Finished {
            token: "YUTzpTAhEofDB94HvVX_FKwNQyy4kgW6bOZ08QEss_P4",
            session: "session-test-172b0eb5-104a-432a-bf22-cbf1fe6a6845",
            member: IN_CLAY_AND_CO,
            organization: CLAY_AND_CO,
            factors: &[("magic_link", "email")],
            ..SESSION
        }),
    ),
    case(
        "discovery.organizations.create.mfa_enrollment_required",
        CREATE,
        Leads::Intermediate(Unfinished {
            token: DISCOVERY_TOKEN,
            member: IN_CLAY_AND_CO,
            organization: CLAY_AND_CO,
            primary: None,
            second_factor: Some(Second { phone: None, totp: None, sent: false, must_enroll: true }),
        }),
    ),
    case("magic_links.discovery.authenticate.success", DISCOVERY_LINK, Leads::Discovery),
    case("otps.email.discovery.authenticate.success", DISCOVERY_LINK, Leads::Discovery),
    case("oauth.discovery.authenticate.success", DISCOVERY_LINK, Leads::Discovery),
    case("magic_links.discovery.authenticate.no_organizations", &[], Leads::Call),
    case("sessions.migrate.success", &[], Leads::Call),
    case("magic_links.email.login_or_signup.success", &[], Leads::Call),
    case("magic_links.email.discovery.send.success", &[], Leads::Call),
    case("discovery.organizations.success", &[], Leads::Call),
    case("discovery.organizations.empty", &[], Leads::Call),
    case("discovery.organizations.with_session", &[], Leads::Call),
    case("totp.create.success", &[], Leads::Call),
    case("recovery_codes.get.success", &[], Leads::Call),
    case("recovery_codes.rotate.success", &[], Leads::Call),
    case("sessions.jwks.success", &[], Leads::Call),
    case("sessions.jwks.rotated", &[], Leads::Call),
    case("passwords.strength_check.success", &[], Leads::Call),
    case("rbac.policy.success", &[], Leads::Call),
    case("projects.bootstrap.success", &[], Leads::Call),
    case("rbac.organizations.get.success", &[], Leads::Call),
    case("sessions.revoke.success", &[], Leads::Call),
    case("sessions.revoke_member.success", &[], Leads::Call),
    case("sessions.get.success", &[], Leads::Call),
    case("sessions.get.empty", &[], Leads::Call),
    case("otps.sms.send.success", &[], Leads::Call),
];
