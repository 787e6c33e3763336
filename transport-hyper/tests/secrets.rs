//! Nothing of headers, bodies and URLs is logged, by any library below, at any level.
#![cfg(feature = "http2")]

#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/log.rs"]
mod log;
mod support;

use bytes::Bytes;
use certificates::Authority;
use log::Log;
use stytch_session::Transport;
use stytch_session_hyper::HyperTransport;
use support::{Server, chain};

const SECRETS: [&str; 6] =
    ["path-7f3a", "query-91bc", "header-5d20", "body-c8e1", "reply-header-44", "reply-body-b6"];

/// The client runs on this test's only thread; the server has one of its own, which is not logged.
#[tokio::test]
async fn no_library_below_logs_a_secret() {
    let log = Log::default();
    let authority = Authority::new("test authority");
    let (http1, http2) = (authority.client(&["http/1.1"]), authority.client(&["h2"]));
    let servers =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = servers.spawn(serve(authority)).await.unwrap();

    let logging = log.listen(tracing::Level::TRACE);
    for config in [http1, http2] {
        let transport =
            HyperTransport::builder().tls_config(config).max_body_bytes(30).build().unwrap();
        for _ in 0..2 {
            let request = http::Request::post(format!(
                "https://localhost:{}/path-7f3a?q=query-91bc",
                server.port()
            ))
            .header("authorization", "header-5d20")
            .body(b"body-c8e1".to_vec())
            .unwrap();
            match transport.send(request).await {
                Ok(response) => assert_eq!(response.body(), b"reply-body-b6"),
                Err(error) => {
                    let told = format!("{} {error:?}", chain(&error));
                    assert!(!SECRETS.iter().any(|secret| told.contains(secret)), "{told}");
                }
            }
        }
    }
    drop(logging);

    let log = log.text();
    assert!(log.contains("h2::"), "something is logged");
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} in the log:\n{log}");
    }
    servers.shutdown_background();
}

/// The first reply on each connection is what it should be, the second is too long.
async fn serve(authority: Authority) -> Server {
    let (http1, http2) =
        (authority.server("localhost", &["http/1.1"]), authority.server("localhost", &["h2"]));
    Server::start(move |number, peer| {
        let (http1, http2) = (http1.clone(), http2.clone());
        async move {
            let (stream, peer) = peer.take();
            if number == 0 {
                let mut peer = peer.put(http1.accept(stream).await.unwrap());
                for length in [13, 99] {
                    peer.request().await;
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nx: reply-header-44\r\ncontent-length: {length}\r\n\r\n"
                    );
                    peer.send(head.as_bytes()).await;
                    peer.send(b"reply-body-b6").await;
                }
            } else {
                let mut peer =
                    h2::server::handshake(http2.accept(stream).await.unwrap()).await.unwrap();
                for end in [true, false] {
                    let Some(Ok((_, mut respond))) = peer.accept().await else { return };
                    let response =
                        http::Response::builder().header("x", "reply-header-44").body(()).unwrap();
                    let mut body = respond.send_response(response, false).unwrap();
                    body.send_data(Bytes::from_static(b"reply-body-b6"), end).unwrap();
                    if !end {
                        body.send_data(Bytes::from_static(b"reply-body-b6reply-body-b6"), true)
                            .unwrap();
                    }
                }
                while peer.accept().await.is_some() {}
            }
        }
    })
    .await
}
