//! Property tests for *your* client: random journeys through logins, refreshes, exchanges and
//! logouts, on a network that fails, compared with a reference model after each step.

mod act;
mod check;
mod client;
mod driver;
mod journey;
mod mishap;
mod model;
mod promise;
mod runner;
mod story;
mod summary;
mod wire;

pub use check::{Check, Finding};
pub use client::{
    AsyncClient, Client, Needs, Observation, Operation, OperationKind, Outcome, ShownActive,
    ShownPending,
};
pub use journey::{
    Act, Choice, ClockMove, Journey, Place, Proof, Step, Switches, clock_move, journey, mishap,
    passing, step,
};
pub use mishap::{Flaw, Mishap};
pub use model::{Active, Answer, Held, Now, Pending};
pub use promise::Promise;
pub use story::Story;
pub use summary::Summary;
pub use wire::{Surface, Wire};
