//! Faults that a test injects.

use std::collections::VecDeque;
use std::time::Duration;

use stytch_session::{Delivery, Request, TransportError, TransportErrorKind};

/// What goes wrong with a request to the [`Emulator`](crate::Emulator).
///
/// ```
/// use stytch_session::BlockingTransport;
/// use stytch_session_mock::{Emulator, Fault};
///
/// let emulator = Emulator::example();
/// emulator.fail_next(1, Fault::Status(503));
/// let request = http::Request::post("/v1/b2b/sessions/authenticate").body(Vec::new())?;
/// assert_eq!(BlockingTransport::send(&emulator, request)?.status(), 503);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The API refuses with this status, without acting: 429 is `too_many_requests`, 503
    /// `server_unavailable`, other 5xx `internal_server_error`, the rest `bad_request`.
    Status(u16),
    /// The API refuses with this status and error type, without acting.
    Error(u16, String),
    /// A proxy answers with an HTML page and this status; the API never sees the request.
    Html(u16),
    /// The request is acted on, and its answer is cut in the middle of its JSON.
    MalformedBody,
    /// The request is acted on, and its answer arrives without a body.
    EmptyBody,
    /// There is no connection: the request provably never left.
    NotSent,
    /// The connection breaks before the request is acted on, which the client cannot know.
    LostRequest,
    /// The request is acted on, and the connection breaks before the answer arrives.
    LostAnswer,
    /// The request is acted on, and its answer arrives late. In memory the emulator's clock is
    /// turned by so much; over HTTP the answer waits in real time, for at most a minute.
    Delay(Duration),
}

/// How long an answer waits; it travels in the extensions of the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delay(pub(crate) Duration);

impl Fault {
    /// The error that a transport reports for this fault, if there is no answer.
    pub(crate) fn transport_error(&self) -> Option<TransportError> {
        let (kind, delivery) = match self {
            Self::NotSent => (TransportErrorKind::Connect, Delivery::NotSent),
            Self::LostRequest | Self::LostAnswer => {
                (TransportErrorKind::Interrupted, Delivery::Unknown)
            }
            _ => return None,
        };
        Some(TransportError::new(kind, delivery).with_source("injected by the test"))
    }

    /// Whether the server acts on the request nevertheless.
    pub(crate) const fn commits(&self) -> bool {
        matches!(self, Self::MalformedBody | Self::EmptyBody | Self::LostAnswer | Self::Delay(_))
    }
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    planned: VecDeque<Planned>,
}

#[derive(Debug)]
struct Planned {
    /// A part of the path; an empty one matches every request.
    path: String,
    left: usize,
    fault: Fault,
}

impl Faults {
    pub(crate) fn plan(&mut self, path: &str, count: usize, fault: Fault) {
        if count > 0 {
            self.planned.push_back(Planned { path: path.to_owned(), left: count, fault });
        }
    }

    /// The fault that hits this request, if one does.
    pub(crate) fn take(&mut self, request: &Request) -> Option<Fault> {
        let path = request.uri().path();
        let index = self.planned.iter().position(|planned| path.contains(&planned.path))?;
        let planned = &mut self.planned[index];
        let fault = planned.fault.clone();
        planned.left -= 1;
        if planned.left == 0 {
            self.planned.remove(index);
        }
        Some(fault)
    }

    /// The faults still to come: a part of the path, how often, and what.
    #[cfg(feature = "server")]
    pub(crate) fn planned(&self) -> impl Iterator<Item = (&str, usize, &Fault)> {
        self.planned.iter().map(|planned| (planned.path.as_str(), planned.left, &planned.fault))
    }

    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }
}

#[cfg(test)]
mod tests {
    use stytch_session::BlockingTransport;

    use super::*;
    use crate::{Emulator, VirtualClock};

    #[test]
    fn in_memory_a_delay_turns_the_clock() {
        let clock = VirtualClock::new();
        let emulator = Emulator::example_builder().clock(clock.clone()).build();
        let delay = Duration::from_secs(3600);
        emulator.fail_next(1, Fault::Delay(delay));
        let before = clock.now();
        let request = || http::Request::get("/v1/x").body(Vec::new()).expect("it is valid");
        for _ in 0..2 {
            let answer = BlockingTransport::send(&emulator, request()).expect("an answer");
            assert_eq!(answer.status(), 404);
            assert_eq!(clock.now(), before + delay, "once");
        }
    }
}
