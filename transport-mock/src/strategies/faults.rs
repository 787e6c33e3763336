//! What goes wrong on the way.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::errors::error_type;
use crate::Fault;

/// Anything that can go wrong with a request that is alone on its way: all of [`Fault`] but
/// [`Fault::Reordered`], for which there must be another. Delays are of 1 second to 2 minutes.
///
/// It shrinks to [`Fault::NotSent`], the most harmless one.
///
/// ```
/// use stytch_session::BlockingTransport;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::{Emulator, FaultTransport, strategies};
///
/// proptest!(|(fault in strategies::fault())| {
///     let transport = FaultTransport::new(Emulator::example()).fail_next(1, fault.clone());
///     let _ = BlockingTransport::send(&transport, http::Request::new(Vec::new()));
///     prop_assert_eq!(transport.inner().request_count() > 0, fault.commits());
/// });
/// ```
pub fn fault() -> impl Strategy<Value = Fault> {
    let status = || select(&[503_u16, 500, 502, 429, 400, 401, 403, 404][..]);
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

/// What meets each of `requests` requests: a fault with the probability `rate`, or none.
///
/// It shrinks to fewer faults; the number of requests stays.
///
/// ```
/// use stytch_session::BlockingTransport;
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::{Emulator, FaultTransport, strategies};
///
/// proptest!(|(plan in strategies::fault_plan(5, 0.3))| {
///     let transport = FaultTransport::new(Emulator::example());
///     for fault in plan {
///         if let Some(fault) = fault {
///             transport.plan("", 1, fault);
///         }
///         let _ = BlockingTransport::send(&transport, http::Request::new(Vec::new()));
///         prop_assert_eq!(transport.planned_count(), 0);
///     }
/// });
/// ```
///
/// # Panics
///
/// If `rate` is not from 0 to 1.
#[track_caller]
pub fn fault_plan(requests: usize, rate: f64) -> BoxedStrategy<Vec<Option<Fault>>> {
    assert!((0.0..=1.0).contains(&rate), "{rate} is no probability: those are 0.0 to 1.0");
    if rate == 0.0 {
        Just(vec![None; requests]).boxed()
    } else if rate == 1.0 {
        vec(fault().prop_map(Some), requests).boxed()
    } else {
        vec(prop::option::weighted(rate, fault()), requests).boxed()
    }
}
