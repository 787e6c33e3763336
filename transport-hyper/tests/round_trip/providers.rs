//! Logins by OAuth providers and single sign-on.

use stytch_session::{DiscoveryOauth, Oauth, PkcePair, Redirect, Session, Sso, Transport};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{Side, World, finished, kept, organization, unfinished};

scenarios!(oauth, discovery_oauth, sso);

async fn oauth<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let token =
        |slug: &str| world.stytch.oauth_token("google", slug, Example::EMAIL_ADDRESS).unwrap();
    let text = token(Example::HARBOR_LIGHTS);
    let pair = PkcePair::from_seed([7; 32]);
    world.stytch.demand_verifier(&text, pair.challenge().as_str());
    let credential = Oauth::new(&*text).unwrap();
    let step = Session::new().login(credential.clone());
    let logged_out = kept(client.run(step).await, "pkce_expected_code_verifier");
    let credential = credential.pkce_code_verifier(pair.verifier());
    let session = finished(client.run(logged_out.login(credential)).await.unwrap());
    let details = session.login_details().unwrap();
    assert!(details.provider_subject().is_some());
    let step = Session::new().login(Oauth::new(token(Example::BLUE_KILN)).unwrap());
    let session = unfinished(client.run(step).await.unwrap());
    assert!(session.requirement().second_factor().is_some());
    let unknown = Oauth::new("no-such-token").unwrap();
    kept(client.run(Session::new().login(unknown)).await, "oauth_token_not_found");
}

async fn discovery_oauth<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let token = world.stytch.discovery_oauth_token("google", Example::EMAIL_ADDRESS).unwrap();
    let url = format!("https://app.example.com/?stytch_token_type=discovery_oauth&token={token}");
    let Redirect::DiscoveryOauth(credential) = Redirect::parse(&url).unwrap() else {
        panic!("not discovery")
    };
    let session = client.run(Session::new().discover(credential)).await.unwrap();
    assert!(session.provider_identity().is_some());
    let step = session.exchange(&organization(Example::HARBOR_LIGHTS));
    finished(client.run(step).await.unwrap());
    let unknown = DiscoveryOauth::new("no-such-token").unwrap();
    kept(client.run(Session::new().discover(unknown)).await, "oauth_token_not_found");
}

async fn sso<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let token = |slug: &str| world.stytch.sso_token(slug, Example::EMAIL_ADDRESS).unwrap();
    let text = token(Example::SLATE_QUARRY);
    let step = Session::new().login(Sso::new(&*text).unwrap());
    let session = finished(client.run(step).await.unwrap());
    assert_eq!(session.organization().organization_slug(), Example::SLATE_QUARRY);
    let step = Session::new().login(Sso::new(token(Example::BLUE_KILN)).unwrap());
    let session = unfinished(client.run(step).await.unwrap());
    // A factor of single sign-on belongs to its organization.
    let step = session.exchange(&organization(Example::HARBOR_LIGHTS));
    let error_type = "invalid_intermediate_session_token_for_organization";
    kept(client.run(step).await, error_type);
    let unknown = Sso::new("no-such-token").unwrap();
    kept(client.run(Session::new().login(unknown)).await, "sso_token_not_found");
}
