//! Organizations and members as a test describes them.

use serde_json::{Map, Value};

/// The field with an organization's connections for single sign-on.
const CONNECTIONS: &str = "sso_active_connections";

/// The fields that say whether OAuth tenants may join, and which, by provider.
const TENANTS_ADMITTED: &str = "oauth_tenant_jit_provisioning";
const TENANTS: &str = "allowed_oauth_tenants";

/// The field with the e-mail domains that an organization claims.
const CLAIMED: &str = "claimed_email_domains";

/// An organization of the emulated project, as a test describes it.
///
/// ```
/// use stytch_session_mock::{Member, Organization};
///
/// let organization = Organization::new("blue-kiln")
///     .name("Blue Kiln")
///     .mfa_required()
///     .member(Member::new("ada@example.com").password("lighthouse").phone_number("+14155550001"));
/// assert_eq!(organization.slug(), "blue-kiln");
/// ```
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
#[must_use]
pub struct Organization {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) suspended: bool,
    pub(crate) mfa_required: bool,
    pub(crate) auth_methods: Option<Vec<String>>,
    pub(crate) mfa_methods: Option<Vec<String>>,
    pub(crate) joining_domains: Vec<String>,
    pub(crate) custom_roles: Vec<Role>,
    /// A world keeps them apart.
    #[serde(skip)]
    pub(crate) members: Vec<Member>,
    pub(crate) fields: Map<String, Value>,
}

impl Organization {
    /// An organization with this slug; name and id follow from it unless they are set.
    ///
    /// It asks for no second factor and accepts every way to log in.
    pub fn new(slug: impl Into<String>) -> Self {
        let slug = slug.into();
        Self {
            id: super::ids::named("organization", &slug),
            name: slug.clone(),
            slug,
            external_id: None,
            suspended: false,
            mfa_required: false,
            auth_methods: None,
            mfa_methods: None,
            joining_domains: Vec::new(),
            custom_roles: Vec::new(),
            members: Vec::new(),
            fields: Map::new(),
        }
    }

    /// Sets the id, which otherwise follows from the slug.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Sets the name to show.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the external id, by which requests may name the organization too.
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Every member needs a second factor.
    pub const fn mfa_required(mut self) -> Self {
        self.mfa_required = true;
        self
    }

    /// Nobody can log in, and no session is of use: a 403 `organization_suspended`. See
    /// [`Emulator::suspend`](crate::Emulator::suspend) for doing so later.
    pub const fn suspended(mut self) -> Self {
        self.suspended = true;
        self
    }

    /// Accepts only these ways to log in, for instance `["sso", "magic_link"]`.
    pub fn allowed_auth_methods<T: Into<String>>(
        mut self,
        methods: impl IntoIterator<Item = T>,
    ) -> Self {
        self.auth_methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Accepts only these second factors, of `sms_otp` and `totp`.
    pub fn allowed_mfa_methods<T: Into<String>>(
        mut self,
        methods: impl IntoIterator<Item = T>,
    ) -> Self {
        self.mfa_methods = Some(methods.into_iter().map(Into::into).collect());
        self
    }

    /// Lets everyone with an address of this domain join by discovery.
    pub fn joining_domain(mut self, domain: impl Into<String>) -> Self {
        self.joining_domains.push(domain.into());
        self
    }

    /// Lets everyone join by discovery who logs in to this tenant of `slack`, `hubspot` or `github`.
    pub fn joining_oauth_tenant(mut self, provider: &str, tenant: impl Into<String>) -> Self {
        self.fields.insert(TENANTS_ADMITTED.to_owned(), "RESTRICTED".into());
        let tenants = self.fields.entry(TENANTS).or_insert_with(|| Map::new().into());
        if let Value::Object(tenants) = tenants {
            let list = tenants.entry(provider).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.push(tenant.into().into());
            }
        }
        self
    }

    /// Whether somebody who has logged in to this tenant may join.
    pub(crate) fn admits(&self, provider: &str, tenant: &str) -> bool {
        let admitted = self.fields.get(TENANTS_ADMITTED).and_then(Value::as_str);
        let tenants = self.fields.get(TENANTS).and_then(|tenants| tenants[provider].as_array());
        admitted == Some("RESTRICTED")
            && tenants.into_iter().flatten().any(|known| known.as_str() == Some(tenant))
    }

    /// Adds a connection for single sign-on, for instance `saml-connection-test-…` or
    /// `oidc-connection-test-…`.
    pub fn sso_connection(
        mut self,
        connection_id: impl Into<String>,
        display_name: impl Into<String>,
    ) -> Self {
        let connection = serde_json::json!({
            "connection_id": connection_id.into(),
            "display_name": display_name.into(),
            "identity_provider": "generic",
        });
        let list = self.fields.entry(CONNECTIONS).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(connection);
        }
        self
    }

    /// The ids of the connections for single sign-on.
    pub(crate) fn sso_connections(&self) -> impl Iterator<Item = &str> {
        let list = self.fields.get(CONNECTIONS).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|connection| connection["connection_id"].as_str())
    }

    /// Claims an e-mail domain: whoever has an address of it can neither become a member of another
    /// organization nor found one.
    pub fn claimed_domain(mut self, domain: impl Into<String>) -> Self {
        let list = self.fields.entry(CLAIMED).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(domain.into().into());
        }
        self
    }

    pub(crate) fn claims_domain(&self, domain: &str) -> bool {
        let list = self.fields.get(CLAIMED).and_then(Value::as_array);
        let same = |claimed: &str| claimed.eq_ignore_ascii_case(domain);
        list.into_iter().flatten().filter_map(Value::as_str).any(same)
    }

    /// Adds a role that exists in this organization only.
    pub fn custom_role(mut self, role: Role) -> Self {
        self.custom_roles.push(role);
        self
    }

    /// Adds a member.
    pub fn member(mut self, member: Member) -> Self {
        self.members.push(member);
        self
    }

    /// Sets a field of the organization's JSON that has no method here; it is only shown.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }

    /// The slug.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

/// A member of an [`Organization`], as a test describes them.
///
/// The same e-mail address in two organizations is the same person.
///
/// ```
/// use stytch_session_mock::Member;
///
/// let ada = Member::new("ada@example.com").name("Ada").password("lighthouse").role("stytch_admin");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Member {
    pub(crate) id: Option<String>,
    pub(crate) email_address: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) external_id: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) must_reset_password: bool,
    pub(crate) mfa_enrolled: bool,
    pub(crate) phone_number: Option<String>,
    pub(crate) totp_secret: Option<String>,
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) fields: Map<String, Value>,
}

impl Member {
    /// An active member with this e-mail address.
    pub fn new(email_address: impl Into<String>) -> Self {
        Self {
            id: None,
            email_address: email_address.into(),
            name: String::new(),
            status: "active".to_owned(),
            external_id: None,
            password: None,
            must_reset_password: false,
            mfa_enrolled: false,
            phone_number: None,
            totp_secret: None,
            recovery_codes: Vec::new(),
            roles: Vec::new(),
            fields: Map::new(),
        }
    }

    /// Sets the id, which otherwise follows from organization and e-mail address.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the name to show.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Invited and not yet joined: the first finished login makes the member active.
    pub fn invited(mut self) -> Self {
        "invited".clone_into(&mut self.status);
        self
    }

    /// Not yet active: signed up, without a finished login.
    pub(crate) fn pending(mut self) -> Self {
        "pending".clone_into(&mut self.status);
        self
    }

    /// Sets the external id, by which requests may name the member too.
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Sets the password, which holds for the person in all organizations.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Refuses the password, with `member_reset_password`, until it has been reset.
    pub const fn must_reset_password(mut self) -> Self {
        self.must_reset_password = true;
        self
    }

    /// Wants a second factor also where the organization demands none.
    pub const fn mfa_enrolled(mut self) -> Self {
        self.mfa_enrolled = true;
        self
    }

    /// Sets a verified phone number for SMS codes, for instance `+14155550001`.
    pub fn phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// Sets the base32 secret of an authenticator app; it brings recovery codes with it.
    pub fn totp_secret(mut self, secret: impl Into<String>) -> Self {
        self.totp_secret = Some(secret.into());
        self
    }

    /// Adds a recovery code. A member with a TOTP secret and none of these gets ten made-up ones.
    pub fn recovery_code(mut self, code: impl Into<String>) -> Self {
        self.recovery_codes.push(code.into());
        self
    }

    /// Adds a role beside `stytch_member`, which every member has.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Sets a field of the member's JSON that has no method here; it is only shown.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(name.into(), value.into());
        self
    }
}

/// A role and what it permits.
///
/// ```
/// use stytch_session_mock::Role;
///
/// let editor = Role::new("editor").permit("documents", ["read", "write"]).permit("images", ["*"]);
/// ```
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
#[must_use]
pub struct Role {
    pub(crate) role_id: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) permissions: Vec<Permission>,
}

/// What a role permits on one resource.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Permission {
    pub(crate) resource_id: String,
    pub(crate) actions: Vec<String>,
}

impl Role {
    /// A role that permits nothing yet.
    pub fn new(role_id: impl Into<String>) -> Self {
        Self { role_id: role_id.into(), description: String::new(), permissions: Vec::new() }
    }

    /// Permits these actions on a resource; the action `*` stands for all.
    pub fn permit<T: Into<String>>(
        mut self,
        resource_id: impl Into<String>,
        actions: impl IntoIterator<Item = T>,
    ) -> Self {
        let actions = actions.into_iter().map(Into::into).collect();
        self.permissions.push(Permission { resource_id: resource_id.into(), actions });
        self
    }
}
