//! Calls that do not compile, each directly before a twin that differs in one line and does.
//!
//! `tests/misuse.rs` checks that the twins are twins.
//!
//! # What an unfinished login does not have
//!
//! An intermediate session has no member session: it is not authenticated.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn member_session(session: &Session<Intermediate>) {
//!     session.member_session();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn member_session(session: &Session<Active>) {
//!     session.member_session();
//! }
//! ```
//!
//! Nor has it a session token.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn token(session: &Session<Intermediate>) {
//!     session.session_token();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn token(session: &Session<Intermediate>) {
//!     session.intermediate_session_token();
//! }
//! ```
//!
//! A discovery session has no member session either.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn member_session(session: &Session<Discovery>) {
//!     session.member_session();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn member_session(session: &Session<Active>) {
//!     session.member_session();
//! }
//! ```
//!
//! A login may end unfinished, so its outcome is not an active session.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn finish(outcome: Authenticated) -> Result<(), Session<Intermediate>> {
//!     let session = outcome;
//!     session.member_session();
//!     Ok(())
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn finish(outcome: Authenticated) -> Result<(), Session<Intermediate>> {
//!     let session = outcome.into_active()?;
//!     session.member_session();
//!     Ok(())
//! }
//! ```
//!
//! # Steps that a state does not have
//!
//! Where nothing is held, nothing can be revoked.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn revoke(session: Session<LoggedOut>) -> Revoke {
//!     session.revoke()
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn revoke(session: Session<Active>) -> Revoke {
//!     session.revoke()
//! }
//! ```
//!
//! Nor exchanged.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn enter(session: Session<LoggedOut>, organization: &OrganizationId) {
//!     let step = session.exchange(organization);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn enter(session: Session<Discovery>, organization: &OrganizationId) {
//!     let step = session.exchange(organization);
//! }
//! ```
//!
//! A second factor comes after an organization is chosen.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn second_factor(session: Session<Discovery>, code: TotpCode) {
//!     let step = session.authenticate(code);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn second_factor(session: Session<Intermediate>, code: TotpCode) {
//!     let step = session.authenticate(code);
//! }
//! ```
//!
//! An active session is logged in already.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn login(session: Session<Active>, password: Password) {
//!     let step = session.login(password);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn login(session: Session<Active>, password: Password) {
//!     let step = session.forget().login(password);
//! }
//! ```
//!
//! `authenticate` refreshes an active session and takes no factor.
//!
//! ```compile_fail,E0061
//! # use stytch_session::*;
//! fn step_up(session: Session<Active>, code: SmsCode) {
//!     let step = session.authenticate(code);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn step_up(session: Session<Active>, code: SmsCode) {
//!     let step = session.authenticate_with(code);
//! }
//! ```
//!
//! An active session is not abandoned, which is local to a login.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn leave(session: Session<Active>) {
//!     let left = session.abandon();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn leave(session: Session<Active>) {
//!     let left = session.forget();
//! }
//! ```
//!
//! # The wrong credential
//!
//! A password is no second factor.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn second_factor(session: Session<Intermediate>, factor: Password) {
//!     let step = session.authenticate(factor);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn second_factor(session: Session<Intermediate>, factor: RecoveryCode) {
//!     let step = session.authenticate(factor);
//! }
//! ```
//!
//! A code is no first factor.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn login(session: Session<LoggedOut>, credential: SmsCode) {
//!     let step = session.login(credential);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn login(session: Session<LoggedOut>, credential: Password) {
//!     let step = session.login(credential);
//! }
//! ```
//!
//! A password for one organization proves no address to all of them.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn discover(session: Session<LoggedOut>, credential: Password) {
//!     let step = session.discover(credential);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn discover(session: Session<LoggedOut>, credential: DiscoveryPassword) {
//!     let step = session.discover(credential);
//! }
//! ```
//!
//! An intermediate token does not take up a session.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn resume(session: Session<LoggedOut>, token: IntermediateSessionToken) {
//!     let step = session.authenticate(token);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn resume(session: Session<LoggedOut>, token: SessionToken) {
//!     let step = session.authenticate(token);
//! }
//! ```
//!
//! # A session is used once
//!
//! A session that is being revoked is not used meanwhile.
//!
//! ```compile_fail,E0382
//! # use stytch_session::*;
//! fn revoke(session: Session<Active>) {
//!     let step = session.revoke();
//!     session.member();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn revoke(session: Session<Active>) {
//!     let step = session.revoke();
//!     step.cancel().member();
//! }
//! ```
//!
//! While a step is in flight there is no session for another.
//!
//! ```compile_fail,E0382
//! # use stytch_session::*;
//! fn two(session: Session<Active>, organization: &OrganizationId) {
//!     let first = session.authenticate();
//!     let second = session.exchange(organization);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn two(session: Session<Active>, organization: &OrganizationId) {
//!     let first = session.authenticate();
//!     let second = first.cancel().exchange(organization);
//! }
//! ```
//!
//! A reply completes a step once.
//!
//! ```compile_fail,E0382
//! # use stytch_session::*;
//! # use std::time::SystemTime;
//! fn complete(app: &Project, step: Revoke, response: &Response, now: SystemTime) {
//!     let ended = app.complete(step, response, now);
//!     let again = app.complete(step, response, now);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! # use std::time::SystemTime;
//! fn complete(app: &Project, step: Revoke, response: &Response, now: SystemTime) {
//!     let ended = app.complete(step, response, now);
//!     let again = ended;
//! }
//! ```
//!
//! A session has no copy that could outlive its revocation.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn keep(session: Session<Active>) {
//!     let copy = session.clone();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn keep(session: Session<Active>) {
//!     let copy = session.to_stored();
//! }
//! ```
//!
//! Nor has a step.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn twice(step: Refresh) {
//!     let copy = step.clone();
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn twice(step: Refresh) {
//!     let session = step.cancel();
//! }
//! ```
//!
//! # The other surface
//!
//! A JWT logs in on the backend only.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! # type T = stytch_session_mock::MockTransport;
//! fn log_in(client: &Client<Frontend, T>, jwt: SessionJwt) {
//!     client.run_blocking(Session::new().authenticate(jwt));
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! # type T = stytch_session_mock::MockTransport;
//! fn log_in(client: &Client<Backend, T>, jwt: SessionJwt) {
//!     client.run_blocking(Session::new().authenticate(jwt));
//! }
//! ```
//!
//! The backend lists sessions.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn list(project: &Project<Frontend>, call: &ListSessions, now: &Context) {
//!     let request = project.request(call, now);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn list(project: &Project<Backend>, call: &ListSessions, now: &Context) {
//!     let request = project.request(call, now);
//! }
//! ```
//!
//! The backend revokes by id, token or JWT.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn revoke(project: &Project<Frontend>, call: &RevokeSessions, now: &Context) {
//!     let request = project.request(call, now);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn revoke(project: &Project<Backend>, call: &RevokeSessions, now: &Context) {
//!     let request = project.request(call, now);
//! }
//! ```
//!
//! The frontend revokes with the rights of the caller.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn revoke(project: &Project<Backend>, call: &RevokeForMember, now: &Context) {
//!     let request = project.request(call, now);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn revoke(project: &Project<Frontend>, call: &RevokeForMember, now: &Context) {
//!     let request = project.request(call, now);
//! }
//! ```
//!
//! Custom claims are the backend's.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn claim(project: &Project<Frontend>, step: Refresh, claims: CustomClaims, now: Context) {
//!     let request = project.request(&step.custom_claims(claims), &now);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn claim(project: &Project<Backend>, step: Refresh, claims: CustomClaims, now: Context) {
//!     let request = project.request(&step.custom_claims(claims), &now);
//! }
//! ```
//!
//! Captchas are the frontend's.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! fn prove(project: &Project<Backend>, step: Login<Password, LoggedOut>, now: &Context) {
//!     let request = project.request(&step.captcha_token("solved"), now);
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn prove(project: &Project<Frontend>, step: Login<Password, LoggedOut>, now: &Context) {
//!     let request = project.request(&step.captcha_token("solved"), now);
//! }
//! ```
//!
//! So no step has both.
//!
//! ```compile_fail,E0599
//! # use stytch_session::*;
//! fn both(step: Login<Password, LoggedOut>, claims: CustomClaims) {
//!     let step = step.custom_claims(claims);
//!     let step = step.captcha_token("solved");
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn both(step: Login<Password, LoggedOut>, claims: CustomClaims) {
//!     let step = step.custom_claims(claims);
//!     let step = step.telemetry_id("fingerprint");
//! }
//! ```
//!
//! # No session is lost, and none is made up
//!
//! A refused step gives its session back.
//!
//! ```compile_fail,E0004
//! # use stytch_session::*;
//! fn go_on(failure: Failure<Session<Active>>) -> Session<LoggedOut> {
//!     match failure {
//!         Failure::Ended { .. } => Session::new(),
//!     }
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn go_on(failure: Failure<Session<Active>>) -> Session<LoggedOut> {
//!     match failure {
//!         Failure::Ended { .. } => Session::new(),
//!         Failure::Kept { session, .. } => session.forget(),
//!     }
//! }
//! ```
//!
//! A login has two outcomes.
//!
//! ```compile_fail,E0004
//! # use stytch_session::*;
//! fn outcome(outcome: Authenticated) -> StateKind {
//!     match outcome {
//!         Authenticated::Active(session) => session.kind(),
//!     }
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn outcome(outcome: Authenticated) -> StateKind {
//!     match outcome {
//!         Authenticated::Active(session) => session.kind(),
//!         Authenticated::Intermediate(session) => session.kind(),
//!     }
//! }
//! ```
//!
//! There are four states, and no fifth.
//!
//! ```compile_fail,E0277
//! # use stytch_session::*;
//! # #[derive(Debug)]
//! # struct Paused;
//! # trait Named { const KIND: StateKind; }
//! impl State for Paused {
//!     const KIND: StateKind = StateKind::Active;
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! # #[derive(Debug)]
//! # struct Paused;
//! # trait Named { const KIND: StateKind; }
//! impl Named for Paused {
//!     const KIND: StateKind = StateKind::Active;
//! }
//! ```
//!
//! A session cannot be put together by hand.
//!
//! ```compile_fail,E0451
//! # use stytch_session::*;
//! fn make(state: Box<LoggedOut>) -> Session<LoggedOut> {
//!     Session { state }
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn make(state: Box<LoggedOut>) -> Session<LoggedOut> {
//!     Session::new()
//! }
//! ```
//!
//! A duration is checked when it is made.
//!
//! ```compile_fail,E0423
//! # use stytch_session::*;
//! fn short() -> Option<Minutes> {
//!     Some(Minutes(4))
//! }
//! ```
//!
//! ```
//! # use stytch_session::*;
//! fn short() -> Option<Minutes> {
//!     Minutes::new(4).ok()
//! }
//! ```
