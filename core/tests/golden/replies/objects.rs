//! What the objects in replies say, field by field.

use super::*;

/// An id as text; the empty text where there is none.
fn text<T: AsRef<str>>(id: Option<&T>) -> &str {
    id.map(AsRef::as_ref).unwrap_or_default()
}

fn authenticated(name: &str) -> Session<Active> {
    scenario::active_by::<Backend>(&fixture(name))
}

#[test]
fn every_factor() {
    let session = authenticated("sessions.authenticate.all_factors");
    let factors = session.member_session().authentication_factors();
    let details: Vec<String> = factors
        .iter()
        .map(|factor| {
            let provider = |provider: &OauthProvider| format!("{provider:?}").to_lowercase();
            match factor.details() {
                None => "none".to_owned(),
                Some(FactorDetails::Email(email)) => {
                    format!("email {} {}", text(email.email_id()), email.email_address())
                }
                Some(FactorDetails::PhoneNumber(phone)) => {
                    format!("phone {} {}", text(phone.phone_id()), phone.phone_number())
                }
                Some(FactorDetails::AuthenticatorApp(app)) => {
                    format!("totp {}", text(app.totp_id()))
                }
                Some(FactorDetails::RecoveryCode(code)) => {
                    format!("recovery {}", text(code.totp_recovery_code_id()))
                }
                Some(FactorDetails::Sso(protocol, sso)) => {
                    let protocol = match protocol {
                        SsoProtocol::Saml => "saml",
                        SsoProtocol::Oidc => "oidc",
                        _ => "other",
                    };
                    format!(
                        "{protocol} {} {} {}",
                        text(sso.id()),
                        text(sso.provider_id()),
                        sso.external_id()
                    )
                }
                Some(FactorDetails::Oauth(by, oauth)) => format!(
                    "{} {} {} {} {:?} {:?}",
                    provider(by),
                    text(oauth.id()),
                    oauth.provider_subject(),
                    text(oauth.email_id()),
                    oauth.provider_tenant_id(),
                    oauth.provider_tenant_ids(),
                ),
                Some(FactorDetails::OauthExchange(by, exchange)) => {
                    format!("exchange {} {}", provider(by), text(exchange.email_id()))
                }
                Some(FactorDetails::AccessTokenExchange(exchange)) => {
                    format!("access token {}", exchange.client_id())
                }
                Some(FactorDetails::Impersonated(by)) => {
                    format!("{} {}", by.impersonator_id(), by.impersonator_email_address())
                }
                Some(FactorDetails::TrustedAuthToken(token)) => {
                    format!("trusted {}", token.token_id())
                }
                Some(other) => format!("{other:?}"),
            }
        })
        .collect();
    let email_id = "email-test-4c10bc9a-89f4-4826-a5bd-83c3e2eb74db";
    let email = format!("email {email_id} ada.reyes@example.com");
    let oauth = |provider: &str, id: &str, tenants: &str| {
        format!("{provider} oauth-user-test-{id} subject-{provider} {email_id} {tenants}")
    };
    let exchange = |provider: &str| format!("exchange {provider} {email_id}");
    assert_eq!(
        details,
        [
            email.clone(),
            email,
            oauth("google", "9f00568f-1f36-4052-8224-8298b93a7c5d", "None []"),
            oauth("microsoft", "9d17eeb3-7f32-4012-857c-ef72afc4110f", "None []"),
            oauth("github", "5f4f5157-596a-4561-9688-e2cfda7badb5", "None [\"slate-quarry-devs\"]"),
            oauth("slack", "19659a83-e522-49b8-8918-34400949e793", "Some(\"T0123\") []"),
            oauth("hubspot", "ac24a8bd-412d-4804-9f69-b6d6b466edc8", "Some(\"4455\") []"),
            "none".to_owned(),
            "saml sso-registration-test-f0ec5e2e-b894-49dd-a292-9702abdb07a6 \
             saml-connection-test-ad5871b3-59d2-4b7e-afa2-3bae23e50cf3 okta|ada"
                .to_owned(),
            "oidc sso-registration-test-b0b27391-f2e8-4575-b37c-07a583c6a751 \
             oidc-connection-test-d1947a4e-d492-4b7d-a934-50f3ca252e42 00u1ada"
                .to_owned(),
            format!("phone phone-number-test-b7bc8e23-2e71-48b7-8c2b-3dc798a3a547 {PHONE}"),
            format!("totp {TOTP}"),
            "recovery totp-recovery-code-test-39d585ed-ddbe-4edc-9e90-733d454627d5".to_owned(),
            "support-17 support@example.com".to_owned(),
            "trusted jti-77cf25cd-17a1-4a83-ac90-a58bc440a284".to_owned(),
            "access token connected-app-test-9f94d310-af02-496a-a857-646421a1abfe".to_owned(),
            "none".to_owned(),
            exchange("google"),
            exchange("github"),
            exchange("slack"),
            exchange("hubspot"),
        ]
    );
    for factor in factors {
        let secondary = ["otp", "totp", "recovery_codes"].contains(&factor.factor_type().as_str());
        assert_eq!(factor.is_secondary(), secondary);
        let order = if secondary { SequenceOrder::Secondary } else { SequenceOrder::Primary };
        assert_eq!(factor.sequence_order(), Some(&order));
        let times = [factor.last_authenticated_at(), factor.created_at(), factor.updated_at()];
        assert_eq!(times.map(|at| at.unwrap().to_string()), ["2030-06-01T12:00:00Z"; 3]);
    }
    let unknown = |factor: &stytch_session::AuthenticationFactor| {
        matches!(factor.factor_type(), FactorType::Other(_))
            || matches!(factor.delivery_method(), DeliveryMethod::Other(_))
    };
    assert!(!factors.iter().any(unknown), "all of them are known");
}

#[test]
fn a_whole_session() {
    let session = authenticated("sessions.authenticate.success");
    let member = session.member();
    assert_eq!(member.name(), "Ada Reyes");
    assert!(member.email_address_verified() && member.is_admin() && !member.is_breakglass());
    assert_eq!(member.status().as_str(), "active");
    assert!(!member.mfa_enrolled() && !member.mfa_phone_number_verified() && !member.is_locked());
    assert_eq!(
        [
            member.mfa_phone_number(),
            member.totp_registration_id().map(AsRef::as_ref),
            member.member_password_id().map(AsRef::as_ref),
        ],
        [None; 3]
    );
    assert_eq!((member.default_mfa(), member.external_id()), (None, None));
    let chosen = authenticated("otps.sms.authenticate.success").member().default_mfa();
    assert_eq!(chosen, Some(MfaMethod::SmsOtp));
    assert_eq!(member.untrusted_metadata()["theme"], "dusk");
    assert!(member.trusted_metadata().is_empty());
    assert_eq!(member.created_at().unwrap().to_string(), "2029-02-03T08:16:02Z");
    assert_eq!(member.updated_at().unwrap().to_string(), "2030-05-30T09:00:00Z");
    assert_eq!((member.lock_created_at(), member.lock_expires_at()), (None, None));
    let [_, admin] = member.roles() else { panic!("{:?}", member.roles()) };
    assert_eq!(admin.role_id().as_str(), "stytch_admin");
    let [direct, by_address] = admin.sources() else { panic!("{admin:?}") };
    assert_eq!(direct.source_type().as_str(), "direct_assignment");
    assert_eq!(direct.details().email_domain(), None);
    assert_eq!(by_address.source_type().as_str(), "email_assignment");
    assert_eq!(by_address.details().email_domain(), Some("example.com"));

    let organization = session.organization();
    assert_eq!(organization.organization_name(), "Harbor Lights");
    assert_eq!(organization.organization_slug(), "harbor-lights");
    assert_eq!(organization.organization_logo_url(), None);
    assert_eq!(organization.mfa_policy(), &MfaPolicy::Optional);
    assert_eq!(&*organization.email_allowed_domains()[0], "example.com");
    let [role] = organization.custom_roles() else { panic!() };
    assert_eq!((role.role_id(), role.description()), ("lamp_keeper", "Tends the lamps"));
    let [permission] = role.permissions() else { panic!() };
    assert_eq!(permission.resource_id(), "lamps");
    assert_eq!(permission.actions().iter().map(|a| &**a).collect::<Vec<_>>(), ["read", "trim"]);

    let member_session = session.member_session();
    assert_eq!(member_session.organization_slug(), Some("harbor-lights"));
    let roles: Vec<&str> = member_session.roles().iter().map(RoleId::as_str).collect();
    assert_eq!(roles, ["stytch_member", "stytch_admin"]);
    assert!(member_session.custom_claims().is_empty());
    assert_eq!(member_session.last_accessed_at().to_string(), "2030-06-01T12:00:00Z");
    let jwt = session.session_jwt().unwrap().secret();
    assert_eq!(jwt, fixture("sessions.authenticate.success")["session_jwt"].as_str().unwrap());
    assert!(session.member_device().is_none() && session.authorization_verdict().is_none());
    assert_eq!(session.recovery_codes_remaining(), None);
}

#[test]
fn custom_claims() {
    let session = authenticated("sessions.authenticate.custom_claims");
    let claims = serde_json::json!({
        "plan": "gold", "limits": { "lamps": 12 }, "tags": ["a", "b"]
    });
    assert_eq!(Value::from(session.member_session().custom_claims().clone()), claims);
}

#[test]
fn values_and_fields_of_the_future() {
    let session = authenticated("sessions.authenticate.unknown_fields");
    assert_eq!(session.member().status().as_str(), "sleeping");
    assert_eq!(session.organization().mfa_policy().as_str(), "REQUIRED_ON_TUESDAYS");
    let [_, palm] = session.member_session().authentication_factors() else { panic!() };
    assert_eq!(palm.factor_type(), &FactorType::Other("palm_scan".into()));
    assert_eq!(palm.delivery_method(), &DeliveryMethod::Other("palm_reader".into()));
    assert!(palm.details().is_none() && palm.sequence_order().is_none() && !palm.is_secondary());
}

#[test]
fn absent_fields() {
    let session = authenticated("sessions.authenticate.optional_fields_absent");
    let member = session.member();
    assert!(member.trusted_metadata().is_empty() && member.untrusted_metadata().is_empty());
    assert!(!member.is_locked() && member.scim_registration().is_none());
    assert_eq!((member.created_at(), member.updated_at()), (None, None));
    assert!(session.member_session().custom_claims().is_empty());
    assert!(session.organization().allowed_oauth_tenants().is_none());
    assert!(session.organization().scim_active_connection().is_none());
    assert_eq!(session.organization().sso_default_connection_id(), None);
}

#[test]
fn verdict_device_and_recovery_codes() {
    let session = authenticated("sessions.authenticate.with_verdict");
    let verdict = session.authorization_verdict().unwrap();
    assert!(verdict.authorized());
    let roles: Vec<&str> = verdict.granting_roles().iter().map(RoleId::as_str).collect();
    assert_eq!(roles, ["stytch_admin"]);

    let exchange = scenario::active::<Frontend>().exchange(&organization("north-pier"));
    let reply = golden::<Frontend>("sessions.exchange.with_device");
    let session = scenario::finished(scenario::completed::<Frontend, _>(exchange, &reply));
    let device = session.member_device().unwrap();
    assert_eq!(device.visitor_id(), Some("visitor-fingerprint-9d0c"));
    assert_eq!(device.ip_address(), Some("203.0.113.7"));
    assert_eq!(
        [device.ip_geo_city(), device.ip_geo_region(), device.ip_geo_country()],
        [Some("Lisbon"), Some("Lisboa"), Some("PT")]
    );
    let address = device.ip_address_details().unwrap();
    assert!(address.is_new());
    assert_eq!(address.first_seen_at().unwrap().to_string(), "2030-06-01T12:00:00Z");
    let country = device.ip_geo_country_details().unwrap();
    assert!(!country.is_new());
    assert_eq!(country.first_seen_at().unwrap().to_string(), "2029-11-02T10:00:00Z");
    assert_eq!(country.last_seen_at().unwrap().to_string(), "2030-06-01T12:00:00Z");
    assert!(device.visitor_id_details().is_none());

    let code = RecoveryCode::new("ckss-2skx-ebow").unwrap();
    let step = scenario::mfa_required::<Frontend>().authenticate(code);
    let reply = golden::<Frontend>("recovery_codes.recover.success");
    let session = scenario::completed::<Frontend, _>(step, &reply);
    assert_eq!(session.recovery_codes_remaining(), Some(9));
    // The next reply speaks of none.
    let reply = golden::<Frontend>("otps.sms.authenticate.success");
    let session = scenario::completed::<Frontend, _>(session.authenticate(), &reply);
    assert_eq!(session.recovery_codes_remaining(), None);
}

/// Another first factor comes before the second one.
#[test]
fn both_requirements() {
    let exchange = scenario::active::<Backend>().exchange(&organization("blue-kiln"));
    let reply = golden::<Backend>("sessions.exchange.primary_and_mfa_required");
    let authenticated = scenario::completed::<Backend, _>(exchange, &reply);
    assert!(authenticated.requirement().unwrap().primary().is_some());
    let Authenticated::Intermediate(session) = authenticated else { panic!() };
    assert_eq!(
        session.requirement().to_string(),
        "another first factor: sso; then a second factor: a code by SMS"
    );
}

#[test]
fn calls() {
    fn sent<P: Side>(reply: &Response) {
        let intermediate = scenario::mfa_required::<P>();
        let active = scenario::active_in_blue_kiln::<P>();
        let project = P::project();
        project.decode(&intermediate.send_sms_code(), reply).unwrap();
        project.decode(&active.send_sms_code(), reply).unwrap();
    }
    fn revoked<P: Side>(reply: &Response) {
        let step = scenario::active::<P>().revoke();
        let after = complete::<P, _>(step, reply, noon());
        assert!(matches!(after, After::Done(AnySession::LoggedOut(_))), "{after:?}");
    }
    let sdk = |name: &str| response(200, fixture_bytes(&format!("sdk.{name}.json")));
    sent::<Backend>(&golden::<Backend>("otps.sms.send.success"));
    sent::<Frontend>(&golden::<Frontend>("otps.sms.send.success"));
    sent::<Frontend>(&sdk("otps.sms.send.success"));
    revoked::<Backend>(&golden::<Backend>("sessions.revoke.success"));
    revoked::<Frontend>(&golden::<Frontend>("sessions.revoke.success"));
    revoked::<Frontend>(&sdk("sessions.revoke.success"));
    let id = MemberSessionId::new("session-test-1").unwrap();
    Call::decode(&RevokeSessions::by_id(id), &golden::<Backend>("sessions.revoke.success"))
        .unwrap();
    let active = scenario::active::<Frontend>();
    let member = MemberId::new(IN_HARBOR_LIGHTS).unwrap();
    Call::decode(&active.revoke_for_member(&member), &sdk("sessions.revoke_member.success"))
        .unwrap();
}

#[test]
fn lists_of_sessions() {
    let call =
        ListSessions::new(&organization(HARBOR_LIGHTS), &MemberId::new(IN_HARBOR_LIGHTS).unwrap());
    let list = |name: &str| Backend::project().decode(&call, &golden::<Backend>(name)).unwrap();
    assert!(list("sessions.get.empty").is_empty());
    let sessions = list("sessions.get.success");
    let [first, second] = &*sessions else { panic!("{sessions:?}") };
    assert_eq!(first.member_session_id().as_str(), SESSION.session);
    assert_eq!(
        second.member_session_id().as_str(),
        "session-test-c208cdc8-8401-45cc-bdc4-d51c3cf6e397"
    );
    assert_eq!(second.started_at().to_string(), "2030-06-01T11:40:00Z");
    assert_eq!(second.expires_at().to_string(), "2030-06-01T12:40:00Z");
    let factor = &second.authentication_factors()[0];
    assert!(matches!(factor.details(), Some(FactorDetails::Oauth(OauthProvider::Google, _))));
}

/// The reply of a second factor speaks of the member who gave it.
#[test]
fn a_second_factor_of_another_member_is_refused() {
    let sms = SmsCode::new("123456").unwrap();
    let step = scenario::active::<Backend>().authenticate_with(sms);
    let after =
        complete::<Backend, _>(step, &golden::<Backend>("otps.sms.authenticate.success"), noon());
    assert_eq!(after.error().kind(), ErrorKind::Undecodable);
    let totp = TotpCode::new("123456").unwrap();
    let step = scenario::primary_required::<Backend>().authenticate(totp);
    let after =
        complete::<Backend, _>(step, &golden::<Backend>("totp.authenticate.success"), noon());
    assert_eq!(after.error().kind(), ErrorKind::Undecodable);
}
