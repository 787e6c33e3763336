//! What goes wrong on the way.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::errors::error_type;
use crate::Fault;

/// Anything that can go wrong with a request that is alone on its way: all of [`Fault`] but
/// [`Fault::Reordered`], for which there must be another.
pub fn fault() -> impl Strategy<Value = Fault> {
    let status = || select(&[400_u16, 401, 403, 404, 429, 500, 502, 503][..]);
    prop_oneof![
        2 => Just(Fault::NotSent),
        2 => Just(Fault::LostRequest),
        3 => Just(Fault::LostAnswer),
        3 => status().prop_map(Fault::Status),
        3 => error_type().prop_map(|(status, name)| Fault::Error(status, name)),
        2 => status().prop_map(Fault::Html),
        1 => status().prop_map(Fault::WrongStatus),
        1 => Just(Fault::TruncatedBody),
        1 => Just(Fault::MalformedBody),
        1 => Just(Fault::EmptyBody),
        1 => Just(Fault::Duplicated),
        1 => (1_u64..120).prop_map(|seconds| Fault::Delay(Duration::from_secs(seconds))),
    ]
}

/// What meets each of `requests` requests: a fault with this probability, or none.
///
/// # Panics
///
/// If `rate` is not more than 0 and less than 1.
pub fn fault_plan(requests: usize, rate: f64) -> impl Strategy<Value = Vec<Option<Fault>>> {
    assert!(rate > 0.0 && rate < 1.0, "the rate is more than 0 and less than 1");
    vec(prop::option::weighted(rate, fault()), requests)
}
