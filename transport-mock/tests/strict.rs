//! The strict mode: what the API's description does not name is refused.

mod common;

use common::{Answer, BOTH, Caller, Surface, caller, with};
use serde_json::{Value, json};
use stytch_session::{
    Application, Authenticated, Context, DiscoveryPassword, Endpoint, Minutes, OrganizationId,
    Password, Project, ProjectId, ProjectSecret, PublicToken, Response, Session, SmsCode,
    Surface as SdkSurface, Transition,
};
use stytch_session_mock::{Emulator, EmulatorBuilder, Example};

fn strict(surface: Surface) -> Caller {
    with(surface, EmulatorBuilder::strict)
}

#[track_caller]
fn unexpected(answer: Answer, surface: Surface, place: &str, name: &str) {
    match surface {
        Surface::Backend => answer.refused(400, "bad_request"),
        Surface::Frontend => {
            assert_eq!(answer.status, 400);
            let finding = &answer.body[place][0];
            assert_eq!(finding["keyword"], "additionalProperties");
            assert_eq!(finding["params"]["additionalProperty"], name);
        }
    }
}

#[test]
fn what_is_documented_passes() {
    for surface in BOTH {
        let caller = strict(surface);
        let token = caller.session();
        caller.authenticate(&token).ok();
        caller.exchange(&token, Example::NORTH_PIER).ok();
        let found = caller.discover().ok().intermediate();
        let mfa = caller.enter(&found, Example::BLUE_KILN).ok().intermediate();
        caller.sms(&mfa, &caller.last_code()).ok();
        let list = json!({ "intermediate_session_token": caller.discover().ok().intermediate() });
        caller.post("discovery/organizations", None, list).ok();
        let nulls = json!({ "locale": null, "intermediate_session_token": null });
        caller.login_with(Example::HARBOR_LIGHTS, None, nulls).ok();
        match surface {
            Surface::Frontend => {
                let robots = json!({ "dfp_telemetry_id": "x", "captcha_token": "y" });
                caller.login_with(Example::HARBOR_LIGHTS, None, robots).ok();
                caller.raw("POST", "sessions/revoke", Some(&token), "").ok();
            }
            Surface::Backend => {
                let mint = json!({ "session_custom_claims": { "a": 1 }, "telemetry_id": "x" });
                caller.login_with(Example::HARBOR_LIGHTS, None, mint).ok();
                let ada = caller.ada(Example::HARBOR_LIGHTS);
                let path = format!("sessions?organization_id=harbor-lights&member_id={ada}");
                caller.raw("GET", &path, None, "{}").ok();
                caller.post("sessions/revoke", Some(&token), json!({})).ok();
            }
        }
    }
}

#[test]
fn what_the_path_says_may_be_said_again() {
    let caller = strict(Surface::Backend);
    let (kiln, ada) = (Example::BLUE_KILN, caller.ada(Example::BLUE_KILN));
    let path = format!("recovery_codes/{kiln}/{ada}?organization_id={kiln}&member_id={ada}");
    caller.get(&path, None).ok();
    let body = json!({ "organization_id": kiln, "org_policy": { "roles": [] } });
    let path = format!("rbac/organizations/{kiln}");
    caller.raw("PUT", &path, None, body.to_string()).ok();
}

#[test]
fn unknown_fields_are_refused_and_named() {
    for surface in BOTH {
        let caller = strict(surface);
        let login = |extra: Value| caller.login_with(Example::HARBOR_LIGHTS, None, extra);
        unexpected(login(json!({ "colour": "red" })), surface, "body", "colour");
        unexpected(login(json!({ "colour": null })), surface, "body", "colour");
        let other = match surface {
            Surface::Frontend => "session_custom_claims",
            Surface::Backend => "captcha_token",
        };
        unexpected(login(json!({ other: null })), surface, "body", other);
        let revoke = caller.raw("POST", "sessions/revoke", None, r#"{ "why": "so" }"#);
        unexpected(revoke, surface, "body", "why");
        let answer = caller.raw("GET", "sessions/jwks/x?colour=red", None, "");
        unexpected(answer, surface, "query", "colour");
    }
    // Without the mode they are ignored.
    for surface in BOTH {
        let extra = json!({ "colour": "red" });
        caller(surface).login_with(Example::HARBOR_LIGHTS, None, extra).ok();
    }
}

#[test]
fn fields_of_the_wrong_type_are_refused_even_if_they_have_no_effect() {
    for surface in BOTH {
        let caller = strict(surface);
        let own = match surface {
            Surface::Frontend => "captcha_token",
            Surface::Backend => "telemetry_id",
        };
        let answer = caller.login_with(Example::HARBOR_LIGHTS, None, json!({ own: 7 }));
        match surface {
            Surface::Frontend => answer.refused_by_schema("type"),
            Surface::Backend => answer.refused(400, "bad_request"),
        }
        let body =
            json!({ "email_address": "ada@example.com", "discovery_expiration_minutes": "5" });
        let answer = caller.post("magic_links/email/discovery/send", None, body);
        match surface {
            Surface::Frontend => answer.refused_by_schema("type"),
            Surface::Backend => answer.refused(400, "bad_request"),
        }
    }
}

#[test]
fn unknown_headers_are_refused_and_ordinary_ones_are_not() {
    for surface in BOTH {
        let caller = strict(surface);
        let token = caller.session();
        let with_header = |name: &str, value: &str| {
            let (uri, authorization, body) = match surface {
                Surface::Frontend => (
                    "/sdk/v1/b2b/sessions/authenticate",
                    caller.emulator.frontend_authorization(Some(&token)),
                    json!({}),
                ),
                Surface::Backend => (
                    "/v1/b2b/sessions/authenticate",
                    caller.emulator.backend_authorization(),
                    json!({ "session_token": token }),
                ),
            };
            let request = http::Request::post(uri)
                .header("authorization", authorization)
                .header(name, value)
                .body(body.to_string().into_bytes())
                .expect("a request");
            caller.send(&request)
        };
        for name in ["accept-encoding", "user-agent", "origin", "cookie", "sec-fetch-mode"] {
            with_header(name, "x").ok();
        }
        with_header("x-custom", "x").refused(400, "bad_request");
        // On behalf of a member one revokes and invites, no more.
        with_header("x-stytch-member-session", &token).refused(400, "bad_request");
        let sdk = with_header("x-sdk-client", "e30=");
        match surface {
            Surface::Frontend => drop(sdk.ok()),
            Surface::Backend => sdk.refused(400, "bad_request"),
        }
    }
}

#[test]
fn a_start_url_may_carry_what_the_provider_is_to_know() {
    let caller = strict(Surface::Backend);
    let start = |rest: &str| {
        let public_token = caller.emulator.public_token();
        let uri = format!(
            "/v1/b2b/public/oauth/google/start?public_token={public_token}&slug=harbor-lights&login_hint=ada@example.com{rest}"
        );
        let request = http::Request::get(uri).body(Vec::new()).expect("a request");
        caller.emulator.handle(&request).status().as_u16()
    };
    assert_eq!(start("&provider_prompt=consent"), 302);
    assert_eq!(start("&colour=red"), 400);
}

/// The core of this workspace, over the emulator as its network.
struct Sdk<P: SdkSurface> {
    project: Project<P>,
    stytch: Emulator,
}

impl<P: SdkSurface> Sdk<P> {
    fn send<E: Endpoint<P>>(&self, endpoint: &E) -> Response {
        let application = Application::new("com.example.app", 7);
        let now = self.stytch.clock().now();
        self.stytch.handle(&self.project.request(endpoint, &Context::new(now, 8, &application)))
    }

    fn run<S: Transition<P>>(&self, step: S) -> S::After {
        let response = self.send(&step);
        let done = self.project.complete(step, &response, self.stytch.clock().now());
        done.map_err(stytch_session::Error::from).expect("the step succeeds")
    }

    /// Walks through the steps that both surfaces have.
    fn journey(&self) {
        let organization = |name| OrganizationId::new(name).expect("a name");
        let pier = organization(Example::NORTH_PIER);
        let kiln = organization(Example::BLUE_KILN);
        let password = Password::new(&kiln, Example::EMAIL_ADDRESS, Example::PASSWORD);
        let Authenticated::Intermediate(session) = self.run(Session::new().login(password)) else {
            panic!("a second factor is wanted")
        };
        assert_eq!(self.send(&session.send_sms_code()).status(), 200);
        let code = self.stytch.last_code(Example::PHONE_NUMBER).expect("a code");
        let session = self.run(session.authenticate(SmsCode::new(code).expect("six digits")));
        let minutes = Minutes::new(90).expect("a duration");
        let session = self.run(session.authenticate().session_duration(minutes));
        let Authenticated::Active(session) = self.run(session.exchange(&pier)) else {
            panic!("the password carries over")
        };
        let session = self.run(session.revoke());
        let password = DiscoveryPassword::new(Example::EMAIL_ADDRESS, Example::PASSWORD);
        let session = self.run(session.discover(password));
        let Authenticated::Active(_) = self.run(session.exchange(&pier)) else {
            panic!("nothing is missing")
        };
    }
}

#[test]
fn this_workspaces_core_sends_nothing_else() {
    let stytch = strict(Surface::Frontend).emulator;
    let token = PublicToken::new(stytch.public_token()).expect("a public token");
    Sdk { project: Project::frontend(token), stytch: stytch.clone() }.journey();
    let id = ProjectId::new(stytch.project_id()).expect("a project id");
    let secret = ProjectSecret::new(stytch.project_secret()).expect("a secret");
    Sdk { project: Project::backend(id, secret), stytch }.journey();
}
