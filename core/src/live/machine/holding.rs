//! What is held: how it comes, and how it ends.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::types::{Change, Now, Output, Reason, Unfinished, View};
use super::{About, Machine};
use crate::model::{MemberSession, MemberSessionId, Minutes};
use crate::secret::IntermediateSessionToken;
use crate::session::Session;
use crate::state::{Active, Discovery, Intermediate, Lifetime};

/// The life of an unfinished login.
const PENDING_LIFE: Duration = Duration::from_secs(10 * 60);

/// The first receipt of an intermediate token: if it comes back, it does not live longer for it.
#[derive(Debug)]
pub(super) struct Receipt {
    token: IntermediateSessionToken,
    lifetime: Lifetime,
    ends: Duration,
}

impl Unfinished {
    pub(in crate::live) fn token(&self) -> &IntermediateSessionToken {
        match self {
            Self::Discovery(session) => session.intermediate_session_token(),
            Self::Intermediate(session) => session.intermediate_session_token(),
        }
    }

    pub(in crate::live) fn lifetime(&self) -> Lifetime {
        match self {
            Self::Discovery(session) => session.state().lifetime,
            Self::Intermediate(session) => session.state().lifetime,
        }
    }
}

impl Machine {
    /// Shows a session that the server has just confirmed. If it is the one that is held already it
    /// stays the same session.
    pub(super) fn install(&mut self, session: Arc<Session<Active>>, reason: Reason, now: Now) {
        if self.view.active.as_deref().map(id) != Some(id(&session)) {
            self.move_active();
        }
        self.active_ends = now.elapsed.saturating_add(life(session.member_session()));
        self.refreshing.rejected = None;
        let unchanged = self.view.active.as_ref().is_some_and(|held| is_same(held, &session));
        self.view.active = Some(session);
        self.view.from_cache = false;
        if !unchanged {
            self.changed(reason);
        }
    }

    pub(super) fn install_intermediate(
        &mut self,
        mut session: Session<Intermediate>,
        now: Now,
    ) -> Arc<Session<Intermediate>> {
        let token = session.intermediate_session_token().clone();
        let state = session.state_mut();
        // The active session is held beside it.
        state.previous = None;
        state.lifetime = self.receive(token, state.lifetime, now);
        let session = Arc::new(session);
        self.pend(Unfinished::Intermediate(Arc::clone(&session)));
        session
    }

    pub(super) fn install_discovery(
        &mut self,
        mut session: Session<Discovery>,
        now: Now,
    ) -> Arc<Session<Discovery>> {
        let token = session.intermediate_session_token().clone();
        session.state_mut().lifetime = self.receive(token, session.state().lifetime, now);
        let session = Arc::new(session);
        self.pend(Unfinished::Discovery(Arc::clone(&session)));
        session
    }

    fn pend(&mut self, pending: Unfinished) {
        let next = self.generation.pending.saturating_add(1);
        let unchanged =
            self.view.pending.as_ref().is_some_and(|held| is_same_login(held, &pending));
        let same = self.view.pending.as_ref().is_some_and(|held| held.token() == pending.token());
        if !same {
            self.generation.pending = next;
        } else if !unchanged {
            // Other processes see it by that; what was begun with the token goes on.
            self.renumber(About::Pending, next);
        }
        self.view.pending = Some(pending);
        if !unchanged {
            self.changed(Reason::Unfinished);
        }
    }

    /// The life of an intermediate token, from its first receipt.
    fn receive(
        &mut self,
        token: IntermediateSessionToken,
        lifetime: Lifetime,
        now: Now,
    ) -> Lifetime {
        let receipt = match self.receipt.take() {
            Some(receipt) if receipt.token == token => receipt,
            _ => Receipt { token, lifetime, ends: now.elapsed.saturating_add(PENDING_LIFE) },
        };
        let lifetime = receipt.lifetime;
        self.pending_ends = receipt.ends;
        self.receipt = Some(receipt);
        lifetime
    }

    /// Takes over an unfinished login from the store.
    pub(super) fn restore_pending(&mut self, pending: Option<Unfinished>, now: Now) {
        if let Some(pending) = &pending {
            let left = SystemTime::from(pending.lifetime().expires_at)
                .duration_since(now.wall)
                .unwrap_or_default()
                .min(PENDING_LIFE);
            let token = pending.token().clone();
            if self.receipt.as_ref().is_none_or(|receipt| receipt.token != token) {
                let ends = now.elapsed.saturating_add(left);
                self.receipt = Some(Receipt { token, lifetime: pending.lifetime(), ends });
            }
            self.pending_ends = self.receipt.as_ref().map_or(now.elapsed, |receipt| receipt.ends);
        }
        self.view.pending = pending;
    }

    /// Takes over an active session from the store.
    pub(super) fn restore_active(&mut self, session: Option<Arc<Session<Active>>>, now: Now) {
        if let Some(session) = &session {
            let expires_at = session.member_session().expires_at();
            let held = self.view.active.as_ref();
            let same_end = held.is_some_and(|held| {
                let held = held.member_session();
                held.member_session_id() == session.member_session().member_session_id()
                    && held.expires_at() == expires_at
            });
            if !same_end {
                let left = SystemTime::from(expires_at).duration_since(self.clock.now(now));
                // A clock that was set back gives no longer life.
                let left = left.unwrap_or_default().min(life(session.member_session()));
                self.active_ends = now.elapsed.saturating_add(left);
            }
        }
        self.jwt_life = session.as_deref().and_then(super::types::jwt_life_of);
        self.view.active = session;
    }

    /// When the first of what is held expires.
    pub(super) fn expiry(&self, now: Now) -> Option<Duration> {
        let until = |wall: SystemTime| {
            now.elapsed.saturating_add(wall.duration_since(now.wall).unwrap_or_default())
        };
        let active = self.local_expiry_of(&self.view).map(|wall| until(wall).min(self.active_ends));
        let pending = self
            .view
            .pending
            .as_ref()
            .map(|pending| until(pending.lifetime().expires_at.into()).min(self.pending_ends));
        active.into_iter().chain(pending).min()
    }

    /// Drops what has expired, by either clock.
    pub(super) fn expire(&mut self, now: Now) {
        let local_expiry = self.local_expiry_of(&self.view);
        let active_is_over = local_expiry.is_some_and(|at| at <= now.wall)
            || self.view.active.is_some() && self.active_ends <= now.elapsed;
        let pending_is_over = self.view.pending.as_ref().is_some_and(|pending| {
            pending.lifetime().is_expired(now.wall) || self.pending_ends <= now.elapsed
        });
        // What is still shown may be over before what is held.
        let shown_is_over = self.local_expiry().is_some_and(|at| at <= now.wall)
            || active_is_over
                && self.shown.active.as_deref().map(id) == self.view.active.as_deref().map(id);
        let shown_pending_is_over = self.shown.pending.as_ref().is_some_and(|shown| {
            shown.lifetime().is_expired(now.wall)
                || pending_is_over
                    && self.view.pending.as_ref().is_some_and(|held| held.token() == shown.token())
        });
        if active_is_over {
            // The generation stays, and what was sent before goes on: it may have extended the
            // session, as another process may.
            self.view.active = None;
            self.view.from_cache = false;
            self.cancel_unsent(&crate::live::LiveError::Superseded);
        }
        if pending_is_over {
            self.view.pending = None;
        }
        if active_is_over || pending_is_over {
            self.changed(Reason::Expiry);
        }
        // It is shown at once, whatever the store says.
        let active = self.shown.active.take_if(|_| shown_is_over);
        let pending = self.shown.pending.take_if(|_| shown_pending_is_over);
        if active.is_some() || pending.is_some() {
            let (reason, view) = (Reason::Expiry, self.shown.clone());
            self.outputs.push_back(Output::Changed(Change { reason, view, missed: 0 }));
        }
    }

    /// Ends everything, also what is under way, here and elsewhere.
    pub(super) fn clear(&mut self, reason: Reason) {
        let held = self.view.active.take().is_some() | self.view.pending.take().is_some();
        self.view.from_cache = false;
        self.refreshing.rejected = None;
        self.move_active();
        // Also what would become one.
        self.generation.pending = self.generation.pending.saturating_add(1);
        if held {
            self.changed(reason);
        } else {
            // A move that is not written would count as a later one than what others do next.
            self.shelf.soil();
        }
    }

    /// Ends the unfinished login; false if there was none.
    pub(super) fn clear_pending(&mut self) -> bool {
        let held = self.view.pending.take().is_some();
        if held {
            self.generation.pending = self.generation.pending.saturating_add(1);
        }
        held
    }

    /// The active session is another one from now on: what was begun for the one before is dropped.
    pub(super) fn move_active(&mut self) {
        self.generation.active = self.generation.active.saturating_add(1);
        self.cancel_refreshes(&crate::live::LiveError::Superseded);
    }
}

pub(super) fn id(session: &Session<Active>) -> &MemberSessionId {
    session.member_session().member_session_id()
}

/// Whether two views show something else.
pub(super) fn differs(one: &View, other: &View) -> bool {
    let active = match (&one.active, &other.active) {
        (Some(one), Some(other)) => !Arc::ptr_eq(one, other) && !is_same(one, other),
        (None, None) => false,
        _ => true,
    };
    let pending = match (&one.pending, &other.pending) {
        (Some(one), Some(other)) => !is_same_login(one, other),
        (None, None) => false,
        _ => true,
    };
    active || pending
}

/// Whether two unfinished logins show the same.
pub(super) fn is_same_login(one: &Unfinished, other: &Unfinished) -> bool {
    match (one, other) {
        (Unfinished::Discovery(one), Unfinished::Discovery(other)) => {
            let (one, other) = (one.state(), other.state());
            one.token == other.token
                && one.email_address == other.email_address
                && one.organizations == other.organizations
        }
        (Unfinished::Intermediate(one), Unfinished::Intermediate(other)) => {
            let (one, other) = (one.state(), other.state());
            one.token == other.token
                && one.requirement == other.requirement
                && one.member == other.member
                && one.organization == other.organization
        }
        _ => false,
    }
}

/// Whether the server has spoken of one after the other, if they are the same session.
pub(super) fn is_later(one: &Session<Active>, other: &Session<Active>) -> bool {
    let (one, other) = (one.member_session(), other.member_session());
    one.member_session_id() == other.member_session_id()
        && one.last_accessed_at() > other.last_accessed_at()
}

/// The same in minutes, as far as they can be asked for.
pub(super) fn whole_minutes(session: &MemberSession) -> Option<Minutes> {
    let minutes = life(session).as_secs().div_ceil(60);
    let least_and_most = (Minutes::MIN.get().into(), Minutes::MAX.get().into());
    let minutes = minutes.clamp(least_and_most.0, least_and_most.1);
    Minutes::new(u32::try_from(minutes).ok()?).ok()
}

/// How long a session lives from its last refresh, by the server's own clock.
fn life(session: &MemberSession) -> Duration {
    let seen = SystemTime::from(session.last_accessed_at());
    SystemTime::from(session.expires_at()).duration_since(seen).unwrap_or_default()
}

/// Whether two sessions show the same.
pub(super) fn is_same(one: &Session<Active>, other: &Session<Active>) -> bool {
    let (one, other) = (one.state(), other.state());
    // Secrets last: they are compared in constant time, and a refresh changes the times.
    are_same(&one.member_session, &other.member_session)
        && are_same(&one.member, &other.member)
        && are_same(&one.organization, &other.organization)
        && one.device == other.device
        && one.verdict == other.verdict
        && one.recovery_codes_remaining == other.recovery_codes_remaining
        && one.token == other.token
        && one.jwt == other.jwt
}

fn are_same<T: PartialEq>(one: &Arc<T>, other: &Arc<T>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}
