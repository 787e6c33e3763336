//! What is stored comes back, and nothing else does.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use stytch_session::{AnySession, StateKind, StoredSession};

use crate::bodies::{any_json, any_members, mutated, mutation};
use crate::cases;
use crate::clocks::any_clock;
use crate::world::{Case, Kit, Outcome, now, stored, success};

/// A document that shows itself as one line.
#[derive(Clone)]
struct Document(Value);

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A stored session of any state that can be reached, from any fixture that leads there.
fn any_stored() -> impl Strategy<Value = Document> {
    (select(Case::with_sides()), any::<Index>(), any_members(), any_members()).prop_map(
        |((case, side), which, claims, metadata)| {
            let kit = Kit::default();
            let name = case.successes()[which.index(case.successes().len())];
            let mut payload = kit.payload(name);
            if let Some(old) = payload.pointer_mut("/member_session/custom_claims") {
                *old = claims.into();
            }
            if let Some(old) = payload.pointer_mut("/member/untrusted_metadata") {
                *old = metadata.into();
            }
            let reply = success(side, &payload);
            Document(match case.complete(side, &kit, &reply, now()) {
                Outcome::Done(session) => stored(&session),
                _ => stored(&kit.intermediate_after_exchange().into()),
            })
        },
    )
}

fn restore(document: &Value, now: SystemTime) -> AnySession {
    let stored: StoredSession = serde_json::from_str(&document.to_string()).unwrap();
    AnySession::restore(stored, now).unwrap()
}

/// No restored session may have expired, nor may it outlive what was stored.
fn check_restored(session: &AnySession, now: SystemTime) -> Result<(), TestCaseError> {
    match session {
        AnySession::LoggedOut(_) => {}
        AnySession::Discovery(session) => prop_assert!(!session.is_expired(now)),
        AnySession::Intermediate(session) => prop_assert!(!session.is_expired(now)),
        AnySession::Active(session) => prop_assert!(!session.is_expired(now)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn what_is_stored_comes_back(Document(document) in any_stored()) {
        let session = restore(&document, now());
        let text = document.to_string();
        prop_assert_eq!(stored(&session).to_string(), text);
        let copy: StoredSession = serde_json::from_value(document).unwrap();
        prop_assert_eq!(format!("{copy:?}"), "StoredSession([redacted])");
    }

    /// Whenever it is restored: a session comes back as it was, or as what remains of it.
    #[test]
    fn an_expired_session_does_not_come_back(Document(document) in any_stored(), clock in any_clock()) {
        let session = restore(&document, clock);
        check_restored(&session, clock)?;
        let after = stored(&session);
        let before = &document["session"];
        if after != document {
            let is_previous = after["session"]["session_token"] == before["previous"]["session_token"];
            prop_assert!(session.kind() == StateKind::LoggedOut || is_previous);
        }
        // Once expired, always expired.
        let later = clock.checked_add(Duration::from_secs(86_400)).unwrap_or(clock);
        if session.kind() == StateKind::LoggedOut {
            prop_assert_eq!(restore(&document, later).kind(), StateKind::LoggedOut);
        }
    }

    #[test]
    fn newer_documents_are_left_as_they_are(version in 2..=u32::MAX, session in any_json()) {
        let document = json!({ "version": version, "session": session });
        let stored: StoredSession = serde_json::from_str(&document.to_string()).unwrap();
        let copy = stored.clone();
        let error = AnySession::restore(stored, now()).unwrap_err();
        prop_assert_eq!(error.version(), version);
        prop_assert_eq!(serde_json::to_value(&copy).unwrap(), document);
    }

    /// A newer version may have put something beside the session.
    #[test]
    fn newer_documents_keep_all_members(version in 2..100_u32, other in "[a-z]{3,9}") {
        prop_assume!(other != "version" && other != "session");
        let document = json!({ "version": version, "session": {}, other: [1] });
        let stored: StoredSession = serde_json::from_value(document.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&stored).unwrap(), document);
    }

    /// Metadata and custom claims may hold any number.
    #[test]
    fn fractions_come_back(number in any::<f64>()) {
        let kit = Kit::default();
        let mut payload = kit.payload("sessions.authenticate.success");
        payload["member_session"]["custom_claims"] = json!({ "number": number });
        let document = stored(&kit.active_from(&payload).into());
        let place = "/session/member_session/custom_claims/number";
        let back = stored(&restore(&document, now()));
        prop_assert_eq!(back.pointer(place), document.pointer(place));
    }

    #[test]
    fn damaged_documents_never_panic(
        Document(document) in any_stored(),
        mutations in prop::collection::vec(mutation(), 0..4),
        cut in prop::option::of(any::<Index>()),
        clock in any_clock(),
    ) {
        let mut text = mutated(document, &mutations);
        if let Some(cut) = cut {
            text.truncate(text.floor_char_boundary(cut.index(text.len().max(1))));
        }
        if let Ok(stored) = serde_json::from_str::<StoredSession>(&text)
            && let Ok(session) = AnySession::restore(stored, clock)
        {
            check_restored(&session, clock)?;
            let again = stored_text(&session);
            prop_assert_eq!(stored_text(&restore(&again.parse().unwrap(), clock)), again);
        }
    }

    #[test]
    fn anything_else_is_no_document(text in any::<String>(), json in any_json()) {
        for text in [text, json.to_string()] {
            if let Ok(stored) = serde_json::from_str::<StoredSession>(&text) {
                let _ = AnySession::restore(stored, now());
            }
        }
    }
}

fn stored_text(session: &AnySession) -> String {
    stored(session).to_string()
}

#[test]
fn every_state_comes_back() {
    let kit = Kit::default();
    for session in kit.every_state() {
        let document = stored(&session);
        let back = restore(&document, now());
        assert_eq!(back.kind(), session.kind());
        assert_eq!(stored(&back), document);
    }
    // After its ten minutes an intermediate session comes back as the one before it.
    let document = stored(&kit.intermediate_after_exchange().into());
    let late = now() + Duration::from_secs(600);
    let AnySession::Active(session) = restore(&document, late) else { panic!("lost") };
    assert_eq!(session.session_token().secret(), kit.previous_token);
    assert_eq!(restore(&stored(&kit.intermediate().into()), late).kind(), StateKind::LoggedOut);
    // And as nothing when that has expired too.
    let later = now() + Duration::from_secs(3600);
    assert_eq!(restore(&document, later).kind(), StateKind::LoggedOut);
}
