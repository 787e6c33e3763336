//! The TLS configuration: the caller's, or one from the features that are on.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use crate::error::BuildError;

/// Whose cryptography TLS uses.
///
/// The default is the first in this list whose feature is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// ring.
    #[cfg(feature = "ring")]
    Ring,
    /// aws-lc-rs.
    #[cfg(feature = "aws-lc-rs")]
    AwsLcRs,
}

/// Whose word on server certificates counts.
///
/// The default is the first in this list whose feature is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Roots {
    /// The operating system's: its verifier, or on Linux and the BSDs its certificate files.
    #[cfg(feature = "platform-verifier")]
    Platform,
    /// Mozilla's root certificates, as they were when the program was built.
    #[cfg(feature = "webpki-roots")]
    WebPki,
}

const PROVIDERS: &[Provider] = &[
    #[cfg(feature = "ring")]
    Provider::Ring,
    #[cfg(feature = "aws-lc-rs")]
    Provider::AwsLcRs,
];

const ROOTS: &[Roots] = &[
    #[cfg(feature = "platform-verifier")]
    Roots::Platform,
    #[cfg(feature = "webpki-roots")]
    Roots::WebPki,
];

/// What the transport speaks, best first, in the form of ALPN.
const PROTOCOLS: &[&[u8]] = &[
    #[cfg(feature = "http2")]
    b"h2",
    b"http/1.1",
];

/// A configuration from the choices made, else from the features.
pub(crate) fn configure(
    provider: Option<Provider>,
    roots: Option<Roots>,
) -> Result<Arc<ClientConfig>, BuildError> {
    let provider = provider.or_else(|| PROVIDERS.first().copied()).ok_or(BuildError::NoProvider)?;
    let roots = roots.or_else(|| ROOTS.first().copied()).ok_or(BuildError::NoRoots)?;
    let config = trusting(roots, provider.load())?;
    Ok(speaking(Arc::new(config)))
}

impl Provider {
    fn load(self) -> Arc<CryptoProvider> {
        match self {
            #[cfg(feature = "ring")]
            Self::Ring => Arc::new(rustls::crypto::ring::default_provider()),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLcRs => Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
        }
    }
}

fn trusting(roots: Roots, provider: Arc<CryptoProvider>) -> Result<ClientConfig, BuildError> {
    #[cfg_attr(
        not(any(feature = "platform-verifier", feature = "webpki-roots")),
        expect(unused_variables, reason = "`Roots` has no value then")
    )]
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| BuildError::Tls { source: error.into() })?;
    match roots {
        #[cfg(feature = "platform-verifier")]
        Roots::Platform => {
            use rustls_platform_verifier::BuilderVerifierExt as _;
            let builder = builder
                .with_platform_verifier()
                .map_err(|error| BuildError::Roots { source: error.into() })?;
            Ok(builder.with_no_client_auth())
        }
        #[cfg(feature = "webpki-roots")]
        Roots::WebPki => {
            let store: rustls::RootCertStore =
                webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            Ok(builder.with_root_certificates(store).with_no_client_auth())
        }
    }
}

/// Leaves in the configuration's ALPN list what the transport speaks; an empty list means all of it.
pub(crate) fn speaking(mut config: Arc<ClientConfig>) -> Arc<ClientConfig> {
    let spoken = |protocol: &[u8]| PROTOCOLS.contains(&protocol);
    let mut protocols = config.alpn_protocols.clone();
    protocols.retain(|protocol| spoken(protocol));
    if protocols.is_empty() {
        protocols = PROTOCOLS.iter().map(|protocol| protocol.to_vec()).collect();
    }
    if protocols != config.alpn_protocols {
        Arc::make_mut(&mut config).alpn_protocols = protocols;
    }
    config
}
