//! Durations in minutes, within the API's limits.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::error::InvalidInput;

macro_rules! minutes {
    (
        $(#[$doc:meta])*
        $name:ident, $what:literal, $min:literal to $max:literal, $problem:literal
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(u32);

        impl $name {
            #[doc = concat!(stringify!($min), " minutes, the least.")]
            pub const MIN: Self = Self($min);
            #[doc = concat!(stringify!($max), " minutes, the most.")]
            pub const MAX: Self = Self($max);

            /// So many minutes.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`InvalidInput`] below ", stringify!($min), " and above ", stringify!($max), ".")]
            pub const fn new(minutes: u32) -> Result<Self, InvalidInput> {
                if minutes < Self::MIN.0 || minutes > Self::MAX.0 {
                    return Err(InvalidInput::new($what, $problem));
                }
                Ok(Self(minutes))
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<u32> for $name {
            type Error = InvalidInput;

            fn try_from(minutes: u32) -> Result<Self, InvalidInput> {
                Self::new(minutes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} minutes", self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(u32::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

minutes! {
    /// A session's duration (`session_duration_minutes`): 5 to 527 040 minutes (366 days).
    ///
    /// ```
    /// use stytch_session::Minutes;
    ///
    /// assert_eq!(Minutes::new(60)?.get(), 60);
    /// assert!(Minutes::new(4).is_err() && Minutes::new(527_041).is_err());
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    Minutes, "session duration", 5 to 527_040, "it is not between 5 and 527040 minutes"
}

impl Minutes {
    /// 60 minutes: what a new session lasts if nothing else is asked.
    pub const DEFAULT: Self = Self(60);
}

minutes! {
    /// How long a link in an e-mail is good for: 5 to 10 080 minutes (a week). The server's default
    /// is 60 for logins and 30 for password resets.
    LinkMinutes, "link duration", 5 to 10_080, "it is not between 5 and 10080 minutes"
}

minutes! {
    /// How long a code by e-mail is good for: 2 to 15 minutes. The server's default is 10.
    CodeMinutes, "code duration", 2 to 15, "it is not between 2 and 15 minutes"
}

minutes! {
    /// How long a member has to confirm a new authenticator app: 5 to 1 440 minutes (a day). The
    /// server's default is 60.
    TotpMinutes, "TOTP registration duration", 5 to 1440, "it is not between 5 and 1440 minutes"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        for (least, most, name) in [
            (LinkMinutes::new(4).err(), LinkMinutes::new(10_081).err(), "link duration"),
            (CodeMinutes::new(1).err(), CodeMinutes::new(16).err(), "code duration"),
            (TotpMinutes::new(4).err(), TotpMinutes::new(1441).err(), "TOTP registration duration"),
            (Minutes::new(4).err(), Minutes::new(527_041).err(), "session duration"),
        ] {
            assert_eq!(least.map(|error| error.what()), Some(name));
            assert_eq!(least, most);
        }
        assert_eq!(LinkMinutes::new(5), Ok(LinkMinutes::MIN));
        assert_eq!(CodeMinutes::new(15), Ok(CodeMinutes::MAX));
    }
}
