//! The strategies, and what the typed sessions make of what they make.

use serde_json::json;
use stytch_session::{
    AccessToken, Active, AnySession, Application, Authenticated, Backend, Call,
    CheckPasswordStrength, Code, Context, Discovery, DiscoveryEmailCode, DiscoveryMagicLink,
    DiscoveryOauth, DiscoveryPassword, DiscoveryPasswordReset, EmailCode, ErrorKind,
    ExistingPasswordReset, Failure, ForeignSessionToken, Frontend, GetJwks,
    GetOrganizationRbacPolicy, GetRbacPolicy, Intermediate, ListSessions, LoginToken, MagicLink,
    MemberId, MigrateTotp, NewOrganization, Oauth, OrganizationId, Password, PasswordReset,
    Project, ProjectId, ProjectSecret, PublicToken, RecoveryCode, Response, SendDiscoveryEmailCode,
    SendDiscoveryMagicLink, SendEmailCode, SendMagicLink, Session, SessionToken, SmsCode, Sso,
    StartDiscoveryPasswordReset, StartPasswordReset, StateKind, Surface, TotpCode, TotpSecret,
    Transition, TrustedToken, TrustedTokenProfileId,
};
use stytch_session_mock::proptest::prelude::*;
use stytch_session_mock::proptest::sample::select;
use stytch_session_mock::proptest::test_runner::{Config, TestRunner};
use stytch_session_mock::replies::{self, Reply};
use stytch_session_mock::strategies::{self, Endpoint, Quality};
use stytch_session_mock::{Emulator, EmulatorBuilder, Fault, VirtualClock};

/// What came of a reply: a success, or an error and whether everything that was held is as before.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Success,
    Failure {
        kind: ErrorKind,
        kept: bool,
    },
    /// This surface has no such endpoint.
    Nothing,
}

trait Side: Surface {
    fn project() -> Project<Self>;
    /// As this surface writes it.
    fn write(reply: Reply) -> Response;
    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Came;
}

/// A caller who gets this reply.
struct Caller<P: Surface> {
    project: Project<P>,
    reply: Response,
}

impl<P: Side> Caller<P> {
    fn step<S, T>(&self, from: S, step: impl FnOnce(S) -> T) -> Came
    where
        S: TryFrom<AnySession, Error: std::fmt::Debug>,
        T: Transition<P, Before = S>,
        AnySession: From<S>,
    {
        let now = VirtualClock::new().now();
        let from = AnySession::from(from);
        let before = stored(&from);
        let step = step(S::try_from(from).expect("it is what it was"));
        match self.project.complete(step, &self.reply, now) {
            Ok(_) => Came::Success,
            Err(Failure::Kept { session, error }) => {
                Came::Failure { kind: error.kind(), kept: stored(&session.into()) == before }
            }
            Err(Failure::Ended { error }) => Came::Failure { kind: error.kind(), kept: false },
        }
    }

    fn call<C: Call<P>>(&self, call: &C) -> Came {
        match self.project.decode(call, &self.reply) {
            Ok(_) => Came::Success,
            Err(error) => Came::Failure { kind: error.kind(), kept: true },
        }
    }
}

impl Side for Frontend {
    fn project() -> Project<Self> {
        let token = "public-token-test-2c4a1b77-90de-4f5a-8a11-3c5d7e9f0b21";
        Project::frontend(PublicToken::new(token).expect("it is well-formed"))
    }

    fn write(reply: Reply) -> Response {
        reply.frontend().into()
    }

    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Came {
        match endpoint {
            Endpoint::MagicLinksInvite => {
                caller.call(&active::<Self>().invite(replies::EMAIL_ADDRESS))
            }
            _ => either(endpoint, caller),
        }
    }
}

impl Side for Backend {
    fn project() -> Project<Self> {
        let id = ProjectId::new("project-test-made-up").expect("it is well-formed");
        let secret = ProjectSecret::new("secret-test-made-up").expect("it is well-formed");
        Project::backend(id, secret)
    }

    fn write(reply: Reply) -> Response {
        reply.backend().into()
    }

    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Came {
        match endpoint {
            Endpoint::SessionsMigrate => {
                let token = ForeignSessionToken::new("foreign-1").unwrap();
                caller.step(Session::new(), |session| session.migrate(&organization(), token))
            }
            Endpoint::SessionsGet => caller.call(&ListSessions::new(&organization(), &member())),
            Endpoint::SessionsJwks => caller.call(&GetJwks::new()),
            Endpoint::TotpMigrate => {
                let secret = TotpSecret::new("JBSWY3DPEHPK3PXP").unwrap();
                let codes = [Code::new("ckss-2skx-ebow").unwrap()];
                caller.call(&MigrateTotp::new(&organization(), &member(), secret, codes))
            }
            Endpoint::RbacPolicy => caller.call(&GetRbacPolicy::new()),
            Endpoint::RbacOrganization => {
                caller.call(&GetOrganizationRbacPolicy::new(&organization()))
            }
            _ => either(endpoint, caller),
        }
    }
}

/// What both surfaces have.
fn either<P: Side>(endpoint: Endpoint, caller: &Caller<P>) -> Came {
    use Endpoint as E;
    let organization = &organization();
    let address = replies::EMAIL_ADDRESS;
    let nobody = Session::new;
    let code = || Code::new("123456").unwrap();
    let text = "a-token-from-elsewhere";
    match endpoint {
        E::SessionsAuthenticate => {
            let token = SessionToken::new(text).unwrap();
            match caller.step(nobody(), |it| it.authenticate(token)) {
                Came::Success => caller.step(active::<P>(), Session::<Active>::authenticate),
                failure => failure,
            }
        }
        E::SessionsExchange => caller.step(active::<P>(), |it| it.exchange(organization)),
        E::SessionsExchangeAccessToken => {
            let token = AccessToken::new(text).unwrap();
            caller.step(nobody(), |it| it.exchange_access_token(token))
        }
        E::SessionsAttest => {
            let profile = TrustedTokenProfileId::new("profile-1").unwrap();
            let token = TrustedToken::new(text).unwrap();
            caller.step(nobody(), |it| it.attest(&profile, token))
        }
        E::SessionsRevoke => caller.step(active::<P>(), Session::<Active>::revoke),
        E::PasswordsAuthenticate => {
            let credential = Password::new(organization, address, "a password");
            caller.step(nobody(), |it| it.login(credential))
        }
        E::PasswordsEmailReset => {
            let credential = PasswordReset::new(text, "a new password").unwrap();
            caller.step(nobody(), |it| it.login(credential))
        }
        E::PasswordsEmailResetStart => caller.call(&StartPasswordReset::new(organization, address)),
        E::PasswordsExistingReset => {
            let credential = ExistingPasswordReset::new(organization, address, "old", "new");
            caller.step(nobody(), |it| it.login(credential))
        }
        E::PasswordsSessionReset => {
            caller.step(active::<P>(), |it| it.reset_password("a new password"))
        }
        E::PasswordsDiscovery => {
            let credential = DiscoveryPassword::new(address, "a password");
            caller.step(nobody(), |it| it.discover(credential))
        }
        E::PasswordsDiscoveryResetStart => caller.call(&StartDiscoveryPasswordReset::new(address)),
        E::PasswordsDiscoveryReset => {
            let credential = DiscoveryPasswordReset::new(text, "a new password").unwrap();
            caller.step(nobody(), |it| it.discover(credential))
        }
        E::PasswordsStrengthCheck => caller.call(&CheckPasswordStrength::new("a password")),
        E::MagicLinksAuthenticate => {
            caller.step(nobody(), |it| it.login(MagicLink::new(text).unwrap()))
        }
        E::MagicLinksSend => caller.call(&SendMagicLink::new(organization, address)),
        E::MagicLinksDiscoverySend => caller.call(&SendDiscoveryMagicLink::new(address)),
        E::MagicLinksDiscovery => {
            caller.step(nobody(), |it| it.discover(DiscoveryMagicLink::new(text).unwrap()))
        }
        E::EmailCodesAuthenticate => {
            let credential = EmailCode::new(organization, address, code());
            caller.step(nobody(), |it| it.login(credential))
        }
        E::EmailCodesSend => caller.call(&SendEmailCode::new(organization, address)),
        E::EmailCodesDiscoverySend => caller.call(&SendDiscoveryEmailCode::new(address)),
        E::EmailCodesDiscovery => {
            let credential = DiscoveryEmailCode::new(address, code());
            caller.step(nobody(), |it| it.discover(credential))
        }
        E::OauthAuthenticate => caller.step(nobody(), |it| it.login(Oauth::new(text).unwrap())),
        E::OauthDiscovery => {
            caller.step(nobody(), |it| it.discover(DiscoveryOauth::new(text).unwrap()))
        }
        E::SsoAuthenticate => caller.step(nobody(), |it| it.login(Sso::new(text).unwrap())),
        E::ImpersonationAuthenticate => {
            caller.step(nobody(), |it| it.impersonate(LoginToken::new(text).unwrap()))
        }
        E::SmsSend => caller.call(&intermediate::<P>().send_sms_code()),
        E::SmsAuthenticate => {
            caller.step(intermediate::<P>(), |it| it.authenticate(SmsCode::new(code())))
        }
        E::TotpCreate => caller.call(&intermediate::<P>().create_totp()),
        E::TotpAuthenticate => {
            caller.step(intermediate::<P>(), |it| it.authenticate(TotpCode::new(code())))
        }
        E::RecoveryCodesGet => caller.call(&active::<P>().recovery_codes()),
        E::RecoveryCodesRotate => caller.call(&active::<P>().rotate_recovery_codes()),
        E::RecoveryCodesRecover => {
            caller.step(intermediate::<P>(), |it| it.authenticate(RecoveryCode::new(code())))
        }
        E::DiscoveryOrganizations => caller.call(&discovery::<P>().list_organizations()),
        E::DiscoveryExchange => caller.step(discovery::<P>(), |it| it.exchange(organization)),
        E::DiscoveryCreate => {
            caller.step(discovery::<P>(), |it| it.create_organization(NewOrganization::new()))
        }
        _ => Came::Nothing,
    }
}

fn organization() -> OrganizationId {
    OrganizationId::new(replies::ORGANIZATION_ID).expect("it is well-formed")
}

fn member() -> MemberId {
    MemberId::new(replies::MEMBER_ID).expect("it is well-formed")
}

fn login<P: Side>(reply: Reply) -> Authenticated {
    let credential = Password::new(&organization(), replies::EMAIL_ADDRESS, "a password");
    let now = VirtualClock::new().now();
    let result = P::project().complete(Session::new().login(credential), &P::write(reply), now);
    result.expect("the reply is a success")
}

fn active<P: Side>() -> Session<Active> {
    login::<P>(replies::login()).into_active().expect("it is finished")
}

fn intermediate<P: Side>() -> Session<Intermediate> {
    login::<P>(replies::login().mfa_required()).into_active().expect_err("it is unfinished")
}

fn discovery<P: Side>() -> Session<Discovery> {
    let credential = DiscoveryPassword::new(replies::EMAIL_ADDRESS, "a password");
    let reply = P::write(replies::discovery());
    let now = VirtualClock::new().now();
    let result = P::project().complete(Session::new().discover(credential), &reply, now);
    result.expect("the reply is a success")
}

fn stored(session: &AnySession) -> String {
    serde_json::to_string(&session.to_stored()).expect("it can be stored")
}

fn came<P: Side>(endpoint: Endpoint, reply: Reply) -> Came {
    P::come(endpoint, &Caller { project: P::project(), reply: P::write(reply) })
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Runs `check` on replies of every endpoint, many of each.
fn for_every_endpoint(quality: Quality, check: fn(Came, Came, Endpoint)) {
    let mut runner = TestRunner::new(config(24));
    for endpoint in Endpoint::ALL {
        let replies = strategies::reply(*endpoint, quality);
        runner
            .run(&replies, |reply| {
                let frontend = came::<Frontend>(*endpoint, reply.clone());
                check(frontend, came::<Backend>(*endpoint, reply), *endpoint);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{endpoint:?}: {error}"));
    }
}

#[test]
fn every_endpoint_is_on_some_surface() {
    for endpoint in Endpoint::ALL {
        let nowhere = came::<Frontend>(*endpoint, endpoint.success()) == Came::Nothing
            && came::<Backend>(*endpoint, endpoint.success()) == Came::Nothing;
        assert!(!nowhere, "{endpoint:?}");
    }
}

#[test]
fn valid_and_odd_replies_are_successes() {
    for quality in [Quality::Valid, Quality::Odd] {
        for_every_endpoint(quality, |frontend, backend, endpoint| {
            for came in [frontend, backend] {
                assert!(matches!(came, Came::Success | Came::Nothing), "{endpoint:?}: {came:?}");
            }
        });
    }
}

#[test]
fn invalid_replies_change_nothing() {
    for_every_endpoint(Quality::Invalid, |frontend, backend, endpoint| {
        for came in [frontend, backend] {
            let undecodable = Came::Failure { kind: ErrorKind::Undecodable, kept: true };
            assert!(came == undecodable || came == Came::Nothing, "{endpoint:?}: {came:?}");
        }
    });
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn errors_are_errors_of_the_api(
        reply in strategies::error(),
        endpoint in select(Endpoint::ALL),
    ) {
        for came in [came::<Frontend>(endpoint, reply.clone()), came::<Backend>(endpoint, reply)] {
            let refused = |kind: &ErrorKind| !matches!(kind, ErrorKind::Undecodable);
            let fits = match &came {
                Came::Success => false,
                Came::Failure { kind, .. } => refused(kind),
                Came::Nothing => true,
            };
            prop_assert!(fits, "{:?}: {:?}", endpoint, came);
        }
    }

    /// A hostile text is refused, or travels as it is: in one segment, or in the body.
    #[test]
    fn hostile_texts_do_no_harm(text in strategies::hostile()) {
        let application = Application::new("com.example.kit", 1);
        let context = Context::new(VirtualClock::new().now(), 2, &application);
        if let (Ok(organization), Ok(member)) = (OrganizationId::new(&*text), MemberId::new(&*text)) {
            let call = ListSessions::new(&organization, &member);
            let request = Backend::project().request(&call, &context);
            prop_assert_eq!(request.uri().path(), "/v1/b2b/sessions");
            let session = active::<Frontend>();
            let call = session.revoke_for_member(&member);
            let request = Frontend::project().request(&call, &context);
            prop_assert_eq!(request.uri().path().split('/').count(), 7, "{}", request.uri());
        }
        if let Ok(token) = SessionToken::new(&*text) {
            prop_assert!(!text.contains(['\r', '\n', '\0']));
            let request = Backend::project().request(&Session::new().authenticate(token), &context);
            let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
            prop_assert_eq!(&body["session_token"], &json!(text));
        }
    }

    #[test]
    fn ids_and_tokens_are_taken(
        organization in prop_oneof![
            strategies::organization_id().boxed(),
            strategies::slug().boxed(),
            strategies::external_id().boxed(),
        ],
        member in strategies::member_id(),
        token in strategies::session_token(),
        code in strategies::code(),
    ) {
        prop_assert!(OrganizationId::new(organization).is_ok());
        prop_assert!(MemberId::new(member).is_ok());
        prop_assert!(SessionToken::new(token).is_ok());
        prop_assert!(Code::new(code).is_ok());
    }

    /// Whoever is a member may begin to log in, wherever a password is accepted.
    #[test]
    fn members_of_a_world_can_log_in((organizations, address, password) in strategies::world()) {
        let slugs: Vec<_> = organizations.iter().map(|it| it.slug().to_owned()).collect();
        let builder = Emulator::builder().clock(VirtualClock::new()).constant_signature();
        let emulator = organizations.into_iter().fold(builder, EmulatorBuilder::organization);
        let emulator = emulator.build();
        for slug in slugs {
            let body = json!({
                "organization_id": slug,
                "email_address": address,
                "password": password,
            });
            let request = http::Request::post("/v1/b2b/passwords/authenticate")
                .header("authorization", emulator.backend_authorization())
                .body(body.to_string().into_bytes())
                .unwrap();
            let reply = emulator.handle(&request);
            let body: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
            prop_assert_eq!(reply.status(), 200, "{}: {}", slug, body);
        }
    }

    #[test]
    fn a_member_session_is_one(session in strategies::member_session()) {
        let reply = replies::authenticate()
            .field("member_session", session.clone())
            .member_id(session["member_id"].as_str().unwrap())
            .organization_id(session["organization_id"].as_str().unwrap());
        prop_assert_eq!(came_from_nothing(reply), StateKind::Active);
    }

    #[test]
    fn a_plan_has_a_fate_for_each_request(plan in strategies::fault_plan(40, 0.5)) {
        prop_assert_eq!(plan.len(), 40);
        prop_assert!(plan.iter().flatten().all(|fault| *fault != Fault::Reordered));
    }
}

/// The state that a token and this reply lead to.
fn came_from_nothing(reply: Reply) -> StateKind {
    let token = SessionToken::new("a-token-from-elsewhere").unwrap();
    let now = VirtualClock::new().now();
    let step = Session::new().authenticate(token);
    let session = Backend::project().complete(step, &Backend::write(reply), now);
    AnySession::from(session.expect("the reply is a success")).kind()
}

/// The smallest value that fails.
fn smallest<S: Strategy>(strategy: S, passes: impl Fn(&S::Value) -> bool) -> S::Value {
    use stytch_session_mock::proptest::test_runner::TestError;
    let result = TestRunner::new(config(2000)).run(&strategy, |value| {
        prop_assert!(passes(&value));
        Ok(())
    });
    match result {
        Err(TestError::Fail(_, value)) => value,
        other => panic!("nothing fails: {other:?}"),
    }
}

#[test]
fn values_shrink_to_what_is_short_and_ordinary() {
    let id = smallest(strategies::member_id(), |_| false);
    assert_eq!(id, "member-test-00000000-0000-0000-0000-000000000000");
    let fault = smallest(strategies::fault(), |_| false);
    assert_eq!(fault, Fault::NotSent);
    let plan = smallest(strategies::fault_plan(30, 0.5), |plan| {
        !plan.iter().any(|fault| matches!(fault, Some(Fault::LostAnswer)))
    });
    assert_eq!(plan.iter().flatten().count(), 1, "{plan:?}");
    let (organizations, ..) = smallest(strategies::world(), |_| false);
    assert_eq!(organizations.len(), 1);
    let password = smallest(strategies::password(), |_| false);
    assert_eq!(password, "aaa aa aaa");
}
