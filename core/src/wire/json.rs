//! JSON objects: written member by member into the bytes of a body, and read as nothing but
//! objects.

use serde::de::{Deserializer, Visitor};
use serde::{Serialize, forward_to_deserialize_any};

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

/// Reads an object and nothing else: a derived decoder would also take an array, by the order of
/// its fields.
pub(crate) struct OnlyObjects<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for OnlyObjects<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
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

    #[test]
    fn an_array_is_no_object() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Pair {
            one: u8,
            other: u8,
        }

        let read = |text: &str| {
            serde::Deserialize::deserialize(OnlyObjects(&mut serde_json::Deserializer::from_str(
                text,
            )))
        };
        assert_eq!(read(r#"{"other":2,"one":1}"#).ok(), Some(Pair { one: 1, other: 2 }));
        for text in ["[1,2]", "null", "1", "\"one\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
