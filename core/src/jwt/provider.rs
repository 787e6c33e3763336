//! Which library does the arithmetic of RSA.

use std::fmt;

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "ring")]
mod ring;

#[cfg(feature = "aws-lc-rs")]
pub use aws_lc::AwsLcProvider;
#[cfg(feature = "ring")]
pub use ring::RingProvider;

/// A library that verifies RSA signatures.
///
/// `RingProvider` (feature `ring`) and `AwsLcProvider` (feature `aws-lc-rs`) are there; another
/// library, or a hardware module, needs these two traits.
pub trait RsaProvider: fmt::Debug + Send + Sync {
    /// Takes a public key: `None` if the library cannot.
    ///
    /// Both numbers are big-endian and without leading zeros. [`KeySet`](super::KeySet) asks only
    /// for an odd modulus of 2048 to 8192 bits and an odd exponent from 3 to 2^32 - 1.
    fn parse(&self, modulus: &[u8], exponent: &[u8]) -> Option<Box<dyn RsaKey>>;
}

/// A public RSA key, ready to verify.
pub trait RsaKey: Send + Sync {
    /// Whether the signature of the message is good, by RSASSA-PKCS1-v1_5 with SHA-256: RS256 of
    /// RFC 7518, section 3.3.
    ///
    /// A signature that is not as long as the modulus is wrong (RFC 8017, section 8.2.2).
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}
