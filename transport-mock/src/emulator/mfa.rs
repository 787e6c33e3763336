//! Second factors: SMS codes, authenticator apps, recovery codes.

use super::body::merge_claims;
use super::call::{Call, Credential, Wishes};
use super::factor::{self, Factor, Kind};
use super::form::{
    CAPTCHA, DURATION,
    Field::{self, All, Flag, Text},
    INTERMEDIATE, MINT, SESSION,
};
use super::ids;
use super::names::is_code;
use super::reply::{Object, Refusal};
use super::route::{Answer, Route, Surface};
use super::totp;
use super::world::{MemberKey, Phone, World};

/// Whose factor it is.
const WHO: Field = All(&[Text("organization_id"), Text("member_id")]);

pub(super) const ROUTES: &[Route] = &[
    Route::post("b2b/otps/sms/send", send).fields(
        &[WHO, Text("mfa_phone_number"), Text("locale"), INTERMEDIATE],
        &[CAPTCHA, Flag("enable_autofill")],
        &[SESSION],
    ),
    Route::post("b2b/otps/sms/authenticate", authenticate_sms).fields(
        &[WHO, Text("code"), INTERMEDIATE, DURATION, Text("set_mfa_enrollment")],
        &[CAPTCHA],
        &[SESSION, MINT, Flag("set_default_mfa")],
    ),
    Route::post("b2b/totp/authenticate", authenticate_totp).fields(
        &[
            WHO,
            Text("code"),
            INTERMEDIATE,
            DURATION,
            Text("set_mfa_enrollment"),
            Flag("set_default_mfa"),
        ],
        &[CAPTCHA],
        &[SESSION, MINT],
    ),
    Route::post("b2b/recovery_codes/recover", recover).fields(
        &[WHO, Text("recovery_code"), INTERMEDIATE, DURATION],
        &[CAPTCHA],
        &[SESSION, MINT, Text("locale")],
    ),
];

fn send(call: &mut Call<'_>) -> Answer {
    let number = call.text("mfa_phone_number")?;
    call.flag("enable_autofill")?;
    let member = call.member()?;
    let credential = call.credential()?;
    // Only somebody with nothing enrolled may enrol without having proven anything.
    if matches!(credential, Credential::None) && call.world.member(member).is_enrolled() {
        return Err(call.unauthenticated());
    }
    if matches!(credential, Credential::None) && call.world.member(member).status != "active" {
        return Err(Refusal::new("action_available_only_for_active_members"));
    }
    check(call, member, &credential)?;
    call.allow(member, "sms_otp")?;
    if let Some(number) = number {
        let stepped_up = !proven(call, &credential).iter().all(Factor::is_primary);
        enrol_phone(call.world, member, number, stepped_up)?;
    }
    let phone = call.world.member(member).phone.as_ref();
    let phone = phone.ok_or_else(|| Refusal::new("member_phone_number_not_found"))?;
    call.world.check_carrier(&phone.number)?;
    call.world.send_sms(member, call.now);
    Ok(match call.surface {
        Surface::Frontend => Object::new(),
        Surface::Backend => call.world.who_json(member, call.now),
    })
}

/// Enrols a phone number, not yet verified, where none is. Another factor is enrolled only by
/// whoever has proven the first, as `stepped_up` says.
pub(super) fn enrol_phone(
    world: &mut World,
    member: MemberKey,
    number: String,
    stepped_up: bool,
) -> Result<(), Refusal> {
    let record = world.member_mut(member);
    if let Some(phone) = record.verified_phone() {
        return if phone.number == number {
            Ok(())
        } else {
            Err(Refusal::new("invalid_phone_number"))
        };
    }
    let digits = number.strip_prefix('+').unwrap_or_default();
    if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Refusal::new("invalid_phone_number"));
    }
    if record.is_enrolled() && !stepped_up {
        return Err(Refusal::new("insufficient_factors"));
    }
    let organization = record.organization;
    let taken = world.position(|other| {
        let number_of = |phone: &Phone| phone.verified && phone.number == number;
        other.organization == organization && other.phone.as_ref().is_some_and(number_of)
    });
    if taken.is_some() {
        return Err(Refusal::new("duplicate_member_phone_number"));
    }
    let record = world.member_mut(member);
    let id = ids::named("phone-number", &format!("{}/{number}", record.id));
    record.phone = Some(Phone { id, number, verified: false });
    Ok(())
}

fn authenticate_sms(call: &mut Call<'_>) -> Answer {
    let code = call.required_text("code")?;
    let attempt = Attempt::begin(call)?;
    call.allow(attempt.member, "sms_otp")?;
    let (member, now) = (attempt.member, call.now);
    let record = call.world.member_mut(member);
    let known = record.sms_code.as_ref().is_some_and(|sent| sent.code == code);
    if !known && !is_code(&code) {
        return Err(Refusal::new("invalid_code"));
    }
    let Some(sent) = record.sms_code.as_mut().filter(|sent| sent.code == code) else {
        return Err(attempt.wrong(call, "otp_code_not_found"));
    };
    if sent.used || now >= sent.expires_at {
        return Err(Refusal::new("unable_to_auth_otp_code"));
    }
    sent.used = true;
    let Some(phone) = &mut record.phone else {
        return Err(Refusal::new("member_phone_number_not_found"));
    };
    phone.verified = true;
    let kind = Kind::Sms { phone_id: phone.id.clone(), phone_number: phone.number.clone() };
    if record.default_mfa_method.is_empty() {
        record.default_mfa_method = "sms_otp";
    }
    attempt.complete(call, kind)
}

fn authenticate_totp(call: &mut Call<'_>) -> Answer {
    let code = call.required_text("code")?;
    let attempt = Attempt::begin(call)?;
    call.allow(attempt.member, "totp")?;
    let (member, now) = (attempt.member, call.now);
    let record = call.world.member_mut(member);
    let app = match (&mut record.totp, &mut record.pending_totp) {
        (Some(app), _) => app,
        (None, Some(pending)) if now >= pending.expires_at => {
            return Err(Refusal::new("expired_totp"));
        }
        (None, Some(pending)) => &mut pending.app,
        (None, None) => return Err(Refusal::new("totp_not_found")),
    };
    let Some(window) = totp::matching_window(&app.secret, &code, now) else {
        if record.recovery_codes.iter().any(|recovery| recovery.code == code) {
            return Err(Refusal::new("recovery_code_used_as_totp_code"));
        }
        if !is_code(&code) {
            return Err(Refusal::new("invalid_totp_code"));
        }
        return Err(attempt.wrong(call, "unable_to_authenticate_totp"));
    };
    if app.used_window.is_some_and(|used| window <= used) {
        return Err(Refusal::new("totp_code_already_authenticated"));
    }
    app.used_window = Some(window);
    let kind = Kind::Totp { totp_id: app.id.clone() };
    // The first code confirms the registration.
    if let Some(pending) = record.pending_totp.take_if(|_| record.totp.is_none()) {
        record.confirm(pending.app, pending.recovery_codes);
    }
    attempt.complete(call, kind)
}

fn recover(call: &mut Call<'_>) -> Answer {
    let code = call.required_text("recovery_code")?;
    let attempt = Attempt::begin(call)?;
    let (member, now) = (attempt.member, call.now);
    let record = call.world.member_mut(member);
    if record.recovery_codes.is_empty() {
        return Err(Refusal::new("recovery_codes_not_found"));
    }
    let Some(found) =
        record.recovery_codes.iter_mut().find(|recovery| recovery.code == code && !recovery.used)
    else {
        let app = record.totp.as_ref();
        if app.is_some_and(|app| totp::matching_window(&app.secret, &code, now).is_some()) {
            return Err(Refusal::new("totp_code_used_as_recovery_code"));
        }
        if !is_code(&code) {
            return Err(Refusal::new("invalid_recovery_code"));
        }
        return Err(attempt.wrong(call, "unable_to_authenticate_recovery_code"));
    };
    found.used = true;
    let kind = Kind::RecoveryCode { code_id: found.id.clone() };
    let remaining = record.recovery_codes.iter().filter(|recovery| !recovery.used).count();
    let mut answer = attempt.complete(call, kind)?;
    answer.insert("recovery_codes_remaining".to_owned(), remaining.into());
    Ok(answer)
}

/// A second factor about to be tried.
struct Attempt {
    member: MemberKey,
    credential: Credential,
    wishes: Wishes,
    enrolment: Option<&'static str>,
    /// Whether this kind of second factor becomes the member's usual one.
    make_default: bool,
}

impl Attempt {
    /// Reads what all these calls share, and refuses what no code could make good.
    fn begin(call: &Call<'_>) -> Result<Self, Refusal> {
        let wishes = call.wishes()?;
        let enrolment = call.one_of("set_mfa_enrollment", &["enroll", "unenroll"])?;
        let make_default = call.flag("set_default_mfa")?;
        let member = call.member()?;
        let credential = call.required_credential()?;
        check(call, member, &credential)?;
        // A refusal of what the session is to become must come before the code is spent.
        let session = match &credential {
            Credential::Session(id) => call.world.sessions.get(id),
            _ => None,
        };
        if session.is_some_and(|session| !session.is_mutable()) {
            return Err(Refusal::new("session_not_mutable"));
        }
        let mut claims = session.map(|session| session.claims.clone());
        merge_claims(claims.get_or_insert_default(), wishes.claims.clone())?;
        Ok(Self { member, credential, wishes, enrolment, make_default })
    }

    /// The refusal of a wrong code. It counts, and consumes nothing.
    fn wrong(&self, call: &mut Call<'_>, error_type: &'static str) -> Refusal {
        call.world.count_failure(self.member, call.now);
        Refusal::new(if call.world.options.wrong_code_as_unauthorized {
            "unauthorized_credentials"
        } else {
            error_type
        })
    }

    /// Adds the factor to the session, or makes a session of the intermediate one.
    fn complete(self, call: &mut Call<'_>, kind: Kind) -> Answer {
        let Self { member, credential, wishes, enrolment, make_default } = self;
        let default = match (&kind, call.surface) {
            (Kind::Totp { .. }, _) => Some("totp"),
            // The frontend has the switch for authenticator apps only.
            (Kind::Sms { .. }, Surface::Backend) => Some("sms_otp"),
            _ => None,
        };
        let new = Factor::new(kind, call.now);
        let id = match &credential {
            Credential::Session(id) => {
                call.world.touch_session(id, vec![new], wishes, call.now)?;
                id.clone()
            }
            Credential::Intermediate(token) => {
                let intermediate = call.intermediate(token)?;
                let mut factors = intermediate.factors;
                factor::add(&mut factors, new);
                let id = call.world.start_session(member, factors, wishes, call.now)?;
                call.consume(&credential, intermediate.origin);
                id
            }
            Credential::None => return Err(call.unauthenticated()),
        };
        let required = call.world.organization_of(member).mfa_required;
        let record = call.world.member_mut(member);
        record.failures = 0;
        if let Some(default) = default.filter(|_| make_default) {
            record.default_mfa_method = default;
        }
        match enrolment {
            Some("unenroll") => record.mfa_enrolled = false,
            Some("enroll") => record.mfa_enrolled = true,
            _ => record.mfa_enrolled |= required,
        }
        call.session_answer(&id)
    }
}

/// Refuses a credential that is not the member's, a locked member, and a second factor that comes
/// before the primary one.
pub(super) fn check(
    call: &Call<'_>,
    member: MemberKey,
    credential: &Credential,
) -> Result<(), Refusal> {
    match credential {
        Credential::Intermediate(token) => {
            let intermediate = call.intermediate(token)?;
            call.check_owner(&intermediate, member)?;
            if call.world.missing(member, &intermediate.factors).primary.is_some() {
                return Err(Refusal::new(
                    "action_available_only_once_primary_authentication_is_met",
                ));
            }
        }
        Credential::Session(id) => {
            let owner = call.world.sessions.get(id).map(|session| session.member);
            if owner != Some(member) {
                return Err(Refusal::new("member_session_member_id_mismatch"));
            }
        }
        Credential::None => {}
    }
    if call.world.is_locked(member, call.now) {
        return Err(Refusal::new("user_lock_limit_reached"));
    }
    Ok(())
}

impl Call<'_> {
    /// Refuses a kind of second factor that the member's organization does not accept.
    pub(super) fn allow(&self, member: MemberKey, method: &str) -> Result<(), Refusal> {
        if self.world.accepts_second(member, method) {
            return Ok(());
        }
        Err(Refusal::new("operation_restricted_by_organization_mfa_methods"))
    }
}

/// The factors that a credential stands for.
pub(super) fn proven(call: &Call<'_>, credential: &Credential) -> Vec<Factor> {
    match credential {
        Credential::Session(id) => {
            call.world.sessions.get(id).map(|session| session.factors.clone()).unwrap_or_default()
        }
        Credential::Intermediate(token) => {
            call.intermediate(token).map(|intermediate| intermediate.factors).unwrap_or_default()
        }
        Credential::None => Vec::new(),
    }
}
