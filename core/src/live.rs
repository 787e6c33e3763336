//! The live session: one shared handle for an application.
//!
//! It reads the cached session at no cost, tells changes, refreshes by itself, shares one refresh and
//! one store with other processes, and never logs anybody out by accident.
//!
//! ```
//! use stytch_session::{
//!     Client, LiveSession, MemoryStore, OrganizationId, Password, Progress, Project, PublicToken,
//! };
//! # use stytch_session::TokioRuntime;
//! use stytch_session_mock::{Emulator, Example};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stytch = Emulator::example();
//! let project = Project::frontend(PublicToken::new(stytch.public_token())?);
//! let client = Client::new(project, stytch.clone());
//! let live = LiveSession::builder(client)
//!     .store(MemoryStore::new())
//!     .keep_alive()
//!     .start(TokioRuntime::current())
//!     .await?;
//!
//! let subscription = live.on_change(|change| println!("{}", change.reason()));
//! let organization = OrganizationId::new(Example::HARBOR_LIGHTS)?;
//! let password = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
//! match live.login(password).await? {
//!     Progress::Active(session) => println!("{}", session.member_session_id()),
//!     Progress::Intermediate(requirement) => println!("still required: {requirement}"),
//! }
//! assert!(live.get().is_some());
//! live.revoke().await?;
//! assert!(live.get().is_none());
//! # drop(subscription);
//! # Ok(())
//! # }
//! ```
//!
//! # What it costs
//!
//! `cargo bench -p stytch-session --all-features --bench live` on 2026-11-28, on a virtual machine with
//! two cores and a load of about one:
//!
//! | | time | against |
//! | --- | --- | --- |
//! | [`LiveSession::get`] | 44 ns | 1.06 × a load, a clone and a look at the clock |
//! | [`Reader::get`] | 1.4 ns | 1.0 to 1.4 × a field |
//! | the same, beside another reader and 842 changes a second | 1.5 ns | 1.00 × with neighbours elsewhere |
//! | telling a change to nobody, to one, to three | 125, 175, 292 ns | 1.6, 2.2, 5.2 × a store and the calls |
//! | the machine: nothing is due | 96 ns | 3.0 × a look at the clock |
//! | the machine: a login is begun and answered | 0.5 to 1 µs | 0.3 × reading two dates of a JWT |
//! | the machine: a refresh is asked for and answered | 1 to 1.8 µs | 0.5 × the same |
//! | [`LiveSessions`]: setting one's time anew | 18 ns in the caches, 825 ns of a random one of a million | |
//!
//! The JWT of an answer is read besides, before the session is locked. The last figure is amortized: it
//! contains what the timer puts off, and the session's own part of it out of the caches too.
//!
//! Asleep, a [`LiveSession`] takes 1.7 KB beyond its data. On the timer of [`LiveSessions`] it takes 1.3
//! KB, of which 26 bytes are in the timer.

mod alarm;
mod board;
mod builder;
mod copy;
mod driver;
mod error;
mod gate;
mod hub;
mod jwt_life;
pub mod machine;
mod operations;
mod reader;
mod reply;
mod schedule;
mod session;
mod sessions;
mod wheel;

#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use crate::runtime::TokioRuntime;
pub use crate::runtime::{Runtime, Task};
pub use builder::LiveBuilder;
pub use error::LiveError;
pub use hub::{Changes, Subscription};
pub use machine::{Change, Reason, Unfinished, View};
pub use operations::{
    Attest, Authenticate, AuthenticateWith, CreateOrganization, Discover, Exchange,
    ExchangeAccessToken, Impersonate, Login, Operation, ResetPassword, Revoke, Revoked,
    UpdateSession,
};
pub use reader::Reader;
pub use session::{Info, LiveSession, Progress, Tokens};
pub use sessions::{LiveSessions, LiveSessionsBuilder};
