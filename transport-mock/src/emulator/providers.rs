//! Logins by an identity provider: SSO and OAuth. The emulator plays the provider too.

use serde_json::{Value, json};

use super::Emulator;
use super::call::Call;
use super::factor::{Factor, Kind, Protocol, Provider};
use super::form::{CAPTCHA, Field::Text, LOGIN_BACKEND, LOGIN_FRONTEND, SESSION};
use super::ids;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::ticket::{PROVIDER_LIFE, Purpose, Ticket};
use super::time::rfc3339;
use super::world::{MemberKey, World, email_id, mailbox};

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/sso/authenticate", authenticate_sso).fields(
        &[Text("sso_token"), Text("pkce_code_verifier")],
        LOGIN_FRONTEND,
        LOGIN_BACKEND,
    ),
    Route::post("b2b/oauth/authenticate", authenticate_oauth).fields(
        &[Text("oauth_token"), Text("pkce_code_verifier")],
        LOGIN_FRONTEND,
        LOGIN_BACKEND,
    ),
    Route::post("b2b/oauth/discovery/authenticate", discover).fields(
        &[Text("discovery_oauth_token"), Text("pkce_code_verifier")],
        &[CAPTCHA],
        &[SESSION, super::form::MINT],
    ),
];

fn authenticate_sso(call: &mut Call<'_>) -> Answer {
    let wishes = call.wishes()?;
    let (token, ticket) = call.ticket(Purpose::Sso, "sso_token", "pkce_code_verifier")?;
    let member = ticket.member.ok_or_else(|| Refusal::new("sso_token_not_found"))?;
    let mut answer = call.log_in(member, ticket.factor.clone(), wishes)?;
    call.world.spend(&token);
    call.world.register(member, &ticket.factor);
    answer.insert("member".to_owned(), call.world.member_json(member, call.now));
    answer.insert("reset_session".to_owned(), false.into());
    Ok(answer)
}

fn authenticate_oauth(call: &mut Call<'_>) -> Answer {
    let wishes = call.free_wishes()?;
    let (token, ticket) = call.ticket(Purpose::OAuth, "oauth_token", "pkce_code_verifier")?;
    let refused = || Refusal::new("oauth_token_not_found");
    let member = ticket.member.ok_or_else(refused)?;
    let Kind::OAuth { provider, subject, .. } = ticket.factor.clone() else {
        return Err(refused());
    };
    let mut answer = call.log_in(member, ticket.factor.clone(), wishes)?;
    call.world.spend(&token);
    call.world.register(member, &ticket.factor);
    answer.insert("member".to_owned(), call.world.member_json(member, call.now));
    answer.extend(object(json!({
        "provider_type": provider.kind(),
        "provider_subject": subject,
        "reset_sessions": false,
        "provider_values": {
            "scopes": ["openid", "email", "profile"],
            "access_token": call.world.ids.token(),
            "refresh_token": call.world.ids.token(),
            "id_token": "",
            "expires_at": rfc3339(call.now.saturating_add(60 * 60)),
        },
    })));
    Ok(answer)
}

fn discover(call: &mut Call<'_>) -> Answer {
    let (token, ticket) =
        call.ticket(Purpose::DiscoveryOAuth, "discovery_oauth_token", "pkce_code_verifier")?;
    let Kind::OAuth { provider, tenant, .. } = ticket.factor.clone() else {
        return Err(Refusal::new("oauth_token_not_found"));
    };
    call.world.spend(&token);
    let known = call
        .world
        .position(|member| mailbox(&member.email_address) == mailbox(&ticket.email_address));
    let full_name = known.map(|member| call.world.member(member).name.clone()).unwrap_or_default();
    let factor = Factor::new(ticket.factor, call.now);
    let mut answer = call.discovered(ticket.email_address, vec![factor])?;
    answer.extend(object(json!({
        "provider_type": provider.kind(),
        "provider_tenant_id": tenant.clone().unwrap_or_default(),
        "full_name": full_name,
    })));
    if call.surface == Surface::Backend {
        answer.insert("provider_tenant_ids".to_owned(), json!(tenant.as_slice()));
    }
    Ok(answer)
}

impl World {
    /// The token of an SSO login of somebody in an organization, by one of its connections.
    pub(super) fn sso_ticket(
        &mut self,
        member: MemberKey,
        connection_id: &str,
        challenge: Option<String>,
        now: i64,
    ) -> String {
        let email_address = self.member(member).email_address.clone();
        let named =
            |kind| ids::named(kind, &format!("{connection_id}/{}", mailbox(&email_address)));
        let factor = Kind::Sso {
            protocol: if connection_id.starts_with("oidc") {
                Protocol::Oidc
            } else {
                Protocol::Saml
            },
            id: named("sso-registration"),
            connection_id: connection_id.to_owned(),
            external_id: named("external"),
        };
        self.provided(Purpose::Sso, Some(member), email_address, factor, challenge, now)
    }

    /// The token of an OAuth login: of a member, or of somebody who looks for an organization.
    pub(super) fn oauth_ticket(
        &mut self,
        (provider, tenant): (Provider, Option<String>),
        member: Option<MemberKey>,
        email_address: &str,
        challenge: Option<String>,
        now: i64,
    ) -> String {
        let email_address = self.as_registered(email_address.to_owned());
        let name = format!("{}/{}", provider.kind(), mailbox(&email_address));
        let factor = Kind::OAuth {
            provider,
            id: ids::named("oauth-member-registration", &name),
            subject: ids::named("subject", &name),
            email_id: email_id(&email_address),
            tenant,
        };
        let purpose = if member.is_some() { Purpose::OAuth } else { Purpose::DiscoveryOAuth };
        self.provided(purpose, member, email_address, factor, challenge, now)
    }

    fn provided(
        &mut self,
        purpose: Purpose,
        member: Option<MemberKey>,
        email_address: String,
        factor: Kind,
        challenge: Option<String>,
        now: i64,
    ) -> String {
        let expires_at = now.saturating_add(PROVIDER_LIFE);
        let ticket =
            Ticket { purpose, email_address, member, factor, challenge, expires_at, used: false };
        self.issue(ticket)
    }

    /// Lists a login by an identity provider among the member's registrations.
    fn register(&mut self, member: MemberKey, factor: &Kind) {
        let (list, key, registration) = match factor {
            Kind::Sso { id, connection_id, external_id, .. } => (
                "sso_registrations",
                "registration_id",
                json!({
                    "connection_id": connection_id,
                    "external_id": external_id,
                    "registration_id": id,
                    "sso_attributes": {},
                }),
            ),
            Kind::OAuth { provider, id, subject, .. } => (
                "oauth_registrations",
                "member_oauth_registration_id",
                json!({
                    "provider_type": provider.kind(),
                    "provider_subject": subject,
                    "member_oauth_registration_id": id,
                    "profile_picture_url": null,
                    "locale": null,
                }),
            ),
            _ => return,
        };
        let fields: &mut Object = &mut self.member_mut(member).fields;
        let list = fields.entry(list).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            if list.iter().all(|known| known[key] != registration[key]) {
                list.push(registration);
            }
        }
    }
}

impl Emulator {
    /// Plays an identity provider: the `sso_token` of a login to an organization (by id or slug),
    /// good once and for five minutes. The login is by the organization's first connection, or a
    /// made-up SAML one if it has none.
    ///
    /// `None` if the organization does not exist, or has no such member and does not let this
    /// address join.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Example};
    ///
    /// let emulator = Emulator::example();
    /// let token = emulator.sso_token(Example::SLATE_QUARRY, Example::EMAIL_ADDRESS);
    /// let request = http::Request::post("/v1/b2b/sso/authenticate")
    ///     .header("authorization", emulator.backend_authorization())
    ///     .body(serde_json::json!({ "sso_token": token }).to_string().into_bytes())?;
    /// assert_eq!(emulator.handle(&request).status(), 200);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn sso_token(&self, organization: &str, email_address: &str) -> Option<String> {
        let now = self.now();
        let mut world = self.lock();
        let key = world.find_organization(organization)?;
        let member = world.find_or_sign_up(key, email_address, now)?;
        let organization = world.organization(key);
        let connection = organization.sso_connections().next().map(str::to_owned);
        let connection =
            connection.unwrap_or_else(|| ids::named("saml-connection", &organization.id));
        Some(world.sso_ticket(member, &connection, None, now))
    }

    /// Plays an identity provider: the `oauth_token` of a login to an organization (by id or slug),
    /// good once and for five minutes. The provider is `google`, `microsoft`, `github`, `slack` or
    /// `hubspot`.
    ///
    /// `None` if there is no such provider or organization, or the organization has no such member
    /// and does not let this address join.
    #[must_use]
    pub fn oauth_token(
        &self,
        provider: &str,
        organization: &str,
        email_address: &str,
    ) -> Option<String> {
        let now = self.now();
        let mut world = self.lock();
        let provider = Provider::named(provider)?;
        let organization = world.find_organization(organization)?;
        let member = world.find_or_sign_up(organization, email_address, now)?;
        Some(world.oauth_ticket((provider, None), Some(member), email_address, None, now))
    }

    /// Plays an identity provider: the `discovery_oauth_token` of somebody who looks for an
    /// organization, good once and for five minutes. The providers are those of
    /// [`oauth_token`](Self::oauth_token); `None` if it is another.
    #[must_use]
    pub fn discovery_oauth_token(&self, provider: &str, email_address: &str) -> Option<String> {
        self.discover_by(provider, None, email_address)
    }

    /// As [`discovery_oauth_token`](Self::discovery_oauth_token), of somebody who logs in to a tenant
    /// of the provider, for instance a workspace of `slack`.
    #[must_use]
    pub fn discovery_oauth_token_of_tenant(
        &self,
        provider: &str,
        tenant: impl Into<String>,
        email_address: &str,
    ) -> Option<String> {
        self.discover_by(provider, Some(tenant.into()), email_address)
    }

    fn discover_by(
        &self,
        provider: &str,
        tenant: Option<String>,
        email_address: &str,
    ) -> Option<String> {
        let now = self.now();
        let provider = Provider::named(provider)?;
        Some(self.lock().oauth_ticket((provider, tenant), None, email_address, None, now))
    }
}
