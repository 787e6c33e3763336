//! Seed files of the emulator, and the worlds that they make.

use serde_json::{Value, json};
use stytch_session_mock::{Emulator, VirtualClock};

use crate::Seed;
use crate::emulator::{check_answer, send};

/// The whole input is the seed file.
pub fn run(data: &[u8]) {
    let builder = match Emulator::builder_from_seed_json(data) {
        Ok(builder) => builder,
        Err(error) => {
            let said = error.to_string();
            assert!(said.starts_with(error.path()) && said.len() > error.path().len(), "{said}");
            return;
        }
    };
    let seed: Value = serde_json::from_slice(data).expect("it was read");
    let emulator = builder.clock(VirtualClock::new()).constant_signature().build();
    assert!(emulator.active_sessions().is_empty());
    if let Some(id) = seed["project_id"].as_str() {
        assert_eq!(emulator.project_id(), id);
    }
    let organizations = seed["organizations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let members = organizations.iter().flat_map(|organization| {
        let members = organization["members"].as_array().map(Vec::as_slice).unwrap_or_default();
        members.iter().map(move |member| (organization, member))
    });
    for (organization, member) in members.take(4) {
        visit(&emulator, organization, member);
    }
    for path in ["/v1/b2b/rbac/policy", "/sdk/v1/projects/bootstrap/x"] {
        check_answer(path, &send(&emulator, "GET", path, None, &Value::Null));
    }
    emulator.reset();
    assert!(emulator.active_sessions().is_empty());
}

/// Logs a member in by what the seed says of them, and looks at the session.
fn visit(emulator: &Emulator, organization: &Value, member: &Value) {
    let body = json!({
        "organization_id": organization["organization_id"],
        "email_address": member["email_address"],
        "password": member["password"],
        "session_duration_minutes": 60,
    });
    let path = "/sdk/v1/b2b/passwords/authenticate";
    let reply = send(emulator, "POST", path, None, &body);
    check_answer(path, &reply);
    let reply: Value = serde_json::from_slice(reply.body()).expect("it is JSON");
    let token = reply["data"]["session_token"].as_str().filter(|token| !token.is_empty());
    if let Some(token) = token {
        assert_eq!(reply["data"]["member"]["member_id"], member["member_id"]);
        let path = "/sdk/v1/b2b/sessions/authenticate";
        let reply = send(emulator, "POST", path, Some(token), &json!({}));
        assert_eq!(reply.status(), 200, "{}", String::from_utf8_lossy(reply.body()));
        check_answer(path, &reply);
    }
    let path = "/v1/b2b/discovery/organizations";
    check_answer(path, &send(emulator, "POST", path, None, &body));
}

/// A full seed, the least one, and mistakes.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let full = json!({
        "project_id": "project-test-00000000-0000-4000-8000-000000000001",
        "secret": "secret-test-mine",
        "public_token": "public-token-test-00000000-0000-4000-8000-000000000002",
        "fixed_otp_code": "000000",
        "organizations": [{
            "organization_id": "organization-test-1", "organization_name": "Acme",
            "organization_slug": "acme", "organization_external_id": "acme-1",
            "mfa_policy": "REQUIRED_FOR_ALL",
            "auth_methods": "RESTRICTED", "allowed_auth_methods": ["password", "sso"],
            "mfa_methods": "RESTRICTED", "allowed_mfa_methods": ["totp"],
            "email_allowed_domains": ["example.com"], "email_jit_provisioning": "RESTRICTED",
            "custom_roles": [{ "role_id": "keeper", "description": "", "permissions": [] }],
            "members": [
                {
                    "member_id": "member-test-1", "email_address": "ada@example.com",
                    "name": "Ada", "password": "a lighthouse in the fog", "mfa_enrolled": true,
                    "mfa_phone_number": "+14155550001",
                    "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "roles": ["editor"],
                },
                {
                    "member_id": "member-test-2", "email_address": "ben@example.com",
                    "status": "invited", "external_id": "ben", "recovery_codes": ["a-b-c"],
                    "untrusted_metadata": { "a": [1] },
                },
            ],
        }],
        "rbac_policy": {
            "roles": [{
                "role_id": "editor", "description": "",
                "permissions": [{ "resource_id": "documents", "actions": ["read", "*"] }],
            }],
            "resources": [{ "resource_id": "documents", "actions": ["read"] }], "scopes": [],
        },
    });
    let simple = json!({ "organizations": [{
        "organization_id": "o", "organization_name": "O",
        "members": [{ "member_id": "m", "email_address": "a@b", "password": "a kettle on a stove" }],
    }] });
    let mut seeds = vec![("full".to_owned(), full), ("simple".to_owned(), simple.clone())];
    for (name, place, value) in [
        ("unknown", "/organizations/0", json!({ "organisation_id": "o" })),
        ("address", "/organizations/0/members/0/email_address", json!("nobody")),
        ("base32", "/organizations/0/members/0", json!({ "member_id": "m", "totp_secret": "1" })),
        ("suspended", "/organizations/0/members", json!([])),
    ] {
        let mut seed = simple.clone();
        if let Some(old) = seed.pointer_mut(place) {
            *old = value;
        }
        seeds.push((name.to_owned(), seed));
    }
    seeds.push(("empty".to_owned(), json!({})));
    seeds.into_iter().map(|(name, seed)| (name, seed.to_string().into_bytes())).collect()
}
