//! Key ids (RFC 8725, section 3.10).

use stytch_session::jwt::JwtErrorKind::{Header, Signature, UnknownKey};

use super::super::forge::{B, KID_A, KID_B, X, claims, header, quoted, signed, token};
use super::{Row, accepted, refused};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        refused("no kid", token(&header().without("kid"), &claims()), Header),
        refused("kid twice", token(&header().and("kid", quoted(KID_A)), &claims()), Header),
    ];
    for raw in ["\"\"", "null", "7", "true", "[]", "[\"a\"]", "{}"] {
        let token = token(&header().with("kid", raw), &claims());
        rows.push(refused(format!("kid {raw}"), token, Header));
    }
    for kid in [
        "jwk-test-00000000-0000-0000-0000-000000000000",
        "../../../../../../dev/null",
        "/etc/passwd",
        "https://attacker.example.com/jwks.json",
        "' OR '1'='1",
        "| whoami",
        "%6a%77%6b",
        "*",
        "jwk",
        "\\u0000",
        "a\\nb",
    ] {
        let token = token(&header().with("kid", quoted(kid)), &claims());
        rows.push(refused(format!("kid {kid}"), token, UnknownKey));
    }
    for (name, kid) in [
        ("in capitals", KID_A.to_uppercase()),
        ("with a blank", format!("{KID_A} ")),
        ("with a NUL", format!("{KID_A}\\u0000")),
        ("without its last letter", KID_A[..KID_A.len() - 1].to_owned()),
        ("both", format!("{KID_A},{KID_B}")),
        ("of 1024 bytes", "k".repeat(1024)),
    ] {
        let token = token(&header().with("kid", quoted(&kid)), &claims());
        rows.push(refused(format!("kid {name}"), token, UnknownKey));
    }
    let long = token(&header().with("kid", quoted(&"k".repeat(1025))), &claims());
    rows.push(refused("kid of 1025 bytes", long, Header));
    let escaped = header().with("kid", quoted(&KID_A.replace('j', "\\u006a")));
    rows.push(accepted("kid with escapes", token(&escaped, &claims())));

    let of_b = header().with("kid", quoted(KID_B));
    rows.push(accepted("the other key", signed(of_b.text(), claims().text(), &B)));
    rows.push(refused("kid of the other key", token(&of_b, &claims()), Signature));
    let by_b = signed(header().text(), claims().text(), &B);
    rows.push(refused("signed by the other key", by_b, Signature));
    let by_x = signed(header().text(), claims().text(), &X);
    rows.push(refused("signed by a stranger's key", by_x, Signature));
    rows
}
