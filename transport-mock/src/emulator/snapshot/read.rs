//! A snapshot read back, with the place of a mistake and without what the document says.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::ids::Ids;
use super::super::imports::AccessToken;
use super::super::organization::Organization;
use super::super::outbox::Message;
use super::super::ticket::Ticket;
use super::super::world::{Intermediate, MailCode, MemberKey, MemberRecord, SessionRecord};
use super::{SnapshotError, VERSION};

/// What a snapshot says, and nothing in it leads nowhere.
pub(super) struct Restored {
    pub(super) ids: Ids,
    pub(super) created_at: i64,
    pub(super) clock_ahead: Option<i64>,
    pub(super) organizations: Vec<Organization>,
    pub(super) members: Vec<MemberRecord>,
    pub(super) sessions: HashMap<String, SessionRecord>,
    pub(super) session_tokens: HashMap<String, String>,
    pub(super) intermediates: HashMap<String, Intermediate>,
    pub(super) tickets: HashMap<String, Ticket>,
    pub(super) mail_codes: HashMap<(Option<usize>, String), MailCode>,
    pub(super) passwords: HashMap<String, String>,
    pub(super) access_tokens: Vec<AccessToken>,
    pub(super) outbox: Vec<Message>,
}

pub(super) fn read(json: &[u8]) -> Result<Restored, SnapshotError> {
    let document: Value = serde_json::from_slice(json)
        .map_err(|error| SnapshotError::Syntax { line: error.line(), column: error.column() })?;
    let Value::Object(fields) = document else {
        return Err(invalid("", "should be an object"));
    };
    let mut document = Document(fields);
    match document.one("version")? {
        VERSION => {}
        found => return Err(SnapshotError::Version { found }),
    }
    let ids: Ids = document.one("ids")?;
    if !ids.is_endless() {
        return Err(invalid("ids.counter", "is too large"));
    }
    let organizations: Vec<Organization> = document.list("organizations")?;
    let members: Vec<MemberRecord> = document.list("members")?;
    for (index, member) in members.iter().enumerate() {
        if member.organization.0 >= organizations.len() {
            let path = format!("members[{index}].organization");
            return Err(invalid(&path, "there is no such organization"));
        }
    }
    let exists = |name: &str, index: usize, member: Option<MemberKey>| match member {
        Some(member) if member.0 >= members.len() => {
            Err(invalid(&format!("{name}[{index}].member"), "there is no such member"))
        }
        _ => Ok(()),
    };
    let (mut sessions, mut session_tokens) = (HashMap::new(), HashMap::new());
    for (index, session) in document.list::<SessionRecord>("sessions")?.into_iter().enumerate() {
        exists("sessions", index, Some(session.member))?;
        let twice = |field| invalid(&format!("sessions[{index}].{field}"), "is used twice");
        if session_tokens.insert(session.token.clone(), session.id.clone()).is_some() {
            return Err(twice("token"));
        }
        if sessions.insert(session.id.clone(), session).is_some() {
            return Err(twice("id"));
        }
    }
    let intermediates: Vec<(String, Intermediate)> = document.entries("intermediates")?;
    for (index, (_, intermediate)) in intermediates.iter().enumerate() {
        exists("intermediates", index, intermediate.member)?;
    }
    let tickets: Vec<(String, Ticket)> = document.entries("tickets")?;
    for (index, (_, ticket)) in tickets.iter().enumerate() {
        exists("tickets", index, ticket.member)?;
    }
    let mail_codes: Vec<(Option<usize>, String, MailCode)> = document.list("mail_codes")?;
    for (index, (member, ..)) in mail_codes.iter().enumerate() {
        exists("mail_codes", index, member.map(MemberKey))?;
    }
    let passwords: Vec<(String, String)> = document.entries("passwords")?;
    Ok(Restored {
        ids,
        created_at: document.one("created_at")?,
        clock_ahead: document.one("clock_ahead")?,
        sessions,
        session_tokens,
        intermediates: intermediates.into_iter().collect(),
        tickets: tickets.into_iter().collect(),
        mail_codes: mail_codes
            .into_iter()
            .map(|(member, mailbox, code)| ((member, mailbox), code))
            .collect(),
        passwords: passwords.into_iter().collect(),
        access_tokens: document.list("access_tokens")?,
        outbox: document.list("outbox")?,
        organizations,
        members,
    })
}

/// The parts that are not read yet.
struct Document(Map<String, Value>);

impl Document {
    fn one<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, SnapshotError> {
        let value = self.0.remove(name).ok_or_else(|| invalid(name, "is missing"))?;
        part(value, name)
    }

    fn list<T: DeserializeOwned>(&mut self, name: &str) -> Result<Vec<T>, SnapshotError> {
        let items = self.one::<Vec<Value>>(name)?.into_iter().enumerate();
        items.map(|(index, item)| part(item, &format!("{name}[{index}]"))).collect()
    }

    /// An object's entries, counted in its place, since their names are tokens.
    fn entries<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Vec<(String, T)>, SnapshotError> {
        let entries = self.one::<Map<String, Value>>(name)?.into_iter().enumerate();
        let entry = |(index, (key, value))| Ok((key, part(value, &format!("{name}[{index}]"))?));
        entries.map(entry).collect()
    }
}

fn part<T: DeserializeOwned>(value: Value, path: &str) -> Result<T, SnapshotError> {
    serde_json::from_value(value).map_err(|error| {
        let told = error.to_string();
        // The other messages repeat what is there.
        let is_name = told.starts_with("missing field");
        invalid(path, if is_name { &told } else { "is not as a snapshot has it" })
    })
}

fn invalid(path: &str, problem: &str) -> SnapshotError {
    SnapshotError::Invalid { path: path.to_owned(), problem: problem.to_owned() }
}
