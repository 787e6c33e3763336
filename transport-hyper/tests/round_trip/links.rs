//! Logins by e-mail: links and codes.

use stytch_session::{
    DiscoveryEmailCode, EmailCode, Frontend, MagicLink, PkcePair, Redirect, RoleId,
    SendDiscoveryEmailCode, SendDiscoveryMagicLink, SendEmailCode, SendMagicLink, Session,
    Transport,
};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{Side, World, finished, kept, organization, refused, unfinished};

scenarios!(magic_links, discovery_links, email_codes, discovery_codes, a_link_after_a_password);

fn link<T: Transport>(world: &World<T>) -> Redirect {
    Redirect::parse(&world.stytch.last_link(Example::EMAIL_ADDRESS).unwrap()).unwrap()
}

async fn magic_links<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let pair = client.pkce_pair();
    let send = SendMagicLink::new(&organization(Example::HARBOR_LIGHTS), Example::EMAIL_ADDRESS)
        .login_redirect_url("https://app.example.com/callback")
        .pkce_code_challenge(pair.challenge());
    let sent = client.call(&send).await.unwrap();
    assert_eq!(sent.member().is_some(), P::IS_BACKEND);
    assert!(!sent.member_created());
    let Redirect::MagicLink(credential) = link(world) else { panic!("not a login link") };
    let other = PkcePair::from_seed([9; 32]);
    let wrong = credential.clone().pkce_code_verifier(other.verifier());
    let logged_out = kept(client.run(Session::new().login(wrong)).await, "pkce_mismatch");
    let credential = credential.pkce_code_verifier(pair.verifier());
    let session = finished(client.run(logged_out.login(credential.clone())).await.unwrap());
    assert!(session.login_details().unwrap().method_id().is_some());
    let used = client.run(Session::new().login(credential)).await;
    let logged_out = kept(used, "unable_to_auth_magic_link");
    let unknown = MagicLink::new("no-such-token").unwrap();
    let logged_out = kept(client.run(logged_out.login(unknown)).await, "magic_link_not_found");
    // A second factor is wanted, and the link's factor may go on to another organization.
    let send = SendMagicLink::new(&organization(Example::BLUE_KILN), Example::EMAIL_ADDRESS);
    client.call(&send).await.unwrap();
    let Redirect::MagicLink(credential) = link(world) else { panic!("not a login link") };
    let session = unfinished(client.run(logged_out.login(credential)).await.unwrap());
    let step = session.exchange(&organization(Example::HARBOR_LIGHTS));
    finished(client.run(step).await.unwrap());
    // A link that is too old.
    client.call(&send).await.unwrap();
    let Redirect::MagicLink(credential) = link(world) else { panic!("not a login link") };
    world.advance(61);
    kept(client.run(Session::new().login(credential)).await, "unable_to_auth_magic_link");
}

async fn discovery_links<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let pair = PkcePair::from_seed([7; 32]);
    let send = SendDiscoveryMagicLink::new(Example::EMAIL_ADDRESS)
        .discovery_redirect_url("https://app.example.com/callback")
        .pkce_code_challenge(pair.challenge());
    client.call(&send).await.unwrap();
    let Redirect::DiscoveryMagicLink(credential) = link(world) else { panic!("not a link") };
    let step = Session::new().discover(credential.clone());
    let logged_out = kept(client.run(step).await, "pkce_expected_code_verifier");
    let step = logged_out.discover(credential.pkce_code_verifier(pair.verifier()));
    let session = client.run(step).await.unwrap();
    assert_eq!(session.email_address().as_str(), Example::EMAIL_ADDRESS);
    let step = session.exchange(&organization(Example::SLATE_QUARRY));
    finished(client.run(step).await.unwrap());
}

async fn email_codes<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let home = organization(Example::HARBOR_LIGHTS);
    let sent = client.call(&SendEmailCode::new(&home, Example::EMAIL_ADDRESS)).await.unwrap();
    assert_eq!(sent.member().is_some(), P::IS_BACKEND);
    let code = world.stytch.last_code(Example::EMAIL_ADDRESS).unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let give = |code: &str| EmailCode::new(&home, Example::EMAIL_ADDRESS, code).unwrap();
    let logged_out =
        kept(client.run(Session::new().login(give(wrong))).await, "otp_code_not_found");
    let session = finished(client.run(logged_out.login(give(&code))).await.unwrap());
    assert!(session.login_details().unwrap().method_id().is_some());
    kept(client.run(Session::new().login(give(&code))).await, "unable_to_auth_otp_code");
}

async fn discovery_codes<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    client.call(&SendDiscoveryEmailCode::new(Example::EMAIL_ADDRESS)).await.unwrap();
    let code = world.stytch.last_code(Example::EMAIL_ADDRESS).unwrap();
    let give = |code: &str| DiscoveryEmailCode::new(Example::EMAIL_ADDRESS, code).unwrap();
    let session = client.run(Session::new().discover(give(&code))).await.unwrap();
    assert!(session.discovered_organizations().len() >= 4);
    kept(client.run(Session::new().discover(give(&code))).await, "unable_to_auth_otp_code");
}

/// The organization does not accept the password alone: a link adds what is missing.
async fn a_link_after_a_password<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let step = Session::new().login(crate::world::password(Example::SLATE_QUARRY));
    let session = unfinished(client.run(step).await.unwrap());
    let send = SendMagicLink::new(&organization(Example::SLATE_QUARRY), Example::EMAIL_ADDRESS);
    client.call(&send).await.unwrap();
    let Redirect::MagicLink(credential) = link(world) else { panic!("not a login link") };
    let session = finished(client.run(session.login(credential)).await.unwrap());
    assert_eq!(session.member_session().authentication_factors().len(), 2);
}

#[tokio::test]
async fn invitations() {
    let world = World::over_http().await;
    let client = world.client::<Frontend>();
    let ada = world.active::<Frontend>().await;
    let invite = ada
        .invite("new@example.org")
        .name("New")
        .invite_redirect_url("https://app.example.com/callback")
        .role(RoleId::new("lamp_keeper").unwrap());
    let invited = client.call(&invite).await.unwrap();
    assert_eq!(invited.member().name(), "New");
    let link = world.stytch.last_link("new@example.org").unwrap();
    let Redirect::MagicLink(credential) = Redirect::parse(&link).unwrap() else { panic!("{link}") };
    let new = finished(client.run(Session::new().login(credential)).await.unwrap());
    assert!(new.member_session().has_role("lamp_keeper"));
    refused(client.call(&new.invite("another@example.org")).await, "unauthorized_action");
}
