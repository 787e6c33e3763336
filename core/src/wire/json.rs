//! A JSON object, written member by member into the bytes of a body.

use serde::Serialize;

/// Writes `{"name":value,…}` without building a tree first, so that secrets are copied once.
#[derive(Debug)]
pub(crate) struct JsonObject(Vec<u8>);

impl JsonObject {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a member. `name` is one of the protocol's names and needs no escaping.
    ///
    /// Values are texts, numbers, booleans, and trees of them with text keys: writing those into
    /// memory cannot fail, so there is no error to return.
    pub(crate) fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        let written = serde_json::to_writer(&mut self.0, value);
        debug_assert!(written.is_ok(), "a value that JSON cannot hold");
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        if self.0.is_empty() {
            return b"{}".to_vec();
        }
        self.0.push(b'}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects() {
        assert_eq!(JsonObject::new().finish(), b"{}");
        let mut object = JsonObject::new();
        object.member("text", "quote \" and\nline");
        object.member("number", &60);
        object.member("flag", &true);
        let bytes = object.finish();
        assert_eq!(bytes, br#"{"text":"quote \" and\nline","number":60,"flag":true}"#);
    }
}
