//! Who runs on which core.

use std::fmt;
use std::process::{Command, Stdio};

/// Two cores: one for what is measured, one for the rest.
pub(crate) struct Cores(Result<[u32; 2], &'static str>);

impl Cores {
    /// The first two cores that this process may use, if it can be moved to them.
    pub(crate) fn of_this_process() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let mut cores = list.into_iter().flat_map(|list| list.trim().split(',')).flat_map(range);
        let (Some(measured), Some(other)) = (cores.next(), cores.next()) else {
            return Self(Err("there are no two cores to choose from"));
        };
        if !pin(other) {
            return Self(Err("`taskset` does not work here"));
        }
        Self(Ok([measured, other]))
    }

    /// Runs `what` on the measured core, with whatever it starts, and comes back.
    pub(crate) fn on_measured<T>(&self, what: impl FnOnce() -> T) -> T {
        let Ok([measured, other]) = self.0 else { return what() };
        assert!(pin(measured), "taskset worked before");
        let result = what();
        assert!(pin(other), "taskset worked before");
        result
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok([measured, other]) => {
                write!(f, "emulator and signing on core {measured}, requests from core {other}")
            }
            Err(why) => write!(f, "NOT PINNED to cores, so take no figure for true: {why}"),
        }
    }
}

/// Moves this process to a core; it has but one thread. What it starts is there too.
fn pin(core: u32) -> bool {
    Command::new("taskset")
        .args(["--cpu-list", "--pid", &core.to_string(), &std::process::id().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The cores of `3` or `0-3`.
fn range(text: &str) -> std::ops::RangeInclusive<u32> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => first..=last,
        _ => std::ops::RangeInclusive::new(1, 0),
    }
}
