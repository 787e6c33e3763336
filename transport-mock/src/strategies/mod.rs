//! Strategies for property tests: ids, members, worlds, replies of every endpoint, errors, faults.
//!
//! They shrink to what is short and ordinary: an id of one digit, a valid reply, no fault. Journeys
//! of a client and what can happen to its clock are in [`kit`](crate::kit).
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

pub use crate::kit::{clock_move, journey, mishap, passing, step};
pub use endpoint::Endpoint;
pub use errors::{error, error_type};
pub use faults::{fault, fault_plan};
pub use ids::{
    code, email_address, external_id, hostile, member_id, member_session_id, organization_id,
    password, session_jwt, session_token, slug,
};
pub use objects::{member, member_session, organization, world};
pub use replies::{Quality, reply};
