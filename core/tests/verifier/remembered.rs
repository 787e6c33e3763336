//! Tokens that were verified before.

use std::num::NonZeroUsize;
use std::sync::Arc;

use stytch_session::SessionJwt;
use stytch_session::jwt::{JwtErrorKind, JwtVerifier};

use crate::world::{MINUTE, SECOND, World, fixture};

fn remembering(world: &World, tokens: usize) -> JwtVerifier {
    let tokens = NonZeroUsize::new(tokens).unwrap();
    world.start(JwtVerifier::builder(world.client()).remember(tokens))
}

#[test]
fn the_same_bytes_are_verified_once() {
    let world = World::new();
    let jwt = world.jwt();
    let (forgetful, verifier) = (world.verifier(), remembering(&world, 100));
    let twice = |verifier: &JwtVerifier| {
        let one = world.run(verifier.verify(&jwt)).unwrap();
        let other = world.run(verifier.verify(&jwt.clone())).unwrap();
        assert_eq!(one, other);
        Arc::ptr_eq(&one, &other)
    };
    assert!(!twice(&forgetful));
    assert!(twice(&verifier));
    // The end of its signature is what it is found by, and not what is believed.
    let (signed, signature) = jwt.secret().rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let forged = SessionJwt::new(format!("{header}.e30.{signature}")).unwrap();
    let error = world.run(verifier.verify(&forged)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::Signature);
    assert!(twice(&verifier));
}

#[test]
fn a_remembered_token_ends_at_its_time() {
    let world = World::new();
    let jwt = world.jwt();
    let verifier = remembering(&world, 100);
    world.run(verifier.verify(&jwt)).unwrap();
    world.runtime.advance(5 * MINUTE - SECOND);
    world.run(verifier.verify(&jwt)).unwrap();
    world.runtime.advance(SECOND);
    let error = world.run(verifier.verify(&jwt)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::Expired);

    let tokens = NonZeroUsize::new(100).unwrap();
    let strict = JwtVerifier::builder(world.client()).remember(tokens).max_age(MINUTE);
    let strict = world.start(strict);
    let jwt = world.jwt();
    world.run(strict.verify(&jwt)).unwrap();
    world.runtime.advance(MINUTE);
    let error = world.run(strict.verify(&jwt)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::TooOld);
}

#[test]
fn no_more_are_remembered_than_was_said() {
    let world = World::new();
    let verifier = remembering(&world, 64);
    let jwts: Vec<_> = (0..400).map(|_| world.jwt()).collect();
    let first: Vec<_> =
        jwts.iter().map(|jwt| Arc::downgrade(&world.run(verifier.verify(jwt)).unwrap())).collect();
    let kept = first.iter().filter(|token| token.strong_count() > 0).count();
    assert!((1..=64).contains(&kept), "{kept}");
}

#[test]
fn what_is_refused_is_not_remembered() {
    let world = World::new();
    let verifier = remembering(&world, 100);
    for _ in 0..2 {
        let error = world.run(verifier.verify(&fixture("expired"))).unwrap_err();
        assert!(error.is_genuine() || error.kind() == JwtErrorKind::UnknownKey, "{error}");
    }
}
