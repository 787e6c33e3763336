//! Logins, and entering an organization after one.

use super::*;

#[test]
fn passwords_authenticate() {
    let want = || post("/b2b/passwords/authenticate", Repeat::IfNotSent);
    let login = || Session::new().login(password());
    both(
        "password",
        login(),
        want(),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 60,
        }),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
        }),
    );
    frontend(
        "password with all options",
        login()
            .session_duration(minutes(120))
            .locale(Locale::En)
            .captcha_token("captcha-1")
            .dfp_telemetry_id("dfp-1"),
        want(),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 120,
            "locale": "en",
            "captcha_token": "captcha-1",
            "dfp_telemetry_id": "dfp-1",
        }),
    );
    backend(
        "password with all options",
        login()
            .session_duration(minutes(120))
            .locale(Locale::from("tlh"))
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        json!({
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 120,
            "locale": "tlh",
            "session_custom_claims": { "plan": "gold", "trial": null },
            "telemetry_id": "telemetry-1",
        }),
    );
    both(
        "password after another first factor",
        scenario::primary_required::<Backend>().login(password()),
        want(),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 60,
        }),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
        }),
    );
    // The active session before it stays out of the request: a token of one kind, never two.
    both(
        "password after an unfinished exchange",
        scenario::primary_required_after_exchange::<Backend>().login(password()),
        want(),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
            "session_duration_minutes": 60,
        }),
        json!({
            "intermediate_session_token": PRIMARY_TOKEN,
            "organization_id": "north-pier",
            "email_address": "ada.reyes@example.com",
            "password": "correct horse battery",
        }),
    );
}

#[test]
fn passwords_discovery_authenticate() {
    let body = json!({
        "email_address": "ada.reyes@example.com", "password": "correct horse battery"
    });
    both(
        "discovery password",
        Session::new().discover(discovery_password()),
        post("/b2b/passwords/discovery/authenticate", Repeat::IfNotSent),
        body.clone(),
        body,
    );
}

#[test]
fn discovery_intermediate_sessions_exchange() {
    let want = || post("/b2b/discovery/intermediate_sessions/exchange", Repeat::IfNotSent);
    let blue_kiln = organization("blue-kiln");
    both(
        "from discovery",
        scenario::discovery::<Backend>().exchange(&blue_kiln),
        want(),
        json!({
            "intermediate_session_token": DISCOVERY_TOKEN,
            "organization_id": "blue-kiln",
            "session_duration_minutes": 60,
        }),
        json!({ "intermediate_session_token": DISCOVERY_TOKEN, "organization_id": "blue-kiln" }),
    );
    for (name, session) in [
        ("from intermediate", scenario::mfa_required::<Backend>()),
        ("after an unfinished exchange", scenario::mfa_required_after_exchange::<Backend>()),
    ] {
        both(
            name,
            session.exchange(&blue_kiln).session_duration(minutes(45)).locale(Locale::Fr),
            want(),
            json!({
                "intermediate_session_token": MFA_TOKEN,
                "organization_id": "blue-kiln",
                "session_duration_minutes": 45,
                "locale": "fr",
            }),
            json!({
                "intermediate_session_token": MFA_TOKEN,
                "organization_id": "blue-kiln",
                "session_duration_minutes": 45,
                "locale": "fr",
            }),
        );
    }
    backend(
        "with all options",
        scenario::discovery::<Backend>()
            .exchange(&blue_kiln)
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        json!({
            "intermediate_session_token": DISCOVERY_TOKEN,
            "organization_id": "blue-kiln",
            "session_custom_claims": { "plan": "gold", "trial": null },
            "telemetry_id": "telemetry-1",
        }),
    );
}
