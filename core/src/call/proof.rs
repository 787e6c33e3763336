//! The session that a call shows.

use crate::model::Member;
use crate::state::{Active, Discovery, Intermediate};
use crate::surface::Surface;
use crate::transition::origin::sealed::Origin as _;
use crate::wire::request::Draft;

/// The session that a call shows: borrowed, since a call changes none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proof<'a> {
    Discovery(&'a Discovery),
    Intermediate(&'a Intermediate),
    Active(&'a Active),
}

impl<'a> Proof<'a> {
    pub(super) fn carry<P: Surface>(self, draft: Draft<'a, P>) -> Draft<'a, P> {
        match self {
            Self::Discovery(state) => state.carry(draft),
            Self::Intermediate(state) => state.carry(draft),
            Self::Active(state) => state.carry(draft),
        }
    }

    /// Adds the member, where the state knows one, and the proof.
    pub(super) fn carry_member<P: Surface>(self, draft: Draft<'a, P>) -> Draft<'a, P> {
        let draft = self.carry(draft);
        match self.member() {
            Some(member) => draft
                .field("organization_id", member.organization_id())
                .field("member_id", member.member_id()),
            None => draft,
        }
    }

    fn member(self) -> Option<&'a Member> {
        match self {
            Self::Discovery(_) => None,
            Self::Intermediate(state) => Some(&state.member),
            Self::Active(state) => Some(&state.member),
        }
    }

    pub(super) fn secrets(self) -> Vec<&'a str> {
        match self {
            Self::Discovery(state) => state.secrets(),
            Self::Intermediate(state) => state.secrets(),
            Self::Active(state) => state.secrets(),
        }
    }
}
