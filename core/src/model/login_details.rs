//! What a login says beside the session.

use super::Timestamp;
use crate::secret::ProviderToken;

/// What the last login said beside the session. Each field is there for some ways to log in only;
/// none of it is stored.
#[derive(Debug, Clone, Default)]
pub struct LoginDetails {
    pub(crate) method_id: Option<Box<str>>,
    pub(crate) member_email_id: Option<Box<str>>,
    pub(crate) provider_type: Option<Box<str>>,
    pub(crate) provider_subject: Option<Box<str>>,
    pub(crate) provider_values: Option<ProviderValues>,
}

impl LoginDetails {
    pub(crate) const fn says_something(&self) -> bool {
        self.method_id.is_some()
            || self.member_email_id.is_some()
            || self.provider_type.is_some()
            || self.provider_subject.is_some()
            || self.provider_values.is_some()
    }

    /// The id of the e-mail address that the link or code went to (magic links, e-mail codes).
    #[must_use]
    pub fn method_id(&self) -> Option<&str> {
        self.method_id.as_deref()
    }

    /// The id of the e-mail address that the link went to (password resets).
    #[must_use]
    pub fn member_email_id(&self) -> Option<&str> {
        self.member_email_id.as_deref()
    }

    /// The OAuth provider, such as `Google`.
    #[must_use]
    pub fn provider_type(&self) -> Option<&str> {
        self.provider_type.as_deref()
    }

    /// The member's id at the OAuth provider.
    #[must_use]
    pub fn provider_subject(&self) -> Option<&str> {
        self.provider_subject.as_deref()
    }

    /// The OAuth provider's own tokens.
    #[must_use]
    pub const fn provider_values(&self) -> Option<&ProviderValues> {
        self.provider_values.as_ref()
    }
}

/// An OAuth provider's own tokens, for calls to the provider (`provider_values`).
#[derive(Debug, Clone)]
pub struct ProviderValues {
    pub(crate) scopes: Vec<Box<str>>,
    pub(crate) access_token: Option<ProviderToken>,
    pub(crate) refresh_token: Option<ProviderToken>,
    pub(crate) id_token: Option<ProviderToken>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl ProviderValues {
    /// The scopes that the provider granted.
    #[must_use]
    pub fn scopes(&self) -> &[Box<str>] {
        &self.scopes
    }

    /// The provider's access token.
    #[must_use]
    pub const fn access_token(&self) -> Option<&ProviderToken> {
        self.access_token.as_ref()
    }

    /// The provider's refresh token.
    #[must_use]
    pub const fn refresh_token(&self) -> Option<&ProviderToken> {
        self.refresh_token.as_ref()
    }

    /// The provider's id token.
    #[must_use]
    pub const fn id_token(&self) -> Option<&ProviderToken> {
        self.id_token.as_ref()
    }

    /// When the access token ends.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// What an OAuth provider says of the person who logged in by discovery. None of it is stored.
#[derive(Debug, Clone, Default)]
pub struct ProviderIdentity {
    pub(crate) provider_type: Box<str>,
    pub(crate) provider_tenant_ids: Vec<Box<str>>,
    pub(crate) full_name: Option<Box<str>>,
}

impl ProviderIdentity {
    /// The provider, such as `Google`.
    #[must_use]
    pub fn provider_type(&self) -> &str {
        &self.provider_type
    }

    /// The provider's tenants that the person belongs to.
    #[must_use]
    pub fn provider_tenant_ids(&self) -> &[Box<str>] {
        &self.provider_tenant_ids
    }

    /// The person's name.
    #[must_use]
    pub fn full_name(&self) -> Option<&str> {
        self.full_name.as_deref()
    }
}
