//! The two sides of Stytch's API, as types.

use std::fmt;

pub(crate) mod sealed {
    /// Which encoding a surface has.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[allow(
        clippy::exhaustive_enums,
        reason = "the protocol has two surfaces; not nameable outside"
    )]
    pub enum Side {
        Frontend,
        Backend,
    }

    pub trait Sealed {
        const SIDE: Side;
    }
}

pub(crate) use sealed::Side;

/// One of the two API surfaces: [`Frontend`] or [`Backend`]. Sealed.
pub trait Surface: sealed::Sealed + fmt::Debug + Clone + Copy + Send + Sync + 'static {}

/// The surface for applications (`/sdk/v1`): a public token, and the member's own session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frontend;

/// The surface for servers (`/v1`): a project id and its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend;

impl sealed::Sealed for Frontend {
    const SIDE: Side = Side::Frontend;
}

impl sealed::Sealed for Backend {
    const SIDE: Side = Side::Backend;
}

impl Surface for Frontend {}
impl Surface for Backend {}

/// Says that a step or call with these options may be sent on surface `P`. Sealed.
///
/// Most steps start as [`EitherSurface`]; an option that only one surface has, such as custom
/// claims, turns the step into [`BackendOnly`] or [`FrontendOnly`].
#[diagnostic::on_unimplemented(
    message = "this step or call cannot be sent on the `{P}` surface",
    label = "it, or one of its options, exists on the other surface only",
    note = "a `Project<Frontend>` holds a public token, a `Project<Backend>` the project's secret; \
            use the project of the other surface, or leave the option out"
)]
pub trait AllowedOn<P: Surface>: fmt::Debug + Send + Sync + 'static {}

/// Marks a step that both surfaces know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EitherSurface;

/// Marks a step that needs a [`Project<Backend>`](crate::Project).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackendOnly;

/// Marks a step that needs a [`Project<Frontend>`](crate::Project).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrontendOnly;

impl<P: Surface> AllowedOn<P> for EitherSurface {}
impl AllowedOn<Backend> for BackendOnly {}
impl AllowedOn<Frontend> for FrontendOnly {}
