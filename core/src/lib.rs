//! Stytch B2B member sessions as types: a sans-IO protocol core in which a wrong transition does
//! not compile.
//!
//! A member session is logged out, in discovery, intermediate, or active. Each state is a type,
//! [`Session<S>`](Session), that offers the steps that are legal in it:
//!
//! ```text
#![doc = include_str!("states.txt")]
//! ```
//!
//! A step owns the session while its request is in flight. It ends in the next state, or in a
//! [`Failure`] that says what became of the session: [`Kept`](Failure::Kept), as it was, for
//! everything that the network or a server's bad day can do; [`Ended`](Failure::Ended) only when
//! the server says that it no longer knows the session.
//!
//! # A whole journey
//!
//! ```
//! use stytch_session::{
//!     Abandoned, Authenticated, Client, Failure, LoggedOut, Minutes, OrganizationId, Password,
//!     Project, PublicToken, Session, SmsCode,
//! };
//! use stytch_session_mock::{Emulator, Example};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stytch = Emulator::example(); // a local Stytch in memory; a transport itself
//! let project = Project::frontend(PublicToken::new(stytch.public_token())?);
//! let client = Client::new(project, stytch.clone());
//!
//! let organization = OrganizationId::new("blue-kiln")?;
//! let password = Password::new(&organization, Example::EMAIL_ADDRESS, Example::PASSWORD);
//! let session = match client.run(Session::new().login(password)).await? {
//!     Authenticated::Active(session) => session,
//!     Authenticated::Intermediate(session) => {
//!         client.call(&session.send_sms_code()).await?;
//!         // A wrong code is refused, and nothing is lost.
//!         let session = match client.run(session.authenticate(SmsCode::new("999999")?)).await {
//!             Err(Failure::Kept { session, .. }) => session,
//!             other => panic!("{other:?}"),
//!         };
//!         let code = stytch.last_code(Example::PHONE_NUMBER).unwrap();
//!         client.run(session.authenticate(SmsCode::new(code)?)).await?
//!     }
//! };
//! println!("{}", session.member_session().member_session_id());
//!
//! let session = client.run(session.authenticate().session_duration(Minutes::new(60)?)).await?;
//! let other_organization = OrganizationId::new("slate-quarry")?;
//! let session = match client.run(session.exchange(&other_organization)).await? {
//!     Authenticated::Active(session) => session,
//!     // It wants another first factor: back to the session before.
//!     Authenticated::Intermediate(session) => match session.abandon() {
//!         Abandoned::Active(session) => session,
//!         Abandoned::LoggedOut(_) => panic!("the session was lost"),
//!     },
//! };
//! let logged_out: Session<LoggedOut> = client.run(session.revoke()).await?;
//! # let _ = logged_out;
//! # Ok(())
//! # }
//! ```
//!
//! # Ways to log in
//!
//! | by | credential | started by |
//! | --- | --- | --- |
//! | password | [`Password`], [`DiscoveryPassword`] | |
//! | link in an e-mail | [`MagicLink`], [`DiscoveryMagicLink`] | [`SendMagicLink`], [`SendDiscoveryMagicLink`], [`Session::invite`] |
//! | code in an e-mail | [`EmailCode`], [`DiscoveryEmailCode`] | [`SendEmailCode`], [`SendDiscoveryEmailCode`] |
//! | OAuth provider | [`Oauth`], [`DiscoveryOauth`] | [`Project::start_oauth`], [`Project::start_discovery_oauth`] |
//! | single sign-on | [`Sso`] | [`Project::start_sso`] |
//! | new password | [`PasswordReset`], [`DiscoveryPasswordReset`], [`ExistingPasswordReset`] | [`StartPasswordReset`], [`StartDiscoveryPasswordReset`] |
//! | second factor | [`SmsCode`], [`TotpCode`], [`RecoveryCode`] | [`Session::send_sms_code`] |
//! | another system | [`Session::attest`], [`Session::exchange_access_token`], [`Session::migrate`] | |
//!
//! A credential of an organization goes into [`Session::login`], one whose name begins with
//! `Discovery` into [`Session::discover`], after which the member chooses an organization. What a
//! browser brings back is read by [`Redirect::parse`]; a [`PkcePair`] makes sure that only the program
//! that started a login can finish it.
//!
//! # Without our client
//!
//! The core does no I/O: [`Project::request`] gives an [`http::Request`] with a complete body, and
//! [`Project::complete`] takes the [`http::Response`]. `examples/custom_client.rs` is a blocking
//! client over another HTTP library in some seventy lines.
//!
//! # Two surfaces
//!
//! [`Project::frontend`] is for applications, with a public token; [`Project::backend`] for
//! servers, with the project's secret. The same steps work on both. What only one of them knows
//! does not compile on the other:
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! # fn backend_only(project: &Project<Frontend>, context: &Context<'_>, call: &ListSessions) {
//! project.request(call, context); // `ListSessions` cannot be sent on the `Frontend` surface
//! # }
//! ```
//!
//! # Who may do what
//!
//! [`rbac::Policy`] answers it without a request, with the policy that [`GetRbacPolicy`] or, on the
//! frontend, [`GetBootstrap`] fetches; the server answers an [`AuthorizationCheck`] with a refresh.
//!
//! # Secrets
//!
//! Tokens, codes, passwords and the project's secret never show in `Debug`, `Display` or errors,
//! not even if a server echoes them. They are overwritten on drop, as far as this crate holds
//! them: the buffers of requests and replies belong to the transport.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `client` (default) | [`Client`], the system's clock and randomness |
//! | `live` | `LiveSession`, which is cached, watched, refreshed in the background and stored; `MemoryStore` |
//! | `store-file` | `FileStore`: a session in a private file that processes share |
//! | `tokio` | `TokioRuntime` |
//! | `jwt` | the module `jwt`: session JWTs are verified without asking the server; `rbac::PolicyCache` |
//! | `ring` | `jwt::RingProvider`: RSA by ring; brings `jwt` |
//! | `aws-lc-rs` | `jwt::AwsLcProvider`: RSA by aws-lc-rs; brings `jwt` |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::disallowed_methods,
        clippy::disallowed_types,
    )
)]

mod any;
mod ascii;
#[cfg(feature = "jwt")]
mod cache;
mod call;
#[cfg(feature = "client")]
mod client;
mod clock;
mod context;
mod credential;
mod error;
#[cfg(feature = "jwt")]
#[cfg_attr(docsrs, doc(cfg(feature = "jwt")))]
pub mod jwt;
#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub mod live;
#[cfg(doctest)]
mod misuse;
mod mix;
mod model;
mod outcome;
mod pkce;
mod project;
pub mod rbac;
mod redirect;
pub mod retry;
#[cfg(any(feature = "jwt", feature = "live"))]
mod runtime;
mod secret;
mod session;
mod start;
mod state;
#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub mod store;
mod stored;
mod surface;
#[cfg(any(feature = "jwt", feature = "live"))]
mod sync;
mod transition;
mod transport;
mod wire;

pub use any::{AnySession, WrongState};
pub use call::{
    CheckPasswordStrength, CreateTotp, GetBootstrap, GetJwks, GetOrganizationRbacPolicy,
    GetRbacPolicy, GetRecoveryCodes, Invite, ListOrganizations, ListSessions, MigrateTotp,
    RevokeForMember, RevokeSessions, RotateRecoveryCodes, SendDiscoveryEmailCode,
    SendDiscoveryMagicLink, SendEmailCode, SendMagicLink, SendSmsCode, SetOrganizationRbacPolicy,
    StartDiscoveryPasswordReset, StartPasswordReset,
};
#[cfg(feature = "client")]
#[cfg_attr(docsrs, doc(cfg(feature = "client")))]
pub use client::{Client, ClientBuilder, SystemClock, SystemSeed};
pub use clock::{Clock, SeedSource};
pub use context::{Application, Context, Seed};
pub use credential::{
    ContinuingCredential, DiscoveryCredential, DiscoveryEmailCode, DiscoveryMagicLink,
    DiscoveryOauth, DiscoveryPassword, DiscoveryPasswordReset, EmailCode, ExistingPasswordReset,
    MagicLink, Oauth, Password, PasswordReset, PrimaryCredential, RecoveryCode, SecondFactor,
    SmsCode, Sso, TotpCode,
};
pub use error::{
    ApiError, ApiErrorKind, DecodeError, Error, ErrorKind, InvalidInput, UnexpectedReply,
};
#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub use live::{LiveError, LiveSession, LiveSessions, Progress};
pub use model::*;
pub use outcome::Authenticated;
pub use pkce::{PkceChallenge, PkcePair, PkceVerifier};
pub use project::{Environment, Project, ProjectId, PublicToken};
pub use redirect::{PasswordResetLink, Redirect};
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use runtime::TokioRuntime;
#[cfg(any(feature = "jwt", feature = "live"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "jwt", feature = "live"))))]
pub use runtime::{Runtime, Task};
pub use secret::{
    AccessToken, CaptchaToken, Code, ForeignSessionToken, IntermediateSessionToken, IntoCode,
    LoginToken, PasswordText, ProjectSecret, ProviderToken, QrCode, SessionJwt, SessionToken,
    TotpSecret, TrustedToken,
};
pub use session::Session;
pub use start::StartUrl;
pub use state::{Abandoned, Active, Discovery, Intermediate, LoggedOut, State, StateKind};
#[cfg(feature = "store-file")]
#[cfg_attr(docsrs, doc(cfg(feature = "store-file")))]
pub use store::FileStore;
#[cfg(feature = "live")]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub use store::{MemoryStore, Store};
pub use stored::{RestoreError, StoredSession};
pub use surface::{
    AllowedOn, Backend, BackendOnly, EitherSurface, Frontend, FrontendOnly, Surface,
};
pub use transition::{
    Attest, Authenticate, AuthenticateFactor, Call, CreateOrganization, Discover, Endpoint,
    Exchange, ExchangeAccessToken, ExchangeOrigin, Failure, Impersonate, IntermediateOrigin,
    KnownMember, Login, MfaEnrollment, Migrate, Origin, Refresh, ResetPassword, Revoke,
    SessionCredential, Step, Transition,
};
pub use transport::{
    BlockingTransport, Delivery, MAX_BODY_BYTES, MAX_HEADER_BYTES, Repeat, Request, RequestInfo,
    Response, Transport, TransportError, TransportErrorKind, TransportPhase,
};

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
