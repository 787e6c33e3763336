//! A reader that costs next to nothing.

use std::fmt;

use super::board::Seen;
use super::session::LiveSession;
use crate::model::MemberSession;
use crate::surface::{Frontend, Surface};

/// Reads a live session from one thread, over and over. Made by [`LiveSession::reader`].
///
/// It keeps the session that it has seen, and looks at one number to know that it is still the one
/// that is shown. It asks no clock: it may show a session for one tick of the timer after it has
/// expired, where [`LiveSession::get`] does not.
///
/// It is a handle of the live session, too.
pub struct Reader<P: Surface = Frontend> {
    live: LiveSession<P>,
    seen: Seen,
}

impl<P: Surface> Reader<P> {
    pub(super) fn new(live: LiveSession<P>) -> Self {
        let mut reader = Self { live, seen: Seen::nothing() };
        reader.get();
        reader
    }

    /// The member session, if one is active.
    #[inline]
    pub fn get(&mut self) -> Option<&MemberSession> {
        self.seen.get(&self.live.shared.board)
    }

    /// The live session.
    #[must_use]
    pub const fn live(&self) -> &LiveSession<P> {
        &self.live
    }
}

impl<P: Surface> Clone for Reader<P> {
    fn clone(&self) -> Self {
        Self::new(self.live.clone())
    }
}

impl<P: Surface> fmt::Debug for Reader<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("live", &self.live).finish_non_exhaustive()
    }
}
