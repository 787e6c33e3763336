//! The compact serialization, and what is not it (RFC 7515, section 7).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use stytch_session::jwt::JwtErrorKind::{Algorithm, Header, Malformed, Signature};

use super::super::forge::{A, claims, encoded, finish, header, token};
use super::{Row, accepted, refused};

pub(crate) fn rows() -> Vec<Row> {
    let good = token(&header(), &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let [head, payload, signature] = parts[..] else { panic!("three parts") };
    let mut rows = vec![accepted("nothing wrong", good.clone())];
    for (name, token) in [
        ("nothing", String::new()),
        ("a dot", ".".to_owned()),
        ("one part", head.to_owned()),
        ("two parts", format!("{head}.{payload}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts, as a JWE", format!("{good}.{signature}.{signature}")),
        ("a dot at the end", format!("{good}.")),
        ("a dot at the start", format!(".{good}")),
        ("two dots", good.replacen('.', "..", 1)),
        ("a newline at the end", format!("{good}\n")),
        ("a line end in it", good.replacen('.', ".\r\n", 1)),
        ("a blank at the start", format!(" {good}")),
        ("a blank at the end", format!("{good} ")),
        ("a tab in it", good.replacen('.', "\t.", 1)),
        ("Bearer", format!("Bearer {good}")),
        ("quotes", format!("\"{good}\"")),
        ("a cookie", format!("stytch_session_jwt={good}")),
        ("percent signs", good.replace('.', "%2E")),
        ("percent signs within", format!("%65{}", &good[1..])),
        ("a NUL at the end", format!("{good}\0")),
        ("a NUL in it", good.replacen('.', "\0.", 1)),
        ("full-width letters", good.replacen('e', "\u{ff45}", 1)),
        ("a full-width dot", good.replacen('.', "\u{ff0e}", 1)),
        ("a joiner", good.replacen('.', "\u{200d}.", 1)),
        ("a BOM", format!("\u{feff}{good}")),
        ("two tokens", format!("{good},{good}")),
        ("words", "the quick brown fox".to_owned()),
        (
            "JSON serialization",
            format!(r#"{{"payload":"{payload}","protected":"{head}","signature":"{signature}"}}"#),
        ),
        (
            "JSON serialization with dots",
            format!(r#"{{"payload":"{head}.{payload}.{signature}"}}"#),
        ),
    ] {
        rows.push(refused(format!("encoding: {name}"), token, Malformed));
    }
    for (name, token, kind) in [
        ("no header", format!(".{payload}.{signature}"), Header),
        ("no payload", format!("{head}..{signature}"), Signature),
        ("only dots", "..".to_owned(), Header),
        ("parts changed round", format!("{payload}.{head}.{signature}"), Algorithm),
    ] {
        rows.push(refused(format!("encoding: {name}"), token, kind));
    }
    rows.extend(alphabets());
    rows.extend(endings(&good));
    rows
}

/// Signed over what is there, so that only the encoding can be at fault.
fn alphabets() -> Vec<Row> {
    // Blanks until the encoded text needs padding, and `?>` for the letters that differ.
    let payload = claims().and("x", "\"\u{ff}?>~\u{fe}??>>\"").text();
    let payload = format!("{payload}{}", " ".repeat((4 - payload.len() % 3) % 3));
    let head = encoded(header().text());
    assert!(STANDARD.encode(&payload).contains(['+', '/']) && payload.len() % 3 == 1);
    let mut rows = Vec::new();
    for (name, encoded) in [
        ("padding", URL_SAFE.encode(&payload)),
        ("standard alphabet", STANDARD_NO_PAD.encode(&payload)),
        ("standard alphabet and padding", STANDARD.encode(&payload)),
        ("one sign of padding", format!("{}=", encoded(&payload))),
        ("three signs of padding", format!("{}===", encoded(&payload))),
        ("line breaks", encoded(&payload).replacen('A', "A\n", 1)),
        ("not encoded", payload.clone()),
    ] {
        let token = finish(&format!("{head}.{encoded}"), &A);
        rows.push(refused(format!("payload: {name}"), token, Malformed));
    }
    let padded = format!("{}=", encoded(format!("{} ", header().text())));
    let padded = finish(&format!("{padded}.{}", encoded(&payload)), &A);
    rows.push(refused("header: padding", padded, Malformed));
    rows
}

/// The last letter of the signature has bits to spare: 256 bytes are 341 letters and two bits.
fn endings(good: &str) -> Vec<Row> {
    let cut = &good[..good.len() - 1];
    let last = good.as_bytes()[good.len() - 1];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.iter().position(|letter| *letter == last).unwrap();
    assert_eq!(place % 16, 0);
    let mut rows = Vec::new();
    for bits in [1, 2, 8, 15] {
        let token = format!("{cut}{}", char::from(alphabet[place + bits]));
        rows.push(refused(format!("signature: {bits} in the bits to spare"), token, Malformed));
    }
    rows.push(refused("signature: padding", format!("{good}=="), Malformed));
    rows.push(refused("signature: one letter too few", cut.to_owned(), Malformed));
    rows.push(refused("signature: one letter too many", format!("{good}A"), Signature));
    rows
}
