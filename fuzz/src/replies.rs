//! Any reply to any step or call.

use stytch_session::AnySession;

use crate::Seed;
use crate::properties::oracle::{replies, secrets};
use crate::properties::world::{Case, Outcome, Side, now, stored};
use crate::scene::{self, Scene, kit};

/// A first line such as `Refresh Frontend 200`, headers, an empty line, the body.
pub fn run(data: &[u8]) {
    let scene = Scene::read(data, scene::all());
    let Scene { case, side, reply } = &scene;
    let outcome = replies::check(*case, *side, kit(), reply);
    if outcome.error().is_some() {
        scene.check_secrets(&secrets::said_by(&outcome));
    }
    let again = case.complete(*side, kit(), reply, now());
    assert_eq!(result(&again), result(&outcome), "decoding depends on more than the reply");
}

/// What became of the session, and why, as text.
fn result(outcome: &Outcome) -> String {
    let document = |session: &AnySession| stored(session).to_string();
    match outcome {
        Outcome::Done(session) => document(session),
        Outcome::Kept(session, error) => format!("{} {error:?}", document(session)),
        other => format!("{other:?}"),
    }
}

/// A due reply to each step and call, on one surface or the other.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let seed = |(at, case): (usize, Case)| {
        let sides = Side::BOTH.into_iter().filter(|side| case.is_known_on(*side));
        let side = sides.cycle().nth(at)?;
        let body = side.wrap(kit().payload(case.successes()[at % case.successes().len()]));
        let input = scene::write(case, side, 200, "", &body.to_string());
        Some((format!("{case:?}").to_lowercase(), input))
    };
    Case::ALL.into_iter().enumerate().filter_map(seed).collect()
}
