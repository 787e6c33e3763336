//! Copies of sessions: a live session keeps one while a step owns the other.
//!
//! They are private, because a copy outlives its own revocation: whoever holds one here also hears
//! of what becomes of the session.

use crate::session::Session;
use crate::state::{Active, Discovery, Intermediate};

/// A session that can be copied.
pub(super) trait Copied {
    /// A copy with the same tokens.
    fn copied(&self) -> Self;
}

impl Copied for Session<Active> {
    fn copied(&self) -> Self {
        let state = self.state();
        Self::of(Active {
            token: state.token.clone(),
            jwt: state.jwt.clone(),
            member_session: state.member_session.clone(),
            member: state.member.clone(),
            organization: state.organization.clone(),
            device: state.device.clone(),
            verdict: state.verdict.clone(),
            recovery_codes_remaining: state.recovery_codes_remaining,
            details: None,
        })
    }
}

impl Copied for Session<Discovery> {
    fn copied(&self) -> Self {
        let state = self.state();
        Self::of(Discovery {
            token: state.token.clone(),
            email_address: state.email_address.clone(),
            organizations: state.organizations.clone(),
            lifetime: state.lifetime,
            identity: None,
        })
    }
}

/// Without the active session that it came from: a live session keeps that one itself.
impl Copied for Session<Intermediate> {
    fn copied(&self) -> Self {
        let state = self.state();
        Self::of(Intermediate {
            token: state.token.clone(),
            member: state.member.clone(),
            organization: state.organization.clone(),
            requirement: state.requirement.clone(),
            lifetime: state.lifetime,
            previous: None,
            details: None,
        })
    }
}
