//! How a live session is set up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::alarm::{Alarm, Bell};
use super::driver::{Shared, open};
use super::machine::{Machine, Now, Settings};
use super::session::LiveSession;
use crate::client::Client;
use crate::runtime::Runtime;
use crate::session::Session;
use crate::state::Active;
use crate::store::{Store, StoreError};
use crate::surface::Surface;

/// Sets a [`LiveSession`] up. Made by [`LiveSession::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct LiveBuilder<P: Surface> {
    client: Client<P>,
    store: Option<Arc<dyn Store>>,
    settings: Settings,
    session: Option<Session<Active>>,
}

impl<P: Surface> LiveBuilder<P> {
    pub(super) const fn new(client: Client<P>) -> Self {
        Self { client, store: None, settings: Settings::new(), session: None }
    }

    /// Where the session rests between runs. None unless it is said: then it ends with the last
    /// handle.
    ///
    /// Processes that share a store share one session and one refresh, and see each other's changes
    /// within a second; while the store fails, it is asked less often, after a minute at most. A process
    /// whose refresh takes longer than half a minute is not waited for.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self.settings = self.settings.stored();
        self
    }

    /// Extends the session at each refresh, by the duration that the application last asked for (a
    /// login that asks for none asks for 60 minutes on the frontend). That is remembered in the
    /// store.
    ///
    /// Unless it is set a refresh only renews the JWT and notices a session that has ended, which is
    /// over at its `expires_at`.
    pub const fn keep_alive(mut self) -> Self {
        self.settings = self.settings.keep_alive();
        self
    }

    /// How long after a refresh the next one is due; 3 minutes unless it is said, and at least 10
    /// seconds. It is sooner where the JWT, or a session that is kept alive, lives for less than five
    /// minutes.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.settings = self.settings.refresh_interval(interval);
        self
    }

    /// Begins with a session that is active already. What is in the store is replaced by it.
    ///
    /// If it is kept alive it is extended by the life that it has, until the application asks for
    /// another duration.
    pub fn session(mut self, session: Session<Active>) -> Self {
        self.session = Some(session);
        self
    }

    /// Reads the store and begins the background work.
    ///
    /// A session from the store is shown at once and refreshed in the background
    /// ([`LiveSession::info`] says whether the server has confirmed it). Dropping the future leaves
    /// nothing behind.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read, or does not answer within 10 seconds. It is left as
    /// it is.
    pub async fn start(
        self,
        runtime: impl Runtime + 'static,
    ) -> Result<LiveSession<P>, Arc<StoreError>> {
        let Self { client, store, settings, session } = self;
        let runtime: Arc<dyn Runtime> = Arc::new(runtime);
        let now = || Now { wall: client.now(), elapsed: runtime.now() };
        let mut machine = Machine::new(settings);
        if let Some(store) = &store {
            open(&mut machine, &**store, &*runtime, now, 0).await?;
        }
        if let Some(session) = session {
            machine.hold(session, now(), 0);
        }
        let alarm = Alarm::Own(Bell::default());
        let shared = Shared::new(Arc::new(client), runtime, store, machine, alarm);
        shared.run();
        Ok(LiveSession::new(shared))
    }
}

impl<P: Surface> fmt::Debug for LiveBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveBuilder")
            .field("client", &self.client)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
