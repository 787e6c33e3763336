//! The program as a process, of which a test expects lines.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine; nothing waits for it to pass.
const DEADLINE: Duration = Duration::from_secs(120);

/// The program: built by Cargo beside this test, or now, if it is missing or older than its sources.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // …/target/debug/deps/session_example-…
        let test = std::env::current_exe().expect("a path");
        let profile = test.ancestors().nth(2).expect("the folder of the profile");
        let program =
            profile.join("examples").join(format!("session{}", std::env::consts::EXE_SUFFIX));
        if !is_fresh(&program) {
            build(profile);
        }
        program
    })
}

/// Whether it is newer than all that Cargo has built it of.
fn is_fresh(program: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|found| found.modified());
    let Ok(built) = changed(program) else { return false };
    let Ok(list) = std::fs::read_to_string(program.with_extension("d")) else { return false };
    let (_, sources) = list.split_once(": ").unwrap_or_default();
    // A path with a blank in it is not found: then it is built once more than needed.
    sources.split_whitespace().all(|it| changed(Path::new(it)).is_ok_and(|it| it <= built))
}

fn build(profile: &Path) {
    let name = match profile.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut cargo = Command::new(env!("CARGO"));
    // What the Cargo that runs this test says of its package makes some build scripts run anew.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let built = cargo
        .args(["build", "--quiet", "--example", "session", "--profile", name, "--target-dir"])
        .arg(profile.parent().expect("the target directory"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.expect("Cargo runs").success());
}

/// A process at work; it ends with the test.
pub(crate) struct Running {
    child: Child,
    output: Lines,
    errors: Lines,
}

/// What it has come to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let output = Lines::of(child.stdout.take().expect("its output"));
        let errors = Lines::of(child.stderr.take().expect("its errors"));
        Self { child, output, errors }
    }

    /// Writes to its standard input. It may have ended without reading.
    pub(crate) fn write(&mut self, text: &str) {
        let _ = self.child.stdin.as_mut().expect("its input").write_all(text.as_bytes());
    }

    /// The next line of its output that has this text: all of it, and what follows ` until `.
    pub(crate) fn line(&mut self, text: &str) -> (String, String) {
        let line = self.output.find(text);
        let end = line.split_once(" until ").map(|(_, end)| end.to_owned());
        (line, end.unwrap_or_default())
    }

    /// The next line on standard error that has this text.
    pub(crate) fn error_line(&mut self, text: &str) -> String {
        self.errors.find(text)
    }

    /// Ends its input, and waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        drop(self.child.stdin.take());
        self.wait()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ran {
        let (output, errors) = (self.output.rest(), self.errors.rest());
        let status = self.child.wait().expect("it ends").code();
        Ran { status, output, errors }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, read by a thread.
struct Lines {
    lines: Receiver<String>,
    seen: String,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { return };
                let _ = sender.send(line);
            }
        });
        Self { lines, seen: String::new() }
    }

    fn next(&mut self, deadline: Instant) -> Option<String> {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = self.lines.recv_timeout(left).ok()?;
        self.seen.extend([line.as_str(), "\n"]);
        Some(line)
    }

    fn find(&mut self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        while let Some(line) = self.next(deadline) {
            if line.contains(text) {
                return line;
            }
        }
        panic!("no {text:?} in {:?}", self.seen)
    }

    /// All of it, once the stream has ended.
    fn rest(&mut self) -> String {
        let deadline = Instant::now() + DEADLINE;
        while self.next(deadline).is_some() {}
        assert!(Instant::now() < deadline, "no end of {:?}", self.seen);
        std::mem::take(&mut self.seen)
    }
}
