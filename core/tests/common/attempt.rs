//! Every step from every state, by name.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::Value;
use stytch_session::{
    AccessToken, Active, AnySession, Backend, DiscoveryMagicLink, Error, Failure, LoginToken,
    MagicLink, NewOrganization, RecoveryCode, Response, Session, SessionToken, SmsCode, State,
    StoredSession, TotpCode, Transition, TrustedToken, TrustedTokenProfileId, WrongState,
};

use super::scenario::{self, discovery_password, organization, password};
use super::{Held, Side, noon};

/// The states, by letter.
pub(crate) const STATES: [&str; 7] = ["N", "D", "P", "M", "A", "P+", "M+"];

/// The steps, by name.
pub(crate) const STEPS: [&str; 17] = [
    "authenticate",
    "login",
    "discover",
    "exchange",
    "discovery exchange",
    "sms code",
    "totp code",
    "recovery code",
    "revoke",
    "link",
    "new password",
    "discovery link",
    "access token",
    "attest",
    "impersonate",
    "create",
    "reset",
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
    let token = || SessionToken::new("token-from-elsewhere").unwrap();
    let link = || MagicLink::new("token-of-a-link").unwrap();
    let discovery_link = || DiscoveryMagicLink::new("token-of-a-link").unwrap();
    let access = || AccessToken::new("access-token-1").unwrap();
    let profile = TrustedTokenProfileId::new("profile-1").unwrap();
    let trusted = || TrustedToken::new("trusted-token-1").unwrap();
    let impersonation = || LoginToken::new("impersonation-1").unwrap();
    let logged_out = || start::<P, _>("N", scenario::logged_out);
    let discovery = || start::<P, _>("D", scenario::discovery::<P>);
    let active = || start::<P, _>("A", scenario::active::<P>);
    let in_blue_kiln = || start::<P, _>("A in Blue Kiln", scenario::active_in_blue_kiln::<P>);
    let in_north_pier = || start::<P, _>("A in North Pier", scenario::active_in_north_pier::<P>);
    let intermediate = || match from {
        "P" => Some(start::<P, _>("P", scenario::primary_required::<P>)),
        "P+" => Some(start::<P, _>("P+", scenario::primary_required_after_exchange::<P>)),
        "M" => Some(start::<P, _>("M", scenario::mfa_required::<P>)),
        "M+" => Some(start::<P, _>("M+", scenario::mfa_required_after_exchange::<P>)),
        _ => None,
    };
    macro_rules! take {
        ($start:expr, $step:expr) => {{
            let (session, before) = $start;
            Some(Attempt { before, after: take::<P, _, _>(session, $step, response, now) })
        }};
    }
    match (step, from) {
        ("authenticate", "N") => take!(logged_out(), |s| s.authenticate(token())),
        ("authenticate", "A") => take!(active(), Session::<Active>::authenticate),
        ("login", "N") => take!(logged_out(), |s| s.login(password())),
        ("login", _) => take!(intermediate()?, |s| s.login(password())),
        ("discover", "N") => take!(logged_out(), |s| s.discover(discovery_password())),
        ("exchange", "A") => take!(active(), |s| s.exchange(&north_pier)),
        ("discovery exchange", "D") => take!(discovery(), |s| s.exchange(&north_pier)),
        ("discovery exchange", _) => take!(intermediate()?, |s| s.exchange(&north_pier)),
        ("sms code", "A") => take!(in_blue_kiln(), |s| s.authenticate_with(sms())),
        ("sms code", _) => take!(intermediate()?, |s| s.authenticate(sms())),
        ("totp code", "A") => take!(in_blue_kiln(), |s| s.authenticate_with(totp())),
        ("totp code", _) => take!(intermediate()?, |s| s.authenticate(totp())),
        ("recovery code", "A") => take!(in_blue_kiln(), |s| s.authenticate_with(recovery())),
        ("recovery code", _) => take!(intermediate()?, |s| s.authenticate(recovery())),
        ("revoke", "A") => take!(active(), Session::<Active>::revoke),
        ("link", "N") => take!(logged_out(), |s| s.login(link())),
        ("link", _) => take!(intermediate()?, |s| s.login(link())),
        ("new password", "N") => take!(logged_out(), |s| s.login(scenario::new_password())),
        ("discovery link", "N") => take!(logged_out(), |s| s.discover(discovery_link())),
        ("access token", "N") => take!(logged_out(), |s| s.exchange_access_token(access())),
        ("access token", "A") => take!(active(), |s| s.exchange_access_token(access())),
        ("attest", "N") => take!(logged_out(), |s| s.attest(&profile, trusted())),
        ("attest", "A") => take!(active(), |s| s.attest(&profile, trusted())),
        ("impersonate", "N") => take!(logged_out(), |s| s.impersonate(impersonation())),
        ("create", "D") => take!(discovery(), |s| s.create_organization(NewOrganization::new())),
        ("create", _) => {
            take!(intermediate()?, |s| s.create_organization(NewOrganization::new()))
        }
        ("reset", "A") => take!(in_north_pier(), |s| s.reset_password("new horse battery")),
        _ => None,
    }
}

fn take<P: Side, S: State, T: Transition<P>>(
    session: Session<S>,
    step: impl FnOnce(Session<S>) -> T,
    response: &Response,
    now: SystemTime,
) -> After
where
    AnySession: From<T::Before> + From<T::After>,
{
    complete::<P, T>(step(session), response, now)
}

/// Calls `check` with each step that each state offers.
pub(crate) fn each_step(mut check: impl FnMut(&str, &str)) {
    static OFFERED: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    // Any reply serves to find out whether the types offer the step.
    let any = super::response(500, "");
    let offered = |step: &str, from: &str| attempt::<Backend>(step, from, &any, noon()).is_some();
    let steps = OFFERED.get_or_init(|| {
        let all = STEPS.iter().flat_map(|step| STATES.iter().map(|from| (*step, *from)));
        all.filter(|(step, from)| offered(step, from)).collect()
    });
    assert_eq!(steps.len(), 48, "the steps of the session types");
    for (step, from) in steps {
        check(step, from);
    }
}

/// The session that `make` makes; from the second time on, a copy of it. Tests that take every
/// step again and again would else spend their time reading the same bodies.
fn start<P: Side, S: State>(name: &'static str, make: fn() -> Session<S>) -> (Session<S>, Value)
where
    Session<S>: Held,
    AnySession: From<Session<S>>,
    Session<S>: TryFrom<AnySession, Error = WrongState>,
{
    type Copies = HashMap<(&'static str, &'static str), (StoredSession, Value)>;
    thread_local!(static COPIES: RefCell<Copies> = RefCell::default());
    COPIES.with_borrow_mut(|copies| {
        let (stored, held) = copies.entry((P::NAME, name)).or_insert_with(|| {
            let session = make();
            let held = session.held();
            (AnySession::from(session).to_stored(), held)
        });
        let session = AnySession::restore(stored.clone(), noon()).unwrap();
        (Session::try_from(session).unwrap(), held.clone())
    })
}
