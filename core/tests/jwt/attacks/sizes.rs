//! Sizes: of the token, and of what is in it.

use stytch_session::jwt::JwtErrorKind::{Claims, Header, Malformed, TooLarge, UnknownKey};

use super::super::forge::{A, claims, encoded, header, quoted, signed, token};
use super::{Row, accepted, refused};

const LIMIT: usize = 64 * 1024;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        accepted("64 KiB - 1", of_length(LIMIT - 1)),
        accepted("64 KiB", of_length(LIMIT)),
        refused("64 KiB + 1", of_length(LIMIT + 1), TooLarge),
        refused("64 KiB of one letter", "A".repeat(LIMIT), Malformed),
        refused("64 KiB + 1 of one letter", "A".repeat(LIMIT + 1), TooLarge),
        refused("64 KiB of dots", ".".repeat(LIMIT), Malformed),
        refused("a mebibyte of dots", ".".repeat(1 << 20), TooLarge),
        refused("64 KiB beyond ASCII", "\u{e9}".repeat(LIMIT / 2), Malformed),
    ];
    for (name, raw, is_good) in [
        ("100 levels", nested(100), true),
        ("200 levels", nested(200), false),
        ("10,000 levels", nested(10_000), false),
        ("10,000 brackets left open", "[".repeat(10_000), false),
    ] {
        let token = token(&header(), &claims().and("x", raw.clone()));
        rows.push(if is_good {
            accepted(format!("claim: {name}"), token)
        } else {
            refused(format!("claim: {name}"), token, Claims)
        });
        // Skipped, and without recursion.
        let token = signed(header().and("x", raw.clone()).text(), claims().text(), &A);
        rows.push(if raw.ends_with(']') {
            accepted(format!("header: {name}"), token)
        } else {
            refused(format!("header: {name}"), token, Header)
        });
    }
    let many = |count: usize| {
        (0..count).fold(claims(), |claims, number| claims.and(&format!("c{number}"), "0"))
    };
    rows.push(accepted("3,000 claims", token(&header(), &many(3000))));
    rows.push(refused(
        "3,000 claims and one twice",
        token(&header(), &many(3000).and("c0", "0")),
        Claims,
    ));
    let many = |count: usize| {
        (0..count).fold(header(), |header, number| header.and(&format!("h{number}"), "0"))
    };
    rows.push(accepted("3,000 header parameters", token(&many(3000), &claims())));
    let twice = token(&many(3000).and("h0", "0"), &claims());
    rows.push(refused("3,000 header parameters and one twice", twice, Header));
    let unknown = many(3000).with("kid", quoted("nobody"));
    rows.push(refused(
        "3,000 header parameters, unknown key",
        token(&unknown, &claims()),
        UnknownKey,
    ));
    let digits = token(&header(), &claims().and("x", format!("1{}", "0".repeat(20_000))));
    rows.push(refused("a number of 20,000 digits", digits, Claims));
    let digits = token(&header(), &claims().and("x", format!("0.{}1", "0".repeat(20_000))));
    rows.push(accepted("a fraction of 20,000 digits", digits));
    rows
}

fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

/// A token that is good but for its length.
fn of_length(length: usize) -> String {
    let plain = token(&header(), &claims().and("x", "\"\""));
    let parts: Vec<usize> = plain.split('.').map(str::len).collect();
    let payload = length - 2 - parts[0] - parts[2];
    // Not each number of letters is one of base64: blanks in the header move the rest.
    for blanks in 0..4 {
        let head = format!("{}{}", header().text(), " ".repeat(blanks));
        let payload = payload + parts[0] - encoded(&head).len();
        let bytes = payload / 4 * 3 + [0, 9, 1, 2][payload % 4];
        let base = claims().and("x", "\"\"").text().len();
        let text = claims().and("x", quoted(&"x".repeat(bytes - base))).text();
        let token = signed(&head, text, &A);
        if token.len() == length {
            return token;
        }
    }
    panic!("no token is {length} letters long")
}
