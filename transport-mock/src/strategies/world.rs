//! Whole worlds for an emulator.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::ids::{email_address, password, slug};
use super::objects::{Policy, Traits, policy, traits};
use crate::{Emulator, EmulatorBuilder, Member, Organization};

/// The most organizations and people of a world.
const ORGANIZATIONS: usize = 4;
const PEOPLE: usize = 3;

/// A small world for an [`Emulator`]; see [`world`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct World {
    /// Its organizations, with their members: one to four.
    pub organizations: Vec<Organization>,
    /// Who can log in where: at least one for each organization.
    pub logins: Vec<Login>,
}

/// That a person can log in to an organization by a password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// The slug of the organization.
    pub organization: String,
    /// The person's address.
    pub email_address: String,
    /// The person's password, the same in all organizations.
    pub password: String,
}

impl World {
    /// An emulator of this world, to be changed before it is built: its clock for instance.
    ///
    /// ```
    /// use stytch_session_mock::VirtualClock;
    /// use stytch_session_mock::proptest::prelude::*;
    /// use stytch_session_mock::strategies;
    ///
    /// proptest!(|(world in strategies::world())| {
    ///     let stytch = world.builder().clock(VirtualClock::new()).build();
    ///     for login in &world.logins {
    ///         prop_assert!(stytch.member_id(&login.organization, &login.email_address).is_some());
    ///     }
    /// });
    /// ```
    pub fn builder(&self) -> EmulatorBuilder {
        self.organizations.iter().cloned().fold(Emulator::builder(), EmulatorBuilder::organization)
    }

    fn add(
        &mut self,
        slug: &str,
        policy: &Policy,
        people: &[(String, String)],
        members: &[(bool, Traits)],
    ) {
        let mut organization = policy.give(Organization::new(slug));
        let everyone = people.iter().zip(members).enumerate();
        for (index, ((email_address, password), (is_member, traits))) in everyone {
            if index > 0 && !is_member {
                continue;
            }
            let member = Member::new(email_address).password(password);
            organization = organization.member(traits.give(member, &format!("+1415555000{index}")));
            self.logins.push(Login {
                organization: slug.to_owned(),
                email_address: email_address.clone(),
                password: password.clone(),
            });
        }
        self.organizations.push(organization);
    }
}

/// One to four organizations with any policies about first and second factors, and one to three
/// people with any second factors. The first of them is a member everywhere, the others here and
/// there.
///
/// It shrinks to one organization without demands, with one member. No login by password is refused,
/// but it may stay unfinished.
///
/// ```
/// use stytch_session_mock::proptest::prelude::*;
/// use stytch_session_mock::strategies;
///
/// proptest!(|(world in strategies::world())| {
///     prop_assert!((1..=4).contains(&world.organizations.len()));
///     prop_assert!(world.logins.len() >= world.organizations.len());
/// });
/// ```
pub fn world() -> impl Strategy<Value = World> {
    let is_member = prop::bool::weighted(0.5);
    let membership = prop::array::uniform3((is_member, traits()));
    let organizations = vec((policy(), membership), ORGANIZATIONS);
    let slugs = btree_map(slug(), Just(()), 1..=ORGANIZATIONS);
    let people = btree_map(email_address(), password(), 1..=PEOPLE);
    (slugs, people, organizations).prop_map(|(slugs, people, organizations)| {
        let people: Vec<_> = people.into_iter().collect();
        let mut world = World { organizations: Vec::new(), logins: Vec::new() };
        for (slug, (policy, members)) in slugs.into_keys().zip(organizations) {
            world.add(&slug, &policy, &people, &members);
        }
        world
    })
}
