//! Finds a secret in a text, in whatever form it is written there.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::blank_hidden;
use super::escapes::{View, views};

/// Where `secret` stands in `text`: as it is, escaped, or within base64. `is_cut` says that the
/// text may end in the middle of it.
pub(super) fn occurrences(text: &str, secret: &str, is_cut: bool) -> Vec<Range<usize>> {
    let blanked = Zeroizing::new(blank_hidden(secret));
    let mut found = Vec::new();
    for view in views(text) {
        found.extend(within(&view, &blanked));
        if is_cut {
            found.extend(begun(&view, &blanked));
        }
    }
    found.extend(in_base64(text, secret));
    found
}

fn within(view: &View, secret: &str) -> impl Iterator<Item = Range<usize>> {
    let windows = view.bytes.windows(secret.len().max(1)).enumerate();
    windows
        .filter(|(_, window)| *window == secret.as_bytes())
        .map(|(at, window)| view.origin(at)..view.origin(at.saturating_add(window.len())))
}

/// The longest end of the text with which the secret begins.
fn begun(view: &View, secret: &str) -> Option<Range<usize>> {
    let shared = view.bytes.len().min(secret.len());
    let start = (view.bytes.len().saturating_sub(shared)..view.bytes.len()).find(|start| {
        view.bytes.get(*start..).is_some_and(|end| secret.as_bytes().starts_with(end))
    })?;
    Some(view.origin(start)..view.origin(view.bytes.len()))
}

/// The base64 around the secret: as in a Basic credential, where a user stands before it.
///
/// What comes before a secret shifts its base64 by none, one or two bytes of three.
fn in_base64(text: &str, secret: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for shift in 0..3_usize {
        let mut shifted = Zeroizing::new(vec![0; shift]);
        shifted.extend_from_slice(secret.as_bytes());
        // The characters that the secret alone determines: 8 bits each 6.
        let first = shift.saturating_mul(8).div_ceil(6);
        let end = shifted.len().saturating_mul(8) / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = Zeroizing::new(engine.encode(shifted.as_slice()));
            let Some(needle) = encoded.get(first..end).filter(|needle| !needle.is_empty()) else {
                continue;
            };
            found.extend(
                text.match_indices(needle)
                    .map(|(at, _)| run(text, at..at.saturating_add(needle.len()))),
            );
        }
    }
    found
}

/// The whole of the base64 that these characters are in the middle of.
fn run(text: &str, middle: Range<usize>) -> Range<usize> {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let before = text.get(..middle.start).unwrap_or_default();
    let after = text.get(middle.end..).unwrap_or_default();
    let rest = after.trim_start_matches(is_digit).trim_start_matches('=');
    before.trim_end_matches(is_digit).len()..text.len().saturating_sub(rest.len())
}
