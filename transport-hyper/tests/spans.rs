//! What is traced: method, route, attempt, status, request id, duration; and no secret, whatever it is.
#![cfg(feature = "tracing")]

#[path = "support/log.rs"]
mod log;
mod support;

use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use log::Log;
use proptest::prelude::*;
use proptest::sample::select;
use stytch_session::retry::RetryPolicy;
use stytch_session::{
    Client, Error, OrganizationId, Password, Project, PublicToken, Repeat, Session, SessionToken,
    Transport,
};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use support::{Server, get, loopback, with_repeat};

const REQUEST_ID: &str = "request-id-test-6f4d8f0e-2f4c-4b7e-9a77-0d6f3f8b1f5e";

/// Whether anything is traced is decided for a whole process: the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn each_attempt_has_a_span() {
    let _turn = TURN.lock();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(the_spans_of_three_attempts());
}

async fn the_spans_of_three_attempts() {
    let body = format!("{{\"status_code\":503,\"request_id\":\"{REQUEST_ID}\"}}");
    let server = Server::start(move |_, mut peer| {
        let body = body.clone();
        async move {
            peer.request().await;
            let head = format!("HTTP/1.1 503 Busy\r\ncontent-length: {}\r\n\r\n", body.len());
            peer.send(format!("{head}{body}").as_bytes()).await;
            peer.request().await;
        }
    })
    .await;
    let log = Log::default();
    let transport = at_once().build().unwrap();
    let listening = log.listen(tracing::Level::DEBUG);
    let outcome = transport.send(with_repeat(get(&server.url("/secret")), Repeat::Always)).await;
    drop(listening);
    // The second connection answers again; what the first did not is a broken one.
    assert!(outcome.is_ok() || server.requests().len() == 3);
    let text = log.text();
    let closed: Vec<_> = text.lines().filter(|line| line.contains(": close ")).collect();
    for (line, number) in closed.iter().zip(1..) {
        assert!(line.contains("stytch_request{method=GET route=\"/test\""), "{line}");
        assert!(line.contains(&format!("attempt={number}")), "{line}");
        assert!(line.contains("duration_ms="), "{line}");
    }
    assert_eq!(closed.len(), 3, "{text}");
    assert!(closed[0].contains(&format!("status=503 request_id=\"{REQUEST_ID}\"")), "{text}");
    assert!(closed[1].contains("error=Interrupted sent=Unknown"), "{text}");
    assert!(!text.contains("/secret"), "{text}");
}

/// Without pauses to wait for.
fn at_once() -> HyperTransportBuilder {
    loopback().retry(RetryPolicy::new().first_pause(Duration::ZERO))
}

/// How the server tells what it was sent.
#[derive(Clone, Copy, Debug)]
enum Echo {
    InAnError,
    InASuccess,
    AsTheRequestId,
    InAHeader,
    InTheStatusLine,
    InsteadOfHttp,
    CutShort,
}

fn echo(how: Echo, request: &str) -> Vec<u8> {
    let line = request.replace(['\r', '\n'], " ");
    let quoted = serde_json::to_string(&line).unwrap();
    let json = |status: u16, body: String| {
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    match how {
        Echo::InAnError => json(
            400,
            format!(
                "{{\"error_type\":{quoted},\"error_message\":{quoted},\"request_id\":{quoted}}}"
            ),
        ),
        Echo::InASuccess => json(200, format!("{{\"data\":{{\"session_token\":{quoted}}}}}")),
        Echo::AsTheRequestId => {
            let after = |name: &str| line.split_once(name).map(|(_, after)| after);
            let secret = after("\"password\":\"").or_else(|| after("asic ")).unwrap();
            let secret = secret.split(['"', ' ']).next().unwrap();
            json(503, format!("{{\"request_id\":\"{secret}\"}}"))
        }
        Echo::InAHeader => {
            format!("HTTP/1.1 302 X\r\nlocation: http://{line}\r\ncontent-length: 0\r\n\r\n")
        }
        Echo::InTheStatusLine => format!("HTTP/1.1 500 {line}\r\ncontent-length: 0\r\n\r\n"),
        Echo::InsteadOfHttp => request.to_owned(),
        Echo::CutShort => format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{line}"),
    }
    .into_bytes()
}

/// Everything that a program could print of a login and a refresh.
async fn everything_said(how: Echo, token: &str, session_token: &str, password: &str) -> String {
    let server = Server::start(move |_, mut peer| async move {
        while let Some(request) = peer.request().await {
            peer.send(&echo(how, &request)).await;
            if matches!(how, Echo::CutShort) {
                return;
            }
        }
    })
    .await;
    let log = Log::default();
    let listening = log.listen(tracing::Level::TRACE);
    let transport: HyperTransport = at_once().build().unwrap();
    let project =
        Project::frontend(PublicToken::new(token).unwrap()).with_base_url(&server.url("")).unwrap();
    let client = Client::new(project, transport);
    let mut said = format!("{client:?}");
    let refresh = Session::new().authenticate(SessionToken::new(session_token).unwrap());
    let organization = OrganizationId::new("harbor-lights").unwrap();
    let login = Session::new().login(Password::new(&organization, "ada@example.com", password));
    for error in [
        client.run(refresh).await.map(drop).map_err(Error::from),
        client.run(login).await.map(drop).map_err(Error::from),
    ] {
        let error = error.expect_err("no success is valid");
        said += &format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            said += &format!("{error} {error:?}");
            source = error.source();
        }
    }
    drop(listening);
    let log = log.text();
    assert!(log.contains("stytch_request"), "it is traced: {log}");
    said + &log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_is_said(
        how in select(&[
            Echo::InAnError,
            Echo::InASuccess,
            Echo::AsTheRequestId,
            Echo::InAHeader,
            Echo::InTheStatusLine,
            Echo::InsteadOfHttp,
            Echo::CutShort,
        ][..]),
        session_token in "[A-Za-z0-9_-]{12,44}",
        password in "[!-~]{12,40}",
    ) {
        let _turn = TURN.lock();
        let token = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let said = runtime.block_on(everything_said(how, token, &session_token, &password));
        let credentials = STANDARD.encode(format!("{token}:{session_token}"));
        for secret in [&session_token, &password, &credentials] {
            prop_assert!(!said.contains(secret.as_str()), "{secret}: {said}");
        }
    }
}
