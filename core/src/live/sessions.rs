//! Very many live sessions on one timer.

mod timer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::timer::Entry;
use self::timer::Timer;
use super::alarm::Alarm;
use super::driver::Shared;
use super::machine::{Machine, Settings};
use super::session::LiveSession;
use crate::client::Client;
use crate::model::Minutes;
use crate::runtime::Runtime;
use crate::session::Session;
use crate::state::Active;
use crate::surface::{Frontend, Surface};
use crate::transport::Transport;

/// Live sessions of very many members, for a gateway that keeps them alive: one task wakes them all,
/// where a [`LiveSession`] of its own has a task and a timer each.
///
/// The sessions that it gives are ordinary handles, without a store. They share one client, one
/// runtime and one task, and nothing else. The background work of a session ends with its last
/// handle; the task ends when this, its clones and all the sessions are gone.
///
/// The task calls the callbacks of [`LiveSession::on_change`] for what it finds, expiry for instance:
/// one that is slow holds up the others.
///
/// ```
/// use stytch_session::{Client, LiveSessions, Project, PublicToken, Session, SessionToken, TokioRuntime};
/// use stytch_session_mock::{MockTransport, replies};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let token = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
/// # let project = Project::frontend(PublicToken::new(token)?);
/// # let mock = MockTransport::new().reply(replies::authenticate());
/// # let client = Client::new(project, mock);
/// let login = Session::new().authenticate(SessionToken::new("made-up-token")?);
/// let session = client.run(login).await?;
///
/// let sessions = LiveSessions::builder(client).keep_alive().start(TokioRuntime::current());
/// let live = sessions.adopt(session);
/// assert!(live.get().is_some());
/// assert_eq!(sessions.len(), 1);
/// drop(live);
/// assert!(sessions.is_empty());
/// # Ok(())
/// # }
/// ```
pub struct LiveSessions<P: Surface = Frontend> {
    common: Arc<Common<P>>,
}

struct Common<P: Surface> {
    client: Arc<Client<P>>,
    runtime: Arc<dyn Runtime>,
    settings: Settings,
    duration: Option<Minutes>,
    timer: Arc<Timer<P>>,
}

impl<P: Surface> LiveSessions<P> {
    /// Sets them up over a client.
    pub fn builder<T: Transport + 'static>(client: Client<P, T>) -> LiveSessionsBuilder<P> {
        LiveSessionsBuilder { client: client.shared(), settings: Settings::new(), duration: None }
    }

    /// Takes over a session that the server has just confirmed.
    ///
    /// Its first refresh comes at a random time within the interval: those that are taken over
    /// together are not refreshed together.
    pub fn adopt(&self, session: Session<Active>) -> LiveSession<P> {
        let live = self.empty();
        let duration = self.common.duration;
        live.shared.step(|machine, now, seed| {
            if let Some(duration) = duration {
                machine.extend_by(duration);
            }
            machine.hold(session, now, seed);
            machine.scatter(now, seed);
        });
        live
    }

    /// A live session that nobody is logged in to yet.
    #[must_use]
    pub fn empty(&self) -> LiveSession<P> {
        let Common { client, runtime, settings, timer, .. } = &*self.common;
        let alarm = Alarm::Shared(Entry::new(Arc::clone(timer)));
        let (client, runtime) = (Arc::clone(client), Arc::clone(runtime));
        let shared = Shared::new(client, runtime, None, Machine::new(*settings), alarm);
        shared.run();
        LiveSession::new(shared)
    }

    /// How many of the sessions have handles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.common.timer.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<P: Surface> Clone for LiveSessions<P> {
    fn clone(&self) -> Self {
        Self { common: Arc::clone(&self.common) }
    }
}

impl<P: Surface> fmt::Debug for LiveSessions<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSessions")
            .field("client", &self.common.client)
            .field("settings", &self.common.settings)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// Sets [`LiveSessions`] up. Made by [`LiveSessions::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct LiveSessionsBuilder<P: Surface> {
    client: Client<P>,
    settings: Settings,
    duration: Option<Minutes>,
}

impl<P: Surface> LiveSessionsBuilder<P> {
    /// Extends the sessions at each refresh: one that was adopted by the
    /// [`session_duration`](Self::session_duration), one that was logged in to over its handle by what
    /// was asked for then.
    ///
    /// Unless it is set a refresh only renews the JWT and notices a session that has ended, which is
    /// over at its `expires_at`.
    pub const fn keep_alive(mut self) -> Self {
        self.settings = self.settings.keep_alive();
        self
    }

    /// What a refresh extends an adopted session by, if they are kept alive; the life that the session
    /// has when it is adopted, unless it is said.
    pub const fn session_duration(mut self, duration: Minutes) -> Self {
        self.duration = Some(duration);
        self
    }

    /// How long after a refresh the next one is due; 3 minutes unless it is said, and at least 10
    /// seconds. It is sooner where the JWT, or a session that is kept alive, lives for less than five
    /// minutes.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.settings = self.settings.refresh_interval(interval);
        self
    }

    /// Begins the background work.
    #[must_use]
    pub fn start(self, runtime: impl Runtime + 'static) -> LiveSessions<P> {
        let Self { client, settings, duration } = self;
        let runtime: Arc<dyn Runtime> = Arc::new(runtime);
        let timer = Timer::start(&runtime);
        let client = Arc::new(client);
        LiveSessions { common: Arc::new(Common { client, runtime, settings, duration, timer }) }
    }
}

impl<P: Surface> fmt::Debug for LiveSessionsBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSessionsBuilder")
            .field("client", &self.client)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
