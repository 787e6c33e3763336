//! An organization to be founded.

use std::collections::BTreeMap;

use super::{AuthMethod, JitProvisioning, MfaMethod, MfaPolicy, Restriction};
use crate::surface::Surface;
use crate::wire::request::Draft;

/// An organization to be founded; everything may be left to the server.
///
/// Source: `POST /b2b/discovery/organizations/create`.
///
/// ```
/// use stytch_session::{MfaPolicy, NewOrganization};
///
/// let organization = NewOrganization::new()
///     .organization_name("Clay & Co")
///     .organization_slug("clay-and-co")
///     .mfa_policy(MfaPolicy::RequiredForAll);
/// # let _ = organization;
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct NewOrganization {
    name: Option<Box<str>>,
    slug: Option<Box<str>>,
    logo_url: Option<Box<str>>,
    sso_jit_provisioning: Option<Restriction>,
    email_allowed_domains: Option<Vec<Box<str>>>,
    email_jit_provisioning: Option<JitProvisioning>,
    email_invites: Option<Restriction>,
    auth_methods: Option<Restriction>,
    allowed_auth_methods: Option<Vec<AuthMethod>>,
    mfa_methods: Option<Restriction>,
    allowed_mfa_methods: Option<Vec<MfaMethod>>,
    mfa_policy: Option<MfaPolicy>,
    oauth_tenant_jit_provisioning: Option<JitProvisioning>,
    allowed_oauth_tenants: Option<BTreeMap<Box<str>, Vec<Box<str>>>>,
}

impl NewOrganization {
    /// An organization of which the server chooses everything, its name after the member's address.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name to show (`organization_name`).
    pub fn organization_name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The slug: 2 to 128 letters, digits and `-._~` (`invalid_organization_slug`), not taken by
    /// another organization (`organization_slug_already_used`).
    pub fn organization_slug(mut self, slug: impl Into<Box<str>>) -> Self {
        self.slug = Some(slug.into());
        self
    }

    /// The URL of a logo.
    pub fn organization_logo_url(mut self, url: impl Into<Box<str>>) -> Self {
        self.logo_url = Some(url.into());
        self
    }

    /// Whether single sign-on makes members of those who are none.
    pub fn sso_jit_provisioning(mut self, rule: Restriction) -> Self {
        self.sso_jit_provisioning = Some(rule);
        self
    }

    /// The domains of e-mail addresses that may join or be invited.
    pub fn email_allowed_domains<D: Into<Box<str>>>(
        mut self,
        domains: impl IntoIterator<Item = D>,
    ) -> Self {
        self.email_allowed_domains = Some(domains.into_iter().map(Into::into).collect());
        self
    }

    /// Whether a proven e-mail address makes members of those who are none.
    pub fn email_jit_provisioning(mut self, rule: JitProvisioning) -> Self {
        self.email_jit_provisioning = Some(rule);
        self
    }

    /// Who may be invited by e-mail.
    pub fn email_invites(mut self, rule: Restriction) -> Self {
        self.email_invites = Some(rule);
        self
    }

    /// Whether members may log in by every first factor or by some only.
    pub fn auth_methods(mut self, rule: Restriction) -> Self {
        self.auth_methods = Some(rule);
        self
    }

    /// The first factors that members may log in by, where they are restricted.
    pub fn allowed_auth_methods(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.allowed_auth_methods = Some(methods.into_iter().collect());
        self
    }

    /// Whether members may use every second factor or some only.
    pub fn mfa_methods(mut self, rule: Restriction) -> Self {
        self.mfa_methods = Some(rule);
        self
    }

    /// The second factors that members may use, where they are restricted.
    pub fn allowed_mfa_methods(mut self, methods: impl IntoIterator<Item = MfaMethod>) -> Self {
        self.allowed_mfa_methods = Some(methods.into_iter().collect());
        self
    }

    /// Whether every member needs a second factor.
    pub fn mfa_policy(mut self, policy: MfaPolicy) -> Self {
        self.mfa_policy = Some(policy);
        self
    }

    /// Whether an OAuth provider's tenant makes members of those who are none.
    pub fn oauth_tenant_jit_provisioning(mut self, rule: JitProvisioning) -> Self {
        self.oauth_tenant_jit_provisioning = Some(rule);
        self
    }

    /// A tenant of an OAuth provider (`slack`, `hubspot`, `github`) whose people may join.
    pub fn allowed_oauth_tenant(
        mut self,
        provider: impl Into<Box<str>>,
        tenant: impl Into<Box<str>>,
    ) -> Self {
        let tenants = self.allowed_oauth_tenants.get_or_insert_default();
        tenants.entry(provider.into()).or_default().push(tenant.into());
        self
    }

    /// Adds what was said to a request.
    pub(crate) fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft
            .optional("organization_name", self.name.as_ref())
            .optional("organization_slug", self.slug.as_ref())
            .optional("organization_logo_url", self.logo_url.as_ref())
            .optional("sso_jit_provisioning", self.sso_jit_provisioning.as_ref())
            .optional("email_allowed_domains", self.email_allowed_domains.as_ref())
            .optional("email_jit_provisioning", self.email_jit_provisioning.as_ref())
            .optional("email_invites", self.email_invites.as_ref())
            .optional("auth_methods", self.auth_methods.as_ref())
            .optional("allowed_auth_methods", self.allowed_auth_methods.as_ref())
            .optional("mfa_methods", self.mfa_methods.as_ref())
            .optional("allowed_mfa_methods", self.allowed_mfa_methods.as_ref())
            .optional("mfa_policy", self.mfa_policy.as_ref())
            .optional("oauth_tenant_jit_provisioning", self.oauth_tenant_jit_provisioning.as_ref())
            .optional("allowed_oauth_tenants", self.allowed_oauth_tenants.as_ref())
    }
}
