//! `Client`: project, transport, clock, seed and application joined.

mod system;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub use system::{SystemClock, SystemSeed};

use crate::clock::{Clock, SeedSource};
use crate::context::{Application, Context, Seed};
use crate::error::Error;
use crate::pkce::PkcePair;
use crate::project::Project;
use crate::surface::{Frontend, Side, Surface};
use crate::transition::{Call, Endpoint, Failure, Transition};
use crate::transport::{BlockingTransport, Response, Transport};

/// Sends steps and calls over a transport.
///
/// It keeps no session: a step brings its own and gives it back. A clone shares everything but the
/// transport, and that too if it is shared (`Arc`).
///
/// ```
/// use stytch_session::{Client, Project, PublicToken, Session, SessionToken};
/// use stytch_session_mock::{MockTransport, replies};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let project = Project::frontend(PublicToken::new(
///     "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f",
/// )?);
/// let mock = MockTransport::new().reply(replies::authenticate());
/// let client = Client::new(project, mock);
///
/// let session = Session::new().authenticate(SessionToken::new("made-up-token")?);
/// let session = client.run_blocking(session)?;
/// println!("{}", session.member_session().member_session_id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client<P: Surface = Frontend, T = Arc<dyn Transport>> {
    setup: Arc<Setup<P>>,
    transport: T,
}

/// What all clones of a client share.
struct Setup<P: Surface> {
    project: Project<P>,
    clock: Arc<dyn Clock>,
    seed: Arc<dyn SeedSource>,
    application: Application,
}

impl<P: Surface, T> Client<P, T> {
    /// A client with the system's clock and randomness.
    ///
    /// The frontend surface names the application `stytch-session`; use [`Client::builder`] to
    /// name your own, which the project's dashboard must allow.
    pub fn new(project: Project<P>, transport: T) -> Self {
        Self::builder(project, transport).build()
    }

    /// A client with another clock, seed source or application.
    pub fn builder(project: Project<P>, transport: T) -> ClientBuilder<P, T> {
        ClientBuilder {
            project,
            transport,
            clock: Arc::new(SystemClock),
            seed: Arc::new(SystemSeed),
            application: None,
        }
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &Project<P> {
        &self.setup.project
    }

    /// The transport.
    #[must_use]
    pub const fn transport(&self) -> &T {
        &self.transport
    }

    /// Ends a step with the reply that [`Client::send`] or [`Client::send_blocking`] returned.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that gives the session back, unless the server no longer knows it.
    pub fn complete<S: Transition<P>>(
        &self,
        step: S,
        response: &Response,
    ) -> Result<S::After, Failure<S::Before>> {
        self.setup.project.complete(step, response, self.setup.clock.now())
    }

    /// A fresh verifier and challenge, for a login that is started here and finished here.
    #[must_use]
    pub fn pkce_pair(&self) -> PkcePair {
        PkcePair::from_seed(self.setup.seed.seed())
    }

    /// The same, over a transport of any type.
    #[cfg(any(feature = "jwt", feature = "live"))]
    pub(crate) fn shared(self) -> Client<P>
    where
        T: Transport + 'static,
    {
        Client { setup: self.setup, transport: Arc::new(self.transport) }
    }

    #[cfg(any(feature = "jwt", feature = "live"))]
    pub(crate) fn now(&self) -> std::time::SystemTime {
        self.setup.clock.now()
    }

    #[cfg(feature = "live")]
    pub(crate) fn fresh_seed(&self) -> Seed {
        self.setup.seed.seed()
    }

    pub(crate) fn request<E: Endpoint<P>>(&self, endpoint: &E) -> crate::Request {
        // Only the frontend's telemetry has ids, and the system's randomness costs a system call.
        let seed = match P::SIDE {
            Side::Frontend => self.setup.seed.seed(),
            Side::Backend => Seed::from(0),
        };
        let context = Context::new(self.setup.clock.now(), seed, &self.setup.application);
        self.setup.project.request(endpoint, &context)
    }

    fn finish<S: Transition<P>>(
        &self,
        step: S,
        response: Result<Response, Error>,
    ) -> Result<S::After, Failure<S::Before>> {
        match response {
            Ok(response) => self.complete(step, &response),
            Err(error) => Err(Failure::Kept { session: step.cancel(), error }),
        }
    }
}

impl<P: Surface, T: Transport> Client<P, T> {
    /// Sends a step and completes it.
    ///
    /// The future owns the session from its first poll on: dropping it drops the session's local
    /// handle, while the server may or may not have acted. Where futures are dropped (timeouts,
    /// `select!`), use [`Client::send`] and [`Client::complete`], which lose nothing.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that gives the session back, unless the server no longer knows it. A
    /// transport error always keeps it.
    pub async fn run<S: Transition<P>>(&self, step: S) -> Result<S::After, Failure<S::Before>> {
        let response = self.send(&step).await;
        self.finish(step, response)
    }

    /// Sends the request of a step or call and returns the reply. The step is only borrowed while
    /// the request is built: a dropped future loses nothing.
    ///
    /// # Errors
    ///
    /// An [`Error`] if no complete reply arrived.
    pub fn send<'a, E: Endpoint<P>>(
        &'a self,
        endpoint: &E,
    ) -> impl Future<Output = Result<Response, Error>> + Send + use<'a, P, T, E> {
        let request = self.request(endpoint);
        let reply = self.transport.send(request);
        async move { Ok(reply.await?) }
    }

    /// Sends a call and decodes the reply.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the server refused, no complete reply arrived, or it cannot be understood.
    pub async fn call<C: Call<P>>(&self, call: &C) -> Result<C::Output, Error> {
        let response = self.send(call).await?;
        self.setup.project.decode(call, &response)
    }
}

impl<P: Surface, T: BlockingTransport> Client<P, T> {
    /// [`Client::run`] without async.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that gives the session back, unless the server no longer knows it.
    pub fn run_blocking<S: Transition<P>>(&self, step: S) -> Result<S::After, Failure<S::Before>> {
        let response = self.send_blocking(&step);
        self.finish(step, response)
    }

    /// [`Client::send`] without async.
    ///
    /// # Errors
    ///
    /// An [`Error`] if no complete reply arrived.
    pub fn send_blocking<E: Endpoint<P>>(&self, endpoint: &E) -> Result<Response, Error> {
        Ok(self.transport.send(self.request(endpoint))?)
    }

    /// [`Client::call`] without async.
    ///
    /// # Errors
    ///
    /// An [`Error`] if the server refused, no complete reply arrived, or it cannot be understood.
    pub fn call_blocking<C: Call<P>>(&self, call: &C) -> Result<C::Output, Error> {
        let response = self.send_blocking(call)?;
        self.setup.project.decode(call, &response)
    }
}

impl<P: Surface, T> fmt::Debug for Client<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("project", &self.setup.project)
            .field("application", &self.setup.application)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Client`].
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder<P: Surface, T> {
    project: Project<P>,
    transport: T,
    clock: Arc<dyn Clock>,
    seed: Arc<dyn SeedSource>,
    application: Option<Application>,
}

impl<P: Surface, T> ClientBuilder<P, T> {
    /// Where the time comes from; [`SystemClock`] by default.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where randomness comes from; [`SystemSeed`] by default.
    pub fn seed(mut self, seed: impl SeedSource + 'static) -> Self {
        self.seed = Arc::new(seed);
        self
    }

    /// The application's identity, for the frontend surface.
    pub fn application(mut self, application: Application) -> Self {
        self.application = Some(application);
        self
    }

    /// The client.
    pub fn build(self) -> Client<P, T> {
        let application = self.application.unwrap_or_else(|| {
            Application::new("stytch-session", self.seed.seed()).version(env!("CARGO_PKG_VERSION"))
        });
        let Self { project, transport, clock, seed, .. } = self;
        Client { setup: Arc::new(Setup { project, clock, seed, application }), transport }
    }
}

impl<P: Surface, T> fmt::Debug for ClientBuilder<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("project", &self.project).finish_non_exhaustive()
    }
}
