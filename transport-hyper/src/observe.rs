//! What others may see of the traffic: numbers for metrics, spans for traces. Nothing secret.

use std::fmt;
#[cfg(feature = "tracing")]
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use stytch_session::{Response, TransportError};

/// One sending of a request, as [`on_attempt`](crate::HyperTransportBuilder::on_attempt) tells of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The method.
    pub method: &'a Method,
    /// The route template, with `{…}` in place of ids; empty if the request has no
    /// [`RequestInfo`](stytch_session::RequestInfo).
    pub route: &'static str,
    /// Which sending of the request it is, from 1.
    pub number: u32,
    /// What came of it.
    pub outcome: Result<StatusCode, &'a TransportError>,
    /// How long it took.
    pub duration: Duration,
    /// The pause until the request is sent again; `None` if it is not.
    pub pause: Option<Duration>,
}

type Observe = dyn Fn(&Attempt<'_>) + Send + Sync;

/// Whoever wants to know of attempts.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Attempt<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn tell(&self, attempt: &Attempt<'_>) {
        if let Some(observe) = &self.0 {
            observe(attempt);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_there() { "set" } else { "none" })
    }
}

/// The span of one attempt; nothing without the feature `tracing`.
#[cfg(feature = "tracing")]
pub(crate) struct Span(tracing::Span);

#[cfg(not(feature = "tracing"))]
pub(crate) struct Span;

#[cfg(feature = "tracing")]
impl Span {
    pub(crate) fn new(method: &Method, route: &'static str, number: u32) -> Self {
        use tracing::field::Empty;
        Self(tracing::debug_span!(
            "stytch_request",
            %method,
            route,
            attempt = number,
            status = Empty,
            request_id = Empty,
            error = Empty,
            sent = Empty,
            duration_ms = Empty,
        ))
    }

    pub(crate) fn is_on(&self) -> bool {
        !self.0.is_disabled()
    }

    /// The future inside of the span.
    pub(crate) fn around<F: Future>(
        &self,
        mut work: Pin<&mut F>,
    ) -> impl Future<Output = F::Output> {
        poll_fn(move |context| {
            let _entered = self.0.enter();
            work.as_mut().poll(context)
        })
    }

    pub(crate) fn end(self, outcome: &Result<Response, TransportError>, duration: Duration) {
        match outcome {
            Ok(reply) => {
                self.0.record("status", reply.status().as_u16());
                if let Some(id) = request_id(reply.body()) {
                    self.0.record("request_id", id);
                }
            }
            Err(error) => {
                self.0.record("error", tracing::field::debug(error.kind()));
                self.0.record("sent", tracing::field::debug(error.delivery()));
            }
        }
        self.0.record("duration_ms", u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    }
}

#[cfg(not(feature = "tracing"))]
impl Span {
    pub(crate) fn new(_: &Method, _: &'static str, _: u32) -> Self {
        Self
    }

    pub(crate) fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn around<F: Future>(&self, work: Pin<&mut F>) -> impl Future<Output = F::Output> {
        work
    }

    pub(crate) fn end(self, _: &Result<Response, TransportError>, _: Duration) {}
}

/// The id that the API gave the request, if it looks like one: a server may write anything there.
#[cfg(feature = "tracing")]
fn request_id(body: &[u8]) -> Option<&str> {
    const NAME: &str = "\"request_id\"";
    /// Ids have some 52 characters.
    const LONGEST: usize = 64;
    let text = std::str::from_utf8(body).ok()?;
    let after = &text[text.find(NAME)? + NAME.len()..];
    let id = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let id = &id[..id.find('"').filter(|length| *length <= LONGEST)?];
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (id.starts_with("request-id-") && id.bytes().all(harmless)).then_some(id)
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use super::request_id;

    #[test]
    fn an_id_is_read_and_nothing_else() {
        let id = |body: &str| request_id(body.as_bytes()).map(str::to_owned);
        let real = "request-id-test-6f4d8f0e-2f4c-4b7e-9a77-0d6f3f8b1f5e";
        for body in [
            format!("{{\"status_code\":200,\"request_id\":\"{real}\"}}"),
            format!("{{\"data\": {{\"request_id\" : \"{real}\", \"x\": 1}}}}"),
        ] {
            assert_eq!(id(&body).as_deref(), Some(real));
        }
        for body in [
            "",
            "{}",
            r#"{"request_id":"#,
            r#"{"request_id":7}"#,
            r#"{"request_id":"a secret"}"#,
            r#"{"request_id":"request-id-with a space"}"#,
            r#"{"request_id":"request-id-\u0041"}"#,
        ] {
            assert_eq!(id(body), None, "{body}");
        }
        assert_eq!(id(&format!("{{\"request_id\":\"request-id-{}\"}}", "a".repeat(100))), None);
    }
}
