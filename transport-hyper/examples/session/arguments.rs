//! The command line.

use std::env;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use stytch_session::{Intermediate, MfaMethod, Session};

/// A member session on the command line.
///
/// Shells that name the same store share one session, and see each other's changes within a second.
/// Passwords and codes are lines of standard input, never arguments; a terminal shows them as they
/// are typed.
#[derive(Debug, Parser)]
#[command(name = "session", after_help = AFTER)]
pub(crate) struct Arguments {
    /// The server; if left out, Stytch itself, test or live as the token says
    #[arg(long, env = "STYTCH_URL")]
    pub(crate) url: Option<String>,
    /// The project's public token
    #[arg(long, value_name = "TOKEN", env = "STYTCH_PUBLIC_TOKEN")]
    pub(crate) public_token: String,
    /// The file that keeps the session: in a directory of its own, for one project
    #[arg(long, value_name = "PATH", env = "STYTCH_SESSION_STORE")]
    pub(crate) store: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "\
Unless --store says where, the session is kept in stytch-session/TOKEN/session below
$XDG_STATE_HOME, ~/.local/state or, on Windows, %LOCALAPPDATA%.

Exit status:
  0  done; for `status`: somebody is logged in, as far as could be found out
  1  something else went wrong
  2  a mistake in the arguments, or a value that cannot be sent
  3  nobody is logged in, or nothing is unfinished
  4  the server refused: a wrong password or code, no permission
  5  the server gave no usable answer: the network, the server itself, a proxy; try again
  6  the store could not be read or written
  7  another process changed the session meanwhile; look at it and decide anew
  8  the server no longer knows the session or the unfinished login
  9  more is required than was given: the login or exchange is unfinished";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Log in with a password, and a second factor if one is wanted
    Login {
        /// The organization: its id, slug or external id
        #[arg(long)]
        organization: String,
        /// The member's e-mail address
        #[arg(long)]
        email: String,
        #[arg(long)]
        factor: Option<Factor>,
    },
    /// Go on with a login or an exchange that is unfinished
    Finish {
        #[arg(long)]
        factor: Option<Factor>,
    },
    /// Show who is logged in, confirmed by the server if it can be reached
    Status {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show each change in a line, until interrupted or, without a terminal, standard input ends
    Watch {
        /// End after so many changes
        #[arg(long, value_name = "N")]
        count: Option<usize>,
        /// Extend the session at each refresh in the background
        #[arg(long)]
        keep_alive: bool,
    },
    /// Ask the server for a fresh session JWT
    Refresh {
        /// Let the session end so many minutes from now
        #[arg(long, value_name = "N")]
        minutes: Option<u32>,
    },
    /// Switch to another organization, with a second factor if one is wanted
    Exchange {
        /// The organization: its id, slug or external id
        organization: String,
        #[arg(long)]
        factor: Option<Factor>,
    },
    /// Give up a login or an exchange that is unfinished; an active session stays
    Abandon,
    /// End the session, on the server and here
    Logout {
        /// Forget it here even if the server cannot be asked
        #[arg(long)]
        force: bool,
    },
}

/// The second factor to give; if left out, the member's default, else a phone before an app
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Factor {
    /// A code by SMS
    Sms,
    /// A code of an authenticator app
    Totp,
    /// One of the codes for a lost phone
    Recovery,
}

impl Factor {
    /// What the member is asked for first.
    pub(crate) fn of(session: &Session<Intermediate>) -> Self {
        let options = session.requirement().second_factor().and_then(|it| it.member_options());
        let app = options.is_some_and(|options| options.totp_registration_id().is_some());
        let phone = options.is_some_and(|options| options.mfa_phone_number().is_some());
        let prefers_app = session.member().default_mfa() == Some(MfaMethod::Totp);
        if app && (prefers_app || !phone) { Self::Totp } else { Self::Sms }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sms => "code by SMS",
            Self::Totp => "code of the authenticator app",
            Self::Recovery => "recovery code",
        }
    }
}

impl Arguments {
    /// Where the session is kept: each project has a place of its own, for a session that is shown
    /// to the server of another is refused there, and lost here.
    pub(crate) fn store(&self) -> Option<PathBuf> {
        let directory = |name| env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
        let default = || {
            let state = if cfg!(windows) {
                directory("LOCALAPPDATA")
            } else {
                directory("XDG_STATE_HOME")
                    .or_else(|| directory("HOME").map(|home| home.join(".local/state")))
            };
            let plain = |one: char| if one.is_ascii_alphanumeric() { one } else { '-' };
            let project: String = self.public_token.chars().map(plain).collect();
            Some(state?.join("stytch-session").join(project).join("session"))
        };
        self.store.clone().or_else(default)
    }
}
