//! Input that was refused before anything was sent.

use std::fmt;

/// A value that the caller gave was refused, before any I/O.
///
/// It names the kind of value and what is wrong with it, never the value itself, which may be
/// secret.
///
/// ```
/// use stytch_session::OrganizationId;
///
/// let error = OrganizationId::new("acme\r\nX-Evil: 1").unwrap_err();
/// assert_eq!(error.to_string(), "invalid organization id: it contains a control character");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidInput {
    what: &'static str,
    problem: &'static str,
}

impl InvalidInput {
    /// `what` is the kind of value ("organization id"), `problem` a clause ("it is empty").
    pub(crate) const fn new(what: &'static str, problem: &'static str) -> Self {
        Self { what, problem }
    }

    /// The kind of value that was refused, such as `organization id`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// What is wrong with it, such as `it is empty`.
    #[must_use]
    pub const fn problem(&self) -> &'static str {
        self.problem
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {}: {}", self.what, self.problem)
    }
}

impl std::error::Error for InvalidInput {}
