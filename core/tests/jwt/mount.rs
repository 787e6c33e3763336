//! The list of attacks for tests of other crates, which mount this file by its path.
#![allow(dead_code, reason = "the tests of this crate use all of it")]
#![allow(clippy::needless_pass_by_value, reason = "what is made is handed over")]

pub(crate) mod attacks;
pub(crate) mod forge;
