//! Checks of ASCII text, written so that the compiler makes them look at many bytes at a time.

/// Long enough for wide registers, short enough to stop soon after a byte that is not allowed.
const CHUNK: usize = 64;

/// Whether all bytes are visible ASCII: no blank, no control character.
pub(crate) fn is_visible(text: &str) -> bool {
    all(text, |byte| byte.is_ascii_graphic())
}

/// Whether all bytes are visible ASCII or blanks.
pub(crate) fn is_printable(text: &str) -> bool {
    all(text, |byte| matches!(byte, b' '..=b'~'))
}

fn all(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    let chunks = &mut text.as_bytes().chunks(CHUNK);
    chunks.all(|chunk| chunk.iter().fold(true, |all, byte| all & is_allowed(*byte)))
}

/// How many opening brackets, `[` and `{`, there are.
pub(crate) fn opening_brackets(bytes: &[u8]) -> usize {
    // They differ in one bit. A sum of at most 64 ones fits into a byte.
    let count = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(byte & 0xdf == b'[')).sum::<u8>();
    bytes.chunks(CHUNK).map(|chunk| usize::from(count(chunk))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_wherever_it_stands() {
        for length in [0, 1, 63, 64, 65, 200] {
            let text = "x".repeat(length);
            assert!(is_visible(&text) && is_printable(&text));
            assert_eq!(opening_brackets(text.as_bytes()), 0);
            for at in 0..length {
                let with = |c: char| {
                    let mut chars: Vec<char> = text.chars().collect();
                    chars[at] = c;
                    chars.into_iter().collect::<String>()
                };
                assert!(!is_visible(&with(' ')) && is_printable(&with(' ')));
                for c in ['\0', '\n', '\x7f', '\u{e9}'] {
                    assert!(!is_visible(&with(c)) && !is_printable(&with(c)));
                }
                assert_eq!(opening_brackets(with('[').as_bytes()), 1);
                assert_eq!(opening_brackets(with('{').as_bytes()), 1);
                assert_eq!(opening_brackets(with(']').as_bytes()), 0);
            }
        }
        assert_eq!(opening_brackets(&[b'['; 1000]), 1000);
    }
}
