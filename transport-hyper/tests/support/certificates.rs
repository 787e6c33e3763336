//! A certificate authority for one test, and both ends of TLS.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of it")]

use std::io::Write as _;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use stytch_session_hyper::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use stytch_session_hyper::rustls::server::danger::ClientCertVerifier;
use stytch_session_hyper::rustls::server::{NoClientAuth, WebPkiClientVerifier};
use stytch_session_hyper::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::{OK, Server};

/// An authority that nobody knows but who asks it.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A client that trusts this authority alone, and offers these protocols.
    pub fn client(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols =
            protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// A server with a certificate for `name`, speaking these protocols.
    pub fn server(&self, name: &str, protocols: &[&str]) -> Acceptor {
        self.server_with(&CertificateParams::new([name.to_owned()]).unwrap(), protocols)
    }

    /// A server with a certificate of these particulars.
    pub fn server_with(&self, params: &CertificateParams, protocols: &[&str]) -> Acceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Acceptor::new(certificate.der().clone(), &key, protocols)
    }

    /// A server with a certificate for `name` that wants one of its client, from `authority`.
    pub fn server_for_clients_of(&self, name: &str, authority: &Self) -> Acceptor {
        let mut roots = RootCertStore::empty();
        roots.add(authority.0.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        Acceptor::demanding(verifier.build().unwrap(), certificate, &key, &[])
    }
}

#[derive(Clone)]
pub struct Acceptor(Arc<ServerConfig>);

impl Acceptor {
    /// A server that answers each request over TLS.
    pub async fn answering(self) -> Server {
        Server::start(move |_, peer| {
            let acceptor = self.clone();
            async move {
                let (stream, peer) = peer.take();
                let Some(stream) = acceptor.accept(stream).await else { return };
                let mut peer = peer.put(stream);
                while peer.request().await.is_some() {
                    peer.send(OK).await;
                }
            }
        })
        .await
    }

    /// A server that vouches for itself.
    pub fn self_signed(name: &str, protocols: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        Self::new(params.self_signed(&key).unwrap().der().clone(), &key, protocols)
    }

    fn new(certificate: CertificateDer<'static>, key: &KeyPair, protocols: &[&str]) -> Self {
        Self::demanding(Arc::new(NoClientAuth), certificate, key, protocols)
    }

    fn demanding(
        verifier: Arc<dyn ClientCertVerifier>,
        certificate: CertificateDer<'static>,
        key: &KeyPair,
        protocols: &[&str],
    ) -> Self {
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate], key)
            .unwrap();
        config.alpn_protocols =
            protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Self(Arc::new(config))
    }

    /// The server's side of the handshake, with bytes sent before the client has finished its own.
    pub async fn accept_saying(
        &self,
        stream: TcpStream,
        early: &[u8],
    ) -> Option<TlsStream<TcpStream>> {
        let mut config = ServerConfig::clone(&self.0);
        config.send_half_rtt_data = true;
        TlsAcceptor::from(Arc::new(config))
            .accept_with(stream, |session| session.writer().write_all(early).unwrap())
            .await
            .ok()
    }

    /// The server's side of the handshake; `None` if it fails.
    pub async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        TlsAcceptor::from(Arc::clone(&self.0)).accept(stream).await.ok()
    }
}
