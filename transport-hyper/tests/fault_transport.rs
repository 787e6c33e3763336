//! A network that fails, around hyper and before an emulator on loopback.

use std::sync::Arc;

use serde_json::json;
use stytch_session::{Delivery, Request, Transport, TransportErrorKind};
use stytch_session_hyper::HyperTransport;
use stytch_session_mock::{Emulator, Example, Fault, FaultTransport, Server, VirtualClock};

fn login(stytch: &Emulator, server: &Server) -> Request {
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    http::Request::post(format!("{}/v1/b2b/passwords/authenticate", server.url()))
        .header("authorization", stytch.backend_authorization())
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap()
}

#[tokio::test]
async fn every_fault_around_hyper() {
    let clock = VirtualClock::new();
    let stytch = Emulator::example_builder().clock(clock.clone()).constant_signature().build();
    let server = stytch.serve("127.0.0.1:0").await.unwrap();
    let faulty = FaultTransport::new(HyperTransport::new().unwrap()).with_clock(clock);
    let transport: Arc<dyn Transport> = Arc::new(faulty.clone());

    for (fault, sessions) in [
        (Fault::NotSent, 0),
        (Fault::LostRequest, 0),
        (Fault::Status(503), 0),
        (Fault::Html(502), 0),
        (Fault::LostAnswer, 1),
        (Fault::WrongStatus(503), 1),
        (Fault::TruncatedBody, 1),
        (Fault::MalformedBody, 1),
        (Fault::EmptyBody, 1),
        (Fault::Duplicated, 2),
    ] {
        stytch.reset();
        faulty.plan("passwords", 1, fault.clone());
        let answer = transport.send(login(&stytch, &server)).await;
        assert_eq!(stytch.active_sessions().len(), sessions, "{fault:?}");
        match (&fault, answer) {
            (Fault::NotSent, Err(error)) => assert_eq!(error.delivery(), Delivery::NotSent),
            (Fault::LostRequest | Fault::LostAnswer, Err(error)) => {
                assert_eq!(error.kind(), TransportErrorKind::Interrupted);
            }
            (
                Fault::Status(status) | Fault::Html(status) | Fault::WrongStatus(status),
                Ok(answer),
            ) => {
                assert_eq!(answer.status(), *status);
            }
            (Fault::Duplicated, Ok(answer)) => assert_eq!(answer.status(), 200),
            (_, Ok(answer)) => {
                assert!(serde_json::from_slice::<serde_json::Value>(answer.body()).is_err());
                let length = answer.headers()["content-length"].to_str().unwrap();
                assert_eq!(length, answer.body().len().to_string(), "{fault:?}");
            }
            (_, Err(error)) => panic!("{fault:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn two_requests_in_flight_change_places() {
    let stytch = Emulator::example_builder().constant_signature().build();
    let server = stytch.serve("127.0.0.1:0").await.unwrap();
    let transport =
        FaultTransport::new(HyperTransport::new().unwrap()).fail_next(2, Fault::Reordered);
    let order = std::sync::Mutex::new(Vec::new());
    let send = async |name| {
        let answer = Transport::send(&transport, login(&stytch, &server)).await.unwrap();
        assert_eq!(answer.status(), 200);
        order.lock().unwrap().push(name);
    };
    tokio::join!(send("first"), send("second"));
    assert_eq!(*order.lock().unwrap(), ["second", "first"]);
    assert_eq!(transport.met_count(), 2);
}
