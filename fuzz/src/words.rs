//! The dictionary of all targets: words that chance does not find.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::properties::oracle::secrets;
use crate::properties::world::FIXTURES;
use crate::scene;

/// What is in no fixture.
const WORDS: &[&str] = &[
    "null",
    "true",
    "1e999",
    "-0.0",
    "18446744073709551616",
    "\\ud800",
    "\\u0000",
    "%2e%2e",
    "%00",
    "retry-after: ",
    "date: Sat, 01 Jun 2030 12:00:00 GMT",
    "authorization: ",
    "x-stytch-member-session: @session",
    "@backend",
    "@frontend",
    "@member-frontend",
    "@session",
    "@jwt",
    "@intermediate",
    "@member",
    "@sms",
    "@mail",
    "@link",
    "@totp",
    "GET ",
    "PUT ",
    "/sdk/v1/b2b/",
    "0000-01-01T00:00:00+23:59",
    "9999-12-31T23:59:60Z",
    "stytch_token_type=",
    "https://",
    "\n\n",
];

/// The dictionary, in libFuzzer's form.
#[must_use]
pub fn words() -> String {
    let mut words: BTreeSet<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
    words.extend(scene::all().iter().map(|(name, _)| name.clone()));
    words.extend(secrets::all_secrets(scene::kit()));
    for (_, fixture) in FIXTURES {
        collect(&serde_json::from_str(fixture).expect("a fixture is JSON"), &mut words);
    }
    let line = |word: String| {
        let escape = |byte: u8| match byte {
            b'"' | b'\\' | 0..b' ' => format!("\\x{byte:02x}"),
            _ => char::from(byte).to_string(),
        };
        format!("\"{}\"\n", word.bytes().map(escape).collect::<String>())
    };
    words.into_iter().map(line).collect()
}

/// The names of members, and values of one word.
fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                into.insert(format!("\"{name}\":"));
                collect(member, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::String(text) => {
            let is_word = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
            if (3..40).contains(&text.len()) && text.bytes().all(is_word) {
                into.insert(format!("\"{text}\""));
            }
        }
        _ => {}
    }
}
