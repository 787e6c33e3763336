//! `MemberSession`.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::fields::{MaybeText, object};
use super::{AuthenticationFactor, MemberId, MemberSessionId, OrganizationId, RoleId, Timestamp};

object! {
    /// A member's session in an organization.
    ///
    /// Source: object `MemberSession` of the API.
    ///
    /// ```
    /// use stytch_session::MemberSession;
    ///
    /// let session: MemberSession = serde_json::from_str(r#"{
    ///     "member_session_id": "session-test-1", "member_id": "member-test-1",
    ///     "organization_id": "organization-test-1", "started_at": "2030-06-01T12:00:00Z",
    ///     "last_accessed_at": "2030-06-01T12:00:00Z", "expires_at": "2030-06-01T13:00:00Z",
    ///     "roles": ["stytch_member"], "a_field_of_the_future": 1
    /// }"#)?;
    /// assert_eq!(session.expires_at().to_string(), "2030-06-01T13:00:00Z");
    /// assert!(session.has_role("stytch_member"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct MemberSession {
        required {
            /// The session's id.
            member_session_id: MemberSessionId => &MemberSessionId,
            /// The member's id.
            member_id: MemberId => &MemberId,
            /// The organization's id.
            organization_id: OrganizationId => &OrganizationId,
            /// When the session began.
            started_at: Timestamp => Timestamp,
            /// When the server last saw it.
            last_accessed_at: Timestamp => Timestamp,
            /// When it ends, unless it is extended.
            expires_at: Timestamp => Timestamp,
        }
        lenient {
            /// The organization's slug. Older servers leave it out.
            organization_slug: MaybeText => Option<&str>,
            /// The factors that the member has proven.
            authentication_factors: Vec<AuthenticationFactor> => &[AuthenticationFactor],
            /// The member's roles, explicit and implicit.
            roles: Vec<RoleId> => &[RoleId],
            /// The claims that a backend has set.
            custom_claims: Map<String, Value> => &Map<String, Value>,
        }
    }
}

impl MemberSession {
    /// Whether `expires_at` has come.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.expires_at <= Timestamp::from(now)
    }

    /// Whether the member has this role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held.as_str() == role)
    }
}

/// What a session JWT says of its session.
#[cfg(feature = "jwt")]
pub(crate) struct SessionParts {
    pub(crate) member_session_id: MemberSessionId,
    pub(crate) member_id: MemberId,
    pub(crate) organization_id: OrganizationId,
    pub(crate) organization_slug: Option<Box<str>>,
    pub(crate) started_at: Timestamp,
    pub(crate) last_accessed_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) authentication_factors: Vec<AuthenticationFactor>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) custom_claims: Map<String, Value>,
}

#[cfg(feature = "jwt")]
impl From<SessionParts> for MemberSession {
    fn from(parts: SessionParts) -> Self {
        Self {
            member_session_id: parts.member_session_id,
            member_id: parts.member_id,
            organization_id: parts.organization_id,
            started_at: parts.started_at,
            last_accessed_at: parts.last_accessed_at,
            expires_at: parts.expires_at,
            organization_slug: parts.organization_slug.into(),
            authentication_factors: parts.authentication_factors,
            roles: parts.roles,
            custom_claims: parts.custom_claims,
        }
    }
}
