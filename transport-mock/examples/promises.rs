//! Takes the typed sessions, with `--live` live ones, or with `--pairs` two live ones on one store,
//! through as many random journeys as are asked for.
//!
//! ```console
//! $ cargo run --release -p stytch-session-mock --features proptest --example promises -- --seeds 10000
//! ```

#[path = "../tests/kit/live.rs"]
mod live;
#[path = "../tests/kit/typed.rs"]
mod typed;

use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use stytch_session::{Backend, Frontend};
use stytch_session_mock::kit::{Check, Finding, Summary};

use live::Live;
use typed::{AtOnce, Side, Typed};

/// How many seeds are run unless it is said.
const SEEDS: u64 = 10_000;

fn main() -> ExitCode {
    let Some(Arguments { first, count, of, check }) = arguments() else {
        eprintln!(
            "usage: promises [--seeds COUNT] [--from SEED] [--steps MOST] [--live | --pairs]"
        );
        return ExitCode::from(2);
    };
    let begin = Instant::now();
    let middle = first + count / 2;
    // Each half of the seeds has a thread of its own.
    let halves = std::thread::scope(|scope| {
        let halves = [first..middle, middle..first + count];
        let check = &check;
        let threads = halves.map(|seeds| scope.spawn(move || run(check, seeds, of)));
        threads.map(|thread| thread.join().expect("findings are returned"))
    });
    let mut summary = Summary::default();
    let mut status = ExitCode::SUCCESS;
    for half in halves {
        match half {
            Ok(more) => summary += more,
            Err(finding) => {
                eprintln!("{finding}");
                status = ExitCode::FAILURE;
            }
        }
    }
    println!("{count} seeds in {:.1} s: {summary}", begin.elapsed().as_secs_f64());
    status
}

/// Runs each seed on one surface, one after the other or overlapping.
fn run(check: &Check, seeds: Range<u64>, of: Sessions) -> Result<Summary, Box<Finding>> {
    let mut summary = Summary::default();
    let quarter = (seeds.end - seeds.start).div_ceil(4);
    let part = |number: u64| {
        let first = seeds.start + number * quarter;
        first.min(seeds.end)..(first + quarter).min(seeds.end)
    };
    match of {
        Sessions::Typed => {
            summary += side::<Frontend>(check, part(0), part(1))?;
            summary += side::<Backend>(check, part(2), part(3))?;
        }
        Sessions::Live => {
            summary += live::<Frontend>(check, part(0).start..part(1).end)?;
            summary += live::<Backend>(check, part(2).start..part(3).end)?;
        }
        Sessions::Pairs => {
            summary += pairs::<Frontend>(check, part(0).start..part(1).end)?;
            summary += pairs::<Backend>(check, part(2).start..part(3).end)?;
        }
    }
    Ok(summary)
}

fn side<P: Side>(
    check: &Check,
    at_once: Range<u64>,
    overlapping: Range<u64>,
) -> Result<Summary, Box<Finding>> {
    let check = check.clone().surface(P::SURFACE);
    let mut summary = check.clone().seeds(at_once).try_run(|wire| AtOnce(Typed::<P>::new(wire)))?;
    summary += check.seeds(overlapping).try_run_async(Typed::<P>::new)?;
    Ok(summary)
}

fn live<P: Side>(check: &Check, seeds: Range<u64>) -> Result<Summary, Box<Finding>> {
    check.clone().surface(P::SURFACE).background().seeds(seeds).try_run_async(Live::<P>::new)
}

fn pairs<P: Side>(check: &Check, seeds: Range<u64>) -> Result<Summary, Box<Finding>> {
    check.clone().surface(P::SURFACE).background().seeds(seeds).try_run_pair(Live::<P>::pair)
}

#[derive(Clone, Copy)]
enum Sessions {
    Typed,
    Live,
    Pairs,
}

struct Arguments {
    first: u64,
    count: u64,
    of: Sessions,
    check: Check,
}

fn arguments() -> Option<Arguments> {
    let (mut first, mut count, mut of) = (0, SEEDS, Sessions::Typed);
    let mut check = Check::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next()?.parse().ok();
        match name.as_str() {
            "--live" => of = Sessions::Live,
            "--pairs" => of = Sessions::Pairs,
            "--seeds" => count = value()?,
            "--from" => first = value()?,
            "--steps" => {
                let most: usize = value()?.try_into().ok()?;
                check = check.steps(most.div_ceil(2)..=most);
            }
            _ => return None,
        }
    }
    Some(Arguments { first, count, of, check })
}
