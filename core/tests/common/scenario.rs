//! One line to reach any state.
//!
//! The letters are those of the state table: N none, D discovery, P another first factor required,
//! M a second factor required, A active; with a `+` the active session before it is remembered.

use serde_json::Value;
use stytch_session::{
    Active, AnySession, Authenticated, Discovery, DiscoveryPassword, ExistingPasswordReset,
    Intermediate, LoggedOut, OrganizationId, Password, Session, SessionToken, Step, Transition,
};

use super::{Side, golden, noon, success};

/// The organizations, by slug.
pub(crate) fn organization(slug: &str) -> OrganizationId {
    OrganizationId::new(slug).unwrap()
}

pub(crate) fn password() -> Password {
    Password::new(&organization("north-pier"), "ada.reyes@example.com", "correct horse battery")
}

/// The old password sets a new one.
pub(crate) fn new_password() -> ExistingPasswordReset {
    let organization = organization("north-pier");
    let (email, old) = ("ada.reyes@example.com", "correct horse battery");
    ExistingPasswordReset::new(&organization, email, old, "new horse battery")
}

pub(crate) fn discovery_password() -> DiscoveryPassword {
    DiscoveryPassword::new("ada.reyes@example.com", "correct horse battery")
}

/// N
pub(crate) fn logged_out() -> Session<LoggedOut> {
    Session::new()
}

/// D
pub(crate) fn discovery<P: Side>() -> Session<Discovery> {
    let step = logged_out().discover(discovery_password());
    completed::<P, _>(step, &golden::<P>("passwords.discovery.authenticate.success"))
}

/// P: in North Pier, by a login.
pub(crate) fn primary_required<P: Side>() -> Session<Intermediate> {
    unfinished(completed::<P, _>(
        logged_out().login(password()),
        &golden::<P>("passwords.authenticate.primary_required"),
    ))
}

/// M: in Blue Kiln, by a login.
pub(crate) fn mfa_required<P: Side>() -> Session<Intermediate> {
    unfinished(completed::<P, _>(
        logged_out().login(password()),
        &golden::<P>("passwords.authenticate.mfa_required"),
    ))
}

/// A: in Harbor Lights, by token, until 13:00.
pub(crate) fn active<P: Side>() -> Session<Active> {
    active_by::<P>(&super::fixture("sessions.authenticate.success"))
}

/// A: in Blue Kiln, by token; it belongs to the same member as [`mfa_required`].
pub(crate) fn active_in_blue_kiln<P: Side>() -> Session<Active> {
    active_by::<P>(&super::fixture("otps.sms.authenticate.success"))
}

/// A: in North Pier, by token.
pub(crate) fn active_in_north_pier<P: Side>() -> Session<Active> {
    active_by::<P>(&super::fixture("sessions.exchange.success"))
}

/// A, by this payload.
pub(crate) fn active_by<P: Side>(payload: &Value) -> Session<Active> {
    let token = SessionToken::new("token-from-elsewhere").unwrap();
    completed::<P, _>(logged_out().authenticate(token), &success::<P>(payload))
}

/// P+: in North Pier, by an exchange out of [`active`].
pub(crate) fn primary_required_after_exchange<P: Side>() -> Session<Intermediate> {
    unfinished(completed::<P, _>(
        active::<P>().exchange(&organization("north-pier")),
        &golden::<P>("sessions.exchange.primary_required"),
    ))
}

/// M+: in Blue Kiln, by an exchange out of [`active`].
pub(crate) fn mfa_required_after_exchange<P: Side>() -> Session<Intermediate> {
    unfinished(completed::<P, _>(
        active::<P>().exchange(&organization("blue-kiln")),
        &golden::<P>("sessions.exchange.mfa_required"),
    ))
}

pub(crate) fn unfinished(authenticated: Authenticated) -> Session<Intermediate> {
    match authenticated {
        Authenticated::Intermediate(session) => session,
        Authenticated::Active(session) => panic!("finished: {session:?}"),
    }
}

pub(crate) fn finished(authenticated: Authenticated) -> Session<Active> {
    match authenticated {
        Authenticated::Active(session) => session,
        Authenticated::Intermediate(session) => panic!("unfinished: {session:?}"),
    }
}

/// Completes a step that succeeds, at noon.
pub(crate) fn completed<P: Side, T: Transition<P>>(
    step: T,
    response: &stytch_session::Response,
) -> T::After
where
    <T as Step>::Before: std::fmt::Debug,
{
    match P::project().complete(step, response, noon()) {
        Ok(after) => after,
        Err(failure) => panic!("{}: {failure}", P::NAME),
    }
}

/// The letter of the state.
pub(crate) fn letter(session: &AnySession) -> &'static str {
    match session {
        AnySession::LoggedOut(_) => "N",
        AnySession::Discovery(_) => "D",
        AnySession::Active(_) => "A",
        AnySession::Intermediate(session) => {
            match (session.requirement().primary(), session.previous()) {
                (Some(_), None) => "P",
                (Some(_), Some(_)) => "P+",
                (None, None) => "M",
                (None, Some(_)) => "M+",
            }
        }
    }
}
