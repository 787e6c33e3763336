//! Sessions: taken up, refreshed, exchanged, ended, listed.

use super::*;

#[test]
fn sessions_authenticate() {
    let want = || post("/b2b/sessions/authenticate", Repeat::Always);
    let by_token = || {
        let token = SessionToken::new("token-from-elsewhere").unwrap();
        Session::new().authenticate(token)
    };
    let with_token = || Want { token: Some("token-from-elsewhere"), ..want() };
    both(
        "by token",
        by_token(),
        with_token(),
        json!({}),
        json!({ "session_token": "token-from-elsewhere" }),
    );
    both(
        "by token, with a duration",
        by_token().session_duration(minutes(5)),
        with_token(),
        json!({ "session_duration_minutes": 5 }),
        json!({ "session_token": "token-from-elsewhere", "session_duration_minutes": 5 }),
    );
    backend(
        "by token, with all options",
        by_token()
            .session_duration(minutes(527_040))
            .custom_claims(claims())
            .authorization_check(authorization_check()),
        want(),
        json!({
            "session_token": "token-from-elsewhere",
            "session_duration_minutes": 527_040,
            "session_custom_claims": { "plan": "gold", "trial": null },
            "authorization_check": {
                "organization_id": "harbor-lights", "resource_id": "lamps", "action": "trim"
            },
        }),
    );
    let by_jwt = || Session::new().authenticate(SessionJwt::new("aaa.bbb.ccc").unwrap());
    backend("by JWT", by_jwt(), want(), json!({ "session_jwt": "aaa.bbb.ccc" }));
    backend(
        "by JWT, with claims",
        by_jwt().custom_claims(claims()),
        want(),
        json!({
            "session_jwt": "aaa.bbb.ccc",
            "session_custom_claims": { "plan": "gold", "trial": null },
        }),
    );
}

#[test]
fn refreshing() {
    let want = || post("/b2b/sessions/authenticate", Repeat::Always).of(&HARBOR_LIGHTS);
    let refresh = || scenario::active::<Backend>().authenticate();
    both("refresh", refresh(), want(), json!({}), json!({ "session_token": HARBOR_LIGHTS.token }));
    both(
        "refresh with a duration",
        refresh().session_duration(minutes(90)),
        want(),
        json!({ "session_duration_minutes": 90 }),
        json!({ "session_token": HARBOR_LIGHTS.token, "session_duration_minutes": 90 }),
    );
    backend(
        "refresh with claims",
        refresh().custom_claims(claims()),
        want(),
        json!({
            "session_token": HARBOR_LIGHTS.token,
            "session_custom_claims": { "plan": "gold", "trial": null },
        }),
    );
    backend(
        "refresh with a check",
        refresh().authorization_check(authorization_check()),
        want(),
        json!({
            "session_token": HARBOR_LIGHTS.token,
            "authorization_check": {
                "organization_id": "harbor-lights", "resource_id": "lamps", "action": "trim"
            },
        }),
    );
}

#[test]
fn sessions_exchange() {
    let want = || post("/b2b/sessions/exchange", Repeat::IfNotSent).of(&HARBOR_LIGHTS);
    let exchange = || scenario::active::<Backend>().exchange(&organization("north-pier"));
    both(
        "exchange",
        exchange(),
        want(),
        json!({ "organization_id": "north-pier", "session_duration_minutes": 60 }),
        json!({ "organization_id": "north-pier", "session_token": HARBOR_LIGHTS.token }),
    );
    both(
        "exchange with duration and locale",
        exchange().session_duration(minutes(30)).locale(Locale::PtBr),
        want(),
        json!({
            "organization_id": "north-pier", "session_duration_minutes": 30, "locale": "pt-br"
        }),
        json!({
            "organization_id": "north-pier", "session_duration_minutes": 30, "locale": "pt-br",
            "session_token": HARBOR_LIGHTS.token,
        }),
    );
    backend(
        "exchange with all options",
        exchange()
            .session_duration(minutes(30))
            .locale(Locale::DeDe)
            .custom_claims(claims())
            .telemetry_id("telemetry-1"),
        want(),
        json!({
            "organization_id": "north-pier",
            "session_token": HARBOR_LIGHTS.token,
            "session_duration_minutes": 30,
            "locale": "de-DE",
            "session_custom_claims": { "plan": "gold", "trial": null },
            "telemetry_id": "telemetry-1",
        }),
    );
}

#[test]
fn sessions_revoke() {
    let want = || post("/b2b/sessions/revoke", Repeat::Always);
    both(
        "revoke",
        scenario::active::<Backend>().revoke(),
        want().of(&HARBOR_LIGHTS),
        Value::Null,
        json!({ "session_token": HARBOR_LIGHTS.token }),
    );
    let id = MemberSessionId::new("session-test-1").unwrap();
    backend(
        "revoke by id",
        RevokeSessions::by_id(id.clone()),
        want(),
        json!({ "member_session_id": "session-test-1" }),
    );
    backend(
        "revoke by token",
        RevokeSessions::by_token(SessionToken::new("some-token").unwrap()),
        want(),
        json!({ "session_token": "some-token" }),
    );
    backend(
        "revoke by JWT",
        RevokeSessions::by_jwt(SessionJwt::new("aaa.bbb.ccc").unwrap()),
        want(),
        json!({ "session_jwt": "aaa.bbb.ccc" }),
    );
    backend(
        "revoke all of a member",
        RevokeSessions::of_member(MemberId::new("member-test-1").unwrap()),
        want(),
        json!({ "member_id": "member-test-1" }),
    );
    backend(
        "revoke on behalf of a member",
        RevokeSessions::by_id(id).on_behalf_of(&scenario::active::<Backend>()),
        Want { header: Some(("x-stytch-member-session", HARBOR_LIGHTS.token)), ..want() },
        json!({ "member_session_id": "session-test-1" }),
    );
}

#[test]
fn sessions_revoke_for_a_member() {
    let session = scenario::active::<Frontend>();
    for (member, path) in [
        ("member-test-1", "/b2b/sessions/revoke/member-test-1"),
        ("a/b?c#d %", "/b2b/sessions/revoke/a%2Fb%3Fc%23d%20%25"),
        ("..", "/b2b/sessions/revoke/%2E%2E"),
        ("caf\u{e9}", "/b2b/sessions/revoke/caf%C3%A9"),
    ] {
        let want = post("/b2b/sessions/revoke/{member_id}", Repeat::Always);
        frontend(
            member,
            session.revoke_for_member(&MemberId::new(member).unwrap()),
            Want { path: Some(path), ..want.of(&HARBOR_LIGHTS) },
            Value::Null,
        );
    }
}

#[test]
fn sessions_get() {
    for (organization_id, member, path) in [
        (
            "organization-test-1",
            "member-test-1",
            "/b2b/sessions?organization_id=organization-test-1&member_id=member-test-1",
        ),
        ("a&b=c", "d e+f", "/b2b/sessions?organization_id=a%26b%3Dc&member_id=d%20e%2Bf"),
    ] {
        let want = Want { path: Some(path), ..post("/b2b/sessions", Repeat::Always) };
        backend(
            "get",
            ListSessions::new(&organization(organization_id), &MemberId::new(member).unwrap()),
            Want { method: Method::GET, ..want },
            Value::Null,
        );
    }
}
