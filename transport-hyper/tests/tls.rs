//! Certificates: whom the transport trusts. What it says of the others is in the `faults` tests.

#[path = "support/certificates.rs"]
mod certificates;
mod support;

use std::sync::Arc;

use certificates::Authority;
use stytch_session::Transport;
use stytch_session_hyper::{BuildError, HyperTransport, rustls};
use support::{Server, get};

/// Answers each request over TLS, with a certificate for `name`.
async fn answering(authority: &Authority, name: &str) -> Server {
    let acceptor = authority.server(name, &["http/1.1"]);
    acceptor.answering().await
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
    use stytch_session::{Delivery, TransportErrorKind::Connect};
    use stytch_session_hyper::{Provider, Roots};
    use support::{chain, once};
    let server = answering(&Authority::new("test authority"), "localhost").await;
    for provider in [Provider::Ring, Provider::AwsLcRs] {
        let builder = HyperTransport::builder().provider(provider).roots(Roots::WebPki);
        let error = builder.build().unwrap().send(once(&url(&server))).await.unwrap_err();
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
