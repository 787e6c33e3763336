//! The connections of a transport, and which of them a request goes over.
//!
//! hyper-util has a pool too. It costs a seventh of a whole call with one caller and a third with
//! 64, and does not know which runtime drives a connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};
use hyper::client::conn::http1;
#[cfg(feature = "http2")]
use hyper::client::conn::http2;
#[cfg(feature = "http2")]
use hyper_util::client::legacy::connect::Connection as _;
#[cfg(feature = "http2")]
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::{Handle, Id};
#[cfg(feature = "http2")]
use tokio::sync::{Notify, futures::OwnedNotified};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tower_service::Service as _;

use crate::connect::{BoxError, Connector};
use crate::connection::{Connection, Shared};

/// How many servers are remembered of which nothing is known any more.
const FORGOTTEN: usize = 16;

/// The connections of one transport.
pub(crate) struct Pool {
    connector: Connector,
    idle_timeout: Duration,
    max_idle: usize,
    header_buffer: usize,
    origins: Mutex<Vec<Arc<Origin>>>,
}

/// One server, and the connections to it.
pub(crate) struct Origin {
    scheme: Scheme,
    authority: Authority,
    /// What stands in `Host`.
    host: HeaderValue,
    /// Host and port, for errors.
    peer: Box<str>,
    connections: Mutex<Connections>,
}

#[derive(Default)]
struct Connections {
    /// HTTP/1 connections without a request, the one used last at the end.
    idle: Vec<(Connection, Instant)>,
    /// HTTP/2 connections, one for each runtime, and when they were used last.
    #[cfg(feature = "http2")]
    shared: Vec<(Arc<Shared>, Instant)>,
    /// The runtimes on which a connection is being opened that may be for many, and who is told
    /// when that has come to an end.
    #[cfg(feature = "http2")]
    opening: Vec<(Id, Arc<Notify>)>,
    /// Whether the server speaks HTTP/1 only, as far as is known.
    #[cfg(feature = "http2")]
    http1_only: bool,
    /// The tasks that close those that have rested for too long, one on each runtime: another one
    /// may be at rest.
    reapers: Vec<(Id, JoinHandle<()>)>,
}

impl Pool {
    pub(crate) fn new(
        connector: Connector,
        idle_timeout: Duration,
        max_idle: usize,
        header_buffer: usize,
    ) -> Self {
        Self { connector, idle_timeout, max_idle, header_buffer, origins: Mutex::default() }
    }

    /// The server of a URL, if a request went there before.
    pub(crate) fn known(&self, url: &Uri) -> Option<Arc<Origin>> {
        let (scheme, authority) = (url.scheme()?, url.authority()?);
        let origins = lock(&self.origins);
        origins.iter().find(|origin| origin.is(scheme, authority)).map(Arc::clone)
    }

    /// The server of a URL, from now on; none if the URL names none.
    pub(crate) fn add(&self, url: &Uri) -> Option<Arc<Origin>> {
        let origin = Arc::new(Origin::new(url.scheme()?, url.authority()?)?);
        let mut origins = lock(&self.origins);
        if origins.len() >= FORGOTTEN {
            origins.retain(|origin| Arc::strong_count(origin) > 1 || !origin.is_unused());
        }
        // Another caller may have been here in the meantime.
        let known = origins.iter().find(|known| known.is(&origin.scheme, &origin.authority));
        if let Some(known) = known {
            return Some(Arc::clone(known));
        }
        origins.push(Arc::clone(&origin));
        Some(origin)
    }

    /// An open connection without a request, or one for many, that this runtime drives; and for how
    /// long it has rested.
    pub(crate) fn take(
        &self,
        origin: &Origin,
        runtime: Id,
        now: Instant,
    ) -> Option<(Connection, Duration)> {
        let mut connections = origin.connections();
        #[cfg(feature = "http2")]
        {
            connections.shared.retain(|(shared, _)| !shared.is_closed());
            let mut all = connections.shared.iter_mut();
            if let Some((shared, used)) = all.find(|(shared, _)| shared.runtime == runtime) {
                let rest = now.saturating_duration_since(*used);
                *used = now;
                let shared = Arc::clone(shared);
                drop(connections);
                return Some((Connection::http2(shared), rest));
            }
        }
        while let Some(index) =
            connections.idle.iter().rposition(|(connection, _)| connection.runtime == runtime)
        {
            let (connection, since) = connections.idle.remove(index);
            let rest = now.saturating_duration_since(since);
            if !connection.is_closed() && rest < self.idle_timeout {
                return Some((connection, rest));
            }
        }
        None
    }

    /// Takes a connection back, whose reply is complete.
    pub(crate) fn put(&self, origin: &Arc<Origin>, connection: Connection) {
        if connection.is_closed() || connection.shared().is_some() {
            return;
        }
        let now = Instant::now();
        let mut connections = origin.connections();
        if connections.idle.len() >= self.max_idle {
            // Those of a runtime that is gone are taken by nobody.
            connections.drop_rested(now, self.idle_timeout);
        }
        if connections.idle.len() < self.max_idle {
            let runtime = connection.runtime;
            connections.idle.push((connection, now));
            connections.have_reaped(origin, runtime, self.idle_timeout);
        }
    }

    /// Opens a connection that this runtime drives; or waits for one that is being opened, if it
    /// may be for many.
    pub(crate) async fn open(&self, origin: &Arc<Origin>) -> Result<Connection, BoxError> {
        let runtime = Handle::current().id();
        #[cfg(feature = "http2")]
        let _opening = match Opening::begin(origin, runtime) {
            Begun::First(opening) => Some(opening),
            Begun::Second(end) => {
                end.await;
                if let Some((connection, _)) = self.take(origin, runtime, Instant::now()) {
                    if connection.is_ready() {
                        return Ok(connection);
                    }
                }
                None
            }
            Begun::Alone => None,
        };
        let stream =
            self.connector.clone().call(origin.url(None).ok_or("the URL makes no sense")?).await?;
        #[cfg(feature = "http2")]
        if stream.connected().is_negotiated_h2() {
            let (sender, driver) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_header_list_size(u32::try_from(self.header_buffer).unwrap_or(u32::MAX))
                .handshake(stream)
                .await?;
            tokio::spawn(driver);
            let shared = Arc::new(Shared::new(sender, runtime));
            let now = Instant::now();
            let mut connections = origin.connections();
            connections.http1_only = false;
            // Of several that were opened at the same time one stays.
            if connections.shared.iter().all(|(shared, _)| shared.runtime != runtime) {
                connections.shared.push((Arc::clone(&shared), now));
                connections.have_reaped(origin, runtime, self.idle_timeout);
            }
            drop(connections);
            return Ok(Connection::http2(shared));
        }
        #[cfg(feature = "http2")]
        {
            origin.connections().http1_only = true;
        }
        let (mut sender, driver) =
            http1::Builder::new().max_buf_size(self.header_buffer).handshake(stream).await?;
        tokio::spawn(driver);
        sender.ready().await?;
        Ok(Connection::http1(sender, runtime))
    }
}

impl Origin {
    fn new(scheme: &Scheme, authority: &Authority) -> Option<Self> {
        let usual = if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(usual);
        let peer = format!("{}:{port}", authority.host());
        let host = if port == usual { authority.host() } else { &peer };
        Some(Self {
            scheme: scheme.clone(),
            authority: authority.clone(),
            host: HeaderValue::from_str(host).ok()?,
            peer: peer.into(),
            connections: Mutex::default(),
        })
    }

    /// What stands in `Host` (RFC 9110, section 7.2).
    pub(crate) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// Host and port.
    pub(crate) fn peer(&self) -> &str {
        &self.peer
    }

    /// No new request goes over this one.
    #[cfg(feature = "http2")]
    pub(crate) fn forget(&self, bad: &Weak<Shared>) {
        self.connections().shared.retain(|(shared, _)| Arc::as_ptr(shared) != bad.as_ptr());
    }

    #[cfg(not(feature = "http2"))]
    pub(crate) fn forget(&self, _: &Weak<Shared>) {}

    fn is(&self, scheme: &Scheme, authority: &Authority) -> bool {
        self.authority.as_str() == authority.as_str() && self.scheme == *scheme
    }

    /// The URL of a path there.
    pub(crate) fn url(&self, path: Option<&PathAndQuery>) -> Option<Uri> {
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query =
            Some(path.cloned().unwrap_or_else(|| PathAndQuery::from_static("/")));
        Uri::from_parts(parts).ok()
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        lock(&self.connections)
    }

    fn is_unused(&self) -> bool {
        self.connections().is_empty()
    }
}

impl Connections {
    fn is_empty(&self) -> bool {
        #[cfg(feature = "http2")]
        if !self.shared.is_empty() {
            return false;
        }
        self.idle.is_empty()
    }

    /// Has those closed that rest for too long, by a task that ends when there are none.
    fn have_reaped(&mut self, origin: &Arc<Origin>, runtime: Id, idle_timeout: Duration) {
        self.reapers.retain(|(_, reaper)| !reaper.is_finished());
        if self.reapers.iter().all(|(of, _)| *of != runtime) {
            let origin = Arc::downgrade(origin);
            self.reapers.push((runtime, tokio::spawn(reap(origin, runtime, idle_timeout))));
        }
    }

    /// Drops those that have rested for too long; whether there are others.
    fn drop_rested(&mut self, now: Instant, idle_timeout: Duration) -> bool {
        let rested = |since: Instant| now.saturating_duration_since(since) >= idle_timeout;
        self.idle.retain(|(connection, since)| !connection.is_closed() && !rested(*since));
        #[cfg(feature = "http2")]
        self.shared.retain_mut(|(shared, used)| {
            if Arc::strong_count(shared) > 1 {
                *used = now;
            }
            !shared.is_closed() && !rested(*used)
        });
        !self.is_empty()
    }
}

/// A connection is being opened that may be for many.
#[cfg(feature = "http2")]
struct Opening {
    origin: Arc<Origin>,
    runtime: Id,
}

#[cfg(feature = "http2")]
enum Begun {
    /// Others wait for it, until it is dropped.
    First(Opening),
    /// Somebody else is at it: this ends with it.
    Second(OwnedNotified),
    /// Nobody waits: the connection is for one request at a time.
    Alone,
}

#[cfg(feature = "http2")]
impl Opening {
    fn begin(origin: &Arc<Origin>, runtime: Id) -> Begun {
        let mut connections = origin.connections();
        if connections.http1_only || origin.scheme != Scheme::HTTPS {
            return Begun::Alone;
        }
        let under_way = connections.opening.iter().find(|(of, _)| *of == runtime);
        if let Some((_, end)) = under_way {
            return Begun::Second(Arc::clone(end).notified_owned());
        }
        connections.opening.push((runtime, Arc::default()));
        Begun::First(Self { origin: Arc::clone(origin), runtime })
    }
}

#[cfg(feature = "http2")]
impl Drop for Opening {
    fn drop(&mut self) {
        let mut connections = self.origin.connections();
        let mut ended = Vec::new();
        connections.opening.retain(|(of, end)| {
            let other = *of != self.runtime;
            if !other {
                ended.push(Arc::clone(end));
            }
            other
        });
        drop(connections);
        ended.iter().for_each(|end| end.notify_waiters());
    }
}

async fn reap(origin: Weak<Origin>, runtime: Id, idle_timeout: Duration) {
    loop {
        // So a connection rests for half as long again at most.
        sleep((idle_timeout / 2).max(Duration::from_millis(1))).await;
        let Some(origin) = origin.upgrade() else { return };
        let mut connections = origin.connections();
        if !connections.drop_rested(Instant::now(), idle_timeout) {
            connections.reapers.retain(|(of, _)| *of != runtime);
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
