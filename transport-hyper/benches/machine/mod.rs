//! Who runs on which core, and for how long.

use std::fmt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Two cores: one for the client, one for the server.
pub(crate) struct Cores(Result<[u32; 2], &'static str>);

impl Cores {
    /// The first two cores that this process may use, if it can be moved to the second of them.
    pub(crate) fn of_this_process() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let mut cores = list.into_iter().flat_map(|list| list.trim().split(',')).flat_map(range);
        let (Some(server), Some(client)) = (cores.next(), cores.next()) else {
            return Self(Err("there are no two cores to choose from"));
        };
        if !pin(client) {
            return Self(Err("`taskset` does not work here"));
        }
        Self(Ok([server, client]))
    }

    /// Runs `what` on the server's core, with whatever it starts, and comes back.
    pub(crate) fn on_the_servers<T>(&self, what: impl FnOnce() -> T) -> T {
        let Ok([server, client]) = self.0 else { return what() };
        assert!(pin(server), "taskset worked before");
        let result = what();
        assert!(pin(client), "taskset worked before");
        result
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok([server, client]) => write!(f, "client on core {client}, server on core {server}"),
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

/// For how long this process has had a processor, in its own code and in the system's, where the
/// system tells.
pub(crate) fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike as _;
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
        let used = usage.user_time() + usage.system_time();
        u64::try_from(used.num_microseconds()).ok().map(Duration::from_micros)
    }
    #[cfg(not(unix))]
    None
}
