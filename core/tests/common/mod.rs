//! What the tests share: the story's clock and projects, replies, and one line to reach any state.
//!
//! Bodies come from `fixtures/`, whose README tells the story.
#![allow(dead_code, reason = "each test uses its own part")]

pub(crate) mod attempt;
pub(crate) mod scenario;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::{Value, json};
use stytch_session::{
    Active, AnySession, Backend, Discovery, Frontend, Intermediate, LoggedOut, Project, ProjectId,
    ProjectSecret, PublicToken, Response, Session, Surface,
};

pub(crate) const PUBLIC_TOKEN: &str = "public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f";
pub(crate) const PROJECT_ID: &str = "project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d";
pub(crate) const PROJECT_SECRET: &str = "secret-test-made-up-for-these-tests";

/// 2030-06-01T12:00:00Z, when the story begins.
pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_906_545_600)
}

/// So many minutes into the story.
pub(crate) fn minute(minutes: u64) -> SystemTime {
    noon() + Duration::from_secs(60 * minutes)
}

/// A surface as tests see it.
pub(crate) trait Side: Surface {
    const NAME: &'static str;
    /// What all paths begin with.
    const PREFIX: &'static str;

    fn project() -> Project<Self>;

    /// A success body with this payload.
    fn wrap(payload: &Value) -> Value;
}

impl Side for Frontend {
    const NAME: &'static str = "frontend";
    const PREFIX: &'static str = "/sdk/v1";

    fn project() -> Project<Self> {
        Project::frontend(PublicToken::new(PUBLIC_TOKEN).unwrap())
    }

    fn wrap(payload: &Value) -> Value {
        json!({ "data": payload })
    }
}

impl Side for Backend {
    const NAME: &'static str = "backend";
    const PREFIX: &'static str = "/v1";

    fn project() -> Project<Self> {
        Project::backend(
            ProjectId::new(PROJECT_ID).unwrap(),
            ProjectSecret::new(PROJECT_SECRET).unwrap(),
        )
    }

    fn wrap(payload: &Value) -> Value {
        payload.clone()
    }
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The names of all bodies.
pub(crate) fn fixture_names() -> Vec<String> {
    let entries = std::fs::read_dir(fixtures()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "README.md").collect();
    names.sort();
    names
}

#[allow(clippy::disallowed_methods, reason = "the core does no I/O; its tests read their bodies")]
pub(crate) fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The body `<name>.json`.
pub(crate) fn fixture(name: &str) -> Value {
    serde_json::from_slice(&fixture_bytes(&format!("{name}.json"))).unwrap()
}

/// A reply with this status and body, as JSON.
pub(crate) fn response(status: u16, body: impl Into<Vec<u8>>) -> Response {
    http::Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

/// A success with this payload, as surface `P` sends it.
pub(crate) fn success<P: Side>(payload: &Value) -> Response {
    response(200, P::wrap(payload).to_string())
}

/// A success with the payload of the fixture `<name>.json`.
pub(crate) fn golden<P: Side>(name: &str) -> Response {
    success::<P>(&fixture(name))
}

/// The error body of the fixture `error.<name>.json`, with its own status.
pub(crate) fn golden_error(name: &str) -> Response {
    let body = fixture(&format!("error.{name}"));
    let status = body["status_code"].as_u64().map_or(400, |status| u16::try_from(status).unwrap());
    response(status, body.to_string())
}

/// An API error with this status and type.
pub(crate) fn api_error(status: u16, error_type: &str) -> Response {
    let body = json!({
        "status_code": status,
        "request_id": "request-id-test-1",
        "error_type": error_type,
        "error_message": "Made up.",
        "error_url": format!("https://stytch.com/docs/api/errors/{status}#{error_type}"),
    });
    response(status, body.to_string())
}

/// Everything that is held, as it would be stored.
pub(crate) trait Held {
    fn held(&self) -> Value;
}

macro_rules! held {
    ($($session:ty),*) => {$(
        impl Held for $session {
            fn held(&self) -> Value {
                serde_json::to_value(self.to_stored()).unwrap()
            }
        }
    )*};
}

held!(AnySession, Session<LoggedOut>, Session<Discovery>, Session<Intermediate>, Session<Active>);
