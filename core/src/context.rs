//! What the protocol needs from outside and the core must not fetch itself.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The time, a random seed and the application's identity, for one request.
///
/// ```
/// use std::time::SystemTime;
/// use stytch_session::{Application, Context};
///
/// let application = Application::new("com.example.app", 7);
/// let context = Context::new(SystemTime::now(), 8, &application);
/// # let _ = context;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    now: SystemTime,
    seed: Seed,
    application: &'a Application,
}

impl<'a> Context<'a> {
    /// `now` is the wall-clock time; `seed` should be fresh randomness for each request.
    #[must_use]
    pub fn new(now: SystemTime, seed: impl Into<Seed>, application: &'a Application) -> Self {
        Self { now, seed: seed.into(), application }
    }

    /// The wall-clock time.
    #[must_use]
    pub const fn now(&self) -> SystemTime {
        self.now
    }

    /// The random seed.
    #[must_use]
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// The application's identity.
    #[must_use]
    pub const fn application(&self) -> &'a Application {
        self.application
    }
}

/// 32 bytes of randomness that the caller provides.
///
/// The ids of telemetry are made from it, and the verifiers of PKCE, which must not be guessed:
/// take it from a cryptographic source, afresh each time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A version 4 UUID in lower-case hex, made from one half of the seed.
    pub(crate) fn uuid(self, half: Half) -> [u8; 36] {
        let (first, second) = self.0.split_at(16);
        let bytes = match half {
            Half::First => first,
            Half::Second => second,
        };
        let mut digits = [0; 32];
        for ((at, byte), pair) in bytes.iter().enumerate().zip(digits.chunks_exact_mut(2)) {
            let byte = match at {
                6 => byte & 0x0f | 0x40,
                8 => byte & 0x3f | 0x80,
                _ => *byte,
            };
            pair.copy_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 0xf)]);
        }
        let mut text = [b'-'; 36];
        let mut rest = digits.as_slice();
        let mut at = 0;
        for length in [8, 4, 4, 4, 12] {
            let (group, after) = rest.split_at_checked(length).unwrap_or_default();
            if let Some(to) = text.get_mut(at..at + length) {
                to.copy_from_slice(group);
            }
            at += length + 1;
            rest = after;
        }
        text
    }
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }
}

/// Which half of a [`Seed`] an id is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Half {
    First,
    Second,
}

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<u64> for Seed {
    /// A small number for tests: different numbers give different ids.
    fn from(number: u64) -> Self {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&number.to_be_bytes());
        }
        Self(bytes)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed([redacted])")
    }
}

/// The application's identity, which the frontend surface wants with each request
/// (`X-SDK-Client`).
///
/// Stytch checks the identifier against the list of allowed applications in the project's
/// dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    identifier: Box<str>,
    version: Option<Box<str>>,
    time_zone: Box<str>,
    start_id: Box<str>,
    installation_id: Box<str>,
    /// The unchanging first part of the telemetry, already in base64.
    pub(crate) telemetry_head: Box<str>,
}

impl Application {
    /// An application by its identifier (bundle id), for instance `com.example.app`.
    ///
    /// `seed` is randomness of this start of the program; the ids of the start and, unless
    /// [`Application::installation_id`] is set, of the installation are made from it. The time
    /// zone is `Etc/UTC` unless [`Application::time_zone`] is set.
    #[must_use]
    pub fn new(identifier: impl Into<Box<str>>, seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        let mut application = Self {
            identifier: identifier.into(),
            version: None,
            time_zone: "Etc/UTC".into(),
            start_id: prefixed("app-session-id-", seed.uuid(Half::First)),
            installation_id: prefixed("persistent-id-", seed.uuid(Half::Second)),
            telemetry_head: Box::default(),
        };
        application.encode();
        application
    }

    /// Sets the application's version.
    #[must_use]
    pub fn version(mut self, version: impl Into<Box<str>>) -> Self {
        self.version = Some(version.into());
        self.encode();
        self
    }

    /// Sets the time zone, an IANA name such as `Europe/Lisbon`.
    #[must_use]
    pub fn time_zone(mut self, name: impl Into<Box<str>>) -> Self {
        self.time_zone = name.into();
        self.encode();
        self
    }

    /// Sets the id of this installation, which an application may keep from start to start.
    #[must_use]
    pub fn installation_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.installation_id = id.into();
        self.encode();
        self
    }

    /// The identifier.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Base64 encodes three bytes at a time, so a head whose length is a multiple of three can be
    /// encoded once and for all.
    fn encode(&mut self) {
        let mut app = serde_json::Map::new();
        app.insert("identifier".into(), (*self.identifier).into());
        if let Some(version) = &self.version {
            app.insert("version".into(), (**version).into());
        }
        let constant = serde_json::json!({
            "app_session_id": &*self.start_id,
            "persistent_id": &*self.installation_id,
            "timezone": &*self.time_zone,
            "app": app,
            "sdk": { "identifier": "stytch-session", "version": env!("CARGO_PKG_VERSION") },
            "os": { "identifier": std::env::consts::OS },
        });
        let mut head = constant.to_string();
        head.pop(); // the closing brace: more members follow
        while head.len() % 3 != 0 {
            head.push(' ');
        }
        self.telemetry_head = STANDARD.encode(head).into();
    }
}

fn prefixed(prefix: &str, uuid: [u8; 36]) -> Box<str> {
    let uuid = std::str::from_utf8(&uuid).unwrap_or_default();
    [prefix, uuid].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_version_4() {
        let text = |seed: Seed, half| String::from_utf8(seed.uuid(half).to_vec()).unwrap();
        assert_eq!(
            text(Seed::from([0xff; 32]), Half::First),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        let mut bytes = [0; 32];
        bytes[16..].copy_from_slice(&0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes());
        assert_eq!(text(Seed::from(bytes), Half::Second), "01234567-89ab-4def-8123-456789abcdef");
        assert_eq!(text(Seed::from(bytes), Half::First), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn the_head_has_no_padding() {
        for length in 0..4 {
            let application = Application::new("x".repeat(length), 1).version("1");
            assert!(!application.telemetry_head.contains('='));
        }
    }
}
