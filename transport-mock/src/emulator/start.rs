//! Where a browser goes to log in by an identity provider. There is no provider here: it is sent
//! straight back with the token of whoever the parameter `login_hint` names. That parameter is the
//! emulator's own; the official SDKs can pass it as a provider parameter, `provider_login_hint`. So is
//! `provider_tenant`, the tenant of the provider that they log in to.

use super::call::Call;
use super::factor::Provider;
use super::reply::Refusal;
use super::route::Route;
use super::ticket::{Purpose, link};
use super::world::{MemberKey, OrganizationKey};

pub(super) const ROUTES: &[Route] = &[
    Route::redirect("b2b/public/oauth/{provider}/start", start_oauth).query(&[
        "public_token",
        "organization_id",
        "slug",
        "custom_scopes",
        "pkce_code_challenge",
        "login_redirect_url",
        "signup_redirect_url",
        "login_hint",
        "provider_*",
    ]),
    Route::redirect("b2b/public/oauth/{provider}/discovery/start", start_discovery).query(&[
        "public_token",
        "custom_scopes",
        "pkce_code_challenge",
        "discovery_redirect_url",
        "login_hint",
        "provider_*",
    ]),
    Route::redirect("public/sso/start", start_sso).query(&[
        "public_token",
        "connection_id",
        "pkce_code_challenge",
        "login_redirect_url",
        "signup_redirect_url",
        "login_hint",
        "provider_*",
    ]),
];

fn start_oauth(call: &mut Call<'_>) -> Result<String, Refusal> {
    let (email_address, challenge) = begin(call)?;
    let provider = (provider(call)?, None);
    let name = call.query("organization_id").or_else(|| call.query("slug"));
    let organization = name.and_then(|name| call.world.find_organization(&name));
    let (member, url) = member(call, organization, &email_address)?;
    let token =
        call.world.oauth_ticket(provider, Some(member), &email_address, challenge, call.now);
    send_back(call, url.as_deref(), Purpose::OAuth, &token)
}

fn start_discovery(call: &mut Call<'_>) -> Result<String, Refusal> {
    let (email_address, challenge) = begin(call)?;
    let tenant = call.query("provider_tenant").filter(|tenant| !tenant.is_empty());
    let provider = (provider(call)?, tenant);
    let url = call.query("discovery_redirect_url");
    let token = call.world.oauth_ticket(provider, None, &email_address, challenge, call.now);
    send_back(call, url.as_deref(), Purpose::DiscoveryOAuth, &token)
}

fn start_sso(call: &mut Call<'_>) -> Result<String, Refusal> {
    let (email_address, challenge) = begin(call)?;
    let connection = call.query("connection_id").ok_or_else(refused)?;
    let mut organizations = call.world.organizations.iter();
    let organization = organizations
        .position(|organization| organization.sso_connections().any(|id| id == connection))
        .map(OrganizationKey);
    let (member, url) = member(call, organization, &email_address)?;
    let token = call.world.sso_ticket(member, &connection, challenge, call.now);
    send_back(call, url.as_deref(), Purpose::Sso, &token)
}

/// Who logs in, and the PKCE challenge.
fn begin(call: &Call<'_>) -> Result<(String, Option<String>), Refusal> {
    if call.query("public_token").as_deref() != Some(&call.world.project.public_token) {
        return Err(Refusal::new("invalid_public_token_id"));
    }
    let hint = call.query("login_hint").or_else(|| call.query("provider_login_hint"));
    let hint = hint.filter(|address| address.contains('@')).ok_or_else(refused)?;
    let challenge = call.query("pkce_code_challenge").filter(|challenge| !challenge.is_empty());
    Ok((hint, challenge))
}

fn provider(call: &Call<'_>) -> Result<Provider, Refusal> {
    Provider::named(&call.parameter("provider")).ok_or_else(|| Refusal::new("route_not_found"))
}

/// The member of the organization with this address, who may be new, and where to send them.
fn member(
    call: &mut Call<'_>,
    organization: Option<OrganizationKey>,
    email_address: &str,
) -> Result<(MemberKey, Option<String>), Refusal> {
    let organization = organization.ok_or_else(refused)?;
    let new = call.world.find_email(organization, email_address).is_none();
    let member = call.world.find_or_sign_up(organization, email_address, call.now);
    let url = call.query("login_redirect_url");
    let url = if new { call.query("signup_redirect_url").or(url) } else { url };
    Ok((member.ok_or_else(refused)?, url))
}

/// Where to send the browser: the redirect URL, if a header can hold it.
fn send_back(
    call: &Call<'_>,
    url: Option<&str>,
    purpose: Purpose,
    token: &str,
) -> Result<String, Refusal> {
    call.check_redirect_url(url)?;
    let link = link(url, purpose, token);
    if link.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(link) } else { Err(refused()) }
}

fn refused() -> Refusal {
    Refusal::new("bad_request")
}
