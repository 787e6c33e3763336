//! Sessions for what other systems have issued.

use stytch_session::{
    AccessToken, Backend, ForeignSessionToken, LoginToken, Minutes, Session, Transport,
    TrustedToken, TrustedTokenProfileId,
};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{PROFILE, Side, World, kept, organization};

scenarios!(access_tokens, attestation, impersonation);

async fn access_tokens<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let fresh = || {
        let token = world.stytch.access_token(Example::HARBOR_LIGHTS, Example::EMAIL_ADDRESS);
        AccessToken::new(token.unwrap()).unwrap()
    };
    let token = fresh();
    let session = client.run(Session::new().exchange_access_token(token.clone())).await.unwrap();
    let used = session.exchange_access_token(token);
    let error_type = "oauth_access_token_exchange_token_invalid_grant";
    let session = kept(client.run(used).await, error_type);
    let limited = AccessToken::new("access-token-0").unwrap();
    let step = session.exchange_access_token(limited);
    let error_type = "oauth_access_token_exchange_missing_full_access";
    let session = kept(client.run(step).await, error_type);
    let token = fresh();
    let session = client.run(session.exchange_access_token(token)).await.unwrap();
    let token = fresh();
    world.advance(6);
    let step = session.exchange_access_token(token);
    kept(client.run(step).await, "oauth_access_token_exchange_token_too_old");
}

async fn attestation<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let profile = TrustedTokenProfileId::new(PROFILE).unwrap();
    let jwt = |text: &str| TrustedToken::new(text).unwrap();
    let step = Session::new().attest(&profile, jwt("trusted-jwt"));
    let session = client.run(step.session_duration(Minutes::MIN)).await.unwrap();
    let id = session.member_session().member_session_id().clone();
    let session = client.run(session.attest(&profile, jwt("trusted-jwt"))).await.unwrap();
    // The emulator's choice, on the frontend, is another session.
    assert_eq!(session.member_session().member_session_id() == &id, P::IS_BACKEND);
    let step = session.attest(&profile, jwt("refused-jwt"));
    kept(client.run(step).await, "jwt_invalid_issuer");
    let step = Session::new().attest(&profile, jwt("trusted-jwt-of-nowhere"));
    let logged_out = kept(client.run(step).await, "token_missing_organization_id_claim");
    let step = logged_out.attest(&profile, jwt("trusted-jwt-of-nowhere"));
    let home = organization(Example::HARBOR_LIGHTS);
    client.run(step.organization(&home)).await.unwrap();
    let unknown = TrustedTokenProfileId::new("no-such-profile").unwrap();
    let step = Session::new().attest(&unknown, jwt("trusted-jwt"));
    kept(client.run(step).await, "trusted_token_profile_not_found");
}

async fn impersonation<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let token = world
        .stytch
        .impersonation_token(Example::BLUE_KILN, Example::EMAIL_ADDRESS, "support@example.com")
        .unwrap();
    let token = LoginToken::new(token).unwrap();
    let session = client.run(Session::new().impersonate(token.clone())).await.unwrap();
    let step = session.authenticate().session_duration(Minutes::MAX);
    let session = kept(client.run(step).await, "session_not_mutable");
    client.run(session.authenticate()).await.unwrap();
    let used = client.run(Session::new().impersonate(token)).await;
    kept(used, "unable_to_auth_impersonation_token");
}

#[tokio::test]
async fn migration() {
    let world = World::over_http().await;
    let client = world.client::<Backend>();
    let home = organization(Example::HARBOR_LIGHTS);
    let token = |text: &str| ForeignSessionToken::new(text).unwrap();
    client.run(Session::new().migrate(&home, token("foreign-token"))).await.unwrap();
    let step = Session::new().migrate(&home, token("foreign-token-of-nobody"));
    let error_type = "migrate_from_external_email_does_not_exist";
    assert!(client.run(step).await.is_err(), "{error_type}");
}
