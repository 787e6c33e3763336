//! Links by e-mail: logins, invitations, discovery.

use serde_json::json;

use super::call::Call;
use super::factor::{Factor, Kind};
use super::form::{
    CAPTCHA,
    Field::{Map, Number, Text, Texts},
    LOGIN_BACKEND, LOGIN_FRONTEND,
};
use super::organization::Member;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::ticket::{Purpose, Ticket};
use super::world::{MemberKey, OrganizationKey, email_id};

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/magic_links/email/login_or_signup", send).fields(
        &[
            Text("organization_id"),
            Text("email_address"),
            Text("login_redirect_url"),
            Text("signup_redirect_url"),
            Text("pkce_code_challenge"),
            Text("login_template_id"),
            Text("signup_template_id"),
            Text("locale"),
            Number("login_expiration_minutes"),
            Number("signup_expiration_minutes"),
        ],
        &[],
        &[],
    ),
    Route::post("b2b/magic_links/email/invite", invite)
        .fields(
            &[
                Text("email_address"),
                Text("invite_redirect_url"),
                Text("invite_template_id"),
                Text("name"),
                Map("untrusted_metadata"),
                Text("locale"),
                Texts("roles"),
                Number("invite_expiration_minutes"),
            ],
            &[],
            &[Text("organization_id"), Text("invited_by_member_id"), Map("trusted_metadata")],
        )
        .on_behalf(),
    Route::post("b2b/magic_links/authenticate", authenticate).fields(
        &[Text("magic_links_token"), Text("pkce_code_verifier")],
        LOGIN_FRONTEND,
        LOGIN_BACKEND,
    ),
    Route::post("b2b/magic_links/email/discovery/send", send_discovery).fields(
        &[
            Text("email_address"),
            Text("discovery_redirect_url"),
            Text("pkce_code_challenge"),
            Text("login_template_id"),
            Text("locale"),
            Number("discovery_expiration_minutes"),
        ],
        &[CAPTCHA],
        &[],
    ),
    Route::post("b2b/magic_links/discovery/authenticate", authenticate_discovery).fields(
        &[Text("discovery_magic_links_token"), Text("pkce_code_verifier")],
        &[CAPTCHA],
        &[],
    ),
];

/// The life of a link in minutes, unless the call says otherwise.
const LIFE: i64 = 60;

/// The life of an invitation in minutes, and the longest of any link: a week.
const LONGEST_LIFE: i64 = 10_080;

fn send(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    let login_end = call.end_of("login_expiration_minutes", LIFE, 5..=LONGEST_LIFE)?;
    let signup_end = call.end_of("signup_expiration_minutes", LIFE, 5..=LONGEST_LIFE)?;
    let login_url = call.redirect_url("login_redirect_url")?;
    let signup_url = call.redirect_url("signup_redirect_url")?;
    let challenge = call.token("pkce_code_challenge")?;
    let organization = call.organization()?;
    call.allow_primary(organization, "magic_link")?;
    let (member, created) = call.member_or_signup(organization, &email_address)?;
    let (url, expires_at) = if created { (signup_url, signup_end) } else { (login_url, login_end) };
    send_link(call, member, challenge, expires_at, url.as_deref());
    call.sent(member, created)
}

fn send_link(
    call: &mut Call<'_>,
    member: MemberKey,
    challenge: Option<String>,
    expires_at: i64,
    redirect_url: Option<&str>,
) {
    let email_address = call.world.member(member).email_address.clone();
    let ticket = Ticket {
        purpose: Purpose::MagicLink,
        member: Some(member),
        factor: link_factor(&email_address),
        email_address,
        challenge,
        expires_at,
        used: false,
    };
    call.world.send_link(ticket, redirect_url);
}

fn link_factor(email_address: &str) -> Kind {
    let email_id = email_id(email_address);
    Kind::MagicLink { email_id, email_address: email_address.to_owned() }
}

fn invite(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    let expires_at = call.end_of("invite_expiration_minutes", LONGEST_LIFE, 5..=LONGEST_LIFE)?;
    let url = call.redirect_url("invite_redirect_url")?;
    let mut invited = Member::new(&email_address).invited();
    invited.name = call.text("name")?.unwrap_or_default();
    invited.roles = call.texts("roles")?.unwrap_or_default();
    for name in ["trusted_metadata", "untrusted_metadata"] {
        if let Some(metadata) = call.object(name)? {
            invited.fields.insert(name.to_owned(), metadata.clone().into());
        }
    }
    let organization = match call.surface {
        Surface::Frontend => {
            let caller = call.session_member()?;
            call.world.demand(caller, "stytch.member", "create")?;
            call.world.member(caller).organization
        }
        Surface::Backend => {
            let organization = call.organization()?;
            call.on_behalf(organization, "stytch.member", "create")?;
            organization
        }
    };
    let member = match call.world.find_email(organization, &email_address) {
        Some(member) if call.world.member(member).status == "active" => {
            return Err(Refusal::new("duplicate_email"));
        }
        // A second invitation of the same person only sends the link once more.
        Some(member) => {
            "invited".clone_into(&mut call.world.member_mut(member).status);
            member
        }
        None => {
            call.check_claims_on_domain(Some(organization), &email_address)?;
            call.world.add_member(organization, invited, call.now)
        }
    };
    send_link(call, member, None, expires_at, url.as_deref());
    Ok(call.world.who_json(member, call.now))
}

fn authenticate(call: &mut Call<'_>) -> Answer {
    let wishes = call.wishes()?;
    let (token, ticket) =
        call.ticket(Purpose::MagicLink, "magic_links_token", "pkce_code_verifier")?;
    let member = ticket.member.ok_or_else(|| Refusal::new("magic_link_not_found"))?;
    let mut answer = call.log_in(member, ticket.factor, wishes)?;
    call.world.spend(&token);
    answer.extend(object(json!({
        "method_id": email_id(&ticket.email_address),
        "reset_sessions": false,
    })));
    Ok(answer)
}

fn send_discovery(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    let expires_at = call.end_of("discovery_expiration_minutes", LIFE, 5..=LONGEST_LIFE)?;
    let url = call.redirect_url("discovery_redirect_url")?;
    let challenge = call.token("pkce_code_challenge")?;
    let email_address = call.world.as_registered(email_address);
    let ticket = Ticket {
        purpose: Purpose::DiscoveryLink,
        member: None,
        factor: link_factor(&email_address),
        email_address,
        challenge,
        expires_at,
        used: false,
    };
    call.world.send_link(ticket, url.as_deref());
    Ok(Object::new())
}

fn authenticate_discovery(call: &mut Call<'_>) -> Answer {
    let (token, ticket) =
        call.ticket(Purpose::DiscoveryLink, "discovery_magic_links_token", "pkce_code_verifier")?;
    call.world.spend(&token);
    call.discovered(ticket.email_address, vec![Factor::new(ticket.factor, call.now)])
}

impl Call<'_> {
    /// Refuses to begin a login that the organization does not accept.
    pub(super) fn allow_primary(
        &self,
        organization: OrganizationKey,
        method: &str,
    ) -> Result<(), Refusal> {
        if self.world.accepts_primary(organization, method) {
            return Ok(());
        }
        Err(Refusal::new("operation_restricted_by_organization_auth_methods"))
    }

    /// The member with this address, or a new one where the organization lets them join; and
    /// whether they are new.
    pub(super) fn member_or_signup(
        &mut self,
        organization: OrganizationKey,
        email_address: &str,
    ) -> Result<(MemberKey, bool), Refusal> {
        if let Some(member) = self.world.find_email(organization, email_address) {
            return if self.world.member(member).status == "deleted" {
                Err(Refusal::new("inactive_email"))
            } else {
                Ok((member, false))
            };
        }
        self.check_claims_on_domain(Some(organization), email_address)?;
        let signed_up = self.world.sign_up(organization, email_address, self.now);
        let member = signed_up.ok_or_else(|| Refusal::new("member_not_found"))?;
        Ok((member, true))
    }

    /// Refuses to make somebody a member whose e-mail domain another organization has claimed.
    pub(super) fn check_claims_on_domain(
        &self,
        organization: Option<OrganizationKey>,
        email_address: &str,
    ) -> Result<(), Refusal> {
        let domain = email_address.rsplit_once('@').map_or("", |(_, domain)| domain);
        let mut others = self.world.organizations.iter().enumerate();
        let claimed = others.any(|(index, other)| {
            Some(OrganizationKey(index)) != organization && other.claims_domain(domain)
        });
        if claimed {
            return Err(Refusal::new("action_not_allowed_email_domain_is_claimed"));
        }
        Ok(())
    }

    /// The answer after a login or sign-up has been sent; only the backend learns whose it is.
    pub(super) fn sent(&self, member: MemberKey, created: bool) -> Answer {
        if self.surface == Surface::Frontend {
            return Ok(Object::new());
        }
        let mut answer = self.world.who_json(member, self.now);
        answer.insert("member_created".to_owned(), created.into());
        Ok(answer)
    }
}
