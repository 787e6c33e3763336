//! Ids in requests: what they name, and what is wrong with those that name nothing.

use super::call::Call;
use super::reply::Refusal;
use super::world::{MemberKey, OrganizationKey, World};

/// The longest id, slug or external id.
const LONGEST: usize = 128;

impl World {
    /// The organization that a request names by id, slug or external id.
    pub(super) fn named_organization(&self, name: &str) -> Result<OrganizationKey, Refusal> {
        if let Some(key) = self.find_organization(name) {
            return Ok(key);
        }
        self.check_environment("organization", name)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~|".contains(&byte);
        let well_formed = (1..=LONGEST).contains(&name.len()) && name.bytes().all(allowed);
        Err(Refusal::new(if well_formed {
            "organization_not_found"
        } else {
            "invalid_organization_id"
        }))
    }

    /// The member that a request names, within an organization, by id or external id.
    pub(super) fn named_member(
        &self,
        organization: OrganizationKey,
        name: &str,
    ) -> Result<MemberKey, Refusal> {
        if let Some(key) = self.find_member(organization, name) {
            return Ok(key);
        }
        self.check_environment("member", name)?;
        Err(Refusal::new("member_not_found"))
    }

    /// Refuses an id of the other environment, test or live.
    fn check_environment(&self, kind: &str, name: &str) -> Result<(), Refusal> {
        let live = self.project.id.starts_with("project-live-");
        let (other, refusal) = if live {
            ("-test-", "test_id_used_in_live_environment")
        } else {
            ("-live-", "live_id_used_in_test_environment")
        };
        let foreign = name.strip_prefix(kind).is_some_and(|rest| rest.starts_with(other));
        if foreign { Err(Refusal::new(refusal)) } else { Ok(()) }
    }

    /// Refuses an organization that is suspended.
    pub(super) fn check_suspension(&self, organization: OrganizationKey) -> Result<(), Refusal> {
        if self.organization(organization).suspended {
            return Err(Refusal::new("organization_suspended"));
        }
        Ok(())
    }
}

impl Call<'_> {
    /// The organization that the body names.
    pub(super) fn organization(&self) -> Result<OrganizationKey, Refusal> {
        let key = self.world.named_organization(&self.required_text("organization_id")?)?;
        self.world.check_suspension(key)?;
        Ok(key)
    }

    /// The member that the body names, by organization and member id.
    pub(super) fn member(&self) -> Result<MemberKey, Refusal> {
        let name = self.required_text("member_id")?;
        self.world.named_member(self.organization()?, &name)
    }

    /// The organization that the path names.
    pub(super) fn organization_in_path(&self) -> Result<OrganizationKey, Refusal> {
        self.world.named_organization(&self.parameter("organization_id"))
    }
}

/// Whether this can be a session token, apart from whether there is such a session.
pub(super) fn is_token(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
}

/// Whether this can be a code that somebody was sent or shown. It is a wrong one otherwise too, but
/// no guess.
pub(super) fn is_code(code: &str) -> bool {
    let printable = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    (1..=32).contains(&code.len()) && code.bytes().all(printable)
}
