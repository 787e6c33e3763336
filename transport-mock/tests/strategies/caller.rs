//! Every step and call of the core, given a reply.

use stytch_session::{
    AccessToken, Active, AnySession, Authenticated, Backend, Call, CheckPasswordStrength, Code,
    Discovery, DiscoveryEmailCode, DiscoveryMagicLink, DiscoveryOauth, DiscoveryPassword,
    DiscoveryPasswordReset, EmailCode, Error, ExistingPasswordReset, Failure, ForeignSessionToken,
    Frontend, GetBootstrap, GetJwks, GetOrganizationRbacPolicy, GetRbacPolicy, Intermediate,
    ListSessions, LoginToken, MagicLink, MemberId, MigrateTotp, NewOrganization, Oauth,
    OrganizationId, Password, PasswordReset, Project, ProjectId, ProjectSecret, PublicToken,
    RecoveryCode, Response, SendDiscoveryEmailCode, SendDiscoveryMagicLink, SendEmailCode,
    SendMagicLink, Session, SessionToken, SmsCode, Sso, StartDiscoveryPasswordReset,
    StartPasswordReset, Surface, TotpCode, TotpSecret, Transition, TrustedToken,
    TrustedTokenProfileId,
};
use stytch_session_mock::VirtualClock;
use stytch_session_mock::replies::{self, Reply};
use stytch_session_mock::strategies::Endpoint;

/// What came of a reply: a success, or an error and whether everything that was held is as before.
#[derive(Debug)]
pub(crate) enum Came {
    Success,
    Failure { asked: Asked, error: Error, kept: bool },
}

/// What a request asks of the server, and so what a refusal can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whether the session lives.
    Session,
    /// To go on from an intermediate session.
    Intermediate,
    Else,
}

pub(crate) trait Side: Surface {
    const IS_FRONTEND: bool;

    fn project() -> Project<Self>;
    /// As this surface writes it.
    fn write(reply: Reply) -> Response;
    /// Of each request that this endpoint is for; none if this surface has no such endpoint.
    fn come(endpoint: Endpoint, caller: &Caller<Self>) -> Vec<Came>;
}

/// A caller who gets this reply.
pub(crate) struct Caller<P: Surface> {
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
            Endpoint::ProjectsBootstrap => caller.call(&GetBootstrap::new()),
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

pub(crate) fn active<P: Side>() -> Session<Active> {
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

pub(crate) fn came<P: Side>(endpoint: Endpoint, reply: Reply) -> Vec<Came> {
    P::come(endpoint, &Caller { project: P::project(), reply: P::write(reply) })
}
