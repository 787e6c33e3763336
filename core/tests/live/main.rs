//! The promises of the live session, over the emulator and on virtual time.

mod cancellation;
mod changes;
mod clocks;
mod journey;
mod logout;
mod misfortunes;
mod month;
mod races;
mod refresh;
mod stores;
mod wakers;
mod world;
