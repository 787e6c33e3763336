//! The state table: what becomes of each state on each event, on both surfaces.
//!
//! Where a careful library may differ from the official ones, the table says what this one
//! promises: an unfinished exchange remembers the session it came from, a dead intermediate token
//! is dropped at once, and only the server's rejection, expiry and the user end a session.

#[path = "../common/mod.rs"]
mod common;

mod contradictions;
mod lifetime;
mod odd_replies;
mod rejections;
mod table;
