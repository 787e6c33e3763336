//! No session.

use crate::credential::{DiscoveryCredential, PrimaryCredential};
use crate::model::{OrganizationId, TrustedTokenProfileId};
use crate::secret::{AccessToken, ForeignSessionToken, LoginToken, TrustedToken};
use crate::session::Session;
use crate::state::{State, StateKind, sealed};
use crate::transition::{
    Attest, Authenticate, Discover, ExchangeAccessToken, Impersonate, Login, Migrate,
    SessionCredential,
};

/// No session: nothing is held.
#[derive(Debug)]
#[non_exhaustive]
pub struct LoggedOut;

impl sealed::Sealed for LoggedOut {}

impl State for LoggedOut {
    const KIND: StateKind = StateKind::LoggedOut;
}

impl Session<LoggedOut> {
    /// Takes up a session that exists already, by its token; on the backend also by its JWT.
    ///
    /// Source: `POST /b2b/sessions/authenticate`.
    pub fn authenticate<C: SessionCredential>(self, credential: C) -> Authenticate<C> {
        Authenticate::new(self, credential)
    }

    /// Logs a member in to an organization with a first factor, such as
    /// [`Password`](crate::Password).
    pub fn login<C: PrimaryCredential>(self, credential: C) -> Login<C, LoggedOut> {
        Login::new(self, credential)
    }

    /// Trades an access token that Stytch issued (Connected Apps) for a session.
    ///
    /// Source: `POST /b2b/sessions/exchange_access_token`.
    pub fn exchange_access_token(self, token: AccessToken) -> ExchangeAccessToken<LoggedOut> {
        ExchangeAccessToken::new(self, token)
    }

    /// Trades a JWT of an issuer that the project trusts for a session.
    ///
    /// Source: `POST /b2b/sessions/attest`.
    pub fn attest(self, profile: &TrustedTokenProfileId, token: TrustedToken) -> Attest<LoggedOut> {
        Attest::new(self, profile.clone(), token)
    }

    /// Takes over a session of another system. Backend only.
    ///
    /// Source: `POST /v1/b2b/sessions/migrate`.
    pub fn migrate(self, organization: &OrganizationId, token: ForeignSessionToken) -> Migrate {
        Migrate::new(self, organization.clone(), token)
    }

    /// Logs a support person in in a member's place.
    ///
    /// Source: `POST /b2b/impersonation/authenticate`.
    pub fn impersonate(self, token: LoginToken) -> Impersonate {
        Impersonate::new(self, token)
    }

    /// Proves an e-mail address before an organization is chosen, for instance with
    /// [`DiscoveryPassword`](crate::DiscoveryPassword).
    pub fn discover<C: DiscoveryCredential>(self, credential: C) -> Discover<C> {
        Discover::new(self, credential)
    }
}
