//! `Member` and its parts.

use serde_json::{Map, Value};

use super::fields::{MaybeId, MaybeText, object};
use super::{
    ConnectionId, EmailAddress, EmailId, MemberId, MemberStatus, MfaMethod, OrganizationId,
    PasswordId, RegistrationId, RoleId, RoleSourceType, Timestamp, TotpId,
};

object! {
    /// A person in an organization.
    ///
    /// Source: object `Member` of the API.
    pub struct Member {
        required {
            /// The member's id.
            member_id: MemberId => &MemberId,
            /// The organization's id.
            organization_id: OrganizationId => &OrganizationId,
        }
        lenient {
            /// The e-mail address.
            email_address: EmailAddress => &EmailAddress,
            /// Whether the address is proven.
            email_address_verified: bool => bool,
            /// The status of the membership.
            status: MemberStatus => &MemberStatus,
            /// The name; may be empty.
            name: Box<str> => &str,
            /// The id that the organization's own systems use.
            external_id: MaybeText => Option<&str>,
            /// Registrations with SSO connections.
            sso_registrations: Vec<SsoRegistration> => &[SsoRegistration],
            /// Registrations with OAuth providers.
            oauth_registrations: Vec<OauthRegistration> => &[OauthRegistration],
            /// The registration with a SCIM connection.
            scim_registration: Option<Box<ScimRegistration>> => Option<&ScimRegistration>,
            /// Whether the member may log in past the organization's rules.
            is_breakglass: bool => bool,
            /// Whether the member is an administrator (older than roles).
            is_admin: bool => bool,
            /// The id of the member's password, if there is one.
            member_password_id: MaybeId<PasswordId> => Option<&PasswordId>,
            /// Whether the member has chosen to use a second factor.
            mfa_enrolled: bool => bool,
            /// The phone number for codes, if there is one.
            mfa_phone_number: MaybeText => Option<&str>,
            /// Whether the phone number is proven.
            mfa_phone_number_verified: bool => bool,
            /// The id of the authenticator-app registration, if there is one.
            totp_registration_id: MaybeId<TotpId> => Option<&TotpId>,
            /// Addresses that the member used before.
            retired_email_addresses: Vec<RetiredEmailAddress> => &[RetiredEmailAddress],
            /// Whether the member is locked out after too many wrong codes.
            is_locked: bool => bool,
            /// When the lock began.
            lock_created_at: Option<Timestamp> => Option<Timestamp>,
            /// When the lock ends.
            lock_expires_at: Option<Timestamp> => Option<Timestamp>,
            /// Roles and where they come from.
            roles: Vec<MemberRole> => &[MemberRole],
            /// What only backends may write.
            trusted_metadata: Map<String, Value> => &Map<String, Value>,
            /// What the member may write.
            untrusted_metadata: Map<String, Value> => &Map<String, Value>,
            /// When the membership began.
            created_at: Option<Timestamp> => Option<Timestamp>,
            /// When it last changed.
            updated_at: Option<Timestamp> => Option<Timestamp>,
            /// The API's word for the second factor that is asked first; see
            /// [`Member::default_mfa`].
            default_mfa_method: MaybeText => Option<&str>,
        }
    }
}

impl Member {
    /// The second factor that is asked first, if the member has chosen one.
    #[must_use]
    pub fn default_mfa(&self) -> Option<MfaMethod> {
        self.default_mfa_method().map(MfaMethod::from)
    }
}

object! {
    /// A role of a member.
    pub struct MemberRole {
        required {
            /// The role's id.
            role_id: RoleId => &RoleId,
        }
        lenient {
            /// Where the role comes from.
            sources: Vec<RoleSource> => &[RoleSource],
        }
    }
}

object! {
    /// Where a member's role comes from.
    pub struct RoleSource {
        lenient {
            /// The kind of source.
            source_type = "type": RoleSourceType => &RoleSourceType,
            /// What the kind of source says in detail.
            details: RoleSourceDetails => &RoleSourceDetails,
        }
    }
}

object! {
    /// The details of a role's source. Which are given depends on its type.
    #[derive(Default)]
    pub struct RoleSourceDetails {
        lenient {
            /// The domain of the e-mail address (`email_assignment`).
            email_domain: Option<Box<str>> => Option<&str>,
            /// The connection (`sso_connection`, `sso_connection_group`, `scim_connection_group`).
            connection_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The group's name (`sso_connection_group`).
            group: Option<Box<str>> => Option<&str>,
            /// The group's id (`scim_connection_group`).
            group_id: Option<Box<str>> => Option<&str>,
        }
    }
}

object! {
    /// A member's registration with an SSO connection.
    pub struct SsoRegistration {
        lenient {
            /// The connection's id.
            connection_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The member's id at the identity provider.
            external_id: MaybeText => Option<&str>,
            /// The registration's id.
            registration_id: MaybeId<RegistrationId> => Option<&RegistrationId>,
            /// What the identity provider says of the member.
            sso_attributes: Map<String, Value> => &Map<String, Value>,
        }
    }
}

object! {
    /// A member's registration with an OAuth provider.
    pub struct OauthRegistration {
        lenient {
            /// The provider, such as `Google`.
            provider_type: Box<str> => &str,
            /// The member's id at the provider.
            provider_subject: Box<str> => &str,
            /// The registration's id.
            member_oauth_registration_id: MaybeId<RegistrationId> => Option<&RegistrationId>,
            /// A picture.
            profile_picture_url: MaybeText => Option<&str>,
            /// The member's language at the provider.
            locale: MaybeText => Option<&str>,
            /// The provider's tenants that the member belongs to.
            provider_tenants: Vec<ProviderTenant> => &[ProviderTenant],
        }
    }
}

object! {
    /// A tenant of an OAuth provider.
    pub struct ProviderTenant {
        lenient {
            /// The tenant's id.
            tenant_id: Box<str> => &str,
            /// The tenant's name.
            tenant_name: Box<str> => &str,
        }
    }
}

object! {
    /// A member's registration with a SCIM connection.
    pub struct ScimRegistration {
        lenient {
            /// The connection's id.
            connection_id: MaybeId<ConnectionId> => Option<&ConnectionId>,
            /// The registration's id.
            registration_id: MaybeId<RegistrationId> => Option<&RegistrationId>,
            /// The member's id at the identity provider.
            external_id: MaybeText => Option<&str>,
            /// What the identity provider says of the member.
            scim_attributes: Map<String, Value> => &Map<String, Value>,
        }
    }
}

object! {
    /// An address that a member used before.
    pub struct RetiredEmailAddress {
        lenient {
            /// The address's id.
            email_id: MaybeId<EmailId> => Option<&EmailId>,
            /// The address.
            email_address: MaybeText => Option<&str>,
        }
    }
}
