//! How what is held and what another process has written come together.

use std::sync::Arc;

use super::super::record::{Generation, Record};
use super::super::refreshing::{Heard, Rejected};
use super::super::types::{Now, Outcome, Reason, Unfinished};
use super::super::{About, Machine, holding};
use super::Needs;
use crate::live::error::LiveError;
use crate::session::Session;
use crate::state::Active;

/// How what is held here compares with what was read.
struct Compared {
    /// What has moved in the store since it was last read or written.
    moved: Needs,
    /// What has moved here since.
    own: Needs,
    /// What was done here was about something that has moved there: another process was first.
    overtaken: bool,
    /// The session in the store is the same, and the server has spoken of it later.
    newer: bool,
    /// The same, the other way round.
    older: bool,
    /// The server has refused a token here that another process had exchanged for the one that is in the
    /// store: that was no end.
    refuted: bool,
    /// Nor was it a logout.
    no_logout: bool,
}

impl Machine {
    /// Brings what is held and what was read together, each part by itself.
    ///
    /// What was done here counts if what it was about has not moved in the store since that was last
    /// read or written. Else another process was first, with a logout perhaps, and all of it is taken
    /// over, with its generation: a move that is written back would win over a logout in turn. A part
    /// that has moved in neither is the same session, and the one that was spoken of more often is
    /// newer. An end that only the server has told counts for the token of which it has spoken.
    pub(super) fn merge(&mut self, record: Option<Record>, now: Now, seed: u64) {
        let Some(record) = record else {
            // Nothing is stored, or no longer: that is no logout.
            self.shelf.dirty |= self.view.active.is_some() || self.view.pending.is_some();
            return;
        };
        let first = !self.shelf.opened;
        let theirs = record.generation;
        let compared = self.compare(&record);
        if compared.overtaken {
            self.shelf.needs = Needs::default();
        }
        self.shelf.dirty = self.merge_pending(&compared, record.pending.clone(), theirs, now);
        self.shelf.dirty |= self.merge_active(&compared, record, now, seed);
        self.shelf.base = theirs;
        if compared.overtaken || compared.refuted {
            self.undo();
        }
        if first {
            self.reason = Some(Reason::Restored);
            self.show();
        }
    }

    fn compare(&self, record: &Record) -> Compared {
        let (base, needs) = (self.shelf.base, self.shelf.needs);
        // One that is before what was read last is of a store that was begun anew.
        let since = |generation: Generation| Needs {
            active: generation.active != base.active,
            pending: generation.pending != base.pending,
        };
        let (moved, own) = (since(record.generation), since(self.generation));
        let same = self.generation.active == record.generation.active;
        let (theirs, ours) = (record.active.as_deref(), self.view.active.as_deref());
        let (there, here) = (record.refreshes, self.refreshing.count);
        let tie = there == here;
        let later = |one: Option<&_>, other: Option<&_>| {
            tie && one.zip(other).is_some_and(|(one, other)| holding::is_later(one, other))
        };
        let lives_there = match &self.refreshing.rejected {
            Some(Rejected { token, heard })
                if theirs.map(Session::session_token) != token.as_ref() =>
            {
                match heard {
                    Heard::Refresh(_) => same && tie,
                    Heard::Logout(..) => own.active && !moved.active && there > here,
                }
            }
            _ => false,
        };
        let refuted = theirs.is_some() && lives_there;
        let by_logout =
            matches!(&self.refreshing.rejected, Some(it) if matches!(it.heard, Heard::Logout(..)));
        // That it has ended was heard from a process that spoke of another token.
        let lives_after_all =
            tie && ours.is_none() && theirs.is_some() && self.refreshing.rejected.is_none();
        // Of the same, this process has just heard something else.
        let differs = |ours| theirs.is_none_or(|theirs| !holding::is_same(ours, theirs));
        let unwritten = tie && needs.active && ours.is_some_and(differs) && !later(theirs, ours);
        Compared {
            overtaken: needs.active && moved.active || needs.pending && moved.pending,
            newer: refuted || same && (there > here || later(theirs, ours) || lives_after_all),
            older: same && (there < here || later(ours, theirs) || unwritten),
            moved,
            own,
            refuted,
            no_logout: refuted && by_logout,
        }
    }

    /// Whether it has to be written.
    fn merge_active(&mut self, compared: &Compared, record: Record, now: Now, seed: u64) -> bool {
        let Compared { moved, own, .. } = *compared;
        let (first, theirs) = (!self.shelf.opened, record.generation.active);
        if own.active && !compared.overtaken && !compared.refuted {
            self.renumber(About::Active, self.generation.active.max(theirs.saturating_add(1)));
            return true;
        }
        if !(own.active || moved.active || compared.newer) {
            let ended_here = self.view.active.is_none() && record.active.is_some();
            // Nothing is told apart from what was written at the same number. If the server has refused
            // the very token that is there, that is the last word.
            if record.active.is_some() && (compared.older || self.refreshing.rejected.is_some()) {
                let next = record.refreshes.saturating_add(1);
                self.refreshing.count = self.refreshing.count.max(next);
            }
            // What has ended here is not left there.
            return compared.older || ended_here;
        }
        if own.active || moved.active {
            self.cancel_refreshes(&LiveError::Superseded);
            self.supersede(About::Active);
        }
        match &record.active {
            Some(session) if compared.newer => self.take_back(session),
            None if self.view.active.is_some() => self.lose(&LiveError::NoSession),
            _ => {}
        }
        self.reason = None;
        self.generation.active = theirs;
        self.operated = now.elapsed;
        self.restore_active(record.active, now);
        self.duration = record.duration.or(self.duration);
        self.refreshing.rejected = None;
        self.refreshing.count = record.refreshes;
        self.refreshing.succeed();
        self.view.from_cache = first && self.view.active.is_some();
        if first {
            self.refresh_now(now);
        } else {
            self.schedule(now, seed);
        }
        false
    }

    /// Whether it has to be written.
    fn merge_pending(
        &mut self,
        compared: &Compared,
        pending: Option<Unfinished>,
        theirs: Generation,
        now: Now,
    ) -> bool {
        let Compared { moved, own, .. } = *compared;
        let theirs = theirs.pending;
        if own.pending && !compared.overtaken && !compared.no_logout {
            self.renumber(About::Pending, self.generation.pending.max(theirs.saturating_add(1)));
            return true;
        }
        if own.pending || moved.pending {
            self.supersede(About::Pending);
            self.generation.pending = theirs;
            self.restore_pending(pending, now);
            return false;
        }
        self.view.pending.is_none() && pending.is_some()
    }

    /// The session that was rejected lives, as this one: so whoever has asked is told.
    fn take_back(&mut self, session: &Arc<Session<Active>>) {
        let Some(rejected) = self.refreshing.rejected.take() else { return };
        for (operation, result) in &mut self.shelf.ended {
            match &rejected.heard {
                Heard::Refresh(callers) if callers.contains(operation) => {
                    *result = Ok(Outcome::Active(Arc::clone(session)));
                }
                Heard::Logout(asked, error) if asked == operation => {
                    *result = Err(LiveError::Kept(Arc::clone(error)));
                }
                _ => {}
            }
        }
    }

    /// Another process was faster: what has come to its end here, and was not written yet, is undone
    /// unless it is what is held now.
    fn undo(&mut self) {
        let held = self.view.active.as_deref().map(holding::id);
        let pending = self.view.pending.as_ref().map(Unfinished::token);
        for (_, result) in &mut self.shelf.ended {
            let stands = match result {
                Ok(Outcome::Active(session)) => Some(holding::id(session)) == held,
                Ok(Outcome::LoggedOut(_)) => held.is_none(),
                Ok(Outcome::Intermediate(session)) => {
                    Some(session.intermediate_session_token()) == pending
                }
                Ok(Outcome::Discovery(session)) => {
                    Some(session.intermediate_session_token()) == pending
                }
                Err(_) => true,
            };
            if !stands {
                *result = Err(LiveError::Superseded);
            }
        }
    }
}
