//! The outside of a token: three parts of base64url, of which the first is the header.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserializer as _, Error, IgnoredAny, MapAccess, Visitor};
use zeroize::Zeroize as _;

use super::error::{JwtError, JwtErrorKind};
use super::names::{Names, Text};

/// The longest token that is looked at: 64 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// The longest key id that is looked up: 1 KiB.
const MAX_KEY_ID_BYTES: usize = 1024;

/// A token taken apart. Header, payload and signature lie one after the other in one buffer, of which
/// the signature is overwritten at the end: without it the rest is no token.
pub(super) struct Envelope<'a> {
    /// What is signed: header and payload as they came (RFC 7515, section 5.2).
    signed: &'a [u8],
    decoded: Vec<u8>,
    header_end: usize,
    payload_end: usize,
}

impl<'a> Envelope<'a> {
    pub(super) fn open(jwt: &'a str) -> Result<Self, JwtError> {
        const MALFORMED: JwtError = JwtError::new(JwtErrorKind::Malformed);
        if jwt.len() > MAX_BYTES {
            return Err(JwtError::new(JwtErrorKind::TooLarge));
        }
        let (signed, signature) = jwt.rsplit_once('.').ok_or(MALFORMED)?;
        let (header, payload) = signed.split_once('.').ok_or(MALFORMED)?;
        // The decoder works on whole groups of four letters, for which there is room.
        let mut decoded = Vec::with_capacity(jwt.len() / 4 * 3 + 9);
        let mut append = |part: &str| {
            // A dot is no letter of base64url: a fourth part is refused here.
            URL_SAFE_NO_PAD.decode_vec(part, &mut decoded).map_err(|_| MALFORMED)?;
            Ok(decoded.len())
        };
        let header_end = append(header)?;
        let payload_end = append(payload)?;
        append(signature)?;
        Ok(Self { signed: signed.as_bytes(), decoded, header_end, payload_end })
    }

    pub(super) const fn signed(&self) -> &'a [u8] {
        self.signed
    }

    pub(super) fn payload(&self) -> &[u8] {
        self.decoded.get(self.header_end..self.payload_end).unwrap_or_default()
    }

    pub(super) fn signature(&self) -> &[u8] {
        self.decoded.get(self.payload_end..).unwrap_or_default()
    }

    /// The id of the key that the header names, if all else in it is as it must be.
    pub(super) fn key_id(&self) -> Result<Cow<'_, str>, JwtError> {
        let bytes = self.decoded.get(..self.header_end).unwrap_or_default();
        let header = Header::read(bytes)?;
        header.check()?;
        match header.kid {
            Some(Text(kid)) if !kid.is_empty() && kid.len() <= MAX_KEY_ID_BYTES => Ok(kid),
            _ => Err(JwtError::about(JwtErrorKind::Header, "kid")),
        }
    }
}

impl Drop for Envelope<'_> {
    fn drop(&mut self) {
        self.decoded.get_mut(self.payload_end..).unwrap_or_default().zeroize();
    }
}

/// The parameters that matter. Others are ignored (RFC 7515, section 4), above all those that bring
/// a key: `jku`, `jwk`, `x5u`, `x5c`.
#[derive(Default)]
struct Header<'a> {
    alg: Option<Text<'a>>,
    typ: Option<Text<'a>>,
    kid: Option<Text<'a>>,
    has_crit: bool,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, JwtError> {
        let malformed = JwtError::new(JwtErrorKind::Header);
        let text = std::str::from_utf8(bytes).map_err(|_| malformed)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let mut fault = malformed;
        let header = json.deserialize_map(HeaderVisitor(&mut fault)).map_err(|_| fault)?;
        json.end().map_err(|_| malformed)?;
        Ok(header)
    }

    fn check(&self) -> Result<(), JwtError> {
        if self.alg.as_ref().is_none_or(|alg| alg.0 != "RS256") {
            return Err(JwtError::about(JwtErrorKind::Algorithm, "alg"));
        }
        if self.typ.as_ref().is_some_and(|typ| typ.0 != "JWT") {
            return Err(JwtError::about(JwtErrorKind::Type, "typ"));
        }
        if self.has_crit {
            return Err(JwtError::about(JwtErrorKind::Critical, "crit"));
        }
        Ok(())
    }
}

/// Leaves behind what was at fault, which the decoder's own error does not say.
struct HeaderVisitor<'f>(&'f mut JwtError);

impl<'de> Visitor<'de> for HeaderVisitor<'_> {
    type Value = Header<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header<'de>, A::Error> {
        let malformed = *self.0;
        let twice = || A::Error::custom("a name is there twice");
        let mut header = Header::default();
        let mut others = Names::default();
        while let Some(Text(name)) = map.next_key()? {
            let (slot, fault) = match &*name {
                "alg" => (&mut header.alg, JwtError::about(JwtErrorKind::Algorithm, "alg")),
                "typ" => (&mut header.typ, JwtError::about(JwtErrorKind::Type, "typ")),
                "kid" => (&mut header.kid, JwtError::about(JwtErrorKind::Header, "kid")),
                name_of_another => {
                    header.has_crit |= name_of_another == "crit";
                    map.next_value::<IgnoredAny>()?;
                    others.add(name);
                    continue;
                }
            };
            if slot.is_some() {
                return Err(twice());
            }
            *self.0 = fault;
            *slot = Some(map.next_value()?);
            *self.0 = malformed;
        }
        if others.are_unique() { Ok(header) } else { Err(twice()) }
    }
}
