//! A session JWT verified with a key that is at hand, against the bare RSA verification of the same
//! library.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]

mod ratio;

#[path = "../tests/jwt/forge.rs"]
#[allow(dead_code, reason = "the tests forge more")]
mod forge;

use std::future::Future as _;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use stytch_session::jwt::{JwtRules, JwtVerifier, KeySet, RingProvider, RsaProvider};
use stytch_session::{Client, Runtime, SessionJwt, Task};
use stytch_session_mock::MockTransport;

use crate::ratio::{Way, compare};

fn main() {
    let mut criterion = ratio::criterion();
    let mut lines = Vec::new();
    lines.extend(library(&mut criterion, "ring", &RingProvider::default()));
    #[cfg(feature = "aws-lc-rs")]
    lines.extend(library(
        &mut criterion,
        "aws-lc-rs",
        &stytch_session::jwt::AwsLcProvider::default(),
    ));
    lines.push(remembered(&mut criterion));
    criterion.final_summary();
    println!();
    for line in lines {
        println!("{line}");
    }
}

fn library(
    criterion: &mut criterion::Criterion,
    name: &str,
    provider: &dyn RsaProvider,
) -> [String; 3] {
    let (rules, keys) = (forge::rules(), forge::key_set(provider));
    let token = forge::token(&forge::header(), &forge::claims());
    let (message, _) = token.rsplit_once('.').expect("three parts");
    let signature = forge::signature(message, &forge::A, &ring::signature::RSA_PKCS1_SHA256);
    let numbers = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(forge::A.public());
    let key = provider.parse(&numbers.n, &numbers.e).expect("a key of 2048 bits");
    let now = forge::now();

    let ours = Way {
        name: "verified",
        prepare: || &*token,
        run: |token: &str| rules.verify(token, &keys, now).expect("a good token"),
    };
    let bare = Way {
        name: "bare RSA",
        prepare: || message.as_bytes(),
        run: |message: &[u8]| assert!(key.verify(message, &signature)),
    };
    let ratio = compare(criterion, &format!("session JWT, {name}"), &ours, &bare);

    let held = rules.verify(&token, &keys, now).expect("a good token");
    let mut copy = None;
    let session =
        allocation_counter::measure(|| copy = Some(held.member_session().clone())).count_total;
    let session = format!("session JWT, {name}: {session} of the allocations are the session's");
    [ratio, session, scaling(name, &rules, &keys, &token)]
}

/// How much more two threads do than one.
fn scaling(name: &str, rules: &JwtRules, keys: &KeySet, token: &str) -> String {
    let is_real = std::env::args().any(|argument| argument == "--bench");
    let (rounds, times) = if is_real { (21, 2000) } else { (1, 1) };
    let now = forge::now();
    let work = || {
        for _ in 0..times {
            black_box(rules.verify(black_box(token), keys, now)).expect("a good token");
        }
    };
    let timed = |threads: usize| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        start.elapsed().as_secs_f64()
    };
    let mut gains: Vec<f64> = (0..rounds).map(|_| 2.0 * timed(1) / timed(2)).collect();
    gains.sort_by(f64::total_cmp);
    format!("session JWT, {name}: two threads do {:.2}x of what one does", gains[rounds / 2])
}

/// A token that was verified before, and is remembered, against one that is not.
fn remembered(criterion: &mut criterion::Criterion) -> String {
    let keys = || forge::web_keys(include_str!("../tests/jwt/fixtures/jwks_rotated.json"));
    let start = |tokens: Option<NonZeroUsize>| {
        let client = Client::builder(forge::project(), MockTransport::new()).clock(forge::now);
        let builder = JwtVerifier::builder(client.build()).keys(keys());
        match tokens {
            Some(tokens) => builder.remember(tokens).start(Idle),
            None => builder.start(Idle),
        }
    };
    let (remembering, forgetful) = (start(NonZeroUsize::new(1000)), start(None));
    let jwt = SessionJwt::new(forge::token(&forge::header(), &forge::claims())).expect("a token");
    let verify = |verifier: &JwtVerifier| {
        let future = pin!(verifier.verify(&jwt));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(verified) => verified.expect("a good token"),
            Poll::Pending => panic!("its key is there"),
        }
    };
    verify(&remembering);
    let ours = Way { name: "remembered", prepare: || (), run: |()| verify(&remembering) };
    let anew = Way { name: "anew", prepare: || (), run: |()| verify(&forgetful) };
    compare(criterion, "verifier", &ours, &anew)
}

/// A runtime that has nothing to do.
struct Idle;

impl Runtime for Idle {
    fn spawn(&self, _: Task) {}

    fn sleep(&self, _: Duration) -> Task {
        Box::pin(std::future::pending())
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}
