//! What replies may do to a session.

use std::error::Error as _;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use stytch_session::{AnySession, Error, Response};

use crate::bodies::{any_json, any_response, mutated, mutation, odd_value};
use crate::cases;
use crate::world::{Asks, Case, Kit, Outcome, Side, fixture, now, response, stored, success};

/// The object in a body, read without the library.
fn object(response: &Response) -> Option<Value> {
    let value: Value = serde_json::from_slice(response.body()).ok()?;
    value.is_object().then_some(value)
}

/// The rule of which refusals end what was asked about, written down a second time.
fn is_rejection(case: Case, side: Side, response: &Response) -> bool {
    let status = response.status().as_u16();
    let body = object(response).filter(|_| names_each_member_once(response));
    let error_type = body.as_ref().and_then(|body| body.get("error_type")?.as_str());
    let ending: &[&str] = match (case.asks(), side) {
        (Asks::ForTheSession, Side::Frontend) => &[
            "session_not_found",
            "unauthorized_credentials",
            "user_unauthenticated",
            "invalid_secret_authentication",
        ],
        (Asks::ForTheSession, Side::Backend) => &["session_not_found", "user_unauthenticated"],
        (Asks::ToGoOn { .. }, _) => &["intermediate_session_not_found"],
        (Asks::SomethingElse, _) => &[],
    };
    (400..500).contains(&status)
        && status != 429
        && error_type.is_some_and(|error_type| ending.contains(&error_type))
}

/// A body that says two things at once is no refusal: readers differ on which of them counts.
fn names_each_member_once(response: &Response) -> bool {
    #[derive(serde::Deserialize)]
    #[allow(dead_code, reason = "only whether they are there once matters")]
    struct Refusal {
        error_type: Option<IgnoredAny>,
        error_message: Option<IgnoredAny>,
        error_url: Option<IgnoredAny>,
        request_id: Option<IgnoredAny>,
        error: Option<IgnoredAny>,
        error_description: Option<IgnoredAny>,
        error_uri: Option<IgnoredAny>,
        body: Option<IgnoredAny>,
        params: Option<IgnoredAny>,
        query: Option<IgnoredAny>,
    }

    serde_json::from_slice::<Refusal>(response.body()).is_ok()
}

/// The payload of a body that may make a session active.
fn promises_a_session(side: Side, response: &Response) -> Option<Value> {
    let body = object(response).filter(|_| response.status().is_success())?;
    let payload = match side {
        Side::Frontend => body.get("data")?.clone(),
        Side::Backend => body,
    };
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str);
    let nothing =
        |name: &str| payload.get(name).is_none_or(|value| value.is_null() || *value == "");
    let holds = !matches!(payload.get("member_authenticated"), Some(Value::Bool(false)))
        && payload.get("member_session").is_some_and(Value::is_object)
        && text("/session_token").is_some_and(|token| !token.is_empty())
        && nothing("intermediate_session_token")
        && nothing("mfa_required")
        && nothing("primary_required")
        && text("/member/member_id").is_some()
        && text("/member/member_id") == text("/member_session/member_id")
        && text("/member/organization_id") == text("/member_session/organization_id")
        && text("/member/organization_id") == text("/organization/organization_id")
        && text("/member_id")
            .is_none_or(|id| id.is_empty() || Some(id) == text("/member/member_id"));
    holds.then_some(payload)
}

/// The payload of a body that may leave a login unfinished.
fn promises_more_to_do(side: Side, response: &Response) -> Option<Value> {
    let body = object(response).filter(|_| response.status().is_success())?;
    let payload = match side {
        Side::Frontend => body.get("data")?.clone(),
        Side::Backend => body,
    };
    let nothing =
        |name: &str| payload.get(name).is_none_or(|value| value.is_null() || *value == "");
    let holds = !matches!(payload.get("member_authenticated"), Some(Value::Bool(true)))
        && nothing("member_session")
        && nothing("session_token")
        && nothing("session_jwt")
        && !nothing("intermediate_session_token");
    holds.then_some(payload)
}

fn check_error(error: &Error) -> Result<(), TestCaseError> {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    for text in texts {
        prop_assert!(text.len() <= 4096, "{} bytes", text.len());
        prop_assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    Ok(())
}

/// Everything that holds for any reply to any step or call.
fn check(case: Case, side: Side, kit: &Kit, reply: &Response) -> Result<(), TestCaseError> {
    let rejected = is_rejection(case, side, reply);
    let outcome = case.complete(side, kit, reply, now());
    if let Some(error) = outcome.error() {
        check_error(error)?;
        if let Some(status) = error.status() {
            prop_assert_eq!(status, reply.status());
        }
    } else {
        prop_assert!(reply.status().is_success());
        prop_assert!(object(reply).is_some());
    }
    match outcome {
        Outcome::Kept(after, error) => {
            let before = case.before(side, kit).expect("a step has a session");
            let mut before = stored(&before);
            if rejected {
                prop_assert_eq!(case.asks(), Asks::ToGoOn { remembers: true }, "{}", error);
                before["session"]["over"] = json!(true);
            }
            prop_assert_eq!(stored(&after), before);
        }
        Outcome::Ended(error) => prop_assert!(rejected, "{error:?}"),
        Outcome::Done(AnySession::Active(session)) => {
            let payload = promises_a_session(side, reply).expect("the conditions of a session");
            prop_assert_eq!(session.session_token().secret(), &payload["session_token"]);
            match session.session_jwt() {
                Some(jwt) => prop_assert_eq!(jwt.secret(), &payload["session_jwt"]),
                None => prop_assert!(payload["session_jwt"].as_str().is_none_or(str::is_empty)),
            }
        }
        Outcome::Done(AnySession::Intermediate(session)) => {
            let payload = promises_more_to_do(side, reply).expect("the conditions of a login");
            let token = session.intermediate_session_token().secret();
            prop_assert_eq!(token, &payload["intermediate_session_token"]);
        }
        Outcome::Done(AnySession::Discovery(session)) => {
            prop_assert!(matches!(case, Case::Discover | Case::DiscoverLink | Case::DiscoverCode));
            prop_assert!(!session.intermediate_session_token().secret().is_empty());
        }
        Outcome::Done(AnySession::LoggedOut(_)) => prop_assert_eq!(case, Case::Revoke),
        Outcome::Called(_) => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_reply_to_anything(
        (case, side) in select(Case::with_sides()),
        reply in any_response(),
    ) {
        check(case, side, &Kit::default(), &reply)?;
    }

    /// The reply that is due, with little wrong: nearer to acceptance than chance comes.
    #[test]
    fn the_due_reply_with_something_wrong(
        (case, side) in select(Case::with_sides()),
        which in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 0..3),
    ) {
        let kit = Kit::default();
        let payload = kit.payload(case.successes()[which.index(case.successes().len())]);
        let text = mutated(side.wrap(payload), &mutations);
        check(case, side, &kit, &response(200, text))?;
    }

    /// Only the exact type with the right status ends a session.
    #[test]
    fn refusals(
        (case, side) in select(Case::with_sides()),
        status in prop_oneof![400..=431_u16, 300..600_u16],
        error_type in prop_oneof![
            4 => select(vec![
                "session_not_found", "unauthorized_credentials", "user_unauthenticated",
                "invalid_secret_authentication", "intermediate_session_not_found",
                "unable_to_auth_otp_code", "member_not_found", "Session_not_found",
                "session_not_found\n", " session_not_found",
            ]).prop_map(Value::from),
            1 => odd_value(),
        ],
        other in any_json(),
        drop in any::<Index>(),
    ) {
        let mut body = fixture("error.session_not_found");
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        body.as_object_mut().unwrap().remove(&names[drop.index(names.len())]);
        body["error_type"] = error_type;
        body["something_else"] = other;
        let kit = Kit::default();
        let reply = response(status, body.to_string());
        check(case, side, &kit, &reply)?;
        let outcome = case.complete(side, &kit, &reply, now());
        let ends = is_rejection(case, side, &reply)
            && case.asks() != Asks::ToGoOn { remembers: true };
        prop_assert_eq!(matches!(outcome, Outcome::Ended(_)), ends, "{:?}", outcome);
    }

    /// What is not the API's keeps its status, whatever its bytes are.
    #[test]
    fn pages_of_others_keep_their_status(
        (case, side) in select(Case::with_sides()),
        status in 300..600_u16,
        body in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let reply = response(status, body);
        let outcome = case.complete(side, &Kit::default(), &reply, now());
        let error = outcome.error().expect("no success");
        prop_assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
        prop_assert_eq!(error.status(), Some(reply.status()));
    }

    /// A successful reply says so: an empty object, or an error object sent with a 200, does not.
    #[test]
    fn a_success_is_told_by_its_body(
        (case, side) in select(Case::with_sides()),
        body in select(vec![
            json!({}),
            json!({ "error_type": "session_not_found", "error_message": "no" }),
            json!({ "request_id": "request-id-test-1" }),
            json!({ "status_code": 200 }),
            json!({ "status_code": null, "request_id": null }),
            json!([]),
            Value::Null,
        ]),
    ) {
        let reply = success(side, &body);
        let outcome = case.complete(side, &Kit::default(), &reply, now());
        prop_assert!(outcome.error().is_some(), "{case:?} {side:?} {outcome:?}");
    }
}

/// The fixtures are successes, so that the properties above do not hold for want of any.
#[test]
fn the_due_replies_succeed() {
    for (case, side) in Case::with_sides() {
        for name in case.successes() {
            let kit = Kit::default();
            let reply = success(side, &kit.payload(name));
            let outcome = case.complete(side, &kit, &reply, now());
            assert!(outcome.error().is_none(), "{case:?} {side:?} {name}: {outcome:?}");
            check(case, side, &kit, &reply).unwrap();
        }
    }
}

/// A dead intermediate session that remembers an active one gives it back.
#[test]
fn a_dead_token_gives_the_session_before_it_back() {
    let kit = Kit::default();
    let reply = response(404, fixture("error.intermediate_session_not_found").to_string());
    let case = Case::SmsAfterExchange;
    let Outcome::Kept(AnySession::Intermediate(session), _) =
        case.complete(Side::Frontend, &kit, &reply, now())
    else {
        panic!("not kept");
    };
    assert!(session.is_expired(now()));
    let AnySession::Active(session) = crate::world::abandoned(session) else { panic!("lost") };
    assert_eq!(session.session_token().secret(), kit.previous_token);
}

/// A decoder that takes members by their order would accept what no server means.
#[test]
fn an_array_is_no_object() {
    let kit = Kit::default();
    let reply = success(Side::Frontend, &json!([200, "request-id-test-1"]));
    let outcome = Case::Revoke.complete(Side::Frontend, &kit, &reply, now());
    assert!(outcome.error().is_some(), "{outcome:?}");
    let mut payload = kit.payload("sessions.exchange.mfa_required");
    payload["mfa_required"] = json!([null, "sms_otp"]);
    let reply = success(Side::Backend, &payload);
    let outcome = Case::Exchange.complete(Side::Backend, &kit, &reply, now());
    assert!(outcome.error().is_some(), "{outcome:?}");
}
