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
//! two cores while other builds ran on both (a load of 3 to 8): the ratios are to be trusted, the times
//! are upper bounds.
//!
//! | | time | against |
//! | --- | --- | --- |
//! | [`LiveSession::get`] | 46 ns | 1.02 × a load, a clone and a look at the clock |
//! | [`Reader::get`] | 1.8 ns | 1.37 × a field |
//! | the same, beside another reader and 845 changes a second | 0.9 ns | 1.00 × with neighbours elsewhere |
//! | telling a change to nobody, to one, to three | 95, 163, 272 ns | 1.6, 2.7, 3.4 × a store and the calls |
//! | the machine: nothing is due | 122 ns | 3.6 × a look at the clock |
//! | the machine: a login is begun and answered | 4.6 µs, of which 3 µs read a JWT | 1.5 × reading two dates of a JWT |
//! | the machine: a refresh is asked for and answered | 6 to 10 µs, likewise | 3.7 × the same |
//! | [`LiveSessions`]: setting one's time anew | 22 ns in the caches, 650 ns of a random one of a million | |
//!
//! The JWT is read before the session is locked, since these were measured.
//!
//! Asleep, a [`LiveSession`] takes 1.5 KB beyond its data. On the timer of [`LiveSessions`] it takes 1.2
//! KB, of which 35 bytes are in the timer.

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
mod runtime;
mod schedule;
mod session;
mod sessions;
mod wheel;

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
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use runtime::TokioRuntime;
pub use runtime::{Runtime, Task};
pub use session::{Info, LiveSession, Progress, Tokens};
pub use sessions::{LiveSessions, LiveSessionsBuilder};
