//! Property tests for *your* client: random logins, refreshes, exchanges and logouts, on a network
//! that fails and under clocks that are set, compared with a reference model after each step.
//!
//! The client under test need not be built on [`stytch_session`]. It implements [`Client`]: it does
//! what it is asked ([`Operation`]), through the [`Wire`] that it is given, and says what it would
//! show to its user ([`Observation`]). A [`Check`] takes it through thousands of [`Journey`]s. The
//! server is an [`Emulator`](crate::Emulator) in strict mode; it acts on requests whose answers are
//! then lost, cut, or changed ([`Mishap`]). What the client ought to hold follows from the answers
//! that it was given, by the rules of [`Held`].
//!
//! A client that breaks a [`Promise`] makes the check fail with a [`Story`], as short as it gets:
//! what was asked, what the server answered, what the client showed and should have shown, and the
//! line by which to see it again.
//!
//! # What is asked of a client
//!
//! * A success is a 2xx whose JSON is whole: on the frontend inside of `data`, with its `request_id`,
//!   and with non-empty token and ids and real times where there is a session. Anything else, a page
//!   or half a body for instance, changes nothing.
//! * Only a refresh and a logout can learn that the session is over, by a status of 400 to 499 other
//!   than 429 and one of the error types `session_not_found` and `user_unauthenticated`; on the
//!   frontend also `unauthorized_credentials` and `invalid_secret_authentication`. The refusal of an
//!   exchange or a login says nothing about it.
//! * An exchange that fails or stays unfinished leaves the session as it was.
//! * An unfinished login is no session. It lives for ten minutes from its first receipt, is over when
//!   the server answers `intermediate_session_not_found`, and keeps an active session beside it.
//! * After a logout, or once everything is forgotten, no request carries that session, and no earlier
//!   answer brings it back.
//! * A session is over at its `expires_at` by the client's clock, and stays so if the clock is set back.
//! * Errors are told in at most 4 KiB without control characters, and without tokens, passwords and
//!   codes; nor are these in its log.
//!
//! # A whole client
//!
//! Beside this crate with `features = ["proptest"]` it needs `http`, `serde_json` and `base64` (an
//! [`AsyncClient`] also `async-trait`).
//!
//!
//! It logs in with a password, refreshes and logs out. Nothing in it is of this project but the
//! vocabulary of the test.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use base64::prelude::{BASE64_STANDARD, Engine};
//! use serde_json::{Value, json};
//! use stytch_session_mock::kit::{
//!     Check, Client, Observation, Operation, OperationKind, Outcome, ShownActive, Wire,
//! };
//!
//! struct MyClient {
//!     wire: Wire,
//!     session: Option<(String, SystemTime)>,
//! }
//!
//! /// The payload of a success, or the type of an API error, or nothing that makes sense.
//! type Answer = Result<Value, Option<String>>;
//!
//! impl MyClient {
//!     fn call(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
//!         let public_token = self.wire.public_token();
//!         let password = token.unwrap_or(public_token);
//!         let basic = BASE64_STANDARD.encode(format!("{public_token}:{password}"));
//!         let request = http::Request::post(format!("{}/sdk/v1/b2b/{path}", self.wire.base_url()))
//!             .header("authorization", format!("Basic {basic}"))
//!             .header("content-type", "application/json")
//!             .body(body.to_string().into_bytes())
//!             .expect("the request is valid");
//!         let reply = self.wire.send(request).map_err(|_| None)?;
//!         let body: Value = serde_json::from_slice(reply.body()).map_err(|_| None)?;
//!         match reply.status().as_u16() {
//!             200 if body["data"]["request_id"].is_string() => Ok(body["data"].clone()),
//!             400..=428 => Err(body["error_type"].as_str().map(str::to_owned)),
//!             _ => Err(None),
//!         }
//!     }
//!
//!     fn begin(&mut self, answer: Answer) -> Outcome {
//!         let read = |data: Value| {
//!             let id = data["member_session"]["member_session_id"].as_str()?;
//!             let token = data["session_token"].as_str()?.to_owned();
//!             let finished = data["member_authenticated"].as_bool().unwrap_or(true);
//!             let end = Wire::read_time(data["member_session"]["expires_at"].as_str()?)?;
//!             (finished && !token.is_empty() && !id.is_empty()).then_some((token, end))
//!         };
//!         match answer.map(read) {
//!             Ok(Some(session)) => {
//!                 self.session = Some(session);
//!                 Outcome::Done
//!             }
//!             Ok(None) | Err(None) => Outcome::Failed("please try again".to_owned()),
//!             Err(Some(error_type)) => Outcome::Failed(error_type),
//!         }
//!     }
//!
//!     /// Whether the server says that the session is over.
//!     fn is_over(answer: &Answer) -> bool {
//!         let error_type = answer.as_ref().err().and_then(Option::as_deref);
//!         matches!(
//!             error_type,
//!             Some(
//!                 "session_not_found"
//!                     | "user_unauthenticated"
//!                     | "unauthorized_credentials"
//!                     | "invalid_secret_authentication"
//!             )
//!         )
//!     }
//! }
//!
//! impl Client for MyClient {
//!     fn apply(&mut self, operation: &Operation) -> Outcome {
//!         let token = self.session.as_ref().map(|(token, _)| token.clone());
//!         match (operation, token) {
//!             (Operation::Login { organization_id, email_address, password }, None) => {
//!                 let body = json!({
//!                     "organization_id": organization_id,
//!                     "email_address": email_address,
//!                     "password": password,
//!                     "session_duration_minutes": 60,
//!                 });
//!                 let answer = self.call("passwords/authenticate", None, &body);
//!                 self.begin(answer)
//!             }
//!             (Operation::Refresh { session_duration_minutes: minutes }, Some(token)) => {
//!                 let body = match minutes {
//!                     Some(minutes) => json!({ "session_duration_minutes": minutes }),
//!                     None => json!({}),
//!                 };
//!                 let answer = self.call("sessions/authenticate", Some(&token), &body);
//!                 if Self::is_over(&answer) {
//!                     self.session = None;
//!                 }
//!                 self.begin(answer)
//!             }
//!             (Operation::Revoke, Some(token)) => {
//!                 let answer = self.call("sessions/revoke", Some(&token), &json!({}));
//!                 if answer.is_ok() || Self::is_over(&answer) {
//!                     self.session = None;
//!                     return Outcome::Done;
//!                 }
//!                 Outcome::Failed("still logged in".to_owned())
//!             }
//!             _ => Outcome::NotPossible,
//!         }
//!     }
//!
//!     fn observe(&mut self) -> Observation {
//!         let now = self.wire.now();
//!         match self.session.take_if(|(_, end)| now < *end) {
//!             Some((token, end)) => {
//!                 self.session = Some((token.clone(), end));
//!                 Observation::nobody().active(ShownActive::new(token))
//!             }
//!             None => {
//!                 self.session = None;
//!                 Observation::nobody()
//!             }
//!         }
//!     }
//! }
//!
//! const WHAT_IT_DOES: [OperationKind; 3] =
//!     [OperationKind::Login, OperationKind::Refresh, OperationKind::Revoke];
//!
//! Check::new().only(WHAT_IT_DOES).run(|wire| MyClient { wire, session: None });
//! ```
//!
//! Widen `400..=428` to `400..=599`, a mistake that looks harmless, and the check fails:
//!
//! ```text
//! broken promise 5: only the server's rejection, expiry and the user end a session
//!
//! (0) log in to harbor-lights with the password "a lighthouse in the fog"
//!     (0) answered: /sdk/v1/b2b/passwords/authenticate: 200
//!     (0) done
//!     shows: active with the token ThUSmk…
//! (1) refresh
//!     (1) answered: /sdk/v1/b2b/sessions/authenticate: 429 session_not_found, by the kit; the server does not act
//!     (1) failed: session_not_found
//!     shows: nobody logged in
//!   => shows:       nobody logged in
//!   => should show: active in organization-test-… with the token ThUSmk…
//!
//! again: STYTCH_KIT_SEED=2 cargo test my_client
//! ```
//!
//! # More
//!
//! * [`AsyncClient`] is for clients whose operations overlap: several requests are under way, and
//!   their answers come in any order. Its [`Wire`] is an async runtime too, for tasks in the
//!   background: `LiveSession::builder(client).start(wire.clone())`.
//! * [`Check::background`] is for clients that refresh by themselves: how often, one at a time, with
//!   growing waits when it fails, and never after a logout. [`AsyncClient::told`] and
//!   [`AsyncClient::stored`] have subscribers and the store checked.
//! * [`Check::run_pair`] takes two clients that share a store, as in two processes: what one of them
//!   has done the other shows within a second, and no late answer undoes it.
//! * [`Check::surface`] asks for the backend, [`Check::seeds`] for more journeys.
//! * [`Check::replay`] takes the client through one journey again, whatever seeds make of it later:
//!   a regression test.
//! * A client may send more than it was asked for: refresh before it exchanges, or ask at a restart
//!   whether the session still lives. It may take what it learns from that, or leave it.
//! * [`Held`] is a state machine of [`proptest_state_machine`] too, as [`Reference`], for tests that
//!   bring their own replies.
//! * The strategies ([`journey()`], [`step`], [`mishap()`], [`clock_move`]) can be used by themselves.

mod act;
mod check;
mod client;
mod driver;
mod journey;
mod mishap;
mod model;
mod panics;
mod promise;
mod reference;
mod runner;
mod story;
mod summary;
mod wire;

pub use check::{Check, Finding};
pub use client::{
    AsyncClient, Client, Needs, Observation, Operation, OperationKind, Outcome, ShownActive,
    ShownPending,
};
pub use journey::{
    Act, Choice, ClockMove, Journey, Place, Process, Proof, Step, Switches, Unasked, clock_move,
    journey, mishap, passing, step,
};
pub use mishap::{Flaw, Mishap};
pub use model::{Active, Answer, Held, Now, Pending};
pub use promise::Promise;
pub use reference::{Reference, Transition};
pub use story::Story;
pub use summary::Summary;
pub use wire::{Surface, Wire};
