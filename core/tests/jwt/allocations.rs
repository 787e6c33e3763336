//! What verifying costs in memory, beside the session itself and the arithmetic of RSA.

use allocation_counter::measure;
use stytch_session::jwt::{RingProvider, RsaProvider as _};

use super::forge::{A, claims, encoded, header, key_set, now, rules, signature, token};

#[test]
fn five_allocations_beside_the_session() {
    let rules = rules();
    let keys = key_set(&RingProvider::default());
    let token = token(&header(), &claims());
    let mut verified = None;
    let ours = measure(|| verified = Some(rules.verify(&token, &keys, now()))).count_total;
    let verified = verified.unwrap().unwrap();

    let mut copy = None;
    let session = measure(|| copy = Some(verified.member_session().clone())).count_total;

    let numbers = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(A.public());
    let key = RingProvider::default().parse(&numbers.n, &numbers.e).unwrap();
    let (message, _) = token.rsplit_once('.').unwrap();
    let signature = signature(message, &A, &ring::signature::RSA_PKCS1_SHA256);
    assert_eq!(encoded(&signature), token.rsplit_once('.').unwrap().1);
    let rsa = measure(|| assert!(key.verify(message.as_bytes(), &signature))).count_total;

    let rest = ours - session - rsa;
    assert!(rest <= 5, "{rest}: {ours} in all, {session} for the session, {rsa} for RSA");
}

/// A token is refused before anything is done for it, if it is too large, and otherwise with one
/// buffer.
#[test]
fn refusals_are_cheap() {
    let rules = rules();
    let keys = key_set(&RingProvider::default());
    for (token, most) in [
        (".".repeat(1 << 20), 0),
        ("A".repeat(1000), 0),
        (token(&header().with("alg", "\"none\""), &claims()), 1),
        (token(&header().with("kid", "\"nobody\""), &claims()), 1),
    ] {
        let used = measure(|| assert!(rules.verify(&token, &keys, now()).is_err())).count_total;
        assert!(used <= most, "{used}");
    }
}
