//! Tokens, made and signed by hand.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair};
use stytch_session::jwt::{JwtRules, KeySet, RsaProvider};
use stytch_session::{GetJwks, JsonWebKeySet, Project, ProjectId, ProjectSecret};

/// 2030-06-01T12:00:00Z
pub(crate) const NOW: u64 = 1_906_545_600;
pub(crate) const PROJECT: &str = "project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d";
pub(crate) const ISSUER: &str = "stytch.com/project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d";
pub(crate) const KID_A: &str = "jwk-test-da362b18-92a2-47d3-bedc-c8aab712fb62";
pub(crate) const KID_B: &str = "jwk-test-88faba41-c52c-4881-9628-afd2bb61d22c";
pub(crate) const SESSION: &str = "https://stytch.com/session";
pub(crate) const ORGANIZATION: &str = "https://stytch.com/organization";

pub(crate) const PEM_A: &str = include_str!("fixtures/test_key_a.pem");

pub(crate) fn now() -> SystemTime {
    after(0)
}

/// So many seconds after [`NOW`].
pub(crate) fn after(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + seconds)
}

pub(crate) static A: LazyLock<RsaKeyPair> = LazyLock::new(|| key_pair(PEM_A));
/// Of the project too.
pub(crate) static B: LazyLock<RsaKeyPair> =
    LazyLock::new(|| key_pair(include_str!("fixtures/test_key_b.pem")));
/// A stranger's.
pub(crate) static X: LazyLock<RsaKeyPair> =
    LazyLock::new(|| key_pair(include_str!("fixtures/test_key_x.pem")));
/// A stranger's, of 3072 bits.
pub(crate) static LARGE: LazyLock<RsaKeyPair> =
    LazyLock::new(|| key_pair(include_str!("fixtures/test_key_large.pem")));

fn key_pair(pem: &str) -> RsaKeyPair {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap()
}

/// A JSON object as a list of names and raw values, so that it may be wrong in any way.
#[derive(Clone, Debug)]
pub(crate) struct Object(Vec<(String, String)>);

impl Object {
    pub(crate) fn new(members: &[(&str, &str)]) -> Self {
        let own = |(name, raw): &(&str, &str)| ((*name).to_owned(), (*raw).to_owned());
        Self(members.iter().map(own).collect())
    }

    /// With another value for this name, or one more.
    pub(crate) fn with(self, name: &str, raw: impl Into<String>) -> Self {
        self.without(name).and(name, raw)
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(there, _)| there != name);
        self
    }

    /// With one more member, even if the name is there already.
    pub(crate) fn and(mut self, name: &str, raw: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), raw.into()));
        self
    }

    pub(crate) fn members(&mut self) -> &mut Vec<(String, String)> {
        &mut self.0
    }

    pub(crate) fn text(&self) -> String {
        let members = self.0.iter().map(|(name, raw)| format!("\"{name}\":{raw}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(crate) fn header() -> Object {
    Object::new(&[("alg", "\"RS256\""), ("kid", &quoted(KID_A)), ("typ", "\"JWT\"")])
}

/// Claims that hold at [`NOW`]: issued a minute before, good for four more.
pub(crate) fn claims() -> Object {
    Object::new(&[
        ("aud", &format!("[\"{PROJECT}\"]")),
        ("exp", &(NOW + 240).to_string()),
        ("iat", &(NOW - 60).to_string()),
        ("iss", &quoted(ISSUER)),
        ("nbf", &(NOW - 60).to_string()),
        ("sub", "\"member-test-88111f89-c498-4016-ab62-8378d12f7672\""),
        (SESSION, &session().text()),
        (ORGANIZATION, &organization().text()),
    ])
}

pub(crate) fn session() -> Object {
    Object::new(&[
        ("id", "\"session-test-17d36326-035b-44c7-a187-7d48b453bf51\""),
        ("started_at", "\"2030-06-01T11:00:00Z\""),
        ("last_accessed_at", "\"2030-06-01T11:59:00Z\""),
        ("expires_at", "\"2030-06-01T13:00:00Z\""),
        ("attributes", r#"{"ip_address":"","user_agent":""}"#),
        (
            "authentication_factors",
            r#"[{"type":"magic_link","delivery_method":"email","email_factor":{
                "email_id":"email-test-1","email_address":"ada.reyes@example.com"}}]"#,
        ),
        ("roles", r#"["stytch_member","stytch_admin"]"#),
    ])
}

pub(crate) fn organization() -> Object {
    Object::new(&[
        ("organization_id", "\"organization-test-42b0191d-0359-4162-ba28-b98a369de045\""),
        ("slug", "\"harbor-lights\""),
    ])
}

/// A token with this header and these claims, signed by key A.
pub(crate) fn token(header: &Object, claims: &Object) -> String {
    signed(header.text(), claims.text(), &A)
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn signed(
    header: impl AsRef<[u8]>,
    payload: impl AsRef<[u8]>,
    key: &RsaKeyPair,
) -> String {
    finish(&format!("{}.{}", encoded(header), encoded(payload)), key)
}

/// Appends the signature of what is before it.
pub(crate) fn finish(message: &str, key: &RsaKeyPair) -> String {
    let signature = encoded(signature(message, key, &RSA_PKCS1_SHA256));
    format!("{message}.{signature}")
}

pub(crate) fn signature(
    message: &str,
    key: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
) -> Vec<u8> {
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

pub(crate) fn project() -> Project<stytch_session::Backend> {
    Project::backend(
        ProjectId::new(PROJECT).unwrap(),
        ProjectSecret::new("secret-test-made-up").unwrap(),
    )
}

pub(crate) fn rules() -> JwtRules {
    JwtRules::new(&project())
}

pub(crate) fn web_keys(json: impl Into<Vec<u8>>) -> JsonWebKeySet {
    project().decode(&GetJwks::new(), &http::Response::new(json.into())).unwrap()
}

/// Keys A and B.
pub(crate) fn key_set(provider: &dyn RsaProvider) -> KeySet {
    KeySet::new(&web_keys(include_str!("fixtures/jwks_rotated.json")), provider)
}
