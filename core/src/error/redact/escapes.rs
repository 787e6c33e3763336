//! Text read through the escapes that programs write around what they quote.

use zeroize::Zeroizing;

use super::blank_if_hidden;

/// What an escape at the start of a text stands for, and how many bytes it takes there.
type Escape = fn(&str) -> Option<(Unescaped, usize)>;

enum Unescaped {
    Char(char),
    /// A part of a character's UTF-8.
    Byte(u8),
}

/// The escapes that are seen through, each with a character without which a text has none.
const ESCAPES: [(char, Escape); 4] =
    [('\\', in_json), ('%', in_url), ('+', in_form), ('&', in_html)];

/// A text without its escapes and what must not be shown, and where each byte of it came from.
pub(super) struct View {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    starts: Vec<usize>,
}

impl View {
    /// The place in the original text at which this byte, or the end, stands.
    pub(super) fn origin(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or_default()
    }
}

/// The text as it is, and without each kind of escape that may be in it.
pub(super) fn views(text: &str) -> impl Iterator<Item = View> {
    let plain: Escape = |_| None;
    let escapes = ESCAPES.iter().filter(|(mark, _)| text.contains(*mark));
    [plain].into_iter().chain(escapes.map(|(_, escape)| *escape)).map(|escape| view(text, escape))
}

fn view(text: &str, escape: Escape) -> View {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut starts = Vec::with_capacity(text.len().saturating_add(1));
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (unescaped, length) =
            escape(rest).unwrap_or_else(|| (Unescaped::Char(next), next.len_utf8()));
        match unescaped {
            Unescaped::Char(c) => {
                bytes.extend_from_slice(blank_if_hidden(c).encode_utf8(&mut [0; 4]).as_bytes());
            }
            Unescaped::Byte(byte) => bytes.push(if byte.is_ascii_control() { b' ' } else { byte }),
        }
        starts.resize(bytes.len(), text.len().saturating_sub(rest.len()));
        rest = rest.get(length..).unwrap_or_default();
    }
    starts.push(text.len());
    View { bytes, starts }
}

/// RFC 8259, section 7.
fn in_json(text: &str) -> Option<(Unescaped, usize)> {
    let escaped = text.strip_prefix('\\')?;
    let c = match escaped.chars().next()? {
        c @ ('"' | '\\' | '/' | '\'') => c,
        'b' | 'f' | 'n' | 'r' | 't' => ' ',
        'u' => return in_json_by_number(text),
        _ => return None,
    };
    Some((Unescaped::Char(c), 2))
}

fn in_json_by_number(text: &str) -> Option<(Unescaped, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    let pair = [first, unit(6).unwrap_or_default()];
    // One unit, or two that belong together.
    let decoded = char::decode_utf16(pair).next()?.ok()?;
    Some((Unescaped::Char(decoded), decoded.len_utf16().saturating_mul(6)))
}

/// RFC 3986, section 2.1.
fn in_url(text: &str) -> Option<(Unescaped, usize)> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    Some((Unescaped::Byte(u8::from_str_radix(digits, 16).ok()?), 3))
}

/// As in a URL, and `+` for a blank.
fn in_form(text: &str) -> Option<(Unescaped, usize)> {
    if text.starts_with('+') { Some((Unescaped::Char(' '), 1)) } else { in_url(text) }
}

/// The references that programs write for the characters that HTML reserves, and all by number.
fn in_html(text: &str) -> Option<(Unescaped, usize)> {
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)?
        }
    };
    Some((Unescaped::Char(c), name.len().saturating_add(2)))
}
