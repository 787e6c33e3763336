//! The state that a step starts from, and what it brings along.

use std::time::SystemTime;

use crate::error::rejection::{Asked, is_rejection};
use crate::error::{DecodeError, Error};
use crate::model::Member;
use crate::outcome::Authenticated;
use crate::secret::{IntermediateSessionToken, SessionJwt};
use crate::session::Session;
use crate::state::{Active, Discovery, Intermediate, Lifetime, LoggedOut, State};
use crate::surface::{Side, Surface};
use crate::transition::Failure;
use crate::transport::Response;
use crate::wire::reply;
use crate::wire::request::{Draft, Route, route};
use crate::wire::success::{Finished, Outcome, Unfinished, intermediate_expiry};

pub(crate) mod sealed {
    use crate::model::Member;
    use crate::secret::IntermediateSessionToken;
    use crate::session::Session;
    use crate::state::{Active, Lifetime, State};
    use crate::surface::{Side, Surface};
    use crate::transition::Failure;
    use crate::wire::request::{Draft, Route};

    pub trait Origin: State + Sized {
        /// Adds the proof that this state holds to a request.
        fn carry<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P>;

        /// Tokens that must not be shown, not even if a server echoes them.
        fn secrets(&self) -> Vec<&str>;

        /// The intermediate token held, and how long it is good for.
        fn intermediate(&self) -> Option<(&IntermediateSessionToken, Lifetime)>;

        /// The active session to go back to if this step ends unfinished.
        fn into_previous(session: Session<Self>) -> Option<Session<Active>>;

        /// What becomes of the session when the server refuses to go on from it.
        fn refuse(
            session: Session<Self>,
            error: crate::Error,
            side: Side,
        ) -> Failure<Session<Self>>;
    }

    pub trait KnownMember: Origin {
        fn member(&self) -> &Member;
    }

    pub trait ExchangeOrigin: Origin {
        /// The endpoint that goes on from this state.
        const EXCHANGE: Route;
    }
}

/// A state that a step starts from. Sealed: it is implemented for the four states.
pub trait Origin: sealed::Origin {}

/// An [`Origin`] that knows its member: [`Intermediate`] or [`Active`]. Sealed.
pub trait KnownMember: Origin + sealed::KnownMember {}

/// An [`Origin`] from which an organization is entered: [`Discovery`], [`Intermediate`] or
/// [`Active`]. Sealed.
pub trait ExchangeOrigin: Origin + sealed::ExchangeOrigin {}

/// An [`Origin`] that holds an intermediate token: [`Discovery`] or [`Intermediate`]. Sealed.
pub trait IntermediateOrigin: Origin {}

impl IntermediateOrigin for Discovery {}
impl IntermediateOrigin for Intermediate {}

impl<S: sealed::Origin> Origin for S {}
impl<S: sealed::KnownMember> KnownMember for S {}
impl<S: sealed::ExchangeOrigin> ExchangeOrigin for S {}

const SESSIONS_EXCHANGE: Route = route!("/b2b/sessions/exchange", IfNotSent);
const DISCOVERY_EXCHANGE: Route =
    route!("/b2b/discovery/intermediate_sessions/exchange", IfNotSent);

impl sealed::ExchangeOrigin for Discovery {
    const EXCHANGE: Route = DISCOVERY_EXCHANGE;
}

impl sealed::ExchangeOrigin for Intermediate {
    const EXCHANGE: Route = DISCOVERY_EXCHANGE;
}

impl sealed::ExchangeOrigin for Active {
    const EXCHANGE: Route = SESSIONS_EXCHANGE;
}

impl sealed::Origin for LoggedOut {
    fn carry<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft
    }

    fn secrets(&self) -> Vec<&str> {
        Vec::new()
    }

    fn intermediate(&self) -> Option<(&IntermediateSessionToken, Lifetime)> {
        None
    }

    fn into_previous(_: Session<Self>) -> Option<Session<Active>> {
        None
    }

    fn refuse(session: Session<Self>, error: Error, _: Side) -> Failure<Session<Self>> {
        Failure::Kept { session, error }
    }
}

impl sealed::Origin for Discovery {
    fn carry<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.intermediate(&self.token)
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.token.secret()]
    }

    fn intermediate(&self) -> Option<(&IntermediateSessionToken, Lifetime)> {
        Some((&self.token, self.lifetime))
    }

    fn into_previous(_: Session<Self>) -> Option<Session<Active>> {
        None
    }

    fn refuse(session: Session<Self>, error: Error, side: Side) -> Failure<Session<Self>> {
        if is_rejection(Asked::Intermediate, side, &error) {
            return Failure::Ended { error };
        }
        Failure::Kept { session, error }
    }
}

impl sealed::Origin for Intermediate {
    fn carry<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.intermediate(&self.token)
    }

    fn secrets(&self) -> Vec<&str> {
        let previous = self.previous.iter().flat_map(|session| session.state().secrets());
        previous.chain([self.token.secret()]).collect()
    }

    fn intermediate(&self) -> Option<(&IntermediateSessionToken, Lifetime)> {
        Some((&self.token, self.lifetime))
    }

    fn into_previous(session: Session<Self>) -> Option<Session<Active>> {
        session.into_state().previous
    }

    /// A dead intermediate session that remembers an active one is kept, expired, so that
    /// `abandon` can give the active one back.
    fn refuse(mut session: Session<Self>, error: Error, side: Side) -> Failure<Session<Self>> {
        if is_rejection(Asked::Intermediate, side, &error) {
            if session.state().previous.is_none() {
                return Failure::Ended { error };
            }
            session.state_mut().lifetime.over = true;
        }
        Failure::Kept { session, error }
    }
}

impl sealed::KnownMember for Intermediate {
    fn member(&self) -> &Member {
        &self.member
    }
}

impl sealed::Origin for Active {
    fn carry<'a, P: Surface>(&'a self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft.session(self)
    }

    fn secrets(&self) -> Vec<&str> {
        let jwt = self.jwt.iter().map(SessionJwt::secret);
        jwt.chain([self.token.secret()]).collect()
    }

    fn intermediate(&self) -> Option<(&IntermediateSessionToken, Lifetime)> {
        None
    }

    fn into_previous(session: Session<Self>) -> Option<Session<Active>> {
        Some(session)
    }

    /// A refused exchange or second factor never ends an active session.
    fn refuse(session: Session<Self>, error: Error, _: Side) -> Failure<Session<Self>> {
        Failure::Kept { session, error }
    }
}

impl sealed::KnownMember for Active {
    fn member(&self) -> &Member {
        &self.member
    }
}

/// Ends a login or an exchange: the one branch of the protocol. `more` are the secrets of the
/// request beside those of the session.
pub(super) fn complete_authenticated<P: Surface, B: Origin>(
    session: Session<B>,
    response: &Response,
    now: SystemTime,
    more: &[&str],
) -> Result<Authenticated, Failure<Session<B>>> {
    match reply::decode::<P, Outcome>(response) {
        Ok(Outcome::Finished(reply)) => Ok(Authenticated::Active(Session::of(*reply))),
        Ok(Outcome::Unfinished(reply)) => {
            Ok(Authenticated::Intermediate(unfinished(session, *reply, now)))
        }
        Err(error) => Err(refused::<P, B>(session, error, more)),
    }
}

/// As [`complete_authenticated`], where the reply must speak of the member of the session.
pub(super) fn complete_authenticated_same_member<P: Surface, B: KnownMember>(
    session: Session<B>,
    response: &Response,
    now: SystemTime,
    more: &[&str],
) -> Result<Authenticated, Failure<Session<B>>> {
    let before = session.state().member();
    match reply::decode::<P, Outcome>(response) {
        Ok(Outcome::Finished(reply)) if is_same_member(before, &reply.member) => {
            Ok(Authenticated::Active(Session::of(*reply)))
        }
        Ok(Outcome::Unfinished(reply)) if is_same_member(before, &reply.member) => {
            Ok(Authenticated::Intermediate(unfinished(session, *reply, now)))
        }
        Ok(_) => Err(other_member(session, response)),
        Err(error) => Err(refused::<P, B>(session, error, more)),
    }
}

/// Ends a step that leads to an active session and nowhere else.
pub(super) fn complete_active<P: Surface, B: Origin>(
    session: Session<B>,
    response: &Response,
    more: &[&str],
) -> Result<Session<Active>, Failure<Session<B>>> {
    match reply::decode::<P, Finished>(response) {
        Ok(reply) => Ok(Session::of(reply.0)),
        Err(error) => Err(refused::<P, B>(session, error, more)),
    }
}

/// As [`complete_active`], where the reply must speak of the member of the session: a cache in
/// between must not put one member into another's session.
pub(super) fn complete_same_member<P: Surface, B: KnownMember>(
    session: Session<B>,
    response: &Response,
    more: &[&str],
) -> Result<Session<Active>, Failure<Session<B>>> {
    match reply::decode::<P, Finished>(response) {
        Ok(reply) if is_same_member(session.state().member(), &reply.0.member) => {
            Ok(Session::of(reply.0))
        }
        Ok(_) => Err(other_member(session, response)),
        Err(error) => Err(refused::<P, B>(session, error, more)),
    }
}

/// A reply about another member says nothing about this session.
pub(super) fn other_member<S: State>(
    session: Session<S>,
    response: &Response,
) -> Failure<Session<S>> {
    let error = DecodeError::new("the body speaks of another member").at(response.status());
    Failure::Kept { session, error: error.into() }
}

/// What becomes of the session when the server refuses a request that asked whether it lives.
pub(super) fn refused_itself<P: Surface>(
    session: Session<Active>,
    error: Error,
) -> Failure<Session<Active>> {
    let error = error.without_secrets(&sealed::Origin::secrets(session.state()));
    if is_rejection(Asked::Session, P::SIDE, &error) {
        return Failure::Ended { error };
    }
    Failure::Kept { session, error }
}

fn refused<P: Surface, B: Origin>(
    session: Session<B>,
    error: Error,
    more: &[&str],
) -> Failure<Session<B>> {
    let mut secrets = session.state().secrets();
    secrets.extend(more);
    let error = error.without_secrets(&secrets);
    B::refuse(session, error, P::SIDE)
}

/// The same token coming back does not live longer for it.
fn unfinished<B: Origin>(
    origin: Session<B>,
    reply: Unfinished,
    now: SystemTime,
) -> Session<Intermediate> {
    let lifetime = match origin.state().intermediate() {
        Some((token, lifetime)) if *token == reply.token => lifetime,
        _ => Lifetime::until(intermediate_expiry(now)),
    };
    Session::of(Intermediate {
        token: reply.token,
        member: reply.member,
        organization: reply.organization,
        requirement: reply.requirement,
        lifetime,
        previous: B::into_previous(origin),
        details: reply.details,
    })
}

pub(super) fn is_same_member(before: &Member, after: &Member) -> bool {
    before.member_id() == after.member_id() && before.organization_id() == after.organization_id()
}
