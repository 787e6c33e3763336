//! The same objects as somebody would write them who trusts the server: owned text, nothing checked.
#![allow(dead_code, reason = "what is decoded here is compared in time, not read")]

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) data: Reply,
}

#[derive(Deserialize)]
pub(crate) struct Reply {
    status_code: u16,
    member_authenticated: Option<bool>,
    pub(crate) member_session: MemberSession,
    pub(crate) session_token: String,
    session_jwt: Option<String>,
    intermediate_session_token: Option<String>,
    pub(crate) member: Member,
    pub(crate) organization: Organization,
    mfa_required: Option<MfaRequired>,
    primary_required: Option<PrimaryRequired>,
    member_device: Option<Box<DeviceInfo>>,
    verdict: Option<Box<AuthorizationVerdict>>,
    recovery_codes_remaining: Option<u32>,
}

#[derive(Deserialize)]
struct MfaRequired {
    member_options: Option<MemberOptions>,
    secondary_auth_initiated: Option<String>,
}

#[derive(Deserialize)]
struct MemberOptions {
    mfa_phone_number: Option<String>,
    totp_registration_id: Option<String>,
}

#[derive(Deserialize)]
struct PrimaryRequired {
    allowed_auth_methods: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct MemberSession {
    pub(crate) member_session_id: String,
    pub(crate) member_id: String,
    pub(crate) organization_id: String,
    started_at: String,
    last_accessed_at: String,
    expires_at: String,
    organization_slug: Option<String>,
    authentication_factors: Vec<AuthenticationFactor>,
    roles: Vec<String>,
    custom_claims: Map<String, Value>,
}

#[derive(Deserialize)]
struct AuthenticationFactor {
    r#type: String,
    delivery_method: String,
    sequence_order: Option<String>,
    last_authenticated_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    email_factor: Option<EmailFactor>,
    phone_number_factor: Option<PhoneNumberFactor>,
    authenticator_app_factor: Option<AuthenticatorAppFactor>,
    recovery_code_factor: Option<RecoveryCodeFactor>,
    saml_sso_factor: Option<SsoFactor>,
    oidc_sso_factor: Option<SsoFactor>,
    google_oauth_factor: Option<OauthFactor>,
    microsoft_oauth_factor: Option<OauthFactor>,
    github_oauth_factor: Option<OauthFactor>,
    slack_oauth_factor: Option<OauthFactor>,
    hubspot_oauth_factor: Option<OauthFactor>,
    google_oauth_exchange_factor: Option<OauthExchangeFactor>,
    github_oauth_exchange_factor: Option<OauthExchangeFactor>,
    slack_oauth_exchange_factor: Option<OauthExchangeFactor>,
    hubspot_oauth_exchange_factor: Option<OauthExchangeFactor>,
    oauth_access_token_exchange_factor: Option<AccessTokenExchangeFactor>,
    impersonated_factor: Option<ImpersonatedFactor>,
    trusted_auth_token_factor: Option<TrustedAuthTokenFactor>,
}

#[derive(Deserialize)]
pub(crate) struct Member {
    pub(crate) member_id: String,
    pub(crate) organization_id: String,
    email_address: String,
    email_address_verified: bool,
    status: String,
    name: String,
    external_id: Option<String>,
    sso_registrations: Vec<SsoRegistration>,
    oauth_registrations: Vec<OauthRegistration>,
    scim_registration: Option<Box<ScimRegistration>>,
    is_breakglass: bool,
    is_admin: bool,
    member_password_id: Option<String>,
    mfa_enrolled: bool,
    mfa_phone_number: Option<String>,
    mfa_phone_number_verified: bool,
    totp_registration_id: Option<String>,
    retired_email_addresses: Vec<RetiredEmailAddress>,
    is_locked: bool,
    lock_created_at: Option<String>,
    lock_expires_at: Option<String>,
    roles: Vec<MemberRole>,
    trusted_metadata: Map<String, Value>,
    untrusted_metadata: Map<String, Value>,
    created_at: Option<String>,
    updated_at: Option<String>,
    default_mfa_method: Option<String>,
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
    group_id: Option<String>,
}

#[derive(Deserialize)]
struct SsoRegistration {
    connection_id: Option<String>,
    external_id: Option<String>,
    registration_id: Option<String>,
    sso_attributes: Map<String, Value>,
}

#[derive(Deserialize)]
struct OauthRegistration {
    provider_type: String,
    provider_subject: String,
    member_oauth_registration_id: Option<String>,
    profile_picture_url: Option<String>,
    locale: Option<String>,
    provider_tenants: Vec<ProviderTenant>,
}

#[derive(Deserialize)]
struct ProviderTenant {
    tenant_id: String,
    tenant_name: String,
}

#[derive(Deserialize)]
struct ScimRegistration {
    connection_id: Option<String>,
    registration_id: Option<String>,
    external_id: Option<String>,
    scim_attributes: Map<String, Value>,
}

#[derive(Deserialize)]
struct RetiredEmailAddress {
    email_id: Option<String>,
    email_address: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Organization {
    pub(crate) organization_id: String,
    organization_name: String,
    organization_slug: String,
    organization_logo_url: Option<String>,
    organization_external_id: Option<String>,
    sso_jit_provisioning: String,
    sso_jit_provisioning_allowed_connections: Vec<String>,
    sso_active_connections: Vec<SsoActiveConnection>,
    sso_default_connection_id: Option<String>,
    scim_active_connection: Option<Box<ScimActiveConnection>>,
    email_allowed_domains: Vec<String>,
    claimed_email_domains: Vec<String>,
    email_jit_provisioning: String,
    email_invites: String,
    auth_methods: String,
    allowed_auth_methods: Vec<String>,
    mfa_policy: String,
    mfa_methods: String,
    allowed_mfa_methods: Vec<String>,
    oauth_tenant_jit_provisioning: String,
    allowed_oauth_tenants: Option<Map<String, Value>>,
    rbac_email_implicit_role_assignments: Vec<ImplicitRoleAssignment>,
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
struct SsoActiveConnection {
    connection_id: String,
    display_name: String,
    identity_provider: String,
}

#[derive(Deserialize)]
struct ScimActiveConnection {
    connection_id: String,
    display_name: String,
    bearer_token_last_four: String,
    bearer_token_expires_at: Option<String>,
}

#[derive(Deserialize)]
struct ImplicitRoleAssignment {
    domain: String,
    role_id: String,
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

#[derive(Deserialize)]
struct EmailFactor {
    email_id: String,
    email_address: String,
}

#[derive(Deserialize)]
struct PhoneNumberFactor {
    phone_id: String,
    phone_number: String,
}

#[derive(Deserialize)]
struct AuthenticatorAppFactor {
    totp_id: String,
}

#[derive(Deserialize)]
struct RecoveryCodeFactor {
    totp_recovery_code_id: String,
}

#[derive(Deserialize)]
struct SsoFactor {
    id: String,
    provider_id: String,
    external_id: String,
}

#[derive(Deserialize)]
struct OauthFactor {
    id: String,
    provider_subject: String,
    email_id: Option<String>,
    provider_tenant_id: Option<String>,
    provider_tenant_ids: Vec<String>,
}

#[derive(Deserialize)]
struct OauthExchangeFactor {
    email_id: String,
}

#[derive(Deserialize)]
struct AccessTokenExchangeFactor {
    client_id: String,
}

#[derive(Deserialize)]
struct ImpersonatedFactor {
    impersonator_id: String,
    impersonator_email_address: String,
}

#[derive(Deserialize)]
struct TrustedAuthTokenFactor {
    token_id: String,
}

#[derive(Deserialize)]
struct DeviceInfo {
    visitor_id: Option<String>,
    visitor_id_details: Option<DeviceInfoDetails>,
    ip_address: Option<String>,
    ip_address_details: Option<DeviceInfoDetails>,
    ip_geo_city: Option<String>,
    ip_geo_region: Option<String>,
    ip_geo_country: Option<String>,
    ip_geo_country_details: Option<DeviceInfoDetails>,
}

#[derive(Deserialize)]
struct DeviceInfoDetails {
    is_new: bool,
    first_seen_at: Option<String>,
    last_seen_at: Option<String>,
}

#[derive(Deserialize)]
struct AuthorizationVerdict {
    authorized: bool,
    granting_roles: Vec<String>,
}
