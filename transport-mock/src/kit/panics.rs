//! Panics of the client under test: caught and told in its story, rather than printed once for every
//! run of the search.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether the panics of this thread are caught.
    static LISTENING: Cell<bool> = const { Cell::new(false) };
    /// What the last one said.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs something; what it panicked with, and where.
///
/// The process's hook for panics is replaced once. It goes on to the one before for all panics that
/// are not caught here.
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if LISTENING.get() {
                SAID.set(Some(info.to_string()));
            } else {
                usual(info);
            }
        }));
    });
    let before = LISTENING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    LISTENING.set(before);
    result.map_err(|_| SAID.take().unwrap_or_else(|| "panicked".to_owned()))
}
