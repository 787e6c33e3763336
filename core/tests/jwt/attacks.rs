//! Tokens that somebody might try, each with the check that must refuse it.

pub(crate) mod algorithms;
pub(crate) mod claims;
pub(crate) mod cross_use;
pub(crate) mod encodings;
pub(crate) mod headers;
pub(crate) mod kids;
pub(crate) mod signatures;
pub(crate) mod sizes;

use stytch_session::jwt::JwtErrorKind;

/// A token, and what becomes of it: `None` if it is accepted, as some must be that look odd.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) refused: Option<JwtErrorKind>,
}

pub(crate) fn refused(name: impl Into<String>, token: String, kind: JwtErrorKind) -> Row {
    Row { name: name.into(), token, refused: Some(kind) }
}

pub(crate) fn accepted(name: impl Into<String>, token: String) -> Row {
    Row { name: name.into(), token, refused: None }
}

/// All of them, for [`NOW`](super::forge::NOW) and the keys A and B.
pub(crate) fn all() -> Vec<Row> {
    let rows = [
        algorithms::rows(),
        kids::rows(),
        headers::rows(),
        encodings::rows(),
        claims::rows(),
        cross_use::rows(),
        signatures::rows(),
        sizes::rows(),
    ];
    rows.into_iter().flatten().collect()
}
