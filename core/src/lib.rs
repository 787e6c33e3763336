//! Stytch B2B member sessions as types.

mod error {
    mod input;
    pub use input::InvalidInput;
}
mod transport;

pub use error::InvalidInput;
pub use transport::*;
