//! The state table: what becomes of each state on each event, on both surfaces.
//!
//! Where a careful library may differ from the official ones, the table says what this one
//! promises: an unfinished exchange remembers the session it came from, a dead intermediate token
//! is dropped at once, and only the server's rejection, expiry and the user end a session.

mod common;

#[path = "state_table/contradictions.rs"]
mod contradictions;
#[path = "state_table/lifetime.rs"]
mod lifetime;
#[path = "state_table/odd_replies.rs"]
mod odd_replies;
#[path = "state_table/rejections.rs"]
mod rejections;
#[path = "state_table/table.rs"]
mod table;
