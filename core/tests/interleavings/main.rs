//! Threads that meet in a live session, in thousands of orders that a scheduler chooses.
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" cargo test -p stytch-session --test interleavings
//! ```
//!
//! `ROUNDS=100` takes a hundred times as many orders. What fails says by which seed it is found
//! again (`SHUTTLE_RANDOM_SEED`). Whoever waits for ever is found: it is a deadlock. All atomics are
//! sequentially consistent here: an ordering that is too weak is not found.
#![cfg(shuttle)]

mod parts;
mod policies;
mod sessions;
mod world;

// What the parts need of the crate that they are at home in.
#[path = "../../src/sync.rs"]
mod sync;
mod model {
    pub(crate) use stytch_session::MemberSession;
}
mod runtime {
    pub(crate) use stytch_session::{Runtime, Task};
}
mod surface {
    pub(crate) use stytch_session::Surface;
}

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::thread::JoinHandle;
use shuttle::{Config, Runner};

/// Runs it in so many random orders, and in as many where threads are seldom interrupted.
#[allow(clippy::disallowed_methods, reason = "how long a test takes is not the library's affair")]
fn check(orders: usize, test: impl Fn() + Clone + Send + Sync + 'static) {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let orders = orders.saturating_mul(rounds.unwrap_or(1));
    let mut config = Config::new();
    config.stack_size = 256 * 1024;
    // That of the atomics, which is said above.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new(orders), config.clone()).run(test.clone());
    Runner::new(PctScheduler::new(4, orders), config).run(test);
}

fn join<const N: usize>(threads: [JoinHandle<()>; N]) {
    for thread in threads {
        thread.join().unwrap();
    }
}
