//! Properties that hold for every reply, document, clock and input.
//!
//! `PROPTEST_CASES` asks for more cases, with fresh random seeds.

mod bodies;
mod clocks;
mod leniency;
mod messages;
mod oracle;
mod replies;
mod requests;
mod secrets;
mod storage;
mod world;

use proptest::test_runner::{Config, RngSeed};

/// So many cases, the same in every run; `PROPTEST_CASES` replaces their number and their seed.
fn cases(cases: u32) -> Config {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
        config.rng_seed = RngSeed::Fixed(0x5e55_1075);
    }
    config
}
