//! A custom client over the core: blocking, with ureq as its HTTP library.
//!
//! The core builds requests and reads replies; all that is written here is how bytes travel.
//!
//! `cargo run -p stytch-session --example custom_client` runs it against the emulator.

#![allow(clippy::disallowed_methods, reason = "a program may ask for the time")]

use std::error::Error;
use std::time::{Duration, SystemTime};

use stytch_session::{
    Application, Context, Delivery, Failure, Frontend, MAX_BODY_BYTES, OrganizationId, Password,
    Project, PublicToken, Request, Response, Session, Transition, TransportError,
    TransportErrorKind,
};
use stytch_session_mock::{Emulator, Example, Server};

struct CustomClient {
    http: ureq::Agent,
    project: Project<Frontend>,
    application: Application,
}

impl CustomClient {
    fn new(project: Project<Frontend>) -> Self {
        let http = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30))) // a late reply is an error ...
            .max_redirects(0) // ... a redirect is a reply ...
            .http_status_as_error(false) // ... and so is every status
            .build();
        let application = Application::new("com.example.custom", rand_seed());
        Self { http: http.into(), project, application }
    }

    fn run<S: Transition<Frontend>>(&self, step: S) -> Result<S::After, Failure<S::Before>> {
        let context = Context::new(SystemTime::now(), rand_seed(), &self.application);
        match self.send(self.project.request(&step, &context)) {
            Ok(reply) => self.project.complete(step, &reply, SystemTime::now()),
            // No reply says nothing about the session: it is given back.
            Err(error) => Err(Failure::Kept { session: step.cancel(), error: error.into() }),
        }
    }

    fn send(&self, request: Request) -> Result<Response, TransportError> {
        let failed = |error| {
            TransportError::new(TransportErrorKind::Other, Delivery::Unknown).with_source(error)
        };
        let mut reply = self.http.run(request).map_err(failed)?;
        let limited = reply.body_mut().with_config().limit(MAX_BODY_BYTES as u64);
        let body = limited.read_to_vec().map_err(failed)?;
        Ok(reply.map(|_| body))
    }
}

fn rand_seed() -> [u8; 32] {
    std::array::from_fn(|_| fastrand::u8(..))
}

fn main() -> Result<(), Box<dyn Error>> {
    let stytch = Emulator::example();
    let server = Server::start(&stytch, "127.0.0.1:0")?;
    let token = PublicToken::new(stytch.public_token())?;
    let client = CustomClient::new(Project::frontend(token).with_base_url(&server.url())?);

    let organization = OrganizationId::new(Example::HARBOR_LIGHTS)?;
    let password = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
    let session = client.run(Session::new().login(password))?.into_active().map_err(|_| "MFA")?;
    println!("{} is logged in", session.member().name());
    let session = client.run(session.revoke())?;
    println!("and now {}", session.kind());
    Ok(())
}
