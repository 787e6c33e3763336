//! The program `stytch-emulator`, as its users start it.
#![cfg(feature = "server")]

#[path = "common/http.rs"]
mod http;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::json;

struct Program {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = lines.next().expect("a first line").expect("text");
        let address = first.strip_prefix("listening on http://").expect("the address");
        let address = address.parse().expect("an address");
        Self { child, lines, address }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stytch-emulator"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("it runs")
}

/// A file that is gone when the test is.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{}-{name}.json", std::process::id()));
        std::fs::write(&path, content).expect("it can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn it_tells_how_to_try_it() {
    let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
    assert!(program.address.ip().is_loopback());
    let told: Vec<String> = program.lines.by_ref().take(6).map(Result::unwrap).collect();
    let told = told.join("\n");
    for part in ["project_id", "secret", "public_token", "ada@example.com", "curl -s -u", "page"] {
        assert!(told.contains(part), "{told}");
    }
    let keys = http::ask(program.address, "GET", "/_emulator/state", &[], "");
    assert_eq!(keys.status, 200);
}

#[test]
fn a_seed_describes_the_world() {
    let seed = json!({
        "project_id": "project-test-seeded",
        "secret": "secret-test-seeded",
        "fixed_otp_code": "123456",
        "organizations": [{
            "organization_id": "organization-test-1",
            "organization_name": "Acme",
            "organization_slug": "acme",
            "members": [{
                "member_id": "member-test-1",
                "email_address": "ada@example.com",
                "name": "Ada",
                "password": "a lighthouse",
            }],
        }],
    });
    let file = File::new("seed", &seed.to_string());
    let program = Program::start(&["--listen", "127.0.0.1:0", "--seed", file.path()]);
    let body = json!({
        "organization_id": "acme", "email_address": "ada@example.com", "password": "a lighthouse",
    });
    // "project-test-seeded:secret-test-seeded"
    let credentials = "Basic cHJvamVjdC10ZXN0LXNlZWRlZDpzZWNyZXQtdGVzdC1zZWVkZWQ=";
    let path = "/v1/b2b/passwords/authenticate";
    let headers = [("Authorization", credentials)];
    let answer = http::ask(program.address, "POST", path, &headers, &body.to_string());
    assert_eq!(answer.json()["member_id"], "member-test-1");
}

#[test]
fn mistakes_in_a_seed_are_told_by_their_place() {
    let file = File::new("bad", r#"{ "organizations": [{ "organization_id": 7 }] }"#);
    let output = run(&["--seed", file.path()]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("organizations[0].organization_id: should be a string"), "{text}");
    let file = File::new("no-json", "{");
    let output = run(&["--seed", file.path()]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&["--seed", "/no/such/file.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/file.json"));
}

#[test]
fn other_machines_are_kept_out_unless_they_are_let_in() {
    let output = run(&["--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("--allow-remote"), "{text}");
}

#[test]
fn help_names_every_option() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for option in ["--listen", "--seed", "--allow-remote", "--strict", "--rotate-session-tokens"] {
        assert!(text.contains(option), "{text}");
    }
    assert_eq!(run(&["--no-such-option"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn signals_end_it_at_once() {
    use std::os::unix::process::ExitStatusExt as _;

    for (signal, number) in [("TERM", 15), ("INT", 2)] {
        let mut program = Program::start(&[]);
        let id = program.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let status = program.child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(number));
    }
}
