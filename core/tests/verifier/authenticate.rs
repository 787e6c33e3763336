//! Here, or by the server.

use std::time::Duration;

use stytch_session::jwt::{AnsweredBy, AuthenticateJwtError, JwtErrorKind};
use stytch_session::rbac::Denied;
use stytch_session::{AuthorizationCheck, MemberSession, OrganizationId, ResourceId};
use stytch_session_mock::Example;

use crate::world::{
    AUTHENTICATE, JWKS, MINUTE, ORGANIZATION, POLICY, SECOND, World, fixture, jwt_of,
};

fn check(session: &MemberSession, action: &str) -> AuthorizationCheck {
    let lamps = ResourceId::new("lamps").unwrap();
    AuthorizationCheck::new(session.organization_id(), lamps, action)
}

#[test]
fn a_valid_token_costs_no_request() {
    let world = World::new();
    let session = world.log_in();
    let verifier = world.verifier();
    world.run(verifier.preload()).unwrap();
    world.net.forget();
    let jwt = jwt_of(&session);
    let answer = world.run(verifier.authenticate_jwt(jwt.clone())).unwrap();
    assert_eq!(answer.answered_by(), AnsweredBy::Signature);
    assert_eq!(answer.member_session(), session.member_session());
    assert_eq!(answer.session_jwt(), Some(&jwt));
    assert!(answer.into_session().is_none());
    // With the policy there, neither does a check.
    let ben = world.log_in_as(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD);
    let trim = check(ben.member_session(), "trim");
    let ask = || verifier.authenticate_jwt(jwt_of(&ben)).authorization_check(trim.clone());
    world.run(ask()).unwrap();
    world.net.forget();
    assert_eq!(world.run(ask()).unwrap().answered_by(), AnsweredBy::Signature);
    assert_eq!(world.net.count(""), 0);
}

#[test]
fn an_expired_token_of_a_living_session_is_renewed() {
    let world = World::new();
    let session = world.log_in();
    let verifier = world.verifier();
    world.runtime.advance(5 * MINUTE);
    let old = jwt_of(&session);
    let answer = world.run(verifier.authenticate_jwt(old.clone())).unwrap();
    assert_eq!(answer.answered_by(), AnsweredBy::Server);
    let fresh = answer.session_jwt().expect("the server has issued one").clone();
    assert_ne!(fresh, old);
    let id = session.member_session().member_session_id();
    assert_eq!(answer.member_session().member_session_id(), id);
    assert!(answer.into_session().is_some());
    let again = world.run(verifier.authenticate_jwt(fresh)).unwrap();
    assert_eq!(again.answered_by(), AnsweredBy::Signature);
    assert_eq!(world.net.count(AUTHENTICATE), 1);
}

#[test]
fn a_token_that_is_too_old_is_asked_about() {
    let world = World::new();
    let verifier = world.verifier();
    let jwt = world.jwt();
    world.runtime.advance(30 * SECOND);
    let young = world.run(verifier.authenticate_jwt(jwt.clone()).max_age(MINUTE)).unwrap();
    assert_eq!(young.answered_by(), AnsweredBy::Signature);
    for age in [Duration::ZERO, 30 * SECOND] {
        let old = world.run(verifier.authenticate_jwt(jwt.clone()).max_age(age)).unwrap();
        assert_eq!(old.answered_by(), AnsweredBy::Server);
    }
}

#[test]
fn a_session_that_has_ended_is_found_out_when_its_token_expires() {
    let world = World::new();
    let session = world.log_in();
    let verifier = world.verifier();
    let jwt = jwt_of(&session);
    let id = session.member_session().member_session_id();
    world.stytch.revoke_session(id.as_str());
    world.run(verifier.authenticate_jwt(jwt.clone())).expect("nobody sees it in the token");
    let error = world.run(verifier.authenticate_jwt(jwt.clone()).max_age(Duration::ZERO));
    let Err(AuthenticateJwtError::Server(error)) = error else { panic!("{error:?}") };
    assert!(error.is_session_gone());
    world.runtime.advance(5 * MINUTE);
    let error = world.run(verifier.authenticate_jwt(jwt)).unwrap_err();
    assert!(matches!(error, AuthenticateJwtError::Server(error) if error.is_session_gone()));
}

#[test]
fn what_is_forged_never_reaches_the_server() {
    let world = World::new();
    let verifier = world.verifier();
    for (name, kind) in [
        ("bad_signature", JwtErrorKind::Signature),
        ("tampered_payload", JwtErrorKind::Signature),
        ("wrong_key_same_kid", JwtErrorKind::Signature),
        ("unknown_kid", JwtErrorKind::UnknownKey),
        ("alg_none", JwtErrorKind::Malformed),
        ("alg_hs256_with_public_key", JwtErrorKind::Algorithm),
        ("wrong_audience", JwtErrorKind::Audience),
        ("wrong_issuer", JwtErrorKind::Issuer),
        ("missing_session_claim", JwtErrorKind::Claims),
    ] {
        world.net.publish(crate::world::fixture_keys("jwks"));
        let error = world.run(verifier.authenticate_jwt(fixture(name))).unwrap_err();
        let AuthenticateJwtError::Jwt(error) = error else { panic!("{name}: {error:?}") };
        assert!(error.kind() == kind || name == "alg_none", "{name}: {error:?}");
    }
    assert_eq!(world.net.count(AUTHENTICATE), 0);
}

#[test]
fn a_member_who_may_not_is_refused_here() {
    let world = World::new();
    let verifier = world.verifier();
    let ben = world.log_in_as(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD);
    let ask = |check| world.run(verifier.authenticate_jwt(jwt_of(&ben)).authorization_check(check));
    world.net.forget();
    ask(check(ben.member_session(), "trim")).expect("he keeps the lamps");
    let error = ask(check(ben.member_session(), "sell")).unwrap_err();
    assert!(matches!(error, AuthenticateJwtError::Denied(Denied::NotPermitted)), "{error:?}");
    let elsewhere = OrganizationId::new("organization-test-another").unwrap();
    let lamps = ResourceId::new("lamps").unwrap();
    let error = ask(AuthorizationCheck::new(&elsewhere, lamps, "trim")).unwrap_err();
    assert!(matches!(error, AuthenticateJwtError::Denied(Denied::WrongOrganization)), "{error:?}");
    assert_eq!(world.net.count(AUTHENTICATE), 0);
    assert_eq!((world.net.count(POLICY), world.net.count(ORGANIZATION)), (1, 1));
}

#[test]
fn without_keys_or_policy_the_server_decides() {
    let world = World::new();
    let verifier = world.verifier();
    let ben = world.log_in_as(Example::BEN_EMAIL_ADDRESS, Example::BEN_PASSWORD);
    world.net.cut(JWKS);
    let answer = world.run(verifier.authenticate_jwt(jwt_of(&ben))).unwrap();
    assert_eq!(answer.answered_by(), AnsweredBy::Server);

    world.net.mend();
    world.runtime.advance(30 * SECOND);
    world.net.cut(POLICY);
    let ask = |action| {
        let check = check(ben.member_session(), action);
        world.run(verifier.authenticate_jwt(jwt_of(&ben)).authorization_check(check))
    };
    assert_eq!(ask("trim").unwrap().answered_by(), AnsweredBy::Server);
    let Err(AuthenticateJwtError::Server(error)) = ask("sell") else {
        panic!("the server refuses")
    };
    assert_eq!(error.error_type(), Some("session_authorization_error"));
}

#[test]
fn nothing_that_is_told_holds_a_token() {
    let world = World::new();
    let verifier = world.verifier();
    let jwt = world.jwt();
    let answer = world.run(verifier.authenticate_jwt(jwt.clone())).unwrap();
    let verified = world.run(verifier.verify(&jwt)).unwrap();
    let refused = world.run(verifier.authenticate_jwt(fixture("bad_signature"))).unwrap_err();
    let told = format!(
        "{verifier:?} {answer:?} {verified:?} {refused:?} {refused} {:?}",
        verifier.authenticate_jwt(jwt.clone())
    );
    for token in [jwt, fixture("bad_signature")] {
        let part = token.secret().rsplit('.').next().unwrap();
        assert!(!told.contains(part) && !told.contains(token.secret()), "{told}");
    }
}
