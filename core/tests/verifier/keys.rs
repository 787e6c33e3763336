//! The keys: fetched once, seldom, and in nobody's way.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use stytch_session::jwt::{JwtErrorKind, JwtRules, JwtVerifier};
use stytch_session::{JsonWebKeySet, ProjectId, Runtime, SessionJwt, Task};

use crate::world::{DAY, JWKS, MINUTE, SECOND, World, fixture, fixture_keys};

#[test]
fn two_hundred_cold_verifications_are_one_fetch() {
    let world = World::new();
    let verifier = world.verifier();
    let jwt = world.jwt();
    world.net.stall(JWKS);
    let ended = Arc::new(Mutex::new(0));
    for _ in 0..200 {
        let (verifier, jwt, ended) = (verifier.clone(), jwt.clone(), Arc::clone(&ended));
        world.runtime.spawn(Box::pin(async move {
            verifier.verify(&jwt).await.expect("it is valid");
            *ended.lock().unwrap() += 1;
        }));
    }
    world.runtime.run();
    assert_eq!(*ended.lock().unwrap(), 0);
    world.net.mend();
    world.runtime.run();
    assert_eq!(*ended.lock().unwrap(), 200);
    assert_eq!(world.net.count(JWKS), 1);
}

#[test]
fn ten_thousand_unknown_key_ids_are_two_fetches_in_30_seconds() {
    let world = World::new();
    world.net.publish(fixture_keys("jwks"));
    let verifier = world.verifier();
    let unknown = fixture("unknown_kid");
    let valid = fixture("valid");
    for number in 0..10_000 {
        let error = world.run(verifier.verify(&unknown)).unwrap_err();
        assert_eq!(error.kind(), JwtErrorKind::UnknownKey);
        if number % 1000 == 0 {
            world.run(verifier.verify(&valid)).expect("others are not disturbed");
        }
        // Nearly 30 seconds in all.
        world.runtime.advance(Duration::from_micros(2_990));
    }
    assert_eq!(world.net.count(JWKS), 2);
    world.runtime.advance(SECOND);
    let _ = world.run(verifier.verify(&unknown));
    assert_eq!(world.net.count(JWKS), 3);
}

#[test]
fn what_is_no_token_fetches_nothing() {
    let world = World::new();
    let verifier = world.verifier();
    for name in ["two_segments", "not_base64", "no_kid", "alg_none", "typ_at_jwt"] {
        assert!(world.at_once(verifier.verify(&fixture(name))).unwrap().is_err(), "{name}");
    }
    assert_eq!(world.net.count(JWKS), 0);
}

#[test]
fn cached_keys_serve_through_an_outage_of_a_day() {
    let world = World::new();
    world.net.publish(fixture_keys("jwks"));
    let verifier = world.verifier();
    let valid = fixture("valid");
    world.run(verifier.preload()).unwrap();
    world.net.cut(JWKS);
    world.runtime.advance(10 * MINUTE);
    world.net.forget();
    for _ in 0..100 {
        world.at_once(verifier.verify(&valid)).expect("nobody waits").expect("it is valid");
        world.runtime.run();
    }
    assert!((1..=3).contains(&world.net.count(JWKS)), "{}", world.net.count(JWKS));
    assert!(verifier.keys_error().is_some());
    world.runtime.advance(DAY - 11 * MINUTE);
    world.at_once(verifier.verify(&valid)).expect("nobody waits").expect("it is valid");

    world.runtime.advance(MINUTE);
    world.net.forget();
    for _ in 0..100 {
        let error = world.run(verifier.verify(&valid)).unwrap_err();
        assert_eq!(error.kind(), JwtErrorKind::KeysUnavailable);
    }
    assert!(world.net.count(JWKS) <= 3, "{}", world.net.count(JWKS));

    world.net.mend();
    world.runtime.advance(30 * SECOND);
    world.run(verifier.verify(&valid)).expect("it is valid again");
    assert!(verifier.keys_error().is_none());
}

#[test]
fn the_limit_of_stale_keys_can_be_set() {
    let world = World::new();
    let verifier = world.start(JwtVerifier::builder(world.client()).serve_stale_for(MINUTE));
    world.run(verifier.preload()).unwrap();
    world.net.cut(JWKS);
    let valid = fixture("valid");
    world.runtime.advance(6 * MINUTE - SECOND);
    world.run(verifier.verify(&valid)).unwrap();
    world.runtime.advance(SECOND);
    let error = world.run(verifier.verify(&valid)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::KeysUnavailable);
}

#[test]
fn other_rules_can_be_gone_by() {
    let world = World::new();
    let jwt = world.jwt();
    let id = ProjectId::new(world.stytch.project_id()).unwrap();
    let old = JwtRules::for_project_id(id).max_age(Duration::ZERO);
    let verifier = world.start(JwtVerifier::builder(world.client()).rules(old));
    let error = world.run(verifier.verify(&jwt)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::TooOld);
    let other = ProjectId::new("project-test-00000000-0000-4000-8000-000000000000").unwrap();
    let other = JwtRules::for_project_id(other);
    let verifier = world.start(JwtVerifier::builder(world.client()).rules(other));
    assert!(!world.run(verifier.verify(&jwt)).unwrap_err().is_genuine());
}

#[test]
fn a_stalled_fetch_delays_nobody_whose_key_is_there() {
    let world = World::new();
    world.net.publish(fixture_keys("jwks"));
    let verifier = world.verifier();
    let (valid, unknown) = (fixture("valid"), fixture("unknown_kid"));
    world.run(verifier.preload()).unwrap();
    world.net.stall(JWKS);
    // They are old, and a fetch begins.
    world.runtime.advance(6 * MINUTE);
    for _ in 0..3 {
        world.at_once(verifier.verify(&valid)).expect("nobody waits").expect("it is valid");
    }
    world.runtime.run();
    assert_eq!(world.net.count(JWKS), 2);
    // Who needs that fetch waits for it, and not for ever.
    assert!(world.at_once(verifier.verify(&unknown)).is_none());
    world.at_once(verifier.verify(&valid)).expect("nobody waits").expect("it is valid");
    let error = world.run(verifier.verify(&unknown)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::UnknownKey);
}

#[test]
fn a_stalled_first_fetch_is_given_up() {
    let world = World::new();
    let verifier = world.verifier();
    let jwt = world.jwt();
    world.net.stall(JWKS);
    let start = world.runtime.now();
    let error = world.run(verifier.verify(&jwt)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::KeysUnavailable);
    assert_eq!(world.runtime.now() - start, 10 * SECOND);
    world.net.mend();
    // The second slot is free.
    world.run(verifier.verify(&jwt)).expect("it is valid");
}

#[test]
fn a_rotated_key_is_accepted_at_once_or_within_30_seconds() {
    let world = World::new();
    world.net.publish(fixture_keys("jwks"));
    let verifier = world.verifier();
    let (old, new) = (fixture("valid"), fixture("valid_key_b"));
    world.run(verifier.verify(&old)).unwrap();
    world.net.publish(fixture_keys("jwks_rotated"));
    world.run(verifier.verify(&new)).expect("a slot is free");
    world.run(verifier.verify(&old)).expect("both hold");
    assert_eq!(world.net.count(JWKS), 2);

    let world = World::new();
    world.net.publish(fixture_keys("jwks"));
    let verifier = world.verifier();
    world.run(verifier.verify(&old)).unwrap();
    let unknown = fixture("unknown_kid");
    world.run(verifier.verify(&unknown)).unwrap_err();
    world.net.publish(fixture_keys("jwks_rotated"));
    let error = world.at_once(verifier.verify(&new)).expect("no slot is free").unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::UnknownKey);
    world.runtime.advance(30 * SECOND);
    world.run(verifier.verify(&new)).expect("a slot is free");
}

#[test]
fn a_key_that_was_withdrawn_is_refused_within_minutes() {
    for remembered in [0, 100] {
        let world = World::new();
        world.net.publish(fixture_keys("jwks_rotated"));
        let mut builder = JwtVerifier::builder(world.client());
        if let Some(tokens) = std::num::NonZeroUsize::new(remembered) {
            builder = builder.remember(tokens);
        }
        let verifier = world.start(builder);
        let jwt = fixture("valid_key_b");
        world.run(verifier.verify(&jwt)).unwrap();
        world.net.publish(fixture_keys("jwks"));
        world.runtime.advance(5 * MINUTE);
        world.run(verifier.verify(&jwt)).expect("the old keys serve while new ones are fetched");
        world.runtime.run();
        let error = world.run(verifier.verify(&jwt)).unwrap_err();
        assert_eq!(error.kind(), JwtErrorKind::UnknownKey);
    }
}

#[test]
fn one_odd_key_does_not_disable_the_others() {
    let world = World::new();
    let mut keys: serde_json::Value = serde_json::from_str(&fixture_keys("jwks")).unwrap();
    let list = keys["keys"].as_array_mut().unwrap();
    for odd in [
        serde_json::json!({}),
        serde_json::json!(null),
        serde_json::json!("key"),
        serde_json::json!({ "kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA" }),
        serde_json::json!({ "kty": "RSA", "kid": "bad", "alg": "RS256", "n": "!", "e": "AQAB" }),
        serde_json::json!({ "kty": "RSA", "kid": 7, "alg": "RS256", "n": [], "e": {} }),
    ] {
        list.insert(0, odd);
    }
    world.net.publish(keys.to_string());
    let verifier = world.verifier();
    world.run(verifier.verify(&fixture("valid"))).expect("its key is there");
}

#[test]
fn an_answer_without_keys_is_none() {
    let world = World::new();
    world.net.publish(fixture_keys("jwks_empty"));
    let verifier = world.verifier();
    let valid = fixture("valid");
    let error = world.run(verifier.verify(&valid)).unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::KeysUnavailable);
    world.net.publish(fixture_keys("jwks"));
    world.runtime.advance(30 * SECOND);
    world.run(verifier.verify(&valid)).expect("its key is there now");
    // Good ones are not thrown away for it.
    world.net.publish(fixture_keys("jwks_empty"));
    world.runtime.advance(6 * MINUTE);
    for _ in 0..2 {
        world.run(verifier.verify(&valid)).expect("the old keys serve");
        world.runtime.run();
    }
    assert!(world.net.count(JWKS) > 2, "they were asked for");
}

#[test]
fn keys_that_are_given_are_never_fetched() {
    let world = World::new();
    let keys: JsonWebKeySet =
        world.run(world.client().call(&stytch_session::GetJwks::new())).unwrap();
    world.net.forget();
    let verifier = world.start(JwtVerifier::builder(world.client()).keys(keys));
    let jwt = world.jwt();
    world.run(verifier.preload()).unwrap();
    world.at_once(verifier.verify(&jwt)).expect("nobody waits").expect("it is valid");
    world.runtime.advance(2 * DAY);
    let error = world.at_once(verifier.verify(&fixture("unknown_kid"))).unwrap().unwrap_err();
    assert_eq!(error.kind(), JwtErrorKind::UnknownKey);
    assert_eq!(world.net.count(JWKS), 0);
}

#[test]
fn whoever_gives_up_takes_the_fetch_from_nobody() {
    let world = World::new();
    let verifier = world.verifier();
    let jwt = world.jwt();
    world.net.stall(JWKS);
    {
        let mut given_up = Box::pin(verifier.verify(&jwt));
        assert!(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let mut other = pin!(verifier.verify(&jwt));
    assert!(world.runtime.try_run(other.as_mut()).is_none());
    world.net.mend();
    assert!(world.runtime.try_run(other.as_mut()).expect("it has ended").is_ok());
    assert_eq!(world.net.count(JWKS), 1);
}

/// A runtime that is shut down: it drops each task.
struct Gone;

impl Runtime for Gone {
    fn spawn(&self, task: Task) {
        drop(task);
    }

    fn sleep(&self, _: Duration) -> Task {
        Box::pin(std::future::pending())
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1)
    }
}

/// A runtime that runs each task at once, within `spawn`.
struct Inline;

impl Runtime for Inline {
    fn spawn(&self, mut task: Task) {
        let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_ready(), "nothing waits here");
    }

    fn sleep(&self, _: Duration) -> Task {
        Box::pin(std::future::pending())
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1)
    }
}

fn at_once(verifier: &JwtVerifier, jwt: &SessionJwt) -> Option<JwtErrorKind> {
    let future = pin!(verifier.verify(jwt));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.err().map(|error| error.kind()),
        Poll::Pending => panic!("it waits for ever"),
    }
}

#[test]
fn no_runtime_is_too_odd() {
    let world = World::new();
    let jwt = world.jwt();
    let verifier = JwtVerifier::builder(world.client()).start(Gone);
    assert_eq!(at_once(&verifier, &jwt), Some(JwtErrorKind::KeysUnavailable));
    let verifier = JwtVerifier::builder(world.client()).start(Inline);
    assert_eq!(at_once(&verifier, &jwt), None);
}
