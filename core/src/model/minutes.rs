//! How long a session lasts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::error::InvalidInput;

/// A session's duration (`session_duration_minutes`): 5 to 527 040 minutes (366 days).
///
/// ```
/// use stytch_session::Minutes;
///
/// assert_eq!(Minutes::new(60)?.get(), 60);
/// assert!(Minutes::new(4).is_err() && Minutes::new(527_041).is_err());
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Minutes(u32);

impl Minutes {
    /// 5 minutes.
    pub const MIN: Self = Self(5);
    /// 527 040 minutes, which is 366 days.
    pub const MAX: Self = Self(527_040);
    /// 60 minutes: what a new session lasts if nothing else is asked.
    pub const DEFAULT: Self = Self(60);

    /// So many minutes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] below 5 and above 527 040.
    pub const fn new(minutes: u32) -> Result<Self, InvalidInput> {
        if minutes < Self::MIN.0 || minutes > Self::MAX.0 {
            return Err(InvalidInput::new(
                "session duration",
                "it is not between 5 and 527040 minutes",
            ));
        }
        Ok(Self(minutes))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Minutes {
    type Error = InvalidInput;

    fn try_from(minutes: u32) -> Result<Self, InvalidInput> {
        Self::new(minutes)
    }
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} minutes", self.0)
    }
}

impl<'de> Deserialize<'de> for Minutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
