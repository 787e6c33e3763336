//! How inputs are read: as text where they can be, so that a corpus can be read too.

use http::{HeaderName, HeaderValue};

/// What separates the fields of an input: a byte that no text has.
const SEPARATOR: u8 = 0xff;

/// The first line, and what follows it.
pub(crate) fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

/// Header lines up to an empty one, and the body after it. Lines that are no header are left out.
pub(crate) fn headers(mut data: &[u8]) -> (Vec<(HeaderName, HeaderValue)>, &[u8]) {
    let mut headers = Vec::new();
    loop {
        let (first, rest) = line(data);
        data = rest;
        if first.is_empty() {
            return (headers, data);
        }
        let Some(colon) = first.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&first[..colon]);
        let value = HeaderValue::from_bytes(first[colon + 1..].trim_ascii());
        headers.extend(name.ok().zip(value.ok()));
    }
}

/// The item of this name; another one for any other name, so that no input is in vain.
pub(crate) fn choose<'a, T>(name: &[u8], items: &'a [(String, T)]) -> &'a T {
    let named = items.iter().find(|(known, _)| known.as_bytes() == name);
    &named.unwrap_or_else(|| &items[sum(name) % items.len()]).1
}

/// A small number that depends on each byte.
pub(crate) fn sum(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()))
}

/// The texts between separators, one after the other; empty ones when there are no more.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) const fn of(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == SEPARATOR).unwrap_or(self.0.len());
        let (field, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        field
    }

    /// A field as text: what is no UTF-8 is replaced.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Fields as one input.
pub(crate) fn join<T: AsRef<[u8]>>(fields: &[T]) -> Vec<u8> {
    fields.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(&SEPARATOR)
}
