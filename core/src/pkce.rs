//! Proof Key for Code Exchange (RFC 7636): whoever started a login finishes it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::Hash;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::context::Seed;
use crate::error::InvalidInput;

/// The lengths that RFC 7636 allows.
const LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

/// A verifier and its challenge, for one login.
///
/// The challenge goes out when the login is started (an e-mail is sent, a browser opened), the
/// verifier when it is finished. Only S256 is used.
///
/// Source: RFC 7636.
///
/// ```
/// use stytch_session::{MagicLink, OrganizationId, PkcePair, SendMagicLink, Session};
///
/// # let random_bytes = [7; 32];
/// let pair = PkcePair::from_seed(random_bytes);
/// let organization = OrganizationId::new("harbor-lights")?;
/// let call = SendMagicLink::new(&organization, "ada@example.com")
///     .pkce_code_challenge(pair.challenge());
/// // … the member follows the link …
/// let link = MagicLink::new("token-of-the-link")?.pkce_code_verifier(pair.verifier());
/// let step = Session::new().login(link);
/// # let _ = (call, step);
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
pub struct PkcePair {
    verifier: PkceVerifier,
    challenge: PkceChallenge,
}

impl PkcePair {
    /// A pair that follows from the seed: 32 bytes of good randomness, used for nothing else.
    ///
    /// [`Client::pkce_pair`](crate::Client::pkce_pair) takes them from its own source.
    #[must_use]
    pub fn from_seed(seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        // Hashed, so that the verifier cannot be told from ids made of the same seed.
        let mut hash = Hash::new();
        hash.update(b"stytch-session PKCE verifier");
        hash.update(seed.bytes());
        let text = URL_SAFE_NO_PAD.encode(hash.finalize());
        Self::of(PkceVerifier(Zeroizing::new(text.into())))
    }

    fn of(verifier: PkceVerifier) -> Self {
        Self { challenge: verifier.challenge(), verifier }
    }

    /// What finishes the login. Keep it until then; it is secret.
    #[must_use]
    pub const fn verifier(&self) -> &PkceVerifier {
        &self.verifier
    }

    /// What starts the login.
    #[must_use]
    pub const fn challenge(&self) -> &PkceChallenge {
        &self.challenge
    }
}

impl From<PkceVerifier> for PkcePair {
    fn from(verifier: PkceVerifier) -> Self {
        Self::of(verifier)
    }
}

/// The secret half of a [`PkcePair`] (`pkce_code_verifier`).
///
/// `Debug` prints `[redacted]`, there is no `Display` and no `Serialize`; the memory is overwritten
/// on drop (best effort).
#[derive(Clone)]
pub struct PkceVerifier(Zeroizing<Box<str>>);

impl PkceVerifier {
    /// Takes a verifier that was kept, for instance while the program was closed.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] unless it has 43 to 128 characters, all of them letters, digits or `-._~`.
    /// The error does not contain the text.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, InvalidInput> {
        let text = Zeroizing::new(text.into());
        let is_unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if !LENGTHS.contains(&text.len()) {
            return Err(InvalidInput::new("PKCE verifier", "it has not 43 to 128 characters"));
        }
        if !text.bytes().all(is_unreserved) {
            return Err(InvalidInput::new(
                "PKCE verifier",
                "it has characters other than letters, digits and -._~",
            ));
        }
        Ok(Self(text))
    }

    /// The text itself. The name is a reminder at the place of use.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Its challenge: base64url, without padding, of its SHA-256.
    #[must_use]
    pub fn challenge(&self) -> PkceChallenge {
        PkceChallenge(URL_SAFE_NO_PAD.encode(Hash::hash(self.secret().as_bytes())).into())
    }
}

impl fmt::Debug for PkceVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PkceVerifier([redacted])")
    }
}

/// The public half of a [`PkcePair`] (`pkce_code_challenge`): the S256 hash of the verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PkceChallenge(Box<str>);

impl From<&Self> for PkceChallenge {
    fn from(challenge: &Self) -> Self {
        challenge.clone()
    }
}

impl PkceChallenge {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let verifier = PkceVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn pairs_differ_by_their_seed_and_show_no_verifier() {
        let pair = PkcePair::from_seed([1; 32]);
        let text = pair.verifier().secret();
        assert!(PkceVerifier::new(text).is_ok());
        assert_ne!(text, PkcePair::from_seed([2; 32]).verifier().secret());
        assert_eq!(text, PkcePair::from_seed([1; 32]).verifier().secret());
        assert!(!format!("{pair:?}").contains(text));
        let kept = PkcePair::from(PkceVerifier::new(text).unwrap());
        assert_eq!(kept.challenge(), pair.challenge());
    }

    #[test]
    fn malformed_verifiers() {
        for text in ["", &"x".repeat(42), &"x".repeat(129), &format!("{} ", "x".repeat(50))] {
            assert_eq!(PkceVerifier::new(text).unwrap_err().what(), "PKCE verifier");
        }
        assert!(PkceVerifier::new("x".repeat(128)).is_ok());
    }
}
