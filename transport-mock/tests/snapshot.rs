//! Snapshots: an emulator that is restored answers as the one before it would have.

mod common;

use std::collections::BTreeSet;

use common::{BOTH, CHALLENGE, Caller, Surface, VERIFIER, caller, with};
use serde_json::{Value, json};
use stytch_session_mock::{
    Emulator, EmulatorBuilder, Example, Member, Organization, SnapshotError, VirtualClock,
};

const NIA: &str = "nia@example.org";

/// Numbers that look random, by a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("it is below the limit")
    }
}

/// How many kinds of steps there are.
const KINDS: usize = 22;

/// Somebody who makes calls, and what they hold.
#[derive(Clone)]
struct Journey {
    emulator: Emulator,
    surface: Surface,
    sessions: Vec<String>,
    intermediates: Vec<String>,
    statuses: BTreeSet<(usize, u16)>,
}

fn tide_pool(builder: EmulatorBuilder) -> EmulatorBuilder {
    let nia = Member::new(NIA).password("a secret");
    builder.organization(Organization::new("tide-pool").mfa_required().member(nia))
}

impl Journey {
    fn new(emulator: Emulator, surface: Surface) -> Self {
        let (sessions, intermediates, statuses) = Default::default();
        Self { emulator, surface, sessions, intermediates, statuses }
    }

    /// The same person before another emulator.
    fn before(&self, emulator: Emulator) -> Self {
        Self { emulator, ..self.clone() }
    }

    /// One step: the answer as it came.
    fn step(&mut self, kind: usize, choice: usize) -> String {
        let pick = |held: &[String]| match held.len() {
            0 => "none".to_owned(),
            // The latest ones mostly.
            count => held[count - 1 - choice % count.min(4)].clone(),
        };
        let (session, intermediate) = (pick(&self.sessions), pick(&self.intermediates));
        let nia = self.emulator.member_id("tide-pool", NIA).unwrap_or_default();
        let ada = self.emulator.member_id(Example::BLUE_KILN, Example::EMAIL_ADDRESS);
        let login = |organization: &str, address: &str, password: &str| {
            json!({
                "organization_id": organization, "email_address": address, "password": password,
                "session_duration_minutes": 60,
            })
        };
        let second = |organization: &str, member: &str, code: Option<String>| {
            json!({
                "organization_id": organization, "member_id": member, "code": code,
                "intermediate_session_token": intermediate, "session_duration_minutes": 60,
            })
        };
        let ada_in = |organization: &str| json!({ "organization_id": organization, "email_address": Example::EMAIL_ADDRESS });
        let link = |purpose: &str| {
            let token = self.emulator.last_link_token(Example::EMAIL_ADDRESS);
            json!({ (purpose): token, "session_duration_minutes": 60 })
        };
        let ada = ada.unwrap_or_default();
        let (path, by, body) = match kind {
            0 => (
                "passwords/authenticate",
                None,
                login(Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS, Example::PASSWORD),
            ),
            1 => (
                "passwords/authenticate",
                None,
                login(Example::BLUE_KILN, Example::EMAIL_ADDRESS, Example::PASSWORD),
            ),
            2 => {
                let code = self.emulator.last_code(Example::PHONE_NUMBER);
                ("otps/sms/authenticate", None, second(Example::BLUE_KILN, &ada, code))
            }
            3 => ("sessions/authenticate", Some(session), json!({})),
            4 => ("sessions/revoke", Some(session), json!({})),
            5 => {
                let into = [Example::NORTH_PIER, Example::BLUE_KILN][choice % 2];
                let body = json!({ "organization_id": into, "session_duration_minutes": 60 });
                ("sessions/exchange", Some(session), body)
            }
            6 => (
                "magic_links/email/login_or_signup",
                None,
                ada_in([Example::HARBOR_LIGHTS, Example::SLATE_QUARRY][choice % 2]),
            ),
            7 => ("magic_links/authenticate", None, link("magic_links_token")),
            8 => (
                "passwords/discovery/authenticate",
                None,
                json!({ "email_address": Example::EMAIL_ADDRESS, "password": Example::PASSWORD }),
            ),
            9 => {
                let into = [Example::BLUE_KILN, Example::NIGHT_FERRY];
                let body = json!({
                    "intermediate_session_token": intermediate, "session_duration_minutes": 60,
                    "organization_id": into[choice % 2],
                });
                ("discovery/intermediate_sessions/exchange", None, body)
            }
            10 => ("passwords/authenticate", None, login("tide-pool", NIA, "a secret")),
            11 => {
                let mut body = second("tide-pool", &nia, None);
                body.as_object_mut().expect("an object").retain(|name, _| {
                    !matches!(name.as_str(), "code" | "session_duration_minutes")
                });
                ("totp", None, body)
            }
            12 => {
                let code = self.emulator.totp_code(&nia);
                ("totp/authenticate", None, second("tide-pool", &nia, code))
            }
            13 => {
                let code = Some("000000".to_owned());
                ("totp/authenticate", None, second(Example::BLUE_KILN, &ada, code))
            }
            14 => {
                let code = self.emulator.recovery_codes(&nia).pop();
                let mut body = second("tide-pool", &nia, None);
                body["recovery_code"] = json!(code);
                body.as_object_mut().expect("an object").remove("code");
                ("recovery_codes/recover", None, body)
            }
            15 => ("otps/email/login_or_signup", None, ada_in(Example::HARBOR_LIGHTS)),
            16 => {
                let mut body = ada_in(Example::HARBOR_LIGHTS);
                body["code"] = json!(self.emulator.last_code(Example::EMAIL_ADDRESS));
                body["session_duration_minutes"] = json!(60);
                ("otps/email/authenticate", None, body)
            }
            17 => ("passwords/email/reset/start", None, ada_in(Example::NORTH_PIER)),
            18 => {
                let mut body = link("password_reset_token");
                body["password"] = json!(Example::PASSWORD);
                ("passwords/email/reset", None, body)
            }
            19 => {
                let token =
                    self.emulator.access_token(Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS);
                let body = json!({ "access_token": token, "session_duration_minutes": 60 });
                ("sessions/exchange_access_token", None, body)
            }
            20 => {
                let token = self
                    .emulator
                    .oauth_token("github", Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS)
                    .expect("Ada is a member");
                self.emulator.demand_verifier(&token, CHALLENGE);
                let body = json!({
                    "oauth_token": token, "pkce_code_verifier": VERIFIER,
                    "session_duration_minutes": 60,
                });
                ("oauth/authenticate", None, body)
            }
            _ => {
                let body = json!({
                    "intermediate_session_token": intermediate, "session_duration_minutes": 60,
                    "organization_name": format!("Founded {choice}"),
                    "organization_slug": format!("founded-{choice}"),
                });
                ("discovery/organizations/create", None, body)
            }
        };
        let caller = Caller { emulator: self.emulator.clone(), surface: self.surface };
        let answer = caller.post(path, by.as_deref(), body);
        self.statuses.insert((kind, answer.status));
        for (name, held) in [
            ("session_token", &mut self.sessions),
            ("intermediate_session_token", &mut self.intermediates),
        ] {
            if let Some(token) = answer.body[name].as_str().filter(|token| !token.is_empty()) {
                held.push(token.to_owned());
            }
        }
        format!("{kind} {} {}", answer.status, answer.body)
    }

    fn wander(&mut self, steps: usize, random: &mut Random) {
        for _ in 0..steps {
            self.step(random.below(KINDS), random.below(1000));
            self.emulator.clock().advance(std::time::Duration::from_secs(random.below(40) as u64));
        }
    }

    /// Calls after which there is some of everything, finished and unfinished.
    fn rich(surface: Surface) -> Self {
        let caller = with(surface, tide_pool);
        let mut journey = Self::new(caller.emulator, surface);
        let order = [0, 3, 1, 2, 8, 9, 6, 7, 6, 10, 11, 12, 10, 13, 8, 21, 15, 17, 19, 20, 0, 4, 1];
        for kind in order {
            journey.step(kind, 0);
        }
        let _ = journey.emulator.access_token(Example::NORTH_PIER, Example::EMAIL_ADDRESS);
        journey.emulator.clock().advance(std::time::Duration::from_secs(60));
        journey.step(10, 0);
        journey.step(11, 0);
        journey
    }
}

/// An emulator as the journeys' at its beginning, by the same clock.
fn fresh(clock: &VirtualClock, rotate: bool) -> Emulator {
    let builder = tide_pool(Emulator::example_builder()).clock(clock.clone()).constant_signature();
    if rotate { builder.rotate_session_tokens().build() } else { builder.build() }
}

#[test]
fn a_restored_emulator_answers_byte_for_byte_as_the_one_before() {
    let mut statuses = BTreeSet::new();
    for seed in 1..=60 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
        let (surface, rotate) = (BOTH[random.below(2)], random.below(2) == 0);
        let clock = VirtualClock::new();
        let mut journey = Journey::new(fresh(&clock, rotate), surface);
        let before = 20 + random.below(60);
        journey.wander(before, &mut random);
        let snapshot = journey.emulator.snapshot();
        let restored = fresh(&clock, rotate);
        restored.restore(&snapshot).expect("a snapshot");
        assert_eq!(restored.snapshot(), snapshot, "seed {seed}");
        assert_eq!(restored.outbox(), journey.emulator.outbox());
        let mut other = journey.before(restored);
        for step in 0..60 {
            let (kind, choice) = (random.below(KINDS), random.below(1000));
            let answers = (journey.step(kind, choice), other.step(kind, choice));
            assert_eq!(answers.0, answers.1, "seed {seed}, step {step}");
            clock.advance(std::time::Duration::from_secs(random.below(40) as u64));
        }
        assert_eq!(other.emulator.snapshot(), journey.emulator.snapshot());
        assert_eq!(other.emulator.active_sessions(), journey.emulator.active_sessions());
        statuses.extend(journey.statuses);
    }
    // Each kind of step has succeeded at some time; one is a wrong code.
    let never = (0..KINDS).filter(|kind| !statuses.contains(&(*kind, 200)));
    assert_eq!(Vec::from_iter(never), [13], "{statuses:?}");
}

#[test]
fn what_is_set_in_an_emulator_is_kept_and_its_credentials_are_not() {
    let caller = caller(Surface::Backend);
    let role = json!({ "role_id": "stoker", "description": "", "permissions": [] });
    let path = format!("rbac/organizations/{}", Example::HARBOR_LIGHTS);
    let body = json!({ "org_policy": { "roles": [role] } });
    caller.raw("PUT", &path, None, body.to_string()).ok();
    let token = caller.session();
    caller.emulator.suspend(Example::NORTH_PIER);
    let other = with(Surface::Backend, |builder| builder.project_secret("another").seed(9));
    other.emulator.restore(&caller.emulator.snapshot()).expect("a snapshot");
    assert_eq!(other.get(&path, None).ok().body["org_policy"]["roles"], json!([role]));
    other.authenticate(&token).ok();
    other.login(Example::NORTH_PIER).refused(403, "organization_suspended");
    assert_eq!(other.emulator.project_secret(), "another");
    assert_ne!(other.session(), token);
    other.emulator.reset();
    other.login(Example::NORTH_PIER).ok();
    other.authenticate(&token).refused(404, "session_not_found");
}

#[test]
fn a_clock_that_runs_goes_on_as_far_ahead_and_one_that_stands_stays() {
    let ahead = |emulator: &Emulator| {
        let now = std::time::SystemTime::now();
        emulator.clock().now().duration_since(now).unwrap_or_default().as_secs()
    };
    let hours = std::time::Duration::from_secs(7200);
    let emulator = Emulator::example();
    emulator.clock().advance(hours);
    let other = Emulator::example();
    other.restore(&emulator.snapshot()).expect("a snapshot");
    assert!((7190..=7200).contains(&ahead(&other)), "{}", ahead(&other));
    emulator.clock().rewind(hours * 2);
    other.restore(&emulator.snapshot()).expect("a snapshot");
    assert_eq!(ahead(&other), 0);
    assert!(other.clock().now() < std::time::SystemTime::now() - hours / 2);
    let standing = caller(Surface::Backend).emulator;
    let now = standing.clock().now();
    standing.restore(&other.snapshot()).expect("a snapshot");
    assert_eq!(standing.clock().now(), now);
}

#[test]
fn changes_are_counted_and_looking_is_none() {
    let caller = caller(Surface::Backend);
    let emulator = &caller.emulator;
    let mut count = emulator.change_count();
    let mut changed = |expected: bool, what: &str| {
        let now = emulator.change_count();
        assert_eq!(now != count, expected, "{what}");
        count = now;
    };
    let _ = (emulator.snapshot(), emulator.outbox(), emulator.active_sessions());
    changed(false, "looking");
    let token = caller.session();
    changed(true, "a request");
    caller.authenticate(&token).ok();
    changed(true, "a refresh");
    emulator.suspend(Example::NORTH_PIER);
    changed(true, "a suspension");
    caller.advance(1);
    changed(true, "the clock");
    emulator.reset();
    changed(true, "a reset");
    let snapshot = emulator.snapshot();
    changed(false, "a snapshot");
    emulator.restore(&snapshot).expect("a snapshot");
    changed(true, "a restore");
}

/// Restores what is broken, and sees that nothing has changed.
fn refuse(emulator: &Emulator, document: &[u8]) -> SnapshotError {
    let (before, count) = (emulator.snapshot(), emulator.change_count());
    let error = emulator.restore(document).expect_err("it is broken");
    assert!(emulator.snapshot() == before && emulator.change_count() == count, "{error}");
    error
}

#[test]
fn a_truncated_document_changes_nothing() {
    let rich = Journey::rich(Surface::Backend).emulator.snapshot();
    let emulator = Emulator::builder()
        .organization(Organization::new("one").member(Member::new("a@example.com").password("b")))
        .clock(VirtualClock::new())
        .build();
    let small = emulator.snapshot();
    for (document, stride) in [(&small, 1), (&rich, 97)] {
        for length in (0..document.len()).step_by(stride) {
            let error = refuse(&emulator, &document[..length]);
            assert!(matches!(error, SnapshotError::Syntax { line: 0 | 1, .. }), "{length}");
        }
    }
}

/// The places of all parts of a value.
fn places(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                places(field, format!("{place}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(place);
}

#[test]
fn a_document_with_one_part_replaced_is_refused_or_works() {
    let mut journey = Journey::rich(Surface::Backend);
    let clock = journey.emulator.clock().clone();
    let document: Value = serde_json::from_slice(&journey.emulator.snapshot()).expect("JSON");
    let mut found = Vec::new();
    places(&document, String::new(), &mut found);
    let emulator = fresh(&clock, false);
    let secrets: Vec<_> = journey.sessions.iter().chain(&journey.intermediates).cloned().collect();
    let wrong = [json!(null), json!("a lighthouse"), json!(u64::MAX), json!(i64::MIN), json!([])];
    let mut refused = 0;
    for place in &found {
        for other in &wrong {
            let mut broken = document.clone();
            *broken.pointer_mut(place).expect("it is there") = other.clone();
            let broken = broken.to_string().into_bytes();
            let before = emulator.change_count();
            match emulator.restore(&broken) {
                Ok(()) => {
                    // It holds, whatever is asked now.
                    let mut journey = journey.before(emulator.clone());
                    for kind in [3, 13, 2, 6, 12, 9] {
                        journey.step(kind, 1);
                    }
                    let _ = emulator.snapshot();
                }
                Err(error) => {
                    refused += 1;
                    assert_eq!(emulator.change_count(), before, "{place}");
                    let told = format!("{error} {error:?}");
                    assert!(!told.contains("lighthouse"), "{told}");
                    assert!(!secrets.iter().any(|secret| told.contains(secret)), "{told}");
                }
            }
        }
    }
    assert!(refused > found.len(), "{refused} of {}", found.len());
    emulator.restore(document.to_string().as_bytes()).expect("the whole one");
    journey.wander(1, &mut Random(1));
}

#[test]
fn mistakes_are_named_by_their_place() {
    let journey = Journey::rich(Surface::Backend);
    let document: Value = serde_json::from_slice(&journey.emulator.snapshot()).expect("JSON");
    let remove = |place: &str, name: &str| {
        let mut broken = document.clone();
        let parent = broken.pointer_mut(place).and_then(Value::as_object_mut);
        parent.expect("an object").remove(name).expect("it is there");
        broken
    };
    let set = |place: &str, value: Value| {
        let mut broken = document.clone();
        *broken.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value;
        broken
    };
    let first = |map: &str| {
        let name = document[map].as_object().and_then(|map| map.keys().next());
        format!("/{map}/{}", name.expect("there is one"))
    };
    let no_member = json!(999);
    for (broken, told) in [
        (json!([]), "should be an object"),
        (json!({}), "version: is missing"),
        (set("/version", json!(2)), "version: 2 is not known here, only 1"),
        (set("/version", json!("1")), "version: is not as a snapshot has it"),
        (set("/ids/counter", json!(u64::MAX)), "ids.counter: is too large"),
        (remove("", "members"), "members: is missing"),
        (remove("/members/2", "id"), "members[2]: missing field `id`"),
        (
            set("/members/1/organization", json!(77)),
            "members[1].organization: there is no such organization",
        ),
        (
            set("/members/0/default_mfa_method", json!("telex")),
            "members[0]: is not as a snapshot has it",
        ),
        (
            set("/sessions/0/member", no_member.clone()),
            "sessions[0].member: there is no such member",
        ),
        (
            set("/sessions/1/id", document["sessions"][0]["id"].clone()),
            "sessions[1].id: is used twice",
        ),
        (
            set("/sessions/1/token", document["sessions"][0]["token"].clone()),
            "sessions[1].token: is used twice",
        ),
        (
            set(&format!("{}/member", first("intermediates")), no_member.clone()),
            "intermediates[0].member: there is no such member",
        ),
        (
            set(&format!("{}/member", first("tickets")), no_member.clone()),
            "tickets[0].member: there is no such member",
        ),
        (set("/mail_codes/0/0", no_member), "mail_codes[0].member: there is no such member"),
    ] {
        let error = refuse(&journey.emulator, broken.to_string().as_bytes());
        assert_eq!(error.to_string(), told);
    }
    let error = refuse(&journey.emulator, b"{\n  no");
    assert_eq!(error, SnapshotError::Syntax { line: 2, column: 3 });
    assert_eq!(error.to_string(), "not valid JSON: line 2, column 3");
}
