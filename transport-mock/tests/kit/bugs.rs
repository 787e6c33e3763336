//! Bugs, and how soon each is found.
//!
//! The table of the README is printed by
//! `cargo test --release -p stytch-session-mock --all-features --test kit bugs -- --nocapture`.

use stytch_session_mock::kit::{Check, Finding, Promise, Summary, Surface};

use super::memory::Store;
use super::plain::Plain;
use super::steady::Steady;

/// What can be wrong with the client written by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    NoGenerationCheck,
    RefreshIsNotGuarded,
    FailedExchangeEnds,
    UnfinishedExchangeForgets,
    ServerErrorEnds,
    StatusDoesNotMatter,
    PageEnds,
    OddAnswerEnds,
    LostAnswerEnds,
    AnyOperationEnds,
    WrongCodeEnds,
    ProjectSecretEndsSession,
    IntermediateIsActive,
    TakesEmptyTokens,
    IntermediateLivesOn,
    RenewsIntermediate,
    KeepsDeadIntermediate,
    ForgetsIntermediateAtRestart,
    IgnoresExpiry,
    SavesNoExpiry,
    WaitsForever,
    StaysBusy,
    AnyTwoHundredIsSuccess,
    KeepsOldToken,
    KnowsAllStatuses,
    TellsPages,
    TellsMessages,
    LogsTokens,
    SendsLineBreaks,
    FollowsRedirects,
    RefreshesAfterLogout,
    // Of the client that refreshes by itself.
    TwoRefreshes,
    TellsTwice,
    TellsNoEnd,
    KeepsStored,
    RefreshesForEver,
    OutlivesItsHandle,
    HasNoPatience,
    IsTooEager,
    NeverRefreshes,
    // Of two such.
    EachForItself,
    LooksTooLate,
}

/// Each bug, what it is, and the promises of which it may break one.
const BUGS: &[(Bug, &str, &[Promise])] = &[
    (
        Bug::NoGenerationCheck,
        "takes every answer, however late",
        &[Promise::NoResurrection, Promise::NoCrossTalk],
    ),
    (
        Bug::RefreshIsNotGuarded,
        "takes the answer of a refresh after the logout",
        &[Promise::NoResurrection, Promise::NoCrossTalk],
    ),
    (
        Bug::FailedExchangeEnds,
        "ends the session when an exchange fails",
        &[Promise::HarmlessExchange],
    ),
    (
        Bug::UnfinishedExchangeForgets,
        "forgets the session when an exchange stays unfinished",
        &[Promise::HarmlessExchange],
    ),
    (Bug::ServerErrorEnds, "takes a broken server for a rejection", &[Promise::OnlyThreeEnds]),
    (
        Bug::StatusDoesNotMatter,
        "looks at the error's type and not at the status",
        &[Promise::OnlyThreeEnds],
    ),
    (Bug::PageEnds, "takes a proxy's 401 or 403 for a rejection", &[Promise::OnlyThreeEnds]),
    (Bug::OddAnswerEnds, "ends the session when it does not understand", &[Promise::OnlyThreeEnds]),
    (
        Bug::LostAnswerEnds,
        "is logged out when the answer of the logout is lost",
        &[Promise::OnlyThreeEnds],
    ),
    (
        Bug::AnyOperationEnds,
        "takes the refusal of any operation for a rejection",
        &[Promise::HarmlessExchange, Promise::OnlyThreeEnds],
    ),
    (Bug::WrongCodeEnds, "gives a login up after a wrong code", &[Promise::OnlyThreeEnds]),
    (
        Bug::ProjectSecretEndsSession,
        "backend: takes a wrong project secret for a rejection",
        &[Promise::OnlyThreeEnds],
    ),
    (
        Bug::IntermediateIsActive,
        "takes an unfinished login for a session",
        &[Promise::IntermediateIsNotActive, Promise::HarmlessExchange],
    ),
    (
        Bug::TakesEmptyTokens,
        "takes an empty token",
        &[
            Promise::IntermediateIsNotActive,
            Promise::Replies,
            Promise::HarmlessExchange,
            Promise::OnlyThreeEnds,
        ],
    ),
    (
        Bug::IntermediateLivesOn,
        "shows an unfinished login after ten minutes",
        &[Promise::IntermediateLife],
    ),
    (
        Bug::RenewsIntermediate,
        "counts the ten minutes anew when the same token comes back",
        &[Promise::IntermediateLife],
    ),
    (
        Bug::KeepsDeadIntermediate,
        "keeps an unfinished login that the server does not know",
        &[Promise::IntermediateLife],
    ),
    (
        Bug::ForgetsIntermediateAtRestart,
        "loses an unfinished login over a restart",
        &[Promise::OnlyThreeEnds],
    ),
    (Bug::IgnoresExpiry, "shows an expired session", &[Promise::Expiry]),
    (
        Bug::SavesNoExpiry,
        "forgets over a restart when the session ends",
        &[Promise::Expiry, Promise::OnlyThreeEnds],
    ),
    (
        Bug::RefreshesAfterLogout,
        "repeats a refresh after a while, also if the user has logged out meanwhile",
        &[Promise::Quiet],
    ),
    (Bug::WaitsForever, "never comes back from a 503", &[Promise::OneAnswer]),
    (Bug::StaysBusy, "waits for an operation that was given up", &[Promise::OneAnswer]),
    (
        Bug::AnyTwoHundredIsSuccess,
        "takes every 200 of a logout for a success",
        &[Promise::Replies, Promise::OnlyThreeEnds],
    ),
    (Bug::KeepsOldToken, "does not take the new token of a refresh", &[Promise::Replies]),
    (Bug::KnowsAllStatuses, "does not understand a new status of a member", &[Promise::Forward]),
    (Bug::TellsPages, "tells the page of a proxy as it is", &[Promise::Bounded]),
    (Bug::TellsMessages, "tells the server's message as it is", &[Promise::Secrets]),
    (Bug::LogsTokens, "logs the token", &[Promise::Secrets]),
    (Bug::SendsLineBreaks, "sends a token with a line break", &[Promise::Input]),
    (Bug::FollowsRedirects, "follows a redirect to elsewhere", &[Promise::Origin]),
];

/// Those of a client that refreshes by itself.
const IN_THE_BACKGROUND: &[(Bug, &str, &[Promise])] = &[
    (Bug::TwoRefreshes, "refreshes by itself while a refresh is under way", &[Promise::OneRefresh]),
    (Bug::TellsTwice, "tells each change twice", &[Promise::Agreement]),
    (Bug::TellsNoEnd, "does not tell that a session is over", &[Promise::Agreement]),
    (Bug::KeepsStored, "keeps in its store what is over", &[Promise::Agreement]),
    (Bug::RefreshesForEver, "goes on to refresh after the logout", &[Promise::Quiet]),
    (Bug::OutlivesItsHandle, "goes on when it is dropped", &[Promise::Quiet]),
    (Bug::HasNoPatience, "tries again at once when a refresh fails", &[Promise::Refresh]),
    (Bug::IsTooEager, "refreshes every 30 seconds", &[Promise::Refresh]),
    (Bug::NeverRefreshes, "does not refresh by itself", &[Promise::Refresh]),
];

/// Those of two such clients with one store.
const OF_TWO: &[(Bug, &str, &[Promise])] = &[
    (Bug::EachForItself, "two processes: both refresh at once", &[Promise::OneRefresh]),
    (
        Bug::LooksTooLate,
        "two processes: stores an answer over the other's logout",
        &[Promise::NoResurrection, Promise::NoCrossTalk, Promise::Quiet],
    ),
    (
        Bug::RefreshIsNotGuarded,
        "two processes: takes the answer of a refresh after the other's logout",
        &[Promise::NoResurrection, Promise::NoCrossTalk],
    ),
];

/// How many seeds a bug may hide from.
const SEEDS: u64 = 10_000;

#[test]
fn each_planted_bug_is_found() {
    println!("| bug | promise | seeds | steps of the story |\n|---|---|---|---|");
    each(BUGS, |check, bug| {
        let surface = match bug {
            Bug::ProjectSecretEndsSession => Surface::Backend,
            _ => Surface::Frontend,
        };
        check.surface(surface).try_run_async(|wire| Plain::new(wire, Some(bug)))
    });
    each(IN_THE_BACKGROUND, |check, bug| {
        let make = |wire| Steady::new(&wire, Some(bug), Store::default());
        check.background().try_run_async(make)
    });
    each(OF_TWO, |check, bug| {
        check.background().try_run_pair(|wires| Steady::pair(&wires, Some(bug)))
    });
}

/// Looks for each bug.
fn each(
    bugs: &[(Bug, &str, &[Promise])],
    run: impl Fn(Check, Bug) -> Result<Summary, Box<Finding>>,
) {
    for (bug, what, promises) in bugs {
        let found = run(Check::new().seeds(0..SEEDS), *bug);
        let finding = found.expect_err(&format!("{bug:?} is not found"));
        let promise = finding.story().promise();
        assert!(promises.contains(&promise), "{bug:?}: {finding}");
        let number = promise.number().map_or_else(String::new, |number| number.to_string());
        let steps = finding.journey().steps.len();
        println!("| {what} | {number} | {} | {steps} |", finding.seeds_tried());
    }
}
