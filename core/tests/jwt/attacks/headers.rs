//! Headers: keys they bring, extensions, types, and what is no header.

use ring::rsa::PublicKeyComponents;
use stytch_session::jwt::JwtErrorKind::{Critical, Header, Malformed, Signature, Type, UnknownKey};

use super::super::forge::{A, X, claims, encoded, finish, header, quoted, signed, token};
use super::{Row, accepted, refused};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(keys_brought_along());
    rows.extend(extensions());
    rows.extend(types());
    rows.extend(no_headers());
    rows
}

/// A stranger's key in the header, and its signature.
fn keys_brought_along() -> Vec<Row> {
    let numbers = PublicKeyComponents::<Vec<u8>>::from(X.public());
    let jwk = format!(
        r#"{{"kty":"RSA","alg":"RS256","use":"sig","kid":"mine","n":"{}","e":"{}"}}"#,
        encoded(numbers.n),
        encoded(numbers.e)
    );
    let url = "\"https://attacker.example.com/jwks.json\"";
    let mut rows = Vec::new();
    for (name, raw) in
        [("jwk", &*jwk), ("jku", url), ("x5u", url), ("x5c", r#"["MIIB"]"#), ("x5t", "\"AAAA\"")]
    {
        let bringing = header().and(name, raw);
        let stranger = signed(bringing.text(), claims().text(), &X);
        rows.push(refused(format!("{name} of a stranger"), stranger, Signature));
        let mine = bringing.clone().with("kid", "\"mine\"");
        let stranger = signed(mine.text(), claims().text(), &X);
        rows.push(refused(format!("{name} of a stranger, and its kid"), stranger, UnknownKey));
        let without = bringing.clone().without("kid");
        let stranger = signed(without.text(), claims().text(), &X);
        rows.push(refused(format!("{name} of a stranger, no kid"), stranger, Header));
        // Nobody looks at it.
        rows.push(accepted(format!("{name} beside the right key"), token(&bringing, &claims())));
    }
    rows
}

fn extensions() -> Vec<Row> {
    let mut rows = Vec::new();
    for crit in ["[\"exp\"]", "[\"b64\"]", "[]", "null", "\"b64\"", "[\"alg\"]", "{}", "7"] {
        let token = token(&header().and("crit", crit), &claims());
        rows.push(refused(format!("crit {crit}"), token, Critical));
    }
    let unencoded = header().and("b64", "false").and("crit", "[\"b64\"]");
    rows.push(refused("b64 false", token(&unencoded, &claims()), Critical));
    // RFC 7797: what is signed is not encoded.
    let plain = claims().text();
    let detached = finish(&format!("{}.{plain}", encoded(unencoded.text())), &A);
    rows.push(refused("b64 false, not encoded", detached, Malformed));
    for (name, raw) in [
        ("b64", "false"),
        ("b64", "true"),
        ("zip", "\"DEF\""),
        ("enc", "\"A256GCM\""),
        ("cty", "\"JWT\""),
        ("cty", "\"application/json\""),
        ("iss", "\"https://attacker.example.com\""),
        ("a name of the future", "{\"a\":[{\"a\":1,\"a\":2}]}"),
    ] {
        let token = token(&header().and(name, raw), &claims());
        rows.push(accepted(format!("{name} {raw} is ignored"), token));
    }
    rows
}

fn types() -> Vec<Row> {
    let mut rows = vec![accepted("no typ", token(&header().without("typ"), &claims()))];
    for typ in [
        "\"at+jwt\"",
        "\"application/at+jwt\"",
        "\"JWE\"",
        "\"JWS\"",
        "\"JOSE\"",
        "\"JOSE+JSON\"",
        "\"jwt\"",
        "\"Jwt\"",
        "\"application/jwt\"",
        "\"JWT \"",
        "\"\"",
        "\"dpop+jwt\"",
        "\"secevent+jwt\"",
        "\"logout+jwt\"",
        "null",
        "7",
        "[\"JWT\"]",
        "{}",
    ] {
        let token = token(&header().with("typ", typ), &claims());
        rows.push(refused(format!("typ {typ}"), token, Type));
    }
    let twice = header().and("typ", "\"at+jwt\"");
    rows.push(refused("typ twice", token(&twice, &claims()), Header));
    rows
}

fn no_headers() -> Vec<Row> {
    let good = header().text();
    let mut rows = Vec::new();
    for (name, text) in [
        ("an array", format!("[{good}]")),
        ("values in their order", "[\"RS256\",\"JWT\",\"a\"]".to_owned()),
        ("text", quoted("RS256")),
        ("null", "null".to_owned()),
        ("a number", "256".to_owned()),
        ("empty", "".to_owned()),
        ("a blank", " ".to_owned()),
        ("an open brace", "{".to_owned()),
        ("cut", good[..good.len() - 1].to_owned()),
        ("two objects", format!("{good}{good}")),
        ("an object and a brace", format!("{good}}}")),
        ("an object and a NUL", format!("{good}\0")),
        ("a BOM", format!("\u{feff}{good}")),
        ("a trailing comma", good.replace('}', ",}")),
        ("single quotes", good.replace('"', "'")),
        ("a comment", good.replace('{', "{/**/")),
        ("names without quotes", good.replace("\"alg\"", "alg")),
        ("an unknown name twice", header().and("x", "1").and("x", "2").text()),
        (
            "an unknown name twice, one with escapes",
            header().and("x", "1").and("\\u0078", "2").text(),
        ),
        ("alg twice, one with escapes", header().and("al\\u0067", "\"none\"").text()),
        ("crit twice", header().and("crit", "[]").and("crit", "[]").text()),
    ] {
        rows.push(refused(format!("header: {name}"), signed(text, claims().text(), &A), Header));
    }
    let latin = good.replace("JWT", "JW\u{e9}").into_bytes();
    let latin: Vec<u8> = latin.into_iter().filter(|byte| *byte != 0xc3).collect();
    rows.push(refused("header: not UTF-8", signed(latin, claims().text(), &A), Header));
    let mut utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    utf16.splice(0..0, [0xff, 0xfe]);
    rows.push(refused("header: UTF-16", signed(utf16, claims().text(), &A), Header));
    for (name, text) in [
        ("blanks around", format!(" \t\r\n{good}\n ")),
        ("another order", header().without("alg").and("alg", "\"RS256\"").text()),
        ("escapes", good.replace("alg", "al\\u0067").replace("RS256", "RS25\\u0036")),
    ] {
        rows.push(accepted(format!("header: {name}"), signed(text, claims().text(), &A)));
    }
    rows
}
