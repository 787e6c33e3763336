//! A token is verified here, or by the server.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::{JwtError, JwtErrorKind, JwtVerifier, VerifiedJwt};
use crate::error::Error;
use crate::model::{AuthorizationCheck, MemberSession};
use crate::rbac::Denied;
use crate::secret::SessionJwt;
use crate::session::Session;
use crate::state::Active;
use crate::transition::Failure;

/// Verifying a token, here or by the server; made by [`JwtVerifier::authenticate_jwt`].
///
/// It is sent to the server if it is genuine and only the time speaks against it, or if this program has
/// no keys or no policy to judge it by. What is forged, or belongs to another project, is refused here,
/// and so is a member who lacks the permission.
#[must_use = "nothing is verified until it is awaited"]
pub struct AuthenticateJwt<'v> {
    verifier: &'v JwtVerifier,
    jwt: SessionJwt,
    max_age: Option<Duration>,
    check: Option<AuthorizationCheck>,
}

impl<'v> AuthenticateJwt<'v> {
    pub(super) const fn new(verifier: &'v JwtVerifier, jwt: SessionJwt) -> Self {
        Self { verifier, jwt, max_age: None, check: None }
    }

    /// Asks the server about a token that was issued so long ago or longer; zero always does.
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Refuses a member who may not do this.
    ///
    /// The policy is the project's, with the roles of the member's organization. Both are fetched when
    /// they are needed first, and again when somebody asks after five minutes; in an outage the old ones
    /// serve, for up to a day. Name the organization by its id: a slug is another one here.
    pub fn authorization_check(mut self, check: AuthorizationCheck) -> Self {
        self.check = Some(check);
        self
    }

    async fn run(self) -> Result<AuthenticatedJwt, AuthenticateJwtError> {
        let Self { verifier, jwt, max_age, check } = self;
        let verified = verifier.verify(&jwt).await.and_then(|verified| {
            if let Some(max_age) = max_age {
                verifier.shared.rules.check_age(&verified, max_age, verifier.now())?;
            }
            Ok(verified)
        });
        match verified {
            Ok(verified) => match &check {
                None => return Ok(AuthenticatedJwt(Answer::Here(verified, jwt))),
                Some(check) => {
                    let session = verified.member_session();
                    let organization = session.organization_id();
                    // Without the policy the server decides.
                    if let Ok(policy) = verifier.policies().organization(organization).await {
                        policy.require(session, check)?;
                        return Ok(AuthenticatedJwt(Answer::Here(verified, jwt)));
                    }
                }
            },
            Err(error) if error.is_genuine() => {}
            Err(error) if error.kind() == JwtErrorKind::KeysUnavailable => {}
            Err(error) => return Err(error.into()),
        }
        let step = Session::new().authenticate(jwt);
        let client = &verifier.shared.client;
        let session = match check {
            Some(check) => client.run(step.authorization_check(check)).await,
            None => client.run(step).await,
        };
        match session {
            Ok(session) => Ok(AuthenticatedJwt(Answer::Server(session))),
            Err(Failure::Kept { error, .. } | Failure::Ended { error }) => Err(error.into()),
        }
    }
}

impl<'v> IntoFuture for AuthenticateJwt<'v> {
    type Output = Result<AuthenticatedJwt, AuthenticateJwtError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'v>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for AuthenticateJwt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateJwt")
            .field("max_age", &self.max_age)
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}

/// A token that was verified, and by whom.
#[derive(Debug)]
pub struct AuthenticatedJwt(Answer);

#[derive(Debug)]
enum Answer {
    Here(Arc<VerifiedJwt>, SessionJwt),
    Server(Session<Active>),
}

/// Who has verified a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnsweredBy {
    /// This program, by the signature: no request was made for it.
    Signature,
    /// Stytch: what it says is true now, and it has issued a fresh token.
    Server,
}

impl AuthenticatedJwt {
    /// Who has verified it.
    #[must_use]
    pub const fn answered_by(&self) -> AnsweredBy {
        match &self.0 {
            Answer::Here(..) => AnsweredBy::Signature,
            Answer::Server(_) => AnsweredBy::Server,
        }
    }

    /// The member session that it speaks of.
    #[must_use]
    pub fn member_session(&self) -> &MemberSession {
        match &self.0 {
            Answer::Here(verified, _) => verified.member_session(),
            Answer::Server(session) => session.member_session(),
        }
    }

    /// The token to use from now on: the one that was given, or the server's fresh one. None only if
    /// the server's answer has none.
    #[must_use]
    pub fn session_jwt(&self) -> Option<&SessionJwt> {
        match &self.0 {
            Answer::Here(_, jwt) => Some(jwt),
            Answer::Server(session) => session.session_jwt(),
        }
    }

    /// The session, with member, organization and session token, if the server has answered.
    #[must_use]
    pub fn into_session(self) -> Option<Session<Active>> {
        match self.0 {
            Answer::Here(..) => None,
            Answer::Server(session) => Some(session),
        }
    }
}

/// Why a token is not accepted.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuthenticateJwtError {
    /// It is not valid, and the server was not asked.
    Jwt(JwtError),
    /// The member may not do what was asked; decided here.
    Denied(Denied),
    /// The server was asked, and has refused, or could not be reached. A member who lacks the permission
    /// is refused with the type `session_authorization_error`, or, in another organization,
    /// `session_authorization_tenancy_error`.
    Server(Error),
}

impl From<JwtError> for AuthenticateJwtError {
    fn from(error: JwtError) -> Self {
        Self::Jwt(error)
    }
}

impl From<Denied> for AuthenticateJwtError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Error> for AuthenticateJwtError {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl fmt::Display for AuthenticateJwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jwt(error) => error.fmt(f),
            Self::Denied(denied) => denied.fmt(f),
            Self::Server(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AuthenticateJwtError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Jwt(error) => error.source(),
            Self::Denied(denied) => denied.source(),
            Self::Server(error) => error.source(),
        }
    }
}
