//! How long an intermediate session lives, and what is there after it.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use stytch_session::{
    Abandoned, AnySession, Backend, Discovery, Frontend, Intermediate, Response, Session,
    StoredSession,
};

use crate::common::attempt::{After, complete};
use crate::common::scenario::{self, letter, organization, password};
use crate::common::{Held, Side, fixture, golden, golden_error, minute, noon, success};

fn restored(held: &Value, now: SystemTime) -> AnySession {
    let stored: StoredSession = serde_json::from_value(held.clone()).unwrap();
    AnySession::restore(stored, now).unwrap()
}

fn intermediate(after: After) -> Session<Intermediate> {
    match after.session() {
        AnySession::Intermediate(session) => session,
        other => panic!("{other:?}"),
    }
}

/// The payload with another intermediate token.
fn with_token(name: &str, token: &str) -> Value {
    let mut payload = fixture(name);
    payload["intermediate_session_token"] = token.into();
    payload
}

/// The step leads on with this token at minute 4: when does the session then end?
fn expiry_after<P: Side>(
    name: &str,
    token: &str,
    step: impl FnOnce(&Response, SystemTime) -> After,
) -> String {
    let session = intermediate(step(&success::<P>(&with_token(name, token)), minute(4)));
    assert_eq!(session.intermediate_session_token().secret(), token);
    session.expires_at().to_string()
}

const SAME: &str = "2030-06-01T12:10:00Z";
const ANEW: &str = "2030-06-01T12:14:00Z";

/// Ten minutes from the first receipt of a token: the same token coming back changes nothing,
/// another one starts anew.
#[test]
fn ten_minutes_from_the_first_receipt() {
    fn check<P: Side>() {
        let north_pier = organization("north-pier");
        let begin: [fn() -> Session<Intermediate>; 4] = [
            scenario::mfa_required::<P>,
            scenario::primary_required::<P>,
            scenario::mfa_required_after_exchange::<P>,
            scenario::primary_required_after_exchange::<P>,
        ];
        for begin in begin {
            let held = begin().intermediate_session_token().secret().to_owned();
            assert_eq!(begin().expires_at().to_string(), SAME);
            for (token, end) in [(&*held, SAME), ("another-token", ANEW)] {
                for unfinished in ["mfa_required", "primary_required"] {
                    let name = format!("passwords.authenticate.{unfinished}");
                    let expiry = expiry_after::<P>(&name, token, |reply, now| {
                        complete::<P, _>(begin().login(password()), reply, now)
                    });
                    assert_eq!(expiry, end, "login on the {}", P::NAME);
                    let name = format!("discovery.intermediate_sessions.exchange.{unfinished}");
                    let expiry = expiry_after::<P>(&name, token, |reply, now| {
                        complete::<P, _>(begin().exchange(&north_pier), reply, now)
                    });
                    assert_eq!(expiry, end, "discovery exchange on the {}", P::NAME);
                }
            }
        }
        let discovery = scenario::discovery::<P>;
        let held = discovery().intermediate_session_token().secret().to_owned();
        assert_eq!(discovery().expires_at().to_string(), SAME);
        for (token, end) in [(&*held, SAME), ("another-token", ANEW)] {
            let name = "discovery.intermediate_sessions.exchange.mfa_required";
            let expiry = expiry_after::<P>(name, token, |reply, now| {
                complete::<P, _>(discovery().exchange(&north_pier), reply, now)
            });
            assert_eq!(expiry, end, "from discovery on the {}", P::NAME);
        }
        let expiry = expiry_after::<P>("sessions.exchange.mfa_required", "first", |reply, now| {
            complete::<P, _>(scenario::active::<P>().exchange(&north_pier), reply, now)
        });
        assert_eq!(expiry, ANEW, "from active on the {}", P::NAME);
    }
    check::<Frontend>();
    check::<Backend>();
}

/// Not by repetition either: at minutes 3, 6 and 9, and over restarts in between.
#[test]
fn no_life_is_won_by_repetition_or_restarts() {
    let mut session = scenario::mfa_required_after_exchange::<Frontend>();
    for at in [3, 6, 9] {
        let restored = restored(&session.held(), minute(at));
        let AnySession::Intermediate(again) = restored else { panic!("{restored:?}") };
        let reply = golden::<Frontend>("passwords.authenticate.mfa_required");
        session =
            intermediate(complete::<Frontend, _>(again.login(password()), &reply, minute(at)));
        assert_eq!(session.expires_at().to_string(), SAME);
        assert!(!session.is_expired(minute(at)));
    }
    assert!(session.is_expired(minute(10)));
}

#[test]
fn the_last_instant() {
    let last = minute(10) - Duration::from_nanos(1);
    let discovery: Session<Discovery> = scenario::discovery::<Backend>();
    assert!(!discovery.is_expired(noon()) && !discovery.is_expired(last));
    assert!(discovery.is_expired(minute(10)));
    let session = scenario::mfa_required::<Backend>();
    assert!(!session.is_expired(last) && session.is_expired(minute(10)));
    // A clock that was set back does not end it.
    assert!(!session.is_expired(SystemTime::UNIX_EPOCH));
    let active = scenario::active::<Backend>();
    assert!(!active.is_expired(minute(60) - Duration::from_nanos(1)));
    assert!(active.is_expired(minute(60)));
}

/// "10 minutes pass", "`expires_at` passes" and "start-up": what a restart at that time finds.
#[test]
fn what_a_restart_finds() {
    type Row = (fn() -> AnySession, [&'static str; 5]);
    let table: [Row; 7] = [
        (|| scenario::logged_out().into(), ["N", "N", "N", "N", "N"]),
        (|| scenario::discovery::<Backend>().into(), ["D", "D", "N", "N", "N"]),
        (|| scenario::primary_required::<Backend>().into(), ["P", "P", "N", "N", "N"]),
        (|| scenario::mfa_required::<Backend>().into(), ["M", "M", "N", "N", "N"]),
        (|| scenario::active::<Backend>().into(), ["A", "A", "A", "A", "N"]),
        (
            || scenario::primary_required_after_exchange::<Backend>().into(),
            ["P+", "P+", "A", "A", "N"],
        ),
        (|| scenario::mfa_required_after_exchange::<Backend>().into(), ["M+", "M+", "A", "A", "N"]),
    ];
    for (session, want) in table {
        let session = session();
        let held = session.held();
        for (minutes, want) in [0, 9, 10, 59, 60].into_iter().zip(want) {
            let found = restored(&held, minute(minutes));
            assert_eq!(letter(&found), want, "{} at minute {minutes}", letter(&session));
            if want == letter(&session) {
                assert_eq!(found.held(), held, "bit for bit");
            }
        }
    }
}

/// What the stored form of a remembered session says is what it said when it was active.
#[test]
fn what_is_remembered_survives_a_restart() {
    let active = scenario::active::<Backend>().held();
    for session in [
        scenario::mfa_required_after_exchange::<Backend>(),
        scenario::primary_required_after_exchange::<Backend>(),
    ] {
        let found = restored(&session.held(), minute(5));
        let AnySession::Intermediate(found) = found else { panic!("{found:?}") };
        let Abandoned::Active(found) = found.abandon() else { panic!() };
        assert_eq!(found.held(), active);
        let found = restored(&session.held(), minute(11));
        assert_eq!(found.held(), active);
    }
}

/// The server says that the token is unknown: nothing is left of a login, and the session before
/// it of an exchange, also over a restart.
#[test]
fn a_dead_token_is_dropped_at_once() {
    fn check<P: Side>() {
        let gone = golden_error("intermediate_session_not_found");
        let login = |session: Session<Intermediate>| {
            complete::<P, _>(session.login(password()), &gone, minute(1))
        };
        for session in [scenario::mfa_required::<P>(), scenario::primary_required::<P>()] {
            assert!(matches!(login(session), After::Ended { .. }));
        }
        for session in [
            scenario::mfa_required_after_exchange::<P>(),
            scenario::primary_required_after_exchange::<P>(),
        ] {
            let session = intermediate(login(session));
            assert!(session.is_expired(minute(1)) && session.is_expired(noon()));
            assert!(session.is_expired(SystemTime::UNIX_EPOCH));
            let held = session.held();
            assert_eq!(letter(&restored(&held, minute(1))), "A");
            // Said twice is said once.
            let session = intermediate(login(session));
            assert_eq!(session.held(), held);
            let Abandoned::Active(before) = session.abandon() else { panic!() };
            assert_eq!(before.held(), scenario::active::<P>().held());
        }
    }
    check::<Frontend>();
    check::<Backend>();
}

/// A token that the server called unknown does not rise again when a reply repeats it.
#[test]
fn a_dead_token_stays_dead() {
    let gone = golden_error("intermediate_session_not_found");
    let session = scenario::mfa_required_after_exchange::<Backend>();
    let session = intermediate(complete::<Backend, _>(session.login(password()), &gone, minute(1)));
    let reply = golden::<Backend>("passwords.authenticate.mfa_required");
    let session =
        intermediate(complete::<Backend, _>(session.login(password()), &reply, minute(2)));
    assert!(session.is_expired(minute(2)));
    // Another token is a new beginning.
    let reply = success::<Backend>(&with_token("passwords.authenticate.mfa_required", "new"));
    let session =
        intermediate(complete::<Backend, _>(session.login(password()), &reply, minute(3)));
    assert!(!session.is_expired(minute(3)));
    assert_eq!(session.expires_at().to_string(), "2030-06-01T12:13:00Z");
}

/// An intermediate session shows nothing of a session: in particular none of its own is stored.
#[test]
fn intermediate_is_not_authenticated() {
    for session in [scenario::mfa_required::<Backend>(), scenario::primary_required::<Backend>()] {
        let held = session.held();
        for field in ["session_token", "session_jwt", "member_session", "roles", "previous"] {
            assert_eq!(held["session"].get(field), None, "{field}");
        }
    }
    let mut odd = fixture("passwords.authenticate.mfa_required");
    odd["member_session"] = Value::Null;
    odd["session_token"] = json!("");
    assert_eq!(
        letter(
            &complete::<Backend, _>(
                scenario::logged_out().login(password()),
                &success::<Backend>(&odd),
                noon()
            )
            .session()
        ),
        "M"
    );
}
