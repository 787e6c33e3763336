//! Bodies, headers and whole replies that no server should send.

use http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use stytch_session::Response;

use crate::world::{FIXTURES, Kit, Side, response};

/// Texts that trip decoders.
const ODD_TEXTS: &[&str] = &[
    "",
    " ",
    "\0",
    "\r\n",
    "\u{1b}[31m",
    "\u{202e}",
    "\u{feff}",
    "null",
    "true",
    "0",
    "0000-00-00T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "2030-02-30T12:00:00Z",
    "1970-01-01T00:00:00+23:59",
    "session_not_found",
    "Session_not_found",
    "session_not_found ",
    "intermediate_session_not_found",
    "unauthorized_credentials",
    "user_unauthenticated",
    "invalid_secret_authentication",
    "\u{ff53}ession_not_found",
];

/// A single value that does not fit where it is put.
pub(crate) fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => select(ODD_TEXTS).prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => (1..3000_usize).prop_map(|length| Value::from("x".repeat(length))),
        1 => select(vec![
            Value::Null,
            json!(true),
            json!(false),
            json!(0),
            json!(-1),
            json!(200),
            json!(200.0),
            json!(404),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(1e308),
            json!(-1e-308),
            json!([]),
            json!({}),
            json!([[[[[[[[{}]]]]]]]]),
            json!([null]),
        ]),
        1 => any_json(),
    ]
}

/// Any JSON value of a moderate size.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Fractions that have few digits: how far others come through is a property of its own.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        "[ -~]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop_oneof![
            "[a-z_]{1,8}",
            select(vec!["data", "error_type", "member", "session_token", "status_code", "body"])
                .prop_map(String::from),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A change of one place of a body.
#[derive(Debug, Clone)]
pub(crate) enum Mutation {
    Drop(Index),
    Replace(Index, Value),
    Rename(Index, String),
    /// Puts the value of one place into another.
    Copy(Index, Index),
    /// Writes a member twice: JSON allows it, our decoders need not.
    Twice(Index, Option<Value>),
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Mutation::Drop),
        (at(), odd_value()).prop_map(|(at, value)| Mutation::Replace(at, value)),
        (at(), "[a-z_]{0,6}").prop_map(|(at, name)| Mutation::Rename(at, name)),
        (at(), at()).prop_map(|(from, to)| Mutation::Copy(from, to)),
        (at(), prop::option::of(odd_value())).prop_map(|(at, value)| Mutation::Twice(at, value)),
    ]
}

/// The JSON text of a value after these changes.
pub(crate) fn mutated(mut body: Value, mutations: &[Mutation]) -> String {
    let mut twice = None;
    for mutation in mutations {
        let places = places(&body);
        let place = |at: &Index| places[at.index(places.len())].clone();
        match mutation {
            Mutation::Drop(at) => {
                take(&mut body, &place(at));
            }
            Mutation::Replace(at, value) => {
                if let Some(old) = body.pointer_mut(&place(at)) {
                    *old = value.clone();
                }
            }
            Mutation::Rename(at, name) => {
                let place = place(at);
                if let Some(value) = take(&mut body, &place) {
                    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
                    if let Some(Value::Object(parent)) = body.pointer_mut(parent) {
                        parent.insert(name.clone(), value);
                    }
                }
            }
            Mutation::Copy(from, to) => {
                let value = body.pointer(&place(from)).cloned().unwrap_or_default();
                if let Some(old) = body.pointer_mut(&place(to)) {
                    *old = value;
                }
            }
            Mutation::Twice(at, value) => twice = Some((place(at), value.clone())),
        }
    }
    let mut text = String::new();
    let twice = twice.as_ref().map(|(place, value)| (&**place, value.as_ref()));
    write(&body, "", twice, &mut text);
    text
}

/// The JSON pointers of all values, the outermost first.
pub(crate) fn places(body: &Value) -> Vec<String> {
    fn walk(value: &Value, here: &str, places: &mut Vec<String>) {
        places.push(here.to_owned());
        match value {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    walk(item, &format!("{here}/{at}"), places);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &join(here, name), places);
                }
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    walk(body, "", &mut places);
    places
}

fn join(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Takes a member or an item out.
pub(crate) fn take(body: &mut Value, place: &str) -> Option<Value> {
    let (parent, name) = place.rsplit_once('/')?;
    match body.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&name.replace("~1", "/").replace("~0", "~")),
        Value::Array(items) => name.parse().ok().map(|at: usize| items.remove(at)),
        _ => None,
    }
}

fn write(value: &Value, here: &str, twice: Option<(&str, Option<&Value>)>, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                write(item, &format!("{here}/{at}"), twice, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                let place = join(here, name);
                text.push_str(if at == 0 { "" } else { "," });
                let name = Value::from(&**name).to_string();
                if let Some((which, other)) = twice.filter(|(which, _)| *which == place) {
                    let _ = which;
                    text.push_str(&format!("{name}:{},", other.unwrap_or(member)));
                }
                text.push_str(&name);
                text.push(':');
                write(member, &place, twice, text);
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// A body that starts as a fixture and goes wrong in a few places.
pub(crate) fn mutated_fixture() -> impl Strategy<Value = Vec<u8>> {
    let fixture = select(FIXTURES).prop_map(|(name, _)| Kit::default().payload(name));
    let wrapped = prop_oneof![3 => Just(true), 1 => Just(false)];
    let cut = prop::option::weighted(0.1, any::<Index>());
    let mutations = prop::collection::vec(mutation(), 0..4);
    (fixture, wrapped, mutations, cut).prop_map(|(body, wrapped, mutations, cut)| {
        let body = if wrapped { Side::Frontend.wrap(body) } else { body };
        let mut text = mutated(body, &mutations).into_bytes();
        if let Some(cut) = cut {
            text.truncate(cut.index(text.len().max(1)));
        }
        text
    })
}

pub(crate) fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => any_json().prop_map(|value| value.to_string().into_bytes()),
        1 => select(vec!["", "null", "{}", "[]", "{\"data\":{}}", "<html>no</html>", "\u{feff}{}"])
            .prop_map(|text| text.as_bytes().to_vec()),
        6 => mutated_fixture(),
    ]
}

pub(crate) fn any_status() -> impl Strategy<Value = u16> {
    prop_oneof![
        3 => Just(200),
        3 => select(vec![201_u16, 204, 301, 400, 401, 403, 404, 408, 429, 500, 502, 503]),
        1 => 100..600_u16,
    ]
}

fn any_header() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let name = select(vec!["retry-after", "date", "content-type", "location", "set-cookie", "x-1"]);
    let text = prop_oneof![
        any::<u64>().prop_map(|number| number.to_string().into_bytes()),
        select(vec![
            "Sat, 01 Jun 2030 12:00:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "99999999999999999999",
            "text/html",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    let value = text.prop_filter_map("no header value", |text| HeaderValue::from_bytes(&text).ok());
    (name.prop_map(HeaderName::from_static), value)
}

/// Any reply.
pub(crate) fn any_response() -> impl Strategy<Value = Response> {
    let headers = prop::collection::vec(any_header(), 0..4);
    (any_status(), headers, any_body()).prop_map(|(status, headers, body)| {
        let mut reply = response(status, body);
        for (name, value) in headers {
            reply.headers_mut().append(name, value);
        }
        reply
    })
}

/// Members for an open object such as `custom_claims`.
pub(crate) fn any_members() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[a-z/~]{1,8}", any_json(), 0..5)
        .prop_map(|map| map.into_iter().collect())
}
