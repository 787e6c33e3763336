//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser};
use stytch_session_mock::{Emulator, EmulatorBuilder, Reach};

/// A local Stytch for development and tests: B2B organizations, members, logins and sessions.
///
/// Its first line of output is `listening on http://ADDRESS:PORT`. It answers the API's own paths
/// (/v1/b2b/…, /sdk/v1/b2b/…), shows its world as a page at /, and is steered under /_emulator/.
#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER)]
pub(crate) struct Options {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: String,
    /// A world to start with, as JSON; without it a small built-in one
    #[arg(long, value_name = "FILE.json")]
    pub(crate) seed: Option<PathBuf>,
    /// Keep the world in this file, so that nobody is logged out by a restart
    ///
    /// It is read at the start and written soon after each change. If it is there, its world counts,
    /// and --seed and --id-seed only say where a reset goes to; credentials, policy and options are
    /// never in it. It holds passwords and tokens, and only its owner may read it. Give each program
    /// a file of its own.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Listen on addresses that other machines can reach too
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// Write a line per request to standard error
    #[arg(long)]
    pub(crate) log_requests: bool,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    choices: Choices,
    #[command(flatten)]
    dashboard: Dashboard,
    #[command(flatten)]
    hardships: Hardships,
}

const AFTER: &str = "\
Control, for tests in any language (from this machine only):
  GET    /_emulator/state      the world
  GET    /_emulator/outbox     codes and links that would have been sent
  GET    /_emulator/clock      POST turns it: {\"now\": \"2030-06-01T12:00:00Z\"} or
                               {\"advance_seconds\": 300}
  POST   /_emulator/reset      back to the beginning; the clock stays
  GET    /_emulator/faults     POST plans one, DELETE forgets all:
                               {\"fault\": \"status\", \"status\": 503, \"count\": 2, \"path\": \"sessions\"}
  GET    /_emulator/requests   the latest requests, secrets redacted

Exit status: 0 after SIGINT or SIGTERM, 2 for a mistake in arguments, seed or state, 1
otherwise.";

/// What the world is made with.
#[derive(Args, Debug)]
#[command(next_help_heading = "World")]
struct World {
    /// Send this code in every message, rather than a new one each time
    #[arg(long, value_name = "CODE", value_parser = six_digits)]
    fixed_otp_code: Option<String>,
    /// The number that ids, tokens and codes follow from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    id_seed: u64,
    /// Lock a member for an hour after this many wrong second factors
    #[arg(long, value_name = "FAILURES", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    lock_after: u32,
    /// The longest session_duration_minutes that the frontend accepts
    #[arg(long, value_name = "MINUTES", default_value_t = 527_040, value_parser = clap::value_parser!(u32).range(5..=527_040))]
    maximum_session_minutes: u32,
}

/// What no source tells of Stytch.
#[derive(Args, Debug)]
#[command(next_help_heading = "Where Stytch's behaviour is not known")]
struct Choices {
    /// A finished exchange ends the session it started from; otherwise that lives on
    #[arg(long)]
    end_original_on_exchange: bool,
    /// A given duration never shortens a session; otherwise it is taken literally
    #[arg(long)]
    never_shorten: bool,
    /// Refuse frontend calls with both a session and an intermediate session; otherwise the
    /// intermediate one counts
    #[arg(long)]
    strict_session_arguments: bool,
    /// Refuse fields, parameters and headers that the API's description does not name, and fields of
    /// the wrong type
    #[arg(long)]
    strict: bool,
    /// Demand a decodable X-SDK-Client header on the frontend
    #[arg(long)]
    strict_telemetry: bool,
    /// A wrong second factor is a 401 unauthorized_credentials rather than its own error
    #[arg(long)]
    wrong_code_as_unauthorized: bool,
    /// A wrong project id and a wrong secret are errors of their own rather than both
    /// unauthorized_credentials
    #[arg(long)]
    distinct_credential_errors: bool,
}

/// What a project's dashboard sets.
#[derive(Args, Debug)]
#[command(next_help_heading = "What a project's dashboard sets")]
struct Dashboard {
    /// Demand a captcha of the frontend's logins; this captcha_token counts as solved
    #[arg(long, value_name = "TOKEN")]
    demand_captcha: Option<String>,
    /// Allow the frontend to pages of this origin only (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    allow_domain: Vec<String>,
    /// Allow the frontend to native programs of this app.identifier only (repeatable)
    #[arg(long, value_name = "IDENTIFIER")]
    allow_app: Vec<String>,
    /// Turn the endpoints below a path off for the frontend, for instance b2b/totp (repeatable)
    #[arg(long, value_name = "PATH")]
    disable_sdk_endpoint: Vec<String>,
    /// Allow this redirect URL only (repeatable)
    #[arg(long, value_name = "URL")]
    allow_redirect_url: Vec<String>,
    /// No SMS reaches this number (repeatable)
    #[arg(long, value_name = "NUMBER")]
    unreachable_phone_number: Vec<String>,
    /// A password proves nothing in other organizations
    #[arg(long)]
    no_cross_org_passwords: bool,
}

/// What a client should be able to bear.
#[derive(Args, Debug)]
#[command(next_help_heading = "What a client should be able to bear")]
struct Hardships {
    /// Each authenticate gives the session a new token and voids the old one
    #[arg(long)]
    rotate_session_tokens: bool,
    /// Leave null fields out of successful replies
    #[arg(long)]
    omit_nulls: bool,
    /// Add fields, factor types and values that no client can know
    #[arg(long)]
    inject_unknown: bool,
    /// Label the frontend's errors text/plain; they are JSON nevertheless
    #[arg(long)]
    text_plain_errors: bool,
    /// Leave request_id out of the frontend's errors
    #[arg(long)]
    no_request_id_on_errors: bool,
    /// Send Retry-After with this many seconds on every 429
    #[arg(long, value_name = "SECONDS")]
    retry_after: Option<u64>,
    /// Sign no JWT: each carries the same signature, which no verifier accepts
    #[arg(long)]
    constant_signature: bool,
}

fn six_digits(code: &str) -> Result<String, &'static str> {
    let fits = code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit());
    if fits { Ok(code.to_owned()) } else { Err("should be six digits") }
}

impl Options {
    pub(crate) const fn reach(&self) -> Reach {
        if self.allow_remote { Reach::Everywhere } else { Reach::Loopback }
    }

    /// The emulator that is asked for, or what is wrong with its seed.
    pub(crate) fn emulator(&self) -> Result<Emulator, String> {
        let builder = match &self.seed {
            None => Emulator::example_builder(),
            Some(file) => {
                let seed = std::fs::read(file)
                    .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
                Emulator::builder_from_seed_json(&seed)
                    .map_err(|error| format!("{}: {error}", file.display()))?
            }
        };
        Ok(self.switched(builder).build())
    }

    fn switched(&self, mut builder: EmulatorBuilder) -> EmulatorBuilder {
        let Self { world, choices, dashboard, hardships, .. } = self;
        builder = builder
            .seed(world.id_seed)
            .lock_after(world.lock_after)
            .maximum_session_minutes(world.maximum_session_minutes);
        if let Some(code) = &world.fixed_otp_code {
            builder = builder.fixed_otp_code(code);
        }
        if let Some(seconds) = hardships.retry_after {
            builder = builder.retry_after(seconds);
        }
        if let Some(token) = &dashboard.demand_captcha {
            builder = builder.demand_captcha(token);
        }
        type Setting = fn(EmulatorBuilder, String) -> EmulatorBuilder;
        let settings: [(&[String], Setting); 5] = [
            (&dashboard.allow_domain, EmulatorBuilder::allow_domain),
            (&dashboard.allow_app, EmulatorBuilder::allow_app),
            (&dashboard.disable_sdk_endpoint, EmulatorBuilder::disable_sdk_endpoint),
            (&dashboard.allow_redirect_url, EmulatorBuilder::allow_redirect_url),
            (&dashboard.unreachable_phone_number, EmulatorBuilder::unreachable_phone_number),
        ];
        for (values, setting) in settings {
            builder = values.iter().cloned().fold(builder, setting);
        }
        type Switch = fn(EmulatorBuilder) -> EmulatorBuilder;
        let switches: [(bool, Switch); 14] = [
            (choices.end_original_on_exchange, EmulatorBuilder::end_original_on_exchange),
            (choices.never_shorten, EmulatorBuilder::never_shorten),
            (choices.strict, EmulatorBuilder::strict),
            (choices.strict_session_arguments, EmulatorBuilder::strict_session_arguments),
            (choices.strict_telemetry, EmulatorBuilder::strict_telemetry),
            (choices.wrong_code_as_unauthorized, EmulatorBuilder::wrong_code_as_unauthorized),
            (choices.distinct_credential_errors, EmulatorBuilder::distinct_credential_errors),
            (dashboard.no_cross_org_passwords, EmulatorBuilder::no_cross_org_passwords),
            (hardships.rotate_session_tokens, EmulatorBuilder::rotate_session_tokens),
            (hardships.omit_nulls, EmulatorBuilder::omit_nulls),
            (hardships.inject_unknown, EmulatorBuilder::inject_unknown),
            (hardships.text_plain_errors, EmulatorBuilder::text_plain_errors),
            (hardships.no_request_id_on_errors, EmulatorBuilder::no_request_id_on_errors),
            (hardships.constant_signature, EmulatorBuilder::constant_signature),
        ];
        let on = switches.into_iter().filter(|(on, _)| *on);
        on.fold(builder, |builder, (_, switch)| switch(builder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
