//! What must hold, whoever asks: the properties by chance, the fuzz targets by search.
//!
//! It panics where it does not hold.

pub(crate) mod replies;
pub(crate) mod requests;
pub(crate) mod secrets;

use super::world;
