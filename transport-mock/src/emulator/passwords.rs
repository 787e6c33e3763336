//! Logins by password.

use super::call::Call;
use super::factor::{Factor, Kind};
use super::form::{CAPTCHA, Field, LOGIN_BACKEND, LOGIN_FRONTEND};
use super::reply::Refusal;
use super::route::{Answer, Route};

use Field::{All, Text};

/// The official JavaScript SDK sends it, if it has one; it has no effect.
const VERIFIER: Field = Text("code_verifier");

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/passwords/authenticate", authenticate).fields(
        &[Text("organization_id"), Text("email_address"), Text("password")],
        &[All(LOGIN_FRONTEND), VERIFIER],
        LOGIN_BACKEND,
    ),
    Route::post("b2b/passwords/discovery/authenticate", authenticate_discovery).fields(
        &[Text("email_address"), Text("password")],
        &[CAPTCHA, VERIFIER],
        &[],
    ),
];

fn authenticate(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let password = call.required_text("password")?;
    let wishes = call.wishes()?;
    let organization = call.organization()?;
    let member = call.world.find_email(organization, &email_address);
    let member = member.ok_or_else(|| Refusal::new("member_not_found"))?;
    // Before the password is looked at: an intermediate session that does not suit is no guess.
    call.attachable(member)?;
    if call.world.is_locked(member, call.now) {
        return Err(Refusal::new("user_lock_limit_reached"));
    }
    if !call.world.password_matches(&email_address, Some(member), &password) {
        return Err(Refusal::new("unauthorized_credentials"));
    }
    if call.world.must_reset_password(&email_address) {
        return Err(Refusal::new("member_reset_password"));
    }
    call.log_in(member, Kind::Password, wishes)
}

fn authenticate_discovery(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let password = call.required_text("password")?;
    call.check_cross_org_passwords()?;
    if !call.world.password_matches(&email_address, None, &password) {
        return Err(Refusal::new("unauthorized_credentials"));
    }
    if call.world.must_reset_password(&email_address) {
        return Err(Refusal::new("reset_password"));
    }
    let email_address = call.world.as_registered(email_address);
    call.discovered(email_address, vec![Factor::new(Kind::Password, call.now)])
}
