//! Bytes put together before they are encoded.

use std::io;

use zeroize::Zeroize;

/// As much as the telemetry and credentials of Stytch's own ids and tokens take.
const SHORT: usize = 512;

/// Bytes put together before they are encoded: on the stack while they are few.
pub(crate) struct Scratch {
    short: [u8; SHORT],
    length: usize,
    /// All of them, once they are more than fit into `short`.
    long: Vec<u8>,
}

impl Scratch {
    pub(crate) const fn new() -> Self {
        Self { short: [0; SHORT], length: 0, long: Vec::new() }
    }

    pub(crate) fn extend(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.push(part);
        }
    }

    /// A text in JSON. Writing one into memory cannot fail.
    pub(crate) fn json(&mut self, text: &str) {
        let written = serde_json::to_writer(self, text);
        debug_assert!(written.is_ok(), "a text that JSON cannot hold");
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        if self.long.is_empty() {
            self.short.get(..self.length).unwrap_or_default()
        } else {
            &self.long
        }
    }

    fn push(&mut self, part: &[u8]) {
        let end = self.length.saturating_add(part.len());
        if self.long.is_empty() {
            if let Some(room) = self.short.get_mut(self.length..end) {
                room.copy_from_slice(part);
                self.length = end;
                return;
            }
            self.long = Vec::with_capacity(end.saturating_mul(2));
            self.long.extend_from_slice(self.short.get(..self.length).unwrap_or_default());
        }
        self.long.extend_from_slice(part);
    }
}

impl io::Write for &mut Scratch {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.push(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Zeroize for Scratch {
    fn zeroize(&mut self) {
        self.short.get_mut(..self.length).unwrap_or_default().zeroize();
        self.length = 0;
        self.long.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_any_number_come_back() {
        for sizes in [&[][..], &[1, 510, 1], &[1, 510, 2], &[600], &[0, 512], &[512, 0, 1, 9]] {
            let mut scratch = Scratch::new();
            let mut plain = Vec::new();
            for (at, size) in sizes.iter().enumerate() {
                let part = vec![u8::try_from(at).unwrap(); *size];
                scratch.extend(&[&part]);
                plain.extend(part);
            }
            assert_eq!(scratch.bytes(), plain, "{sizes:?}");
            scratch.json("a\"b");
            assert!(scratch.bytes().ends_with(br#""a\"b""#));
        }
    }

    #[test]
    fn what_was_written_is_wiped() {
        for size in [1, SHORT, SHORT + 1] {
            let mut scratch = Scratch::new();
            scratch.extend(&[&vec![7; size]]);
            scratch.zeroize();
            assert!(scratch.bytes().is_empty() && scratch.long.is_empty(), "{size}");
            let wiped = scratch.short.iter().all(|byte| *byte == 0);
            assert!(wiped, "{size}");
        }
    }
}
