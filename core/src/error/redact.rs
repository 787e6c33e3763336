//! Makes text that a server wrote fit to be shown.

mod escapes;
mod search;

use std::ops::Range;

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
    /// The parts of `raw` that are secrets.
    secret: Vec<Range<usize>>,
    /// What may be shown, at most `max` bytes.
    shown: Box<str>,
    max: usize,
}

impl ServerText {
    pub(super) fn new(text: &str, max: usize) -> Self {
        let mut rest = text.char_indices().skip(MAX_READ).map(|(at, _)| at);
        let cut = rest.next();
        let raw = blank_hidden(text.get(..cut.unwrap_or(text.len())).unwrap_or_default());
        let raw = Zeroizing::new(raw.into());
        let is_cut = cut.is_some();
        let mut made = Self { raw, is_cut, secret: Vec::new(), shown: Box::default(), max };
        made.show();
        made
    }

    /// What may be shown.
    pub(super) const fn as_str(&self) -> &str {
        &self.shown
    }

    /// What the server wrote: to decide by, never to show.
    pub(super) fn raw(&self) -> &str {
        &self.raw
    }

    /// Takes these secrets out, in whatever form they are written.
    pub(super) fn redact(&mut self, secrets: &[&str]) {
        for secret in secrets.iter().filter(|secret| secret.len() >= MIN_SECRET) {
            self.secret.extend(search::occurrences(&self.raw, secret, self.is_cut));
        }
        self.secret.sort_by_key(|range| range.start);
        self.show();
    }

    /// As [`redact`](Self::redact), for one word: it is shown whole or not at all.
    pub(super) fn redact_whole(&mut self, secrets: &[&str]) {
        self.redact(secrets);
        if !self.secret.is_empty() {
            self.secret.clear();
            self.secret.push(0..self.raw.len());
            self.show();
        }
    }

    fn show(&mut self) {
        let mut text = Zeroizing::new(String::with_capacity(self.raw.len()));
        let mut shown = 0;
        for Range { start, end } in self.secret.iter().cloned() {
            if start >= shown {
                text.push_str(self.raw.get(shown..start).unwrap_or_default());
                text.push_str(REDACTED);
            }
            shown = end.max(shown);
        }
        // Where the text was cut, its end may be the start of something that is a secret.
        let end = if self.is_cut { self.raw.len() / 2 } else { self.raw.len() };
        text.push_str(shorten(&self.raw, end).get(shown..).unwrap_or_default());
        self.shown = shorten(&without_opaque(&text), self.max).into();
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

pub(crate) fn blank_hidden(text: &str) -> String {
    text.chars().map(blank_if_hidden).collect()
}

/// Replaces each run of the characters that tokens, JWTs and base64 are made of, where it looks
/// like one.
fn without_opaque(text: &str) -> String {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/' | '=');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        clean.push_str(before);
        clean.push_str(if is_opaque(run) { REDACTED } else { run });
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
    fn two_passes_see_the_text_as_it_was() {
        let mut text = ServerText::new("got zz-password-zz-sesame, no more", 4096);
        text.redact(&["password"]);
        text.redact(&["zz-password-zz-sesame"]);
        assert_eq!(text.as_str(), "got [redacted], no more");
    }

    #[test]
    fn one_word_is_shown_whole_or_not_at_all() {
        let mut word = ServerText::new("weak_password_here", 4096);
        word.redact_whole(&["hunter22"]);
        assert_eq!(word.as_str(), "weak_password_here");
        word.redact_whole(&["password"]);
        assert_eq!(word.as_str(), "[redacted]");
        assert_eq!(word.raw(), "weak_password_here");
    }

    #[test]
    fn escaped_secrets() {
        for (secret, escaped) in [
            (r#"correct "horse" /battery"#, r#"correct \"horse\" \/battery"#),
            ("gr\u{fc}ner B\u{e4}r 12", "gr\\u00fcner B\\u00E4r 12"),
            ("sun \u{1f31e} and moon", "sun \\ud83c\\udf1e and moon"),
            ("tab\tand\nline", "tab\\tand\\u000aline"),
            ("correct horse battery", "correct%20horse%20battery"),
            ("correct horse battery", "correct+horse+battery"),
            ("gr\u{fc}n+und/rot", "gr%C3%bcn%2Bund%2frot"),
            ("correct&horse<'battery\"", "correct&amp;horse&lt;&#39;battery&quot;"),
            ("correct&horse<'battery", "correct&#x26;horse&#X3c;&apos;battery"),
            (
                "correct&horse>'battery",
                "correct&#0000000000000038;horse&gt;&#x0000000000027;battery",
            ),
        ] {
            assert_eq!(
                without(&format!("bad {escaped}!"), &[secret]),
                "bad [redacted]!",
                "{escaped}"
            );
        }
        for harmless in
            ["100% sure & \\x; \\u12 %zz &#xffffffff; &nosuchname; \\ud83c &", "\\", "%", "&;"]
        {
            assert_eq!(without(harmless, &["hunter22"]), harmless);
        }
    }

    #[test]
    fn base64_of_a_secret() {
        // "app:hunter22" with one and two letters more, padded and not, glued to other text
        for credential in [
            "YXBwOmh1bnRlcjIy",
            "YXBwczpodW50ZXIyMg==",
            "YXBwczpodW50ZXIyMg",
            "YXBweHk6aHVudGVyMjI=",
        ] {
            for (before, after) in [("Basic ", " refused"), ("auth=", "."), ("", "")] {
                let text = format!("{before}{credential}{after}");
                assert_eq!(without(&text, &["hunter22"]), format!("{before}[redacted]{after}"));
            }
        }
        // "app:>>>???>>>???>" in both alphabets
        for credential in ["YXBwOj4+Pj8/Pz4+Pj8/Pz4=", "YXBwOj4-Pj8_Pz4-Pj8_Pz4"] {
            assert_eq!(without(credential, &[">>>???>>>???>"]), "[redacted]");
        }
    }

    #[test]
    fn a_secret_at_the_end_of_what_is_read_is_not_begun() {
        let secret = "sesame".repeat(10_000);
        assert_eq!(without(&format!("open {secret}"), &[&secret]), "open [redacted]");
        // Far more than is read of a text that shrinks to less than is shown.
        let secret = "sesame+street".repeat(20);
        let escaped = secret.replace('+', "%2B");
        let text = without(&escaped.repeat(200), &[&secret]);
        assert!(!text.replace(REDACTED, "").contains("sesame"), "{text}");
    }
}
