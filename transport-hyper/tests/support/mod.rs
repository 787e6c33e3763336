//! Servers on loopback, written by hand: what they send is exactly what a test says.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]

use std::error::Error as StdError;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stytch_session::{
    Delivery, Repeat, Request, RequestInfo, Response, TransportError, TransportErrorKind,
};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The shortest well-formed reply.
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Long enough for a loopback reply on a busy machine, short enough for a test.
pub const SHORT: Duration = Duration::from_millis(80);

/// A server that runs a script for each connection.
pub struct Server {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    finished: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// One connection, seen from the server.
pub struct Peer<S = TcpStream> {
    pub stream: S,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Runs `script` with the number of the connection, from 0, and the connection.
    pub async fn start<F, Fut>(script: F) -> Self
    where
        F: Fn(usize, Peer) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, finished) = (Arc::default(), Arc::default());
        let server = Self { address, accepted, finished, requests: Arc::default() };
        let (accepted, requests) = (Arc::clone(&server.accepted), Arc::clone(&server.requests));
        let finished = Arc::clone(&server.finished);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                let script = script(number, Peer { stream, requests: Arc::clone(&requests) });
                let finished = Arc::clone(&finished);
                tokio::spawn(async move {
                    script.await;
                    finished.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    /// Answers every request on every connection with `reply`.
    pub async fn answering(reply: impl Into<Vec<u8>>) -> Self {
        let reply = Arc::new(reply.into());
        Self::start(move |_, mut peer| {
            let reply = Arc::clone(&reply);
            async move {
                while peer.request().await.is_some() {
                    peer.send(&reply).await;
                }
            }
        })
        .await
    }

    /// Answers one request with `reply` and ends the connection.
    pub async fn answering_once(reply: impl Into<Vec<u8>>) -> Self {
        let reply = Arc::new(reply.into());
        Self::start(move |_, mut peer| {
            let reply = Arc::clone(&reply);
            async move {
                peer.request().await;
                peer.send(&reply).await;
            }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// How many connections the server is done with.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::SeqCst)
    }

    /// How many requests the server has read.
    pub fn asked(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    pub fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| String::from_utf8(request.clone()).unwrap()).collect()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// The next request, head and body, or `None` at the end of the connection.
    pub async fn request(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while !is_complete(&bytes) {
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            }
        }
        self.requests.lock().unwrap().push(bytes.clone());
        Some(String::from_utf8(bytes).unwrap())
    }

    /// Sends bytes; a client that has gone away is none of the server's business.
    pub async fn send(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).await.is_ok() {
            let _ = self.stream.flush().await;
        }
    }
}

impl<S> Peer<S> {
    /// The stream, for instance for a TLS handshake, and the peer without it.
    pub fn take(self) -> (S, Peer<()>) {
        (self.stream, Peer { stream: (), requests: self.requests })
    }

    /// Notes a request that was read in some other way.
    pub fn note(&self, request: &[u8]) {
        self.requests.lock().unwrap().push(request.to_vec());
    }

    /// The same peer over another stream.
    pub fn put<T>(&self, stream: T) -> Peer<T> {
        Peer { stream, requests: Arc::clone(&self.requests) }
    }

    /// Keeps the connection open and says nothing more.
    pub async fn fall_silent(self) {
        let _open = self.stream;
        std::future::pending::<()>().await;
    }
}

fn is_complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let Some(end) = text.find("\r\n\r\n") else { return false };
    let length = text[..end]
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    bytes.len() >= end + 4 + length
}

/// A builder that needs no TLS and so no feature.
pub fn loopback() -> HyperTransportBuilder {
    HyperTransport::builder().loopback_only()
}

pub fn get(url: &str) -> Request {
    http::Request::get(url).body(Vec::new()).unwrap()
}

/// A request that is never sent again, whatever the policy: one sending, one outcome.
pub fn once(url: &str) -> Request {
    with_repeat(get(url), Repeat::Never)
}

pub fn with_repeat(mut request: Request, repeat: Repeat) -> Request {
    request.extensions_mut().insert(RequestInfo::new("/test", repeat));
    request
}

/// The kind and the delivery of what must be an error.
#[track_caller]
pub fn failure(outcome: Result<Response, TransportError>) -> (TransportErrorKind, Delivery) {
    let error = outcome.expect_err("no reply was expected");
    (error.kind(), error.delivery())
}

/// Display of the error and of all its causes.
pub fn chain(error: &TransportError) -> String {
    let mut text = error.to_string();
    let mut source = StdError::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}
