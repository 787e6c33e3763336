//! The transport for programs without async.

mod support;

use std::thread;

use stytch_session::{BlockingTransport, Delivery, TransportErrorKind};
use stytch_session_hyper::BlockingHyperTransport;
use support::{OK, Server, chain, get, loopback};
use tokio::runtime::Runtime;

fn blocking() -> BlockingHyperTransport {
    loopback().build_blocking().unwrap()
}

/// A server, and what it runs on: the transport has a runtime of its own.
fn server() -> (Runtime, Server) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::answering(OK));
    (runtime, server)
}

#[test]
fn any_thread_may_send_and_they_share_the_connections() {
    let (_runtime, server) = server();
    let transport = blocking();
    let url = server.url("/");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    assert_eq!(transport.send(get(&url)).unwrap().body(), b"ok");
                }
            });
        }
    });
    assert_eq!(server.requests().len(), 200);
    // A thread opens one for itself if none is free yet.
    assert!(server.accepted() < 50, "{}", server.accepted());
}

#[test]
fn within_async_code_it_says_so() {
    let (runtime, server) = server();
    let transport = blocking();
    let url = server.url("/");
    let check = |transport: &BlockingHyperTransport| {
        let error = transport.send(get(&url)).unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Refused);
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(error.to_string().contains("use `HyperTransport` in async code"), "{error}");
        assert!(chain(&error).contains("inside of a tokio runtime"), "{}", chain(&error));
    };
    runtime.block_on(async { check(&transport) });
    let _entered = runtime.enter();
    check(&transport);
    assert!(server.requests().is_empty());
}

#[test]
fn it_may_be_built_and_dropped_anywhere() {
    let (runtime, server) = server();
    let url = server.url("/");
    let transport = blocking();
    let clone = transport.clone();
    drop(transport);
    assert_eq!(clone.send(get(&url)).unwrap().body(), b"ok");
    runtime.block_on(async move {
        drop(clone);
        drop(blocking());
    });
}
