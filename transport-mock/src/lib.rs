//! Tests for programs built on [`stytch_session`]: without a network, or against a local Stytch.

mod clock;
mod emulator;
mod fault;
mod record;
#[cfg(feature = "server")]
mod server;

pub use clock::VirtualClock;
pub use emulator::{
    Emulator, EmulatorBuilder, Example, Member, Message, Organization, Role, SeedError,
};
pub use fault::Fault;
pub use record::RecordedRequest;
#[cfg(feature = "server")]
pub use server::{Reach, Server};
