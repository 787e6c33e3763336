//! What calls answer, and what logins say beside the session.

use stytch_session::{
    CheckPasswordStrength, DiscoveryMagicLink, DiscoveryOauth, ForeignSessionToken, GetBootstrap,
    GetJwks, GetOrganizationRbacPolicy, GetRbacPolicy, LoginDetails, MagicLink, MigrateTotp, Oauth,
    ProtectedAuthMode, SendDiscoveryMagicLink, SendMagicLink, SetOrganizationRbacPolicy,
    TotpSecret,
};

use super::*;
use crate::common::success;
use serde_json::json;

fn sdk(name: &str) -> Response {
    response(200, fixture_bytes(&format!("sdk.{name}.json")))
}

/// What `call` says of a reply on the backend.
fn read<C: Call<Backend>>(call: &C, name: &str) -> C::Output {
    Backend::project().decode(call, &golden::<Backend>(name)).unwrap()
}

/// What `call` says of a reply on the frontend.
fn read_sdk<C: Call<Frontend>>(call: &C, name: &str) -> C::Output {
    Frontend::project().decode(call, &sdk(name)).unwrap()
}

#[test]
fn sends_name_the_member_on_the_backend() {
    let call = SendMagicLink::new(&organization(HARBOR_LIGHTS), "ada.reyes@example.com");
    let name = "magic_links.email.login_or_signup.success";
    let sent = read(&call, name);
    assert_eq!(sent.member().unwrap().member_id().as_str(), IN_HARBOR_LIGHTS);
    assert_eq!(sent.organization().unwrap().organization_slug(), "harbor-lights");
    assert!(!sent.member_created());
    let sent = read_sdk(&call, name);
    assert!(sent.member().is_none() && sent.organization().is_none());
    let call = SendDiscoveryMagicLink::new("ada.reyes@example.com");
    assert!(read(&call, "magic_links.email.discovery.send.success").member().is_none());
    assert!(read_sdk(&call, "magic_links.email.discovery.send.success").member().is_none());
}

#[test]
fn lists_of_organizations() {
    let session = scenario::discovery::<Backend>();
    let call = session.list_organizations();
    let name = "discovery.organizations.success";
    for found in [read(&call, name), read_sdk(&call, name)] {
        assert_eq!(found.email_address().as_str(), "ada.reyes@example.com");
        assert_eq!(found.discovered_organizations(), session.discovered_organizations());
        assert_eq!(found.organization_id_hint(), None);
    }
    let found = read(&call, "discovery.organizations.empty");
    assert!(found.discovered_organizations().is_empty());
    let active = scenario::active::<Backend>();
    let found = read(&active.list_organizations(), "discovery.organizations.with_session");
    assert_eq!(found.organization_id_hint().unwrap().as_str(), HARBOR_LIGHTS);
}

/// No list is not an empty one.
#[test]
fn lists_are_there_and_keys_come_without_a_failure() {
    let list = scenario::discovery::<Backend>();
    let list = list.list_organizations();
    let answer = json!({ "request_id": "request-id-test-1", "status_code": 200 });
    let with = |name: &str, value: Value| {
        let mut answer = answer.clone();
        answer[name] = value;
        success::<Backend>(&answer)
    };
    let project = Backend::project();
    assert!(project.decode(&list, &with("discovered_organizations", json!([]))).is_ok());
    for reply in [success::<Backend>(&answer), with("discovered_organizations", json!(null))] {
        let error = project.decode(&list, &reply).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable);
    }

    let keys = |failure: &str, value: Value| {
        let mut answer = json!({ "keys": [] });
        answer[failure] = value;
        project.decode(&GetJwks::new(), &success::<Backend>(&answer)).map_err(|error| error.kind())
    };
    assert!(keys("status_code", json!(200)).is_ok());
    assert_eq!(keys("status_code", json!(404)), Err(ErrorKind::Undecodable));
    assert_eq!(keys("error_type", json!("project_not_found")), Err(ErrorKind::Undecodable));
}

#[test]
fn a_discovery_login_may_find_nothing() {
    let credential = DiscoveryMagicLink::new("token-of-a-link").unwrap();
    let name = "magic_links.discovery.authenticate.no_organizations";
    let step = Session::new().discover(credential);
    let After::Done(AnySession::Discovery(session)) =
        complete::<Backend, _>(step, &golden::<Backend>(name), noon())
    else {
        panic!("not in discovery")
    };
    assert!(session.discovered_organizations().is_empty());
    assert!(session.provider_identity().is_none());
}

#[test]
fn new_authenticator_apps() {
    let session = scenario::mfa_required::<Backend>();
    let call = session.create_totp();
    for made in [read(&call, "totp.create.success"), read_sdk(&call, "totp.create.success")] {
        assert_eq!(made.totp_registration_id().as_str(), TOTP);
        assert_eq!(made.totp_secret().secret(), "HBH5Y2DEXPFKBMAZYTCBMBLLSA7OJLAC");
        assert_eq!(made.qr_code().secret(), "bm90IHJlYWxseSBhIFBORw==");
        assert_eq!(made.recovery_codes().len(), 10);
        assert_eq!(made.recovery_codes()[0].secret(), "r4ch-2494-0zmd");
        assert_eq!(made.member().member_id().as_str(), IN_BLUE_KILN);
        assert_eq!(made.organization().organization_id().as_str(), BLUE_KILN);
        let shown = format!("{made:?}");
        for secret in ["HBH5Y2DE", "bm90IHJl", "r4ch-2494"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn recovery_codes() {
    let session = scenario::active_in_blue_kiln::<Backend>();
    let get = session.recovery_codes();
    let rotate = session.rotate_recovery_codes();
    for found in [
        read(&get, "recovery_codes.get.success"),
        read_sdk(&get, "recovery_codes.get.success"),
        read(&rotate, "recovery_codes.rotate.success"),
        read_sdk(&rotate, "recovery_codes.rotate.success"),
    ] {
        assert_eq!(found.recovery_codes().len(), 10);
        assert_eq!(found.member().member_id().as_str(), IN_BLUE_KILN);
        assert!(!format!("{found:?}").contains("r4ch-2494"));
    }
}

#[test]
fn keys() {
    let found = read(&GetJwks::new(), "sessions.jwks.success");
    let [key] = found.keys() else { panic!("one key") };
    assert_eq!(key.kid(), Some("jwk-test-da362b18-92a2-47d3-bedc-c8aab712fb62"));
    assert_eq!((key.kty(), key.alg(), key.usage()), (Some("RSA"), Some("RS256"), Some("sig")));
    assert_eq!((key.key_ops(), key.e()), (&["verify".into()][..], Some("AQAB")));
    assert!(key.n().is_some_and(|modulus| modulus.len() == 342));
    assert_eq!(read(&GetJwks::new(), "sessions.jwks.rotated").keys().len(), 2);
    // One odd key does not disable the set.
    let mut body = fixture("sessions.jwks.success");
    body["keys"].as_array_mut().unwrap().extend([Value::from(7), Value::Null]);
    let reply = response(200, body.to_string());
    assert_eq!(Backend::project().decode(&GetJwks::new(), &reply).unwrap().keys().len(), 1);
}

#[test]
fn policies() {
    let policy = read(&GetRbacPolicy::new(), "rbac.policy.success");
    let member = &policy.roles()[0];
    assert_eq!((member.role_id(), member.description()), ("stytch_member", "Every member"));
    assert_eq!(member.permissions()[1].resource_id(), "lamps");
    let lamps = policy.resources().iter().find(|found| found.resource_id().as_str() == "lamps");
    assert!(lamps.is_some_and(|lamps| !lamps.actions().is_empty()));
    let call = GetOrganizationRbacPolicy::new(&organization(HARBOR_LIGHTS));
    let policy = read(&call, "rbac.organizations.get.success");
    assert_eq!(policy.roles()[0].role_id(), "lamp_keeper");
    // What was set is answered in the same form.
    let call = SetOrganizationRbacPolicy::new(&organization(HARBOR_LIGHTS), []);
    assert_eq!(read(&call, "rbac.organizations.get.success"), policy);
}

#[test]
fn settings() {
    let settings = read_sdk(&GetBootstrap::new(), "projects.bootstrap.success");
    assert_eq!((settings.project_name(), settings.vertical()), ("Lamp Office", Some("B2B")));
    let policy = read(&GetRbacPolicy::new(), "rbac.policy.success");
    assert_eq!(settings.rbac_policy(), Some(&policy));
    assert_eq!((settings.cname_domain(), settings.slug_pattern()), (None, None));
    assert_eq!(settings.email_domains(), ["example.com".into()]);
    let captcha = settings.captcha_settings().unwrap();
    assert_eq!((captcha.enabled(), captcha.site_key()), (false, None));
    let pkce = [
        settings.pkce_required_for_email_magic_links(),
        settings.pkce_required_for_password_resets(),
        settings.pkce_required_for_oauth(),
        settings.pkce_required_for_sso(),
    ];
    assert_eq!(pkce, [false, false, true, false]);
    let password = settings.password_config().unwrap();
    assert_eq!((password.luds_complexity(), password.luds_minimum_count()), (3, 8));
    assert_eq!(settings.dfp_protected_auth_mode(), Some(&ProtectedAuthMode::Observation));
    let switches = [
        settings.create_organization_enabled(),
        settings.dfp_protected_auth_enabled(),
        settings.siwe_required_for_crypto_wallets(),
        settings.disable_sdk_watermark(),
    ];
    assert_eq!(switches, [true, false, false, true]);
    // All but the name may be missing: then it is the answer to something else.
    let read =
        |answer| Frontend::project().decode(&GetBootstrap::new(), &success::<Frontend>(&answer));
    let answer = json!({ "request_id": "request-id-test-1", "status_code": 200 });
    assert_eq!(read(answer.clone()).unwrap_err().kind(), ErrorKind::Undecodable);
    let mut named = answer;
    named["project_name"] = json!("Lamp Office");
    let settings = read(named).unwrap();
    assert!(settings.rbac_policy().is_none() && settings.password_config().is_none());
    assert!(settings.dfp_protected_auth_mode().is_none() && settings.vertical().is_none());
}

#[test]
fn logins_say_by_what_they_were_done() {
    let login = Session::new().login(MagicLink::new("t").unwrap());
    let reply = golden::<Backend>("magic_links.authenticate.success");
    let session = scenario::finished(scenario::completed::<Backend, _>(login, &reply));
    let details = session.login_details().unwrap();
    assert_eq!(details.method_id(), Some("email-test-4c10bc9a-89f4-4826-a5bd-83c3e2eb74db"));
    assert!(details.provider_values().is_none());

    let login = Session::new().login(Oauth::new("t").unwrap());
    let reply = golden::<Backend>("oauth.authenticate.success");
    let session = scenario::finished(scenario::completed::<Backend, _>(login, &reply));
    let details = session.login_details().unwrap();
    assert_eq!(details.provider_type(), Some("Google"));
    assert_eq!(details.provider_subject(), Some("subject-google"));
    let values = details.provider_values().unwrap();
    assert_eq!(values.scopes(), ["openid".into(), "email".into()]);
    assert_eq!(values.access_token().unwrap().secret(), "made-up-access-token");
    assert_eq!(values.id_token().unwrap().secret(), "made-up-id-token");
    assert!(values.refresh_token().is_none());
    assert_eq!(values.expires_at().unwrap().to_string(), "2030-06-01T12:59:00Z");
    assert!(!format!("{session:?}").contains("made-up-"));
    assert!(!session.held().to_string().contains("made-up-"), "a provider's tokens are not stored");

    let login = Session::new().login(MagicLink::new("t").unwrap());
    let reply = golden::<Backend>("passwords.email.reset.mfa_required");
    let session = scenario::unfinished(scenario::completed::<Backend, _>(login, &reply));
    let email_id = session.login_details().unwrap().member_email_id();
    assert_eq!(email_id, Some("email-test-4c10bc9a-89f4-4826-a5bd-83c3e2eb74db"));

    let discover = Session::new().discover(DiscoveryOauth::new("t").unwrap());
    let reply = golden::<Backend>("oauth.discovery.authenticate.success");
    let session = scenario::completed::<Backend, _>(discover, &reply);
    let identity = session.provider_identity().unwrap();
    assert_eq!(identity.provider_type(), "Google");
    assert_eq!(identity.full_name(), Some("Ada Reyes"));
    assert!(identity.provider_tenant_ids().is_empty());
    // A refresh says none of it.
    assert!(scenario::active::<Backend>().login_details().is_none());
}

/// One of the five is enough for there to be details, and each is read by its own name.
#[test]
fn each_detail_of_a_login_counts() {
    type Read = fn(&LoginDetails) -> Option<&str>;
    let texts: [(&str, Read); 4] = [
        ("method_id", LoginDetails::method_id),
        ("member_email_id", LoginDetails::member_email_id),
        ("provider_type", LoginDetails::provider_type),
        ("provider_subject", LoginDetails::provider_subject),
    ];
    let login = |name: &str, value: Value| {
        let mut payload = fixture("passwords.authenticate.success");
        payload[name] = value;
        let step = Session::new().login(MagicLink::new("t").unwrap());
        scenario::finished(scenario::completed::<Backend, _>(step, &success::<Backend>(&payload)))
    };
    for (name, _) in texts {
        assert!(login(name, "".into()).login_details().is_none(), "{name}");
        let session = login(name, "made-up".into());
        let details = session.login_details().unwrap();
        for (other, read) in texts {
            assert_eq!(read(details), (other == name).then_some("made-up"), "{other} of {name}");
        }
    }
    let session = login("provider_values", json!({ "refresh_token": "made-up" }));
    let values = session.login_details().unwrap().provider_values().unwrap();
    assert_eq!(values.refresh_token().unwrap().secret(), "made-up");
    assert!(values.access_token().is_none() && values.id_token().is_none());
}

/// The backend names all tenants of a provider, the frontend one.
#[test]
fn tenants_of_a_provider() {
    for (member, value, want) in [
        ("provider_tenant_ids", json!(["one", "two"]), &["one", "two"][..]),
        ("provider_tenant_id", json!("one"), &["one"]),
        ("provider_tenant_id", json!(""), &[]),
    ] {
        let mut payload = fixture("oauth.discovery.authenticate.success");
        payload.as_object_mut().unwrap().retain(|name, _| !name.starts_with("provider_tenant"));
        payload[member] = value;
        let discover = Session::new().discover(DiscoveryOauth::new("t").unwrap());
        let session = scenario::completed::<Backend, _>(discover, &success::<Backend>(&payload));
        let tenants = session.provider_identity().unwrap().provider_tenant_ids();
        assert!(tenants.iter().map(|tenant| &**tenant).eq(want.iter().copied()), "{tenants:?}");
    }
}

#[test]
fn migrated_authenticator_apps() {
    let call = MigrateTotp::new(
        &organization(BLUE_KILN),
        &MemberId::new(IN_BLUE_KILN).unwrap(),
        TotpSecret::new("JBSWY3DPEHPK3PXP").unwrap(),
        [],
    );
    let made = read(&call, "totp.create.success");
    assert_eq!(made.totp_registration_id().as_str(), TOTP);
    assert_eq!(made.recovery_codes().len(), 10);
    assert_eq!(made.recovery_codes()[0].secret(), "r4ch-2494-0zmd");
    assert_eq!(made.member().member_id().as_str(), IN_BLUE_KILN);
    assert_eq!(made.organization().organization_id().as_str(), BLUE_KILN);
}

#[test]
fn password_strengths() {
    let call = CheckPasswordStrength::new("correct horse battery");
    let found = read(&call, "passwords.strength_check.success");
    assert!(found.valid_password() && found.breach_detection_on_create());
    assert_eq!((found.score(), found.strength_policy()), (4, Some("zxcvbn")));
    assert!(!found.breached_password() && found.luds_feedback().is_none());
    assert_eq!(found.zxcvbn_feedback().unwrap()["warning"], "");
}

#[test]
fn migrated_sessions() {
    let token = ForeignSessionToken::new("foreign-1").unwrap();
    let step = Session::new().migrate(&organization(HARBOR_LIGHTS), token);
    let reply = golden::<Backend>("sessions.migrate.success");
    let session: Session<Active> = scenario::completed::<Backend, _>(step, &reply);
    finished(
        "migrate",
        &Finished {
            token: "zVSviSq-F_1i53m5YN3CZ9SGpcILoJSejkAl340qDTca",
            session: "session-test-0f1aec8b-24ed-4685-b8de-03c6e4c64928",
            factors: &[("imported", "imported_auth0")],
            ..SESSION
        },
        &session,
    );
}
