//! A member session goes through every state, over real HTTP.
//!
//! Without options it starts the emulator on a loopback port and tells the whole story. With
//! `--url`, `--public-token`, `--organization` and `--email` it runs against any
//! Stytch-compatible server; the password, and codes where they are asked for, come from standard
//! input.

#[path = "journey/story.rs"]
mod story;

use std::error::Error;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::process::ExitCode;

use clap::Parser;
use story::{Story, scene, show};
use stytch_session::{
    Abandoned, Active, Authenticated, Client, DiscoveryPassword, Environment, Failure, Frontend,
    Intermediate, Minutes, OrganizationId, Password, Project, PublicToken, Session, SmsCode,
    TotpCode,
};
use stytch_session_hyper::HyperTransport;
use stytch_session_mock::{Emulator, Example, Server};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;
type StoryClient = Client<Frontend, Story<HyperTransport>>;

/// Leads a member session through every state, over real HTTP.
///
/// Without options it runs against an emulator that it starts itself. With --url, --public-token,
/// --organization and --email, which go together, it runs against any Stytch-compatible server: the
/// password, and codes where they are asked for, are lines of standard input, which the terminal
/// shows as they are typed.
#[derive(Debug, Parser)]
struct Options {
    /// The server; the emulator on a loopback port if left out.
    #[arg(long, requires_all = ["public_token", "organization", "email"])]
    url: Option<String>,
    /// The project's public token.
    #[arg(long, requires = "url")]
    public_token: Option<String>,
    /// The organization to log in to: its id, slug or external id.
    #[arg(long, requires = "url")]
    organization: Option<String>,
    /// The member's e-mail address.
    #[arg(long, requires = "url")]
    email: Option<String>,
    /// Organizations to exchange the session to, one after the other.
    #[arg(long, requires = "url")]
    exchange: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Options::parse() {
        Options {
            url: Some(url),
            public_token: Some(token),
            organization: Some(organization),
            email: Some(email),
            exchange,
        } => on_a_server(&url, &token, &organization, &email, &exchange).await,
        _ => on_the_emulator().await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn client(url: &str, public_token: &str) -> Result<StoryClient> {
    let token = PublicToken::new(public_token)
        .or_else(|_| PublicToken::with_environment(public_token, Environment::Test))?;
    let project = Project::frontend(token).with_base_url(url)?;
    Ok(Client::new(project, Story::new(HyperTransport::new()?)))
}

/// The whole story, in the emulator's built-in world.
async fn on_the_emulator() -> Result<()> {
    let stytch = Emulator::example();
    let server = Server::start(&stytch, "127.0.0.1:0")?;
    println!("A local Stytch listens on {}.", server.url());
    let client = client(&server.url(), stytch.public_token())?;
    let harbor_lights = OrganizationId::new(Example::HARBOR_LIGHTS)?;
    let north_pier = OrganizationId::new(Example::NORTH_PIER)?;
    let blue_kiln = OrganizationId::new(Example::BLUE_KILN)?;

    let session = Session::new();
    show(&session);

    scene("Ada logs in with her password");
    let password = Password::new(&harbor_lights, Example::EMAIL_ADDRESS, Example::PASSWORD);
    let session = active(client.run(session.login(password)).await?)?;

    scene("She refreshes the session, and extends it to two hours");
    let session = client.run(session.authenticate()).await?;
    let step = session.authenticate().session_duration(Minutes::new(120)?);
    let session = client.run(step).await?;
    show(&session);

    scene("She switches to North Pier");
    let session = active(client.run(session.exchange(&north_pier)).await?)?;

    scene("She switches to Blue Kiln, which demands a second factor");
    let session = intermediate(client.run(session.exchange(&blue_kiln)).await?)?;

    scene("A wrong code is refused, and nothing is lost");
    let session = match client.run(session.authenticate(SmsCode::new("999999")?)).await {
        Err(Failure::Kept { session, error }) => {
            println!("  refused: {error}");
            show(&session);
            session
        }
        other => return Err(format!("a wrong code came to {other:?}").into()),
    };

    scene("The right code finishes the exchange");
    let code = stytch.last_code(Example::PHONE_NUMBER).ok_or("no code was sent")?;
    let session = client.run(session.authenticate(SmsCode::new(code)?)).await?;
    show(&session);

    scene("Back in North Pier, she begins to switch to Blue Kiln again, and thinks better of it");
    let session = active(client.run(session.exchange(&north_pier)).await?)?;
    let session = intermediate(client.run(session.exchange(&blue_kiln)).await?)?;
    let session = match session.abandon() {
        Abandoned::Active(session) => session,
        Abandoned::LoggedOut(_) => return Err("the session was lost".into()),
    };
    show(&session);
    let session = client.run(session.authenticate()).await?;
    println!("  the server still honours it");

    log_out(&client, session).await?;

    scene("She logs in again, without saying where: her password proves her address");
    let password = DiscoveryPassword::new(Example::EMAIL_ADDRESS, Example::PASSWORD);
    let session = client.run(Session::new().discover(password)).await?;
    show(&session);
    scene("She chooses Harbor Lights, and leaves for the day");
    let session = active(client.run(session.exchange(&harbor_lights)).await?)?;
    let session = client.run(session.revoke()).await?;
    show(&session);
    println!("\nThat was every state, in {} requests.", stytch.request_count());
    Ok(())
}

/// As much of the story as a server that is not ours allows.
async fn on_a_server(
    url: &str,
    public_token: &str,
    organization: &str,
    email: &str,
    exchange: &[String],
) -> Result<()> {
    let client = client(url, public_token)?;
    let organization = OrganizationId::new(organization)?;
    let session = Session::new();
    show(&session);

    scene("Log in with a password");
    let password = Password::new(&organization, email, ask("password")?);
    let mut session = finish(&client, client.run(session.login(password)).await?).await?;

    scene("Refresh, and let it end an hour from now");
    session = client.run(session.authenticate().session_duration(Minutes::new(60)?)).await?;
    show(&session);

    for organization in exchange {
        scene(&format!("Exchange to {organization}"));
        let step = session.exchange(&OrganizationId::new(organization.as_str())?);
        let outcome = client.run(step).await?;
        session = match outcome {
            Authenticated::Intermediate(session) if session.requirement().primary().is_some() => {
                show(&session);
                println!("  which this program cannot give: back to the session before");
                match session.abandon() {
                    Abandoned::Active(session) => session,
                    Abandoned::LoggedOut(_) => return Err("the session was lost".into()),
                }
            }
            other => finish(&client, other).await?,
        };
    }
    log_out(&client, session).await
}

/// Revokes the session, and shows that its token is worth nothing any more.
async fn log_out(client: &StoryClient, session: Session<Active>) -> Result<()> {
    scene("Log out");
    let token = session.session_token().clone();
    let session = client.run(session.revoke()).await?;
    show(&session);

    scene("The revoked token is refused");
    match client.run(session.authenticate(token)).await {
        Err(failure @ Failure::Kept { .. }) => println!("  refused: {}", failure.error()),
        other => return Err(format!("a revoked token came to {other:?}").into()),
    }
    Ok(())
}

/// Asks for second factors until the session is active.
async fn finish(client: &StoryClient, outcome: Authenticated) -> Result<Session<Active>> {
    let mut session = match outcome {
        Authenticated::Active(session) => {
            show(&session);
            return Ok(session);
        }
        Authenticated::Intermediate(session) => session,
    };
    loop {
        show(&session);
        let Some(required) = session.requirement().second_factor() else {
            return Err(format!("required: {}", session.requirement()).into());
        };
        let by_app = required.member_options().is_some_and(|options| {
            options.mfa_phone_number().is_none() && options.totp_registration_id().is_some()
        });
        if !by_app && required.secondary_auth_initiated().is_none() {
            client.call(&session.send_sms_code()).await?;
        }
        let code = ask("code")?;
        let outcome = if by_app {
            client.run(session.authenticate(TotpCode::new(code)?)).await
        } else {
            client.run(session.authenticate(SmsCode::new(code)?)).await
        };
        match outcome {
            Ok(active) => {
                show(&active);
                return Ok(active);
            }
            Err(Failure::Kept { session: kept, error }) => {
                println!("  refused: {error}");
                session = kept;
            }
            Err(Failure::Ended { error }) => return Err(error.into()),
        }
    }
}

fn active(outcome: Authenticated) -> Result<Session<Active>> {
    let session = outcome.into_active().map_err(|session| session.requirement().to_string())?;
    show(&session);
    Ok(session)
}

fn intermediate(outcome: Authenticated) -> Result<Session<Intermediate>> {
    match outcome {
        Authenticated::Intermediate(session) => {
            show(&session);
            Ok(session)
        }
        Authenticated::Active(_) => Err("no second factor was asked for".into()),
    }
}

/// One line of standard input.
fn ask(what: &str) -> Result<String> {
    eprint!("{what}: ");
    io::stderr().flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(format!("standard input ended before the {what}").into());
    }
    if !io::stdin().is_terminal() {
        eprintln!();
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
