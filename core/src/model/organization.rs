//! `Organization` and its parts.

use serde_json::{Map, Value};

use super::fields::{MaybeId, MaybeText, object};
use super::{
    AuthMethod, ConnectionId, JitProvisioning, MfaMethod, MfaPolicy, OrganizationId, Restriction,
    RoleId, Timestamp,
};

object! {
    /// An organization: the tenant that members log in to.
    ///
    /// Source: object `Organization` of the API.
    pub struct Organization {
        required {
            /// The organization's id.
            organization_id: OrganizationId => &OrganizationId,
        }
        lenient {
            /// The name.
            organization_name: Box<str> => &str,
            /// The slug.
            organization_slug: Box<str> => &str,
            /// A logo.
            organization_logo_url: MaybeText => Option<&str>,
            /// The id that the customer's own systems use.
            organization_external_id: MaybeText => Option<&str>,
            /// Whether SSO connections make members just in time.
            sso_jit_provisioning: Restriction => &Restriction,
            /// The connections that may, where it is restricted.
            sso_jit_provisioning_allowed_connections: Vec<ConnectionId> => &[ConnectionId],
            /// The SSO connections.
            sso_active_connections: Vec<SsoActiveConnection> => &[SsoActiveConnection],
            /// The SSO connection that is used first.
            sso_default_connection_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The SCIM connection.
            scim_active_connection: Option<Box<ScimActiveConnection>> => Option<&ScimActiveConnection>,
            /// Domains whose addresses may join.
            email_allowed_domains: Vec<Box<str>> => &[Box<str>],
            /// Domains that the organization has claimed.
            claimed_email_domains: Vec<Box<str>> => &[Box<str>],
            /// Whether e-mail addresses make members just in time.
            email_jit_provisioning: JitProvisioning => &JitProvisioning,
            /// Whether members may be invited by e-mail.
            email_invites: Restriction => &Restriction,
            /// Whether all first factors are allowed.
            auth_methods: Restriction => &Restriction,
            /// The first factors that are allowed, where they are restricted.
            allowed_auth_methods: Vec<AuthMethod> => &[AuthMethod],
            /// Whether a second factor is wanted.
            mfa_policy: MfaPolicy => &MfaPolicy,
            /// Whether all second factors are allowed.
            mfa_methods: Restriction => &Restriction,
            /// The second factors that are allowed, where they are restricted.
            allowed_mfa_methods: Vec<MfaMethod> => &[MfaMethod],
            /// Whether OAuth tenants make members just in time.
            oauth_tenant_jit_provisioning: JitProvisioning => &JitProvisioning,
            /// The OAuth tenants that may, by provider.
            allowed_oauth_tenants: Option<Map<String, Value>> => Option<&Map<String, Value>>,
            /// Roles that members get by the domain of their address.
            rbac_email_implicit_role_assignments: Vec<ImplicitRoleAssignment> => &[ImplicitRoleAssignment],
            /// Roles of this organization alone.
            custom_roles: Vec<CustomRole> => &[CustomRole],
            /// Which first-party connected apps are allowed.
            first_party_connected_apps_allowed_type: Restriction => &Restriction,
            /// The first-party apps that are, where they are restricted.
            allowed_first_party_connected_apps: Vec<Box<str>> => &[Box<str>],
            /// Which third-party connected apps are allowed.
            third_party_connected_apps_allowed_type: Restriction => &Restriction,
            /// The third-party apps that are, where they are restricted.
            allowed_third_party_connected_apps: Vec<Box<str>> => &[Box<str>],
            /// What only backends may write.
            trusted_metadata: Map<String, Value> => &Map<String, Value>,
            /// When the organization was made.
            created_at: Option<Timestamp> => Option<Timestamp>,
            /// When it last changed.
            updated_at: Option<Timestamp> => Option<Timestamp>,
        }
    }
}

object! {
    /// An SSO connection of an organization.
    pub struct SsoActiveConnection {
        lenient {
            /// The connection's id.
            connection_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The name that people see.
            display_name: Box<str> => &str,
            /// The identity provider.
            identity_provider: Box<str> => &str,
        }
    }
}

object! {
    /// The SCIM connection of an organization.
    pub struct ScimActiveConnection {
        lenient {
            /// The connection's id.
            connection_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The name that people see.
            display_name: Box<str> => &str,
            /// The last four characters of the bearer token.
            bearer_token_last_four: Box<str> => &str,
            /// When the bearer token expires.
            bearer_token_expires_at: Option<Timestamp> => Option<Timestamp>,
        }
    }
}

object! {
    /// A role that members get by the domain of their address.
    pub struct ImplicitRoleAssignment {
        lenient {
            /// The domain.
            domain: Box<str> => &str,
            /// The role's id.
            role_id: MaybeId<RoleId> => Option<&RoleId>,
        }
    }
}

object! {
    /// A role of one organization alone.
    pub struct CustomRole {
        lenient {
            /// The role's id.
            role_id: Box<str> => &str,
            /// What it is for.
            description: Box<str> => &str,
            /// What it allows.
            permissions: Vec<Permission> => &[Permission],
        }
    }
}

impl CustomRole {
    /// A role without permissions.
    ///
    /// ```
    /// use stytch_session::CustomRole;
    ///
    /// let role = CustomRole::new("editor", "Edits documents").permit("documents", ["read", "write"]);
    /// assert_eq!(role.permissions()[0].resource_id(), "documents");
    /// ```
    #[must_use]
    pub fn new(role_id: impl Into<Box<str>>, description: impl Into<Box<str>>) -> Self {
        Self { role_id: role_id.into(), description: description.into(), permissions: Vec::new() }
    }

    /// Allows these actions on a resource; `*` stands for all.
    #[must_use]
    pub fn permit<A: Into<Box<str>>>(
        mut self,
        resource_id: impl Into<Box<str>>,
        actions: impl IntoIterator<Item = A>,
    ) -> Self {
        self.permissions.push(Permission {
            resource_id: resource_id.into(),
            actions: actions.into_iter().map(Into::into).collect(),
        });
        self
    }
}

object! {
    /// Actions that a role allows on a resource.
    pub struct Permission {
        lenient {
            /// The resource's id.
            resource_id: Box<str> => &str,
            /// The actions; `*` stands for all.
            actions: Vec<Box<str>> => &[Box<str>],
        }
    }
}
