//! Organizations that a discovery login finds.

use serde::{Deserialize, Serialize};

use super::fields::{lenient, object};
use super::{Member, MembershipType, MfaRequired, Organization, PrimaryRequired};

object! {
    /// An organization that a person belongs to or may join.
    ///
    /// Source: object `DiscoveredOrganization` of the API.
    pub struct DiscoveredOrganization {
        lenient {
            /// Whether entering it asks nothing further.
            member_authenticated: bool => bool,
            /// The organization.
            organization: Option<Box<Organization>> => Option<&Organization>,
            /// How the person stands to it.
            membership: Option<Box<Membership>> => Option<&Membership>,
            /// The other first factor that entering it will ask for.
            primary_required: Option<PrimaryRequired> => Option<&PrimaryRequired>,
            /// The second factor that entering it will ask for.
            mfa_required: Option<MfaRequired> => Option<&MfaRequired>,
        }
    }
}

/// How a person stands to a discovered organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    membership_type: MembershipType,
    #[serde(default, deserialize_with = "lenient")]
    details: Option<MembershipDetails>,
    #[serde(default, deserialize_with = "lenient")]
    member: Option<Box<Member>>,
}

impl Membership {
    /// The kind of relation.
    #[must_use]
    pub const fn membership_type(&self) -> &MembershipType {
        &self.membership_type
    }

    /// Why the person may join, for the kinds that are not members yet.
    #[must_use]
    pub const fn details(&self) -> Option<&MembershipDetails> {
        self.details.as_ref()
    }

    /// The member, for the kinds that are.
    #[must_use]
    pub fn member(&self) -> Option<&Member> {
        self.member.as_deref()
    }
}

object! {
    /// Why a person may join an organization.
    pub struct MembershipDetails {
        lenient {
            /// The domain of the address (`eligible_to_join_by_email_domain`).
            domain: Option<Box<str>> => Option<&str>,
            /// The OAuth provider (`eligible_to_join_by_oauth_tenant`).
            provider: Option<Box<str>> => Option<&str>,
            /// The provider's tenant (`eligible_to_join_by_oauth_tenant`).
            tenant: Option<Box<str>> => Option<&str>,
        }
    }
}
