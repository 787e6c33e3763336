//! Discovery: organizations found, entered, joined and founded.

use stytch_session::{
    DiscoveryPassword, DiscoveryPasswordReset, MfaPolicy, NewOrganization, Redirect,
    SendDiscoveryMagicLink, Session, StartDiscoveryPasswordReset, Transport,
};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{Side, World, ended, finished, kept, organization, unfinished};

scenarios!(entering, listing, founding, passwords, expiry);

async fn entering<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.discovery::<P>().await;
    let step = session.exchange(&organization("no-such-organization"));
    let session = kept(client.run(step).await, "organization_not_found");
    let step = session.exchange(&organization(Example::SLATE_QUARRY));
    let session = unfinished(client.run(step).await.unwrap());
    assert!(session.requirement().primary().is_some());
    let step = world.discovery::<P>().await.exchange(&organization(Example::BLUE_KILN));
    let session = unfinished(client.run(step).await.unwrap());
    assert!(session.requirement().second_factor().is_some());
    let step = session.exchange(&organization(Example::HARBOR_LIGHTS));
    finished(client.run(step).await.unwrap());
    // Joining.
    let step = world.discovery::<P>().await.exchange(&organization(Example::NIGHT_FERRY));
    let session = finished(client.run(step).await.unwrap());
    assert_eq!(session.organization().organization_slug(), Example::NIGHT_FERRY);
    let wrong = DiscoveryPassword::new(Example::EMAIL_ADDRESS, "not her password");
    kept(client.run(Session::new().discover(wrong)).await, "unauthorized_credentials");
}

async fn listing<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.discovery::<P>().await;
    let found = session.discovered_organizations().len();
    let listed = client.call(&session.list_organizations()).await.unwrap();
    assert_eq!(listed.discovered_organizations().len(), found);
    assert_eq!(listed.email_address().as_str(), Example::EMAIL_ADDRESS);
    let session = world.intermediate::<P>().await;
    assert!(client.call(&session.list_organizations()).await.is_ok());
    // Those that one may join are for those who have not chosen yet.
    let session = world.active::<P>().await;
    let listed = client.call(&session.list_organizations()).await.unwrap();
    assert_eq!(listed.discovered_organizations().len(), found - 1);
}

async fn founding<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let proven = || async {
        client.call(&SendDiscoveryMagicLink::new(Example::EMAIL_ADDRESS)).await.unwrap();
        let link = world.stytch.last_link(Example::EMAIL_ADDRESS).unwrap();
        let Redirect::DiscoveryMagicLink(credential) = Redirect::parse(&link).unwrap() else {
            panic!("{link}")
        };
        client.run(Session::new().discover(credential)).await.unwrap()
    };
    let new =
        |slug: &str| NewOrganization::new().organization_name("Clay & Co").organization_slug(slug);
    let step = proven().await.create_organization(new(Example::HARBOR_LIGHTS));
    let session = kept(client.run(step).await, "organization_slug_already_used");
    let step = session.create_organization(new("no slug!"));
    let session = kept(client.run(step).await, "invalid_organization_slug");
    let session =
        finished(client.run(session.create_organization(new("clay-and-co"))).await.unwrap());
    assert!(session.member_session().has_role("stytch_admin"));
    assert_eq!(session.organization().organization_name(), "Clay & Co");
    let strict = new("strict-clay").mfa_policy(MfaPolicy::RequiredForAll);
    let session = unfinished(client.run(proven().await.create_organization(strict)).await.unwrap());
    assert!(session.requirement().must_enroll());
    client.call(&session.create_totp()).await.unwrap();
}

async fn passwords<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    client.call(&StartDiscoveryPasswordReset::new(Example::EMAIL_ADDRESS)).await.unwrap();
    let link = world.stytch.last_link(Example::EMAIL_ADDRESS).unwrap();
    let Redirect::PasswordReset(link) = Redirect::parse(&link).unwrap() else { panic!("{link}") };
    let step = Session::new().discover(link.with_password_for_discovery("a lighthouse, well lit"));
    let session = client.run(step).await.unwrap();
    assert_eq!(session.email_address().as_str(), Example::EMAIL_ADDRESS);
    let unknown = DiscoveryPasswordReset::new("no-such-token", "a lighthouse, well lit").unwrap();
    assert!(client.run(Session::new().discover(unknown)).await.is_err());
}

async fn expiry<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.discovery::<P>().await;
    world.advance(10);
    assert!(session.is_expired(world.stytch.clock().now()));
    let step = session.exchange(&organization(Example::HARBOR_LIGHTS));
    ended(client.run(step).await, "intermediate_session_not_found");
    let session = world.discovery::<P>().await;
    world.advance(10);
    let step = session.create_organization(NewOrganization::new());
    ended(client.run(step).await, "intermediate_session_not_found");
}
