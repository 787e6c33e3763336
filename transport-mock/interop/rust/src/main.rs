//! The official Rust SDK against the emulator: `stytch-interop URL SEED`.

mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::json;
use stytch::b2b::{
    discovery_intermediate_sessions, discovery_organizations, otp_sms, passwords,
    passwords_discovery, rbac, rbac_organizations, recovery_codes, sessions, totps,
};
use stytch::consumer::m2m;

use world::{HARBOR, KILN, PIER, TOWER, World, id, kinds, refused, text, totp};

type Shared = Arc<World>;

async fn password_login(world: Shared) {
    let session = world.login(HARBOR).await;
    assert_eq!(session.status_code, 200);
    assert!(session.member_authenticated);
    assert_eq!(session.intermediate_session_token, "");
    assert_eq!(session.member.name, "Ada");
    assert_eq!(session.organization.organization_slug, "harbor-lights");
    assert_eq!(kinds(session.member_session), ["password"]);
}

async fn refresh_by_token(world: Shared) {
    let first = world.login(HARBOR).await;
    let longer = sessions::AuthenticateRequest {
        session_token: Some(first.session_token),
        session_duration_minutes: Some(120),
        ..Default::default()
    };
    let session = world.authenticate(longer).await.unwrap().member_session;
    let first = first.member_session.unwrap();
    assert_eq!(session.member_session_id, first.member_session_id);
    assert!(session.expires_at > first.expires_at);
}

async fn refresh_by_jwt(world: Shared) {
    let first = world.login(HARBOR).await;
    let session = world.by_jwt(&first.session_jwt).await.unwrap();
    assert!(!session.session_jwt.is_empty());
    let (session, first) = (session.member_session, first.member_session.unwrap());
    assert_eq!(session.member_session_id, first.member_session_id);
    assert_eq!(session.expires_at, first.expires_at);
}

async fn custom_claims(world: Shared) {
    let claims = json!({ "tier": "gold", "limits": { "seats": 3 } });
    let mut login = world.password(HARBOR);
    login.session_custom_claims = Some(claims.clone());
    let session = world.client.passwords.authenticate(login).await.unwrap();
    assert_eq!(session.member_session.unwrap().custom_claims, Some(claims));
}

async fn jwks(world: Shared) {
    let request = sessions::GetJWKSRequest { project_id: text(&world.seed["project_id"]) };
    let keys = world.client.sessions.get_jwks(request).await.unwrap().keys;
    assert!(!keys.is_empty());
    for key in keys {
        assert_eq!((&*key.kty, &*key.alg), ("RSA", "RS256"));
        assert_eq!(world.http.fetch_jwk(&key.kid).await.unwrap().n, key.n);
    }
}

/// The crate checks JWTs locally for machines only, whose scopes are a claim. A session with such a
/// claim passes for one, and its JWT goes through the crate's own check.
async fn login_with_scope(world: &World) -> passwords::AuthenticateResponse {
    let mut login = world.password(HARBOR);
    login.session_custom_claims = Some(json!({ "scope": "read:documents" }));
    world.client.passwords.authenticate(login).await.unwrap()
}

async fn check_locally(
    world: &World,
    jwt: &str,
    max_token_age_seconds: Option<u64>,
) -> stytch::Result<m2m::AuthenticateTokenResponse> {
    let request = m2m::AuthenticateTokenRequest {
        access_token: jwt.to_owned(),
        max_token_age_seconds,
        required_scopes: Some(vec!["read:documents".to_owned()]),
        scope_authorization_func: None,
    };
    world.client.m2m.authenticate_token(request).await
}

async fn local_jwt_check(world: Shared) {
    let session = login_with_scope(&world).await;
    let checked = check_locally(&world, &session.session_jwt, None).await.unwrap();
    assert_eq!(checked.client_id, session.member_id);
    let claim = &checked.custom_claims["https://stytch.com/session"];
    assert_eq!(claim["id"], id(session.member_session));
}

async fn the_local_check_asks_nobody(world: Shared) {
    let session = login_with_scope(&world).await;
    world.revoke(&session.session_token).await.unwrap();
    // Only the server knows that the session is over.
    check_locally(&world, &session.session_jwt, None).await.unwrap();
    refused(world.by_jwt(&session.session_jwt).await, 404, "session_not_found");
}

async fn the_server_renews_an_old_jwt(world: Shared) {
    let jwt = login_with_scope(&world).await.session_jwt;
    let old = check_locally(&world, &jwt, Some(0)).await;
    assert!(matches!(old, Err(stytch::Error::JWTError(_))), "{old:?}");
    let renewed = world.by_jwt(&jwt).await.unwrap();
    check_locally(&world, &renewed.session_jwt, None).await.unwrap();
}

async fn a_forged_jwt(world: Shared) {
    let own = login_with_scope(&world).await.session_jwt;
    let other = login_with_scope(&world).await.session_jwt;
    let [own, other] = [&own, &other].map(|jwt| jwt.split('.').collect::<Vec<_>>());
    let forged = [own[0], other[1], own[2]].join(".");
    let checked = check_locally(&world, &forged, None).await;
    assert!(matches!(checked, Err(stytch::Error::JWTError(_))), "{checked:?}");
    let asked = world.by_jwt(&forged).await;
    assert!(matches!(asked, Err(stytch::Error::Response(_))), "{asked:?}");
}

async fn exchange_without_mfa(world: Shared) {
    let first = world.login(HARBOR).await;
    let session = world.exchange(&first.session_token, PIER).await.unwrap();
    assert!(session.member_authenticated);
    assert_eq!(session.organization.organization_slug, "north-pier");
    assert_eq!(session.member_id, world.member(PIER, "member_id"));
    assert_ne!(id(session.member_session), id(first.member_session));
}

async fn exchange_by_jwt(world: Shared) {
    let request = sessions::ExchangeRequest {
        organization_id: world.organization(PIER),
        session_jwt: Some(world.login(HARBOR).await.session_jwt),
        ..Default::default()
    };
    assert!(world.client.sessions.exchange(request).await.unwrap().member_authenticated);
}

async fn exchange_with_mfa_finished_by_sms(world: Shared) {
    let first = world.login(HARBOR).await;
    let half = world.exchange(&first.session_token, KILN).await.unwrap();
    assert!(!half.member_authenticated && half.member_session.is_none());
    assert_eq!(half.session_token, "");
    let required = half.mfa_required.unwrap();
    assert_eq!(required.secondary_auth_initiated.as_deref(), Some("sms_otp"));
    assert_eq!(required.member_options.unwrap().mfa_phone_number, "+14155550001");
    let intermediate = half.intermediate_session_token;
    let wrong = world.sms(&half.member_id, &intermediate, "111111").await;
    refused(wrong, 404, "otp_code_not_found");
    let send = otp_sms::SendRequest {
        organization_id: world.organization(KILN),
        member_id: half.member_id.clone(),
        intermediate_session_token: Some(intermediate.clone()),
        ..Default::default()
    };
    let sent = world.client.otps.sms.send(send).await.unwrap();
    assert_eq!(sent.member_id, half.member_id);
    let session = world.sms(&half.member_id, &intermediate, &world.code()).await.unwrap();
    assert_eq!(kinds(session.member_session), ["otp", "password"]);
    world.by_token(&session.session_token).await.unwrap();
    let again = world.sms(&half.member_id, &intermediate, &world.code()).await;
    refused(again, 404, "intermediate_session_not_found");
}

async fn totp_completion(world: Shared) {
    let secret = world.member(TOWER, "totp_secret");
    let half = world.login(TOWER).await;
    assert!(!half.member_authenticated);
    let options = half.mfa_required.unwrap().member_options.unwrap();
    assert!(!options.totp_registration_id.is_empty());
    let try_code = async |intermediate: &str, code: &str| {
        let request = totps::AuthenticateRequest {
            organization_id: world.organization(TOWER),
            member_id: half.member_id.clone(),
            code: code.to_owned(),
            intermediate_session_token: Some(intermediate.to_owned()),
            ..Default::default()
        };
        world.client.totps.authenticate(request).await
    };
    let (intermediate, right) = (&half.intermediate_session_token, totp(&secret, 0));
    let wrong = try_code(intermediate, &totp(&secret, 100)).await;
    refused(wrong, 401, "unable_to_authenticate_totp");
    let session = try_code(intermediate, &right).await.unwrap();
    assert_eq!(kinds(session.member_session), ["password", "totp"]);
    let again = try_code(&world.login(TOWER).await.intermediate_session_token, &right).await;
    refused(again, 401, "totp_code_already_authenticated");
}

async fn recovery_code(world: Shared) {
    let half = world.login(TOWER).await;
    let get = recovery_codes::GetRequest {
        organization_id: world.organization(TOWER),
        member_id: half.member_id.clone(),
    };
    let codes = world.client.recovery_codes.get(get).await.unwrap().recovery_codes;
    let recover = async |intermediate: &str, code: &str| {
        let request = recovery_codes::RecoverRequest {
            organization_id: world.organization(TOWER),
            member_id: half.member_id.clone(),
            recovery_code: code.to_owned(),
            intermediate_session_token: Some(intermediate.to_owned()),
            ..Default::default()
        };
        world.client.recovery_codes.recover(request).await
    };
    let wrong = recover(&half.intermediate_session_token, "not-a-code").await;
    refused(wrong, 401, "unable_to_authenticate_recovery_code");
    let session = recover(&half.intermediate_session_token, &codes[0]).await.unwrap();
    assert_eq!(session.recovery_codes_remaining + 1, i32::try_from(codes.len()).unwrap());
    assert_eq!(kinds(session.member_session), ["password", "recovery_codes"]);
    let again = recover(&world.login(TOWER).await.intermediate_session_token, &codes[0]).await;
    refused(again, 401, "unable_to_authenticate_recovery_code");
}

async fn discovery_by_password(world: Shared) {
    let credential = passwords_discovery::AuthenticateRequest {
        email_address: world.email_address(),
        password: world.member(HARBOR, "password"),
    };
    let found = world.client.passwords.discovery.authenticate(credential).await.unwrap();
    let slugs: BTreeSet<String> = found
        .discovered_organizations
        .into_iter()
        .map(|found| found.organization.unwrap().organization_slug)
        .collect();
    assert_eq!(
        slugs.iter().collect::<Vec<_>>(),
        ["blue-kiln", "clock-tower", "harbor-lights", "north-pier"]
    );
    let token = found.intermediate_session_token;
    let list = discovery_organizations::ListRequest {
        intermediate_session_token: Some(token.clone()),
        ..Default::default()
    };
    let listed = world.client.discovery.organizations.list(list).await.unwrap();
    assert_eq!(listed.email_address, world.email_address());
    assert_eq!(listed.discovered_organizations.len(), slugs.len());
    let session = enter(&world, &token, HARBOR).await.unwrap();
    assert!(session.member_authenticated);
    refused(enter(&world, &token, HARBOR).await, 404, "intermediate_session_not_found");
}

async fn enter(
    world: &World,
    intermediate: &str,
    place: usize,
) -> stytch::Result<discovery_intermediate_sessions::ExchangeResponse> {
    let request = discovery_intermediate_sessions::ExchangeRequest {
        intermediate_session_token: intermediate.to_owned(),
        organization_id: world.organization(place),
        ..Default::default()
    };
    world.client.discovery.intermediate_sessions.exchange(request).await
}

async fn discovery_by_email_code_into_an_organization_with_mfa(world: Shared) {
    let token = world.discover_by_code(&world.email_address()).await;
    let half = enter(&world, &token, KILN).await.unwrap();
    assert!(!half.member_authenticated);
    let intermediate = half.intermediate_session_token;
    let session = world.sms(&half.member_id, &intermediate, &world.code()).await.unwrap();
    assert_eq!(kinds(session.member_session), ["email_otp", "otp"]);
}

async fn discovery_creates_an_organization(world: Shared) {
    let create = discovery_organizations::CreateRequest {
        intermediate_session_token: world.discover_by_code("grace@example.com").await,
        organization_name: Some("Quiet Cove".to_owned()),
        organization_slug: Some("quiet-cove".to_owned()),
        ..Default::default()
    };
    let session = world.client.discovery.organizations.create(create).await.unwrap();
    assert!(session.member_authenticated);
    assert!(session.member_session.unwrap().roles.contains(&"stytch_admin".to_owned()));
}

async fn rbac_granted(world: Shared) {
    let token = world.login(HARBOR).await.session_token;
    for (action, role) in [("read", "editor"), ("archive", "keeper")] {
        let verdict = world.ask(&token, action, HARBOR).await.unwrap().verdict.unwrap();
        assert!(verdict.authorized);
        assert_eq!(verdict.granting_roles, [role]);
    }
}

async fn rbac_refused(world: Shared) {
    let token = world.login(HARBOR).await.session_token;
    refused(world.ask(&token, "delete", HARBOR).await, 403, "session_authorization_error");
    let elsewhere = world.ask(&token, "read", PIER).await;
    refused(elsewhere, 403, "session_authorization_tenancy_error");
}

async fn rbac_policy(world: Shared) {
    let rbac = &world.client.rbac;
    let policy = rbac.policy(rbac::PolicyRequest {}).await.unwrap().policy.unwrap();
    for role_id in ["editor", "stytch_member", "stytch_admin"] {
        assert!(policy.roles.iter().any(|role| role.role_id == role_id), "{role_id}");
    }
    assert!(policy.resources.iter().any(|resource| resource.resource_id == "documents"));
    let organization_id = world.organization(HARBOR);
    let request = rbac_organizations::GetOrgPolicyRequest { organization_id };
    let own = rbac.organizations.get_org_policy(request).await.unwrap().org_policy;
    assert_eq!(json!(own.roles), world.seed["organizations"][HARBOR]["custom_roles"]);
}

async fn list_and_revoke(world: Shared) {
    let sessions = &world.client.sessions;
    let [first, second, third] =
        [world.login(HARBOR).await, world.login(HARBOR).await, world.login(HARBOR).await];
    let member_id = first.member_id.clone();
    let live = async || -> BTreeSet<String> {
        let organization_id = world.organization(HARBOR);
        let get = sessions::GetRequest { organization_id, member_id: member_id.clone() };
        let listed = sessions.get(get).await.unwrap().member_sessions;
        listed.into_iter().map(|session| session.member_session_id).collect()
    };
    let third = id(third.member_session);
    let own = BTreeSet::from([id(first.member_session), id(second.member_session), third.clone()]);
    assert!(own.is_subset(&live().await));
    let nothing = sessions::RevokeRequest::default;
    for request in [
        sessions::RevokeRequest { session_token: Some(first.session_token), ..nothing() },
        sessions::RevokeRequest { session_jwt: Some(second.session_jwt), ..nothing() },
        sessions::RevokeRequest { member_session_id: Some(third), ..nothing() },
    ] {
        sessions.revoke(request).await.unwrap();
    }
    assert!(own.is_disjoint(&live().await));
    world.login(HARBOR).await;
    let all = sessions::RevokeRequest { member_id: Some(member_id.clone()), ..nothing() };
    sessions.revoke(all).await.unwrap();
    assert!(live().await.is_empty());
}

async fn a_dead_session(world: Shared) {
    let first = world.login(HARBOR).await;
    world.revoke(&first.session_token).await.unwrap();
    refused(world.by_token(&first.session_token).await, 404, "session_not_found");
    refused(world.by_jwt(&first.session_jwt).await, 404, "session_not_found");
    refused(world.exchange(&first.session_token, PIER).await, 404, "session_not_found");
    refused(world.revoke(&first.session_token).await, 404, "session_not_found");
}

async fn a_wrong_password(world: Shared) {
    let mut wrong = world.password(HARBOR);
    wrong.password = "not her password".to_owned();
    let wrong = world.client.passwords.authenticate(wrong).await;
    refused(wrong, 401, "unauthorized_credentials");
}

async fn a_wrong_secret(world: Shared) {
    let session_token = Some(world.login(HARBOR).await.session_token);
    let ask = sessions::AuthenticateRequest { session_token, ..Default::default() };
    let stranger = world.stranger.sessions.authenticate(ask).await;
    refused(stranger, 401, "unauthorized_credentials");
}

async fn wrong_arguments(world: Shared) {
    let first = world.login(HARBOR).await;
    let nothing = sessions::AuthenticateRequest::default();
    refused(world.authenticate(nothing.clone()).await, 400, "no_session_arguments");
    let session_token = Some(first.session_token);
    let both = sessions::AuthenticateRequest {
        session_token: session_token.clone(),
        session_jwt: Some(first.session_jwt),
        ..nothing.clone()
    };
    refused(world.authenticate(both).await, 400, "too_many_session_arguments");
    let short = sessions::AuthenticateRequest {
        session_token,
        session_duration_minutes: Some(4),
        ..nothing
    };
    refused(world.authenticate(short).await, 400, "invalid_session_duration_minutes");
    let mut nowhere = world.password(HARBOR);
    nowhere.organization_id = "organization-test-unknown".to_owned();
    let nowhere = world.client.passwords.authenticate(nowhere).await;
    refused(nowhere, 404, "organization_not_found");
}

/// What the latest panic said, and where.
static PROBLEM: Mutex<String> = Mutex::new(String::new());

/// Runs the named checks, each as a task of its own, so that a panic fails one of them only.
/// Returns how many passed and how many failed.
macro_rules! run {
    ($world:expr, $($check:ident),* $(,)?) => {{
        let (mut passed, mut failed) = (0, 0);
        $(
            if tokio::spawn($check($world.clone())).await.is_ok() {
                passed += 1;
            } else {
                failed += 1;
                println!("  rust: {}: {}", stringify!($check), PROBLEM.lock().unwrap());
            }
        )*
        (passed, failed)
    }};
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(seed)) = (arguments.next(), arguments.next()) else {
        panic!("give the URL of an emulator and its seed file");
    };
    let seed = std::fs::read_to_string(seed).expect("the seed can be read");
    let world = Arc::new(World::new(&url, serde_json::from_str(&seed).expect("it is JSON")));
    std::panic::set_hook(Box::new(|info| *PROBLEM.lock().unwrap() = info.to_string()));
    let (passed, failed) = run!(
        world,
        password_login,
        refresh_by_token,
        refresh_by_jwt,
        custom_claims,
        jwks,
        local_jwt_check,
        the_local_check_asks_nobody,
        the_server_renews_an_old_jwt,
        a_forged_jwt,
        exchange_without_mfa,
        exchange_by_jwt,
        exchange_with_mfa_finished_by_sms,
        totp_completion,
        recovery_code,
        discovery_by_password,
        discovery_by_email_code_into_an_organization_with_mfa,
        discovery_creates_an_organization,
        rbac_granted,
        rbac_refused,
        rbac_policy,
        list_and_revoke,
        a_dead_session,
        a_wrong_password,
        a_wrong_secret,
        wrong_arguments,
    );
    let skipped = [
        ("rbac_local", "the crate has no local check of permissions"),
        ("a_member_without_the_permission", "the crate cannot revoke on behalf of a member"),
    ];
    for (name, why) in skipped {
        println!("  rust: skipped: {name} ({why})");
    }
    println!("rust: {passed} passed, {failed} failed, {} skipped", skipped.len());
    std::process::exit(i32::from(failed > 0));
}
