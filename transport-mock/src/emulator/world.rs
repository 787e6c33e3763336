//! The emulated project as data: organizations, members, sessions, intermediate sessions.

use std::collections::HashMap;

use serde_json::Value;

use super::factor::{Factor, Kind};
use super::ids::{self, Ids};
use super::imports::Imports;
use super::log::Log;
use super::options::Options;
use super::organization::{Organization, Role};
use super::outbox::Message;
use super::rbac::Policy;
use super::reply::Object;
use super::settings::Settings;
use super::snapshot;
use super::ticket::Ticket;
use crate::fault::Faults;

/// The life of an intermediate session: 10 minutes, in seconds.
pub(crate) const INTERMEDIATE_LIFE: i64 = 10 * 60;

/// The life of a lock: one hour, in seconds.
const LOCK_LIFE: i64 = 60 * 60;

/// Everything the emulator knows.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) project: Project,
    pub(crate) options: Options,
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) policy: Policy,
    pub(crate) created_at: i64,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) members: Vec<MemberRecord>,
    pub(crate) sessions: HashMap<String, SessionRecord>,
    /// Session ids by session token.
    pub(crate) session_tokens: HashMap<String, String>,
    /// By token.
    pub(crate) intermediates: HashMap<String, Intermediate>,
    /// Tokens in links and from identity providers, by token.
    pub(crate) tickets: HashMap<String, Ticket>,
    /// Codes sent by e-mail, by member (none for discovery) and mailbox.
    pub(crate) mail_codes: HashMap<(Option<usize>, String), MailCode>,
    /// Passwords of people who belong to no organization yet, by mailbox.
    pub(crate) passwords: HashMap<String, String>,
    pub(crate) imports: Imports,
    pub(crate) outbox: Vec<Message>,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
}

/// `sms_otp`, `totp`, or empty.
pub(crate) type MfaMethod = &'static str;

/// What clients name and prove themselves with.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) public_token: String,
}

/// Where an organization stands in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(crate) struct OrganizationKey(pub(crate) usize);

/// Where a member stands in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub(crate) struct MemberKey(pub(crate) usize);

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct MemberRecord {
    pub(crate) organization: OrganizationKey,
    pub(crate) id: String,
    pub(crate) email_address: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) external_id: Option<String>,
    pub(crate) password: Option<Password>,
    pub(crate) mfa_enrolled: bool,
    pub(crate) phone: Option<Phone>,
    pub(crate) totp: Option<Totp>,
    /// An authenticator app that has not yet shown a code.
    pub(crate) pending_totp: Option<PendingTotp>,
    pub(crate) recovery_codes: Vec<RecoveryCode>,
    #[serde(deserialize_with = "snapshot::mfa_method")]
    pub(crate) default_mfa_method: MfaMethod,
    pub(crate) roles: Vec<String>,
    pub(crate) failures: u32,
    pub(crate) locked: Option<Lock>,
    pub(crate) sms_code: Option<SmsCode>,
    /// Whether the first login must prove the e-mail address.
    pub(crate) must_verify: bool,
    /// Whether the password is not accepted until it is reset.
    pub(crate) must_reset_password: bool,
    pub(crate) created_at: i64,
    pub(crate) fields: Object,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Password {
    pub(crate) id: String,
    pub(crate) text: String,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Phone {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) verified: bool,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Totp {
    pub(crate) id: String,
    pub(crate) secret: Vec<u8>,
    /// The latest window whose code was used; older ones are not accepted again.
    pub(crate) used_window: Option<i64>,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct PendingTotp {
    pub(crate) app: Totp,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) expires_at: i64,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct RecoveryCode {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) used: bool,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Lock {
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct SmsCode {
    pub(crate) code: String,
    pub(crate) expires_at: i64,
    pub(crate) used: bool,
}

/// A code sent by e-mail.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct MailCode {
    pub(crate) code: String,
    pub(crate) expires_at: i64,
    pub(crate) used: bool,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct SessionRecord {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) member: MemberKey,
    pub(crate) started_at: i64,
    pub(crate) last_accessed_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) factors: Vec<Factor>,
    pub(crate) claims: Object,
    pub(crate) revoked: bool,
}

impl SessionRecord {
    /// Whether the session may be extended and given factors and claims: an impersonated one may
    /// not.
    pub(crate) fn is_mutable(&self) -> bool {
        !self.factors.iter().any(|factor| matches!(factor.kind(), Kind::Impersonated { .. }))
    }

    pub(crate) const fn is_active(&self, now: i64) -> bool {
        !self.revoked && now < self.expires_at
    }
}

/// An unfinished login: the factors proven so far, and for whom.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Intermediate {
    pub(crate) email_address: String,
    /// `None` until an organization is chosen.
    pub(crate) member: Option<MemberKey>,
    pub(crate) factors: Vec<Factor>,
    /// Whether it may enter another organization by the discovery exchange.
    pub(crate) transferable: bool,
    /// The session that an unfinished exchange came from.
    pub(crate) origin: Option<String>,
    pub(crate) expires_at: i64,
}

impl World {
    pub(crate) fn organization(&self, key: OrganizationKey) -> &Organization {
        &self.organizations[key.0]
    }

    pub(crate) fn member(&self, key: MemberKey) -> &MemberRecord {
        &self.members[key.0]
    }

    pub(crate) fn member_mut(&mut self, key: MemberKey) -> &mut MemberRecord {
        &mut self.members[key.0]
    }

    pub(crate) fn organization_of(&self, key: MemberKey) -> &Organization {
        self.organization(self.member(key).organization)
    }

    /// Finds an organization by id, slug or external id.
    pub(crate) fn find_organization(&self, name: &str) -> Option<OrganizationKey> {
        let named = |organization: &Organization| {
            organization.id == name
                || organization.slug == name
                || organization.external_id.as_deref() == Some(name)
        };
        self.organizations.iter().position(named).map(OrganizationKey)
    }

    /// Finds a member of an organization by id or external id.
    pub(crate) fn find_member(
        &self,
        organization: OrganizationKey,
        name: &str,
    ) -> Option<MemberKey> {
        self.position(|member| {
            member.organization == organization
                && (member.id == name || member.external_id.as_deref() == Some(name))
        })
    }

    /// Finds a member of an organization by e-mail address.
    pub(crate) fn find_email(
        &self,
        organization: OrganizationKey,
        email_address: &str,
    ) -> Option<MemberKey> {
        self.position(|member| {
            member.organization == organization
                && same_address(&member.email_address, email_address)
        })
    }

    pub(crate) fn position(&self, wanted: impl Fn(&MemberRecord) -> bool) -> Option<MemberKey> {
        self.members.iter().position(wanted).map(MemberKey)
    }

    pub(crate) fn add_organization(
        &mut self,
        mut organization: Organization,
        now: i64,
    ) -> OrganizationKey {
        let members = std::mem::take(&mut organization.members);
        let key = OrganizationKey(self.organizations.len());
        self.organizations.push(organization);
        for member in members {
            self.add_member(key, member, now);
        }
        key
    }

    /// The active session of this id.
    pub(crate) fn active_session(&self, id: &str, now: i64) -> Option<&SessionRecord> {
        self.sessions.get(id).filter(|session| session.is_active(now))
    }

    /// The active session with this token.
    pub(crate) fn session_by_token(&self, token: &str, now: i64) -> Option<&SessionRecord> {
        self.session_tokens.get(token).and_then(|id| self.active_session(id, now))
    }

    pub(crate) fn active_sessions_of(&self, member: MemberKey, now: i64) -> Vec<&SessionRecord> {
        let mut sessions: Vec<_> = self
            .sessions
            .values()
            .filter(|session| session.member == member && session.is_active(now))
            .collect();
        sessions
            .sort_by(|one, other| (one.started_at, &one.id).cmp(&(other.started_at, &other.id)));
        sessions
    }

    pub(crate) fn revoke(&mut self, id: &str) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.revoked = true;
        }
    }

    pub(crate) fn revoke_all(&mut self, member: MemberKey) {
        self.revoke_others(member, None);
    }

    /// Ends the member's sessions except the one of this id.
    pub(crate) fn revoke_others(&mut self, member: MemberKey, kept: Option<&str>) {
        self.sessions
            .values_mut()
            .filter(|session| session.member == member && Some(session.id.as_str()) != kept)
            .for_each(|session| session.revoked = true);
    }

    /// The live intermediate session with this token.
    pub(crate) fn intermediate(&self, token: &str, now: i64) -> Option<&Intermediate> {
        self.intermediates.get(token).filter(|intermediate| now < intermediate.expires_at)
    }

    pub(crate) fn is_locked(&self, member: MemberKey, now: i64) -> bool {
        self.member(member).locked.as_ref().is_some_and(|lock| now < lock.expires_at)
    }

    /// Counts a wrong second factor, and locks the member after too many.
    pub(crate) fn count_failure(&mut self, member: MemberKey, now: i64) {
        let limit = self.options.lock_after;
        let member = self.member_mut(member);
        member.failures = member.failures.saturating_add(1);
        if member.failures >= limit {
            member.failures = 0;
            member.locked =
                Some(Lock { created_at: now, expires_at: now.saturating_add(LOCK_LIFE) });
        }
    }

    pub(crate) fn role(&self, organization: OrganizationKey, role_id: &str) -> Option<&Role> {
        let custom = &self.organization(organization).custom_roles;
        self.policy.roles.iter().chain(custom).find(|role| role.role_id == role_id)
    }
}

impl RecoveryCode {
    pub(crate) fn new(member_id: &str, code: String) -> Self {
        let id = ids::named("totp-recovery-code", &format!("{member_id}/{code}"));
        Self { id, code, used: false }
    }
}

impl MemberRecord {
    /// The names of the member's roles, `stytch_member` first.
    pub(crate) fn role_names(&self) -> Vec<String> {
        let member = "stytch_member".to_owned();
        let others = self.roles.iter().filter(|role| **role != member).cloned();
        std::iter::once(member.clone()).chain(others).collect()
    }

    pub(crate) fn is_enrolled(&self) -> bool {
        self.totp.is_some() || self.verified_phone().is_some()
    }

    pub(crate) fn verified_phone(&self) -> Option<&Phone> {
        self.phone.as_ref().filter(|phone| phone.verified)
    }
}

pub(crate) fn same_address(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// An address as its mailbox is kept.
pub(crate) fn mailbox(email_address: &str) -> String {
    email_address.to_ascii_lowercase()
}

/// The id of an e-mail address.
pub(crate) fn email_id(email_address: &str) -> String {
    ids::named("email", &mailbox(email_address))
}

/// `value`, or `null`.
pub(crate) fn nullable(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::from)
}
