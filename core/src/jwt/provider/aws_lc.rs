//! RSA by aws-lc-rs.

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::{RsaKey, RsaProvider};

/// RSA by [aws-lc-rs](https://docs.rs/aws-lc-rs), which prepares a key once.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct AwsLcProvider;

impl RsaProvider for AwsLcProvider {
    fn parse(&self, modulus: &[u8], exponent: &[u8]) -> Option<Box<dyn RsaKey>> {
        let components = RsaPublicKeyComponents { n: modulus, e: exponent };
        let key = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).ok()?;
        Some(Box::new(Key(key)))
    }
}

struct Key(ParsedPublicKey);

impl RsaKey for Key {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
