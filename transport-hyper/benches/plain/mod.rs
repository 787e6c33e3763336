//! The reply as somebody would write it who trusts the server: owned text, nothing checked.
#![allow(dead_code, reason = "what is decoded here is compared in cost, not read")]

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(crate) struct Reply {
    request_id: String,
    status_code: u16,
    pub(crate) member_session: MemberSession,
    pub(crate) session_token: String,
    session_jwt: String,
    pub(crate) member: Member,
    pub(crate) organization: Organization,
}

#[derive(Deserialize)]
pub(crate) struct MemberSession {
    pub(crate) member_session_id: String,
    member_id: String,
    organization_id: String,
    organization_slug: String,
    started_at: String,
    last_accessed_at: String,
    expires_at: String,
    authentication_factors: Vec<Factor>,
    roles: Vec<String>,
    custom_claims: Map<String, Value>,
}

#[derive(Deserialize)]
struct Factor {
    r#type: String,
    delivery_method: String,
    sequence_order: Option<String>,
    last_authenticated_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    email_factor: Option<EmailFactor>,
}

#[derive(Deserialize)]
struct EmailFactor {
    email_id: String,
    email_address: String,
}

#[derive(Deserialize)]
pub(crate) struct Member {
    pub(crate) member_id: String,
    organization_id: String,
    email_address: String,
    email_address_verified: bool,
    status: String,
    name: String,
    external_id: Option<String>,
    sso_registrations: Vec<Map<String, Value>>,
    oauth_registrations: Vec<Map<String, Value>>,
    scim_registration: Option<Map<String, Value>>,
    is_breakglass: bool,
    is_admin: bool,
    member_password_id: String,
    mfa_enrolled: bool,
    mfa_phone_number: String,
    mfa_phone_number_verified: bool,
    default_mfa_method: String,
    totp_registration_id: String,
    retired_email_addresses: Vec<Map<String, Value>>,
    is_locked: bool,
    lock_created_at: Option<String>,
    lock_expires_at: Option<String>,
    roles: Vec<MemberRole>,
    trusted_metadata: Map<String, Value>,
    untrusted_metadata: Map<String, Value>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct MemberRole {
    role_id: String,
    sources: Vec<RoleSource>,
}

#[derive(Deserialize)]
struct RoleSource {
    r#type: String,
    details: RoleSourceDetails,
}

#[derive(Deserialize)]
struct RoleSourceDetails {
    email_domain: Option<String>,
    connection_id: Option<String>,
    group: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Organization {
    pub(crate) organization_id: String,
    organization_name: String,
    organization_logo_url: String,
    organization_slug: String,
    organization_external_id: Option<String>,
    sso_jit_provisioning: String,
    sso_jit_provisioning_allowed_connections: Vec<String>,
    sso_active_connections: Vec<Map<String, Value>>,
    sso_default_connection_id: Option<String>,
    scim_active_connection: Option<Map<String, Value>>,
    email_allowed_domains: Vec<String>,
    email_jit_provisioning: String,
    email_invites: String,
    auth_methods: String,
    allowed_auth_methods: Vec<String>,
    mfa_policy: String,
    mfa_methods: String,
    allowed_mfa_methods: Vec<String>,
    oauth_tenant_jit_provisioning: String,
    allowed_oauth_tenants: Option<Map<String, Value>>,
    claimed_email_domains: Vec<String>,
    rbac_email_implicit_role_assignments: Vec<Map<String, Value>>,
    custom_roles: Vec<CustomRole>,
    first_party_connected_apps_allowed_type: String,
    allowed_first_party_connected_apps: Vec<String>,
    third_party_connected_apps_allowed_type: String,
    allowed_third_party_connected_apps: Vec<String>,
    trusted_metadata: Map<String, Value>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct CustomRole {
    role_id: String,
    description: String,
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
struct Permission {
    resource_id: String,
    actions: Vec<String>,
}
