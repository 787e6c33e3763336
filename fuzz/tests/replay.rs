//! The corpus and its neighbourhood, on stable Rust.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use stytch_session_fuzz::{TARGETS, Target};

/// How many changed inputs each target gets.
const CHANGED: usize = 400;

fn folder(kind: &str, target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind).join(target.name)
}

/// The inputs in a folder, in the order of their names; none if it is not there.
fn inputs(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect()
}

fn check(target: &Target, input: &[u8], origin: &str) {
    let input = input.to_vec();
    let (name, run) = (target.name, target.run);
    if catch_unwind(|| run(&input)).is_err() {
        panic!("{name} fails on {origin}: b\"{}\"", input.escape_ascii());
    }
}

#[test]
fn the_corpus_is_fine() {
    for target in TARGETS {
        for kind in ["corpus", "regressions"] {
            for (path, input) in inputs(&folder(kind, target)) {
                check(target, &input, &path.display().to_string());
            }
        }
    }
}

/// A little of what a fuzzer does, the same in each run.
#[test]
fn its_neighbourhood_is_fine() {
    std::thread::scope(|threads| {
        for target in TARGETS {
            threads.spawn(|| {
                let corpus = inputs(&folder("corpus", target));
                let mut chance = Chance(0x5e55_1075);
                for number in 0..CHANGED {
                    let (path, input) = &corpus[number % corpus.len()];
                    let (_, other) = &corpus[chance.below(corpus.len())];
                    let input = chance.change(input.clone(), other);
                    check(target, &input, &format!("change {number} of {}", path.display()));
                }
            });
        }
    });
}

#[test]
fn each_target_has_a_driver_and_its_seeds() {
    let drivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let mut names = Vec::new();
    for target in TARGETS {
        assert!(drivers.join(format!("{}.rs", target.name)).exists(), "{}", target.name);
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        for (name, input) in seeds {
            let path = folder("corpus", target).join(&name);
            let same = std::fs::read(&path).is_ok_and(|there| there == input);
            assert!(same, "{}: run the example `seeds`", path.display());
        }
        names.push(target.name);
    }
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(std::fs::read_dir(drivers).expect("a folder").count(), names.len());
}

#[test]
fn the_dictionary_is_up_to_date() {
    let dictionary = Path::new(env!("CARGO_MANIFEST_DIR")).join("words.dict");
    let there = std::fs::read_to_string(dictionary).expect("a file");
    assert!(there == stytch_session_fuzz::words(), "run the example `seeds`");
}

/// xorshift64
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }

    /// One to four changes, of the kinds that fuzzers make.
    fn change(&mut self, mut input: Vec<u8>, other: &[u8]) -> Vec<u8> {
        for _ in 0..=self.below(4) {
            let at = self.below(input.len() + 1);
            let end = (at + 1 + self.below(8)).min(input.len());
            match self.below(7) {
                0 if at < input.len() => input[at] ^= 1 << self.below(8),
                1 if at < input.len() => input[at] = self.below(256) as u8,
                2 => input.insert(at, b" \n\0\"\\{}[],:-09\xff"[self.below(15)]),
                3 => drop(input.drain(at.min(end)..end)),
                4 => input.truncate(at),
                5 => {
                    let copy = input[at.min(end)..end].to_vec();
                    input.splice(at..at, copy);
                }
                _ => {
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(40)).min(other.len());
                    input.splice(at..end.max(at), other[from..to].iter().copied());
                }
            }
        }
        input
    }
}
