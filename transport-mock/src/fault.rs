//! Faults that a test injects.

use std::collections::VecDeque;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use stytch_session::{Delivery, Request, Response, TransportError, TransportErrorKind};

pub(crate) use turns::Turns;

mod turns;

/// What goes wrong with a request, to the [`Emulator`](crate::Emulator) or, by
/// [`FaultTransport`](crate::FaultTransport), to any server.
///
/// A number that is no HTTP status counts as 500.
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
    /// The request is acted on, and its answer arrives with this status in place of its own.
    WrongStatus(u16),
    /// The request is acted on, and the first half of its answer's body arrives.
    TruncatedBody,
    /// The request is acted on, and in the middle of its answer's body are bytes that are no JSON.
    MalformedBody,
    /// The request is acted on, and its answer arrives without a body.
    EmptyBody,
    /// There is no connection: the request provably never left.
    NotSent,
    /// The connection breaks before the request is acted on, which the client cannot know.
    LostRequest,
    /// The request is acted on, and the connection breaks before the answer arrives.
    LostAnswer,
    /// The request is acted on, and its answer arrives late. In memory the clock is turned by so
    /// much; from the emulator over HTTP the answer waits in real time, for at most a minute.
    Delay(Duration),
    /// The request arrives twice, and is acted on twice, as when something on the way repeats it;
    /// the second answer is the one that comes back.
    Duplicated,
    /// The request is acted on, and its answer is held back until a later request has been answered,
    /// so that two requests in flight get their answers in the other order.
    ///
    /// Nothing else ends the wait: a task waits as long as there is no later request, a thread for at
    /// most 5 seconds, an answer of the emulator over HTTP for at most a minute. One answer is held
    /// back at a time. If the next request meets this fault as well, the two change places.
    Reordered,
}

/// How long an answer waits; it travels in the extensions of the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delay(pub(crate) Duration);

/// That an answer is to be held back; it travels in the extensions of the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeldBack;

impl Fault {
    /// Whether the server acts on the request nevertheless.
    ///
    /// ```
    /// use stytch_session_mock::Fault;
    ///
    /// assert!(Fault::LostAnswer.commits());
    /// assert!(!Fault::LostRequest.commits());
    /// ```
    #[must_use]
    pub const fn commits(&self) -> bool {
        match self {
            Self::WrongStatus(_)
            | Self::TruncatedBody
            | Self::MalformedBody
            | Self::EmptyBody
            | Self::LostAnswer
            | Self::Delay(_)
            | Self::Duplicated
            | Self::Reordered => true,
            Self::Status(_)
            | Self::Error(..)
            | Self::Html(_)
            | Self::NotSent
            | Self::LostRequest => false,
        }
    }

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

    /// Status and error type of the API's refusal, if the fault is one.
    pub(crate) fn refusal(&self) -> Option<(u16, &str)> {
        match self {
            Self::Status(status) => {
                let status = status_code(*status).as_u16();
                let error_type = match status {
                    429 => "too_many_requests",
                    503 => "server_unavailable",
                    500.. => "internal_server_error",
                    _ => "bad_request",
                };
                Some((status, error_type))
            }
            Self::Error(status, error_type) => Some((status_code(*status).as_u16(), error_type)),
            _ => None,
        }
    }

    /// Does to an answer what this fault does to it on its way.
    pub(crate) fn damage(&self, answer: &mut Response) {
        let length = answer.body().len();
        match self {
            Self::WrongStatus(status) => *answer.status_mut() = status_code(*status),
            Self::TruncatedBody => answer.body_mut().truncate(length / 2),
            Self::MalformedBody => {
                // The first of them is never part of UTF-8, the second of no JSON.
                let middle = length / 2..(length / 2 + 2).min(length);
                answer.body_mut().splice(middle, [0xFF, 0x00]);
            }
            Self::EmptyBody => answer.body_mut().clear(),
            _ => {}
        }
        let length = answer.body().len();
        if let Some(said) = answer.headers_mut().get_mut(header::CONTENT_LENGTH) {
            *said = HeaderValue::from(length);
        }
    }
}

/// A number as a status; one that is none counts as 500.
pub(crate) fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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

    /// How many requests are to meet a fault.
    pub(crate) fn len(&self) -> usize {
        self.planned.iter().map(|planned| planned.left).sum()
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
