use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::{MAX_BYTES, jwt_life};

fn jwt(payload: &str) -> String {
    format!("eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(payload))
}

fn life(payload: &str) -> Option<(SystemTime, SystemTime)> {
    jwt_life(&jwt(payload))
}

fn at(seconds: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

#[test]
fn it_reads_when_a_jwt_was_issued_and_expires() {
    let payload = r#"{"sub":"member","iat":1906545600,"nbf":1906545600,"exp":1906545900}"#;
    let dates = Some((at(1_906_545_600.0), at(1_906_545_900.0)));
    assert_eq!(life(payload), dates);
    assert_eq!(life(r#"{"exp":1906545900.0,"iat":1.9065456e9,"x":[{"y":null}]}"#), dates);
    assert_eq!(life(r#"{"iat":0,"exp":0.5}"#), Some((at(0.0), at(0.5))));
    // Padding, and no signature, harm nobody here.
    assert_eq!(jwt_life(&format!("e30.{}", URL_SAFE.encode(payload))), dates);
}

#[test]
fn it_reads_nothing_from_anything_else() {
    for payload in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"iat":1}"#,
        r#"{"exp":1}"#,
        r#"{"iat":"1","exp":"2"}"#,
        r#"{"iat":null,"exp":2}"#,
        r#"{"iat":-1,"exp":2}"#,
        r#"{"iat":2,"exp":1}"#,
        r#"{"iat":2,"exp":2}"#,
        r#"{"iat":1,"exp":1e30}"#,
        r#"{"iat":1,"exp":1e999}"#,
        r#"{"iat":1,"iat":2,"exp":3}"#,
        r#"{"iat":1,"exp":2} and more"#,
        &format!(r#"{{"iat":1,"exp":2,"x":{}}}"#, "[".repeat(20_000)),
    ] {
        assert_eq!(life(payload), None, "{payload:.60}");
    }
    for jwt in ["", ".", "..", "a", "eyJpYXQiOjEsImV4cCI6Mn0", "e30.###.e30", "e30.ß.e30"] {
        assert_eq!(jwt_life(jwt), None, "{jwt}");
    }
}

#[test]
fn it_reads_64_kib_and_not_more() {
    let start = jwt(r#"{"iat":1,"exp":2}"#);
    let full = start.clone() + &"x".repeat(MAX_BYTES - start.len());
    assert!(jwt_life(&full).is_some());
    assert_eq!(jwt_life(&(full + "x")), None);
}

proptest! {
    #[test]
    fn whatever_it_is_given_does_not_matter(
        text in any::<String>(),
        payload in ".*",
        bytes in any::<Vec<u8>>(),
        numbers in (any::<f64>(), any::<f64>()),
    ) {
        let _ = (jwt_life(&text), life(&payload));
        let _ = jwt_life(&format!(".{}.", URL_SAFE_NO_PAD.encode(bytes)));
        let (iat, exp) = numbers;
        if let Some((issued_at, expires_at)) = life(&format!(r#"{{"iat":{iat:e},"exp":{exp:e}}}"#)) {
            prop_assert!(0.0 <= iat && iat < exp && issued_at < expires_at);
        }
    }
}
