//! What a refresh costs the program `stytch-emulator`: its speed over loopback, against the speed at
//! which its cryptography signs, and the memory of a live session.
//!
//! The program and the signatures run on one core, in turns; whoever sends requests runs on another.
//! Without `--bench`, or with `--test`, everything runs for a moment only.

mod connection;
mod cores;
mod memory;
mod program;
mod rate;
mod signer;
mod speed;

use std::time::Duration;

use cores::Cores;

/// How much is measured.
struct Scale {
    rounds: usize,
    /// How long signing and load take in each round.
    span: Duration,
    /// How many sessions the memory is divided by.
    sessions: usize,
}

impl Scale {
    fn from_arguments() -> Self {
        let given = |name: &str| std::env::args().any(|argument| argument == name);
        if given("--bench") && !given("--test") {
            Self { rounds: 7, span: Duration::from_millis(1500), sessions: 20_000 }
        } else {
            println!("for a moment only: no figure means anything");
            Self { rounds: 1, span: Duration::from_millis(20), sessions: 100 }
        }
    }
}

fn main() {
    let scale = Scale::from_arguments();
    let cores = Cores::of_this_process();
    println!("{cores}");
    speed::measure(&scale, &cores);
    memory::measure(&scale, &cores);
}
