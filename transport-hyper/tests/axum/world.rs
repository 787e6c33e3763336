//! The emulator, and requests to a router.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use stytch_session::jwt::JwtVerifier;
use stytch_session::{
    Active, Authenticated, Backend, Client, OrganizationId, Password, Project, ProjectId,
    ProjectSecret, Session, TokioRuntime,
};
use stytch_session_hyper::axum::Auth;
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, VirtualClock};
use tower::ServiceExt as _;

pub(crate) const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);

pub(crate) struct World {
    pub(crate) stytch: Emulator,
    verifier: JwtVerifier,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|emulator| emulator)
    }

    pub(crate) fn with(set_up: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let stytch = set_up(Emulator::example_builder().clock(VirtualClock::new())).build();
        let verifier = JwtVerifier::builder(client(&stytch)).start(TokioRuntime::current());
        Self { stytch, verifier }
    }

    pub(crate) fn auth(&self) -> Auth {
        Auth::new(self.verifier.clone())
    }

    pub(crate) async fn ada(&self) -> Session<Active> {
        self.log_in(Example::EMAIL_ADDRESS, Example::PASSWORD).await
    }

    pub(crate) async fn ben(&self) -> Session<Active> {
        self.log_in(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD).await
    }

    async fn log_in(&self, email_address: &str, password: &str) -> Session<Active> {
        let organization = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
        let password = Password::new(&organization, email_address, password);
        let login = client(&self.stytch).run(Session::new().login(password)).await.unwrap();
        let Authenticated::Active(session) = login else { panic!("no second factor") };
        session
    }

    /// How often the server was asked about a session.
    pub(crate) fn authentications(&self) -> usize {
        let requests = self.stytch.requests();
        requests.iter().filter(|it| it.path().ends_with("/sessions/authenticate")).count()
    }

    pub(crate) async fn ask(&self, app: &Router, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        });
        ask(app, headers).await
    }

    pub(crate) async fn ask_owned(&self, app: &Router, headers: Vec<(&str, String)>) -> Response {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.ask(app, &headers).await
    }

    /// The body of the reply.
    pub(crate) async fn text(&self, app: &Router, headers: Vec<(&str, String)>) -> String {
        let reply = self.ask_owned(app, headers).await;
        let body = to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.into()).unwrap()
    }
}

/// Gives a request with these headers to the router.
pub(crate) async fn ask(
    app: &Router,
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Response {
    let mut request = http::Request::new(Body::empty());
    request.headers_mut().extend(headers);
    app.clone().oneshot(request).await.unwrap()
}

pub(crate) fn client(stytch: &Emulator) -> Client<Backend, Emulator> {
    let id = ProjectId::new(stytch.project_id()).unwrap();
    let secret = ProjectSecret::new(stytch.project_secret()).unwrap();
    let project = Project::backend(id, secret);
    Client::builder(project, stytch.clone()).clock(stytch.clock().clone()).build()
}

pub(crate) fn jwt_of(session: &Session<Active>) -> String {
    session.session_jwt().expect("the backend always has one").secret().to_owned()
}

pub(crate) fn bearer(jwt: &str) -> String {
    format!("Bearer {jwt}")
}

pub(crate) fn cookie(jwt: &str) -> String {
    format!("stytch_session_jwt={jwt}")
}

pub(crate) fn status(response: &Response) -> u16 {
    response.status().as_u16()
}
