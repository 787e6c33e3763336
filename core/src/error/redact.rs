//! Makes text that a server wrote fit to be shown.

/// Secrets shorter than this are left alone: they occur in ordinary words.
const MIN_SECRET: usize = 8;

/// Opaque tokens are at least this long.
const MIN_OPAQUE: usize = 32;

const REDACTED: &str = "[redacted]";

/// How much of a text is looked at. More than is ever shown, so that a secret that is cut here is
/// not seen.
const MAX_READ: usize = 32 * 1024;

/// Removes control characters and takes out what looks like a secret.
pub(super) fn clean(text: &str) -> Box<str> {
    let text: String =
        text.chars().take(MAX_READ).map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    without_opaque(&text).into()
}

/// The first `max` bytes: cut when it is shown, after all secrets have been taken out.
pub(super) fn shown(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

/// The text without these secrets, or `None` if none is in it.
pub(super) fn without(text: &str, secrets: &[&str]) -> Option<Box<str>> {
    let mut secrets: Vec<&str> = secrets
        .iter()
        .copied()
        .filter(|secret| secret.len() >= MIN_SECRET && text.contains(secret))
        .collect();
    if secrets.is_empty() {
        return None;
    }
    // The longest first, in case one is part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in secrets {
        text = text.replace(secret, REDACTED);
    }
    Some(text.into())
}

/// Control characters, and the marks that change the direction of text on a terminal.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Replaces runs that look like a token, a JWT, a Basic credential or a project secret: they may
/// be echoed in an encoding in which the secret itself is not found.
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

    #[test]
    fn control_characters_and_length() {
        assert_eq!(&*clean("a\r\nb\u{1b}[31mc\u{202e}d"), "a  b [31mc d");
        assert_eq!(shown("caf\u{e9}", 4), "caf");
        assert_eq!(shown("caf\u{e9}", 5), "caf\u{e9}");
        assert_eq!(shown("caf\u{e9}", 500), "caf\u{e9}");
    }

    #[test]
    fn opaque_runs() {
        for secret in [
            "u0u6azdKXPzcSWxEr_2Lc2np0KnEq5xHbbUK-1BijvNs",
            "secret-test-11111111-2222-4333-8444-555555555555",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZW1iZXIifQ.c2lnbmF0dXJlMTIz",
        ] {
            assert_eq!(
                &*clean(&format!("bad value '{secret}', sorry")),
                "bad value '[redacted]', sorry"
            );
        }
        for harmless in [
            "There is no such session.",
            "https://stytch.com/docs/b2b/api/errors/404#session_not_found",
            "request-id-test-de5c1ae2-8cca-4678-8d64-12a34550514b",
        ] {
            assert_eq!(&*clean(harmless), harmless);
        }
    }

    #[test]
    fn given_secrets() {
        assert_eq!(
            without("no hunter22 or hunter22hunter here", &["hunter22", "hunter22hunter"])
                .as_deref(),
            Some("no [redacted] or [redacted] here")
        );
        assert_eq!(without("the code 1234", &["1234"]), None);
        assert_eq!(without("nothing", &["hunter22"]), None);
    }
}
