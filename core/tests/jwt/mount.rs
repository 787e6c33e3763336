//! The list of attacks for tests of other crates, which mount this file by its path.
#![allow(dead_code, reason = "the tests of this crate use all of it")]

pub(crate) mod attacks;
pub(crate) mod forge;
