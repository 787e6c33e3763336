//! Reading a reply: all of it, or an error.

use std::pin::pin;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use stytch_session::{Delivery, Response, TransportError, TransportErrorKind};

use crate::builder::Limits;
use crate::error::{Ambiguous, CutShort, LimitPassed, broken_body};
use crate::watchdog::Watchdog;

/// How much is set aside before the first byte arrives, whatever length the server announces.
const FIRST_ALLOCATION: usize = 64 * 1024;

/// Reads the rest of a reply, within the limits.
pub(crate) async fn read(
    reply: http::Response<Incoming>,
    limits: &Limits,
    watchdog: &mut Watchdog<'_>,
) -> Result<Response, TransportError> {
    let (mut head, mut body) = reply.into_parts();
    check_headers(&head.headers, limits.headers)?;
    check_framing(&head.headers)?;
    // What hyper left there is nobody's business.
    head.extensions.clear();
    let limit = limits.body;
    // To `HEAD`, or with status 304, a length is announced and no body comes (HTTP/2).
    if body.is_end_stream() {
        return Ok(Response::from_parts(head, Vec::new()));
    }
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large(LimitPassed::Body { bytes: limit }));
    }
    let mut collected = Vec::with_capacity(announced.min(FIRST_ALLOCATION));
    loop {
        let frame = match watchdog.watch(pin!(body.frame())).await {
            Ok(Some(frame)) => frame.map_err(broken_body)?,
            Ok(None) if is_whole(&body, head.version) => {
                return Ok(Response::from_parts(head, collected));
            }
            Ok(None) => {
                return Err(TransportError::new(
                    TransportErrorKind::Interrupted,
                    Delivery::Unknown,
                )
                .with_source(CutShort));
            }
            Err(limit) => {
                return Err(TransportError::new(TransportErrorKind::Timeout, Delivery::Unknown)
                    .with_source(limit));
            }
        };
        watchdog.hear();
        // Trailers carry nothing that the protocol knows.
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit - collected.len() {
            return Err(too_large(LimitPassed::Body { bytes: limit }));
        }
        if data.len() > collected.capacity() - collected.len() {
            // Doubled, and never beyond the limit.
            let room = collected.capacity().max(data.len()).min(limit - collected.len());
            collected.reserve_exact(room);
        }
        collected.extend_from_slice(&data);
    }
}

/// Whether a body that brings nothing more has ended. hyper stops without an error where an HTTP/2
/// server resets the stream or leaves with `NO_ERROR`, also in the middle of a body: the request is
/// what has to be sent no further then (RFC 9113, section 8.1), and the reply is not whole for it.
fn is_whole(body: &Incoming, version: Version) -> bool {
    match body.size_hint().exact() {
        Some(left) => left == 0,
        None => version != Version::HTTP_2 || body.is_end_stream(),
    }
}

/// Holds names and values together against `limit`, in bytes.
fn check_headers(headers: &HeaderMap, limit: usize) -> Result<(), TransportError> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > limit {
        return Err(too_large(LimitPassed::Headers { bytes: limit }));
    }
    Ok(())
}

/// Refuses a reply that two readers could read in two ways (RFC 9112, sections 6.1 and 6.3): with a
/// length beside its encoding, or in another encoding than `chunked` alone. hyper lets the last
/// encoding count, and reads to the end of the connection where it does not know it.
fn check_framing(headers: &HeaderMap) -> Result<(), TransportError> {
    let mut encodings = headers.get_all(TRANSFER_ENCODING).iter();
    let clear = match (encodings.next(), encodings.next()) {
        (None, _) => true,
        (Some(encoding), None) => {
            encoding.as_bytes().eq_ignore_ascii_case(b"chunked")
                && !headers.contains_key(CONTENT_LENGTH)
        }
        (Some(_), Some(_)) => false,
    };
    if clear {
        return Ok(());
    }
    Err(TransportError::new(TransportErrorKind::Malformed, Delivery::Unknown)
        .with_source(Ambiguous))
}

fn too_large(limit: LimitPassed) -> TransportError {
    TransportError::new(TransportErrorKind::TooLarge, Delivery::Unknown).with_source(limit)
}
