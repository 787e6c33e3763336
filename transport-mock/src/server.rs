//! The emulator over HTTP/1.1.

mod control;
mod cors;
mod faults;
mod guard;
mod page;
mod patience;
mod requests;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener, ToSocketAddrs};
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use stytch_session::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::emulator::Emulator;
use crate::fault::{Delay, HeldBack};
use cors::Origin;
use patience::Patient;

/// The largest request body: 1 MiB.
const MAX_BODY: usize = 1024 * 1024;

/// The largest request header section: 64 KiB.
const MAX_HEADERS: usize = 64 * 1024;

/// How long a client may take to send headers, and then a body, and how long it may not read.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many connections are served at the same time.
const MAX_CONNECTIONS: usize = 1024;

/// An emulator that serves HTTP/1.1; it stops when this is dropped.
///
/// Beside the API there are a page for people at `/` and control routes for tests in any language
/// under `/_emulator/`, both for this machine only; the crate's README describes them. Web pages of
/// every origin may use the API (CORS), and nothing else.
///
/// ```
/// use stytch_session_mock::{Emulator, Server};
///
/// let server = Server::start(&Emulator::example(), "127.0.0.1:0")?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    worker: Option<Worker>,
}

enum Worker {
    Task(tokio::task::JoinHandle<()>),
    Thread(std::thread::JoinHandle<()>),
}

/// From where the server may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// From this machine only.
    Loopback,
    /// From everywhere. The emulator's credentials are public: mind who can connect.
    Everywhere,
}

impl Server {
    /// Serves `emulator` at a loopback address from a thread of its own, for tests without async.
    /// Port 0 picks a free one.
    ///
    /// # Errors
    ///
    /// If the address is not a loopback address, or cannot be listened on.
    pub fn start(emulator: &Emulator, address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::start_with(emulator, address, Reach::Loopback)
    }

    /// As [`start`](Self::start), for any address that `reach` allows.
    ///
    /// # Errors
    ///
    /// If `reach` does not allow the address, or it cannot be listened on.
    pub fn start_with(
        emulator: &Emulator,
        address: impl ToSocketAddrs,
        reach: Reach,
    ) -> io::Result<Self> {
        let listener = listen(address, reach)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let emulator = emulator.clone();
        // Registered with the runtime before the thread starts, so that failures are seen here.
        let listener = {
            let _guard = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new()
            .name("stytch-emulator".to_owned())
            .spawn(move || runtime.block_on(accept(listener, emulator, stopped)))?;
        Ok(Self { address, stop, worker: Some(Worker::Thread(thread)) })
    }

    /// The address it listens on.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, for instance `http://127.0.0.1:49152`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops, and waits until the port is free again. Connections are cut.
    pub async fn shutdown(mut self) {
        let _ = self.stop.send(true);
        match self.worker.take() {
            Some(Worker::Task(task)) => drop(task.await),
            Some(Worker::Thread(thread)) => drop(thread.join()),
            None => {}
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        match self.worker.take() {
            Some(Worker::Task(task)) => task.abort(),
            Some(Worker::Thread(thread)) => drop(thread.join()),
            None => {}
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Emulator {
    /// Serves this emulator at a loopback address, on the current tokio runtime. Port 0 picks a
    /// free one.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use stytch_session_mock::Emulator;
    ///
    /// let server = Emulator::example().serve("127.0.0.1:0").await?;
    /// println!("{}", server.url());
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the address is not a loopback address, or cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time drivers enabled.
    pub async fn serve(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        self.serve_with(address, Reach::Loopback).await
    }

    /// As [`serve`](Self::serve), for any address that `reach` allows.
    ///
    /// # Errors
    ///
    /// If `reach` does not allow the address, or it cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its I/O and time drivers enabled.
    #[expect(clippy::unused_async, reason = "resolving names may become asynchronous")]
    pub async fn serve_with(
        &self,
        address: impl ToSocketAddrs,
        reach: Reach,
    ) -> io::Result<Server> {
        let listener = TcpListener::from_std(listen(address, reach)?)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(accept(listener, self.clone(), stopped));
        Ok(Server { address, stop, worker: Some(Worker::Task(task)) })
    }
}

fn listen(address: impl ToSocketAddrs, reach: Reach) -> io::Result<StdListener> {
    let addresses: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
    let outside = addresses.iter().find(|address| !address.ip().is_loopback());
    if let (Reach::Loopback, Some(outside)) = (reach, outside) {
        let problem = format!("{outside} is not a loopback address");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, problem));
    }
    let listener = StdListener::bind(addresses.as_slice())?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn accept(listener: TcpListener, emulator: Emulator, mut stopped: watch::Receiver<bool>) {
    // Dropped at the end, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = stopped.changed() => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream, emulator.clone())); }
                // Too many open files, most likely: let some connections end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

async fn serve(stream: TcpStream, emulator: Emulator) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(&emulator, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(TokioIo::new(Patient::new(stream, PATIENCE)), service);
    // An error concerns this one client only; it shows in what that client sees.
    let _ = pin!(connection).await;
}

/// The answer, or the error that makes hyper cut the connection.
async fn respond(
    emulator: &Emulator,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Cut> {
    let origin = Origin::of(request.headers());
    // Not to be read by web pages; every other answer is, refusals too.
    let local = is_local(request.uri().path());
    let answer = match read(request).await {
        Ok(request) if local => full(answer_locally(emulator, &request)),
        Ok(request) if cors::is_preflight(&request) => cors::preflight(),
        Ok(request) => {
            let number = emulator.turns().begin();
            let answer = match emulator.respond(&request) {
                Ok(answer) => Ok(full(late(emulator, number, answer).await)),
                Err(_) => Err(Cut),
            };
            emulator.turns().answered(number);
            answer?
        }
        Err(refused) => refused,
    };
    Ok(if local { answer } else { origin.allow(answer) })
}

/// An answer at the time when a fault lets it go.
async fn late(emulator: &Emulator, number: u64, mut answer: Response) -> Response {
    let extensions = answer.extensions_mut();
    if let Some(Delay(delay)) = extensions.remove() {
        tokio::time::sleep(delay.min(faults::LONGEST)).await;
    } else if extensions.remove::<HeldBack>().is_some() {
        let _ = tokio::time::timeout(faults::LONGEST, emulator.turns().hold(number)).await;
    }
    answer
}

/// The whole request, or why it is refused.
async fn read(request: http::Request<Incoming>) -> Result<Request, http::Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    // hyper bounds its buffer, which may hold more than one read beyond the limit.
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    if target + headers.sum::<usize>() > MAX_HEADERS {
        return Err(refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(body)) => Ok(http::Request::from_parts(parts, body.to_bytes().to_vec())),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(refuse(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Ok(Err(_)) => Err(refuse(StatusCode::BAD_REQUEST)),
        Err(_) => Err(refuse(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Whether a path belongs to what people and tests look at, and not to the API.
fn is_local(path: &str) -> bool {
    // Browsers ask for the icon; it is no call of the API.
    path == "/" || path == "/favicon.ico" || path.starts_with(control::PREFIX)
}

fn answer_locally(emulator: &Emulator, request: &Request) -> Response {
    if let Err(problem) = guard::check(request) {
        return control::error(StatusCode::FORBIDDEN, problem);
    }
    let path = request.uri().path();
    if path.starts_with(control::PREFIX) {
        return control::answer(emulator, request);
    }
    match *request.method() {
        Method::GET | Method::HEAD if path == "/" => page::answer(emulator, request),
        Method::GET | Method::HEAD => local(StatusCode::NO_CONTENT, Vec::new(), "image/x-icon"),
        _ => control::error(StatusCode::METHOD_NOT_ALLOWED, "there is a page to GET here"),
    }
}

fn local_json(status: StatusCode, value: &Value) -> Response {
    local(status, format!("{value}\n").into_bytes(), "application/json")
}

/// An answer for this machine's own eyes: not to be kept, framed, guessed at or used by others.
fn local(status: StatusCode, body: Vec<u8>, content_type: &'static str) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// A bare status, after which the connection closes: what is left of the body is not read.
fn refuse(status: StatusCode) -> http::Response<Full<Bytes>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    full(response)
}

fn full(response: Response) -> http::Response<Full<Bytes>> {
    response.map(|body| Full::new(Bytes::from(body)))
}

/// A connection is to be cut, as a planned fault says.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut by a planned fault")
    }
}

impl std::error::Error for Cut {}
