//! What the program tells when it is ready.

use std::io::{self, Write};

use serde_json::json;
use stytch_session_mock::{Emulator, Example};

use crate::options::Options;

/// Writes the line that others wait for, and then what people want to know.
pub(crate) fn write(
    out: &mut impl Write,
    emulator: &Emulator,
    url: &str,
    options: &Options,
) -> io::Result<()> {
    writeln!(out, "listening on {url}")?;
    out.flush()?;
    writeln!(out)?;
    writeln!(out, "page          {url}/")?;
    writeln!(out, "project_id    {}", emulator.project_id())?;
    // A seed need not give them all.
    writeln!(out, "secret        {}", emulator.project_secret())?;
    writeln!(out, "public_token  {}", emulator.public_token())?;
    if options.seed.is_none() {
        writeln!(out)?;
        built_in(out)?;
    }
    writeln!(out)?;
    writeln!(out, "Try:")?;
    writeln!(out, "{}", attempt(emulator, url, options))?;
    out.flush()
}

fn built_in(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "member            password                  organizations")?;
    for (address, password, organizations) in [
        (
            Example::EMAIL_ADDRESS,
            Example::PASSWORD,
            [
                Example::HARBOR_LIGHTS,
                Example::NORTH_PIER,
                Example::BLUE_KILN,
                Example::SLATE_QUARRY,
            ]
            .join(", "),
        ),
        (Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD, Example::HARBOR_LIGHTS.to_owned()),
    ] {
        writeln!(out, "{address:<17} {password:<25} {organizations}")?;
    }
    writeln!(out)?;
    writeln!(out, "All of these are made up and published: never trust them.")
}

/// One `curl` line that works as it is.
fn attempt(emulator: &Emulator, url: &str, options: &Options) -> String {
    if options.seed.is_some() {
        return format!("curl -s {}", quoted(&format!("{url}/_emulator/state")));
    }
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    format!(
        "curl -s -u {} -H 'Content-Type: application/json' -d {} {url}/v1/b2b/passwords/authenticate",
        quoted(&format!("{}:{}", emulator.project_id(), emulator.project_secret())),
        quoted(&body.to_string()),
    )
}

/// One word of a shell's command line.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
