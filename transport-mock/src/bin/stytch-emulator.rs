//! A local Stytch for development and CI: `stytch-emulator --listen 127.0.0.1:4000`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, Reach, Server};

/// The status for a seed that cannot be used, as for wrong arguments.
const MISUSE: u8 = 2;

/// A local Stytch (B2B) for development and CI. Everything in it is made up.
///
/// When it is ready it prints `listening on http://ADDRESS` as its first line. Point an SDK's base
/// URL there. A page for people is at `/`, routes for tests are under `/_emulator/`.
///
/// Without --seed it has a small built-in world, whose credentials it prints.
#[derive(Debug, Parser)]
#[command(name = "stytch-emulator", version)]
struct Options {
    /// The address to listen on; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// A JSON file that describes project, organizations and members.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Allows addresses that other machines can reach. Whoever can, can read every code and link.
    #[arg(long)]
    allow_remote: bool,

    #[command(flatten)]
    switches: Switches,
}

/// What is not known of Stytch's behaviour, and what a client must be able to bear.
#[derive(Debug, Args)]
#[command(next_help_heading = "Switches, for what is not known of Stytch's behaviour")]
struct Switches {
    /// Refuse every field, parameter and header that the API does not name
    #[arg(long)]
    strict: bool,
    /// Demand a decodable X-SDK-Client header on the frontend
    #[arg(long)]
    strict_telemetry: bool,
    /// Refuse frontend calls that carry a session and an intermediate session
    #[arg(long)]
    strict_session_arguments: bool,
    /// Give a session a new token at each authenticate
    #[arg(long)]
    rotate_session_tokens: bool,
    /// End the original session when an exchange finishes
    #[arg(long)]
    end_original_on_exchange: bool,
    /// Never let a given duration shorten a session
    #[arg(long)]
    never_shorten: bool,
    /// Answer wrong second factors with 401 unauthorized_credentials
    #[arg(long)]
    wrong_code_as_unauthorized: bool,
    /// Label the frontend's errors text/plain
    #[arg(long)]
    text_plain_errors: bool,
    /// Leave request_id out of the frontend's errors
    #[arg(long)]
    no_request_id_on_errors: bool,
    /// Leave null fields out of successful replies
    #[arg(long)]
    omit_nulls: bool,
    /// Add fields and values that no client can know
    #[arg(long)]
    inject_unknown: bool,
    /// Send Retry-After with every 429
    #[arg(long, value_name = "SECONDS")]
    retry_after: Option<u64>,
    /// Cap session_duration_minutes on the frontend
    #[arg(long, value_name = "MINUTES")]
    maximum_session_minutes: Option<u32>,
    /// Lock a member after so many wrong second factors
    #[arg(long, value_name = "FAILURES")]
    lock_after: Option<u32>,
    /// Send this code in every text message and e-mail
    #[arg(long, value_name = "CODE")]
    fixed_otp_code: Option<String>,
}

type Switch = fn(EmulatorBuilder) -> EmulatorBuilder;

impl Switches {
    fn apply(self, mut builder: EmulatorBuilder) -> EmulatorBuilder {
        let flags: [(bool, Switch); 11] = [
            (self.strict, EmulatorBuilder::strict),
            (self.strict_telemetry, EmulatorBuilder::strict_telemetry),
            (self.strict_session_arguments, EmulatorBuilder::strict_session_arguments),
            (self.rotate_session_tokens, EmulatorBuilder::rotate_session_tokens),
            (self.end_original_on_exchange, EmulatorBuilder::end_original_on_exchange),
            (self.never_shorten, EmulatorBuilder::never_shorten),
            (self.wrong_code_as_unauthorized, EmulatorBuilder::wrong_code_as_unauthorized),
            (self.text_plain_errors, EmulatorBuilder::text_plain_errors),
            (self.no_request_id_on_errors, EmulatorBuilder::no_request_id_on_errors),
            (self.omit_nulls, EmulatorBuilder::omit_nulls),
            (self.inject_unknown, EmulatorBuilder::inject_unknown),
        ];
        for (is_on, switch) in flags {
            if is_on {
                builder = switch(builder);
            }
        }
        if let Some(seconds) = self.retry_after {
            builder = builder.retry_after(seconds);
        }
        if let Some(minutes) = self.maximum_session_minutes {
            builder = builder.maximum_session_minutes(minutes);
        }
        if let Some(failures) = self.lock_after {
            builder = builder.lock_after(failures);
        }
        if let Some(code) = self.fixed_otp_code {
            builder = builder.fixed_otp_code(code);
        }
        builder
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let builder = match &options.seed {
        None => Emulator::example_builder(),
        Some(path) => match seed(path) {
            Ok(builder) => builder,
            Err(problem) => {
                eprintln!("error: {}: {problem}", path.display());
                return ExitCode::from(MISUSE);
            }
        },
    };
    let emulator = options.switches.apply(builder).build();
    let reach = if options.allow_remote { Reach::Everywhere } else { Reach::Loopback };
    let server = match Server::start_with(&emulator, options.listen, reach) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("error: cannot listen on {}: {error}", options.listen);
            if error.kind() == io::ErrorKind::PermissionDenied && !options.listen.ip().is_loopback()
            {
                eprintln!("other machines could reach it there; --allow-remote allows that");
                return ExitCode::from(MISUSE);
            }
            return ExitCode::FAILURE;
        }
    };
    // Whoever started it may have closed its end; that is no reason to stop.
    let _ = tell(&emulator, &server, options.seed.is_none());
    loop {
        std::thread::park();
    }
}

fn seed(path: &PathBuf) -> Result<EmulatorBuilder, String> {
    let json = std::fs::read(path).map_err(|error| error.to_string())?;
    Emulator::builder_from_seed_json(&json).map_err(|error| error.to_string())
}

fn tell(emulator: &Emulator, server: &Server, is_built_in: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}", server.url())?;
    out.flush()?;
    writeln!(out, "project_id    {}", emulator.project_id())?;
    writeln!(out, "secret        {}", emulator.project_secret())?;
    writeln!(out, "public_token  {}", emulator.public_token())?;
    if is_built_in {
        writeln!(
            out,
            "member        {} with the password \"{}\" in {}, {}, {} (second factor) and {} (no passwords)",
            Example::EMAIL_ADDRESS,
            Example::PASSWORD,
            Example::HARBOR_LIGHTS,
            Example::NORTH_PIER,
            Example::BLUE_KILN,
            Example::SLATE_QUARRY,
        )?;
        writeln!(
            out,
            "try           curl -s -u '{}:{}' {}/v1/b2b/passwords/authenticate -d '{}'",
            emulator.project_id(),
            emulator.project_secret(),
            server.url(),
            format_args!(
                r#"{{"organization_id":"{}","email_address":"{}","password":"{}"}}"#,
                Example::HARBOR_LIGHTS,
                Example::EMAIL_ADDRESS,
                Example::PASSWORD
            ),
        )?;
    }
    writeln!(out, "page          {}/", server.url())?;
    out.flush()
}
