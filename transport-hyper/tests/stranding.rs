//! A connection that closes while a request is being given to it, between the last look into the
//! queue of requests and the request's arrival there.
//!
//! The moment is a few instructions long, in the midst of a queue's `send`. But where the queue
//! grows it asks for memory there: at that the allocator tells this test, which has the server
//! close the connection and goes on when the task that drives it has ended.

#[cfg(feature = "http2")]
#[path = "support/certificates.rs"]
mod certificates;
mod support;

use std::cell::RefCell;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::thread::yield_now;

use bytes::Bytes;
use http_body_util::Full;
use log::{LevelFilter, Log, Metadata, Record};
use logging_allocator::LoggingAllocator;
use stytch_session::TransportErrorKind::Interrupted;
use stytch_session::{Delivery, Transport};
use stytch_session_hyper::HyperTransportBuilder;
use support::{OK, Server, failure, loopback, once};
use tokio::runtime::{Builder, Runtime, RuntimeMetrics};
use tokio::sync::Notify;

#[global_allocator]
static MEMORY: LoggingAllocator = LoggingAllocator::new();

/// A piece of the queue: room for so many requests, and for whom to tell of the reply.
const PIECE: usize = 32;
const LEAST: usize = PIECE * size_of::<http::Request<Full<Bytes>>>();
const MOST: usize = LEAST * 5 / 4;

/// The tasks of a client without connections: the one that closes those that rest for too long.
const IDLE: usize = 1;

static SERVERS: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

thread_local! {
    /// What happens when the queue grows: the server leaves, and the client's tasks end.
    static GROWING: RefCell<Option<(Arc<Notify>, RuntimeMetrics)>> = const { RefCell::new(None) };
}

struct Listener;

impl Log for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        let size = text.strip_prefix("alloc ").and_then(|text| text.split_once("size="));
        let size = size.and_then(|(_, text)| text.split_once(',')?.0.parse().ok());
        if !size.is_some_and(|size| (LEAST..MOST).contains(&size)) {
            return;
        }
        if let Some((leave, client)) = GROWING.take() {
            leave.notify_one();
            while client.num_alive_tasks() > IDLE {
                yield_now();
            }
        }
    }

    fn flush(&self) {}
}

/// Sends requests until the queue grows in the midst of one: that was not sent, and comes back.
fn stranded(builder: HyperTransportBuilder, url: &str, leave: &Arc<Notify>) {
    // Each test sets the same one.
    let _ = log::set_logger(&Listener);
    log::set_max_level(LevelFilter::Trace);
    MEMORY.enable_logging();
    let client = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    client.block_on(async {
        let transport = builder.build().unwrap();
        // With this all tasks are there.
        transport.send(once(url)).await.unwrap();
        for _ in 0..2 * PIECE {
            GROWING.set(Some((Arc::clone(leave), client.metrics())));
            let outcome = transport.send(once(url)).await;
            if GROWING.take().is_none() {
                assert_eq!(failure(outcome), (Interrupted, Delivery::NotSent));
                // The next one finds another connection.
                transport.send(once(url)).await.unwrap();
                return;
            }
            outcome.unwrap();
        }
        panic!("the queue did not grow, or by pieces of another size");
    });
}

/// Until the server is told to leave.
async fn until(leave: Arc<Notify>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = leave.notified() => {}
        () = work => {}
    }
}

#[test]
fn a_request_that_arrives_after_the_last_look_comes_back() {
    let leave = Arc::new(Notify::new());
    let told = Arc::clone(&leave);
    let server = SERVERS.block_on(Server::start(move |_, mut peer| {
        until(Arc::clone(&told), async move {
            while peer.request().await.is_some() {
                peer.send(OK).await;
            }
        })
    }));
    stranded(loopback(), &server.url("/"), &leave);
    assert_eq!(server.accepted(), 2);
}

#[cfg(feature = "http2")]
mod http2 {
    use stytch_session_hyper::HyperTransport;

    use super::*;
    use crate::certificates::{Acceptor, Authority};
    use crate::support::Peer;

    #[test]
    fn the_same_over_http2() {
        async fn serve(acceptor: Acceptor, peer: Peer) {
            let stream = acceptor.accept(peer.take().0).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut reply))) = connection.accept().await {
                reply.send_response(http::Response::new(()), true).unwrap();
            }
        }
        let authority = Authority::new("test authority");
        let acceptor = authority.server("localhost", &["h2"]);
        let leave = Arc::new(Notify::new());
        let told = Arc::clone(&leave);
        let server = SERVERS.block_on(Server::start(move |_, peer| {
            until(Arc::clone(&told), serve(acceptor.clone(), peer))
        }));
        let builder = HyperTransport::builder().tls_config(authority.client(&[]));
        stranded(builder, &format!("https://localhost:{}/", server.port()), &leave);
        assert_eq!(server.accepted(), 2);
    }
}
