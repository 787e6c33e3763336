//! Policies, cached.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stytch_session::rbac::PolicyCache;
use stytch_session::{
    Client, CustomRole, OrganizationId, Project, PublicToken, RoleId, SetOrganizationRbacPolicy,
};
use stytch_session_mock::Example;

use crate::world::{DAY, MINUTE, ORGANIZATION, POLICY, World};

#[test]
fn a_policy_is_fetched_once_for_all() {
    let world = World::new();
    let policies = PolicyCache::new(world.client(), world.runtime.clone());
    assert!(policies.cached().is_none());
    world.net.stall(POLICY);
    let ended = Arc::new(Mutex::new(0));
    for _ in 0..50 {
        use stytch_session::Runtime as _;
        let (policies, ended) = (policies.clone(), Arc::clone(&ended));
        world.runtime.spawn(Box::pin(async move {
            policies.project().await.expect("it is there");
            *ended.lock().unwrap() += 1;
        }));
    }
    world.runtime.run();
    world.net.mend();
    world.runtime.run();
    assert_eq!(*ended.lock().unwrap(), 50);
    assert_eq!(world.net.count(POLICY), 1);
    assert!(policies.cached().is_some());
}

#[test]
fn an_old_policy_serves_until_a_new_one_is_there() {
    let world = World::new();
    let policies = PolicyCache::new(world.client(), world.runtime.clone());
    world.run(policies.project()).unwrap();
    world.runtime.advance(5 * MINUTE);
    world.net.cut(POLICY);
    assert!(policies.cached().is_some());
    world.runtime.run();
    assert_eq!(world.net.count(POLICY), 2);
    world.runtime.advance(DAY - 5 * MINUTE);
    assert!(policies.cached().is_none(), "it is a day old");
    let error = world.run(policies.project()).unwrap_err();
    assert!(error.error().is_some());
    assert!(error.to_string().contains("could not be fetched"), "{error}");
}

#[test]
fn an_organization_has_roles_of_its_own() {
    let world = World::new();
    let policies = PolicyCache::new(world.client(), world.runtime.clone());
    let organization = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
    let role = CustomRole::new("bellringer", "Rings").permit("bells", ["ring"]);
    let set = SetOrganizationRbacPolicy::new(&organization, [role]);
    world.run(world.client().call(&set)).unwrap();
    world.net.forget();
    let policy = world.run(policies.organization(&organization)).unwrap();
    let bellringer = [RoleId::new("bellringer").unwrap()];
    assert!(policy.grants(&bellringer).allows("bells", "ring"));
    assert!(!world.run(policies.project()).unwrap().grants(&bellringer).allows("bells", "ring"));
    world.run(policies.organization(&organization)).unwrap();
    assert_eq!((world.net.count(POLICY), world.net.count(ORGANIZATION)), (1, 1));
}

#[test]
fn an_application_has_its_policy_from_the_bootstrap() {
    let world = World::new();
    let project = Project::frontend(PublicToken::new(world.stytch.public_token()).unwrap());
    let client =
        Client::builder(project, world.net.clone()).clock(world.runtime.clock().clone()).build();
    let policies = PolicyCache::new(client, world.runtime.clone());
    let policy = world.run(policies.project()).unwrap();
    let session = world.log_in_as(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD);
    assert!(policy.allows(session.member_session(), "lamps", "trim"));
    assert!(!policy.allows(session.member_session(), "lamps", "sell"));
    assert_eq!(world.net.count("/projects/bootstrap/"), 1);
}

#[test]
fn a_permission_that_was_withdrawn_is_gone_after_five_minutes() {
    let world = World::new();
    let policies = PolicyCache::new(world.client(), world.runtime.clone());
    let organization = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
    let bellringer = [RoleId::new("bellringer").unwrap()];
    let set = |actions: &[&str]| {
        let role = CustomRole::new("bellringer", "Rings").permit("bells", actions.iter().copied());
        let set = SetOrganizationRbacPolicy::new(&organization, [role]);
        world.run(world.client().call(&set)).unwrap();
    };
    set(&["ring"]);
    let may = || {
        let policy = world.run(policies.organization(&organization)).unwrap();
        policy.grants(&bellringer).allows("bells", "ring")
    };
    assert!(may());
    set(&["look at"]);
    world.runtime.advance(5 * MINUTE - Duration::from_secs(1));
    assert!(may(), "it serves for five minutes");
    world.runtime.advance(Duration::from_secs(1));
    assert!(!may(), "who asks then waits for a newer one");
    // In an outage the old one serves.
    world.runtime.advance(5 * MINUTE);
    world.net.cut(ORGANIZATION);
    assert!(!may());
}

#[test]
fn the_organization_that_was_not_asked_for_the_longest_time_is_forgotten() {
    let world = World::new();
    let policies = PolicyCache::new(world.client(), world.runtime.clone());
    let requests = |organization: &OrganizationId| {
        world.runtime.advance(Duration::from_millis(1));
        world.net.forget();
        let _ = world.run(policies.organization(organization));
        world.net.count(ORGANIZATION)
    };
    let known = OrganizationId::new(Example::HARBOR_LIGHTS).unwrap();
    assert_eq!(requests(&known), 1);
    // Without an answer: asked for twice, and then not for half a minute, as long as that is known.
    let first = OrganizationId::new("organization-test-none").unwrap();
    assert_eq!([(); 3].map(|()| requests(&first)), [1, 1, 0]);
    world.net.cut(ORGANIZATION);
    for number in 0..9_998 {
        let other = OrganizationId::new(format!("organization-test-{number}")).unwrap();
        requests(&other);
    }
    assert_eq!(requests(&known), 0);
    assert_eq!(requests(&OrganizationId::new("organization-test-one-more").unwrap()), 1);
    assert_eq!(requests(&first), 1, "it was forgotten");
    assert_eq!(requests(&known), 0, "it was not");
}

#[test]
fn whoever_only_looks_has_it_fetched() {
    let world = World::new();
    let policies = PolicyCache::new(world.client(), world.runtime.clone());
    for _ in 0..3 {
        assert!(policies.cached().is_none());
    }
    world.runtime.run();
    assert!(policies.cached().is_some());
    assert_eq!(world.net.count(POLICY), 1);
}
