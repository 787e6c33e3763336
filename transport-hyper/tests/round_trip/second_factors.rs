//! Second factors: given, enrolled, replaced.

use stytch_session::{
    Backend, Code, MfaEnrollment, MigrateTotp, RecoveryCode, SmsCode, TotpCode, TotpSecret,
    Transport,
};
use stytch_session_mock::Example;

use crate::scenarios;
use crate::world::{Side, World, ended, kept, organization, password, refused, unfinished};

scenarios!(sms, totp, recovery_codes, step_up, enrollment, expiry, after_an_exchange);

async fn sms<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.intermediate::<P>().await;
    let sent = client.call(&session.send_sms_code()).await.unwrap();
    assert_eq!(sent.member().is_some(), P::IS_BACKEND);
    let code = world.sms_code();
    let wrong = if code.secret() == "000000" { "000001" } else { "000000" };
    let step = session.authenticate(SmsCode::new(wrong).unwrap());
    let session = kept(client.run(step).await, "otp_code_not_found");
    let step = session.authenticate(SmsCode::new(code)).mfa_enrollment(MfaEnrollment::Enroll);
    let session = client.run(step).await.unwrap();
    assert!(session.member().mfa_enrolled());
}

async fn totp<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let code = || {
        let member = world.ada_in(Example::BLUE_KILN);
        TotpCode::new(world.stytch.totp_code(member.as_str()).unwrap()).unwrap()
    };
    let session = world.intermediate::<P>().await;
    let wrong = TotpCode::new("abcdef").unwrap();
    let session =
        kept(client.run(session.authenticate(wrong)).await, "unable_to_authenticate_totp");
    client.run(session.authenticate(code()).make_default()).await.unwrap();
    let session = world.intermediate::<P>().await;
    let again = client.run(session.authenticate(code())).await;
    kept(again, "totp_code_already_authenticated");
}

async fn recovery_codes<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let member = world.ada_in(Example::BLUE_KILN);
    let codes = world.stytch.recovery_codes(member.as_str());
    let give = |code: &str| RecoveryCode::new(code).unwrap();
    let session = world.intermediate::<P>().await;
    let session = client.run(session.authenticate(give(&codes[0]))).await.unwrap();
    assert_eq!(session.recovery_codes_remaining(), Some(9));
    let unused = client.call(&session.recovery_codes()).await.unwrap();
    assert_eq!(unused.recovery_codes().len(), 9);
    let fresh = client.call(&session.rotate_recovery_codes()).await.unwrap();
    assert_ne!(fresh.recovery_codes(), unused.recovery_codes());
    let session = world.intermediate::<P>().await;
    let old = client.run(session.authenticate(give(&codes[1]))).await;
    let session = kept(old, "unable_to_authenticate_recovery_code");
    client.run(session.authenticate(give(fresh.recovery_codes()[0].secret()))).await.unwrap();
}

async fn step_up<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active_in_blue_kiln::<P>().await;
    let id = session.member_session().member_session_id().clone();
    client.call(&session.send_sms_code()).await.unwrap();
    let wrong = session.authenticate_with(SmsCode::new("abcdef").unwrap());
    let session = kept(client.run(wrong).await, "otp_code_not_found");
    let step = session.authenticate_with(SmsCode::new(world.sms_code()));
    let session = client.run(step).await.unwrap();
    assert_eq!(session.member_session().member_session_id(), &id);
}

async fn enrollment<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active::<P>().await;
    let registration = client.call(&session.create_totp()).await.unwrap();
    assert!(!registration.recovery_codes().is_empty());
    assert!(!registration.qr_code().secret().is_empty());
    refused(client.call(&session.create_totp()).await, "pending_totp_exists");
    let member = world.ada_in(Example::HARBOR_LIGHTS);
    let code = world.stytch.totp_code(member.as_str()).unwrap();
    let step = session.authenticate_with(TotpCode::new(code).unwrap());
    let session = client.run(step).await.unwrap();
    refused(client.call(&session.create_totp()).await, "active_totp_exists");
    // A phone, of somebody who has proven a second factor.
    let send = session.send_sms_code();
    client.call(&send.phone_number("+14155550009")).await.unwrap();
    let code = Code::new(world.stytch.last_code("+14155550009").unwrap()).unwrap();
    let session = client.run(session.authenticate_with(SmsCode::new(code))).await.unwrap();
    assert_eq!(session.member().mfa_phone_number(), Some("+14155550009"));
}

async fn expiry<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.intermediate::<P>().await;
    client.call(&session.send_sms_code()).await.unwrap();
    world.advance(3);
    let step = session.authenticate(SmsCode::new(world.sms_code()));
    let session = kept(client.run(step).await, "unable_to_auth_otp_code");
    world.advance(8);
    assert!(session.is_expired(world.stytch.clock().now()));
    let step = session.authenticate(SmsCode::new(world.sms_code()));
    ended(client.run(step).await, "intermediate_session_not_found");
    // While a first factor is missing the second is not taken.
    let step = stytch_session::Session::new().login(password(Example::SLATE_QUARRY));
    let session = unfinished(client.run(step).await.unwrap());
    let step = session.authenticate(TotpCode::new("123456").unwrap());
    assert!(client.run(step).await.is_err());
}

/// A dead second step gives the session before the exchange back.
async fn after_an_exchange<P: Side, T: Transport>(world: &World<T>) {
    let client = world.client::<P>();
    let session = world.active::<P>().await;
    let step = session.exchange(&organization(Example::BLUE_KILN));
    let session = unfinished(client.run(step).await.unwrap());
    world.advance(11);
    let step = session.authenticate(SmsCode::new(world.sms_code()));
    let session = kept(client.run(step).await, "intermediate_session_not_found");
    assert!(session.is_expired(world.stytch.clock().now()));
    let stytch_session::Abandoned::Active(session) = session.abandon() else { panic!("lost") };
    client.run(session.authenticate()).await.unwrap();
}

#[tokio::test]
async fn authenticator_apps_are_migrated() {
    let world = World::over_http().await;
    let client = world.client::<Backend>();
    let home = organization(Example::HARBOR_LIGHTS);
    let member = world.ada_in(Example::HARBOR_LIGHTS);
    let call = MigrateTotp::new(
        &home,
        &member,
        TotpSecret::new(Example::TOTP_SECRET).unwrap(),
        [Code::new("recovery-code-1").unwrap()],
    );
    let migrated = client.call(&call).await.unwrap();
    assert_eq!(migrated.recovery_codes()[0].secret(), "recovery-code-1");
    assert!(world.stytch.totp_code(member.as_str()).is_some());
}
