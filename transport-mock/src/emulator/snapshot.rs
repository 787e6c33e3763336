//! The world as a person or a test looks at it: without what gives access, but for what the
//! emulator sends.

use serde_json::{Value, json};

use super::Emulator;
use super::time::rfc3339;
use super::world::{OrganizationKey, World};
use crate::record::RecordedRequest;

/// How many of the latest requests are shown.
const REQUESTS_SHOWN: usize = 50;

impl Emulator {
    /// Organizations, members, live sessions, messages and the latest requests. The made-up
    /// credentials of project and members are in it, the tokens of sessions are not.
    pub(crate) fn snapshot(&self) -> Value {
        let now = self.now();
        let world = self.lock();
        let organizations: Vec<Value> = (0..world.organizations.len())
            .map(|index| organization(&world, OrganizationKey(index)))
            .collect();
        json!({
            "now": rfc3339(now),
            "project_id": world.project.id,
            "secret": world.project.secret,
            "public_token": world.project.public_token,
            "organizations": organizations,
            "sessions": sessions(&world, now),
            "outbox": outbox(&world),
            "requests": requests(&world),
        })
    }

    pub(crate) fn outbox_json(&self) -> Value {
        outbox(&self.lock())
    }

    pub(crate) fn requests_json(&self) -> Value {
        requests(&self.lock())
    }

    pub(crate) fn now_rfc3339(&self) -> String {
        rfc3339(self.now())
    }
}

fn organization(world: &World, key: OrganizationKey) -> Value {
    let organization = world.organization(key);
    let members = world.members.iter().filter(|member| member.organization == key);
    let members: Vec<Value> = members
        .map(|member| {
            json!({
                "member_id": member.id,
                "email_address": member.email_address,
                "name": member.name,
                "status": member.status,
                "password": member.password.as_ref().map(|password| &password.text),
                "mfa_enrolled": member.mfa_enrolled,
                "mfa_phone_number": member.phone.as_ref().map(|phone| &phone.number),
                "has_totp": member.totp.is_some(),
                "roles": member.role_names(),
            })
        })
        .collect();
    json!({
        "organization_id": organization.id,
        "organization_slug": organization.slug,
        "organization_name": organization.name,
        "mfa_policy": if organization.mfa_required { "REQUIRED_FOR_ALL" } else { "OPTIONAL" },
        "allowed_auth_methods": organization.auth_methods,
        "members": members,
    })
}

/// Live sessions, the latest first, with no more of a token than tells two apart.
fn sessions(world: &World, now: i64) -> Vec<Value> {
    let mut live: Vec<_> =
        world.sessions.values().filter(|session| session.is_active(now)).collect();
    live.sort_by(|one, other| (other.started_at, &other.id).cmp(&(one.started_at, &one.id)));
    live.into_iter()
        .map(|session| {
            let beginning: String = session.token.chars().take(4).collect();
            json!({
                "member_session_id": session.id,
                "session_token": format!("{beginning}…"),
                "email_address": world.member(session.member).email_address,
                "organization_slug": world.organization_of(session.member).slug,
                "started_at": rfc3339(session.started_at),
                "expires_at": rfc3339(session.expires_at),
            })
        })
        .collect()
}

fn outbox(world: &World) -> Value {
    let message = |message: &super::Message| {
        json!({
            "to": message.to,
            "member_id": message.member_id,
            "code": message.code,
            "link": message.link,
            "token": message.token(),
        })
    };
    world.outbox.iter().map(message).collect()
}

fn requests(world: &World) -> Value {
    let text = |request: &RecordedRequest| Value::from(format!("{request:?}"));
    world.requests.iter().rev().take(REQUESTS_SHOWN).map(text).collect()
}
