//! RSA by ring.

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::{RsaKey, RsaProvider};

/// RSA by [ring](https://docs.rs/ring).
///
/// ring takes a key by its numbers only together with a signature, so it prepares the key anew
/// each time.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct RingProvider;

impl RsaProvider for RingProvider {
    fn parse(&self, modulus: &[u8], exponent: &[u8]) -> Option<Box<dyn RsaKey>> {
        Some(Box::new(Key { n: modulus.into(), e: exponent.into() }))
    }
}

struct Key {
    n: Box<[u8]>,
    e: Box<[u8]>,
}

impl RsaKey for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.n, e: &self.e };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}
