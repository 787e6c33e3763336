//! Logins by password.

use super::call::{Call, Credential};
use super::factor::{Factor, Kind};
use super::login::Proof;
use super::reply::Refusal;
use super::route::{Answer, Route};
use super::world::same_address;

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/passwords/authenticate", authenticate),
    Route::post("b2b/passwords/discovery/authenticate", authenticate_discovery),
];

fn authenticate(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let password = call.required_text("password")?;
    let wishes = call.wishes()?;
    let organization = call.organization()?;
    let member = call.world.find_email(organization, &email_address);
    let member = member.ok_or_else(|| Refusal::new("member_not_found"))?;
    let credential = call.credential()?;
    match &credential {
        Credential::Intermediate(token) => call.check_owner(&call.intermediate(token)?, member)?,
        // On the frontend the session of another member merely rides along.
        Credential::Session(id) if call.surface == super::route::Surface::Backend => {
            let owner = call.world.sessions.get(id).map(|session| session.member);
            if owner != Some(member) {
                return Err(Refusal::new("member_session_member_id_mismatch"));
            }
        }
        Credential::Session(_) | Credential::None => {}
    }
    if call.world.is_locked(member, call.now) {
        return Err(Refusal::new("user_lock_limit_reached"));
    }
    if !call.world.password_matches(&email_address, Some(member), &password) {
        return Err(Refusal::new("unauthorized_credentials"));
    }
    let factors = vec![Factor::new(Kind::Password, call.now)];
    let proof = Proof { member, factors, transferable: false, origin: None };
    let mut answer = call.conclude(proof, credential, wishes)?;
    let organization_id = call.world.organization(organization).id.clone();
    answer.insert("organization_id".to_owned(), organization_id.into());
    Ok(answer)
}

fn authenticate_discovery(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let password = call.required_text("password")?;
    if !call.world.password_matches(&email_address, None, &password) {
        return Err(Refusal::new("unauthorized_credentials"));
    }
    // As it was registered, not as it was typed.
    let known = call.world.position(|member| same_address(&member.email_address, &email_address));
    let email_address =
        known.map_or(email_address, |member| call.world.member(member).email_address.clone());
    call.discovered(email_address, vec![Factor::new(Kind::Password, call.now)])
}
