//! What requests say, written down a second time.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Uri;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use stytch_session::{Request, RequestInfo};

use super::world::{Case, Kit, Side, now};

/// `%41%2F` as the server reads it.
pub(crate) fn percent_decoded(text: &str) -> String {
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
        | C::OrganizationPolicy
        | C::Bootstrap => return None,
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

/// Everything that holds for the request of any step or call.
pub(crate) fn check(case: Case, side: Side, kit: &Kit) {
    let request = case.request(side, kit, now());

    // It goes to the configured origin, and its path is the prefix and the route.
    let base = kit.base_url.as_deref().unwrap_or("https://test.stytch.com");
    let base: Uri = base.parse().unwrap();
    let uri = request.uri();
    assert_eq!(uri.scheme(), base.scheme());
    assert_eq!(uri.authority(), base.authority());
    let prefix = base.path().trim_end_matches('/');
    let path = uri.path().strip_prefix(prefix).expect("the prefix");
    let route = request.extensions().get::<RequestInfo>().expect("the request's facts").route();
    assert_eq!(path.split('/').count(), route.split('/').count(), "{}", path);
    for (segment, name) in path.split('/').zip(route.split('/')) {
        let id = match name {
            "{member_id}" => Some(&kit.member),
            "{organization_id}" => Some(&kit.organization),
            "{project_id}" => Some(&kit.project_id),
            "{public_token}" => Some(&kit.public_token),
            _ => None,
        };
        if let Some(id) = id {
            assert_eq!(&percent_decoded(segment), id);
            assert!(!matches!(segment, "." | ".."));
        } else {
            assert_eq!(segment, name);
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
        assert_eq!(query, expected);
    } else {
        assert_eq!(query, vec![]);
    }
    // The text of the URI leads to the same place.
    let text = uri.to_string();
    assert!(text.is_ascii() && !text.contains(['\r', '\n', ' ', '#']), "{text}");
    let again: Uri = text.parse().unwrap();
    assert_eq!(again.authority(), base.authority());
    assert_eq!(&again, uri);
    let without_ids = text.replace(&kit.member, "").replace(&kit.organization, "");
    assert!(!without_ids.contains("s3cr3t"), "{text}");

    // Its headers are lines of visible text, and only credentials carry secrets.
    for (name, value) in request.headers() {
        assert!(value.as_bytes().iter().all(|byte| (0x20..0x7f).contains(byte)), "{name}");
        if name != "authorization" && name != "x-stytch-member-session" {
            let plain = STANDARD.decode(value.as_bytes()).unwrap_or_default();
            let plain = format!("{} {value:?}", String::from_utf8_lossy(&plain));
            let plain = plain.replace(&*Value::from(&*kit.member).to_string(), "");
            let plain = plain.replace(&*Value::from(&*kit.member_session).to_string(), "");
            assert!(!plain.contains("s3cr3t"), "{plain}");
        } else {
            assert!(value.is_sensitive());
        }
    }
    let credential = header(&request, "authorization");
    let credential = STANDARD.decode(credential.strip_prefix("Basic ").unwrap()).unwrap();
    let (user, password) = match side {
        Side::Backend => (&kit.project_id, &kit.project_secret),
        Side::Frontend if is_about_the_session(case) => (&kit.public_token, &kit.session_token),
        Side::Frontend => (&kit.public_token, &kit.public_token),
    };
    assert_eq!(String::from_utf8(credential).unwrap(), format!("{user}:{password}"));
    assert_eq!(header(&request, "content-type"), "application/json");
    if side == Side::Frontend {
        let telemetry = STANDARD.decode(header(&request, "x-sdk-client")).unwrap();
        let telemetry: Value = serde_json::from_slice(&telemetry).unwrap();
        assert_eq!(&telemetry["app"]["identifier"], "com.example.app");
        assert_eq!(&telemetry["client_sent_at"], "2030-06-01T12:00:00.000Z");
        if is_about_the_session(case) && case != Case::Authenticate {
            assert_eq!(&telemetry["stytch_member_id"], &kit.member);
            assert_eq!(&telemetry["stytch_member_session_id"], &kit.member_session);
        } else {
            assert!(telemetry.get("stytch_member_id").is_none());
        }
    } else {
        assert!(!request.headers().contains_key("x-sdk-client"));
    }
    assert_eq!(request.headers().contains_key("x-stytch-member-session"), case == Case::RevokeById);

    // Its body says exactly what was given.
    match expected_body(case, side, kit) {
        None => assert!(request.body().is_empty()),
        Some(expected) => {
            let text = std::str::from_utf8(request.body()).unwrap();
            assert!(!text.contains(['\r', '\n', '\0']));
            // Floats are compared as they are written.
            let body: Value = serde_json::from_str(text).unwrap();
            let expected: Value = serde_json::from_str(&expected.to_string()).unwrap();
            assert_eq!(body, expected);
        }
    }
}
