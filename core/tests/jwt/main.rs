//! Session JWTs: which are accepted, and why each other one is refused.
#![allow(clippy::disallowed_methods, reason = "the core's rules are not for its tests")]

mod agreement;
mod allocations;
mod attacks;
mod fixtures;
mod forge;
mod keys;
mod properties;
mod refusals;
mod time;
