//! The policy for sending again: what, when, and how often at most.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use stytch_session::retry::{RetryBudget, RetryPolicy};
use stytch_session::{
    Delivery, Repeat, Response, TransportError, TransportErrorKind as Kind, TransportPhase,
};

type Outcome = Result<Response, TransportError>;

const REPEATS: [Repeat; 3] = [Repeat::Always, Repeat::IfNotSent, Repeat::Never];

fn reply(status: u16, headers: &[(&str, &str)]) -> Outcome {
    let mut reply = http::Response::builder().status(status);
    for (name, value) in headers {
        reply = reply.header(*name, *value);
    }
    Ok(reply.body(Vec::new()).unwrap())
}

fn error(kind: Kind, delivery: Delivery) -> Outcome {
    Err(TransportError::new(kind, delivery))
}

/// Whether each kind of request is sent again: always, if not sent, never.
fn again(outcome: &Outcome) -> [bool; 3] {
    REPEATS.map(|repeat| RetryPolicy::new().pause(1, repeat, outcome, 7).is_some())
}

#[test]
fn what_was_provably_not_sent_is_sent_again_unless_it_must_never_be() {
    for kind in [Kind::Connect, Kind::Timeout, Kind::Interrupted] {
        assert_eq!(again(&error(kind, Delivery::NotSent)), [true, true, false], "{kind:?}");
    }
}

#[test]
fn what_may_have_arrived_is_sent_again_only_if_that_does_no_harm() {
    for kind in [Kind::Timeout, Kind::Interrupted] {
        assert_eq!(again(&error(kind, Delivery::Unknown)), [true, false, false], "{kind:?}");
    }
}

#[test]
fn what_would_fail_again_is_not_sent_again() {
    for kind in [Kind::TooLarge, Kind::Malformed, Kind::Other, Kind::Refused] {
        assert_eq!(again(&error(kind, Delivery::Unknown)), [false; 3], "{kind:?}");
    }
    assert_eq!(again(&error(Kind::Refused, Delivery::NotSent)), [false; 3]);
    for phase in [TransportPhase::Tls, TransportPhase::Proxy] {
        let decided = TransportError::new(Kind::Connect, Delivery::NotSent).with_phase(phase);
        assert_eq!(again(&Err(decided)), [false; 3], "{phase:?}");
    }
}

#[test]
fn replies_that_speak_of_the_moment_are_asked_for_again() {
    for status in 100..=599 {
        let momentary = [408, 429, 500, 502, 503, 504].contains(&status);
        assert_eq!(again(&reply(status, &[])), [momentary, false, false], "{status}");
    }
}

#[test]
fn a_connection_that_was_closed_is_replaced_at_once_the_first_time() {
    let closed = error(Kind::Interrupted, Delivery::NotSent);
    let pause = |sends, seed| RetryPolicy::new().pause(sends, Repeat::IfNotSent, &closed, seed);
    assert!((0..100).all(|seed| pause(1, seed) == Some(Duration::ZERO)));
    assert!((0..100).any(|seed| pause(2, seed) > Some(Duration::ZERO)));
}

#[test]
fn the_server_may_ask_for_a_longer_wait_in_seconds_or_as_a_date() {
    let date = [
        ("date", "Sat, 01 Jun 2030 12:00:00 GMT"),
        ("retry-after", "Sat, 01 Jun 2030 12:00:07 GMT"),
    ];
    for headers in [&[("retry-after", "7")][..], &date] {
        let pause = RetryPolicy::new().pause(1, Repeat::Always, &reply(429, headers), 1).unwrap();
        assert!(pause >= Duration::from_secs(7), "{headers:?}: {pause:?}");
        assert!(pause <= Duration::from_millis(7200), "{headers:?}: {pause:?}");
    }
    let policy = RetryPolicy::new();
    let pause = |policy: RetryPolicy, wait| {
        policy.pause(1, Repeat::Always, &reply(503, &[("retry-after", wait)]), 1)
    };
    assert!(pause(policy, "10").is_some());
    assert_eq!(pause(policy, "11"), None);
    assert_eq!(pause(policy, "99999999999999999999999"), None);
    assert!(pause(policy.longest_retry_after(Duration::from_secs(11)), "11").is_some());
    // What cannot be read asks for nothing.
    assert!(pause(policy, "soon") <= Some(Duration::from_millis(200)));
}

#[test]
fn pauses_are_spread_over_their_whole_range() {
    let late = error(Kind::Timeout, Delivery::Unknown);
    let mut tenths = [0_u32; 10];
    for seed in 0..10_000 {
        let pause = RetryPolicy::new().pause(1, Repeat::Always, &late, seed).unwrap();
        tenths[usize::try_from(pause.as_millis() / 20).unwrap()] += 1;
    }
    assert!(tenths.iter().all(|times| (800..1200).contains(times)), "{tenths:?}");
}

#[test]
fn a_budget_gives_out_what_it_has_and_gets_a_tenth_back_for_each_success() {
    let mut budget = RetryBudget::new(3);
    assert!(budget.is_full());
    assert_eq!((0..10).filter(|_| budget.take()).count(), 3);
    for failure in [reply(503, &[]), reply(429, &[]), error(Kind::Timeout, Delivery::Unknown)] {
        (0..100).for_each(|_| budget.note(&failure));
    }
    assert!(!budget.take());
    // A refusal is an answer too.
    (0..5).for_each(|_| budget.note(&reply(200, &[])));
    (0..5).for_each(|_| budget.note(&reply(404, &[])));
    assert!(budget.take());
    assert!(!budget.take());
    (0..1000).for_each(|_| budget.note(&reply(200, &[])));
    assert!(budget.is_full());
    assert_eq!((0..10).filter(|_| budget.take()).count(), 3, "no more than it had");
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let kinds = [
        Kind::Connect,
        Kind::Timeout,
        Kind::Interrupted,
        Kind::TooLarge,
        Kind::Malformed,
        Kind::Refused,
        Kind::Other,
    ];
    let failed = (select(kinds.to_vec()), any::<bool>()).prop_map(|(kind, sent)| {
        error(kind, if sent { Delivery::Unknown } else { Delivery::NotSent })
    });
    let wait = prop_oneof![Just(String::new()), "[0-9]{1,3}", "\\PC{0,12}"];
    let answered = (100_u16..600, wait).prop_map(|(status, wait)| {
        let value =
            http::HeaderValue::from_str(&wait).unwrap_or(http::HeaderValue::from_static(""));
        let mut reply = reply(status, &[]).unwrap();
        reply.headers_mut().insert("retry-after", value);
        Ok(reply)
    });
    prop_oneof![failed, answered]
}

proptest! {
    #[test]
    fn no_request_is_sent_more_often_than_the_policy_says(
        max_sends in 0_u32..6, sends in 0_u32..10, outcome in outcomes(), seed: u64,
    ) {
        let policy = RetryPolicy::new().max_sends(max_sends);
        for repeat in REPEATS {
            if policy.pause(sends, repeat, &outcome, seed).is_some() {
                prop_assert!(sends < max_sends);
                prop_assert_ne!(repeat, Repeat::Never);
            }
        }
        prop_assert_eq!(RetryPolicy::none().pause(1, Repeat::Always, &outcome, seed), None);
    }

    /// Whoever may repeat less repeats nothing that others do not.
    #[test]
    fn what_is_not_safe_is_sent_again_only_if_nothing_was_sent(outcome in outcomes(), seed: u64) {
        let pause = |repeat| RetryPolicy::new().pause(1, repeat, &outcome, seed);
        if let Some(if_not_sent) = pause(Repeat::IfNotSent) {
            prop_assert_eq!(pause(Repeat::Always), Some(if_not_sent));
            let delivery = outcome.as_ref().err().map(TransportError::delivery);
            prop_assert_eq!(delivery, Some(Delivery::NotSent));
        }
    }

    #[test]
    fn pauses_stay_within_their_bounds(
        first in 0_u64..=u64::MAX, longest in 0_u64..=u64::MAX, sends in 1_u32..=u32::MAX - 1, seed: u64,
    ) {
        let (first, longest) = (Duration::from_nanos(first), Duration::from_nanos(longest));
        let policy =
            RetryPolicy::new().max_sends(u32::MAX).first_pause(first).longest_pause(longest);
        let late = error(Kind::Timeout, Delivery::Unknown);
        let pause = policy.pause(sends, Repeat::Always, &late, seed).unwrap();
        prop_assert!(pause <= longest);
        prop_assert_eq!(policy.pause(sends, Repeat::Always, &late, seed), Some(pause), "by the seed alone");
        if sends == 1 {
            prop_assert!(pause <= first);
        }
    }

    /// A thousand calls to a server that is down.
    #[test]
    fn a_storm_stays_within_the_budget(
        repetitions in 0_u32..50, calls in 1_u32..1000, outcome in outcomes(),
    ) {
        let (policy, mut budget, mut sent) = (RetryPolicy::new(), RetryBudget::new(repetitions), 0);
        for call in 0..calls {
            let mut sends = 1;
            while policy.pause(sends, Repeat::Always, &outcome, call.into()).is_some() && budget.take() {
                sends += 1;
            }
            budget.note(&outcome);
            sent += sends;
        }
        prop_assert!(sent <= calls + repetitions);
    }
}

#[test]
fn both_can_be_sent_and_shared() {
    fn check<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}
    check::<RetryPolicy>();
    check::<RetryBudget>();
}
