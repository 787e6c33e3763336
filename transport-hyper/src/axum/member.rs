//! `Member`: who asks.

use std::fmt;
use std::sync::Arc;

use ::axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use stytch_session::jwt::{AnsweredBy, AuthenticatedJwt};
use stytch_session::{Active, MemberSession, Session, SessionJwt, SessionToken};

use super::auth::Auth;
use super::rejection::{Rejection, RejectionKind};

/// The member who makes a request: an extractor, for routers whose state is or has an [`Auth`].
///
/// Without one the request is answered by a [`Rejection`]. An `Option<Member>` is `None` where the
/// request brings nothing, or nothing that is accepted; it is a rejection too, 503, where nobody can
/// tell: an outage is not mistaken for nobody.
///
/// The response depends on who asks: [`RenewCookies`](super::RenewCookies) says so to caches.
///
/// ```
/// use axum::Json;
/// use stytch_session::MemberId;
/// use stytch_session_hyper::axum::Member;
///
/// async fn greet(member: Member) -> String {
///     format!("Good evening, {}!", member.member_session().member_id())
/// }
///
/// async fn greet_anybody(member: Option<Member>) -> String {
///     match member {
///         Some(member) => greet(member).await,
///         None => "Good evening!".to_owned(),
///     }
/// }
/// # let _ = axum::Router::<stytch_session_hyper::axum::Auth>::new()
/// #     .route("/", axum::routing::get(greet).post(greet_anybody));
/// ```
#[derive(Clone)]
pub struct Member {
    answer: Arc<Answer>,
}

/// By what a member is known.
pub(super) enum Answer {
    Jwt(AuthenticatedJwt),
    Token(Box<Session<Active>>),
}

impl Member {
    pub(super) fn new(answer: Answer) -> Self {
        Self { answer: Arc::new(answer) }
    }

    /// The member's session: who they are, in which organization, with which roles and factors.
    #[must_use]
    pub fn member_session(&self) -> &MemberSession {
        match &*self.answer {
            Answer::Jwt(answer) => answer.member_session(),
            Answer::Token(session) => session.member_session(),
        }
    }

    /// Who has said so: the signature of the JWT, or the server, which was asked.
    #[must_use]
    pub fn answered_by(&self) -> AnsweredBy {
        match &*self.answer {
            Answer::Jwt(answer) => answer.answered_by(),
            Answer::Token(_) => AnsweredBy::Server,
        }
    }

    /// The JWT to use from now on: the one that the request brought, or the server's fresh one.
    #[must_use]
    pub fn session_jwt(&self) -> Option<&SessionJwt> {
        match &*self.answer {
            Answer::Jwt(answer) => answer.session_jwt(),
            Answer::Token(session) => session.session_jwt(),
        }
    }

    /// The JWT that the client does not have yet, if the server has issued a fresh one.
    ///
    /// [`RenewCookies`](super::RenewCookies) hands it to who came with a cookie. A client that sends
    /// bearers has to be told of it by the handler, or refreshes its session by itself, as a `LiveSession`
    /// does.
    #[must_use]
    pub fn renewed_jwt(&self) -> Option<&SessionJwt> {
        match self.answered_by() {
            AnsweredBy::Server => self.session_jwt(),
            _ => None,
        }
    }

    pub(super) fn session_token(&self) -> Option<&SessionToken> {
        match &*self.answer {
            Answer::Jwt(_) => None,
            Answer::Token(session) => Some(session.session_token()),
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("member_session", self.member_session())
            .field("answered_by", &self.answered_by())
            .finish_non_exhaustive()
    }
}

impl<S> FromRequestParts<S> for Member
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Auth::from_ref(state).member(parts).await
    }
}

impl<S> OptionalFromRequestParts<S> for Member
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        match Auth::from_ref(state).member(parts).await {
            Ok(member) => Ok(Some(member)),
            Err(rejection) if rejection.kind() == RejectionKind::Unauthenticated => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}
