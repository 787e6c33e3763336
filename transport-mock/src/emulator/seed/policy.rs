//! Roles and the policy of a seed, with the place of each mistake.

use super::{Fields, SeedError};
use crate::emulator::organization::{Permission, Role};
use crate::emulator::rbac::Policy;

/// Reads `rbac_policy`. What is in it beside roles is only shown, so it is taken as it is.
pub(super) fn read(mut fields: Fields) -> Result<Policy, SeedError> {
    Ok(Policy {
        roles: roles(&mut fields, "roles")?,
        resources: fields.items("resources")?.unwrap_or_default(),
        scopes: fields.items("scopes")?.unwrap_or_default(),
    })
}

/// Reads a list of roles.
pub(super) fn roles(fields: &mut Fields, name: &str) -> Result<Vec<Role>, SeedError> {
    fields.list(name)?.into_iter().map(role).collect()
}

fn role(mut fields: Fields) -> Result<Role, SeedError> {
    Ok(Role {
        role_id: fields.required_text("role_id")?,
        description: fields.text("description")?.unwrap_or_default(),
        permissions: fields
            .list("permissions")?
            .into_iter()
            .map(permission)
            .collect::<Result<_, _>>()?,
    })
}

fn permission(mut fields: Fields) -> Result<Permission, SeedError> {
    let resource_id = fields.required_text("resource_id")?;
    let actions = fields.texts("actions")?.ok_or_else(|| fields.error("actions", "is missing"))?;
    Ok(Permission { resource_id, actions })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Emulator;

    #[test]
    fn mistakes_deep_in_the_policy_are_named_by_their_place() {
        let fine =
            json!({ "role_id": "a", "permissions": [{ "resource_id": "b", "actions": [] }] });
        for (policy, problem) in [
            (json!([]), "rbac_policy: should be an object"),
            (json!({ "roles": {} }), "rbac_policy.roles: should be a list"),
            (json!({ "roles": [fine, 7] }), "rbac_policy.roles[1]: should be an object"),
            (json!({ "roles": [fine, {}] }), "rbac_policy.roles[1].role_id: is missing"),
            (
                json!({ "roles": [{ "role_id": "a", "permissions": [{ "resource_id": "b" }] }] }),
                "rbac_policy.roles[0].permissions[0].actions: is missing",
            ),
            (
                json!({ "roles": [{ "role_id": "a", "permissions": [
                    { "resource_id": "b", "actions": ["c", 7] }
                ] }] }),
                "rbac_policy.roles[0].permissions[0].actions[1]: should be a string",
            ),
            (json!({ "scopes": 7 }), "rbac_policy.scopes: should be a list"),
        ] {
            let seed = json!({ "rbac_policy": policy }).to_string();
            let error = Emulator::from_seed_json(seed.as_bytes()).expect_err(problem);
            assert_eq!(error.to_string(), problem);
        }
        let roles = json!([fine, { "role_id": 7 }]);
        let organization =
            json!({ "organization_id": "o", "organization_name": "O", "custom_roles": roles });
        let seed = json!({ "organizations": [organization] }).to_string();
        let error = Emulator::from_seed_json(seed.as_bytes()).expect_err("a number for an id");
        assert_eq!(error.path(), "organizations[0].custom_roles[1].role_id");
    }

    #[test]
    fn a_person_is_once_in_an_organization_and_a_member_once_in_the_project() {
        let organization = |id: &str, members: serde_json::Value| json!({ "organization_id": id, "organization_name": id, "members": members });
        let member = |id: &str, address: &str| json!({ "member_id": id, "email_address": address });
        for (organizations, place) in [
            (
                json!([organization("o", json!([member("m", "a@b"), member("n", "A@B")]))]),
                "organizations[0].members[1].email_address",
            ),
            (
                json!([
                    organization("o", json!([member("l", "a@b"), member("m", "c@d")])),
                    organization("p", json!([member("n", "a@b"), member("m", "c@d")])),
                ]),
                "organizations[1].members[1].member_id",
            ),
        ] {
            let seed = json!({ "organizations": organizations }).to_string();
            let error = Emulator::from_seed_json(seed.as_bytes()).expect_err(place);
            assert_eq!(error.to_string(), format!("{place}: is used twice"));
        }
    }
}
