//! Sessions in return for what was proven elsewhere: access tokens, tokens of trusted issuers,
//! sessions of another system, and impersonation.

use serde_json::json;

use super::Emulator;
use super::builder::EmulatorBuilder;
use super::call::{Call, Wishes};
use super::factor::{Factor, Kind};
use super::form::{
    CAPTCHA, DURATION,
    Field::{Map, Text},
    MINT, SESSION,
};
use super::ids;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::ticket::{Purpose, Ticket};
use super::world::{MemberKey, same_address};

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/sessions/exchange_access_token", exchange_access_token).fields(
        &[Text("access_token")],
        &[DURATION],
        &[MINT],
    ),
    Route::post("b2b/sessions/attest", attest).fields(
        &[Text("profile_id"), Text("token"), Text("organization_id"), DURATION, SESSION],
        &[],
        &[MINT],
    ),
    Route::post("b2b/sessions/migrate", migrate).only(Surface::Backend).fields(
        &[],
        &[],
        &[Text("session_token"), Text("organization_id"), DURATION, Map("session_custom_claims")],
    ),
    Route::post("b2b/impersonation/authenticate", impersonate).fields(
        &[Text("impersonation_token")],
        &[CAPTCHA],
        &[],
    ),
];

/// The life of an access token, of an impersonation token, in seconds: five minutes.
const TOKEN_LIFE: i64 = 5 * 60;

/// The life of an impersonated session, in minutes.
const IMPERSONATED_MINUTES: i64 = 60;

/// What was issued elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imports {
    pub(super) access_tokens: Vec<AccessToken>,
    trusted_tokens: Vec<TrustedToken>,
    foreign_sessions: Vec<(String, String)>,
}

#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(super) struct AccessToken {
    token: String,
    organization: String,
    email_address: String,
    full_access: bool,
    /// `None`: when the world was made.
    issued_at: Option<i64>,
    used: bool,
}

#[derive(Clone, Debug)]
struct TrustedToken {
    profile_id: String,
    token: String,
    organization: String,
    email_address: String,
    /// Why it is refused, if it is.
    refusal: Option<&'static str>,
}

fn exchange_access_token(call: &mut Call<'_>) -> Answer {
    let token = call.required_text("access_token")?;
    let wishes = call.wishes()?;
    let invalid = || Refusal::new("oauth_access_token_exchange_token_invalid_grant");
    let made_at = call.world.created_at;
    let found = call.world.imports.access_tokens.iter().position(|known| known.token == token);
    let index = found.ok_or_else(invalid)?;
    let known = &call.world.imports.access_tokens[index];
    let member = named_member(call, &known.organization, &known.email_address);
    let member = member.filter(|_| !known.used).ok_or_else(invalid)?;
    if !known.full_access {
        return Err(Refusal::new("oauth_access_token_exchange_missing_full_access"));
    }
    if call.now.saturating_sub(known.issued_at.unwrap_or(made_at)) > TOKEN_LIFE {
        return Err(Refusal::new("oauth_access_token_exchange_token_too_old"));
    }
    call.world.imports.access_tokens[index].used = true;
    let client_id = ids::named("connected-app", "the emulator's");
    start(call, member, Kind::AccessToken { client_id }, wishes)
}

fn attest(call: &mut Call<'_>) -> Answer {
    let profile_id = call.required_text("profile_id")?;
    let token = call.required_text("token")?;
    let wishes = call.free_wishes()?;
    let asked = match call.token("organization_id")? {
        Some(_) => Some(call.organization()?),
        None => None,
    };
    let tokens = &call.world.imports.trusted_tokens;
    if !tokens.iter().any(|known| known.profile_id == profile_id) {
        return Err(Refusal::new("trusted_token_profile_not_found"));
    }
    let invalid = || Refusal::new("invalid_trusted_auth_token");
    let mut tokens = tokens.iter().filter(|known| known.profile_id == profile_id);
    let known = tokens.find(|known| known.token == token).ok_or_else(invalid)?;
    if let Some(refusal) = known.refusal {
        return Err(Refusal::new(refusal));
    }
    let claimed = Some(known.organization.as_str()).filter(|name| !name.is_empty());
    let claimed = match claimed {
        Some(name) => Some(
            call.world
                .find_organization(name)
                .ok_or_else(|| Refusal::new("invalid_token_organization_id_claim"))?,
        ),
        None => None,
    };
    let organization = match (asked, claimed) {
        (Some(asked), Some(claimed)) if asked != claimed => {
            return Err(Refusal::new("invalid_token_organization_id_claim"));
        }
        (Some(organization), _) | (None, Some(organization)) => organization,
        (None, None) => return Err(Refusal::new("token_missing_organization_id_claim")),
    };
    let member = call.world.find_email(organization, &known.email_address);
    let member = member.ok_or_else(|| Refusal::new("member_not_found"))?;
    let kind = Kind::TrustedToken { token_id: ids::named("trusted-auth-token", &token) };
    let Some(id) = call.session_fields()? else {
        return start(call, member, kind, wishes);
    };
    let owner = call.world.sessions.get(&id).map(|session| session.member);
    if owner != Some(member) {
        return Err(Refusal::new("member_session_member_id_mismatch"));
    }
    call.world.touch_session(&id, vec![Factor::new(kind, call.now)], wishes, call.now)?;
    call.session_answer(&id)
}

fn migrate(call: &mut Call<'_>) -> Answer {
    let token = call.required_text("session_token")?;
    let wishes = call.free_wishes()?;
    let organization = call.organization()?;
    let mut sessions = call.world.imports.foreign_sessions.iter();
    let Some((_, email_address)) = sessions.find(|(known, _)| *known == token) else {
        return Err(Refusal::new("migrate_from_external_unexpected_response"));
    };
    if email_address.is_empty() {
        return Err(Refusal::new("migrate_from_external_missing_userinfo"));
    }
    let member = call.world.find_email(organization, email_address);
    let unknown = || Refusal::new("migrate_from_external_email_does_not_exist");
    start(call, member.ok_or_else(unknown)?, Kind::Imported, wishes)
}

fn impersonate(call: &mut Call<'_>) -> Answer {
    let (token, ticket) =
        call.ticket(Purpose::Impersonation, "impersonation_token", "pkce_code_verifier")?;
    let refused = || Refusal::new("unable_to_auth_impersonation_token");
    let member = ticket.member.ok_or_else(refused)?;
    if call.world.member(member).status != "active" {
        return Err(Refusal::new("member_impersonation_not_allowed"));
    }
    let wishes = Wishes { minutes: Some(IMPERSONATED_MINUTES), claims: Object::new() };
    let mut answer = start(call, member, ticket.factor, wishes)?;
    call.world.spend(&token);
    answer.extend(object(json!({
        "organization_id": call.world.organization_of(member).id,
        "member_authenticated": true,
        "intermediate_session_token": "",
        "mfa_required": null,
    })));
    Ok(answer)
}

/// A new session without further questions.
fn start(call: &mut Call<'_>, member: MemberKey, kind: Kind, wishes: Wishes) -> Answer {
    let factors = vec![Factor::new(kind, call.now)];
    let id = call.world.start_session(member, factors, wishes, call.now)?;
    call.session_answer(&id)
}

fn named_member(call: &Call<'_>, organization: &str, email_address: &str) -> Option<MemberKey> {
    let organization = call.world.find_organization(organization)?;
    call.world.position(|member| {
        member.organization == organization && same_address(&member.email_address, email_address)
    })
}

/// What other systems have issued.
impl EmulatorBuilder {
    /// Knows an access token, with the scope `full_access`, of a member of an organization (by id or
    /// slug). It can be exchanged for a session once, within five minutes from the world's
    /// beginning. For a fresh one see [`Emulator::access_token`].
    pub fn access_token(
        self,
        token: impl Into<String>,
        organization: impl Into<String>,
        email_address: impl Into<String>,
    ) -> Self {
        self.any_access_token(token.into(), organization.into(), email_address.into(), true)
    }

    /// Knows an access token that lacks the scope `full_access`, and so cannot be exchanged.
    pub fn limited_access_token(
        self,
        token: impl Into<String>,
        organization: impl Into<String>,
        email_address: impl Into<String>,
    ) -> Self {
        self.any_access_token(token.into(), organization.into(), email_address.into(), false)
    }

    fn any_access_token(
        mut self,
        token: String,
        organization: String,
        email_address: String,
        full_access: bool,
    ) -> Self {
        self.imports.access_tokens.push(AccessToken {
            token,
            organization,
            email_address,
            full_access,
            issued_at: None,
            used: false,
        });
        self
    }

    /// Trusts a token, of the issuer of a profile, that speaks of a member of an organization (by id
    /// or slug); an empty organization stands for a token that names none. It is compared as text
    /// and may be used again and again.
    pub fn trusted_token(
        mut self,
        profile_id: impl Into<String>,
        token: impl Into<String>,
        organization: impl Into<String>,
        email_address: impl Into<String>,
    ) -> Self {
        self.imports.trusted_tokens.push(TrustedToken {
            profile_id: profile_id.into(),
            token: token.into(),
            organization: organization.into(),
            email_address: email_address.into(),
            refusal: None,
        });
        self
    }

    /// Refuses a token of the issuer of a profile with this error type, for instance
    /// `jwt_invalid_audience`, `jwt_invalid_issuer` or `jwt_invalid_claims`.
    pub fn refused_trusted_token(
        mut self,
        profile_id: impl Into<String>,
        token: impl Into<String>,
        error_type: &'static str,
    ) -> Self {
        self.imports.trusted_tokens.push(TrustedToken {
            profile_id: profile_id.into(),
            token: token.into(),
            organization: String::new(),
            email_address: String::new(),
            refusal: Some(error_type),
        });
        self
    }

    /// Knows a session of another system, which can be migrated. An empty e-mail address stands for
    /// a system that does not tell it.
    pub fn foreign_session(
        mut self,
        token: impl Into<String>,
        email_address: impl Into<String>,
    ) -> Self {
        self.imports.foreign_sessions.push((token.into(), email_address.into()));
        self
    }
}

/// What other systems issue now.
impl Emulator {
    /// A fresh access token, with the scope `full_access`, of a member of an organization (by id or
    /// slug), good once and for five minutes; `None` if there is no such member.
    #[must_use]
    pub fn access_token(&self, organization: &str, email_address: &str) -> Option<String> {
        let now = self.now();
        let mut world = self.lock();
        let key = world.find_organization(organization)?;
        world.find_email(key, email_address)?;
        let token = world.ids.token();
        world.imports.access_tokens.push(AccessToken {
            token: token.clone(),
            organization: organization.to_owned(),
            email_address: email_address.to_owned(),
            full_access: true,
            issued_at: Some(now),
            used: false,
        });
        Some(token)
    }

    /// A token by which somebody of the company behind the project logs in as a member of an
    /// organization (by id or slug), good once and for five minutes; `None` if there is no such
    /// member.
    #[must_use]
    pub fn impersonation_token(
        &self,
        organization: &str,
        email_address: &str,
        impersonator_email_address: &str,
    ) -> Option<String> {
        let now = self.now();
        let mut world = self.lock();
        let organization = world.find_organization(organization)?;
        let member = world.find_email(organization, email_address)?;
        let ticket = Ticket {
            purpose: Purpose::Impersonation,
            email_address: world.member(member).email_address.clone(),
            member: Some(member),
            factor: Kind::Impersonated {
                impersonator_id: ids::named("impersonator", impersonator_email_address),
                email_address: impersonator_email_address.to_owned(),
            },
            challenge: None,
            expires_at: now.saturating_add(TOKEN_LIFE),
            used: false,
        };
        Some(world.issue(ticket))
    }
}
