//! Ids, tokens, codes and what people type.

use proptest::prelude::*;
use proptest::sample::select;

/// The id of an organization, of a test project.
pub fn organization_id() -> impl Strategy<Value = String> {
    id("organization-test")
}

/// The id of a member, of a test project.
pub fn member_id() -> impl Strategy<Value = String> {
    id("member-test")
}

/// The id of a member session, of a test project.
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

/// An organization's slug: 2 to 40 letters, digits and `-._~`.
pub fn slug() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9._~-]{1,39}"
}

/// An id that a customer has chosen for an organization or member.
pub fn external_id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9][a-zA-Z0-9._|-]{0,63}"
}

/// A session token or an intermediate session token, as Stytch makes them: 44 URL-safe characters.
pub fn session_token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{44}"
}

/// A text of the form of a JWT; its signature is not good.
pub fn session_jwt() -> impl Strategy<Value = String> {
    ("[A-Za-z0-9_-]{20,80}", "[A-Za-z0-9_-]{40,400}", "[A-Za-z0-9_-]{342}")
        .prop_map(|(header, claims, signature)| format!("{header}.{claims}.{signature}"))
}

/// A code of six digits.
pub fn code() -> impl Strategy<Value = String> {
    "[0-9]{6}"
}

/// An e-mail address.
pub fn email_address() -> impl Strategy<Value = String> {
    let domain = select(&["example.com", "mail.example.org", "harbour.example"][..]);
    ("[a-z][a-z0-9.+_-]{0,20}", domain).prop_map(|(user, domain)| format!("{user}@{domain}"))
}

/// A password: words, or any text that can be typed.
pub fn password() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z]{3,8} [a-z]{2,8} [a-z]{3,10}",
        1 => "[ -~]{8,40}",
        1 => "\\PC{8,24}",
    ]
}

/// What somebody might hand over in place of an id or a token: line breaks, paths, what looks
/// encoded, much too long, empty.
pub fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(
            &[
                "", ".", "..", "../../admin", "a/b", "a%2Fb", "%00", "a?b=c", "a#b", "a b", "é",
                "\0", "a\nb", "a\r\nX-Injected: yes", "\u{202e}moc.elpmaxe", "'; DROP TABLE x; --",
            ][..],
        )
        .prop_map(str::to_owned),
        2 => "[a-z]{0,8}[\\x00-\\x1f\\x7f][a-z]{0,8}",
        1 => (1000_usize..70_000).prop_map(|length| "x".repeat(length)),
        2 => "\\PC{0,40}",
    ]
}
