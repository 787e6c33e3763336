//! Each token of the core's list of fixtures.

use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;
use stytch_session::{Backend, GetJwks, Project, ProjectId, ProjectSecret, Timestamp};
use stytch_session_mock::{Emulator, VirtualClock};

use crate::world::{World, bearer, cookie};

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/jwt/fixtures");
    std::fs::read_to_string(folder.join(name)).expect("a fixture")
}

fn project() -> Project<Backend> {
    let stytch = Emulator::example();
    let id = ProjectId::new(stytch.project_id()).expect("an id");
    Project::backend(id, ProjectSecret::new(stytch.project_secret()).expect("a secret"))
}

#[tokio::test]
async fn every_token_comes_to_what_it_should() {
    let list: Value = serde_json::from_str(&fixture("expectations.json")).expect("JSON");
    let now = Timestamp::parse(list["fixture_clock"].as_str().expect("text")).expect("a time");
    let keys = http::Response::new(fixture("jwks_rotated.json").into_bytes());
    let keys = project().decode(&GetJwks::new(), &keys).expect("keys");
    let clock = VirtualClock::at(SystemTime::from(now));
    let world = World::with(clock, |builder| {
        builder.keys(keys).issuer(list["custom_domain"].as_str().expect("text")).expect("an issuer")
    });
    let world = world.await;
    let (mut accepted, mut refused) = (0, 0);
    for (name, token) in list["tokens"].as_object().expect("tokens") {
        let jwt = fixture(&format!("{name}.jwt"));
        for headers in [bearer(jwt.trim()), cookie(jwt.trim())] {
            let reply = world.get("/me", &headers).await;
            if token["verdict"] == "accept" {
                assert_eq!(reply.status(), 200, "{name}: {reply:?}");
                assert_eq!(reply.json()["stytch_was_asked"], false, "{name}");
                accepted += 1;
            } else {
                assert_eq!(reply.status(), 401, "{name}: {reply:?}");
                assert_eq!(reply.body(), r#"{"error":"unauthenticated"}"#, "{name}");
                refused += 1;
            }
        }
    }
    assert!(accepted > 20 && refused > 40, "{accepted} and {refused}");
    // Two are genuine, and might be of a session that lives on: each was asked about, and nothing else.
    let asked: Vec<_> =
        world.stytch.requests().into_iter().map(|it| it.path().to_owned()).collect();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked.iter().all(|path| path.ends_with("/sessions/authenticate")), "{asked:?}");
}
