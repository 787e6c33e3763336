//! What a request brings to prove who asks.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use stytch_session::{SessionJwt, SessionToken};

use super::cookie::{self, Found};

/// What a request brings, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// A session JWT in the header `Authorization`.
    Bearer(SessionJwt),
    /// A session JWT in a cookie.
    JwtCookie(SessionJwt),
    /// A session token in a cookie.
    TokenCookie(SessionToken),
}

/// In which cookies to look; in none, if it has no name.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) jwt_cookie: Option<Box<str>>,
    pub(super) token_cookie: Option<Box<str>>,
}

/// Why what a request brings was not even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialError {
    Missing,
    Ambiguous,
    Malformed,
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the request brings no session",
            Self::Ambiguous => {
                "the request has several headers `Authorization`, or cookies of the same name that differ"
            }
            Self::Malformed => {
                "the session JWT or token of the request is too long, or has characters that none has"
            }
        })
    }
}

impl std::error::Error for CredentialError {}

impl Credential {
    /// The first that is there of a bearer, a JWT's cookie and a token's cookie. It alone decides: what
    /// it comes to is not made up for by another one.
    pub(super) fn find(headers: &HeaderMap, places: &Places) -> Result<Self, CredentialError> {
        if let Some(token) = bearer(headers)? {
            return Ok(Self::Bearer(read(token, SessionJwt::new)?));
        }
        if let Some(value) = cookie(headers, places.jwt_cookie.as_deref())? {
            return Ok(Self::JwtCookie(read(value, SessionJwt::new)?));
        }
        match cookie(headers, places.token_cookie.as_deref())? {
            Some(value) => Ok(Self::TokenCookie(read(value, SessionToken::new)?)),
            None => Err(CredentialError::Missing),
        }
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750, section 2.1). Other schemes are somebody else's.
fn bearer(headers: &HeaderMap) -> Result<Option<&[u8]>, CredentialError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(CredentialError::Ambiguous);
    }
    let value = value.as_bytes();
    let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(value.len());
    let Some((scheme, token)) = value.split_at_checked(end) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Ok(None);
    }
    let blanks = token.iter().take_while(|byte| **byte == b' ').count();
    match token.split_at_checked(blanks) {
        Some(([_, ..], token)) if is_token68(token) => Ok(Some(token)),
        _ => Err(CredentialError::Malformed),
    }
}

/// `token68` of RFC 9110, section 11.2.
fn is_token68(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = text.get(..text.len() - padding).unwrap_or_default();
    !text.is_empty() && text.iter().all(|it| it.is_ascii_alphanumeric() || b"-._~+/".contains(it))
}

fn cookie<'a>(
    headers: &'a HeaderMap,
    name: Option<&str>,
) -> Result<Option<&'a [u8]>, CredentialError> {
    match name.map_or(Found::Nothing, |name| cookie::find(headers, name)) {
        Found::Nothing => Ok(None),
        Found::Ambiguous => Err(CredentialError::Ambiguous),
        Found::Value(value) if cookie::is_value(value) => Ok(Some(value)),
        Found::Value(_) => Err(CredentialError::Malformed),
    }
}

fn read<'a, T, E>(
    value: &'a [u8],
    new: impl FnOnce(&'a str) -> Result<T, E>,
) -> Result<T, CredentialError> {
    let text = std::str::from_utf8(value).map_err(|_| CredentialError::Malformed)?;
    new(text).map_err(|_| CredentialError::Malformed)
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn found(headers: &[(HeaderName, &[u8])]) -> Result<Credential, CredentialError> {
        let places = Places { jwt_cookie: Some("jwt".into()), token_cookie: Some("token".into()) };
        let header = |(name, value): &(HeaderName, &[u8])| {
            (name.clone(), HeaderValue::from_bytes(value).expect("a header"))
        };
        Credential::find(&headers.iter().map(header).collect(), &places)
    }

    fn jwt(text: &str) -> SessionJwt {
        SessionJwt::new(text).expect("a token")
    }

    #[test]
    fn a_bearer_goes_first_then_the_jwt() {
        let both: (HeaderName, &[u8]) = (COOKIE, b"token=t; jwt=c");
        assert_eq!(
            found(&[both.clone(), (AUTHORIZATION, b"Bearer b")]),
            Ok(Credential::Bearer(jwt("b")))
        );
        assert_eq!(found(&[both]), Ok(Credential::JwtCookie(jwt("c"))));
        let token = SessionToken::new("t").expect("a token");
        assert_eq!(found(&[(COOKIE, b"token=t; jwt=")]), Ok(Credential::TokenCookie(token)));
        assert_eq!(found(&[]), Err(CredentialError::Missing));
        // A bearer is there, so that cookies do not matter, however odd.
        let odd: (HeaderName, &[u8]) = (COOKIE, b"jwt=a; jwt=b; token=\xff");
        assert_eq!(found(&[odd, (AUTHORIZATION, b"Bearer b")]), Ok(Credential::Bearer(jwt("b"))));
    }

    #[test]
    fn bearers() {
        for value in [b"Bearer a.b-c_d" as &[u8], b"bearer a.b-c_d", b"BEARER   a.b-c_d"] {
            assert_eq!(found(&[(AUTHORIZATION, value)]), Ok(Credential::Bearer(jwt("a.b-c_d"))));
        }
        for value in [
            b"Bearer" as &[u8],
            b"Bearer ",
            b"Bearer\ta",
            b"Bearer a b",
            b"Bearer a,b",
            b"Bearer \"a\"",
            b"Bearer =",
            b"Bearer a=b",
            b"Bearer:a",
            b"Bearer \xc3\xa4",
            b"Bearer, a",
        ] {
            let cookie: (HeaderName, &[u8]) = (COOKIE, b"jwt=c");
            assert_eq!(
                found(&[cookie, (AUTHORIZATION, value)]),
                Err(CredentialError::Malformed),
                "{value:?}"
            );
        }
        for value in [b"Basic YTpi" as &[u8], b"", b"Bearers a", b"\xff"] {
            let cookie: (HeaderName, &[u8]) = (COOKIE, b"jwt=c");
            assert_eq!(
                found(&[(AUTHORIZATION, value)]),
                Err(CredentialError::Missing),
                "{value:?}"
            );
            assert_eq!(
                found(&[cookie, (AUTHORIZATION, value)]),
                Ok(Credential::JwtCookie(jwt("c")))
            );
        }
    }

    #[test]
    fn what_is_ambiguous_or_malformed_is_made_up_for_by_nothing() {
        for headers in [
            &[(AUTHORIZATION, b"Bearer a" as &[u8]), (AUTHORIZATION, b"Bearer a")]
                as &[(HeaderName, &[u8])],
            &[(AUTHORIZATION, b"Basic a"), (AUTHORIZATION, b"Bearer a"), (COOKIE, b"jwt=c")],
            &[(COOKIE, b"jwt=a; jwt=b; token=t")],
            &[(COOKIE, b"token=a; token=b")],
        ] {
            assert_eq!(found(headers), Err(CredentialError::Ambiguous), "{headers:?}");
        }
        let long = [b"jwt=", &[b'a'; 64 * 1024 + 1] as &[u8], b"; token=t"].concat();
        let long_token = [b"token=", &[b'a'; 8 * 1024 + 1] as &[u8]].concat();
        let long_bearer = [b"Bearer ", &[b'a'; 64 * 1024 + 1] as &[u8]].concat();
        for header in [
            (COOKIE, &long as &[u8]),
            (COOKIE, &long_token),
            (AUTHORIZATION, &long_bearer),
            (COOKIE, b"jwt=\"a\"; token=t"),
            (COOKIE, b"jwt=\xc3\xa4; token=t"),
            (COOKIE, b"jwt=a b; token=t"),
        ] {
            assert_eq!(found(&[header]), Err(CredentialError::Malformed));
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(
            headers in proptest::collection::vec((any::<bool>(), "(Bearer |jwt=|token=|[ -~\\t]|.){0,12}"), 0..4),
        ) {
            let mut map = HeaderMap::new();
            for (is_cookie, value) in headers {
                if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                    map.append(if is_cookie { COOKIE } else { AUTHORIZATION }, value);
                }
            }
            let places = Places { jwt_cookie: Some("jwt".into()), token_cookie: Some("token".into()) };
            // Whatever it is, it says nothing of what was there.
            let _ = format!("{:?}", Credential::find(&map, &places));
        }
    }
}
