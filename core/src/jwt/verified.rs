//! What a verified session JWT says.

use super::claims::Claims;
use crate::model::{MemberSession, Timestamp};

/// What a session JWT says whose every check was passed. The token itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedJwt {
    member_session: MemberSession,
    pub(super) issued_at: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl VerifiedJwt {
    /// What the claims say.
    pub(super) fn of(claims: Claims<'_>) -> Self {
        let Claims { member_session, issued_at, not_before, expires_at, .. } = claims;
        Self { member_session, issued_at, not_before, expires_at }
    }

    /// The session, as it was when the token was issued.
    ///
    /// Its custom claims are all claims of the token that neither RFC 7519 nor Stytch has a meaning
    /// for. If the token does not say when the session ends, `expires_at` is the token's own end.
    #[must_use]
    pub const fn member_session(&self) -> &MemberSession {
        &self.member_session
    }

    /// The session, by value.
    #[must_use]
    pub fn into_member_session(self) -> MemberSession {
        self.member_session
    }

    /// When the token was issued (`iat`). It may lie in the future if no maximum age is set.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// When the token ends (`exp`), long before the session does.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}
