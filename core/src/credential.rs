//! What a member proves who they are with.

mod email_code;
mod password;
mod password_reset;
mod redirect;
mod second_factor;

use std::fmt;

pub use email_code::{DiscoveryEmailCode, EmailCode};
pub use password::{DiscoveryPassword, Password};
pub use password_reset::{DiscoveryPasswordReset, ExistingPasswordReset, PasswordReset};
pub use redirect::{DiscoveryMagicLink, DiscoveryOauth, MagicLink, Oauth, Sso};
pub use second_factor::{RecoveryCode, SmsCode, TotpCode};

pub(crate) mod sealed {
    use crate::surface::Surface;
    use crate::wire::request::{Draft, Route};

    /// A credential as a request carries it.
    pub trait Credential {
        /// The endpoint that takes it.
        const ROUTE: Route;

        /// Whether the frontend demands a duration for the session that it mints.
        const DEMANDS_DURATION: bool = true;

        /// Whether it goes on from an unfinished login, where there is one.
        #[cfg(feature = "live")]
        const CONTINUES: bool = true;

        /// Adds its fields to the body.
        fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P>;

        /// The texts that must not be shown, not even if a server echoes them.
        fn secrets(&self) -> Vec<&str>;
    }
}

/// A first factor for one organization: [`Password`], [`EmailCode`], [`MagicLink`], [`Oauth`],
/// [`Sso`], [`PasswordReset`] or [`ExistingPasswordReset`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a first factor",
    label = "not a first factor",
    note = "one is made by, for instance, `Password::new(&organization, email_address, password)`; where that gives a `Result`, handle it first (`?`)"
)]
pub trait PrimaryCredential: sealed::Credential + fmt::Debug + Send + Sync {}

/// A first factor that an unfinished login can add to those already done: each but
/// [`ExistingPasswordReset`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a first factor that an unfinished login can add",
    label = "not a first factor that an unfinished login can add",
    note = "one is made by, for instance, `Password::new(&organization, email_address, password)`; where that gives a `Result`, handle it first (`?`)"
)]
pub trait ContinuingCredential: PrimaryCredential {}

/// A proof of an e-mail address, before an organization is chosen: [`DiscoveryPassword`],
/// [`DiscoveryEmailCode`], [`DiscoveryMagicLink`], [`DiscoveryOauth`] or
/// [`DiscoveryPasswordReset`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a proof of an e-mail address",
    label = "not a proof of an e-mail address",
    note = "one is made by, for instance, `DiscoveryPassword::new(email_address, password)`; where that gives a `Result`, handle it first (`?`)"
)]
pub trait DiscoveryCredential: sealed::Credential + fmt::Debug + Send + Sync {}

/// A second factor: [`SmsCode`], [`TotpCode`] or [`RecoveryCode`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a second factor",
    label = "not a second factor",
    note = "one is made by, for instance, `SmsCode::new(text)?`; where that gives a `Result`, handle it first (`?`)"
)]
pub trait SecondFactor: sealed::Credential + fmt::Debug + Send + Sync {}
