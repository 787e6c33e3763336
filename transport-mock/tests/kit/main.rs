//! The kit, and what it says of the typed sessions, the emulator and clients with planted bugs.

mod bugs;
mod plain;
mod reference;
mod typed;

use stytch_session::{Backend, Frontend};
use stytch_session_mock::kit::{
    Check, Client, Observation, Operation, OperationKind, Outcome, Promise, Summary, Surface,
};

use bugs::Bug;
use plain::Plain;
use typed::{AtOnce, Side, Typed};

/// Checks typed sessions, one operation after the other and overlapping.
fn typed<P: Side>() {
    let check = Check::new().surface(P::SURFACE).seeds(0..200);
    thorough(&check.run(|wire| AtOnce(Typed::<P>::new(wire))), 24);
    thorough(&check.run_async(Typed::<P>::new), 12);
}

/// Journeys are long, much goes wrong in them, and every operation succeeds in some.
fn thorough(summary: &Summary, requests: u64) {
    assert!(summary.steps >= 40 * summary.journeys, "{summary}");
    assert!(summary.mishaps * 100 >= 30 * summary.requests, "{summary}");
    assert!(summary.requests >= requests * summary.journeys, "{summary}");
    for kind in OperationKind::ALL {
        assert!(summary.times_done(kind) > 0, "{kind:?}: {summary}");
    }
}

#[test]
fn typed_sessions_keep_the_promises_on_the_frontend() {
    typed::<Frontend>();
}

#[test]
fn typed_sessions_keep_the_promises_on_the_backend() {
    typed::<Backend>();
}

#[test]
fn a_client_written_by_hand_keeps_the_promises() {
    for surface in [Surface::Frontend, Surface::Backend] {
        let check = Check::new().surface(surface).seeds(0..1000);
        check.run_async(|wire| Plain::new(wire, None));
    }
}

/// A client that only knows passwords meets unfinished logins too.
#[test]
fn an_unfinished_login_is_offered_to_a_client_that_cannot_go_on() {
    const SIMPLE: &[OperationKind] =
        &[OperationKind::Login, OperationKind::Refresh, OperationKind::Revoke];
    let check = Check::new().only(SIMPLE);
    check.run_async(|wire| Plain::new(wire, None));
    let found = check.try_run_async(|wire| Plain::new(wire, Some(Bug::IntermediateIsActive)));
    let finding = found.expect_err("it takes it for a session");
    assert_eq!(finding.story().promise(), Promise::IntermediateIsNotActive, "{finding}");
}

/// Answers every operation the same.
struct Always(Outcome);

impl Client for Always {
    fn apply(&mut self, _: &Operation) -> Outcome {
        self.0.clone()
    }

    fn observe(&mut self) -> Observation {
        Observation::nobody()
    }
}

#[test]
#[should_panic(expected = "never did anything")]
fn a_client_that_has_no_operation_is_no_success() {
    Check::new().seeds(0..3).run(|_| Always(Outcome::Unsupported));
}

#[test]
fn a_client_that_does_nothing_breaks_its_promise() {
    for (outcome, what) in [
        (Outcome::NotPossible, "declined"),
        (Outcome::Done, "nothing was asked"),
        (Outcome::Failed("no".to_owned()), "without being tried"),
    ] {
        let found = Check::new().try_run(|_| Always(outcome.clone()));
        let finding = found.expect_err("it does nothing");
        assert_eq!(finding.story().promise(), Promise::Works, "{finding}");
        assert!(finding.to_string().contains(what), "{finding}");
    }
}

#[test]
fn a_finding_is_short_and_can_be_seen_again() {
    let buggy = |wire| Plain::new(wire, Some(Bug::ServerErrorEnds));
    let found = Check::new().try_run_async(buggy).expect_err("it is found");
    let steps = found.journey().steps.len();
    assert!(steps <= 3, "{steps} steps: {found}");
    let again = Check::new().seeds(found.seed()..found.seed() + 1).try_run_async(buggy);
    let again = again.expect_err("it is found again");
    assert_eq!((again.story(), again.journey()), (found.story(), found.journey()));
    let text = found.to_string();
    for part in
        ["broken promise 5", "refresh", "shows:", "should show: active in", "STYTCH_KIT_SEED="]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}
