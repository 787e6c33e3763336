//! Makes text that a server wrote fit to be shown.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Secrets shorter than this are left alone: they occur in ordinary words.
const MIN_SECRET: usize = 8;

/// Opaque tokens are at least this long.
const MIN_OPAQUE: usize = 32;

const REDACTED: &str = "[redacted]";

/// How many characters of a text are looked at. Far more than are ever shown.
const MAX_READ: usize = 32 * 1024;

/// Text that a server wrote: without control characters, without secrets, of bounded length.
///
/// Which secrets a request carried is known only after its reply is decoded, so the text is kept
/// as it was until then.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ServerText {
    raw: Zeroizing<Box<str>>,
    /// There was more of it than was read.
    is_cut: bool,
    /// What may be shown, at most `max` bytes.
    shown: Box<str>,
    max: usize,
}

impl ServerText {
    pub(super) fn new(text: &str, max: usize) -> Self {
        let mut chars = text.chars();
        let raw: String = chars.by_ref().take(MAX_READ).map(blank_if_hidden).collect();
        let is_cut = chars.next().is_some();
        let mut made = Self { raw: Zeroizing::new(raw.into()), is_cut, shown: Box::default(), max };
        made.show();
        made
    }

    pub(super) const fn as_str(&self) -> &str {
        &self.shown
    }

    /// Takes these secrets out, as they are and in base64.
    pub(super) fn redact(&mut self, secrets: &[&str]) {
        let mut secrets: Vec<Zeroizing<String>> = secrets
            .iter()
            .filter(|secret| secret.len() >= MIN_SECRET)
            .map(|secret| Zeroizing::new(secret.chars().map(blank_if_hidden).collect()))
            .collect();
        // The longest first, in case one is part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut text = Zeroizing::new(String::from(&**self.raw));
        for secret in &secrets {
            text = Zeroizing::new(text.replace(secret.as_str(), REDACTED));
        }
        if self.is_cut {
            // The text may end within a secret.
            let begun = secrets.iter().map(|secret| overlap(&text, secret)).max().unwrap_or(0);
            let end = text.len().saturating_sub(begun);
            text.truncate(end);
        }
        let text = replace_runs(&text, |run| holds_in_base64(run, &secrets));
        self.raw = Zeroizing::new(text.into());
        self.show();
    }

    fn show(&mut self) {
        let text = replace_runs(&self.raw, is_opaque);
        self.shown = shorten(&text, self.max).into();
    }
}

/// The first `max` bytes, to the end of a character.
pub(super) fn shorten(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

/// A blank for control characters, and for the marks that change the direction of text on a
/// terminal.
fn blank_if_hidden(c: char) -> char {
    let is_mark = matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    if c.is_control() || is_mark { ' ' } else { c }
}

/// The length of the longest end of `text` with which `secret` begins.
fn overlap(text: &str, secret: &str) -> usize {
    let starts = secret.char_indices().map(|(at, _)| at).chain([secret.len()]);
    let begins = starts.filter_map(|end| secret.get(..end));
    begins.filter(|begin| text.ends_with(begin)).map(str::len).max().unwrap_or(0)
}

/// Replaces each run of the characters that tokens, JWTs and base64 are made of, where it is one
/// that must not be shown.
fn replace_runs(text: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        clean.push_str(before);
        clean.push_str(if is_secret(run) { REDACTED } else { run });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// Whether a run looks like a token, a JWT, a Basic credential or a project secret: also one that
/// this client does not know.
fn is_opaque(run: &str) -> bool {
    let has = |class: fn(&u8) -> bool| run.as_bytes().iter().any(class);
    run.starts_with("secret-")
        || (run.len() >= MIN_OPAQUE
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_digit))
}

/// Whether a run is base64 with one of the secrets in it, as in a Basic credential.
fn holds_in_base64(run: &str, secrets: &[Zeroizing<String>]) -> bool {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    if run.len() < MIN_SECRET {
        return false;
    }
    [alphabet::STANDARD, alphabet::URL_SAFE].iter().any(|alphabet| {
        let decoded = GeneralPurpose::new(alphabet, LENIENT).decode(run).map(Zeroizing::new);
        decoded.is_ok_and(|bytes| {
            let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
            secrets.iter().any(|secret| text.contains(secret.as_str()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        ServerText::new(text, 4096).as_str().to_owned()
    }

    fn without(text: &str, secrets: &[&str]) -> String {
        let mut text = ServerText::new(text, 4096);
        text.redact(secrets);
        text.as_str().to_owned()
    }

    #[test]
    fn control_characters_and_length() {
        assert_eq!(clean("a\r\nb\u{1b}[31mc\u{202e}d"), "a  b [31mc d");
        assert_eq!(ServerText::new("caf\u{e9}", 4).as_str(), "caf");
        assert_eq!(ServerText::new("caf\u{e9}", 5).as_str(), "caf\u{e9}");
        assert_eq!(ServerText::new("caf\u{e9}", 500).as_str(), "caf\u{e9}");
    }

    #[test]
    fn opaque_runs() {
        for secret in [
            "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs",
            "secret-test-11111111-2222-4333-8444-555555555555",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZW1iZXIifQ.c2lnbmF0dXJlMTIz",
        ] {
            assert_eq!(
                clean(&format!("bad value '{secret}', sorry")),
                "bad value '[redacted]', sorry"
            );
        }
        for harmless in [
            "There is no such session.",
            "https://stytch.com/docs/b2b/api/errors/404#session_not_found",
            "request-id-test-de5c1ae2-8cca-4678-8d64-12a34550514b",
        ] {
            assert_eq!(clean(harmless), harmless);
            assert_eq!(without(harmless, &["made-up-token"]), harmless);
        }
    }

    #[test]
    fn given_secrets() {
        let text = "no hunter22 or hunter22hunter here";
        let secrets = ["hunter22", "hunter22hunter"];
        assert_eq!(without(text, &secrets), "no [redacted] or [redacted] here");
        assert_eq!(without("the code 1234", &["1234"]), "the code 1234");
        assert_eq!(without("tab\tand\nline", &["tab\tand\nline"]), "[redacted]");
    }

    #[test]
    fn a_secret_around_an_opaque_run_goes_as_a_whole() {
        let secret = "horse u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs battery";
        assert_eq!(without(&format!("<{secret}>"), &[secret]), "<[redacted]>");
    }

    #[test]
    fn basic_credentials() {
        // "app:hunter22", padded and not
        for credential in ["YXBwOmh1bnRlcjIy", "YXBwczpodW50ZXIyMg==", "YXBwczpodW50ZXIyMg"] {
            let text = format!("Authorization: Basic {credential} refused");
            assert_eq!(without(&text, &["hunter22"]), "Authorization: Basic [redacted] refused");
        }
    }

    #[test]
    fn a_secret_at_the_end_of_what_is_read_is_not_begun() {
        let secret = "sesame".repeat(10_000);
        assert_eq!(without(&format!("open {secret}"), &[&secret]), "open ");
    }
}
