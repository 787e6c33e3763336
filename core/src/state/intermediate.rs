//! Organization and member are known; a further factor is outstanding.

use std::time::SystemTime;

use crate::call::{CreateTotp, ListOrganizations, Proof, SendSmsCode};
use crate::credential::{ContinuingCredential, SecondFactor};
use crate::model::{
    LoginDetails, Member, NewOrganization, Organization, OrganizationId, Requirement, Timestamp,
};
use crate::secret::IntermediateSessionToken;
use crate::session::Session;
use crate::state::{Active, Lifetime, LoggedOut, State, StateKind, sealed};
use crate::transition::{AuthenticateFactor, CreateOrganization, Exchange, Login};

/// A first factor is done, and a second factor, another first factor, or both are outstanding.
///
/// It lives for ten minutes from the first receipt of its token. It is not authenticated: it has
/// no member session, no session token and no roles.
#[derive(Debug)]
pub struct Intermediate {
    pub(crate) token: IntermediateSessionToken,
    pub(crate) member: Member,
    pub(crate) organization: Organization,
    pub(crate) requirement: Requirement,
    pub(crate) lifetime: Lifetime,
    /// The active session that an exchange started from.
    pub(crate) previous: Option<Session<Active>>,
    pub(crate) details: Option<Box<LoginDetails>>,
}

impl sealed::Sealed for Intermediate {}

impl State for Intermediate {
    const KIND: StateKind = StateKind::Intermediate;
}

/// What remains when an intermediate session is given up. Exhaustive.
#[derive(Debug)]
#[must_use = "an active session may be in here"]
#[allow(clippy::exhaustive_enums, reason = "a wildcard arm would lose a session")]
pub enum Abandoned {
    /// The active session that the exchange started from.
    Active(Session<Active>),
    /// Nothing: it came from a login.
    LoggedOut(Session<LoggedOut>),
}

impl Session<Intermediate> {
    /// What is still required.
    #[must_use]
    pub const fn requirement(&self) -> &Requirement {
        &self.state().requirement
    }

    /// The member who is logging in.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.state().member
    }

    /// The organization that is being entered.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.state().organization
    }

    /// The intermediate session token.
    #[must_use]
    pub const fn intermediate_session_token(&self) -> &IntermediateSessionToken {
        &self.state().token
    }

    /// When it ends: ten minutes after the token was first received.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.state().lifetime.expires_at
    }

    /// Whether it has ended: by the clock, or because the server said so.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.state().lifetime.is_expired(now)
    }

    /// The active session that the exchange started from, if there is one. [`Session::abandon`]
    /// gives it back.
    #[must_use]
    pub const fn previous(&self) -> Option<&Session<Active>> {
        self.state().previous.as_ref()
    }

    /// What the login said beside the session, if it said something. It is not stored.
    #[must_use]
    pub fn login_details(&self) -> Option<&LoginDetails> {
        self.state().details.as_deref()
    }

    /// Gives the second factor: [`SmsCode`](crate::SmsCode), [`TotpCode`](crate::TotpCode) or
    /// [`RecoveryCode`](crate::RecoveryCode).
    ///
    /// A wrong code keeps the session. While another first factor is required the server refuses
    /// a second one (`action_available_only_once_primary_authentication_is_met`).
    pub fn authenticate<F: SecondFactor>(self, factor: F) -> AuthenticateFactor<F, Intermediate> {
        AuthenticateFactor::new(self, factor)
    }

    /// Gives another first factor, where one is required.
    pub fn login<C: ContinuingCredential>(self, credential: C) -> Login<C, Intermediate> {
        Login::new(self, credential)
    }

    /// Enters another organization instead. The server refuses where the factors done so far
    /// belong to this organization only (password, SSO).
    ///
    /// Source: `POST /b2b/discovery/intermediate_sessions/exchange`.
    pub fn exchange(self, organization: &OrganizationId) -> Exchange<Intermediate> {
        Exchange::new(self, organization.clone())
    }

    /// Founds an organization and enters it instead. The server refuses where the factors done so far
    /// belong to this organization only (password, SSO).
    ///
    /// Source: `POST /b2b/discovery/organizations/create`.
    pub fn create_organization(
        self,
        organization: NewOrganization,
    ) -> CreateOrganization<Intermediate> {
        CreateOrganization::new(self, organization)
    }

    /// A call that lists the organizations that the member may enter instead.
    pub const fn list_organizations(&self) -> ListOrganizations<'_> {
        ListOrganizations::new(Proof::Intermediate(self.state()))
    }

    /// A call that enrolls an authenticator app.
    pub fn create_totp(&self) -> CreateTotp<'_> {
        CreateTotp::new(Proof::Intermediate(self.state()))
    }

    /// A call that sends a code to the member's phone.
    pub fn send_sms_code(&self) -> SendSmsCode<'_> {
        SendSmsCode::new(Proof::Intermediate(self.state()))
    }

    /// Drops the login and gives back the active session that it started from, if it came from
    /// an exchange. Local only: the server is not told.
    pub fn abandon(self) -> Abandoned {
        match self.into_state().previous {
            Some(session) => Abandoned::Active(session),
            None => Abandoned::LoggedOut(Session::new()),
        }
    }
}
