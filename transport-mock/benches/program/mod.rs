//! The program as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use stytch_session_mock::{Emulator, Example};

use crate::connection::Connection;
use crate::cores::Cores;

/// The program at work on the measured core; it ends with this.
pub(crate) struct Program {
    child: Child,
    /// Kept open: the program goes on to write what people want to know.
    _output: BufReader<ChildStdout>,
    address: SocketAddr,
}

/// The API's two surfaces.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Surface {
    Backend,
    Frontend,
}

impl Program {
    pub(crate) fn start(cores: &Cores, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stytch-emulator"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = cores.on_measured(|| command.spawn().expect("the program starts"));
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line of text");
        let address = line.strip_prefix("listening on http://").map(str::trim_end);
        let address = address.and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("{line:?} names no address"));
        Self { child, _output: output, address }
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The memory that the program has in use, in bytes, where the system tells.
    pub(crate) fn resident_memory(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1024)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The request by which Ada logs in with her password.
pub(crate) fn login() -> Vec<u8> {
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    let authorization = Emulator::example().backend_authorization();
    post("/v1/b2b/passwords/authenticate", &authorization, &body.to_string())
}

impl Surface {
    /// The request that refreshes the session with this token.
    pub(crate) fn refresh(self, emulator: &Emulator, session_token: &str) -> Vec<u8> {
        match self {
            Self::Backend => post(
                "/v1/b2b/sessions/authenticate",
                &emulator.backend_authorization(),
                &json!({ "session_token": session_token }).to_string(),
            ),
            Self::Frontend => post(
                "/sdk/v1/b2b/sessions/authenticate",
                &emulator.frontend_authorization(Some(session_token)),
                "{}",
            ),
        }
    }
}

fn post(path: &str, authorization: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    )
    .into_bytes()
}

pub(crate) fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}

/// A field that is text.
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().expect("text")
}
