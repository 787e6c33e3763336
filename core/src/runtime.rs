//! What works in the background needs of an async runtime.

#[cfg(feature = "tokio")]
mod tokio;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use self::tokio::TokioRuntime;

/// A task, boxed.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An async runtime: where tasks run, and how they wait. Implemented by `TokioRuntime` (feature `tokio`).
///
/// ```
/// use std::time::Duration;
/// use stytch_session::live::{Runtime, Task};
///
/// /// smol, async-std and the like: three lines each.
/// struct Mine;
///
/// impl Runtime for Mine {
///     fn spawn(&self, task: Task) {
///         # drop(task);
///         // smol::spawn(task).detach();
///     }
///     fn sleep(&self, duration: Duration) -> Task {
///         # let _ = duration;
///         # Box::pin(async {})
///         // Box::pin(async move { smol::Timer::after(duration).await; })
///     }
///     fn now(&self) -> Duration {
///         # Duration::ZERO
///         // START.elapsed()
///     }
/// }
/// ```
pub trait Runtime: Send + Sync {
    /// Runs a task to its end, in the background.
    fn spawn(&self, task: Task);

    /// A future that ends when so much time has passed.
    fn sleep(&self, duration: Duration) -> Task;

    /// The time since any fixed instant, by a clock that nobody sets.
    fn now(&self) -> Duration;
}

impl<R: Runtime + ?Sized> Runtime for std::sync::Arc<R> {
    fn spawn(&self, task: Task) {
        (**self).spawn(task);
    }

    fn sleep(&self, duration: Duration) -> Task {
        (**self).sleep(duration)
    }

    fn now(&self) -> Duration {
        (**self).now()
    }
}
