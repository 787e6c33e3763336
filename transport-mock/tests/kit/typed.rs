//! A client built on the typed sessions, under test.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::SystemTime;

use async_trait::async_trait;
use stytch_session::{
    Abandoned, AnySession, Application, Backend, Context, DiscoveryPassword, Error, Failure,
    Frontend, MagicLink, Minutes, OrganizationId, Password, Project, RecoveryCode, Requirement,
    SecondFactor, Session, SessionJwt, SessionToken, SmsCode, StoredSession, Surface, TotpCode,
    Transition,
};
use stytch_session_mock::kit::{
    self, AsyncClient, Client, Needs, Observation, Operation, Outcome, ShownActive, ShownPending,
    Wire,
};

pub(crate) trait Side: Surface {
    const SURFACE: kit::Surface;
    fn project(wire: &Wire) -> Project<Self>;
}

impl Side for Frontend {
    const SURFACE: kit::Surface = kit::Surface::Frontend;
    fn project(wire: &Wire) -> Project<Self> {
        wire.frontend()
    }
}

impl Side for Backend {
    const SURFACE: kit::Surface = kit::Surface::Backend;
    fn project(wire: &Wire) -> Project<Self> {
        wire.backend()
    }
}

/// One session, and what may be done with it next. An operation that comes while another is under
/// way is declined: there is no session to take a step from.
pub(crate) struct Typed<P: Side> {
    wire: Wire,
    project: Project<P>,
    application: Application,
    place: Mutex<Place>,
}

struct Place {
    /// None while a step is under way.
    session: Option<AnySession>,
    /// The same, to be shown meanwhile.
    copy: AnySession,
    /// Whether the active session beside an unfinished login has expired: a session that is set
    /// aside cannot be given up by itself, and the clock may be set back.
    previous_is_over: bool,
}

/// Puts the copy of a session in its place when the step that holds it is dropped.
struct PutBack<'a, P: Side>(&'a Typed<P>);

impl<P: Side> Drop for PutBack<'_, P> {
    fn drop(&mut self) {
        let mut place = self.0.place.lock().unwrap();
        let copy = std::mem::replace(&mut place.copy, Session::new().into());
        place.session = Some(copy);
    }
}

impl<P: Side> Typed<P> {
    pub(crate) fn new(wire: Wire) -> Self {
        let project = P::project(&wire);
        let place = Place {
            session: Some(Session::new().into()),
            copy: Session::new().into(),
            previous_is_over: false,
        };
        let application = Application::new("com.example.kit", 1);
        Self { wire, project, application, place: Mutex::new(place) }
    }

    fn take(&self) -> Option<AnySession> {
        let mut place = self.place.lock().unwrap();
        let session = place.session.take()?;
        let now = self.wire.now();
        place.copy = AnySession::restore(session.to_stored(), now).expect("it was just stored");
        Some(session)
    }

    /// Puts the session that a step has led to.
    fn put(&self, session: AnySession) {
        let mut place = self.place.lock().unwrap();
        // An exchange sets aside the session that it began with, which may have expired meanwhile.
        place.previous_is_over |= matches!(place.copy, AnySession::LoggedOut(_));
        place.previous_is_over &= matches!(session, AnySession::Intermediate(_));
        place.session = Some(session);
    }

    /// Puts back what a step has left as it was, unless it has expired meanwhile.
    fn put_back(&self, session: AnySession) {
        let mut place = self.place.lock().unwrap();
        let expired = place.copy.kind() != session.kind();
        let copy = std::mem::replace(&mut place.copy, Session::new().into());
        place.session = Some(if expired { copy } else { session });
    }

    async fn step<T>(&self, step: T) -> Outcome
    where
        T: Transition<P> + Send + Sync,
        AnySession: From<T::Before> + From<T::After>,
    {
        let context = Context::new(self.wire.now(), 2, &self.application);
        let request = self.project.request(&step, &context);
        let unless_dropped = PutBack(self);
        let reply = self.wire.send_async(request).await;
        std::mem::forget(unless_dropped);
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                self.put_back(step.cancel().into());
                return failed(&error.into());
            }
        };
        match self.project.complete(step, &reply, self.wire.now()) {
            Ok(after) => {
                self.put(after.into());
                Outcome::Done
            }
            Err(Failure::Kept { session, error }) => {
                self.put_back(session.into());
                failed(&error)
            }
            Err(Failure::Ended { error }) => {
                self.put(Session::new().into());
                failed(&error)
            }
        }
    }

    async fn do_it(&self, operation: Operation) -> Outcome {
        use AnySession as S;
        use Operation as O;
        let Some(session) = self.take() else { return Outcome::NotPossible };
        let organization = |id: &str| OrganizationId::new(id).unwrap();
        match (operation, session) {
            (O::Login { organization_id, email_address, password }, session) => {
                let credential =
                    Password::new(&organization(&organization_id), email_address, password);
                match session {
                    S::LoggedOut(session) => self.step(session.login(credential)).await,
                    S::Intermediate(session) => self.step(session.login(credential)).await,
                    session => self.decline(session),
                }
            }
            (O::LoginByLink { token }, S::LoggedOut(session)) => {
                self.step(session.login(MagicLink::new(&*token).unwrap())).await
            }
            (O::LoginByLink { token }, S::Intermediate(session)) => {
                self.step(session.login(MagicLink::new(&*token).unwrap())).await
            }
            (O::Discover { email_address, password }, S::LoggedOut(session)) => {
                self.step(session.discover(DiscoveryPassword::new(email_address, password))).await
            }
            (O::Enter { organization_id }, S::Discovery(session)) => {
                self.step(session.exchange(&organization(&organization_id))).await
            }
            (O::Enter { organization_id }, S::Intermediate(session)) => {
                self.step(session.exchange(&organization(&organization_id))).await
            }
            (O::GiveSms { code }, session) => {
                self.second(session, SmsCode::new(&*code).unwrap()).await
            }
            (O::GiveTotp { code }, session) => {
                self.second(session, TotpCode::new(&*code).unwrap()).await
            }
            (O::GiveRecoveryCode { code }, session) => {
                self.second(session, RecoveryCode::new(&*code).unwrap()).await
            }
            (O::SendSms, S::Intermediate(session)) => self.send_sms(session).await,
            (O::Refresh { session_duration_minutes }, S::Active(session)) => {
                let step = session.authenticate();
                match session_duration_minutes {
                    Some(minutes) => {
                        self.step(step.session_duration(Minutes::new(minutes).unwrap())).await
                    }
                    None => self.step(step).await,
                }
            }
            (O::Adopt { session_token }, S::LoggedOut(session)) => {
                match SessionToken::new(&*session_token) {
                    Ok(token) => self.step(session.authenticate(token)).await,
                    Err(error) => {
                        self.put(session.into());
                        failed(&error.into())
                    }
                }
            }
            (O::Exchange { organization_id }, S::Active(session)) => {
                self.step(session.exchange(&organization(&organization_id))).await
            }
            (O::Revoke, S::Active(session)) => self.step(session.revoke()).await,
            (O::Abandon, session @ (S::Discovery(_) | S::Intermediate(_))) => {
                let over = self.place.lock().unwrap().previous_is_over;
                self.put(abandoned(session, over));
                Outcome::Done
            }
            (O::Forget, S::Active(session)) => {
                self.put(session.forget().into());
                Outcome::Done
            }
            (O::Restart, session) => {
                let document = serde_json::to_string(&session.to_stored()).unwrap();
                let stored: StoredSession = serde_json::from_str(&document).unwrap();
                self.put(AnySession::restore(stored, self.wire.now()).unwrap());
                Outcome::Done
            }
            (_, session) => self.decline(session),
        }
    }

    /// Gives a second factor, to finish a login or to step a session up.
    async fn second<F: SecondFactor + Send + Sync>(
        &self,
        session: AnySession,
        factor: F,
    ) -> Outcome {
        match session {
            AnySession::Intermediate(session) => self.step(session.authenticate(factor)).await,
            AnySession::Active(session) => self.step(session.authenticate_with(factor)).await,
            session => self.decline(session),
        }
    }

    async fn send_sms(&self, session: Session<stytch_session::Intermediate>) -> Outcome {
        let request = {
            let context = Context::new(self.wire.now(), 2, &self.application);
            self.project.request(&session.send_sms_code(), &context)
        };
        let unless_dropped = PutBack(self);
        let reply = self.wire.send_async(request).await;
        std::mem::forget(unless_dropped);
        let result = reply
            .map_err(Error::from)
            .and_then(|reply| self.project.decode(&session.send_sms_code(), &reply).map(drop));
        self.put_back(session.into());
        result.map_or_else(|error| failed(&error), |()| Outcome::Done)
    }

    fn decline(&self, session: AnySession) -> Outcome {
        self.put(session);
        Outcome::NotPossible
    }

    fn show(&self) -> Observation {
        let now = self.wire.now();
        let mut place = self.place.lock().unwrap();
        let place = &mut *place;
        let shown = place.session.as_mut().unwrap_or(&mut place.copy);
        if let AnySession::Intermediate(session) = &*shown {
            place.previous_is_over |=
                session.previous().is_some_and(|session| session.is_expired(now));
        }
        let session = std::mem::replace(shown, Session::new().into());
        *shown = living(session, now, place.previous_is_over);
        observe(shown, place.previous_is_over)
    }
}

/// Gives up what has expired.
fn living(session: AnySession, now: SystemTime, previous_is_over: bool) -> AnySession {
    match session {
        AnySession::Active(session) if session.is_expired(now) => session.forget().into(),
        AnySession::Discovery(session) if session.is_expired(now) => session.abandon().into(),
        AnySession::Intermediate(session) if session.is_expired(now) => {
            abandoned(session.into(), previous_is_over)
        }
        session => session,
    }
}

fn abandoned(session: AnySession, previous_is_over: bool) -> AnySession {
    match session {
        AnySession::Discovery(session) => session.abandon().into(),
        AnySession::Intermediate(session) => match session.abandon() {
            Abandoned::Active(session) if previous_is_over => session.forget().into(),
            Abandoned::Active(session) => session.into(),
            Abandoned::LoggedOut(session) => session.into(),
        },
        session => session,
    }
}

fn observe(session: &AnySession, previous_is_over: bool) -> Observation {
    let nobody = Observation::nobody();
    match session {
        AnySession::LoggedOut(_) => nobody,
        AnySession::Active(session) => nobody.active(active(session)),
        AnySession::Discovery(session) => {
            let token = session.intermediate_session_token().secret();
            nobody.pending(ShownPending::new(token).needs(Needs::Organization))
        }
        AnySession::Intermediate(session) => {
            let token = session.intermediate_session_token().secret();
            let pending = ShownPending::new(token)
                .needs(needs(session.requirement()))
                .member_id(session.member().member_id().as_str())
                .organization_id(session.organization().organization_id().as_str());
            let shown = nobody.pending(pending);
            match session.previous().filter(|_| !previous_is_over) {
                Some(previous) => shown.active(active(previous)),
                None => shown,
            }
        }
    }
}

pub(crate) fn needs(requirement: &Requirement) -> Needs {
    if requirement.primary().is_some() { Needs::FirstFactor } else { Needs::SecondFactor }
}

pub(crate) fn active(session: &Session<stytch_session::Active>) -> ShownActive {
    let member_session = session.member_session();
    ShownActive::new(session.session_token().secret())
        .session_jwt(session.session_jwt().map(SessionJwt::secret).unwrap_or_default())
        .member_session_id(member_session.member_session_id().as_str())
        .member_id(session.member().member_id().as_str())
        .organization_id(session.organization().organization_id().as_str())
        .expires_at(member_session.expires_at())
}

fn failed(error: &Error) -> Outcome {
    Outcome::Failed(error.to_string())
}

/// Without overlaps every answer is there at once.
pub(crate) struct AtOnce<P: Side>(pub(crate) Typed<P>);

impl<P: Side> Client for AtOnce<P> {
    fn apply(&mut self, operation: &Operation) -> Outcome {
        let future = pin!(self.0.do_it(operation.clone()));
        match future.poll(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("an answer that is not there at once"),
        }
    }

    fn observe(&mut self) -> Observation {
        self.0.show()
    }

    fn log(&mut self) -> String {
        AsyncClient::log(&self.0)
    }
}

#[async_trait]
impl<P: Side> AsyncClient for Typed<P> {
    async fn apply(&self, operation: Operation) -> Outcome {
        self.do_it(operation).await
    }

    fn observe(&self) -> Observation {
        self.show()
    }

    fn log(&self) -> String {
        let place = self.place.lock().unwrap();
        format!("{:?} {:?}", place.session, self.project)
    }
}
