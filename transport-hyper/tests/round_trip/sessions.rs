//! Sessions: taken up, refreshed, exchanged, ended, listed.

use serde_json::json;
use stytch_session::{
    Abandoned, AuthorizationCheck, Backend, CustomClaims, Frontend, GetJwks, ListSessions, Minutes,
    ResourceId, RevokeSessions, Session, SessionJwt, SessionToken, StateKind, Transport,
};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{Side, World, ended, finished, kept, organization, refused, unfinished};

scenarios!(refresh, exchange, revoke, dead_sessions);

async fn refresh<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active::<P>().await;
    let token = session.session_token().clone();
    let (before, jwt) = (session.member_session().expires_at(), session.session_jwt().cloned());
    world.advance(3);
    let session = client.run(session.authenticate()).await.unwrap();
    assert_eq!(session.member_session().expires_at(), before, "a refresh extends nothing");
    assert_ne!(session.session_jwt(), jwt.as_ref());
    let two_hours = Minutes::new(120).unwrap();
    let session = client.run(session.authenticate().session_duration(two_hours)).await.unwrap();
    assert!(session.member_session().expires_at() > before);
    // The same session, taken up elsewhere.
    let elsewhere = client.run(Session::new().authenticate(token)).await.unwrap();
    let id = |session: &Session<_>| session.member_session().member_session_id().clone();
    assert_eq!(id(&elsewhere), id(&session));
    let unknown = SessionToken::new("no-such-token").unwrap();
    kept(client.run(Session::new().authenticate(unknown)).await, "session_not_found");
}

async fn exchange<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active::<P>().await;
    let step = session.exchange(&organization(Example::NORTH_PIER));
    let session = finished(client.run(step).await.unwrap());
    assert_eq!(session.organization().organization_slug(), Example::NORTH_PIER);
    // A second factor is missing.
    let step = session.exchange(&organization(Example::BLUE_KILN));
    let intermediate = unfinished(client.run(step).await.unwrap());
    assert!(intermediate.requirement().second_factor().is_some());
    let Abandoned::Active(session) = intermediate.abandon() else { panic!("lost") };
    // Another first factor is missing.
    let step = session.exchange(&organization(Example::SLATE_QUARRY));
    let intermediate = unfinished(client.run(step).await.unwrap());
    assert!(intermediate.requirement().primary().is_some());
    let Abandoned::Active(session) = intermediate.abandon() else { panic!("lost") };
    // Refused, and kept.
    let step = session.exchange(&organization("no-such-organization"));
    let session = kept(client.run(step).await, "organization_not_found");
    let step = session.exchange(&organization(Example::NIGHT_FERRY));
    let session = kept(client.run(step).await, "member_not_found");
    client.run(session.authenticate()).await.unwrap();
}

async fn revoke<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active::<P>().await;
    let token = session.session_token().clone();
    let logged_out = client.run(session.revoke()).await.unwrap();
    assert_eq!(logged_out.kind(), StateKind::LoggedOut);
    kept(client.run(logged_out.authenticate(token)).await, "session_not_found");
}

async fn dead_sessions<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let revoked = |session: &Session<stytch_session::Active>| {
        world.stytch.revoke_session(session.member_session().member_session_id().as_str());
    };
    let session = world.active::<P>().await;
    revoked(&session);
    ended(client.run(session.authenticate()).await, "session_not_found");
    let session = world.active::<P>().await;
    revoked(&session);
    ended(client.run(session.revoke()).await, "session_not_found");
    // An exchange never ends the session, not even a dead one.
    let session = world.active::<P>().await;
    revoked(&session);
    let step = session.exchange(&organization(Example::NORTH_PIER));
    kept(client.run(step).await, "session_not_found");
    let session = world.active::<P>().await;
    world.advance(60);
    assert!(session.is_expired(world.stytch.clock().now()));
    ended(client.run(session.authenticate()).await, "session_not_found");
}

#[tokio::test]
async fn what_only_backends_do() {
    let world = World::over_http().await;
    let client = world.client::<Backend>();
    let session = world.active::<Backend>().await;
    let jwt: SessionJwt = session.session_jwt().unwrap().clone();
    let member = session.member().member_id().clone();
    let home = session.organization().organization_id().clone();

    // By JWT; also by one that has expired.
    world.advance(10);
    let again = client.run(Session::new().authenticate(jwt.clone())).await.unwrap();
    assert_eq!(
        again.member_session().member_session_id(),
        session.member_session().member_session_id()
    );

    let claims = CustomClaims::new([("plan".to_owned(), json!("pro"))]).unwrap();
    let session = client.run(session.authenticate().custom_claims(claims)).await.unwrap();
    assert_eq!(session.member_session().custom_claims()["plan"], "pro");
    let delete = CustomClaims::new([("plan".to_owned(), json!(null))]).unwrap();
    let session = client.run(session.authenticate().custom_claims(delete)).await.unwrap();
    assert!(session.member_session().custom_claims().is_empty());

    let check = |resource: &str, organization| {
        AuthorizationCheck::new(organization, ResourceId::new(resource).unwrap(), "update")
    };
    let step = session.authenticate().authorization_check(check("stytch.organization", &home));
    let session = client.run(step).await.unwrap();
    assert!(session.authorization_verdict().unwrap().authorized());
    let step = session.authenticate().authorization_check(check("lamps", &home));
    let session = kept(client.run(step).await, "session_authorization_error");
    let elsewhere = organization(Example::NORTH_PIER);
    let step = session.authenticate().authorization_check(check("stytch.organization", &elsewhere));
    let session = kept(client.run(step).await, "session_authorization_tenancy_error");

    let listed = client.call(&ListSessions::new(&home, &member)).await.unwrap();
    assert_eq!(&listed[0], session.member_session());
    let id = session.member_session().member_session_id().clone();
    client.call(&RevokeSessions::by_id(id.clone())).await.unwrap();
    refused(client.call(&RevokeSessions::by_id(id)).await, "session_not_found");
    refused(client.call(&RevokeSessions::by_jwt(jwt)).await, "session_not_found");
    let session = world.active::<Backend>().await;
    client.call(&RevokeSessions::by_token(session.session_token().clone())).await.unwrap();
    let session = world.active::<Backend>().await;
    let revoke = RevokeSessions::of_member(member.clone()).on_behalf_of(&session);
    client.call(&revoke).await.unwrap();
    assert!(client.call(&ListSessions::new(&home, &member)).await.unwrap().is_empty());

    let keys = client.call(&GetJwks::new()).await.unwrap();
    assert_eq!(keys.keys()[0].kty(), Some("RSA"));
}

#[tokio::test]
async fn members_revoke_members_on_the_frontend() {
    let world = World::over_http().await;
    let client = world.client::<Frontend>();
    let ada = world.active::<Frontend>().await;
    let ben = stytch_session::Password::new(
        &organization(Example::HARBOR_LIGHTS),
        Example::BEN_EMAIL_ADDRESS,
        Example::BEN_PASSWORD,
    );
    let ben = finished(client.run(Session::new().login(ben)).await.unwrap());
    refused(
        client.call(&ben.revoke_for_member(ada.member().member_id())).await,
        "unauthorized_action",
    );
    client.call(&ada.revoke_for_member(ben.member().member_id())).await.unwrap();
    ended(client.run(ben.authenticate()).await, "session_not_found");
}
