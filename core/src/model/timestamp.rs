//! Instants, as the API writes them.

use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

use crate::error::InvalidInput;

const SECONDS_A_DAY: i64 = 86_400;
const NANOS_A_SECOND: u32 = 1_000_000_000;

/// An instant from the year 0000 to 9999, with nanoseconds.
///
/// It reads every form of RFC 3339: `T`, `t` or a blank between date and time, `Z`, `z` or an
/// offset, any number of fraction digits (beyond nine they are cut off), and the leap second
/// `:60`, which is taken as the last nanosecond of its minute. It prints UTC.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stytch_session::Timestamp;
///
/// let expires_at: Timestamp = "2030-06-01T14:00:00.5+02:00".parse()?;
/// assert_eq!(expires_at.to_string(), "2030-06-01T12:00:00.5Z");
/// let as_time: SystemTime = expires_at.into();
/// assert_eq!(as_time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs(), 1_906_545_600);
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Seconds since 1970, from `MIN_SECONDS` to `MAX_SECONDS`.
    seconds: i64,
    nanos: u32,
}

/// 0000-01-01T00:00:00Z
const MIN_SECONDS: i64 = -62_167_219_200;
/// 9999-12-31T23:59:59Z
const MAX_SECONDS: i64 = 253_402_300_799;

impl Timestamp {
    /// 0000-01-01T00:00:00Z
    pub const MIN: Self = Self { seconds: MIN_SECONDS, nanos: 0 };
    /// 9999-12-31T23:59:59.999999999Z
    pub const MAX: Self = Self { seconds: MAX_SECONDS, nanos: NANOS_A_SECOND - 1 };

    /// Reads any RFC 3339 form.
    ///
    /// An offset may carry an instant over the ends of the range, where it is cut to
    /// [`Timestamp::MIN`] or [`Timestamp::MAX`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for anything else, and for dates and times that do not exist.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        parse(text.as_bytes())
            .ok_or(InvalidInput::new("timestamp", "it is not an RFC 3339 date and time"))
    }

    /// The instant so many seconds after 1970 began, cut to the range.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self::clamped(seconds, 0)
    }

    /// Whole seconds since 1970 began; negative before.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds after the whole second.
    #[must_use]
    pub const fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// The same instant on the system's scale.
    #[must_use]
    pub fn to_system_time(self) -> SystemTime {
        self.into()
    }

    /// This much later, cut to the range.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        let nanos = self.nanos.saturating_add(duration.subsec_nanos());
        let carry = i64::from(nanos / NANOS_A_SECOND);
        let seconds = self.seconds.saturating_add(seconds).saturating_add(carry);
        Self::clamped(seconds, nanos % NANOS_A_SECOND)
    }

    /// How long after `earlier` this is; zero if it is not after.
    #[must_use]
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        let nanos =
            |at: Self| i128::from(at.seconds) * i128::from(NANOS_A_SECOND) + i128::from(at.nanos);
        let difference = u128::try_from(nanos(self).saturating_sub(nanos(earlier))).unwrap_or(0);
        let second = u128::from(NANOS_A_SECOND);
        Duration::new(
            u64::try_from(difference / second).unwrap_or(u64::MAX),
            u32::try_from(difference % second).unwrap_or(0),
        )
    }

    fn clamped(seconds: i64, nanos: u32) -> Self {
        let at = Self { seconds, nanos };
        at.clamp(Self::MIN, Self::MAX)
    }

    /// The date and the second of the day.
    fn split(self) -> (Date, i64) {
        let days = self.seconds.div_euclid(SECONDS_A_DAY);
        let date = i32::try_from(days)
            .ok()
            .and_then(|days| EPOCH.checked_add(jiff::Span::new().days(days)).ok())
            .unwrap_or(EPOCH);
        (date, self.seconds.rem_euclid(SECONDS_A_DAY))
    }

    /// `2030-06-01T12:00:00.000Z`
    pub(crate) fn rfc3339_millis(self) -> [u8; 24] {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let (date, second) = self.split();
        let parts = [
            (3, i64::from(date.year())),
            (6, i64::from(date.month())),
            (9, i64::from(date.day())),
            (12, second / 3600),
            (15, second / 60 % 60),
            (18, second % 60),
            (22, i64::from(self.nanos / 1_000_000)),
        ];
        for (last, mut number) in parts {
            let digits = text.iter_mut().take(last + 1).rev();
            for digit in digits.take_while(|byte| byte.is_ascii_digit()) {
                *digit = b'0' | u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
        }
        text
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The grammar of RFC 3339, section 5.6.
fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let (time, rest) = rest.split_at_checked(9)?;
    let &[b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = time else { return None };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (nanos, rest) = match rest.split_first()? {
        (b'.', rest) => fraction(rest)?,
        _ => (0, rest),
    };
    let offset = match rest {
        [b'Z' | b'z'] => 0,
        &[sign, h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            match sign {
                b'+' => seconds,
                b'-' => -seconds,
                _ => return None,
            }
        }
        _ => return None,
    };
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let days = date.ok()?.duration_since(EPOCH).as_secs();
    let (second, nanos) = if second == 60 { (59, NANOS_A_SECOND - 1) } else { (second, nanos) };
    let of_day = hour * 3600 + minute * 60 + second;
    Some(Timestamp::clamped(days.saturating_add(of_day).saturating_sub(offset), nanos))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte & 0xf));
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// At least one digit, and what follows the last.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(length)?;
    if digits.is_empty() {
        return None;
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some((padded.fold(0, |number, digit| number * 10 + u32::from(digit & 0xf)), rest))
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::parse(text)
    }
}

impl From<SystemTime> for Timestamp {
    /// Cut to the years 0000 to 9999.
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::from_unix_seconds(0).saturating_add(after),
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match before.subsec_nanos() {
                    0 => Self::clamped(0_i64.saturating_sub(seconds), 0),
                    nanos => Self::clamped(
                        (-1_i64).saturating_sub(seconds),
                        NANOS_A_SECOND.saturating_sub(nanos),
                    ),
                }
            }
        }
    }
}

impl From<Timestamp> for SystemTime {
    /// Where the system's clock does not reach so far, the nearest instant it knows, or 1970.
    fn from(at: Timestamp) -> Self {
        let whole = Duration::from_secs(at.seconds.unsigned_abs());
        let second = if at.seconds < 0 {
            Self::UNIX_EPOCH.checked_sub(whole)
        } else {
            Self::UNIX_EPOCH.checked_add(whole)
        };
        let exact = second.and_then(|time| time.checked_add(Duration::from_nanos(at.nanos.into())));
        exact.unwrap_or(Self::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.rfc3339_millis();
        let second = millis.get(..19).and_then(|text| std::str::from_utf8(text).ok());
        f.write_str(second.unwrap_or_default())?;
        if self.nanos != 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 date and time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms() {
        for (text, shown) in [
            ("2030-06-01T12:00:00Z", "2030-06-01T12:00:00Z"),
            ("2030-06-01t12:00:00z", "2030-06-01T12:00:00Z"),
            ("2030-06-01 12:00:00Z", "2030-06-01T12:00:00Z"),
            ("2030-06-01T12:00:00.123456789123Z", "2030-06-01T12:00:00.123456789Z"),
            ("2030-06-01T12:00:00.120Z", "2030-06-01T12:00:00.12Z"),
            ("2030-06-01T12:00:00+05:30", "2030-06-01T06:30:00Z"),
            ("2030-06-01T12:00:00-23:59", "2030-06-02T11:59:00Z"),
            ("2030-06-01T12:00:00-00:00", "2030-06-01T12:00:00Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z"),
            ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.25Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("0000-01-01T00:00:00+01:00", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
            ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999999Z"),
        ] {
            let at = Timestamp::parse(text).unwrap();
            assert_eq!([at.to_string(), format!("{at:?}")], [shown; 2], "{text}");
        }
    }

    #[test]
    fn nothing_else() {
        for text in [
            "",
            "2030-06-01",
            "2030-06-01T12:00:00",
            "2030-06-01T12:00Z",
            "2030-02-29T12:00:00Z",
            "2030-13-01T12:00:00Z",
            "2030-00-01T12:00:00Z",
            "2030-06-00T12:00:00Z",
            "2030-06-01T24:00:00Z",
            "2030-06-01T12:60:00Z",
            "2030-06-01T12:00:61Z",
            "2030-06-01T12:00:00.Z",
            "2030-06-01T12:00:00+24:00",
            "2030-06-01T12:00:00+01:60",
            "2030-06-01T12:00:00+01",
            "2030-06-01T12:00:00+0100",
            "2030-06-01T12:00:00Z ",
            " 2030-06-01T12:00:00Z",
            "2030-06-01T12:00:00Z[Europe/Lisbon]",
            "20300601T120000Z",
            "+02030-06-01T12:00:00Z",
            "2030-06-01X12:00:00Z",
            "2030-06-01T12:00:00\u{2212}01:00",
            "\u{ff12}030-06-01T12:00:00Z",
            "never",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn system_time_and_back() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2030-06-01T12:00:00.000000001Z",
            "1969-12-31T23:59:59.5Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ] {
            let at = Timestamp::parse(text).unwrap();
            assert_eq!(Timestamp::from(SystemTime::from(at)), at, "{text}");
        }
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
        assert_eq!(Timestamp::from(far), Timestamp::MAX);
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 40);
        assert_eq!(Timestamp::from(early), Timestamp::MIN);
    }

    #[test]
    fn arithmetic_stays_in_range() {
        assert_eq!(Timestamp::MAX.saturating_add(Duration::MAX), Timestamp::MAX);
        let at = Timestamp::from_unix_seconds(10).saturating_add(Duration::from_millis(1500));
        assert_eq!((at.unix_seconds(), at.subsec_nanos()), (11, 500_000_000));
        assert_eq!(
            at.saturating_duration_since(Timestamp::from_unix_seconds(10)),
            Duration::from_millis(1500)
        );
        assert_eq!(Timestamp::MIN.saturating_duration_since(Timestamp::MAX), Duration::ZERO);
        let span = Timestamp::MAX.saturating_duration_since(Timestamp::MIN);
        assert_eq!(Timestamp::MIN.saturating_add(span), Timestamp::MAX);
    }

    #[test]
    fn fixed_width() {
        let at = Timestamp::parse("2030-06-01T09:08:07.0456Z").unwrap();
        assert_eq!(&at.rfc3339_millis(), b"2030-06-01T09:08:07.045Z");
    }
}
