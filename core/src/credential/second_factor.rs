//! One-time codes and recovery codes.

use super::{SecondFactor, sealed};
use crate::secret::{Code, IntoCode};
use crate::surface::Surface;
use crate::wire::request::{Draft, Route, route};

macro_rules! second_factor {
    ($(#[$doc:meta])* $name:ident, $path:literal, $field:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Code);

        impl $name {
            /// Takes a checked [`Code`] and cannot fail, or text and returns a `Result`.
            ///
            /// Text is trimmed.
            pub fn new<C: IntoCode>(code: C) -> C::Made<Self> {
                code.make(Self)
            }
        }

        impl SecondFactor for $name {}

        impl sealed::Credential for $name {
            const ROUTE: Route = route!($path, IfNotSent);

            fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
                draft.field($field, self.0.secret())
            }

            fn secrets(&self) -> Vec<&str> {
                vec![self.0.secret()]
            }
        }
    };
}

second_factor! {
    /// The code of a text message: good for two minutes, and until a new one is sent.
    ///
    /// Source: `POST /b2b/otps/sms/authenticate`.
    ///
    /// ```
    /// use stytch_session::{Code, SmsCode};
    ///
    /// let from_text: SmsCode = SmsCode::new("123456")?;
    /// let from_code: SmsCode = SmsCode::new(Code::new("123456")?);
    /// # let _ = (from_text, from_code);
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    SmsCode, "/b2b/otps/sms/authenticate", "code"
}

second_factor! {
    /// The code that an authenticator app shows (time-based one-time password).
    ///
    /// Source: `POST /b2b/totp/authenticate`.
    TotpCode, "/b2b/totp/authenticate", "code"
}

second_factor! {
    /// One of the codes that a member keeps for the day the authenticator app is lost. Each works
    /// once.
    ///
    /// Source: `POST /b2b/recovery_codes/recover`.
    RecoveryCode, "/b2b/recovery_codes/recover", "recovery_code"
}
