//! The form in which a session is stored: explicit, versioned, secret-bearing.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use crate::any::AnySession;
use crate::model::{
    AuthorizationVerdict, DeviceInfo, DiscoveredOrganization, EmailAddress, Member, MemberSession,
    Organization, Requirement, Timestamp,
};
use crate::secret::{IntermediateSessionToken, SessionJwt, SessionToken};
use crate::session::Session;
use crate::state::{Active, Discovery, Intermediate, Lifetime, LoggedOut};

/// The version of the form that this library writes.
const VERSION: u32 = 1;

/// A session as it is stored: the one deliberate copy.
///
/// Serialized, it contains the session's tokens in clear: keep it where only its owner can read
/// it. `Debug` shows none of it. A document of a newer version is kept as it is and serializes
/// unchanged.
///
/// ```
/// use std::time::SystemTime;
/// use stytch_session::{AnySession, Session, StoredSession};
///
/// let json = serde_json::to_string(&Session::new().to_stored())?;
/// let stored: StoredSession = serde_json::from_str(&json)?;
/// let session = AnySession::restore(stored, SystemTime::now())?;
/// assert!(matches!(session, AnySession::LoggedOut(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StoredSession(Document);

#[derive(Clone)]
enum Document {
    Known(Known),
    /// What a newer version of the library wrote, whole.
    Newer {
        version: u32,
        document: Map<String, Value>,
    },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Known {
    LoggedOut,
    Discovery(StoredDiscovery),
    Intermediate(Box<StoredIntermediate>),
    Active(Box<StoredActive>),
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredDiscovery {
    #[serde(with = "in_clear")]
    intermediate_session_token: IntermediateSessionToken,
    email_address: EmailAddress,
    discovered_organizations: Vec<DiscoveredOrganization>,
    expires_at: Timestamp,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredIntermediate {
    #[serde(with = "in_clear")]
    intermediate_session_token: IntermediateSessionToken,
    member: Member,
    organization: Organization,
    requirement: Requirement,
    expires_at: Timestamp,
    /// The server said that it is over.
    over: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<StoredActive>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredActive {
    #[serde(with = "in_clear")]
    session_token: SessionToken,
    #[serde(default, with = "in_clear_if_any", skip_serializing_if = "Option::is_none")]
    session_jwt: Option<SessionJwt>,
    member_session: Arc<MemberSession>,
    member: Arc<Member>,
    organization: Arc<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    member_device: Option<Box<DeviceInfo>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Box<AuthorizationVerdict>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes_remaining: Option<u32>,
}

/// A stored session cannot be restored: a newer version of this library stored it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoreError {
    version: u32,
}

impl RestoreError {
    /// The version of the stored form.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the stored session has version {}, and this library reads up to {VERSION}; \
             use the newer program that stored it, or log in again",
            self.version
        )
    }
}

impl std::error::Error for RestoreError {}

impl StoredSession {
    fn known(session: Known) -> Self {
        Self(Document::Known(session))
    }

    pub(crate) fn into_any(self) -> Result<AnySession, RestoreError> {
        match self.0 {
            Document::Known(known) => Ok(known.into_any()),
            Document::Newer { version, .. } => Err(RestoreError { version }),
        }
    }
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredSession([redacted])")
    }
}

impl Serialize for StoredSession {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Versioned<'a> {
            version: u32,
            session: &'a Known,
        }

        match &self.0 {
            Document::Known(session) => {
                Versioned { version: VERSION, session }.serialize(serializer)
            }
            Document::Newer { document, .. } => document.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for StoredSession {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Errors of decoding could quote a token.
        let damaged = || de::Error::custom("the stored session is damaged");
        let mut document = Map::deserialize(deserializer).map_err(|_| damaged())?;
        let version = document.get("version").and_then(Value::as_u64);
        let version = version
            .and_then(|version| u32::try_from(version).ok())
            .ok_or_else(|| de::Error::custom("the stored session has no version"))?;
        if version > VERSION {
            return Ok(Self(Document::Newer { version, document }));
        }
        let session = document.remove("session").unwrap_or_default();
        let known: Known = serde_json::from_value(session).map_err(|_| damaged())?;
        if !known.is_consistent() {
            return Err(damaged());
        }
        Ok(Self::known(known))
    }
}

impl Known {
    /// Whether the parts belong together: one member's session must not come back as another's.
    fn is_consistent(&self) -> bool {
        match self {
            Self::LoggedOut | Self::Discovery(_) => true,
            Self::Intermediate(stored) => {
                stored.member.organization_id() == stored.organization.organization_id()
                    && stored.previous.as_ref().is_none_or(StoredActive::is_consistent)
            }
            Self::Active(stored) => stored.is_consistent(),
        }
    }

    fn into_any(self) -> AnySession {
        match self {
            Self::LoggedOut => Session::new().into(),
            Self::Discovery(stored) => Session::of(Discovery {
                token: stored.intermediate_session_token,
                email_address: stored.email_address,
                organizations: stored.discovered_organizations,
                lifetime: Lifetime::until(stored.expires_at),
                identity: None,
            })
            .into(),
            Self::Intermediate(stored) => Session::of(Intermediate {
                token: stored.intermediate_session_token,
                member: stored.member,
                organization: stored.organization,
                requirement: stored.requirement,
                lifetime: Lifetime { expires_at: stored.expires_at, over: stored.over },
                previous: stored.previous.map(|active| Session::of(active.into_state())),
                details: None,
            })
            .into(),
            Self::Active(stored) => Session::of(stored.into_state()).into(),
        }
    }
}

impl StoredActive {
    fn of(state: &Active) -> Self {
        Self {
            session_token: state.token.clone(),
            session_jwt: state.jwt.clone(),
            member_session: state.member_session.clone(),
            member: state.member.clone(),
            organization: state.organization.clone(),
            member_device: state.device.clone(),
            verdict: state.verdict.clone(),
            recovery_codes_remaining: state.recovery_codes_remaining,
        }
    }

    fn is_consistent(&self) -> bool {
        let (session, member) = (&self.member_session, &self.member);
        session.member_id() == member.member_id()
            && session.organization_id() == member.organization_id()
            && member.organization_id() == self.organization.organization_id()
    }

    fn into_state(self) -> Active {
        Active {
            token: self.session_token,
            jwt: self.session_jwt,
            member_session: self.member_session,
            member: self.member,
            organization: self.organization,
            device: self.member_device,
            verdict: self.verdict,
            recovery_codes_remaining: self.recovery_codes_remaining,
            details: None,
        }
    }
}

impl Session<LoggedOut> {
    /// A copy for storage.
    #[must_use]
    pub fn to_stored(&self) -> StoredSession {
        StoredSession::known(Known::LoggedOut)
    }
}

impl Session<Discovery> {
    /// A copy for storage. It holds the session's token.
    #[must_use]
    pub fn to_stored(&self) -> StoredSession {
        let state = self.state();
        StoredSession::known(Known::Discovery(StoredDiscovery {
            intermediate_session_token: state.token.clone(),
            email_address: state.email_address.clone(),
            discovered_organizations: state.organizations.clone(),
            expires_at: state.lifetime.expires_at,
        }))
    }
}

impl Session<Intermediate> {
    /// A copy for storage. It holds the session's token, and those of the active session that it
    /// remembers.
    #[must_use]
    pub fn to_stored(&self) -> StoredSession {
        let state = self.state();
        StoredSession::known(Known::Intermediate(Box::new(StoredIntermediate {
            intermediate_session_token: state.token.clone(),
            member: state.member.clone(),
            organization: state.organization.clone(),
            requirement: state.requirement.clone(),
            expires_at: state.lifetime.expires_at,
            over: state.lifetime.over,
            previous: state.previous.as_ref().map(|session| StoredActive::of(session.state())),
        })))
    }
}

impl Session<Active> {
    /// A copy for storage. It holds the session's tokens.
    #[must_use]
    pub fn to_stored(&self) -> StoredSession {
        StoredSession::known(Known::Active(Box::new(StoredActive::of(self.state()))))
    }
}

/// Secrets as text: here and nowhere else.
mod in_clear {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::error::InvalidInput;
    use crate::secret::{IntermediateSessionToken, SessionJwt, SessionToken};

    pub(super) trait Secret: Sized {
        fn text(&self) -> &str;
        fn from_text(text: String) -> Result<Self, InvalidInput>;
    }

    macro_rules! secrets {
        ($($name:ty),*) => {$(
            impl Secret for $name {
                fn text(&self) -> &str {
                    self.secret()
                }

                fn from_text(text: String) -> Result<Self, InvalidInput> {
                    Self::new(text)
                }
            }
        )*};
    }

    secrets!(SessionToken, SessionJwt, IntermediateSessionToken);

    pub(super) fn serialize<T: Secret, S: Serializer>(
        secret: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.text())
    }

    pub(super) fn deserialize<'de, T: Secret, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::from_text(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

mod in_clear_if_any {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::in_clear::Secret;

    pub(super) fn serialize<T: Secret, S: Serializer>(
        secret: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => serializer.serialize_some(secret.text()),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T: Secret, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(T::from_text)
            .transpose()
            .map_err(de::Error::custom)
    }
}
