//! What requests have in common: escaping, telemetry, servers.

use super::*;

/// A refreshed session is sent with the token that came back, not the one it began with.
#[test]
fn the_latest_token_is_sent() {
    let mut payload = fixture("sessions.authenticate.success");
    payload["session_token"] = "rotated".into();
    let session = scenario::active_by::<Frontend>(&payload);
    let application = Application::new("com.example.app", 1);
    let context = Context::new(noon(), 2, &application);
    let request = Frontend::project().request(&session.revoke(), &context);
    assert_eq!(decoded_authorization(&request), format!("{PUBLIC_TOKEN}:rotated"));
}

#[test]
fn text_is_escaped_in_bodies() {
    let odd = "quote \" back \\ line\n nul \0 emoji \u{1f600} \u{2028}";
    let password = stytch_session::Password::new(&organization("north-pier"), odd, odd);
    backend(
        "odd text",
        Session::new().login(password),
        post("/b2b/passwords/authenticate", Repeat::IfNotSent),
        json!({ "organization_id": "north-pier", "email_address": odd, "password": odd }),
    );
}

#[test]
fn telemetry_of_a_full_application() {
    let application = Application::new("com.example.app", [0xab; 32])
        .version("4.5.6")
        .time_zone("Europe/Lisbon")
        .installation_id("persistent-id-of-mine");
    let step = Session::new().login(password());
    let now = noon() + std::time::Duration::from_micros(1_234_567);
    let context = Context::new(now, [0xcd; 32], &application);
    let request = Frontend::project().request(&step, &context);
    assert_eq!(
        telemetry_of(&request),
        json!({
            "event_id": "event-id-cdcdcdcd-cdcd-4dcd-8dcd-cdcdcdcdcdcd",
            "app_session_id": "app-session-id-abababab-abab-4bab-abab-abababababab",
            "persistent_id": "persistent-id-of-mine",
            "client_sent_at": "2030-06-01T12:00:01.234Z",
            "timezone": "Europe/Lisbon",
            "app": { "identifier": "com.example.app", "version": "4.5.6" },
            "sdk": { "identifier": "stytch-session", "version": env!("CARGO_PKG_VERSION") },
            "os": { "identifier": std::env::consts::OS },
        })
    );
}

/// `event-id-<uuid v4>`, another one for each seed, and well-formed whatever the texts are.
#[test]
fn event_ids_are_uuids_of_version_4() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..200_u64 {
        let length = usize::try_from(seed).unwrap();
        let identifier = "\u{e9}\"\\".repeat(length);
        let application = Application::new(identifier.clone(), 1);
        let context = Context::new(noon(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), &application);
        let request = Frontend::project().request(&Session::new().login(password()), &context);
        let telemetry = telemetry_of(&request);
        assert_eq!(telemetry["app"]["identifier"], identifier.as_str());
        let id = telemetry["event_id"].as_str().unwrap();
        let uuid = id.strip_prefix("event-id-").unwrap();
        let groups: Vec<&str> = uuid.split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(uuid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')), "{id}");
        assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{id}");
        assert!(seen.insert(id.to_owned()), "{id} twice");
    }
}

#[test]
fn parent_host() {
    let project = Frontend::project().with_parent_host("https://app.example.com").unwrap();
    let application = Application::new("com.example.app", 1);
    let context = Context::new(noon(), 2, &application);
    let request = project.request(&Session::new().login(password()), &context);
    assert_eq!(request.headers()["x-sdk-parent-host"], "https://app.example.com");
    assert_eq!(request.headers().len(), 4);
    assert!(Frontend::project().with_parent_host("https://app.example.com\r\nX: 1").is_err());
}

#[test]
fn live_projects_use_the_live_server() {
    let application = Application::new("com.example.app", 1);
    let context = Context::new(noon(), 2, &application);
    let step = Session::new().login(password());
    let live = PUBLIC_TOKEN.replace("-test-", "-live-");
    let frontend = Project::frontend(PublicToken::new(live.clone()).unwrap());
    let request = frontend.request(&step, &context);
    assert_eq!(
        request.uri().to_string(),
        "https://api.stytch.com/sdk/v1/b2b/passwords/authenticate"
    );
    assert_eq!(decoded_authorization(&request), format!("{live}:{live}"));
    let id = ProjectId::new(PROJECT_ID.replace("-test-", "-live-")).unwrap();
    let backend = Project::backend(id, ProjectSecret::new("secret-live-made-up").unwrap());
    let request = backend.request(&step, &context);
    assert_eq!(request.uri().to_string(), "https://api.stytch.com/v1/b2b/passwords/authenticate");
}
