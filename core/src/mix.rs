//! Chance from a seed: the same seed gives the same, on every machine.

use std::time::Duration;

/// A number that looks random: the finalizer of splitmix64, so that seeds in a row lie far apart.
pub(crate) const fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A part of a duration, evenly distributed over the seeds.
pub(crate) fn share(whole: Duration, seed: u64) -> Duration {
    let nanoseconds = whole.as_nanos().saturating_mul(u128::from(mixed(seed))) >> 64;
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}
