//! What a member is given to keep: a new authenticator app's secret, recovery codes.

use super::{Member, Organization, TotpId};
use crate::secret::{Code, QrCode, TotpSecret};

/// A new authenticator app, to be shown to the member and confirmed by a first code.
///
/// Show it once and keep none of it: all of it is secret.
///
/// Source: `POST /b2b/totp`.
#[derive(Debug, Clone)]
pub struct TotpRegistration {
    pub(crate) totp_registration_id: TotpId,
    pub(crate) secret: TotpSecret,
    pub(crate) qr_code: QrCode,
    pub(crate) recovery_codes: Vec<Code>,
    pub(crate) member: Box<Member>,
    pub(crate) organization: Box<Organization>,
}

impl TotpRegistration {
    /// The registration's id.
    #[must_use]
    pub const fn totp_registration_id(&self) -> &TotpId {
        &self.totp_registration_id
    }

    /// The shared secret, for apps that cannot read a QR code.
    #[must_use]
    pub const fn totp_secret(&self) -> &TotpSecret {
        &self.secret
    }

    /// The QR code for the app.
    #[must_use]
    pub const fn qr_code(&self) -> &QrCode {
        &self.qr_code
    }

    /// The codes for the day the app is lost. Each works once.
    #[must_use]
    pub fn recovery_codes(&self) -> &[Code] {
        &self.recovery_codes
    }

    /// The member.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }
}

/// A member's recovery codes: the unused ones.
///
/// Source: `GET /b2b/recovery_codes`, `POST /b2b/recovery_codes/rotate`.
#[derive(Debug, Clone)]
pub struct RecoveryCodes {
    pub(crate) recovery_codes: Vec<Code>,
    pub(crate) member: Box<Member>,
    pub(crate) organization: Box<Organization>,
}

impl RecoveryCodes {
    /// The codes. Each works once.
    #[must_use]
    pub fn recovery_codes(&self) -> &[Code] {
        &self.recovery_codes
    }

    /// The member.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }
}

/// An authenticator app that was taken over from another system.
///
/// Source: `POST /v1/b2b/totp/migrate`.
#[derive(Debug, Clone)]
pub struct MigratedTotp {
    pub(crate) totp_registration_id: TotpId,
    pub(crate) recovery_codes: Vec<Code>,
    pub(crate) member: Box<Member>,
    pub(crate) organization: Box<Organization>,
}

impl MigratedTotp {
    /// The registration's id.
    #[must_use]
    pub const fn totp_registration_id(&self) -> &TotpId {
        &self.totp_registration_id
    }

    /// The member's recovery codes.
    #[must_use]
    pub fn recovery_codes(&self) -> &[Code] {
        &self.recovery_codes
    }

    /// The member.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &Organization {
        &self.organization
    }
}
