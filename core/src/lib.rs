//! Stytch B2B member sessions as types: a sans-IO protocol core in which a wrong transition does
//! not compile.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod any;
mod call;
#[cfg(feature = "client")]
mod client;
mod clock;
mod context;
mod credential;
mod error;
mod model;
mod outcome;
mod project;
mod secret;
mod session;
mod state;
mod stored;
mod surface;
mod transition;
mod transport;
mod wire;

pub use any::{AnySession, WrongState};
pub use call::{ListSessions, RevokeForMember, RevokeSessions, SendSmsCode};
#[cfg(feature = "client")]
#[cfg_attr(docsrs, doc(cfg(feature = "client")))]
pub use client::{Client, ClientBuilder, SystemClock, SystemSeed};
pub use clock::{Clock, SeedSource};
pub use context::{Application, Context, Seed};
pub use credential::{
    DiscoveryCredential, DiscoveryPassword, Password, PrimaryCredential, RecoveryCode,
    SecondFactor, SmsCode, TotpCode,
};
pub use error::{
    ApiError, ApiErrorKind, DecodeError, Error, ErrorKind, InvalidInput, UnexpectedReply,
};
pub use model::*;
pub use outcome::Authenticated;
pub use project::{Environment, Project, ProjectId, PublicToken};
pub use secret::{
    Code, IntermediateSessionToken, IntoCode, PasswordText, ProjectSecret, SessionJwt, SessionToken,
};
pub use session::Session;
pub use state::{Abandoned, Active, Discovery, Intermediate, LoggedOut, State, StateKind};
pub use stored::{RestoreError, StoredSession};
pub use surface::{
    AllowedOn, Backend, BackendOnly, EitherSurface, Frontend, FrontendOnly, Surface,
};
pub use transition::{
    Authenticate, AuthenticateFactor, Call, Discover, Endpoint, Exchange, ExchangeOrigin, Failure,
    KnownMember, Login, MfaEnrollment, Origin, Refresh, Revoke, SessionCredential, Step,
    Transition,
};
pub use transport::{
    BlockingTransport, Delivery, MAX_BODY_BYTES, MAX_HEADER_BYTES, Repeat, Request, RequestInfo,
    Response, Transport, TransportError, TransportErrorKind,
};
