//! Who may do what.

use serde_json::Value;

use super::organization::{Permission, Role};
use super::reply::Refusal;
use super::world::{MemberKey, World};

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
