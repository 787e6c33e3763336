//! Second factors.

use super::*;

#[test]
fn otps_sms_send() {
    let want = || post("/b2b/otps/sms/send", Repeat::IfNotSent);
    let intermediate = scenario::mfa_required::<Backend>();
    let body = json!({
        "intermediate_session_token": MFA_TOKEN,
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
    });
    both("from intermediate", intermediate.send_sms_code(), want(), body.clone(), body);
    let body = json!({
        "intermediate_session_token": MFA_TOKEN,
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
        "mfa_phone_number": "+12025550143",
        "locale": "es",
    });
    both(
        "with all options",
        intermediate.send_sms_code().phone_number("+12025550143").locale(Locale::Es),
        want(),
        body.clone(),
        body,
    );
    let active = scenario::active_in_blue_kiln::<Backend>();
    both(
        "from active",
        active.send_sms_code(),
        want().of(&BLUE_KILN),
        json!({
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
        }),
        json!({
            "session_token": BLUE_KILN.token,
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
        }),
    );
    both(
        "from active, with all options",
        active.send_sms_code().phone_number("+12025550143").locale(Locale::ZhHans),
        want().of(&BLUE_KILN),
        json!({
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
            "mfa_phone_number": "+12025550143",
            "locale": "zh-Hans",
        }),
        json!({
            "session_token": BLUE_KILN.token,
            "organization_id": BLUE_KILN_ORGANIZATION,
            "member_id": BLUE_KILN.member,
            "mfa_phone_number": "+12025550143",
            "locale": "zh-Hans",
        }),
    );
}

/// A body of a second factor: who, which code, and some more.
fn factor(code: (&str, &str), more: &Value) -> Value {
    let mut body = json!({
        "organization_id": BLUE_KILN_ORGANIZATION,
        "member_id": BLUE_KILN.member,
    });
    body[code.0] = code.1.into();
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// A second factor in both its uses, without options.
macro_rules! second_factor {
    ($route:literal, $code:expr, $factor:expr $(, $enrollment:ident)?) => {{
        // `set_mfa_enrollment`, for the factors that have it.
        let enrollment: &[&str] = &[$(stringify!($enrollment))?];
        let with = |mut more: Value, word: &str| {
            if !enrollment.is_empty() {
                more["set_mfa_enrollment"] = word.into();
            }
            more
        };
        let want = || post($route, Repeat::IfNotSent);
        for (name, session) in [
            ("from intermediate", scenario::mfa_required::<Backend>()),
            ("after an unfinished exchange", scenario::mfa_required_after_exchange::<Backend>()),
        ] {
            both(
                name,
                session.authenticate($factor),
                want(),
                factor(
                    $code,
                    &json!({
                        "intermediate_session_token": MFA_TOKEN, "session_duration_minutes": 60
                    }),
                ),
                factor($code, &json!({ "intermediate_session_token": MFA_TOKEN })),
            );
        }
        both(
            "step-up",
            scenario::active_in_blue_kiln::<Backend>().authenticate_with($factor),
            want().of(&BLUE_KILN),
            factor($code, &json!({ "session_duration_minutes": 60 })),
            factor($code, &json!({ "session_token": BLUE_KILN.token })),
        );
        frontend(
            "with options of the frontend",
            scenario::mfa_required::<Backend>()
                .authenticate($factor)
                .session_duration(minutes(30))
                $(.$enrollment(MfaEnrollment::Unenroll))?
                .captcha_token("captcha-1")
                .dfp_telemetry_id("dfp-1"),
            want(),
            factor(
                $code,
                &with(json!({
                    "intermediate_session_token": MFA_TOKEN,
                    "session_duration_minutes": 30,
                    "captcha_token": "captcha-1",
                    "dfp_telemetry_id": "dfp-1",
                }), "unenroll"),
            ),
        );
        backend(
            "with options of the backend",
            scenario::active_in_blue_kiln::<Backend>()
                .authenticate_with($factor)
                .session_duration(minutes(30))
                $(.$enrollment(MfaEnrollment::Enroll))?
                .custom_claims(claims())
                .telemetry_id("telemetry-1"),
            want(),
            factor(
                $code,
                &with(json!({
                    "session_token": BLUE_KILN.token,
                    "session_duration_minutes": 30,
                    "session_custom_claims": { "plan": "gold", "trial": null },
                    "telemetry_id": "telemetry-1",
                }), "enroll"),
            ),
        );
    }};
}

#[test]
fn second_factors() {
    let sms = || SmsCode::new(" 123456\n").unwrap();
    let totp = || TotpCode::new("654321").unwrap();
    let recovery = || RecoveryCode::new("ckss-2skx-ebow").unwrap();
    second_factor!("/b2b/otps/sms/authenticate", ("code", "123456"), sms(), mfa_enrollment);
    second_factor!("/b2b/totp/authenticate", ("code", "654321"), totp(), mfa_enrollment);
    let recovery_code = ("recovery_code", "ckss-2skx-ebow");
    second_factor!("/b2b/recovery_codes/recover", recovery_code, recovery());
}

#[test]
fn second_factors_as_the_default() {
    let intermediate = scenario::mfa_required::<Backend>;
    backend(
        "sms as the default",
        intermediate().authenticate(SmsCode::new("123456").unwrap()).make_default(),
        post("/b2b/otps/sms/authenticate", Repeat::IfNotSent),
        factor(
            ("code", "123456"),
            &json!({ "intermediate_session_token": MFA_TOKEN, "set_default_mfa": true }),
        ),
    );
    both(
        "totp as the default",
        intermediate().authenticate(TotpCode::new("654321").unwrap()).make_default(),
        post("/b2b/totp/authenticate", Repeat::IfNotSent),
        factor(
            ("code", "654321"),
            &json!({
                "intermediate_session_token": MFA_TOKEN,
                "session_duration_minutes": 60,
                "set_default_mfa": true,
            }),
        ),
        factor(
            ("code", "654321"),
            &json!({ "intermediate_session_token": MFA_TOKEN, "set_default_mfa": true }),
        ),
    );
}

#[test]
fn a_recovery_code_with_a_language() {
    backend(
        "recover with a language",
        scenario::mfa_required::<Backend>()
            .authenticate(RecoveryCode::new("ckss-2skx-ebow").unwrap())
            .locale(Locale::Es),
        post("/b2b/recovery_codes/recover", Repeat::IfNotSent),
        factor(
            ("recovery_code", "ckss-2skx-ebow"),
            &json!({ "intermediate_session_token": MFA_TOKEN, "locale": "es" }),
        ),
    );
}
