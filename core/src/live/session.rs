//! `LiveSession`: the handle.

use std::fmt;
use std::sync::Arc;

use super::builder::LiveBuilder;
use super::copy::Copied as _;
use super::driver::Shared;
use super::error::LiveError;
use super::hub::{Changes, Subscription};
use super::machine::{Change, Machine, Now, OperationId, Outcome, Unfinished, View};
use super::reader::Reader;
use crate::any::AnySession;
use crate::client::Client;
use crate::error::rejection::{Asked, is_rejection};
use crate::model::{Member, MemberId, MemberSession, Organization, Requirement};
use crate::secret::{SessionJwt, SessionToken};
use crate::session::Session;
use crate::state::{Active, Discovery, Intermediate};
use crate::store::StoreError;
use crate::surface::{Frontend, Surface};
use crate::transition::Call;
use crate::transport::Transport;

/// A session that lives: cached, watched, refreshed in the background, stored, and never lost by
/// accident. See the [module](super).
///
/// It is a handle: clones share one session, and it may be used from any thread. When the last one is
/// dropped the background work ends; the session stays in the store, and on the server.
///
/// # Dropped futures
///
/// Each operation runs in the background: dropping its future after the first poll does not cancel
/// it. What it comes to is shown when it comes, and everything stays usable. A future that was never
/// polled has done nothing.
pub struct LiveSession<P: Surface = Frontend> {
    pub(super) shared: Arc<Shared<P>>,
}

impl<P: Surface> LiveSession<P> {
    /// Sets a live session up over a client.
    pub fn builder<T: Transport + 'static>(client: Client<P, T>) -> LiveBuilder<P> {
        LiveBuilder::new(client.shared())
    }

    pub(super) const fn new(shared: Arc<Shared<P>>) -> Self {
        Self { shared }
    }

    /// The member session, if one is active and has not expired: cached, without I/O and without a
    /// lock.
    #[must_use]
    pub fn get(&self) -> Option<Arc<MemberSession>> {
        let published = self.shared.board.load();
        let session = published.session.as_ref()?;
        if self.shared.client.now() < published.expires_at {
            return Some(Arc::clone(session));
        }
        drop(published);
        self.after_expiry()
    }

    /// The clock has come to the end, or was set.
    #[cold]
    fn after_expiry(&self) -> Option<Arc<MemberSession>> {
        self.shared.expired();
        self.shared.board.load().session.clone()
    }

    /// All that is held at this moment, without what has expired.
    #[must_use]
    pub fn view(&self) -> View {
        let now = self.shared.client.now();
        let published = self.shared.board.load();
        let pending = published.view.pending();
        let active_is_over = published.session.is_some() && published.expires_at <= now;
        if !active_is_over && !pending.is_some_and(|it| it.lifetime().is_expired(now)) {
            return published.view.clone();
        }
        drop(published);
        self.shared.expired();
        self.shared.board.load().view.clone()
    }

    /// A reader for one thread, whose [`get`](Reader::get) borrows the session and costs next to
    /// nothing.
    pub fn reader(&self) -> Reader<P> {
        Reader::new(self.clone())
    }

    /// The member session, and whether it comes from the store and the server has not confirmed it
    /// yet.
    #[must_use]
    pub fn info(&self) -> Info {
        let view = self.view();
        let session = view.member_session().cloned();
        Info { from_cache: view.is_from_cache() && session.is_some(), session }
    }

    /// The session token, and the JWT if there is one.
    #[must_use]
    pub fn tokens(&self) -> Option<Tokens> {
        let session = self.active()?;
        Some(Tokens {
            session_token: session.session_token().clone(),
            session_jwt: session.session_jwt().cloned(),
        })
    }

    /// The member who is logged in.
    #[must_use]
    pub fn member(&self) -> Option<Arc<Member>> {
        self.active().map(|session| Arc::clone(&session.state().member))
    }

    /// The organization that the member is logged in to.
    #[must_use]
    pub fn organization(&self) -> Option<Arc<Organization>> {
        self.active().map(|session| Arc::clone(&session.state().organization))
    }

    /// What an intermediate session still requires. There may be an active session beside it, and
    /// there may be a [`discovery`](Self::discovery) login instead.
    #[must_use]
    pub fn pending(&self) -> Option<Requirement> {
        self.intermediate().map(|session| session.requirement().clone())
    }

    /// The whole active session: to look at, and to make calls of.
    ///
    /// ```no_run
    /// # use stytch_session::{LiveSession, live::LiveError};
    /// # async fn f(live: &LiveSession) -> Result<(), LiveError> {
    /// if let Some(session) = live.active() {
    ///     let codes = live.call(&session.recovery_codes()).await?;
    /// #   let _ = codes;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn active(&self) -> Option<Arc<Session<Active>>> {
        self.view().active().cloned()
    }

    /// The whole intermediate session, if one is unfinished: to look at, and to make calls of.
    #[must_use]
    pub fn intermediate(&self) -> Option<Arc<Session<Intermediate>>> {
        match self.view().pending() {
            Some(Unfinished::Intermediate(session)) => Some(Arc::clone(session)),
            _ => None,
        }
    }

    /// The discovery login, if one is unfinished: an organization is to be chosen.
    #[must_use]
    pub fn discovery(&self) -> Option<Arc<Session<Discovery>>> {
        match self.view().pending() {
            Some(Unfinished::Discovery(session)) => Some(Arc::clone(session)),
            _ => None,
        }
    }

    /// Calls `callback` for each change from now on, in order, until the subscription is dropped.
    ///
    /// It is called by whatever task or thread makes the change, with no lock held: it may use the
    /// live session. Changes that it makes itself, or that others make meanwhile, are told when it
    /// returns. A panic in it is caught. If more than 1,024 changes wait, the oldest are dropped, and
    /// the next one says how many ([`Change::missed`]).
    pub fn on_change(&self, callback: impl FnMut(&Change) + Send + 'static) -> Subscription {
        Subscription::new(&self.shared.hub, Box::new(callback))
    }

    /// The changes from now on, as a stream.
    pub fn changes(&self) -> Changes {
        Changes::new(&self.shared.hub)
    }

    /// Why the store could not be read or written the last time, if it could not. The session goes
    /// on; what was not written is tried again.
    #[must_use]
    pub fn store_error(&self) -> Option<Arc<StoreError>> {
        self.shared.ask(|machine| machine.store_error().cloned())
    }

    /// Makes a call, which changes no session. Its future does it: dropping that cancels it.
    ///
    /// If the answer says that the unfinished login which the call was made with is no longer known,
    /// that is dropped.
    ///
    /// # Errors
    ///
    /// [`LiveError::Kept`], or [`LiveError::Ended`] if it was the end of the unfinished login.
    pub async fn call<C: Call<P>>(&self, call: &C) -> Result<C::Output, LiveError> {
        let request = self.shared.client.request(call);
        let pending = self.shared.board.load().view.pending().cloned();
        let pending = pending.filter(|pending| {
            let token = pending.token().secret().as_bytes();
            request.body().windows(token.len().max(1)).any(|part| part == token)
        });
        let reply = self.shared.client.transport().send(request);
        let result = match reply.await {
            Ok(reply) => self.shared.client.project().decode(call, &reply),
            Err(error) => Err(error.into()),
        };
        result.map_err(|error| match pending {
            Some(pending) if is_rejection(Asked::Intermediate, P::SIDE, &error) => {
                self.shared.step(|machine, _, _| machine.intermediate_is_gone(pending.token()));
                LiveError::Ended(Arc::new(error))
            }
            _ => LiveError::Kept(Arc::new(error)),
        })
    }

    /// Gives up what is unfinished: a login, an exchange, a discovery. An active session stays. Local
    /// only: the server is not told.
    ///
    /// # Errors
    ///
    /// [`LiveError::Store`] if that could not be written.
    pub async fn abandon(&self) -> Result<(), LiveError> {
        self.locally(Machine::abandon).await
    }

    /// Forgets everything here and in the store, without telling the server, where the session lives
    /// on until it expires. [`revoke`](Self::revoke) is a logout.
    ///
    /// # Errors
    ///
    /// [`LiveError::Store`] if that could not be written.
    pub async fn forget(&self) -> Result<(), LiveError> {
        self.locally(Machine::forget).await
    }

    async fn locally(
        &self,
        act: impl FnOnce(&mut Machine, Now) -> OperationId,
    ) -> Result<(), LiveError> {
        let (_, (), ended) = self.shared.begin(|machine, now| Ok((act(machine, now), ())))?;
        ended.await.map(|_| ())
    }

    /// Ends the live session, for all its handles: nothing is sent and nothing written any more, and
    /// what is under way ends as [`LiveError::Closed`]. The session stays in the store and on the
    /// server; what was shown last can still be read.
    ///
    /// Dropping the last handle does the same.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Leaves the live session: the background work ends, and the typed session goes on. What is in
    /// the store stays there.
    ///
    /// Of a discovery login beside an active session, the active session comes back.
    ///
    /// # Errors
    ///
    /// The handle, if it is not the last one.
    pub fn into_session(self) -> Result<AnySession, Self> {
        if !self.shared.is_last_handle() {
            return Err(self);
        }
        // What is held when nothing can change it any more.
        self.shared.close();
        let view = self.view();
        let active = view.active().map(|session| session.copied());
        Ok(match (active, view.pending()) {
            (active, Some(Unfinished::Intermediate(session))) => {
                let mut session = session.copied();
                session.state_mut().previous = active;
                AnySession::Intermediate(session)
            }
            (Some(session), _) => AnySession::Active(session),
            (None, Some(Unfinished::Discovery(session))) => AnySession::Discovery(session.copied()),
            (None, _) => AnySession::LoggedOut(Session::new()),
        })
    }
}

impl LiveSession<Frontend> {
    /// Ends all sessions of a member of this organization, where the caller's roles allow it. It has
    /// no effect here, not even for the member's own session: the next refresh notices.
    ///
    /// Source: `POST /sdk/v1/b2b/sessions/revoke/{member_id}`.
    ///
    /// # Errors
    ///
    /// [`LiveError::NoSession`] if nobody is logged in, else [`LiveError::Kept`].
    pub async fn revoke_for_member(&self, member: &MemberId) -> Result<(), LiveError> {
        let session = self.active().ok_or(LiveError::NoSession)?;
        self.call(&session.revoke_for_member(member)).await.map(|_| ())
    }
}

impl<P: Surface> Clone for LiveSession<P> {
    fn clone(&self) -> Self {
        self.shared.add_handle();
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P: Surface> Drop for LiveSession<P> {
    fn drop(&mut self) {
        self.shared.remove_handle();
    }
}

impl<P: Surface> fmt::Debug for LiveSession<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSession").field("view", &self.view()).finish_non_exhaustive()
    }
}

/// The member session, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Info {
    /// The member session, if one is active.
    pub session: Option<Arc<MemberSession>>,
    /// It was read from the store, and the server has not confirmed it yet.
    pub from_cache: bool,
}

/// The tokens of a session. `Debug` shows none of them.
///
/// ```
/// use stytch_session::SessionToken;
/// use stytch_session::live::Tokens;
///
/// let tokens = Tokens::from(SessionToken::new("made-up-token")?);
/// assert!(tokens.session_jwt.is_none());
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tokens {
    /// The session token.
    pub session_token: SessionToken,
    /// The session JWT, if there is one: valid for five minutes from the last refresh.
    pub session_jwt: Option<SessionJwt>,
}

impl From<SessionToken> for Tokens {
    fn from(session_token: SessionToken) -> Self {
        Self { session_token, session_jwt: None }
    }
}

/// Where a login or an exchange of a live session has led. Exhaustive.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a wildcard arm would lose a session")]
pub enum Progress {
    /// The session is active.
    Active(Arc<MemberSession>),
    /// More is required.
    Intermediate(Requirement),
}

impl Progress {
    /// The member session, if nothing more is required.
    #[must_use]
    pub fn active(self) -> Option<Arc<MemberSession>> {
        match self {
            Self::Active(session) => Some(session),
            Self::Intermediate(_) => None,
        }
    }
}

impl Outcome {
    pub(super) fn into_progress(self) -> Result<Progress, LiveError> {
        match self {
            Self::Active(session) => {
                Ok(Progress::Active(Arc::clone(&session.state().member_session)))
            }
            Self::Intermediate(session) => {
                Ok(Progress::Intermediate(session.requirement().clone()))
            }
            // No login leads there.
            Self::Discovery(_) | Self::LoggedOut(_) => Err(LiveError::Closed),
        }
    }

    pub(super) fn into_member_session(self) -> Result<Arc<MemberSession>, LiveError> {
        match self {
            Self::Active(session) => Ok(Arc::clone(&session.state().member_session)),
            // No refresh leads there.
            _ => Err(LiveError::Closed),
        }
    }
}
