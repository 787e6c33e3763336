//! Locks and atomics: those of the standard library, or, with `--cfg shuttle`, such that a test
//! chooses who is next.
//!
//! What waits for nobody stays that of the standard library everywhere: `Arc`, `Weak`, `OnceLock`.

#[cfg(not(shuttle))]
#[allow(unused_imports, reason = "not every feature needs all of them")]
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError, atomic};

#[cfg(not(shuttle))]
#[allow(unused_imports, reason = "not every feature needs all of them")]
pub(crate) use arc_swap::{ArcSwap, ArcSwapOption, Guard};
#[cfg(shuttle)]
#[allow(unused_imports, reason = "not every feature needs all of them")]
pub(crate) use shuttle::sync::{Mutex, MutexGuard, PoisonError, atomic};

#[cfg(shuttle)]
#[allow(unused_imports, reason = "not every feature needs all of them")]
pub(crate) use self::swap::{ArcSwap, ArcSwapOption, Guard};

/// As `arc_swap`, as far as it is used: loads and stores are atomic.
#[cfg(shuttle)]
#[allow(dead_code, reason = "not every feature needs all of it")]
mod swap {
    use std::sync::Arc;

    use super::{Mutex, MutexGuard, PoisonError};

    pub(crate) type Guard<T> = T;

    pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

    impl<T> ArcSwap<T> {
        pub(crate) fn from_pointee(value: T) -> Self {
            Self(Mutex::new(Arc::new(value)))
        }

        pub(crate) fn load(&self) -> Guard<Arc<T>> {
            Arc::clone(&self.lock())
        }

        pub(crate) fn store(&self, value: Arc<T>) {
            let before = std::mem::replace(&mut *self.lock(), value);
            drop(before);
        }

        fn lock(&self) -> MutexGuard<'_, Arc<T>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    pub(crate) struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

    impl<T> ArcSwapOption<T> {
        pub(crate) fn empty() -> Self {
            Self(Mutex::new(None))
        }

        pub(crate) fn from_pointee(value: T) -> Self {
            Self(Mutex::new(Some(Arc::new(value))))
        }

        pub(crate) fn load(&self) -> Guard<Option<Arc<T>>> {
            self.load_full()
        }

        pub(crate) fn load_full(&self) -> Option<Arc<T>> {
            self.lock().clone()
        }

        pub(crate) fn store(&self, value: Option<Arc<T>>) {
            let before = std::mem::replace(&mut *self.lock(), value);
            drop(before);
        }

        fn lock(&self) -> MutexGuard<'_, Option<Arc<T>>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
