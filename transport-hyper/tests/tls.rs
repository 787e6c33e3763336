//! Certificates: whom the transport trusts, and what it says of the others.

#[path = "support/certificates.rs"]
mod certificates;
mod support;

use std::sync::Arc;

use certificates::Authority;
use stytch_session::TransportErrorKind::{Connect, Interrupted, Timeout};
use stytch_session::{Delivery, Transport};
use stytch_session_hyper::{BuildError, HyperTransport, rustls};
use support::{OK, SHORT, Server, chain, failure, get};
use tokio::io::AsyncWriteExt;

/// Answers each request over TLS, with a certificate for `name`.
async fn answering(authority: &Authority, name: &str) -> Server {
    let acceptor = authority.server(name, &["http/1.1"]);
    Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, peer) = peer.take();
            let Some(stream) = acceptor.accept(stream).await else { return };
            let mut peer = peer.put(stream);
            while peer.request().await.is_some() {
                peer.send(OK).await;
            }
        }
    })
    .await
}

fn trusting(authority: &Authority) -> HyperTransport {
    HyperTransport::builder().tls_config(authority.client(&[])).build().unwrap()
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}/", server.port())
}

#[tokio::test]
async fn a_root_of_the_callers_own_is_trusted() {
    let authority = Authority::new("test authority");
    let server = answering(&authority, "localhost").await;
    let transport = trusting(&authority);
    for _ in 0..2 {
        assert_eq!(transport.send(get(&url(&server))).await.unwrap().body(), b"ok");
    }
    assert_eq!(server.accepted(), 1);

    let server = answering(&authority, "127.0.0.1").await;
    let by_address = format!("https://127.0.0.1:{}/", server.port());
    assert_eq!(transport.send(get(&by_address)).await.unwrap().body(), b"ok");
}

#[tokio::test]
async fn an_unknown_authority_or_another_name_ends_the_connection() {
    let authority = Authority::new("test authority");
    for (trusted, name, reason) in [
        (&Authority::new("stranger"), "localhost", "UnknownIssuer"),
        (&authority, "example.com", "not valid for name"),
    ] {
        let server = answering(&authority, name).await;
        let error = trusting(trusted).send(get(&url(&server))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Connect, Delivery::NotSent));
        assert!(chain(&error).contains("certificate"), "{}", chain(&error));
        assert!(chain(&error).contains(reason), "{}", chain(&error));
        assert!(server.requests().is_empty());
    }
}

#[tokio::test]
async fn a_server_without_tls_ends_the_connection() {
    let authority = Authority::new("test authority");
    let server = Server::start(|_, mut peer| async move {
        peer.send(OK).await;
        peer.fall_silent().await;
    })
    .await;
    let error = trusting(&authority).send(get(&url(&server))).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Connect, Delivery::NotSent));
}

#[tokio::test]
async fn a_handshake_that_never_ends_sends_nothing() {
    let authority = Authority::new("test authority");
    let server = Server::start(|_, peer| peer.fall_silent()).await;
    let builder = HyperTransport::builder().tls_config(authority.client(&[]));
    for (builder, limit) in [
        (builder.clone().connect_timeout(SHORT), "no connection within 80 ms"),
        (builder.clone().attempt_timeout(SHORT), "not finished within 80 ms"),
        (builder.clone().total_timeout(SHORT), "not finished within"),
    ] {
        let error = builder.build().unwrap().send(get(&url(&server))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Timeout, Delivery::NotSent));
        assert!(chain(&error).contains(limit), "{}", chain(&error));
    }
}

/// Without a length the end of the body is the end of TLS, and only if the server says so.
#[tokio::test]
async fn a_body_cut_off_below_tls_is_an_interruption() {
    let authority = Authority::new("test authority");
    let acceptor = authority.server("localhost", &[]);
    let server = Server::start(move |number, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, peer) = peer.take();
            let mut stream = acceptor.accept(stream).await.unwrap();
            peer.put(&mut stream).request().await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf").await.unwrap();
            stream.flush().await.unwrap();
            if number == 0 {
                stream.shutdown().await.unwrap();
            }
        }
    })
    .await;
    let transport = trusting(&authority);
    assert_eq!(transport.send(get(&url(&server))).await.unwrap().body(), b"half");
    let outcome = transport.send(get(&url(&server))).await;
    assert_eq!(failure(outcome), (Interrupted, Delivery::Unknown));
}

#[test]
fn the_features_decide_whether_there_are_defaults() {
    let provider = cfg!(any(feature = "ring", feature = "aws-lc-rs"));
    let roots = cfg!(any(feature = "platform-verifier", feature = "webpki-roots"));
    match HyperTransport::builder().no_proxy().build() {
        Err(BuildError::NoProvider) => assert!(!provider),
        Err(BuildError::NoRoots) => assert!(provider && !roots),
        // A machine without certificates is a machine like any other.
        Ok(_) | Err(BuildError::Roots { .. }) => assert!(provider && roots),
        Err(other) => panic!("{other}"),
    }
    assert!(rustls::crypto::CryptoProvider::get_default().is_none(), "installed process-wide");
}

#[cfg(all(feature = "webpki-roots", feature = "ring", feature = "aws-lc-rs"))]
#[tokio::test]
async fn every_provider_completes_a_handshake_and_knows_no_stranger() {
    use stytch_session_hyper::{Provider, Roots};
    let server = answering(&Authority::new("test authority"), "localhost").await;
    for provider in [Provider::Ring, Provider::AwsLcRs] {
        let builder = HyperTransport::builder().provider(provider).roots(Roots::WebPki);
        let error = builder.build().unwrap().send(get(&url(&server))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (Connect, Delivery::NotSent));
        assert!(chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
    }
}

#[test]
fn a_foreign_alpn_list_is_narrowed() {
    let authority = Authority::new("test authority");
    let config = authority.client(&["h3", "spdy/1"]);
    assert!(HyperTransport::builder().tls_config(Arc::clone(&config)).build().is_ok());
    assert_eq!(config.alpn_protocols.len(), 2, "the caller's own configuration stays as it is");
}
