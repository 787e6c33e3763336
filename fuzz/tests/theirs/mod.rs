//! `jsonwebtoken`, set to our rules as far as it can be.

use std::sync::LazyLock;

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;
use stytch_session::{
    AuthenticationFactor, MemberId, MemberSessionId, OrganizationId, RoleId, Timestamp,
};

use crate::jwt::forge::{A, B, ISSUER, KID_A, KID_B, NOW, PROJECT};

/// Verifies by ring, as ours does.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::RS256 => Ok(Box::new(Rs256(key.try_get_as_bytes()?.to_vec()))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Rs256(Vec<u8>);

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

impl signature::Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(message, signature)
            .map_err(|_| signature::Error::new())
    }
}

static VALIDATION: LazyLock<Validation> = LazyLock::new(|| {
    PROVIDER.install_default().expect("the only one");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[PROJECT]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
    validation.validate_exp = false;
    validation.leeway = 0;
    validation
});

/// The shape of the claims; what is not named is ignored.
#[derive(Deserialize)]
struct Claims {
    exp: f64,
    nbf: f64,
    iat: f64,
    #[serde(rename = "iss")]
    _iss: String,
    #[serde(rename = "sub")]
    _sub: MemberId,
    #[serde(rename = "https://stytch.com/session")]
    session: Session,
    #[serde(rename = "https://stytch.com/organization")]
    _organization: Organization,
}

#[derive(Deserialize)]
struct Session {
    #[serde(rename = "id")]
    _id: MemberSessionId,
    #[serde(rename = "started_at")]
    _started_at: Timestamp,
    #[serde(rename = "last_accessed_at")]
    _last_accessed_at: Timestamp,
    expires_at: Option<Timestamp>,
    #[serde(rename = "authentication_factors")]
    _factors: Option<Vec<AuthenticationFactor>>,
    #[serde(rename = "roles")]
    _roles: Option<Vec<RoleId>>,
    #[serde(rename = "attributes")]
    _attributes: Option<Value>,
}

#[derive(Deserialize)]
struct Organization {
    #[serde(rename = "organization_id")]
    _organization_id: OrganizationId,
    #[serde(rename = "slug")]
    _slug: Option<String>,
}

/// The last second of the year 9999.
const LATEST: f64 = 253_402_300_800.0;

pub(crate) fn verify(token: &str) -> Result<(), String> {
    let validation = &*VALIDATION;
    let shown = |error: jsonwebtoken::errors::Error| error.to_string();
    let kid = decode_header(token).map_err(shown)?.kid.unwrap_or_default();
    let key = match &*kid {
        KID_A => &A,
        KID_B => &B,
        _ => return Err("an unknown key".to_owned()),
    };
    let key = DecodingKey::from_rsa_der(key.public().as_ref());
    let claims = decode::<Claims>(token, &key, validation).map_err(shown)?.claims;
    let now = NOW as f64;
    let moment = Timestamp::from_unix_seconds(NOW.try_into().expect("a small number"));
    let dates = [claims.exp, claims.nbf, claims.iat];
    if dates.iter().any(|date| !(0.0..LATEST).contains(date)) {
        return Err("a date out of range".to_owned());
    }
    let session_has_ended = claims.session.expires_at.is_some_and(|at| at <= moment);
    if claims.exp <= now || claims.nbf > now || session_has_ended {
        return Err("a matter of time".to_owned());
    }
    Ok(())
}
