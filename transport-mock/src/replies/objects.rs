//! Member, organization and session of the default replies.

use serde_json::{Value, json};

use super::{EMAIL_ADDRESS, MEMBER_ID, MEMBER_SESSION_ID, ORGANIZATION_ID};

pub(crate) fn member_session() -> Value {
    json!({
        "member_session_id": MEMBER_SESSION_ID,
        "member_id": MEMBER_ID,
        "organization_id": ORGANIZATION_ID,
        "organization_slug": "harbor-lights",
        "started_at": "2030-06-01T12:00:00Z",
        "last_accessed_at": "2030-06-01T12:00:00Z",
        "expires_at": "2030-06-01T13:00:00Z",
        "authentication_factors": [{
            "type": "password",
            "delivery_method": "knowledge",
            "sequence_order": "PRIMARY",
            "last_authenticated_at": "2030-06-01T12:00:00Z",
            "created_at": "2030-06-01T12:00:00Z",
            "updated_at": "2030-06-01T12:00:00Z",
        }],
        "roles": ["stytch_member"],
        "custom_claims": {},
    })
}

pub(super) fn member() -> Value {
    json!({
        "organization_id": ORGANIZATION_ID,
        "member_id": MEMBER_ID,
        "email_address": EMAIL_ADDRESS,
        "email_address_verified": true,
        "status": "active",
        "name": "Ada Reyes",
        "external_id": null,
        "sso_registrations": [],
        "oauth_registrations": [],
        "scim_registration": null,
        "is_breakglass": false,
        "is_admin": false,
        "member_password_id": "member-password-test-c0af51e9-b6c7-4725-a6fa-9eb86abc41c2",
        "mfa_enrolled": false,
        "mfa_phone_number": "",
        "mfa_phone_number_verified": false,
        "default_mfa_method": "",
        "totp_registration_id": "",
        "retired_email_addresses": [],
        "is_locked": false,
        "lock_created_at": null,
        "lock_expires_at": null,
        "roles": [{
            "role_id": "stytch_member",
            "sources": [{ "type": "direct_assignment", "details": {} }],
        }],
        "trusted_metadata": {},
        "untrusted_metadata": {},
        "created_at": "2029-02-03T08:16:02Z",
        "updated_at": "2030-05-30T09:00:00Z",
    })
}

pub(super) fn organization() -> Value {
    json!({
        "organization_id": ORGANIZATION_ID,
        "organization_name": "Harbor Lights",
        "organization_logo_url": "",
        "organization_slug": "harbor-lights",
        "organization_external_id": null,
        "sso_jit_provisioning": "NOT_ALLOWED",
        "sso_jit_provisioning_allowed_connections": [],
        "sso_active_connections": [],
        "sso_default_connection_id": null,
        "scim_active_connection": null,
        "email_allowed_domains": [],
        "email_jit_provisioning": "NOT_ALLOWED",
        "email_invites": "ALL_ALLOWED",
        "auth_methods": "ALL_ALLOWED",
        "allowed_auth_methods": [],
        "mfa_policy": "OPTIONAL",
        "mfa_methods": "ALL_ALLOWED",
        "allowed_mfa_methods": [],
        "oauth_tenant_jit_provisioning": "NOT_ALLOWED",
        "allowed_oauth_tenants": null,
        "claimed_email_domains": [],
        "rbac_email_implicit_role_assignments": [],
        "custom_roles": [],
        "first_party_connected_apps_allowed_type": "ALL_ALLOWED",
        "allowed_first_party_connected_apps": [],
        "third_party_connected_apps_allowed_type": "ALL_ALLOWED",
        "allowed_third_party_connected_apps": [],
        "trusted_metadata": {},
        "created_at": "2029-02-03T08:15:00Z",
        "updated_at": "2030-01-09T17:40:12Z",
    })
}

pub(crate) fn discovered_organization() -> Value {
    json!({
        "organization": organization(),
        "member_authenticated": true,
        "primary_required": null,
        "mfa_required": null,
        "membership": { "type": "active_member", "details": null, "member": member() },
    })
}

pub(super) fn provider_values() -> Value {
    json!({
        "access_token": "an-access-token-of-the-provider",
        "refresh_token": "a-refresh-token-of-the-provider",
        "id_token": "",
        "expires_at": "2030-06-01T13:00:00Z",
        "scopes": ["openid", "email", "profile"],
    })
}

pub(super) fn role() -> Value {
    json!({
        "role_id": "lamp_keeper",
        "description": "Keeps the lamps.",
        "permissions": [{ "resource_id": "lamps", "actions": ["read", "trim"] }],
    })
}
