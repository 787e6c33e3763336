//! Tests for programs built on [`stytch_session`]: without a network, or against a local Stytch.
//!
//! | to test | take |
//! |---|---|
//! | how a program uses the session, with the server's own rules | [`Emulator`]: a local Stytch in memory, a transport itself |
//! | the same from another process or language | the program `stytch-emulator`; [`Emulator::serve`], or [`Server::start`] without async (feature `server`) |
//! | single replies, their order, odd bodies | [`MockTransport`] with the [`replies`] |
//! | what happens when the network fails | [`FaultTransport`] around any transport, or [`Emulator::fail_next`], with [`Fault`]s; [`MockTransport::fail`] |
//! | expiry and refresh, without waiting | [`VirtualClock`] |
//! | a store of your own, against the duties of every [`Store`](stytch_session::Store) | the module [`conformance`] |
//! | a whole client of your own, against a reference model | the module `kit` (feature `proptest`) |
//!
//! Only the emulator knows the rules of sessions; the mock checks requests and plays replies.
//!
//! ```
//! use std::time::Duration;
//! use serde_json::{Value, json};
//! use stytch_session_mock::{Emulator, Example, VirtualClock};
//!
//! let clock = VirtualClock::new();
//! let stytch = Emulator::example_builder().clock(clock.clone()).build();
//! let call = |path: &str, session: Option<&str>, body: Value| -> (u16, Value) {
//!     let request = http::Request::post(path)
//!         .header("authorization", stytch.frontend_authorization(session))
//!         .body(body.to_string().into_bytes())
//!         .expect("the request is valid");
//!     let reply = stytch.handle(&request);
//!     (reply.status().as_u16(), serde_json::from_slice(reply.body()).expect("a JSON body"))
//! };
//!
//! // Ada logs in to an organization that demands a second factor, and gets a code by SMS.
//! let login = json!({
//!     "organization_id": Example::BLUE_KILN,
//!     "email_address": Example::EMAIL_ADDRESS,
//!     "password": Example::PASSWORD,
//!     "session_duration_minutes": 60,
//! });
//! let (_, login) = call("/sdk/v1/b2b/passwords/authenticate", None, login);
//! assert_eq!(login["data"]["mfa_required"]["secondary_auth_initiated"], "sms_otp");
//!
//! let code = json!({
//!     "organization_id": Example::BLUE_KILN,
//!     "member_id": login["data"]["member_id"],
//!     "intermediate_session_token": login["data"]["intermediate_session_token"],
//!     "code": stytch.last_code(Example::PHONE_NUMBER),
//!     "session_duration_minutes": 60,
//! });
//! let (_, session) = call("/sdk/v1/b2b/otps/sms/authenticate", None, code);
//! let token = session["data"]["session_token"].as_str();
//! let (status, _) = call("/sdk/v1/b2b/sessions/authenticate", token, json!({}));
//! assert_eq!(status, 200);
//!
//! // An hour later the session is over.
//! clock.advance(Duration::from_secs(3600));
//! let (status, error) = call("/sdk/v1/b2b/sessions/authenticate", token, json!({}));
//! assert_eq!((status, &error["error_type"]), (404, &json!("session_not_found")));
//! ```
//!
//! Everything here is made up: the credentials, the ids, and the key that signs JWTs, which is
//! published with this crate. Never trust it.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod clock;
pub mod conformance;
mod emulator;
mod fault;
mod fault_transport;
#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub mod kit;
mod record;
pub mod replies;
mod runtime;
mod script;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub mod strategies;

/// The crate whose transports these are.
pub use stytch_session;

#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub use proptest;
#[cfg(feature = "proptest")]
#[cfg_attr(docsrs, doc(cfg(feature = "proptest")))]
pub use proptest_state_machine;

pub use clock::VirtualClock;
pub use emulator::{
    Emulator, EmulatorBuilder, Example, Member, Message, Organization, Role, SeedError,
    SnapshotError,
};
pub use fault::Fault;
pub use fault_transport::FaultTransport;
pub use record::RecordedRequest;
pub use runtime::VirtualRuntime;
pub use script::{MockTransport, On};
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use server::{Reach, Server};
