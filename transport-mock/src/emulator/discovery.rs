//! Discovery: which organizations may be entered, and entering one.

use serde_json::{Value, json};

use super::call::{Call, Credential};
use super::factor::{Factor, Kind};
use super::form::{DURATION, Field::Text, INTERMEDIATE, MINT, SESSION};
use super::login::Proof;
use super::organization::Member;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route};
use super::world::{
    INTERMEDIATE_LIFE, Intermediate, MemberKey, OrganizationKey, World, same_address,
};

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/discovery/organizations", organizations).fields(
        &[INTERMEDIATE],
        &[],
        &[SESSION],
    ),
    Route::post("b2b/discovery/intermediate_sessions/exchange", exchange).fields(
        &[INTERMEDIATE, Text("organization_id"), DURATION, Text("locale")],
        &[],
        &[MINT],
    ),
];

fn organizations(call: &mut Call<'_>) -> Answer {
    let (email_address, discovered) = match call.required_credential()? {
        Credential::Intermediate(token) => {
            let Intermediate { email_address, factors, member, .. } = call.intermediate(&token)?;
            let held = Held { factors: &factors, owner: member };
            let discovered = call.world.discover(&email_address, &held, Joining::Listed, call.now);
            (email_address, discovered)
        }
        Credential::Session(id) => {
            let session =
                call.world.sessions.get(&id).ok_or_else(|| Refusal::new("session_not_found"))?;
            let email_address = call.world.member(session.member).email_address.clone();
            let held = Held { factors: &session.factors, owner: Some(session.member) };
            let discovered = call.world.discover(&email_address, &held, Joining::Hidden, call.now);
            (email_address, discovered)
        }
        Credential::None => return Err(call.unauthenticated()),
    };
    Ok(object(json!({
        "email_address": email_address,
        "discovered_organizations": discovered,
        "organization_id_hint": null,
    })))
}

fn exchange(call: &mut Call<'_>) -> Answer {
    let token = call.required_text("intermediate_session_token")?;
    let wishes = call.wishes()?;
    let organization = call.organization()?;
    if token.is_empty() {
        return Err(Refusal::new("intermediate_session_not_found"));
    }
    call.credential()?;
    let intermediate = call.intermediate(&token)?;
    let member = call.world.find_email(organization, &intermediate.email_address);
    if !intermediate.transferable && (member.is_none() || member != intermediate.member) {
        return Err(Refusal::new("invalid_intermediate_session_token_for_organization"));
    }
    let member = match member {
        Some(member) => member,
        None => join(call, organization, &intermediate)?,
    };
    let proof = Proof { member, factors: Vec::new(), transferable: true, origin: None };
    call.conclude(proof, Credential::Intermediate(token), wishes)
}

/// Makes whoever has begun to log in a member, if the organization lets them join.
fn join(
    call: &mut Call<'_>,
    organization: OrganizationKey,
    intermediate: &Intermediate,
) -> Result<MemberKey, Refusal> {
    let Intermediate { email_address, factors, .. } = intermediate;
    if call.world.admission(organization, email_address, factors).is_none() {
        return Err(Refusal::new("member_not_found"));
    }
    let member = Member::new(email_address);
    Ok(call.world.add_member(organization, member, call.now))
}

/// The factors proven so far, and the member they were proven for, if it was one.
struct Held<'a> {
    factors: &'a [Factor],
    owner: Option<MemberKey>,
}

impl Held<'_> {
    /// The factors that count for a login of this member; none stands for somebody new.
    fn for_member(&self, world: &World, member: Option<MemberKey>) -> Vec<Factor> {
        let counts = |factor: &&Factor| {
            world.carries(factor) || factor.is_primary() && member.is_some() && self.owner == member
        };
        self.factors.iter().filter(counts).cloned().collect()
    }
}

/// Why an organization lets somebody join.
enum Admission<'a> {
    Domain(&'a str),
    Tenant { provider: &'static str, tenant: &'a str },
}

/// Whether organizations that one may join are listed beside those one belongs to.
#[derive(Clone, Copy)]
enum Joining {
    Listed,
    Hidden,
}

impl Call<'_> {
    /// The answer of a discovery login.
    pub(super) fn discovered(&mut self, email_address: String, factors: Vec<Factor>) -> Answer {
        let held = Held { factors: &factors, owner: None };
        let discovered = self.world.discover(&email_address, &held, Joining::Listed, self.now);
        let token = self.world.ids.token();
        let answer: Object = object(json!({
            "intermediate_session_token": token,
            "email_address": email_address,
            "discovered_organizations": discovered,
        }));
        let intermediate = Intermediate {
            email_address,
            member: None,
            factors,
            transferable: true,
            origin: None,
            expires_at: self.now.saturating_add(INTERMEDIATE_LIFE),
        };
        self.world.intermediates.insert(token, intermediate);
        Ok(answer)
    }
}

impl World {
    fn discover(
        &self,
        email_address: &str,
        held: &Held<'_>,
        joining: Joining,
        now: i64,
    ) -> Vec<Value> {
        let keys = (0..self.organizations.len()).map(OrganizationKey);
        let open = keys.filter(|key| !self.organization(*key).suspended);
        open.filter_map(|key| match (self.find_email(key, email_address), joining) {
            (Some(member), _) => self.discovered_membership(member, held, now),
            (None, Joining::Listed) => self.discovered_invitation(key, email_address, held),
            (None, Joining::Hidden) => None,
        })
        .collect()
    }

    fn discovered_membership(&self, key: MemberKey, held: &Held<'_>, now: i64) -> Option<Value> {
        let member = self.member(key);
        let kind = match member.status.as_str() {
            "active" => "active_member",
            "pending" => "pending_member",
            "invited" => "invited_member",
            _ => return None,
        };
        let missing = self.missing(key, &held.for_member(self, Some(key)));
        Some(json!({
            "organization": self.organization_json(member.organization),
            "member_authenticated": missing.primary.is_none() && !missing.second_factor,
            "primary_required": missing.primary.map(|methods| json!({ "allowed_auth_methods": methods })),
            "mfa_required": missing.second_factor.then(|| self.mfa_required(key, false)),
            "membership": { "type": kind, "details": null, "member": self.member_json(key, now) },
        }))
    }

    fn discovered_invitation(
        &self,
        key: OrganizationKey,
        email_address: &str,
        held: &Held<'_>,
    ) -> Option<Value> {
        let (kind, details) = match self.admission(key, email_address, held.factors)? {
            Admission::Domain(domain) => {
                ("eligible_to_join_by_email_domain", json!({ "domain": domain }))
            }
            Admission::Tenant { provider, tenant } => (
                "eligible_to_join_by_oauth_tenant",
                json!({ "provider": provider, "tenant": tenant }),
            ),
        };
        let enrolment = json!({ "member_options": null, "secondary_auth_initiated": null });
        let required = self.organization(key).mfa_required;
        let primary = self.missing_primary(key, &held.for_member(self, None));
        Some(json!({
            "organization": self.organization_json(key),
            "member_authenticated": !required && primary.is_none(),
            "primary_required": primary.map(|methods| json!({ "allowed_auth_methods": methods })),
            "mfa_required": required.then_some(enrolment),
            "membership": { "type": kind, "details": details, "member": null },
        }))
    }

    /// Why the organization lets whoever has this address and has proven these factors join.
    fn admission<'a>(
        &'a self,
        key: OrganizationKey,
        email_address: &str,
        factors: &'a [Factor],
    ) -> Option<Admission<'a>> {
        if let Some(domain) = self.joining_domain(key, email_address) {
            return Some(Admission::Domain(domain));
        }
        let tenants = factors.iter().filter_map(|factor| match factor.kind() {
            Kind::OAuth { provider, tenant: Some(tenant), .. } => {
                Some((provider.key(), tenant.as_str()))
            }
            _ => None,
        });
        let organization = self.organization(key);
        let mut admitted = tenants.filter(|(name, tenant)| organization.admits(name, tenant));
        admitted.next().map(|(provider, tenant)| Admission::Tenant { provider, tenant })
    }

    /// The domain by which this address may join the organization.
    pub(super) fn joining_domain(&self, key: OrganizationKey, email_address: &str) -> Option<&str> {
        let (_, domain) = email_address.rsplit_once('@')?;
        let domains = self.organization(key).joining_domains.iter();
        domains.map(String::as_str).find(|allowed| same_address(allowed, domain))
    }
}
