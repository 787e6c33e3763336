//! How an emulator is put together.

use std::collections::HashMap;

use serde_json::Value;

use super::Emulator;
use super::ids::Ids;
use super::imports::Imports;
use super::log::Log;
use super::options::Options;
use super::organization::{Organization, Role};
use super::rbac::Policy;
use super::settings::Settings;
use super::time::seconds;
use super::world::{Project, World};
use crate::clock::VirtualClock;

/// The project of an emulator that is given none. It exists nowhere.
const PROJECT_ID: &str = "project-test-6f1d9c52-3b7e-4a80-9d2c-5e8f0a1b2c3d";
const SECRET: &str = "secret-test-emulator-not-a-secret-0000";
const PUBLIC_TOKEN: &str = "public-token-test-2c4a1b77-90de-4f5a-8a11-3c5d7e9f0b21";

/// Puts an [`Emulator`] together; see [`Emulator::builder`].
///
/// The methods from [`end_original_on_exchange`](Self::end_original_on_exchange) on are switches for
/// what is not known of Stytch's behaviour, and for what a client must be able to bear.
#[derive(Clone, Debug)]
#[must_use]
pub struct EmulatorBuilder {
    pub(super) project: Project,
    pub(super) options: Options,
    pub(super) settings: Settings,
    pub(super) organizations: Vec<Organization>,
    pub(super) policy: Policy,
    pub(super) imports: Imports,
    clock: Option<VirtualClock>,
    seed: u64,
}

impl EmulatorBuilder {
    pub(super) fn new() -> Self {
        Self {
            project: Project {
                id: PROJECT_ID.to_owned(),
                secret: SECRET.to_owned(),
                public_token: PUBLIC_TOKEN.to_owned(),
            },
            options: Options::default(),
            settings: Settings::default(),
            organizations: Vec::new(),
            policy: Policy::empty(),
            imports: Imports::default(),
            clock: None,
            seed: 0,
        }
    }

    /// Sets the project id, for instance `project-test-…`.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project.id = id.into();
        self
    }

    /// Sets the project's secret, the backend surface's credential.
    pub fn project_secret(mut self, secret: impl Into<String>) -> Self {
        self.project.secret = secret.into();
        self
    }

    /// Sets the public token, the frontend surface's credential.
    pub fn public_token(mut self, token: impl Into<String>) -> Self {
        self.project.public_token = token.into();
        self
    }

    /// Adds an organization.
    pub fn organization(mut self, organization: Organization) -> Self {
        self.organizations.push(organization);
        self
    }

    /// Adds a role beside `stytch_member` and `stytch_admin`, or replaces one of these.
    pub fn role(mut self, role: Role) -> Self {
        self.policy.roles.retain(|other| other.role_id != role.role_id);
        self.policy.roles.push(role);
        self
    }

    /// Declares a resource and its actions; only shown in the policy.
    pub fn resource(mut self, resource: impl Into<Value>) -> Self {
        self.policy.resources.push(resource.into());
        self
    }

    /// Sets the clock. Without this the emulator runs with the system's.
    pub fn clock(mut self, clock: VirtualClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the seed that ids, tokens and codes follow from; 0 unless set.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sends this code in every SMS, rather than a new one each time.
    pub fn fixed_otp_code(mut self, code: impl Into<String>) -> Self {
        self.options.fixed_otp_code = Some(code.into());
        self
    }

    /// Signs no JWT: each carries the same signature, which no verifier accepts. RSA is the slowest
    /// thing the emulator does; tests that make thousands of sessions are much faster so.
    pub const fn constant_signature(mut self) -> Self {
        self.options.constant_signature = true;
        self
    }

    /// Locks a member for an hour after this many wrong second factors; 10 unless set.
    pub const fn lock_after(mut self, failures: u32) -> Self {
        self.options.lock_after = failures;
        self
    }

    /// Caps `session_duration_minutes` on the frontend; above it is `invalid_session_duration`.
    pub const fn maximum_session_minutes(mut self, minutes: u32) -> Self {
        self.options.maximum_duration_minutes = minutes as i64;
        self
    }

    /// A finished exchange ends the session it started from. Otherwise that lives on.
    pub const fn end_original_on_exchange(mut self) -> Self {
        self.options.end_original_on_exchange = true;
        self
    }

    /// Each authenticate gives the session a new token and voids the old one at once.
    pub const fn rotate_session_tokens(mut self) -> Self {
        self.options.rotate_session_tokens = true;
        self
    }

    /// A wrong project id is a 401 `invalid_project_id_authentication` and a wrong secret a 401
    /// `invalid_secret_authentication`, rather than both `unauthorized_credentials`.
    pub const fn distinct_credential_errors(mut self) -> Self {
        self.options.distinct_credential_errors = true;
        self
    }

    /// A wrong second factor is a 401 `unauthorized_credentials` rather than its own error.
    pub const fn wrong_code_as_unauthorized(mut self) -> Self {
        self.options.wrong_code_as_unauthorized = true;
        self
    }

    /// Leaves null fields out of successful replies.
    pub const fn omit_nulls(mut self) -> Self {
        self.options.omit_nulls = true;
        self
    }

    /// Adds fields, factor types and enumeration values that no client can know.
    pub const fn inject_unknown(mut self) -> Self {
        self.options.inject_unknown = true;
        self
    }

    /// Labels the frontend's errors `text/plain`. They are JSON nevertheless.
    pub const fn text_plain_errors(mut self) -> Self {
        self.options.text_plain_errors = true;
        self
    }

    /// Leaves `request_id` out of the frontend's errors.
    pub const fn no_request_id_on_errors(mut self) -> Self {
        self.options.no_request_id = true;
        self
    }

    /// Sends `Retry-After` with this many seconds on every 429.
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.options.retry_after = Some(seconds);
        self
    }

    /// A given duration never shortens a session. Otherwise it is taken literally.
    pub const fn never_shorten(mut self) -> Self {
        self.options.never_shorten = true;
        self
    }

    /// Demands a decodable `X-SDK-Client` header on the frontend.
    pub const fn strict_telemetry(mut self) -> Self {
        self.options.strict_telemetry = true;
        self
    }

    /// Refuses frontend calls that carry both a session and an intermediate session. Otherwise the
    /// intermediate one counts.
    pub const fn strict_session_arguments(mut self) -> Self {
        self.options.strict_session_arguments = true;
        self
    }

    /// Refuses whatever the API's description does not name for the endpoint and the surface: body
    /// fields, query parameters and headers, and fields of the wrong type, also those that have no
    /// effect here. The backend's refusal is `bad_request`, the frontend's a schema error that names
    /// the field; an unknown header is a `bad_request` on both. Headers of HTTP itself, of browsers
    /// and of proxies are always accepted.
    pub const fn strict(mut self) -> Self {
        self.options.strict = true;
        self
    }

    /// The emulator, with nobody logged in.
    #[must_use]
    pub fn build(self) -> Emulator {
        let clock = self.clock.clone().unwrap_or_else(VirtualClock::system);
        let world = self.world(seconds(clock.now()));
        Emulator::assemble(self, world, clock)
    }

    /// The world as it is in the beginning.
    pub(super) fn world(&self, now: i64) -> World {
        let mut world = World {
            project: self.project.clone(),
            options: self.options.clone(),
            settings: self.settings.clone(),
            ids: Ids::new(self.seed),
            policy: self.policy.clone().with_defaults(),
            created_at: now,
            organizations: Vec::new(),
            members: Vec::new(),
            sessions: HashMap::new(),
            session_tokens: HashMap::new(),
            intermediates: HashMap::new(),
            tickets: HashMap::new(),
            mail_codes: HashMap::new(),
            passwords: HashMap::new(),
            imports: self.imports.clone(),
            outbox: Vec::new(),
            faults: crate::fault::Faults::default(),
            log: Log::default(),
        };
        for organization in self.organizations.clone() {
            world.add_organization(organization, now);
        }
        world
    }
}
