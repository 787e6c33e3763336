//! A project's settings, as its frontends see them.

use super::fields::{MaybeText, object};
use super::{ProtectedAuthMode, RbacPolicy};

object! {
    /// A project's settings, as its frontends see them. They are public, and no secret is among them.
    ///
    /// Source: `GET /sdk/v1/projects/bootstrap/{public_token}`.
    pub struct Bootstrap {
        required {
            /// The project's name.
            project_name: Box<str> => &str,
        }
        lenient {
            /// The product: `B2B`, or `CONSUMER`, whose sessions are others.
            vertical: MaybeText => Option<&str>,
            /// The rules of who may do what, for [`rbac::Policy`](crate::rbac::Policy).
            rbac_policy: Option<Box<RbacPolicy>> => Option<&RbacPolicy>,
            /// The project's own domain for the API.
            cname_domain: MaybeText => Option<&str>,
            /// Domains that the project sends e-mails from.
            email_domains: Vec<Box<str>> => &[Box<str>],
            /// Whether logins need a captcha.
            captcha_settings: Option<CaptchaSettings> => Option<&CaptchaSettings>,
            /// Whether e-mailed links are accepted only with a PKCE verifier.
            pkce_required_for_email_magic_links: bool => bool,
            /// Whether links to a new password are.
            pkce_required_for_password_resets: bool => bool,
            /// Whether logins by an OAuth provider are.
            pkce_required_for_oauth: bool => bool,
            /// Whether single sign-on is.
            pkce_required_for_sso: bool => bool,
            /// What slugs of organizations must match.
            slug_pattern: MaybeText => Option<&str>,
            /// Whether members may make organizations.
            create_organization_enabled: bool => bool,
            /// What passwords need, by the policy `luds`; `None` if another policy judges them.
            password_config: Option<PasswordConfig> => Option<&PasswordConfig>,
            /// Whether logins are protected by device fingerprints.
            dfp_protected_auth_enabled: bool => bool,
            /// What is done with them.
            dfp_protected_auth_mode: Option<ProtectedAuthMode> => Option<&ProtectedAuthMode>,
            /// Whether logins by a crypto wallet sign a statement (EIP-4361).
            siwe_required_for_crypto_wallets: bool => bool,
            /// Whether Stytch's own login pages leave the vendor's name out.
            disable_sdk_watermark: bool => bool,
        }
    }
}

object! {
    /// A project's captcha.
    pub struct CaptchaSettings {
        lenient {
            /// Whether there is one.
            enabled: bool => bool,
            /// The public key of its widget.
            site_key = "siteKey": MaybeText => Option<&str>,
        }
    }
}

object! {
    /// What passwords need, by the policy `luds`.
    pub struct PasswordConfig {
        lenient {
            /// How many kinds of characters: lower case, upper case, digits, symbols.
            luds_complexity: u32 => u32,
            /// How many characters.
            luds_minimum_count: u32 => u32,
        }
    }
}
