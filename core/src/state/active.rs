//! A member session that the server honours.

use std::sync::Arc;
use std::time::SystemTime;

use crate::call::{
    CreateTotp, GetRecoveryCodes, Invite, ListOrganizations, Proof, RevokeForMember,
    RotateRecoveryCodes, SendSmsCode,
};
use crate::credential::SecondFactor;
use crate::model::{
    AuthorizationVerdict, DeviceInfo, EmailAddress, LoginDetails, Member, MemberId, MemberSession,
    Organization, OrganizationId, TrustedTokenProfileId,
};
use crate::secret::{AccessToken, PasswordText, SessionJwt, SessionToken, TrustedToken};
use crate::session::Session;
use crate::state::{LoggedOut, State, StateKind, sealed};
use crate::transition::{
    Attest, AuthenticateFactor, Exchange, ExchangeAccessToken, Refresh, ResetPassword, Revoke,
};

/// A member session that the server honours, with everything its last reply said.
#[derive(Debug)]
pub struct Active {
    pub(crate) token: SessionToken,
    pub(crate) jwt: Option<SessionJwt>,
    /// Shared, as the two below, with the copies that a live session shows.
    pub(crate) member_session: Arc<MemberSession>,
    pub(crate) member: Arc<Member>,
    pub(crate) organization: Arc<Organization>,
    pub(crate) device: Option<Box<DeviceInfo>>,
    pub(crate) verdict: Option<Box<AuthorizationVerdict>>,
    pub(crate) recovery_codes_remaining: Option<u32>,
    pub(crate) details: Option<Box<LoginDetails>>,
}

impl sealed::Sealed for Active {}

impl State for Active {
    const KIND: StateKind = StateKind::Active;
}

impl Session<Active> {
    /// The member session.
    #[must_use]
    pub fn member_session(&self) -> &MemberSession {
        &self.state().member_session
    }

    /// The member who is logged in.
    #[must_use]
    pub fn member(&self) -> &Member {
        &self.state().member
    }

    /// The organization that the member is logged in to.
    #[must_use]
    pub fn organization(&self) -> &Organization {
        &self.state().organization
    }

    /// The session token.
    #[must_use]
    pub const fn session_token(&self) -> &SessionToken {
        &self.state().token
    }

    /// The session JWT, if the server gave one: valid for five minutes from the reply.
    #[must_use]
    pub const fn session_jwt(&self) -> Option<&SessionJwt> {
        self.state().jwt.as_ref()
    }

    /// The device that the last reply named, where the project keeps a device history.
    #[must_use]
    pub fn member_device(&self) -> Option<&DeviceInfo> {
        self.state().device.as_deref()
    }

    /// The verdict on the authorization check that the last refresh asked for, if it asked. A
    /// refused check is an error, so this one is always granted.
    #[must_use]
    pub fn authorization_verdict(&self) -> Option<&AuthorizationVerdict> {
        self.state().verdict.as_deref()
    }

    /// How many recovery codes the member has left, if the last step used one.
    #[must_use]
    pub const fn recovery_codes_remaining(&self) -> Option<u32> {
        self.state().recovery_codes_remaining
    }

    /// What the login said beside the session, if the last step was one that says something. It is
    /// not stored.
    #[must_use]
    pub fn login_details(&self) -> Option<&LoginDetails> {
        self.state().details.as_deref()
    }

    /// Whether the session's `expires_at` has come.
    #[must_use]
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.member_session().is_expired(now)
    }

    /// Refreshes the session: a fresh JWT, and the server's word that it still lives. It extends
    /// the session only with a duration ([`Refresh::session_duration`]).
    ///
    /// It takes no code: a second factor for this session is given by
    /// [`authenticate_with`](Session::authenticate_with).
    ///
    /// Source: `POST /b2b/sessions/authenticate`.
    pub fn authenticate(self) -> Refresh {
        Refresh::new(self)
    }

    /// Adds a second factor to this session (step-up).
    pub fn authenticate_with<F: SecondFactor>(self, factor: F) -> AuthenticateFactor<F, Active> {
        AuthenticateFactor::new(self, factor)
    }

    /// Exchanges the session for one in another organization of the same person.
    ///
    /// When it succeeds the old session is forgotten here and not revoked on the server. When it
    /// ends [`Intermediate`](crate::Intermediate), the old session is remembered, and
    /// [`abandon`](Session::abandon) gives it back.
    ///
    /// Source: `POST /b2b/sessions/exchange`.
    pub fn exchange(self, organization: &OrganizationId) -> Exchange {
        Exchange::new(self, organization.clone())
    }

    /// Trades an access token for another session, and forgets this one.
    ///
    /// Source: `POST /b2b/sessions/exchange_access_token`.
    pub fn exchange_access_token(self, token: AccessToken) -> ExchangeAccessToken<Active> {
        ExchangeAccessToken::new(self, token)
    }

    /// Gives a trusted issuer's JWT as a factor; see [`Attest`].
    ///
    /// Source: `POST /b2b/sessions/attest`.
    pub fn attest(self, profile: &TrustedTokenProfileId, token: TrustedToken) -> Attest<Active> {
        Attest::new(self, profile.clone(), token)
    }

    /// Sets a new password: text of any form, the server judges it.
    ///
    /// Source: `POST /b2b/passwords/session/reset`.
    pub fn reset_password(self, new_password: impl Into<PasswordText>) -> ResetPassword {
        ResetPassword::new(self, new_password.into())
    }

    /// Ends the session on the server.
    ///
    /// Source: `POST /b2b/sessions/revoke`.
    pub fn revoke(self) -> Revoke {
        Revoke::new(self)
    }

    /// Forgets the session without telling the server, where it lives on until it expires.
    pub fn forget(self) -> Session<LoggedOut> {
        Session::new()
    }

    /// A call that sends a code to the member's phone, for a step-up.
    pub fn send_sms_code(&self) -> SendSmsCode<'_> {
        SendSmsCode::new(Proof::Active(self.state()))
    }

    /// A call that enrolls an authenticator app.
    pub fn create_totp(&self) -> CreateTotp<'_> {
        CreateTotp::new(Proof::Active(self.state()))
    }

    /// A call that reads the member's unused recovery codes.
    pub fn recovery_codes(&self) -> GetRecoveryCodes<'_> {
        GetRecoveryCodes::new(self.state())
    }

    /// A call that gives the member fresh recovery codes and voids the old ones.
    pub fn rotate_recovery_codes(&self) -> RotateRecoveryCodes<'_> {
        RotateRecoveryCodes::new(self.state())
    }

    /// A call that lists the organizations that the member belongs to.
    pub const fn list_organizations(&self) -> ListOrganizations<'_> {
        ListOrganizations::new(Proof::Active(self.state()))
    }

    /// A call that invites a person to this organization, where the caller's roles allow it.
    /// Frontend only.
    pub fn invite(&self, email_address: impl Into<EmailAddress>) -> Invite<'_> {
        Invite::new(self.state(), email_address.into())
    }

    /// A call that ends all sessions of a member of this organization, where the caller's roles
    /// allow it. Frontend only; a backend uses [`RevokeSessions`](crate::RevokeSessions).
    pub fn revoke_for_member(&self, member: &MemberId) -> RevokeForMember<'_> {
        RevokeForMember::new(self.state(), member.clone())
    }
}
