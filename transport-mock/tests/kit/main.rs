//! The kit, and what it says of the typed sessions, the emulator and clients with planted bugs.

mod bugs;
mod habits;
mod live;
mod memory;
mod plain;
mod reference;
mod steady;
mod typed;

use std::task::Poll;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stytch_session::{Backend, Frontend};
use stytch_session_mock::Example;
use stytch_session_mock::kit::{
    Act, AsyncClient, Check, Client, Flaw, Journey, Mishap, Observation, Operation, OperationKind,
    Outcome, Promise, Step, Summary, Surface, Switches, Wire,
};

use bugs::Bug;
use habits::Habit;
use live::Live;
use memory::Store;
use plain::Plain;
use steady::Steady;
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

/// Live sessions, alone and two on one store.
fn live<P: Side>() {
    let check = Check::new().surface(P::SURFACE).background();
    thorough(&check.clone().seeds(0..200).run_async(Live::<P>::new), 12);
    // A few, for they take long: the program has more.
    check.seeds(0..12).run_pair(Live::<P>::pair);
}

#[test]
fn live_sessions_keep_the_promises_on_the_frontend() {
    live::<Frontend>();
}

#[test]
fn live_sessions_keep_the_promises_on_the_backend() {
    live::<Backend>();
}

#[test]
fn a_client_written_by_hand_keeps_the_promises() {
    for surface in [Surface::Frontend, Surface::Backend] {
        let check = Check::new().surface(surface).seeds(0..1000);
        check.run_async(|wire| Plain::new(wire, None));
    }
}

/// It refreshes by itself, in one process and in two that share a store.
#[test]
fn a_client_that_works_in_the_background_keeps_the_promises() {
    let check = Check::new().background().seeds(0..500);
    let steady = |wire| Steady::new(&wire, None, Store::default());
    thorough(&check.run_async(steady), 24);
    thorough(&check.run_pair(|wires| Steady::pair(&wires, None)), 24);
}

/// A client that only knows passwords meets unfinished logins too.
#[test]
fn an_unfinished_login_is_offered_to_a_client_that_cannot_go_on() {
    const SIMPLE: [OperationKind; 3] =
        [OperationKind::Login, OperationKind::Refresh, OperationKind::Revoke];
    let check = Check::new().only(SIMPLE);
    check.run_async(|wire| Plain::new(wire, None));
    let found = check.try_run_async(|wire| Plain::new(wire, Some(Bug::IntermediateIsActive)));
    let finding = found.expect_err("it takes it for a session");
    assert_eq!(finding.story().promise(), Promise::IntermediateIsNotActive, "{finding}");
}

/// What correct clients may do differently is not held against them.
#[test]
fn clients_of_other_habits_keep_the_promises_too() {
    for habit in Habit::ALL {
        let check = Check::new().seeds(0..500);
        let found = check.try_run_async(|wire| Plain::new(wire, None).with(habit));
        let summary = found.unwrap_or_else(|finding| panic!("{habit:?}: {finding}"));
        assert!(summary.times_done(OperationKind::Refresh) > 200, "{habit:?}: {summary}");
    }
}

/// A client that refuses what it cannot go on from.
#[test]
fn an_unfinished_login_may_be_refused() {
    let check = Check::new().only([
        OperationKind::Login,
        OperationKind::Refresh,
        OperationKind::Exchange,
        OperationKind::Revoke,
    ]);
    check.run_async(|wire| Plain::new(wire, None).with(Habit::RefusesUnfinished));
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

/// Goes wrong in a way of its own when it is asked to log in.
struct Wild(Wire, fn(&Wire) -> Result<(), String>);

impl Client for Wild {
    fn apply(&mut self, _: &Operation) -> Outcome {
        (self.1)(&self.0).map_or_else(Outcome::Failed, |()| Outcome::Done)
    }

    fn observe(&mut self) -> Observation {
        Observation::nobody()
    }
}

/// A login, of which the server's answer is as the mishap has it.
fn one_login(mishap: Option<Mishap>) -> Journey {
    let act = Act::of(OperationKind::Login);
    let step = Step::Do { act, mishap, going: 0, coming: 0 };
    Journey { switches: Switches::default(), steps: vec![step], unasked: vec![] }
}

#[test]
fn a_panic_is_told_in_a_story() {
    let wild = |wire| Wild(wire, |_| panic!("lost my head"));
    let story = Check::new().replay(&one_login(None), wild).expect_err("it panics");
    assert_eq!(story.promise(), Promise::OneAnswer);
    let text = story.to_string();
    for part in ["log in to harbor-lights", "panicked at", "main.rs", "lost my head"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let wild = |wire| Wild(wire, |wire| panic!("with {}", wire.project_secret()));
    let story = Check::new().replay(&one_login(None), wild).expect_err("it panics");
    assert_eq!(story.promise(), Promise::Secrets);
}

#[test]
fn tokens_of_answers_that_are_no_success_are_secrets_too() {
    let repeats = |wire: &Wire| {
        let body = format!(
            r#"{{"organization_id":"{}","email_address":"{}","password":"{}","session_duration_minutes":60}}"#,
            Example::HARBOR_LIGHTS,
            Example::EMAIL_ADDRESS,
            Example::PASSWORD
        );
        let credentials = STANDARD.encode(format!("{}:{0}", wire.public_token()));
        let url = format!("{}/sdk/v1/b2b/passwords/authenticate", wire.base_url());
        let request = http::Request::post(url)
            .header("authorization", format!("Basic {credentials}"))
            .header("content-type", "application/json")
            .body(body.into_bytes())
            .unwrap();
        let reply = wire.send(request).map_err(|error| error.to_string())?;
        let reply = String::from_utf8(reply.into_body()).unwrap();
        let at = reply.find(r#""session_token":""#).unwrap_or_else(|| panic!("no token: {reply}"));
        Err(format!("odd: {}", &reply[at..at + 64]))
    };
    let journey = one_login(Some(Mishap::Flawed(Flaw::BadTime)));
    let story = Check::new().replay(&journey, |wire| Wild(wire, repeats)).expect_err("it tells");
    assert_eq!(story.promise(), Promise::Secrets, "{story}");
}

/// Waits for nothing, for ever.
struct Restless;

#[async_trait]
impl AsyncClient for Restless {
    async fn apply(&self, _: Operation) -> Outcome {
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    fn observe(&self) -> Observation {
        Observation::nobody()
    }
}

#[test]
fn a_client_that_wakes_itself_for_ever_ends_the_run() {
    let story = Check::new().replay_async(&one_login(None), |_| Restless).expect_err("it waits");
    assert_eq!(story.promise(), Promise::OneAnswer, "{story}");
}

#[test]
#[should_panic(expected = "no operation to ask for")]
fn a_check_asks_for_something() {
    let _ = Check::new().only([]);
}

#[test]
fn a_finding_is_replayed_without_its_seed() {
    let buggy = |wire| Plain::new(wire, Some(Bug::ServerErrorEnds));
    let found = Check::new().try_run_async(buggy).expect_err("it is found");
    let story = Check::new().replay_async(found.journey(), buggy).expect_err("it is broken again");
    assert_eq!(&story, found.story());
    let well = |wire| Plain::new(wire, None);
    Check::new().replay_async(found.journey(), well).expect("it is no fault of the journey");
}
