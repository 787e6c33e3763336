//! What is promised of a client, by number.

use std::fmt;

/// A promise that a client keeps, or has broken.
///
/// The numbers stay as they are; 3 and 12 speak of what a client does by itself in the background and
/// are checked if [`Check::background`](super::Check::background) says that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Promise {
    /// After a logout no earlier operation brings a session back.
    NoResurrection,
    /// An answer counts only for the session that its request was about.
    NoCrossTalk,
    /// One refresh of a session at a time.
    OneRefresh,
    /// An exchange that fails or stays unfinished leaves the session as it was.
    HarmlessExchange,
    /// Only the server's rejection, expiry and the user end a session.
    OnlyThreeEnds,
    /// An unfinished login is no session.
    IntermediateIsNotActive,
    /// An unfinished login lives for ten minutes from its first receipt.
    IntermediateLife,
    /// A session past its end by the client's clock is none, also after that is set back.
    Expiry,
    /// What is shown, what subscribers are told and what is stored agree.
    Agreement,
    /// After a logout no request is sent for the session.
    Quiet,
    /// Each operation comes to exactly one answer.
    OneAnswer,
    /// An active session is refreshed in the background, in time and not too often.
    Refresh,
    /// Only a valid success is a success, and only an API error is one.
    Replies,
    /// What is not known yet breaks nothing.
    Forward,
    /// Errors are short lines of text.
    Bounded,
    /// Secrets are never shown.
    Secrets,
    /// What cannot be an id or a token never leaves.
    Input,
    /// Credentials go to the configured origin, and redirects are not followed.
    Origin,
    /// What the session allows is possible, in the API's words.
    Works,
}

impl Promise {
    /// The promise's number; none for the last, without which nothing is promised.
    #[must_use]
    pub const fn number(self) -> Option<u8> {
        Some(match self {
            Self::NoResurrection => 1,
            Self::NoCrossTalk => 2,
            Self::OneRefresh => 3,
            Self::HarmlessExchange => 4,
            Self::OnlyThreeEnds => 5,
            Self::IntermediateIsNotActive => 6,
            Self::IntermediateLife => 7,
            Self::Expiry => 8,
            Self::Agreement => 9,
            Self::Quiet => 10,
            Self::OneAnswer => 11,
            Self::Refresh => 12,
            Self::Replies => 13,
            Self::Forward => 14,
            Self::Bounded => 15,
            Self::Secrets => 16,
            Self::Input => 17,
            Self::Origin => 18,
            Self::Works => return None,
        })
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NoResurrection => "after a logout no earlier operation brings a session back",
            Self::NoCrossTalk => "an answer counts only for the session that its request was about",
            Self::OneRefresh => "one refresh of a session at a time",
            Self::HarmlessExchange => {
                "an exchange that fails or stays unfinished leaves the session as it was"
            }
            Self::OnlyThreeEnds => "only the server's rejection, expiry and the user end a session",
            Self::IntermediateIsNotActive => "an unfinished login is no session",
            Self::IntermediateLife => {
                "an unfinished login lives for ten minutes from its first receipt"
            }
            Self::Expiry => {
                "a session past its end by the client's clock is none, also after that is set back"
            }
            Self::Agreement => "what is shown, what subscribers are told and what is stored agree",
            Self::Quiet => "after a logout no request is sent for the session",
            Self::OneAnswer => "each operation comes to exactly one answer",
            Self::Refresh => {
                "an active session is refreshed in the background, in time and not too often"
            }
            Self::Replies => "only a valid success is a success, and only an API error is one",
            Self::Forward => "what is not known yet breaks nothing",
            Self::Bounded => "errors are short lines of text",
            Self::Secrets => "secrets are never shown",
            Self::Input => "what cannot be an id or a token never leaves",
            Self::Origin => {
                "credentials go to the configured origin, and redirects are not followed"
            }
            Self::Works => "what the session allows is possible, in the API's words",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => write!(f, "promise {number}: {}", self.text()),
            None => write!(f, "expectation: {}", self.text()),
        }
    }
}
