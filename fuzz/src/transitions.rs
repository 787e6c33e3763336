//! Steps one after the other against the emulator, with faults: each two bytes are one thing that
//! happens.

use std::time::Duration;

use serde_json::{Value, json};
use stytch_session::{
    Abandoned, AnySession, Backend, Client, DiscoveryPassword, Error, Failure, Frontend, MagicLink,
    Minutes, NewOrganization, OrganizationId, Password, Project, ProjectId, ProjectSecret,
    PublicToken, RecoveryCode, SendMagicLink, Session, SessionToken, SmsCode, StoredSession,
    Surface, TotpCode, Transition,
};
use stytch_session_mock::{Emulator, Example, Fault, VirtualClock};

use crate::Seed;
use crate::properties::world::stored;

const ORGANIZATIONS: [&str; 6] =
    ["harbor-lights", "north-pier", "blue-kiln", "slate-quarry", "night-ferry", "nowhere"];

/// The most that happens in one run.
const LENGTH: usize = 64;

/// A first byte for the surface, then pairs of bytes.
pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let clock = VirtualClock::new();
    let mut world = Emulator::example_builder().clock(clock.clone()).constant_signature();
    if first & 2 != 0 {
        world = world.end_original_on_exchange();
    }
    if first & 4 != 0 {
        world = world.rotate_session_tokens();
    }
    let emulator = world.build();
    if first & 1 == 0 {
        let token = PublicToken::new(emulator.public_token()).expect("a token");
        play(Project::<Frontend>::frontend(token), emulator, clock, rest);
    } else {
        let id = ProjectId::new(emulator.project_id()).expect("an id");
        let secret = ProjectSecret::new(emulator.project_secret()).expect("a secret");
        play(Project::<Backend>::backend(id, secret), emulator, clock, rest);
    }
}

fn play<P: Surface>(project: Project<P>, emulator: Emulator, clock: VirtualClock, bytes: &[u8]) {
    let client = Client::builder(project, emulator.clone()).clock(clock.clone()).build();
    let session = AnySession::from(Session::new());
    let mut player = Player { client, emulator, clock, session, tokens: Vec::new() };
    for pair in bytes.chunks_exact(2).take(LENGTH) {
        player.act(pair[0], pair[1]);
    }
}

struct Player<P: Surface> {
    client: Client<P, Emulator>,
    emulator: Emulator,
    clock: VirtualClock,
    session: AnySession,
    /// Of all sessions that were ever active.
    tokens: Vec<String>,
}

impl<P: Surface> Player<P> {
    /// One thing happens; what the state does not offer is passed over.
    fn act(&mut self, what: u8, how: u8) {
        use AnySession as Any;
        let session = std::mem::replace(&mut self.session, Session::new().into());
        let before = stored(&session);
        let organization = ORGANIZATIONS[usize::from(how) % ORGANIZATIONS.len()];
        let organization = OrganizationId::new(organization).expect("an id");
        let email = Example::EMAIL_ADDRESS;
        let password = || Password::new(&organization, email, Example::PASSWORD);
        let minutes = || Minutes::new(5 + u32::from(how)).expect("within the limits");
        let new = || NewOrganization::new().organization_name(format!("New {how}"));
        let is_right = how % 2 == 0;
        self.session = match (what % 20, session) {
            (0, Any::LoggedOut(s)) => self.take(before, s.login(password())),
            (0, Any::Intermediate(s)) => self.take(before, s.login(password())),
            (1, Any::LoggedOut(s)) => {
                let password = DiscoveryPassword::new(email, Example::PASSWORD);
                self.take(before, s.discover(password))
            }
            (2, Any::Active(s)) => self.take(before, s.exchange(&organization)),
            (2, Any::Discovery(s)) => self.take(before, s.exchange(&organization)),
            (2, Any::Intermediate(s)) => self.take(before, s.exchange(&organization)),
            (3, Any::Active(s)) if is_right => self.take(before, s.authenticate()),
            (3, Any::Active(s)) => {
                self.take(before, s.authenticate().session_duration(minutes()))
            }
            (4, Any::Active(s)) => self.take(before, s.revoke()),
            (5, Any::Intermediate(s)) => {
                let _ = self.client.call_blocking(&s.send_sms_code());
                let code = SmsCode::new(self.code(is_right)).expect("a code");
                self.take(before, s.authenticate(code))
            }
            (5, Any::Active(s)) => {
                let _ = self.client.call_blocking(&s.send_sms_code());
                let code = SmsCode::new(self.code(is_right)).expect("a code");
                self.take(before, s.authenticate_with(code))
            }
            (6, Any::Intermediate(s)) => {
                let code = self.emulator.totp_code(s.member().member_id().as_str());
                let code = TotpCode::new(code.unwrap_or("000000".into())).expect("a code");
                self.take(before, s.authenticate(code))
            }
            (7, Any::Intermediate(s)) => {
                let codes = self.emulator.recovery_codes(s.member().member_id().as_str());
                let code = codes.get(usize::from(how)).map_or("a-b-c", String::as_str);
                let code = RecoveryCode::new(code).expect("a code");
                self.take(before, s.authenticate(code))
            }
            (8, Any::LoggedOut(s)) => {
                let email = SendMagicLink::new(&organization, email);
                let _ = self.client.call_blocking(&email);
                let token = self.emulator.last_link_token(Example::EMAIL_ADDRESS);
                let link = MagicLink::new(token.unwrap_or("none".into())).expect("a token");
                self.take(before, s.login(link))
            }
            (9, Any::Discovery(s)) => self.take(before, s.create_organization(new())),
            (9, Any::Intermediate(s)) => self.take(before, s.create_organization(new())),
            (10, Any::LoggedOut(s)) => {
                let token = self.tokens.get(usize::from(how)).map_or("none", String::as_str);
                let token = SessionToken::new(token).expect("a token");
                self.take(before, s.authenticate(token))
            }
            (11, Any::Intermediate(s)) => match s.abandon() {
                Abandoned::Active(session) => {
                    let session = Any::from(session);
                    let after = stored(&session);
                    assert_eq!(without_state(&after["session"]), before["session"]["previous"]);
                    session
                }
                Abandoned::LoggedOut(session) => {
                    assert!(before["session"].get("previous").is_none());
                    session.into()
                }
            },
            (11, Any::Discovery(s)) => s.abandon().into(),
            (12, session) => self.put_away(&session),
            (13, session) => {
                self.plan(how);
                session
            }
            (14, session) => {
                let seconds = [1, 30, 240, 599, 600, 3600, 86_400, 4_000_000_000];
                let by = Duration::from_secs(seconds[usize::from(how) % seconds.len()]);
                if how < 128 { self.clock.advance(by) } else { self.clock.rewind(by) }
                session
            }
            (15, session) => {
                if let Some(id) = self.emulator.active_sessions().get(usize::from(how)) {
                    self.emulator.revoke_session(id);
                }
                session
            }
            (_, session) => session,
        };
    }

    fn code(&self, is_right: bool) -> String {
        let code = self.emulator.last_code(Example::PHONE_NUMBER).filter(|_| is_right);
        code.unwrap_or_else(|| "not-it".to_owned())
    }

    fn plan(&self, how: u8) {
        let error = |status, error_type: &str| Fault::Error(status, error_type.to_owned());
        let faults = [
            Fault::Status(429),
            Fault::Status(503),
            Fault::Html(401),
            Fault::Html(200),
            Fault::MalformedBody,
            Fault::EmptyBody,
            Fault::NotSent,
            Fault::LostRequest,
            Fault::LostAnswer,
            Fault::Delay(Duration::from_secs(700)),
            error(404, "session_not_found"),
            error(500, "session_not_found"),
            error(401, "unauthorized_credentials"),
            error(401, "user_unauthenticated"),
            error(404, "intermediate_session_not_found"),
            error(400, "name_of_tomorrow"),
        ];
        self.emulator.fail_next(1 + usize::from(how >> 6), faults[usize::from(how & 15)].clone());
    }

    /// Stores the session and takes it up again, as after a restart.
    fn put_away(&self, session: &AnySession) -> AnySession {
        let text = stored(session).to_string();
        let document: StoredSession = serde_json::from_str(&text).expect("our own document");
        let back = AnySession::restore(document, self.clock.now()).expect("our own version");
        if let AnySession::Active(session) = &back {
            assert!(!session.is_expired(self.clock.now()));
        }
        back
    }

    /// Takes a step, and checks what became of the session.
    fn take<T: Transition<P>>(&mut self, before: Value, step: T) -> AnySession
    where
        T::Before: Into<AnySession>,
        T::After: Into<AnySession>,
    {
        match self.client.run_blocking(step) {
            Ok(after) => {
                let after = after.into();
                self.check_success(&before, &after);
                after
            }
            Err(Failure::Kept { session, error }) => {
                let session = session.into();
                self.check_text(&error);
                let mut before = before;
                if before["session"].get("previous").is_some()
                    && error.error_type() == Some("intermediate_session_not_found")
                    && error.status().is_some_and(|status| status.is_client_error())
                {
                    before["session"]["over"] = json!(true);
                }
                assert_eq!(stored(&session), before, "{error}");
                session
            }
            Err(Failure::Ended { error }) => {
                self.check_text(&error);
                check_end(&before, &error);
                Session::new().into()
            }
        }
    }

    fn check_success(&mut self, before: &Value, after: &AnySession) {
        let state = |document: &Value| document["session"]["state"].clone();
        match after {
            AnySession::Active(session) => {
                let id = session.member_session().member_session_id().as_str();
                // A late answer may be about a session that is over by now.
                let is_active = self.emulator.active_sessions().iter().any(|other| other == id);
                assert!(is_active || session.is_expired(self.clock.now()), "{id} is not active");
                self.tokens.push(session.session_token().secret().to_owned());
            }
            AnySession::Intermediate(session) => {
                assert!(!session.intermediate_session_token().secret().is_empty());
                match session.previous() {
                    Some(previous) if state(before) == "active" => {
                        let previous = serde_json::to_value(previous.to_stored()).expect("JSON");
                        assert_eq!(previous, *before, "an exchange lost the session before it");
                    }
                    Some(_) => assert!(before["session"].get("previous").is_some()),
                    None => assert_ne!(state(before), "active"),
                }
            }
            AnySession::Discovery(_) => assert_eq!(state(before), "logged_out"),
            AnySession::LoggedOut(_) => assert_eq!(state(before), "active"),
        }
    }

    /// No error shows what proves somebody.
    fn check_text(&self, error: &Error) {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(Example::PASSWORD), "{text}");
        assert!(!text.contains(self.emulator.project_secret()), "{text}");
        assert!(!self.tokens.iter().any(|token| text.contains(&**token)), "{text}");
    }
}

/// Only the server's word that it knows the session no longer ends it.
fn check_end(before: &Value, error: &Error) {
    let ends: &[&str] = match before["session"]["state"].as_str() {
        Some("active") => {
            &["session_not_found", "user_unauthenticated", "unauthorized_credentials"]
        }
        Some("discovery" | "intermediate") => &["intermediate_session_not_found"],
        _ => &[],
    };
    assert!(before["session"].get("previous").is_none(), "{error}");
    assert!(error.error_type().is_some_and(|error_type| ends.contains(&error_type)), "{error}");
    let status: Option<u16> = error.status().map(|status| status.as_u16());
    assert!(status.is_some_and(|status| (400..500).contains(&status) && status != 429), "{error}");
}

fn without_state(session: &Value) -> Value {
    let mut session = session.clone();
    if let Some(session) = session.as_object_mut() {
        session.remove("state");
    }
    session
}

/// A journey through each state, on both surfaces.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let journeys: [(&str, &[u8]); 9] = [
        ("refresh", &[0, 0, 3, 0, 3, 1, 12, 0, 4, 0]),
        ("second_factor", &[0, 2, 5, 1, 5, 0, 3, 0, 14, 5, 3, 0]),
        ("exchange", &[0, 0, 2, 1, 2, 2, 11, 0, 2, 2, 5, 0, 4, 0]),
        ("exchange_and_totp", &[0, 0, 2, 2, 6, 0, 14, 1, 2, 0]),
        ("discovery", &[1, 0, 2, 2, 7, 0, 1, 0, 9, 1]),
        ("link", &[8, 3, 10, 0, 2, 3, 12, 0, 14, 4, 12, 0]),
        ("faults", &[0, 0, 13, 0, 3, 0, 13, 8, 2, 1, 13, 4, 3, 0, 13, 10, 3, 0, 0, 0]),
        ("not_rejected", &[0, 0, 13, 11, 3, 0, 13, 0, 4, 0, 13, 2, 3, 0, 13, 15, 4, 0]),
        ("revoked", &[0, 0, 15, 0, 3, 0, 0, 0, 2, 2, 13, 14, 5, 0, 11, 0]),
    ];
    let mut seeds = Vec::new();
    for (name, journey) in journeys {
        for first in 0..2_u8 {
            let surface = ["frontend", "backend"][usize::from(first)];
            seeds.push((format!("{surface}.{name}"), [&[first][..], journey].concat()));
        }
    }
    seeds
}
