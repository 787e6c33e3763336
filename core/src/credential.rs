//! What a member proves who they are with.

mod password;
mod second_factor;

use std::fmt;

pub use password::{DiscoveryPassword, Password};
pub use second_factor::{RecoveryCode, SmsCode, TotpCode};

pub(crate) mod sealed {
    use crate::surface::Surface;
    use crate::wire::request::{Draft, Route};

    /// A credential as a request carries it.
    pub trait Credential {
        /// The endpoint that takes it.
        const ROUTE: Route;

        /// Adds its fields to the body.
        fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P>;

        /// The text that must not be shown, not even if a server echoes it.
        fn secret(&self) -> &str;
    }
}

/// A first factor for one organization: [`Password`]. Sealed.
pub trait PrimaryCredential: sealed::Credential + fmt::Debug + Send + Sync {}

/// A proof of an e-mail address, before an organization is chosen: [`DiscoveryPassword`]. Sealed.
pub trait DiscoveryCredential: sealed::Credential + fmt::Debug + Send + Sync {}

/// A second factor: [`SmsCode`], [`TotpCode`] or [`RecoveryCode`]. Sealed.
pub trait SecondFactor: sealed::Credential + fmt::Debug + Send + Sync {}
