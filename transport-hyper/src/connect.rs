//! Connections: name, TCP and TLS, within one time limit.

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

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Opens connections, for hyper-util's client.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: Option<Arc<ClientConfig>>,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(tls: Option<Arc<ClientConfig>>, limit: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Shared out among a name's addresses, so that a dead one leaves time for the next.
        tcp.set_connect_timeout(Some(limit));
        Self { tcp, tls, limit }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connecting: Self::Future = match &self.tls {
            Some(config) => HttpsConnector::from((self.tcp.clone(), Arc::clone(config))).call(url),
            None => {
                let connecting = self.tcp.call(url);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
        };
        let limit = self.limit;
        Box::pin(async move {
            match tokio::time::timeout(limit, connecting).await {
                Ok(outcome) => outcome,
                Err(_) => Err(LimitPassed::Connect { after: limit }.into()),
            }
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
