//! What the body of a request says, field by field.

use serde_json::{Value, json};

use super::call::{Call, Wishes};
use super::jwt::{ORGANIZATION_CLAIM, RESERVED_CLAIMS, SESSION_CLAIM};
use super::reply::{Object, Refusal};
use super::route::Surface;

/// The limits of `session_duration_minutes`: 5 minutes to 366 days.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=527_040;

/// The limit of all custom claims together, in bytes of JSON.
const CLAIMS_BYTES: usize = 4096;

/// The languages of messages.
const LOCALES: [&str; 8] = ["en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES"];

impl Call<'_> {
    /// An optional text field.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.body.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong_type(name, "string")),
        }
    }

    /// A text field that must be there.
    pub(super) fn required_text(&self, name: &'static str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// An optional object.
    pub(super) fn object(&self, name: &'static str) -> Result<Option<&Object>, Refusal> {
        match self.body.get(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(self.wrong_type(name, "object")),
        }
    }

    /// An optional list of texts.
    pub(super) fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.body.get(name) else { return Ok(None) };
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.map(Some).ok_or_else(|| self.wrong_type(name, "array"))
    }

    /// An optional switch, off unless it is given.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Refusal> {
        Ok(self.optional_flag(name)?.unwrap_or_default())
    }

    /// An optional switch.
    pub(super) fn optional_flag(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.body.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong_type(name, "boolean")),
        }
    }

    /// An optional text field of which only some values are known.
    pub(super) fn one_of(
        &self,
        name: &'static str,
        allowed: &[&'static str],
    ) -> Result<Option<&'static str>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = allowed.iter().find(|value| **value == text);
        found.copied().map(Some).ok_or_else(|| match self.surface {
            Surface::Frontend => Refusal::Schema {
                place: "body",
                finding: json!({
                    "keyword": "enum",
                    "dataPath": format!(".{name}"),
                    "schemaPath": format!("#/properties/{name}/enum"),
                    "params": { "allowedValues": allowed },
                    "message": "should be equal to one of the allowed values",
                }),
            },
            Surface::Backend => Refusal::new("bad_request"),
        })
    }

    /// The end of something that lives for the minutes that a field says, `usual` unless it does.
    pub(super) fn end_of(
        &self,
        name: &'static str,
        usual: i64,
        allowed: std::ops::RangeInclusive<i64>,
    ) -> Result<i64, Refusal> {
        let minutes = match self.body.get(name) {
            None => usual,
            Some(value) if !value.is_number() => return Err(self.wrong_type(name, "number")),
            Some(value) => value
                .as_i64()
                .filter(|minutes| allowed.contains(minutes))
                .ok_or_else(|| Refusal::new("bad_request"))?,
        };
        Ok(self.now.saturating_add(minutes * 60))
    }

    /// An e-mail address that must be there.
    pub(super) fn address(&self) -> Result<String, Refusal> {
        let address = self.required_text("email_address")?;
        let parts = address.split_once('@');
        let well_formed =
            parts.is_some_and(|(user, domain)| !user.is_empty() && !domain.is_empty());
        if !well_formed || address.contains(char::is_whitespace) {
            return Err(Refusal::new("invalid_email"));
        }
        Ok(address)
    }

    /// Refuses a language that Stytch does not speak.
    pub(super) fn check_locale(&self) -> Result<(), Refusal> {
        match self.text("locale")? {
            Some(locale) if !LOCALES.contains(&locale.as_str()) => {
                Err(Refusal::new("invalid_locale"))
            }
            _ => Ok(()),
        }
    }

    /// `session_duration_minutes`, if it is given.
    pub(super) fn minutes(&self) -> Result<Option<i64>, Refusal> {
        const NAME: &str = "session_duration_minutes";
        let Some(value) = self.body.get(NAME) else { return Ok(None) };
        if !value.is_number() {
            return Err(self.wrong_type(NAME, "number"));
        }
        let Some(minutes) = value.as_i64() else {
            let whole =
                value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0);
            return Err(if whole {
                Refusal::new("invalid_session_duration_minutes")
            } else {
                self.wrong_type(NAME, "integer")
            });
        };
        if !MINUTES.contains(&minutes) {
            return Err(Refusal::new("invalid_session_duration_minutes"));
        }
        if self.surface == Surface::Frontend
            && minutes > self.world.options.maximum_duration_minutes
        {
            return Err(Refusal::new("invalid_session_duration"));
        }
        Ok(Some(minutes))
    }

    /// Duration and custom claims for a call that may mint a session. The frontend demands the
    /// first and does not know the second.
    pub(super) fn wishes(&self) -> Result<Wishes, Refusal> {
        let minutes = self.minutes()?;
        if self.surface == Surface::Frontend && minutes.is_none() {
            return Err(self.missing("session_duration_minutes"));
        }
        Ok(Wishes { minutes, claims: self.claims()? })
    }

    /// As [`wishes`](Self::wishes), for the calls whose duration the frontend may leave out.
    pub(super) fn free_wishes(&self) -> Result<Wishes, Refusal> {
        Ok(Wishes { minutes: self.minutes()?, claims: self.claims()? })
    }

    /// `session_custom_claims` of the backend; a null in it deletes a claim.
    pub(super) fn claims(&self) -> Result<Object, Refusal> {
        if self.surface == Surface::Frontend {
            return Ok(Object::new());
        }
        let claims = self.object("session_custom_claims")?.cloned().unwrap_or_default();
        for name in claims.keys().map(String::as_str) {
            if RESERVED_CLAIMS.contains(&name) {
                return Err(Refusal::new("reserved_claims_in_custom_claims"));
            }
            if [SESSION_CLAIM, ORGANIZATION_CLAIM].contains(&name) {
                return Err(Refusal::new("stytch_claims_in_custom_claims"));
            }
        }
        // What does not fit by itself is refused before anything is changed.
        merge_claims(&mut Object::new(), claims.clone())?;
        Ok(claims)
    }

    /// A field that holds a token; an empty one is none.
    pub(super) fn token(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        Ok(self.text(name)?.filter(|token| !token.is_empty()))
    }

    /// The refusal of a call that lacks a field.
    pub(super) fn missing(&self, name: &'static str) -> Refusal {
        if self.surface == Surface::Backend {
            return Refusal::new("bad_request");
        }
        Refusal::Schema {
            place: "body",
            finding: json!({
                "keyword": "required",
                "dataPath": "",
                "schemaPath": "#/required",
                "params": { "missingProperty": name },
                "message": format!("should have required property '{name}'"),
            }),
        }
    }

    pub(super) fn wrong_type(&self, name: &str, expected: &str) -> Refusal {
        match self.surface {
            Surface::Frontend => wrong_type(name, expected),
            Surface::Backend => Refusal::new("bad_request"),
        }
    }
}

/// The frontend's finding about a field of the wrong type; no name stands for the body itself.
pub(super) fn wrong_type(name: &str, expected: &str) -> Refusal {
    let (data_path, schema_path) = if name.is_empty() {
        (String::new(), "#/type".to_owned())
    } else {
        (format!(".{name}"), format!("#/properties/{name}/type"))
    };
    Refusal::Schema {
        place: "body",
        finding: json!({
            "keyword": "type",
            "dataPath": data_path,
            "schemaPath": schema_path,
            "params": { "type": expected },
            "message": format!("should be {expected}"),
        }),
    }
}

/// Merges `new` into the claims of a session: a null deletes.
pub(super) fn merge_claims(claims: &mut Object, new: Object) -> Result<(), Refusal> {
    let mut merged = claims.clone();
    for (name, value) in new {
        if value.is_null() {
            merged.remove(&name);
        } else {
            merged.insert(name, value);
        }
    }
    if Value::Object(merged.clone()).to_string().len() > CLAIMS_BYTES {
        return Err(Refusal::new("custom_claims_too_large"));
    }
    *claims = merged;
    Ok(())
}
