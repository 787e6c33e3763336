//! Takes a client through a journey and compares it with the model.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::act;
use super::client::{Observation, Operation, OperationKind, Outcome};
use super::driver::Driver;
use super::journey::{ClockMove, Journey, Step};
use super::mishap::Mishap;
use super::model::{Answer, Held, Shown};
use super::promise::Promise;
use super::story::{self, Story};
use super::summary::Summary;
use super::wire::{Stage, Wire};

/// In the year 9999, the last that a timestamp can name.
fn far_future() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(253_380_000_000)
}

/// The longest text of an error.
const LONGEST_TEXT: usize = 4096;

/// The shortest secret that is looked for; shorter ones turn up by chance.
const SHORTEST_SECRET: usize = 8;

/// Whether the story of a run is told. To tell it takes a third of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    Story,
    Nothing,
}

/// Which change of what is held the client has seen: an answer counts only if it is the same as
/// when its request was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Generation {
    active: u64,
    pending: u64,
    /// How much has expired or been answered: a client may drop what was asked before that, or not.
    other: u64,
}

/// An operation that was begun.
struct Begun {
    operation: Operation,
    /// Whether the client must not decline it.
    owed: bool,
    generation: Generation,
    mishap: Option<Mishap>,
    /// What it must come to; unknown as long as no answer says so.
    expected: Expected,
    asked: bool,
    ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Unknown,
    Success,
    Failure,
    Either,
}

/// What was held when a request was sent.
struct Before {
    generation: Generation,
    pending: bool,
}

pub(super) struct Run<'a, D> {
    wire: Wire,
    driver: D,
    kinds: &'a [OperationKind],
    summary: &'a mut Summary,
    inject_unknown: bool,
    held: Held,
    /// What a client may hold as well, because it may have ignored an answer, or not yet seen it.
    also: Vec<(Held, Generation)>,
    generation: Generation,
    begun: Vec<Begun>,
    before: Vec<Before>,
    /// Requests whose answers the model has seen.
    seen: BTreeSet<usize>,
    /// Requests under way, and after how many steps they go on.
    under_way: Vec<(usize, u8)>,
    /// Whether an operation has been given up: a client must not wait for it.
    gave_up: bool,
    secrets: BTreeSet<String>,
    /// The promise that what happened last is about.
    about: Promise,
    /// Whether the client shows something new, or has told something, since its log was searched.
    news: bool,
    /// The story so far, if it is to be told.
    lines: Option<Vec<String>>,
    last_shown: Observation,
}

impl<'a, D: Driver> Run<'a, D> {
    pub(super) fn new(
        wire: Wire,
        driver: D,
        kinds: &'a [OperationKind],
        summary: &'a mut Summary,
        telling: Telling,
    ) -> Self {
        let secrets = BTreeSet::from([wire.project_secret().to_owned()]);
        Self {
            wire,
            driver,
            kinds,
            summary,
            inject_unknown: false,
            held: Held::default(),
            also: Vec::new(),
            generation: Generation::default(),
            begun: Vec::new(),
            before: Vec::new(),
            seen: BTreeSet::new(),
            under_way: Vec::new(),
            gave_up: false,
            secrets,
            about: Promise::Works,
            news: true,
            lines: (telling == Telling::Story).then(Vec::new),
            last_shown: Observation::nobody(),
        }
    }

    /// The whole journey; the story of a promise that was broken.
    pub(super) fn go(mut self, journey: &Journey) -> Result<(), Story> {
        self.inject_unknown = journey.switches.inject_unknown;
        for step in &journey.steps {
            self.step(step)?;
        }
        self.finish()
    }

    fn step(&mut self, step: &Step) -> Result<(), Story> {
        self.summary.steps += 1;
        match step {
            Step::Do { act, mishap, going, coming } => {
                self.begin(act, mishap.clone(), *going, *coming)?;
            }
            Step::Pass(duration) => {
                self.say(|| format!("{duration:?} pass"));
                self.wire.pass(*duration);
            }
            Step::SetClock(to) => self.set_clock(*to),
            Step::GiveUp => self.give_up(),
            Step::EndElsewhere => {
                if let Some(active) = &self.held.active {
                    self.wire.emulator().revoke_session(&active.member_session_id);
                    self.say(|| "the session is ended from outside".to_owned());
                }
            }
        }
        self.pass_time();
        self.settle()?;
        self.go_on(1)?;
        self.check()
    }

    /// Whoever asked last gives up. What is held stays, unless the client goes on by itself.
    fn give_up(&mut self) {
        let Some(number) = self.begun.iter().rposition(|begun| !begun.ended) else { return };
        if self.driver.give_up(number) {
            self.begun[number].ended = true;
            self.about = Promise::OneAnswer;
            self.gave_up = true;
            self.say(|| format!("({number}) is given up"));
        }
    }

    fn set_clock(&mut self, to: ClockMove) {
        let right = self.wire.emulator().clock().now();
        let now = self.wire.now();
        let wall = match to {
            ClockMove::Right => right,
            ClockMove::Forward(by) => now.checked_add(by).unwrap_or(now),
            ClockMove::Back(by) => now.checked_sub(by).unwrap_or(now),
            ClockMove::Epoch => SystemTime::UNIX_EPOCH,
            ClockMove::FarFuture => far_future(),
        };
        // What begins in the last minutes of the last year has no end that can be written.
        let wall = wall.min(far_future());
        self.wire.set_clock(wall);
        self.say(|| format!("the client's clock is set to {}", story::clock(wall)));
    }

    /// Drops what has expired by the client's clock.
    fn pass_time(&mut self) {
        let now = self.wire.time();
        for held in self.also.iter_mut().map(|(held, _)| held).chain([&mut self.held]) {
            let (active, pending) = (held.active.is_some(), held.pending.is_some());
            held.pass(now);
            if pending && held.pending.is_none() {
                self.about = Promise::IntermediateLife;
                self.generation.other += 1;
            }
            if active && held.active.is_none() {
                self.about = Promise::Expiry;
                self.generation.other += 1;
            }
        }
    }

    fn begin(
        &mut self,
        act: &super::journey::Act,
        mishap: Option<Mishap>,
        going: u8,
        coming: u8,
    ) -> Result<(), Story> {
        let Some(operation) = act::operation(act, self.kinds, &self.held, &self.wire) else {
            return Ok(());
        };
        let number = self.begun.len();
        let kind = operation.kind();
        self.say(|| format!("({number}) {operation}"));
        self.secrets.extend(operation.secret().map(str::to_owned));
        if let Some(mishap) = mishap.clone().filter(|_| kind.endpoint().is_some()) {
            self.wire.plan(number, mishap);
        }
        let busy = self.begun.iter().any(|begun| !begun.ended);
        self.begun.push(Begun {
            owed: self.held.allows(kind) && !busy && !is_impossible(&operation),
            operation: operation.clone(),
            generation: self.generation,
            mishap,
            expected: Expected::Unknown,
            asked: false,
            ended: false,
        });
        self.driver.start(number, operation);
        self.settle()?;
        for (request, left) in &mut self.under_way {
            if self.wire.requests(|all| all[*request].operation) == Some(number) {
                *left = going;
            }
        }
        self.delay_answers(number, going, coming)
    }

    /// Sends the new requests of an operation on their way: with delays, or at once.
    fn delay_answers(&mut self, number: usize, going: u8, coming: u8) -> Result<(), Story> {
        if going > 0 {
            return Ok(());
        }
        let own: Vec<usize> = self
            .under_way
            .iter()
            .map(|(request, _)| *request)
            .filter(|request| self.wire.requests(|all| all[*request].operation) == Some(number))
            .collect();
        for request in own {
            self.wire.serve(request);
            if coming == 0 {
                self.arrive(request)?;
            } else if let Some(entry) = self.under_way.iter_mut().find(|(at, _)| *at == request) {
                entry.1 = coming;
            }
        }
        Ok(())
    }

    /// A step has passed for what is under way.
    fn go_on(&mut self, steps: u8) -> Result<(), Story> {
        for entry in &mut self.under_way {
            entry.1 = entry.1.saturating_sub(steps);
        }
        while let Some(at) = self.under_way.iter().position(|(_, left)| *left == 0) {
            let request = self.under_way[at].0;
            if self.wire.requests(|all| all[request].stage) == Stage::Going {
                self.wire.serve(request);
                self.under_way[at].1 = 1;
                if steps == 1 {
                    continue;
                }
            }
            self.arrive(request)?;
        }
        Ok(())
    }

    /// The answer of a request reaches the client.
    fn arrive(&mut self, request: usize) -> Result<(), Story> {
        self.under_way.retain(|(other, _)| *other != request);
        self.wire.deliver(request);
        self.pass_time();
        self.settle()
    }

    /// Lets the client go on, and tells the model what it has learned.
    fn settle(&mut self) -> Result<(), Story> {
        let ended = self.driver.settle();
        if let Some((promise, what)) = self.wire.broken() {
            return self.broken(promise, vec![what]);
        }
        self.notice_requests()?;
        self.absorb(&ended)?;
        for (number, outcome) in ended {
            self.end(number, &outcome)?;
        }
        self.compare()
    }

    /// Writes down what was held when each new request was sent.
    fn notice_requests(&mut self) -> Result<(), Story> {
        let sent = self.wire.requests(|all| {
            all[self.before.len()..]
                .iter()
                .map(|sent| (sent.operation, sent.stage, sent.method.clone(), sent.path.clone()))
                .collect::<Vec<_>>()
        });
        for (operation, stage, method, path) in sent {
            let index = self.before.len();
            self.summary.requests += 1;
            let pending = self.held.pending.is_some();
            self.before.push(Before { generation: self.generation, pending });
            if stage == Stage::Going {
                self.under_way.push((index, 0));
                self.say(|| format!("    {} sent: {method} {path}", whose(operation)));
            }
            match operation {
                Some(number) if is_impossible(&self.begun[number].operation) => {
                    let what = format!("{method} {path} was sent");
                    return self.broken(Promise::Input, vec![what]);
                }
                None if self.held == Held::default() => {
                    let what = format!("{method} {path} was sent with nobody logged in");
                    return self.broken(Promise::Quiet, vec![what]);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Tells the model of the answers that the client has got.
    fn absorb(&mut self, ended: &[(usize, Outcome)]) -> Result<(), Story> {
        let count = self.wire.requests(|all| all.len());
        for index in 0..count {
            let delivered = self.wire.requests(|all| all[index].stage == Stage::Delivered);
            if delivered && self.seen.insert(index) {
                self.learn(index, ended)?;
            }
        }
        Ok(())
    }

    fn learn(&mut self, index: usize, ended: &[(usize, Outcome)]) -> Result<(), Story> {
        let (operation, own, path, token, mishap, answer, status) = self.wire.requests(|all| {
            let sent = &mut all[index];
            (
                sent.operation,
                sent.own,
                sent.path.clone(),
                sent.session_token.take(),
                sent.mishap.clone(),
                sent.answer.take().unwrap_or(Answer::Unclear),
                sent.status,
            )
        });
        let told = |answer: &Answer| match (&mishap, answer) {
            (Some(mishap), _) => mishap.to_string(),
            (None, Answer::Refused { status, error_type }) => format!("{status} {error_type}"),
            (None, _) => status.map_or("nothing".to_owned(), |status| status.to_string()),
        };
        self.say(|| format!("    {} answered: {path}: {}", whose(operation), told(&answer)));
        self.summary.mishaps += u64::from(mishap.is_some());
        if let Answer::Success(payload) = &answer {
            for name in ["session_token", "session_jwt", "intermediate_session_token"] {
                self.secrets.extend(payload[name].as_str().map(str::to_owned));
            }
        }
        let Some(number) = operation.filter(|_| own) else { return Ok(()) };
        if mishap.is_none() && is_misunderstood(&answer) {
            let what = format!("the server does not understand: {}", told(&answer));
            return self.broken(Promise::Works, vec![what]);
        }
        self.begun[number].asked = true;
        let kind = self.begun[number].operation.kind();
        let before = &self.before[index];
        if self.is_stale(kind, before) {
            self.about = if self.held == Held::default() {
                Promise::NoResurrection
            } else {
                Promise::NoCrossTalk
            };
            self.begun[number].expected = Expected::Either;
            return Ok(());
        }
        let unlike = self.begun[number].generation != self.generation
            || before.generation != self.generation;
        self.generation.other += 1;
        let (after, about) = self.held.after(kind, self.wire.surface(), &answer, self.wire.time());
        // The server has spoken of a token that is no longer the session's.
        let current = self.held.active.as_ref().map(|active| active.session_token.as_str());
        let of_old_token = token.is_some()
            && token.as_deref() != current
            && matches!(answer, Answer::Refused { .. })
            && matches!(kind, OperationKind::Refresh | OperationKind::Revoke);
        let after = if of_old_token { self.held.clone() } else { after };
        self.about = if of_old_token { Promise::NoCrossTalk } else { about };
        self.begun[number].expected = match &answer {
            _ if unlike => Expected::Either,
            Answer::Success(_) => Expected::Success,
            _ if kind == OperationKind::Revoke && after == Held::default() => Expected::Either,
            _ => Expected::Failure,
        };
        let under_way = !ended.iter().any(|(ended, _)| *ended == number);
        if (unlike || under_way) && after != self.held {
            self.also.push((self.held.clone(), self.generation));
        }
        self.hold(after);
        Ok(())
    }

    /// Whether what an answer is about has changed since its request was sent.
    fn is_stale(&self, kind: OperationKind, before: &Before) -> bool {
        use OperationKind as K;
        let active = before.generation.active != self.generation.active;
        let pending = before.generation.pending != self.generation.pending;
        match kind {
            K::Refresh | K::Revoke | K::Exchange => active,
            K::GiveSms | K::GiveTotp | K::GiveRecoveryCode | K::Enter | K::SendSms => {
                if before.pending { pending } else { active }
            }
            _ => active || pending,
        }
    }

    fn hold(&mut self, after: Held) {
        let active = |held: &Held| held.active.as_ref().map(|it| it.member_session_id.clone());
        let pending =
            |held: &Held| held.pending.as_ref().map(|it| it.intermediate_session_token.clone());
        if active(&self.held) != active(&after) {
            self.generation.active += 1;
        }
        if pending(&self.held) != pending(&after) {
            self.generation.pending += 1;
        }
        self.held = after;
        // What is held now may have ended by the client's clock already.
        self.pass_time();
    }

    /// The client has shown that it is this that it holds.
    fn is_held(&mut self, held: Held, generation: Generation) {
        self.held = held;
        self.generation = Generation { other: self.generation.other, ..generation };
    }

    /// An operation has come to its end.
    fn end(&mut self, number: usize, outcome: &Outcome) -> Result<(), Story> {
        let begun = &mut self.begun[number];
        begun.ended = true;
        let kind = begun.operation.kind();
        let (owed, asked, expected) = (begun.owed, begun.asked, begun.expected);
        let odd = self.inject_unknown || begun.mishap == Some(Mishap::Odd);
        let local = kind.endpoint().is_none();
        let success = if odd { Promise::Forward } else { Promise::Replies };
        let broken = match outcome {
            Outcome::Unsupported => None,
            Outcome::NotPossible if owed => {
                let promise = if self.gave_up { Promise::OneAnswer } else { Promise::Works };
                Some((promise, "it was declined, though it was possible".to_owned()))
            }
            Outcome::NotPossible => None,
            Outcome::Done if !local && !asked => {
                Some((Promise::Works, "it is said to be done, and nothing was asked".to_owned()))
            }
            Outcome::Done if expected == Expected::Failure => {
                Some((Promise::Replies, "it is said to be done, and the answer says no".to_owned()))
            }
            Outcome::Done => None,
            Outcome::Failed(text) if expected == Expected::Success => {
                Some((success, format!("the answer says yes, and it failed: {text}")))
            }
            Outcome::Failed(text) if owed && !asked && !self.was_tried(number) => {
                Some((Promise::Works, format!("it failed without being tried: {text}")))
            }
            Outcome::Failed(_) => None,
        };
        self.say(|| match outcome {
            Outcome::Done => format!("    ({number}) done"),
            Outcome::Failed(text) => format!("    ({number}) failed: {text}"),
            Outcome::NotPossible => format!("    ({number}) not possible"),
            Outcome::Unsupported => format!("    ({number}) unsupported"),
        });
        if let Some((promise, what)) = broken {
            return self.broken(promise, vec![what]);
        }
        if let Outcome::Failed(text) = outcome {
            self.check_text(text)?;
            self.news = true;
        }
        if *outcome == Outcome::Done {
            self.summary.done(kind);
            if local {
                self.end_locally(kind);
            }
        }
        Ok(())
    }

    fn end_locally(&mut self, kind: OperationKind) {
        self.about = match kind {
            OperationKind::Restart => Promise::OnlyThreeEnds,
            _ => Promise::NoResurrection,
        };
        if kind == OperationKind::Forget {
            // It is a logout for what is under way, too.
            self.generation.active += 1;
            self.generation.pending += 1;
        }
        self.also.clear();
        self.generation.other += 1;
        self.hold(self.held.after_local(kind));
    }

    /// Whether the operation has sent anything.
    fn was_tried(&self, number: usize) -> bool {
        self.wire.requests(|all| all.iter().any(|sent| sent.operation == Some(number)))
    }

    fn check_text(&mut self, text: &str) -> Result<(), Story> {
        if text.len() > LONGEST_TEXT {
            let what = format!("a text of {} bytes is told", text.len());
            return self.broken(Promise::Bounded, vec![what]);
        }
        if let Some(found) = text.chars().find(|letter| letter.is_control()) {
            let what = format!("the control character {found:?} is told");
            return self.broken(Promise::Bounded, vec![what]);
        }
        self.check_secrets(text)
    }

    fn check_secrets(&mut self, text: &str) -> Result<(), Story> {
        let long = |secret: &&String| secret.len() >= SHORTEST_SECRET;
        let told = self.secrets.iter().filter(long).find(|secret| text.contains(secret.as_str()));
        match told {
            Some(secret) => {
                let what = format!("{} is told: {text}", story::short(secret));
                self.broken(Promise::Secrets, vec![what])
            }
            None => Ok(()),
        }
    }

    /// Compares what the client shows with what it ought to, and looks for secrets in its log.
    fn check(&mut self) -> Result<(), Story> {
        self.compare()?;
        if !std::mem::take(&mut self.news) {
            return Ok(());
        }
        let log = self.driver.log();
        self.check_secrets(&log)
    }

    fn compare(&mut self) -> Result<(), Story> {
        let shown = self.driver.observe();
        let now = self.wire.time();
        if shown != self.last_shown {
            self.news = true;
            if self.lines.is_some() {
                let (before, after) = (story::shown(&self.last_shown), story::shown(&shown));
                if before != after {
                    self.say(|| format!("    shows: {after}"));
                }
            }
            self.last_shown.clone_from(&shown);
        }
        let fits = |wanted: Shown| {
            let mut others = self.also.iter();
            if self.held.compare(&shown, now) == wanted {
                Some((self.held.clone(), self.generation))
            } else {
                others.find(|(held, _)| held.compare(&shown, now) == wanted).cloned()
            }
        };
        if self.held.compare(&shown, now) == Shown::All {
            // As it ought to be.
        } else if let Some((held, generation)) = fits(Shown::All) {
            self.is_held(held, generation);
        } else if let Some((mut held, generation)) = fits(Shown::AllThatLives) {
            held.drop_as(&shown);
            self.is_held(held, generation);
        } else {
            let about = self.what_about(&shown);
            let (shows, should) = (story::shown(&shown), story::held(&self.held));
            return self.broken(
                about,
                vec![format!("shows:       {shows}"), format!("should show: {should}")],
            );
        }
        // A client at rest has seen every answer.
        if self.begun.iter().all(|begun| begun.ended) {
            self.also.clear();
        }
        Ok(())
    }

    /// The promise that is broken by what the client shows.
    fn what_about(&self, shown: &Observation) -> Promise {
        let pending = self.held.pending.as_ref().map(|it| it.intermediate_session_token.as_str());
        match &shown.active {
            Some(active) if active.session_token.is_empty() => Promise::IntermediateIsNotActive,
            Some(active) if pending == Some(&active.session_token) => {
                Promise::IntermediateIsNotActive
            }
            _ => self.about,
        }
    }

    /// Lets everything come to its end.
    fn finish(mut self) -> Result<(), Story> {
        // A client may have to wait before it goes on.
        for _ in 0..8 {
            self.go_on(u8::MAX)?;
            if self.begun.iter().all(|begun| begun.ended) {
                return self.check();
            }
            self.wire.pass(Duration::from_secs(600));
            self.pass_time();
            self.settle()?;
        }
        let open: Vec<_> = self.begun.iter().filter(|begun| !begun.ended).collect();
        let what = open.iter().map(|begun| format!("no answer: {}", begun.operation)).collect();
        self.broken(Promise::OneAnswer, what)
    }

    fn broken<T>(&mut self, promise: Promise, verdict: Vec<String>) -> Result<T, Story> {
        Err(Story { promise, lines: self.lines.take().unwrap_or_default(), verdict })
    }

    /// Adds a line to the story, if it is told.
    fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(line());
        }
    }
}

fn whose(operation: Option<usize>) -> String {
    operation.map_or("unasked".to_owned(), |number| format!("({number})"))
}

/// Whether no request can be made of it.
fn is_impossible(operation: &Operation) -> bool {
    matches!(operation, Operation::Adopt { session_token } if session_token.contains('\n'))
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
