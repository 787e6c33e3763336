//! What calls answer.

use serde_json::{Map, Value};

use super::fields::{MaybeText, object};
use super::{
    CustomRole, DiscoveredOrganization, EmailAddress, Member, Organization, OrganizationId,
    Permission, ResourceId,
};

object! {
    /// An e-mail or text message is on its way.
    ///
    /// The frontend says no more than that; the backend names the member.
    pub struct Sent {
        lenient {
            /// The member it goes to. Backend only.
            member: Option<Box<Member>> => Option<&Member>,
            /// The organization. Backend only.
            organization: Option<Box<Organization>> => Option<&Organization>,
            /// Whether the member was made by this call. Backend only.
            member_created: bool => bool,
        }
    }
}

object! {
    /// A member who was invited.
    pub struct Invited {
        required {
            /// The member, not active yet.
            member: Box<Member> => &Member,
            /// The organization.
            organization: Box<Organization> => &Organization,
        }
    }
}

object! {
    /// The organizations that a person belongs to or may join.
    ///
    /// Source: `POST /b2b/discovery/organizations`.
    pub struct DiscoveredOrganizations {
        required {
            /// The organizations. It may be empty.
            discovered_organizations: Vec<DiscoveredOrganization> => &[DiscoveredOrganization],
        }
        lenient {
            /// The person's e-mail address.
            email_address: EmailAddress => &EmailAddress,
            /// The organization that the person most likely wants.
            organization_id_hint: Option<OrganizationId> => Option<&OrganizationId>,
        }
    }
}

object! {
    /// The server's judgement of a password.
    ///
    /// Source: `POST /b2b/passwords/strength_check`.
    pub struct PasswordStrength {
        required {
            /// Whether the password would be accepted.
            valid_password: bool => bool,
        }
        lenient {
            /// The score of zxcvbn, from 0 (guessed at once) to 4.
            score: u8 => u8,
            /// Whether it is among passwords that were stolen and published.
            breached_password: bool => bool,
            /// The policy that judges it: `zxcvbn` or `luds`.
            strength_policy: MaybeText => Option<&str>,
            /// Whether the project refuses published passwords.
            breach_detection_on_create: bool => bool,
            /// Which kinds of characters it lacks, by the policy `luds`.
            luds_feedback: Option<Map<String, Value>> => Option<&Map<String, Value>>,
            /// Hints for a better one, by the policy `zxcvbn`.
            zxcvbn_feedback: Option<Map<String, Value>> => Option<&Map<String, Value>>,
        }
    }
}

object! {
    /// The project's rules of who may do what.
    ///
    /// Source: `GET /v1/b2b/rbac/policy`.
    #[derive(Default)]
    pub struct RbacPolicy {
        lenient {
            /// The roles.
            roles: Vec<CustomRole> => &[CustomRole],
            /// The resources and their actions.
            resources: Vec<RbacResource> => &[RbacResource],
            /// The scopes of access tokens.
            scopes: Vec<RbacScope> => &[RbacScope],
        }
    }
}

object! {
    /// A resource that permissions speak of.
    pub struct RbacResource {
        required {
            /// The resource's id.
            resource_id: ResourceId => &ResourceId,
        }
        lenient {
            /// What it is, in words.
            description: Box<str> => &str,
            /// What can be done with it.
            actions: Vec<Box<str>> => &[Box<str>],
        }
    }
}

object! {
    /// A scope of access tokens.
    pub struct RbacScope {
        lenient {
            /// The scope's name.
            scope: Box<str> => &str,
            /// What it is, in words.
            description: Box<str> => &str,
            /// What it grants.
            permissions: Vec<Permission> => &[Permission],
        }
    }
}

object! {
    /// The roles that an organization has beside the project's.
    ///
    /// Source: `GET /v1/b2b/rbac/organizations/{organization_id}`.
    #[derive(Default)]
    pub struct OrganizationRbacPolicy {
        lenient {
            /// The roles.
            roles: Vec<CustomRole> => &[CustomRole],
        }
    }
}

impl OrganizationRbacPolicy {
    pub(crate) fn of(roles: impl IntoIterator<Item = CustomRole>) -> Self {
        Self { roles: roles.into_iter().collect() }
    }
}

object! {
    /// A public key that signs session JWTs (RFC 7517).
    ///
    /// Everything is as the server wrote it; nothing is checked here.
    pub struct JsonWebKey {
        lenient {
            /// The key's id.
            kid: MaybeText => Option<&str>,
            /// The key's type: `RSA`.
            kty: MaybeText => Option<&str>,
            /// The algorithm: `RS256`.
            alg: MaybeText => Option<&str>,
            /// What it is for (`use`): `sig`.
            usage = "use": MaybeText => Option<&str>,
            /// What may be done with it: `verify`.
            key_ops: Vec<Box<str>> => &[Box<str>],
            /// The modulus, in base64url.
            n: MaybeText => Option<&str>,
            /// The exponent, in base64url.
            e: MaybeText => Option<&str>,
            /// Certificates, in base64. Never trust one for coming with its key.
            x5c: Vec<Box<str>> => &[Box<str>],
            /// The SHA-256 thumbprint of the certificate (`x5tS256`, as the API spells it).
            certificate_thumbprint = "x5tS256": MaybeText => Option<&str>,
        }
    }
}

/// The public keys that sign session JWTs.
///
/// A key that cannot be read is left out: one odd key does not disable the others.
///
/// Source: `GET /v1/b2b/sessions/jwks/{project_id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonWebKeySet {
    keys: Vec<JsonWebKey>,
}

impl JsonWebKeySet {
    /// The keys, in the server's order. Old and new keys overlap for about a month.
    #[must_use]
    pub fn keys(&self) -> &[JsonWebKey] {
        &self.keys
    }

    pub(crate) const fn new(keys: Vec<JsonWebKey>) -> Self {
        Self { keys }
    }
}
