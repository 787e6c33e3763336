//! What is held, for people and for programs. Never a token.

use std::fmt::Write as _;
use std::time::SystemTime;

use serde_json::{Value, json};
use stytch_session::Timestamp;
use stytch_session::live::{Change, Unfinished, View};

/// In one sentence.
pub(crate) fn sentence(view: &View) -> String {
    let mut text = match view.active() {
        Some(session) => format!(
            "{} in {} until {}",
            plain(name(session.member().name(), session.member().email_address().as_str())),
            plain(session.organization().organization_name()),
            session.member_session().expires_at()
        ),
        None => "nobody is logged in".to_owned(),
    };
    if let Some(pending) = view.pending() {
        let _ = write!(text, "; unfinished: {}", unfinished(pending));
    }
    text
}

/// A change, and when it was seen.
pub(crate) fn line(change: &Change) -> String {
    let now = Timestamp::from_unix_seconds(Timestamp::from(SystemTime::now()).unix_seconds());
    format!("{now} {}: {}", change.reason(), sentence(change.view()))
}

/// In several lines.
pub(crate) fn lines(view: &View) -> String {
    let mut lines = Vec::new();
    match view.active() {
        Some(session) => {
            let (member, organization) = (session.member(), session.organization());
            let roles: Vec<_> =
                session.member_session().roles().iter().map(|role| plain(role.as_str())).collect();
            let address = member.email_address().as_str();
            lines.push(("member", format!("{} <{}>", plain(member.name()), plain(address))));
            let (name, slug) = (organization.organization_name(), organization.organization_slug());
            lines.push(("organization", format!("{} ({})", plain(name), plain(slug))));
            lines.push(("roles", roles.join(", ")));
            lines.push(("expires", session.member_session().expires_at().to_string()));
            lines.push((
                "confirmed",
                match view.is_from_cache() {
                    true => {
                        "no: this is from the cache, and the server has not confirmed it".to_owned()
                    }
                    false => "yes, by the server".to_owned(),
                },
            ));
        }
        None => lines.push(("member", "nobody is logged in".to_owned())),
    }
    if let Some(pending) = view.pending() {
        lines.push(("unfinished", unfinished(pending)));
    }
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:<14}{value}")).collect();
    lines.join("\n")
}

/// As JSON; with the reason if the server could not be asked.
pub(crate) fn json(view: &View, problem: Option<&str>) -> Value {
    let active = view.active().map(|session| {
        let (member, organization) = (session.member(), session.organization());
        json!({
            "organization": {
                "organization_id": organization.organization_id().as_str(),
                "organization_slug": organization.organization_slug(),
                "organization_name": organization.organization_name(),
            },
            "member": {
                "member_id": member.member_id().as_str(),
                "email_address": member.email_address().as_str(),
                "name": member.name(),
            },
            "roles": session.member_session().roles(),
            "expires_at": session.member_session().expires_at().to_string(),
            "confirmed": !view.is_from_cache(),
        })
    });
    json!({ "active": active, "unfinished": view.pending().map(unfinished), "problem": problem })
}

fn unfinished(pending: &Unfinished) -> String {
    match pending {
        Unfinished::Intermediate(session) => format!(
            "{} requires {}",
            plain(session.organization().organization_name()),
            session.requirement()
        ),
        _ => "an organization is to be chosen".to_owned(),
    }
}

const fn name<'a>(name: &'a str, address: &'a str) -> &'a str {
    if name.is_empty() { address } else { name }
}

/// What others have written, fit for a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}
