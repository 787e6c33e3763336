//! Organizations that a discovery login finds.

use super::fields::object;
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

object! {
    /// How a person stands to a discovered organization.
    pub struct Membership {
        lenient {
            /// The kind of relation.
            membership_type = "type": MembershipType => &MembershipType,
            /// Why the person may join, for the kinds that are not members yet.
            details: Option<MembershipDetails> => Option<&MembershipDetails>,
            /// The member, for the kinds that are.
            member: Option<Box<Member>> => Option<&Member>,
        }
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
