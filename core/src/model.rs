//! Stytch's objects: what replies carry, as types.
//!
//! Decoding is lenient where the API is: unknown fields are ignored, unknown values kept as text,
//! `null` and absence mean the same.

mod answers;
mod authorization;
mod bootstrap;
mod custom_claims;
mod device;
mod discovered;
mod enrollment;
mod factor;
mod factor_details;
mod fields;
mod ids;
mod login_details;
mod member;
mod member_session;
mod minutes;
mod new_organization;
mod open_enum;
mod organization;
mod requirement;
mod timestamp;

pub use answers::{
    DiscoveredOrganizations, Invited, JsonWebKey, JsonWebKeySet, OrganizationRbacPolicy,
    PasswordStrength, RbacPolicy, RbacResource, RbacScope, Sent,
};
pub use authorization::{AuthorizationCheck, AuthorizationVerdict};
pub use bootstrap::{Bootstrap, CaptchaSettings, PasswordConfig};
pub use custom_claims::CustomClaims;
pub use device::{DeviceInfo, DeviceInfoDetails};
pub use discovered::{DiscoveredOrganization, Membership, MembershipDetails};
pub use enrollment::{MigratedTotp, RecoveryCodes, TotpRegistration};
pub use factor::AuthenticationFactor;
pub use factor_details::{
    AccessTokenExchangeFactor, AuthenticatorAppFactor, EmailFactor, FactorDetails,
    ImpersonatedFactor, OauthExchangeFactor, OauthFactor, OauthProvider, PhoneNumberFactor,
    RecoveryCodeFactor, SsoFactor, SsoProtocol, TrustedAuthTokenFactor,
};
pub use ids::{
    ConnectionId, EmailAddress, EmailId, MemberId, MemberSessionId, OrganizationId, PasswordId,
    PhoneId, PhoneNumber, RecoveryCodeId, RegistrationId, ResourceId, RoleId, TotpId,
    TrustedTokenProfileId,
};
pub use login_details::{LoginDetails, ProviderIdentity, ProviderValues};
pub use member::{
    Member, MemberRole, OauthRegistration, ProviderTenant, RetiredEmailAddress, RoleSource,
    RoleSourceDetails, ScimRegistration, SsoRegistration,
};
pub use member_session::MemberSession;
#[cfg(feature = "jwt")]
pub(crate) use member_session::SessionParts;
pub use minutes::{CodeMinutes, LinkMinutes, Minutes, TotpMinutes};
pub use new_organization::NewOrganization;
pub use open_enum::{
    AuthMethod, DeliveryMethod, FactorType, JitProvisioning, Locale, MemberStatus, MembershipType,
    MfaMethod, MfaPolicy, ProtectedAuthMode, Restriction, RoleSourceType, SequenceOrder,
};
pub use organization::{
    CustomRole, ImplicitRoleAssignment, Organization, Permission, ScimActiveConnection,
    SsoActiveConnection,
};
pub use requirement::{MemberOptions, MfaRequired, PrimaryRequired, Requirement};
pub use timestamp::Timestamp;
