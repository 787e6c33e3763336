//! When a request is sent a second time.
//!
//! There is one rule. An open connection may end just as a request is given to it: a pooled one
//! that the server has closed meanwhile, or one on which the server says that it did not take the
//! request (HTTP/2 `GOAWAY` above the last stream, or `REFUSED_STREAM`). Then nothing has
//! happened, and the request goes once more, over another connection. hyper-util can do the first
//! half of this by itself; it is switched off there, since it does not know [`Repeat`].

use std::future::Future;

use stytch_session::{
    Delivery, Repeat, Request, RequestInfo, Response, TransportError, TransportErrorKind,
};

/// Whether `request` may be sent again, if it was not sent.
pub(crate) fn repeat(request: &Request) -> Repeat {
    request.extensions().get().map_or(Repeat::IfNotSent, RequestInfo::repeat)
}

/// Runs `attempt`, and runs it once more if the rule says so.
pub(crate) async fn run<A, F>(repeat: Repeat, mut attempt: A) -> Result<Response, TransportError>
where
    A: FnMut() -> F,
    F: Future<Output = Result<Response, TransportError>>,
{
    match attempt().await {
        Err(error) if may_resend(repeat, &error) => attempt().await,
        outcome => outcome,
    }
}

fn may_resend(repeat: Repeat, error: &TransportError) -> bool {
    repeat != Repeat::Never
        && error.delivery() == Delivery::NotSent
        && error.kind() == TransportErrorKind::Interrupted
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use stytch_session::TransportErrorKind::{Connect, Interrupted, Timeout};

    use super::*;

    async fn sends(repeat: Repeat, kind: TransportErrorKind, delivery: Delivery) -> u32 {
        let sends = Cell::new(0);
        let outcome = run(repeat, || async {
            sends.set(sends.get() + 1);
            Err(TransportError::new(kind, delivery))
        })
        .await;
        assert_eq!(outcome.unwrap_err().kind(), kind);
        sends.get()
    }

    #[tokio::test]
    async fn only_a_connection_that_closed_under_an_unsent_request_is_replaced() {
        assert_eq!(sends(Repeat::Always, Interrupted, Delivery::NotSent).await, 2);
        assert_eq!(sends(Repeat::IfNotSent, Interrupted, Delivery::NotSent).await, 2);
        assert_eq!(sends(Repeat::Never, Interrupted, Delivery::NotSent).await, 1);
        for repeat in [Repeat::Always, Repeat::IfNotSent, Repeat::Never] {
            assert_eq!(sends(repeat, Interrupted, Delivery::Unknown).await, 1);
            assert_eq!(sends(repeat, Timeout, Delivery::NotSent).await, 1);
            assert_eq!(sends(repeat, Connect, Delivery::NotSent).await, 1);
        }
    }

    #[tokio::test]
    async fn a_reply_ends_it() {
        let outcome = run(Repeat::Always, || async { Ok(Response::new(Vec::new())) }).await;
        assert!(outcome.is_ok());
    }
}
