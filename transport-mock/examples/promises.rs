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

use std::process::ExitCode;
use std::time::Instant;

use stytch_session::{Backend, Frontend};
use stytch_session_mock::kit::{Check, Finding, Summary};

use live::Live;
use typed::{AtOnce, Side, Typed};

/// How many seeds are run unless it is said.
const SEEDS: u64 = 10_000;

fn main() -> ExitCode {
    let Some(Arguments { first, count, of }) = arguments() else {
        eprintln!("usage: promises [--seeds COUNT] [--from SEED] [--live | --pairs]");
        return ExitCode::from(2);
    };
    let begin = Instant::now();
    let middle = first + count / 2;
    // Each half of the seeds has a thread of its own.
    let halves = std::thread::scope(|scope| {
        let halves = [first..middle, middle..first + count];
        let threads = halves.map(|seeds| scope.spawn(move || run(seeds, of)));
        threads.map(|thread| thread.join().expect("findings are returned"))
    });
    let mut summary = Summary::default();
    for half in halves {
        match half {
            Ok(more) => summary += more,
            Err(finding) => {
                eprintln!("{finding}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{count} seeds in {:.1} s: {summary}", begin.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Runs each seed on one surface, one after the other or overlapping.
fn run(seeds: std::ops::Range<u64>, of: Sessions) -> Result<Summary, Box<Finding>> {
    let mut summary = Summary::default();
    let quarter = (seeds.end - seeds.start).div_ceil(4);
    let part = |number: u64| {
        let first = seeds.start + number * quarter;
        first.min(seeds.end)..(first + quarter).min(seeds.end)
    };
    match of {
        Sessions::Typed => {
            summary += side::<Frontend>(part(0), part(1))?;
            summary += side::<Backend>(part(2), part(3))?;
        }
        Sessions::Live => {
            summary += live::<Frontend>(part(0).start..part(1).end)?;
            summary += live::<Backend>(part(2).start..part(3).end)?;
        }
        Sessions::Pairs => {
            summary += pairs::<Frontend>(part(0).start..part(1).end)?;
            summary += pairs::<Backend>(part(2).start..part(3).end)?;
        }
    }
    Ok(summary)
}

fn side<P: Side>(
    at_once: std::ops::Range<u64>,
    overlapping: std::ops::Range<u64>,
) -> Result<Summary, Box<Finding>> {
    let check = Check::new().surface(P::SURFACE);
    let mut summary = check.clone().seeds(at_once).try_run(|wire| AtOnce(Typed::<P>::new(wire)))?;
    summary += check.seeds(overlapping).try_run_async(Typed::<P>::new)?;
    Ok(summary)
}

fn live<P: Side>(seeds: std::ops::Range<u64>) -> Result<Summary, Box<Finding>> {
    Check::new().surface(P::SURFACE).background().seeds(seeds).try_run_async(Live::<P>::new)
}

fn pairs<P: Side>(seeds: std::ops::Range<u64>) -> Result<Summary, Box<Finding>> {
    Check::new().surface(P::SURFACE).background().seeds(seeds).try_run_pair(Live::<P>::pair)
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
}

fn arguments() -> Option<Arguments> {
    let (mut first, mut count, mut of) = (0, SEEDS, Sessions::Typed);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next()?.parse().ok();
        match name.as_str() {
            "--live" => of = Sessions::Live,
            "--pairs" => of = Sessions::Pairs,
            "--seeds" => count = value()?,
            "--from" => first = value()?,
            _ => return None,
        }
    }
    Some(Arguments { first, count, of })
}
