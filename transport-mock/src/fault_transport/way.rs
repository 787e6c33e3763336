//! The way of a request through the network, and of its answer back.

use async_trait::async_trait;
use stytch_session::{BlockingTransport, Request, Response, Transport, TransportError};

use super::random::Random;
use super::{FaultTransport, REMEMBERED, Shared};
use crate::fault::{Fault, status_code};
use crate::record::RecordedRequest;
use crate::replies;

/// What a request meets on its way out.
enum Meets {
    /// The wrapped transport is called, and the fault, if any, befalls the answer.
    Inner(Option<Fault>),
    /// This comes back, and the wrapped transport is not called.
    Outcome(Result<Response, TransportError>),
}

#[async_trait]
impl<T: Transport> Transport for FaultTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Shared { inner, turns, .. } = &*self.shared;
        let number = turns.begin();
        let answer = match self.meet(&request) {
            Meets::Outcome(outcome) => outcome,
            Meets::Inner(fault) => {
                if fault == Some(Fault::Duplicated) {
                    let _ = inner.send(request.clone()).await;
                }
                let answer = self.befall(fault.as_ref(), inner.send(request).await);
                if fault == Some(Fault::Reordered) {
                    turns.hold(number).await;
                }
                answer
            }
        };
        turns.answered(number);
        answer
    }
}

impl<T: BlockingTransport> BlockingTransport for FaultTransport<T> {
    fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Shared { inner, turns, .. } = &*self.shared;
        let number = turns.begin();
        let answer = match self.meet(&request) {
            Meets::Outcome(outcome) => outcome,
            Meets::Inner(fault) => {
                if fault == Some(Fault::Duplicated) {
                    let _ = inner.send(request.clone());
                }
                let answer = self.befall(fault.as_ref(), inner.send(request));
                if fault == Some(Fault::Reordered) {
                    turns.hold(number).wait();
                }
                answer
            }
        };
        turns.answered(number);
        answer
    }
}

impl<T> FaultTransport<T> {
    /// Decides what a request meets, and remembers it.
    fn meet(&self, request: &Request) -> Meets {
        let mut state = self.lock();
        state.request_count += 1;
        // Drawn for each request, so that planned faults do not shift the random ones.
        let drawn = state.random.as_mut().and_then(Random::draw);
        let Some(fault) = state.planned.take(request).or(drawn) else { return Meets::Inner(None) };
        state.met_count += 1;
        if state.met.len() >= REMEMBERED {
            state.met.pop_front();
        }
        state.met.push_back((RecordedRequest::new(request), fault.clone()));
        drop(state);
        match fault.transport_error() {
            _ if fault.commits() => Meets::Inner(Some(fault)),
            Some(error) => Meets::Outcome(Err(error)),
            None => Meets::Outcome(Ok(refusal(&fault))),
        }
    }

    /// What comes back of the wrapped transport's answer.
    fn befall(
        &self,
        fault: Option<&Fault>,
        answer: Result<Response, TransportError>,
    ) -> Result<Response, TransportError> {
        let Some(fault) = fault else { return answer };
        let mut answer = answer?;
        if let Some(error) = fault.transport_error() {
            return Err(error);
        }
        if let Fault::Delay(delay) = fault {
            self.clock().advance(*delay);
        }
        fault.damage(&mut answer);
        Ok(answer)
    }
}

/// The answer of a proxy or of the API itself, which acted on nothing.
fn refusal(fault: &Fault) -> Response {
    let reply = match (fault.refusal(), fault) {
        (Some((status, error_type)), _) => replies::error(error_type, status),
        (None, Fault::Html(status)) => replies::html(status_code(*status).as_u16()),
        (None, _) => replies::html(500),
    };
    reply.into()
}
