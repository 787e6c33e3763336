//! `JwtVerifier`: the rules, the project's keys, and whoever fetches them.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::remembered::RememberedTokens;
use super::{AuthenticateJwt, JwtError, JwtErrorKind, JwtRules, KeySet, RsaProvider, VerifiedJwt};
use crate::cache::{Cache, Held, Limits, Unavailable};
use crate::call::GetJwks;
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::model::JsonWebKeySet;
use crate::rbac::PolicyCache;
use crate::runtime::Runtime;
use crate::secret::SessionJwt;
use crate::surface::Backend;
use crate::transport::Transport;

/// Verifies session JWTs without a request for each: a backend knows who asks within microseconds.
///
/// The project's keys are fetched when they are needed first, or by [`preload`](Self::preload), and
/// again every five minutes while tokens are verified. Nobody whose key is there waits for that. If they
/// cannot be fetched the old ones go on serving, for a day unless it is set. A token that names an
/// unknown key has them fetched once more: at once, but never more than twice in 30 seconds, whoever
/// sends how many of such. An answer without a key that can be used counts as none: the old ones serve.
///
/// It is cheap to clone; clones share keys and policy.
///
/// ```
/// use stytch_session::jwt::{JwtErrorKind, JwtVerifier};
/// use stytch_session::{Client, Password, Project, ProjectId, ProjectSecret, Session, TokioRuntime};
/// use stytch_session::{Authenticated, OrganizationId, SessionJwt};
/// use stytch_session_mock::{Emulator, Example};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stytch = Emulator::example();
/// let id = ProjectId::new(stytch.project_id())?;
/// let secret = ProjectSecret::new(stytch.project_secret())?;
/// let client = Client::new(Project::backend(id, secret), stytch.clone());
/// let verifier = JwtVerifier::builder(client.clone()).start(TokioRuntime::current());
///
/// let organization = OrganizationId::new(Example::HARBOR_LIGHTS)?;
/// let login = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
/// let Authenticated::Active(session) = client.run(Session::new().login(login)).await? else {
///     panic!("it asks for no second factor");
/// };
/// let jwt = session.session_jwt().ok_or("the backend always has one")?;
///
/// let verified = verifier.verify(jwt).await?;
/// assert_eq!(verified.member_session(), session.member_session());
///
/// let forged = SessionJwt::new(jwt.secret().replace('.', ".e30"))?;
/// assert!(verifier.verify(&forged).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct JwtVerifier {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) client: Client<Backend>,
    pub(super) policies: PolicyCache<Backend>,
    pub(super) rules: JwtRules,
    keys: Cache<KeySet>,
    remembered: Option<RememberedTokens>,
}

impl JwtVerifier {
    /// Verifies tokens of the client's project, with ring, or with aws-lc-rs where ring is off.
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "ring", feature = "aws-lc-rs"))))]
    pub fn builder<T: Transport + 'static>(client: Client<Backend, T>) -> JwtVerifierBuilder {
        #[cfg(feature = "ring")]
        let provider = super::RingProvider;
        #[cfg(not(feature = "ring"))]
        let provider = super::AwsLcProvider;
        Self::builder_with(client, provider)
    }

    /// Verifies tokens of the client's project, with this cryptography.
    pub fn builder_with<T: Transport + 'static>(
        client: Client<Backend, T>,
        provider: impl RsaProvider + 'static,
    ) -> JwtVerifierBuilder {
        JwtVerifierBuilder {
            rules: JwtRules::new(client.project()),
            client: client.shared(),
            provider: Arc::new(provider),
            keys: None,
            limits: Limits::DEFAULT,
            remembered: None,
        }
    }

    /// Verifies a token, without a request if its key is there.
    ///
    /// What it cannot see is that the session was revoked since the token was issued: that shows when it
    /// expires, five minutes after its issue. [`authenticate_jwt`](Self::authenticate_jwt) goes on to
    /// the server where that helps.
    ///
    /// Dropping the future loses nothing; a fetch that it has begun goes on.
    ///
    /// # Errors
    ///
    /// [`JwtError`]: the token's fault, except for [`JwtErrorKind::KeysUnavailable`], of which
    /// [`keys_error`](Self::keys_error) tells more.
    pub async fn verify(&self, jwt: &SessionJwt) -> Result<Arc<VerifiedJwt>, JwtError> {
        let Shared { client, rules, keys, remembered, .. } = &*self.shared;
        let held = match keys.get() {
            Some(held) => {
                let known = remembered.as_ref().and_then(|tokens| tokens.get(jwt, &held.value));
                if let Some(known) = known {
                    rules.check_times(&known, client.now())?;
                    return Ok(known);
                }
                held
            }
            None => {
                // What is no token makes nobody fetch.
                rules.key_id(jwt.secret())?;
                keys.ready().await.map_err(|_| JwtError::keys_unavailable())?
            }
        };
        let result = match self.check(jwt, &held) {
            Err(error) if error.kind() == JwtErrorKind::UnknownKey => {
                let newer = keys.newer_than(Some(&held)).await;
                newer.map_or(Err(error), |newer| self.check(jwt, &newer))
            }
            result => result,
        };
        let token = Arc::new(result?);
        if let Some(tokens) = remembered {
            tokens.insert(jwt, &rules.key_id(jwt.secret())?, &token);
        }
        Ok(token)
    }

    /// Why the keys could not be fetched the last time; none if they were, or if that took longer than
    /// ten seconds.
    #[must_use]
    pub fn keys_error(&self) -> Option<Arc<Error>> {
        self.shared.keys.error()
    }

    fn check(&self, jwt: &SessionJwt, keys: &Held<KeySet>) -> Result<VerifiedJwt, JwtError> {
        self.shared.rules.verify(jwt.secret(), &keys.value, self.now())
    }

    pub(super) fn now(&self) -> SystemTime {
        self.shared.client.now()
    }

    /// Verifies a token, and asks the server where that helps: about a token that is genuine and has
    /// expired, or is too old, the session of which may live on. The server then issues a fresh one.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use stytch_session::jwt::{AnsweredBy, AuthenticateJwtError, JwtVerifier};
    /// # use stytch_session::{AuthorizationCheck, SessionJwt};
    /// # async fn example(
    /// #     verifier: &JwtVerifier,
    /// #     jwt: SessionJwt,
    /// #     check: AuthorizationCheck,
    /// # ) -> Result<(), AuthenticateJwtError> {
    /// let authenticated = verifier.authenticate_jwt(jwt).authorization_check(check).await?;
    /// if authenticated.answered_by() == AnsweredBy::Server {
    ///     // Hand `authenticated.session_jwt()` to the browser in place of the old one.
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn authenticate_jwt(&self, jwt: SessionJwt) -> AuthenticateJwt<'_> {
        AuthenticateJwt::new(self, jwt)
    }

    /// Fetches the keys now, if they are not there: the first to ask need not wait for them. The policy
    /// is fetched by [`PolicyCache::project`].
    ///
    /// # Errors
    ///
    /// [`JwtErrorKind::KeysUnavailable`]. It is tried again when a token comes.
    pub async fn preload(&self) -> Result<(), JwtError> {
        self.shared.keys.ready().await.map(drop).map_err(|_| JwtError::keys_unavailable())
    }

    /// The client that fetches keys and policies: for whatever else the backend has to ask.
    #[must_use]
    pub fn client(&self) -> &Client<Backend> {
        &self.shared.client
    }

    /// The policies that permissions are judged by: the project's, and those of organizations.
    #[must_use]
    pub fn policies(&self) -> &PolicyCache<Backend> {
        &self.shared.policies
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("rules", &self.shared.rules)
            .field("keys", &self.shared.keys)
            .finish_non_exhaustive()
    }
}

/// Sets a [`JwtVerifier`] up. Made by [`JwtVerifier::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct JwtVerifierBuilder {
    client: Client<Backend>,
    rules: JwtRules,
    provider: Arc<dyn RsaProvider>,
    keys: Option<JsonWebKeySet>,
    limits: Limits,
    remembered: Option<NonZeroUsize>,
}

impl JwtVerifierBuilder {
    /// Goes by these rules, in place of those of the client's project: for a base URL that is a proxy.
    /// What was set before by [`issuer`](Self::issuer), [`leeway`](Self::leeway) or
    /// [`max_age`](Self::max_age) is dropped.
    pub fn rules(mut self, rules: JwtRules) -> Self {
        self.rules = rules;
        self
    }

    /// Accepts this issuer too: the base URL of a custom domain, such as `https://login.example.com`.
    /// The client's own base URL is accepted anyway, unless it is one of Stytch's own two hosts.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for what [`Project::with_base_url`](crate::Project::with_base_url) refuses.
    pub fn issuer(mut self, custom_domain: &str) -> Result<Self, InvalidInput> {
        self.rules = self.rules.issuer(custom_domain)?;
        Ok(self)
    }

    /// How far clocks may differ: so much later a token expires, and so much earlier it holds. It
    /// lengthens neither the maximum age nor the session. None unless it is set.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules = self.rules.leeway(leeway);
        self
    }

    /// How long ago a token may have been issued at most, if that is less than its own life. Zero refuses
    /// every token, so that [`JwtVerifier::authenticate_jwt`] always asks the server.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.rules = self.rules.max_age(max_age);
        self
    }

    /// Uses these keys, and never fetches any: for tests.
    pub fn keys(mut self, keys: JsonWebKeySet) -> Self {
        self.keys = Some(keys);
        self
    }

    /// How long keys go on serving that cannot be fetched anew, beyond the five minutes after which that
    /// is tried; until they are a day old unless it is set.
    pub const fn serve_stale_for(mut self, limit: Duration) -> Self {
        self.limits.serve = self.limits.refresh.saturating_add(limit);
        self
    }

    /// Remembers so many verified tokens (rounded up to a multiple of 32), some 3 KB each: for the same bytes the signature is not
    /// computed again until the token expires or its key's id is withdrawn. None unless it is set.
    ///
    /// Times are checked even so.
    pub const fn remember(mut self, tokens: NonZeroUsize) -> Self {
        self.remembered = Some(tokens);
        self
    }

    /// The verifier. Keys are fetched in tasks of the runtime, and not before they are needed.
    pub fn start(self, runtime: impl Runtime + 'static) -> JwtVerifier {
        let Self { client, rules, provider, keys, limits, remembered } = self;
        let runtime: Arc<dyn Runtime> = Arc::new(runtime);
        let remembered = remembered.map(RememberedTokens::new);
        let keys = match keys {
            Some(keys) => Cache::fixed(KeySet::new(&keys, &*provider)),
            None => {
                let client = client.clone();
                Cache::new(Arc::clone(&runtime), limits, move || {
                    let (client, provider) = (client.clone(), Arc::clone(&provider));
                    Box::pin(async move {
                        let keys = client.call(&GetJwks::new()).await?;
                        let keys = KeySet::new(&keys, &*provider);
                        // A set without one key that can be used is a mistake, not a rotation.
                        if keys.is_empty() { Err(Unavailable(None)) } else { Ok(keys) }
                    })
                })
            }
        };
        let policies = PolicyCache::over(client.clone(), runtime);
        JwtVerifier { shared: Arc::new(Shared { client, policies, rules, keys, remembered }) }
    }
}

impl fmt::Debug for JwtVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifierBuilder")
            .field("rules", &self.rules)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
