//! Reproducible ids, tokens and codes: they follow from a seed and a counter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

/// A source of ids and tokens. They look random and are not: this is a tool for tests.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Ids {
    seed: u64,
    counter: u64,
}

impl Ids {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// Whether there is no end of new ids: none that a program could reach.
    pub(crate) const fn is_endless(&self) -> bool {
        self.counter <= u64::MAX / 2
    }

    /// For instance `session-test-0b6f0b4b-aa9d-4f1e-8fe6-61bd17a11c4b`.
    pub(crate) fn id(&mut self, kind: &str) -> String {
        let block = self.block();
        format!("{kind}-test-{}", uuid(&block))
    }

    /// 44 URL-safe characters, as session tokens and intermediate session tokens look.
    pub(crate) fn token(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(&self.block()[..33])
    }

    /// Six digits.
    pub(crate) fn code(&mut self) -> String {
        let block = self.block();
        let number = block[..8].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    /// A recovery code, for instance `kx3d-93jf-a0qs`.
    pub(crate) fn recovery_code(&mut self) -> String {
        const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
        let block = self.block();
        let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
        let part = |from: usize| block[from..from + 4].iter().map(letter).collect::<String>();
        format!("{}-{}-{}", part(0), part(4), part(8))
    }

    /// The secret of an authenticator app: 20 bytes.
    pub(crate) fn secret(&mut self) -> Vec<u8> {
        let mut block = self.block();
        block.truncate(20);
        block
    }

    fn block(&mut self) -> Vec<u8> {
        self.counter += 1;
        let mut input = self.seed.to_be_bytes().to_vec();
        input.extend(self.counter.to_be_bytes());
        digest::digest(&digest::SHA512, &input).as_ref().to_vec()
    }
}

/// An id that follows from a name alone, so that it is the same in every emulator.
pub(crate) fn named(kind: &str, name: &str) -> String {
    let hash = digest::digest(&digest::SHA512, format!("{kind}:{name}").as_bytes());
    format!("{kind}-test-{}", uuid(hash.as_ref()))
}

/// Formats the first 16 bytes as a version 4 UUID.
fn uuid(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(36);
    for (index, byte) in bytes.iter().take(16).enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            hex.push('-');
        }
        let byte = match index {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        hex.push_str(&format!("{byte:02x}"));
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_looks_as_the_api_makes_it_and_is_reproducible() {
        let (mut one, mut other) = (Ids::new(7), Ids::new(7));
        let token = one.token();
        assert_eq!(token.len(), 44);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(token, other.token());
        assert_ne!(token, one.token());
        assert_eq!(one.id("session").len(), "session-test-".len() + 36);
        assert_eq!(one.code().len(), 6);
        assert_eq!(named("member", "ada"), named("member", "ada"));
    }
}
