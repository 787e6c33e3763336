//! How long a session JWT lives, by its own words.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// No JWT that Stytch makes comes near it.
const MAX_BYTES: usize = 64 * 1024;

/// Only two dates are wanted, so it may be written in any way.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// When a JWT was issued, and when it expires; `None` if it does not say so, or cannot be read.
///
/// Nothing is verified: this tells when to ask for a new one, never whom to trust.
pub(super) fn jwt_life(jwt: &str) -> Option<(SystemTime, SystemTime)> {
    if jwt.len() > MAX_BYTES {
        return None;
    }
    let payload = Zeroizing::new(LENIENT.decode(jwt.split('.').nth(1)?).ok()?);
    let dates: Dates = serde_json::from_slice(&payload).ok()?;
    let (issued_at, expires_at) = (instant(dates.iat)?, instant(dates.exp)?);
    (issued_at < expires_at).then_some((issued_at, expires_at))
}

/// Seconds since 1970, with decimals if somebody likes them (RFC 7519, section 2).
#[derive(Deserialize)]
struct Dates {
    iat: f64,
    exp: f64,
}

fn instant(seconds: f64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}
