//! The emulator over HTTP, as a client without any library sees it.
#![cfg(feature = "server")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::{Value, json};
use stytch_session_mock::{Emulator, Example, Fault, Server};

/// Sends `request` as it is and returns everything that comes back, until the server closes.
fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    // The server may close before it has read everything; then the answer still counts.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("text")
}

fn login(emulator: &Emulator) -> String {
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    })
    .to_string();
    format!(
        "POST /v1/b2b/passwords/authenticate HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        emulator.backend_authorization(),
        body.len(),
    )
}

fn serve() -> (Emulator, Server) {
    let emulator = Emulator::example();
    let server = Server::start(&emulator, "127.0.0.1:0").expect("a free port");
    (emulator, server)
}

#[test]
fn it_speaks_http() {
    let (emulator, server) = serve();
    let answer = exchange(server.local_addr(), login(&emulator).as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["member_authenticated"], true);
    // It is the same world in memory.
    assert_eq!(
        emulator.active_sessions(),
        [body["member_session"]["member_session_id"].as_str().expect("an id")]
    );
}

#[test]
fn several_requests_share_a_connection() {
    let (emulator, server) = serve();
    let once = login(&emulator).replace("Connection: close\r\n", "");
    let both = format!("{once}{}", login(&emulator));
    let answer = exchange(server.local_addr(), both.as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2);
}

#[test]
fn what_is_too_large_is_refused_and_harms_nobody() {
    let (emulator, server) = serve();
    let head = "POST /v1/b2b/sessions/revoke HTTP/1.1\r\nHost: localhost\r\n";
    let large = format!("{head}Content-Length: 2000000\r\n\r\n{}", "x".repeat(2_000_000));
    let answer = exchange(server.local_addr(), large.as_bytes());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let headers = format!("{head}X-Large: {}\r\n\r\n", "x".repeat(100_000));
    let answer = exchange(server.local_addr(), headers.as_bytes());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = exchange(server.local_addr(), b"this is not HTTP\r\n\r\n");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(emulator.request_count(), 0);
    assert!(exchange(server.local_addr(), login(&emulator).as_bytes()).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_body_of_exactly_one_mebibyte_is_read() {
    let (emulator, server) = serve();
    let request = format!(
        "POST /v1/b2b/sessions/revoke HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
         Content-Length: 1048576\r\nConnection: close\r\n\r\n{}",
        emulator.backend_authorization(),
        " ".repeat(1_048_576),
    );
    let answer = exchange(server.local_addr(), request.as_bytes());
    assert!(answer.contains("no_session_revoke_arguments"), "{answer}");
}

#[test]
fn planned_faults_cut_the_connection() {
    let (emulator, server) = serve();
    emulator.fail_next(1, Fault::LostAnswer);
    assert_eq!(exchange(server.local_addr(), login(&emulator).as_bytes()), "");
    assert_eq!(emulator.active_sessions().len(), 1, "it was acted on");
    emulator.fail_next(1, Fault::Html(502));
    assert!(
        exchange(server.local_addr(), login(&emulator).as_bytes()).starts_with("HTTP/1.1 502 ")
    );
}

#[test]
fn a_client_that_leaves_in_the_middle_harms_nobody() {
    let (emulator, server) = serve();
    for part in [
        "POST /v1",
        "POST /v1/b2b/sessions/revoke HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
    ] {
        let mut stream = TcpStream::connect(server.local_addr()).expect("the server listens");
        stream.write_all(part.as_bytes()).expect("it is sent");
        stream.shutdown(Shutdown::Both).expect("it is closed");
    }
    assert!(exchange(server.local_addr(), login(&emulator).as_bytes()).starts_with("HTTP/1.1 200"));
}

#[test]
fn dropping_the_server_frees_the_port_and_cuts_connections() {
    let (_, server) = serve();
    let address = server.local_addr();
    let mut idle = TcpStream::connect(address).expect("the server listens");
    drop(server);
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    assert!(rest.is_empty());
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn it_serves_on_the_current_runtime_and_shuts_down() {
    let emulator = Emulator::example();
    let server = emulator.serve("127.0.0.1:0").await.expect("a free port");
    let (address, request) = (server.local_addr(), login(&emulator));
    assert_eq!(server.url(), format!("http://{address}"));
    let answer = tokio::task::spawn_blocking(move || exchange(address, request.as_bytes()));
    assert!(answer.await.expect("no panic").starts_with("HTTP/1.1 200"));
    server.shutdown().await;
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn other_than_loopback_addresses_are_refused() {
    let error = Server::start(&Emulator::example(), "0.0.0.0:0").expect_err("not loopback");
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
}
