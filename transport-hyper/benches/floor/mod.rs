//! What somebody would write for this one request: a bare connection for each caller, headers made
//! beforehand, no time limits, no checks, plain structs.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;

use crate::ours::{Ours, PROJECT_ID, SECRET};
use crate::plain::Reply;
use crate::rounds::{Caller, Side, runtime};
use crate::server::Server;

pub(crate) struct Floor {
    address: SocketAddr,
    host: HeaderValue,
    authorization: HeaderValue,
}

pub(crate) struct FloorCaller {
    connection: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    authorization: HeaderValue,
    reply: Reply,
}

#[derive(Serialize)]
struct Authenticate<'a> {
    session_token: &'a str,
}

impl Floor {
    pub(crate) fn new(server: &Server) -> Self {
        let credentials = STANDARD.encode(format!("{PROJECT_ID}:{SECRET}"));
        let value = |text: String| HeaderValue::try_from(text).expect("a header value");
        Self {
            address: server.address(),
            host: value(server.address().to_string()),
            authorization: value(format!("Basic {credentials}")),
        }
    }
}

impl Side for Floor {
    type Caller = FloorCaller;

    async fn caller(&self) -> FloorCaller {
        let stream = TcpStream::connect(self.address).await.expect("the server is there");
        stream.set_nodelay(true).expect("an open connection");
        let (mut connection, driver) =
            http1::handshake(TokioIo::new(stream)).await.expect("nothing can fail yet");
        tokio::spawn(driver);
        let (host, authorization) = (self.host.clone(), self.authorization.clone());
        let reply = send(&mut connection, &host, &authorization, "made-up-token").await;
        FloorCaller { connection, host, authorization, reply }
    }
}

impl Caller for FloorCaller {
    async fn call(&mut self) {
        let Self { connection, host, authorization, reply } = self;
        *reply = send(connection, host, authorization, &reply.session_token).await;
    }
}

async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    host: &HeaderValue,
    authorization: &HeaderValue,
    session_token: &str,
) -> Reply {
    let body = serde_json::to_vec(&Authenticate { session_token }).expect("it is JSON");
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(HOST, host.clone());
    headers.insert(AUTHORIZATION, authorization.clone());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("stytch-session-hyper/0.1.0"));
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/v1/b2b/sessions/authenticate");
    *request.headers_mut() = headers;
    connection.ready().await.expect("the connection is open");
    let response = connection.send_request(request).await.expect("a reply");
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.expect("a whole body").to_bytes();
    serde_json::from_slice(&body).expect("the reply is a success")
}

/// Both sides come to the same result.
pub(crate) fn same_as(ours: &Ours, floor: &Floor) {
    let (ours, floor) = runtime().block_on(async {
        let (mut ours, mut floor) = (ours.caller().await, floor.caller().await);
        ours.call().await;
        floor.call().await;
        (ours, floor)
    });
    let (session, plain) = (ours.session(), &floor.reply);
    let (held, organization) = (session.member_session(), session.organization());
    assert_eq!(session.session_token().secret(), plain.session_token);
    assert_eq!(held.member_session_id().as_str(), plain.member_session.member_session_id);
    assert_eq!(session.member().member_id().as_str(), plain.member.member_id);
    assert_eq!(organization.organization_id().as_str(), plain.organization.organization_id);
}
