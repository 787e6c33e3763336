//! How the fields of an object are decoded and shown.

use serde::de::{self, DeserializeOwned, IntoDeserializer as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::Timestamp;
use crate::wire::text::Text;

/// Declares one of the API's objects: private fields, lenient decoding, one getter for each field.
///
/// `required` fields fail a reply if they are absent or `null`; `lenient` ones are then empty. A
/// field whose name in JSON is another one says so: `source_type = "type": …`.
macro_rules! object {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $(required {
                $( $(#[$required_doc:meta])* $required:ident: $required_type:ty => $required_view:ty, )*
            })?
            $(lenient {
                $(
                    $(#[$field_doc:meta])*
                    $field:ident $(= $json_name:literal)?: $type:ty => $view:ty,
                )*
            })?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        pub struct $name {
            $($( $required: $required_type, )*)?
            $($(
                $(#[serde(rename = $json_name)])?
                $field: $type,
            )*)?
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // Of the same name, for the sake of the decoder's messages.
                #[derive(serde::Deserialize)]
                struct $name {
                    $($( $required: $required_type, )*)?
                    $($(
                        #[serde(default, deserialize_with = "crate::model::fields::lenient")]
                        $(#[serde(rename = $json_name)])?
                        $field: $type,
                    )*)?
                }

                let object = $name::deserialize(crate::wire::json::OnlyObjects(deserializer))?;
                Ok(Self {
                    $($( $required: object.$required, )*)?
                    $($( $field: object.$field, )*)?
                })
            }
        }

        impl $name {
            $($(
                $(#[$required_doc])*
                #[must_use]
                pub fn $required(&self) -> $required_view {
                    crate::model::fields::View::view(&self.$required)
                }
            )*)?
            $($(
                $(#[$field_doc])*
                #[must_use]
                pub fn $field(&self) -> $view {
                    crate::model::fields::View::view(&self.$field)
                }
            )*)?
        }
    };
}
pub(super) use object;

/// `null` is the same as absence.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// How a stored field is shown by its getter.
pub(super) trait View<'a, R> {
    fn view(&'a self) -> R;
}

impl<'a, T> View<'a, &'a T> for T {
    fn view(&'a self) -> &'a T {
        self
    }
}

impl<'a> View<'a, &'a str> for Box<str> {
    fn view(&'a self) -> &'a str {
        self
    }
}

impl<'a, T> View<'a, &'a T> for Box<T> {
    fn view(&'a self) -> &'a T {
        self
    }
}

impl<'a, T> View<'a, &'a [T]> for Vec<T> {
    fn view(&'a self) -> &'a [T] {
        self
    }
}

impl<'a, T> View<'a, Option<&'a T>> for Option<T> {
    fn view(&'a self) -> Option<&'a T> {
        self.as_ref()
    }
}

impl<'a, T> View<'a, Option<&'a T>> for Option<Box<T>> {
    fn view(&'a self) -> Option<&'a T> {
        self.as_deref()
    }
}

impl<'a> View<'a, Option<&'a str>> for Option<Box<str>> {
    fn view(&'a self) -> Option<&'a str> {
        self.as_deref()
    }
}

impl<'a, T> View<'a, Option<&'a T>> for MaybeId<T> {
    fn view(&'a self) -> Option<&'a T> {
        self.0.as_ref()
    }
}

impl<'a> View<'a, Option<&'a str>> for MaybeText {
    fn view(&'a self) -> Option<&'a str> {
        if self.0.is_empty() { None } else { Some(&self.0) }
    }
}

/// Small values are shown as copies.
macro_rules! copied {
    ($($type:ty),*) => {$(
        impl View<'_, Self> for $type {
            fn view(&self) -> Self {
                *self
            }
        }
    )*};
}

copied!(bool, u8, u32, Timestamp, Option<Timestamp>);

/// Text for whose absence the API writes `""`. It is shown as an `Option`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct MaybeText(Box<str>);

#[cfg(feature = "jwt")]
impl From<Option<Box<str>>> for MaybeText {
    fn from(text: Option<Box<str>>) -> Self {
        Self(text.unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for MaybeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::deserialize(deserializer).map(Self)
    }
}

impl Serialize for MaybeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// An id that may be absent, for which the API may also write `""`. It is shown as an `Option`;
/// what is no id counts as absent, as an id that nothing depends on must not fail a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MaybeId<T>(Option<T>);

impl<T> Default for MaybeId<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for MaybeId<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?.non_empty();
        Ok(Self(text.and_then(|text| {
            let id: Result<T, de::value::Error> = T::deserialize((&*text).into_deserializer());
            id.ok()
        })))
    }
}

impl<T: Serialize> Serialize for MaybeId<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
