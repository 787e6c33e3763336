//! Cookies: what a browser sends, and what it is told to keep (RFC 6265).

use std::fmt::Write as _;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// What the cookies of one name come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// There is none, or it is empty: so browsers keep what was cleared.
    Nothing,
    /// There is this value, once, or repeated without a change.
    Value(&'a [u8]),
    /// There are values that differ.
    Ambiguous,
}

/// Looks a cookie up in all `Cookie` headers: HTTP/2 may send each cookie in one of its own.
///
/// Names count with their case. A value is what follows the first `=`, up to the next `;`: nothing is
/// unquoted or decoded. Other cookies may hold any bytes.
pub(super) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Found<'a> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|header| pairs(header.as_bytes()));
    let mut values = pairs.filter(|(found, value)| *found == name.as_bytes() && !value.is_empty());
    let Some((_, first)) = values.next() else { return Found::Nothing };
    if values.all(|(_, value)| value == first) { Found::Value(first) } else { Found::Ambiguous }
}

/// Names and values. What has no `=` is a value without a name.
fn pairs(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    header.split(|byte| *byte == b';').map(|pair| {
        let pair = pair.trim_ascii();
        let middle = pair.iter().position(|byte| *byte == b'=');
        let halves = middle.and_then(|middle| pair.split_at_checked(middle));
        let (name, value) = halves.unwrap_or((b"", pair));
        (name, value.strip_prefix(b"=").unwrap_or(value))
    })
}

/// Whether it can be the value of a cookie, unquoted: `cookie-octet` of RFC 6265, section 4.1.1.
pub(super) fn is_value(text: &[u8]) -> bool {
    let is_octet =
        |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
    text.iter().all(is_octet)
}

/// Whether it can be the name of a cookie: `token` of RFC 9110, section 5.6.2.
pub(super) fn is_name(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

/// Whether it can be the domain of a cookie.
pub(super) fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    text.split('.').all(is_label)
}

/// A header `Set-Cookie` that scripts cannot read and other sites' forms do not bring along; none if
/// the value cannot be a cookie's. Without seconds the browser forgets it when it is closed.
pub(super) fn set(
    name: &str,
    value: &str,
    domain: Option<&str>,
    seconds: Option<u64>,
) -> Option<HeaderValue> {
    if !is_value(value.as_bytes()) {
        return None;
    }
    let mut text = format!("{name}={value}; Path=/");
    // Writing to a `String` cannot fail.
    if let Some(domain) = domain {
        let _ = write!(text, "; Domain={domain}");
    }
    if let Some(seconds) = seconds {
        let _ = write!(text, "; Max-Age={seconds}");
    }
    text.push_str("; Secure; HttpOnly; SameSite=Lax");
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// The name of the cookie that a header `Set-Cookie` sets.
pub(super) fn name_of(header: &HeaderValue) -> &[u8] {
    pairs(header.as_bytes()).next().map_or(b"", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        let header =
            |it: &&str| (COOKIE, HeaderValue::from_bytes(it.as_bytes()).expect("a header"));
        cookies.iter().map(header).collect()
    }

    #[test]
    fn one_cookie_of_many() {
        for cookies in [
            &["jwt=a.b.c"] as &[&str],
            &["theme=dark; jwt=a.b.c; other=1"],
            &["theme=dark;jwt=a.b.c"],
            &[" \tjwt=a.b.c\t ; "],
            &["theme=dark", "jwt=a.b.c"],
            &["jwt=a.b.c; jwt=a.b.c", "jwt=a.b.c"],
            &["jwt=; jwt=a.b.c"],
            &["name=käse; jwt=a.b.c; ;;; =; ==; JWT=x; jwt2=y; xjwt=z; jwt"],
        ] {
            assert_eq!(find(&headers(cookies), "jwt"), Found::Value(b"a.b.c"), "{cookies:?}");
        }
        assert_eq!(find(&headers(&["jwt=a=b=="]), "jwt"), Found::Value(b"a=b=="));
        assert_eq!(find(&headers(&["jwt=\"a\""]), "jwt"), Found::Value(b"\"a\""));
    }

    #[test]
    fn none_and_too_many() {
        for cookies in
            [&[] as &[&str], &[""], &["jwt"], &["jwt="], &["JWT=a"], &["=jwt=a", "jwt =a"]]
        {
            assert_eq!(find(&headers(cookies), "jwt"), Found::Nothing, "{cookies:?}");
        }
        for cookies in [&["jwt=a; jwt=b"] as &[&str], &["jwt=a", "jwt=b"], &["jwt=a; jwt=a; jwt=A"]]
        {
            assert_eq!(find(&headers(cookies), "jwt"), Found::Ambiguous, "{cookies:?}");
        }
    }

    #[test]
    fn what_is_set() {
        let text = |value, domain, seconds| {
            let header = set("jwt", value, domain, seconds).expect("a header");
            header.to_str().expect("text").to_owned()
        };
        let plain = "jwt=a.b.c; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(text("a.b.c", None, None), plain);
        let full = "jwt=a; Path=/; Domain=example.com; Max-Age=60; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(text("a", Some("example.com"), Some(60)), full);
        for value in ["a; Domain=evil.example", "a b", "a\"", "a,b", "a\\b", "ä", "a\r\nb"] {
            assert!(set("jwt", value, None, None).is_none(), "{value:?}");
        }
    }

    #[test]
    fn names_and_domains() {
        assert!(is_name("__Host-session") && is_name("stytch_session_jwt"));
        assert!(
            !is_name("") && !is_name("a b") && !is_name("a=b") && !is_name("a;b") && !is_name("ä")
        );
        assert!(is_domain("example.com") && is_domain("localhost"));
        for domain in ["", ".example.com", "example.com.", "a b", "a;b", "a_b.example", "ä.example"]
        {
            assert!(!is_domain(domain), "{domain:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut headers = HeaderMap::new();
            if let Ok(header) = HeaderValue::from_bytes(&bytes) {
                headers.insert(COOKIE, header);
            }
            if let Found::Value(value) = find(&headers, "jwt") {
                let wanted = [b"jwt=", value].concat();
                prop_assert!(bytes.windows(wanted.len()).any(|part| part == wanted));
                prop_assert!(!value.contains(&b';') && !value.is_empty());
            }
        }

        /// What a browser puts together is taken apart again.
        #[test]
        fn what_is_joined_is_found(
            cookies in proptest::collection::vec(("[a-c]{1,2}", "[!#-+--:<-\\[\\]-~]{0,5}"), 0..8),
            split in any::<bool>(),
        ) {
            let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let joined = if split { pairs } else { vec![pairs.join("; ")] };
            let joined: Vec<_> = joined.iter().map(String::as_str).collect();
            let headers = headers(&joined);
            let mut values: Vec<_> =
                cookies.iter().filter(|(name, value)| name == "a" && !value.is_empty()).map(|(_, value)| value).collect();
            values.dedup();
            let expected = match values[..] {
                [] => Found::Nothing,
                [value] => Found::Value(value.as_bytes()),
                _ => Found::Ambiguous,
            };
            prop_assert_eq!(find(&headers, "a"), expected);
        }
    }
}
