//! Through a proxy, written by hand, that tunnels to an origin on loopback: what it sees, and what
//! its refusals, its silence and its nonsense lead to.

#[path = "support/certificates.rs"]
mod certificates;
#[path = "proxy/environment.rs"]
mod environment;
#[path = "proxy/log.rs"]
mod log;
#[path = "support/log.rs"]
mod log_of_all;
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use certificates::Authority;
use stytch_session::TransportErrorKind::{Connect, Timeout};
use stytch_session::{Delivery, Request, Transport, TransportError, TransportErrorKind};
use stytch_session_hyper::{BuildError, HyperTransport, HyperTransportBuilder};
use support::{OK, SHORT, Server, chain, get};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const USER: &str = "proxy-user-31f0";
const PASSWORD: &str = "proxy-password-8c4e";
/// Both with a colon between them, as they are sent.
const ENCODED: &str = "cHJveHktdXNlci0zMWYwOnByb3h5LXBhc3N3b3JkLThjNGU=";

/// An origin whose certificate is for `api.test`, and what a client needs to trust it.
async fn origin() -> (Server, HyperTransportBuilder) {
    let authority = Authority::new("test authority");
    let acceptor = authority.server("api.test", &["http/1.1"]);
    let server = acceptor.answering().await;
    (server, trusting(&authority))
}

fn trusting(authority: &Authority) -> HyperTransportBuilder {
    HyperTransport::builder().tls_config(authority.client(&[])).user_agent("test/1")
}

/// What the client sent through a tunnel, as the proxy saw it.
type Seen = Arc<Mutex<Vec<u8>>>;

/// A proxy that answers `reply` and is a tunnel to `origin` then, whatever host is asked for.
async fn tunnelling(origin: &Server, reply: &'static [u8]) -> (Server, Seen) {
    let (port, seen) = (origin.port(), Seen::default());
    let through = Arc::clone(&seen);
    let proxy = Server::start(move |_, mut peer| {
        let seen = Arc::clone(&through);
        async move {
            peer.request().await;
            peer.send(reply).await;
            relay(peer.stream, port, seen).await;
        }
    })
    .await;
    (proxy, seen)
}

async fn relay(client: TcpStream, port: u16, seen: Seen) {
    let origin = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_origin, mut to_origin) = origin.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_origin, &mut to_client).await });
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        seen.lock().unwrap().extend_from_slice(&buffer[..read]);
        if to_origin.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// The proxy's URL, without credentials.
fn url(proxy: &Server) -> String {
    proxy.url("")
}

fn url_with_credentials(proxy: &Server) -> String {
    format!("http://{USER}:{PASSWORD}@127.0.0.1:{}", proxy.port())
}

/// A request with a secret in each place.
fn secret_request() -> Request {
    http::Request::post("https://api.test/path-7f3a?q=query-91bc")
        .header("authorization", "Basic header-5d20")
        .header("user-agent", "application/2")
        .body(b"body-c8e1".to_vec())
        .unwrap()
}

/// Kind, delivery, and the causes in one line.
async fn failure(builder: HyperTransportBuilder) -> (TransportErrorKind, Delivery, String) {
    let error = error(builder).await;
    (error.kind(), error.delivery(), chain(&error))
}

async fn error(builder: HyperTransportBuilder) -> TransportError {
    let error = builder.build().unwrap().send(get("https://api.test/")).await.unwrap_err();
    let told = format!("{} {error:?}", chain(&error));
    for secret in [USER, PASSWORD, ENCODED] {
        assert!(!told.contains(secret), "{told}");
    }
    error
}

/// A proxy that answers `reply` to whatever it is asked, and closes.
async fn answering(reply: impl Into<Vec<u8>>) -> (Server, HyperTransportBuilder) {
    let proxy = Server::answering_once(reply).await;
    let builder = trusting(&Authority::new("test authority")).proxy(url(&proxy));
    (proxy, builder)
}

#[tokio::test]
async fn requests_go_through_one_tunnel_and_the_proxy_learns_no_more_than_the_host() {
    let (origin, builder) = origin().await;
    let (proxy, seen) = tunnelling(&origin, ESTABLISHED).await;
    let transport = builder.proxy(url(&proxy)).build().unwrap();
    for _ in 0..3 {
        let response = transport.send(secret_request()).await.unwrap();
        assert_eq!((response.status().as_u16(), response.body().as_slice()), (200, &b"ok"[..]));
    }
    let connect =
        "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\nUser-Agent: test/1\r\n\r\n";
    assert_eq!(proxy.requests(), [connect]);

    let requests = origin.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].starts_with("POST /path-7f3a?q=query-91bc HTTP/1.1\r\n"));
    assert!(requests[0].contains("authorization: Basic header-5d20\r\n"));
    assert!(!requests[0].to_ascii_lowercase().contains("proxy"), "{}", requests[0]);
    assert!(!seen.lock().unwrap().is_empty());
    let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    for secret in ["header-5d20", "path-7f3a", "query-91bc", "body-c8e1"] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn credentials_are_for_the_proxy_alone() {
    let (origin, builder) = origin().await;
    let (proxy, _) = tunnelling(&origin, ESTABLISHED).await;
    // `Aladdin:open sesame`, the example of RFC 7617; the port is the origin's.
    let proxy_url = format!("http://Aladdin:open%20sesame@localhost:{}/", proxy.port());
    let transport = builder.proxy(proxy_url).build().unwrap();
    let request = http::Request::get("https://api.test:8443/").body(Vec::new()).unwrap();
    assert!(transport.send(request).await.is_ok());
    assert_eq!(
        proxy.requests(),
        ["CONNECT api.test:8443 HTTP/1.1\r\nHost: api.test:8443\r\nUser-Agent: test/1\r\n\
          Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"]
    );
    assert!(!origin.requests()[0].contains("QWxhZGRpbjpvcGVuIHNlc2FtZQ"));
}

#[tokio::test]
async fn any_success_in_any_usual_form_opens_the_tunnel() {
    for reply in [
        &b"HTTP/1.0 200 OK\r\nproxy-agent: x\r\n\r\n"[..],
        b"HTTP/1.1 204\r\n\r\n",
        b"HTTP/1.1 299 Odd\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\nvia: x\n\n",
    ] {
        let (origin, builder) = origin().await;
        let (proxy, _) = tunnelling(&origin, reply).await;
        let transport = builder.proxy(url(&proxy)).build().unwrap();
        assert!(transport.send(get("https://api.test/")).await.is_ok());
    }
}

#[tokio::test]
async fn a_reply_in_pieces_is_a_reply() {
    let (origin, builder) = origin().await;
    let port = origin.port();
    let proxy = Server::start(move |_, mut peer| async move {
        peer.request().await;
        for piece in ESTABLISHED.chunks(7) {
            peer.send(piece).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        relay(peer.stream, port, Seen::default()).await;
    })
    .await;
    let transport = builder.proxy(url(&proxy)).build().unwrap();
    assert!(transport.send(get("https://api.test/")).await.is_ok());
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn http2_runs_through_a_tunnel() {
    let authority = Authority::new("test authority");
    let acceptor = authority.server("api.test", &["h2", "http/1.1"]);
    let origin = Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(peer.take().0).await.unwrap();
            let mut peer = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = peer.accept().await {
                assert_eq!(request.version(), http::Version::HTTP_2);
                let response = http::Response::new(());
                let mut body = respond.send_response(response, false).unwrap();
                body.send_data(bytes::Bytes::from_static(b"ok"), true).unwrap();
            }
        }
    })
    .await;
    let (proxy, _) = tunnelling(&origin, ESTABLISHED).await;
    let transport = trusting(&authority).proxy(url(&proxy)).build().unwrap();
    for _ in 0..3 {
        assert_eq!(transport.send(get("https://api.test/")).await.unwrap().body(), b"ok");
    }
    assert_eq!((proxy.accepted(), origin.accepted()), (1, 1));
}

#[tokio::test]
async fn a_proxy_may_be_reached_over_tls() {
    let authority = Authority::new("test authority");
    let to_proxy = authority.server("localhost", &["h2", "http/1.1"]);
    let to_origin = authority.server("api.test", &["http/1.1"]);
    // The origin is behind the proxy's door: TLS in TLS, on one connection.
    let proxy = Server::start(move |_, peer| {
        let (to_proxy, to_origin) = (to_proxy.clone(), to_origin.clone());
        async move {
            let (stream, peer) = peer.take();
            let Some(stream) = to_proxy.accept(stream).await else { return };
            let mut peer = peer.put(stream);
            peer.request().await;
            peer.send(ESTABLISHED).await;
            let (mut outer, peer) = peer.take();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (inner, outward) = tokio::join!(listener.accept(), TcpStream::connect(address));
            let mut outward = outward.unwrap();
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut outer, &mut outward).await },
            );
            let Some(stream) = to_origin.accept(inner.unwrap().0).await else { return };
            let mut peer = peer.put(stream);
            while peer.request().await.is_some() {
                peer.send(OK).await;
            }
        }
    })
    .await;
    let proxy_url = format!("https://user:password@localhost:{}", proxy.port());
    let transport = trusting(&authority).proxy(proxy_url).build().unwrap();
    for _ in 0..2 {
        assert_eq!(transport.send(get("https://api.test/")).await.unwrap().body(), b"ok");
    }
    let requests = proxy.requests();
    assert_eq!((proxy.accepted(), requests.len()), (1, 3));
    assert!(requests[0].contains("Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n"));

    // A proxy that cannot show who it is gets no credentials.
    let proxy_url = format!("https://{USER}:{PASSWORD}@127.0.0.1:{}", proxy.port());
    let (kind, delivery, told) = failure(trusting(&authority).proxy(proxy_url)).await;
    assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
    assert!(told.contains(&format!("the proxy 127.0.0.1:{} cannot be reached", proxy.port())));
    assert!(told.contains("certificate"), "{told}");
    assert_eq!(proxy.requests().len(), 3);
}

#[tokio::test]
async fn a_proxy_that_asks_for_credentials_is_told_from_one_that_refuses_them() {
    let reply = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                 Proxy-Authenticate: Basic realm=\"x\"\r\ncontent-length: 6\r\n\r\n<html>";
    let (proxy, builder) = answering(reply).await;
    let port = proxy.port();
    for (builder, says) in [
        (builder.clone(), "asks for a user name and password (status 407)"),
        (
            builder.proxy(url_with_credentials(&proxy)),
            "does not accept the user name and password (status 407)",
        ),
    ] {
        let (kind, delivery, told) = failure(builder).await;
        assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
        assert!(told.ends_with(&format!(": the proxy 127.0.0.1:{port} {says}")), "{told}");
    }
    assert_eq!(proxy.accepted(), 2, "asked once each");
}

#[tokio::test]
async fn another_status_is_told() {
    for (reply, status) in [
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nbad", 502),
        ("HTTP/1.0 403 Forbidden\r\n\r\n<html>", 403),
        ("HTTP/1.1 302 Found\r\nlocation: https://login.example/\r\n\r\n", 302),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", 101),
    ] {
        let (proxy, builder) = answering(reply).await;
        let (kind, delivery, told) = failure(builder).await;
        assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
        let port = proxy.port();
        let expected =
            format!("the proxy 127.0.0.1:{port} refused the tunnel with status {status}");
        assert!(told.contains(&expected), "{told}");
        assert_eq!(proxy.accepted(), 1);
    }
}

#[tokio::test]
async fn nonsense_is_no_tunnel() {
    for (reply, what) in [
        ("SSH-2.0-OpenSSH_9.2\r\n", "not HTTP/1"),
        ("\r\n\r\n", "not HTTP/1"),
        ("HTTP/2 200\r\n\r\n", "not HTTP/1"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "no status"),
        ("HTTP/1.1 OK\r\n\r\n", "no status"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "more than a reply"),
    ] {
        let (proxy, builder) = answering(reply).await;
        let (kind, delivery, told) = failure(builder).await;
        assert_eq!((kind, delivery), (Connect, Delivery::NotSent), "{reply:?}");
        let expected = format!("the proxy 127.0.0.1:{} answered nonsense: {what}", proxy.port());
        assert!(told.contains(&expected), "{reply:?}: {told}");
    }
}

/// Nobody waits for the end of a line that is no HTTP.
#[tokio::test]
async fn nonsense_without_an_end_is_noticed_at_once() {
    let proxy = Server::start(|_, mut peer| async move {
        peer.send(b"220 mail.example").await;
        peer.fall_silent().await;
    })
    .await;
    let builder = trusting(&Authority::new("test authority")).proxy(url(&proxy));
    let (kind, _, told) = failure(builder.connect_timeout(Duration::from_secs(60))).await;
    assert_eq!(kind, Connect);
    assert!(told.contains("answered nonsense: not HTTP/1"), "{told}");
}

#[tokio::test]
async fn headers_without_an_end_are_cut_off() {
    let proxy = Server::start(|_, mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\n").await;
        while peer.stream.write_all(b"x-filler: xxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").await.is_ok() {}
    })
    .await;
    let builder = trusting(&Authority::new("test authority")).proxy(url(&proxy));
    let (kind, delivery, told) = failure(builder.connect_timeout(Duration::from_secs(60))).await;
    assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
    assert!(told.contains("answered nonsense: headers without an end"), "{told}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let proxy = format!("http://{USER}:{PASSWORD}@127.0.0.1:{port}");
    let builder = trusting(&Authority::new("test authority")).proxy(proxy);
    let (kind, delivery, told) = failure(builder).await;
    assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
    assert!(told.contains(&format!("the proxy 127.0.0.1:{port} cannot be reached: ")), "{told}");
    assert!(told.contains("refused"), "{told}");
}

#[tokio::test]
async fn silence_ends_with_the_time_for_a_connection() {
    let authority = Authority::new("test authority");
    for heard in [&b""[..], b"HTTP/1.1 200 OK\r\n", ESTABLISHED] {
        let proxy = Server::start(move |_, mut peer| async move {
            peer.request().await;
            peer.send(heard).await;
            peer.fall_silent().await;
        })
        .await;
        let builder = trusting(&authority).proxy(url(&proxy)).connect_timeout(SHORT);
        let (kind, delivery, told) = failure(builder).await;
        assert_eq!((kind, delivery), (Timeout, Delivery::NotSent));
        let port = proxy.port();
        let expected =
            format!("no connection through the proxy 127.0.0.1:{port}: no connection within 80 ms");
        assert!(told.ends_with(&expected), "{told}");
    }
}

#[tokio::test]
async fn a_proxy_that_closes_is_named_before_its_reply_and_after() {
    for (reply, says) in [
        ("", "the proxy PROXY closed the connection before it had answered"),
        ("HTTP/1.1 200 OK\r\nvia", "the proxy PROXY closed the connection before it had answered"),
        ("HTTP/1.1 200 OK\r\n\r\n", "no connection through the proxy PROXY: "),
    ] {
        let (proxy, builder) = answering(reply).await;
        let (kind, delivery, told) = failure(builder).await;
        assert_eq!((kind, delivery), (Connect, Delivery::NotSent), "{reply:?}");
        let says = says.replace("PROXY", &format!("127.0.0.1:{}", proxy.port()));
        assert!(told.contains(&says), "{reply:?}: {told}");
        assert!(proxy.requests().iter().all(|request| request.starts_with("CONNECT ")));
    }
}

/// A proxy that looks into TLS has certificates of its own.
#[tokio::test]
async fn a_proxy_in_the_place_of_the_origin_is_not_trusted() {
    let (origin, _) = origin().await;
    let (proxy, _) = tunnelling(&origin, ESTABLISHED).await;
    let builder = trusting(&Authority::new("stranger")).proxy(url(&proxy));
    let (kind, delivery, told) = failure(builder).await;
    assert_eq!((kind, delivery), (Connect, Delivery::NotSent));
    let expected = format!("no connection through the proxy 127.0.0.1:{}: ", proxy.port());
    assert!(told.contains(&expected) && told.contains("UnknownIssuer"), "{told}");
    assert!(origin.requests().is_empty());
}

#[tokio::test]
async fn this_machine_is_reached_directly() {
    let authority = Authority::new("test authority");
    let acceptor = authority.server("localhost", &["http/1.1"]);
    let secure = Server::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, peer) = peer.take();
            let mut peer = peer.put(acceptor.accept(stream).await.unwrap());
            peer.request().await;
            peer.send(OK).await;
        }
    })
    .await;
    let clear = Server::answering(OK).await;
    let proxy = Server::answering("HTTP/1.1 500 Wrong Way\r\n\r\n").await;
    let transport = trusting(&authority).proxy(url(&proxy)).build().unwrap();
    for address in [format!("https://localhost:{}/", secure.port()), clear.url("/")] {
        assert_eq!(transport.send(get(&address)).await.unwrap().body(), b"ok");
    }
    assert_eq!(proxy.accepted(), 0);
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_of_the_builder() {
    for (text, reason) in [
        ("socks5://user:hunter2@proxy:1080", "SOCKS"),
        ("ftp://user:hunter2@proxy", "scheme"),
        ("proxy:3128", "URL"),
        ("http://user:hunter2#@proxy", "URL"),
    ] {
        let error = HyperTransport::builder().loopback_only().proxy(text).build().unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("hunter2"), "{told}");
        let BuildError::Proxy { setting, source, .. } = error else { panic!("{told}") };
        assert_eq!(setting, "the builder");
        assert!(source.to_string().contains(reason), "{source}");
        assert!(!source.to_string().contains("hunter2"), "{source}");
    }
}

#[test]
fn debug_shows_the_proxy_and_no_credentials() {
    let authority = Authority::new("test authority");
    let builder = trusting(&authority).proxy("http://user-9a:hunter2@proxy.example:3128");
    let (of_builder, of_transport) =
        (format!("{builder:?}"), format!("{:?}", builder.clone().build().unwrap()));
    assert!(of_builder.contains("proxy: \"given\""), "{of_builder}");
    assert!(of_transport.contains("proxy: proxy.example:3128"), "{of_transport}");
    for told in [of_builder, of_transport] {
        assert!(!told.contains("user-9a") && !told.contains("hunter2"), "{told}");
        assert!(!told.contains("dXNlci05YTpodW50ZXIy"), "{told}");
    }
    let direct = builder.no_proxy();
    assert!(format!("{direct:?} {:?}", direct.clone().build().unwrap()).contains("proxy: none"));
}
