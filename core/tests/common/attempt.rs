//! Every step from every state, by name.

use std::time::SystemTime;

use serde_json::Value;
use stytch_session::{
    AnySession, Error, Failure, RecoveryCode, Response, Session, SessionToken, SmsCode, State,
    TotpCode, Transition,
};

use super::scenario::{self, discovery_password, organization, password};
use super::{Held, Side, noon};

/// The states, by letter.
pub(crate) const STATES: [&str; 7] = ["N", "D", "P", "M", "A", "P+", "M+"];

/// The steps, by name.
pub(crate) const STEPS: [&str; 9] = [
    "authenticate",
    "login",
    "discover",
    "exchange",
    "discovery exchange",
    "sms code",
    "totp code",
    "recovery code",
    "revoke",
];

/// What a step came to.
#[derive(Debug)]
pub(crate) enum After {
    Done(AnySession),
    Kept { session: AnySession, error: Error },
    Ended { error: Error },
}

impl After {
    pub(crate) fn error(&self) -> &Error {
        match self {
            Self::Kept { error, .. } | Self::Ended { error } => error,
            Self::Done(session) => panic!("it succeeded: {session:?}"),
        }
    }

    /// The session that was kept or reached.
    pub(crate) fn session(self) -> AnySession {
        match self {
            Self::Done(session) | Self::Kept { session, .. } => session,
            Self::Ended { error } => panic!("it ended: {error}"),
        }
    }
}

/// A step that was completed, and everything that was held before it.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) before: Value,
    pub(crate) after: After,
}

impl Attempt {
    /// The letter of the state reached, or `=` for kept as it was, `dead` for kept and expired,
    /// `over` for ended.
    pub(crate) fn letter(&self) -> &'static str {
        match &self.after {
            After::Done(session) => scenario::letter(session),
            After::Kept { session, .. } if session.held() == self.before => "=",
            After::Kept { session: AnySession::Intermediate(session), .. }
                if session.is_expired(noon()) =>
            {
                "dead"
            }
            After::Kept { .. } => "changed",
            After::Ended { .. } => "over",
        }
    }
}

/// Completes `step` with `response`.
pub(crate) fn complete<P: Side, T: Transition<P>>(
    step: T,
    response: &Response,
    now: SystemTime,
) -> After
where
    AnySession: From<T::Before> + From<T::After>,
{
    match P::project().complete(step, response, now) {
        Ok(after) => After::Done(after.into()),
        Err(Failure::Kept { session, error }) => After::Kept { session: session.into(), error },
        Err(Failure::Ended { error }) => After::Ended { error },
    }
}

/// Takes a step from a state and completes it; `None` where the types do not offer the step.
pub(crate) fn attempt<P: Side>(
    step: &str,
    from: &str,
    response: &Response,
    now: SystemTime,
) -> Option<Attempt> {
    let north_pier = organization("north-pier");
    let sms = || SmsCode::new("123456").unwrap();
    let totp = || TotpCode::new("654321").unwrap();
    let recovery = || RecoveryCode::new("ckss-2skx-ebow").unwrap();
    let intermediate = || match from {
        "P" => Some(scenario::primary_required::<P>()),
        "P+" => Some(scenario::primary_required_after_exchange::<P>()),
        "M" => Some(scenario::mfa_required::<P>()),
        "M+" => Some(scenario::mfa_required_after_exchange::<P>()),
        _ => None,
    };
    macro_rules! take {
        ($session:expr, $step:expr) => {
            Some(take::<P, _, _>($session, $step, response, now))
        };
    }
    match (step, from) {
        ("authenticate", "N") => take!(scenario::logged_out(), |session| session
            .authenticate(SessionToken::new("token-from-elsewhere").unwrap())),
        ("authenticate", "A") => take!(scenario::active::<P>(), |session| session.authenticate()),
        ("login", "N") => take!(scenario::logged_out(), |session| session.login(password())),
        ("login", _) => take!(intermediate()?, |session| session.login(password())),
        ("discover", "N") => {
            take!(scenario::logged_out(), |session| session.discover(discovery_password()))
        }
        ("exchange", "A") => {
            take!(scenario::active::<P>(), |session| session.exchange(&north_pier))
        }
        ("discovery exchange", "D") => {
            take!(scenario::discovery::<P>(), |session| session.exchange(&north_pier))
        }
        ("discovery exchange", _) => {
            take!(intermediate()?, |session| session.exchange(&north_pier))
        }
        ("sms code", "A") => {
            take!(scenario::active_in_blue_kiln::<P>(), |s| s.authenticate_with(sms()))
        }
        ("sms code", _) => take!(intermediate()?, |session| session.authenticate(sms())),
        ("totp code", "A") => {
            take!(scenario::active_in_blue_kiln::<P>(), |s| s.authenticate_with(totp()))
        }
        ("totp code", _) => take!(intermediate()?, |session| session.authenticate(totp())),
        ("recovery code", "A") => {
            take!(scenario::active_in_blue_kiln::<P>(), |s| s.authenticate_with(recovery()))
        }
        ("recovery code", _) => take!(intermediate()?, |session| session.authenticate(recovery())),
        ("revoke", "A") => take!(scenario::active::<P>(), |session| session.revoke()),
        _ => None,
    }
}

fn take<P: Side, S: State, T: Transition<P>>(
    session: Session<S>,
    step: impl FnOnce(Session<S>) -> T,
    response: &Response,
    now: SystemTime,
) -> Attempt
where
    Session<S>: Held,
    AnySession: From<T::Before> + From<T::After>,
{
    let before = session.held();
    Attempt { before, after: complete::<P, T>(step(session), response, now) }
}

/// Calls `check` with each step that each state offers.
pub(crate) fn each_step(mut check: impl FnMut(&str, &str)) {
    let mut count = 0;
    for step in STEPS {
        for from in STATES {
            // Any reply serves to find out whether the types offer the step.
            let any = super::response(500, "");
            if attempt::<stytch_session::Backend>(step, from, &any, noon()).is_some() {
                count += 1;
                check(step, from);
            }
        }
    }
    assert_eq!(count, 30, "the steps of the session types");
}
