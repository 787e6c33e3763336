//! What a session JWT must fulfil.

use std::time::{Duration, SystemTime};

use super::claims::Claims;
use super::envelope::Envelope;
use super::error::{JwtError, JwtErrorKind};
use super::keys::KeySet;
use super::verified::VerifiedJwt;
use crate::error::InvalidInput;
use crate::model::Timestamp;
use crate::project::{Project, ProjectId};
use crate::surface::Backend;

/// What a session JWT must fulfil: whose it is, whom it is for, and how old it may be.
///
/// The issuer is `stytch.com/<project id>`, or a custom domain; the audience is the project's id.
/// There is no leeway and no maximum age unless they are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtRules {
    audience: Box<str>,
    issuers: Vec<Box<str>>,
    leeway: Duration,
    max_age: Option<Duration>,
}

impl JwtRules {
    /// The rules of a project.
    ///
    /// Its base URL, unless it is one of Stytch's own two hosts, is a custom domain, and an issuer
    /// too. Where it is a proxy instead, use [`JwtRules::for_project_id`].
    #[must_use]
    pub fn new(project: &Project<Backend>) -> Self {
        let rules = Self::of(project.user.clone());
        if project.is_at_stytch() { rules } else { rules.and_issuer(project.base_text()) }
    }

    /// The rules of the project with this id, without a custom domain.
    #[must_use]
    pub fn for_project_id(id: ProjectId) -> Self {
        Self::of(id.into_text())
    }

    fn of(id: Box<str>) -> Self {
        Self {
            issuers: vec![format!("stytch.com/{id}").into()],
            audience: id,
            leeway: Duration::ZERO,
            max_age: None,
        }
    }

    /// Accepts tokens that a custom domain of the project issues, such as
    /// `https://login.example.com`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for what [`Project::with_base_url`] refuses.
    ///
    /// ```
    /// use stytch_session::ProjectId;
    /// use stytch_session::jwt::JwtRules;
    ///
    /// let id = ProjectId::new("project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d")?;
    /// let rules = JwtRules::for_project_id(id).issuer("https://login.example.com")?;
    /// assert!(rules.issuer("login.example.com").is_err());
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    pub fn issuer(self, custom_domain: &str) -> Result<Self, InvalidInput> {
        let url = crate::project::base_text(custom_domain)
            .map_err(|problem| InvalidInput::new("issuer", problem))?;
        Ok(self.and_issuer(url))
    }

    fn and_issuer(mut self, issuer: Box<str>) -> Self {
        if !self.issuers.contains(&issuer) {
            self.issuers.push(issuer);
        }
        self
    }

    /// How far this machine's clock and Stytch's may be apart. 0 by default; a minute is plenty.
    ///
    /// It counts for `exp`, `nbf`, and, if a maximum age is set, for an `iat` in the future. It
    /// lengthens neither the maximum age nor the session.
    #[must_use]
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long ago a token may have been issued. Not limited by default, so that `exp` decides,
    /// five minutes after `iat`.
    ///
    /// A token whose age has reached it is [`TooOld`](JwtErrorKind::TooOld); with 0, each is.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Verifies a session JWT: that Stytch made it, for this project, and that it holds `now`.
    ///
    /// The token is the bare `session_jwt`. The [module](super) lists the checks.
    ///
    /// # Errors
    ///
    /// A [`JwtError`] with the first check that failed. It holds nothing of the token.
    pub fn verify(
        &self,
        jwt: &str,
        keys: &KeySet,
        now: SystemTime,
    ) -> Result<VerifiedJwt, JwtError> {
        let envelope = Envelope::open(jwt)?;
        let kid = envelope.key_id()?;
        let key = keys.get(&kid).ok_or(JwtError::new(JwtErrorKind::UnknownKey))?;
        if !key.verify(envelope.signed(), envelope.signature()) {
            return Err(JwtError::new(JwtErrorKind::Signature));
        }
        let claims = Claims::read(envelope.payload(), &self.audience)?;
        if !self.issuers.iter().any(|issuer| **issuer == claims.issuer) {
            return Err(JwtError::about(JwtErrorKind::Issuer, "iss"));
        }
        if !claims.is_for_us {
            return Err(JwtError::about(JwtErrorKind::Audience, "aud"));
        }
        let verified = VerifiedJwt::of(claims);
        self.check_times(&verified, now)?;
        Ok(verified)
    }

    /// Checks once more whether a token that was verified before holds `now`.
    ///
    /// # Errors
    ///
    /// A [`JwtError`] that [is genuine](JwtError::is_genuine).
    pub fn check_times(&self, token: &VerifiedJwt, now: SystemTime) -> Result<(), JwtError> {
        let fail = |kind, claim| Err(JwtError::about(kind, claim));
        let moment = Timestamp::from(now);
        if token.expires_at.saturating_add(self.leeway) <= moment {
            return fail(JwtErrorKind::Expired, "exp");
        }
        if token.not_before > moment.saturating_add(self.leeway) {
            return fail(JwtErrorKind::NotYetValid, "nbf");
        }
        if let Some(max_age) = self.max_age {
            self.check_age(token, max_age, now)?;
        }
        if token.member_session().is_expired(now) {
            return fail(JwtErrorKind::SessionExpired, "expires_at");
        }
        Ok(())
    }

    /// Checks that a token was not issued so long ago.
    pub(super) fn check_age(
        &self,
        token: &VerifiedJwt,
        max_age: Duration,
        now: SystemTime,
    ) -> Result<(), JwtError> {
        let moment = Timestamp::from(now);
        if token.issued_at > moment.saturating_add(self.leeway) {
            return Err(JwtError::about(JwtErrorKind::IssuedInFuture, "iat"));
        }
        if moment.saturating_duration_since(token.issued_at) >= max_age {
            return Err(JwtError::about(JwtErrorKind::TooOld, "iat"));
        }
        Ok(())
    }

    /// The id of the key that a token names (`kid`), for whoever has to fetch keys.
    ///
    /// The envelope is checked as by [`JwtRules::verify`]: size, three parts, base64url, header.
    /// The signature is not, so that anybody may have made the id up: ask for the key set no more
    /// often because of it.
    ///
    /// # Errors
    ///
    /// A [`JwtError`] with the first check that failed.
    pub fn key_id(&self, jwt: &str) -> Result<String, JwtError> {
        Ok(Envelope::open(jwt)?.key_id()?.into_owned())
    }
}
