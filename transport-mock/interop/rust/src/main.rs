//! The official Rust SDK against the emulator: `stytch-interop URL SEED`.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use stytch::b2b::client::Client;
use stytch::b2b::sessions::{AuthorizationCheck, MemberSession};
use stytch::b2b::{
    discovery_intermediate_sessions, discovery_organizations, otp_sms, passwords,
    passwords_discovery, recovery_codes, sessions, totps,
};
use stytch::client::{Client as HttpClient, Vertical};

type Checked = Result<(), String>;

struct World {
    seed: Value,
    http: HttpClient,
    client: Client,
    stranger: Client,
}

fn text(value: &Value) -> String {
    value.as_str().expect("text in the seed").to_owned()
}

fn ok<T, E: Debug>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{error:?}"))
}

fn that(holds: bool, what: &str) -> Checked {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn refused<T: Debug>(result: stytch::Result<T>, status: u16, error_type: &str) -> Checked {
    match result {
        Err(stytch::Error::Response(error)) => that(
            error.status_code.as_u16() == status && error.error_type == error_type,
            &format!("{} {}", error.status_code, error.error_type),
        ),
        other => Err(format!("it should be refused with {error_type}: {other:?}")),
    }
}

impl World {
    fn new(url: &str, seed: Value) -> Self {
        let base = reqwest::Url::parse(url).expect("a URL");
        let project = text(&seed["project_id"]);
        let http = |secret: &str| {
            HttpClient::new_with_base_url(&project, secret, base.clone(), Vertical::B2B)
                .expect("a client")
        };
        let client = |http: HttpClient| Client::new_with_http_client(http.clone(), http);
        let own = http(&text(&seed["secret"]));
        Self {
            client: client(own.clone()),
            stranger: client(http("not-the-secret")),
            http: own,
            seed,
        }
    }

    fn organization(&self, index: usize) -> String {
        text(&self.seed["organizations"][index]["organization_id"])
    }

    fn ada(&self, name: &str) -> String {
        text(&self.seed["organizations"][0]["members"][0][name])
    }

    async fn login(&self, index: usize) -> Result<passwords::AuthenticateResponse, String> {
        ok(self
            .client
            .passwords
            .authenticate(passwords::AuthenticateRequest {
                organization_id: self.organization(index),
                email_address: self.ada("email_address"),
                password: self.ada("password"),
                session_duration_minutes: Some(60),
                ..Default::default()
            })
            .await)
    }

    async fn by_token(&self, token: &str) -> stytch::Result<sessions::AuthenticateResponse> {
        self.client
            .sessions
            .authenticate(sessions::AuthenticateRequest {
                session_token: Some(token.to_owned()),
                ..Default::default()
            })
            .await
    }

    async fn exchange(
        &self,
        index: usize,
        token: String,
    ) -> Result<sessions::ExchangeResponse, String> {
        ok(self
            .client
            .sessions
            .exchange(sessions::ExchangeRequest {
                organization_id: self.organization(index),
                session_token: Some(token),
                ..Default::default()
            })
            .await)
    }
}

fn id(session: Option<MemberSession>) -> Result<String, String> {
    session.map(|session| session.member_session_id).ok_or("no session".to_owned())
}

async fn password_login(world: &World) -> Checked {
    let session = world.login(0).await?;
    that(session.member_authenticated && session.member.name == "Ada", "not finished")
}

async fn refresh_by_token_and_jwt(world: &World) -> Checked {
    let first = world.login(0).await?;
    let own = id(first.member_session)?;
    let by_token = ok(world.by_token(&first.session_token).await)?;
    that(by_token.member_session.member_session_id == own, "another session")?;
    let by_jwt = sessions::AuthenticateRequest {
        session_jwt: Some(first.session_jwt),
        session_duration_minutes: Some(120),
        ..Default::default()
    };
    let by_jwt = ok(world.client.sessions.authenticate(by_jwt).await)?;
    that(by_jwt.member_session.member_session_id == own, "another session")
}

/// The crate has no local check of B2B sessions; the key that it would need is there.
async fn key_of_a_jwt(world: &World) -> Checked {
    let jwt = world.login(0).await?.session_jwt;
    let header = jwt.split('.').next().unwrap_or_default();
    let header = ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header))?;
    let header: Value = ok(serde_json::from_slice(&header))?;
    let key = ok(world.http.fetch_jwk(&text(&header["kid"])).await)?;
    that(key.alg == "RS256" && key.kty == "RSA", "no such key")
}

async fn exchange_without_mfa(world: &World) -> Checked {
    let token = world.login(0).await?.session_token;
    let session = world.exchange(1, token).await?;
    let slug = session.organization.organization_slug;
    that(session.member_authenticated && slug == "north-pier", "not there")
}

async fn exchange_with_mfa_completed_by_sms(world: &World) -> Checked {
    let token = world.login(0).await?.session_token;
    let half = world.exchange(2, token).await?;
    let required = half.mfa_required.ok_or("no second factor was asked for")?;
    that(required.secondary_auth_initiated.as_deref() == Some("sms_otp"), "no code was sent")?;
    let factor = |code: &str| otp_sms::AuthenticateRequest {
        organization_id: world.organization(2),
        member_id: half.member_id.clone(),
        code: code.to_owned(),
        intermediate_session_token: Some(half.intermediate_session_token.clone()),
        ..Default::default()
    };
    let sms = &world.client.otps.sms;
    refused(sms.authenticate(factor("111111")).await, 404, "otp_code_not_found")?;
    let send = otp_sms::SendRequest {
        organization_id: world.organization(2),
        member_id: half.member_id.clone(),
        intermediate_session_token: Some(half.intermediate_session_token.clone()),
        ..Default::default()
    };
    ok(sms.send(send).await)?;
    let code = text(&world.seed["fixed_otp_code"]);
    let session = ok(sms.authenticate(factor(&code)).await)?;
    that(!session.session_token.is_empty(), "no token")
}

fn totp(secret: &str) -> String {
    let key = data_encoding::BASE32.decode(secret.as_bytes()).expect("base32");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("any length will do");
    mac.update(&(now.as_secs() / 30).to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let start = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[start..start + 4].try_into().expect("four bytes"));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

async fn totp_completion(world: &World) -> Checked {
    let secret = text(&world.seed["organizations"][3]["members"][0]["totp_secret"]);
    let half = world.login(3).await?;
    let factor = |code: &str| totps::AuthenticateRequest {
        organization_id: world.organization(3),
        member_id: half.member_id.clone(),
        code: code.to_owned(),
        intermediate_session_token: Some(half.intermediate_session_token.clone()),
        ..Default::default()
    };
    let totps = &world.client.totps;
    refused(totps.authenticate(factor("abcdef")).await, 401, "unable_to_authenticate_totp")?;
    let session = ok(totps.authenticate(factor(&totp(&secret))).await)?;
    that(!session.session_token.is_empty(), "no token")
}

async fn recovery_code(world: &World) -> Checked {
    let half = world.login(3).await?;
    let get = recovery_codes::GetRequest {
        organization_id: world.organization(3),
        member_id: half.member_id.clone(),
    };
    let codes = ok(world.client.recovery_codes.get(get).await)?.recovery_codes;
    let recover = recovery_codes::RecoverRequest {
        organization_id: world.organization(3),
        member_id: half.member_id,
        recovery_code: codes.first().ok_or("no codes")?.clone(),
        intermediate_session_token: Some(half.intermediate_session_token),
        ..Default::default()
    };
    let session = ok(world.client.recovery_codes.recover(recover).await)?;
    let left = usize::try_from(session.recovery_codes_remaining).unwrap_or_default();
    that(left + 1 == codes.len(), "the code was not used up")
}

async fn discovery(world: &World) -> Checked {
    let credential = passwords_discovery::AuthenticateRequest {
        email_address: world.ada("email_address"),
        password: world.ada("password"),
    };
    let found = ok(world.client.passwords.discovery.authenticate(credential).await)?;
    that(found.discovered_organizations.len() == 4, "not all were found")?;
    let token = found.intermediate_session_token;
    let list = discovery_organizations::ListRequest {
        intermediate_session_token: Some(token.clone()),
        ..Default::default()
    };
    let listed = ok(world.client.discovery.organizations.list(list).await)?;
    that(listed.email_address == world.ada("email_address"), "another address")?;
    let enter = discovery_intermediate_sessions::ExchangeRequest {
        intermediate_session_token: token,
        organization_id: world.organization(0),
        ..Default::default()
    };
    let session = ok(world.client.discovery.intermediate_sessions.exchange(enter).await)?;
    that(session.member_authenticated, "not finished")
}

async fn rbac(world: &World) -> Checked {
    let token = world.login(0).await?.session_token;
    let ask = |action: &str, organization: usize| sessions::AuthenticateRequest {
        session_token: Some(token.clone()),
        authorization_check: Some(AuthorizationCheck {
            organization_id: world.organization(organization),
            resource_id: "documents".to_owned(),
            action: action.to_owned(),
        }),
        ..Default::default()
    };
    let sessions = &world.client.sessions;
    let granted = ok(sessions.authenticate(ask("read", 0)).await)?;
    let roles = granted.verdict.map(|verdict| verdict.granting_roles).unwrap_or_default();
    that(roles == ["editor"], "granted by other roles")?;
    refused(sessions.authenticate(ask("delete", 0)).await, 403, "session_authorization_error")?;
    let other = sessions.authenticate(ask("read", 1)).await;
    refused(other, 403, "session_authorization_tenancy_error")
}

async fn revoke(world: &World) -> Checked {
    let first = world.login(0).await?;
    let get =
        sessions::GetRequest { organization_id: world.organization(0), member_id: first.member_id };
    let listed = ok(world.client.sessions.get(get).await)?;
    that(!listed.member_sessions.is_empty(), "none is listed")?;
    let revoke = sessions::RevokeRequest {
        session_token: Some(first.session_token.clone()),
        ..Default::default()
    };
    ok(world.client.sessions.revoke(revoke).await)?;
    refused(world.by_token(&first.session_token).await, 404, "session_not_found")
}

async fn errors(world: &World) -> Checked {
    let wrong = passwords::AuthenticateRequest {
        organization_id: world.organization(0),
        email_address: world.ada("email_address"),
        password: "not her password".to_owned(),
        ..Default::default()
    };
    let wrong = world.client.passwords.authenticate(wrong).await;
    refused(wrong, 401, "unauthorized_credentials")?;
    let stranger =
        sessions::AuthenticateRequest { session_token: Some("x".to_owned()), ..Default::default() };
    let stranger = world.stranger.sessions.authenticate(stranger).await;
    refused(stranger, 401, "unauthorized_credentials")?;
    let nothing = world.client.sessions.authenticate(Default::default()).await;
    refused(nothing, 400, "no_session_arguments")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(seed)) = (arguments.next(), arguments.next()) else {
        panic!("give the URL of an emulator and its seed file");
    };
    let seed = std::fs::read_to_string(seed).expect("the seed can be read");
    let world = World::new(&url, serde_json::from_str(&seed).expect("it is JSON"));
    let (mut passed, mut failed) = (0, 0);
    let mut count = |name: &str, result: Checked| match result {
        Ok(()) => passed += 1,
        Err(problem) => {
            failed += 1;
            println!("  rust: {name}: {problem}");
        }
    };
    count("password login", password_login(&world).await);
    count("refresh by token and by JWT", refresh_by_token_and_jwt(&world).await);
    count("key of a JWT", key_of_a_jwt(&world).await);
    count("exchange without MFA", exchange_without_mfa(&world).await);
    count("exchange with MFA", exchange_with_mfa_completed_by_sms(&world).await);
    count("TOTP", totp_completion(&world).await);
    count("recovery code", recovery_code(&world).await);
    count("discovery", discovery(&world).await);
    count("RBAC", rbac(&world).await);
    count("revoke", revoke(&world).await);
    count("errors", errors(&world).await);
    println!("rust: {passed} passed, {failed} failed");
    std::process::exit(i32::from(failed > 0));
}
