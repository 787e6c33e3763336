//! Misbehaving servers as lists of steps, over each kind of connection, and one request to each.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use stytch_session::{Delivery, Request, Response, Transport, TransportError, TransportErrorKind};
use stytch_session_hyper::{HyperTransport, HyperTransportBuilder};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;

use crate::certificates::{Acceptor, Authority};
use crate::frames::HEADERS;
use crate::support::{Peer, Server, chain, once};

/// Longer than every test: a limit that is not under test.
pub const NEVER: Duration = Duration::from_secs(60);

/// Within this every single request of this suite has its outcome. A limit under test is much
/// shorter, and every limit that is not under test is longer.
pub const GENEROUS: Duration = Duration::from_secs(4);

/// A limit under test: long enough for a handshake on a busy machine.
pub const LIMIT: Duration = Duration::from_millis(300);

/// What a server does next. After the last step it keeps the connection open and says nothing.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// Reads a whole request, and counts it.
    Request,
    /// Reads whatever comes first, for instance the client's part of a handshake.
    Listen,
    /// Sends bytes.
    Say(Vec<u8>),
    /// Gives the client time to read what was said.
    Pause,
    /// Sends bytes one at a time, with pauses.
    Drip(Vec<u8>),
    /// Sends the same bytes again and again, without reading, as long as the client lets it.
    Flood(Vec<u8>),
    /// Ends its side of the connection in good order: over TLS it says so.
    Close,
    /// Ends its side of the connection, over TLS without a word.
    Cut,
    /// Resets the connection.
    Reset,
}

use Step::{Close, Cut, Drip, Flood, Listen, Pause, Request as Read, Reset, Say};

pub fn say(bytes: impl AsRef<[u8]>) -> Step {
    Say(bytes.as_ref().to_vec())
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = match self {
            Read => return f.write_str("Request"),
            Listen => return f.write_str("Listen"),
            Pause => return f.write_str("Pause"),
            Close => return f.write_str("Close"),
            Cut => return f.write_str("Cut"),
            Reset => return f.write_str("Reset"),
            Say(bytes) => ("Say", bytes),
            Drip(bytes) => ("Drip", bytes),
            Flood(bytes) => ("Flood", bytes),
        };
        let shown = &bytes[..bytes.len().min(120)];
        write!(f, "{name}({} bytes: {:?})", bytes.len(), String::from_utf8_lossy(shown))
    }
}

/// How the client reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// HTTP/1.1 in clear text.
    Plain,
    /// HTTP/1.1 over TLS.
    Tls,
    /// HTTP/2 over TLS. A request is read up to the end of its header section.
    Http2,
    /// The client wants TLS, and the server's steps take the place of TLS.
    Handshake,
}

impl Over {
    pub fn scheme(self) -> &'static str {
        if self == Self::Plain { "http" } else { "https" }
    }
}

/// Both ways of HTTP/1.1.
pub const HTTP1: [Over; 2] = [Over::Plain, Over::Tls];

/// Each case over both ways of HTTP/1.1.
pub fn http1<T: Clone>(cases: impl IntoIterator<Item = T>) -> impl Iterator<Item = (Over, T)> {
    cases.into_iter().flat_map(|case| HTTP1.map(|over| (over, case.clone())))
}

/// Runs all cases, several at a time, for most of them wait. Every case that fails is told of.
pub async fn each<T, Fut>(cases: impl IntoIterator<Item = T>, run: impl Fn(T) -> Fut)
where
    Fut: Future<Output = ()> + Send + 'static,
{
    let (mut running, mut failed) = (JoinSet::new(), 0);
    for case in cases {
        if running.len() >= 12 {
            failed += usize::from(running.join_next().await.is_some_and(|end| end.is_err()));
        }
        running.spawn(run(case));
    }
    while let Some(end) = running.join_next().await {
        failed += usize::from(end.is_err());
    }
    assert_eq!(failed, 0, "so many cases failed, each as told above");
}

/// A server that follows a script on each connection.
pub struct Stage {
    pub server: Server,
    over: Over,
    authority: Authority,
}

impl Stage {
    /// The same script on every connection.
    pub async fn set(over: Over, script: &[Step]) -> Self {
        let script = script.to_vec();
        Self::set_each(over, move |_| script.clone()).await
    }

    /// A script for each connection, numbered from 0.
    pub async fn set_each<F>(over: Over, script: F) -> Self
    where
        F: Fn(usize) -> Vec<Step> + Send + 'static,
    {
        let authority = Authority::new("test authority");
        let protocol = if over == Over::Http2 { "h2" } else { "http/1.1" };
        let acceptor = authority.server("localhost", &[protocol]);
        let server =
            Server::start(move |number, peer| play(over, acceptor.clone(), peer, script(number)))
                .await;
        Self { server, over, authority }
    }

    /// A builder of transports that trust this server.
    pub fn builder(&self) -> HyperTransportBuilder {
        match self.over {
            Over::Plain => crate::support::loopback(),
            _ => HyperTransport::builder().tls_config(self.authority.client(&[])),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.over.scheme(), self.server.port())
    }

    /// Waits until the client has closed every connection.
    pub async fn is_left(&self, case: &str) {
        let started = Instant::now();
        while self.server.finished() < self.server.accepted() {
            assert!(started.elapsed() < GENEROUS, "a connection is kept for nothing: {case}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// One request by `transport`, and what became of it.
    pub async fn ask(&self, transport: &HyperTransport, request: Request) -> Report {
        let (connections, requests) = (self.server.accepted(), self.server.asked());
        let started = Instant::now();
        let outcome = tokio::time::timeout(NEVER / 2, transport.send(request))
            .await
            .unwrap_or_else(|_| panic!("neither a reply nor an error over {:?}", self.over));
        Report {
            case: format!("{:?}", self.over),
            outcome,
            took: started.elapsed(),
            connections: self.server.accepted() - connections,
            requests: self.server.asked() - requests,
        }
    }
}

/// One request, sent at most once, to a server that follows `script`.
pub async fn fault(over: Over, script: &[Step]) -> Report {
    fault_with(over, script, |builder| builder).await
}

/// The same with a transport of the test's own choice.
pub async fn fault_with(
    over: Over,
    script: &[Step],
    options: impl FnOnce(HyperTransportBuilder) -> HyperTransportBuilder,
) -> Report {
    let stage = Stage::set(over, script).await;
    let transport = options(stage.builder()).build().unwrap();
    let mut report = stage.ask(&transport, once(&stage.url("/"))).await;
    report.case = format!("{over:?} {script:?}");
    report
}

/// What became of one request, seen from both sides.
#[derive(Debug)]
pub struct Report {
    pub case: String,
    pub outcome: Result<Response, TransportError>,
    pub took: Duration,
    /// The connections that the server accepted for it.
    pub connections: usize,
    /// The requests that the server read for it.
    pub requests: usize,
}

impl Report {
    /// The request reached the server once, and ended in this error in time.
    #[track_caller]
    pub fn sent(self, kind: TransportErrorKind) -> Self {
        let report = self.failed(kind, Delivery::Unknown);
        assert_eq!((report.connections, report.requests), (1, 1), "{}", report.case);
        report
    }

    /// The request never left, and that is what the error says.
    #[track_caller]
    pub fn not_sent(self, kind: TransportErrorKind) -> Self {
        let report = self.failed(kind, Delivery::NotSent);
        assert_eq!((report.connections, report.requests), (1, 0), "{}", report.case);
        report
    }

    #[track_caller]
    pub fn failed(self, kind: TransportErrorKind, delivery: Delivery) -> Self {
        match &self.outcome {
            Ok(reply) => panic!("{reply:?} is no {kind:?}: {}", self.case),
            Err(error) => assert_eq!(
                (error.kind(), error.delivery()),
                (kind, delivery),
                "{}: {}",
                self.case,
                chain(error)
            ),
        }
        self.in_time()
    }

    /// The reply arrived whole, after one sending.
    #[track_caller]
    pub fn replied(self, status: u16, body: impl AsRef<[u8]>) -> Self {
        match &self.outcome {
            Ok(reply) => {
                let found = (reply.status().as_u16(), reply.body().as_slice());
                assert_eq!(found, (status, body.as_ref()), "{}", self.case);
            }
            Err(error) => panic!("{}: {}", self.case, chain(error)),
        }
        assert_eq!((self.connections, self.requests), (1, 1), "{}", self.case);
        self.in_time()
    }

    #[track_caller]
    pub fn in_time(self) -> Self {
        assert!(self.took < GENEROUS, "{:?} for {}", self.took, self.case);
        self
    }

    /// The error, or one of its causes, says this.
    #[track_caller]
    pub fn because(self, reason: &str) -> Self {
        let said = chain(self.outcome.as_ref().expect_err("no reply was expected"));
        assert!(said.contains(reason), "{}: {said}", self.case);
        self
    }
}

/// The server's side of a connection.
enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

impl Wire {
    fn io(&mut self) -> &mut dyn Io {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream,
        }
    }

    fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_mut().0,
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> bool {
        let io = self.io();
        io.write_all(bytes).await.is_ok() && io.flush().await.is_ok()
    }
}

async fn play(over: Over, acceptor: Acceptor, peer: Peer, script: Vec<Step>) {
    let (stream, peer) = peer.take();
    stream.set_nodelay(true).unwrap();
    let mut wire = match over {
        Over::Plain | Over::Handshake => Wire::Plain(stream),
        Over::Tls | Over::Http2 => match acceptor.accept(stream).await {
            Some(stream) => Wire::Tls(Box::new(stream)),
            None => return,
        },
    };
    let mut frames = Frames::default();
    for step in script {
        let going = match step {
            Read if over == Over::Http2 => frames.request(wire.io(), &peer).await,
            Read => peer.put(wire.io()).request().await.is_some(),
            Listen => matches!(wire.io().read(&mut [0; 4096]).await, Ok(1..)),
            Say(bytes) => wire.say(&bytes).await,
            Pause => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                true
            }
            Drip(bytes) => {
                let mut going = true;
                for byte in bytes {
                    going = going && wire.say(&[byte]).await;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                going
            }
            Flood(bytes) => {
                while wire.say(&bytes).await {}
                false
            }
            Close => wire.io().shutdown().await.is_ok(),
            Cut => wire.tcp().shutdown().await.is_ok(),
            Reset => {
                wire.tcp().set_zero_linger().unwrap();
                return;
            }
        };
        if !going {
            return;
        }
    }
    // Reading on, so that closing the socket is no reset.
    while matches!(wire.io().read(&mut [0; 4096]).await, Ok(1..)) {}
}

/// What an HTTP/2 server has read and not yet looked at.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    greeted: bool,
}

impl Frames {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    /// Reads up to the next header section.
    async fn request(&mut self, io: &mut dyn Io, peer: &Peer<()>) -> bool {
        loop {
            while let Some(frame) = self.next() {
                if frame[3] == HEADERS {
                    peer.note(&frame);
                    return true;
                }
            }
            let mut buffer = [0; 4096];
            match io.read(&mut buffer).await {
                Ok(0) | Err(_) => return false,
                Ok(read) => self.bytes.extend_from_slice(&buffer[..read]),
            }
        }
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        if !self.greeted {
            if self.bytes.len() < Self::PREFACE.len() {
                return None;
            }
            assert_eq!(self.bytes.drain(..Self::PREFACE.len()).as_slice(), Self::PREFACE);
            self.greeted = true;
        }
        let length =
            u32::from_be_bytes([0, *self.bytes.first()?, *self.bytes.get(1)?, *self.bytes.get(2)?]);
        let whole = 9 + usize::try_from(length).unwrap();
        (self.bytes.len() >= whole).then(|| self.bytes.drain(..whole).collect())
    }
}
