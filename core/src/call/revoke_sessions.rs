//! Ending sessions other than one's own.

use crate::context::Context;
use crate::error::Error;
use crate::model::{MemberId, MemberSessionId};
use crate::project::Project;
use crate::secret::{SessionJwt, SessionToken};
use crate::session::Session;
use crate::state::Active;
use crate::surface::{Backend, Frontend};
use crate::transition::origin::sealed::Origin as _;
use crate::transition::{Call, Endpoint, REVOKE_ROUTE};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::Route;

/// Ends one session, or all sessions of a member. Backend only.
///
/// Source: `POST /v1/b2b/sessions/revoke`.
///
/// ```
/// use stytch_session::{MemberSessionId, RevokeSessions};
///
/// let call = RevokeSessions::by_id(MemberSessionId::new("session-test-1")?);
/// # let _ = call;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a call does nothing until its request is sent"]
pub struct RevokeSessions {
    which: Which,
    on_behalf_of: Option<SessionToken>,
}

#[derive(Debug, Clone)]
enum Which {
    Id(MemberSessionId),
    Token(SessionToken),
    Jwt(SessionJwt),
    Member(MemberId),
}

impl RevokeSessions {
    const fn new(which: Which) -> Self {
        Self { which, on_behalf_of: None }
    }

    /// The session with this id.
    pub const fn by_id(id: MemberSessionId) -> Self {
        Self::new(Which::Id(id))
    }

    /// The session with this token.
    pub const fn by_token(token: SessionToken) -> Self {
        Self::new(Which::Token(token))
    }

    /// The session with this JWT.
    pub const fn by_jwt(jwt: SessionJwt) -> Self {
        Self::new(Which::Jwt(jwt))
    }

    /// All sessions of this member.
    pub const fn of_member(member: MemberId) -> Self {
        Self::new(Which::Member(member))
    }

    /// Acts with the rights of the member of `session` in place of the project's full rights.
    pub fn on_behalf_of(mut self, session: &Session<Active>) -> Self {
        self.on_behalf_of = Some(session.session_token().clone());
        self
    }
}

impl Endpoint<Backend> for RevokeSessions {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        let draft = project.post(REVOKE_ROUTE);
        let draft = match &self.which {
            Which::Id(id) => draft.field("member_session_id", id),
            Which::Token(token) => draft.field("session_token", token.secret()),
            Which::Jwt(jwt) => draft.field("session_jwt", jwt.secret()),
            Which::Member(member) => draft.field("member_id", member),
        };
        match &self.on_behalf_of {
            Some(token) => draft.sensitive_header("x-stytch-member-session", token.secret()),
            None => draft,
        }
        .finish(context)
    }
}

impl Call<Backend> for RevokeSessions {
    type Output = ();

    fn decode(&self, response: &Response) -> Result<(), Error> {
        let mut secrets: Vec<&str> = self.on_behalf_of.iter().map(SessionToken::secret).collect();
        match &self.which {
            Which::Token(token) => secrets.push(token.secret()),
            Which::Jwt(jwt) => secrets.push(jwt.secret()),
            Which::Id(_) | Which::Member(_) => {}
        }
        reply::done::<Backend>(response, &secrets)
    }
}

const MEMBER_ROUTE: Route = Route::new(
    "/sdk/v1/b2b/sessions/revoke/{member_id}",
    "/v1/b2b/sessions/revoke/{member_id}",
    Repeat::Always,
);

/// Ends all sessions of a member of the caller's organization. Frontend only.
///
/// The caller's roles must allow `revoke-sessions` on `stytch.member`. The caller's own session is
/// left alone here, even if it is among those that the server ended: the next refresh finds out.
///
/// Source: `POST /sdk/v1/b2b/sessions/revoke/{member_id}`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct RevokeForMember<'a> {
    session: &'a Active,
    member: MemberId,
}

impl<'a> RevokeForMember<'a> {
    pub(crate) const fn new(session: &'a Active, member: MemberId) -> Self {
        Self { session, member }
    }
}

impl Endpoint<Frontend> for RevokeForMember<'_> {
    fn request(&self, project: &Project<Frontend>, context: &Context<'_>) -> Request {
        project
            .post(MEMBER_ROUTE)
            .segment(self.member.as_str())
            .without_body()
            .session(self.session)
            .finish(context)
    }
}

impl Call<Frontend> for RevokeForMember<'_> {
    type Output = ();

    fn decode(&self, response: &Response) -> Result<(), Error> {
        reply::done::<Frontend>(response, &self.session.secrets())
    }
}
