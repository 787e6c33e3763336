//! The model as a state machine, against typed sessions on the mock transport.

use stytch_session_mock::MockTransport;
use stytch_session_mock::kit::{
    Held, Needs, Now, Observation, Operation, Reference, ShownActive, ShownPending, Transition,
};
use stytch_session_mock::proptest::test_runner::Config;
use stytch_session_mock::proptest_state_machine::{
    ReferenceStateMachine, StateMachineTest, prop_state_machine,
};

use std::time::{Duration, SystemTime};

use stytch_session::{
    Abandoned, AnySession, Application, BlockingTransport, Context, DiscoveryPassword, Failure,
    Frontend, OrganizationId, Password, Project, PublicToken, Session, SmsCode, Transition as Step,
};

/// A typed session whose server is a mock.
struct Typed {
    project: Project<Frontend>,
    application: Application,
    session: AnySession,
    now: SystemTime,
}

impl Typed {
    fn step<T: Step<Frontend>>(&mut self, step: T, mock: &MockTransport)
    where
        AnySession: From<T::Before> + From<T::After>,
    {
        let context = Context::new(self.now, 2, &self.application);
        let request = self.project.request(&step, &context);
        let reply = BlockingTransport::send(mock, request).expect("the mock has a reply");
        self.session = match self.project.complete(step, &reply, self.now) {
            Ok(after) => after.into(),
            Err(Failure::Kept { session, .. }) => session.into(),
            Err(Failure::Ended { .. }) => Session::new().into(),
        };
    }

    fn ask(&mut self, operation: &Operation, mock: &MockTransport) {
        use AnySession as S;
        use Operation as O;
        let organization = |id: &str| OrganizationId::new(id).unwrap();
        let session = std::mem::replace(&mut self.session, Session::new().into());
        match (operation, session) {
            (O::Login { organization_id, email_address, password }, S::LoggedOut(session)) => {
                let organization = organization(organization_id);
                let credential = Password::new(&organization, &**email_address, &**password);
                self.step(session.login(credential), mock);
            }
            (O::Discover { email_address, password }, S::LoggedOut(session)) => {
                let credential = DiscoveryPassword::new(&**email_address, &**password);
                self.step(session.discover(credential), mock);
            }
            (O::Enter { organization_id }, S::Discovery(session)) => {
                self.step(session.exchange(&organization(organization_id)), mock);
            }
            (O::GiveSms { code }, S::Intermediate(session)) => {
                self.step(session.authenticate(SmsCode::new(&**code).unwrap()), mock);
            }
            (O::Refresh { .. }, S::Active(session)) => self.step(session.authenticate(), mock),
            (O::Exchange { organization_id }, S::Active(session)) => {
                self.step(session.exchange(&organization(organization_id)), mock);
            }
            (O::Revoke, S::Active(session)) => self.step(session.revoke(), mock),
            (O::Abandon, session) => self.session = abandoned(session),
            (O::Forget, S::Active(session)) => self.session = session.forget().into(),
            (operation, session) => panic!("{operation} from {session:?}"),
        }
    }

    fn pass(&mut self, duration: Duration) {
        self.now += duration;
    }

    /// Gives up what has expired.
    fn expire(&mut self) {
        let session = std::mem::replace(&mut self.session, Session::new().into());
        self.session = match session {
            AnySession::Discovery(session) if session.is_expired(self.now) => {
                session.abandon().into()
            }
            AnySession::Intermediate(session) if session.is_expired(self.now) => {
                abandoned(session.into())
            }
            session => session,
        };
        if matches!(&self.session, AnySession::Active(session) if session.is_expired(self.now)) {
            self.session = Session::new().into();
        }
    }

    fn observe(&self) -> Observation {
        let nobody = Observation::nobody();
        match &self.session {
            AnySession::LoggedOut(_) => nobody,
            AnySession::Discovery(session) => {
                let token = session.intermediate_session_token().secret();
                nobody.pending(ShownPending::new(token).needs(Needs::Organization))
            }
            AnySession::Intermediate(session) => {
                let token = session.intermediate_session_token().secret();
                let shown = nobody.pending(ShownPending::new(token));
                match session.previous().filter(|session| !session.is_expired(self.now)) {
                    Some(session) => {
                        shown.active(ShownActive::new(session.session_token().secret()))
                    }
                    None => shown,
                }
            }
            AnySession::Active(session) => {
                nobody.active(ShownActive::new(session.session_token().secret()))
            }
        }
    }
}

fn abandoned(session: AnySession) -> AnySession {
    match session {
        AnySession::Discovery(session) => session.abandon().into(),
        AnySession::Intermediate(session) => match session.abandon() {
            Abandoned::Active(session) => session.into(),
            Abandoned::LoggedOut(session) => session.into(),
        },
        session => session,
    }
}

impl StateMachineTest for Typed {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test((_, now): &(Held, Now)) -> Self {
        let token = PublicToken::new("public-token-test-2c4a1b77-90de-4f5a-8a11-3c5d7e9f0b21");
        let project = Project::frontend(token.unwrap());
        let application = Application::new("com.example.kit", 1);
        Self { project, application, session: Session::new().into(), now: now.wall }
    }

    fn apply(
        mut state: Self,
        (held, _): &(Held, Now),
        transition: <Reference as ReferenceStateMachine>::Transition,
    ) -> Self {
        match transition {
            Transition::Ask { operation, reply, .. } => {
                let mock = reply.into_iter().fold(MockTransport::new(), MockTransport::reply);
                state.ask(&operation, &mock);
            }
            Transition::Pass(duration) => state.pass(duration),
            _ => {}
        }
        state.expire();
        assert!(held.shows(&state.observe()), "{:?} rather than {held:?}", state.session);
        state
    }
}

prop_state_machine! {
    #![proptest_config(Config { cases: 100, failure_persistence: None, ..Config::default() })]

    #[test]
    fn typed_sessions_on_the_mock_follow_the_model(sequential 20..60 => Typed);
}
