//! Strategies for property tests: ids, members, worlds, replies of every endpoint, errors, faults,
//! clocks.
//!
//! | to make up | take |
//! |---|---|
//! | ids, tokens, codes, what people type | [`organization_id`], [`slug`], [`external_id`], [`member_id`], [`member_session_id`], [`session_token`], [`session_jwt`], [`code`], [`recovery_code`], [`email_address`], [`password`] |
//! | what somebody might hand over instead | [`hostile`] |
//! | the world of an emulator | [`world`], or [`organization`] and [`member`] |
//! | replies of each [`Endpoint`], valid, odd and invalid | [`reply`]; [`member_session`] |
//! | errors and pages | [`error`], [`schema_error`], [`oauth_error`], [`page`]; [`refusal`] for any of them |
//! | what goes wrong on the way | [`fault`], [`fault_plan`], for a [`FaultTransport`](crate::FaultTransport) |
//! | time that passes, and clocks that are set: by a second, an hour, a day, ten years, to 1970, into 9999 | [`passing`], [`clock_move`] |
//! | what a client is asked for, and what happens to its requests | [`journey`], [`step`], [`mishap`], of the [`kit`](crate::kit) |
//!
//! They shrink to what is short and ordinary: an id of zeros, a valid reply, no fault.
//!
//! ```
//! use stytch_session_mock::proptest::prelude::*;
//! use stytch_session_mock::strategies::{self, Endpoint, Quality};
//!
//! proptest!(|(reply in strategies::reply(Endpoint::SessionsAuthenticate, Quality::Odd))| {
//!     let reply: http::Response<Vec<u8>> = reply.into();
//!     prop_assert_eq!(reply.status(), 200);
//! });
//! ```

mod endpoint;
mod errors;
mod faults;
mod ids;
mod objects;
mod replies;
mod world;

pub use crate::kit::{clock_move, journey, mishap, passing, step};
pub use endpoint::Endpoint;
pub use errors::{error, error_type, oauth_error, page, refusal, schema_error};
pub use faults::{fault, fault_plan};
pub use ids::{
    code, email_address, external_id, hostile, member_id, member_session_id, organization_id,
    password, recovery_code, session_jwt, session_token, slug,
};
pub use objects::{member, member_session, organization};
pub use replies::{Quality, reply};
pub use world::{Login, World, world};
