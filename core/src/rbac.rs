//! Who may do what, answered locally: the project's policy, evaluated as the API does.
//!
//! A [`Policy`] is compiled once from what [`GetRbacPolicy`](crate::GetRbacPolicy) or
//! [`GetBootstrap`](crate::GetBootstrap) answers. Then a question costs no request and no
//! allocation, but two look-ups in hash tables. `PolicyCache` (feature `jwt`) fetches and keeps it; a
//! backend has one in `JwtVerifier::policies`.
//!
//! ```
//! use stytch_session::rbac::{Denied, Policy};
//! use stytch_session::{
//!     Authenticated, AuthorizationCheck, Client, Failure, GetRbacPolicy, OrganizationId, Password,
//!     Project, ProjectId, ProjectSecret, ResourceId, Session,
//! };
//! use stytch_session_mock::{Emulator, Example};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stytch = Emulator::example();
//! let id = ProjectId::new(stytch.project_id())?;
//! let project = Project::backend(id, ProjectSecret::new(stytch.project_secret())?);
//! let client = Client::new(project, stytch);
//! let policy = Policy::new(&client.call_blocking(&GetRbacPolicy::new())?);
//!
//! // Ben keeps the lamps.
//! let organization = OrganizationId::new(Example::HARBOR_LIGHTS)?;
//! let password =
//!     Password::new(&organization, Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD);
//! let Authenticated::Active(session) = client.run_blocking(Session::new().login(password))? else {
//!     panic!("the organization wants a second factor");
//! };
//! let member = session.member_session();
//! assert!(policy.allows(member, "lamps", "trim"));
//! assert!(!policy.allows(member, "lamps", "sell"));
//!
//! // The same as a question that names the organization, here and on the server.
//! let ask = |action| {
//!     AuthorizationCheck::new(member.organization_id(), ResourceId::new("lamps").unwrap(), action)
//! };
//! policy.require(member, &ask("trim"))?;
//! let sell = ask("sell");
//! assert_eq!(policy.require(member, &sell), Err(Denied::NotPermitted));
//! let asked = client.run_blocking(session.authenticate().authorization_check(sell));
//! let Err(Failure::Kept { error, .. }) = asked else { panic!("the server says the same") };
//! assert_eq!(error.error_type(), Some("session_authorization_error"));
//! # Ok(())
//! # }
//! ```
//!
//! # The rules
//!
//! * A check about another organization than the session's is denied, whatever the roles are.
//! * A role grants an action on a resource if it has a permission with exactly this resource that
//!   lists exactly this action or `*`. Case and spaces count.
//! * The `*` has a meaning in a permission's actions only. A resource `*` is a resource of that name;
//!   who asks for the action `*` asks for it by name, and gets it where a role lists `*`, and not
//!   where one lists every declared action.
//! * A member may do what one of their roles grants. Roles that the policy does not know grant
//!   nothing.
//! * What is declared in `resources` decides nothing: it says what [`Policy::permissions`] goes
//!   through. Scopes belong to access tokens, and grant a session nothing.
//! * A role that a policy lists twice grants what either entry does. A custom role that is added later
//!   with the id of another replaces it ([`Policy::with_custom_roles`]).
//!
//! # What cannot be seen from here
//!
//! The session is taken at its word: whether it is real, has expired or was revoked, and whether roles
//! or policy have changed since they were fetched, only the server knows. On a frontend the answers
//! decide what is shown; what is done has to be checked where it is done.
//!
//! # Cost
//!
//! On 2026-11-28, with 20 roles on 12 resources and a member of three roles, [`Grants::allows`] took
//! 0.84 of the time of one look-up in a `HashMap` from resource and action to the answer, and
//! [`Policy::allows`], which looks up the session's roles too, 2.35 of it; compiling took 2.5 times as
//! long as a copy of the policy (`cargo bench -p stytch-session --bench rbac`).

#[cfg(feature = "jwt")]
mod cache;
mod role_set;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::{AuthorizationCheck, CustomRole, MemberSession, Permission, RbacPolicy, RoleId};
#[cfg(feature = "jwt")]
#[cfg_attr(docsrs, doc(cfg(feature = "jwt")))]
pub use cache::{PolicyCache, PolicySource, PolicyUnavailable};
use role_set::RoleSet;
use table::Table;

/// What stands for all actions in a permission.
const ALL_ACTIONS: &str = "*";

/// A policy, compiled: who may do what.
///
/// It never changes, and threads may share it, for instance in an `Arc`. The default is the empty
/// policy, which allows nothing.
///
/// Source: objects `policy` and `org_policy` of the API.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The permissions of each role. A role's number is its place here.
    definitions: BTreeMap<Box<str>, Vec<Permission>>,
    /// The resources with their actions, as they are declared.
    declared: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    roles: Table<usize>,
    resources: Table<Resource>,
}

/// Who may do what on a resource.
#[derive(Debug, Clone, Default)]
struct Resource {
    /// The roles that list `*`.
    all_actions: RoleSet,
    /// The roles that list an action.
    actions: Table<RoleSet>,
}

impl Resource {
    /// Whether `is_held` by the member is true of one of the roles that grant the action.
    fn grants(&self, action: &str, is_held: impl Fn(&RoleSet) -> bool) -> bool {
        is_held(&self.all_actions) || self.actions.get(action).is_some_and(is_held)
    }
}

impl Policy {
    /// Compiles the project's policy.
    ///
    /// ```
    /// use stytch_session::RbacPolicy;
    /// use stytch_session::rbac::Policy;
    ///
    /// let policy: RbacPolicy = serde_json::from_str(r#"{
    ///     "roles": [{
    ///         "role_id": "stytch_member",
    ///         "permissions": [{ "resource_id": "documents", "actions": ["read"] }]
    ///     }]
    /// }"#)?;
    /// let policy = Policy::new(&policy);
    /// # let _ = policy;
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn new(policy: &RbacPolicy) -> Self {
        let mut definitions = BTreeMap::<Box<str>, Vec<Permission>>::new();
        for role in policy.roles() {
            let permissions = definitions.entry(role.role_id().into()).or_default();
            permissions.extend_from_slice(role.permissions());
        }
        let mut declared = BTreeMap::<Box<str>, BTreeSet<Box<str>>>::new();
        for resource in policy.resources() {
            let actions = declared.entry(resource.resource_id().as_str().into()).or_default();
            actions.extend(resource.actions().iter().cloned());
        }
        Self::compile(definitions, declared)
    }

    /// The same policy with the roles that an organization has beside the project's: those of
    /// [`Organization::custom_roles`](crate::Organization::custom_roles) or of
    /// [`GetOrganizationRbacPolicy`](crate::GetOrganizationRbacPolicy). A later role with the same id
    /// replaces the earlier one, as in the JavaScript SDK.
    ///
    /// It is compiled anew: make it once for each organization, not for each question.
    ///
    /// ```
    /// use stytch_session::rbac::Policy;
    /// use stytch_session::{CustomRole, RoleId};
    ///
    /// let reader = CustomRole::new("reader", "Reads").permit("documents", ["read"]);
    /// let policy = Policy::default().with_custom_roles(&[reader]);
    /// assert!(policy.grants(&[RoleId::new("reader")?]).allows("documents", "read"));
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn with_custom_roles(&self, roles: &[CustomRole]) -> Self {
        let mut definitions = self.definitions.clone();
        for role in roles {
            definitions.insert(role.role_id().into(), role.permissions().to_vec());
        }
        Self::compile(definitions, self.declared.clone())
    }

    fn compile(
        definitions: BTreeMap<Box<str>, Vec<Permission>>,
        declared: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    ) -> Self {
        // By name, so that what is listed twice is there once.
        let mut resources = BTreeMap::<&str, (RoleSet, BTreeMap<&str, RoleSet>)>::new();
        for (number, permissions) in definitions.values().enumerate() {
            for permission in permissions {
                let (all_actions, actions) = resources.entry(permission.resource_id()).or_default();
                for action in permission.actions() {
                    match &**action {
                        ALL_ACTIONS => all_actions.push(number),
                        action => actions.entry(action).or_default().push(number),
                    }
                }
            }
        }
        let resources = resources.into_iter().map(|(resource, (all_actions, actions))| {
            (resource, Resource { all_actions, actions: actions.into_iter().collect() })
        });
        let resources = resources.collect();
        let numbers = definitions.keys().enumerate();
        let roles = numbers.map(|(number, role)| (&**role, number)).collect();
        Self { definitions, declared, roles, resources }
    }

    /// Whether the member of this session may do `action` on `resource`, in the session's own
    /// organization.
    ///
    /// ```
    /// # use stytch_session::MemberSession;
    /// # use stytch_session::rbac::Policy;
    /// # let session: MemberSession = serde_json::from_str(r#"{
    /// #     "member_session_id": "session-test-1", "member_id": "member-test-1",
    /// #     "organization_id": "organization-test-1", "started_at": "2030-06-01T12:00:00Z",
    /// #     "last_accessed_at": "2030-06-01T12:00:00Z", "expires_at": "2030-06-01T13:00:00Z",
    /// #     "roles": ["stytch_member"]
    /// # }"#)?;
    /// let nobody_may_anything = Policy::default();
    /// assert!(!nobody_may_anything.allows(&session, "documents", "read"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn allows(&self, session: &MemberSession, resource: &str, action: &str) -> bool {
        let Some(resource) = self.resources.get(resource) else { return false };
        resource.grants(action, |granting| {
            session.roles().iter().any(|role| {
                self.roles.get(role.as_str()).is_some_and(|number| granting.contains(*number))
            })
        })
    }

    /// Whether the member of this session may do what the check asks, in the organization that it
    /// names: what the API answers to
    /// [`authorization_check`](crate::Refresh::authorization_check).
    ///
    /// The organization is the one with this id. The API takes a slug too; here it names nothing.
    ///
    /// # Errors
    ///
    /// [`Denied::WrongOrganization`] if the session belongs to another organization,
    /// [`Denied::NotPermitted`] if no role of the member grants it.
    ///
    /// ```
    /// # use stytch_session::MemberSession;
    /// use stytch_session::rbac::{Denied, Policy};
    /// use stytch_session::{AuthorizationCheck, OrganizationId, ResourceId};
    ///
    /// # let policy = Policy::default();
    /// # let session: MemberSession = serde_json::from_str(r#"{
    /// #     "member_session_id": "session-test-1", "member_id": "member-test-1",
    /// #     "organization_id": "organization-test-1", "started_at": "2030-06-01T12:00:00Z",
    /// #     "last_accessed_at": "2030-06-01T12:00:00Z", "expires_at": "2030-06-01T13:00:00Z",
    /// #     "roles": ["stytch_member"]
    /// # }"#)?;
    /// let elsewhere = OrganizationId::new("organization-test-2")?;
    /// let check = AuthorizationCheck::new(&elsewhere, ResourceId::new("documents")?, "read");
    /// assert_eq!(policy.require(&session, &check), Err(Denied::WrongOrganization));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn require(
        &self,
        session: &MemberSession,
        check: &AuthorizationCheck,
    ) -> Result<(), Denied> {
        if session.organization_id() != check.organization_id() {
            return Err(Denied::WrongOrganization);
        }
        if self.allows(session, check.resource_id().as_str(), check.action()) {
            Ok(())
        } else {
            Err(Denied::NotPermitted)
        }
    }

    /// What these roles may do together: their names are looked up once, for many questions.
    ///
    /// It knows no organization: take the roles from the session of a member, whose own organization
    /// they are of.
    ///
    /// ```
    /// # use stytch_session::RbacPolicy;
    /// # use stytch_session::rbac::Policy;
    /// # use stytch_session::RoleId;
    /// # let policy: RbacPolicy = serde_json::from_str(r#"{
    /// #     "roles": [{
    /// #         "role_id": "editor",
    /// #         "permissions": [{ "resource_id": "documents", "actions": ["*"] }]
    /// #     }]
    /// # }"#)?;
    /// # let policy = Policy::new(&policy);
    /// let grants = policy.grants(&[RoleId::new("editor")?, RoleId::new("unknown")?]);
    /// assert!(grants.allows("documents", "read") && grants.allows("documents", "write"));
    /// assert!(!grants.allows("invoices", "read"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn grants(&self, roles: &[RoleId]) -> Grants<'_> {
        let known = roles.iter().filter_map(|role| self.roles.get(role.as_str()).copied());
        // A set is filled in order.
        let known: BTreeSet<usize> = known.collect();
        let mut roles = RoleSet::default();
        known.into_iter().for_each(|number| roles.push(number));
        Grants { policy: self, roles }
    }

    /// For each declared resource, for each declared action: whether the member of this session may
    /// do it. What the policy does not declare is not in it, even if a role grants it.
    ///
    /// ```
    /// # use stytch_session::{MemberSession, RbacPolicy};
    /// # use stytch_session::rbac::Policy;
    /// # let session: MemberSession = serde_json::from_str(r#"{
    /// #     "member_session_id": "session-test-1", "member_id": "member-test-1",
    /// #     "organization_id": "organization-test-1", "started_at": "2030-06-01T12:00:00Z",
    /// #     "last_accessed_at": "2030-06-01T12:00:00Z", "expires_at": "2030-06-01T13:00:00Z",
    /// #     "roles": ["stytch_member"]
    /// # }"#)?;
    /// let policy: RbacPolicy = serde_json::from_str(r#"{
    ///     "roles": [{
    ///         "role_id": "stytch_member",
    ///         "permissions": [{ "resource_id": "documents", "actions": ["read"] }]
    ///     }],
    ///     "resources": [{ "resource_id": "documents", "actions": ["read", "write"] }]
    /// }"#)?;
    /// let policy = Policy::new(&policy);
    /// let permissions = policy.permissions(&session);
    /// assert!(permissions["documents"]["read"]);
    /// assert!(!permissions["documents"]["write"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn permissions(&self, session: &MemberSession) -> BTreeMap<&str, BTreeMap<&str, bool>> {
        let grants = self.grants(session.roles());
        let declared = self.declared.iter().map(|(resource, actions)| {
            let actions = actions.iter().map(|action| (&**action, grants.allows(resource, action)));
            (&**resource, actions.collect())
        });
        declared.collect()
    }
}

/// What some roles may do together, under a policy; made by [`Policy::grants`].
#[derive(Debug, Clone)]
pub struct Grants<'a> {
    policy: &'a Policy,
    roles: RoleSet,
}

impl Grants<'_> {
    /// Whether one of the roles grants `action` on `resource`.
    ///
    /// ```
    /// use stytch_session::rbac::Policy;
    ///
    /// assert!(!Policy::default().grants(&[]).allows("documents", "read"));
    /// ```
    #[must_use]
    pub fn allows(&self, resource: &str, action: &str) -> bool {
        let Some(resource) = self.policy.resources.get(resource) else { return false };
        resource.grants(action, |granting| granting.intersects(&self.roles))
    }
}

/// Why a check was denied.
///
/// ```
/// use stytch_session::rbac::Denied;
///
/// let denied = Denied::NotPermitted;
/// assert_eq!(denied.to_string(), "none of the member's roles permits this action on this resource");
/// assert_eq!(denied.error_type(), "invalid_permissions");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Denied {
    /// The session belongs to another organization than the one that the check names.
    WrongOrganization,
    /// No role of the member grants the action.
    NotPermitted,
}

impl Denied {
    /// What Stytch's SDKs call it where they evaluate a policy themselves. (The server says
    /// `session_authorization_tenancy_error` and `session_authorization_error`.)
    ///
    /// ```
    /// use stytch_session::rbac::Denied;
    ///
    /// assert_eq!(Denied::WrongOrganization.error_type(), "tenancy_mismatch");
    /// ```
    #[must_use]
    pub const fn error_type(self) -> &'static str {
        match self {
            Self::WrongOrganization => "tenancy_mismatch",
            Self::NotPermitted => "invalid_permissions",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongOrganization => {
                "the session belongs to another organization than the one that is asked about"
            }
            Self::NotPermitted => "none of the member's roles permits this action on this resource",
        })
    }
}

impl std::error::Error for Denied {}
