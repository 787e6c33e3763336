//! Requests that a script is for, and how another differs from them.

use std::collections::BTreeMap;
use std::fmt;

use http::Method;
use serde_json::Value;

use crate::record::{REDACTED, RecordedRequest, is_secret, redacted};

/// A particular request that a script is for.
#[derive(Debug)]
pub(super) struct Expectation {
    method: Method,
    path: String,
    pub(super) json: Option<Value>,
    /// By JSON pointer.
    pub(super) fields: Vec<(String, Value)>,
    /// Parameters of the query.
    pub(super) query: Vec<(String, String)>,
    /// The token of the session that it is about.
    pub(super) session: Option<String>,
}

impl Expectation {
    pub(super) const fn new(method: Method, path: String) -> Self {
        Self { method, path, json: None, fields: Vec::new(), query: Vec::new(), session: None }
    }

    pub(super) fn matches(&self, request: &RecordedRequest) -> bool {
        let json = request.json();
        self.method == request.method()
            && self.path == request.path()
            && self.json.as_ref().is_none_or(|wanted| *wanted == json)
            && self.fields.iter().all(|(pointer, wanted)| json.pointer(pointer) == Some(wanted))
            && (self.session.is_none() || self.session == request.session_token())
            && self.query.iter().all(|(name, wanted)| parameter(request, name) == Some(wanted))
    }

    /// Whether only body or query differ.
    pub(super) fn is_near(&self, request: &RecordedRequest) -> bool {
        self.method == request.method() && self.path == request.path()
    }

    /// How much of path and method is as expected: the length of the path's ends that are the same
    /// counts most, so that a slip in the surface's prefix is told as one.
    fn likeness(&self, request: &RecordedRequest) -> usize {
        let (own, other) = (self.path.bytes().rev(), request.path().bytes().rev());
        let same = own.zip(other).take_while(|(own, other)| own == other).count();
        2 * same + usize::from(self.method == request.method())
    }

    /// One line for each thing in which `request` differs.
    fn differences(&self, request: &RecordedRequest) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, expected: &str, got: &str| {
            if expected != got {
                lines.push(format!("    {what}: expected {expected}, got {got}"));
            }
        };
        compare("method", self.method.as_str(), request.method().as_str());
        compare("path", &self.path, request.path());
        let got = request.json();
        if let Some(expected) = &self.json {
            let (expected, got) = (leaves(expected), leaves(&got));
            let places: std::collections::BTreeSet<_> = expected.keys().chain(got.keys()).collect();
            for place in places {
                lines.extend(difference(
                    place,
                    expected.get(place).copied(),
                    got.get(place).copied(),
                ));
            }
        }
        for (pointer, expected) in &self.fields {
            lines.extend(difference(pointer, Some(expected), got.pointer(pointer)));
        }
        if self.session.is_some() && self.session != request.session_token() {
            let got = if request.session_token().is_some() { "another" } else { "none" };
            lines.push(format!("    session: expected {REDACTED}, got {got}"));
        }
        for (name, expected) in &self.query {
            let found = parameter(request, name).unwrap_or("nothing");
            if found != expected {
                lines.push(format!("    ?{name}: expected {expected}, got {found}"));
            }
        }
        lines
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(json) = &self.json {
            write!(f, " {}", redacted(json))?;
        }
        for (pointer, value) in &self.fields {
            write!(f, " with {pointer} = {}", shown(pointer, Some(value)))?;
        }
        if self.session.is_some() {
            f.write_str(" with the session")?;
        }
        for (name, value) in &self.query {
            write!(f, " with ?{name}={value}")?;
        }
        Ok(())
    }
}

/// Describes a request that nothing is for, beside what comes closest to it.
pub(super) fn describe<'a>(
    number: usize,
    request: &RecordedRequest,
    wanted: impl Iterator<Item = &'a Expectation>,
) -> String {
    let mut text = format!("request {number} was not foreseen\n  got      {request:?}");
    let closest = wanted.max_by_key(|wanted| wanted.likeness(request));
    match closest {
        Some(closest) => {
            text.push_str(&format!("\n  expected {closest}"));
            for line in closest.differences(request) {
                text.push('\n');
                text.push_str(&line);
            }
        }
        None => text.push_str("\n  expected nothing more"),
    }
    text
}

/// Describes a request that took a reply in order, though it was nearly a particular one.
pub(super) fn near_miss(number: usize, request: &RecordedRequest, wanted: &Expectation) -> String {
    let differences = wanted.differences(request).join("\n");
    format!("request {number} took a reply in order, and was nearly {wanted}\n{differences}")
}

/// A parameter of the request's query, as it stands in the URL.
fn parameter<'a>(request: &'a RecordedRequest, name: &str) -> Option<&'a str> {
    let pairs = request.uri().query()?.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
}

fn difference(place: &str, expected: Option<&Value>, got: Option<&Value>) -> Option<String> {
    if expected == got {
        return None;
    }
    let (expected, got) = (shown(place, expected), shown(place, got));
    let also = if expected == REDACTED && got == REDACTED { " (another)" } else { "" };
    Some(format!("    {place}: expected {expected}, got {got}{also}"))
}

fn shown(place: &str, value: Option<&Value>) -> String {
    let secret = place.split('/').any(is_secret);
    match value {
        None => "nothing".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(_) if secret => REDACTED.to_owned(),
        Some(value) => redacted(value).to_string(),
    }
}

/// The scalars in `json`, by their JSON pointers.
fn leaves(json: &Value) -> BTreeMap<String, &Value> {
    fn collect<'a>(json: &'a Value, place: &str, found: &mut BTreeMap<String, &'a Value>) {
        match json {
            Value::Object(fields) if !fields.is_empty() => {
                for (name, value) in fields {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    collect(value, &format!("{place}/{name}"), found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, value) in items.iter().enumerate() {
                    collect(value, &format!("{place}/{index}"), found);
                }
            }
            scalar => {
                found.insert(place.to_owned(), scalar);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(json, "", &mut found);
    found
}
