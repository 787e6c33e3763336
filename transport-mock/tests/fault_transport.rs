//! Each fault before the emulator: what the server did, and what came back.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use stytch_session::{
    BlockingTransport, Delivery, Request, Response, Transport, TransportError, TransportErrorKind,
};
use stytch_session_mock::{
    Emulator, Example, Fault, FaultTransport, MockTransport, VirtualClock, replies,
};

const LOGIN: &str = "/v1/b2b/passwords/authenticate";

fn emulator() -> Emulator {
    Emulator::example_builder().clock(VirtualClock::new()).constant_signature().build()
}

/// A login, after which the server has one session more.
fn login(stytch: &Emulator) -> Request {
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    http::Request::post(LOGIN)
        .header("authorization", stytch.backend_authorization())
        .body(body.to_string().into_bytes())
        .expect("a request")
}

/// A request that nobody answers with a success; it only has to be told from others.
fn to(path: &str) -> Request {
    http::Request::get(path).body(Vec::new()).expect("a request")
}

/// Sends a login into this fault: what came back, and how many sessions there are then.
fn met(fault: &Fault) -> (Result<Response, TransportError>, usize) {
    let stytch = emulator();
    let transport = FaultTransport::new(stytch.clone()).fail_next(1, fault.clone());
    let answer = BlockingTransport::send(&transport, login(&stytch));
    let sessions = stytch.active_sessions().len();
    assert_eq!(fault.commits(), sessions > 0, "{fault:?}");
    assert_eq!(transport.met_count(), 1);
    // It is over.
    let next = BlockingTransport::send(&transport, login(&stytch)).expect("an answer");
    assert_eq!(next.status(), 200);
    (answer, sessions)
}

fn json(answer: &Response) -> Option<Value> {
    serde_json::from_slice(answer.body()).ok()
}

#[test]
fn a_lost_request_changes_nothing_and_a_lost_answer_does() {
    let failed = |fault: Fault| {
        let (answer, sessions) = met(&fault);
        let error = answer.expect_err("there is no answer");
        (error.kind(), error.delivery(), sessions)
    };
    use TransportErrorKind::{Connect, Interrupted};
    assert_eq!(failed(Fault::NotSent), (Connect, Delivery::NotSent, 0));
    assert_eq!(failed(Fault::LostRequest), (Interrupted, Delivery::Unknown, 0));
    assert_eq!(failed(Fault::LostAnswer), (Interrupted, Delivery::Unknown, 1));
}

#[test]
fn refusals_and_pages_come_from_before_the_server() {
    for (fault, status, error_type) in [
        (Fault::Status(400), 400, "bad_request"),
        (Fault::Status(429), 429, "too_many_requests"),
        (Fault::Status(500), 500, "internal_server_error"),
        (Fault::Status(503), 503, "server_unavailable"),
        (Fault::Status(99), 500, "internal_server_error"),
        (Fault::Error(404, "session_not_found".to_owned()), 404, "session_not_found"),
    ] {
        let (answer, sessions) = met(&fault);
        let answer = answer.expect("an answer");
        let body = json(&answer).expect("a JSON body");
        assert_eq!((answer.status().as_u16(), sessions), (status, 0));
        assert_eq!(body["error_type"], error_type);
    }
    let (answer, sessions) = met(&Fault::Html(502));
    let answer = answer.expect("an answer");
    assert_eq!((answer.status().as_u16(), sessions), (502, 0));
    assert!(answer.body().starts_with(b"<!doctype html>"));
}

#[test]
fn damaged_answers_are_of_requests_that_were_acted_on() {
    let (plain, _) = met(&Fault::Delay(Duration::ZERO));
    let plain = plain.expect("an answer");
    let length = plain.body().len();
    for (fault, status, left) in [
        (Fault::TruncatedBody, 200, length / 2),
        (Fault::MalformedBody, 200, length),
        (Fault::EmptyBody, 200, 0),
        (Fault::WrongStatus(503), 503, length),
    ] {
        let (answer, sessions) = met(&fault);
        let answer = answer.expect("an answer");
        assert_eq!((answer.status().as_u16(), sessions), (status, 1), "{fault:?}");
        assert_eq!(answer.body().len(), left, "{fault:?}");
        assert_eq!(json(&answer).is_some(), fault == Fault::WrongStatus(503), "{fault:?}");
    }
}

#[test]
fn a_body_of_any_length_is_damaged_and_its_length_told() {
    for (text, truncated) in [("", ""), ("1", ""), ("{}", "{"), ("[1]", "["), ("1234", "12")] {
        let reply = || replies::raw(200, text).header("content-length", &text.len().to_string());
        let mock = MockTransport::new().reply(reply()).reply(reply()).reply(reply());
        let transport = FaultTransport::new(mock)
            .fail_next(1, Fault::TruncatedBody)
            .fail_next(1, Fault::MalformedBody)
            .fail_next(1, Fault::EmptyBody);
        let send = || BlockingTransport::send(&transport, to("/")).expect("an answer");
        let answers = [send(), send(), send()];
        assert_eq!(answers[0].body(), truncated.as_bytes());
        assert_eq!(json(&answers[1]), None);
        assert_eq!(answers[2].body(), b"");
        for answer in answers {
            assert_eq!(answer.headers()["content-length"], answer.body().len().to_string());
        }
    }
}

#[test]
fn a_duplicate_is_seen_by_the_server_only() {
    let (answer, sessions) = met(&Fault::Duplicated);
    assert_eq!((answer.expect("an answer").status().as_u16(), sessions), (200, 2));

    // A code that holds once: the second answer says so, though the first was a success.
    let mock = MockTransport::new()
        .reply(replies::second_factor())
        .reply(replies::error("otp_code_not_found", 404));
    let transport = FaultTransport::new(mock.clone()).fail_next(1, Fault::Duplicated);
    let answer = BlockingTransport::send(&transport, to("/a")).expect("an answer");
    assert_eq!((answer.status().as_u16(), mock.requests().len()), (404, 2));
    assert_eq!(transport.request_count(), 1);
}

#[test]
fn a_delay_turns_the_clock_after_the_server_has_acted() {
    let clock = VirtualClock::new();
    let stytch = Emulator::example_builder().clock(clock.clone()).constant_signature().build();
    let delay = Duration::from_secs(90);
    let transport = FaultTransport::new(stytch.clone())
        .with_clock(clock.clone())
        .fail_next(1, Fault::Delay(delay));
    let before = clock.now();
    let answer = BlockingTransport::send(&transport, login(&stytch)).expect("an answer");
    let session = json(&answer).expect("a JSON body")["member_session"].clone();
    assert_eq!(session["started_at"], "2030-06-01T12:00:00Z");
    assert_eq!((clock.now(), transport.clock().now()), (before + delay, before + delay));
}

#[test]
fn faults_of_a_path_wait_for_it() {
    let transport = FaultTransport::new(emulator())
        .fail_next_to("revoke", 1, Fault::Html(502))
        .fail_next_to("sessions", 1, Fault::Html(503))
        .fail_next(1, Fault::Html(504));
    let send =
        |path| BlockingTransport::send(&transport, to(path)).expect("an answer").status().as_u16();
    let sessions = "/v1/b2b/sessions";
    assert_eq!(send(sessions), 503);
    assert_eq!(send(sessions), 504);
    assert_ne!(send(sessions), 502);
    assert_eq!(send("/v1/b2b/sessions/revoke?sessions"), 502);
    let met: Vec<_> = transport
        .met()
        .into_iter()
        .map(|(request, fault)| (request.path().to_owned(), fault))
        .collect();
    let expected = [(sessions, 503), (sessions, 504), ("/v1/b2b/sessions/revoke", 502)];
    assert_eq!(met, expected.map(|(path, status)| (path.to_owned(), Fault::Html(status))));
    assert_eq!((transport.planned_count(), transport.request_count()), (0, 4));
}

/// What each of `count` requests meets.
fn faults(transport: &FaultTransport<Emulator>, count: usize) -> Vec<Option<Fault>> {
    (0..count)
        .map(|_| {
            let before = transport.met_count();
            let _ = BlockingTransport::send(transport, to("/v1/x"));
            (transport.met_count() > before).then(|| transport.met().pop().expect("it met one").1)
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let run = |seed| faults(&FaultTransport::new(emulator()).fail_randomly(seed, 0.3), 200);
    assert_eq!(run(0), run(0));
    assert_ne!(run(0), run(1));

    // Planned faults stand before random ones, which are for the rest what they would have been.
    let transport =
        FaultTransport::new(emulator()).fail_randomly(0, 0.3).fail_next(3, Fault::Html(418));
    let planned = faults(&transport, 200);
    assert_eq!(planned[..3], [const { Some(Fault::Html(418)) }; 3]);
    assert_eq!(planned[3..], run(0)[3..]);
}

#[test]
fn the_rate_is_honoured_and_every_fault_occurs() {
    for rate in [0.0, 0.1, 0.3, 0.9, 1.0] {
        let transport = FaultTransport::new(emulator()).fail_randomly(5, rate);
        let met = faults(&transport, 2000).into_iter().flatten().count();
        let expected = rate * 2000.0;
        let off = (f64::from(u32::try_from(met).expect("few")) - expected).abs();
        // Five standard deviations.
        assert!(off <= 5.0 * (expected * (1.0 - rate)).sqrt(), "{met} of 2000 at {rate}");
    }
    let transport = FaultTransport::new(emulator()).fail_randomly(6, 1.0);
    let met = faults(&transport, 500);
    let mut kinds: Vec<String> = met.iter().flatten().map(|fault| format!("{fault:?}")).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    assert!(!met.contains(&Some(Fault::Reordered)));

    let chosen = [Fault::EmptyBody, Fault::NotSent];
    let transport = FaultTransport::new(emulator()).fail_randomly_with(6, 1.0, chosen.clone());
    let met = faults(&transport, 100);
    assert!(met.iter().flatten().all(|fault| chosen.contains(fault)));
    assert!(chosen.iter().all(|fault| met.contains(&Some(fault.clone()))));
}

#[test]
fn impossible_rates_and_empty_choices_are_mistakes() {
    let fails = |rate: f64, faults: Vec<Fault>| {
        let transport = FaultTransport::new(());
        std::panic::catch_unwind(move || {
            let _ = transport.fail_randomly_with(0, rate, faults);
        })
        .is_err()
    };
    assert!(fails(-0.1, vec![Fault::NotSent]));
    assert!(fails(1.1, vec![Fault::NotSent]));
    assert!(fails(f64::NAN, vec![Fault::NotSent]));
    assert!(fails(0.5, vec![]));
    assert!(!fails(1.0, vec![Fault::NotSent]));
}

#[test]
fn cleared_faults_are_met_no_more() {
    let transport =
        FaultTransport::new(emulator()).fail_next(9, Fault::NotSent).fail_randomly(0, 1.0);
    transport.clear_faults();
    assert_eq!(faults(&transport, 10), [const { None }; 10]);
}

#[test]
fn no_secret_is_shown() {
    let stytch = emulator();
    let transport = FaultTransport::new(stytch.clone()).fail_next(1, Fault::NotSent);
    let _ = BlockingTransport::send(&transport, login(&stytch));
    let shown = format!("{:?} {transport:?}", transport.met());
    for secret in [Example::PASSWORD, stytch.project_secret(), &stytch.backend_authorization()] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains(LOGIN) && shown.contains("NotSent"), "{shown}");
}

#[test]
fn only_the_latest_thousand_are_remembered() {
    let transport = FaultTransport::new(emulator()).fail_next(1005, Fault::NotSent);
    for number in 0..1005 {
        let _ = BlockingTransport::send(&transport, to(&format!("/{number}")));
    }
    let met = transport.met();
    assert_eq!((met.len(), transport.met_count()), (1000, 1005));
    assert_eq!(met[0].0.path(), "/5");
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

fn poll(sending: &mut Sending<'_>) -> Option<Response> {
    match sending.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer.expect("an answer")),
        Poll::Pending => None,
    }
}

fn send<T: Transport + 'static>(transport: &FaultTransport<T>, path: &str) -> Sending<'static> {
    let (transport, request) = (transport.clone(), to(path));
    Box::pin(async move { Transport::send(&transport, request).await })
}

#[tokio::test]
async fn it_works_around_a_shared_transport_and_inside_of_one() {
    let stytch = emulator();
    let inner: Arc<dyn Transport> = Arc::new(stytch.clone());
    let faulty = FaultTransport::new(inner).fail_next(1, Fault::LostAnswer);
    let outer: Arc<dyn Transport> = Arc::new(faulty.clone());
    assert!(outer.send(login(&stytch)).await.is_err());
    assert_eq!(outer.send(login(&stytch)).await.expect("an answer").status(), 200);
    assert_eq!((stytch.active_sessions().len(), faulty.met_count()), (2, 1));

    let blocking: Box<dyn BlockingTransport> = Box::new(stytch.clone());
    let blocking = FaultTransport::new(blocking).fail_next(1, Fault::NotSent);
    assert!(blocking.send(login(&stytch)).is_err());
    assert_eq!(blocking.inner().send(login(&stytch)).expect("an answer").status(), 200);
}

#[tokio::test]
async fn two_tasks_get_their_answers_in_the_other_order() {
    let transport = FaultTransport::new(emulator()).fail_next_to("/a", 1, Fault::Reordered);
    let order = std::sync::Mutex::new(Vec::new());
    let one = async |path: &str| {
        send(&transport, path).await.expect("an answer");
        order.lock().expect("a list").push(path.to_owned());
    };
    tokio::join!(one("/a"), one("/b"));
    assert_eq!(*order.lock().expect("a list"), ["/b", "/a"]);

    // The same of tasks that were spawned.
    let transport = FaultTransport::new(emulator()).fail_next(1, Fault::Reordered);
    let first = tokio::spawn(send(&transport, "/a"));
    while !transport.is_holding() {
        tokio::task::yield_now().await;
    }
    send(&transport, "/b").await.expect("an answer");
    first.await.expect("no panic").expect("an answer");
}

#[test]
fn an_answer_is_held_back_until_a_later_request_is_answered() {
    // The first to answer a later request releases it, also if that one failed.
    for fault in [Fault::Delay(Duration::ZERO), Fault::NotSent, Fault::Html(500)] {
        let transport =
            FaultTransport::new(emulator()).fail_next(1, Fault::Reordered).fail_next(1, fault);
        let (mut first, mut second) = (send(&transport, "/a"), send(&transport, "/b"));
        assert_eq!((poll(&mut first).is_some(), poll(&mut first).is_some()), (false, false));
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(poll(&mut first).is_some());
    }
}

#[test]
fn two_that_are_to_be_overtaken_change_places() {
    let transport = FaultTransport::new(emulator()).fail_next(2, Fault::Reordered);
    let (mut first, mut second) = (send(&transport, "/a"), send(&transport, "/b"));
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_some());
    assert!(poll(&mut first).is_some());
    assert!(!transport.is_holding());
}

/// Answers to each request only when it has been polled so often as its path says.
#[derive(Default)]
struct Slow {
    polled: AtomicUsize,
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut left: usize = request.uri().path()[1..].parse().expect("a number");
        std::future::poll_fn(move |_| {
            self.polled.fetch_add(1, Ordering::Relaxed);
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            Poll::Pending
        })
        .await;
        Ok(replies::revoke().into())
    }
}

#[test]
fn an_earlier_request_does_not_overtake_a_later_one() {
    let transport = FaultTransport::new(Slow::default()).fail_next_to("/0", 1, Fault::Reordered);
    let (mut first, mut second) = (send(&transport, "/2"), send(&transport, "/0"));
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_none());
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut first).is_some(), "in the order in which they began");
    assert!(poll(&mut second).is_none());
    assert!(poll(&mut send(&transport, "/0")).is_some());
    assert!(poll(&mut second).is_some());

    // One that a later request has overtaken by itself is not held back.
    let transport = FaultTransport::new(Slow::default()).fail_next_to("/1", 1, Fault::Reordered);
    let (mut first, mut second) = (send(&transport, "/1"), send(&transport, "/0"));
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_some());
    assert!(poll(&mut first).is_some());

    // The first of two that are to be overtaken is answered after the second, whichever of them the
    // server answers first.
    let transport = FaultTransport::new(Slow::default()).fail_next(2, Fault::Reordered);
    let (mut first, mut second) = (send(&transport, "/1"), send(&transport, "/0"));
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_none());
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_some());
    assert!(poll(&mut first).is_some());
}

#[test]
fn a_future_dropped_at_any_point_leaves_a_usable_transport() {
    let every = [
        Fault::NotSent,
        Fault::LostRequest,
        Fault::LostAnswer,
        Fault::Status(503),
        Fault::Html(502),
        Fault::WrongStatus(500),
        Fault::TruncatedBody,
        Fault::MalformedBody,
        Fault::EmptyBody,
        Fault::Delay(Duration::from_secs(1)),
        Fault::Duplicated,
        Fault::Reordered,
    ];
    for fault in every {
        for polls in 0..8 {
            let transport = FaultTransport::new(Slow::default()).fail_next(1, fault.clone());
            let mut dropped = send(&transport, "/2");
            for _ in 0..polls {
                if dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
            }
            drop(dropped);
            assert!(!transport.is_holding());
            transport.clear_faults();
            // Whoever comes next is neither held up by it nor takes part in it.
            transport.plan("", 1, Fault::Reordered);
            let (mut next, mut last) = (send(&transport, "/0"), send(&transport, "/0"));
            assert!(poll(&mut next).is_none());
            assert!(poll(&mut last).is_some(), "{fault:?} {polls}");
            assert!(poll(&mut next).is_some(), "{fault:?} {polls}");
        }
    }
}

#[test]
fn two_threads_get_their_answers_in_the_other_order() {
    let transport = FaultTransport::new(emulator()).fail_next(1, Fault::Reordered);
    let blocking = |path: &str| BlockingTransport::send(&transport, to(path)).expect("an answer");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| blocking("/a"));
        while !transport.is_holding() {
            std::thread::yield_now();
        }
        assert!(!first.is_finished());
        blocking("/b");
        first.join().expect("no panic");
    });
    assert!(!transport.is_holding());

    // A thread that nobody overtakes is let go by the test.
    transport.plan("", 1, Fault::Reordered);
    std::thread::scope(|scope| {
        let alone = scope.spawn(|| blocking("/c"));
        while !transport.is_holding() {
            std::thread::yield_now();
        }
        transport.release();
        alone.join().expect("no panic");
    });
}

#[test]
fn the_emulator_knows_the_same_faults_by_itself() {
    let stytch = emulator();
    stytch.fail_next(1, Fault::Duplicated);
    BlockingTransport::send(&stytch, login(&stytch)).expect("an answer");
    assert_eq!((stytch.active_sessions().len(), stytch.request_count()), (2, 2));

    stytch.fail_next(1, Fault::WrongStatus(503));
    let answer = BlockingTransport::send(&stytch, login(&stytch)).expect("an answer");
    assert_eq!((answer.status().as_u16(), stytch.active_sessions().len()), (503, 3));

    stytch.fail_next(1, Fault::TruncatedBody);
    let answer = BlockingTransport::send(&stytch, login(&stytch)).expect("an answer");
    assert_eq!((json(&answer), stytch.active_sessions().len()), (None, 4));

    stytch.fail_next(2, Fault::Reordered);
    let mut first: Sending<'_> = Transport::send(&stytch, to("/v1/b2b/sessions"));
    let mut second: Sending<'_> = Transport::send(&stytch, to("/v1/b2b/sessions"));
    assert!(poll(&mut first).is_none());
    assert!(poll(&mut second).is_some());
    assert!(poll(&mut first).is_some());

    stytch.fail_next(1, Fault::Reordered);
    let mut alone: Sending<'_> = Transport::send(&stytch, to("/v1/b2b/sessions"));
    assert!(poll(&mut alone).is_none());
    stytch.clear_faults();
    assert!(poll(&mut alone).is_some());
}
