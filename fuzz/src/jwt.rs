//! Session JWTs: what is accepted is what was meant.
//!
//! The arithmetic of RSA is left out, so that chance gets past the signature: a provider that takes
//! one word for the signature of everything.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stytch_session::jwt::{JwtRules, KeySet, RsaKey, RsaProvider, VerifiedJwt};
use stytch_session::{
    GetJwks, MemberSession, Project, ProjectId, ProjectSecret, Response, Timestamp,
};

use crate::Seed;
use crate::input::Fields;

const PROJECT: &str = "project-test-1";
const ISSUER: &str = "stytch.com/project-test-1";
const KID: &str = "k";
const SIGNATURE: &[u8] = b"signed";
const SESSION: &str = "https://stytch.com/session";
const ORGANIZATION: &str = "https://stytch.com/organization";

/// 2030-06-01T12:00:00Z
const NOW: u64 = 1_906_545_600;

#[derive(Debug)]
struct Word;

impl RsaProvider for Word {
    fn parse(&self, _: &[u8], _: &[u8]) -> Option<Box<dyn RsaKey>> {
        Some(Box::new(Self))
    }
}

impl RsaKey for Word {
    fn verify(&self, _: &[u8], signature: &[u8]) -> bool {
        signature == SIGNATURE
    }
}

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let modulus = URL_SAFE_NO_PAD.encode([0xff; 256]);
    let set = json!({ "keys": [{ "kty": "RSA", "kid": KID, "n": modulus, "e": "AQAB" }] });
    let reply = Response::new(set.to_string().into_bytes());
    KeySet::new(&project().decode(&GetJwks::new(), &reply).expect("a key set"), &Word)
});

fn project() -> Project<stytch_session::Backend> {
    let id = ProjectId::new(PROJECT).expect("an id");
    Project::backend(id, ProjectSecret::new("secret").expect("a secret"))
}

/// Header, payload and signature, to be encoded, then a leeway and a maximum age; or a token alone.
pub fn run(data: &[u8]) {
    let mut fields = Fields::of(data);
    let parts = [fields.bytes(), fields.bytes(), fields.bytes()];
    let token = if parts[1].is_empty() && parts[2].is_empty() {
        String::from_utf8_lossy(parts[0]).into_owned()
    } else {
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    };
    let seconds = |text: String| text.parse().ok().map(Duration::from_secs);
    let (leeway, max_age) = (seconds(fields.text()).unwrap_or_default(), seconds(fields.text()));

    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let mut rules = JwtRules::new(&project()).leeway(leeway);
    if let Some(max_age) = max_age {
        rules = rules.max_age(max_age);
    }
    let (verdict, kid) = (rules.verify(&token, &KEYS, now), rules.key_id(&token));
    match verdict {
        Ok(verified) => {
            assert_eq!(kid.as_deref(), Ok(KID));
            check(&token, &verified);
            check_times(&verified, leeway, max_age);
            let patient = rules.leeway(Duration::MAX).verify(&token, &KEYS, now);
            assert_eq!(patient.as_ref(), Ok(&verified), "a leeway refuses nothing");
        }
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(shown.is_ascii() && shown.len() < 400, "{shown}");
            if error.is_genuine() {
                assert_eq!(kid.as_deref(), Ok(KID));
            }
        }
    }
}

/// Read again, by a reader that is in no hurry.
fn check(token: &str, verified: &VerifiedJwt) {
    let parts: Vec<Vec<u8>> =
        token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
    let [header, payload, signature] = &parts[..] else { panic!("{} parts", parts.len()) };
    let encoded: Vec<String> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
    assert_eq!(encoded.join("."), token, "one token has one form");
    assert_eq!(signature, SIGNATURE);
    // Deep nesting is skipped by the library, and refused by this reader.
    if let Ok(header) = serde_json::from_slice::<Value>(header) {
        assert_eq!((&header["alg"], &header["kid"]), (&json!("RS256"), &json!(KID)));
        assert!(header.get("crit").is_none());
        assert!(header.get("typ").is_none_or(|typ| typ == "JWT"));
    }
    let Ok(claims) = serde_json::from_slice::<Value>(payload) else { return };
    assert_eq!(claims["iss"], ISSUER);
    let ours = json!(PROJECT);
    let audiences = claims["aud"].as_array();
    assert!(claims["aud"] == ours || audiences.is_some_and(|all| all.contains(&ours)));

    let session = verified.member_session();
    let claim = &claims[SESSION];
    assert_eq!(claims["sub"], session.member_id().as_str());
    assert_eq!(claim["id"], session.member_session_id().as_str());
    let organization = &claims[ORGANIZATION];
    assert_eq!(organization["organization_id"], session.organization_id().as_str());
    let roles: Vec<_> = claim["roles"].as_array().into_iter().flatten().collect();
    assert_eq!(roles, session.roles().iter().map(stytch_session::RoleId::as_str).collect::<Vec<_>>());
    let names = claims.as_object().expect("an object").keys();
    let known = ["aud", "exp", "iat", "iss", "jti", "nbf", "sub", SESSION, ORGANIZATION];
    let custom: Vec<_> = names.filter(|name| !known.contains(&name.as_str())).collect();
    assert_eq!(custom, session.custom_claims().keys().collect::<Vec<_>>());

    let written = serde_json::to_value(session).expect("a session is JSON");
    let again: MemberSession = serde_json::from_value(written).expect("what it wrote");
    assert_eq!(&again, session);
}

fn check_times(verified: &VerifiedJwt, leeway: Duration, max_age: Option<Duration>) {
    let now = Timestamp::from_unix_seconds(i64::try_from(NOW).expect("a small number"));
    assert!(verified.expires_at().saturating_add(leeway) > now);
    assert!(verified.member_session().expires_at() > now);
    let Some(max_age) = max_age else { return };
    assert!(verified.issued_at() <= now.saturating_add(leeway));
    assert!(now.saturating_duration_since(verified.issued_at()) < max_age);
}

/// A good token, and some that are not.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let header = r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#;
    let session = r#"{"id":"s","started_at":"2030-06-01T11:00:00Z","last_accessed_at":"2030-06-01T12:00:00Z","expires_at":"2030-06-01T13:00:00Z","attributes":{},"authentication_factors":[{"type":"otp","delivery_method":"sms"}],"roles":["r"]}"#;
    let claims = format!(
        r#"{{"iss":"{ISSUER}","aud":["{PROJECT}"],"sub":"m","iat":1906545540,"nbf":1906545540,"exp":1906545840,"{SESSION}":{session},"{ORGANIZATION}":{{"organization_id":"o","slug":"l"}},"plan":{{"a":[1]}}}}"#
    );
    let odd = claims
        .replace(r#"["project-test-1"]"#, r#""project-test-1""#)
        .replace("1906545840", "1.906545840e9")
        .replace("1906545540,\"exp", "1906545540.5,\"exp")
        .replace(r#""plan""#, r#""jti":1,"pl\u0061n""#);
    let old = claims.replace(r#""expires_at":"2030-06-01T13:00:00Z","#, "");
    let twice = claims.replace(r#""sub":"m","#, r#""sub":"m","s\u0075b":"n","#);
    let spare = header.replace('}', r#","x5c":["a"],"crit":[]}"#);
    let good = [header, &claims, "signed"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    [
        ("good", [header, &claims, "signed", "", ""]),
        ("token", [&*good, "", "", "5", "61"]),
        ("odd", [header, &odd, "signed", "60", ""]),
        ("old", [header, &old, "signed", "0", "61"]),
        ("too-old", [header, &claims, "signed", "0", "60"]),
        ("twice", [header, &twice, "signed", "", ""]),
        ("critical", [&*spare, &claims, "signed", "", ""]),
        ("unsigned", [&*header.replace("RS256", "none"), &claims, "", "", ""]),
        ("forged", [header, &claims, "forged", "", ""]),
    ]
    .map(|(name, fields)| (name.to_owned(), crate::input::join(&fields)))
    .to_vec()
}
