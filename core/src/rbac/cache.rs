//! Policies, fetched now and then.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::Policy;
use crate::cache::{Cache, Limits, Unavailable};
use crate::call::{GetBootstrap, GetOrganizationRbacPolicy, GetRbacPolicy};
use crate::client::Client;
use crate::error::Error;
use crate::model::OrganizationId;
use crate::runtime::Runtime;
use crate::surface::{Backend, Frontend, Surface};
use crate::sync::{Mutex, MutexGuard, PoisonError};
use crate::transport::Transport;

/// For how many organizations roles of their own are kept. Beyond that the one goes that was not used for
/// the longest time.
const ORGANIZATIONS: usize = 10_000;

/// A project's policy, fetched when it is needed first, and again every five minutes while it is used.
///
/// Who asks after five minutes waits for a newer one, so that nobody is let in by what was true long
/// ago; if it cannot be fetched, which may take ten seconds, the old one serves for a day. Only
/// [`cached`](Self::cached) never waits. Clones share everything.
///
/// ```
/// use stytch_session::rbac::PolicyCache;
/// use stytch_session::{Client, MemberSession, Project, PublicToken, TokioRuntime};
/// use stytch_session_mock::Emulator;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stytch = Emulator::example();
/// let client = Client::new(Project::frontend(PublicToken::new(stytch.public_token())?), stytch);
/// let policies = PolicyCache::new(client, TokioRuntime::current());
///
/// // In a view that cannot wait: no until the policy is there.
/// let shows_scissors = |session: &MemberSession| {
///     policies.cached().is_some_and(|policy| policy.allows(session, "lamps", "trim"))
/// };
/// # let _ = shows_scissors;
/// let policy = policies.project().await?;
/// # let _ = policy;
/// # Ok(())
/// # }
/// ```
pub struct PolicyCache<P: Surface = Backend> {
    shared: Arc<Shared<P>>,
}

struct Shared<P: Surface> {
    client: Client<P>,
    runtime: Arc<dyn Runtime>,
    project: Cache<Arc<Policy>>,
    organizations: Mutex<HashMap<OrganizationId, Organization>>,
}

struct Organization {
    policy: Cache<Arc<Policy>>,
    used: Duration,
}

/// A surface from which a policy can be fetched: both can. Sealed, as [`Surface`] is.
pub trait PolicySource: Surface {
    #[doc(hidden)]
    fn fetch(client: Client<Self>) -> impl Future<Output = Result<Policy, Error>> + Send
    where
        Self: Sized;
}

impl PolicySource for Backend {
    async fn fetch(client: Client<Self>) -> Result<Policy, Error> {
        client.call(&GetRbacPolicy::new()).await.map(|policy| Policy::new(&policy))
    }
}

impl PolicySource for Frontend {
    async fn fetch(client: Client<Self>) -> Result<Policy, Error> {
        let bootstrap = client.call(&GetBootstrap::new()).await?;
        Ok(bootstrap.rbac_policy().map(Policy::new).unwrap_or_default())
    }
}

impl<P: PolicySource> PolicyCache<P> {
    /// The policy of the client's project. It is fetched in tasks of the runtime.
    pub fn new<T: Transport + 'static>(
        client: Client<P, T>,
        runtime: impl Runtime + 'static,
    ) -> Self {
        Self::over(client.shared(), Arc::new(runtime))
    }

    pub(crate) fn over(client: Client<P>, runtime: Arc<dyn Runtime>) -> Self {
        let project = {
            let client = client.clone();
            Cache::new(Arc::clone(&runtime), Limits::DEFAULT, move || {
                let client = client.clone();
                Box::pin(async move { Ok(Arc::new(P::fetch(client).await?)) })
            })
        };
        let organizations = Mutex::default();
        Self { shared: Arc::new(Shared { client, runtime, project, organizations }) }
    }

    /// The policy, if it is there. If it is not, or is old, one is fetched in the background.
    #[must_use]
    pub fn cached(&self) -> Option<Arc<Policy>> {
        let Some(held) = self.shared.project.get() else {
            self.shared.project.begin();
            return None;
        };
        Some(Arc::clone(&held.value))
    }

    /// The policy, as soon as it is there.
    ///
    /// # Errors
    ///
    /// [`PolicyUnavailable`] if it could not be fetched.
    pub async fn project(&self) -> Result<Arc<Policy>, PolicyUnavailable> {
        let held = self.shared.project.fresh().await?;
        Ok(Arc::clone(&held.value))
    }
}

impl PolicyCache<Backend> {
    /// The policy with the roles that this organization has beside the project's. It is kept for the
    /// 10,000 organizations that were asked for last.
    ///
    /// ```
    /// # use stytch_session::jwt::JwtVerifier;
    /// # use stytch_session::rbac::PolicyUnavailable;
    /// # use stytch_session::MemberSession;
    /// # async fn example(
    /// #     verifier: &JwtVerifier,
    /// #     session: &MemberSession,
    /// # ) -> Result<(), PolicyUnavailable> {
    /// let policy = verifier.policies().organization(session.organization_id()).await?;
    /// if policy.allows(session, "lamps", "trim") {
    ///     // …
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`PolicyUnavailable`] if one of the two could not be fetched.
    pub async fn organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Arc<Policy>, PolicyUnavailable> {
        let held = self.cache_of(organization).fresh().await?;
        Ok(Arc::clone(&held.value))
    }

    fn cache_of(&self, organization: &OrganizationId) -> Cache<Arc<Policy>> {
        let used = self.shared.runtime.now();
        let mut organizations = self.organizations();
        if let Some(known) = organizations.get_mut(organization) {
            known.used = used;
            return known.policy.clone();
        }
        let mut dropped = None;
        if organizations.len() >= ORGANIZATIONS {
            let oldest = organizations.iter().min_by_key(|(_, known)| known.used);
            let oldest = oldest.map(|(organization, _)| organization.clone());
            dropped = oldest.and_then(|oldest| organizations.remove(&oldest));
        }
        let policy = self.fetched_for(organization.clone());
        organizations.insert(organization.clone(), Organization { policy: policy.clone(), used });
        drop(organizations);
        drop(dropped);
        policy
    }

    fn fetched_for(&self, organization: OrganizationId) -> Cache<Arc<Policy>> {
        let Shared { client, runtime, project, .. } = &*self.shared;
        let (client, project) = (client.clone(), project.clone());
        Cache::new(Arc::clone(runtime), Limits::DEFAULT, move || {
            let (client, project) = (client.clone(), project.clone());
            let call = GetOrganizationRbacPolicy::new(&organization);
            Box::pin(async move {
                let own = client.call(&call).await?;
                // It is to be as new as what is made of it.
                let project = Arc::clone(&project.fresh().await?.value);
                Ok(match own.roles() {
                    [] => project,
                    roles => Arc::new(project.with_custom_roles(roles)),
                })
            })
        })
    }

    fn organizations(&self) -> MutexGuard<'_, HashMap<OrganizationId, Organization>> {
        self.shared.organizations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Surface> Clone for PolicyCache<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P: Surface> fmt::Debug for PolicyCache<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyCache").field("project", &self.shared.project).finish_non_exhaustive()
    }
}

/// The policy is not there and could not be fetched, so nobody knows who may do what. The network's fault
/// or the server's; it is tried again for whoever asks next, but not more than twice in 30 seconds.
#[derive(Debug, Clone)]
pub struct PolicyUnavailable {
    error: Option<Arc<Error>>,
}

impl PolicyUnavailable {
    /// What came of the last try; none if it took longer than ten seconds, or its runtime has ended.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_deref()
    }
}

impl From<Unavailable> for PolicyUnavailable {
    fn from(unavailable: Unavailable) -> Self {
        Self { error: unavailable.0 }
    }
}

impl fmt::Display for PolicyUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy of who may do what could not be fetched: ")?;
        match &self.error {
            Some(error) => error.fmt(f),
            None => f.write_str("there was no answer in time; try again later"),
        }
    }
}

impl std::error::Error for PolicyUnavailable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.as_deref().and_then(std::error::Error::source)
    }
}
