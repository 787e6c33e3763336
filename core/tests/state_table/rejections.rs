//! What ends a session: every error type, status, surface and step against one rule.

use stytch_session::{Backend, ErrorKind, Frontend};

use crate::common::attempt::{After, attempt, each_step};
use crate::common::scenario::letter;
use crate::common::{Held, Side, api_error, noon};

const TYPES: &[&str] = &[
    "session_not_found",
    "unauthorized_credentials",
    "user_unauthenticated",
    "invalid_secret_authentication",
    "intermediate_session_not_found",
    // Near to them in meaning.
    "invalid_session_token",
    "unable_to_parse_session_jwt",
    "invalid_authorization_header",
    "invalid_intermediate_session_token_for_organization",
    "endpoint_not_authorized_for_sdk",
    "session_authorization_error",
    "session_authorization_tenancy_error",
    "unauthorized_action",
    "no_session_arguments",
    "member_not_found",
    "organization_not_found",
    "magic_link_not_found",
    "otp_code_not_found",
    "unable_to_auth_otp_code",
    "unable_to_authenticate_totp",
    "unable_to_authenticate_recovery_code",
    "insufficient_factors_for_session_exchange",
    "action_available_only_once_primary_authentication_is_met",
    "captcha_required",
    "too_many_requests",
    "user_lock_limit_reached",
    "internal_server_error",
    "server_unavailable",
    "bad_request",
    "planet_out_of_alignment",
    // Near to them in spelling.
    "SESSION_NOT_FOUND",
    "Session_not_found",
    "session_not_found ",
    " session_not_found",
    "session_not_found\n",
    "session_not_found\u{0}",
    "\u{200b}session_not_found",
    "session_not_found_2",
    "a_session_not_found",
    "session-not-found",
    "session not found",
    "session_not_found,user_unauthenticated",
    "user_unauthenticated.",
    "unauthorized",
    "intermediate_session_not_found ",
    "Intermediate_session_not_found",
];

const STATUSES: [u16; 9] = [200, 302, 400, 401, 403, 404, 429, 500, 503];

/// What becomes of a session.
#[derive(Debug, PartialEq)]
enum Fate {
    /// As it was, bit for bit.
    Kept,
    /// Kept for the active session that it remembers, and expired.
    Dead,
    Ended,
}

/// The rule, in its own words.
///
/// The server speaks with a status from 400 to 499 that is not 429; nothing else is its word. An
/// active session ends when a refresh or a revoke is told that the session is unknown, or that
/// its bearer is unauthenticated; on the frontend, where the session is the credential, also when
/// the credential is refused. An intermediate session ends when a step that carries its token is
/// told that this token is unknown. Nothing else ends anything.
fn fate(frontend: bool, step: &str, from: &str, status: u16, error_type: &str) -> Fate {
    if !(400..500).contains(&status) || status == 429 {
        return Fate::Kept;
    }
    let asks_about_the_session = from == "A" && (step == "authenticate" || step == "revoke");
    let session_is_rejected = match error_type {
        "session_not_found" | "user_unauthenticated" => true,
        "unauthorized_credentials" | "invalid_secret_authentication" => frontend,
        _ => false,
    };
    let holds_intermediate = matches!(from, "D" | "P" | "M" | "P+" | "M+");
    if asks_about_the_session && session_is_rejected {
        Fate::Ended
    } else if holds_intermediate && error_type == "intermediate_session_not_found" {
        if from.ends_with('+') { Fate::Dead } else { Fate::Ended }
    } else {
        Fate::Kept
    }
}

#[test]
fn rejections_on_the_frontend() {
    check::<Frontend>(true);
}

#[test]
fn rejections_on_the_backend() {
    check::<Backend>(false);
}

fn check<P: Side>(frontend: bool) {
    let (mut ended, mut dead) = (0, 0);
    each_step(|step, from| {
        for status in STATUSES {
            for error_type in TYPES {
                let what =
                    format!("{status} {error_type:?} to {step} from {from} on the {}", P::NAME);
                let reply = api_error(status, error_type);
                let attempt = attempt::<P>(step, from, &reply, noon()).unwrap();
                let want = fate(frontend, step, from, status, error_type);
                match (&attempt.after, &want) {
                    (After::Kept { session, .. }, Fate::Kept) => {
                        assert_eq!(session.held(), attempt.before, "{what}");
                    }
                    (After::Kept { session, .. }, Fate::Dead) => {
                        dead += 1;
                        assert_eq!(attempt.letter(), "dead", "{what}");
                        assert_eq!(letter(session), from, "{what}");
                        // Nothing but that it is over has changed.
                        let mut held = session.held();
                        held["session"]["over"] = false.into();
                        assert_eq!(held, attempt.before, "{what}");
                    }
                    (After::Ended { .. }, Fate::Ended) => ended += 1,
                    (after, want) => panic!("{what}: {want:?} was due, got {after:?}"),
                }
                let error = attempt.after.error();
                assert_eq!(error.status().unwrap().as_u16(), status, "{what}");
                let kind = error.kind();
                match status {
                    200 => assert_eq!(kind, ErrorKind::Undecodable, "{what}"),
                    302 => assert_eq!(kind, ErrorKind::NotTheApi, "{what}"),
                    429 => assert_eq!(kind, ErrorKind::RateLimited, "{what}"),
                    500.. => assert_eq!(kind, ErrorKind::ServerFailed, "{what}"),
                    _ => assert!(error.api().is_some(), "{what}"),
                }
                assert!(!error.to_string().contains(char::is_control), "{what}: {error}");
            }
        }
    });
    // The product does meet the cases that end something: four statuses for each of refresh and
    // revoke with each type, and for each of the sixteen steps from D (two), P and M (seven each),
    // and the fourteen from P+ and M+.
    let types = if frontend { 4 } else { 2 };
    assert_eq!(ended, 4 * (2 * types + 16), "the cells that end a session");
    assert_eq!(dead, 4 * 14, "the cells that leave only the session before");
}

/// Taking up a session by its token is a question about a token from outside: the answer ends
/// nothing, because nothing was held.
#[test]
fn a_refused_token_leaves_no_session_and_loses_none() {
    for error_type in TYPES {
        let reply = api_error(404, error_type);
        let attempt = attempt::<Frontend>("authenticate", "N", &reply, noon()).unwrap();
        assert_eq!(attempt.letter(), "=", "{error_type}");
    }
}

/// The status of the line counts, not the one that the body claims.
#[test]
fn the_body_does_not_overrule_the_status() {
    for (status, claimed) in [(500, 404), (429, 404), (302, 404), (200, 404), (503, 401)] {
        let body = serde_json::json!({
            "status_code": claimed, "error_type": "session_not_found", "request_id": "r"
        });
        let reply = crate::common::response(status, body.to_string());
        for step in ["authenticate", "revoke"] {
            let attempt = attempt::<Frontend>(step, "A", &reply, noon()).unwrap();
            assert_eq!(attempt.letter(), "=", "{status} claiming {claimed} to {step}");
        }
    }
}

/// A rejection needs its type and nothing else: message, page and request id may be missing or
/// odd.
#[test]
fn a_bare_rejection_is_one() {
    for body in [
        r#"{"error_type":"session_not_found"}"#,
        r#" {"error_type" : "session_not_found", "request_id": null} "#,
        r#"{"error_type":"session_not_found","error_message":7,"error_url":[],"request_id":{}}"#,
        r#"{"error_type":"session_not_found","status_code":"404","more":{"x":[1,null]}}"#,
        r#"{"error_type":"session_not_found","error":"x","body":[]}"#,
        r#"{"error_type":"session\u005fnot_found"}"#,
    ] {
        for status in [400, 401, 403, 404, 410, 499] {
            let reply = crate::common::response(status, body);
            for step in ["authenticate", "revoke"] {
                let front = attempt::<Frontend>(step, "A", &reply, noon()).unwrap();
                let back = attempt::<Backend>(step, "A", &reply, noon()).unwrap();
                assert_eq!([front.letter(), back.letter()], ["over"; 2], "{status} {body}");
            }
        }
    }
}

/// Errors in the frontend's schema shape, in the shape of OAuth, or in an envelope name no
/// `error_type` at their top, and end nothing whatever they contain.
#[test]
fn other_shapes_never_reject() {
    for body in [
        r#"{"error":"session_not_found","error_description":"There is no such session."}"#,
        r#"{"body":[{"message":"session_not_found"}]}"#,
        r#"{"query":[],"error":"session_not_found"}"#,
        r#"{"data":{"error_type":"session_not_found"}}"#,
        r#"{"error_type":["session_not_found"]}"#,
        r#"{"error_type":{"session_not_found":true}}"#,
        r#"{"error_type":""}"#,
        r#"{"error_type":null,"error_message":"session_not_found"}"#,
        r#"[{"error_type":"session_not_found"}]"#,
        r#"["error_type","session_not_found"]"#,
        r#""session_not_found""#,
        "session_not_found",
        r#"{"error_type":"session_not_found""#,
        r#"{"error_type":"session_not_found"}{}"#,
        r#"{"error_type":"session_not_found"} trailing"#,
        r#"<html>{"error_type":"session_not_found"}</html>"#,
        r#"{"error_type":"otp_code_not_found","error_type":"session_not_found"}"#,
        "\u{feff}{\"error_type\":\"session_not_found\"}",
        "{}",
        "null",
        "",
    ] {
        for status in [400, 401, 403, 404] {
            let reply = crate::common::response(status, body);
            each_step(|step, from| {
                let front = attempt::<Frontend>(step, from, &reply, noon()).unwrap();
                let back = attempt::<Backend>(step, from, &reply, noon()).unwrap();
                let what = format!("{status} {body} to {step} from {from}");
                assert_eq!([front.letter(), back.letter()], ["="; 2], "{what}");
            });
        }
    }
}
