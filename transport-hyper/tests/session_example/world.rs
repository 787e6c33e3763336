//! A server, the way to it, and a store.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;
use stytch_session::FileStore;
use stytch_session::store::Store as _;
use stytch_session_mock::{Emulator, Example, Server};

use crate::network::Network;
use crate::process::{Ran, Running, program};

pub(crate) struct World {
    pub(crate) stytch: Emulator,
    pub(crate) network: Network,
    pub(crate) store: PathBuf,
    /// All tokens that were ever stored.
    tokens: Mutex<Vec<String>>,
    /// `None` while it is stopped.
    server: Option<Server>,
}

impl World {
    /// A world of one test's own.
    pub(crate) fn new(name: &str) -> Self {
        let stytch = Emulator::example();
        let server = Server::start(&stytch, "127.0.0.1:0").expect("a port");
        let network = Network::to(server.local_addr());
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("session").join(name);
        let _ = std::fs::remove_dir_all(&directory);
        let store = directory.join("session");
        Self { stytch, network, store, tokens: Mutex::default(), server: Some(server) }
    }

    /// Stops the server: connections to it end, and new ones are refused.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// Starts a new server, which knows of the old one what that has written to a file.
    pub(crate) fn start_again(&mut self) {
        let document = self.stytch.snapshot();
        self.stytch = Emulator::example();
        self.stytch.restore(&document).expect("a snapshot");
        let server = Server::start(&self.stytch, "127.0.0.1:0").expect("a port");
        self.network.lead_to(server.local_addr());
        self.server = Some(server);
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = Command::new(program());
        command
            .env("STYTCH_URL", format!("http://{}", self.network.address))
            .env("STYTCH_PUBLIC_TOKEN", self.stytch.public_token())
            .env("STYTCH_SESSION_STORE", &self.store)
            .args(arguments);
        Running::start(&mut command)
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Ran {
        let mut running = self.start(arguments);
        running.write(input);
        self.end(running)
    }

    /// Waits for its end, and looks for secrets in what it has written.
    pub(crate) fn end(&self, running: Running) -> Ran {
        let ran = running.end();
        let mut secrets = vec![Example::PASSWORD.to_owned()];
        let codes = self.stytch.outbox().into_iter().map(|message| message.code);
        secrets.extend(codes.filter(|code| !code.is_empty()));
        {
            let mut tokens = self.tokens.lock().expect("no panic");
            tokens.extend(self.stored_tokens());
            secrets.extend(tokens.iter().cloned());
        }
        for secret in secrets {
            assert!(!ran.output.contains(&secret), "{secret} in {}", ran.output);
            assert!(!ran.errors.contains(&secret), "{secret} in {}", ran.errors);
        }
        ran
    }

    /// The code that was sent last.
    pub(crate) fn code(&self) -> String {
        self.stytch.last_code(Example::PHONE_NUMBER).expect("a code was sent")
    }

    fn stored_tokens(&self) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let snapshot = runtime.block_on(FileStore::at(&self.store).load());
        let document = snapshot.ok().and_then(|snapshot| snapshot.document);
        let Some(document) = document else { return Vec::new() };
        let json: Value = serde_json::from_slice(document.as_bytes()).expect("JSON");
        let mut tokens = Vec::new();
        collect(&json, &mut tokens);
        let session = [&json["active"], &json["pending"]].iter().any(|it| it.is_object());
        assert_eq!(session, !tokens.is_empty(), "a session has tokens");
        tokens
    }
}

/// Text under names that speak of tokens.
fn collect(json: &Value, tokens: &mut Vec<String>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name.ends_with("token") || name.ends_with("jwt") => {
                        tokens.push(text.clone());
                    }
                    value => collect(value, tokens),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, tokens)),
        _ => {}
    }
}
