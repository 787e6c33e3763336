//! Connections: name, TCP, the way through a proxy, and TLS, within one time limit.

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::error::{LimitPassed, Unresolved};
use crate::guard::is_localhost;
use crate::pace::Paced;
use crate::proxy::{Proxies, Proxy};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// To the origin, or to a proxy and through it to the origin: clear text, or TLS with the proxy.
type BelowTls = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: Option<Tls>,
    proxies: Arc<Proxies>,
    limit: Duration,
}

/// TLS on both parts of the way.
#[derive(Clone)]
struct Tls {
    with_origin: Arc<ClientConfig>,
    with_proxy: Arc<ClientConfig>,
}

impl Connector {
    pub(crate) fn new(
        tls: Option<Arc<ClientConfig>>,
        proxies: Arc<Proxies>,
        limit: Duration,
        stall: Duration,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // A server that takes nothing more must not hold a connection that is given up.
        #[cfg(any(target_os = "android", target_os = "linux"))]
        tcp.set_tcp_user_timeout(Some(stall));
        #[cfg(not(any(target_os = "android", target_os = "linux")))]
        let _ = stall;
        // Shared out among a name's addresses, so that a dead one leaves time for the next.
        tcp.set_connect_timeout(Some(limit));
        Self { tcp, tls: tls.map(Tls::new), proxies, limit }
    }
}

impl Tls {
    fn new(with_origin: Arc<ClientConfig>) -> Self {
        let mut with_proxy = Arc::clone(&with_origin);
        // A tunnel is asked for in HTTP/1.1.
        Arc::make_mut(&mut with_proxy).alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { with_origin, with_proxy }
    }
}

impl Service<Uri> for Connector {
    type Response = Paced<MaybeHttpsStream<BelowTls>>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let proxy = self.proxies.of(&url);
        let connecting: BoxFuture<MaybeHttpsStream<BelowTls>, BoxError> = match &self.tls {
            Some(Tls { with_origin, with_proxy }) => {
                let way = Way {
                    tcp: self.tcp.clone(),
                    proxy: proxy.clone(),
                    tls_with_proxy: Arc::clone(with_proxy),
                };
                HttpsConnector::from((way, Arc::clone(with_origin))).call(url)
            }
            None => {
                let connecting = self.tcp.call(url);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?.into())) })
            }
        };
        let limit = self.limit;
        Box::pin(async move {
            let outcome = match tokio::time::timeout(limit, connecting).await {
                Ok(outcome) => outcome,
                Err(_) => Err(LimitPassed::Connect { after: limit }.into()),
            };
            outcome.map(Paced::new).map_err(|error| match proxy {
                Some(proxy) => proxy.involved(error),
                None => error,
            })
        })
    }
}

/// What TLS with the origin runs over.
struct Way {
    tcp: HttpConnector<Resolver>,
    proxy: Option<Arc<Proxy>>,
    tls_with_proxy: Arc<ClientConfig>,
}

impl Service<Uri> for Way {
    type Response = BelowTls;
    type Error = BoxError;
    type Future = BoxFuture<BelowTls, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let Some(proxy) = self.proxy.clone() else {
            let connecting = self.tcp.call(url);
            return Box::pin(async move { Ok(connecting.await?.into()) });
        };
        let to_proxy = (self.tcp.clone(), Arc::clone(&self.tls_with_proxy));
        let connecting = HttpsConnector::from(to_proxy).call(proxy.url().clone());
        Box::pin(async move {
            let stream = connecting.await.map_err(|error| proxy.unreachable(error))?;
            Ok(proxy.tunnel(stream, &url).await?)
        })
    }
}

/// The system's resolver, except that `localhost` is this machine without asking: clear text is
/// allowed to go there, so nobody else may say where that is.
#[derive(Debug, Clone)]
pub(crate) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = BoxFuture<Self::Response, Unresolved>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        self.0.poll_ready(context).map_err(Unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        if is_localhost(name.as_str()) {
            let addresses = vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
            return Box::pin(async move { Ok(addresses.into_iter()) });
        }
        let asking = self.0.call(name);
        Box::pin(async move {
            let found = asking.await.map_err(Unresolved)?;
            Ok(found.collect::<Vec<_>>().into_iter())
        })
    }
}
