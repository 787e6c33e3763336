//! What the model learns from the answers that a client gets.

use super::{Also, Before, Expected, Run, whose};
use crate::kit::client::{OperationKind, Outcome};
use crate::kit::driver::Driver;
use crate::kit::model::{Answer, Held, Now};
use crate::kit::promise::Promise;
use crate::kit::story::Story;
use crate::kit::wire::{Sent, Stage, Told};

impl<D: Driver> Run<'_, D> {
    /// Tells the model of the answers that the client has got.
    pub(super) fn absorb(&mut self, ended: &[(usize, Outcome)]) -> Result<(), Story> {
        let news: Vec<_> = self.wire.requests(|all| {
            let is_new = |(index, sent): &(usize, &Sent)| {
                sent.stage == Stage::Delivered && !self.seen.contains(index)
            };
            all.iter().enumerate().filter(is_new).map(|(index, _)| index).collect()
        });
        for index in news {
            self.seen.insert(index);
            self.learn(index, ended)?;
        }
        Ok(())
    }

    fn learn(&mut self, index: usize, ended: &[(usize, Outcome)]) -> Result<(), Story> {
        let told = self.wire.told(index);
        let Told { operation, process, own, session_token: token, mishap, answer, .. } = &told;
        self.say(|| format!("    {} answered: {}: {}", whose(*operation), told.path, told.said()));
        self.summary.mishaps += u64::from(mishap.is_some());
        self.secrets.extend(told.tokens.iter().cloned());
        let Some(kind) = told.kind else { return Ok(()) };
        if *own && mishap.is_none() && is_misunderstood(answer) {
            let what = format!("the server does not understand: {}", told.said());
            return self.broken(Promise::Works, vec![what]);
        }
        let refresh = kind == OperationKind::Refresh;
        if self.background && refresh {
            self.pace_on(*process, operation.is_none(), answer);
        }
        let success = matches!(answer, Answer::Success(_));
        if let Some(number) = operation.filter(|_| *own || success) {
            self.begun[number].asked = true;
        }
        let number = operation.filter(|_| *own);
        let before = &self.before[index];
        let unlike = before.generation != self.generation
            || number.is_some_and(|number| self.begun[number].generation != self.generation);
        if unlike && refresh && operation.is_none() {
            // A client may drop the answer, and ask again.
            self.paces[*process].excuse();
        }
        if self.is_stale(kind, before) {
            self.about =
                if self.logged_out { Promise::NoResurrection } else { Promise::NoCrossTalk };
            let same_login = before.generation.pending == self.generation.pending;
            let goes_on = before.pending && kind.continues();
            self.expect(number, Expected::Either);
            // What it makes or says of an unfinished login is true even so.
            let now = self.wire.time();
            let (after, _) = self.held.after(kind, self.wire.surface(), answer, now);
            let refused = matches!(answer, Answer::Refused { .. });
            if same_login && (goes_on || refused && after.active == self.held.active) {
                let generation = self.generation;
                self.also.push(Also { held: after, generation, operation: None });
            }
            return Ok(());
        }
        let about_session = matches!(
            kind,
            OperationKind::Refresh | OperationKind::Exchange | OperationKind::Revoke
        );
        // The server has spoken of a token that is not, or no longer, the session's.
        let current = self.held.active.as_ref().map(|active| active.session_token.as_str());
        let of_other_token = token.is_some() && token.as_deref() != current;
        let is_over = current.is_none();
        // A life is counted from sending at the earliest.
        let now = Now { elapsed: before.elapsed, ..self.wire.time() };
        if !own && about_session && of_other_token {
            if self.background && refresh && is_over && success {
                // It was sent before the session was over, and has extended it: that may count.
                let (held, _) = self.held.after(kind, self.wire.surface(), answer, now);
                let generation = self.generation;
                self.also.push(Also { held, generation, operation: None });
                self.paces[*process].excuse();
            }
            return Ok(());
        }
        self.generation.other += 1;
        let (after, about) = self.held.after(kind, self.wire.surface(), answer, now);
        let of_other_token = of_other_token
            && matches!(answer, Answer::Refused { .. })
            && matches!(kind, OperationKind::Refresh | OperationKind::Revoke);
        if of_other_token && kind == OperationKind::Revoke && is_over {
            // Who lags behind takes it for the end of what it still holds.
            let (held, generation) = (Held::default(), self.generation);
            self.also.push(Also { held, generation, operation: *operation });
        }
        let after = if of_other_token { self.held.clone() } else { after };
        self.about = if of_other_token { Promise::NoCrossTalk } else { about };
        // A client that cannot go on from an unfinished login may refuse it.
        let unfinished = after.pending.is_some() && after.pending != self.held.pending;
        let refusable = unfinished && !self.goes_on();
        // A call that only has a code sent need not tell the session of what it has learned, and a
        // login that did not go on from an unfinished one need not hear that it is over.
        let ignorable = kind == OperationKind::SendSms
            || after.pending.is_none() && !success && !told.continues;
        self.expect(
            number,
            match answer {
                _ if unlike || refusable => Expected::Either,
                Answer::Success(_) => Expected::Success,
                _ if kind == OperationKind::Revoke && after.is_nobody() => Expected::Either,
                _ => Expected::Failure,
            },
        );
        // Who refreshes by itself takes what it learns.
        let takes = *own || self.background && refresh && operation.is_none();
        let under_way =
            operation.is_some_and(|number| !ended.iter().any(|(ended, _)| *ended == number));
        if (unlike || under_way || refusable || ignorable || !takes) && after != self.held {
            let (held, generation) = (self.held.clone(), self.generation);
            self.also.push(Also { held, generation, operation: *operation });
        }
        // A factor for the session that is held says nothing of a login beside it.
        let id = |held: &Held| held.active.as_ref().map(|it| it.member_session_id.clone());
        let same = after.active.is_some() && id(&after) == id(&self.held);
        if same && after.pending.is_none() && self.held.pending.is_some() {
            let (held, generation) = (after.or(&None, &self.held.pending), self.generation);
            self.also.push(Also { held, generation, operation: *operation });
        }
        let gone = kind == OperationKind::Revoke && after.is_nobody();
        if let Some(number) = number.filter(|_| gone) {
            self.begun[number].revoked.clone_from(token);
        }
        let active = after.active.is_some();
        let rejected = refresh && !success && !active && self.held.active.is_some();
        self.hold(after, Some(*process));
        self.generation.rejected += u64::from(rejected);
        if active && self.held.active.is_none() {
            // Over on arrival: a success, or too late for one.
            self.expect(number, Expected::Either);
        }
        self.logged_out |= gone;
        Ok(())
    }

    /// What an operation must come to.
    fn expect(&mut self, number: Option<usize>, expected: Expected) {
        if let Some(number) = number {
            self.begun[number].expected = expected;
        }
    }

    /// Whether the client can go on from an unfinished login.
    fn goes_on(&self) -> bool {
        use OperationKind as K;
        [K::GiveSms, K::GiveTotp, K::GiveRecoveryCode, K::LoginByLink, K::Enter]
            .iter()
            .any(|kind| self.kinds.contains(kind))
    }

    /// Whether what an answer is about has changed since its request was sent.
    fn is_stale(&self, kind: OperationKind, before: &Before) -> bool {
        use OperationKind as K;
        let (then, now) = (before.generation, self.generation);
        let active = then.active != now.active;
        let replaced = now.active - then.active > now.rejected - then.rejected;
        let pending = before.generation.pending != self.generation.pending;
        match kind {
            // Another client may not know yet that the session was rejected, or know better.
            K::Refresh | K::Exchange if self.shown.len() > 1 => replaced,
            K::Refresh | K::Exchange => active,
            // A logout is one, also of a session that was over when it came.
            K::Revoke => replaced,
            K::GiveSms | K::GiveTotp | K::GiveRecoveryCode | K::Enter | K::SendSms => {
                if before.pending { pending } else { active }
            }
            _ => replaced || pending,
        }
    }

    pub(super) fn hold(&mut self, after: Held, by: Option<usize>) {
        let active = |held: &Held| held.active.as_ref().map(|it| it.member_session_id.clone());
        let pending =
            |held: &Held| held.pending.as_ref().map(|it| it.intermediate_session_token.clone());
        let before = (active(&self.held), pending(&self.held));
        if self.held != after {
            let was = std::mem::replace(&mut self.held, after);
            self.remember(was, by);
        }
        let arrived = active(&self.held);
        // What is held now may have ended by the client's clock already: then it never was.
        self.pass_time();
        let now = (active(&self.held), pending(&self.held));
        if before.0 != now.0 && before.0 != arrived {
            self.dropped.active = None;
            self.generation.active += 1;
            self.pace_anew();
        }
        if before.1 != now.1 {
            self.dropped.pending = None;
            self.generation.pending += 1;
        }
        self.logged_out &= self.held.is_nobody();
    }

    /// An operation that needs no server is done.
    pub(super) fn end_locally(&mut self, kind: OperationKind, process: usize) {
        if kind == OperationKind::Restart {
            self.told[process] = None;
        }
        self.about = match kind {
            OperationKind::Restart => Promise::OnlyThreeEnds,
            _ => Promise::NoResurrection,
        };
        if kind == OperationKind::Forget {
            // It is a logout for what is under way, too.
            self.generation.active += 1;
            self.generation.pending += 1;
            let token = self.held.active.as_ref().map(|it| it.session_token.clone());
            self.give_session_up(token, process);
        }
        if kind != OperationKind::Restart {
            self.also.clear();
        }
        self.generation.other += 1;
        self.hold(self.held.after_local(kind), Some(process));
        self.logged_out |= kind == OperationKind::Forget;
    }
}

impl Told {
    /// The answer in words.
    fn said(&self) -> String {
        match (&self.mishap, &self.answer) {
            (Some(mishap), _) => mishap.to_string(),
            (None, Answer::Refused { status, error_type }) => format!("{status} {error_type}"),
            (None, _) => self.status.map_or("nothing".to_owned(), |status| status.to_string()),
        }
    }
}

/// Whether an answer says that the request made no sense.
fn is_misunderstood(answer: &Answer) -> bool {
    match answer {
        Answer::Refused { error_type, .. } => matches!(
            error_type.as_str(),
            "bad_request"
                | "route_not_found"
                | "method_not_allowed"
                | "invalid_authorization_header"
                | "too_many_session_arguments"
                | "invalid_session_duration_minutes"
        ),
        // The frontend's schema check.
        Answer::Unclear => true,
        Answer::Success(_) => false,
    }
}
