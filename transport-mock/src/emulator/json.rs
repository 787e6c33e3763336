//! Members, organizations and sessions as the API writes them: every documented field is present.

use serde_json::{Value, json};

use super::factor::Factor;
use super::organization::Organization;
use super::reply::{Object, fields, object};
use super::time::{optional, rfc3339};
use super::world::{MemberKey, OrganizationKey, SessionRecord, World, nullable};

impl World {
    pub(crate) fn organization_json(&self, key: OrganizationKey) -> Value {
        let organization = self.organization(key);
        let Organization { id, slug, name, external_id, mfa_required, .. } = organization;
        let restricted = |methods: &Option<Vec<String>>| {
            if methods.is_some() { "RESTRICTED" } else { "ALL_ALLOWED" }
        };
        let listed = |methods: &Option<Vec<String>>| methods.clone().unwrap_or_default();
        let mut json = object(json!({
            "organization_id": id,
            "organization_name": name,
            "organization_slug": slug,
            "organization_logo_url": "",
            "organization_external_id": nullable(external_id.as_deref()),
            "sso_jit_provisioning": "NOT_ALLOWED",
            "sso_jit_provisioning_allowed_connections": [],
            "sso_active_connections": [],
            "sso_default_connection_id": null,
            "scim_active_connection": null,
            "email_allowed_domains": organization.joining_domains,
            "email_jit_provisioning":
                if organization.joining_domains.is_empty() { "NOT_ALLOWED" } else { "RESTRICTED" },
            "email_invites": "ALL_ALLOWED",
            "auth_methods": restricted(&organization.auth_methods),
            "allowed_auth_methods": listed(&organization.auth_methods),
            "mfa_policy": if *mfa_required { "REQUIRED_FOR_ALL" } else { "OPTIONAL" },
            "mfa_methods": restricted(&organization.mfa_methods),
            "allowed_mfa_methods": listed(&organization.mfa_methods),
            "oauth_tenant_jit_provisioning": "NOT_ALLOWED",
            "allowed_oauth_tenants": null,
            "claimed_email_domains": [],
            "rbac_email_implicit_role_assignments": [],
            "custom_roles": organization.custom_roles,
            "first_party_connected_apps_allowed_type": "ALL_ALLOWED",
            "allowed_first_party_connected_apps": [],
            "third_party_connected_apps_allowed_type": "ALL_ALLOWED",
            "allowed_third_party_connected_apps": [],
            "trusted_metadata": {},
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.created_at),
        }));
        json.extend(organization.fields.clone());
        Value::Object(json)
    }

    pub(crate) fn member_json(&self, key: MemberKey, now: i64) -> Value {
        let member = self.member(key);
        let organization = self.organization(member.organization);
        let roles = member.role_names();
        let lock = member.locked.as_ref().filter(|lock| now < lock.expires_at);
        let sources = json!([{ "type": "direct_assignment", "details": {} }]);
        let assigned = |role: &String| json!({ "role_id": role, "sources": sources });
        let mut json = object(json!({
            "organization_id": organization.id,
            "member_id": member.id,
            "email_address": member.email_address,
            "email_address_verified": member.status == "active",
            "status": member.status,
            "name": member.name,
            "external_id": nullable(member.external_id.as_deref()),
            "sso_registrations": [],
            "oauth_registrations": [],
            "scim_registration": null,
            "is_breakglass": false,
            "is_admin": roles.iter().any(|role| role == "stytch_admin"),
            "member_password_id": member.password.as_ref().map_or("", |password| &password.id),
            "mfa_enrolled": member.mfa_enrolled,
            "mfa_phone_number": member.phone.as_ref().map_or("", |phone| &phone.number),
            "mfa_phone_number_verified": member.verified_phone().is_some(),
            "default_mfa_method": member.default_mfa_method,
            "totp_registration_id": member.totp.as_ref().map_or("", |totp| &totp.id),
            "retired_email_addresses": [],
            "is_locked": lock.is_some(),
            "lock_created_at": optional(lock.map(|lock| lock.created_at)),
            "lock_expires_at": optional(lock.map(|lock| lock.expires_at)),
            "roles": roles.iter().map(assigned).collect::<Vec<_>>(),
            "trusted_metadata": {},
            "untrusted_metadata": {},
            "created_at": rfc3339(member.created_at),
            "updated_at": rfc3339(member.created_at),
        }));
        json.extend(member.fields.clone());
        Value::Object(json)
    }

    pub(crate) fn session_json(&self, session: &SessionRecord) -> Value {
        let organization = self.organization_of(session.member);
        json!({
            "member_session_id": session.id,
            "member_id": self.member(session.member).id,
            "organization_id": organization.id,
            "organization_slug": organization.slug,
            "started_at": rfc3339(session.started_at),
            "last_accessed_at": rfc3339(session.last_accessed_at),
            "expires_at": rfc3339(session.expires_at),
            "authentication_factors": factors_json(&session.factors),
            "roles": self.member(session.member).role_names(),
            "custom_claims": session.claims,
        })
    }

    /// `member_id`, `member` and `organization`.
    pub(crate) fn who_json(&self, member: MemberKey, now: i64) -> Object {
        fields([
            ("member_id", self.member(member).id.clone().into()),
            ("member", self.member_json(member, now)),
            ("organization", self.organization_json(self.member(member).organization)),
        ])
    }
}

pub(crate) fn factors_json(factors: &[Factor]) -> Vec<Value> {
    factors.iter().map(Factor::json).collect()
}
