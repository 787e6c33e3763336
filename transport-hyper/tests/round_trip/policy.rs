//! Who may do what.

use stytch_session::rbac::Policy;
use stytch_session::{
    Backend, Client, CustomRole, Frontend, GetBootstrap, GetOrganizationRbacPolicy, GetRbacPolicy,
    Project, PublicToken, SetOrganizationRbacPolicy,
};
use stytch_session_mock::Example;

use crate::world::{World, organization, refused};

#[tokio::test]
async fn policies() {
    let world = World::over_http().await;
    let client = world.client::<Backend>();
    let policy = client.call(&GetRbacPolicy::new()).await.unwrap();
    let roles: Vec<&str> = policy.roles().iter().map(CustomRole::role_id).collect();
    assert!(roles.contains(&"stytch_member") && roles.contains(&"lamp_keeper"), "{roles:?}");
    let call = GetOrganizationRbacPolicy::new(&organization(Example::HARBOR_LIGHTS));
    assert!(client.call(&call).await.unwrap().roles().is_empty());
    let editor = CustomRole::new("editor", "Edits documents").permit("lamps", ["trim"]);
    let set =
        SetOrganizationRbacPolicy::new(&organization(Example::HARBOR_LIGHTS), [editor.clone()]);
    let roles = client.call(&set).await.unwrap();
    assert_eq!(roles.roles(), std::slice::from_ref(&editor));
    assert_eq!(client.call(&call).await.unwrap().roles(), [editor]);
    let call = GetOrganizationRbacPolicy::new(&organization("no-such-organization"));
    refused(client.call(&call).await, "organization_not_found");
}

#[tokio::test]
async fn a_frontend_finds_the_policy_in_the_settings() {
    let world = World::over_http().await;
    let settings = world.client::<Frontend>().call(&GetBootstrap::new()).await.unwrap();
    let policy = world.client::<Backend>().call(&GetRbacPolicy::new()).await.unwrap();
    assert_eq!(settings.rbac_policy(), Some(&policy));
    let built_in: Vec<&str> =
        policy.resources().iter().map(|resource| resource.resource_id().as_str()).collect();
    assert_eq!(built_in, ["stytch.organization", "stytch.member", "stytch.sso", "stytch.self"]);
    assert_eq!((settings.vertical(), settings.dfp_protected_auth_enabled()), (Some("B2B"), false));

    let policy = Policy::new(&policy);
    let session = world.active::<Frontend>().await;
    assert!(policy.allows(session.member_session(), "stytch.member", "revoke-sessions"));
    assert!(!policy.allows(session.member_session(), "lamps", "trim"));

    let other = Project::frontend(
        PublicToken::new("public-token-test-9f1c2d3e-4a5b-4c6d-8e7f-0a1b2c3d4e5f").unwrap(),
    );
    let other = Client::builder(other, world.stytch.clone()).clock(world.stytch.clock().clone());
    refused(other.build().call(&GetBootstrap::new()).await, "public_token_not_found");
}
