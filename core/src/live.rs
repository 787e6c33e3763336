//! The live session.

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
