//! What replies may do to a session.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use stytch_session::{AnySession, Error};

use crate::bodies::{any_json, any_response, mutated, mutation, odd_value};
use crate::cases;
use crate::oracle::replies::{check, is_rejection};
use crate::world::{Asks, Case, Kit, Outcome, Side, fixture, now, response, success};

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_reply_to_anything(
        (case, side) in select(Case::with_sides()),
        reply in any_response(),
    ) {
        check(case, side, &Kit::default(), &reply);
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
        check(case, side, &kit, &response(200, text));
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
        check(case, side, &kit, &reply);
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
            check(case, side, &kit, &reply);
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
