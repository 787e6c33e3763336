//! Sending without async.

use std::fmt;
use std::sync::Arc;

use stytch_session::{BlockingTransport, Request, Response, Transport, TransportError};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::builder::HyperTransportBuilder;
use crate::error::BuildError;
use crate::guard::{Refusal, refused};
use crate::transport::HyperTransport;

/// [`HyperTransport`] for programs without async: a command-line tool, a script, a test.
///
/// It has a small runtime of its own: one thread, which ends when the last clone is dropped. All
/// threads may send at the same time. Limits, errors and sending again are as with
/// [`HyperTransport`].
///
/// # From async code
///
/// It would hold up the tasks of a tokio runtime, so it does not work on the threads of one, those
/// of `spawn_blocking` included: the error is `Refused` and says so. [`HyperTransport`] belongs
/// there.
///
/// ```
/// use stytch_session::{Client, Project, PublicToken, Session, SessionToken};
/// use stytch_session_hyper::BlockingHyperTransport;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = BlockingHyperTransport::new()?;
/// # let transport = stytch_session_hyper::HyperTransport::builder().loopback_only().build_blocking()?;
///
/// let token = PublicToken::new("public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f")?;
/// let client = Client::new(Project::frontend(token), transport);
///
/// let step = Session::new().authenticate(SessionToken::new("made-up-token")?);
/// match client.run_blocking(step) {
///     Ok(session) => println!("{}", session.member_session().member_session_id()),
///     Err(failure) => println!("{}", stytch_session::Error::from(failure)),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct BlockingHyperTransport {
    transport: HyperTransport,
    runtime: Arc<OwnRuntime>,
}

/// A runtime that may be dropped anywhere.
struct OwnRuntime(Option<Runtime>);

impl BlockingHyperTransport {
    /// A transport with the defaults of [`HyperTransportBuilder`];
    /// [`build_blocking`](HyperTransportBuilder::build_blocking) makes one with others.
    ///
    /// # Errors
    ///
    /// A [`BuildError`], as with [`HyperTransport::new`], or because no thread could be started.
    pub fn new() -> Result<Self, BuildError> {
        HyperTransport::builder().build_blocking()
    }
}

impl HyperTransportBuilder {
    /// Builds a transport for programs without async, and starts its thread.
    ///
    /// # Errors
    ///
    /// A [`BuildError`], as with [`build`](Self::build), or because no thread could be started.
    pub fn build_blocking(self) -> Result<BlockingHyperTransport, BuildError> {
        let transport = self.build()?;
        // One worker drives the connections also while nobody sends: it sees a server close them.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("stytch-session-hyper")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|source| BuildError::Runtime { source })?;
        Ok(BlockingHyperTransport { transport, runtime: Arc::new(OwnRuntime(Some(runtime))) })
    }
}

impl BlockingTransport for BlockingHyperTransport {
    fn send(&self, request: Request) -> Result<Response, TransportError> {
        match &self.runtime.0 {
            Some(runtime) if Handle::try_current().is_err() => {
                runtime.block_on(self.transport.send(request))
            }
            _ => Err(refused(Refusal::InsideRuntime)),
        }
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // To wait for it would panic in async code.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for BlockingHyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingHyperTransport").field(&self.transport).finish()
    }
}
