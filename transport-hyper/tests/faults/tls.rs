//! Every way in which TLS is not agreed on: nothing was sent.

use rcgen::{CertificateParams, date_time_ymd};
use stytch_session::TransportErrorKind::{Connect, Interrupted, Timeout};
use stytch_session::{Delivery, Transport};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};

use crate::certificates::{Acceptor, Authority};
use crate::stage::Step::{Close, Drip, Flood, Listen, Reset};
use crate::stage::{GENEROUS, LIMIT, NEVER, Over, each, fault, fault_with, say};
use crate::support::{OK, Server, chain, once};

/// Answers each request over TLS.
async fn answering(acceptor: Acceptor) -> Server {
    acceptor.answering().await
}

fn valid(name: &str, from: i32, until: i32) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params
}

#[tokio::test]
async fn a_certificate_that_is_not_good_ends_the_connection() {
    let authority = Authority::new("test authority");
    let (stranger, namesake) = (Authority::new("stranger"), Authority::new("test authority"));
    let now = valid("localhost", 2000, 4000);
    for (fault, acceptor, reason) in [
        ("expired", authority.server_with(&valid("localhost", 2000, 2001), &[]), "expired"),
        (
            "not yet valid",
            authority.server_with(&valid("localhost", 4000, 4001), &[]),
            "not valid yet",
        ),
        (
            "wrong host",
            authority.server_with(&valid("example.com", 2000, 4000), &[]),
            "not valid for name",
        ),
        (
            "wrong address",
            authority.server_with(&valid("127.0.0.1", 2000, 4000), &[]),
            "not valid for name",
        ),
        (
            "part of the host",
            authority.server_with(&valid("*.localhost", 2000, 4000), &[]),
            "not valid for name",
        ),
        (
            "no host",
            authority.server_with(&CertificateParams::default(), &[]),
            "not valid for name",
        ),
        ("unknown authority", stranger.server_with(&now, &[]), "UnknownIssuer"),
        ("authority of the same name", namesake.server_with(&now, &[]), ""),
        ("self-signed", Acceptor::self_signed("localhost", &[]), "UnknownIssuer"),
    ] {
        let server = answering(acceptor).await;
        let transport =
            HyperTransport::builder().tls_config(authority.client(&[])).build().unwrap();
        let url = format!("https://localhost:{}/", server.port());
        let started = std::time::Instant::now();
        let error = transport.send(once(&url)).await.unwrap_err();
        let said = chain(&error);
        assert_eq!(
            (error.kind(), error.delivery()),
            (Connect, Delivery::NotSent),
            "{fault}: {said}"
        );
        assert!(said.contains("certificate") && said.contains(reason), "{fault}: {said}");
        assert_eq!((server.accepted(), server.asked()), (1, 0), "{fault}");
        assert!(started.elapsed() < GENEROUS, "{fault}");
    }
}

/// The beginning of a server's part of the handshake: a record that announces more than comes.
const HALF: &[u8] = &[22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3, 1, 2, 3];

/// A fatal alert: the handshake has failed.
const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];

#[tokio::test]
async fn a_handshake_cut_off_sends_nothing() {
    let mut scripts = Vec::new();
    for end in [Close, Reset] {
        scripts.push(vec![end.clone()]);
        scripts.push(vec![Listen, end.clone()]);
        scripts.push(vec![Listen, say(&HALF[..3]), end.clone()]);
        scripts.push(vec![Listen, say(HALF), end.clone()]);
    }
    each(scripts, |script| async move {
        fault(Over::Handshake, &script).await.not_sent(Connect);
    })
    .await;
}

#[tokio::test]
async fn a_stalled_handshake_sends_nothing() {
    let scripts = [
        vec![],
        vec![Listen],
        vec![Listen, say(&HALF[..3])],
        vec![Listen, say(HALF)],
        vec![Listen, Drip([&HALF[..5], &[2, 0, 0, 86, 3, 3], &[7; 400]].concat())],
        // A message that grows and grows.
        vec![Listen, Drip([22, 3, 3, 64, 0].iter().copied().chain([1; 4000]).collect())],
    ];
    each(scripts, |script| async move {
        let patient = |builder: HyperTransportBuilder| {
            builder.connect_timeout(NEVER).attempt_timeout(NEVER).total_timeout(NEVER)
        };
        fault_with(Over::Handshake, &script, |builder| patient(builder).connect_timeout(LIMIT))
            .await
            .not_sent(Timeout)
            .because("no connection within 300 ms");
        fault_with(Over::Handshake, &script, |builder| patient(builder).attempt_timeout(LIMIT))
            .await
            .not_sent(Timeout)
            .because("not finished within 300 ms");
        fault_with(Over::Handshake, &script, |builder| patient(builder).total_timeout(LIMIT))
            .await
            .not_sent(Timeout)
            .because("not finished within");
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tls_sends_nothing() {
    let said: [&[u8]; 6] = [
        OK,
        b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example.com ESMTP\r\n",
        &[0; 64],
        &[255; 64],
    ];
    each(said, |said| async move {
        fault(Over::Handshake, &[say(said)]).await.not_sent(Connect);
        fault(Over::Handshake, &[Listen, say(said)]).await.not_sent(Connect);
        fault(Over::Handshake, &[Listen, say(said), Close]).await.not_sent(Connect);
    })
    .await;
}

#[tokio::test]
async fn an_alert_sends_nothing() {
    for script in [vec![Listen, say(ALERT)], vec![Listen, say(ALERT), Close]] {
        let report = fault(Over::Handshake, &script).await.not_sent(Connect);
        let _ = report.because("alert");
    }
    // Unknown, and so as good as any.
    for number in [0, 10, 20, 42, 48, 70, 80, 86, 112, 120, 255] {
        let said = [&ALERT[..6], &[number]].concat();
        fault(Over::Handshake, &[Listen, say(said), Close]).await.not_sent(Connect);
    }
}

#[tokio::test]
async fn nonsense_within_the_handshake_sends_nothing() {
    let said: [&[u8]; 7] = [
        // Data, a change of keys, a finish before the beginning.
        &[23, 3, 3, 0, 2, 1, 2],
        &[20, 3, 3, 0, 1, 2],
        &[22, 3, 3, 0, 4, 20, 0, 0, 0],
        // A greeting without content, from a client, or of an endless length.
        &[22, 3, 3, 0, 4, 2, 0, 0, 0],
        &[22, 3, 3, 0, 4, 1, 0, 0, 0],
        &[22, 3, 3, 0, 4, 2, 255, 255, 255],
        // A record longer than records are.
        &[22, 3, 3, 255, 255, 2, 0, 0, 0],
    ];
    each(said, |said| async move {
        fault(Over::Handshake, &[Listen, say(said)]).await.not_sent(Connect);
    })
    .await;
}

#[tokio::test]
async fn an_endless_handshake_sends_nothing() {
    let empty = [22, 3, 3, 0, 0].repeat(1000);
    let warning = [21, 3, 3, 0, 2, 1, 90].repeat(1000);
    let long = [[22, 3, 3, 0x40, 0].as_slice(), &[2; 0x4000]].concat();
    each([empty, warning, long], |said| async move {
        let report = fault_with(Over::Handshake, &[Listen, Flood(said)], |builder| {
            builder.connect_timeout(LIMIT)
        })
        .await
        .in_time();
        let error = report.outcome.unwrap_err();
        assert!(matches!(error.kind(), Connect | Timeout), "{}", chain(&error));
        assert_eq!(error.delivery(), Delivery::NotSent);
    })
    .await;
}

/// In TLS 1.3 the client has finished when the server looks for its certificate, so the request
/// may be on its way; it is not read.
#[tokio::test]
async fn a_server_that_wants_a_certificate_gets_no_request() {
    let authority = Authority::new("test authority");
    let server = answering(authority.server_for_clients_of("localhost", &authority)).await;
    let transport = HyperTransport::builder().tls_config(authority.client(&[])).build().unwrap();
    let url = format!("https://localhost:{}/", server.port());
    let error = transport.send(once(&url)).await.unwrap_err();
    assert!(matches!(error.kind(), Connect | Interrupted), "{}", chain(&error));
    assert!(chain(&error).contains("ertificate"), "{}", chain(&error));
    assert_eq!((server.accepted(), server.asked()), (1, 0));
}

/// Nothing that both sides speak.
#[tokio::test]
async fn a_server_that_speaks_another_protocol_sends_nothing() {
    let authority = Authority::new("test authority");
    let server = answering(authority.server("localhost", &["spdy/1"])).await;
    let transport = HyperTransport::builder().tls_config(authority.client(&[])).build().unwrap();
    let error =
        transport.send(once(&format!("https://localhost:{}/", server.port()))).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (Connect, Delivery::NotSent));
    assert!(chain(&error).contains("alert"), "{}", chain(&error));
}
