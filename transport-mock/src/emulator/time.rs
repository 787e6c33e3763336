//! Instants in whole seconds since 1970, as the emulator keeps and prints them.

use std::time::{Duration, SystemTime};

use serde_json::Value;

/// The last instant that RFC 3339 can write: 9999-12-31T23:59:59Z.
const LATEST: i64 = 253_402_300_799;

/// Seconds since 1970, rounded down.
pub(crate) fn seconds(time: SystemTime) -> i64 {
    let clamp =
        |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(LATEST).min(LATEST);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => clamp(after),
        Err(before) => {
            let before = before.duration();
            -clamp(before) - i64::from(before.subsec_nanos() > 0)
        }
    }
}

/// The timestamp as the API writes it, for instance `2030-06-01T12:00:00Z`.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let seconds = seconds.min(LATEST);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A timestamp, or `null`.
pub(crate) fn optional(seconds: Option<i64>) -> Value {
    seconds.map(rfc3339).into()
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
fn civil(day: i64) -> (i64, i64, i64) {
    // Years are counted from the first of March, so that a leap day ends one.
    let day = day + 719_468;
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_written_as_the_api_writes_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_906_545_600, "2030-06-01T12:00:00Z"),
            (LATEST, "9999-12-31T23:59:59Z"),
            (i64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn instants_before_1970_round_down() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(seconds(before), -2);
    }
}
