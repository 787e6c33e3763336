//! Verification without a request for each token: keys and policies that are fetched now and then, over
//! the emulator and on virtual time.

mod authenticate;
mod keys;
mod policies;
mod remembered;
mod world;
