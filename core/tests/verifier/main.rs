//! Verification without a request for each token: keys and policies that are fetched now and then, over
//! the emulator and on virtual time.

mod authenticate;
mod keys;
mod policies;
mod remembered;
mod world;

/// All of it can be sent and shared: servers have threads.
#[test]
fn all_types_can_be_sent_and_shared() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>(_: &T) {}

    use stytch_session::jwt::*;
    use stytch_session::rbac::*;
    shared::<(JwtVerifier, JwtVerifierBuilder, AuthenticatedJwt, AuthenticateJwtError)>();
    shared::<(JwtRules, KeySet, VerifiedJwt, JwtError, RingProvider)>();
    shared::<(Policy, Denied, PolicyCache, PolicyUnavailable)>();
    let world = world::World::new();
    let verifier = world.verifier();
    let jwt = world.jwt();
    sent(&verifier.verify(&jwt));
    sent(&verifier.authenticate_jwt(jwt.clone()).into_future());
}
