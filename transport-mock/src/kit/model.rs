//! The reference model: what a client holds, and what each answer makes of it.
//!
//! A client holds an active session, an unfinished login, both or neither. This is the whole of the
//! life cycle, with the careful choices where official clients differ: an unfinished login keeps the
//! active session beside it, only a rejection ends a session, and expiry is acted on at its time.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use stytch_session::Timestamp;

use super::client::{Needs, Observation, OperationKind, ShownActive, ShownPending};
use super::promise::Promise;
use super::wire::Surface;

/// The life of an unfinished login.
const PENDING_LIFE: Duration = Duration::from_secs(10 * 60);

/// The time, by a clock that may be set and by one that cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What the client's clock shows.
    pub wall: SystemTime,
    /// How much time has really passed.
    pub elapsed: Duration,
}

/// What a client ought to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The session, if one is active.
    pub active: Option<Active>,
    /// The login that is unfinished, if one is.
    pub pending: Option<Pending>,
    /// The token of the last one, and when it was first received: if it comes back, it does not live
    /// longer for it.
    receipt: Option<(String, Now)>,
}

/// An active session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    pub(super) session_token: String,
    /// Empty if there is none.
    session_jwt: String,
    pub(super) member_session_id: String,
    member_id: String,
    pub(super) organization_id: String,
    expires_at: SystemTime,
    /// When it is over however the clock is set.
    over_after: Duration,
}

/// An unfinished login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub(super) intermediate_session_token: String,
    pub(super) needs: Needs,
    /// Member and organization, once they are known.
    who: Option<(String, String)>,
    since: Now,
}

/// What the server said, as far as it matters.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// A valid success, with its payload.
    Success(Value),
    /// An error of the API.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's type.
        error_type: String,
    },
    /// Anything else: no answer at all, a page of a proxy, half a body.
    Unclear,
}

impl Held {
    /// What is held after an answer to an operation, and the promise that says so.
    #[must_use]
    pub fn after(
        &self,
        operation: OperationKind,
        surface: Surface,
        answer: &Answer,
        now: Now,
    ) -> (Self, Promise) {
        use OperationKind as K;
        let unchanged = |promise| (self.clone(), promise);
        let payload = match answer {
            Answer::Success(payload) => payload,
            Answer::Refused { status, error_type } => {
                return self.refused(operation, surface, *status, error_type);
            }
            Answer::Unclear if operation == K::Exchange => {
                return unchanged(Promise::HarmlessExchange);
            }
            Answer::Unclear => return unchanged(Promise::OnlyThreeEnds),
        };
        match operation {
            K::Login | K::LoginByLink | K::Enter | K::Exchange
                if payload["member_authenticated"] != true =>
            {
                let promise = if operation == K::Exchange {
                    Promise::HarmlessExchange
                } else {
                    Promise::IntermediateIsNotActive
                };
                (self.with_pending(self.unfinished(payload, now)), promise)
            }
            K::Discover => {
                (self.with_pending(self.unfinished(payload, now)), Promise::IntermediateIsNotActive)
            }
            K::Login
            | K::LoginByLink
            | K::Enter
            | K::Exchange
            | K::GiveSms
            | K::GiveTotp
            | K::GiveRecoveryCode => {
                let active = Active::read(payload, now);
                (Self { active, ..Self::default() }, Promise::Replies)
            }
            K::Refresh | K::Adopt => {
                (Self { active: Active::read(payload, now), ..self.clone() }, Promise::Replies)
            }
            K::Revoke => (Self::default(), Promise::NoResurrection),
            _ => unchanged(Promise::Replies),
        }
    }

    fn refused(
        &self,
        operation: OperationKind,
        surface: Surface,
        status: u16,
        error_type: &str,
    ) -> (Self, Promise) {
        use OperationKind as K;
        // A rate limit speaks of the caller, and a broken server of itself.
        let refused = (400..500).contains(&status) && status != 429;
        let rejected = match error_type {
            "session_not_found" | "user_unauthenticated" => true,
            // On the backend these speak of the project's secret.
            "unauthorized_credentials" | "invalid_secret_authentication" => {
                surface == Surface::Frontend
            }
            _ => false,
        };
        match operation {
            K::Refresh if refused && rejected => {
                (Self { active: None, ..self.clone() }, Promise::OnlyThreeEnds)
            }
            K::Revoke if refused && rejected => (Self::default(), Promise::OnlyThreeEnds),
            kind if kind.continues()
                && refused
                && error_type == "intermediate_session_not_found" =>
            {
                (Self { pending: None, ..self.clone() }, Promise::IntermediateLife)
            }
            K::Exchange => (self.clone(), Promise::HarmlessExchange),
            _ => (self.clone(), Promise::OnlyThreeEnds),
        }
    }

    /// What is held after an operation that needs no server.
    #[must_use]
    pub fn after_local(&self, operation: OperationKind) -> Self {
        match operation {
            OperationKind::Forget => Self::default(),
            OperationKind::Abandon => Self { pending: None, ..self.clone() },
            _ => self.clone(),
        }
    }

    /// Whether nobody is logged in, and nothing is unfinished.
    #[must_use]
    pub const fn is_nobody(&self) -> bool {
        self.active.is_none() && self.pending.is_none()
    }

    fn with_pending(&self, pending: Pending) -> Self {
        let receipt = Some((pending.intermediate_session_token.clone(), pending.since));
        Self { active: self.active.clone(), pending: Some(pending), receipt }
    }

    /// Whether something has expired that is still held.
    pub(super) fn expires(&self, now: Now) -> bool {
        self.active.as_ref().is_some_and(|active| now.wall >= active.expires_at)
            || self
                .pending
                .as_ref()
                .is_some_and(|pending| now.wall >= pending.since.wall + PENDING_LIFE)
    }

    /// Drops what has expired.
    pub fn pass(&mut self, now: Now) {
        self.active.take_if(|active| now.wall >= active.expires_at);
        self.pending.take_if(|pending| now.wall >= pending.since.wall + PENDING_LIFE);
    }

    /// Whether the operation has to be possible: the client must not decline it.
    #[must_use]
    pub fn allows(&self, operation: OperationKind) -> bool {
        use OperationKind as K;
        match (operation, &self.active, &self.pending) {
            (K::Login | K::LoginByLink | K::Discover | K::Adopt, None, None) => true,
            (K::Refresh | K::Exchange | K::Revoke | K::Forget, Some(_), None) => true,
            (K::Abandon, _, Some(_)) => true,
            (K::Enter, _, Some(pending)) => pending.needs == Needs::Organization,
            (K::GiveSms | K::GiveTotp | K::GiveRecoveryCode | K::SendSms, _, Some(pending)) => {
                pending.needs == Needs::SecondFactor
            }
            (K::Restart, ..) => true,
            _ => false,
        }
    }

    fn unfinished(&self, payload: &Value, now: Now) -> Pending {
        let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        let intermediate_session_token = text("intermediate_session_token");
        let before = self.receipt.as_ref();
        let before = before.filter(|(token, _)| *token == intermediate_session_token);
        let who = payload["member_id"].is_string().then(|| {
            let organization = payload["organization"]["organization_id"].as_str();
            (text("member_id"), organization.unwrap_or_default().to_owned())
        });
        Pending {
            needs: match (&who, payload["primary_required"].is_object()) {
                (None, _) => Needs::Organization,
                (Some(_), true) => Needs::FirstFactor,
                (Some(_), false) => Needs::SecondFactor,
            },
            intermediate_session_token,
            who,
            since: before.map_or(now, |(_, since)| *since),
        }
    }
}

impl Active {
    /// The session's token.
    #[must_use]
    pub fn session_token(&self) -> &str {
        &self.session_token
    }

    /// The session's JWT, if the answer had one.
    #[must_use]
    pub fn session_jwt(&self) -> Option<&str> {
        Some(self.session_jwt.as_str()).filter(|jwt| !jwt.is_empty())
    }

    /// The session's id.
    #[must_use]
    pub fn member_session_id(&self) -> &str {
        &self.member_session_id
    }

    /// The member's id.
    #[must_use]
    pub fn member_id(&self) -> &str {
        &self.member_id
    }

    /// The organization's id.
    #[must_use]
    pub fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// When it ends.
    #[must_use]
    pub const fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    fn read(payload: &Value, now: Now) -> Option<Self> {
        let session = &payload["member_session"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let expires_at = Timestamp::parse(session["expires_at"].as_str()?).ok()?.into();
        let started = session["last_accessed_at"].as_str().and_then(|at| Timestamp::parse(at).ok());
        let started = started.map_or(now.wall, SystemTime::from);
        let life = SystemTime::duration_since(&expires_at, started).unwrap_or_default();
        Some(Self {
            session_token: text(&payload["session_token"])?,
            session_jwt: text(&payload["session_jwt"]).unwrap_or_default(),
            member_session_id: text(&session["member_session_id"])?,
            member_id: text(&session["member_id"])?,
            organization_id: text(&session["organization_id"])?,
            expires_at,
            over_after: now.elapsed + life,
        })
    }

    fn is_shown_by(&self, shown: &ShownActive) -> bool {
        let same =
            |shown: &Option<String>, own: &str| shown.as_ref().is_none_or(|shown| shown == own);
        shown.session_token == self.session_token
            && same(&shown.session_jwt, &self.session_jwt)
            && same(&shown.member_session_id, &self.member_session_id)
            && same(&shown.member_id, &self.member_id)
            && same(&shown.organization_id, &self.organization_id)
            && shown.expires_at.is_none_or(|shown| shown == self.expires_at)
    }
}

impl Pending {
    /// The intermediate session's token.
    #[must_use]
    pub fn intermediate_session_token(&self) -> &str {
        &self.intermediate_session_token
    }

    /// What is needed next.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        self.needs
    }

    /// The member's id, once the member is known.
    #[must_use]
    pub fn member_id(&self) -> Option<&str> {
        self.who.as_ref().map(|(member, _)| member.as_str())
    }

    /// The organization's id, once the member is known.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.who.as_ref().map(|(_, organization)| organization.as_str())
    }

    fn is_shown_by(&self, shown: &ShownPending) -> bool {
        let (member, organization) = match &self.who {
            Some((member, organization)) => (Some(member), Some(organization)),
            None => (None, None),
        };
        let same =
            |shown: &Option<String>, own: Option<&String>| shown.is_none() || shown.as_ref() == own;
        shown.intermediate_session_token == self.intermediate_session_token
            && shown.needs.is_none_or(|shown| shown == self.needs)
            && same(&shown.member_id, member)
            && same(&shown.organization_id, organization)
    }
}

/// What of [`Held`] a client shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// All of it.
    All,
    /// Not what is over by the time that has really passed, though not by the client's clock.
    AllThatLives,
    /// Something else.
    Otherwise,
}

impl Held {
    /// Compares what a client shows with what it ought to.
    pub(super) fn compare(&self, shown: &Observation, now: Now) -> Shown {
        if self.shows(shown) {
            return Shown::All;
        }
        let mut living = self.clone();
        living.active.take_if(|active| now.elapsed >= active.over_after);
        living.pending.take_if(|pending| now.elapsed >= pending.since.elapsed + PENDING_LIFE);
        let active_only = Self { pending: self.pending.clone(), ..living.clone() };
        let pending_only = Self { active: self.active.clone(), ..living.clone() };
        if [&living, &active_only, &pending_only].into_iter().any(|held| held.shows(shown)) {
            Shown::AllThatLives
        } else {
            Shown::Otherwise
        }
    }

    /// Whether a client shows this.
    #[must_use]
    pub fn shows(&self, shown: &Observation) -> bool {
        let active = match (&self.active, &shown.active) {
            (Some(held), Some(shown)) => held.is_shown_by(shown),
            (None, None) => true,
            _ => false,
        };
        let pending = match (&self.pending, &shown.pending) {
            (Some(held), Some(shown)) => held.is_shown_by(shown),
            (None, None) => true,
            _ => false,
        };
        active && pending
    }

    /// The same, with what another one holds where this one holds nothing.
    pub(super) fn or(&self, active: &Option<Active>, pending: &Option<Pending>) -> Self {
        let mut both = self.clone();
        both.active = both.active.or_else(|| active.clone());
        both.pending = both.pending.or_else(|| pending.clone());
        both
    }

    /// Takes over that a client has dropped what is over by the time that has really passed.
    pub(super) fn drop_as(&mut self, shown: &Observation) {
        self.active.take_if(|_| shown.active.is_none());
        self.pending.take_if(|_| shown.pending.is_none());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(wall: u64, elapsed: u64) -> Now {
        Now {
            wall: SystemTime::UNIX_EPOCH + Duration::from_secs(wall),
            elapsed: Duration::from_secs(elapsed),
        }
    }

    #[test]
    fn a_token_that_comes_back_after_its_end_does_not_live_anew() {
        let answer = Answer::Success(json!({
            "member_id": "member",
            "organization": { "organization_id": "organization" },
            "member_authenticated": false,
            "mfa_required": {},
            "intermediate_session_token": "token",
        }));
        let login =
            |held: &Held, now| held.after(OperationKind::Login, Surface::Frontend, &answer, now).0;
        let mut held = login(&Held::default(), at(10_000, 0));
        held.pass(at(10_599, 599));
        assert!(held.pending.is_some());
        held.pass(at(10_600, 600));
        assert!(held.is_nobody());
        // Its clock is set back, and the answer to an earlier request arrives.
        held = login(&held, at(10_300, 700));
        assert!(held.pending.is_some());
        held.pass(at(10_600, 1000));
        assert!(held.is_nobody());
    }
}
