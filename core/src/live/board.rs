//! What everybody sees of a live session, without a lock.

use std::sync::Arc;
use std::time::SystemTime;

use super::machine::{Unfinished, View};
use crate::model::MemberSession;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{ArcSwap, Guard};

/// Shows what one live session holds. It has a cache line of its own, which nobody writes to unless
/// something else is shown.
#[repr(align(64))]
pub(super) struct Board {
    /// Moves whenever something else is shown: readers look at nothing else. Odd while that is
    /// being exchanged.
    number: AtomicU64,
    published: ArcSwap<Published>,
}

/// All of it, at one time.
pub(super) struct Published {
    pub(super) session: Option<Arc<MemberSession>>,
    /// When it expires by the wall clock.
    pub(super) expires_at: SystemTime,
    pub(super) view: View,
}

impl Board {
    pub(super) fn new(view: &View, expires_at: Option<SystemTime>) -> Self {
        Self {
            number: AtomicU64::new(2),
            published: ArcSwap::from_pointee(Published::of(view, expires_at)),
        }
    }

    pub(super) fn load(&self) -> Guard<Arc<Published>> {
        self.published.load()
    }

    /// Shows what is held, if that is something else than what is shown. One at a time.
    pub(super) fn show(&self, view: &View, expires_at: Option<SystemTime>) {
        let shown = self.published.load();
        let same = same_active(view, &shown.view)
            && same_pending(view, &shown.view)
            && view.is_from_cache() == shown.view.is_from_cache()
            && expires_at.is_none_or(|at| at == shown.expires_at);
        if !same {
            let number = self.number.load(Ordering::Relaxed);
            // Before: who has seen the new one without a reader does not find the old one with it.
            self.number.store(number.wrapping_add(1), Ordering::Relaxed);
            self.published.store(Arc::new(Published::of(view, expires_at)));
            self.number.store(number.wrapping_add(2), Ordering::Release);
        }
    }
}

impl Published {
    fn of(view: &View, expires_at: Option<SystemTime>) -> Self {
        Self {
            session: view.member_session().cloned(),
            expires_at: expires_at.unwrap_or(SystemTime::UNIX_EPOCH),
            view: view.clone(),
        }
    }
}

/// What one reader has seen of it.
pub(super) struct Seen {
    /// 0 if it is to look again anyway.
    number: u64,
    session: Option<Arc<MemberSession>>,
}

impl Seen {
    pub(super) const fn nothing() -> Self {
        Self { number: 0, session: None }
    }

    /// The member session that is shown.
    #[inline]
    pub(super) fn get(&mut self, board: &Board) -> Option<&MemberSession> {
        if board.number.load(Ordering::Acquire) != self.number {
            self.look(board);
        }
        self.session.as_deref()
    }

    #[cold]
    fn look(&mut self, board: &Board) {
        // The number first: what is read after it is at least as new.
        self.number = match board.number.load(Ordering::Acquire) {
            exchanging if exchanging % 2 == 1 => 0,
            number => number,
        };
        self.session.clone_from(&board.load().session);
    }
}

fn same_active(one: &View, other: &View) -> bool {
    match (one.active(), other.active()) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

fn same_pending(one: &View, other: &View) -> bool {
    use Unfinished as U;
    match (one.pending(), other.pending()) {
        (Some(U::Discovery(one)), Some(U::Discovery(other))) => Arc::ptr_eq(one, other),
        (Some(U::Intermediate(one)), Some(U::Intermediate(other))) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}
