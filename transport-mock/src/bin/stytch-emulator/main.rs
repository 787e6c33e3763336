//! A local Stytch as a program: for people, and for tests in any language.

mod options;
mod report;
mod requests;
mod state;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use stytch_session_mock::{Emulator, Server};

use options::Options;
use state::Keeper;

/// The exit status of a mistake in the command line, in the seed or in the state; clap's own.
const MISTAKE: u8 = 2;

fn main() -> ExitCode {
    let options = Options::parse();
    let emulator = match options.emulator() {
        Ok(emulator) => emulator,
        Err(problem) => return fail(&problem, MISTAKE),
    };
    let keeper = options.state.as_deref().map(|file| Keeper::open(file, &emulator)).transpose();
    let keeper = match keeper {
        Ok(keeper) => keeper,
        Err(problem) => return fail(&problem, MISTAKE),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(run(&options, &emulator, keeper.as_ref()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !options.allow_remote => {
            let hint = "--allow-remote permits addresses that others can reach";
            fail(&format!("cannot listen on {}: {error}; {hint}", options.listen), MISTAKE)
        }
        Err(error) => fail(&format!("cannot listen on {}: {error}", options.listen), 1),
    }
}

/// Serves until a signal comes.
async fn run(options: &Options, emulator: &Emulator, keeper: Option<&Keeper>) -> io::Result<()> {
    // Before anybody is told that it runs.
    let mut signals = Signals::new()?;
    let server: Server = emulator.serve_with(&options.listen, options.reach()).await?;
    // Whoever started this may have stopped reading; that is no reason to stop.
    let _ = report::write(&mut io::stdout().lock(), emulator, &server.url(), options);
    if options.allow_remote {
        log("others may reach this: its credentials are public");
    }
    if options.log_requests {
        requests::follow(emulator)?;
    }
    if let Some(keeper) = keeper {
        keeper.follow()?;
    }
    signals.next().await;
    // No request is answered between this and the end.
    let is_saved = keeper.is_none_or(Keeper::save);
    // At once: what clients still wait for is not finished first, and nothing is logged, for which
    // somebody would have to read.
    std::process::exit(if is_saved { 0 } else { 1 });
}

fn fail(problem: &str, status: u8) -> ExitCode {
    log(problem);
    ExitCode::from(status)
}

/// Writes a line to standard error, if somebody reads it.
fn log(line: &str) {
    let _ = writeln!(io::stderr(), "stytch-emulator: {line}");
}

/// What ends the program.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// What ends the program.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
