//! The world that scenarios play in, and one line to reach any state of it.

use std::fmt::Debug;
use std::time::Duration;

use stytch_session::{
    Active, Authenticated, Backend, Client, Code, Discovery, DiscoveryPassword, Error, Failure,
    Frontend, Intermediate, MemberId, OrganizationId, Password, Project, ProjectId, ProjectSecret,
    PublicToken, Session, SmsCode, Surface, Transport,
};
use stytch_session_hyper::HyperTransport;
use stytch_session_mock::{Emulator, Example, Server, VirtualClock};

pub(crate) const PROFILE: &str = "trusted-token-profile-test-1";

/// An emulator and a way to it.
pub(crate) struct World<T> {
    pub(crate) stytch: Emulator,
    transport: T,
    /// Where it listens; nowhere if it is in memory.
    server: Option<Server>,
}

fn emulator() -> Emulator {
    Emulator::example_builder()
        .clock(VirtualClock::new())
        .strict()
        .strict_telemetry()
        .constant_signature()
        .access_token("limited-access-token", Example::HARBOR_LIGHTS, "nobody@example.com")
        .limited_access_token("access-token-0", Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS)
        .trusted_token(PROFILE, "trusted-jwt", Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS)
        .trusted_token(PROFILE, "trusted-jwt-of-nowhere", "", Example::EMAIL_ADDRESS)
        .refused_trusted_token(PROFILE, "refused-jwt", "jwt_invalid_issuer")
        .foreign_session("foreign-token", Example::EMAIL_ADDRESS)
        .foreign_session("foreign-token-of-nobody", "")
        .build()
}

impl World<Emulator> {
    pub(crate) fn in_memory() -> Self {
        let stytch = emulator();
        Self { transport: stytch.clone(), stytch, server: None }
    }
}

impl World<HyperTransport> {
    pub(crate) async fn over_http() -> Self {
        let stytch = emulator();
        let server = stytch.serve("127.0.0.1:0").await.unwrap();
        Self { stytch, transport: HyperTransport::new().unwrap(), server: Some(server) }
    }
}

/// A surface, with the project on it.
pub(crate) trait Side: Surface {
    const IS_BACKEND: bool;

    fn project(stytch: &Emulator) -> Project<Self>;
}

impl Side for Frontend {
    const IS_BACKEND: bool = false;

    fn project(stytch: &Emulator) -> Project<Self> {
        Project::frontend(PublicToken::new(stytch.public_token()).unwrap())
    }
}

impl Side for Backend {
    const IS_BACKEND: bool = true;

    fn project(stytch: &Emulator) -> Project<Self> {
        let id = ProjectId::new(stytch.project_id()).unwrap();
        Project::backend(id, ProjectSecret::new(stytch.project_secret()).unwrap())
    }
}

impl<T: Transport> World<T> {
    pub(crate) fn client<P: Side>(&self) -> Client<P, &T> {
        let project = P::project(&self.stytch);
        let project = match &self.server {
            Some(server) => project.with_base_url(&server.url()).unwrap(),
            None => project,
        };
        Client::builder(project, &self.transport).clock(self.stytch.clock().clone()).build()
    }

    pub(crate) fn advance(&self, minutes: u64) {
        self.stytch.clock().advance(Duration::from_secs(60 * minutes));
    }

    /// The id of Ada in an organization.
    pub(crate) fn ada_in(&self, organization: &str) -> MemberId {
        let id = self.stytch.member_id(organization, Example::EMAIL_ADDRESS).unwrap();
        MemberId::new(id).unwrap()
    }

    /// Ada, active in Harbor Lights by her password.
    pub(crate) async fn active<P: Side>(&self) -> Session<Active> {
        let login = Session::new().login(password(Example::HARBOR_LIGHTS));
        finished(self.client::<P>().run(login).await.unwrap())
    }

    /// Ada on her way into Blue Kiln, which wants a second factor.
    pub(crate) async fn intermediate<P: Side>(&self) -> Session<Intermediate> {
        let login = Session::new().login(password(Example::BLUE_KILN));
        unfinished(self.client::<P>().run(login).await.unwrap())
    }

    /// Ada, active in Blue Kiln by password and SMS.
    pub(crate) async fn active_in_blue_kiln<P: Side>(&self) -> Session<Active> {
        let step = self.intermediate::<P>().await.authenticate(SmsCode::new(self.sms_code()));
        self.client::<P>().run(step).await.unwrap()
    }

    /// Ada, who has proven her address by her password.
    pub(crate) async fn discovery<P: Side>(&self) -> Session<Discovery> {
        let credential = DiscoveryPassword::new(Example::EMAIL_ADDRESS, Example::PASSWORD);
        self.client::<P>().run(Session::new().discover(credential)).await.unwrap()
    }

    /// The code of the latest text message to Ada.
    pub(crate) fn sms_code(&self) -> Code {
        Code::new(self.stytch.last_code(Example::PHONE_NUMBER).unwrap()).unwrap()
    }
}

pub(crate) fn organization(slug: &str) -> OrganizationId {
    OrganizationId::new(slug).unwrap()
}

pub(crate) fn password(slug: &str) -> Password {
    Password::new(&organization(slug), Example::EMAIL_ADDRESS, Example::PASSWORD)
}

#[track_caller]
pub(crate) fn finished(authenticated: Authenticated) -> Session<Active> {
    match authenticated {
        Authenticated::Active(session) => session,
        Authenticated::Intermediate(session) => panic!("unfinished: {}", session.requirement()),
    }
}

#[track_caller]
pub(crate) fn unfinished(authenticated: Authenticated) -> Session<Intermediate> {
    match authenticated {
        Authenticated::Intermediate(session) => session,
        Authenticated::Active(_) => panic!("finished"),
    }
}

/// The session that a refused step gave back, after a look at the refusal.
#[track_caller]
pub(crate) fn kept<A: Debug, B: Debug>(result: Result<A, Failure<B>>, error_type: &str) -> B {
    match result {
        Err(Failure::Kept { session, error }) => {
            assert_eq!(error.error_type(), Some(error_type), "{error}");
            session
        }
        other => panic!("it should be kept with {error_type}: {other:?}"),
    }
}

/// A look at the refusal of a step that ended its session.
#[track_caller]
pub(crate) fn ended<A: Debug, B: Debug>(result: Result<A, Failure<B>>, error_type: &str) {
    match result {
        Err(Failure::Ended { error }) => {
            assert_eq!(error.error_type(), Some(error_type), "{error}");
        }
        other => panic!("it should have ended with {error_type}: {other:?}"),
    }
}

/// A look at the refusal of a call.
#[track_caller]
pub(crate) fn refused<A: Debug>(result: Result<A, Error>, error_type: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.error_type(), Some(error_type), "{error}");
}
