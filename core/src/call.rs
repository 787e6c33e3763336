//! Requests that change no session.

mod bootstrap;
mod email;
mod invite;
mod jwks;
mod list_organizations;
mod list_sessions;
mod password_strength;
mod proof;
mod rbac_policy;
mod recovery_codes;
mod revoke_sessions;
mod send_sms_code;
mod totp;

pub use bootstrap::GetBootstrap;
pub use email::{
    SendDiscoveryEmailCode, SendDiscoveryMagicLink, SendEmailCode, SendMagicLink,
    StartDiscoveryPasswordReset, StartPasswordReset,
};
pub use invite::Invite;
pub use jwks::GetJwks;
pub use list_organizations::ListOrganizations;
pub use list_sessions::ListSessions;
pub use password_strength::CheckPasswordStrength;
pub(crate) use proof::Proof;
pub use rbac_policy::{GetOrganizationRbacPolicy, GetRbacPolicy, SetOrganizationRbacPolicy};
pub use recovery_codes::{GetRecoveryCodes, RotateRecoveryCodes};
pub use revoke_sessions::{RevokeForMember, RevokeSessions};
pub use send_sms_code::SendSmsCode;
pub use totp::{CreateTotp, MigrateTotp};
