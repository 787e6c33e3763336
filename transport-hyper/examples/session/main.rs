//! A member session on the command line: a small client over `LiveSession`, with the session in a
//! file that several shells share. `--help` says what it does and how it exits.

mod arguments;
mod failure;
mod input;
mod report;

use std::io::{self, Write as _};
use std::process::ExitCode;

use arguments::{Arguments, Command, Factor};
use clap::Parser as _;
use failure::Failure;
use stytch_session::live::Revoked;
use stytch_session::{
    Client, Environment, FileStore, LiveError, LiveSession, MfaMethod, Minutes, OrganizationId,
    Password, Progress, Project, PublicToken, RecoveryCode, SmsCode, TokioRuntime, TotpCode,
};
use stytch_session_hyper::HyperTransport;

type Result<T = (), E = Failure> = std::result::Result<T, E>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&format!("session: {failure}"));
            ExitCode::from(&failure)
        }
    }
}

async fn run(arguments: Arguments) -> Result {
    let live = start(&arguments).await?;
    match arguments.command {
        Command::Login { organization, email, factor } => {
            login(&live, &organization, &email, factor).await?;
        }
        Command::Finish { factor } => {
            finish(&live, factor, true).await?;
            print(&report::sentence(&live.view()))?;
        }
        Command::Status { json } => status(&live, json).await?,
        Command::Watch { count, .. } => watch(&live, count).await?,
        Command::Refresh { minutes } => refresh(&live, minutes).await?,
        Command::Exchange { organization, factor } => {
            let progress = live.exchange(&OrganizationId::new(organization)?).await?;
            arrive(&live, &progress, factor).await?;
        }
        Command::Abandon => {
            live.abandon().await?;
            print(&report::sentence(&live.view()))?;
        }
        Command::Logout { force } => logout(&live, force).await?,
    }
    // What is done is tried to be stored in the background, which ends here.
    live.store_error().map_or(Ok(()), |error| Err(error.into()))
}

/// Reads the session from the store. The server is asked in the background whether it still lives.
async fn start(arguments: &Arguments) -> Result<LiveSession> {
    let token = arguments.public_token.as_str();
    let token = PublicToken::new(token)
        .or_else(|_| PublicToken::with_environment(token, Environment::Test))?;
    let mut project = Project::frontend(token);
    if let Some(url) = &arguments.url {
        project = project.with_base_url(url)?;
    }
    let store = arguments.store().ok_or(Failure::Usage("say with --store where to keep it"))?;
    let transport = HyperTransport::new().map_err(|error| Failure::Setup(error.into()))?;
    let mut builder = LiveSession::builder(Client::new(project, transport));
    builder = builder.store(FileStore::at(store));
    if matches!(arguments.command, Command::Watch { keep_alive: true, .. }) {
        builder = builder.keep_alive();
    }
    Ok(builder.start(TokioRuntime::current()).await?)
}

async fn login(
    live: &LiveSession,
    organization: &str,
    email: &str,
    factor: Option<Factor>,
) -> Result {
    // If the server has ended the stored session, this finds it out. Found out during the login, it
    // would supersede that.
    if live.info().from_cache {
        let _ = live.authenticate().await;
    }
    // A login goes on from an unfinished one; this one begins anew.
    live.abandon().await?;
    let organization = OrganizationId::new(organization)?;
    let password = input::line("password").await?;
    let password = password.ok_or_else(|| Failure::Unfinished("a password".to_owned()))?;
    let progress = live.login(Password::new(&organization, email, password)).await?;
    arrive(live, &progress, factor).await
}

/// Finishes what has begun, and says where that has led.
async fn arrive(live: &LiveSession, progress: &Progress, factor: Option<Factor>) -> Result {
    if let Progress::Intermediate(_) = progress {
        finish(live, factor, false).await?;
    }
    print(&report::sentence(&live.view()))
}

/// Gives a second factor: lines of input until one is accepted.
async fn finish(live: &LiveSession, factor: Option<Factor>, send_anew: bool) -> Result {
    let session = live.intermediate().ok_or(LiveError::NothingPending)?;
    let requirement = session.requirement();
    let unfinished = || Failure::Unfinished(requirement.to_string());
    let required = requirement.second_factor().ok_or_else(unfinished)?;
    if requirement.primary().is_some() || requirement.must_enroll() {
        return Err(unfinished());
    }
    let factor = factor.unwrap_or_else(|| Factor::of(&session));
    if factor == Factor::Sms {
        let sent = required.secondary_auth_initiated() == Some(&MfaMethod::SmsOtp);
        if send_anew || !sent {
            live.call(&session.send_sms_code()).await?;
        }
        tell("a code was sent by SMS");
    }
    let mut reason = unfinished();
    loop {
        let Some(code) = input::line(factor.name()).await? else { return Err(reason) };
        match give(live, factor, code).await {
            Err(failure) if failure.is_refusal() => {
                tell(&format!("session: {failure}"));
                reason = failure;
            }
            result => return result,
        }
    }
}

async fn give(live: &LiveSession, factor: Factor, code: String) -> Result {
    match factor {
        Factor::Sms => live.authenticate_with(SmsCode::new(code)?).await?,
        Factor::Totp => live.authenticate_with(TotpCode::new(code)?).await?,
        Factor::Recovery => live.authenticate_with(RecoveryCode::new(code)?).await?,
    };
    Ok(())
}

async fn status(live: &LiveSession, json: bool) -> Result {
    // It waits for the refresh that has begun in the background.
    let confirmation = match live.get() {
        Some(_) => live.authenticate().await.map(drop).map_err(Failure::from),
        None => Ok(()),
    };
    let problem = confirmation.as_ref().err().map(ToString::to_string);
    let view = live.view();
    if json {
        print(&report::json(&view, problem.as_deref()).to_string())?;
    } else {
        print(&report::lines(&view))?;
    }
    if let Some(problem) = &problem {
        tell(&format!("session: {problem}"));
    }
    match confirmation {
        _ if view.active().is_none() => Err(LiveError::NoSession.into()),
        Err(failure) if view.is_from_cache() && !failure.is_outage() => Err(failure),
        _ => Ok(()),
    }
}

async fn watch(live: &LiveSession, count: Option<usize>) -> Result {
    let mut changes = live.changes();
    let watching = async {
        print(&report::sentence(&live.view()))?;
        for _ in 0..count.unwrap_or(usize::MAX) {
            let change = changes.next().await.ok_or(LiveError::Closed)?;
            print(&report::line(&change))?;
        }
        Ok(())
    };
    tokio::select! {
        result = watching => result,
        () = input::end() => Ok(()),
    }
}

async fn refresh(live: &LiveSession, minutes: Option<u32>) -> Result {
    let refresh = live.authenticate();
    match minutes {
        Some(minutes) => refresh.session_duration(Minutes::new(minutes)?).await?,
        None => refresh.await?,
    };
    print(&report::sentence(&live.view()))
}

async fn logout(live: &LiveSession, force: bool) -> Result {
    let revoke = if force { live.revoke().force() } else { live.revoke() };
    print(match revoke.await? {
        Revoked::Confirmed => "logged out",
        Revoked::AlreadyEnded(_) => "logged out; the server had ended the session before",
        _ => "logged out here; the server could not be asked: there the session ends by itself",
    })
}

/// Writes a line that is the result.
fn print(line: &str) -> Result {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Writes a line for whoever sits there.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
