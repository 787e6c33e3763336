//! A client written by hand, without the typed sessions, and the bugs that can be planted in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use stytch_session_mock::kit::{
    AsyncClient, Needs, Observation, Operation, Outcome, Surface, Wire,
};

use super::bugs::Bug;
use super::habits::{Habit, Way};
use super::memory::{Active, Memory, Pending, State, Store};

const PENDING_LIFE: Duration = Duration::from_secs(600);

pub(crate) struct Plain {
    pub(crate) wire: Wire,
    bug: Option<Bug>,
    habit: Option<Habit>,
    way: Way,
    busy: AtomicBool,
    pub(crate) memory: Memory,
}

/// What came back.
pub(crate) enum Reply {
    Success(Value),
    Refused {
        status: u16,
        error_type: String,
        message: String,
    },
    /// Anything else, with its status, if there is one.
    Unclear {
        status: Option<u16>,
        text: String,
    },
}

impl Plain {
    pub(crate) fn new(wire: Wire, bug: Option<Bug>) -> Self {
        Self {
            wire,
            bug,
            habit: None,
            way: Way::Itself,
            busy: AtomicBool::new(false),
            memory: Memory::default(),
        }
    }

    /// A client that refreshes by itself, and stores what it holds.
    pub(crate) fn steady(wire: Wire, bug: Option<Bug>, store: Store) -> Self {
        let memory = Memory::shared(store, bug);
        Self { memory, ..Self::new(wire, bug) }.with(Habit::JoinsRefreshes)
    }

    pub(crate) fn with(self, habit: Habit) -> Self {
        Self { way: Way::of(habit, &self.wire), habit: Some(habit), ..self }
    }

    fn does(&self, habit: Habit) -> bool {
        self.habit == Some(habit)
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// What is sent for an operation, if what is held allows it: the path, the fields, and whether
    /// the session goes with it.
    fn request(&self, operation: &Operation, state: &State) -> Option<(&'static str, Value, bool)> {
        use Operation as O;
        let pending = state.pending.as_ref();
        let active = state.active.as_ref();
        let who = pending
            .and_then(|pending| pending.who.clone())
            .or_else(|| active.map(|it| (it.member.clone(), it.organization.clone())));
        let second = |path, field: &str, code: &str| {
            let (member, organization) = who.clone()?;
            let mut body = json!({
                "organization_id": organization,
                "member_id": member,
                "session_duration_minutes": 60,
            });
            body[field] = code.into();
            Some((path, body, pending.is_none()))
        };
        Some(match operation {
            O::Login { organization_id, email_address, password } => {
                let body = json!({
                    "organization_id": organization_id,
                    "email_address": email_address,
                    "password": password,
                    "session_duration_minutes": 60,
                });
                active.is_none().then_some(("b2b/passwords/authenticate", body, false))?
            }
            O::LoginByLink { token } => {
                let body = json!({ "magic_links_token": token, "session_duration_minutes": 60 });
                active.is_none().then_some(("b2b/magic_links/authenticate", body, false))?
            }
            O::Discover { email_address, password } => {
                let body = json!({ "email_address": email_address, "password": password });
                let nothing = active.is_none() && pending.is_none();
                nothing.then_some(("b2b/passwords/discovery/authenticate", body, false))?
            }
            O::Enter { organization_id } => {
                pending?;
                let body = json!({
                    "organization_id": organization_id,
                    "session_duration_minutes": 60,
                });
                ("b2b/discovery/intermediate_sessions/exchange", body, false)
            }
            O::SendSms => {
                let (member, organization) = who.filter(|_| pending.is_some())?;
                let body = json!({ "organization_id": organization, "member_id": member });
                ("b2b/otps/sms/send", body, false)
            }
            O::GiveSms { code } => second("b2b/otps/sms/authenticate", "code", code)?,
            O::GiveTotp { code } => second("b2b/totp/authenticate", "code", code)?,
            O::GiveRecoveryCode { code } => {
                second("b2b/recovery_codes/recover", "recovery_code", code)?
            }
            O::Refresh { session_duration_minutes } => {
                active?;
                let mut body = json!({});
                if let Some(minutes) = session_duration_minutes {
                    body["session_duration_minutes"] = (*minutes).into();
                }
                ("b2b/sessions/authenticate", body, true)
            }
            O::Exchange { organization_id } => {
                active?;
                let body = json!({
                    "organization_id": organization_id,
                    "session_duration_minutes": 60,
                });
                ("b2b/sessions/exchange", body, true)
            }
            O::Revoke => active.map(|_| ("b2b/sessions/revoke", json!({}), true))?,
            _ => return None,
        })
    }

    pub(crate) async fn ask(&self, path: &str, mut body: Value, session: Option<&str>) -> Reply {
        let surface = self.wire.surface();
        let (user, password) = match surface {
            Surface::Frontend => {
                let token = self.wire.public_token();
                (token, session.unwrap_or(token))
            }
            _ => (self.wire.project_id(), self.wire.project_secret()),
        };
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        if let (Surface::Backend, Some(token)) = (surface, session) {
            body["session_token"] = token.into();
        }
        let body = if path.ends_with("revoke") && surface == Surface::Frontend {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let url = format!("{}{}{path}", self.wire.base_url(), surface.prefix());
        let request = http::Request::post(url)
            .header("authorization", format!("Basic {credentials}"))
            .header("content-type", "application/json")
            .body(body)
            .expect("the request is valid");
        let reply = match self.way.send(&self.wire, request).await {
            Ok(reply) => reply,
            Err(error) => return Reply::Unclear { status: None, text: error.to_string() },
        };
        if self.has(Bug::FollowsRedirects) && reply.status() == 302 {
            let to = reply.headers()["location"].to_str().unwrap_or_default().to_owned();
            let again = http::Request::get(to).body(Vec::new()).expect("the request is valid");
            let _ = self.wire.send_async(again).await;
        }
        self.read(&reply)
    }

    fn read(&self, reply: &http::Response<Vec<u8>>) -> Reply {
        let status = reply.status().as_u16();
        let body: Option<Value> = serde_json::from_slice(reply.body()).ok();
        let unclear = |text: String| Reply::Unclear { status: Some(status), text };
        if reply.status().is_success() {
            let payload = body.and_then(|body| match self.wire.surface() {
                Surface::Frontend => body.get("data").cloned(),
                _ => Some(body),
            });
            return match payload {
                Some(payload) if payload.is_object() && payload.get("error_type").is_none() => {
                    Reply::Success(payload)
                }
                _ if self.has(Bug::AnyTwoHundredIsSuccess) => Reply::Success(json!({})),
                _ => unclear(format!("an odd answer with status {status}")),
            };
        }
        let text = |name: &str| {
            let body = body.as_ref()?;
            body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        };
        match text("error_type") {
            Some(error_type) => Reply::Refused {
                status,
                error_type,
                message: text("error_message").unwrap_or_default(),
            },
            None => unclear(match self.has(Bug::TellsPages) {
                true => String::from_utf8_lossy(reply.body()).into_owned(),
                false => format!("status {status}"),
            }),
        }
    }

    /// What a success makes of what is held; none if it is not valid.
    fn succeed(
        &self,
        operation: &Operation,
        payload: &Value,
        asked_at: Duration,
        state: &State,
    ) -> Option<State> {
        use Operation as O;
        let now = self.wire.now();
        let mut after = State { generation: state.generation + 1, ..state.clone() };
        if self.has(Bug::KnowsAllStatuses)
            && !matches!(payload["member"]["status"].as_str(), None | Some("active" | "invited"))
        {
            return None;
        }
        match operation {
            O::SendSms => return Some(state.clone()),
            O::Revoke => {
                let sloppy = self.has(Bug::AnyTwoHundredIsSuccess).then_some("");
                payload["request_id"].as_str().or(sloppy)?;
                return Some(State { generation: after.generation, ..State::default() });
            }
            O::Discover { .. } => {
                let pending = self.unfinished(payload, state, now)?;
                after.receipt = Some((pending.token.clone(), pending.expires_at));
                after.pending = Some(pending);
                return Some(after);
            }
            O::Login { .. } | O::LoginByLink { .. } | O::Enter { .. } | O::Exchange { .. }
                if !payload["member_authenticated"].as_bool()? =>
            {
                if payload["member_session"].is_object() || self.does(Habit::RefusesUnfinished) {
                    return None;
                }
                let pending = self.unfinished(payload, state, now)?;
                after.receipt = Some((pending.token.clone(), pending.expires_at));
                after.pending = Some(pending);
                if self.has(Bug::IntermediateIsActive) {
                    let pending = after.pending.take()?;
                    let (member, organization) = pending.who?;
                    after.active = Some(Active {
                        token: pending.token,
                        jwt: String::new(),
                        id: "session".to_owned(),
                        member,
                        organization,
                        expires_at: pending.expires_at,
                        life: PENDING_LIFE,
                        asked_at,
                    });
                }
                if self.has(Bug::UnfinishedExchangeForgets) {
                    after.active = None;
                }
                return Some(after);
            }
            _ => {}
        }
        let mut active = self.active(payload, asked_at)?;
        if self.has(Bug::KeepsOldToken) {
            if let (O::Refresh { .. }, Some(before)) = (operation, &state.active) {
                active.token.clone_from(&before.token);
            }
        }
        after.active = Some(active);
        if !matches!(operation, O::Refresh { .. } | O::Adopt { .. }) {
            after.pending = None;
        }
        Some(after)
    }

    fn active(&self, payload: &Value, asked_at: Duration) -> Option<Active> {
        let session = &payload["member_session"];
        let text = |value: &Value| {
            let empty = self.has(Bug::TakesEmptyTokens);
            value.as_str().filter(|text| empty || !text.is_empty()).map(str::to_owned)
        };
        let expires_at = Wire::read_time(session["expires_at"].as_str()?)?;
        let accessed = session["last_accessed_at"].as_str().and_then(Wire::read_time);
        let accessed = accessed.unwrap_or_else(|| self.wire.now());
        Some(Active {
            token: text(&payload["session_token"])?,
            jwt: text(&payload["session_jwt"])?,
            id: text(&session["member_session_id"])?,
            member: text(&session["member_id"])?,
            organization: text(&session["organization_id"])?,
            expires_at,
            life: expires_at.duration_since(accessed).unwrap_or_default(),
            asked_at,
        })
    }

    fn unfinished(&self, payload: &Value, state: &State, now: SystemTime) -> Option<Pending> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let token = text(&payload["intermediate_session_token"]).filter(|it| !it.is_empty())?;
        let who = match payload.get("member_id") {
            Some(member) => {
                Some((text(member)?, text(&payload["organization"]["organization_id"])?))
            }
            None => None,
        };
        let before = state.receipt.as_ref().filter(|(known, _)| *known == token);
        let before = before.filter(|_| !self.has(Bug::RenewsIntermediate));
        Some(Pending {
            needs: match (&who, payload["primary_required"].is_object()) {
                (None, _) => Needs::Organization,
                (_, true) => Needs::FirstFactor,
                (_, false) => Needs::SecondFactor,
            },
            token,
            who,
            expires_at: before.map_or(now + PENDING_LIFE, |(_, end)| *end),
        })
    }

    /// What a failure makes of what is held.
    fn fail(&self, operation: &Operation, reply: &Reply, state: &State) -> State {
        use Operation as O;
        let mut after = state.clone();
        let about_session = matches!(operation, O::Refresh { .. } | O::Revoke);
        let continues = state.pending.is_some()
            && matches!(
                operation,
                O::Login { .. }
                    | O::LoginByLink { .. }
                    | O::Enter { .. }
                    | O::GiveSms { .. }
                    | O::GiveTotp { .. }
                    | O::GiveRecoveryCode { .. }
            );
        let ends = match reply {
            Reply::Refused { status, error_type, .. } => {
                let client_error = (400..500).contains(status) && *status != 429;
                let speaks = match error_type.as_str() {
                    "session_not_found" | "user_unauthenticated" => true,
                    "unauthorized_credentials" | "invalid_secret_authentication" => {
                        self.wire.surface() == Surface::Frontend
                            || self.has(Bug::ProjectSecretEndsSession)
                    }
                    _ => false,
                };
                let dead = error_type == "intermediate_session_not_found" && client_error;
                if continues && dead && !self.has(Bug::KeepsDeadIntermediate) {
                    after.pending = None;
                    after.generation += 1;
                }
                let wrong = self.has(Bug::WrongCodeEnds) && error_type.contains("otp_code");
                if wrong {
                    after.pending = None;
                }
                (about_session || self.has(Bug::AnyOperationEnds))
                    && speaks
                    && (client_error || self.has(Bug::StatusDoesNotMatter))
                    || about_session && self.has(Bug::ServerErrorEnds) && *status >= 500
            }
            Reply::Unclear { status: Some(401 | 403), .. } => {
                about_session && self.has(Bug::PageEnds)
            }
            Reply::Unclear { status: Some(200), .. } => {
                about_session && self.has(Bug::OddAnswerEnds)
            }
            Reply::Unclear { status: None, .. } => {
                matches!(operation, O::Revoke) && self.has(Bug::LostAnswerEnds)
            }
            _ => false,
        };
        let failed_exchange =
            self.has(Bug::FailedExchangeEnds) && matches!(operation, O::Exchange { .. });
        if ends || failed_exchange {
            after.active = None;
            after.generation += 1;
            if matches!(operation, O::Revoke) {
                after.pending = None;
            }
        }
        after
    }

    /// Whether an answer comes too late to count.
    fn is_late(&self, operation: &Operation, before: &State, now: &State) -> bool {
        let unguarded = self.has(Bug::NoGenerationCheck)
            || self.has(Bug::RefreshIsNotGuarded) && matches!(operation, Operation::Refresh { .. });
        before.generation != now.generation && !unguarded
    }

    pub(crate) async fn online(&self, operation: &Operation, before: State) -> Outcome {
        let adopted = match operation {
            Operation::Adopt { session_token } => Some(session_token.as_str()),
            _ => None,
        };
        let asked = match adopted {
            Some(_) if before.active.is_some() || before.pending.is_some() => None,
            Some(_) => Some(("b2b/sessions/authenticate", json!({}), true)),
            None => self.request(operation, &before),
        };
        let Some((path, mut body, with_session)) = asked else { return Outcome::NotPossible };
        if adopted.is_some_and(|token| token.contains('\n')) && !self.has(Bug::SendsLineBreaks) {
            return Outcome::Failed("this is no session token".to_owned());
        }
        if let (Some(pending), false) = (&before.pending, with_session) {
            body["intermediate_session_token"] = pending.token.as_str().into();
        }
        let own = before.active.as_ref().map(|active| active.token.as_str());
        let session = adopted.or(own).filter(|_| with_session);
        let asked_at = self.wire.elapsed();
        let mut reply = self.ask(path, body.clone(), session).await;
        let again = self.has(Bug::RefreshesAfterLogout) && path.ends_with("sessions/authenticate");
        if let (true, Reply::Refused { status: 503, .. }) = (again, &reply) {
            self.wire.sleep(Duration::from_secs(60)).await;
            reply = self.ask(path, body, session).await;
        }
        if let (true, Reply::Refused { status: 503, .. }) = (self.has(Bug::WaitsForever), &reply) {
            self.wire.sleep(Duration::from_secs(1_000_000_000)).await;
        }
        let mut state = self.memory.look();
        if self.is_late(operation, &before, &state) {
            return Outcome::Failed("something else came between".to_owned());
        }
        if let Reply::Success(payload) = &reply {
            if let Some(after) = self.succeed(operation, payload, asked_at, &state) {
                *state = after;
                self.memory.changed(&state);
                return Outcome::Done;
            }
            let reply = Reply::Unclear { status: Some(200), text: String::new() };
            *state = self.fail(operation, &reply, &state);
            self.memory.changed(&state);
            return Outcome::Failed("the answer makes no sense".to_owned());
        }
        *state = self.fail(operation, &reply, &state);
        self.memory.changed(&state);
        Outcome::Failed(match reply {
            Reply::Refused { message, .. } if self.has(Bug::TellsMessages) => message,
            Reply::Refused { status, error_type, .. } => format!("refused: {status} {error_type}"),
            Reply::Unclear { text, .. } => text,
            Reply::Success(_) => String::new(),
        })
    }

    /// Does what needs the server, in the client's own way.
    async fn habitually(&self, operation: &Operation, before: State) -> Outcome {
        const REFRESH: Operation = Operation::Refresh { session_duration_minutes: None };
        match operation {
            Operation::Restart => {
                self.online(&REFRESH, before).await;
                Outcome::Done
            }
            Operation::Exchange { .. } if self.does(Habit::RefreshesBeforeExchange) => {
                self.online(&REFRESH, before).await;
                self.observe();
                let before = self.memory.look().clone();
                self.online(operation, before).await
            }
            Operation::Refresh { .. } if self.does(Habit::JoinsRefreshes) => {
                let _turn = self.memory.turn().await;
                self.observe();
                let now = self.memory.look().clone();
                if now.generation != before.generation && now.active.is_some() {
                    return Outcome::Done;
                }
                self.online(operation, now).await
            }
            _ => self.online(operation, before).await,
        }
    }

    fn locally(&self, operation: &Operation, state: &mut State) -> Outcome {
        state.generation += 1;
        match operation {
            Operation::Abandon if state.pending.is_some() => state.pending = None,
            Operation::Forget if state.active.is_some() || state.pending.is_some() => {
                (state.active, state.pending) = (None, None);
            }
            Operation::Restart => {
                if self.has(Bug::ForgetsIntermediateAtRestart) {
                    state.pending = None;
                }
                if let (Some(active), true) = (&mut state.active, self.has(Bug::SavesNoExpiry)) {
                    active.expires_at += Duration::from_secs(86_400);
                }
            }
            _ => {
                state.generation -= 1;
                return Outcome::NotPossible;
            }
        }
        Outcome::Done
    }

    /// Drops what has expired; whether anything has.
    fn expire(&self, state: &mut State) -> bool {
        let (now, elapsed) = (self.wire.now(), self.wire.elapsed());
        let before = state.generation;
        let counts = self.does(Habit::CountsFromSending);
        let looks = !self.has(Bug::IgnoresExpiry);
        let over = state.active.take_if(|active| {
            counts && elapsed >= active.asked_at + active.life || looks && now >= active.expires_at
        });
        state.generation += u64::from(over.is_some());
        if !self.has(Bug::IntermediateLivesOn) {
            let over = state.pending.take_if(|pending| now >= pending.expires_at);
            state.generation += u64::from(over.is_some());
        }
        state.generation != before
    }
}

#[async_trait]
impl AsyncClient for Plain {
    async fn apply(&self, operation: Operation) -> Outcome {
        if self.has(Bug::StaysBusy) && self.busy.swap(true, Ordering::AcqRel) {
            return Outcome::NotPossible;
        }
        // What has expired is not used any more.
        self.observe();
        if matches!(operation, Operation::Restart) {
            self.memory.restart();
        }
        let before = {
            let mut state = self.memory.look();
            if matches!(operation, Operation::Abandon | Operation::Forget | Operation::Restart) {
                self.busy.store(false, Ordering::Release);
                let outcome = self.locally(&operation, &mut state);
                self.memory.changed(&state);
                if !matches!(operation, Operation::Restart) || !self.does(Habit::AsksAtRestart) {
                    return outcome;
                }
            }
            state.clone()
        };
        let outcome = self.habitually(&operation, before).await;
        self.busy.store(false, Ordering::Release);
        outcome
    }

    fn observe(&self) -> Observation {
        let state = self.memory.own();
        let mut living = state.clone();
        if !self.expire(&mut living) {
            return state.shown();
        }
        drop(state);
        let mut state = self.memory.look();
        self.expire(&mut state);
        self.memory.changed(&state);
        state.shown()
    }

    fn told(&self) -> Option<Vec<Observation>> {
        self.memory.told()
    }

    fn stored(&self) -> Option<Observation> {
        self.memory.stored(self.wire.now())
    }

    fn log(&self) -> String {
        let state = self.memory.look();
        match &state.active {
            Some(active) if self.has(Bug::LogsTokens) => format!("active: {}", active.token),
            Some(active) => format!("active: {}", active.id),
            None => "not active".to_owned(),
        }
    }
}
