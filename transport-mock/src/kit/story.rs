//! What happened in a run, told so that one can follow it.

use std::fmt;
use std::time::SystemTime;

use stytch_session::Timestamp;

use super::client::{Needs, Observation};
use super::model::Held;
use super::promise::Promise;

/// A run in which a client broke a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub(super) promise: Promise,
    pub(super) lines: Vec<String>,
    pub(super) verdict: Vec<String>,
}

impl Story {
    /// The story of a client that goes wrong on a journey, and does not when it is made once more.
    pub(super) fn of_a_fickle_client(mut self) -> Self {
        self.verdict.push("the client does not do the same each time".to_owned());
        self
    }

    /// The promise that was broken.
    #[must_use]
    pub const fn promise(&self) -> Promise {
        self.promise
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "broken {}\n", self.promise)?;
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        for line in &self.verdict {
            writeln!(f, "  => {line}")?;
        }
        Ok(())
    }
}

/// The first characters of a token, to tell tokens apart by.
pub(super) fn short(token: &str) -> String {
    let begin: String = token.chars().take(6).collect();
    if token.chars().nth(6).is_some() { format!("{begin}…") } else { begin }
}

pub(super) fn clock(time: SystemTime) -> String {
    Timestamp::from(time).to_string()
}

const fn need(needs: Needs) -> &'static str {
    match needs {
        Needs::Organization => "an organization",
        Needs::FirstFactor => "another first factor",
        Needs::SecondFactor => "a second factor",
    }
}

/// What a client ought to show, in words.
pub(super) fn held(held: &Held) -> String {
    let active = held.active.as_ref().map(|active| {
        let token = short(&active.session_token);
        format!("active in {} with the token {token}", active.organization_id)
    });
    let pending = held.pending.as_ref().map(|pending| {
        let token = short(&pending.intermediate_session_token);
        format!("unfinished with the token {token}, needs {}", need(pending.needs))
    });
    both(active, pending)
}

/// What a client shows, in words.
pub(super) fn shown(shown: &Observation) -> String {
    let active = shown.active.as_ref().map(|active| {
        let token = short(&active.session_token);
        let place = active.organization_id.as_deref().map(|id| format!(" in {id}"));
        format!("active{} with the token {token}", place.unwrap_or_default())
    });
    let pending = shown.pending.as_ref().map(|pending| {
        let token = short(&pending.intermediate_session_token);
        let needs = pending.needs.map(|needs| format!(", needs {}", need(needs)));
        format!("unfinished with the token {token}{}", needs.unwrap_or_default())
    });
    both(active, pending)
}

fn both(active: Option<String>, pending: Option<String>) -> String {
    match (active, pending) {
        (None, None) => "nobody logged in".to_owned(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(active), Some(pending)) => format!("{active}; and {pending}"),
    }
}
