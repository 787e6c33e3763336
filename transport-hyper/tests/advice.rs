//! What an error says: how far the request had come, who was talked to, and what to do.

#[path = "support/certificates.rs"]
mod certificates;
mod support;

use certificates::{Acceptor, Authority};
use rcgen::{CertificateParams, date_time_ymd};
use stytch_session::TransportPhase::{self, Body, Connect, Proxy, Reply, Resolve, Tls};
use stytch_session::{Transport, TransportError};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use support::{SHORT, Server, loopback, once};

async fn error(builder: HyperTransportBuilder, url: &str) -> TransportError {
    builder.build().unwrap().send(once(url)).await.unwrap_err()
}

/// Phase, peer and advice, and that the text has them both.
#[track_caller]
fn says(error: &TransportError, phase: Option<TransportPhase>, peer: &str, advice: &str) {
    assert_eq!(error.phase(), phase, "{error:?}");
    assert_eq!(error.peer(), Some(peer), "{error:?}");
    assert!(error.advice().is_some_and(|said| said.contains(advice)), "{error}");
    let text = error.to_string();
    assert!(text.contains(peer) && text.contains(advice), "{text}");
    let whole = stytch_session::Error::from(error_like(error)).to_string();
    assert_eq!(
        whole.matches(';').count(),
        text.matches(';').count(),
        "advice is given once: {whole}"
    );
}

/// The same error without its sources.
fn error_like(error: &TransportError) -> TransportError {
    let like = TransportError::new(error.kind(), error.delivery());
    let like = like.with_peer(error.peer().unwrap()).with_advice(error.advice().unwrap());
    match error.phase() {
        Some(phase) => like.with_phase(phase),
        None => like,
    }
}

fn tls() -> HyperTransportBuilder {
    let authority = Authority::new("test authority");
    HyperTransport::builder().tls_config(authority.client(&[])).no_proxy()
}

#[tokio::test]
async fn no_name() {
    let error = error(tls(), "https://stytch.invalid/v1").await;
    says(&error, Some(Resolve), "stytch.invalid:443", "check the host in the base URL");
}

#[tokio::test]
async fn nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = error(loopback(), &format!("http://{free}/")).await;
    says(&error, Some(Connect), &free.to_string(), "nothing listens there");
}

#[tokio::test]
async fn clear_text() {
    let error = error(tls(), "http://stytch.example/").await;
    says(&error, None, "stytch.example:80", "use https");
}

/// What an error says of the server's certificate.
async fn of_certificate(acceptor: Acceptor, authority: &Authority) -> (TransportError, String) {
    let server = Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, _) = peer.take();
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let builder = HyperTransport::builder().tls_config(authority.client(&[])).no_proxy();
    let peer = format!("localhost:{}", server.port());
    (error(builder, &format!("https://{peer}/")).await, peer)
}

#[tokio::test]
async fn certificates() {
    let authority = Authority::new("test authority");
    let valid = |from, until| {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        authority.server_with(&params, &[])
    };
    for (acceptor, advice) in [
        (valid(2000, 2001), "check the clock of this machine"),
        (valid(4000, 4001), "check the clock of this machine"),
        (authority.server("example.com", &[]), "another server answers"),
        (Authority::new("stranger").server("localhost", &[]), "whether a proxy opens TLS"),
    ] {
        let (error, peer) = of_certificate(acceptor, &authority).await;
        says(&error, Some(Tls), &peer, advice);
    }
}

#[tokio::test]
async fn no_tls() {
    let server = Server::answering_once("HTTP/1.1 400 Bad\r\n\r\n").await;
    let peer = format!("localhost:{}", server.port());
    // It speaks when it has seen an end of a line, which a handshake may never have.
    let builder = tls().connect_timeout(SHORT);
    let error = error(builder, &format!("https://{peer}/")).await;
    says(&error, Some(Connect), &peer, "online");

    let server = Server::start(|_, mut peer| async move {
        peer.send(b"HTTP/1.1 400 Bad\r\n\r\n").await;
        peer.fall_silent().await;
    })
    .await;
    let peer = format!("localhost:{}", server.port());
    let error = self::error(tls(), &format!("https://{peer}/")).await;
    says(&error, Some(Tls), &peer, "that TLS is spoken at this port");
}

#[tokio::test]
async fn proxies() {
    for (reply, phase, advice) in [
        ("HTTP/1.1 407 Who\r\n\r\n", Proxy, "user name and password"),
        ("HTTP/1.1 403 No\r\n\r\n", Proxy, "let this host through"),
        ("SSH-2.0\r\n\r\n", Proxy, "names a proxy for HTTP"),
    ] {
        let server = Server::answering_once(reply).await;
        let builder = tls().proxy(server.url(""));
        let error = error(builder, "https://api.test/").await;
        says(&error, Some(phase), "api.test:443", advice);
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = error(tls().proxy(format!("http://{free}")), "https://api.test/").await;
    says(&error, Some(Connect), "api.test:443", "check the address of the proxy");
}

#[tokio::test]
async fn the_server_itself() {
    for (said, phase, advice) in [
        ("", Reply, "check the connection"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", Body, "check the connection"),
        ("hello\r\n\r\n", Reply, "whether a proxy stands in between"),
    ] {
        let server = Server::answering_once(said).await;
        let peer = format!("127.0.0.1:{}", server.port());
        says(&error(loopback(), &server.url("/")).await, Some(phase), &peer, advice);
    }
}
