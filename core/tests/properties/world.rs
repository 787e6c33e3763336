//! The sessions, steps, calls and replies that the properties are checked with.

mod case;
mod visit;

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use stytch_session::{
    Abandoned, AccessToken, Active, AnySession, AuthorizationCheck, Backend, Code, CustomClaims,
    Discovery, DiscoveryPassword, Environment, Frontend, Intermediate, MagicLink, MemberId,
    OrganizationId, Password, PkceVerifier, Project, ProjectId, ProjectSecret, PublicToken,
    ResourceId, Response, Session, SessionJwt, SessionToken, State, StoredSession, Surface,
    TrustedToken, TrustedTokenProfileId, WrongState,
};

pub(crate) use case::{Asks, Case};
pub(crate) use visit::{Outcome, Visit};

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        &[$( ($name, include_str!(concat!("../fixtures/", $name, ".json"))) ),*]
    };
}

/// Bodies of the backend surface; the frontend wraps them.
pub(crate) const FIXTURES: &[(&str, &str)] = fixtures![
    "sessions.authenticate.success",
    "sessions.authenticate.all_factors",
    "sessions.authenticate.optional_fields_absent",
    "sessions.authenticate.unknown_fields",
    "sessions.authenticate.with_verdict",
    "passwords.authenticate.success",
    "passwords.authenticate.mfa_required",
    "passwords.authenticate.primary_required",
    "passwords.discovery.authenticate.success",
    "sessions.exchange.success",
    "sessions.exchange.with_device",
    "sessions.exchange.mfa_required",
    "sessions.exchange.mfa_required_totp",
    "sessions.exchange.mfa_enrollment_required",
    "sessions.exchange.primary_required",
    "sessions.exchange.primary_and_mfa_required",
    "discovery.intermediate_sessions.exchange.success",
    "discovery.intermediate_sessions.exchange.mfa_required",
    "discovery.intermediate_sessions.exchange.primary_required",
    "otps.sms.authenticate.success",
    "otps.sms.send.success",
    "totp.authenticate.success",
    "recovery_codes.recover.success",
    "sessions.revoke.success",
    "sessions.get.success",
    "sessions.attest.success",
    "sessions.exchange_access_token.success",
    "sessions.migrate.success",
    "sessions.jwks.success",
    "magic_links.authenticate.success",
    "magic_links.authenticate.mfa_required",
    "magic_links.discovery.authenticate.success",
    "magic_links.email.login_or_signup.success",
    "oauth.authenticate.success",
    "oauth.discovery.authenticate.success",
    "otps.email.authenticate.success",
    "otps.email.discovery.authenticate.success",
    "passwords.email.reset.mfa_required",
    "passwords.session.reset.success",
    "passwords.strength_check.success",
    "sso.authenticate.success",
    "impersonation.authenticate.success",
    "discovery.organizations.create.success",
    "discovery.organizations.create.mfa_enrollment_required",
    "discovery.organizations.success",
    "discovery.organizations.with_session",
    "totp.create.success",
    "recovery_codes.get.success",
    "rbac.policy.success",
    "rbac.organizations.get.success",
    "projects.bootstrap.success",
    "error.session_not_found",
    "error.session_not_found.without_request_id",
    "error.unauthorized_credentials",
    "error.user_unauthenticated",
    "error.invalid_secret_authentication",
    "error.intermediate_session_not_found",
    "error.otp_code_not_found",
    "error.schema.body",
    "error.oauth_style",
    "error.too_many_requests",
    "error.internal_server_error",
    "error.with_details",
];

/// 2030-06-01T12:00:00Z, the time of the fixtures' story.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_906_545_600)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Frontend,
    Backend,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Frontend, Self::Backend];

    /// A success body as this surface sends it.
    pub(crate) fn wrap(self, payload: Value) -> Value {
        match self {
            Self::Frontend => json!({ "data": payload }),
            Self::Backend => payload,
        }
    }
}

pub(crate) fn response(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
}

pub(crate) fn success(side: Side, payload: &Value) -> Response {
    response(200, side.wrap(payload.clone()).to_string())
}

/// A fixture as it is in the file.
pub(crate) fn fixture(name: &str) -> Value {
    let (_, text) = FIXTURES.iter().find(|(known, _)| *known == name).unwrap();
    serde_json::from_str(text).unwrap()
}

/// Everything that the sessions, steps and requests are made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kit {
    pub(crate) session_token: String,
    pub(crate) session_jwt: String,
    /// Of the active session that an exchange started from.
    pub(crate) previous_token: String,
    pub(crate) previous_jwt: String,
    pub(crate) intermediate_token: String,
    pub(crate) project_secret: String,
    pub(crate) project_id: String,
    pub(crate) public_token: String,
    pub(crate) password: String,
    pub(crate) code: String,
    pub(crate) captcha: String,
    pub(crate) new_password: String,
    pub(crate) login_token: String,
    pub(crate) access_token: String,
    pub(crate) trusted_token: String,
    pub(crate) foreign_token: String,
    pub(crate) totp_secret: String,
    /// Of PKCE.
    pub(crate) verifier: String,
    pub(crate) email: String,
    pub(crate) member: String,
    pub(crate) organization: String,
    pub(crate) member_session: String,
    pub(crate) resource: String,
    pub(crate) claims: serde_json::Map<String, Value>,
    pub(crate) base_url: Option<String>,
}

impl Default for Kit {
    fn default() -> Self {
        Self {
            session_token: "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs".into(),
            session_jwt: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtIn0.c2lnbmF0dXJl".into(),
            previous_token: "pr3v10us-XPzcSWxEr_2Lc2np0KnEq5xHbbUK-1Bijabc".into(),
            previous_jwt: "eyJhbGciOiJSUzI1NiJ9.eyJwcmV2IjoibSJ9.cHJldmlvdXM".into(),
            intermediate_token: "1nt3rm3d1ate-WxEr_2Lc2np0KnEq5xHbbUK-1BijvNs".into(),
            project_secret: "secret-test-made-up-0123456789".into(),
            project_id: "project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d".into(),
            public_token: "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f".into(),
            password: "correct horse".into(),
            code: "123456".into(),
            captcha: "captcha-made-up".into(),
            new_password: "incorrect zebra".into(),
            login_token: "l0g1n-XPzcSWxEr_2Lc2np0KnEq5xHbbUK-1Bijxyz".into(),
            access_token: "acc3ss-XPzcSWxEr_2Lc2np0KnEq5xHbbUK-1Bijxy".into(),
            trusted_token: "eyJhbGciOiJSUzI1NiJ9.eyJ0cnVzdCI6Im0ifQ.dHJ1c3RlZA".into(),
            foreign_token: "f0re1gn-XPzcSWxEr_2Lc2np0KnEq5xHbbUK-1Bijx".into(),
            totp_secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(),
            email: "ada.reyes@example.com".into(),
            member: "member-test-1".into(),
            organization: "organization-test-1".into(),
            member_session: "session-test-1".into(),
            resource: "documents".into(),
            claims: [("plan".to_owned(), json!("pro"))].into_iter().collect(),
            base_url: None,
        }
    }
}

impl Kit {
    pub(crate) fn backend(&self) -> Project<Backend> {
        let id = ProjectId::new(&*self.project_id).unwrap();
        let secret = ProjectSecret::new(&*self.project_secret).unwrap();
        self.based(Project::backend(id, secret))
    }

    pub(crate) fn frontend(&self) -> Project<Frontend> {
        let token = PublicToken::with_environment(&*self.public_token, Environment::Test).unwrap();
        self.based(Project::frontend(token))
    }

    fn based<P: Surface>(&self, project: Project<P>) -> Project<P> {
        match &self.base_url {
            Some(url) => project.with_base_url(url).unwrap(),
            None => project,
        }
    }

    /// A fixture with this kit's ids and tokens in place of its own.
    pub(crate) fn payload(&self, name: &str) -> Value {
        let mut body = fixture(name);
        for (pointer, text) in [
            ("/session_token", &self.session_token),
            ("/session_jwt", &self.session_jwt),
            ("/intermediate_session_token", &self.intermediate_token),
            ("/member_id", &self.member),
            ("/organization_id", &self.organization),
            ("/member/member_id", &self.member),
            ("/member/organization_id", &self.organization),
            ("/organization/organization_id", &self.organization),
            ("/member_session/member_id", &self.member),
            ("/member_session/organization_id", &self.organization),
            ("/member_session/member_session_id", &self.member_session),
        ] {
            match body.pointer_mut(pointer) {
                Some(Value::String(old)) if !old.is_empty() => old.clone_from(text),
                _ => {}
            }
        }
        body
    }

    pub(crate) fn organization(&self) -> OrganizationId {
        OrganizationId::new(&*self.organization).unwrap()
    }

    pub(crate) fn member(&self) -> MemberId {
        MemberId::new(&*self.member).unwrap()
    }

    pub(crate) fn token(&self) -> SessionToken {
        SessionToken::new(&*self.session_token).unwrap()
    }

    pub(crate) fn jwt(&self) -> SessionJwt {
        SessionJwt::new(&*self.session_jwt).unwrap()
    }

    pub(crate) fn password(&self) -> Password {
        Password::new(&self.organization(), &*self.email, &*self.password)
    }

    pub(crate) fn verifier(&self) -> PkceVerifier {
        PkceVerifier::new(&*self.verifier).unwrap()
    }

    fn link(&self) -> MagicLink {
        MagicLink::new(&*self.login_token).unwrap().pkce_code_verifier(&self.verifier())
    }

    fn access_token(&self) -> AccessToken {
        AccessToken::new(&*self.access_token).unwrap()
    }

    fn trusted_token(&self) -> TrustedToken {
        TrustedToken::new(&*self.trusted_token).unwrap()
    }

    fn profile(&self) -> TrustedTokenProfileId {
        TrustedTokenProfileId::new(&*self.resource).unwrap()
    }

    fn code(&self) -> Code {
        Code::new(&*self.code).unwrap()
    }

    fn claims(&self) -> CustomClaims {
        CustomClaims::new(self.claims.clone()).unwrap()
    }

    fn check(&self) -> AuthorizationCheck {
        let resource = ResourceId::new(&*self.resource).unwrap();
        AuthorizationCheck::new(&self.organization(), resource, "read")
    }

    pub(crate) fn active_from(&self, payload: &Value) -> Session<Active> {
        let token = SessionToken::new("the-token-that-it-is-taken-up-by").unwrap();
        let step = Session::new().authenticate(token);
        self.backend().complete(step, &success(Side::Backend, payload), now()).unwrap()
    }

    pub(crate) fn active(&self) -> Session<Active> {
        self.made("active", || self.active_from(&self.payload("sessions.authenticate.success")))
    }

    pub(crate) fn intermediate(&self) -> Session<Intermediate> {
        self.made("intermediate", || {
            let payload = self.payload("passwords.authenticate.mfa_required");
            let step = Session::new().login(self.password());
            let reply = success(Side::Backend, &payload);
            let after = self.backend().complete(step, &reply, now()).unwrap();
            after.into_active().unwrap_err()
        })
    }

    /// An intermediate session that remembers the active one it started from.
    pub(crate) fn intermediate_after_exchange(&self) -> Session<Intermediate> {
        self.made("intermediate after exchange", || {
            let mut before = self.payload("sessions.authenticate.success");
            before["session_token"] = json!(self.previous_token);
            before["session_jwt"] = json!(self.previous_jwt);
            let reply = success(Side::Backend, &self.payload("sessions.exchange.mfa_required"));
            let step = self.active_from(&before).exchange(&self.organization());
            let after = self.backend().complete(step, &reply, now()).unwrap();
            after.into_active().unwrap_err()
        })
    }

    pub(crate) fn discovery(&self) -> Session<Discovery> {
        self.made("discovery", || {
            let name = "passwords.discovery.authenticate.success";
            let reply = success(Side::Backend, &self.payload(name));
            let password = DiscoveryPassword::new(&*self.email, &*self.password);
            self.backend().complete(Session::new().discover(password), &reply, now()).unwrap()
        })
    }

    /// The session that `make` makes; from the second time on, a copy of it. Whoever asks for every
    /// step again and again would else spend the time reading the same bodies.
    fn made<S: State>(&self, name: &'static str, make: impl FnOnce() -> Session<S>) -> Session<S>
    where
        AnySession: From<Session<S>>,
        Session<S>: TryFrom<AnySession, Error = WrongState>,
    {
        type Copies = (Kit, HashMap<&'static str, StoredSession>);
        thread_local!(static COPIES: RefCell<Copies> = RefCell::default());
        let copy = COPIES.with_borrow_mut(|(kit, copies)| {
            if kit != self {
                copies.clear();
                kit.clone_from(self);
            }
            let copy = copies.entry(name);
            copy.or_insert_with(|| AnySession::from(make()).to_stored()).clone()
        });
        AnySession::restore(copy, now()).unwrap().try_into().unwrap()
    }

    /// One session of each state that can be reached.
    pub(crate) fn every_state(&self) -> [AnySession; 5] {
        [
            Session::new().into(),
            self.discovery().into(),
            self.intermediate().into(),
            self.intermediate_after_exchange().into(),
            self.active().into(),
        ]
    }
}

/// The stored form of a session.
pub(crate) fn stored(session: &AnySession) -> Value {
    serde_json::to_value(session.to_stored()).unwrap()
}

/// Gives up an intermediate session and says what remains.
pub(crate) fn abandoned(session: Session<Intermediate>) -> AnySession {
    match session.abandon() {
        Abandoned::Active(session) => session.into(),
        Abandoned::LoggedOut(session) => session.into(),
    }
}
