//! The wire, byte by byte: each request as it is sent, each reply as it is read.
//!
//! Expectations are written down here and in `fixtures/`; nothing of them is computed by the
//! library.

#[path = "../common/mod.rs"]
mod common;

mod client;
mod errors;
mod replies;
mod requests;
mod shown;

use common::fixture_names;

/// A body that no table knows tests nothing.
#[test]
fn every_body_is_in_a_table() {
    for file in fixture_names() {
        let known = match file.strip_prefix("error.") {
            Some(name) => errors::knows(name),
            None => {
                let name = file.strip_suffix(".json").unwrap_or(&file);
                replies::knows(name.strip_prefix("sdk.").unwrap_or(name))
            }
        };
        assert!(known, "{file} is in no table");
    }
}
