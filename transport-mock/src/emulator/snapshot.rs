//! The world as a document that outlives the emulator.

mod read;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::Emulator;
use super::ids::Ids;
use super::imports::AccessToken;
use super::organization::Organization;
use super::outbox::Message;
use super::ticket::Ticket;
use super::world::{Intermediate, MailCode, MemberRecord, MfaMethod, SessionRecord, World};

/// The version of the document that is written, and the only one that is read.
const VERSION: u64 = 1;

/// A snapshot that cannot be restored; see [`Emulator::restore`].
///
/// It tells the place of the mistake and nothing that the document says, which may be secret.
///
/// ```
/// use stytch_session_mock::{Emulator, SnapshotError};
///
/// let error = Emulator::example().restore(br#"{ "version": 7 }"#).unwrap_err();
/// assert_eq!(error, SnapshotError::Version { found: 7 });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The document is no JSON, or ends too early.
    Syntax {
        /// The line of the mistake, from 1.
        line: usize,
        /// The column of the mistake, from 1; 0 if the line is empty.
        column: usize,
    },
    /// The document is of another version of this crate.
    Version {
        /// The version that the document names.
        found: u64,
    },
    /// A part of the document is missing or cannot be so.
    Invalid {
        /// The place, for instance `sessions[2].member`; empty if it is the whole document.
        path: String,
        /// What is wrong there.
        problem: String,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { line, column } => {
                write!(f, "not valid JSON: line {line}, column {column}")
            }
            Self::Version { found } => {
                write!(f, "version: {found} is not known here, only {VERSION}")
            }
            Self::Invalid { path, problem } if path.is_empty() => f.write_str(problem),
            Self::Invalid { path, problem } => write!(f, "{path}: {problem}"),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// What is written.
#[derive(Serialize)]
struct Written<'a> {
    version: u64,
    ids: &'a Ids,
    created_at: i64,
    /// Milliseconds; nothing for a clock that stands.
    clock_ahead: Option<i64>,
    organizations: &'a [Organization],
    members: &'a [MemberRecord],
    sessions: Vec<&'a SessionRecord>,
    intermediates: BTreeMap<&'a str, &'a Intermediate>,
    tickets: BTreeMap<&'a str, &'a Ticket>,
    mail_codes: Vec<(Option<usize>, &'a str, &'a MailCode)>,
    passwords: BTreeMap<&'a str, &'a String>,
    access_tokens: &'a [AccessToken],
    outbox: &'a [Message],
}

impl<'a> Written<'a> {
    fn new(world: &'a World, clock_ahead: Option<i64>) -> Self {
        // Whoever adds something to the world decides here whether it is kept.
        let World {
            ids,
            created_at,
            organizations,
            members,
            sessions,
            intermediates,
            tickets,
            mail_codes,
            passwords,
            imports,
            outbox,
            // By the sessions.
            session_tokens: _,
            // Given to whoever builds an emulator.
            project: _,
            options: _,
            settings: _,
            policy: _,
            // Of this run.
            faults: _,
            log: _,
        } = world;
        let mut sessions: Vec<_> = sessions.values().collect();
        sessions.sort_by(|one, other| one.id.cmp(&other.id));
        let mut mail_codes: Vec<_> = mail_codes
            .iter()
            .map(|((member, mailbox), code)| (*member, mailbox.as_str(), code))
            .collect();
        mail_codes.sort_by_key(|(member, mailbox, _)| (*member, *mailbox));
        Self {
            version: VERSION,
            ids,
            created_at: *created_at,
            clock_ahead,
            organizations,
            members,
            sessions,
            intermediates: sorted(intermediates),
            tickets: sorted(tickets),
            mail_codes,
            passwords: sorted(passwords),
            access_tokens: &imports.access_tokens,
            outbox,
        }
    }
}

fn sorted<T>(map: &HashMap<String, T>) -> BTreeMap<&str, &T> {
    map.iter().map(|(key, value)| (key.as_str(), value)).collect()
}

/// The world, for another time.
impl Emulator {
    /// The world as a JSON document, for [`restore`](Self::restore): organizations, members,
    /// sessions, unfinished logins, codes and links on their way, the outbox, and where ids and tokens
    /// go on, so that none is given out twice. The same world gives the same document.
    ///
    /// Not in it: the project's credentials and policy, the switches, trusted tokens and foreign
    /// sessions, which the builder or the seed gives; planned faults and the requests so far.
    ///
    /// It holds passwords and tokens: keep it as you keep those.
    ///
    /// ```
    /// use stytch_session_mock::{Emulator, Example};
    ///
    /// let emulator = Emulator::example();
    /// let login = http::Request::post("/v1/b2b/passwords/authenticate")
    ///     .header("authorization", emulator.backend_authorization())
    ///     .body(
    ///         serde_json::json!({
    ///             "organization_id": Example::HARBOR_LIGHTS,
    ///             "email_address": Example::EMAIL_ADDRESS,
    ///             "password": Example::PASSWORD,
    ///         })
    ///         .to_string()
    ///         .into_bytes(),
    ///     )?;
    /// assert_eq!(emulator.handle(&login).status(), 200);
    /// let snapshot = emulator.snapshot();
    ///
    /// let another = Emulator::example();
    /// another.restore(&snapshot)?;
    /// assert_eq!(another.active_sessions().len(), 1);
    /// assert_eq!(another.active_sessions(), emulator.active_sessions());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let clock_ahead = self.shared.clock.ahead();
        let world = self.lock();
        serde_json::to_vec(&Written::new(&world, clock_ahead))
            .expect("the keys of its maps are text, and nothing in it can fail")
    }

    /// Puts the world into the state of a [`snapshot`](Self::snapshot), whatever it was before.
    ///
    /// Credentials, policy, switches and planned faults stay as they are, and so do the requests so
    /// far. A clock that runs with the system's is set as far ahead of it, or behind, as the other one
    /// was; a clock that stands is left alone. [`reset`](Self::reset) goes back to this emulator's
    /// own beginning and not to the snapshot.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`], with the place of the mistake. Then nothing has changed.
    pub fn restore(&self, snapshot: &[u8]) -> Result<(), SnapshotError> {
        let restored = read::read(snapshot)?;
        let mut guard = self.lock();
        let world: &mut World = &mut guard;
        world.ids = restored.ids;
        world.created_at = restored.created_at;
        world.organizations = restored.organizations;
        world.members = restored.members;
        world.sessions = restored.sessions;
        world.session_tokens = restored.session_tokens;
        world.intermediates = restored.intermediates;
        world.tickets = restored.tickets;
        world.mail_codes = restored.mail_codes;
        world.passwords = restored.passwords;
        world.imports.access_tokens = restored.access_tokens;
        world.outbox = restored.outbox;
        if let Some(ahead) = restored.clock_ahead {
            self.shared.clock.set_ahead(ahead);
        }
        Ok(())
    }

    /// How often the world or its clock may have changed so far: while this number stays the same,
    /// so does the [`snapshot`](Self::snapshot). Every request counts, also one that is refused.
    #[must_use]
    pub fn change_count(&self) -> u64 {
        self.shared.changes.count().wrapping_add(self.shared.clock.turn_count())
    }
}

/// Reads one of the names that the emulator gives.
pub(super) fn mfa_method<'de, D: Deserializer<'de>>(from: D) -> Result<MfaMethod, D::Error> {
    let name = String::deserialize(from)?;
    let known = ["", "sms_otp", "totp"].into_iter().find(|known| *known == name);
    known.ok_or_else(|| serde::de::Error::custom("unknown method"))
}
