//! `Auth`: what of a request to look at, and who judges it.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;
use stytch_session::jwt::{AnsweredBy, JwtVerifier};
use stytch_session::{AuthorizationCheck, Failure, ResourceId, Session, SessionToken};

use super::cookie;
use super::credential::{Credential, Places};
use super::member::{Answer, Member};
use super::rejection::{Rejection, RejectionKind};
use super::renewal::Notes;

/// Finds out who asks: a [`JwtVerifier`], and where in a request to look. It is, or is a part of, the
/// state of a router, and cheap to clone.
///
/// ```
/// use stytch_session::jwt::JwtVerifier;
/// use stytch_session_hyper::axum::{Auth, InvalidSetting};
///
/// fn auth(verifier: JwtVerifier) -> Result<Auth, InvalidSetting> {
///     Auth::new(verifier).jwt_cookie("__Host-session")?.session_token_cookie("__Host-token")
/// }
/// ```
#[derive(Clone)]
pub struct Auth {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    verifier: JwtVerifier,
    places: Places,
    domain: Option<Box<str>>,
}

impl Auth {
    /// Looks for bearers and for the cookies `stytch_session_jwt` and `stytch_session`.
    #[must_use]
    pub fn new(verifier: JwtVerifier) -> Self {
        let places = Places {
            jwt_cookie: Some("stytch_session_jwt".into()),
            token_cookie: Some("stytch_session".into()),
        };
        Self { shared: Arc::new(Shared { verifier, places, domain: None }) }
    }

    /// The JWT's cookie has this name.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`] if no cookie can have it.
    pub fn jwt_cookie(mut self, name: &str) -> Result<Self, InvalidSetting> {
        self.shared_mut().places.jwt_cookie = Some(checked_name(name)?);
        Ok(self)
    }

    /// The session token's cookie has this name.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`] if no cookie can have it.
    pub fn session_token_cookie(mut self, name: &str) -> Result<Self, InvalidSetting> {
        self.shared_mut().places.token_cookie = Some(checked_name(name)?);
        Ok(self)
    }

    /// The cookies that [`RenewCookies`](super::RenewCookies) sets have this `Domain`. It has to be the
    /// one that the login gave them, or none where that gave none, which is the default: else the
    /// browser keeps two cookies of the same name.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`] if it is no domain. Names in other scripts are written as `xn--…`.
    pub fn cookie_domain(mut self, domain: &str) -> Result<Self, InvalidSetting> {
        if !cookie::is_domain(domain) {
            return Err(InvalidSetting("the domain of a cookie has letters, digits, `-` and `.`"));
        }
        self.shared_mut().domain = Some(domain.into());
        Ok(self)
    }

    /// Session tokens are not looked at: nobody makes the server be asked who has no genuine JWT.
    #[must_use]
    pub fn no_session_tokens(mut self) -> Self {
        self.shared_mut().places.token_cookie = None;
        self
    }

    /// Cookies are not looked at.
    #[must_use]
    pub fn bearer_only(mut self) -> Self {
        self.shared_mut().places = Places { jwt_cookie: None, token_cookie: None };
        self
    }

    fn shared_mut(&mut self) -> &mut Shared {
        Arc::make_mut(&mut self.shared)
    }

    /// The verifier.
    #[must_use]
    pub fn verifier(&self) -> &JwtVerifier {
        &self.shared.verifier
    }

    /// Who asks: what the extractor [`Member`] does, for middleware of your own. What it has
    /// found out stays with the request, so that nobody finds it out twice.
    ///
    /// # Errors
    ///
    /// [`RejectionKind::Unauthenticated`] or [`RejectionKind::Unavailable`].
    pub async fn member(&self, parts: &mut Parts) -> Result<Member, Rejection> {
        let notes = parts.extensions.get::<Notes>().cloned();
        if let Some(notes) = &notes {
            notes.note_question();
        }
        let known = parts.extensions.get::<Known>();
        let known = match known.filter(|known| Arc::ptr_eq(&known.by.shared, &self.shared)) {
            Some(known) => known.clone(),
            None => {
                let (found, renewed) = match self.find(parts).await {
                    Ok((member, renewed)) => (Ok(member), renewed),
                    Err(rejection) => (Err(rejection), Vec::new()),
                };
                let known = Known { by: self.clone(), found, renewed: renewed.into() };
                parts.extensions.insert(known.clone());
                known
            }
        };
        if let Some(notes) = &notes {
            // Also if it was found out in a layer around that of the notes.
            notes.note_cookies(known.renewed.iter().cloned());
        }
        known.found
    }

    /// The member, and the cookies that the browser is to have.
    async fn find(&self, parts: &Parts) -> Result<(Member, Vec<HeaderValue>), Rejection> {
        let credential = Credential::find(&parts.headers, &self.shared.places)?;
        let in_cookie = !matches!(credential, Credential::Bearer(_));
        let (answer, token) = self.authenticate(credential).await?;
        let member = Member::new(answer);
        let renewed = if in_cookie { self.renewed(&member, token.as_ref()) } else { Vec::new() };
        Ok((member, renewed))
    }

    /// The answer, and the session token if that was given.
    async fn authenticate(
        &self,
        credential: Credential,
    ) -> Result<(Answer, Option<SessionToken>), Rejection> {
        let verifier = self.verifier();
        match credential {
            Credential::Bearer(jwt) | Credential::JwtCookie(jwt) => {
                Ok((Answer::Jwt(verifier.authenticate_jwt(jwt).await?), None))
            }
            Credential::TokenCookie(token) => {
                let step = Session::new().authenticate(token.clone());
                match verifier.client().run(step).await {
                    Ok(session) => Ok((Answer::Token(Box::new(session)), Some(token))),
                    Err(Failure::Kept { error, .. } | Failure::Ended { error }) => {
                        Err(error.into())
                    }
                }
            }
        }
    }

    /// What the server has renewed, for the browser.
    fn renewed(&self, member: &Member, given: Option<&SessionToken>) -> Vec<HeaderValue> {
        if member.answered_by() != AnsweredBy::Server {
            return Vec::new();
        }
        let Shared { places, domain, .. } = &*self.shared;
        let session = member.member_session();
        // Both times are the server's, so that no clock of ours matters.
        let life = session.expires_at().saturating_duration_since(session.last_accessed_at());
        let seconds = Some(life.as_secs()).filter(|seconds| *seconds > 0);
        let set = |name: &Option<Box<str>>, value: &str| {
            let name = name.as_deref()?;
            cookie::set(name, value, domain.as_deref(), seconds)
        };
        let jwt = member.session_jwt().and_then(|jwt| set(&places.jwt_cookie, jwt.secret()));
        let token = match (given, member.session_token()) {
            (Some(given), Some(token)) if given != token => {
                set(&places.token_cookie, token.secret())
            }
            _ => None,
        };
        jwt.into_iter().chain(token).collect()
    }

    /// Whether the member may do this, by the project's policy with the roles of the member's
    /// organization: for a handler in which it depends on more than the route.
    ///
    /// If the policy cannot be fetched the server is asked. It is about what the member may do in their
    /// own organization: where a path names one, compare it with that of the session yourself.
    ///
    /// ```
    /// use axum::extract::{Path, State};
    /// use stytch_session::ResourceId;
    /// use stytch_session_hyper::axum::{Auth, Member, Rejection};
    ///
    /// async fn lamp(
    ///     State(auth): State<Auth>,
    ///     member: Member,
    ///     Path(action): Path<String>,
    /// ) -> Result<String, Rejection> {
    ///     let lamps = ResourceId::new("lamps").expect("it is a legal id");
    ///     auth.require(&member, &lamps, &action).await?;
    ///     Ok(action)
    /// }
    /// # let _ = axum::Router::<Auth>::new().route("/lamp/{action}", axum::routing::post(lamp));
    /// ```
    ///
    /// # Errors
    ///
    /// [`RejectionKind::Forbidden`]; [`RejectionKind::Unavailable`] if nobody can tell; and
    /// [`RejectionKind::Unauthenticated`] if the server was asked and the session has ended.
    pub async fn require(
        &self,
        member: &Member,
        resource: &ResourceId,
        action: &str,
    ) -> Result<(), Rejection> {
        let session = member.member_session();
        let organization = session.organization_id();
        let check = AuthorizationCheck::new(organization, resource.clone(), action);
        let unavailable = match self.verifier().policies().organization(organization).await {
            Ok(policy) => {
                let allowed = policy.require(session, &check);
                return allowed.map_err(|denied| Rejection::new(RejectionKind::Forbidden, denied));
            }
            Err(unavailable) => unavailable,
        };
        let Some(jwt) = member.session_jwt() else {
            return Err(Rejection::new(RejectionKind::Unavailable, unavailable));
        };
        let step = Session::new().authenticate(jwt.clone()).authorization_check(check);
        match self.verifier().client().run(step).await {
            Ok(_) => Ok(()),
            Err(Failure::Kept { error, .. } | Failure::Ended { error }) => Err(error.into()),
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth")
            .field("places", &self.shared.places)
            .field("domain", &self.shared.domain)
            .finish_non_exhaustive()
    }
}

/// Who was found to ask, in the extensions of a request.
#[derive(Clone)]
struct Known {
    by: Auth,
    found: Result<Member, Rejection>,
    renewed: Arc<[HeaderValue]>,
}

/// A name or domain that no cookie can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSetting(&'static str);

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidSetting {}

fn checked_name(name: &str) -> Result<Box<str>, InvalidSetting> {
    if cookie::is_name(name) {
        Ok(name.into())
    } else {
        Err(InvalidSetting(
            "the name of a cookie has letters, digits, and marks such as `-` and `_`",
        ))
    }
}
