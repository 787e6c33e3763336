//! Documents that a store may hold.

use std::time::{Duration, SystemTime};

use stytch_session::{AnySession, StoredSession};

use crate::Seed;
use crate::properties::world::{now, stored};
use crate::scene::kit;

/// The whole input is the document.
pub fn run(data: &[u8]) {
    let document = match serde_json::from_slice::<StoredSession>(data) {
        Ok(document) => document,
        Err(error) => return check_error(&error),
    };
    assert_eq!(format!("{document:?}"), "StoredSession([redacted])");
    let text = write(&document);
    assert_eq!(write(&read(&text)), text, "it does not read what it wrote");
    for clock in clocks() {
        let session = match AnySession::restore(read(&text), clock) {
            Ok(session) => session,
            Err(error) => {
                assert!(error.version() > 1);
                continue;
            }
        };
        assert!(!is_expired(&session, clock), "{session:?}");
        let kept = stored(&session).to_string();
        let back = AnySession::restore(read(&kept), clock).expect("our own version");
        assert_eq!(stored(&back).to_string(), kept, "it does not restore what it stored");
    }
}

fn read(text: &str) -> StoredSession {
    serde_json::from_str(text).expect("it was written by the library")
}

fn write(document: &StoredSession) -> String {
    serde_json::to_string(document).expect("a document is JSON")
}

/// What is wrong is said without a word of the document: it may be a token.
fn check_error(error: &serde_json::Error) {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(&*text, |(problem, _)| problem);
    let ours = ["the stored session is damaged", "the stored session has no version"];
    let theirs = ["trailing characters", "EOF while parsing a value", "expected value"];
    assert!(ours.contains(&text) || theirs.contains(&text), "{error}");
}

fn is_expired(session: &AnySession, clock: SystemTime) -> bool {
    match session {
        AnySession::LoggedOut(_) => false,
        AnySession::Discovery(session) => session.is_expired(clock),
        AnySession::Intermediate(session) => session.is_expired(clock),
        AnySession::Active(session) => session.is_expired(clock),
    }
}

/// From before 1970 to as late as a clock can be.
fn clocks() -> impl Iterator<Item = SystemTime> {
    let epoch = SystemTime::UNIX_EPOCH;
    let day = Duration::from_secs(86_400);
    let odd = [
        epoch.checked_sub(719_600 * day),
        epoch.checked_sub(Duration::from_nanos(1)),
        Some(epoch),
        Some(now()),
        now().checked_add(Duration::from_secs(599)),
        now().checked_add(Duration::from_secs(3600)),
        epoch.checked_add(2_932_896 * day),
        epoch.checked_add(Duration::from_secs(i64::MAX as u64)),
    ];
    odd.into_iter().flatten()
}

/// A session of each state, and documents that are none of ours.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = Vec::new();
    for (name, session) in
        ["none", "discovery", "intermediate", "after_exchange", "active"].iter().zip(kit().every_state())
    {
        seeds.push(((*name).to_owned(), stored(&session).to_string().into_bytes()));
    }
    for (name, text) in [
        ("newer", r#"{"version":2,"session":{"state":"enchanted"},"wand":[1.5,"elder"]}"#),
        ("largest_version", r#"{"version":4294967295}"#),
        ("too_large_version", r#"{"version":4294967296,"session":{}}"#),
        ("zero", r#"{"version":0,"session":{"state":"logged_out"}}"#),
        ("two_versions", r#"{"version":1,"version":2,"session":{"state":"logged_out"}}"#),
        ("list", r#"[1,{"state":"logged_out"}]"#),
        ("torn", r#"{"version":1,"session":{"state":"active","session_token":"#),
        ("trailing", r#"{"version":1,"session":{"state":"logged_out"}} {}"#),
        ("empty", ""),
    ] {
        seeds.push((name.to_owned(), text.into()));
    }
    seeds
}
