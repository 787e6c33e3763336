//! What requests say, whatever they are made of.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Uri;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stytch_session::{CustomClaims, MemberId, OrganizationId, Request, RequestInfo};

use crate::bodies::any_members;
use crate::cases;
use crate::world::{Case, Kit, Side, now};

const ODD_IDS: &[&str] = &[
    ".",
    "..",
    "%2e%2e",
    "a/b",
    "/",
    "\\",
    "?x=1",
    "#x",
    "a b",
    "a&b=c",
    "+",
    "%",
    "%00",
    "{}",
    "{member_id}",
    "caf\u{e9}",
    "\u{1f511}",
    "@evil.example",
    "//evil.example",
    ":443",
    ";",
    "a,b",
    "\u{202e}x",
    "~",
    "\"",
    "'",
    "<script>",
];

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(ODD_IDS).prop_map(String::from),
        2 => "\\PC{1,40}",
        1 => "[ -~]{1,40}",
        1 => (1..=1024_usize).prop_map(|length| "/".repeat(length)),
    ]
    .prop_filter("no id", |text| OrganizationId::new(&**text).is_ok())
}

/// A secret that does not occur in anything else by chance.
fn any_secret() -> impl Strategy<Value = String> {
    "s3cr3t[!-~]{0,40}"
}

fn any_base_url() -> impl Strategy<Value = Option<String>> {
    let host = select(vec![
        "https://login.example.com",
        "https://login.example.com:8443",
        "http://127.0.0.1:8080",
        "http://[::1]:80",
        "https://LOGIN.example.com",
    ]);
    let path = prop_oneof![
        Just(String::new()),
        "(/[A-Za-z0-9._~%-]{0,9}){0,4}",
        select(vec!["//evil.example", "/../..", "/@evil.example", "/%2e%2e/", "/a{b}"])
            .prop_map(String::from),
    ];
    prop::option::of((host, path).prop_map(|(host, path)| format!("{host}{path}")))
}

fn any_claims() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    any_members().prop_filter("refused claims", |claims| CustomClaims::new(claims.clone()).is_ok())
}

fn any_kit() -> impl Strategy<Value = Kit> {
    let ids = (any_id(), any_id(), any_id(), any_id());
    let secrets = (any_secret(), any_secret(), any_secret(), any_secret(), any_secret());
    let texts = (any::<String>(), any::<String>(), "[!-~]{1,12}", any::<String>());
    (ids, secrets, texts, any_claims(), any_base_url()).prop_map(
        |(ids, secrets, texts, claims, base_url)| Kit {
            organization: ids.0,
            member: ids.1,
            member_session: ids.2,
            resource: ids.3,
            session_token: secrets.0,
            session_jwt: secrets.1,
            intermediate_token: secrets.2,
            project_secret: secrets.3,
            code: secrets.4,
            email: texts.0,
            password: format!("s3cr3t{}", texts.1),
            project_id: texts.2.replace(':', "-"),
            captcha: texts.3,
            claims,
            base_url,
            ..Kit::default()
        },
    )
}

/// `%41%2F` as the server reads it.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [a, b, tail @ ..]) => {
                let digits = [*a, *b];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn header(request: &Request, name: &str) -> String {
    request.headers()[name].to_str().unwrap().to_owned()
}

/// The body that this request is to have, as the protocol says; `None` for none at all.
fn expected_body(case: Case, side: Side, kit: &Kit) -> Option<Value> {
    use Case as C;
    let frontend = side == Side::Frontend;
    let mut body = json!({});
    let mut add = |name: &str, value: Value| {
        body.as_object_mut().unwrap().insert(name.to_owned(), value);
    };
    match case {
        C::ListSessions
        | C::RevokeForMember
        | C::RecoveryCodes
        | C::Jwks
        | C::Policy
        | C::OrganizationPolicy => return None,
        C::Revoke if frontend => return None,
        _ => {}
    }
    // Who asks.
    match case {
        C::AuthenticateJwt | C::RevokeByJwt => add("session_jwt", json!(kit.session_jwt)),
        C::Authenticate
        | C::Exchange
        | C::ExchangeWithOptions
        | C::Refresh
        | C::RefreshWithOptions
        | C::Revoke
        | C::RevokeByToken
        | C::SmsStepUp
        | C::TotpStepUp
        | C::RecoveryStepUp
        | C::SendSmsActive
        | C::AttestFromActive
        | C::ResetPassword
        | C::ListOrganizationsActive
            if !frontend =>
        {
            add("session_token", json!(kit.session_token));
        }
        C::LoginFromIntermediate
        | C::LoginFromIntermediateAfterExchange
        | C::LinkFromIntermediate
        | C::LinkFromIntermediateAfterExchange
        | C::Create
        | C::CreateFromIntermediateAfterExchange
        | C::ListOrganizations
        | C::CreateTotp
        | C::ExchangeFromDiscovery
        | C::ExchangeFromIntermediate
        | C::ExchangeFromIntermediateAfterExchange
        | C::Sms
        | C::SmsAfterExchange
        | C::SmsProtected
        | C::Totp
        | C::Recovery
        | C::SendSms => add("intermediate_session_token", json!(kit.intermediate_token)),
        _ => {}
    }
    // What is asked.
    match case {
        C::Login
        | C::LoginWithOptions
        | C::LoginProtected
        | C::LoginFromIntermediate
        | C::LoginFromIntermediateAfterExchange => {
            add("organization_id", json!(kit.organization));
            add("email_address", json!(kit.email));
            add("password", json!(kit.password));
        }
        C::Discover => {
            add("email_address", json!(kit.email));
            add("password", json!(kit.password));
        }
        C::Exchange
        | C::ExchangeWithOptions
        | C::ExchangeFromDiscovery
        | C::ExchangeFromIntermediate
        | C::ExchangeFromIntermediateAfterExchange => {
            add("organization_id", json!(kit.organization));
        }
        C::Sms | C::SmsAfterExchange | C::SmsProtected | C::SmsStepUp | C::Totp | C::TotpStepUp => {
            add("organization_id", json!(kit.organization));
            add("member_id", json!(kit.member));
            add("code", json!(kit.code));
        }
        C::Recovery | C::RecoveryStepUp => {
            add("organization_id", json!(kit.organization));
            add("member_id", json!(kit.member));
            add("recovery_code", json!(kit.code));
        }
        C::SendSms | C::SendSmsActive => {
            add("organization_id", json!(kit.organization));
            add("member_id", json!(kit.member));
        }
        C::Link | C::LinkFromIntermediate | C::LinkFromIntermediateAfterExchange => {
            add("magic_links_token", json!(kit.login_token));
            add("pkce_code_verifier", json!(kit.verifier));
        }
        C::EmailCode => {
            add("organization_id", json!(kit.organization));
            add("email_address", json!(kit.email));
            add("code", json!(kit.code));
        }
        C::PasswordReset => {
            add("password_reset_token", json!(kit.login_token));
            add("password", json!(kit.password));
            add("code_verifier", json!(kit.verifier));
        }
        C::ExistingPasswordReset => {
            add("organization_id", json!(kit.organization));
            add("email_address", json!(kit.email));
            add("existing_password", json!(kit.password));
            add("new_password", json!(kit.new_password));
        }
        C::DiscoverLink => {
            add("discovery_magic_links_token", json!(kit.login_token));
            add("pkce_code_verifier", json!(kit.verifier));
        }
        C::DiscoverCode => {
            add("email_address", json!(kit.email));
            add("code", json!(kit.code));
        }
        C::AccessToken | C::AccessTokenFromActive => {
            add("access_token", json!(kit.access_token));
        }
        C::Attest | C::AttestFromActive => {
            add("profile_id", json!(kit.resource));
            add("token", json!(kit.trusted_token));
        }
        C::Migrate => {
            add("session_token", json!(kit.foreign_token));
            add("organization_id", json!(kit.organization));
        }
        C::Impersonate => add("impersonation_token", json!(kit.login_token)),
        C::Create => add("organization_name", json!(kit.resource)),
        C::ResetPassword => {
            add("password", json!(kit.new_password));
            if !frontend {
                add("organization_id", json!(kit.organization));
            }
        }
        C::CreateTotp => {
            add("organization_id", json!(kit.organization));
            add("member_id", json!(kit.member));
        }
        C::RotateRecoveryCodes if !frontend => {
            add("organization_id", json!(kit.organization));
            add("member_id", json!(kit.member));
        }
        C::MigrateTotp => {
            add("organization_id", json!(kit.organization));
            add("member_id", json!(kit.member));
            add("secret", json!(kit.totp_secret));
            add("recovery_codes", json!([kit.code]));
        }
        C::SendLink | C::StartReset => {
            add("organization_id", json!(kit.organization));
            add("email_address", json!(kit.email));
            if case == C::SendLink {
                let digest = Sha256::digest(&kit.verifier);
                add("pkce_code_challenge", json!(URL_SAFE_NO_PAD.encode(digest)));
            }
        }
        C::Strength => add("password", json!(kit.password)),
        C::Invite => add("email_address", json!(kit.email)),
        C::RevokeById => add("member_session_id", json!(kit.member_session)),
        C::RevokeOfMember => add("member_id", json!(kit.member)),
        _ => {}
    }
    // The duration: the frontend demands one where a session is minted.
    match case {
        C::LoginWithOptions => add("session_duration_minutes", json!(527_040)),
        C::ExchangeWithOptions => add("session_duration_minutes", json!(5)),
        C::RefreshWithOptions => add("session_duration_minutes", json!(60)),
        C::Authenticate
        | C::Refresh
        | C::Revoke
        | C::Discover
        | C::SendSms
        | C::SendSmsActive
        | C::DiscoverLink
        | C::DiscoverCode
        | C::Attest
        | C::AttestFromActive
        | C::Impersonate
        | C::ResetPassword
        | C::ListOrganizations
        | C::ListOrganizationsActive
        | C::CreateTotp
        | C::RotateRecoveryCodes
        | C::SendLink
        | C::StartReset
        | C::Strength
        | C::Invite => {}
        _ if frontend => add("session_duration_minutes", json!(60)),
        _ => {}
    }
    // The options.
    match case {
        C::LoginWithOptions => {
            add("locale", json!("pt-br"));
            add("session_custom_claims", kit.claims.clone().into());
            add("telemetry_id", json!("telemetry-1"));
        }
        C::ExchangeWithOptions => add("session_custom_claims", kit.claims.clone().into()),
        C::RefreshWithOptions => {
            add("session_custom_claims", kit.claims.clone().into());
            let check = json!({
                "organization_id": kit.organization, "resource_id": kit.resource, "action": "read",
            });
            add("authorization_check", check);
        }
        C::LoginProtected => {
            add("dfp_telemetry_id", json!("fingerprint-1"));
            add("captcha_token", json!(kit.captcha));
        }
        C::SmsProtected => {
            add("set_mfa_enrollment", json!("enroll"));
            add("captcha_token", json!(kit.captcha));
        }
        C::Totp => add("set_default_mfa", json!(true)),
        _ => {}
    }
    Some(body)
}

/// Whether the frontend's header carries the session.
fn is_about_the_session(case: Case) -> bool {
    use Case as C;
    matches!(
        case,
        C::Authenticate
            | C::Exchange
            | C::Refresh
            | C::Revoke
            | C::SmsStepUp
            | C::TotpStepUp
            | C::RecoveryStepUp
            | C::SendSmsActive
            | C::RevokeForMember
            | C::AccessTokenFromActive
            | C::AttestFromActive
            | C::ResetPassword
            | C::ListOrganizationsActive
            | C::RecoveryCodes
            | C::RotateRecoveryCodes
            | C::Invite
    )
}

fn check(case: Case, side: Side, kit: &Kit) -> Result<(), TestCaseError> {
    let request = case.request(side, kit, now());

    // It goes to the configured origin, and its path is the prefix and the route.
    let base = kit.base_url.as_deref().unwrap_or("https://test.stytch.com");
    let base: Uri = base.parse().unwrap();
    let uri = request.uri();
    prop_assert_eq!(uri.scheme(), base.scheme());
    prop_assert_eq!(uri.authority(), base.authority());
    let prefix = base.path().trim_end_matches('/');
    let path = uri.path().strip_prefix(prefix).expect("the prefix");
    let route = request.extensions().get::<RequestInfo>().expect("the request's facts").route();
    prop_assert_eq!(path.split('/').count(), route.split('/').count(), "{}", path);
    for (segment, name) in path.split('/').zip(route.split('/')) {
        let id = match name {
            "{member_id}" => Some(&kit.member),
            "{organization_id}" => Some(&kit.organization),
            "{project_id}" => Some(&kit.project_id),
            _ => None,
        };
        if let Some(id) = id {
            prop_assert_eq!(&percent_decoded(segment), id);
            prop_assert!(!matches!(segment, "." | ".."));
        } else {
            prop_assert_eq!(segment, name);
        }
    }
    let query: Vec<(&str, String)> = uri
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name, percent_decoded(value)))
        .collect();
    if case == Case::ListSessions {
        let expected =
            vec![("organization_id", kit.organization.clone()), ("member_id", kit.member.clone())];
        prop_assert_eq!(query, expected);
    } else {
        prop_assert_eq!(query, vec![]);
    }
    // The text of the URI leads to the same place.
    let text = uri.to_string();
    prop_assert!(text.is_ascii() && !text.contains(['\r', '\n', ' ', '#']), "{text}");
    let again: Uri = text.parse().unwrap();
    prop_assert_eq!(again.authority(), base.authority());
    prop_assert_eq!(&again, uri);
    let without_ids = text.replace(&kit.member, "").replace(&kit.organization, "");
    prop_assert!(!without_ids.contains("s3cr3t"), "{text}");

    // Its headers are lines of visible text, and only credentials carry secrets.
    for (name, value) in request.headers() {
        prop_assert!(value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte)), "{name}");
        if name != "authorization" && name != "x-stytch-member-session" {
            let plain = STANDARD.decode(value.as_bytes()).unwrap_or_default();
            let plain = format!("{} {value:?}", String::from_utf8_lossy(&plain));
            let plain = plain.replace(&*Value::from(&*kit.member).to_string(), "");
            let plain = plain.replace(&*Value::from(&*kit.member_session).to_string(), "");
            prop_assert!(!plain.contains("s3cr3t"), "{plain}");
        } else {
            prop_assert!(value.is_sensitive());
        }
    }
    let credential = header(&request, "authorization");
    let credential = STANDARD.decode(credential.strip_prefix("Basic ").unwrap()).unwrap();
    let (user, password) = match side {
        Side::Backend => (&kit.project_id, &kit.project_secret),
        Side::Frontend if is_about_the_session(case) => (&kit.public_token, &kit.session_token),
        Side::Frontend => (&kit.public_token, &kit.public_token),
    };
    prop_assert_eq!(String::from_utf8(credential).unwrap(), format!("{user}:{password}"));
    prop_assert_eq!(header(&request, "content-type"), "application/json");
    if side == Side::Frontend {
        let telemetry = STANDARD.decode(header(&request, "x-sdk-client")).unwrap();
        let telemetry: Value = serde_json::from_slice(&telemetry).unwrap();
        prop_assert_eq!(&telemetry["app"]["identifier"], "com.example.app");
        prop_assert_eq!(&telemetry["client_sent_at"], "2030-06-01T12:00:00.000Z");
        if is_about_the_session(case) && case != Case::Authenticate {
            prop_assert_eq!(&telemetry["stytch_member_id"], &kit.member);
            prop_assert_eq!(&telemetry["stytch_member_session_id"], &kit.member_session);
        } else {
            prop_assert!(telemetry.get("stytch_member_id").is_none());
        }
    } else {
        prop_assert!(!request.headers().contains_key("x-sdk-client"));
    }
    prop_assert_eq!(
        request.headers().contains_key("x-stytch-member-session"),
        case == Case::RevokeById
    );

    // Its body says exactly what was given.
    match expected_body(case, side, kit) {
        None => prop_assert!(request.body().is_empty()),
        Some(expected) => {
            let text = std::str::from_utf8(request.body()).unwrap();
            prop_assert!(!text.contains(['\r', '\n', '\0']));
            // Floats are compared as they are written.
            let body: Value = serde_json::from_str(text).unwrap();
            let expected: Value = serde_json::from_str(&expected.to_string()).unwrap();
            prop_assert_eq!(body, expected);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn requests_say_exactly_what_was_given(
        (case, side) in select(Case::with_sides()),
        kit in any_kit(),
    ) {
        check(case, side, &kit)?;
    }

    /// A base URL is refused, or it is where requests go.
    #[test]
    fn any_base_url_is_refused_or_kept(
        url in prop_oneof![
            any::<String>(),
            "https?://[a-z0-9.@:\\[\\]-]{0,20}[/?#\\\\]?[ -~]{0,10}",
            "https://example\\.com/\\PC{0,8}",
        ],
    ) {
        let Ok(project) = Kit::default().frontend().with_base_url(&url) else { return Ok(()) };
        let base = project.base_url();
        prop_assert!(base.host().is_some_and(|host| !host.is_empty()));
        prop_assert!(!url.contains(['\r', '\n', '\0', '#', '?', ' ']), "{url:?}");
        prop_assert!(!base.authority().unwrap().as_str().contains('@'));
        let kit = Kit { base_url: Some(url), ..Kit::default() };
        let request = Case::RevokeForMember.request(Side::Frontend, &kit, now());
        prop_assert_eq!(request.uri().authority(), base.authority());
        prop_assert!(request.uri().path().ends_with("/b2b/sessions/revoke/member-test-1"));
        let loopback = ["localhost", "127.", "[::1]", "[0:"];
        let host = base.host().unwrap_or_default().to_ascii_lowercase();
        prop_assert!(
            base.scheme_str() == Some("https") || loopback.iter().any(|start| host.starts_with(start)),
        );
    }

    #[test]
    fn ids_with_control_characters_are_refused(
        before in "\\PC{0,5}",
        control in prop::char::ranges(vec!['\0'..='\x1f', '\x7f'..='\u{9f}'].into()),
        after in "\\PC{0,5}",
    ) {
        let text = format!("{before}{control}{after}");
        prop_assert!(OrganizationId::new(&*text).is_err());
        let error = MemberId::new(&*text).unwrap_err();
        prop_assert!(!error.to_string().contains(control));
        prop_assert!(stytch_session::SessionToken::new(&*text).is_err());
        prop_assert!(stytch_session::Code::new(&*text).is_err());
    }
}
