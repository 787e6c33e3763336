//! Replies that contradict themselves, or the session they answer, are no success.

use serde_json::{Value, json};
use stytch_session::{AnySession, Backend, ErrorKind, Frontend};

use crate::common::attempt::{After, attempt};
use crate::common::{Side, fixture, noon, success};

/// One change to a body: a path to a member, and what stands there instead; `REMOVED` takes it
/// away.
type Change = (&'static str, Value);

const REMOVED: &str = "(removed)";

fn changed(name: &str, changes: &[Change]) -> Value {
    let mut body = fixture(name);
    for (path, value) in changes {
        let (parent, field) = path.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if *value == REMOVED {
            parent.remove(field).unwrap();
        } else {
            parent.insert(field.to_owned(), value.clone());
        }
    }
    body
}

/// What each body answers.
fn answers(name: &str) -> (&'static str, &'static str) {
    match name.split_once(".authenticate").map_or(name, |(endpoint, _)| endpoint) {
        "sessions" => ("authenticate", "A"),
        "passwords" => ("login", "N"),
        "passwords.discovery" => ("discover", "N"),
        "otps.sms" => ("sms code", "M"),
        name if name.starts_with("sessions.exchange") => ("exchange", "A"),
        name if name.starts_with("discovery.intermediate") => ("discovery exchange", "D"),
        other => panic!("{other}"),
    }
}

fn refused(name: &str, changes: &[Change]) {
    let body = changed(name, changes);
    let (step, from) = answers(name);
    check::<Frontend>(&body, step, from, &format!("{name} with {changes:?}"));
    check::<Backend>(&body, step, from, &format!("{name} with {changes:?}"));
}

fn check<P: Side>(body: &Value, step: &str, from: &str, what: &str) {
    let attempt = attempt::<P>(step, from, &success::<P>(body), noon()).unwrap();
    assert_eq!(attempt.letter(), "=", "{what} on the {}: {:?}", P::NAME, attempt.after);
    assert_eq!(attempt.after.error().kind(), ErrorKind::Undecodable, "{what}");
    assert_eq!(attempt.after.error().status().unwrap().as_u16(), 200, "{what}");
}

fn accepted(name: &str, changes: &[Change]) -> AnySession {
    let (step, from) = answers(name);
    let body = changed(name, changes);
    let front = attempt::<Frontend>(step, from, &success::<Frontend>(&body), noon()).unwrap();
    let back = attempt::<Backend>(step, from, &success::<Backend>(&body), noon()).unwrap();
    assert_eq!(front.letter(), back.letter());
    match front.after {
        After::Done(session) => session,
        other => panic!("{name} with {changes:?}: {other:?}"),
    }
}

/// Finished replies, of each family: `AUTH` and `AUTH+MFA`.
const FINISHED: [&str; 5] = [
    "sessions.authenticate.success",
    "sessions.exchange.success",
    "passwords.authenticate.success",
    "discovery.intermediate_sessions.exchange.success",
    "otps.sms.authenticate.success",
];

const UNFINISHED: [&str; 6] = [
    "sessions.exchange.mfa_required",
    "sessions.exchange.primary_required",
    "passwords.authenticate.mfa_required",
    "passwords.authenticate.primary_required",
    "discovery.intermediate_sessions.exchange.mfa_required",
    "discovery.intermediate_sessions.exchange.primary_required",
];

#[test]
fn finished_replies_that_contradict_themselves() {
    for name in FINISHED {
        refused(name, &[("/member_authenticated", json!(false))]);
        refused(name, &[("/member_session", json!(null))]);
        refused(name, &[("/member_session", json!(REMOVED))]);
        refused(name, &[("/session_token", json!(""))]);
        refused(name, &[("/session_token", json!(null))]);
        refused(name, &[("/session_token", json!(REMOVED))]);
        refused(name, &[("/session_token", json!("")), ("/session_jwt", json!(""))]);
        refused(name, &[("/intermediate_session_token", json!("both-tokens"))]);
        refused(
            name,
            &[
                ("/intermediate_session_token", json!("both-tokens")),
                ("/member_authenticated", json!(false)),
            ],
        );
        refused(name, &[("/mfa_required", json!({ "member_options": null }))]);
        refused(name, &[("/mfa_required", json!({}))]);
        refused(name, &[("/primary_required", json!({ "allowed_auth_methods": ["sso"] }))]);
        refused(name, &[("/primary_required", json!({}))]);
        refused(name, &[("/member", json!(null))]);
        refused(name, &[("/member", json!(REMOVED))]);
        refused(name, &[("/organization", json!(null))]);
        refused(name, &[("/organization", json!(REMOVED))]);
        refused(name, &[("/status_code", json!(404))]);
        refused(name, &[("/status_code", json!(500))]);
    }
}

#[test]
fn finished_replies_of_two_people() {
    for name in FINISHED {
        refused(name, &[("/member_session/member_id", json!("member-test-other"))]);
        refused(name, &[("/member_session/organization_id", json!("organization-test-other"))]);
        refused(name, &[("/member/member_id", json!("member-test-other"))]);
        refused(name, &[("/member/organization_id", json!("organization-test-other"))]);
        refused(name, &[("/organization/organization_id", json!("organization-test-other"))]);
    }
    for name in UNFINISHED {
        refused(name, &[("/member/organization_id", json!("organization-test-other"))]);
        refused(name, &[("/organization/organization_id", json!("organization-test-other"))]);
    }
}

/// The `member_id` beside the member, and the `organization_id` beside the organization, name the
/// same ones.
#[test]
fn ids_beside_the_objects() {
    for name in FINISHED.iter().chain(&UNFINISHED) {
        refused(name, &[("/member_id", json!("member-test-other"))]);
        refused(name, &[("/organization_id", json!("organization-test-other"))]);
    }
}

#[test]
fn finished_replies_with_malformed_values() {
    for name in FINISHED {
        for token in [
            json!(" "),
            json!("with space"),
            json!("cr\rlf\n"),
            json!("nul\u{0}"),
            json!("caf\u{e9}"),
            json!("x".repeat(8 * 1024 + 1)),
            json!(7),
            json!(["u0u6azdKXPzcSWxEr"]),
            json!({ "token": "u0u6azdKXPzcSWxEr" }),
        ] {
            refused(name, &[("/session_token", token.clone())]);
            refused(name, &[("/session_jwt", token_or_jwt(token))]);
        }
        for date in [
            json!("2030-02-30T12:00:00Z"),
            json!("2030-13-01T12:00:00Z"),
            json!("2030-06-01T25:00:00Z"),
            json!("2030-06-01"),
            json!("tomorrow"),
            json!(""),
            json!(null),
            json!(1_906_545_600),
            json!(REMOVED),
        ] {
            for field in ["started_at", "last_accessed_at", "expires_at"] {
                let path = match field {
                    "started_at" => "/member_session/started_at",
                    "last_accessed_at" => "/member_session/last_accessed_at",
                    _ => "/member_session/expires_at",
                };
                refused(name, &[(path, date.clone())]);
            }
        }
        for id in [json!(""), json!(null), json!(7), json!("a\nb"), json!("x".repeat(1025))] {
            refused(name, &[("/member_session/member_session_id", id.clone())]);
            refused(name, &[("/member/member_id", id.clone())]);
            refused(name, &[("/organization/organization_id", id.clone())]);
        }
        for session in [json!([]), json!({}), json!("session"), json!(true)] {
            refused(name, &[("/member_session", session)]);
        }
        refused(name, &[("/member_authenticated", json!("true"))]);
        refused(name, &[("/member_authenticated", json!(1))]);
    }
}

/// A JWT may be longer than a token.
fn token_or_jwt(token: Value) -> Value {
    match token.as_str() {
        Some(text) if text.len() > 8 * 1024 => json!("x".repeat(64 * 1024 + 1)),
        _ => token,
    }
}

#[test]
fn unfinished_replies_that_contradict_themselves() {
    for name in UNFINISHED {
        let session = fixture("sessions.exchange.success")["member_session"].clone();
        refused(name, &[("/member_authenticated", json!(true))]);
        refused(name, &[("/member_session", session.clone())]);
        refused(
            name,
            &[("/member_session", session.clone()), ("/member_authenticated", json!(true))],
        );
        refused(name, &[("/session_token", json!("a-session-token"))]);
        refused(name, &[("/session_jwt", json!("aaa.bbb.ccc"))]);
        refused(
            name,
            &[("/session_token", json!("a-token")), ("/member_session", session.clone())],
        );
        refused(
            name,
            &[("/intermediate_session_token", json!("")), ("/session_token", json!("a-token"))],
        );
        for token in [json!(""), json!(null), json!(REMOVED), json!("a b"), json!(7)] {
            refused(name, &[("/intermediate_session_token", token)]);
        }
        refused(name, &[("/mfa_required", json!(null)), ("/primary_required", json!(null))]);
        refused(name, &[("/mfa_required", json!(REMOVED)), ("/primary_required", json!(REMOVED))]);
        refused(name, &[("/mfa_required", json!(true))]);
        refused(name, &[("/primary_required", json!("sso"))]);
        refused(name, &[("/member", json!(null))]);
        refused(name, &[("/organization", json!(null))]);
        refused(name, &[("/status_code", json!(400))]);
    }
}

/// A discovery login has a token, an address and organizations.
#[test]
fn discovery_replies() {
    let name = "passwords.discovery.authenticate.success";
    for token in [json!(""), json!(null), json!(REMOVED), json!("a b"), json!(7)] {
        refused(name, &[("/intermediate_session_token", token)]);
    }
    for address in [json!(null), json!(REMOVED), json!(7)] {
        refused(name, &[("/email_address", address)]);
    }
    refused(name, &[("/discovered_organizations", json!({}))]);
    refused(name, &[("/discovered_organizations", json!("none"))]);
    refused(name, &[("/status_code", json!(404))]);
}

/// A refresh or a step-up answers for the member who asked, and no other.
#[test]
fn replies_for_somebody_else() {
    fn check<P: Side>(step: &str, from: &str, name: &str) {
        let attempt = attempt::<P>(step, from, &success::<P>(&fixture(name)), noon()).unwrap();
        assert_eq!(attempt.letter(), "=", "{name} to {step} from {from}");
        assert_eq!(attempt.after.error().kind(), ErrorKind::Undecodable);
    }
    for (step, from, name) in [
        ("authenticate", "A", "sessions.exchange.success"),
        ("authenticate", "A", "otps.sms.authenticate.success"),
        ("sms code", "A", "sessions.authenticate.success"),
        ("totp code", "A", "sessions.exchange.success"),
        ("sms code", "M", "sessions.exchange.success"),
        ("recovery code", "M+", "sessions.authenticate.success"),
        ("totp code", "P", "totp.authenticate.success"),
        ("totp code", "P+", "totp.authenticate.success"),
    ] {
        check::<Frontend>(step, from, name);
        check::<Backend>(step, from, name);
    }
}

/// Members twice are a contradiction, too.
#[test]
fn members_twice() {
    for (name, twice) in [
        ("sessions.authenticate.success", r#""session_token":"another-token","#),
        ("sessions.exchange.success", r#""member_authenticated":false,"#),
        ("sessions.exchange.mfa_required", r#""intermediate_session_token":"another-token","#),
    ] {
        let (step, from) = answers(name);
        let body = fixture(name).to_string();
        let body = format!("{{{twice}{}", &body[1..]);
        let reply = crate::common::response(200, body);
        let attempt = attempt::<Backend>(step, from, &reply, noon()).unwrap();
        assert_eq!(attempt.letter(), "=", "{name}");
        assert_eq!(attempt.after.error().kind(), ErrorKind::Undecodable, "{name}");
    }
}

/// What is odd and still no contradiction.
#[test]
fn what_is_accepted() {
    let active = |session: AnySession| match session {
        AnySession::Active(session) => session,
        other => panic!("{other:?}"),
    };
    for name in FINISHED {
        // An empty JWT means none.
        for jwt in [json!(""), json!(null), json!(REMOVED)] {
            let session = active(accepted(name, &[("/session_jwt", jwt)]));
            assert_eq!(session.session_jwt(), None, "{name}");
        }
        let token = json!("x".repeat(8 * 1024));
        let session = active(accepted(name, &[("/session_token", token.clone())]));
        assert_eq!(json!(session.session_token().secret()), token, "{name}");
        for absent in ["/mfa_required", "/primary_required", "/intermediate_session_token"] {
            let _ = active(accepted(name, &[(absent, json!(null))]));
        }
        let _ = active(accepted(name, &[("/member_authenticated", json!(null))]));
        let _ = active(accepted(name, &[("/status_code", json!(201))]));
        let _ = active(accepted(name, &[("/status_code", json!(REMOVED))]));
        let _ = active(accepted(name, &[("/request_id", json!(REMOVED))]));
    }
    for name in UNFINISHED {
        let _ = accepted(name, &[("/session_token", json!(null)), ("/session_jwt", json!(null))]);
        let _ = accepted(name, &[("/member_session", json!(REMOVED))]);
        let _ = accepted(name, &[("/member_authenticated", json!(null))]);
    }
    let name = "passwords.discovery.authenticate.success";
    let session = accepted(name, &[("/discovered_organizations", json!([]))]);
    let AnySession::Discovery(session) = session else { panic!("{session:?}") };
    assert!(session.discovered_organizations().is_empty());
}
