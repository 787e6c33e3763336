//! The backend of a web service whose members log in with Stytch: `backend/app.rs` is all of it. Without
//! options it starts an emulated Stytch beside it, and says what to try.

#[path = "backend/app.rs"]
mod app;

use std::error::Error;
use std::net::SocketAddr;

use clap::Parser;
use stytch_session::jwt::JwtVerifier;
use stytch_session::{Backend, Client, Project, ProjectId, ProjectSecret, TokioRuntime};
use stytch_session_hyper::HyperTransport;
use stytch_session_hyper::axum::Auth;
use stytch_session_mock::{Emulator, Example, Server};
use tokio::net::TcpListener;

/// A web service that shows a lighthouse's lamps, more of them to members.
///
/// Without options it runs against an emulator that it starts itself.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen; port 0 is a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The server; Stytch itself if left out where a project is named.
    #[arg(long, requires = "project_id")]
    url: Option<String>,
    /// The project.
    #[arg(long, env = "STYTCH_PROJECT_ID", requires = "secret")]
    project_id: Option<String>,
    /// The project's secret: set the variable, others can see a program's options.
    #[arg(long, env = "STYTCH_SECRET", hide_env_values = true, requires = "project_id")]
    secret: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let listener = TcpListener::bind(options.listen).await?;
    let here = format!("http://{}", listener.local_addr()?);
    println!("The lighthouse listens on {here}.");

    let (project, _server) = match (options.project_id, options.secret) {
        (Some(id), Some(secret)) => (project(&id, &secret, options.url.as_deref())?, None),
        _ => {
            let stytch = Emulator::example();
            let server = Server::start(&stytch, "127.0.0.1:0")?;
            print!("{}", what_to_try(&here, &stytch, &server));
            let url = server.url();
            (project(stytch.project_id(), stytch.project_secret(), Some(&url))?, Some(server))
        }
    };
    let client = Client::new(project, HyperTransport::new()?);
    let verifier = JwtVerifier::builder(client).start(TokioRuntime::current());
    if let Err(error) = verifier.preload().await {
        eprintln!("{error}; members have to wait");
    }
    axum::serve(listener, app::app(Auth::new(verifier))?).await?;
    Ok(())
}

fn project(id: &str, secret: &str, url: Option<&str>) -> Result<Project<Backend>, Box<dyn Error>> {
    let project = Project::backend(ProjectId::new(id)?, ProjectSecret::new(secret)?);
    Ok(match url {
        Some(url) => project.with_base_url(url)?,
        None => project,
    })
}

/// Lines for a shell.
fn what_to_try(here: &str, stytch: &Emulator, server: &Server) -> String {
    let login = |email_address: &str, password: &str| {
        format!(
            r#"$(curl -s {}/v1/b2b/passwords/authenticate -u {}:{} -d '{{"organization_id": "{}", "email_address": "{email_address}", "password": "{password}"}}' | sed 's/.*"session_jwt": *"\([^"]*\)".*/\1/')"#,
            server.url(),
            stytch.project_id(),
            stytch.project_secret(),
            Example::HARBOR_LIGHTS,
        )
    };
    format!(
        "An emulated Stytch listens on {url}. Try:

# Nobody sees that there are lamps, and nothing of themselves.
curl -i {here}/lamps
curl -i {here}/me

# Ada and Ben log in, to Stytch.
ADA={ada}
BEN={ben}

# By bearer, or by cookie.
curl -i {here}/me -H \"Authorization: Bearer $ADA\"
curl -i {here}/lamps -b \"stytch_session_jwt=$ADA\"

# Ben keeps the lamps, Ada does not.
curl -i -X POST {here}/lamps -H \"Authorization: Bearer $ADA\"
curl -i -X POST {here}/lamps -H \"Authorization: Bearer $BEN\"
",
        url = server.url(),
        ada = login(Example::EMAIL_ADDRESS, Example::PASSWORD),
        ben = login(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD),
    )
}
