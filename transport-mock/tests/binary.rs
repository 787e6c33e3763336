//! `stytch-emulator` as a process.
#![cfg(feature = "server")]

mod client;

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant, SystemTime};

use client::Client;
use serde_json::json;
use stytch_session_mock::{Emulator, Example};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stytch-emulator"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The program at work; it ends with the test.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    client: Client,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program().args(arguments).spawn().expect("the program starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line of text");
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix('\n'))
            .and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("{line:?} names no address"));
        Self { child, output, client: Client { address } }
    }

    /// Ends the program, with what it wrote to both outputs.
    #[cfg(unix)]
    fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let (mut output, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut output).expect("text");
        let stderr = self.child.stderr.take().expect("its errors");
        BufReader::new(stderr).read_to_string(&mut errors).expect("text");
        (self.child.wait().expect("it ends").code(), output, errors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fail(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        program().args(arguments).output().expect("the program runs");
    assert_eq!(String::from_utf8_lossy(&stdout), "");
    (status.code(), String::from_utf8(stderr).expect("text"))
}

/// The blocks of the README in a language.
fn readme(language: &str) -> Vec<String> {
    let readme = include_str!("../README.md");
    let fence = format!("\n```{language}\n");
    let blocks = readme.split(&fence).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A file that the build's own folder for temporary files keeps.
fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("a temporary file");
    path
}

#[cfg(unix)]
#[test]
fn it_starts_with_a_world_tells_how_to_use_it_and_ends_by_a_signal() {
    for signal in ["TERM", "INT"] {
        let running = Running::start(&["--listen", "127.0.0.1:0"]);
        let page = running.client.get("/");
        assert!(page.body.contains("Harbor Lights"));
        let (status, output, errors) = running.end(signal);
        assert_eq!(status, Some(0), "{errors}");
        assert_eq!(errors, "");
        let emulator = Emulator::example();
        for told in [
            emulator.project_id(),
            emulator.project_secret(),
            emulator.public_token(),
            Example::EMAIL_ADDRESS,
            Example::PASSWORD,
            "\ncurl -s -u ",
        ] {
            assert!(output.contains(told), "{told} in {output}");
        }
    }
}

#[cfg(unix)]
#[test]
fn it_ends_at_once_though_a_client_waits() {
    let running = Running::start(&[]);
    let order = r#"{"fault":"delay","seconds":60}"#;
    running.client.post("/_emulator/faults", order).ok();
    let client = running.client;
    let waiting = std::thread::spawn(move || client.get("/v1/b2b/sessions"));
    while running.client.get("/_emulator/requests").ok()["count"] == 0 {}
    let began = Instant::now();
    assert_eq!(running.end("TERM").0, Some(0));
    assert!(waiting.join().expect("no panic").is_cut());
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[cfg(unix)]
#[test]
fn the_line_to_try_works() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl");
        return;
    }
    let seed = file("line.json", "{}");
    for arguments in [vec![], vec!["--seed", seed.to_str().expect("text")]] {
        let mut running = Running::start(&arguments);
        let lines = running.output.by_ref().lines().map(|line| line.expect("text"));
        let line = lines.into_iter().find(|line| line.starts_with("curl ")).expect("a line to try");
        let output = Command::new("sh").args(["-c", &line]).output().expect("a shell");
        let reply: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(reply["member_authenticated"] == true || reply["organizations"] == json!([]));
    }
}

#[test]
fn it_starts_with_a_world_of_ones_own() {
    let seed = json!({
        "project_id": "project-test-1", "secret": "s", "public_token": "public-token-test-1",
        "fixed_otp_code": "123456",
        "organizations": [{
            "organization_id": "o", "organization_name": "Own", "mfa_policy": "REQUIRED_FOR_ALL",
            "members": [{
                "member_id": "m", "email_address": "eve@example.com", "password": "p",
                "mfa_phone_number": "+14155550002",
            }],
        }],
    });
    let seed = file("own.json", &seed.to_string());
    let running = Running::start(&["--seed", seed.to_str().expect("text"), "--omit-nulls"]);
    let authorization = "Basic cHJvamVjdC10ZXN0LTE6cw==";
    let body = r#"{"organization_id":"own","email_address":"eve@example.com","password":"p"}"#;
    let headers = [("Authorization", authorization)];
    let path = "/v1/b2b/passwords/authenticate";
    let login = running.client.send("POST", path, &headers, body).ok();
    assert_eq!(login["member_id"], "m");
    assert_eq!(login.get("primary_required"), None, "the switch is on");
    let outbox = running.client.get("/_emulator/outbox").ok();
    assert_eq!(outbox["outbox"][0]["code"], "123456");
}

#[test]
fn mistakes_in_the_seed_are_named_by_their_place() {
    for (name, seed, problem) in [
        (
            "id.json",
            r#"{"organizations":[{"organization_id":7}]}"#,
            "id.json: organizations[0].organization_id: should be a string\n",
        ),
        ("json.json", "{", "json.json: not valid JSON: EOF while parsing an object"),
        ("name.json", r#"{"organisations":[]}"#, "name.json: organisations: is not known here\n"),
    ] {
        let seed = file(name, seed);
        let (status, errors) = fail(&["--seed", seed.to_str().expect("text")]);
        assert_eq!(status, Some(2));
        assert!(errors.starts_with("stytch-emulator: ") && errors.contains(problem), "{errors}");
    }
    let (status, errors) = fail(&["--seed", "no such file"]);
    assert_eq!(status, Some(2));
    assert!(errors.starts_with("stytch-emulator: cannot read no such file: "), "{errors}");
}

/// The name of a file that is not there yet.
#[cfg(unix)]
fn no_file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path.to_str().expect("text").to_owned()
}

#[cfg(unix)]
impl Running {
    /// Logs Ada in by her password; the token of the session.
    fn log_in(&self) -> String {
        let body = json!({
            "organization_id": Example::HARBOR_LIGHTS,
            "email_address": Example::EMAIL_ADDRESS,
            "password": Example::PASSWORD,
        });
        let answer = self.call("passwords/authenticate", &body.to_string()).ok();
        answer["session_token"].as_str().expect("a session").to_owned()
    }

    fn call(&self, path: &str, body: &str) -> client::Reply {
        let authorization = Emulator::example().backend_authorization();
        let path = format!("/v1/b2b/{path}");
        self.client.send("POST", &path, &[("Authorization", &authorization)], body)
    }

    fn authenticate(&self, token: &str) -> u16 {
        let body = json!({ "session_token": token });
        self.call("sessions/authenticate", &body.to_string()).status()
    }

    fn outbox(&self) -> serde_json::Value {
        self.client.get("/_emulator/outbox").ok()["outbox"].take()
    }
}

/// Waits until the file says this, or no longer does.
#[cfg(unix)]
fn wait_for(file: &str, text: &str, expected: bool) {
    let began = Instant::now();
    let says = || std::fs::read_to_string(file).expect("a whole file").contains(text);
    while says() != expected {
        assert!(began.elapsed() < Duration::from_secs(30), "{text} in {file}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
#[test]
fn nobody_is_logged_out_by_a_restart() {
    use std::os::unix::fs::PermissionsExt;
    let file = no_file("restart.state");
    let mut tokens: Vec<String> = Vec::new();
    for signal in ["TERM", "INT", "KILL", "TERM"] {
        let running = Running::start(&["--state", &file]);
        // At first, as in the run before.
        let token = running.log_in();
        assert!(!tokens.contains(&token), "no token is given out twice");
        for token in &tokens {
            assert_eq!(running.authenticate(token), 200, "before {signal}");
        }
        let outbox = running.outbox();
        let messages = outbox.as_array().expect("a list");
        assert_eq!(messages.len(), tokens.len());
        let body = r#"{"email_address":"ada@example.com"}"#;
        running.call("magic_links/email/discovery/send", body).ok();
        let now = running.outbox();
        assert!(!messages.contains(&now[tokens.len()]), "the links differ");
        tokens.push(token);
        let link = now[tokens.len() - 1]["token"].as_str().expect("a link").to_owned();
        if signal == "KILL" {
            wait_for(&file, &link, true);
        }
        let (status, _, errors) = running.end(signal);
        assert_eq!((status, errors.as_str()), ((signal != "KILL").then_some(0), ""));
        wait_for(&file, &link, true);
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // A reset is one of the state too, and the clock goes on where it was turned to.
    let running = Running::start(&["--state", &file]);
    running.client.post("/_emulator/reset", "").ok();
    running.client.post("/_emulator/clock", r#"{"advance_seconds":86400}"#).ok();
    wait_for(&file, &tokens[0], false);
    assert_eq!(running.end("TERM").0, Some(0));
    let running = Running::start(&["--state", &file]);
    assert_eq!(running.authenticate(&tokens[0]), 404);
    let now = running.client.get("/_emulator/clock").ok();
    let now = stytch_session::Timestamp::parse(now["now"].as_str().expect("text"));
    let ahead = SystemTime::from(now.expect("a time")).duration_since(SystemTime::now());
    assert!(ahead.is_ok_and(|ahead| ahead > Duration::from_secs(80_000)));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_while_nothing_changes() {
    let file = no_file("idle.state");
    let running = Running::start(&["--state", &file]);
    let modified = || std::fs::metadata(&file).and_then(|file| file.modified()).expect("a time");
    let before = modified();
    running.client.get("/_emulator/state").ok();
    std::thread::sleep(Duration::from_millis(350));
    assert_eq!(running.end("TERM").0, Some(0));
    let running = Running::start(&["--state", &file]);
    assert_eq!(running.end("TERM").0, Some(0));
    assert_eq!(modified(), before);
}

#[cfg(unix)]
#[test]
fn the_state_counts_more_than_the_seed() {
    let file = no_file("seeded.state");
    let running = Running::start(&["--state", &file]);
    let token = running.log_in();
    assert_eq!(running.end("TERM").0, Some(0));
    let seed = crate::file("beside.json", "{}");
    let running = Running::start(&["--state", &file, "--seed", seed.to_str().expect("text")]);
    assert_eq!(running.authenticate(&token), 200);
    // The beginning is the seed's.
    running.client.post("/_emulator/reset", "").ok();
    let state = running.client.get("/_emulator/state").ok();
    assert_eq!(state["organizations"], json!([]));
}

#[test]
fn mistakes_in_the_state_are_named_and_the_file_is_left_as_it_is() {
    for (name, state, problem) in [
        (
            "empty.state",
            "",
            "not valid JSON: line 1, column 0; to begin anew, move the file away\n",
        ),
        ("cut.state", r#"{"version":1,"#, "not valid JSON: line 1, column 13; to begin"),
        ("newer.state", r#"{"version":2}"#, "version: 2 is not known here, only 1; to begin"),
        ("part.state", r#"{"version":1}"#, "ids: is missing; to begin"),
    ] {
        let file = file(name, state);
        let (status, errors) = fail(&["--state", file.to_str().expect("text")]);
        assert_eq!(status, Some(2));
        let told = format!("{name} is no state to go on from: {problem}");
        assert!(errors.starts_with("stytch-emulator: ") && errors.contains(&told), "{errors}");
        assert_eq!(std::fs::read_to_string(&file).expect("text"), state);
    }
    let (status, errors) = fail(&["--state", "no such folder/state"]);
    assert_eq!(status, Some(2));
    assert!(errors.starts_with("stytch-emulator: cannot write no such folder/state: "), "{errors}");
    let (status, errors) = fail(&["--state", env!("CARGO_TARGET_TMPDIR")]);
    assert_eq!(status, Some(2));
    assert!(errors.starts_with("stytch-emulator: cannot read "), "{errors}");
}

#[cfg(unix)]
#[test]
fn it_serves_on_when_the_state_cannot_be_written() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gone");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("emulator.state");
    let _ = std::fs::remove_file(&file);
    let mut running = Running::start(&["--state", file.to_str().expect("text")]);
    std::fs::remove_dir_all(&folder).expect("it can go");
    let token = running.log_in();
    let mut line = String::new();
    let errors = running.child.stderr.take().expect("its errors");
    let mut errors = BufReader::new(errors);
    errors.read_line(&mut line).expect("text");
    assert!(line.starts_with("stytch-emulator: cannot write "), "{line}");
    assert_eq!(running.authenticate(&token), 200);
    std::thread::sleep(Duration::from_millis(300));
    // When it can again, it is written; the failure was told once.
    std::fs::create_dir_all(&folder).expect("a folder");
    assert_eq!(running.authenticate(&token), 200);
    let began = Instant::now();
    while !file.exists() && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
    }
    wait_for(file.to_str().expect("text"), &token, true);
    drop(running);
    let mut rest = String::new();
    errors.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
}

#[test]
fn it_does_not_reach_beyond_this_machine_unless_told_so() {
    let (status, errors) = fail(&["--listen", "0.0.0.0:0"]);
    assert_eq!(status, Some(2));
    assert!(errors.contains("0.0.0.0:0 is not a loopback address; --allow-remote"), "{errors}");
    let running = Running::start(&["--listen", "0.0.0.0:0", "--allow-remote"]);
    assert!(running.client.address.ip().is_unspecified());
}

#[test]
fn a_port_in_use_is_an_error() {
    let running = Running::start(&[]);
    let (status, errors) = fail(&["--listen", &running.client.address.to_string()]);
    assert_eq!(status, Some(1));
    assert!(errors.starts_with("stytch-emulator: cannot listen on 127.0.0.1:"), "{errors}");
}

#[test]
fn help_and_mistakes_in_the_command_line() {
    let Output { status, stdout, .. } = program().arg("--help").output().expect("it runs");
    let help = String::from_utf8(stdout).expect("text");
    assert!(status.success());
    for told in [
        "--listen",
        "--seed",
        "--state",
        "--allow-remote",
        "--strict\n",
        "--strict-telemetry",
        "/_emulator/outbox",
    ] {
        assert!(help.contains(told), "{told} in {help}");
    }
    assert_eq!(fail(&["--no-such-option"]).0, Some(2));
    assert_eq!(fail(&["--fixed-otp-code", "12345"]).0, Some(2));
    assert_eq!(fail(&["--listen", "nowhere"]).0, Some(1));
}

#[test]
fn requests_are_logged_on_demand_without_secrets() {
    let mut running = Running::start(&["--log-requests"]);
    running.client.get("/v1/b2b/sessions?token=hidden");
    let mut line = String::new();
    let errors = running.child.stderr.take().expect("its errors");
    BufReader::new(errors).read_line(&mut line).expect("text");
    assert_eq!(line, "stytch-emulator: GET /v1/b2b/sessions 400\n");
}

#[test]
fn the_seed_in_the_readme_is_one() {
    let blocks = readme("json");
    let [seed] = blocks.as_slice() else { panic!("one block") };
    let seed = file("readme.json", seed);
    let running = Running::start(&["--seed", seed.to_str().expect("text")]);
    let state = running.client.get("/_emulator/state").ok();
    assert_eq!(
        state["organizations"][0]["members"][0]["roles"],
        json!(["stytch_member", "editor"])
    );
}

#[cfg(unix)]
#[test]
fn the_curl_lines_in_the_readme_work() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl");
        return;
    }
    let running = Running::start(&[]);
    let blocks = readme("sh");
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        let script = block
            .replace("127.0.0.1:4000", &running.client.address.to_string())
            .replace("curl ", "curl --fail ");
        let output = Command::new("sh").args(["-e", "-c", &script]).output().expect("a shell");
        assert!(output.status.success(), "{script}\n{output:?}");
    }
}
