//! The built-in world.

use super::builder::EmulatorBuilder;
use super::organization::{Member, Organization, Role};

/// Names and made-up credentials of the built-in world, [`Emulator::example`](crate::Emulator::example).
///
/// Ada (`ada@example.com`) is one person with one password in four organizations:
///
/// | organization | what it asks for |
/// |---|---|
/// | `harbor-lights` | nothing beyond the password; Ada is an administrator, Ben (`ben@example.com`) is not |
/// | `north-pier` | SSO or the password |
/// | `blue-kiln` | a second factor of everybody; Ada has a phone, an authenticator app and recovery codes |
/// | `slate-quarry` | SSO or a magic link, so that a password does not suffice |
///
/// Whoever has an `example.com` address may join a fifth one, `night-ferry`, by discovery. The role
/// `lamp_keeper`, which Ben has, permits `read` and `trim` on `lamps`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Example;

impl Example {
    /// Ada's e-mail address.
    pub const EMAIL_ADDRESS: &str = "ada@example.com";
    /// Ada's password.
    pub const PASSWORD: &str = "a lighthouse in the fog";
    /// The e-mail address of Ben, a member of `harbor-lights` only.
    pub const BEN_EMAIL_ADDRESS: &str = "ben@example.com";
    /// Ben's password.
    pub const BEN_PASSWORD: &str = "a kettle on the stove";
    /// Ada's phone number in `blue-kiln`.
    pub const PHONE_NUMBER: &str = "+14155550001";
    /// The secret of Ada's authenticator app in `blue-kiln`.
    pub const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    /// The slug of the organization without a second factor.
    pub const HARBOR_LIGHTS: &str = "harbor-lights";
    /// The slug of the organization that allows SSO and passwords.
    pub const NORTH_PIER: &str = "north-pier";
    /// The id of North Pier's connection for single sign-on.
    pub const SSO_CONNECTION: &str = "saml-connection-test-6f0c6a3e-6f2b-4c52-9d8c-0d3f8c1b7a11";
    /// The slug of the organization that demands a second factor.
    pub const BLUE_KILN: &str = "blue-kiln";
    /// The slug of the organization that does not accept passwords.
    pub const SLATE_QUARRY: &str = "slate-quarry";
    /// The slug of the organization that `example.com` addresses may join.
    pub const NIGHT_FERRY: &str = "night-ferry";
}

pub(super) fn builder() -> EmulatorBuilder {
    let ada = || Member::new(Example::EMAIL_ADDRESS).name("Ada Reyes").password(Example::PASSWORD);
    let ben =
        Member::new(Example::BEN_EMAIL_ADDRESS).name("Ben Okafor").password(Example::BEN_PASSWORD);
    EmulatorBuilder::new()
        .role(Role::new("lamp_keeper").permit("lamps", ["read", "trim"]))
        .organization(
            Organization::new(Example::HARBOR_LIGHTS)
                .name("Harbor Lights")
                .member(ada().role("stytch_admin"))
                .member(ben.role("lamp_keeper")),
        )
        .organization(
            Organization::new(Example::NORTH_PIER)
                .name("North Pier")
                .sso_connection(Example::SSO_CONNECTION, "North Pier SSO")
                .allowed_auth_methods(["sso", "password"])
                .member(ada()),
        )
        .organization(
            Organization::new(Example::BLUE_KILN).name("Blue Kiln").mfa_required().member(
                ada()
                    .mfa_enrolled()
                    .phone_number(Example::PHONE_NUMBER)
                    .totp_secret(Example::TOTP_SECRET),
            ),
        )
        .organization(
            Organization::new(Example::SLATE_QUARRY)
                .name("Slate Quarry")
                .allowed_auth_methods(["sso", "magic_link"])
                .member(ada()),
        )
        .organization(
            Organization::new(Example::NIGHT_FERRY)
                .name("Night Ferry")
                .joining_domain("example.com"),
        )
}
