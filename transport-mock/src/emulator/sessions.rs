//! Sessions: authenticate, exchange, revoke, list, and the key set.

use serde_json::json;

use super::call::{Call, Credential, Wishes};
use super::factor::Factor;
use super::form::{
    DURATION,
    Field::{Map, Text},
    MINT, SESSION,
};
use super::jwt;
use super::login::Proof;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::world::MemberKey;

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/sessions/authenticate", authenticate).fields(
        &[DURATION],
        &[],
        &[SESSION, Map("session_custom_claims"), Map("authorization_check")],
    ),
    Route::post("b2b/sessions/exchange", exchange).fields(
        &[Text("organization_id"), DURATION, Text("locale")],
        &[],
        &[SESSION, MINT],
    ),
    Route::post("b2b/sessions/revoke", revoke_own).only(Surface::Frontend),
    Route::post("b2b/sessions/revoke/{member_id}", revoke_member).only(Surface::Frontend),
    Route::post("b2b/sessions/revoke", revoke)
        .only(Surface::Backend)
        .fields(&[], &[], &[Text("member_session_id"), SESSION, Text("member_id")])
        .on_behalf(),
    Route::get("b2b/sessions", list)
        .only(Surface::Backend)
        .query(&["organization_id", "member_id"]),
    Route::get("b2b/sessions/jwks/{project_id}", jwks).without_authorization(),
];

fn authenticate(call: &mut Call<'_>) -> Answer {
    let wishes = Wishes { minutes: call.minutes()?, claims: call.claims()? };
    let id = call.session()?;
    let member = member_of(call, &id)?;
    let verdict = match call.surface {
        Surface::Backend => authorization_check(call, member)?,
        Surface::Frontend => None,
    };
    call.world.touch_session(&id, Vec::new(), wishes, call.now)?;
    let mut answer = call.session_answer(&id)?;
    // The one answer with a session that does not repeat the member's id.
    answer.remove("member_id");
    if let Some(granting_roles) = verdict {
        let verdict = json!({ "authorized": true, "granting_roles": granting_roles });
        answer.insert("verdict".to_owned(), verdict);
    }
    Ok(answer)
}

/// The roles that grant what the call asks, if it asks.
fn authorization_check(call: &Call<'_>, member: MemberKey) -> Result<Option<Vec<String>>, Refusal> {
    let Some(check) = call.object("authorization_check")? else { return Ok(None) };
    let field = |name: &str| {
        let text = check.get(name).and_then(|value| value.as_str());
        text.ok_or_else(|| Refusal::new("bad_request"))
    };
    let (organization, resource, action) =
        (field("organization_id")?, field("resource_id")?, field("action")?);
    if call.world.find_organization(organization) != Some(call.world.member(member).organization) {
        return Err(Refusal::new("session_authorization_tenancy_error"));
    }
    let roles = call.world.granting_roles(member, resource, action);
    if roles.is_empty() {
        return Err(Refusal::new("session_authorization_error"));
    }
    Ok(Some(roles))
}

fn exchange(call: &mut Call<'_>) -> Answer {
    let wishes = call.wishes()?;
    let organization = call.organization()?;
    let id = call.session()?;
    let member = member_of(call, &id)?;
    let email_address = call.world.member(member).email_address.clone();
    let target = call.world.find_email(organization, &email_address);
    let target = target.ok_or_else(|| Refusal::new("member_not_found"))?;
    let held =
        call.world.sessions.get(&id).map(|session| session.factors.clone()).unwrap_or_default();
    if target != member && !held.iter().any(|factor| call.world.carries(factor)) {
        return Err(Refusal::new("insufficient_factors_for_session_exchange"));
    }
    // What belongs to one organization stays there, second factors and SSO logins; the rest is
    // carried where it is accepted.
    let world = &*call.world;
    let accepted = |method: &str| world.accepts_primary(organization, method);
    let carried = |factor: &Factor| {
        target == member || world.carries(factor) && factor.method().is_some_and(accepted)
    };
    let factors = held.into_iter().filter(carried).collect();
    let proof = Proof { member: target, factors, transferable: true, origin: Some(id) };
    call.conclude(proof, Credential::None, wishes)
}

fn revoke_own(call: &mut Call<'_>) -> Answer {
    let id = call.session()?;
    call.world.revoke(&id);
    Ok(Object::new())
}

fn revoke_member(call: &mut Call<'_>) -> Answer {
    let caller = call.session_member()?;
    call.world.demand(caller, "stytch.member", "revoke-sessions")?;
    let organization = call.world.member(caller).organization;
    let target = call.world.named_member(organization, &call.parameter("member_id"))?;
    call.world.revoke_all(target);
    Ok(Object::new())
}

fn revoke(call: &mut Call<'_>) -> Answer {
    let by_id = call.token("member_session_id")?;
    let by_token = call.token("session_token")?;
    let by_jwt = call.token("session_jwt")?;
    let by_member = call.token("member_id")?;
    let not_found = || Refusal::new("session_not_found");
    let (session, member) = match (by_id, by_token, by_jwt, by_member) {
        (Some(id), None, None, None) => {
            call.world.active_session(&id, call.now).ok_or_else(not_found)?;
            (Some(id), None)
        }
        (None, Some(token), None, None) => (Some(call.session_of_token(&token)?), None),
        (None, None, Some(jwt), None) => (Some(call.session_of_jwt(&jwt)?), None),
        (None, None, None, Some(name)) => {
            let found = call
                .world
                .position(|member| member.id == name || member.external_id.as_ref() == Some(&name));
            (None, Some(found.ok_or_else(|| Refusal::new("member_not_found"))?))
        }
        (None, None, None, None) => return Err(Refusal::new("no_session_revoke_arguments")),
        _ => return Err(Refusal::new("too_many_session_revoke_arguments")),
    };
    let target = match (&session, member) {
        (Some(id), _) => member_of(call, id)?,
        (None, Some(member)) => member,
        (None, None) => return Err(Refusal::new("no_session_revoke_arguments")),
    };
    let organization = call.world.member(target).organization;
    call.on_behalf(organization, "stytch.member", "revoke-sessions")?;
    match session {
        Some(id) => call.world.revoke(&id),
        None => call.world.revoke_all(target),
    }
    Ok(Object::new())
}

fn list(call: &mut Call<'_>) -> Answer {
    let missing = || Refusal::new("bad_request");
    let organization = call.query("organization_id").ok_or_else(missing)?;
    let member = call.query("member_id").ok_or_else(missing)?;
    let organization = call.world.named_organization(&organization)?;
    let member = call.world.named_member(organization, &member)?;
    let sessions = call.world.active_sessions_of(member, call.now);
    let sessions: Vec<_> =
        sessions.into_iter().map(|session| call.world.session_json(session)).collect();
    Ok(object(json!({ "member_sessions": sessions })))
}

fn jwks(call: &mut Call<'_>) -> Answer {
    if call.parameter("project_id") != call.world.project.id {
        return Err(Refusal::new("project_not_found"));
    }
    Ok(object(json!({ "keys": jwt::key_set() })))
}

fn member_of(call: &Call<'_>, session: &str) -> Result<MemberKey, Refusal> {
    let found = call.world.sessions.get(session).map(|session| session.member);
    found.ok_or_else(|| Refusal::new("session_not_found"))
}
