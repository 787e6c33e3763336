//! Replies and stored documents that contradict themselves, or speak of somebody else, change
//! nothing.

mod common;

use std::time::Duration;

use common::scenario::*;
use common::{Held as _, Side, api_error, fixture, minute, noon, response, success};
use serde_json::{Value, json};
use stytch_session::{
    Abandoned, AnySession, Backend, Call as _, ErrorKind, Failure, Frontend, GetJwks, Password,
    StoredSession,
};

/// A success body in which something speaks of a failure, wherever it stands.
fn not_a_success<P: Side>(place: &str, name: &str, value: &Value) {
    let mut body = P::wrap(&fixture("sessions.authenticate.success"));
    body.pointer_mut(place).unwrap()[name] = value.clone();
    let reply = response(200, body.to_string());
    for failure in [
        P::project().complete(active::<P>().authenticate(), &reply, noon()).unwrap_err(),
        P::project().complete(active::<P>().revoke(), &reply, noon()).unwrap_err(),
    ] {
        let Failure::Kept { error, .. } = failure else { panic!("{failure:?}") };
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{place} {name}");
    }
    assert!(P::project().complete(logged_out().login(password()), &reply, noon()).is_err());
}

#[test]
fn an_error_beside_the_data_is_no_success() {
    for (name, value) in [("error_type", json!("session_not_found")), ("status_code", json!(404))] {
        not_a_success::<Backend>("", name, &value);
        not_a_success::<Frontend>("/data", name, &value);
        not_a_success::<Frontend>("", name, &value);
    }
}

#[test]
fn a_discovery_login_with_an_error_is_no_success() {
    let mut payload = fixture("passwords.discovery.authenticate.success");
    payload["error_type"] = json!("internal_server_error");
    let step = logged_out().discover(discovery_password());
    assert!(Frontend::project().complete(step, &success::<Frontend>(&payload), noon()).is_err());
}

#[test]
fn null_is_no_error() {
    let mut payload = fixture("sessions.authenticate.success");
    payload["error_type"] = Value::Null;
    let mut body = Frontend::wrap(&payload);
    body["error_type"] = Value::Null;
    let reply = response(200, body.to_string());
    assert!(
        Frontend::project().complete(active::<Frontend>().authenticate(), &reply, noon()).is_ok()
    );
}

/// The decision falls by the type as it came, and a documented type is shown even if a password
/// has a word in common with it.
#[test]
fn a_password_that_is_part_of_an_error_type_changes_nothing() {
    let step = active::<Frontend>().reset_password("password");
    let reply = api_error(400, "weak_password");
    let failure = Frontend::project().complete(step, &reply, noon()).unwrap_err();
    assert_eq!(failure.error().error_type(), Some("weak_password"));

    let organization = organization("blue-kiln");
    let login = Password::new(&organization, "ada@example.com", "intermediate");
    let reply = api_error(404, "intermediate_session_not_found");
    let outcome =
        Frontend::project().complete(mfa_required::<Frontend>().login(login), &reply, noon());
    assert!(matches!(outcome, Err(Failure::Ended { .. })), "{outcome:?}");

    let login = Password::new(&organization, "ada@example.com", "xylophone");
    let reply = api_error(400, "bad_xylophone_tuning");
    let failure =
        Frontend::project().complete(logged_out().login(login), &reply, noon()).unwrap_err();
    assert_eq!(failure.error().error_type(), Some("[redacted]"));
}

#[test]
fn a_reset_answered_with_another_member_is_kept() {
    for name in ["sessions.authenticate.success", "passwords.authenticate.mfa_required"] {
        let mut payload = fixture(name);
        for place in ["/member_id", "/member/member_id", "/member_session/member_id"] {
            if let Some(id) = payload.pointer_mut(place) {
                *id = json!("member-test-other");
            }
        }
        let step = active::<Frontend>().reset_password("correct horse battery");
        let failure =
            Frontend::project().complete(step, &success::<Frontend>(&payload), noon()).unwrap_err();
        assert!(matches!(failure, Failure::Kept { .. }), "{failure:?}");
        assert_eq!(failure.error().kind(), ErrorKind::Undecodable);
    }
}

fn restored(document: &Value) -> Option<StoredSession> {
    serde_json::from_value(document.clone()).ok()
}

#[test]
fn documents_of_two_members_are_damaged() {
    let whole = active::<Frontend>().held();
    assert!(restored(&whole).is_some());
    for place in [
        "/session/member/member_id",
        "/session/member/organization_id",
        "/session/member_session/member_id",
        "/session/member_session/organization_id",
        "/session/organization/organization_id",
    ] {
        let mut mixed = whole.clone();
        *mixed.pointer_mut(place).unwrap() = json!("other-test-1");
        assert!(restored(&mixed).is_none(), "{place}");
    }
    let whole = mfa_required_after_exchange::<Frontend>().held();
    assert!(restored(&whole).is_some());
    for place in ["/session/member/organization_id", "/session/previous/member/member_id"] {
        let mut mixed = whole.clone();
        *mixed.pointer_mut(place).unwrap() = json!("other-test-1");
        assert!(restored(&mixed).is_none(), "{place}");
    }
}

#[test]
fn an_intermediate_document_requires_something() {
    let mut document = mfa_required::<Frontend>().held();
    document["session"]["requirement"] = json!({});
    assert!(restored(&document).is_none());
}

#[test]
fn an_expired_previous_session_is_not_offered() {
    let mut document = mfa_required_after_exchange::<Frontend>().held();
    document["session"]["previous"]["member_session"]["expires_at"] = json!("2030-06-01T12:01:00Z");
    for (now, lives) in [(noon() + Duration::from_secs(59), true), (minute(1), false)] {
        let stored = restored(&document).unwrap();
        let AnySession::Intermediate(session) = AnySession::restore(stored, now).unwrap() else {
            panic!("not intermediate")
        };
        assert_eq!(matches!(session.abandon(), Abandoned::Active(_)), lives);
    }
}

/// An id that nothing depends on fails no reply.
#[test]
fn what_is_no_id_is_none() {
    for (text, is_id) in [("connection-1", true), ("", false), ("two\nlines", false)] {
        let mut payload = fixture("sessions.authenticate.success");
        payload["member"]["roles"] = json!([{
            "role_id": "stytch_member",
            "sources": [{ "type": "sso_connection", "details": { "connection_id": text } }],
        }]);
        let session = active_by::<Backend>(&payload);
        let id = session.member().roles()[0].sources()[0].details().connection_id();
        assert_eq!(id.map(AsRef::as_ref), is_id.then_some(text));
    }
}

#[test]
fn certificates_of_keys_are_shown() {
    let key = json!({ "kid": "jwk-test-1", "x5c": ["MIIB"], "x5tS256": "thumb" });
    let body = json!({ "keys": [key, 7], "status_code": 200, "request_id": "request-id-test-1" });
    let keys = GetJwks::new().decode(&response(200, body.to_string())).unwrap();
    assert_eq!(keys.keys().len(), 1);
    assert_eq!(*keys.keys()[0].x5c()[0], *"MIIB");
    assert_eq!(keys.keys()[0].certificate_thumbprint(), Some("thumb"));
}

#[test]
fn keys_are_bounded() {
    let keys = |count: usize| {
        let keys = vec![json!({ "kid": "jwk-test-1", "kty": "RSA" }); count];
        let body = json!({ "keys": keys, "status_code": 200, "request_id": "request-id-test-1" });
        GetJwks::new().decode(&response(200, body.to_string()))
    };
    assert_eq!(keys(64).unwrap().keys().len(), 64);
    assert_eq!(keys(65).unwrap_err().kind(), ErrorKind::Undecodable);
}
