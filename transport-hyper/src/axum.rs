//! Members of requests to a web service on axum.
//!
//! [`Member`] is an extractor: a handler that takes one is called for members only. Who asks is found
//! out by the session JWT, here, within microseconds and without a request, as long as it is valid; see
//! [`JwtVerifier`](stytch_session::jwt::JwtVerifier).
//!
//! ```
//! use axum::Router;
//! use axum::routing::{get, post};
//! use stytch_session::jwt::JwtVerifier;
//! use stytch_session::{Client, Project, ProjectId, ProjectSecret, TokioRuntime};
//! use stytch_session_hyper::axum::{Auth, Member, RenewCookies, RequirePermission};
//! # use stytch_session_mock::Emulator;
//!
//! async fn me(member: Member) -> String {
//!     member.member_session().member_id().to_string()
//! }
//!
//! async fn lamps(member: Option<Member>) -> &'static str {
//!     if member.is_some() { "three lamps, one broken" } else { "three lamps" }
//! }
//!
//! async fn trim() {}
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let stytch = Emulator::example();
//! # let transport = stytch.clone();
//! # let (id, secret) = (stytch.project_id(), stytch.project_secret());
//! let project = Project::backend(ProjectId::new(id)?, ProjectSecret::new(secret)?);
//! let client = Client::new(project, transport);
//! let auth = Auth::new(JwtVerifier::builder(client).start(TokioRuntime::current()));
//!
//! let may_trim = RequirePermission::new(&auth, "lamps", "trim")?;
//! let app: Router = Router::new()
//!     .route("/me", get(me))
//!     .route("/lamps", get(lamps))
//!     .merge(Router::new().route("/lamps/trim", post(trim)).route_layer(may_trim))
//!     .layer(RenewCookies::new())
//!     .with_state(auth);
//! # let _ = app;
//! # Ok(())
//! # }
//! ```
//!
//! A state with more in it has the [`Auth`] as a part of it: derive `axum::extract::FromRef`
//! (feature `macros` of axum), or implement it. RSA comes from the feature `ring` or `aws-lc-rs` of `stytch-session`, and the runtime
//! for tokio from its feature `tokio`.
//!
//! # What a request brings
//!
//! In this order, and the first that is there decides alone:
//!
//! 1. `Authorization: Bearer …`, a session JWT. Other schemes are left to whom they concern.
//! 2. The cookie `stytch_session_jwt`, a session JWT.
//! 3. The cookie `stytch_session`, a session token. It says nothing by itself: **the server is asked for
//!    each such request**, which takes a round trip and counts against the project's rate limit, also if
//!    a stranger has made the token up. With [`RenewCookies`] a browser has a JWT after the first one.
//!    [`Auth::no_session_tokens`] turns it off.
//!
//! | a request has | and is |
//! | --- | --- |
//! | a bearer, and cookies of whatever kind | judged by the bearer |
//! | several headers `Authorization` | refused |
//! | a cookie twice, with the same value | judged by it |
//! | a cookie twice, with values that differ | refused: who can set cookies on a sibling domain must not choose the session |
//! | an empty cookie | as without it |
//! | a JWT longer than 64 KiB, a session token longer than 8 KiB | refused |
//! | quotes, blanks, letters beyond ASCII in a credential | refused; nothing is unquoted or decoded |
//! | such in other cookies | none of our business |
//! | a JWT that is refused beside a session token that might be accepted | refused |
//!
//! Refused means: as if nobody were logged in, 401, or `None` for an `Option<Member>`.
//!
//! A JWT that is genuine and has expired makes the server be asked whether the session lives on, and is
//! renewed; see [`RenewCookies`]. Who goes on to send the old one makes the server be asked each time, as
//! with a session token, but has to have been logged in once. What is forged is refused here, without a
//! request, unless this program has no keys yet. A session that was revoked is found out when its JWT expires, five minutes after its issue at most.
//!
//! # Who is let in, and what others are told
//!
//! See [`Rejection`]: 401, 403 or 503, always the same few bytes, whatever the reason was. An outage is
//! never mistaken for nobody: where the server would have to be asked and cannot be reached, an
//! `Option<Member>` too is a 503. Only a JWT whose key is newer than the keys that are here is refused
//! until those can be fetched, which takes 30 seconds at most while Stytch answers.
//!
//! # Forged requests from other sites (CSRF)
//!
//! A browser sends cookies along with what other sites make it send; it never does so with a bearer.
//! Where cookies count, what changes anything must not be a `GET`, and cookies need `SameSite=Lax` or
//! `Strict`: then a form of another site comes without them. Those that [`RenewCookies`] sets have it;
//! give it to those that your login sets. Sibling domains are the same site: if you do not trust them,
//! or have to set `SameSite=None`, check the header `Origin` too. Where all clients send bearers,
//! [`Auth::bearer_only`] leaves nothing to forge.

mod auth;
mod cookie;
mod credential;
mod member;
mod permission;
mod rejection;
mod renewal;

pub use auth::{Auth, InvalidSetting};
pub use member::Member;
pub use permission::{RequirePermission, RequirePermissionService};
pub use rejection::{Rejection, RejectionKind};
pub use renewal::{RenewCookies, RenewCookiesService};
