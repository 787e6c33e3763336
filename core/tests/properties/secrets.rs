//! No secret is shown: not by `Debug`, not by `Display`, not in a chain of errors, and not when a
//! server writes it back.

use crate::cases;
use crate::oracle::secrets::{
    Show, all_secrets, check, escapes, known_secrets, request_texts, said, said_by, shown,
};
use crate::world::{Case, Kit, Side, now, response, stored, success};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use stytch_session::{
    Application, Client, Code, Context, DiscoveryPassword, Error, ErrorKind,
    IntermediateSessionToken, PasswordText, ProjectSecret, RecoveryCode, Seed, Session, SessionJwt,
    SessionToken, SmsCode, StoredSession, TotpCode, WrongState,
};

/// What Stytch mints: visible ASCII, from what is easily told from words to what is not.
fn any_token() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9_-]{44}", "[!-~]{8,60}", "[a-z]{12,40}", "[A-Za-z0-9_.-]{100,300}"]
}

/// What a person types: any text.
fn any_password() -> impl Strategy<Value = String> {
    prop_oneof![
        any_token(),
        "[a-z]{3,8} [a-z]{3,8} [A-Z][a-z]{3,8}[0-9]{1,4}",
        "\\PC{8,24}",
        "[a-z]{4}[\\x01-\\x1f\\x7f][a-z]{4}",
    ]
    .prop_filter("too short", |text| text.trim().len() >= 8)
}

fn any_kit() -> impl Strategy<Value = Kit> {
    let tokens = (any_token(), any_token(), any_token(), any_token(), any_token());
    let users = ("[!-9;-~]{1,60}", "[!-9;-~]{1,60}");
    let more = (any_token(), any_token(), any_token(), any_token(), any_token(), any_password());
    let verifier = "[A-Za-z0-9._~-]{43,128}";
    (tokens, any_token(), any_token(), any_token(), any_password(), users, more, verifier).prop_map(
        |(tokens, code, project_secret, captcha, password, users, more, verifier)| Kit {
            login_token: more.0,
            access_token: more.1,
            trusted_token: more.2,
            foreign_token: more.3,
            totp_secret: more.4,
            new_password: more.5,
            verifier,
            session_token: tokens.0,
            session_jwt: tokens.1,
            previous_token: tokens.2,
            previous_jwt: tokens.3,
            intermediate_token: tokens.4,
            code,
            project_secret,
            captcha,
            password,
            project_id: users.0,
            public_token: users.1,
            ..Kit::default()
        },
    )
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn values_are_shown_without_secrets(kit in any_kit()) {
        let secrets = all_secrets(&kit);
        let application = Application::new("com.example.app", 1);
        let context = Context::new(now(), Seed::from([7; 32]), &application);
        let mut texts = vec![
            shown(&kit.backend()),
            shown(&kit.frontend()),
            shown(&Client::new(kit.backend(), ())),
            shown(&Client::builder(kit.frontend(), ())),
            shown(&context),
            shown(&kit.verifier()),
            shown(&kit.password()),
            shown(&DiscoveryPassword::new("ada@example.com", &*kit.password)),
            shown(&PasswordText::from(&*kit.password)),
            shown(&SessionToken::new(&*kit.session_token).unwrap()),
            shown(&SessionJwt::new(&*kit.session_jwt).unwrap()),
            shown(&IntermediateSessionToken::new(&*kit.intermediate_token).unwrap()),
            shown(&ProjectSecret::new(&*kit.project_secret).unwrap()),
            shown(&Code::new(&*kit.code).unwrap()),
            shown(&SmsCode::new(&*kit.code)),
            shown(&TotpCode::new(&*kit.code)),
            shown(&RecoveryCode::new(&*kit.code)),
        ];
        for session in kit.every_state() {
            texts.push(shown(&session));
            texts.push(shown(&session.to_stored()));
            let wrong: Option<WrongState> = match session.kind() {
                stytch_session::StateKind::LoggedOut => {
                    Session::<stytch_session::Active>::try_from(session).err()
                }
                _ => Session::<stytch_session::LoggedOut>::try_from(session).err(),
            };
            let wrong = wrong.expect("another state");
            texts.push(format!("{wrong}\n{}", shown(&wrong)));
        }
        // The users of the Basic credentials are no secrets: only they may be shown.
        for text in texts {
            check(&text, &secrets, &kit);
        }
    }

    #[test]
    fn steps_calls_and_requests_are_shown_without_secrets(
        (case, side) in select(Case::with_sides()),
        kit in any_kit(),
        status in select(vec![200_u16, 404, 502]),
    ) {
        let secrets = all_secrets(&kit);
        let reply = response(status, side.wrap(kit.payload(case.successes()[0])).to_string());
        check(&case.visit(side, &kit, Show(&reply)), &secrets, &kit);
        check(&request_texts(&case.request(side, &kit, now())), &secrets, &kit);
    }

    /// In every member of every shape of error, in clear, escaped, and as a Basic credential.
    #[test]
    fn echoes_are_taken_out(
        (case, side) in select(Case::with_sides()),
        kit in any_kit(),
        (before, after) in ("[ -~]{0,20}", "[ -~]{0,20}"),
        quoted in 0..7_usize,
        place in 0..10_usize,
        which in any::<Index>(),
    ) {
        let secrets = known_secrets(case, side, &kit);
        prop_assume!(!secrets.is_empty());
        let secret = &secrets[which.index(secrets.len())];
        let quote = match quoted {
            0 | 1 => secret.clone(),
            2 => {
                let credential = case.request(side, &kit, now()).headers()["authorization"].clone();
                credential.to_str().unwrap().replace("Basic ", "")
            }
            _ => escapes(secret)[quoted - 3].clone(),
        };
        // An escape that is begun before the quote would change what the quote says.
        let echo = match quoted {
            0..=2 => format!("{before}{quote}{after}"),
            _ => format!("{before} {quote} {after}"),
        };
        let mut body = json!({
            "error_type": "bad_request", "error_message": "no", "error_url": "https://x",
            "request_id": "request-id-test-1", "status_code": 400,
        });
        match place {
            0..=3 => {
                let name = ["error_type", "error_message", "error_url", "request_id"][place];
                body[name] = json!(echo);
            }
            4 => body = json!({ "error": echo, "request_id": "request-id-test-1" }),
            5 => body = json!({ "error": "invalid_grant", "error_description": echo }),
            6 => body = json!({ "error": "invalid_grant", "error_uri": echo }),
            7 => body = json!({ "body": [{ "dataPath": ".x", "message": echo }] }),
            8 => body = json!({ "query": [{ "dataPath": echo, "message": "no" }] }),
            _ => body = json!({ "error_details": { echo.as_str(): echo } }),
        }
        let reply = response(400, body.to_string());
        let text = case.visit(side, &kit, Show(&reply));
        check(&text, &secrets, &kit);
        // A credential on the frontend may hold no secret at all; `check` knows.
        prop_assert!(quoted == 2 || !text.contains(&quote), "{quote:?} is shown in: {text}");
        // A body that is no JSON, and one that is not the endpoint's.
        for status in [200, 400, 502] {
            for text in [echo.clone(), format!("<p>{echo}</p>"), json!(echo).to_string()] {
                let outcome = case.complete(side, &kit, &response(status, text), now());
                check(&said_by(&outcome), &secrets, &kit);
            }
        }
    }

    /// A secret where something else is expected: decoders like to quote what they find.
    #[test]
    fn decoding_errors_quote_nothing(
        (case, side) in select(Case::with_sides()),
        at in any::<Index>(),
        secret in prop_oneof![any_password(), any_token().prop_map(|text| format!("x, expected {text}"))],
        shape in 0..5_usize,
        which in any::<Index>(),
    ) {
        let kit = Kit::default();
        let mut payload = kit.payload(case.successes()[which.index(case.successes().len())]);
        let mut places = vec![];
        pointers(&payload, "", &mut places);
        // Open objects keep what they are given, and sessions show it.
        let is_open = |place: &&String| place.contains("metadata") || place.contains("claims");
        places.retain(|place| !is_open(&place));
        let place = &places[at.index(places.len())];
        let secret_text = secret.clone();
        *payload.pointer_mut(place).unwrap() = match shape {
            0 => json!(secret),
            1 => json!({ "x": secret }),
            2 => json!([secret]),
            3 => json!({ secret_text: 1 }),
            _ => json!([{ "x": [secret] }]),
        };
        let outcome = case.complete(side, &kit, &success(side, &payload), now());
        if let Some(error) = outcome.error() {
            prop_assert_eq!(error.kind(), ErrorKind::Undecodable);
            check(&said(error), &[secret], &kit);
        }
    }

    /// A store that holds something else must not be quoted in a log.
    #[test]
    fn damaged_documents_are_not_quoted(
        kit in any_kit(),
        secret in any_token(),
        at in any::<Index>(),
        which in 0..5_usize,
        shape in 0..4_usize,
    ) {
        let mut document = stored(&kit.every_state()[which]);
        let mut places = vec![];
        pointers(&document, "", &mut places);
        let place = &places[at.index(places.len())];
        *document.pointer_mut(place).unwrap() = match shape {
            0 => json!(secret),
            1 => json!({ "x": secret }),
            2 => json!({ secret.as_str(): 1 }),
            _ => json!([secret]),
        };
        let mut secrets = all_secrets(&kit);
        secrets.push(secret);
        if let Err(error) = serde_json::from_value::<StoredSession>(document.clone()) {
            check(&format!("{error}\n{}", shown(&error)), &secrets, &kit);
        }
        if let Err(error) = serde_json::from_str::<StoredSession>(&document.to_string()) {
            check(&format!("{error}\n{}", shown(&error)), &secrets, &kit);
        }
    }

    /// What is refused is not quoted either.
    #[test]
    fn refused_input_is_not_quoted(secret in "[A-Za-z0-9_-]{12,40}", odd in "[\\x00-\\x20\\x7f]|\u{e9}") {
        let text = format!("{secret}{odd}");
        let kit = Kit::default();
        let errors = [
            SessionToken::new(&*text).unwrap_err(),
            SessionJwt::new(&*text).unwrap_err(),
            IntermediateSessionToken::new(&*text).unwrap_err(),
            ProjectSecret::new(&*text).unwrap_err(),
            Code::new(&*text).unwrap_err(),
            kit.frontend().with_base_url(&format!("https://{secret}@x.example")).unwrap_err(),
            kit.frontend().with_base_url(&format!("https://x.example/?{text}")).unwrap_err(),
        ];
        for error in errors {
            let text = format!("{error}\n{error:?}\n{}", said(&Error::from(error)));
            check(&text, std::slice::from_ref(&secret), &kit);
        }
    }
}

/// Chance leaves gaps where there are so many requests: here each secret of each is written back.
#[test]
fn every_secret_of_every_request_is_taken_out() {
    let mut runner = TestRunner::deterministic();
    let mut seen = 0;
    for _ in 0..4 {
        let kit = any_kit().new_tree(&mut runner).expect("a kit").current();
        for (case, side) in Case::with_sides() {
            for secret in known_secrets(case, side, &kit) {
                let quotes = std::iter::once(secret.clone()).chain(escapes(&secret));
                for quote in quotes {
                    let echo = json!({ "error_type": "bad_request", "error_message": format!("< {quote} >") });
                    let text = case.visit(side, &kit, Show(&response(400, echo.to_string())));
                    assert!(!text.contains(&quote), "{case:?} {side:?}: {quote:?} in {text}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 4 * Case::with_sides().len(), "{seen}");
}

/// The two that only the frontend's protected auth gives a captcha token.
#[test]
fn captcha_tokens_are_taken_out_of_echoes() {
    let kit = Kit::default();
    let project = kit.frontend();
    let captcha = "proof-of-a-solved-captcha";
    let echo = json!({ "error_type": "captcha_failed", "error_message": format!("<{captcha}>") });
    let reply = response(429, echo.to_string());

    let token = stytch_session::LoginToken::new("token-1").unwrap();
    let step = Session::new().impersonate(token).captcha_token(captcha);
    let failure = project.complete(step, &reply, now()).unwrap_err();
    assert!(!said(failure.error()).contains(captcha), "{failure}");

    let session = kit.active();
    let call = session.rotate_recovery_codes().captcha_token(captcha);
    let error = project.decode(&call, &reply).unwrap_err();
    assert!(!said(&error).contains(captcha), "{error}");
}

fn pointers(value: &Value, here: &str, into: &mut Vec<String>) {
    into.push(here.to_owned());
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pointers(item, &format!("{here}/{at}"), into);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{here}/{name}"), into);
            }
        }
        _ => {}
    }
}

/// A text is cut before it is searched: what is cut off must not leave a part to be seen.
#[test]
fn no_part_of_a_long_secret_is_shown() {
    for length in [2000, 8192, 40_000] {
        let secret = "abcdefghijklmnopqrstuvwxyz".repeat(length / 26);
        let kit = Kit { session_jwt: secret.clone(), ..Kit::default() };
        for before in [0, 1, 30_000, 32_000] {
            let echo = format!("{} {}", " ".repeat(before), secret.repeat(70_000 / length));
            let body = json!({ "error_type": "bad_request", "error_message": echo });
            let reply = response(400, body.to_string());
            let text = Case::Refresh.visit(Side::Backend, &kit, Show(&reply));
            assert!(!text.contains(&secret[..26]), "{length} {before}: {text}");
        }
    }
}

/// A credential goes out marked, so that transports and logs know.
#[test]
fn credentials_are_marked_as_sensitive() {
    let kit = Kit::default();
    for (case, side) in Case::with_sides() {
        let request = case.request(side, &kit, now());
        assert!(request.headers()["authorization"].is_sensitive());
        for name in ["x-stytch-member-session", "x-stytch-member-sessionjwt"] {
            assert!(request.headers().get(name).is_none_or(http::HeaderValue::is_sensitive));
        }
    }
}
