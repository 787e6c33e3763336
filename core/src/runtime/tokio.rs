//! tokio.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::{Runtime, Task};

/// tokio, of any flavor. Its time must be enabled (`enable_time`, `enable_all` or `#[tokio::main]`).
///
/// ```
/// use stytch_session::TokioRuntime;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let runtime = TokioRuntime::current();
/// # let _ = runtime;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TokioRuntime {
    handle: Handle,
    start: Instant,
}

impl TokioRuntime {
    /// The runtime that this is called on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime. [`TokioRuntime::try_current`] returns none there.
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        Self::new(Handle::current())
    }

    /// The runtime that this is called on; none outside of a tokio runtime.
    #[must_use]
    pub fn try_current() -> Option<Self> {
        Handle::try_current().ok().map(Self::new)
    }

    /// The runtime of a handle.
    #[must_use]
    pub fn new(handle: Handle) -> Self {
        let start = {
            let _inside = handle.enter();
            Instant::now()
        };
        Self { handle, start }
    }
}

impl Runtime for TokioRuntime {
    fn spawn(&self, task: Task) {
        self.handle.spawn(task);
    }

    fn sleep(&self, duration: Duration) -> Task {
        let _inside = self.handle.enter();
        Box::pin(tokio::time::sleep(duration))
    }

    fn now(&self) -> Duration {
        // A paused clock is seen from inside only.
        let _inside = self.handle.enter();
        self.start.elapsed()
    }
}
