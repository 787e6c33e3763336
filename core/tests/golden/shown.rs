//! What people read: each kind of error in its words, and what programs may ask of it.

use std::error::Error as _;
use std::time::Duration;

use stytch_session::{
    Active, AnySession, Application, Backend, Call as _, Delivery, Discovery, Error, ErrorKind,
    Failure, Frontend, GetJwks, OrganizationId, ProjectId, PublicToken, Response, Seed, Session,
    StateKind, StoredSession, TransportError, TransportErrorKind, WrongState,
};

use crate::common::scenario::{self, logged_out};
use crate::common::{
    Held as _, PROJECT_ID, PROJECT_SECRET, PUBLIC_TOKEN, Side as _, fixture, noon, response,
};

fn refresh(reply: &Response) -> Error {
    let step = scenario::active::<Backend>().authenticate();
    Backend::project().complete(step, reply, noon()).unwrap_err().into_error()
}

/// What went wrong, and what a person can do about it.
#[test]
fn each_error_says_what_to_do() {
    let input = OrganizationId::new("").unwrap_err();
    let network = TransportError::new(TransportErrorKind::Timeout, Delivery::Unknown);
    for (error, kind, words) in [
        (
            Error::from(input),
            ErrorKind::InvalidInput,
            "invalid organization id: it is empty; correct the value",
        ),
        (
            Error::from(network),
            ErrorKind::Network,
            "the server did not answer in time (the request may have reached the server); \
             check the connection and try again",
        ),
        (
            refresh(&response(
                404,
                r#"{"error_type":"session_not_found","error_message":"No such session."}"#,
            )),
            ErrorKind::SessionGone,
            "the server refused: No such session (404 session_not_found); log in again",
        ),
        (
            refresh(&response(400, r#"{"error_type":"bad_request","request_id":"request-1"}"#)),
            ErrorKind::Refused,
            "the server refused (400 bad_request, request request-1); \
             correct the request; sending it again as it is will not help",
        ),
        (
            refresh(&response(
                400,
                r#"{"body":[{"dataPath":"email","message":"should be text"}]}"#,
            )),
            ErrorKind::Refused,
            "the server refused: email should be text (400 schema error); \
             correct the request; sending it again as it is will not help",
        ),
        (
            refresh(&response(429, r#"{"error_type":"too_many_requests"}"#)),
            ErrorKind::RateLimited,
            "the server refused (429 too_many_requests); wait before trying again",
        ),
        (
            refresh(&response(503, "<html>")),
            ErrorKind::ServerFailed,
            "an answer with status 503 that is not the API's; try again later",
        ),
        (
            refresh(&response(302, "")),
            ErrorKind::NotTheApi,
            "a redirect (302), which is never followed, in place of an API answer; check the base \
             URL, and whether a proxy or a login page stands in between",
        ),
        (
            refresh(&response(403, "<html>")),
            ErrorKind::NotTheApi,
            "an answer with status 403 that is not the API's; check the base URL, and whether a \
             proxy or a login page stands in between",
        ),
        (
            refresh(&response(200, "<html>")),
            ErrorKind::Undecodable,
            "the server's reply cannot be understood: the body is not a JSON object; check the \
             base URL; if it is right, report the reply",
        ),
    ] {
        assert_eq!(error.to_string(), words);
        assert_eq!(error.kind(), kind, "{words}");
        assert!(words.ends_with(error.advice()), "{words}");
    }
}

/// What was expected of a value that cannot be read; never the value, which may be a secret.
#[test]
fn what_cannot_be_understood_is_named() {
    let Error::Decode(error) = refresh(&response(200, "[]")) else { panic!() };
    assert_eq!(error.problem(), "the body is not a JSON object");
    for (place, expected) in [
        ("/session_token", "expected a string or null"),
        ("/member_session/expires_at", "expected an RFC 3339 date and time"),
        ("/member_session/authentication_factors/0", "expected an authentication factor"),
    ] {
        let mut body = fixture("sessions.authenticate.success");
        *body.pointer_mut(place).unwrap() = 424_242.into();
        let Error::Decode(error) = refresh(&response(200, body.to_string())) else { panic!() };
        assert!(error.problem().contains(expected), "{}", error.problem());
        assert!(error.to_string().contains(error.problem()), "{error}");
        assert!(!format!("{error} {error:?}").contains("424242"), "{error:?}");
    }
    let jwks = GetJwks::new().decode(&response(200, r#"{"keys":7}"#));
    let Err(Error::Decode(error)) = jwks else { panic!() };
    assert!(error.problem().contains("expected an array of at most 64 items"), "{error}");
}

#[test]
fn a_failure_says_what_became_of_the_session() {
    let gone = response(404, r#"{"error_type":"session_not_found"}"#);
    let words = "the server refused (404 session_not_found); log in again";
    let refresh = scenario::active::<Backend>().authenticate();
    let ended = Backend::project().complete(refresh, &gone, noon()).unwrap_err();
    assert_eq!(ended.to_string(), format!("{words} (the session has ended)"));
    let exchange = scenario::active::<Backend>().exchange(&scenario::organization("north-pier"));
    let kept = Backend::project().complete(exchange, &gone, noon()).unwrap_err();
    assert_eq!(kept.to_string(), format!("{words} (nothing was lost)"));
}

/// Each kind of transport error, whether the same request may succeed later, and its cause.
#[test]
fn transport_errors() {
    use TransportErrorKind::{Connect, Interrupted, Malformed, Other, Refused, Timeout, TooLarge};
    for (kind, retryable, words) in [
        (Connect, true, "could not connect to the server"),
        (Timeout, true, "the server did not answer in time"),
        (Interrupted, true, "the connection broke before the reply was complete"),
        (TooLarge, false, "the reply exceeds the size limit"),
        (Malformed, true, "the reply is not valid HTTP"),
        (Refused, false, "the transport refused to send the request"),
        (Other, true, "the transport failed"),
    ] {
        for (delivery, reached, and) in [
            (Delivery::NotSent, false, "(the request was not sent)"),
            (Delivery::Unknown, true, "(the request may have reached the server)"),
        ] {
            let error = TransportError::new(kind, delivery);
            assert_eq!(error.to_string(), format!("{words} {and}"));
            assert_eq!(error.can_have_reached_server(), reached, "{error}");
            assert!(error.source().is_none());
            let shown = format!("{error:?}");
            assert!(shown.contains(&format!("{kind:?}")), "{shown}");
            assert!(shown.contains(&format!("{delivery:?}")), "{shown}");

            let error = Error::from(error.with_source("out of cable"));
            assert_eq!(error.is_retryable(), retryable, "{error}");
            assert_eq!(error.can_have_reached_server(), reached, "{error}");
            assert_eq!(error.kind(), ErrorKind::Network);
            assert_eq!(error.source().unwrap().to_string(), "out of cable");
            let failure = Failure::Kept { session: (), error };
            assert_eq!(failure.source().unwrap().to_string(), "out of cable");
        }
    }
    assert!(refresh(&response(400, "{}")).source().is_none());
}

/// The wait that the server asked for is told whatever the shape of its refusal.
#[test]
fn how_long_to_wait() {
    for body in [
        r#"{"error_type":"too_many_requests"}"#,
        r#"{"error":"slow_down"}"#,
        r#"{"body":[{"message":"too much"}]}"#,
        "<html>",
    ] {
        for status in [400, 429, 503] {
            let mut reply = response(status, body);
            assert_eq!(refresh(&reply).retry_after(), None, "{status} {body}");
            reply.headers_mut().insert("retry-after", "120".parse().unwrap());
            let error = refresh(&reply);
            assert_eq!(error.retry_after(), Some(Duration::from_secs(120)), "{status} {body}");
            if let Some(api) = error.api() {
                assert_eq!(api.retry_after(), error.retry_after(), "{body}");
            }
        }
    }
}

/// A log line of an error names all by which it can be looked up.
#[test]
fn an_api_error_in_a_log() {
    let body = r#"{"error_type":"bad_request","error_message":"No.","request_id":"request-1"}"#;
    let shown = format!("{:?}", refresh(&response(418, body)));
    for part in ["418", "bad_request", "No.", "request-1"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

/// However much a server writes, so much of it is shown.
#[test]
fn the_beginning_of_a_long_message_is_shown() {
    for length in [1024, 1025, 40_000, 1_000_000] {
        let message = "all work and no play ".repeat(length / 21 + 1);
        let body = serde_json::json!({ "error_type": "bad_request", "error_message": message });
        let error = refresh(&response(400, body.to_string()));
        assert_eq!(error.api().unwrap().message(), Some(&message[..1024]), "{length}");
    }
}

#[test]
fn a_wrong_state_names_both() {
    type Row = (fn() -> AnySession, StateKind, &'static str);
    let states: [Row; 4] = [
        (|| logged_out().into(), StateKind::LoggedOut, "logged out"),
        (|| scenario::discovery::<Frontend>().into(), StateKind::Discovery, "discovery"),
        (|| scenario::mfa_required::<Frontend>().into(), StateKind::Intermediate, "intermediate"),
        (|| scenario::active::<Frontend>().into(), StateKind::Active, "active"),
    ];
    for (session, kind, name) in states {
        assert_eq!(session().kind(), kind);
        assert_eq!(kind.to_string(), name);
        let held = session().held();
        let error: WrongState = match kind {
            StateKind::Active => Session::<Discovery>::try_from(session()).unwrap_err(),
            _ => Session::<Active>::try_from(session()).unwrap_err(),
        };
        let expected = if kind == StateKind::Active { "discovery" } else { "active" };
        assert_eq!(error.to_string(), format!("the session is {name}, not {expected}"));
        assert_eq!(error.into_session().held(), held);
    }
}

/// A log line of a session says which state it is in.
#[test]
fn sessions() {
    for (shown, state) in [
        (format!("{:?}", logged_out()), "LoggedOut"),
        (format!("{:?}", scenario::discovery::<Backend>()), "Discovery"),
        (format!("{:?}", scenario::mfa_required::<Backend>()), "Intermediate"),
        (format!("{:?}", scenario::active::<Backend>()), "Active"),
    ] {
        assert!(shown.starts_with(&format!("Session({state}")), "{shown}");
    }
}

#[test]
fn a_session_of_a_newer_program_names_its_version() {
    let mut held = scenario::active::<Backend>().held();
    held["version"] = 4_000.into();
    let stored: StoredSession = serde_json::from_value(held).unwrap();
    let error = AnySession::restore(stored, noon()).unwrap_err();
    assert_eq!(error.version(), 4_000);
    assert_eq!(
        error.to_string(),
        "the stored session has version 4000, and this library reads up to 1; use the newer \
         program that stored it, or log in again"
    );
}

/// Which project it is, on which surface and where, can be read; what is secret cannot.
#[test]
fn projects() {
    let token = PublicToken::new(PUBLIC_TOKEN).unwrap();
    assert_eq!(token.as_str(), PUBLIC_TOKEN);
    assert_eq!(format!("{token:?}"), format!("PublicToken({PUBLIC_TOKEN:?})"));
    let id = ProjectId::new(PROJECT_ID).unwrap();
    assert_eq!(id.as_str(), PROJECT_ID);
    assert_eq!(format!("{id:?}"), format!("ProjectId({PROJECT_ID:?})"));
    let frontend = format!("{:?}", Frontend::project());
    for part in ["Frontend", PUBLIC_TOKEN, "test.stytch.com"] {
        assert!(frontend.contains(part), "{part} in {frontend}");
    }
    let backend = format!("{:?}", Backend::project());
    for part in ["Backend", PROJECT_ID, "test.stytch.com", "[redacted]"] {
        assert!(backend.contains(part), "{part} in {backend}");
    }
    assert!(!backend.contains(PROJECT_SECRET), "{backend}");
    let application = Application::new("com.example.app", 7_u64);
    assert_eq!(application.identifier(), "com.example.app");
}

/// Randomness from which secrets are made shows nothing of itself.
#[test]
fn seeds() {
    assert_eq!(format!("{:?}", Seed::from([7; 32])), "Seed([redacted])");
}
