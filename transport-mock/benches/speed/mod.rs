//! Refreshes in a second, against signatures in a second.

use std::time::Duration;

use serde_json::Value;
use stytch_session_mock::Emulator;

use crate::Scale;
use crate::cores::Cores;
use crate::program::{Program, Surface, json, login, text};
use crate::rate::{Rate, Watch};
use crate::signer::Signer;

/// The part of the signatures' rate that refreshes should reach.
const AIM: f64 = 0.80;

/// Sessions that are refreshed in turns, so that no JWT is like the one before.
const SESSIONS: usize = 64;

/// One answer of this many is checked to the last letter.
const CHECKED: u32 = 100;

const KINDS: [(Surface, usize); 4] =
    [(Surface::Backend, 1), (Surface::Backend, 8), (Surface::Frontend, 1), (Surface::Frontend, 8)];

/// Rates of one round.
struct Round {
    refreshes: Rate,
    signatures: Rate,
}

pub(crate) fn measure(scale: &Scale, cores: &Cores) {
    let program = Program::start(cores, &[]);
    let mut connection = program.connect();
    let logins: Vec<Value> = (0..SESSIONS).map(|_| json(connection.ask(&login()))).collect();
    let tokens: Vec<&str> = logins.iter().map(|answer| text(answer, "session_token")).collect();
    let signer = Signer::new(text(&logins[0], "session_jwt"));

    for (surface, connections) in KINDS {
        let emulator = Emulator::example();
        let requests: Vec<_> =
            tokens.iter().map(|token| surface.refresh(&emulator, token)).collect();
        let load = || refresh(&program, &signer, &requests, connections, scale.span);
        let sign = || cores.on_measured(|| signer.rate(scale.span));
        load();
        let round = |round: usize| {
            // Each goes first every other time.
            if round % 2 == 0 {
                let refreshes = load();
                Round { refreshes, signatures: sign() }
            } else {
                let signatures = sign();
                Round { refreshes: load(), signatures }
            }
        };
        let rounds: Vec<Round> = (0..scale.rounds).map(round).collect();
        report(surface, connections, &rounds);
    }
}

fn report(surface: Surface, connections: usize, rounds: &[Round]) {
    println!(
        "refresh, {}, {connections} connection{}: {:.0}/s, signing {:.0}/s, ratio {}, \
         aim >= {AIM:.2}; by processor time {}",
        format!("{surface:?}").to_lowercase(),
        if connections == 1 { "" } else { "s" },
        median(&sorted(rounds, |round| Some(round.refreshes.by_clock))),
        median(&sorted(rounds, |round| Some(round.signatures.by_clock))),
        spread(rounds, |rate| Some(rate.by_clock)),
        spread(rounds, |rate| rate.by_processor),
    );
}

/// The median of the ratios, and the outermost ones.
fn spread(rounds: &[Round], rate: fn(&Rate) -> Option<f64>) -> String {
    let ratio = |round: &Round| Some(rate(&round.refreshes)? / rate(&round.signatures)?);
    match sorted(rounds, ratio).as_slice() {
        [] => "unknown".to_owned(),
        ratios => {
            let (first, last) = (ratios[0], ratios[ratios.len() - 1]);
            format!("{:.2} ({first:.2}-{last:.2})", median(ratios))
        }
    }
}

fn sorted(rounds: &[Round], value: impl Fn(&Round) -> Option<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = rounds.iter().filter_map(value).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: &[f64]) -> f64 {
    values[values.len() / 2]
}

/// The rate of refreshes. Each connection has one request under way.
fn refresh(
    program: &Program,
    signer: &Signer,
    requests: &[Vec<u8>],
    connections: usize,
    span: Duration,
) -> Rate {
    let mut connections: Vec<_> = (0..connections).map(|_| program.connect()).collect();
    let mut requests = requests.iter().cycle();
    let mut next = || requests.next().expect("there are requests");
    let mut latest = String::new();
    let mut count: u32 = 0;
    let watch = Watch::start(program.process());
    for connection in &mut connections {
        connection.send(next());
    }
    while watch.elapsed() < span {
        for connection in &mut connections {
            let answer = connection.receive();
            if count % CHECKED == 0 {
                let jwt = signer.check(answer);
                assert_ne!(jwt, latest, "each refresh mints another JWT");
                latest = jwt;
            }
            count += 1;
            connection.send(next());
        }
    }
    let rate = watch.rate(count);
    // What is still under way does not count, and ends before anything else is measured.
    for connection in &mut connections {
        connection.receive();
    }
    rate
}
