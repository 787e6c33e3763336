//! The long-lived session.

#[allow(dead_code, reason = "the live session uses it")]
mod jwt_life;
mod runtime;
#[allow(dead_code, reason = "the live session uses it")]
mod schedule;
#[allow(dead_code, reason = "the live session uses it")]
mod wheel;

pub use runtime::{Runtime, Task};
