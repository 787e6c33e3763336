//! Ids, tokens, codes and what people type.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

/// The id of an organization of a test project, for instance
/// `organization-test-00000000-0000-0000-0000-000000000000`, which it shrinks to.
///
/// ```
/// use stytch_session::OrganizationId;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(id in strategies::organization_id())| {
///     prop_assert!(OrganizationId::new(id).is_ok());
/// });
/// ```
pub fn organization_id() -> impl Strategy<Value = String> {
    id("organization-test")
}

/// The id of a member of a test project.
///
/// ```
/// use stytch_session::MemberId;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(id in strategies::member_id())| {
///     prop_assert!(MemberId::new(id).is_ok());
/// });
/// ```
pub fn member_id() -> impl Strategy<Value = String> {
    id("member-test")
}

/// The id of a member session of a test project.
///
/// ```
/// use stytch_session::MemberSessionId;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(id in strategies::member_session_id())| {
///     prop_assert!(MemberSessionId::new(id).is_ok());
/// });
/// ```
pub fn member_session_id() -> impl Strategy<Value = String> {
    id("session-test")
}

fn id(kind: &'static str) -> impl Strategy<Value = String> {
    any::<u128>().prop_map(move |number| {
        let hex = format!("{number:032x}");
        let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        format!("{kind}-{a}-{b}-{c}-{d}-{e}")
    })
}

/// An organization's slug: 2 to 40 letters, digits and `-._~`. It shrinks to `aa`.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::{Organization, strategies};
///
/// proptest!(|(slug in strategies::slug())| {
///     prop_assert!((2..=40).contains(&slug.len()));
///     let _ = Organization::new(slug);
/// });
/// ```
pub fn slug() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z]{2,12}(-[a-z]{2,8})?", 1 => "[a-z][a-z0-9._~-]{1,39}"]
}

/// An id that a customer has chosen for an organization or member: 1 to 64 letters, digits and
/// `._|-`.
///
/// ```
/// use stytch_session::OrganizationId;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(id in strategies::external_id())| {
///     prop_assert!(OrganizationId::new(id).is_ok());
/// });
/// ```
pub fn external_id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9][a-zA-Z0-9._|-]{0,63}"
}

/// A session token or an intermediate session token, as Stytch makes them: 44 URL-safe characters.
///
/// ```
/// use stytch_session::SessionToken;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(token in strategies::session_token())| {
///     prop_assert_eq!(token.len(), 44);
///     prop_assert!(SessionToken::new(token).is_ok());
/// });
/// ```
pub fn session_token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{44}"
}

/// A text of the form of a session JWT, with the claims `sub`, `iat` and `exp`; its signature is not
/// good.
///
/// ```
/// use stytch_session::SessionJwt;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(jwt in strategies::session_jwt())| {
///     prop_assert_eq!(jwt.split('.').count(), 3);
///     prop_assert!(SessionJwt::new(jwt).is_ok());
/// });
/// ```
pub fn session_jwt() -> impl Strategy<Value = String> {
    (member_id(), 0..4_000_000_000_u64, "[A-Za-z0-9_-]{342}").prop_map(
        |(member_id, iat, signature)| {
            let header = json!({ "alg": "RS256", "typ": "JWT" });
            let claims = json!({ "sub": member_id, "iat": iat, "exp": iat + 300 });
            let [header, claims] =
                [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
            format!("{header}.{claims}.{signature}")
        },
    )
}

/// A code of six digits, as it comes by SMS, by e-mail, and from an authenticator app.
///
/// ```
/// use stytch_session::SmsCode;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(code in strategies::code())| {
///     prop_assert!(SmsCode::new(&*code).is_ok());
/// });
/// ```
pub fn code() -> impl Strategy<Value = String> {
    "[0-9]{6}"
}

/// A recovery code: three groups of four letters and digits.
///
/// ```
/// use stytch_session::RecoveryCode;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(code in strategies::recovery_code())| {
///     prop_assert!(RecoveryCode::new(&*code).is_ok());
/// });
/// ```
pub fn recovery_code() -> impl Strategy<Value = String> {
    "[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}"
}

/// An e-mail address that can exist. It shrinks to `a@example.com`.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::{Member, strategies};
///
/// proptest!(|(address in strategies::email_address())| {
///     let _ = Member::new(address);
/// });
/// ```
pub fn email_address() -> impl Strategy<Value = String> {
    let domain = select(&["example.com", "mail.example.org", "harbour.example"][..]);
    ("[a-z]{1,12}([.+_-][a-z0-9]{1,8})?", domain)
        .prop_map(|(user, domain)| format!("{user}@{domain}"))
}

/// A password: mostly words, else any ASCII or any text without control characters. 8 to 40
/// characters, and it shrinks to `aaa aa aaa`.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(password in strategies::password())| {
///     prop_assert!((8..=40).contains(&password.chars().count()));
/// });
/// ```
pub fn password() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{3,8} [a-z]{2,8} [a-z]{3,10}",
        1 => "[ -~]{8,40}",
        1 => "\\PC{8,24}",
    ]
}

/// What somebody might hand over in place of an id or a token: nothing, paths, what looks encoded,
/// line breaks and other control characters, text in any script, and 1,000 to 70,000 characters.
///
/// It shrinks to the empty text and is up to 70 KB long.
///
/// ```
/// use stytch_session::MemberId;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(text in strategies::hostile())| {
///     let is_harmful = text.is_empty() || text.contains(['\r', '\n', '\0']);
///     prop_assert!(!(is_harmful && MemberId::new(text).is_ok()));
/// });
/// ```
pub fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(
            &[
                "", ".", "..", "../../admin", "..%2f..%2fadmin", "%2e%2e", "a/b", "a\\b", "a%2Fb",
                "a%", "%00", "%0d%0a", "a?b=c", "a#b", "a;b", "a b", " a", "a ", "a:b@c", "//a",
                "é", "\0", "a\nb", "a\r\nX-Injected: yes", "\u{7f}", "\u{85}", "\u{2028}",
                "\u{feff}a", "\u{202e}moc.elpmaxe", "'; DROP TABLE x; --", "${jndi:ldap://a}",
            ][..],
        )
        .prop_map(str::to_owned),
        2 => "[a-z]{0,8}[\\x00-\\x1f\\x7f][a-z]{0,8}",
        1 => (1000_usize..70_000).prop_map(|length| "x".repeat(length)),
        2 => "\\PC{0,40}",
    ]
}
