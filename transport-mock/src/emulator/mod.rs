//! A local Stytch, in memory.

mod auth;
mod body;
mod builder;
mod call;
mod creation;
mod discovery;
mod email_codes;
mod enrolment;
mod example;
mod factor;
mod form;
mod guard;
mod ids;
mod imports;
mod json;
mod jwt;
mod log;
mod login;
mod magic_links;
mod mfa;
mod names;
mod options;
mod organization;
mod outbox;
mod own;
mod passwords;
mod people;
mod png;
mod project;
mod providers;
mod qr;
mod rbac;
mod reply;
mod resets;
mod route;
mod seed;
mod sessions;
mod settings;
mod snapshot;
mod start;
mod strength;
mod ticket;
mod time;
mod totp;
#[cfg(feature = "server")]
mod view;
mod world;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use stytch_session::{BlockingTransport, Request, Response, Transport, TransportError};

use crate::clock::VirtualClock;
use crate::fault::{Delay, Fault, HeldBack, Turns};
use crate::record::RecordedRequest;

pub(crate) use auth::basic;
pub use builder::EmulatorBuilder;
pub use example::Example;
pub use organization::{Member, Organization, Role};
pub use outbox::Message;
pub use seed::SeedError;
pub use snapshot::SnapshotError;

#[cfg(feature = "server")]
pub(crate) use view::{MemberState, OrganizationState, SessionState, State, time_text};

use guard::{Changes, Guard};
use world::{Project, World};

/// A local Stytch that lives in memory: organizations, members, sessions and their rules, on both
/// API surfaces.
///
/// It is a cheap handle: clones share one world. It is a transport itself, for tests without a
/// network, and can serve real HTTP too (feature `server`). Scheme and host of a request do not
/// matter to it.
///
/// ```
/// use stytch_session_mock::{Emulator, Example};
///
/// let emulator = Emulator::example();
/// let credentials = emulator.backend_authorization();
/// let request = http::Request::post("/v1/b2b/passwords/authenticate")
///     .header("authorization", credentials)
///     .body(
///         serde_json::json!({
///             "organization_id": Example::HARBOR_LIGHTS,
///             "email_address": Example::EMAIL_ADDRESS,
///             "password": Example::PASSWORD,
///         })
///         .to_string()
///         .into_bytes(),
///     )?;
/// let reply: serde_json::Value = serde_json::from_slice(emulator.handle(&request).body())?;
/// assert_eq!(reply["member_authenticated"], true);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

struct Shared {
    beginning: EmulatorBuilder,
    project: Project,
    clock: VirtualClock,
    world: Mutex<World>,
    changes: Changes,
    turns: Turns,
}

impl Emulator {
    /// Starts to describe an emulator.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Member, Organization, VirtualClock};
    ///
    /// let emulator = Emulator::builder()
    ///     .organization(
    ///         Organization::new("harbor-lights")
    ///             .member(Member::new("ada@example.com").password("lighthouse").role("stytch_admin")),
    ///     )
    ///     .clock(VirtualClock::new())
    ///     .build();
    /// assert!(emulator.public_token().starts_with("public-token-test-"));
    /// ```
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::new()
    }

    /// The built-in world; see [`Example`]. It runs with the system's clock.
    #[must_use]
    pub fn example() -> Self {
        Self::example_builder().build()
    }

    /// The built-in world, to be changed before it is built: its clock for instance.
    pub fn example_builder() -> EmulatorBuilder {
        example::builder()
    }

    /// An emulator whose world is a JSON document; see the crate's README for its form.
    ///
    /// # Errors
    ///
    /// [`SeedError`], with the place of the mistake.
    pub fn from_seed_json(json: &[u8]) -> Result<Self, SeedError> {
        Self::builder_from_seed_json(json).map(EmulatorBuilder::build)
    }

    /// As [`from_seed_json`](Self::from_seed_json), to be changed before it is built.
    ///
    /// # Errors
    ///
    /// [`SeedError`], with the place of the mistake.
    pub fn builder_from_seed_json(json: &[u8]) -> Result<EmulatorBuilder, SeedError> {
        seed::read(json)
    }

    fn assemble(beginning: EmulatorBuilder, world: World, clock: VirtualClock) -> Self {
        let project = world.project.clone();
        let (world, turns) = (Mutex::new(world), Turns::default());
        let changes = Changes::default();
        Self { shared: Arc::new(Shared { beginning, project, clock, world, changes, turns }) }
    }

    /// Answers a request as the API does. Planned faults do not touch it.
    #[must_use]
    pub fn handle(&self, request: &Request) -> Response {
        let now = self.now();
        let mut world = self.lock();
        world.log.remember(request, now);
        let answer = route::answer(&mut world, request, now);
        world.log.note(answer.status());
        answer
    }

    /// Answers a request as a network between client and API does: the next planned fault that
    /// matches takes effect.
    ///
    /// It answers at once: [`Fault::Delay`] and [`Fault::Reordered`] take effect where the emulator
    /// is a transport or serves HTTP.
    ///
    /// # Errors
    ///
    /// The [`TransportError`] of a fault that leaves no answer.
    pub fn respond(&self, request: &Request) -> Result<Response, TransportError> {
        let now = self.now();
        let mut world = self.lock();
        let Some(fault) = world.faults.take(request) else {
            drop(world);
            return Ok(self.handle(request));
        };
        if fault != Fault::NotSent {
            world.log.remember(request, now);
        }
        if fault == Fault::Duplicated {
            let first = route::answer(&mut world, request, now);
            world.log.note(first.status());
            world.log.remember(request, now);
        }
        let answer =
            if fault.commits() { Some(route::answer(&mut world, request, now)) } else { None };
        if let Some(error) = fault.transport_error() {
            return Err(error);
        }
        let answer = route::faulty(&mut world, request, &fault, answer);
        world.log.note(answer.status());
        Ok(answer)
    }

    /// As [`respond`](Self::respond); a delay turns the clock. True: the answer is to be held back.
    fn send_in_memory(&self, request: &Request) -> (Result<Response, TransportError>, bool) {
        let mut response = match self.respond(request) {
            Ok(response) => response,
            Err(error) => return (Err(error), false),
        };
        if let Some(Delay(delay)) = response.extensions_mut().remove() {
            self.shared.clock.advance(delay);
        }
        let is_held_back = response.extensions_mut().remove::<HeldBack>().is_some();
        (Ok(response), is_held_back)
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// The project id, the backend surface's user name.
    #[must_use]
    pub fn project_id(&self) -> &str {
        &self.shared.project.id
    }

    /// The project's secret, the backend surface's password.
    #[must_use]
    pub fn project_secret(&self) -> &str {
        &self.shared.project.secret
    }

    /// The public token, the frontend surface's user name.
    #[must_use]
    pub fn public_token(&self) -> &str {
        &self.shared.project.public_token
    }

    /// The `Authorization` header of a backend call.
    #[must_use]
    pub fn backend_authorization(&self) -> String {
        credentials(self.project_id(), self.project_secret())
    }

    /// The `Authorization` header of a frontend call, with a session's token or without.
    #[must_use]
    pub fn frontend_authorization(&self, session_token: Option<&str>) -> String {
        credentials(self.public_token(), session_token.unwrap_or(self.public_token()))
    }

    /// The clock, by which a test can turn the emulator's time.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.shared.clock
    }

    /// The authenticator app's code for now, if the member of this id has one, registered or about
    /// to be.
    ///
    /// A code is accepted once; for another, turn the clock by 30 seconds.
    #[must_use]
    pub fn totp_code(&self, member_id: &str) -> Option<String> {
        let now = self.now();
        let world = self.lock();
        let member = world.members.iter().find(|member| member.id == member_id)?;
        let pending = member.pending_totp.as_ref().map(|pending| &pending.app);
        let app = member.totp.as_ref().or(pending);
        app.map(|app| totp::code(&app.secret, totp::window(now)))
    }

    /// The unused recovery codes of the member of this id.
    #[must_use]
    pub fn recovery_codes(&self, member_id: &str) -> Vec<String> {
        let world = self.lock();
        let of_member = world.members.iter().filter(|member| member.id == member_id);
        let unused = of_member.flat_map(|member| &member.recovery_codes).filter(|code| !code.used);
        unused.map(|code| code.code.clone()).collect()
    }

    /// The id of the organization with this id, slug or external id.
    #[must_use]
    pub fn organization_id(&self, name: &str) -> Option<String> {
        let world = self.lock();
        world.find_organization(name).map(|key| world.organization(key).id.clone())
    }

    /// The id of the member of an organization (by id or slug) with this e-mail address.
    #[must_use]
    pub fn member_id(&self, organization: &str, email_address: &str) -> Option<String> {
        let world = self.lock();
        let organization = world.find_organization(organization)?;
        world.find_email(organization, email_address).map(|key| world.member(key).id.clone())
    }

    /// The ids of the sessions that are active now.
    #[must_use]
    pub fn active_sessions(&self) -> Vec<String> {
        let now = self.now();
        let world = self.lock();
        let active = world.sessions.values().filter(|session| session.is_active(now));
        let mut ids: Vec<_> = active.map(|session| session.id.clone()).collect();
        ids.sort();
        ids
    }

    /// Ends a session from outside, as an administrator does in the dashboard. Unknown ids are
    /// ignored.
    pub fn revoke_session(&self, member_session_id: &str) {
        self.lock().revoke(member_session_id);
    }

    /// Suspends an organization, by id or slug: from now on its logins and its members' sessions are a
    /// 403 `organization_suspended`. Unknown names are ignored; [`reset`](Self::reset) undoes it.
    pub fn suspend(&self, organization: &str) {
        let mut world = self.lock();
        if let Some(key) = world.find_organization(organization) {
            world.organizations[key.0].suspended = true;
        }
    }

    /// The latest 1,000 requests, oldest first; fewer if they are very large.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().log.latest().cloned().collect()
    }

    /// How many requests have arrived.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.lock().log.count()
    }

    /// The next `count` requests meet this fault.
    pub fn fail_next(&self, count: usize, fault: Fault) {
        self.fail_next_to("", count, fault);
    }

    /// The next `count` requests whose path contains `path` meet this fault.
    pub fn fail_next_to(&self, path: &str, count: usize, fault: Fault) {
        self.lock().faults.plan(path, count, fault);
    }

    /// Forgets the faults still to come, and lets go an answer that is held back.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
        self.turns().release();
    }

    /// Puts the world back to its beginning: no sessions, no messages, no faults. The clock stays.
    pub fn reset(&self) {
        let now = self.now();
        *self.lock() = self.shared.beginning.world(now);
        self.turns().release();
    }

    fn now(&self) -> i64 {
        let now: SystemTime = self.shared.clock.now();
        time::seconds(now)
    }

    fn lock(&self) -> Guard<'_> {
        let world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        Guard::new(world, &self.shared.changes)
    }
}

#[async_trait]
impl Transport for Emulator {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let number = self.turns().begin();
        let (answer, is_held_back) = self.send_in_memory(&request);
        if is_held_back {
            self.turns().hold(number).await;
        }
        self.turns().answered(number);
        answer
    }
}

impl BlockingTransport for Emulator {
    fn send(&self, request: Request) -> Result<Response, TransportError> {
        let number = self.turns().begin();
        let (answer, is_held_back) = self.send_in_memory(&request);
        if is_held_back {
            self.turns().hold(number).wait();
        }
        self.turns().answered(number);
        answer
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("project_id", &self.project_id()).finish_non_exhaustive()
    }
}

fn credentials(user: &str, password: &str) -> String {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {encoded}")
}
