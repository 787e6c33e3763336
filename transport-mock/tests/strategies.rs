//! The strategies, and what the typed sessions make of what they make.

use serde_json::{Value, json};
use stytch_session::{
    AccessToken, Active, AnySession, ApiError, ApiErrorKind, Application, Authenticated, Backend,
    Call, CheckPasswordStrength, Code, Context, Discovery, DiscoveryEmailCode, DiscoveryMagicLink,
    DiscoveryOauth, DiscoveryPassword, DiscoveryPasswordReset, EmailCode, Error, ErrorKind,
    ExistingPasswordReset, Failure, ForeignSessionToken, Frontend, GetJwks,
    GetOrganizationRbacPolicy, GetRbacPolicy, Intermediate, ListSessions, LoginToken, MagicLink,
    MemberId, MigrateTotp, NewOrganization, Oauth, OrganizationId, Password, PasswordReset,
    Project, ProjectId, ProjectSecret, PublicToken, RecoveryCode, Response, SendDiscoveryEmailCode,
    SendDiscoveryMagicLink, SendEmailCode, SendMagicLink, Session, SessionJwt, SessionToken,
    SmsCode, Sso, StartDiscoveryPasswordReset, StartPasswordReset, StateKind, Surface, TotpCode,
    TotpSecret, Transition, TrustedToken, TrustedTokenProfileId,
};
use stytch_session_mock::kit::ClockMove;
use stytch_session_mock::proptest::collection::vec;
use stytch_session_mock::proptest::prelude::*;
use stytch_session_mock::proptest::sample::select;
use stytch_session_mock::proptest::test_runner::{Config, TestError, TestRunner};
use stytch_session_mock::replies::{self, Reply};
use stytch_session_mock::strategies::{self, Endpoint, Quality};
use stytch_session_mock::{Fault, VirtualClock};

/// What came of a reply: a success, or an error and whether everything that was held is as before.
#[derive(Debug)]
enum Came {
    Success,
    Failure { asked: Asked, error: Error, kept: bool },
}

/// What a request asks of the server, and so what a refusal can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Whether the session lives.
    Session,
    /// To go on from an intermediate session.
    Intermediate,
    Else,
}

trait Side: Surface {
    const IS_FRONTEND: bool;

    fn project() -> Project<Self>;
    /// As this surface writes it.
    fn write(reply: Reply) -> Response;
    /// Of each request that this endpoint is for; none if this surface has no such endpoint.
    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Vec<Came>;
}

/// A caller who gets this reply.
struct Caller<P: Surface> {
    project: Project<P>,
    reply: Response,
}

impl<P: Side> Caller<P> {
    fn step<S, T>(&self, from: S, step: impl FnOnce(S) -> T) -> Vec<Came>
    where
        S: TryFrom<AnySession, Error: std::fmt::Debug>,
        T: Transition<P, Before = S>,
        AnySession: From<S>,
    {
        vec![self.asked(Asked::Else, from, step)]
    }

    /// A step from an intermediate session or discovery.
    fn go_on<S, T>(&self, from: S, step: impl FnOnce(S) -> T) -> Vec<Came>
    where
        S: TryFrom<AnySession, Error: std::fmt::Debug>,
        T: Transition<P, Before = S>,
        AnySession: From<S>,
    {
        vec![self.asked(Asked::Intermediate, from, step)]
    }

    fn asked<S, T>(&self, asked: Asked, from: S, step: impl FnOnce(S) -> T) -> Came
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
                Came::Failure { asked, error, kept: stored(&session.into()) == before }
            }
            Err(Failure::Ended { error }) => Came::Failure { asked, error, kept: false },
        }
    }

    fn call<C: Call<P>>(&self, call: &C) -> Vec<Came> {
        vec![match self.project.decode(call, &self.reply) {
            Ok(_) => Came::Success,
            Err(error) => Came::Failure { asked: Asked::Else, error, kept: true },
        }]
    }
}

impl Side for Frontend {
    const IS_FRONTEND: bool = true;

    fn project() -> Project<Self> {
        let token = "public-token-test-2c4a1b77-90de-4f5a-8a11-3c5d7e9f0b21";
        Project::frontend(PublicToken::new(token).expect("it is well-formed"))
    }

    fn write(reply: Reply) -> Response {
        reply.frontend().into()
    }

    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Vec<Came> {
        match endpoint {
            Endpoint::MagicLinksInvite => {
                caller.call(&active::<Self>().invite(replies::EMAIL_ADDRESS))
            }
            _ => either(endpoint, caller),
        }
    }
}

impl Side for Backend {
    const IS_FRONTEND: bool = false;

    fn project() -> Project<Self> {
        let id = ProjectId::new("project-test-made-up").expect("it is well-formed");
        let secret = ProjectSecret::new("secret-test-made-up").expect("it is well-formed");
        Project::backend(id, secret)
    }

    fn write(reply: Reply) -> Response {
        reply.backend().into()
    }

    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Vec<Came> {
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
fn either<P: Side>(endpoint: Endpoint, caller: &Caller<P>) -> Vec<Came> {
    use Endpoint as E;
    let organization = &organization();
    let address = replies::EMAIL_ADDRESS;
    let nobody = Session::new;
    let code = || Code::new("123456").unwrap();
    let text = "a-token-from-elsewhere";
    match endpoint {
        E::SessionsAuthenticate => {
            let token = SessionToken::new(text).unwrap();
            vec![
                caller.asked(Asked::Else, nobody(), |it| it.authenticate(token)),
                caller.asked(Asked::Session, active::<P>(), Session::<Active>::authenticate),
            ]
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
        E::SessionsRevoke => {
            vec![caller.asked(Asked::Session, active::<P>(), Session::<Active>::revoke)]
        }
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
            caller.go_on(intermediate::<P>(), |it| it.authenticate(SmsCode::new(code())))
        }
        E::TotpCreate => caller.call(&intermediate::<P>().create_totp()),
        E::TotpAuthenticate => {
            caller.go_on(intermediate::<P>(), |it| it.authenticate(TotpCode::new(code())))
        }
        E::RecoveryCodesGet => caller.call(&active::<P>().recovery_codes()),
        E::RecoveryCodesRotate => caller.call(&active::<P>().rotate_recovery_codes()),
        E::RecoveryCodesRecover => {
            caller.go_on(intermediate::<P>(), |it| it.authenticate(RecoveryCode::new(code())))
        }
        E::DiscoveryOrganizations => caller.call(&discovery::<P>().list_organizations()),
        E::DiscoveryExchange => caller.go_on(discovery::<P>(), |it| it.exchange(organization)),
        E::DiscoveryCreate => {
            caller.go_on(discovery::<P>(), |it| it.create_organization(NewOrganization::new()))
        }
        _ => Vec::new(),
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

fn came<P: Side>(endpoint: Endpoint, reply: Reply) -> Vec<Came> {
    P::come(endpoint, &Caller { project: P::project(), reply: P::write(reply) })
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Runs `check` on what comes of replies of every endpoint, many of each, on each surface.
fn for_every_endpoint(quality: Quality, check: fn(&Came) -> bool) {
    for endpoint in Endpoint::ALL {
        let replies = strategies::reply(*endpoint, quality);
        // One of its own for each: a runner counts the cases of all its runs.
        let result = TestRunner::new(config(32)).run(&replies, |reply| {
            let frontend = came::<Frontend>(*endpoint, reply.clone());
            for came in frontend.iter().chain(&came::<Backend>(*endpoint, reply.clone())) {
                let text =
                    || String::from_utf8_lossy(Response::from(reply.clone()).body()).into_owned();
                prop_assert!(check(came), "{:?}: {}", came, text());
            }
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{endpoint:?}: {error}"));
    }
}

#[test]
fn every_endpoint_is_on_the_surfaces_that_it_names() {
    for endpoint in Endpoint::ALL {
        let is_on_frontend = !came::<Frontend>(*endpoint, endpoint.success()).is_empty();
        let is_on_backend = !came::<Backend>(*endpoint, endpoint.success()).is_empty();
        assert_eq!(is_on_frontend, !endpoint.is_backend_only(), "{endpoint:?}");
        // The core sends invitations for members only.
        assert_eq!(is_on_backend, *endpoint != Endpoint::MagicLinksInvite, "{endpoint:?}");
        // A reply is of a surface that has it.
        let reply: Response = endpoint.success().into();
        let body: Value = serde_json::from_slice(reply.body()).expect("JSON");
        assert_eq!(body["data"].is_object(), is_on_frontend, "{endpoint:?}");
    }
}

#[test]
fn valid_and_odd_replies_are_successes() {
    for quality in [Quality::Valid, Quality::Odd] {
        for_every_endpoint(quality, |came| matches!(came, Came::Success));
    }
}

#[test]
fn invalid_replies_cannot_be_read_and_change_nothing() {
    for_every_endpoint(Quality::Invalid, |came| match came {
        Came::Success => false,
        Came::Failure { error, kept, .. } => *kept && error.kind() == ErrorKind::Undecodable,
    });
}

/// The rule of which refusals end what was asked about, written down once more.
fn ends(asked: Asked, is_frontend: bool, status: u16, error_type: &str) -> bool {
    (400..500).contains(&status)
        && status != 429
        && match (asked, error_type) {
            (Asked::Session, "session_not_found" | "user_unauthenticated") => true,
            (Asked::Session, "unauthorized_credentials" | "invalid_secret_authentication") => {
                is_frontend
            }
            (Asked::Intermediate, "intermediate_session_not_found") => true,
            _ => false,
        }
}

/// What a reply that is no success comes to on one surface.
fn refused<P: Side>(
    endpoint: Endpoint,
    reply: &Reply,
) -> Result<Vec<(Asked, Error, bool)>, String> {
    let response = P::write(reply.clone());
    came::<P>(endpoint, reply.clone())
        .into_iter()
        .map(|came| match came {
            Came::Success => Err(format!("{endpoint:?} took {response:?} for a success")),
            Came::Failure { asked, error, kept } => Ok((asked, error, kept)),
        })
        .collect()
}

fn check_api_error<P: Side>(endpoint: Endpoint, reply: &Reply) -> Result<(), TestCaseError> {
    let response: Response = reply.clone().into();
    let status = response.status().as_u16();
    let body: Value = serde_json::from_slice(response.body()).expect("JSON");
    let error_type = body["error_type"].as_str().expect("a text");
    let kind = match (status, error_type) {
        (429, _) => ErrorKind::RateLimited,
        (500.., _) => ErrorKind::ServerFailed,
        (_, "session_not_found" | "user_unauthenticated" | "intermediate_session_not_found") => {
            ErrorKind::SessionGone
        }
        _ => ErrorKind::Refused,
    };
    for (asked, error, kept) in refused::<P>(endpoint, reply).map_err(TestCaseError::fail)? {
        prop_assert_eq!(error.kind(), kind);
        let api = error.api().expect("an error of the API");
        prop_assert_eq!((api.kind(), api.error_type()), (ApiErrorKind::Api, Some(error_type)));
        prop_assert_eq!(error.status(), Some(response.status()));
        let ends = ends(asked, P::IS_FRONTEND, status, error_type);
        prop_assert_eq!(kept, !ends, "{:?} {} {}", endpoint, status, error_type);
    }
    Ok(())
}

/// That it is an error of this kind of the API, or none, and changes nothing.
fn check_other<P: Side>(
    endpoint: Endpoint,
    reply: &Reply,
    kind: Option<ApiErrorKind>,
) -> Result<(), TestCaseError> {
    for (_, error, kept) in refused::<P>(endpoint, reply).map_err(TestCaseError::fail)? {
        prop_assert_eq!(error.api().map(ApiError::kind), kind);
        prop_assert_eq!(error.status(), Some(P::write(reply.clone()).status()));
        prop_assert!(kept, "{:?} {:?}", endpoint, error);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn errors_are_errors_of_the_api(
        reply in strategies::error(),
        endpoint in select(Endpoint::ALL),
    ) {
        check_api_error::<Frontend>(endpoint, &reply)?;
        check_api_error::<Backend>(endpoint, &reply)?;
    }

    #[test]
    fn other_errors_are_of_their_own_kinds(
        (reply, kind) in prop_oneof![
            strategies::schema_error().prop_map(|reply| (reply, Some(ApiErrorKind::Schema))),
            strategies::oauth_error().prop_map(|reply| (reply, Some(ApiErrorKind::OAuth))),
            strategies::page().prop_map(|reply| (reply, None)),
        ],
        endpoint in select(Endpoint::ALL),
    ) {
        check_other::<Frontend>(endpoint, &reply, kind)?;
        check_other::<Backend>(endpoint, &reply, kind)?;
    }

    #[test]
    fn no_refusal_is_a_success(
        reply in strategies::refusal(),
        endpoint in select(Endpoint::ALL),
    ) {
        prop_assert_eq!(refused::<Frontend>(endpoint, &reply).err(), None);
        prop_assert_eq!(refused::<Backend>(endpoint, &reply).err(), None);
    }

    /// A hostile text is refused, or travels as it is: in one segment, or in the body.
    #[test]
    fn hostile_texts_do_no_harm(text in strategies::hostile()) {
        let application = Application::new("com.example.kit", 1);
        let context = Context::new(VirtualClock::new().now(), 2, &application);
        let is_harmful = text.is_empty() || text.chars().any(|c| c.is_ascii_control());
        let ids = (OrganizationId::new(&*text), MemberId::new(&*text));
        prop_assert!(!is_harmful || ids.0.is_err() && ids.1.is_err());
        if let (Ok(organization), Ok(member)) = ids {
            let call = ListSessions::new(&organization, &member);
            let request = Backend::project().request(&call, &context);
            prop_assert_eq!(request.uri().path(), "/v1/b2b/sessions");
            for value in request.uri().query().unwrap_or_default().split('&') {
                let (_, value) = value.split_once('=').expect("a pair");
                prop_assert_eq!(&decoded(&value.replace('+', "%20")), &text);
            }
            let session = active::<Frontend>();
            let call = session.revoke_for_member(&member);
            let request = Frontend::project().request(&call, &context);
            let segment = request.uri().path().strip_prefix("/sdk/v1/b2b/sessions/revoke/");
            let segment = segment.expect("the same path");
            prop_assert!(!segment.contains('/') && ![".", ".."].contains(&segment), "{}", segment);
            prop_assert_eq!(&decoded(segment), &text);
        }
        if let Ok(token) = SessionToken::new(&*text) {
            prop_assert!(!is_harmful);
            let request = Backend::project().request(&Session::new().authenticate(token), &context);
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            prop_assert_eq!(&body["session_token"], &json!(text));
        }
        prop_assert!(!is_harmful || Code::new(&*text).is_err());
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
        jwt in strategies::session_jwt(),
        code in prop_oneof![strategies::code().boxed(), strategies::recovery_code().boxed()],
    ) {
        prop_assert!(OrganizationId::new(organization).is_ok());
        prop_assert!(MemberId::new(member).is_ok());
        prop_assert!(SessionToken::new(token).is_ok());
        prop_assert!(SessionJwt::new(jwt).is_ok());
        prop_assert!(Code::new(code).is_ok());
    }

    /// Whoever is a member may begin to log in, and finishes where nothing else is demanded.
    #[test]
    fn members_of_a_world_can_log_in(world in strategies::world()) {
        let stytch = world.builder().clock(VirtualClock::new()).constant_signature().build();
        let project = Project::backend(
            ProjectId::new(stytch.project_id()).unwrap(),
            ProjectSecret::new(stytch.project_secret()).unwrap(),
        );
        let application = Application::new("com.example.kit", 1);
        let context = Context::new(VirtualClock::new().now(), 2, &application);
        prop_assert!(world.logins.len() >= world.organizations.len());
        for login in &world.logins {
            let organization = OrganizationId::new(&*login.organization).unwrap();
            let credential = Password::new(&organization, &*login.email_address, &*login.password);
            let before = stytch.active_sessions().len();
            let step = Session::new().login(credential);
            let reply = stytch.handle(&project.request(&step, &context));
            let session = project.complete(step, &reply, VirtualClock::new().now());
            let finished = matches!(session, Ok(Authenticated::Active(_)));
            prop_assert!(session.is_ok(), "{:?}", session);
            prop_assert_eq!(stytch.active_sessions().len(), before + usize::from(finished));
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

    #[test]
    fn clocks_are_set_to_every_kind_of_time(moves in vec(strategies::clock_move(), 200)) {
        prop_assert!(moves.contains(&ClockMove::Right) && moves.contains(&ClockMove::Epoch));
        prop_assert!(moves.contains(&ClockMove::FarFuture));
    }
}

/// A percent-encoded text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next().expect("two digits")).to_digit(16);
            let (high, low) = (digit().expect("a digit"), digit().expect("a digit"));
            bytes.push(u8::try_from(high * 16 + low).expect("two digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("text")
}

/// The state that a token and this reply lead to.
fn came_from_nothing(reply: Reply) -> StateKind {
    let token = SessionToken::new("a-token-from-elsewhere").unwrap();
    let now = VirtualClock::new().now();
    let step = Session::new().authenticate(token);
    let session = Backend::project().complete(step, &Backend::write(reply), now);
    AnySession::from(session.expect("the reply is a success")).kind()
}

#[test]
fn rates_of_plans_reach_from_never_to_always() {
    for (rate, least, most) in [(0.0, 0, 0), (0.3, 10, 100), (1.0, 200, 200)] {
        let plans = strategies::fault_plan(200, rate);
        let result = TestRunner::new(config(20)).run(&plans, |plan| {
            let met = plan.iter().flatten().count();
            prop_assert!((least..=most).contains(&met), "{} at {}", met, rate);
            Ok(())
        });
        result.unwrap();
    }
    assert!(std::panic::catch_unwind(|| strategies::fault_plan(1, 1.5)).is_err());
}

/// The smallest value that fails.
fn smallest<S: Strategy>(strategy: S, passes: impl Fn(&S::Value) -> bool) -> S::Value {
    let result = TestRunner::new(config(2000)).run(&strategy, |value| {
        prop_assert!(passes(&value));
        Ok(())
    });
    match result {
        Err(TestError::Fail(_, value)) => value,
        other => panic!("nothing fails: {other:?}"),
    }
}

fn body(reply: Reply) -> Value {
    serde_json::from_slice(Response::from(reply).body()).expect("JSON")
}

#[test]
fn values_shrink_to_what_is_short_and_ordinary() {
    let id = smallest(strategies::member_id(), |_| false);
    assert_eq!(id, "member-test-00000000-0000-0000-0000-000000000000");
    assert_eq!(smallest(strategies::slug(), |_| false), "aa");
    assert_eq!(smallest(strategies::code(), |_| false), "000000");
    assert_eq!(smallest(strategies::email_address(), |_| false), "a@example.com");
    assert_eq!(smallest(strategies::password(), |_| false), "aaa aa aaa");
    assert_eq!(smallest(strategies::hostile(), |_| false), "");
    let longest = smallest(strategies::hostile(), |text| text.len() <= 1024);
    assert_eq!(longest.len(), 1025);
}

#[test]
fn faults_and_errors_shrink_to_one_that_matters() {
    assert_eq!(smallest(strategies::fault(), |_| false), Fault::NotSent);
    let plan = smallest(strategies::fault_plan(30, 0.5), |plan| {
        !plan.iter().any(|fault| matches!(fault, Some(Fault::LostAnswer)))
    });
    assert_eq!(plan.iter().flatten().collect::<Vec<_>>(), [&Fault::LostAnswer]);
    let error = body(smallest(strategies::error(), |_| false));
    assert_eq!(error, body(replies::error("bad_request", 400)));
}

#[test]
fn worlds_and_replies_shrink_to_what_is_ordinary() {
    let world = smallest(strategies::world(), |_| false);
    assert_eq!((world.organizations.len(), world.logins.len()), (1, 1));
    assert_eq!(world.logins[0].organization, "aa");
    assert_eq!(world.logins[0].email_address, "a@example.com");

    // Of several oddities the one that matters is left.
    let odd = strategies::reply(Endpoint::SessionsAuthenticate, Quality::Odd);
    let status = |body: &Value| body["data"]["member"]["status"].clone();
    let odd = body(smallest(odd, |reply| status(&body(reply.clone())) == "active"));
    assert_eq!(status(&odd), "hibernating");
    let ordinary = body(replies::authenticate());
    assert_eq!(odd["data"]["organization"], ordinary["data"]["organization"]);
    assert_eq!(odd["data"]["member_session"]["custom_claims"], json!({}));

    let invalid = strategies::reply(Endpoint::SessionsAuthenticate, Quality::Invalid);
    let invalid = smallest(invalid, |reply| {
        let body: Option<Value> = serde_json::from_slice(Response::from(reply.clone()).body()).ok();
        let data = body.map(|body| body["data"].clone()).unwrap_or_default();
        data["session_token"] != "" || data["member_session"].is_null()
    });
    let mut invalid = body(invalid);
    invalid["data"]["session_token"] = replies::SESSION_TOKEN.into();
    let repaired = replies::raw(200, invalid.to_string());
    let came = came::<Frontend>(Endpoint::SessionsAuthenticate, repaired);
    assert!(matches!(*came, [Came::Success, Came::Success]), "{came:?}");
}
