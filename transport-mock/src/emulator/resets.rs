//! New passwords: by e-mail, by the old password, by a session, and in discovery.

use serde_json::json;

use super::call::Call;
use super::factor::{Factor, Kind};
use super::form::{
    CAPTCHA, DURATION,
    Field::{self, Number, Text},
    LOGIN_BACKEND, LOGIN_FRONTEND, MINT, SESSION,
};
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::ticket::{Purpose, Ticket};
use super::world::{MemberKey, email_id};

pub(super) const ROUTES: &[Route] =
    &[
        Route::post("b2b/passwords/email/reset/start", start).fields(
            &[
                Text("organization_id"),
                Text("email_address"),
                Text("login_redirect_url"),
                Text("reset_password_redirect_url"),
                Number("reset_password_expiration_minutes"),
                Text("reset_password_template_id"),
                Text("verify_email_template_id"),
                Text("code_challenge"),
                Text("locale"),
            ],
            &[CAPTCHA],
            &[],
        ),
        Route::post("b2b/passwords/email/reset", reset).fields(
            &[Text("password_reset_token"), Text("password"), Text("code_verifier")],
            LOGIN_FRONTEND,
            LOGIN_BACKEND,
        ),
        Route::post("b2b/passwords/existing_password/reset", reset_by_password).fields(
            &[
                Text("organization_id"),
                Text("email_address"),
                Text("existing_password"),
                Text("new_password"),
            ],
            &[CAPTCHA, DURATION, Text("locale")],
            LOGIN_BACKEND,
        ),
        Route::post("b2b/passwords/session/reset", reset_by_session).fields(
            &[Text("password")],
            &[CAPTCHA],
            &[Text("organization_id"), MINT, SESSION, Text("locale")],
        ),
        // The two surfaces have different paths for the same thing.
        Route::post("b2b/passwords/discovery/reset/start", start_discovery)
            .only(Surface::Frontend)
            .fields(DISCOVERY_START, &[CAPTCHA], &[]),
        Route::post("b2b/passwords/discovery/reset", reset_discovery)
            .only(Surface::Frontend)
            .fields(DISCOVERY_RESET, &[CAPTCHA, Text("intermediate_session_token")], &[]),
        Route::post("b2b/passwords/discovery/email/reset/start", start_discovery)
            .only(Surface::Backend)
            .fields(DISCOVERY_START, &[], &[]),
        Route::post("b2b/passwords/discovery/email/reset", reset_discovery)
            .only(Surface::Backend)
            .fields(DISCOVERY_RESET, &[], &[]),
    ];

const DISCOVERY_START: &[Field] = &[
    Text("email_address"),
    Text("discovery_redirect_url"),
    Text("login_redirect_url"),
    Text("reset_password_redirect_url"),
    Number("reset_password_expiration_minutes"),
    Text("reset_password_template_id"),
    Text("verify_email_template_id"),
    Text("pkce_code_challenge"),
    Text("locale"),
];

const DISCOVERY_RESET: &[Field] =
    &[Text("password_reset_token"), Text("password"), Text("pkce_code_verifier")];

/// The life of a link in minutes, unless the call says otherwise.
const LIFE: i64 = 30;

/// How long ago a factor may have been proven for a session to change the password, in seconds.
const FRESH: i64 = 5 * 60;

fn start(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    let organization = call.organization()?;
    call.allow_primary(organization, "password")?;
    let member = call.world.find_email(organization, &email_address);
    let member = member.ok_or_else(|| Refusal::new("member_not_found"))?;
    let email_address = call.world.member(member).email_address.clone();
    let member_email_id = email_id(&email_address);
    send(call, Purpose::Reset, Some(member), email_address, "code_challenge")?;
    if call.surface == Surface::Frontend {
        return Ok(Object::new());
    }
    let mut answer = call.world.who_json(member, call.now);
    answer.insert("member_email_id".to_owned(), member_email_id.into());
    Ok(answer)
}

fn send(
    call: &mut Call<'_>,
    purpose: Purpose,
    member: Option<MemberKey>,
    email_address: String,
    challenge: &'static str,
) -> Result<(), Refusal> {
    let expires_at = call.end_of("reset_password_expiration_minutes", LIFE, 5..=10_080)?;
    call.redirect_url("login_redirect_url")?;
    call.redirect_url("discovery_redirect_url")?;
    let url = call.redirect_url("reset_password_redirect_url")?;
    let challenge = call.token(challenge)?;
    let factor = Kind::Password;
    let ticket =
        Ticket { purpose, email_address, member, factor, challenge, expires_at, used: false };
    call.world.send_link(ticket, url.as_deref());
    Ok(())
}

fn reset(call: &mut Call<'_>) -> Answer {
    let wishes = call.wishes()?;
    let (token, ticket) = call.ticket(Purpose::Reset, "password_reset_token", "code_verifier")?;
    let password = call.new_password("password")?;
    let refused = || Refusal::new("unable_to_auth_password_reset_token");
    let member = ticket.member.ok_or_else(refused)?;
    let mut answer = call.log_in(member, ticket.factor, wishes)?;
    call.world.spend(&token);
    renew(call, member, &password, &mut answer);
    answer.insert("member_email_id".to_owned(), email_id(&ticket.email_address).into());
    Ok(answer)
}

fn reset_by_password(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let existing = call.required_text("existing_password")?;
    let wishes = call.wishes()?;
    let organization = call.organization()?;
    let member = call.world.find_email(organization, &email_address);
    let member = member.ok_or_else(|| Refusal::new("member_not_found"))?;
    if !call.world.has_password(&email_address) {
        return Err(Refusal::new("member_password_not_found"));
    }
    if !call.world.password_matches(&email_address, Some(member), &existing) {
        return Err(Refusal::new("unauthorized_credentials"));
    }
    let password = call.new_password("new_password")?;
    let mut answer = call.log_in(member, Kind::Password, wishes)?;
    renew(call, member, &password, &mut answer);
    answer.remove("organization_id");
    Ok(answer)
}

fn reset_by_session(call: &mut Call<'_>) -> Answer {
    let wishes = call.free_wishes()?;
    let id = call.session()?;
    let member = call.session_member()?;
    let own = call.world.member(member).organization;
    if call.surface == Surface::Backend && call.organization()? != own {
        return Err(Refusal::new("session_authorization_tenancy_error"));
    }
    let oldest = call.now.saturating_sub(FRESH);
    let fresh = |factor: &Factor| factor.last_authenticated_at() >= oldest;
    if !call.world.sessions.get(&id).is_some_and(|session| session.factors.iter().any(fresh)) {
        return Err(Refusal::new("session_too_old_to_reset_password"));
    }
    let password = call.new_password("password")?;
    let factors = vec![Factor::new(Kind::Password, call.now)];
    call.world.touch_session(&id, factors, wishes, call.now)?;
    let mut answer = call.session_answer(&id)?;
    renew(call, member, &password, &mut answer);
    answer.extend(object(json!({
        "member_authenticated": true,
        "intermediate_session_token": "",
        "mfa_required": null,
    })));
    Ok(answer)
}

/// Sets the password and ends the member's other sessions: whoever knew the old one may have them.
fn renew(call: &mut Call<'_>, member: MemberKey, password: &str, answer: &mut Object) {
    let email_address = call.world.member(member).email_address.clone();
    call.world.set_password(&email_address, password);
    let kept =
        answer.get("member_session").and_then(|session| session["member_session_id"].as_str());
    call.world.revoke_others(member, kept);
    answer.insert("member".to_owned(), call.world.member_json(member, call.now));
}

fn start_discovery(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    call.check_cross_org_passwords()?;
    let email_address = call.world.as_registered(email_address);
    send(call, Purpose::DiscoveryReset, None, email_address, "pkce_code_challenge")?;
    Ok(Object::new())
}

fn reset_discovery(call: &mut Call<'_>) -> Answer {
    let (token, ticket) =
        call.ticket(Purpose::DiscoveryReset, "password_reset_token", "pkce_code_verifier")?;
    let password = call.new_password("password")?;
    call.world.spend(&token);
    call.world.set_password(&ticket.email_address, &password);
    call.discovered(ticket.email_address, vec![Factor::new(ticket.factor, call.now)])
}
