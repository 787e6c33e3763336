//! Passwords: given, judged, set anew.

use stytch_session::{
    CheckPasswordStrength, ExistingPasswordReset, Password, PasswordReset, PkcePair, Redirect,
    Session, StartPasswordReset, Transport,
};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{Side, World, ended, finished, kept, organization, password, unfinished};

scenarios!(login, reset_by_link, reset_by_old_password, reset_in_a_session, strength);

async fn login<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active::<P>().await;
    assert_eq!(session.member().email_address().as_str(), Example::EMAIL_ADDRESS);
    let session = world.intermediate::<P>().await;
    assert!(session.requirement().second_factor().is_some());
    let step = Session::new().login(password(Example::SLATE_QUARRY));
    let session = unfinished(client.run(step).await.unwrap());
    let primary = session.requirement().primary().unwrap();
    assert!(!primary.allowed_auth_methods().is_empty());
    let home = organization(Example::HARBOR_LIGHTS);
    let wrong = Password::new(&home, Example::EMAIL_ADDRESS, "not her password");
    let logged_out =
        kept(client.run(Session::new().login(wrong)).await, "unauthorized_credentials");
    let nobody = Password::new(&home, "nobody@example.net", Example::PASSWORD);
    kept(client.run(logged_out.login(nobody)).await, "member_not_found");
}

async fn reset_by_link<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let before = world.active::<P>().await;
    let pair = PkcePair::from_seed([7; 32]);
    let start =
        StartPasswordReset::new(&organization(Example::HARBOR_LIGHTS), Example::EMAIL_ADDRESS)
            .reset_password_redirect_url("https://app.example.com/reset")
            .pkce_code_challenge(pair.challenge());
    let sent = client.call(&start).await.unwrap();
    assert_eq!(sent.member().is_some(), P::IS_BACKEND);
    let link = world.stytch.last_link(Example::EMAIL_ADDRESS).unwrap();
    let Redirect::PasswordReset(link) = Redirect::parse(&link).unwrap() else { panic!("{link}") };
    let reset = || link.clone().with_password("a longer lighthouse in the fog");
    let step = Session::new().login(reset());
    let logged_out = kept(client.run(step).await, "pkce_expected_code_verifier");
    let step = logged_out.login(reset().pkce_code_verifier(pair.verifier()));
    let session = finished(client.run(step).await.unwrap());
    assert!(session.login_details().unwrap().member_email_id().is_some());
    ended(client.run(before.authenticate()).await, "session_not_found");
    let again = reset().pkce_code_verifier(pair.verifier());
    let result = client.run(Session::new().login(again)).await;
    let logged_out = kept(result, "unable_to_auth_password_reset_token");
    let unknown = PasswordReset::new("no-such-token", "x").unwrap();
    assert!(client.run(logged_out.login(unknown)).await.is_err());
}

async fn reset_by_old_password<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let home = organization(Example::HARBOR_LIGHTS);
    let reset = |old: &str| {
        ExistingPasswordReset::new(&home, Example::EMAIL_ADDRESS, old, "a new lighthouse, well lit")
    };
    let result = client.run(Session::new().login(reset("not her password"))).await;
    let logged_out = kept(result, "unauthorized_credentials");
    finished(client.run(logged_out.login(reset(Example::PASSWORD))).await.unwrap());
    let old = client.run(Session::new().login(password(Example::HARBOR_LIGHTS))).await;
    kept(old, "unauthorized_credentials");
}

async fn reset_in_a_session<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let other = world.active::<P>().await;
    let session = world.active::<P>().await;
    let step = session.reset_password("a new lighthouse, well lit");
    let session = finished(client.run(step).await.unwrap());
    ended(client.run(other.authenticate()).await, "session_not_found");
    world.advance(6);
    let step = session.reset_password("yet another lighthouse");
    kept(client.run(step).await, "session_too_old_to_reset_password");
}

async fn strength<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let check =
        |password: &str| CheckPasswordStrength::new(password).email_address("ada@example.com");
    let good = client.call(&check("a lighthouse, a kettle, a ferry")).await.unwrap();
    assert!(good.valid_password(), "{good:?}");
    let bad = client.call(&check("abc")).await.unwrap();
    assert!(!bad.valid_password() && bad.score() < 3, "{bad:?}");
}
