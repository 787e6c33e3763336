//! Session JWTs: made, read back, and their key set.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{self, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use super::json::factors_json;
use super::reply::{Object, Refusal, object};
use super::time::rfc3339;
use super::world::{SessionRecord, World};

/// A TEST key, published with this crate on purpose. Whoever trusts it trusts everyone.
const TEST_KEY: &str = include_str!("test_key.pem");

const KEY_ID: &str = "jwk-test-da362b18-92a2-47d3-bedc-c8aab712fb62";

/// The life of a session JWT: five minutes, in seconds.
const LIFE: i64 = 300;

/// The third part of a JWT when signatures are constant: 256 bytes, as RS256 has them.
static CONSTANT_SIGNATURE: LazyLock<String> = LazyLock::new(|| URL_SAFE_NO_PAD.encode([0x5a; 256]));

static HEADER: LazyLock<String> = LazyLock::new(|| {
    URL_SAFE_NO_PAD.encode(json!({ "alg": "RS256", "kid": KEY_ID, "typ": "JWT" }).to_string())
});

static KEY: LazyLock<KeyPair> = LazyLock::new(|| {
    let base64: String = TEST_KEY.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(base64).expect("the embedded test key is PEM");
    signature::RsaKeyPair::from_pkcs8(&der).expect("the embedded test key is a PKCS#8 RSA key")
});

/// Claims that belong to JWT and not to the user.
pub(crate) const RESERVED_CLAIMS: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

pub(crate) const SESSION_CLAIM: &str = "https://stytch.com/session";
pub(crate) const ORGANIZATION_CLAIM: &str = "https://stytch.com/organization";

impl World {
    /// A fresh JWT for a session.
    pub(crate) fn mint(&self, session: &SessionRecord, now: i64) -> String {
        let claims = Value::Object(self.claims(session, now));
        let signed = format!("{}.{}", *HEADER, URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = if self.options.constant_signature {
            CONSTANT_SIGNATURE.clone()
        } else {
            sign(&signed)
        };
        format!("{signed}.{signature}")
    }

    fn claims(&self, session: &SessionRecord, now: i64) -> Object {
        let member = self.member(session.member);
        let organization = self.organization_of(session.member);
        let mut claims = session.claims.clone();
        claims.extend(object(json!({
            "iss": format!("stytch.com/{}", self.project.id),
            "aud": [self.project.id],
            "sub": member.id,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(LIFE),
            SESSION_CLAIM: {
                "id": session.id,
                "started_at": rfc3339(session.started_at),
                "last_accessed_at": rfc3339(session.last_accessed_at),
                "expires_at": rfc3339(session.expires_at),
                "attributes": { "ip_address": "", "user_agent": "" },
                "authentication_factors": factors_json(&session.factors),
                "roles": member.role_names(),
            },
            ORGANIZATION_CLAIM: { "organization_id": organization.id, "slug": organization.slug },
        })));
        claims
    }

    /// The id of the session that a JWT of this project speaks of; the JWT may have expired.
    pub(crate) fn session_id_of_jwt(&self, jwt: &str) -> Result<String, Refusal> {
        let refused = || Refusal::new("unable_to_parse_session_jwt");
        let (signed, signature) = jwt.rsplit_once('.').ok_or_else(refused)?;
        let (header, payload) = signed.split_once('.').ok_or_else(refused)?;
        let header = decode(header).ok_or_else(refused)?;
        let claims = decode(payload).ok_or_else(refused)?;
        let genuine = header["alg"] == "RS256"
            && header["kid"] == KEY_ID
            && if self.options.constant_signature {
                signature == *CONSTANT_SIGNATURE
            } else {
                is_signed(signed, signature)
            };
        if !genuine {
            return Err(refused());
        }
        if claims["aud"] != json!([self.project.id]) {
            return Err(Refusal::new("jwt_invalid_audience"));
        }
        claims[SESSION_CLAIM]["id"].as_str().map(str::to_owned).ok_or_else(refused)
    }
}

/// The public half of the key, as a JWK.
pub(crate) fn key_set() -> Vec<Value> {
    let components = PublicKeyComponents::<Vec<u8>>::from(KEY.public());
    vec![json!({
        "kty": "RSA",
        "use": "sig",
        "key_ops": ["verify"],
        "alg": "RS256",
        "kid": KEY_ID,
        "x5c": [],
        "x5tS256": "",
        "n": URL_SAFE_NO_PAD.encode(components.n),
        "e": URL_SAFE_NO_PAD.encode(components.e),
    })]
}

fn sign(text: &str) -> String {
    let mut signature = vec![0; KEY.public().modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .expect("signing with a 2048-bit key into a buffer of its length");
    URL_SAFE_NO_PAD.encode(signature)
}

fn is_signed(text: &str, signature: &str) -> bool {
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, KEY.public().as_ref())
        .verify(text.as_bytes(), &signature)
        .is_ok()
}

fn decode(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
