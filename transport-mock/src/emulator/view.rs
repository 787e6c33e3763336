//! The world as people and tests look at it from outside, without what would let them act in it.

use serde::Serialize;
use serde_json::{Value, json};

use super::Emulator;
use super::Message;
use super::organization::Organization;
use super::time::rfc3339;
use super::totp;
use super::world::{MemberRecord, OrganizationKey, SessionRecord, World};

/// How many characters of a token are shown, of 44.
const SHOWN: usize = 6;

/// Everything there is to see.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    pub(crate) now: String,
    pub(crate) project_id: String,
    pub(crate) secret: String,
    pub(crate) public_token: String,
    pub(crate) organizations: Vec<OrganizationState>,
    /// The active ones, oldest first.
    pub(crate) sessions: Vec<SessionState>,
    /// How many logins wait for a second factor or an organization.
    pub(crate) intermediate_sessions: usize,
    /// The messages, oldest first.
    pub(crate) outbox: Vec<Value>,
    pub(crate) request_count: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct OrganizationState {
    pub(crate) organization_id: String,
    pub(crate) organization_name: String,
    pub(crate) organization_slug: String,
    pub(crate) mfa_policy: &'static str,
    /// The accepted ways to log in; null if all are.
    pub(crate) allowed_auth_methods: Option<Vec<String>>,
    pub(crate) members: Vec<MemberState>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MemberState {
    pub(crate) member_id: String,
    pub(crate) email_address: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) roles: Vec<String>,
    pub(crate) mfa_enrolled: bool,
    pub(crate) is_locked: bool,
    pub(crate) mfa_phone_number: Option<String>,
    /// What the authenticator app shows now.
    pub(crate) totp_code: Option<String>,
    /// The unused ones.
    pub(crate) recovery_codes: Vec<String>,
    /// The password that the seed gave; one that was chosen since then is not told.
    pub(crate) password: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SessionState {
    pub(crate) member_session_id: String,
    /// The first characters, to tell sessions apart by.
    pub(crate) session_token: String,
    pub(crate) organization_slug: String,
    pub(crate) member_id: String,
    pub(crate) email_address: String,
    pub(crate) factors: Vec<String>,
    pub(crate) started_at: String,
    pub(crate) last_accessed_at: String,
    pub(crate) expires_at: String,
}

impl Emulator {
    /// A snapshot of the world.
    pub(crate) fn state(&self) -> State {
        let now = self.now();
        let seeded = &self.shared.beginning.organizations;
        let world = self.lock();
        let mut sessions: Vec<_> =
            world.sessions.values().filter(|session| session.is_active(now)).collect();
        sessions
            .sort_by(|one, other| (one.started_at, &one.id).cmp(&(other.started_at, &other.id)));
        let open = world.intermediates.values().filter(|session| now < session.expires_at);
        State {
            now: rfc3339(now),
            project_id: world.project.id.clone(),
            secret: world.project.secret.clone(),
            public_token: world.project.public_token.clone(),
            organizations: (0..world.organizations.len())
                .map(|index| organization(&world, OrganizationKey(index), seeded, now))
                .collect(),
            sessions: sessions.into_iter().map(|record| session(&world, record)).collect(),
            intermediate_sessions: open.count(),
            outbox: world.outbox.iter().map(message).collect(),
            request_count: world.log.count(),
        }
    }

    /// The messages, oldest first.
    pub(crate) fn outbox_json(&self) -> Value {
        self.lock().outbox.iter().map(message).collect()
    }

    /// The faults still to come: a part of the path, how often, and what.
    pub(crate) fn planned_faults(&self) -> Vec<(String, usize, crate::fault::Fault)> {
        let world = self.lock();
        let planned = world.faults.planned();
        planned.map(|(path, left, fault)| (path.to_owned(), left, fault.clone())).collect()
    }

    /// The clock's time as the API writes it.
    pub(crate) fn now_text(&self) -> String {
        rfc3339(self.now())
    }
}

/// A time as the API writes it.
pub(crate) fn time_text(seconds: Option<i64>) -> Option<String> {
    seconds.map(rfc3339)
}

fn message(message: &Message) -> Value {
    json!({
        "to": message.to,
        "member_id": message.member_id,
        "code": message.code,
        "link": message.link,
        "token": message.token(),
    })
}

fn organization(
    world: &World,
    key: OrganizationKey,
    seeded: &[Organization],
    now: i64,
) -> OrganizationState {
    let organization = world.organization(key);
    let seeded = seeded.iter().find(|other| other.id == organization.id);
    let members = world.members.iter().filter(|member| member.organization == key);
    OrganizationState {
        organization_id: organization.id.clone(),
        organization_name: organization.name.clone(),
        organization_slug: organization.slug.clone(),
        mfa_policy: if organization.mfa_required { "REQUIRED_FOR_ALL" } else { "OPTIONAL" },
        allowed_auth_methods: organization.auth_methods.clone(),
        members: members.map(|record| member(record, seeded, now)).collect(),
    }
}

fn member(record: &MemberRecord, seeded: Option<&Organization>, now: i64) -> MemberState {
    let unused = record.recovery_codes.iter().filter(|code| !code.used);
    let current = record.password.as_ref().map(|password| password.text.as_str());
    let given = seeded.and_then(|organization| {
        let same = |other: &&super::Member| other.email_address == record.email_address;
        organization.members.iter().find(same)?.password.clone()
    });
    MemberState {
        member_id: record.id.clone(),
        email_address: record.email_address.clone(),
        name: record.name.clone(),
        status: record.status.clone(),
        roles: record.role_names(),
        mfa_enrolled: record.mfa_enrolled,
        is_locked: record.locked.as_ref().is_some_and(|lock| now < lock.expires_at),
        mfa_phone_number: record.phone.as_ref().map(|phone| phone.number.clone()),
        totp_code: record.totp.as_ref().map(|app| totp::code(&app.secret, totp::window(now))),
        recovery_codes: unused.map(|code| code.code.clone()).collect(),
        password: given.filter(|given| current == Some(given)),
    }
}

fn session(world: &World, record: &SessionRecord) -> SessionState {
    let member = world.member(record.member);
    let factor = |factor: &super::factor::Factor| {
        let json = factor.json();
        let part = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        format!("{} ({})", part("type"), part("delivery_method"))
    };
    let shown: String = record.token.chars().take(SHOWN).collect();
    SessionState {
        member_session_id: record.id.clone(),
        session_token: format!("{shown}…"),
        organization_slug: world.organization(member.organization).slug.clone(),
        member_id: member.id.clone(),
        email_address: member.email_address.clone(),
        factors: record.factors.iter().map(factor).collect(),
        started_at: rfc3339(record.started_at),
        last_accessed_at: rfc3339(record.last_accessed_at),
        expires_at: rfc3339(record.expires_at),
    }
}
