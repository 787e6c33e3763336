//! A world read from JSON, with the place of each mistake.

mod policy;

use std::fmt;

use serde_json::{Map, Value};

use super::builder::EmulatorBuilder;
use super::organization::{Member, Organization};
use super::totp;
use super::world::same_address;

/// A seed document that cannot be used: where and why.
///
/// ```
/// use stytch_session_mock::Emulator;
///
/// let seed = br#"{ "organizations": [{ "organization_id": 7 }] }"#;
/// let error = Emulator::from_seed_json(seed).unwrap_err();
/// assert_eq!(error.path(), "organizations[0].organization_id");
/// assert_eq!(error.to_string(), "organizations[0].organization_id: should be a string");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedError {
    path: String,
    problem: String,
}

impl SeedError {
    /// The place of the mistake, for instance `organizations[0].members[2].email_address`; empty if
    /// the document is no JSON.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.path, self.problem)
        }
    }
}

impl std::error::Error for SeedError {}

pub(super) fn read(json: &[u8]) -> Result<EmulatorBuilder, SeedError> {
    let document: Value = serde_json::from_slice(json).map_err(|error| SeedError {
        path: String::new(),
        problem: format!("not valid JSON: {error}"),
    })?;
    let mut seed = Fields::new(document, String::new())?;
    let mut builder = EmulatorBuilder::new();
    if let Some(id) = seed.text("project_id")? {
        builder = builder.project_id(id);
    }
    if let Some(secret) = seed.text("secret")? {
        builder = builder.project_secret(secret);
    }
    if let Some(token) = seed.text("public_token")? {
        builder = builder.public_token(token);
    }
    if let Some(code) = seed.text("fixed_otp_code")? {
        if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(seed.error("fixed_otp_code", "should be six digits"));
        }
        builder = builder.fixed_otp_code(code);
    }
    for organization in seed.list("organizations")? {
        let path = organization.path.clone();
        let organization = read_organization(organization)?;
        let clash = builder.organizations.iter().find_map(|other| {
            let id = (other.id == organization.id).then_some("organization_id");
            id.or((other.slug == organization.slug).then_some("organization_slug"))
        });
        if let Some(field) = clash {
            return Err(SeedError {
                path: format!("{path}.{field}"),
                problem: "is used twice".to_owned(),
            });
        }
        let taken = |member: &Member| {
            let others = builder.organizations.iter().flat_map(|other| &other.members);
            others.into_iter().any(|other| other.id == member.id)
        };
        if let Some(index) = organization.members.iter().position(taken) {
            return Err(SeedError {
                path: format!("{path}.members[{index}].member_id"),
                problem: "is used twice".to_owned(),
            });
        }
        builder = builder.organization(organization);
    }
    if let Some(policy) = seed.fields.remove("rbac_policy").filter(|value| !value.is_null()) {
        builder.policy = policy::read(Fields::new(policy, seed.place("rbac_policy"))?)?;
    }
    seed.finish()?;
    Ok(builder)
}

fn read_organization(mut fields: Fields) -> Result<Organization, SeedError> {
    let id = fields.required_text("organization_id")?;
    let name = fields.required_text("organization_name")?;
    let slug = fields.text("organization_slug")?.unwrap_or_else(|| slug_of(&name));
    let mut organization = Organization::new(slug).id(id).name(name);
    organization.external_id = fields.text("organization_external_id")?;
    organization.suspended = fields.flag("suspended")?;
    if fields.one_of("mfa_policy", &["OPTIONAL", "REQUIRED_FOR_ALL"])? == Some("REQUIRED_FOR_ALL") {
        organization = organization.mfa_required();
    }
    let allowed = fields.texts("allowed_auth_methods")?.unwrap_or_default();
    if fields.one_of("auth_methods", &["ALL_ALLOWED", "RESTRICTED"])? == Some("RESTRICTED") {
        organization = organization.allowed_auth_methods(allowed);
    }
    let allowed = fields.texts("allowed_mfa_methods")?.unwrap_or_default();
    if fields.one_of("mfa_methods", &["ALL_ALLOWED", "RESTRICTED"])? == Some("RESTRICTED") {
        organization = organization.allowed_mfa_methods(allowed);
    }
    let domains = fields.texts("email_allowed_domains")?;
    let joining = fields.one_of("email_jit_provisioning", &["RESTRICTED", "NOT_ALLOWED"])?;
    match (domains, joining) {
        (Some(domains), Some("RESTRICTED")) => organization.joining_domains = domains,
        (Some(domains), _) => organization = organization.field("email_allowed_domains", domains),
        (None, _) => {}
    }
    organization.custom_roles = policy::roles(&mut fields, "custom_roles")?;
    for member in fields.list("members")? {
        let path = member.path.clone();
        let member = read_member(member)?;
        let clash = organization.members.iter().find_map(|other| {
            let id = (other.id == member.id).then_some("member_id");
            id.or(same_address(&other.email_address, &member.email_address)
                .then_some("email_address"))
        });
        if let Some(field) = clash {
            return Err(SeedError {
                path: format!("{path}.{field}"),
                problem: "is used twice".to_owned(),
            });
        }
        organization = organization.member(member);
    }
    organization.fields = fields.shown(
        &[
            "organization_logo_url",
            "sso_jit_provisioning",
            "sso_jit_provisioning_allowed_connections",
            "sso_active_connections",
            "sso_default_connection_id",
            "scim_active_connection",
            "email_invites",
            "oauth_tenant_jit_provisioning",
            "allowed_oauth_tenants",
            "claimed_email_domains",
            "rbac_email_implicit_role_assignments",
            "first_party_connected_apps_allowed_type",
            "allowed_first_party_connected_apps",
            "third_party_connected_apps_allowed_type",
            "allowed_third_party_connected_apps",
            "trusted_metadata",
            "created_at",
            "updated_at",
        ],
        std::mem::take(&mut organization.fields),
    );
    fields.finish()?;
    Ok(organization)
}

fn read_member(mut fields: Fields) -> Result<Member, SeedError> {
    let id = fields.required_text("member_id")?;
    let email_address = fields.required_text("email_address")?;
    if !email_address.contains('@') {
        return Err(fields.error("email_address", "should be an e-mail address"));
    }
    let mut member = Member::new(email_address).id(id);
    member.name = fields.text("name")?.unwrap_or_default();
    member.external_id = fields.text("external_id")?;
    member.password = fields.text("password")?;
    member.mfa_enrolled = fields.flag("mfa_enrolled")?;
    member.phone_number = fields.text("mfa_phone_number")?.filter(|number| !number.is_empty());
    member.totp_secret = fields.text("totp_secret")?;
    if member.totp_secret.as_ref().is_some_and(|secret| totp::base32(secret).is_none()) {
        return Err(fields.error("totp_secret", "should be base32"));
    }
    member.recovery_codes = fields.texts("recovery_codes")?.unwrap_or_default();
    member.roles = fields.texts("roles")?.unwrap_or_default();
    if let Some(status) = fields.one_of("status", &["active", "pending", "invited", "deleted"])? {
        status.clone_into(&mut member.status);
    }
    member.fields = fields.shown(
        &[
            "sso_registrations",
            "oauth_registrations",
            "scim_registration",
            "is_breakglass",
            "retired_email_addresses",
            "trusted_metadata",
            "untrusted_metadata",
            "created_at",
            "updated_at",
        ],
        Map::new(),
    );
    fields.finish()?;
    Ok(member)
}

/// A slug made of a name: `Harbor Lights` gives `harbor-lights`.
pub(super) fn slug_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let words =
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// An object of the document, and its place. What is read is taken out; what is left is unknown.
struct Fields {
    fields: Map<String, Value>,
    path: String,
}

impl Fields {
    fn new(value: Value, path: String) -> Result<Self, SeedError> {
        match value {
            Value::Object(fields) => Ok(Self { fields, path }),
            _ => Err(SeedError { path, problem: "should be an object".to_owned() }),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, SeedError> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(name, "should be a string")),
        }
    }

    fn required_text(&mut self, name: &str) -> Result<String, SeedError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| self.error(name, "is missing"))
    }

    fn one_of(
        &mut self,
        name: &str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, SeedError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = allowed.iter().find(|value| **value == text);
        found
            .copied()
            .map(Some)
            .ok_or_else(|| self.error(name, &format!("should be one of {}", allowed.join(", "))))
    }

    fn flag(&mut self, name: &str) -> Result<bool, SeedError> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(self.error(name, "should be true or false")),
        }
    }

    fn items(&mut self, name: &str) -> Result<Option<Vec<Value>>, SeedError> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(self.error(name, "should be a list")),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, SeedError> {
        let Some(items) = self.items(name)? else { return Ok(None) };
        let text = |(index, item)| match item {
            Value::String(text) => Ok(text),
            _ => Err(self.error(&format!("{name}[{index}]"), "should be a string")),
        };
        items.into_iter().enumerate().map(text).collect::<Result<_, _>>().map(Some)
    }

    fn list(&mut self, name: &str) -> Result<Vec<Self>, SeedError> {
        let items = self.items(name)?.unwrap_or_default();
        let fields = |(index, item)| Self::new(item, self.place(&format!("{name}[{index}]")));
        items.into_iter().enumerate().map(fields).collect()
    }

    /// Takes the fields that are only shown, beside those in `others`.
    fn shown(&mut self, names: &[&str], mut others: Map<String, Value>) -> Map<String, Value> {
        for name in names {
            if let Some(value) = self.fields.remove(*name) {
                others.insert((*name).to_owned(), value);
            }
        }
        others
    }

    /// Refuses what nobody has read: most likely a misspelt name.
    fn finish(&self) -> Result<(), SeedError> {
        match self.fields.keys().next() {
            Some(name) => Err(self.error(name, "is not known here")),
            None => Ok(()),
        }
    }

    fn place(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn error(&self, name: &str, problem: &str) -> SeedError {
        SeedError { path: self.place(name), problem: problem.to_owned() }
    }
}
