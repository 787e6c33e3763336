//! The emulator, a network that a test holds in its hands, and time.

use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use stytch_session::jwt::{JwtVerifier, JwtVerifierBuilder};
use stytch_session::{
    Active, Authenticated, Backend, Client, Delivery, OrganizationId, Password, Project, ProjectId,
    ProjectSecret, Request, Response, Session, SessionJwt, Transport, TransportError,
    TransportErrorKind,
};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, VirtualClock, VirtualRuntime};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The path of the keys.
pub(crate) const JWKS: &str = "/b2b/sessions/jwks/";
pub(crate) const AUTHENTICATE: &str = "/b2b/sessions/authenticate";
pub(crate) const POLICY: &str = "/b2b/rbac/policy";
pub(crate) const ORGANIZATION: &str = "/b2b/rbac/organizations/";

pub(crate) struct World {
    pub(crate) stytch: Emulator,
    pub(crate) runtime: VirtualRuntime,
    pub(crate) net: Net,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|emulator| emulator)
    }

    pub(crate) fn with(set_up: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let stytch = set_up(Emulator::example_builder().clock(VirtualClock::new())).build();
        let runtime = VirtualRuntime::with_clock(stytch.clock().clone());
        let net = Net { stytch: stytch.clone(), state: Arc::default() };
        Self { stytch, runtime, net }
    }

    pub(crate) fn client(&self) -> Client<Backend, Net> {
        let id = ProjectId::new(self.stytch.project_id()).unwrap();
        let secret = ProjectSecret::new(self.stytch.project_secret()).unwrap();
        let project = Project::backend(id, secret);
        Client::builder(project, self.net.clone()).clock(self.runtime.clock().clone()).build()
    }

    pub(crate) fn verifier(&self) -> JwtVerifier {
        self.start(JwtVerifier::builder(self.client()))
    }

    pub(crate) fn start(&self, builder: JwtVerifierBuilder) -> JwtVerifier {
        builder.start(self.runtime.clone())
    }

    pub(crate) fn run<F: IntoFuture>(&self, future: F) -> F::Output {
        self.runtime.block_on(future.into_future())
    }

    /// What comes of it without time passing; none if it waits.
    pub(crate) fn at_once<F: IntoFuture>(&self, future: F) -> Option<F::Output> {
        self.runtime.try_run(std::pin::pin!(future.into_future()))
    }

    pub(crate) fn log_in(&self) -> Session<Active> {
        self.log_in_as(Example::EMAIL_ADDRESS, Example::PASSWORD)
    }

    pub(crate) fn log_in_as(&self, email_address: &str, password: &str) -> Session<Active> {
        let organization = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
        let password = Password::new(&organization, email_address, password);
        let login = self.run(self.client().run(Session::new().login(password)));
        let Authenticated::Active(session) = login.unwrap() else { panic!("no second factor") };
        session
    }

    /// A fresh token of Ada's.
    pub(crate) fn jwt(&self) -> SessionJwt {
        jwt_of(&self.log_in())
    }
}

pub(crate) fn jwt_of(session: &Session<Active>) -> SessionJwt {
    session.session_jwt().expect("the backend always has one").clone()
}

/// One of the tokens that lie beside these tests.
pub(crate) fn fixture(name: &str) -> SessionJwt {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/jwt/fixtures");
    let text = std::fs::read_to_string(format!("{folder}/{name}.jwt")).unwrap();
    SessionJwt::new(text.trim()).unwrap()
}

/// A key set that lies beside these tests.
pub(crate) fn fixture_keys(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/jwt/fixtures");
    std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap()
}

/// A network: requests go through, or are cut off, or wait for ever.
#[derive(Clone)]
pub(crate) struct Net {
    stytch: Emulator,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    paths: Vec<String>,
    cut: Vec<&'static str>,
    stalled: Vec<&'static str>,
    wakers: Vec<Waker>,
    /// What the endpoint of keys answers, in place of the emulator's.
    keys: Option<String>,
}

impl Net {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How many requests with this in their path were sent, also in vain.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.state().paths.iter().filter(|sent| sent.contains(path)).count()
    }

    pub(crate) fn forget(&self) {
        self.state().paths.clear();
    }

    /// Requests with this in their path do not arrive.
    pub(crate) fn cut(&self, path: &'static str) {
        self.state().cut.push(path);
    }

    /// Requests with this in their path have no answer until [`Net::mend`].
    pub(crate) fn stall(&self, path: &'static str) {
        self.state().stalled.push(path);
    }

    pub(crate) fn mend(&self) {
        let mut state = self.state();
        state.cut.clear();
        state.stalled.clear();
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn publish(&self, keys: String) {
        self.state().keys = Some(keys);
    }
}

#[async_trait]
impl Transport for Net {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let path = request.uri().path().to_owned();
        self.state().paths.push(path.clone());
        std::future::poll_fn(|context| {
            let mut state = self.state();
            if state.stalled.iter().any(|stalled| path.contains(stalled)) {
                state.wakers.push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        if self.state().cut.iter().any(|cut| path.contains(cut)) {
            return Err(TransportError::new(TransportErrorKind::Connect, Delivery::NotSent));
        }
        let keys = self.state().keys.clone();
        match keys.filter(|_| path.contains(JWKS)) {
            Some(keys) => Ok(Response::new(keys.into_bytes())),
            None => self.stytch.respond(&request),
        }
    }
}
