//! The typed session, through `Client` and `HyperTransport`.

use std::sync::Arc;

use stytch_session::{
    Active, Backend, Client, Project, ProjectId, ProjectSecret, Session, SessionToken,
};
use stytch_session_hyper::HyperTransport;

use crate::rounds::{Caller, Side};
use crate::server::Server;

pub(crate) const PROJECT_ID: &str = "project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d";
pub(crate) const SECRET: &str = "secret-test-made-up-for-a-benchmark";

/// One client for all callers.
pub(crate) struct Ours(Arc<Client<Backend, HyperTransport>>);

pub(crate) struct OurCaller {
    client: Arc<Client<Backend, HyperTransport>>,
    session: Option<Session<Active>>,
}

impl Ours {
    pub(crate) fn new(server: &Server) -> Self {
        let id = ProjectId::new(PROJECT_ID).expect("it is well-formed");
        let secret = ProjectSecret::new(SECRET).expect("it is well-formed");
        let url = format!("http://{}", server.address());
        let project = Project::backend(id, secret).with_base_url(&url).expect("it is loopback");
        let transport =
            HyperTransport::builder().loopback_only().build().expect("it needs nothing");
        Self(Arc::new(Client::new(project, transport)))
    }
}

impl Side for Ours {
    type Caller = OurCaller;

    async fn caller(&self) -> OurCaller {
        let token = SessionToken::new("made-up-token").expect("it is well-formed");
        let session = self.0.run(Session::new().authenticate(token)).await.expect("a success");
        OurCaller { client: Arc::clone(&self.0), session: Some(session) }
    }
}

impl OurCaller {
    pub(crate) fn session(&self) -> &Session<Active> {
        self.session.as_ref().expect("the last call came back")
    }
}

impl Caller for OurCaller {
    async fn call(&mut self) {
        let session = self.session.take().expect("the last call came back");
        self.session = Some(self.client.run(session.authenticate()).await.expect("a success"));
    }
}
