//! The long-lived session.

mod runtime;

pub use runtime::{Runtime, Task};
