//! The client under test: what it is asked, what it answers, what it shows.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;

/// A client under test that waits for its answers.
///
/// It keeps one member's session. How it does so is its own business: it needs no code of
/// `stytch-session`. It sends requests through the [`Wire`](super::Wire) that it was made with, and
/// takes the time from there.
pub trait Client {
    /// Does what is asked, and says what came of it.
    fn apply(&mut self, operation: &Operation) -> Outcome;

    /// What the client would show to its user now, from what it holds: without a request.
    ///
    /// It is asked after every operation and every change of time. A session that has expired by
    /// [`Wire::now`](super::Wire::now) is none.
    fn observe(&mut self) -> Observation;

    /// Everything that the client would write to a log, its `Debug` for instance; it is searched for
    /// secrets. Nothing by default.
    fn log(&mut self) -> String {
        String::new()
    }
}

/// A client under test that works asynchronously: operations may overlap, and their answers come in
/// any order.
///
/// See [`Client`]. No runtime is needed; a future may wait for [`Wire`](super::Wire) and for
/// whatever else makes progress by being polled. The wire is a [`Runtime`](stytch_session::live::Runtime)
/// itself: tasks that the client [spawns](super::Wire::spawn) there go on between operations, and
/// while time passes those that [sleep](super::Wire::sleep) are woken at their time.
///
/// While one operation is under way another may be declined ([`Outcome::NotPossible`]). An answer that
/// was overtaken, because the session has changed since its request was sent, must show nothing; what
/// the operation comes to is free then. A future may be dropped at any await: the client stays usable
/// and shows the truth.
#[async_trait]
pub trait AsyncClient: Send + Sync + 'static {
    /// Does what is asked, and says what came of it.
    async fn apply(&self, operation: Operation) -> Outcome;

    /// What the client would show to its user now; see [`Client::observe`].
    fn observe(&self) -> Observation;

    /// What the client's subscribers have been told since this was asked last, in order; none if it
    /// has no subscribers.
    ///
    /// A change of anything that is shown is told once, and nothing is told without one. So the
    /// observations here and in [`observe`](Self::observe) must show all that makes a change, the JWT
    /// for instance. After a restart the subscribers are new ones. By the clock's being set alone
    /// something may be over that they are told of only when the client looks at the time again,
    /// within 200 seconds.
    fn told(&self) -> Option<Vec<Observation>> {
        None
    }

    /// What the client would show if it started now, from what it has stored; none if it stores
    /// nothing, or only at its end. Asked for while nothing is under way.
    fn stored(&self) -> Option<Observation> {
        None
    }

    /// Everything that the client would write to a log; see [`Client::log`].
    fn log(&self) -> String {
        String::new()
    }
}

/// What a client is asked to do.
///
/// An operation that the client does not have is [`Outcome::Unsupported`], and one that what it
/// holds does not allow is [`Outcome::NotPossible`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Log in with a password: `passwords/authenticate`.
    Login {
        /// The id or slug of the organization.
        organization_id: String,
        /// Whose login it is.
        email_address: String,
        /// Their password, or a wrong one.
        password: String,
    },
    /// Log in with the token of an e-mailed link: `magic_links/authenticate`.
    LoginByLink {
        /// The token, which may be used up or unknown.
        token: String,
    },
    /// Log in before an organization is chosen: `passwords/discovery/authenticate`.
    Discover {
        /// Whose login it is.
        email_address: String,
        /// Their password, or a wrong one.
        password: String,
    },
    /// Choose an organization after [`Discover`](Self::Discover):
    /// `discovery/intermediate_sessions/exchange`.
    Enter {
        /// The id or slug of the organization.
        organization_id: String,
    },
    /// Have a code sent by SMS: `otps/sms/send`. It changes nothing that the client holds.
    SendSms,
    /// Give the code of an SMS: `otps/sms/authenticate`.
    GiveSms {
        /// The code, or a wrong one.
        code: String,
    },
    /// Give the code of an authenticator app: `totp/authenticate`.
    GiveTotp {
        /// The code, or a wrong one.
        code: String,
    },
    /// Give a recovery code: `recovery_codes/recover`.
    GiveRecoveryCode {
        /// The code, or a wrong one.
        code: String,
    },
    /// Ask the server whether the session still lives, and take its new tokens:
    /// `sessions/authenticate`.
    Refresh {
        /// How long it shall live from now on, in minutes; as before if none is given.
        session_duration_minutes: Option<u32>,
    },
    /// Take over a session whose token comes from elsewhere, once the server has confirmed it:
    /// `sessions/authenticate`.
    Adopt {
        /// The token, which may be unknown or no token at all.
        session_token: String,
    },
    /// Move the session to another organization: `sessions/exchange`.
    Exchange {
        /// The id or slug of the organization.
        organization_id: String,
    },
    /// Log out: `sessions/revoke`.
    Revoke,
    /// Give up what is unfinished, without a request. A session that was active before stays.
    Abandon,
    /// Forget everything, without a request.
    Forget,
    /// End, and start again from what was saved.
    Restart,
}

/// The kind of an [`Operation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[allow(missing_docs, reason = "they are those of Operation")]
pub enum OperationKind {
    Login,
    LoginByLink,
    Discover,
    Enter,
    SendSms,
    GiveSms,
    GiveTotp,
    GiveRecoveryCode,
    Refresh,
    Adopt,
    Exchange,
    Revoke,
    Abandon,
    Forget,
    Restart,
}

impl OperationKind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Login,
        Self::LoginByLink,
        Self::Discover,
        Self::Enter,
        Self::SendSms,
        Self::GiveSms,
        Self::GiveTotp,
        Self::GiveRecoveryCode,
        Self::Refresh,
        Self::Adopt,
        Self::Exchange,
        Self::Revoke,
        Self::Abandon,
        Self::Forget,
        Self::Restart,
    ];

    /// The endpoint that answers it, below the surface's prefix; none for what is local.
    pub(super) const fn endpoint(self) -> Option<&'static str> {
        Some(match self {
            Self::Login => "b2b/passwords/authenticate",
            Self::LoginByLink => "b2b/magic_links/authenticate",
            Self::Discover => "b2b/passwords/discovery/authenticate",
            Self::Enter => "b2b/discovery/intermediate_sessions/exchange",
            Self::SendSms => "b2b/otps/sms/send",
            Self::GiveSms => "b2b/otps/sms/authenticate",
            Self::GiveTotp => "b2b/totp/authenticate",
            Self::GiveRecoveryCode => "b2b/recovery_codes/recover",
            Self::Refresh | Self::Adopt => "b2b/sessions/authenticate",
            Self::Exchange => "b2b/sessions/exchange",
            Self::Revoke => "b2b/sessions/revoke",
            Self::Abandon | Self::Forget | Self::Restart => return None,
        })
    }

    /// The first operation that an endpoint answers.
    pub(super) fn answered_by(endpoint: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.endpoint() == Some(endpoint))
    }

    /// Whether it goes on from an intermediate session, if there is one.
    pub(super) const fn continues(self) -> bool {
        matches!(
            self,
            Self::Login
                | Self::LoginByLink
                | Self::Enter
                | Self::SendSms
                | Self::GiveSms
                | Self::GiveTotp
                | Self::GiveRecoveryCode
        )
    }
}

impl Operation {
    /// Which operation it is.
    #[must_use]
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Login { .. } => OperationKind::Login,
            Self::LoginByLink { .. } => OperationKind::LoginByLink,
            Self::Discover { .. } => OperationKind::Discover,
            Self::Enter { .. } => OperationKind::Enter,
            Self::SendSms => OperationKind::SendSms,
            Self::GiveSms { .. } => OperationKind::GiveSms,
            Self::GiveTotp { .. } => OperationKind::GiveTotp,
            Self::GiveRecoveryCode { .. } => OperationKind::GiveRecoveryCode,
            Self::Refresh { .. } => OperationKind::Refresh,
            Self::Adopt { .. } => OperationKind::Adopt,
            Self::Exchange { .. } => OperationKind::Exchange,
            Self::Revoke => OperationKind::Revoke,
            Self::Abandon => OperationKind::Abandon,
            Self::Forget => OperationKind::Forget,
            Self::Restart => OperationKind::Restart,
        }
    }

    /// What of it must never be shown.
    pub(super) fn secret(&self) -> Option<&str> {
        match self {
            Self::Login { password, .. } | Self::Discover { password, .. } => Some(password),
            Self::LoginByLink { token } | Self::Adopt { session_token: token } => Some(token),
            Self::GiveSms { code } | Self::GiveTotp { code } | Self::GiveRecoveryCode { code } => {
                Some(code)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login { organization_id, password, .. } => {
                write!(f, "log in to {organization_id} with the password {password:?}")
            }
            Self::LoginByLink { token } => write!(f, "log in by the link with {token:?}"),
            Self::Discover { password, .. } => {
                write!(f, "log in, without an organization, with the password {password:?}")
            }
            Self::Enter { organization_id } => write!(f, "choose {organization_id}"),
            Self::SendSms => f.write_str("have a code sent by SMS"),
            Self::GiveSms { code } => write!(f, "give the SMS code {code:?}"),
            Self::GiveTotp { code } => write!(f, "give the authenticator app's code {code:?}"),
            Self::GiveRecoveryCode { code } => write!(f, "give the recovery code {code:?}"),
            Self::Refresh { session_duration_minutes: None } => f.write_str("refresh"),
            Self::Refresh { session_duration_minutes: Some(minutes) } => {
                write!(f, "refresh and extend to {minutes} minutes")
            }
            Self::Adopt { session_token } => write!(f, "adopt the token {session_token:?}"),
            Self::Exchange { organization_id } => write!(f, "exchange to {organization_id}"),
            Self::Revoke => f.write_str("log out"),
            Self::Abandon => f.write_str("give up what is unfinished"),
            Self::Forget => f.write_str("forget everything"),
            Self::Restart => f.write_str("restart"),
        }
    }
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It succeeded. A login that is left unfinished, because it needs a second factor for instance,
    /// is a success too; see [`Observation::pending`].
    Done,
    /// It failed. The text is what the client tells of it; it is searched for secrets.
    Failed(String),
    /// What the client holds does not allow it, so that nothing was sent.
    NotPossible,
    /// The client has no such operation.
    Unsupported,
}

/// What a client shows.
///
/// ```
/// use stytch_session_mock::kit::{Observation, ShownActive};
///
/// let shown = Observation::nobody().active(ShownActive::new("a session token"));
/// assert_ne!(shown, Observation::nobody());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    pub(super) active: Option<ShownActive>,
    pub(super) pending: Option<ShownPending>,
}

impl Observation {
    /// Nobody is logged in, and nothing is pending.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// An active session is there.
    #[must_use]
    pub fn active(mut self, session: ShownActive) -> Self {
        self.active = Some(session);
        self
    }

    /// Whether two say the same, as far as both say something.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        fn both<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        let active = match (&self.active, &other.active) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                one.session_token == other.session_token
                    && both(one.session_jwt.as_ref(), other.session_jwt.as_ref())
                    && both(one.member_session_id.as_ref(), other.member_session_id.as_ref())
                    && both(one.member_id.as_ref(), other.member_id.as_ref())
                    && both(one.organization_id.as_ref(), other.organization_id.as_ref())
                    && both(one.expires_at.as_ref(), other.expires_at.as_ref())
            }
            _ => false,
        };
        let pending = match (&self.pending, &other.pending) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                one.intermediate_session_token == other.intermediate_session_token
                    && both(one.needs.as_ref(), other.needs.as_ref())
                    && both(one.member_id.as_ref(), other.member_id.as_ref())
                    && both(one.organization_id.as_ref(), other.organization_id.as_ref())
            }
            _ => false,
        };
        active && pending
    }

    /// Whether the other one shows the same, or less: without a session or a login that is over.
    pub(super) fn is_or_was(&self, shown: &Self) -> bool {
        let mut left = self.clone();
        left.active.take_if(|_| shown.active.is_none());
        left.pending.take_if(|_| shown.pending.is_none());
        left.agrees_with(shown)
    }

    /// A login is unfinished; an active session may be there beside it.
    #[must_use]
    pub fn pending(mut self, session: ShownPending) -> Self {
        self.pending = Some(session);
        self
    }
}

/// An active session as a client shows it. What it does not say is not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownActive {
    pub(super) session_token: String,
    pub(super) session_jwt: Option<String>,
    pub(super) member_session_id: Option<String>,
    pub(super) member_id: Option<String>,
    pub(super) organization_id: Option<String>,
    pub(super) expires_at: Option<SystemTime>,
}

/// An unfinished login as a client shows it. What it does not say is not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPending {
    pub(super) intermediate_session_token: String,
    pub(super) needs: Option<Needs>,
    pub(super) member_id: Option<String>,
    pub(super) organization_id: Option<String>,
}

/// What an unfinished login needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// The choice of an organization.
    Organization,
    /// Another first factor; a second one may follow.
    FirstFactor,
    /// A second factor.
    SecondFactor,
}

/// Methods that set what is shown.
macro_rules! shows {
    ($($(#[$doc:meta])* $name:ident: $type:ty),+ $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.$name = Some($name.into());
            self
        }
    )+};
}

impl ShownActive {
    /// A session with this token.
    #[must_use]
    pub fn new(session_token: impl Into<String>) -> Self {
        Self {
            session_token: session_token.into(),
            session_jwt: None,
            member_session_id: None,
            member_id: None,
            organization_id: None,
            expires_at: None,
        }
    }

    shows! {
        /// Shows the session's JWT.
        session_jwt: String,
        /// Shows the session's id.
        member_session_id: String,
        /// Shows the member's id.
        member_id: String,
        /// Shows the organization's id.
        organization_id: String,
        /// Shows when the session ends.
        expires_at: SystemTime,
    }
}

impl ShownPending {
    /// An unfinished login with this token.
    #[must_use]
    pub fn new(intermediate_session_token: impl Into<String>) -> Self {
        Self {
            intermediate_session_token: intermediate_session_token.into(),
            needs: None,
            member_id: None,
            organization_id: None,
        }
    }

    shows! {
        /// Shows what is needed next.
        needs: Needs,
        /// Shows the member's id.
        member_id: String,
        /// Shows the organization's id.
        organization_id: String,
    }
}
