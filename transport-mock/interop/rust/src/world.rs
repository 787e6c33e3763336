//! The seeded world, and the calls that most checks begin with.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha1::Sha1;
use stytch::b2b::client::Client;
use stytch::b2b::sessions::{AuthorizationCheck, MemberSession};
use stytch::b2b::{otp_email_discovery, otp_sms, passwords, sessions};
use stytch::client::{Client as HttpClient, Vertical};

/// The places of the organizations in the seed.
pub const HARBOR: usize = 0;
pub const PIER: usize = 1;
pub const KILN: usize = 2;
pub const TOWER: usize = 3;

pub struct World {
    pub seed: Value,
    pub http: HttpClient,
    pub client: Client,
    /// Of somebody who does not know the secret.
    pub stranger: Client,
}

/// The text of a value in the seed.
pub fn text(value: &Value) -> String {
    value.as_str().expect("text in the seed").to_owned()
}

/// Demands that the API refused, and said so in full.
#[track_caller]
pub fn refused<T: Debug>(result: stytch::Result<T>, status: u16, error_type: &str) {
    match result {
        Err(stytch::Error::Response(error)) => {
            assert_eq!((error.status_code.as_u16(), &*error.error_type), (status, error_type));
            assert!(error.request_id.starts_with("request-id-"));
            assert!(!error.error_message.is_empty());
            assert!(error.error_url.starts_with("https:"));
        }
        other => panic!("it should be refused with {error_type}: {other:?}"),
    }
}

/// The types of a session's factors, in order.
pub fn kinds(session: Option<MemberSession>) -> Vec<String> {
    let factors = session.expect("a session").authentication_factors;
    let mut kinds: Vec<String> =
        factors.iter().map(|factor| text(&serde_json::json!(factor.type_))).collect();
    kinds.sort();
    kinds
}

pub fn id(session: Option<MemberSession>) -> String {
    session.expect("a session").member_session_id
}

/// The code of an authenticator app, now or some windows ago.
pub fn totp(secret: &str, windows_ago: u64) -> String {
    let key = BASE32.decode(secret.as_bytes()).expect("base32");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("any length will do");
    mac.update(&(now.as_secs() / 30 - windows_ago).to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let start = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[start..start + 4].try_into().expect("four bytes"));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

impl World {
    pub fn new(url: &str, seed: Value) -> Self {
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

    pub fn organization(&self, place: usize) -> String {
        text(&self.seed["organizations"][place]["organization_id"])
    }

    /// What the seed says of the member of an organization.
    pub fn member(&self, place: usize, name: &str) -> String {
        text(&self.seed["organizations"][place]["members"][0][name])
    }

    pub fn email_address(&self) -> String {
        self.member(HARBOR, "email_address")
    }

    /// The code that the emulator sends in every message.
    pub fn code(&self) -> String {
        text(&self.seed["fixed_otp_code"])
    }

    pub fn password(&self, place: usize) -> passwords::AuthenticateRequest {
        passwords::AuthenticateRequest {
            organization_id: self.organization(place),
            email_address: self.email_address(),
            password: self.member(HARBOR, "password"),
            session_duration_minutes: Some(60),
            ..Default::default()
        }
    }

    pub async fn login(&self, place: usize) -> passwords::AuthenticateResponse {
        self.client.passwords.authenticate(self.password(place)).await.expect("a login")
    }

    pub async fn by_token(&self, token: &str) -> stytch::Result<sessions::AuthenticateResponse> {
        let session_token = Some(token.to_owned());
        self.authenticate(sessions::AuthenticateRequest { session_token, ..Default::default() })
            .await
    }

    pub async fn by_jwt(&self, jwt: &str) -> stytch::Result<sessions::AuthenticateResponse> {
        let session_jwt = Some(jwt.to_owned());
        self.authenticate(sessions::AuthenticateRequest { session_jwt, ..Default::default() }).await
    }

    pub async fn authenticate(
        &self,
        request: sessions::AuthenticateRequest,
    ) -> stytch::Result<sessions::AuthenticateResponse> {
        self.client.sessions.authenticate(request).await
    }

    /// Asks whether the session may do something with documents.
    pub async fn ask(
        &self,
        token: &str,
        action: &str,
        place: usize,
    ) -> stytch::Result<sessions::AuthenticateResponse> {
        self.authenticate(sessions::AuthenticateRequest {
            session_token: Some(token.to_owned()),
            authorization_check: Some(AuthorizationCheck {
                organization_id: self.organization(place),
                resource_id: "documents".to_owned(),
                action: action.to_owned(),
            }),
            ..Default::default()
        })
        .await
    }

    pub async fn exchange(
        &self,
        token: &str,
        place: usize,
    ) -> stytch::Result<sessions::ExchangeResponse> {
        self.client
            .sessions
            .exchange(sessions::ExchangeRequest {
                organization_id: self.organization(place),
                session_token: Some(token.to_owned()),
                ..Default::default()
            })
            .await
    }

    pub async fn revoke(&self, token: &str) -> stytch::Result<sessions::RevokeResponse> {
        let session_token = Some(token.to_owned());
        self.client
            .sessions
            .revoke(sessions::RevokeRequest { session_token, ..Default::default() })
            .await
    }

    pub async fn sms(
        &self,
        member_id: &str,
        intermediate: &str,
        code: &str,
    ) -> stytch::Result<otp_sms::AuthenticateResponse> {
        self.client
            .otps
            .sms
            .authenticate(otp_sms::AuthenticateRequest {
                organization_id: self.organization(KILN),
                member_id: member_id.to_owned(),
                code: code.to_owned(),
                intermediate_session_token: Some(intermediate.to_owned()),
                ..Default::default()
            })
            .await
    }

    /// An intermediate session token by a code sent by e-mail.
    pub async fn discover_by_code(&self, email_address: &str) -> String {
        let discovery = &self.client.otps.email.discovery;
        let email_address = email_address.to_owned();
        let send = otp_email_discovery::SendRequest {
            email_address: email_address.clone(),
            ..Default::default()
        };
        discovery.send(send).await.expect("a code");
        let code = self.code();
        let authenticate = otp_email_discovery::AuthenticateRequest { email_address, code };
        let found = discovery.authenticate(authenticate).await.expect("a discovery");
        found.intermediate_session_token
    }
}
