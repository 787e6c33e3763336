//! Calls to the emulator that read the same on both surfaces.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses a part of this")]

use std::time::Duration;

use serde_json::{Value, json};
use stytch_session::Request;
use stytch_session_mock::{Emulator, EmulatorBuilder, Example, VirtualClock};

/// A PKCE verifier, and its challenge.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    Frontend,
    Backend,
}

pub const BOTH: [Surface; 2] = [Surface::Frontend, Surface::Backend];

/// A caller of one surface, in a world whose clock stands still.
pub struct Caller {
    pub emulator: Emulator,
    pub surface: Surface,
}

/// What came back: the status, and the payload or the error.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

pub fn caller(surface: Surface) -> Caller {
    with(surface, |builder| builder)
}

pub fn with(surface: Surface, change: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Caller {
    let builder = Emulator::example_builder().clock(VirtualClock::new()).constant_signature();
    Caller { emulator: change(builder).build(), surface }
}

impl Caller {
    pub fn on(&self, surface: Surface) -> Self {
        Self { emulator: self.emulator.clone(), surface }
    }

    /// POSTs, with a session where this surface puts it: in the header or in the body.
    pub fn post(&self, path: &str, session: Option<&str>, mut body: Value) -> Answer {
        let header = match self.surface {
            Surface::Frontend => session,
            Surface::Backend => {
                if let Some(token) = session {
                    body["session_token"] = token.into();
                }
                None
            }
        };
        self.raw("POST", path, header, body.to_string())
    }

    /// GETs, with a session in the header.
    pub fn get(&self, path: &str, session: Option<&str>) -> Answer {
        self.raw("GET", path, session, "")
    }

    pub fn raw(
        &self,
        method: &str,
        path: &str,
        session: Option<&str>,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let (prefix, authorization) = match self.surface {
            Surface::Frontend => ("/sdk/v1/b2b", self.emulator.frontend_authorization(session)),
            Surface::Backend => ("/v1/b2b", self.emulator.backend_authorization()),
        };
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{prefix}/{path}"))
            .header("authorization", authorization)
            .body(body.into())
            .expect("the request is valid");
        self.send(&request)
    }

    pub fn send(&self, request: &Request) -> Answer {
        let response = self.emulator.handle(request);
        let status = response.status().as_u16();
        let mut body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
        if self.surface == Surface::Frontend && status == 200 {
            body = body.get_mut("data").expect("a frontend success is in data").take();
        }
        Answer { status, body }
    }

    /// Logs Ada in with her password.
    pub fn login(&self, organization: &str) -> Answer {
        self.login_with(organization, None, json!({}))
    }

    pub fn login_with(&self, organization: &str, session: Option<&str>, extra: Value) -> Answer {
        let mut body = json!({
            "organization_id": organization,
            "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD,
            "session_duration_minutes": 60,
        });
        merge(&mut body, extra);
        self.post("passwords/authenticate", session, body)
    }

    /// The token of a session of Ada's in Harbor Lights.
    pub fn session(&self) -> String {
        self.login(Example::HARBOR_LIGHTS).ok().token()
    }

    /// The token of a session of Ben's in Harbor Lights.
    pub fn session_of_ben(&self) -> String {
        let who = json!({ "email_address": Example::BEN_EMAIL_ADDRESS, "password": Example::BEN_PASSWORD });
        self.login_with(Example::HARBOR_LIGHTS, None, who).ok().token()
    }

    pub fn authenticate(&self, token: &str) -> Answer {
        self.post("sessions/authenticate", Some(token), json!({}))
    }

    pub fn exchange(&self, token: &str, organization: &str) -> Answer {
        let body = json!({ "organization_id": organization, "session_duration_minutes": 60 });
        self.post("sessions/exchange", Some(token), body)
    }

    pub fn discover(&self) -> Answer {
        let body =
            json!({ "email_address": Example::EMAIL_ADDRESS, "password": Example::PASSWORD });
        self.post("passwords/discovery/authenticate", None, body)
    }

    pub fn enter(&self, intermediate: &str, organization: &str) -> Answer {
        let body = json!({
            "intermediate_session_token": intermediate,
            "organization_id": organization,
            "session_duration_minutes": 60,
        });
        self.post("discovery/intermediate_sessions/exchange", None, body)
    }

    /// A second factor of Ada's in Blue Kiln; `proof` says which, and on top of what.
    pub fn second(&self, path: &str, session: Option<&str>, proof: Value) -> Answer {
        let mut body = json!({
            "organization_id": Example::BLUE_KILN,
            "member_id": self.ada(Example::BLUE_KILN),
            "session_duration_minutes": 60,
        });
        merge(&mut body, proof);
        self.post(path, session, body)
    }

    pub fn sms(&self, intermediate: &str, code: &str) -> Answer {
        let proof = json!({ "code": code, "intermediate_session_token": intermediate });
        self.second("otps/sms/authenticate", None, proof)
    }

    pub fn ada(&self, organization: &str) -> String {
        self.emulator.member_id(organization, Example::EMAIL_ADDRESS).expect("Ada is a member")
    }

    /// A body with the duration that the frontend demands.
    pub fn finish(&self, path: &str, session: Option<&str>, mut body: Value) -> Answer {
        merge(&mut body, json!({ "session_duration_minutes": 60 }));
        self.post(path, session, body)
    }

    /// The token in the latest link to Ada.
    pub fn link_token(&self) -> String {
        self.emulator.last_link_token(Example::EMAIL_ADDRESS).expect("a link was sent")
    }

    pub fn last_code(&self) -> String {
        self.emulator.last_code(Example::PHONE_NUMBER).expect("a code was sent")
    }

    pub fn totp_code(&self) -> String {
        self.emulator.totp_code(&self.ada(Example::BLUE_KILN)).expect("Ada has an app")
    }

    pub fn advance(&self, seconds: u64) {
        self.emulator.clock().advance(Duration::from_secs(seconds));
    }
}

impl Answer {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// Checks that it is this error, and exactly an error.
    #[track_caller]
    pub fn refused(self, status: u16, error_type: &str) {
        assert_eq!(
            (self.status, &self.body["error_type"]),
            (status, &json!(error_type)),
            "{}",
            self.body
        );
        assert_eq!(self.body["status_code"], status);
        let mut fields: Vec<_> = self.body.as_object().expect("an object").keys().collect();
        fields.sort();
        assert_eq!(
            fields,
            ["error_message", "error_type", "error_url", "request_id", "status_code"]
        );
    }

    #[track_caller]
    pub fn refused_by_schema(self, keyword: &str) {
        assert_eq!((self.status, &self.body["body"][0]["keyword"]), (400, &json!(keyword)));
        assert_eq!(self.body.as_object().map(serde_json::Map::len), Some(1));
    }

    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("no {pointer} in {}", self.body)).to_owned()
    }

    #[track_caller]
    pub fn token(&self) -> String {
        self.text("/session_token")
    }

    #[track_caller]
    pub fn intermediate(&self) -> String {
        let token = self.text("/intermediate_session_token");
        assert_eq!(token.len(), 44, "an intermediate session token is expected");
        token
    }

    /// The latest factor of the session.
    #[track_caller]
    pub fn last_factor(&self) -> &Value {
        let factors = self.body["member_session"]["authentication_factors"].as_array();
        factors.and_then(|factors| factors.last()).expect("a session with factors")
    }

    /// The types of the session's factors.
    pub fn factors(&self) -> Vec<&str> {
        let factors = self.body["member_session"]["authentication_factors"].as_array();
        factors.into_iter().flatten().filter_map(|factor| factor["type"].as_str()).collect()
    }
}

pub fn merge(body: &mut Value, extra: Value) {
    let (Value::Object(body), Value::Object(extra)) = (body, extra) else {
        panic!("objects are merged")
    };
    body.extend(extra);
}
