//! The API's encoding: requests out, replies in. Nothing here is public.

pub(crate) mod json;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod scratch;
pub(crate) mod success;
pub(crate) mod text;
