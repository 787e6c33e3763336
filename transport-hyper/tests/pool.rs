//! Which connection a request goes over: of which runtime, after how much rest, and after what.

#[path = "support/certificates.rs"]
mod certificates;
mod support;

use std::time::Duration;

use stytch_session::Transport;
use support::{OK, Server, get, loopback};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

const MOMENT: Duration = Duration::from_millis(30);

/// A runtime that is at rest unless something is waited for.
fn resting() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn runtimes_that_are_gone_leave_no_connections_behind() {
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::answering(OK));
    let transport = loopback().max_idle_per_host(4).build().unwrap();
    let url = server.url("/");
    for _ in 0..4 {
        resting().block_on(transport.send(get(&url))).unwrap();
    }
    let lasting = resting();
    for _ in 0..5 {
        lasting.block_on(transport.send(get(&url))).unwrap();
    }
    assert_eq!(server.accepted(), 5);
}

#[test]
fn a_runtime_at_rest_keeps_no_other_from_closing_what_has_rested() {
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::answering(OK));
    let transport = loopback().pool_idle_timeout(MOMENT).build().unwrap();
    let url = server.url("/");
    let first = resting();
    first.block_on(transport.send(get(&url))).unwrap();
    servers.block_on(async {
        let transport = transport.clone();
        servers.spawn(async move { transport.send(get(&url)).await }).await.unwrap().unwrap();
        while server.finished() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    });
    drop(first);
}

#[test]
fn a_connection_that_was_closed_while_the_runtime_was_at_rest_is_not_used() {
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(OK).await;
        sleep(MOMENT).await;
    }));
    let transport = loopback().build().unwrap();
    let client = resting();
    for calls in 1..=3 {
        client.block_on(transport.send(get(&server.url("/")))).unwrap();
        while server.finished() < calls {
            std::thread::yield_now();
        }
    }
    assert_eq!((server.accepted(), server.requests().len()), (3, 3));
}

#[cfg(feature = "http2")]
mod http2 {
    use std::sync::Arc;

    use bytes::Bytes;
    use h2::server::Connection;
    use stytch_session::retry::RetryPolicy;
    use stytch_session::{Delivery, Repeat, TransportErrorKind};
    use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
    use tokio::net::TcpStream;
    use tokio::time::timeout;
    use tokio_rustls::server::TlsStream;

    use super::*;
    use crate::certificates::Authority;
    use crate::support::with_repeat;

    /// Over HTTP/2, with so many streams at a time, as the script says.
    async fn server<F, Fut>(streams: u32, script: F) -> (Server, HyperTransportBuilder)
    where
        F: Fn(usize, Connection<TlsStream<TcpStream>, Bytes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let authority = Authority::new("test authority");
        let acceptor = authority.server("localhost", &["h2"]);
        let script = Arc::new(script);
        let server = Server::start(move |number, peer| {
            let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
            async move {
                let Some(stream) = acceptor.accept(peer.take().0).await else { return };
                let mut builder = h2::server::Builder::new();
                builder.max_concurrent_streams(streams);
                let Ok(connection) = builder.handshake(stream).await else { return };
                script(number, connection).await;
            }
        })
        .await;
        let builder = HyperTransport::builder().no_proxy().tls_config(authority.client(&[]));
        (server, builder)
    }

    fn url(server: &Server) -> String {
        format!("https://localhost:{}/path", server.port())
    }

    async fn answer(mut connection: Connection<TlsStream<TcpStream>, Bytes>, status: u16) {
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let reply = http::Response::builder().status(status).header("content-length", "5");
            respond.send_response(reply.body(()).unwrap(), true).unwrap();
        }
    }

    #[tokio::test]
    async fn a_connection_whose_answer_nobody_waited_for_is_not_used_again() {
        let (server, builder) = server(100, |number, mut connection| async move {
            if number > 0 {
                return answer(connection, 304).await;
            }
            let mut unanswered = Vec::new();
            while let Some(Ok((_, respond))) = connection.accept().await {
                unanswered.push(respond);
            }
        })
        .await;
        let transport = builder.build().unwrap();
        assert!(timeout(10 * MOMENT, transport.send(get(&url(&server)))).await.is_err());
        assert_eq!(transport.send(get(&url(&server))).await.unwrap().status(), 304);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_that_begin_at_the_same_time_share_a_connection() {
        let (server, builder) = server(100, |_, connection| answer(connection, 304)).await;
        let transport = builder.build().unwrap();
        let calls = (0..50).map(|_| {
            let (transport, request) = (transport.clone(), get(&url(&server)));
            tokio::spawn(async move { transport.send(request).await.unwrap() })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.unwrap().status(), 304);
        }
        assert_eq!(server.accepted(), 1);
    }

    /// Who gives up while it opens a connection keeps the others from nothing.
    #[tokio::test]
    async fn the_others_go_on_if_the_first_gives_up() {
        let (server, builder) = server(100, |_, connection| answer(connection, 304)).await;
        let transport = builder.build().unwrap();
        let mut first = transport.send(get(&url(&server)));
        let begun = std::future::poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        });
        begun.await;
        let second = transport.send(get(&url(&server)));
        let (reply, ()) = tokio::join!(second, async { drop(first) });
        assert_eq!(reply.unwrap().status(), 304);
    }

    #[tokio::test]
    async fn a_length_without_a_body_is_none() {
        for (method, status) in [("HEAD", 200), ("GET", 304)] {
            let (server, builder) =
                server(100, move |_, connection| answer(connection, status)).await;
            let mut request = get(&url(&server));
            *request.method_mut() = method.parse().unwrap();
            let reply = builder.build().unwrap().send(request).await.unwrap();
            assert_eq!((reply.status().as_u16(), reply.body().len()), (status, 0));
        }
    }

    #[tokio::test]
    async fn a_request_that_waits_for_a_stream_ends_with_the_connection() {
        let (server, builder) = server(1, |_, mut connection| async move {
            let mut unanswered = Vec::new();
            if let Some(Ok((_, mut respond))) = connection.accept().await {
                respond.send_response(http::Response::new(()), true).unwrap();
            }
            let accepting = async {
                while let Some(Ok((_, respond))) = connection.accept().await {
                    unanswered.push(respond);
                }
            };
            let _ = timeout(10 * MOMENT, accepting).await;
        })
        .await;
        let transport = builder.retry(RetryPolicy::none()).build().unwrap();
        transport.send(get(&url(&server))).await.unwrap();
        let send = || transport.send(with_repeat(get(&url(&server)), Repeat::Always));
        let (one, two, three) = tokio::join!(send(), send(), send());
        for outcome in [one, two, three] {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error:?}");
        }
    }

    /// What comes back from HTTP/2 may have to go out over HTTP/1.
    #[test]
    fn host_is_there_whatever_the_connection_before() {
        let servers = Runtime::new().unwrap();
        let authority = Authority::new("test authority");
        let (two, one) =
            (authority.server("localhost", &["h2"]), authority.server("localhost", &["http/1.1"]));
        let server = servers.block_on(Server::start(move |number, peer| {
            let (two, one) = (two.clone(), one.clone());
            async move {
                let (stream, peer) = peer.take();
                if number > 0 {
                    let mut peer = peer.put(one.accept(stream).await.unwrap());
                    while peer.request().await.is_some() {
                        peer.send(OK).await;
                    }
                    return;
                }
                let stream = two.accept(stream).await.unwrap();
                let mut connection = h2::server::handshake(stream).await.unwrap();
                let (_, mut respond) = connection.accept().await.unwrap().unwrap();
                respond.send_response(http::Response::new(()), true).unwrap();
                let _ = timeout(MOMENT, connection.accept()).await;
            }
        }));
        let builder = HyperTransport::builder().no_proxy().tls_config(authority.client(&[]));
        let transport = builder.build().unwrap();
        let client = resting();
        client.block_on(transport.send(get(&url(&server)))).unwrap();
        while server.finished() == 0 {
            std::thread::yield_now();
        }
        match client.block_on(transport.send(get(&url(&server)))) {
            Ok(_) => assert!(server.requests()[0].contains("\r\nhost: localhost:")),
            Err(error) => assert_eq!(error.delivery(), Delivery::Unknown, "{error:?}"),
        }
    }
}
