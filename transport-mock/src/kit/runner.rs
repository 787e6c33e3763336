//! Takes a client through a journey and compares it with the model.

mod agreement;
mod judging;
mod learning;
mod pacing;
mod passing;
mod sending;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use self::agreement::{GivenUp, Was};
use self::judging::Moment;
use self::pacing::Pace;
use super::act;
use super::client::{Observation, Operation, OperationKind};
use super::driver::Driver;
use super::journey::{Act, ClockMove, Journey, Process, Step};
use super::mishap::Mishap;
use super::model::Held;
use super::panics;
use super::promise::Promise;
use super::story::{self, Story};
use super::summary::Summary;
use super::wire::Wire;

/// In the year 9999, the last that a timestamp can name.
fn far_future() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(253_380_000_000)
}

/// How long two clients have to look at what the other one does.
const TO_LOOK: Duration = Duration::from_secs(2);

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
    /// How often the active session has moved because the server no longer knew it: a login that was
    /// under way may go on after that, or not.
    rejected: u64,
    /// How much has expired or been answered: a client may drop what was asked before that, or not.
    other: u64,
}

/// What a client may hold as well, after an answer to an operation.
#[derive(Clone)]
struct Also {
    held: Held,
    generation: Generation,
    /// Until this operation has ended the client may still come to hold it.
    operation: Option<usize>,
}

/// An operation that was begun.
struct Begun {
    operation: Operation,
    /// Which client was asked.
    process: usize,
    /// Whether the client must not decline it.
    owed: bool,
    /// Whether it may join another one like it, and send nothing.
    joined: bool,
    generation: Generation,
    mishap: Option<Mishap>,
    /// How many steps its first request takes to the server, and the answer back.
    delays: (u8, u8),
    /// What it must come to; unknown as long as no answer says so.
    expected: Expected,
    asked: bool,
    ended: bool,
    /// The token of the session that it has ended.
    revoked: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Unknown,
    Success,
    Failure,
    Either,
}

/// A request under way, and how many steps it still takes.
struct Travel {
    request: usize,
    asked: bool,
    served: bool,
    going: u8,
    coming: u8,
}

/// Whether requests and answers take their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delays {
    Kept,
    /// For requests that were not asked for.
    OverUnasked,
    Over,
}

/// What was held when a request was sent.
struct Before {
    generation: Generation,
    pending: bool,
    /// How much time had really passed.
    elapsed: Duration,
    /// Whether it was sent beside another client's refresh, which took too long.
    ahead: bool,
}

pub(super) struct Run<'a, D> {
    wire: Wire,
    driver: D,
    kinds: &'a [OperationKind],
    summary: &'a mut Summary,
    inject_unknown: bool,
    held: Held,
    /// What a client may hold as well, because it may have ignored an answer, or not yet seen it.
    also: Vec<Also>,
    /// What one of two clients has dropped because it is over by the time that has really passed. The
    /// other one may show it for as long as the clock says, which was set back.
    dropped: Held,
    generation: Generation,
    begun: Vec<Begun>,
    before: Vec<Before>,
    /// Requests whose answers the model has seen.
    seen: BTreeSet<usize>,
    under_way: Vec<Travel>,
    /// Whether an operation has been given up: a client must not wait for it.
    gave_up: bool,
    /// Whether nobody is logged in because of a logout.
    logged_out: bool,
    /// The tokens of sessions that the user has logged out of, or had forgotten.
    given_up: BTreeMap<String, GivenUp>,
    secrets: BTreeSet<String>,
    /// The promise that what happened last is about.
    about: Promise,
    /// Whether the client shows something new, or has told something, since its log was searched.
    news: bool,
    /// The story so far, if it is to be told.
    lines: Option<Vec<String>>,
    /// What each client shows.
    shown: Vec<Observation>,
    /// What the subscribers of each were told last; unknown after a restart.
    told: Vec<Option<Observation>>,
    /// What was held of late.
    was: Vec<Was>,
    /// When the clock was set last.
    clock_set: Option<Duration>,
    /// Whether the client refreshes by itself.
    background: bool,
    paces: Vec<Pace>,
    /// When the session began or was refreshed last.
    refreshed: Duration,
    /// By how much those may be woken too late who wait for the time.
    late: Duration,
}

impl<'a, D: Driver> Run<'a, D> {
    pub(super) fn new(
        wire: Wire,
        driver: D,
        kinds: &'a [OperationKind],
        summary: &'a mut Summary,
        telling: Telling,
        background: bool,
    ) -> Self {
        let processes = driver.processes();
        let secrets = BTreeSet::from([wire.project_secret().to_owned()]);
        Self {
            wire,
            driver,
            kinds,
            summary,
            inject_unknown: false,
            held: Held::default(),
            also: Vec::new(),
            dropped: Held::default(),
            generation: Generation::default(),
            begun: Vec::new(),
            before: Vec::new(),
            seen: BTreeSet::new(),
            under_way: Vec::new(),
            gave_up: false,
            logged_out: false,
            given_up: BTreeMap::new(),
            secrets,
            about: Promise::Works,
            news: true,
            lines: (telling == Telling::Story).then(Vec::new),
            shown: vec![Observation::nobody(); processes],
            told: vec![Some(Observation::nobody()); processes],
            was: Vec::new(),
            clock_set: None,
            background,
            paces: vec![Pace::default(); processes],
            refreshed: Duration::ZERO,
            late: Duration::ZERO,
        }
    }

    /// The whole journey; the story of a promise that was broken.
    pub(super) fn go(mut self, journey: &Journey) -> Result<(), Story> {
        match panics::caught(|| self.walk(journey)) {
            Ok(result) => result,
            Err(panic) => {
                self.check_secrets(&panic)?;
                self.broken(Promise::OneAnswer, vec![format!("the client {panic}")])
            }
        }
    }

    fn walk(&mut self, journey: &Journey) -> Result<(), Story> {
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
                self.pass(*duration)?;
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
        self.tick();
        self.travel(Delays::Kept)?;
        self.look_around()?;
        self.check()
    }

    /// Gives each of two clients the time to look at what the other has done.
    fn look_around(&mut self) -> Result<(), Story> {
        if self.shown.len() > 1 {
            self.pass(TO_LOOK)?;
            self.pass_time();
            self.settle()?;
        }
        Ok(())
    }

    /// Whoever asked last gives up. What is held stays, unless the client goes on by itself.
    fn give_up(&mut self) {
        let Some(number) = self.begun.iter().rposition(|begun| !begun.ended) else { return };
        if self.driver.give_up(number) {
            let Begun { ended, process, .. } = &mut self.begun[number];
            *ended = true;
            // The client may go on with it by itself.
            self.paces[*process].excuse();
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
        self.clock_set = Some(self.wire.elapsed());
        self.pace_by_other_clock();
        self.say(|| format!("the client's clock is set to {}", story::clock(wall)));
    }

    /// Drops what has expired by the client's clock.
    fn pass_time(&mut self) {
        let now = self.wire.time();
        if self.held.expires(now) {
            self.remember(self.held.clone(), None);
        }
        self.dropped.pass(now);
        for held in self.also.iter_mut().map(|also| &mut also.held).chain([&mut self.held]) {
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
        act: &Act,
        mishap: Option<Mishap>,
        going: u8,
        coming: u8,
    ) -> Result<(), Story> {
        let Some(operation) = act::operation(act, self.kinds, &self.held, &self.wire) else {
            return Ok(());
        };
        let number = self.begun.len();
        let kind = operation.kind();
        let process = match act.process {
            Process::Second if self.shown.len() > 1 => 1,
            _ => 0,
        };
        let of_second = if process == 1 { "the second client: " } else { "" };
        self.say(|| format!("({number}) {of_second}{operation}"));
        self.secrets.extend(operation.secret().map(str::to_owned));
        if let Some(mishap) = mishap.clone().filter(|_| kind.endpoint().is_some()) {
            self.wire.plan(number, mishap);
        }
        let busy = self.begun.iter().any(|begun| !begun.ended);
        if kind == OperationKind::Restart {
            // Who asked before may never hear.
            self.generation.other += 1;
            // It may ask at once whether its session still lives.
            self.pace_of_restarted(process);
        }
        let same = |begun: &Begun| !begun.ended && begun.operation.kind() == kind;
        let mut joined = self.begun.iter().any(same);
        if self.background && kind == OperationKind::Refresh {
            joined |= self.wire.requests(|all| {
                let is_refresh = |index: usize| all[index].kind == Some(kind);
                self.under_way.iter().any(|travel| is_refresh(travel.request))
            });
        }
        self.begun.push(Begun {
            process,
            joined,
            owed: self.held.allows(kind) && !busy && !is_impossible(&operation),
            operation: operation.clone(),
            generation: self.generation,
            mishap,
            delays: (going, coming),
            expected: Expected::Unknown,
            asked: false,
            ended: false,
            revoked: None,
        });
        self.driver.start(number, operation, process);
        self.settle()?;
        self.travel(Delays::Kept)
    }

    /// A step has passed for what is under way.
    fn tick(&mut self) {
        for travel in &mut self.under_way {
            let left = if travel.served { &mut travel.coming } else { &mut travel.going };
            *left = left.saturating_sub(1);
        }
    }

    /// Lets requests reach the server, and answers the client, whose time has come.
    fn travel(&mut self, delays: Delays) -> Result<(), Story> {
        let is_due = |travel: &Travel| {
            let left = if travel.served { travel.coming } else { travel.going };
            match delays {
                Delays::Kept => left == 0,
                Delays::OverUnasked => left == 0 || !travel.asked,
                Delays::Over => true,
            }
        };
        while let Some(at) = self.under_way.iter().position(is_due) {
            let travel = &mut self.under_way[at];
            if travel.served {
                let request = self.under_way.remove(at).request;
                self.arrive(request)?;
            } else {
                travel.served = true;
                self.wire.serve(travel.request);
            }
        }
        Ok(())
    }

    /// The answer of a request reaches the client.
    fn arrive(&mut self, request: usize) -> Result<(), Story> {
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
        self.compare(Moment::Passing)
    }

    /// Lets everything come to its end.
    fn finish(&mut self) -> Result<(), Story> {
        // A client may have to wait before it goes on.
        for _ in 0..8 {
            self.travel(Delays::Over)?;
            if self.begun.iter().all(|begun| begun.ended) {
                self.look_around()?;
                self.check()?;
                return if self.background { self.end_clients() } else { Ok(()) };
            }
            self.pass(Duration::from_secs(600))?;
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
