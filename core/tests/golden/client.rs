//! A client sends what its project writes, with its own time, randomness and identity.

use std::sync::Mutex;

use stytch_session::{
    Application, Backend, BlockingTransport, Client, Context, Endpoint, Frontend, GetJwks, Project,
    Request, Response, Seed, Session, Surface, TransportError,
};

use crate::common::scenario::{self, logged_out, password};
use crate::common::{Side, fixture, noon, success};

/// Keeps each request, and answers all with the same session.
struct Recorder<P>(Mutex<Vec<Request>>, std::marker::PhantomData<P>);

impl<P: Side> BlockingTransport for Recorder<P> {
    fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.lock().unwrap().push(request);
        Ok(success::<P>(&fixture("sessions.authenticate.success")))
    }
}

fn seed() -> Seed {
    Seed::from(7)
}

fn application() -> Application {
    Application::new("com.example.app", 1)
}

fn client<P: Side>() -> Client<P, Recorder<P>> {
    let recorder = Recorder(Mutex::default(), std::marker::PhantomData);
    let client = Client::builder(P::project(), recorder);
    client.clock(noon).seed(seed).application(application()).build()
}

fn written<P: Surface>(project: &Project<P>, endpoint: &impl Endpoint<P>) -> Request {
    project.request(endpoint, &Context::new(noon(), seed(), &application()))
}

fn check<P: Side>(sent: &Client<P, Recorder<P>>, want: &[Request]) {
    let sent = sent.transport().0.lock().unwrap();
    assert_eq!(sent.len(), want.len());
    for (sent, want) in sent.iter().zip(want) {
        assert_eq!((sent.method(), sent.uri()), (want.method(), want.uri()));
        assert_eq!(sent.headers(), want.headers());
        assert_eq!(sent.body(), want.body());
    }
}

#[test]
fn a_client_sends_what_its_project_writes() {
    fn steps<P: Side>() {
        let client = client::<P>();
        let refresh = || scenario::active::<P>().authenticate();
        let login = || logged_out().login(password());
        let session: Session<_> = client.run_blocking(refresh()).unwrap();
        assert!(client.run_blocking(login()).is_ok());
        let list = || session.list_organizations();
        assert!(client.send_blocking(&list()).is_ok());
        let project = P::project();
        let want = [
            written(&project, &refresh()),
            written(&project, &login()),
            written(&project, &list()),
        ];
        check(&client, &want);
    }
    steps::<Frontend>();
    steps::<Backend>();
    let client = client::<Backend>();
    assert!(client.send_blocking(&GetJwks::new()).is_ok());
    check(&client, &[written(&Backend::project(), &GetJwks::new())]);
}
