//! `NumericDate` of RFC 7519, section 2.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use crate::model::Timestamp;

/// Seconds since 1970, with or without a fraction, to the end of the year 9999.
#[derive(Clone, Copy)]
pub(super) struct NumericDate(pub(super) Timestamp);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl Visitor<'_> for DateVisitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds since 1970, to the end of the year 9999")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<NumericDate, E> {
                whole(seconds)
                    .map(NumericDate)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(seconds), &self))
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<NumericDate, E> {
                let since = Duration::try_from_secs_f64(seconds).ok();
                since
                    .and_then(|since| {
                        let nanos = Duration::from_nanos(since.subsec_nanos().into());
                        Some(whole(since.as_secs())?.saturating_add(nanos))
                    })
                    .map(NumericDate)
                    .ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
            }
        }

        deserializer.deserialize_f64(DateVisitor)
    }
}

fn whole(seconds: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(seconds).ok()?;
    let at = Timestamp::from_unix_seconds(seconds);
    (at.unix_seconds() == seconds).then_some(at)
}
