//! Time-based one-time codes: RFC 6238 with HMAC-SHA-1, 30 seconds and six digits.

use ring::hmac;

/// The length of a window in seconds.
const STEP: i64 = 30;

/// The window that `now` falls into.
pub(crate) const fn window(now: i64) -> i64 {
    now.div_euclid(STEP)
}

/// The code of one window.
pub(crate) fn code(secret: &[u8], window: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &window.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[tag.len() - 1] & 0x0f);
    let number =
        tag[offset..offset + 4].iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// The window of a code that is valid at `now`: the current one or a neighbour.
pub(crate) fn matching_window(secret: &[u8], candidate: &str, now: i64) -> Option<i64> {
    let current = window(now);
    [current, current - 1, current + 1]
        .into_iter()
        .find(|window| code(secret, *window) == candidate)
}

/// Decodes base32 (RFC 4648); case, spaces and padding do not matter.
pub(crate) fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-' | b'=')) {
        let value = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        buffer = (buffer << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    if bytes.is_empty() { None } else { Some(bytes) }
}

/// Encodes bytes as base32 (RFC 4648), without padding.
pub(crate) fn base32_text(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |five: &[u8]| {
        let value = five.iter().fold(0, |sum, bit| sum << 1 | bit) << (5 - five.len());
        char::from(LETTERS[usize::from(value)])
    };
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(5).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = b"12345678901234567890";
        for (now, eight_digits) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_234_567_890, "89005924"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(secret, window(now)), eight_digits[2..]);
        }
    }

    #[test]
    fn neighbouring_windows_are_accepted_and_no_others() {
        let secret = b"12345678901234567890";
        let code = code(secret, 100);
        for (window, accepted) in [(98, false), (99, true), (100, true), (101, true), (102, false)]
        {
            assert_eq!(
                matching_window(secret, &code, window * STEP).is_some(),
                accepted,
                "{window}"
            );
        }
    }

    #[test]
    fn base32_is_decoded_leniently_and_rubbish_refused() {
        assert_eq!(base32("GEZD GNBV gy3tqojq").as_deref(), Some(b"1234567890".as_slice()));
        assert_eq!(base32("MZXW6==="), Some(b"foo".to_vec()));
        assert_eq!(base32("not base 32!"), None);
        assert_eq!(base32(""), None);
        assert_eq!(base32_text(b"foo"), "MZXW6");
        assert_eq!(base32(&base32_text(b"any bytes")), Some(b"any bytes".to_vec()));
    }
}
