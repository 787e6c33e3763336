//! Which keys of a set are used.

use std::sync::LazyLock;

use ring::rsa::PublicKeyComponents;
use serde_json::{Value, json};
use stytch_session::jwt::{KeySet, RingProvider, RsaKey, RsaProvider};

use super::forge::{
    A, B, KID_A, claims, encoded, header, now, quoted, rules, signed, token, web_keys,
};

static N: LazyLock<Vec<u8>> = LazyLock::new(|| PublicKeyComponents::<Vec<u8>>::from(A.public()).n);

fn key() -> Value {
    json!({
        "kty": "RSA", "use": "sig", "key_ops": ["verify"], "alg": "RS256", "kid": "a",
        "x5c": [], "x5tS256": "", "n": encoded(&*N), "e": "AQAB",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut key = key();
    key[name] = value;
    key
}

fn set(keys: &[Value]) -> KeySet {
    set_by(keys, &RingProvider::default())
}

fn set_by(keys: &[Value], provider: &dyn RsaProvider) -> KeySet {
    KeySet::new(&web_keys(json!({ "keys": keys }).to_string()), provider)
}

/// A modulus of so many bits: ones.
fn modulus(bits: usize) -> Value {
    let mut bytes = vec![0xff; bits.div_ceil(8)];
    bytes[0] >>= (8 - bits % 8) % 8;
    json!(encoded(bytes))
}

#[test]
fn odd_keys_are_left_out() {
    let even: Vec<u8> = N.iter().copied().take(255).chain([0]).collect();
    for (name, value) in [
        ("kty", json!("EC")),
        ("kty", json!("rsa")),
        ("kty", json!("oct")),
        ("kty", json!("")),
        ("kty", Value::Null),
        ("use", json!("enc")),
        ("use", json!("SIG")),
        ("alg", json!("RS384")),
        ("alg", json!("PS256")),
        ("alg", json!("HS256")),
        ("alg", json!("none")),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!(["encrypt", "wrapKey"])),
        ("kid", json!("")),
        ("kid", Value::Null),
        ("n", json!("")),
        ("n", Value::Null),
        ("n", json!("AQAB")),
        ("n", json!(encoded(even))),
        ("n", json!(encoded(&*N) + "==")),
        ("n", json!(encoded(&*N) + "\n")),
        ("n", json!(encoded(&*N).replace('_', "/"))),
        ("n", json!("A".repeat(342))),
        ("n", json!("A".repeat(1_000_000))),
        ("n", modulus(1024)),
        ("n", modulus(2047)),
        ("n", modulus(8193)),
        ("n", modulus(16_384)),
        ("e", json!("")),
        ("e", Value::Null),
        ("e", json!("AA")),           // 0
        ("e", json!("AQ")),           // 1
        ("e", json!("Ag")),           // 2
        ("e", json!("AQAA")),         // 65536
        ("e", json!("AQAAAAE")),      // 2^32 + 1
        ("e", json!("____________")), // 2^72 - 1
        ("e", json!(encoded(&*N))),
        ("e", json!("AQAB=")),
        ("e", json!("AQA/")),
        ("e", json!("AR")), // bits left over
    ] {
        let odd = with(name, value);
        let keys = set(&[odd.clone(), with("kid", json!("good"))]);
        assert!(keys.contains("good"), "{odd}");
        assert_eq!(keys.len(), 1, "{odd}");
    }
}

#[test]
fn what_a_key_may_lack() {
    for name in ["use", "alg", "key_ops", "x5c", "x5tS256"] {
        let mut key = key();
        key.as_object_mut().unwrap().remove(name);
        assert!(set(&[key]).contains("a"), "{name}");
    }
    for (name, value) in [
        ("key_ops", json!([])),
        ("key_ops", json!(["sign", "verify"])),
        ("x5c", json!(["not a certificate"])),
        ("n", modulus(2048)),
        ("n", modulus(2049)),
        ("n", modulus(4096)),
        ("n", modulus(8192)),
        ("e", json!("Aw")),     // 3
        ("e", json!("_____w")), // 2^32 - 1
        ("e", json!("AAEAAQ")), // a zero before it
    ] {
        let key = with(name, value);
        assert!(set(std::slice::from_ref(&key)).contains("a"), "{key}");
    }
}

/// Zeros before the modulus change nothing.
#[test]
fn zeros_are_dropped() {
    let keys = set(&[with("n", json!(encoded([&[0, 0], &N[..]].concat())))]);
    let token = token(&header().with("kid", "\"a\""), &claims());
    assert!(rules().verify(&token, &keys, now()).is_ok());
}

#[test]
fn two_keys_of_one_name() {
    let other = json!(encoded(PublicKeyComponents::<Vec<u8>>::from(B.public()).n));
    let keys = set(&[key(), with("n", other.clone()), with("kid", json!("good"))]);
    assert!(!keys.contains("a") && keys.contains("good"), "nobody knows which is meant");
    let keys = set(&[key(), with("n", other.clone()), key()]);
    assert!(keys.is_empty(), "nor the third time");
    assert_eq!(set(&[key(), key()]).len(), 1, "the same key");
    let keys = set(&[with("kty", json!("EC")), key(), with("use", json!("enc"))]);
    let token = token(&header().with("kid", "\"a\""), &claims());
    assert!(rules().verify(&token, &keys, now()).is_ok(), "only one is of use");
    let keys = set(&[key(), with("n", other)]);
    assert!(rules().verify(&token, &keys, now()).is_err());
}

#[test]
fn an_empty_set_verifies_nothing() {
    assert!(KeySet::empty().is_empty());
    assert_eq!(KeySet::default().len(), 0);
    let empty = KeySet::new(&web_keys(r#"{"keys":[]}"#), &RingProvider::default());
    assert!(rules().verify(&token(&header(), &claims()), &empty, now()).is_err());
}

#[test]
fn debug_shows_ids_only() {
    let keys = set(&[key(), with("kid", json!("b"))]);
    assert_eq!(format!("{keys:?}"), r#"KeySet {"a", "b"}"#);
}

/// Small exponents, and large keys, as far as each library says that it takes them.
#[test]
fn a_library_may_refuse_a_key() {
    #[derive(Debug)]
    struct Refuses;

    impl RsaProvider for Refuses {
        fn parse(&self, modulus: &[u8], exponent: &[u8]) -> Option<Box<dyn RsaKey>> {
            assert!(modulus[0] != 0 && exponent == [1, 0, 1]);
            None
        }
    }

    assert!(set_by(&[key()], &Refuses).is_empty());
}

/// The key is found by the token's word alone, whatever else the set holds.
#[test]
fn a_stale_set_does_not_know_a_new_key() {
    let keys = KeySet::new(&web_keys(include_str!("fixtures/jwks.json")), &RingProvider::default());
    assert!(keys.contains(KID_A));
    let by_b = signed(header().with("kid", quoted("new")).text(), claims().text(), &B);
    assert_eq!(rules().key_id(&by_b).as_deref(), Ok("new"));
    let error = rules().verify(&by_b, &keys, now()).unwrap_err();
    assert_eq!(error.kind(), stytch_session::jwt::JwtErrorKind::UnknownKey);
}
