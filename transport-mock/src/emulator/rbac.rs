//! Who may do what.

use serde_json::{Value, json};

use super::call::Call;
use super::form::Field::Map;
use super::organization::{Permission, Role};
use super::reply::{Refusal, object};
use super::route::{Answer, Route, Surface};
use super::world::{MemberKey, World};

pub(super) const ROUTES: &[Route] = &[
    Route::get("b2b/rbac/policy", policy).only(Surface::Backend),
    Route::get("b2b/rbac/organizations/{organization_id}", organization_policy)
        .only(Surface::Backend),
    Route::put("b2b/rbac/organizations/{organization_id}", set_organization_policy)
        .only(Surface::Backend)
        .fields(&[], &[], &[Map("org_policy")]),
];

fn policy(call: &mut Call<'_>) -> Answer {
    Ok(object(json!({ "policy": call.world.policy_json() })))
}

fn organization_policy(call: &mut Call<'_>) -> Answer {
    let key = call.organization_in_path()?;
    let roles = &call.world.organization(key).custom_roles;
    Ok(object(json!({ "org_policy": { "roles": roles } })))
}

fn set_organization_policy(call: &mut Call<'_>) -> Answer {
    let key = call.organization_in_path()?;
    let missing = || Refusal::new("bad_request");
    let wished = call.object("org_policy")?.and_then(|policy| policy.get("roles")).cloned();
    let roles: Vec<Role> =
        serde_json::from_value(wished.ok_or_else(missing)?).map_err(|_| missing())?;
    call.world.organizations[key.0].custom_roles = roles;
    organization_policy(call)
}

/// The project's roles and resources.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Policy {
    #[serde(default)]
    pub(crate) roles: Vec<Role>,
    #[serde(default)]
    pub(crate) resources: Vec<Value>,
    #[serde(default)]
    pub(crate) scopes: Vec<Value>,
}

/// What `stytch_admin` may do everything with.
const BUILT_IN_RESOURCES: [&str; 4] =
    ["stytch.organization", "stytch.member", "stytch.sso", "stytch.self"];

/// The actions on the built-in resources that the emulator asks for.
const BUILT_IN_ACTIONS: [&[&str]; 4] = [&[], &["create", "revoke-sessions"], &[], &[]];

impl Policy {
    /// A policy with these roles and the built-in ones, where they are missing.
    pub(crate) fn with_defaults(mut self) -> Self {
        let all = || vec!["*".to_owned()];
        let permission =
            |resource: &str| Permission { resource_id: resource.to_owned(), actions: all() };
        for (role_id, description, resources) in [
            ("stytch_member", "Every member", &BUILT_IN_RESOURCES[3..]),
            ("stytch_admin", "Administrators", &BUILT_IN_RESOURCES[..]),
        ] {
            if !self.roles.iter().any(|role| role.role_id == role_id) {
                self.roles.push(Role {
                    role_id: role_id.to_owned(),
                    description: description.to_owned(),
                    permissions: resources.iter().map(|resource| permission(resource)).collect(),
                });
            }
        }
        self
    }

    pub(crate) const fn empty() -> Self {
        Self { roles: Vec::new(), resources: Vec::new(), scopes: Vec::new() }
    }
}

impl World {
    /// The project's policy, with the built-in resources where they are not declared.
    pub(crate) fn policy_json(&self) -> Value {
        let Policy { roles, resources, scopes } = &self.policy;
        let declared =
            |name: &str| resources.iter().any(|resource| resource["resource_id"] == *name);
        let built_in = BUILT_IN_RESOURCES.into_iter().zip(BUILT_IN_ACTIONS);
        let built_in = built_in.filter(|(name, _)| !declared(name)).map(|(name, actions)| {
            json!({ "resource_id": name, "description": "Built in", "actions": actions })
        });
        let resources: Vec<_> = resources.iter().cloned().chain(built_in).collect();
        json!({ "roles": roles, "resources": resources, "scopes": scopes })
    }

    /// The member's roles that grant `action` on `resource`.
    pub(crate) fn granting_roles(
        &self,
        member: MemberKey,
        resource: &str,
        action: &str,
    ) -> Vec<String> {
        let organization = self.member(member).organization;
        let grants = |role: &Role| {
            role.permissions.iter().any(|permission| {
                permission.resource_id == resource
                    && permission.actions.iter().any(|granted| granted == action || granted == "*")
            })
        };
        let mut roles = self.member(member).role_names();
        roles.retain(|role_id| self.role(organization, role_id).is_some_and(grants));
        roles
    }

    /// Refuses a call made by a member who lacks the permission.
    pub(crate) fn demand(
        &self,
        member: MemberKey,
        resource: &str,
        action: &str,
    ) -> Result<(), Refusal> {
        if self.granting_roles(member, resource, action).is_empty() {
            return Err(Refusal::new("unauthorized_action"));
        }
        Ok(())
    }
}
