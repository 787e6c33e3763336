//! What a verified session JWT says.

use crate::model::{MemberSession, Timestamp};

/// What a session JWT says whose every check was passed. The token itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedJwt {
    member_session: MemberSession,
    issued_at: Timestamp,
    expires_at: Timestamp,
}

impl VerifiedJwt {
    pub(super) const fn new(
        member_session: MemberSession,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self { member_session, issued_at, expires_at }
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
