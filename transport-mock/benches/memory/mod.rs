//! Memory of the program for each live session.

use serde_json::Value;
use stytch_session_mock::Emulator;

use crate::Scale;
use crate::connection::Connection;
use crate::cores::Cores;
use crate::program::{Program, Surface, json, login, text};

/// What a session may cost beyond its own data, in bytes.
const AIM: usize = 4096;

/// More requests than the program remembers: after these, its log grows no more.
const LOG: usize = 1100;

pub(crate) fn measure(scale: &Scale, cores: &Cores) {
    // Signatures take time and no memory.
    let program = Program::start(cores, &["--constant-signature"]);
    let mut connection = program.connect();
    let login = login();
    for _ in 0..LOG {
        connection.ask(&login);
    }
    let before = program.resident_memory();
    let mut data = 0;
    let tokens: Vec<String> = (0..scale.sessions)
        .map(|_| {
            let answer = json(connection.ask(&login));
            data += own_data(&answer);
            text(&answer, "session_token").to_owned()
        })
        .collect();
    let live = program.resident_memory();
    refresh(&mut connection, &tokens);
    let refreshed = program.resident_memory();

    let (Some(before), Some(live), Some(refreshed)) = (before, live, refreshed) else {
        println!("memory: skipped, as this system does not tell it under /proc");
        return;
    };
    let each = |after: usize| after.saturating_sub(before) / scale.sessions;
    let data = data / scale.sessions;
    println!(
        "memory, {} sessions, constant signatures: {} bytes each, {} once all were refreshed, \
         aim <= {AIM} + {data} of own data",
        scale.sessions,
        each(live),
        each(refreshed),
    );
}

fn refresh(connection: &mut Connection, tokens: &[String]) {
    let emulator = Emulator::example();
    for token in tokens {
        connection.ask(&Surface::Backend.refresh(&emulator, token));
    }
}

/// The length of what only this session has, as the API writes it: its token, and the session but
/// for what is the member's.
fn own_data(answer: &Value) -> usize {
    let session = &answer["member_session"];
    let own = [
        "member_session_id",
        "started_at",
        "last_accessed_at",
        "expires_at",
        "authentication_factors",
        "custom_claims",
    ];
    let own = own.iter().map(|name| session[name].to_string().len());
    answer["session_token"].to_string().len() + own.sum::<usize>()
}
