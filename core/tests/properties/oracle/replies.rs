//! What a reply may do to a session, written down a second time.

use std::collections::BTreeMap;
use std::error::Error as _;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use stytch_session::{AnySession, Error, Response};

use super::world::{Asks, Case, Kit, Outcome, Side, now, stored};

/// The deepest nesting that is accepted.
const MAX_DEPTH: usize = 128;

/// The object in a body, read without the library.
pub(crate) fn object(response: &Response) -> Option<Value> {
    value(serde_json::from_slice(response.body()).ok()?, 1).filter(Value::is_object)
}

/// What is legal JSON and no value, such as the number `1e999`, is null or empty; none if it is too
/// deep.
fn value(text: &RawValue, depth: usize) -> Option<Value> {
    match text.get().as_bytes().first() {
        Some(b'{' | b'[') if depth > MAX_DEPTH => None,
        Some(b'{') => {
            // Names with half a surrogate pair are legal too.
            let members: BTreeMap<String, &RawValue> =
                serde_json::from_str(text.get()).unwrap_or_default();
            let members =
                members.into_iter().map(|(name, text)| Some((name, value(text, depth + 1)?)));
            members.collect::<Option<Map<_, _>>>().map(Value::from)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text.get()).ok()?;
            items.into_iter().map(|text| value(text, depth + 1)).collect()
        }
        _ => Some(serde_json::from_str(text.get()).unwrap_or_default()),
    }
}

/// The rule of which refusals end what was asked about, written down a second time.
pub(crate) fn is_rejection(case: Case, side: Side, response: &Response) -> bool {
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
pub(crate) fn names_each_member_once(response: &Response) -> bool {
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

fn check_error(error: &Error) {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        texts.push(error.to_string());
        source = error.source();
    }
    for text in texts {
        assert!(text.len() <= 4096, "{} bytes", text.len());
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

/// Everything that holds for any reply to any step or call. It returns what became of it.
pub(crate) fn check(case: Case, side: Side, kit: &Kit, reply: &Response) -> Outcome {
    let rejected = is_rejection(case, side, reply);
    let outcome = case.complete(side, kit, reply, now());
    if let Some(error) = outcome.error() {
        check_error(error);
        if let Some(status) = error.status() {
            assert_eq!(status, reply.status());
        }
    } else {
        assert!(reply.status().is_success());
        assert!(object(reply).is_some());
    }
    match &outcome {
        Outcome::Kept(after, error) => {
            let before = case.before(side, kit).expect("a step has a session");
            let mut before = stored(&before);
            if rejected {
                assert_eq!(case.asks(), Asks::ToGoOn { remembers: true }, "{}", error);
                before["session"]["over"] = json!(true);
            }
            assert_eq!(stored(after), before);
        }
        Outcome::Ended(error) => assert!(rejected, "{error:?}"),
        Outcome::Done(AnySession::Active(session)) => {
            let payload = promises_a_session(side, reply).expect("the conditions of a session");
            assert_eq!(session.session_token().secret(), &payload["session_token"]);
            match session.session_jwt() {
                Some(jwt) => assert_eq!(jwt.secret(), &payload["session_jwt"]),
                None => assert!(payload["session_jwt"].as_str().is_none_or(str::is_empty)),
            }
        }
        Outcome::Done(AnySession::Intermediate(session)) => {
            let payload = promises_more_to_do(side, reply).expect("the conditions of a login");
            let token = session.intermediate_session_token().secret();
            assert_eq!(token, &payload["intermediate_session_token"]);
        }
        Outcome::Done(AnySession::Discovery(session)) => {
            assert!(matches!(case, Case::Discover | Case::DiscoverLink | Case::DiscoverCode));
            assert!(!session.intermediate_session_token().secret().is_empty());
        }
        Outcome::Done(AnySession::LoggedOut(_)) => assert_eq!(case, Case::Revoke),
        Outcome::Called(_) => {}
    }
    outcome
}
