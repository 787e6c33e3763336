//! Claims: each one missing, null, of a wrong type, and at its limits.

use stytch_session::jwt::JwtErrorKind::{
    Audience, Claims, Expired, Issuer, NotYetValid, SessionExpired,
};

use super::super::forge::{
    A, ISSUER, NOW, ORGANIZATION, Object, PROJECT, SESSION, claims, header, organization, quoted,
    session, signed, token,
};
use super::{Row, accepted, refused};

const REQUIRED: [&str; 8] = ["aud", "exp", "iat", "iss", "nbf", "sub", SESSION, ORGANIZATION];

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(each_in_turn());
    rows.extend(dates());
    rows.extend(audiences());
    rows.extend(issuers());
    rows.extend(subjects());
    rows.extend(within());
    rows.extend(no_objects());
    rows
}

fn with(name: &str, raw: impl Into<String>) -> String {
    token(&header(), &claims().with(name, raw))
}

fn each_in_turn() -> Vec<Row> {
    let mut rows = Vec::new();
    for name in REQUIRED {
        let without = token(&header(), &claims().without(name));
        rows.push(refused(format!("no {name}"), without, Claims));
        let as_other = token(&header(), &claims().without(name).and(&name.to_uppercase(), "1"));
        rows.push(refused(format!("{name} in capitals"), as_other, Claims));
        for raw in ["null", "true", "{}", "[[]]", "[1]", "[null]", "-1", "\"\\ud800\""] {
            rows.push(refused(format!("{name} {raw}"), with(name, raw), Claims));
        }
        let mut all = claims();
        let (_, raw) = all.members().iter().find(|(there, _)| there == name).unwrap().clone();
        let twice = token(&header(), &claims().and(name, raw.clone()));
        rows.push(refused(format!("{name} twice"), twice, Claims));
        let escaped = format!("\\u{:04x}{}", u32::from(name.as_bytes()[0]), &name[1..]);
        let twice = token(&header(), &claims().and(&escaped, raw));
        rows.push(refused(format!("{name} twice, one with escapes"), twice, Claims));
    }
    for name in ["jti", "plan"] {
        let once = claims().and(name, "{\"a\":null}");
        rows.push(accepted(format!("{name} once"), token(&header(), &once)));
        let twice = token(&header(), &once.and(name, "1"));
        rows.push(refused(format!("{name} twice"), twice, Claims));
    }
    rows
}

fn dates() -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["exp", "iat", "nbf"] {
        for raw in [
            "\"123\"",
            "\"1906545900\"",
            "\"2030-06-01T12:05:00Z\"",
            "[1906545900]",
            "-9223372036854775808",
            "253402300800",
            "9223372036854775807",
            "18446744073709551615",
            "18446744073709551616",
            "1e300",
            "1e400",
            "-1e300",
            "-0.5",
            "253402300800.0",
            "NaN",
            "Infinity",
            "0x71",
            "+1906545900",
            "1_906_545_900",
            "01906545900",
            "1906545900.",
        ] {
            rows.push(refused(format!("{name} {raw}"), with(name, raw), Claims));
        }
    }
    let at = |seconds: u64| seconds.to_string();
    for (raw, is_good) in [
        (at(NOW - 1), false),
        (at(NOW), false),
        (at(NOW + 1), true),
        (format!("{NOW}.0"), false),
        (format!("{NOW}.25"), true),
        ("0".to_owned(), false),
        ("-0".to_owned(), false),
        ("0.1".to_owned(), false),
        ("1.9065459e9".to_owned(), true),
        ("253402300799".to_owned(), true),
        ("253402300799.9".to_owned(), true),
    ] {
        let (name, token) = (format!("exp {raw}"), with("exp", raw));
        rows.push(if is_good { accepted(name, token) } else { refused(name, token, Expired) });
    }
    for (raw, is_good) in [
        (at(NOW - 1), true),
        (at(NOW), true),
        (at(NOW + 1), false),
        (format!("{NOW}.25"), false),
        ("0".to_owned(), true),
        ("253402300799".to_owned(), false),
    ] {
        let (name, token) = (format!("nbf {raw}"), with("nbf", raw));
        rows.push(if is_good { accepted(name, token) } else { refused(name, token, NotYetValid) });
    }
    for raw in [at(NOW + 1), "0".to_owned(), "253402300799".to_owned(), format!("{NOW}.25")] {
        rows.push(accepted(format!("iat {raw}"), with("iat", raw)));
    }
    rows
}

fn audiences() -> Vec<Row> {
    let other = "\"project-test-00000000-0000-0000-0000-000000000000\"";
    let ours = quoted(PROJECT);
    let mut rows = Vec::new();
    for raw in [
        "[]",
        "\"\"",
        "\"*\"",
        "[\"\"]",
        other,
        "\"project-test\"",
        &format!("[{other}]"),
        &quoted(&PROJECT.to_uppercase()),
        &quoted(&PROJECT.replace("test", "live")),
        &quoted(&format!("{PROJECT} ")),
        &quoted(&format!("{PROJECT}\\u0000")),
        &quoted(&format!("{PROJECT},{PROJECT}")),
        &quoted(ISSUER),
        &quoted(&PROJECT[..PROJECT.len() - 1]),
    ] {
        rows.push(refused(format!("aud {raw}"), with("aud", raw), Audience));
    }
    for raw in [
        format!("[{ours},1]"),
        format!("[1,{ours}]"),
        format!("[{ours},null]"),
        format!("[[{ours}]]"),
        format!("{{{ours}:true}}"),
    ] {
        rows.push(refused(format!("aud {raw}"), with("aud", raw), Claims));
    }
    for raw in [ours.clone(), format!("[{other},{ours}]"), format!("[{ours},{other},{ours}]")] {
        rows.push(accepted(format!("aud {raw}"), with("aud", raw)));
    }
    rows
}

fn issuers() -> Vec<Row> {
    let mut rows = Vec::new();
    for iss in [
        "",
        "stytch.com",
        "stytch.com/",
        PROJECT,
        &format!("https://{ISSUER}"),
        &format!("http://{ISSUER}"),
        &format!("{ISSUER}/"),
        &format!("{ISSUER} "),
        &format!(" {ISSUER}"),
        &format!("{ISSUER}\\u0000"),
        &ISSUER.to_uppercase(),
        &ISSUER.replace("stytch", "Stytch"),
        &ISSUER.replace("stytch.com", "stytch.com.attacker.example.com"),
        &ISSUER.replace("stytch.com", "api.stytch.com"),
        &ISSUER.replace("stytch", "\u{455}tytch"),
        "stytch.com/project-test-00000000-0000-0000-0000-000000000000",
        "https://test.stytch.com",
        "https://api.stytch.com",
        "https://login.example.com",
        "https://accounts.google.com",
    ] {
        rows.push(refused(format!("iss {iss}"), with("iss", quoted(iss)), Issuer));
    }
    rows.push(accepted("iss with escapes", with("iss", quoted(&ISSUER.replace('/', "\\/")))));
    let array = format!("[{}]", quoted(ISSUER));
    rows.push(refused("iss in an array", with("iss", array), Claims));
    rows
}

fn subjects() -> Vec<Row> {
    let mut rows = Vec::new();
    for raw in ["\"\"", "\"a\\nb\"", "\"\\u0000\"", "7", &quoted(&"m".repeat(1025))] {
        rows.push(refused(format!("sub {raw}"), with("sub", raw), Claims));
    }
    rows.push(accepted("sub of 1024 bytes", with("sub", quoted(&"m".repeat(1024)))));
    rows
}

/// The two claims of Stytch.
fn within() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |claim: &str, what: String, object: Object, is_good: bool| {
        let (name, token) = (format!("{claim}: {what}"), with(claim, object.text()));
        rows.push(if is_good { accepted(name, token) } else { refused(name, token, Claims) });
    };
    for name in ["id", "started_at", "last_accessed_at"] {
        push(SESSION, format!("no {name}"), session().without(name), false);
        for raw in ["null", "\"\"", "7", "[]", "\"\\u0000\""] {
            push(SESSION, format!("{name} {raw}"), session().with(name, raw), false);
        }
    }
    for (name, raws) in [
        ("expires_at", ["\"\"", "7", "\"never\"", "\"2030-02-30T00:00:00Z\""]),
        ("roles", ["\"stytch_admin\"", "[1]", "[\"\"]", "{}"]),
        ("authentication_factors", ["\"\"", "[1]", "{}", "[[]]"]),
    ] {
        push(SESSION, format!("no {name}"), session().without(name), true);
        push(SESSION, format!("{name} null"), session().with(name, "null"), true);
        for raw in raws {
            push(SESSION, format!("{name} {raw}"), session().with(name, raw), false);
        }
    }
    for name in ["id", "started_at", "expires_at", "roles", "attributes", "authentication_factors"]
    {
        let (_, raw) = session().members().iter().find(|(at, _)| at == name).unwrap().clone();
        push(SESSION, format!("{name} twice"), session().and(name, raw), false);
    }
    let unknown = session().and("x", "{\"y\":[]}");
    push(SESSION, "an unknown name".to_owned(), unknown.clone(), true);
    push(SESSION, "an unknown name twice".to_owned(), unknown.and("x", "1"), false);
    push(SESSION, "no attributes".to_owned(), session().without("attributes"), true);
    let palm = r#"[{"type":"palm_scan","delivery_method":"palm","palm_factor":{"lines":3}}]"#;
    let palm = session().with("authentication_factors", palm);
    push(SESSION, "a factor nobody knows".to_owned(), palm, true);

    push(ORGANIZATION, "no id".to_owned(), organization().without("organization_id"), false);
    for raw in ["null", "\"\"", "7", "\"\\u0000\""] {
        let object = organization().with("organization_id", raw);
        push(ORGANIZATION, format!("id {raw}"), object, false);
    }
    push(ORGANIZATION, "no slug".to_owned(), organization().without("slug"), true);
    push(ORGANIZATION, "slug null".to_owned(), organization().with("slug", "null"), true);
    push(ORGANIZATION, "slug 7".to_owned(), organization().with("slug", "7"), false);
    let twice = organization().and("organization_id", "\"organization-test-other\"");
    push(ORGANIZATION, "id twice".to_owned(), twice, false);
    let twice = organization().and("x", "1").and("x", "1");
    push(ORGANIZATION, "an unknown name twice".to_owned(), twice, false);

    for (at, is_good) in [
        ("2030-06-01T11:59:59Z", false),
        ("2030-06-01T12:00:00Z", false),
        ("2030-06-01T12:00:00.000000001Z", true),
        ("0000-01-01T00:00:00Z", false),
        ("9999-12-31T23:59:59Z", true),
    ] {
        let token = with(SESSION, session().with("expires_at", quoted(at)).text());
        let name = format!("session that ends {at}");
        rows.push(if is_good {
            accepted(name, token)
        } else {
            refused(name, token, SessionExpired)
        });
    }
    rows
}

fn no_objects() -> Vec<Row> {
    let good = claims().text();
    let mut rows = Vec::new();
    for (name, text) in [
        ("an array", format!("[{good}]")),
        ("text", "\"claims\"".to_owned()),
        ("a token", quoted(&token(&header(), &claims()))),
        ("null", "null".to_owned()),
        ("empty", String::new()),
        ("an empty object", "{}".to_owned()),
        ("cut", good[..good.len() - 1].to_owned()),
        ("two objects", format!("{good}{good}")),
        ("a BOM", format!("\u{feff}{good}")),
        ("a NUL at the end", format!("{good}\0")),
        ("a trailing comma", format!("{},}}", &good[..good.len() - 1])),
        ("a comment", good.replacen('{', "{/**/", 1)),
        ("nested in another", format!("{{\"claims\":{good}}}")),
        ("a line break in text", good.replacen("member-", "member\n", 1)),
        ("half a surrogate", claims().and("x", "\"\\ud83d\"").text()),
        ("a number too large", claims().and("x", "1e400").text()),
    ] {
        rows.push(refused(format!("payload: {name}"), signed(header().text(), text, &A), Claims));
    }
    let latin: Vec<u8> =
        claims().and("x", "\"\u{e9}\"").text().bytes().filter(|byte| *byte != 0xc3).collect();
    rows.push(refused("payload: not UTF-8", signed(header().text(), latin, &A), Claims));
    for (name, text) in [
        ("blanks", format!("\n\t {} \r\n", good.replace(',', " ,\n"))),
        (
            "a name and text of many letters",
            claims().and("\u{1f511}", "\"\u{e9}\\ud83d\\ude00\"").text(),
        ),
    ] {
        rows.push(accepted(format!("payload: {name}"), signed(header().text(), text, &A)));
    }
    rows
}
