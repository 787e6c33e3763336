//! Every fault of a server and of the network, against servers on loopback that commit it: each
//! ends in a typed error that says whether the request can have arrived, within its limit, after
//! one sending. Each is tried over HTTP/1.1 in clear text and over TLS, or over HTTP/2.
//!
//! A server is a list of steps ([`stage::Step`]), and a test is a rule for many such lists. Sizes
//! without end are in the `memory` tests, where allocations are counted.
//!
//! | fault | outcome | test |
//! | --- | --- | --- |
//! | refused connection | `Connect`, not sent | `connecting::a_refused_connection_…` |
//! | name not found | `Connect`, not sent | `connecting::a_name_…` |
//! | connection never made | `Timeout`, not sent | `connecting::a_connection_that_is_never_made_…` |
//! | certificate expired, not yet valid, for another host, of an unknown authority, self-signed | `Connect`, not sent | `tls::a_certificate_that_is_not_good_…` |
//! | client certificate wanted, no common protocol | `Connect` or `Interrupted`, not read | `tls::a_server_that_…` |
//! | server without TLS | `Connect`, not sent | `tls::a_server_without_tls_…` |
//! | handshake cut off, alert, nonsense | `Connect`, not sent | `tls::a_handshake_cut_off_…`, `tls::an_alert_…`, `tls::nonsense_…` |
//! | handshake stalled, dripping | `Timeout`, not sent | `tls::a_stalled_handshake_…` |
//! | handshake without end | not sent | `tls::an_endless_handshake_…`, `memory` |
//! | reset or end before, in and after headers, in the body | `Interrupted` | `closing::the_end_of_the_connection_…`, `http2::the_end_…` |
//! | reset or end after the body | reply | `closing::what_happens_after_a_whole_reply_…`, `http2::a_reset_after_…` |
//! | body up to the end, cut off | `Interrupted` | `closing::a_body_without_a_length_…` |
//! | stall in each of these places | `Timeout` | `stalling::silence_anywhere_…`, `http2::silence_anywhere_…` |
//! | request not taken, window never opened, no stream allowed | `Timeout` | `stalling::a_request_that_is_not_taken_…`, `http2::a_window_…`, `http2::a_server_that_allows_no_stream_…` |
//! | drips: headers, interim replies, trailers, body, frames | `Timeout` | `stalling::what_is_no_piece_…`, `stalling::a_dripping_body_…`, `http2::dripping_frames_…` |
//! | body or headers over the limit | `TooLarge` | `sizes`, `memory` |
//! | endless bodies, headers, chunks, trailers, interim replies | `TooLarge`, `Malformed` or `Timeout` | `memory` |
//! | status line, version, HTTP/0.9, header lines, NUL and CR, folding, lengths | `Malformed` | `framing::what_is_no_reply_…` |
//! | chunk sizes, chunks of another size | `Malformed` | `framing::what_is_no_chunk_…` |
//! | odd but clear replies | reply | `framing::what_is_odd_…`, `http2_frames::what_is_odd_…` |
//! | length and encoding together, encoding twice or unknown | `Malformed` | `smuggling::a_reply_with_…`, `smuggling::every_encoding_…` |
//! | leftovers of a reply | never the next reply | `smuggling::what_is_left_…`, `smuggling::a_leftover_…` |
//! | reply before the request | not sent | `smuggling::a_reply_before_…`, `http2_frames::a_reply_before_…` |
//! | 100, 102, 103, alone or before the reply | skipped | `interim` |
//! | 101 | reply; the connection is left | `interim::another_protocol_…` |
//! | 204 and 304 with a body | reply without it | `interim::a_status_without_a_body_…` |
//! | redirects | reply; the target hears nothing | `redirects` |
//! | HTTP/2 `GOAWAY` below the stream | `Interrupted`, not sent | `http2::a_request_above_…`, `http2::a_server_that_leaves_at_once_…` |
//! | HTTP/2 `GOAWAY` at or above the stream | reply, or `Interrupted` | `http2::a_request_up_to_…` |
//! | HTTP/2 `RST_STREAM` | `Interrupted`; not sent if `REFUSED_STREAM` | `http2::a_reset_…` |
//! | `GOAWAY` or `RST_STREAM` in a reply that has begun | `Interrupted` | `http2::a_reply_that_has_begun_…` |
//! | HTTP/2 frames, header sections and lengths that are wrong | `Malformed` | `http2_frames` |
//! | HTTP/2 floods, bombs in HPACK | bounded | `memory::http2` |
//! | after each of these | the connection is not used again, and closed | `…_is_not_used_again`, `…_is_closed…` |
//! | what is sent again | | `resending` |
//!
//! Where no delivery stands, the request may have arrived, and the error says so.

#[path = "../support/certificates.rs"]
mod certificates;
#[path = "../support/frames.rs"]
mod frames;
#[path = "../support/stage.rs"]
mod stage;
#[path = "../support/mod.rs"]
mod support;

mod closing;
mod connecting;
mod framing;
#[cfg(feature = "http2")]
mod http2;
#[cfg(feature = "http2")]
mod http2_frames;
mod interim;
mod places;
mod redirects;
mod resending;
mod sizes;
mod smuggling;
mod stalling;
mod tls;
