//! Fuzz targets, as plain functions that panic where something does not hold.
//!
//! `tests/replay.rs` runs them over the corpus on stable Rust; `fuzz_targets/` are the programs for
//! libFuzzer. A new target is a file with `run` and `seeds`, a line here, and a driver.

use std::path::Path;

/// What core's property tests are made of: sessions, steps and replies, and what holds for them.
#[path = "../../core/tests/properties"]
#[allow(dead_code, reason = "each driver asks for its own part")]
mod properties {
    pub(crate) mod oracle;
    pub(crate) mod world;
}

mod input;
mod scene;
mod words;

pub use words::words;

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Target {
    /// The name of its module, its driver and its corpus.
    pub name: &'static str,
    /// Panics if something does not hold for this input.
    pub run: fn(&[u8]),
    /// Inputs to start from, by name.
    pub seeds: fn() -> Vec<Seed>,
}

/// An input to start from: the name of its file, and its bytes.
pub type Seed = (String, Vec<u8>);

macro_rules! targets {
    ($( $name:ident, )+) => {
        $( pub mod $name; )+

        /// All targets.
        pub const TARGETS: &[Target] =
            &[$( Target { name: stringify!($name), run: $name::run, seeds: $name::seeds } ),+];
    };
}

targets! {
    emulator,
    errors,
    jwks,
    jwt,
    redirect,
    replies,
    requests,
    seed,
    store_file,
    stored,
    timestamps,
    transitions,
}

/// A program that runs one target: for libFuzzer under `cfg(fuzzing)`, else over the files that are
/// its arguments.
#[macro_export]
macro_rules! driver {
    ($target:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$target::run(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            std::env::args_os()
                .skip(1)
                .try_for_each(|file| $crate::replay($crate::$target::run, file.as_ref()))
        }
    };
}

/// Runs a target over a file, or over all files of a folder.
///
/// # Errors
///
/// Those of reading.
pub fn replay(run: fn(&[u8]), path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return std::fs::read_dir(path)?.try_for_each(|entry| replay(run, &entry?.path()));
    }
    eprintln!("{}", path.display());
    run(&std::fs::read(path)?);
    Ok(())
}
