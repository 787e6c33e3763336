//! What a refresh costs over loopback, against a loop on bare hyper connections with plain structs;
//! and how long it takes to build a transport.
//!
//! The server is this program again, in a process of its own. Both sides send it the same bytes,
//! in turns and in short rounds, so that a noisy machine is noisy for both.
//!
//! Without `--bench`, or with `--test`, everything runs for a moment only. For a profiler,
//! `profile ours 64 5000` runs one side alone: 64 callers with 5000 calls each.
#![allow(clippy::disallowed_methods, reason = "time is what is measured")]

mod construction;
mod floor;
mod machine;
mod ours;
mod plain;
mod rounds;
mod server;

use floor::Floor;
use machine::Cores;
use ours::Ours;
use server::Server;

/// How much is measured.
struct Scale {
    /// With none, each side is used once, and nothing is measured.
    rounds: usize,
    /// How often each caller calls in a round, if there is one, and if there are many.
    calls: (usize, usize),
    builds: usize,
}

const MANY: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve"] => server::serve(),
        ["profile", side, callers, calls, ..] => {
            let number = |text: &str| text.parse().expect("a number");
            profile(side, number(callers), number(calls));
        }
        _ => measure(&scale(&arguments)),
    }
}

fn scale(arguments: &[&str]) -> Scale {
    if arguments.contains(&"--bench") && !arguments.contains(&"--test") {
        Scale { rounds: 61, calls: (600, 60), builds: 2001 }
    } else {
        println!("for a moment only, without figures");
        Scale { rounds: 0, calls: (4, 2), builds: 0 }
    }
}

fn measure(scale: &Scale) {
    let cores = Cores::of_this_process();
    println!("{cores}");
    let server = Server::start(&cores);
    floor::same_as(&Ours::new(&server), &Floor::new(&server));
    for (callers, calls) in [(1, scale.calls.0), (MANY, scale.calls.1)] {
        rounds::compare(
            &server,
            &Ours::new(&server),
            &Floor::new(&server),
            rounds::Size { callers, calls, rounds: scale.rounds },
        );
    }
    construction::measure(scale.builds);
}

fn profile(side: &str, callers: usize, calls: usize) {
    let server = Server::start(&Cores::of_this_process());
    let size = rounds::Size { callers, calls, rounds: 1 };
    match side {
        "ours" => rounds::alone(&Ours::new(&server), size),
        "floor" => rounds::alone(&Floor::new(&server), size),
        other => panic!("there is no side {other:?}"),
    }
}
