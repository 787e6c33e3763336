//! The samples in `fixtures/`, each with the verdict that its table gives.

use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;
use stytch_session::MemberSession;
use stytch_session::jwt::{JwtErrorKind, JwtRules, KeySet, RingProvider};

use super::forge::{after, project, rules, web_keys};

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jwt/fixtures");
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn expectations() -> Value {
    serde_json::from_str(&read("expectations.json")).unwrap()
}

fn keys(name: &str) -> KeySet {
    KeySet::new(&web_keys(read(name)), &RingProvider::default())
}

/// In the middle of the `valid` ones' 75 years.
fn clock() -> SystemTime {
    after(0)
}

fn with_custom_domain() -> JwtRules {
    JwtRules::new(&project().with_base_url("https://login.example.com/").unwrap())
}

#[test]
fn each_sample_gets_its_verdict() {
    let expectations = expectations();
    let tokens = expectations["tokens"].as_object().unwrap();
    assert_eq!(tokens.len(), 38);
    for (name, expected) in tokens {
        let token = read(&format!("{name}.jwt"));
        let keys = match &**name {
            "valid_key_b" => keys("jwks_rotated.json"),
            _ => keys("jwks.json"),
        };
        let verdict = with_custom_domain().verify(token.trim_end(), &keys, clock());
        assert_eq!(verdict.is_ok(), expected["verdict"] == "accept", "{name}: {verdict:?}");
        assert_eq!(verdict.err().map(|error| error.kind()), kind_of(name), "{name}");
    }
}

fn kind_of(name: &str) -> Option<JwtErrorKind> {
    Some(match name {
        "issued_in_future" => return None,
        name if name.starts_with("valid") => return None,
        "expired" => JwtErrorKind::Expired,
        "not_yet_valid" => JwtErrorKind::NotYetValid,
        "wrong_audience" | "empty_audience" => JwtErrorKind::Audience,
        "wrong_issuer" | "issuer_with_trailing_slash" => JwtErrorKind::Issuer,
        "bad_signature" | "tampered_payload" | "wrong_key_same_kid" => JwtErrorKind::Signature,
        "unknown_kid" => JwtErrorKind::UnknownKey,
        "no_kid" => JwtErrorKind::Header,
        "alg_none" | "alg_hs256_with_public_key" => JwtErrorKind::Algorithm,
        "typ_at_jwt" => JwtErrorKind::Type,
        "two_segments" | "not_base64" | "empty" => JwtErrorKind::Malformed,
        name if name.starts_with("missing_") => JwtErrorKind::Claims,
        "session_claim_wrong_type" => JwtErrorKind::Claims,
        name => panic!("{name} is new"),
    })
}

#[test]
fn missing_claims_are_named() {
    let keys = keys("jwks.json");
    for claim in ["exp", "iat", "nbf", "aud", "iss", "sub", "session_claim", "organization_claim"] {
        let token = read(&format!("missing_{claim}.jwt"));
        let error = rules().verify(token.trim_end(), &keys, clock()).unwrap_err();
        let name = match claim {
            "session_claim" => "https://stytch.com/session",
            "organization_claim" => "https://stytch.com/organization",
            name => name,
        };
        assert_eq!(error.claim(), Some(name));
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
}

#[test]
fn the_session_is_what_the_token_says() {
    let verified =
        rules().verify(read("valid.jwt").trim_end(), &keys("jwks.json"), clock()).unwrap();
    let expected: MemberSession =
        serde_json::from_value(expectations()["member_session_of_valid"].clone()).unwrap();
    assert_eq!(verified.member_session(), &expected);
    assert_eq!(verified.issued_at().to_string(), "2024-01-01T00:00:00Z");
    assert_eq!(verified.expires_at().to_string(), "2099-01-01T00:00:00Z");
    assert_eq!(verified.into_member_session(), expected);
}

#[test]
fn what_may_be_absent() {
    let session = |name: &str| {
        let token = read(&format!("{name}.jwt"));
        let keys = keys("jwks.json");
        with_custom_domain().verify(token.trim_end(), &keys, clock()).unwrap().into_member_session()
    };
    let of_valid = session("valid");
    assert_eq!(session("valid_no_inner_expires_at"), of_valid);
    assert_eq!(session("valid_aud_several"), of_valid);
    assert_eq!(session("valid_custom_domain_issuer"), of_valid);
    assert!(session("valid_no_roles").roles().is_empty());
    assert_eq!(session("valid_no_slug").organization_slug(), None);
    let custom = session("valid_custom_claims");
    let names: Vec<_> = custom.custom_claims().keys().collect();
    assert_eq!(names, ["limits", "plan"]);
    let factors = session("valid_unknown_factor");
    assert_eq!(factors.authentication_factors().len(), 1);
}

#[test]
fn issuers_follow_the_base_url() {
    let token = read("valid_custom_domain_issuer.jwt");
    let keys = keys("jwks.json");
    let verdict = |rules: JwtRules| rules.verify(token.trim_end(), &keys, clock());
    assert!(verdict(with_custom_domain()).is_ok());
    assert!(verdict(rules().issuer("https://login.example.com").unwrap()).is_ok());
    assert!(verdict(rules().issuer("https://login.example.com/").unwrap()).is_ok());
    for other in [
        rules(),
        rules().issuer("https://login.example.com:8443").unwrap(),
        rules().issuer("https://login.example.com/stytch").unwrap(),
        rules().issuer("https://example.com").unwrap(),
        JwtRules::new(&project().with_base_url("https://api.stytch.com").unwrap()),
    ] {
        let error = verdict(other).unwrap_err();
        assert_eq!(error.kind(), JwtErrorKind::Issuer);
    }
    let own = JwtRules::new(&project().with_base_url("https://API.stytch.com/").unwrap());
    assert_eq!(own, rules(), "Stytch's own hosts issue nothing");
    for domain in ["", "login.example.com", "http://login.example.com", "https://a.example/?b"] {
        let error = rules().issuer(domain).unwrap_err();
        assert_eq!(error.what(), "issuer");
    }
}
