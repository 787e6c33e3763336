//! The keys that session JWTs are verified with.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::provider::{RsaKey, RsaProvider};
use crate::model::{JsonWebKey, JsonWebKeySet};

/// Of the modulus, by RFC 7518, section 3.3, and what the libraries can do.
const BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// An RSA modulus of 8192 bits in base64url, and room for a few needless zeros.
const MAX_BASE64: usize = 1400;

/// The usable keys of a project, by their ids, prepared by a library.
///
/// An odd key is left out and does not disable the others. A key is usable if
///
/// * `kty` is `RSA`; `use`, if there, is `sig`; `alg`, if there, is `RS256`; `key_ops`, if there,
///   has `verify` (RFC 7517, section 4);
/// * `kid` is there, and no other usable key has it: of two different ones it cannot be known
///   which is meant, so neither is taken, while the same one twice counts once;
/// * `n` and `e` are strict base64url without padding; the modulus is odd and has 2048 to 8192
///   bits, the exponent is odd and from 3 to 2^32 - 1. Zeros before a number are dropped.
///
/// Certificates (`x5c`) are not looked at. `Debug` shows the ids and nothing else.
///
/// ```
/// # #[cfg(feature = "ring")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use stytch_session::jwt::{KeySet, RingProvider};
/// use stytch_session::{Client, GetJwks, Project, ProjectId, ProjectSecret};
/// use stytch_session_mock::Emulator;
///
/// let stytch = Emulator::example();
/// let id = ProjectId::new(stytch.project_id())?;
/// let secret = ProjectSecret::new(stytch.project_secret())?;
/// let client = Client::new(Project::backend(id, secret), stytch);
/// let keys = KeySet::new(&client.call_blocking(&GetJwks::new())?, &RingProvider::default());
/// assert_eq!(keys.len(), 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "ring"))]
/// # fn main() {}
/// ```
#[derive(Default)]
pub struct KeySet {
    keys: BTreeMap<Box<str>, Box<dyn RsaKey>>,
}

impl KeySet {
    /// Prepares the usable keys of a set.
    #[must_use]
    pub fn new(set: &JsonWebKeySet, provider: &dyn RsaProvider) -> Self {
        let mut found: BTreeMap<&str, Option<Numbers>> = BTreeMap::new();
        for (kid, numbers) in set.keys().iter().filter_map(usable) {
            match found.entry(kid) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(numbers));
                }
                Entry::Occupied(mut entry) => {
                    if entry.get().as_ref() != Some(&numbers) {
                        entry.insert(None);
                    }
                }
            }
        }
        let parsed = found.into_iter().filter_map(|(kid, numbers)| {
            let numbers = numbers?;
            Some((kid.into(), provider.parse(&numbers.modulus, &numbers.exponent)?))
        });
        Self { keys: parsed.collect() }
    }

    /// A set without keys, which verifies nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self { keys: BTreeMap::new() }
    }

    /// Whether there is a key with this id.
    #[must_use]
    pub fn contains(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn get(&self, kid: &str) -> Option<&dyn RsaKey> {
        self.keys.get(kid).map(Box::as_ref)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySet ")?;
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

/// A public key by its numbers, big-endian and without leading zeros.
#[derive(PartialEq)]
struct Numbers {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

fn usable(key: &JsonWebKey) -> Option<(&str, Numbers)> {
    let is_for_us = key.kty() == Some("RSA")
        && key.usage().is_none_or(|usage| usage == "sig")
        && key.alg().is_none_or(|alg| alg == "RS256")
        && (key.key_ops().is_empty() || key.key_ops().iter().any(|op| **op == *"verify"));
    if !is_for_us {
        return None;
    }
    let modulus = number(key.n()?).filter(|modulus| BITS.contains(&bits(modulus)))?;
    let exponent = number(key.e()?).filter(|exponent| is_sane(exponent))?;
    (modulus.last()? & 1 == 1).then_some((key.kid()?, Numbers { modulus, exponent }))
}

/// `Base64urlUInt` of RFC 7518, section 2.
fn number(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_BASE64 {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    Some(bytes)
}

/// Of a number without leading zeros.
fn bits(number: &[u8]) -> u32 {
    let zeros = number.first().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(number.len()).unwrap_or(u32::MAX).saturating_mul(8).saturating_sub(zeros)
}

/// Odd, from 3 to 2^32 - 1: what verifying costs grows with it.
fn is_sane(exponent: &[u8]) -> bool {
    let value = exponent.iter().fold(0, |value: u64, byte| (value << 8) | u64::from(*byte));
    exponent.len() <= 4 && value >= 3 && value % 2 == 1
}
