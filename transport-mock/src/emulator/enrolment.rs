//! Registering authenticator apps, and their recovery codes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::call::{Call, Credential};
use super::factor::Factor;
use super::form::{
    CAPTCHA,
    Field::{Number, Text, Texts},
    INTERMEDIATE, SESSION,
};
use super::mfa::{check, proven};
use super::png;
use super::qr;
use super::reply::{Object, Refusal, object};
use super::route::{Answer, Route, Surface};
use super::totp;
use super::world::{MemberKey, MemberRecord, PendingTotp, RecoveryCode, Totp};

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/totp", create).fields(
        &[Text("organization_id"), Text("member_id"), Number("expiration_minutes"), INTERMEDIATE],
        &[CAPTCHA],
        &[SESSION],
    ),
    Route::post("b2b/totp/migrate", migrate).only(Surface::Backend).fields(
        &[],
        &[],
        &[Text("organization_id"), Text("member_id"), Text("secret"), Texts("recovery_codes")],
    ),
    Route::get("b2b/recovery_codes", show).only(Surface::Frontend),
    Route::get("b2b/recovery_codes/{organization_id}/{member_id}", show).only(Surface::Backend),
    Route::post("b2b/recovery_codes/rotate", rotate).fields(
        &[],
        &[CAPTCHA],
        &[Text("organization_id"), Text("member_id")],
    ),
];

/// The time to confirm a registration in minutes, unless the call says otherwise.
const LIFE: i64 = 60;

/// How many recovery codes go with an authenticator app.
const CODES: usize = 10;

fn create(call: &mut Call<'_>) -> Answer {
    let expires_at = call.end_of("expiration_minutes", LIFE, 5..=1440)?;
    let member = call.member()?;
    let credential = call.credential()?;
    let record = call.world.member(member);
    if matches!(credential, Credential::None) {
        // Only somebody with nothing enrolled may enrol without having proven anything.
        if record.is_enrolled() {
            return Err(call.unauthenticated());
        }
        if record.status != "active" {
            return Err(Refusal::new("action_available_only_for_active_members"));
        }
    }
    check(call, member, &credential)?;
    call.allow(member, "totp")?;
    let record = call.world.member(member);
    if record.totp.is_some() {
        return Err(Refusal::new("active_totp_exists"));
    }
    if record.pending_totp.as_ref().is_some_and(|pending| call.now < pending.expires_at) {
        return Err(Refusal::new("pending_totp_exists"));
    }
    // Another factor is enrolled only by whoever has proven the first.
    if record.is_enrolled() && proven(call, &credential).iter().all(Factor::is_primary) {
        return Err(Refusal::new("insufficient_factors"));
    }
    let (id, secret) = (call.world.ids.id("member-totp"), call.world.ids.secret());
    let recovery_codes: Vec<_> = (0..CODES).map(|_| call.world.ids.recovery_code()).collect();
    let text = totp::base32_text(&secret);
    let image = qr_code(&call.world.member(member).email_address, &text);
    let app = Totp { id: id.clone(), secret, used_window: None };
    call.world.member_mut(member).pending_totp =
        Some(PendingTotp { app, recovery_codes: recovery_codes.clone(), expires_at });
    let mut answer = call.world.who_json(member, call.now);
    answer.extend(object(json!({
        "totp_registration_id": id,
        "secret": text,
        "qr_code": image,
        "recovery_codes": recovery_codes,
    })));
    Ok(answer)
}

/// The image that an authenticator app reads, in base64.
fn qr_code(email_address: &str, secret: &str) -> String {
    let code = |label: &str| {
        let address = format!("otpauth://totp/Emulator{label}?secret={secret}&issuer=Emulator");
        qr::encode(address.as_bytes())
    };
    // An e-mail address that is long or odd is left out; the secret always fits.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.+-_".contains(&byte);
    let label = Some(format!(":{email_address}")).filter(|_| email_address.bytes().all(plain));
    let code = label.and_then(|label| code(&label)).or_else(|| code(""));
    code.map(|code| STANDARD.encode(png::image(&code))).unwrap_or_default()
}

fn migrate(call: &mut Call<'_>) -> Answer {
    let secret = call.required_text("secret")?;
    let secret = totp::base32(&secret).ok_or_else(|| Refusal::new("bad_request"))?;
    let codes = call.texts("recovery_codes")?.ok_or_else(|| call.missing("recovery_codes"))?;
    let member = call.member()?;
    call.allow(member, "totp")?;
    if call.world.member(member).totp.is_some() {
        return Err(Refusal::new("active_totp_exists"));
    }
    let id = call.world.ids.id("member-totp");
    let app = Totp { id: id.clone(), secret, used_window: None };
    call.world.member_mut(member).confirm(app, codes.clone());
    let mut answer = call.world.who_json(member, call.now);
    answer.extend(object(json!({ "totp_registration_id": id, "recovery_codes": codes })));
    Ok(answer)
}

impl MemberRecord {
    /// Makes an authenticator app the member's, with these recovery codes.
    pub(super) fn confirm(&mut self, app: Totp, recovery_codes: Vec<String>) {
        let id = &self.id;
        self.recovery_codes =
            recovery_codes.into_iter().map(|code| RecoveryCode::new(id, code)).collect();
        self.totp = Some(app);
        self.pending_totp = None;
        if self.default_mfa_method.is_empty() {
            self.default_mfa_method = "totp";
        }
    }
}

fn show(call: &mut Call<'_>) -> Answer {
    let member = match call.surface {
        Surface::Frontend => call.session_member()?,
        Surface::Backend => {
            let organization = call.organization_in_path()?;
            call.world.named_member(organization, &call.parameter("member_id"))?
        }
    };
    if call.world.member(member).recovery_codes.is_empty() {
        return Err(Refusal::new("recovery_codes_not_found"));
    }
    Ok(codes_answer(call, member))
}

fn rotate(call: &mut Call<'_>) -> Answer {
    let member = match call.surface {
        Surface::Frontend => call.session_member()?,
        Surface::Backend => call.member()?,
    };
    if call.world.member(member).totp.is_none() {
        return Err(Refusal::new("no_active_recovery_code_backed_factor"));
    }
    let codes: Vec<_> = (0..CODES).map(|_| call.world.ids.recovery_code()).collect();
    let record = call.world.member_mut(member);
    let id = &record.id;
    record.recovery_codes = codes.into_iter().map(|code| RecoveryCode::new(id, code)).collect();
    Ok(codes_answer(call, member))
}

/// The member and the codes they have not used yet.
fn codes_answer(call: &Call<'_>, member: MemberKey) -> Object {
    let mut answer = call.world.who_json(member, call.now);
    let unused = call.world.member(member).recovery_codes.iter().filter(|code| !code.used);
    let unused: Vec<_> = unused.map(|code| code.code.clone()).collect();
    answer.insert("recovery_codes".to_owned(), unused.into());
    answer
}
