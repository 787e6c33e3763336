//! Discovery: making an organization and becoming its first member.

use super::call::{Call, Credential};
use super::factor::Factor;
use super::form::{
    CAPTCHA, DURATION,
    Field::{List, Map, Text, Texts},
    INTERMEDIATE, MINT,
};
use super::login::{ALL_METHODS, Proof};
use super::organization::{Member, Organization};
use super::reply::Refusal;
use super::route::{Answer, Route};
use super::seed::slug_of;
use super::world::World;

pub(super) const ROUTES: &[Route] = &[Route::post("b2b/discovery/organizations/create", create)
    .fields(
        &[
            INTERMEDIATE,
            Text("organization_name"),
            Text("organization_slug"),
            Text("organization_logo_url"),
            Text("sso_jit_provisioning"),
            Texts("email_allowed_domains"),
            Text("email_jit_provisioning"),
            Text("email_invites"),
            Text("auth_methods"),
            Texts("allowed_auth_methods"),
            Text("mfa_methods"),
            Texts("allowed_mfa_methods"),
            Text("mfa_policy"),
            Text("oauth_tenant_jit_provisioning"),
            Map("allowed_oauth_tenants"),
        ],
        &[CAPTCHA, DURATION],
        &[
            MINT,
            Text("organization_external_id"),
            Map("trusted_metadata"),
            List("rbac_email_implicit_role_assignments"),
            Texts("claimed_email_domains"),
            Text("first_party_connected_apps_allowed_type"),
            Texts("allowed_first_party_connected_apps"),
            Text("third_party_connected_apps_allowed_type"),
            Texts("allowed_third_party_connected_apps"),
            Text("locale"),
        ],
    )];

const ALL_OR_SOME: &[&str] = &["ALL_ALLOWED", "RESTRICTED"];
const SOME_OR_NONE: &[&str] = &["RESTRICTED", "NOT_ALLOWED"];
const ALL_SOME_OR_NONE: &[&str] = &["ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"];

fn create(call: &mut Call<'_>) -> Answer {
    let token = call.required_text("intermediate_session_token")?;
    let wishes = call.wishes()?;
    if token.is_empty() {
        return Err(Refusal::new("intermediate_session_not_found"));
    }
    call.credential()?;
    let intermediate = call.intermediate(&token)?;
    if !intermediate.transferable {
        return Err(Refusal::new("invalid_intermediate_session_token_for_organization"));
    }
    call.check_claims_on_domain(None, &intermediate.email_address)?;
    let organization = describe(call, &intermediate.email_address)?;
    let key = call.world.add_organization(organization, call.now);
    let founder = Member::new(&intermediate.email_address).pending().role("stytch_admin");
    let member = call.world.add_member(key, founder, call.now);
    // Whoever founds an organization must own the address they found it with.
    call.world.member_mut(member).must_verify =
        !intermediate.factors.iter().any(Factor::proves_address);
    let proof = Proof { member, factors: Vec::new(), transferable: true, origin: None };
    call.conclude(proof, Credential::Intermediate(token), wishes)
}

/// The organization that the call describes.
fn describe(call: &Call<'_>, email_address: &str) -> Result<Organization, Refusal> {
    let name = call.token("organization_name")?.unwrap_or_else(|| usual_name(email_address));
    let slug = match call.token("organization_slug")? {
        Some(slug) if !is_slug(&slug) => return Err(Refusal::new("invalid_organization_slug")),
        Some(slug) if call.world.slug_is_taken(&slug) => {
            return Err(Refusal::new("organization_slug_already_used"));
        }
        Some(slug) => slug,
        None => call.world.free_slug(&name),
    };
    let mut organization = Organization::new(slug).name(name);
    organization.external_id = call.token("organization_external_id")?;
    if call.one_of("mfa_policy", &["OPTIONAL", "REQUIRED_FOR_ALL"])? == Some("REQUIRED_FOR_ALL") {
        organization = organization.mfa_required();
    }
    let restricted = |name, list, known: &[&str]| -> Result<Option<Vec<String>>, Refusal> {
        let policy = call.one_of(name, ALL_OR_SOME)?;
        let methods = call.texts(list)?.unwrap_or_default();
        if methods.iter().any(|method| !known.contains(&method.as_str())) {
            return Err(Refusal::new("bad_request"));
        }
        Ok((policy == Some("RESTRICTED")).then_some(methods))
    };
    organization.auth_methods = restricted("auth_methods", "allowed_auth_methods", &ALL_METHODS)?;
    organization.mfa_methods =
        restricted("mfa_methods", "allowed_mfa_methods", &["sms_otp", "totp"])?;
    let domains = call.texts("email_allowed_domains")?.unwrap_or_default();
    if call.one_of("email_jit_provisioning", SOME_OR_NONE)? == Some("RESTRICTED") {
        organization.joining_domains = domains;
    } else if !domains.is_empty() {
        organization = organization.field("email_allowed_domains", domains);
    }
    for (name, allowed) in [
        ("sso_jit_provisioning", ALL_SOME_OR_NONE),
        ("email_invites", ALL_SOME_OR_NONE),
        ("oauth_tenant_jit_provisioning", SOME_OR_NONE),
        ("first_party_connected_apps_allowed_type", ALL_SOME_OR_NONE),
        ("third_party_connected_apps_allowed_type", ALL_SOME_OR_NONE),
    ] {
        if let Some(policy) = call.one_of(name, allowed)? {
            organization = organization.field(name, policy);
        }
    }
    // These are only shown.
    for name in [
        "organization_logo_url",
        "allowed_oauth_tenants",
        "trusted_metadata",
        "rbac_email_implicit_role_assignments",
        "claimed_email_domains",
        "allowed_first_party_connected_apps",
        "allowed_third_party_connected_apps",
    ] {
        if let Some(value) = call.body.get(name) {
            let fits = match name {
                "organization_logo_url" => value.is_string(),
                "allowed_oauth_tenants" | "trusted_metadata" => value.is_object(),
                _ => value.is_array(),
            };
            if !fits {
                return Err(Refusal::new("bad_request"));
            }
            organization = organization.field(name, value.clone());
        }
    }
    Ok(organization)
}

/// The name of an organization for which none is given: the first part of the founder's domain.
fn usual_name(email_address: &str) -> String {
    let domain = email_address.rsplit_once('@').map_or(email_address, |(_, domain)| domain);
    domain.split('.').next().unwrap_or(domain).to_owned()
}

fn is_slug(slug: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (2..=128).contains(&slug.len()) && slug.bytes().all(allowed)
}

impl World {
    /// Whether an organization goes by this name already, be it as its slug or otherwise.
    fn slug_is_taken(&self, slug: &str) -> bool {
        self.find_organization(slug).is_some()
    }

    /// A slug made of a name, with a number where it is taken.
    fn free_slug(&self, name: &str) -> String {
        let wished = slug_of(name);
        let wished = if is_slug(&wished) { wished } else { "organization".to_owned() };
        if !self.slug_is_taken(&wished) {
            return wished;
        }
        let numbered = (2_u64..).map(|number| format!("{wished}-{number}"));
        let mut free = numbered.filter(|slug| !self.slug_is_taken(slug));
        free.next().unwrap_or(wished)
    }
}
