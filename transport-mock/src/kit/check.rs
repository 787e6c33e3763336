//! Many journeys, and the smallest that breaks a promise.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Range, RangeInclusive};

use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::client::{AsyncClient, Client, OperationKind};
use super::driver::{AtOnce, Overlapping};
use super::journey::{Journey, STEPS, journey_of_one, journey_of_two};
use super::runner::{Run, Telling};
use super::story::Story;
use super::summary::Summary;
use super::wire::{Mode, Surface, Wire};
use crate::{Emulator, VirtualClock};

/// The variable by which a single seed is run again.
const SEED_VARIABLE: &str = "STYTCH_KIT_SEED";

/// How many seeds are run unless it is said; so many that a test does not take long.
const SEEDS: u64 = 256;

/// How many steps in a row are left out at once when a journey is trimmed.
const TRIMMED: usize = 4;

/// How often a journey is made smaller at most.
const SHRINKS: usize = 2000;

/// Takes a client through random journeys and compares it with the model after each step.
///
/// With the variable `STYTCH_KIT_SEED` every check of the process runs that seed alone.
///
/// [`run`](Self::run) and [`run_async`](Self::run_async) panic with the story of the smallest
/// journey that breaks a promise; [`try_run`](Self::try_run) and
/// [`try_run_async`](Self::try_run_async) return it. See the [module](super) for an example.
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until it is run"]
pub struct Check {
    surface: Surface,
    kinds: Cow<'static, [OperationKind]>,
    seeds: Range<u64>,
    steps: RangeInclusive<usize>,
    background: bool,
}

/// What a [`Check`] has found: the story of a broken promise, and the seed of its journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    seed: u64,
    tried: u64,
    story: Story,
    journey: Journey,
}

impl Default for Check {
    fn default() -> Self {
        Self::new()
    }
}

impl Check {
    /// 256 seeds on the frontend, with all operations.
    pub const fn new() -> Self {
        Self {
            surface: Surface::Frontend,
            kinds: Cow::Borrowed(&OperationKind::ALL),
            seeds: 0..SEEDS,
            steps: STEPS,
            background: false,
        }
    }

    /// The surface that the client uses; the frontend unless it is said.
    pub const fn surface(mut self, surface: Surface) -> Self {
        self.surface = surface;
        self
    }

    /// Asks only for these operations. If nothing is among them that goes on from an unfinished login
    /// (a code, a link, [`Enter`](OperationKind::Enter)), the client may refuse one: it says that the
    /// login failed and shows what it showed before.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn only(mut self, kinds: impl IntoIterator<Item = OperationKind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        assert!(!self.kinds.is_empty(), "there is no operation to ask for");
        self
    }

    /// The seeds to run, one journey each; 256 unless it is said.
    pub const fn seeds(mut self, seeds: Range<u64>) -> Self {
        self.seeds = seeds;
        self
    }

    /// How many steps each journey has; 44 to 60 unless it is said. Some mistakes need a long story,
    /// others many beginnings: in the same time more short journeys can be run.
    ///
    /// # Panics
    ///
    /// If the range is empty.
    #[track_caller]
    pub const fn steps(mut self, steps: RangeInclusive<usize>) -> Self {
        assert!(*steps.start() <= *steps.end(), "no journey has so many steps");
        self.steps = steps;
        self
    }

    /// The client refreshes its session by itself, and this is checked too:
    ///
    /// * One refresh of a session is under way at a time, whoever wants it; an operation that joins one
    ///   that is under way sends nothing. Of two clients one may go ahead after half a minute: the other
    ///   one's process may be gone.
    /// * A session is refreshed within a quarter of an hour, if not after a minute or more. Failures
    ///   make the waits grow, from 1.5 seconds or more at first to twice as much each time, up to two
    ///   minutes or more. Sooner it may be done when the session began, for once after the clock was
    ///   set or the client restarted, and when the session is about to end.
    /// * Without a session nothing is refreshed.
    /// * Once the client is dropped its tasks end, within an hour and without a request.
    /// * The answer to a refresh counts, whoever has wanted it.
    pub const fn background(mut self) -> Self {
        self.background = true;
        self
    }

    /// Checks a client; `make` makes one for each journey.
    ///
    /// # Panics
    ///
    /// If a promise is broken, with the story of it, and if the client never did anything.
    #[track_caller]
    pub fn run<C: Client>(&self, make: impl Fn(Wire) -> C) -> Summary {
        demand(self.try_run(make))
    }

    /// Checks a client whose operations overlap.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_async<C: AsyncClient>(&self, make: impl Fn(Wire) -> C) -> Summary {
        demand(self.try_run_async(make))
    }

    /// As [`run`](Self::run), without panics.
    ///
    /// # Errors
    ///
    /// The first broken promise, with its journey made as small as it gets.
    pub fn try_run<C: Client>(&self, make: impl Fn(Wire) -> C) -> Result<Summary, Box<Finding>> {
        self.search(&self.journeys(), |journey, telling, summary| {
            self.at_once(journey, telling, summary, &make)
        })
    }

    /// As [`run_async`](Self::run_async), without panics.
    ///
    /// # Errors
    ///
    /// The first broken promise, with its journey made as small as it gets.
    pub fn try_run_async<C: AsyncClient>(
        &self,
        make: impl Fn(Wire) -> C,
    ) -> Result<Summary, Box<Finding>> {
        self.search(&self.journeys(), |journey, telling, summary| {
            self.overlapping(journey, telling, summary, &make)
        })
    }

    /// Takes a client through one journey: that of a [`Finding`], or one written down for a
    /// regression test.
    ///
    /// ```
    /// use stytch_session_mock::kit::{
    ///     Act, Check, Client, Journey, Observation, Operation, OperationKind, Outcome, Promise, Step,
    ///     Switches,
    /// };
    ///
    /// /// Says yes to everything.
    /// struct Sloppy;
    ///
    /// impl Client for Sloppy {
    ///     fn apply(&mut self, _: &Operation) -> Outcome {
    ///         Outcome::Done
    ///     }
    ///     fn observe(&mut self) -> Observation {
    ///         Observation::nobody()
    ///     }
    /// }
    ///
    /// let step = Step::of(Act::of(OperationKind::Login));
    /// let journey = Journey { switches: Switches::default(), steps: vec![step], unasked: vec![] };
    /// let story = Check::new().replay(&journey, |_| Sloppy).expect_err("it has not logged in");
    /// assert_eq!(story.promise(), Promise::Works);
    /// ```
    ///
    /// # Errors
    ///
    /// The story of a promise that it breaks.
    pub fn replay<C: Client>(
        &self,
        journey: &Journey,
        make: impl Fn(Wire) -> C,
    ) -> Result<Summary, Story> {
        let mut summary = Summary::default();
        summary.journeys = 1;
        self.at_once(journey, Telling::Story, &mut summary, &make).map(|()| summary)
    }

    /// As [`replay`](Self::replay), for a client whose operations overlap.
    ///
    /// # Errors
    ///
    /// The story of a promise that it breaks.
    pub fn replay_async<C: AsyncClient>(
        &self,
        journey: &Journey,
        make: impl Fn(Wire) -> C,
    ) -> Result<Summary, Story> {
        let mut summary = Summary::default();
        summary.journeys = 1;
        self.overlapping(journey, Telling::Story, &mut summary, &make).map(|()| summary)
    }

    /// Checks two clients whose operations overlap and who share what they hold, by a store for
    /// instance; `make` makes both, each with its own wire.
    ///
    /// Each is asked for operations, and both must show the same two seconds after each step: one may
    /// lag behind what the other has changed by a second. What one of them has logged out of the other
    /// must not bring back.
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    #[track_caller]
    pub fn run_pair<C: AsyncClient>(&self, make: impl Fn([Wire; 2]) -> [C; 2]) -> Summary {
        demand(self.try_run_pair(make))
    }

    /// As [`run_pair`](Self::run_pair), without panics.
    ///
    /// # Errors
    ///
    /// The first broken promise, with its journey made as small as it gets.
    pub fn try_run_pair<C: AsyncClient>(
        &self,
        make: impl Fn([Wire; 2]) -> [C; 2],
    ) -> Result<Summary, Box<Finding>> {
        self.search(
            &journey_of_two(&self.kinds, self.steps.clone()),
            |journey, telling, summary| self.pair(journey, telling, summary, &make),
        )
    }

    /// As [`replay`](Self::replay), for two clients.
    ///
    /// # Errors
    ///
    /// The story of a promise that they break.
    pub fn replay_pair<C: AsyncClient>(
        &self,
        journey: &Journey,
        make: impl Fn([Wire; 2]) -> [C; 2],
    ) -> Result<Summary, Story> {
        let mut summary = Summary::default();
        summary.journeys = 1;
        self.pair(journey, Telling::Story, &mut summary, &make).map(|()| summary)
    }

    fn pair<C: AsyncClient>(
        &self,
        journey: &Journey,
        telling: Telling,
        summary: &mut Summary,
        make: &impl Fn([Wire; 2]) -> [C; 2],
    ) -> Result<(), Story> {
        let wire = self.wire(journey, Mode::Later);
        let clients = make([wire.of_process(0), wire.of_process(1)]);
        let driver = Overlapping::new(clients, wire.clone());
        Run::new(wire, driver, &self.kinds, summary, telling, self.background).go(journey)
    }

    fn at_once<C: Client>(
        &self,
        journey: &Journey,
        telling: Telling,
        summary: &mut Summary,
        make: &impl Fn(Wire) -> C,
    ) -> Result<(), Story> {
        let wire = self.wire(journey, Mode::AtOnce);
        let driver = AtOnce::new(make(wire.clone()), wire.clone());
        Run::new(wire, driver, &self.kinds, summary, telling, false).go(journey)
    }

    fn overlapping<C: AsyncClient>(
        &self,
        journey: &Journey,
        telling: Telling,
        summary: &mut Summary,
        make: &impl Fn(Wire) -> C,
    ) -> Result<(), Story> {
        let wire = self.wire(journey, Mode::Later);
        let driver = Overlapping::new([make(wire.clone())], wire.clone());
        Run::new(wire, driver, &self.kinds, summary, telling, self.background).go(journey)
    }

    fn wire(&self, journey: &Journey, mode: Mode) -> Wire {
        let switches = journey.switches;
        let mut builder =
            Emulator::example_builder().clock(VirtualClock::new()).constant_signature().strict();
        if switches.rotate_session_tokens {
            builder = builder.rotate_session_tokens();
        }
        if switches.omit_nulls {
            builder = builder.omit_nulls();
        }
        if switches.inject_unknown {
            builder = builder.inject_unknown();
        }
        if switches.text_plain_errors {
            builder = builder.text_plain_errors();
        }
        if switches.no_request_id_on_errors {
            builder = builder.no_request_id_on_errors();
        }
        if switches.wrong_code_as_unauthorized {
            builder = builder.wrong_code_as_unauthorized();
        }
        if switches.end_original_on_exchange {
            builder = builder.end_original_on_exchange();
        }
        Wire::new(builder.build(), self.surface, mode, &journey.unasked)
    }

    fn journeys(&self) -> BoxedStrategy<Journey> {
        journey_of_one(&self.kinds, self.steps.clone())
    }

    fn search(
        &self,
        strategy: &BoxedStrategy<Journey>,
        take: impl Fn(&Journey, Telling, &mut Summary) -> Result<(), Story>,
    ) -> Result<Summary, Box<Finding>> {
        let only = std::env::var(SEED_VARIABLE).ok().map(|seed| match seed.parse::<u64>() {
            Ok(seed) if seed < u64::MAX => seed,
            _ => panic!("{SEED_VARIABLE} is no seed: {seed:?}"),
        });
        let seeds = only.map_or(self.seeds.clone(), |seed| seed..seed + 1);
        let mut summary = Summary::default();
        let first = seeds.start;
        for seed in seeds {
            let mut tree = tree(strategy, seed);
            let mut journey = tree.current();
            summary.journeys += 1;
            let Err(untold) = take(&journey, Telling::Nothing, &mut summary) else { continue };
            let mut unseen = Summary::default();
            shrink(&mut *tree, |smaller| {
                let passes = take(&smaller, Telling::Nothing, &mut unseen).is_ok();
                if !passes {
                    journey = smaller;
                }
                passes
            });
            trim(&mut journey, |shorter| take(shorter, Telling::Nothing, &mut unseen).is_ok());
            let told = take(&journey, Telling::Story, &mut unseen);
            let story = told.err().unwrap_or_else(|| untold.of_a_fickle_client());
            return Err(Box::new(Finding { seed, tried: seed - first + 1, story, journey }));
        }
        Ok(summary)
    }
}

#[track_caller]
fn demand(result: Result<Summary, Box<Finding>>) -> Summary {
    let summary = match result {
        Ok(summary) => summary,
        Err(finding) => panic!("{finding}"),
    };
    assert!(!summary.did_nothing(), "the client never did anything: {summary}");
    summary
}

type Tree = Box<dyn ValueTree<Value = Journey>>;

/// The journey of a seed.
fn tree(strategy: &BoxedStrategy<Journey>, seed: u64) -> Tree {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng);
    Box::new(strategy.new_tree(&mut runner).expect("journeys are made without rejection"))
}

/// Makes a journey smaller for as long as it still breaks a promise.
fn shrink(tree: &mut dyn ValueTree<Value = Journey>, mut passes: impl FnMut(Journey) -> bool) {
    if !tree.simplify() {
        return;
    }
    for _ in 0..SHRINKS {
        let goes_on = if passes(tree.current()) { tree.complicate() } else { tree.simplify() };
        if !goes_on {
            return;
        }
    }
}

/// Leaves out steps that only matter together, a login and its logout for instance.
fn trim(journey: &mut Journey, mut passes: impl FnMut(&Journey) -> bool) {
    let mut width = TRIMMED.min(journey.steps.len());
    while width > 0 {
        let starts = 0..=journey.steps.len().saturating_sub(width);
        let shorter = starts.rev().find_map(|start| {
            let mut shorter = journey.clone();
            shorter.steps.drain(start..(start + width).min(shorter.steps.len()));
            (!passes(&shorter)).then_some(shorter)
        });
        match shorter {
            Some(shorter) => *journey = shorter,
            None => width -= 1,
        }
        width = width.min(journey.steps.len());
    }
}

impl Finding {
    /// The seed of the journey.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// How many seeds were tried until it was found.
    #[must_use]
    pub const fn seeds_tried(&self) -> u64 {
        self.tried
    }

    /// What happened.
    #[must_use]
    pub const fn story(&self) -> &Story {
        &self.story
    }

    /// The journey, made small.
    #[must_use]
    pub const fn journey(&self) -> &Journey {
        &self.journey
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switches = format!("{:?}", self.journey.switches);
        let on = switches.split(['{', '}', ',']).filter_map(|it| it.trim().strip_suffix(": true"));
        let on = on.collect::<Vec<_>>().join(", ");
        write!(f, "{}", self.story)?;
        if !on.is_empty() {
            writeln!(f, "\nswitches of the emulator: {on}")?;
        }
        // A test has a thread of its name.
        let thread = std::thread::current();
        let test = thread.name().filter(|name| *name != "main").unwrap_or_default();
        write!(f, "\nagain: {SEED_VARIABLE}={} cargo test {test}", self.seed)
    }
}
