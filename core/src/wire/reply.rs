//! How a reply is told apart: success, API error, or something else.

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode, header};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use crate::ascii;
use crate::error::{ApiError, ApiErrorKind, DecodeError, Error, UnexpectedReply};
use crate::surface::{Side, Surface};
use crate::transport::{MAX_BODY_BYTES, MAX_HEADER_BYTES, Response};
use crate::wire::success::{Done, NoError, Success};

/// The deepest nesting of arrays and objects that is accepted.
const MAX_DEPTH: usize = 128;

/// Decodes the success body of an endpoint, or says why the reply is none.
pub(crate) fn decode<'a, P: Surface, T: Deserialize<'a>>(
    response: &'a Response,
) -> Result<T, Error> {
    let status = response.status();
    let text = readable(response);
    if !status.is_success() {
        // What cannot be read is no API error, but its status and headers still count.
        return Err(refusal(status, response.headers(), text.unwrap_or_default()));
    }
    let text = text.map_err(|error| error.at(status))?;
    match P::SIDE {
        Side::Frontend => from_json::<Envelope<T>>(text).map(|envelope| envelope.data),
        Side::Backend => from_json::<T>(text),
    }
    .map_err(|error| error.at(status).into())
}

/// Decodes what a call answers beside `request_id` and `status_code`, which must be there and speak
/// of success. `secrets` are those that the request carried.
pub(crate) fn answer<'a, P: Surface, T: Deserialize<'a>>(
    response: &'a Response,
    secrets: &[&str],
) -> Result<T, Error> {
    let answer = decode::<P, Done>(response).and_then(|_| decode::<P, T>(response));
    answer.map_err(|error| error.without_secrets(secrets))
}

/// Takes an answer that says no more than that it was done.
pub(crate) fn done<P: Surface>(response: &Response, secrets: &[&str]) -> Result<(), Error> {
    decode::<P, Done>(response).map(drop).map_err(|error| error.without_secrets(secrets))
}

/// The frontend's `{"data": …}`. Nothing beside the data may speak of a failure.
#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(rename = "status_code", default)]
    _status_code: Success,
    #[serde(rename = "error_type", default)]
    _error_type: NoError,
    data: T,
}

/// The body as text, within the limits.
fn readable(response: &Response) -> Result<&str, DecodeError> {
    if response.body().len() > MAX_BODY_BYTES {
        return Err(DecodeError::new("the body is larger than 4 MiB"));
    }
    let headers = response.headers().iter();
    let sizes = headers.map(|(name, value)| name.as_str().len().saturating_add(value.len()));
    if sizes.fold(0, usize::saturating_add) > MAX_HEADER_BYTES {
        return Err(DecodeError::new("the headers are larger than 64 KiB"));
    }
    // One check of the whole body is faster than one for each string in it.
    let text = std::str::from_utf8(response.body())
        .map_err(|_| DecodeError::new("the body is not UTF-8"))?;
    if too_deep(text.as_bytes()) {
        return Err(DecodeError::new("the body is nested deeper than 128 levels"));
    }
    Ok(text)
}

/// Whether arrays and objects nest too deeply; also inside of unknown members, which the decoder
/// skips without counting.
fn too_deep(body: &[u8]) -> bool {
    // A body with few opening brackets cannot nest deeply: no need to look closer.
    if ascii::opening_brackets(body) <= MAX_DEPTH {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in body {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    // Said first, for the sake of the message.
    if !text.trim_start().starts_with('{') {
        return Err(DecodeError::new("the body is not a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| DecodeError::from_json(&error))
}

/// An answer whose status is no success.
fn refusal(status: StatusCode, headers: &HeaderMap, text: &str) -> Error {
    let retry_after = retry_after(headers);
    if status.is_redirection() || status.is_informational() {
        return UnexpectedReply::new(status, retry_after).into();
    }
    match from_json::<Refusal>(text) {
        Ok(refusal) => refusal.into_error(status, retry_after),
        Err(_) => UnexpectedReply::new(status, retry_after).into(),
    }
}

/// The members of all three error shapes. Anything of a wrong type counts as absent, so that an
/// odd member never hides the error type.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error_type: Loose,
    error_message: Loose,
    error_url: Loose,
    request_id: Loose,
    error: Loose,
    error_description: Loose,
    error_uri: Loose,
    body: SchemaMistakes,
    params: SchemaMistakes,
    query: SchemaMistakes,
}

impl Refusal {
    fn into_error(self, status: StatusCode, retry_after: Option<Duration>) -> Error {
        let schema = [self.body, self.params, self.query].into_iter().find_map(|place| place.0);
        let (kind, error_type, message, url) = if let Some(error_type) = self.error_type.0 {
            (ApiErrorKind::Api, Some(error_type), self.error_message.0, self.error_url.0)
        } else if let Some(mistake) = schema {
            (ApiErrorKind::Schema, None, Some(mistake), None)
        } else if let Some(error) = self.error.0 {
            (ApiErrorKind::OAuth, Some(error), self.error_description.0, self.error_uri.0)
        } else {
            return UnexpectedReply::new(status, retry_after).into();
        };
        ApiError::new(kind, status)
            .with_error_type(error_type.as_deref())
            .with_message(message.as_deref())
            .with_url(url.as_deref())
            .with_request_id(self.request_id.0.as_deref())
            .with_retry_after(retry_after)
            .into()
    }
}

/// A non-empty text, or nothing whatever else stands there: what cannot be read is not read.
#[derive(Default)]
struct Loose(Option<String>);

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(value.get()).ok().filter(|text: &String| !text.is_empty())))
    }
}

/// The first mistake that a schema error lists, in words; `None` if this is no list of mistakes.
#[derive(Default)]
struct SchemaMistakes(Option<String>);

impl<'de> Deserialize<'de> for SchemaMistakes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Mistake {
            data_path: Loose,
            message: Loose,
        }

        let value = <&RawValue>::deserialize(deserializer)?;
        let Ok(First(first)) = serde_json::from_str(value.get()) else { return Ok(Self(None)) };
        let mistake: Mistake = first
            .and_then(|mistake: &RawValue| serde_json::from_str(mistake.get()).ok())
            .unwrap_or_default();
        let message = mistake.message.0;
        let message = message.as_deref().unwrap_or("the request does not fit the schema");
        Ok(Self(Some(match mistake.data_path.0 {
            None => message.to_owned(),
            Some(place) => format!("{place} {message}"),
        })))
    }
}

/// The first item of an array. The others are not kept.
struct First<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = First<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<First<T>, A::Error> {
                let first = items.next_element()?;
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

/// Seconds, or a date; a date counts from the server's own `Date`, so that clocks need not agree.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        // More seconds than fit are as good as for ever, and can still be added to a time.
        return Some(Duration::from_secs(text.parse::<u32>().unwrap_or(u32::MAX).into()));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let date = headers.get(header::DATE)?.to_str().ok()?;
    let sent: SystemTime = httpdate::parse_http_date(date).ok()?;
    Some(until.duration_since(sent).unwrap_or_default())
}

/// The server's time, unless a cache has kept the answer for a while.
#[cfg(feature = "live")]
pub(crate) fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    if headers.contains_key(header::AGE) {
        return None;
    }
    httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_strings() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(!too_deep(&nested(128)));
        assert!(too_deep(&nested(129)));
        // More brackets than are looked at closely, and as deep as allowed.
        assert!(!too_deep(&[nested(128), nested(128)].concat()));
        let text = format!("[\"{}\\\"{}\"]", "[".repeat(200), "{".repeat(200));
        assert!(!too_deep(text.as_bytes()));
        let flat = format!("[{}[]]", "[],".repeat(1000));
        assert!(!too_deep(flat.as_bytes()));
    }

    #[test]
    fn retry_after_in_seconds_and_dates() {
        let parse = |pairs: &[(header::HeaderName, &str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            retry_after(&headers.collect::<HeaderMap>()).map(|wait| wait.as_secs())
        };
        assert_eq!(parse(&[(RETRY_AFTER, "120")]), Some(120));
        assert_eq!(parse(&[(RETRY_AFTER, " 7 ")]), Some(7));
        for many in ["18446744073709551615", "99999999999999999999999"] {
            assert_eq!(parse(&[(RETRY_AFTER, many)]), Some(u64::from(u32::MAX)));
        }
        for odd in ["", "-1", "1.5", "soon"] {
            assert_eq!(parse(&[(RETRY_AFTER, odd)]), None, "{odd}");
        }
        let date = "Sat, 01 Jun 2030 12:00:00 GMT";
        let later = "Sat, 01 Jun 2030 12:01:30 GMT";
        assert_eq!(parse(&[(RETRY_AFTER, later), (header::DATE, date)]), Some(90));
        assert_eq!(parse(&[(RETRY_AFTER, date), (header::DATE, later)]), Some(0));
        assert_eq!(parse(&[(RETRY_AFTER, later)]), None);
    }
}
