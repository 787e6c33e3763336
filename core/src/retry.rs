//! Whether to send a request again, and when: a policy, and a budget that stops storms.
//!
//! Both are plain values without a clock, so that any transport or client can follow them, and a
//! test can turn them in its hand.
//!
//! ```
//! use std::time::Duration;
//! use stytch_session::retry::{RetryBudget, RetryPolicy};
//! use stytch_session::{BlockingTransport, Repeat, Request, RequestInfo, Response, TransportError};
//!
//! fn send_with_retries(
//!     transport: &impl BlockingTransport,
//!     request: &Request,
//!     budget: &mut RetryBudget,
//!     sleep: impl Fn(Duration),
//!     random: impl Fn() -> u64,
//! ) -> Result<Response, TransportError> {
//!     let policy = RetryPolicy::new();
//!     let repeat = request.extensions().get().map_or(Repeat::IfNotSent, RequestInfo::repeat);
//!     let mut sends = 1;
//!     loop {
//!         let outcome = transport.send(request.clone());
//!         match policy.pause(sends, repeat, &outcome, random()) {
//!             Some(pause) if budget.take() => sleep(pause),
//!             _ => {
//!                 budget.note(&outcome);
//!                 return outcome;
//!             }
//!         }
//!         sends += 1;
//!     }
//! }
//! # use stytch_session_mock::{MockTransport, replies};
//! # let mock = MockTransport::new().reply(replies::error("server_unavailable", 503)).reply(replies::revoke());
//! # let mut request = http::Request::post("https://test.stytch.com/").body(Vec::new())?;
//! # request.extensions_mut().insert(RequestInfo::new("/", Repeat::Always));
//! # let reply = send_with_retries(&mock, &request, &mut RetryBudget::new(1), |_| {}, || 7)?;
//! # assert_eq!(reply.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use http::StatusCode;

use crate::mix::share;
use crate::transport::{
    Delivery, Repeat, Response, TransportError, TransportErrorKind, TransportPhase,
};
use crate::wire::reply::retry_after;

/// When a request is sent again.
///
/// | what came of it | [`Repeat::Always`] | [`Repeat::IfNotSent`] | [`Repeat::Never`] |
/// | --- | --- | --- | --- |
/// | provably not sent: no connection, or a connection that did not take it | yes | yes | no |
/// | it may have arrived: interrupted, or too late | yes | no | no |
/// | status 408, 429, 500, 502, 503, 504 | yes | no | no |
/// | any other reply, or one that is too large or malformed | no | no | no |
/// | TLS not agreed, refused by a proxy or by the transport itself | no | no | no |
///
/// The pause before the n-th repetition is random between nothing and `first_pause` × 2ⁿ⁻¹, at most
/// `longest_pause` ("full jitter"), so that clients which failed together do not come back together.
/// It is added to what the server asked for by `Retry-After` (RFC 9110, section 10.2.3); if that is
/// more than `longest_retry_after`, the reply is given back instead. A connection that was closed
/// before it took the request is replaced at once, the first time.
///
/// ```
/// use std::time::Duration;
/// use stytch_session::retry::RetryPolicy;
/// use stytch_session::{Delivery, Repeat, TransportError, TransportErrorKind};
///
/// let policy = RetryPolicy::new().first_pause(Duration::from_millis(100));
/// let late = Err(TransportError::new(TransportErrorKind::Timeout, Delivery::Unknown));
/// let pause = policy.pause(1, Repeat::Always, &late, 7).expect("it is sent again");
/// assert!(pause <= Duration::from_millis(100));
/// // It may have spent a code.
/// assert_eq!(policy.pause(1, Repeat::IfNotSent, &late, 7), None);
/// // Three sends are enough.
/// assert_eq!(policy.pause(3, Repeat::Always, &late, 7), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    max_sends: u32,
    first_pause: Duration,
    longest_pause: Duration,
    longest_retry_after: Duration,
}

impl RetryPolicy {
    /// At most 3 sends, pauses up to 200 ms and then 400 ms, and a `Retry-After` of at most 10 s.
    pub const fn new() -> Self {
        Self {
            max_sends: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(2),
            longest_retry_after: Duration::from_secs(10),
        }
    }

    /// Nothing is sent a second time.
    pub const fn none() -> Self {
        Self::new().max_sends(1)
    }

    /// How often a request is sent at most, the first time included. Default 3.
    pub const fn max_sends(mut self, sends: u32) -> Self {
        self.max_sends = sends;
        self
    }

    /// The longest pause before the second send. Default 200 ms; it doubles from one to the next.
    pub const fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The longest pause of all, beside what the server asks for. Default 2 s.
    pub const fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// The longest `Retry-After` that is waited for. Default 10 s.
    pub const fn longest_retry_after(mut self, wait: Duration) -> Self {
        self.longest_retry_after = wait;
        self
    }

    /// How long to wait before the request is sent again; `None` if it is not.
    ///
    /// `sends` is how often it has been sent, `outcome` what came of the last time, and `seed` any
    /// number, another one each time: the pause follows from it.
    #[must_use]
    pub fn pause(
        &self,
        sends: u32,
        repeat: Repeat,
        outcome: &Result<Response, TransportError>,
        seed: u64,
    ) -> Option<Duration> {
        if sends >= self.max_sends || !may_repeat(repeat, outcome) {
            return None;
        }
        let asked = outcome.as_ref().ok().and_then(|reply| retry_after(reply.headers()));
        let asked = asked.unwrap_or_default();
        if asked > self.longest_retry_after {
            return None;
        }
        if sends <= 1 && matches!(outcome, Err(error) if was_closed(error)) {
            return Some(Duration::ZERO);
        }
        // Beyond 2^30 any pause is the longest.
        let doublings = sends.saturating_sub(1).min(30);
        let longest = self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause);
        Some(asked.saturating_add(share(longest, seed)))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

fn may_repeat(repeat: Repeat, outcome: &Result<Response, TransportError>) -> bool {
    match (repeat, outcome) {
        (Repeat::Never, _) => false,
        (_, Err(error)) if error.delivery() == Delivery::NotSent => {
            let phase = error.phase();
            let decided = [TransportPhase::Tls, TransportPhase::Proxy].map(Some).contains(&phase);
            error.kind() != TransportErrorKind::Refused && !decided
        }
        (Repeat::Always, Err(error)) => {
            matches!(error.kind(), TransportErrorKind::Interrupted | TransportErrorKind::Timeout)
        }
        (Repeat::Always, Ok(reply)) => is_momentary(reply.status()),
        (Repeat::IfNotSent, _) => false,
    }
}

/// Whether a status speaks of the moment: of a rate, a failure or a load that may pass.
fn is_momentary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether an open connection was closed before it took the request.
fn was_closed(error: &TransportError) -> bool {
    (error.kind(), error.delivery()) == (TransportErrorKind::Interrupted, Delivery::NotSent)
}

/// How many repetitions there are left, for all requests of a transport together.
///
/// A repetition takes one, ten successes give one back. So a server that is down is asked once for
/// each call and a few times more, not three times for each call.
///
/// ```
/// use stytch_session::retry::RetryBudget;
///
/// let mut budget = RetryBudget::new(1);
/// assert!(budget.take());
/// assert!(!budget.take(), "the server has enough to do");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryBudget {
    /// In tenths.
    left: u64,
    full: u64,
}

/// What a repetition costs; a success gives back 1.
const COST: u64 = 10;

impl RetryBudget {
    /// A full budget of so many repetitions.
    #[must_use]
    pub const fn new(repetitions: u32) -> Self {
        let full = repetitions as u64 * COST;
        Self { left: full, full }
    }

    /// Takes one repetition; false if there is none left.
    #[must_use]
    pub const fn take(&mut self) -> bool {
        match self.left.checked_sub(COST) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Notes what came of a request in the end: a reply that is no failure of the server is a
    /// success.
    pub fn note(&mut self, outcome: &Result<Response, TransportError>) {
        let answered = matches!(outcome, Ok(reply) if !is_momentary(reply.status()));
        self.left = self.full.min(self.left.saturating_add(u64::from(answered)));
    }

    /// Whether nothing has been taken from it, or all of it given back.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.left >= self.full
    }
}

impl Default for RetryBudget {
    /// 20 repetitions.
    fn default() -> Self {
        Self::new(20)
    }
}
