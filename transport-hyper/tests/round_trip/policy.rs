//! Who may do what.

use stytch_session::{
    Backend, CustomRole, GetOrganizationRbacPolicy, GetRbacPolicy, SetOrganizationRbacPolicy,
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
