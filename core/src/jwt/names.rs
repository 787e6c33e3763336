//! Text of a token, and the names in an object, which must differ.

use std::borrow::Cow;

use serde::Deserialize;

/// Text of a token, borrowed where it has no escapes. No `Debug`: it is part of a secret.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Names that nothing else is known of. There are none in what Stytch makes, and then nothing is
/// allocated.
#[derive(Default)]
pub(super) struct Names<'a>(Vec<Cow<'a, str>>);

impl<'a> Names<'a> {
    pub(super) fn add(&mut self, name: Cow<'a, str>) {
        self.0.push(name);
    }

    /// Sorted first: there may be thousands, made up by anybody.
    pub(super) fn are_unique(mut self) -> bool {
        self.0.sort_unstable();
        self.0.windows(2).all(|pair| pair.first() != pair.last())
    }
}
