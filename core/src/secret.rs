//! Values that must never be shown: tokens, codes, passwords, the project's secret.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ascii;
use crate::error::InvalidInput;

/// The longest opaque token, password or code that is accepted: 8 KiB.
const MAX_SECRET_BYTES: usize = 8 * 1024;

/// The longest session JWT that is accepted: 64 KiB.
const MAX_JWT_BYTES: usize = 64 * 1024;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// `Debug` prints `[redacted]`, there is no `Display` and no `Serialize`, comparison takes
        /// constant time, and the memory is overwritten on drop (best effort: copies that a
        /// transport or an allocator made are out of reach).
        #[derive(Clone)]
        pub struct $name(Zeroizing<Box<str>>);

        impl $name {
            /// The text itself. The name is a reminder at the place of use.
            #[must_use]
            pub fn secret(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
            }
        }

        impl Eq for $name {}
    };
}

/// Secrets that travel in headers or are minted by Stytch: checked when they are made.
macro_rules! checked_secret {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:expr) => {
        secret!($(#[$doc])* $name);

        impl $name {
            /// Takes the text over.
            ///
            /// # Errors
            ///
            /// [`InvalidInput`] if it is empty, too long, or has characters other than visible
            /// ASCII. The error does not contain the text.
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, InvalidInput> {
                let text = Zeroizing::new(text.into());
                match problem_of(&text, $max) {
                    None => Ok(Self(text)),
                    Some(problem) => Err(InvalidInput::new($what, problem)),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Self::new(text)
            }
        }
    };
}

checked_secret! {
    /// An opaque session token (`session_token`): whoever holds it is the member.
    ///
    /// ```
    /// use stytch_session::SessionToken;
    ///
    /// let token = SessionToken::new("u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs")?;
    /// assert_eq!(format!("{token:?}"), "SessionToken([redacted])");
    /// assert!(SessionToken::new("line\nbreak").is_err());
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    SessionToken, "session token", MAX_SECRET_BYTES
}

checked_secret! {
    /// A session JWT (`session_jwt`): valid for five minutes from issue, at most 64 KiB.
    SessionJwt, "session JWT", MAX_JWT_BYTES
}

checked_secret! {
    /// An intermediate session token (`intermediate_session_token`): the proof of an unfinished
    /// login, good for ten minutes.
    IntermediateSessionToken, "intermediate session token", MAX_SECRET_BYTES
}

checked_secret! {
    /// A project's secret, for backends only.
    ProjectSecret, "project secret", MAX_SECRET_BYTES
}

checked_secret! {
    /// A one-time code or recovery code as the member typed it, without surrounding blanks.
    ///
    /// ```
    /// use stytch_session::{Code, SmsCode};
    ///
    /// let code = Code::new("123456")?;
    /// let factor = SmsCode::new(code);
    /// # let _ = factor;
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    Code, "code", MAX_SECRET_BYTES
}

checked_secret! {
    /// The token that a login link or a redirect brings back: good for one login.
    LoginToken, "login token", MAX_SECRET_BYTES
}

checked_secret! {
    /// An OAuth access token that Stytch issued (Connected Apps), to be traded for a session.
    AccessToken, "access token", MAX_JWT_BYTES
}

checked_secret! {
    /// A JWT of an issuer that the project trusts (a trusted token profile).
    TrustedToken, "trusted token", MAX_JWT_BYTES
}

checked_secret! {
    /// The session token of another system, to be migrated.
    ForeignSessionToken, "foreign session token", MAX_JWT_BYTES
}

checked_secret! {
    /// The shared secret of an authenticator app (`secret`): base32, for apps that cannot read a
    /// QR code.
    TotpSecret, "TOTP secret", MAX_SECRET_BYTES
}

/// Secrets that travel inside of JSON only, so that any text is harmless.
macro_rules! free_secret {
    ($(#[$doc:meta])* $name:ident) => {
        secret!($(#[$doc])* $name);

        impl<T: Into<Box<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(Zeroizing::new(text.into()))
            }
        }

        impl From<&Self> for $name {
            fn from(text: &Self) -> Self {
                text.clone()
            }
        }
    };
}

free_secret! {
    /// A member's password. Any text: the server judges it.
    PasswordText
}

free_secret! {
    /// A QR code with an authenticator app's secret in it (`qr_code`): an image in base64.
    QrCode
}

free_secret! {
    /// A token of an OAuth provider's own, for calls to the provider.
    ProviderToken
}

free_secret! {
    /// The proof that a captcha was solved (`captcha_token`). Any text: the server judges it.
    CaptchaToken
}

fn problem_of(text: &str, max: usize) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.len() > max {
        Some("it is too long")
    } else if ascii::is_visible(text) {
        None
    } else {
        Some("it has characters other than visible ASCII")
    }
}

mod sealed {
    pub trait Sealed {}
}

/// Text that becomes a [`Code`], or a [`Code`] that already is one.
///
/// A second factor made from a checked `Code` cannot fail; one made from text can, and returns
/// a `Result`.
pub trait IntoCode: sealed::Sealed {
    /// `T` for a [`Code`], `Result<T, InvalidInput>` for text.
    type Made<T>;

    /// Makes a `T` of the code.
    fn make<T>(self, make: impl FnOnce(Code) -> T) -> Self::Made<T>;
}

impl sealed::Sealed for Code {}

impl IntoCode for Code {
    type Made<T> = T;

    fn make<T>(self, make: impl FnOnce(Self) -> T) -> T {
        make(self)
    }
}

macro_rules! code_from_text {
    ($($text:ty),*) => {$(
        impl sealed::Sealed for $text {}

        impl IntoCode for $text {
            type Made<T> = Result<T, InvalidInput>;

            fn make<T>(self, make: impl FnOnce(Code) -> T) -> Result<T, InvalidInput> {
                Code::new(self.trim()).map(make)
            }
        }
    )*};
}

code_from_text!(&str, String, &String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_secrets_are_refused_without_being_shown() {
        for text in ["", "with space", "tab\t", "cr\rlf\n", "nul\0", "caf\u{e9}"] {
            let error = SessionToken::new(text).unwrap_err();
            assert_eq!(error.what(), "session token");
            assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
        }
        assert!(SessionToken::new("x".repeat(8192)).is_ok());
        assert!(SessionToken::new("x".repeat(8193)).is_err());
        assert!(SessionJwt::new("x".repeat(65_536)).is_ok());
        assert!(SessionJwt::new("x".repeat(65_537)).is_err());
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Code::new("123456"), Code::new(String::from("123456")));
        assert_ne!(Code::new("123456"), Code::new("123457"));
        assert_ne!(Code::new("123456"), Code::new("12345"));
    }

    #[test]
    fn codes_are_trimmed() {
        let made = " 123456\n".make(|code| code.secret().to_owned());
        assert_eq!(made.as_deref(), Ok("123456"));
    }
}
