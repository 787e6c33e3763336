//! The kit, and what it says of the typed sessions, the emulator and clients with planted bugs.

mod bugs;
mod plain;
mod typed;

use stytch_session::{Backend, Frontend};
use stytch_session_mock::kit::Check;

use typed::{AtOnce, Side, Typed};

fn typed<P: Side>() {
    let check = Check::new().surface(P::SURFACE).seeds(0..300);
    println!("{}", check.run(|wire| AtOnce(Typed::<P>::new(wire))));
    println!("{}", check.run_async(Typed::<P>::new));
}

#[test]
fn typed_sessions_keep_the_promises_on_the_frontend() {
    typed::<Frontend>();
}

#[test]
fn typed_sessions_keep_the_promises_on_the_backend() {
    typed::<Backend>();
}
