//! What a member sees and changes of themselves, on the frontend.

use serde_json::{Value, json};

use super::call::Call;
use super::factor::Factor;
use super::form::Field::{Flag, Map, Text};
use super::mfa::enrol_phone;
use super::reply::{Refusal, object};
use super::route::{Answer, Route, Surface};

pub(super) const ROUTES: &[Route] = &[
    Route::get("b2b/organizations/members/me", member).only(Surface::Frontend),
    Route::get("b2b/organizations/me", organization).only(Surface::Frontend),
    Route::put("b2b/organizations/members/update", update).only(Surface::Frontend).fields(
        &[],
        &[
            Text("name"),
            Map("untrusted_metadata"),
            Flag("mfa_enrolled"),
            Text("mfa_phone_number"),
            Text("default_mfa_method"),
        ],
        &[],
    ),
];

fn member(call: &mut Call<'_>) -> Answer {
    let member = call.session_member()?;
    Ok(object(json!({ "member": call.world.member_json(member, call.now) })))
}

fn organization(call: &mut Call<'_>) -> Answer {
    let member = call.session_member()?;
    let organization = call.world.member(member).organization;
    Ok(object(json!({ "organization": call.world.organization_json(organization) })))
}

fn update(call: &mut Call<'_>) -> Answer {
    let id = call.session()?;
    let member = call.session_member()?;
    let name = call.text("name")?;
    let metadata = call.object("untrusted_metadata")?.cloned().unwrap_or_default();
    let enrolled = call.optional_flag("mfa_enrolled")?;
    let default = call.one_of("default_mfa_method", &["sms_otp", "totp"])?;
    let record = call.world.member(member);
    let missing = match default {
        Some("sms_otp") => record.verified_phone().is_none(),
        Some(_) => record.totp.is_none(),
        None => false,
    };
    if missing {
        return Err(Refusal::new("default_mfa_member_missing_factor"));
    }
    if let Some(number) = call.token("mfa_phone_number")? {
        let session = call.world.sessions.get(&id);
        let stepped_up =
            session.is_some_and(|session| !session.factors.iter().all(Factor::is_primary));
        enrol_phone(call.world, member, number, stepped_up)?;
    }
    let record = call.world.member_mut(member);
    if let Some(name) = name {
        record.name = name;
    }
    if let Some(enrolled) = enrolled {
        record.mfa_enrolled = enrolled;
    }
    if let Some(default) = default {
        record.default_mfa_method = default;
    }
    let shown = record.fields.entry("untrusted_metadata").or_insert_with(|| json!({}));
    if let Value::Object(shown) = shown {
        // A null deletes, the rest is added or replaced.
        shown.extend(metadata);
        shown.retain(|_, value| !value.is_null());
    }
    Ok(call.world.who_json(member, call.now))
}
