//! An emulated Stytch, the example beside it, and time that stands still.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use stytch_session::jwt::{JwtVerifier, JwtVerifierBuilder};
use stytch_session::retry::RetryPolicy;
use stytch_session::{
    Active, Authenticated, Backend, Client, OrganizationId, Password, Project, ProjectId,
    ProjectSecret, Session, TokioRuntime,
};
use stytch_session_hyper::HyperTransport;
use stytch_session_hyper::axum::Auth;
use stytch_session_mock::{Emulator, Example, Server, VirtualClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::app::app;

pub(crate) const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);

pub(crate) struct World {
    pub(crate) stytch: Emulator,
    /// `None` once it is away.
    server: Option<Server>,
    pub(crate) client: Client<Backend, HyperTransport>,
    pub(crate) verifier: JwtVerifier,
    lighthouse: SocketAddr,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(VirtualClock::new(), |builder| builder).await
    }

    pub(crate) async fn with(
        clock: VirtualClock,
        set_up: impl FnOnce(JwtVerifierBuilder) -> JwtVerifierBuilder,
    ) -> Self {
        let stytch = Emulator::example_builder().clock(clock.clone()).build();
        let server = Server::start(&stytch, "127.0.0.1:0").expect("a port");
        let id = ProjectId::new(stytch.project_id()).expect("an id");
        let secret = ProjectSecret::new(stytch.project_secret()).expect("a secret");
        let project = Project::backend(id, secret).with_base_url(&server.url()).expect("a URL");
        let transport = HyperTransport::builder().loopback_only().retry(RetryPolicy::none());
        let client =
            Client::builder(project, transport.build().expect("a transport")).clock(clock).build();
        let builder = set_up(JwtVerifier::builder(client.clone()));
        let verifier = builder.start(TokioRuntime::current());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let lighthouse = listener.local_addr().expect("an address");
        let app = app(Auth::new(verifier.clone())).expect("the ids are right");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { stytch, server: Some(server), client, verifier, lighthouse }
    }

    /// Stytch cannot be reached any more.
    pub(crate) async fn take_stytch_away(&mut self) {
        self.server.take().expect("it is there").shutdown().await;
    }

    pub(crate) async fn ada(&self) -> Session<Active> {
        self.log_in(Example::EMAIL_ADDRESS, Example::PASSWORD).await
    }

    pub(crate) async fn ben(&self) -> Session<Active> {
        self.log_in(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD).await
    }

    async fn log_in(&self, email_address: &str, password: &str) -> Session<Active> {
        let organization = OrganizationId::new(Example::HARBOR_LIGHTS).expect("an id");
        let password = Password::new(&organization, email_address, password);
        let login = self.client.run(Session::new().login(password)).await.expect("a login");
        let Authenticated::Active(session) = login else { panic!("no second factor") };
        session
    }

    /// Asks the lighthouse, with these lines in the header.
    pub(crate) async fn ask(&self, what: &str, headers: &[String]) -> Reply {
        let mut lines = vec![format!("{what} HTTP/1.1"), "Host: lighthouse.example".to_owned()];
        lines.push("Connection: close".to_owned());
        lines.extend_from_slice(headers);
        let mut stream = TcpStream::connect(self.lighthouse).await.expect("a connection");
        let request = lines.join("\r\n") + "\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("it is sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("a reply");
        Reply(reply)
    }

    pub(crate) async fn get(&self, path: &str, headers: &[String]) -> Reply {
        self.ask(&format!("GET {path}"), headers).await
    }
}

/// A reply, as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply(String);

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        let status = self.0.split(' ').nth(1).expect("a status");
        status.parse().expect("a number")
    }

    /// The values of all headers of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.0.lines().take_while(|line| !line.is_empty());
        let headers = lines.filter_map(|line| line.split_once(": "));
        headers.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, it)| it).collect()
    }

    /// The value of the one header of this name.
    pub(crate) fn header(&self, name: &str) -> &str {
        let [value] = self.all(name)[..] else { panic!("{name} in {self:?}") };
        value
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").expect("a body").1
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.body()).expect("JSON")
    }

    /// All that a client sees of it, without the time.
    pub(crate) fn undated(&self) -> String {
        self.0.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn bearer(jwt: &str) -> Vec<String> {
    vec![format!("Authorization: Bearer {jwt}")]
}

pub(crate) fn cookie(jwt: &str) -> Vec<String> {
    vec![format!("Cookie: theme=dark; stytch_session_jwt={jwt}")]
}

pub(crate) fn token_cookie(token: &str) -> Vec<String> {
    vec![format!("Cookie: stytch_session={token}")]
}

pub(crate) fn jwt_of(session: &Session<Active>) -> String {
    session.session_jwt().expect("the backend always has one").secret().to_owned()
}
