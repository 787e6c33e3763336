//! The published keys and the policy: what a server wrote, and no more.

use std::sync::OnceLock;

use serde_json::Value;
use stytch_session::{GetJwks, GetOrganizationRbacPolicy, GetRbacPolicy, JsonWebKey};

use crate::Seed;
use crate::properties::oracle::replies;
use crate::properties::world::{Case, Side};
use crate::scene::{self, Scene, kit};

/// As `replies`, for the calls that fetch keys and policies.
pub fn run(data: &[u8]) {
    static CASES: OnceLock<Vec<(String, (Case, Side))>> = OnceLock::new();
    let cases = CASES.get_or_init(|| {
        let ours = [Case::Jwks, Case::Policy, Case::OrganizationPolicy];
        scene::all().iter().filter(|(_, (case, _))| ours.contains(case)).cloned().collect()
    });
    let Scene { case, side, reply } = Scene::read(data, cases);
    replies::check(case, side, kit(), &reply);

    let project = kit().backend();
    let body = replies::object(&reply).unwrap_or_default();
    match case {
        Case::Jwks => {
            let Ok(set) = project.decode(&GetJwks::new(), &reply) else { return };
            check_keys(set.keys(), body["keys"].as_array().expect("a list of keys"));
        }
        Case::Policy => {
            let Ok(policy) = project.decode(&GetRbacPolicy::new(), &reply) else { return };
            let policy = serde_json::to_value(policy).expect("a policy is JSON");
            let again: stytch_session::RbacPolicy =
                serde_json::from_value(policy.clone()).expect("what it wrote");
            assert_eq!(serde_json::to_value(again).expect("a policy is JSON"), policy);
        }
        _ => {
            let call = GetOrganizationRbacPolicy::new(&kit().organization());
            let Ok(policy) = project.decode(&call, &reply) else { return };
            assert!(policy.roles().len() <= reply.body().len());
        }
    }
}

/// Each key is one that the server wrote, in its order; odd ones are left out.
fn check_keys(keys: &[JsonWebKey], written: &[Value]) {
    let mut written = written.iter();
    for key in keys {
        let is_it = |value: &Value| {
            let text = |name: &str| value[name].as_str().filter(|text| !text.is_empty());
            value.is_object()
                && key.kid() == text("kid")
                && key.kty() == text("kty")
                && key.alg() == text("alg")
                && key.n() == text("n")
                && key.e() == text("e")
        };
        assert!(written.any(is_it), "{key:?} was not written");
    }
}

/// The fixtures, and sets with odd keys in them.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for case in [Case::Jwks, Case::Policy, Case::OrganizationPolicy] {
        for name in case.successes() {
            let body = kit().payload(name).to_string();
            seeds.push(((*name).to_owned(), scene::write(case, Side::Backend, 200, "", &body)));
        }
    }
    for (name, keys) in [
        ("none", ""),
        ("odd", r#"null,7,"",[],{},{"kid":7},{"kid":"a","kty":null,"x5c":[1]}"#),
        ("twice", r#"{"kid":"a","kid":"b"},{"kid":"a","n":"AQ"},{"kid":"a","n":"Ag"}"#),
        ("symmetric", r#"{"kid":"a","kty":"oct","alg":"HS256","k":"c2VjcmV0"}"#),
    ] {
        let body = format!(r#"{{"keys":[{keys}],"request_id":"r","status_code":200}}"#);
        let input = scene::write(Case::Jwks, Side::Backend, 200, "", &body);
        seeds.push((format!("keys.{name}"), input));
    }
    seeds
}
