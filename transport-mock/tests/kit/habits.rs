//! What correct clients do differently.

/// What a correct client may do differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Asks at a restart whether the session still lives, and takes a rejection for its end.
    AsksAtRestart,
    /// Refreshes before it exchanges, and takes what it learns.
    RefreshesBeforeExchange,
    /// A refresh waits for one that is under way, and does not ask again.
    JoinsRefreshes,
    /// A session ends by the time that has really passed since it was asked for, too.
    CountsFromSending,
    /// An unfinished login that it cannot go on from is a failure.
    RefusesUnfinished,
}

impl Habit {
    /// Those of a client with all operations.
    pub(crate) const ALL: [Self; 4] = [
        Self::AsksAtRestart,
        Self::RefreshesBeforeExchange,
        Self::JoinsRefreshes,
        Self::CountsFromSending,
    ];
}
