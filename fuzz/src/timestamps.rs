//! The reader of RFC 3339 instants.

use std::time::{Duration, SystemTime};

use stytch_session::Timestamp;

use crate::Seed;
use crate::input::Fields;

/// Two instants, of which the second may be missing.
pub fn run(data: &[u8]) {
    let mut fields = Fields::of(data);
    let (Some(first), second) = (read(&fields.text()), read(&fields.text())) else { return };
    check(first);
    let Some(second) = second else { return };
    check(second);
    let apart = second.saturating_duration_since(first);
    if second >= first {
        assert_eq!(first.saturating_add(apart), second);
    } else {
        assert_eq!(apart, Duration::ZERO);
    }
    assert_eq!(first < second, SystemTime::from(first) < SystemTime::from(second));
}

fn read(text: &str) -> Option<Timestamp> {
    let Ok(at) = Timestamp::parse(text) else {
        assert!(text.parse::<Timestamp>().is_err());
        return None;
    };
    assert!(has_the_form(text), "{text:?}");
    Some(at)
}

/// The grammar of RFC 3339, without its ranges.
fn has_the_form(text: &str) -> bool {
    let fits = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b'T' => b"Tt ".contains(&byte),
                b'+' => b"+-".contains(&byte),
                b'Z' => b"Zz".contains(&byte),
                _ => byte == form,
            })
    };
    let Some((before, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        None => rest,
        Some(rest) => {
            let zone = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if zone.len() == rest.len() {
                return false;
            }
            zone
        }
    };
    fits(before, "0000-00-00T00:00:00") && (fits(zone, "Z") || fits(zone, "+00:00"))
}

fn check(at: Timestamp) {
    assert!(Timestamp::MIN <= at && at <= Timestamp::MAX);
    let shown = at.to_string();
    assert_eq!(Timestamp::parse(&shown), Ok(at), "{shown}");
    let json = serde_json::to_string(&at).expect("text is JSON");
    assert_eq!(json, format!("\"{shown}\""));
    assert_eq!(serde_json::from_str::<Timestamp>(&json).ok(), Some(at));
    assert_eq!(Timestamp::from(at.to_system_time()), at);
    let whole = Timestamp::from_unix_seconds(at.unix_seconds());
    assert_eq!(whole.saturating_add(Duration::from_nanos(at.subsec_nanos().into())), at);
    assert_eq!(at.saturating_add(Duration::MAX), Timestamp::MAX);
}

/// Each form, alone and beside another.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    [
        "2030-06-01T12:00:00Z",
        "2030-06-01t12:00:00.123456789123z",
        "2030-06-01 12:00:00.5+05:30",
        "2016-12-31T23:59:60Z",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999999-23:59",
        "1969-12-31T23:59:59.25Z",
        "2028-02-29T00:00:00-00:00",
        "2030-02-30T00:00:00Z",
        "2030-06-01T12:00:00",
    ]
    .iter()
    .enumerate()
    .map(|(at, text)| {
        let other = if at % 2 == 0 { "2030-06-01T12:00:00.25-07:00" } else { "" };
        (format!("{at}"), crate::input::join(&[*text, other]))
    })
    .collect()
}
