//! The published keys, the settings and the policy: what a server wrote, and no more.

use std::sync::OnceLock;

use serde_json::Value;
use stytch_session::rbac::Policy;
use stytch_session::{
    CustomRole, GetBootstrap, GetJwks, GetOrganizationRbacPolicy, GetRbacPolicy, JsonWebKey, RoleId,
};

use crate::Seed;
use crate::properties::oracle::replies;
use crate::properties::world::{Case, Side};
use crate::scene::{self, Scene, kit};

/// Each is known on one surface.
const OURS: [Case; 4] = [Case::Jwks, Case::Policy, Case::OrganizationPolicy, Case::Bootstrap];

/// As `replies`, for the calls that fetch keys, settings and policies.
pub fn run(data: &[u8]) {
    static CASES: OnceLock<Vec<(String, (Case, Side))>> = OnceLock::new();
    let cases = CASES.get_or_init(|| {
        scene::all().iter().filter(|(_, (case, _))| OURS.contains(case)).cloned().collect()
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
            assert_eq!(serde_json::to_value(&again).expect("a policy is JSON"), policy);
            check_policy(&again, &[]);
        }
        Case::Bootstrap => {
            let call = GetBootstrap::new();
            let Ok(settings) = kit().frontend().decode(&call, &reply) else { return };
            settings.rbac_policy().into_iter().for_each(|policy| check_policy(policy, &[]));
        }
        _ => {
            let call = GetOrganizationRbacPolicy::new(&kit().organization());
            let Ok(policy) = project.decode(&call, &reply) else { return };
            assert!(policy.roles().len() <= reply.body().len());
            check_policy(&stytch_session::RbacPolicy::default(), policy.roles());
        }
    }
}

/// Each role may do what it lists, and no role nothing.
fn check_policy(policy: &stytch_session::RbacPolicy, custom: &[CustomRole]) {
    let compiled = Policy::new(policy).with_custom_roles(custom);
    let nobody = compiled.grants(&[]);
    let of_project = policy.roles().iter();
    // Of custom roles with one id the last counts.
    let of_organization = custom.iter().enumerate().filter(|(at, role)| {
        custom[at + 1..].iter().all(|later| later.role_id() != role.role_id())
    });
    for role in of_project.chain(of_organization.map(|(_, role)| role)) {
        let Ok(id) = RoleId::new(role.role_id()) else { continue };
        let grants = compiled.grants(std::slice::from_ref(&id));
        for permission in role.permissions() {
            for action in permission.actions() {
                assert!(grants.allows(permission.resource_id(), action), "{role:?} {action:?}");
                assert!(!nobody.allows(permission.resource_id(), action), "{action:?}");
            }
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
    for (_, (case, side)) in scene::all().iter().filter(|(_, (case, _))| OURS.contains(case)) {
        for name in case.successes() {
            let body = side.wrap(kit().payload(name)).to_string();
            seeds.push(((*name).to_owned(), scene::write(*case, *side, 200, "", &body)));
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
