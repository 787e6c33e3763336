//! What happens in a run, and how it is made up.

use std::ops::RangeInclusive;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::client::OperationKind;
use super::mishap::{Flaw, Mishap};

/// How many steps a journey has unless it is said, before it is made smaller. Hardly any is left out
/// from the start.
pub(super) const STEPS: RangeInclusive<usize> = 44..=60;
const LEFT_OUT: f64 = 0.01;

/// How many requests that were not asked for have a fate of their own.
const UNASKED: usize = 16;

/// How many of a hundred requests meet a mishap.
const MISHAPS_OF_A_HUNDRED: u32 = 45;

/// All that happens in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    /// How the server behaves.
    pub switches: Switches,
    /// What happens, one after the other.
    pub steps: Vec<Step>,
    /// What becomes of the requests that the client sends unasked, one after the other, and from the
    /// beginning again.
    pub unasked: Vec<Unasked>,
}

/// What becomes of a request that a client sends by itself; nothing out of the ordinary by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unasked {
    /// What happens to it.
    pub mishap: Option<Mishap>,
    /// How many steps pass before the server acts. While the client is not asked for anything they
    /// are over after a second.
    pub going: u8,
    /// How many more steps pass before the client gets the answer.
    pub coming: u8,
}

/// How the server behaves where a client must bear either; see the methods of
/// [`EmulatorBuilder`](crate::EmulatorBuilder).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are the methods of EmulatorBuilder")]
#[allow(clippy::struct_excessive_bools, reason = "they are switches")]
pub struct Switches {
    pub rotate_session_tokens: bool,
    pub omit_nulls: bool,
    pub inject_unknown: bool,
    pub text_plain_errors: bool,
    pub no_request_id_on_errors: bool,
    pub wrong_code_as_unauthorized: bool,
    pub end_original_on_exchange: bool,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The client is asked for something.
    Do {
        /// What it is asked for.
        act: Act,
        /// What happens to the request.
        mishap: Option<Mishap>,
        /// How many steps pass before the server acts. Of no matter to a [`Client`](super::Client), which
        /// is answered at once.
        going: u8,
        /// How many more steps pass before the client gets the answer.
        coming: u8,
    },
    /// Time passes, for client and server.
    Pass(Duration),
    /// The client's clock is set.
    SetClock(ClockMove),
    /// Whoever asked for the operation that was begun last gives up waiting: its future is dropped.
    /// Nothing for a [`Client`](super::Client).
    GiveUp,
    /// The session is ended from outside: by an administrator, or on another device.
    EndElsewhere,
}

/// What a client is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// Which operation.
    pub choice: Choice,
    /// The organization, where one is named.
    pub place: Place,
    /// Whether password, code or token are the right ones.
    pub proof: Proof,
    /// The minutes of a refresh that extends.
    pub minutes: Option<u32>,
    /// Which process is asked.
    pub process: Process,
}

/// A process that has a client. There is a second one in
/// [`Check::run_pair`](super::Check::run_pair) only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Process {
    /// The first, or the only one.
    #[default]
    First,
    /// The second.
    Second,
}

impl Step {
    /// The client is asked for something, and nothing goes wrong.
    #[must_use]
    pub const fn of(act: Act) -> Self {
        Self::Do { act, mishap: None, going: 0, coming: 0 }
    }
}

impl Act {
    /// This operation, with the right password or code, in [`Place::HarborLights`].
    #[must_use]
    pub const fn of(kind: OperationKind) -> Self {
        Self {
            choice: Choice::Any(kind),
            place: Place::HarborLights,
            proof: Proof::Right,
            minutes: None,
            process: Process::First,
        }
    }
}

/// Which operation a client is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// One of those that make sense now, by its number.
    Sensible(u8),
    /// This one, whether it makes sense or not.
    Any(OperationKind),
}

/// Whether a password, code or token is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proof {
    /// It is right.
    Right,
    /// It is well-formed and wrong.
    Wrong,
    /// It can be none, because a line break is in it; wrong where that is of no matter.
    Impossible,
}

/// An organization of the built-in world, [`Example`](crate::Example).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A password suffices.
    HarborLights,
    /// A password suffices, or SSO.
    NorthPier,
    /// A second factor is needed.
    BlueKiln,
    /// A password does not suffice; a link does.
    SlateQuarry,
    /// One may join it by discovery.
    NightFerry,
    /// There is no such organization.
    Nowhere,
}

/// How a clock is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockMove {
    /// To the right time.
    Right,
    /// Forward.
    Forward(Duration),
    /// Back.
    Back(Duration),
    /// To the beginning of 1970.
    Epoch,
    /// Into the year 9999.
    FarFuture,
}

/// Journeys of some 44 to 60 steps with the given operations; nearly half of the requests meet a mishap.
///
/// They shrink to fewer steps, without mishaps, delays and switches where these do not matter.
///
/// # Panics
///
/// If there is no operation.
pub fn journey(kinds: &[OperationKind]) -> BoxedStrategy<Journey> {
    journey_of_one(kinds, STEPS)
}

/// Journeys of so many steps.
pub(super) fn journey_of_one(
    kinds: &[OperationKind],
    steps: RangeInclusive<usize>,
) -> BoxedStrategy<Journey> {
    journey_with(Just(Process::First), kinds, steps)
}

/// Journeys of two clients, of so many steps.
pub(super) fn journey_of_two(
    kinds: &[OperationKind],
    steps: RangeInclusive<usize>,
) -> BoxedStrategy<Journey> {
    journey_with(select(&[Process::First, Process::Second][..]), kinds, steps)
}

fn journey_with(
    process: impl Strategy<Value = Process> + 'static,
    kinds: &[OperationKind],
    steps: RangeInclusive<usize>,
) -> BoxedStrategy<Journey> {
    let steps = vec(prop::option::weighted(1.0 - LEFT_OUT, step_with(process, kinds)), steps);
    (switches(), steps, vec(unasked(), 0..=UNASKED))
        .prop_map(|(switches, steps, unasked)| Journey {
            switches,
            steps: steps.into_iter().flatten().collect(),
            unasked,
        })
        .boxed()
}

fn switches() -> impl Strategy<Value = Switches> {
    let rarely = || prop::bool::weighted(0.2);
    (rarely(), rarely(), rarely(), rarely(), rarely(), rarely(), rarely()).prop_map(
        |(rotate, omit, inject, plain, anonymous, unauthorized, end)| Switches {
            rotate_session_tokens: rotate,
            omit_nulls: omit,
            inject_unknown: inject,
            text_plain_errors: plain,
            no_request_id_on_errors: anonymous,
            wrong_code_as_unauthorized: unauthorized,
            end_original_on_exchange: end,
        },
    )
}

/// How many steps a request takes in one direction.
fn delay() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0_u8), 2 => 1_u8..5]
}

fn unasked() -> impl Strategy<Value = Unasked> {
    (maybe_mishap(), delay(), delay()).prop_map(|(mishap, going, coming)| Unasked {
        mishap,
        going,
        coming,
    })
}

/// One step; see [`journey`].
pub fn step(kinds: &[OperationKind]) -> impl Strategy<Value = Step> + use<> {
    step_with(Just(Process::First), kinds)
}

fn step_with<P: Strategy<Value = Process>>(
    process: P,
    kinds: &[OperationKind],
) -> impl Strategy<Value = Step> + use<P> {
    let act = (act(process, kinds), maybe_mishap(), delay(), delay())
        .prop_map(|(act, mishap, going, coming)| Step::Do { act, mishap, going, coming });
    prop_oneof![
        78 => act,
        12 => passing().prop_map(Step::Pass),
        6 => clock_move().prop_map(Step::SetClock),
        4 => Just(Step::EndElsewhere),
        3 => Just(Step::GiveUp),
    ]
}

fn act<P: Strategy<Value = Process>>(
    process: P,
    kinds: &[OperationKind],
) -> impl Strategy<Value = Act> + use<P> {
    let choice = prop_oneof![
        6 => (0_u8..60).prop_map(Choice::Sensible),
        1 => select(kinds.to_vec()).prop_map(Choice::Any),
    ];
    let place = prop_oneof![
        4 => Just(Place::HarborLights),
        2 => Just(Place::NorthPier),
        4 => Just(Place::BlueKiln),
        3 => Just(Place::SlateQuarry),
        1 => Just(Place::NightFerry),
        1 => Just(Place::Nowhere),
    ];
    let proof = prop_oneof![
        8 => Just(Proof::Right),
        2 => Just(Proof::Wrong),
        1 => Just(Proof::Impossible),
    ];
    let minutes = prop_oneof![2 => Just(None), 1 => (5_u32..90).prop_map(Some)];
    (choice, place, proof, minutes, process).prop_map(|(choice, place, proof, minutes, process)| {
        Act { choice, place, proof, minutes, process }
    })
}

fn maybe_mishap() -> impl Strategy<Value = Option<Mishap>> {
    prop_oneof![
        100 - MISHAPS_OF_A_HUNDRED => Just(None),
        MISHAPS_OF_A_HUNDRED => mishap().prop_map(Some),
    ]
}

/// What can happen to a request.
pub fn mishap() -> impl Strategy<Value = Mishap> {
    let refused = select(
        &[
            (400, "bad_request"),
            (401, "unauthorized_credentials"),
            (401, "user_unauthenticated"),
            (401, "invalid_secret_authentication"),
            (404, "session_not_found"),
            (404, "intermediate_session_not_found"),
            (403, "organization_suspended"),
            (404, "a_type_of_the_future"),
            (429, "too_many_requests"),
            (429, "session_not_found"),
            (500, "internal_server_error"),
            (502, "session_not_found"),
            (503, "server_unavailable"),
        ][..],
    )
    .prop_map(|(status, error_type)| Mishap::Refused { status, error_type });
    prop_oneof![
        1 => Just(Mishap::NotSent),
        1 => Just(Mishap::LostRequest),
        2 => Just(Mishap::LostAnswer),
        5 => refused,
        1 => Just(Mishap::Schema),
        1 => Just(Mishap::OAuth),
        1 => Just(Mishap::Echo),
        3 => select(&[200_u16, 401, 403, 404, 502][..]).prop_map(Mishap::Html),
        1 => Just(Mishap::Redirect),
        4 => select(&Flaw::ALL[..]).prop_map(Mishap::Flawed),
        1 => Just(Mishap::Odd),
    ]
}

/// Some time, mostly short; a session lives for an hour at most here.
pub fn passing() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => 1_u64..=60,
        4 => 60_u64..=600,
        2 => Just(600_u64),
        2 => 600_u64..=3600,
        1 => 3600_u64..=90_000,
    ]
    .prop_map(Duration::from_secs)
}

/// How a clock may be set; mostly to the right time again.
pub fn clock_move() -> impl Strategy<Value = ClockMove> {
    let step = || select(&[1_u64, 3600, 86_400, 315_360_000][..]).prop_map(Duration::from_secs);
    prop_oneof![
        8 => Just(ClockMove::Right),
        2 => step().prop_map(ClockMove::Back),
        2 => step().prop_map(ClockMove::Forward),
        1 => Just(ClockMove::Epoch),
        1 => Just(ClockMove::FarFuture),
    ]
}
