//! One-time codes by e-mail: logins and discovery.

use super::call::Call;
use super::factor::{Factor, Kind};
use super::form::{
    CAPTCHA,
    Field::{Number, Text},
    LOGIN_BACKEND, LOGIN_FRONTEND,
};
use super::names::is_code;
use super::reply::{Object, Refusal};
use super::route::{Answer, Route};
use super::world::{MemberKey, email_id, mailbox};

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/otps/email/login_or_signup", send).fields(
        &[
            Text("organization_id"),
            Text("email_address"),
            Text("login_template_id"),
            Text("signup_template_id"),
            Text("locale"),
            Number("login_expiration_minutes"),
            Number("signup_expiration_minutes"),
        ],
        &[CAPTCHA],
        &[],
    ),
    Route::post("b2b/otps/email/authenticate", authenticate).fields(
        &[Text("organization_id"), Text("email_address"), Text("code")],
        LOGIN_FRONTEND,
        LOGIN_BACKEND,
    ),
    Route::post("b2b/otps/email/discovery/send", send_discovery).fields(
        &[
            Text("email_address"),
            Text("login_template_id"),
            Text("locale"),
            Number("discovery_expiration_minutes"),
        ],
        &[CAPTCHA],
        &[],
    ),
    Route::post("b2b/otps/email/discovery/authenticate", authenticate_discovery).fields(
        &[Text("email_address"), Text("code")],
        &[CAPTCHA],
        &[],
    ),
];

/// The life of a code in minutes, unless the call says otherwise.
const LIFE: i64 = 10;

/// The shortest and the longest life of a code in minutes.
const LIVES: std::ops::RangeInclusive<i64> = 2..=15;

fn send(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    let login_end = call.end_of("login_expiration_minutes", LIFE, LIVES)?;
    let signup_end = call.end_of("signup_expiration_minutes", LIFE, LIVES)?;
    let organization = call.organization()?;
    call.allow_primary(organization, "email_otp")?;
    let (member, created) = call.member_or_signup(organization, &email_address)?;
    let email_address = call.world.member(member).email_address.clone();
    let expires_at = if created { signup_end } else { login_end };
    call.world.send_mail_code(&email_address, Some(member), expires_at);
    call.sent(member, created)
}

fn authenticate(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let code = call.required_text("code")?;
    let wishes = call.wishes()?;
    let organization = call.organization()?;
    let member = call.world.find_email(organization, &email_address);
    let member = member.ok_or_else(|| Refusal::new("member_not_found"))?;
    // Before the code is looked at: an intermediate session that does not suit is no guess.
    call.attachable(member)?;
    check(call, Some(member), &email_address, &code)?;
    let email_address = call.world.member(member).email_address.clone();
    let mut answer = call.log_in(member, code_factor(&email_address), wishes)?;
    spend(call, Some(member), &email_address);
    answer.insert("method_id".to_owned(), email_id(&email_address).into());
    Ok(answer)
}

fn send_discovery(call: &mut Call<'_>) -> Answer {
    let email_address = call.address()?;
    let expires_at = call.end_of("discovery_expiration_minutes", LIFE, LIVES)?;
    let email_address = call.world.as_registered(email_address);
    call.world.send_mail_code(&email_address, None, expires_at);
    Ok(Object::new())
}

fn authenticate_discovery(call: &mut Call<'_>) -> Answer {
    let email_address = call.required_text("email_address")?;
    let code = call.required_text("code")?;
    check(call, None, &email_address, &code)?;
    spend(call, None, &email_address);
    let email_address = call.world.as_registered(email_address);
    let factor = Factor::new(code_factor(&email_address), call.now);
    call.discovered(email_address, vec![factor])
}

fn code_factor(email_address: &str) -> Kind {
    let email_id = email_id(email_address);
    Kind::EmailCode { email_id, email_address: email_address.to_owned() }
}

/// Refuses a code that is not the latest one, or has been used, or has expired.
fn check(
    call: &Call<'_>,
    member: Option<MemberKey>,
    email_address: &str,
    code: &str,
) -> Result<(), Refusal> {
    let place = (member.map(|key| key.0), mailbox(email_address));
    let sent = call.world.mail_codes.get(&place).filter(|sent| sent.code == code);
    let wrong = || Refusal::new(if is_code(code) { "otp_code_not_found" } else { "invalid_code" });
    let sent = sent.ok_or_else(wrong)?;
    if sent.used || call.now >= sent.expires_at {
        return Err(Refusal::new("unable_to_auth_otp_code"));
    }
    Ok(())
}

fn spend(call: &mut Call<'_>, member: Option<MemberKey>, email_address: &str) {
    let place = (member.map(|key| key.0), mailbox(email_address));
    if let Some(sent) = call.world.mail_codes.get_mut(&place) {
        sent.used = true;
    }
}
