//! Each step and call, with and without options.

use stytch_session::{
    CheckPasswordStrength, DiscoveryEmailCode, DiscoveryMagicLink, DiscoveryPassword, EmailCode,
    ExistingPasswordReset, ForeignSessionToken, GetBootstrap, GetJwks, GetOrganizationRbacPolicy,
    GetRbacPolicy, ListSessions, Locale, LoginToken, MemberSessionId, MfaEnrollment, MigrateTotp,
    Minutes, NewOrganization, PasswordReset, Project, RecoveryCode, RevokeSessions, SendMagicLink,
    Session, SmsCode, StartPasswordReset, Surface, TotpCode, TotpSecret,
};

use super::visit::Visit;
use super::{Kit, Side};

/// Each step and call, with and without options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Authenticate,
    AuthenticateJwt,
    Login,
    LoginWithOptions,
    LoginProtected,
    LoginFromIntermediate,
    LoginFromIntermediateAfterExchange,
    Discover,
    Exchange,
    ExchangeWithOptions,
    ExchangeFromDiscovery,
    ExchangeFromIntermediate,
    ExchangeFromIntermediateAfterExchange,
    Refresh,
    RefreshWithOptions,
    Revoke,
    Sms,
    SmsAfterExchange,
    SmsProtected,
    Totp,
    Recovery,
    SmsStepUp,
    TotpStepUp,
    RecoveryStepUp,
    SendSms,
    SendSmsActive,
    ListSessions,
    RevokeById,
    RevokeByToken,
    RevokeByJwt,
    RevokeOfMember,
    RevokeForMember,
    Link,
    LinkFromIntermediate,
    LinkFromIntermediateAfterExchange,
    EmailCode,
    PasswordReset,
    ExistingPasswordReset,
    DiscoverLink,
    DiscoverCode,
    AccessToken,
    AccessTokenFromActive,
    Attest,
    AttestFromActive,
    Impersonate,
    Create,
    CreateFromIntermediateAfterExchange,
    ResetPassword,
    ListOrganizations,
    ListOrganizationsActive,
    CreateTotp,
    RecoveryCodes,
    RotateRecoveryCodes,
    SendLink,
    StartReset,
    Strength,
    Migrate,
    MigrateTotp,
    Jwks,
    Policy,
    OrganizationPolicy,
    Invite,
    Bootstrap,
}

impl Case {
    pub(crate) const ALL: [Self; 63] = [
        Self::Authenticate,
        Self::AuthenticateJwt,
        Self::Login,
        Self::LoginWithOptions,
        Self::LoginProtected,
        Self::LoginFromIntermediate,
        Self::LoginFromIntermediateAfterExchange,
        Self::Discover,
        Self::Exchange,
        Self::ExchangeWithOptions,
        Self::ExchangeFromDiscovery,
        Self::ExchangeFromIntermediate,
        Self::ExchangeFromIntermediateAfterExchange,
        Self::Refresh,
        Self::RefreshWithOptions,
        Self::Revoke,
        Self::Sms,
        Self::SmsAfterExchange,
        Self::SmsProtected,
        Self::Totp,
        Self::Recovery,
        Self::SmsStepUp,
        Self::TotpStepUp,
        Self::RecoveryStepUp,
        Self::SendSms,
        Self::SendSmsActive,
        Self::ListSessions,
        Self::RevokeById,
        Self::RevokeByToken,
        Self::RevokeByJwt,
        Self::RevokeOfMember,
        Self::RevokeForMember,
        Self::Link,
        Self::LinkFromIntermediate,
        Self::LinkFromIntermediateAfterExchange,
        Self::EmailCode,
        Self::PasswordReset,
        Self::ExistingPasswordReset,
        Self::DiscoverLink,
        Self::DiscoverCode,
        Self::AccessToken,
        Self::AccessTokenFromActive,
        Self::Attest,
        Self::AttestFromActive,
        Self::Impersonate,
        Self::Create,
        Self::CreateFromIntermediateAfterExchange,
        Self::ResetPassword,
        Self::ListOrganizations,
        Self::ListOrganizationsActive,
        Self::CreateTotp,
        Self::RecoveryCodes,
        Self::RotateRecoveryCodes,
        Self::SendLink,
        Self::StartReset,
        Self::Strength,
        Self::Migrate,
        Self::MigrateTotp,
        Self::Jwks,
        Self::Policy,
        Self::OrganizationPolicy,
        Self::Invite,
        Self::Bootstrap,
    ];

    /// Each case with each surface that knows it.
    pub(crate) fn with_sides() -> Vec<(Self, Side)> {
        let all = Self::ALL.into_iter();
        all.flat_map(|case| Side::BOTH.map(|side| (case, side)))
            .filter(|(case, side)| case.is_known_on(*side))
            .collect()
    }

    pub(crate) fn is_known_on(self, side: Side) -> bool {
        self.side().is_none_or(|only| only == side)
    }

    /// The one surface that knows it, unless both do.
    fn side(self) -> Option<Side> {
        match self {
            Self::AuthenticateJwt
            | Self::LoginWithOptions
            | Self::ExchangeWithOptions
            | Self::RefreshWithOptions
            | Self::ListSessions
            | Self::RevokeById
            | Self::RevokeByToken
            | Self::RevokeByJwt
            | Self::RevokeOfMember
            | Self::Migrate
            | Self::MigrateTotp
            | Self::Jwks
            | Self::Policy
            | Self::OrganizationPolicy => Some(Side::Backend),
            Self::LoginProtected
            | Self::SmsProtected
            | Self::RevokeForMember
            | Self::Invite
            | Self::Bootstrap => Some(Side::Frontend),
            _ => None,
        }
    }

    /// Fixtures that are a success of it.
    pub(crate) fn successes(self) -> &'static [&'static str] {
        match self {
            Self::Authenticate | Self::AuthenticateJwt | Self::Refresh => &[
                "sessions.authenticate.success",
                "sessions.authenticate.all_factors",
                "sessions.authenticate.optional_fields_absent",
                "sessions.authenticate.unknown_fields",
            ],
            Self::RefreshWithOptions => &["sessions.authenticate.with_verdict"],
            Self::Login
            | Self::LoginWithOptions
            | Self::LoginProtected
            | Self::LoginFromIntermediate
            | Self::LoginFromIntermediateAfterExchange => &[
                "passwords.authenticate.success",
                "passwords.authenticate.mfa_required",
                "passwords.authenticate.primary_required",
            ],
            Self::Discover => &["passwords.discovery.authenticate.success"],
            Self::Exchange | Self::ExchangeWithOptions => &[
                "sessions.exchange.success",
                "sessions.exchange.with_device",
                "sessions.exchange.mfa_required",
                "sessions.exchange.mfa_required_totp",
                "sessions.exchange.mfa_enrollment_required",
                "sessions.exchange.primary_required",
                "sessions.exchange.primary_and_mfa_required",
            ],
            Self::ExchangeFromDiscovery
            | Self::ExchangeFromIntermediate
            | Self::ExchangeFromIntermediateAfterExchange => &[
                "discovery.intermediate_sessions.exchange.success",
                "discovery.intermediate_sessions.exchange.mfa_required",
                "discovery.intermediate_sessions.exchange.primary_required",
            ],
            Self::Sms | Self::SmsAfterExchange | Self::SmsProtected | Self::SmsStepUp => {
                &["otps.sms.authenticate.success"]
            }
            Self::Totp | Self::TotpStepUp => &["totp.authenticate.success"],
            Self::Recovery | Self::RecoveryStepUp => &["recovery_codes.recover.success"],
            Self::Link | Self::LinkFromIntermediate | Self::LinkFromIntermediateAfterExchange => &[
                "magic_links.authenticate.success",
                "magic_links.authenticate.mfa_required",
                "oauth.authenticate.success",
                "sso.authenticate.success",
            ],
            Self::EmailCode => &["otps.email.authenticate.success"],
            Self::PasswordReset | Self::ExistingPasswordReset => {
                &["passwords.email.reset.mfa_required", "passwords.authenticate.success"]
            }
            Self::DiscoverLink => &[
                "magic_links.discovery.authenticate.success",
                "oauth.discovery.authenticate.success",
            ],
            Self::DiscoverCode => &["otps.email.discovery.authenticate.success"],
            Self::AccessToken | Self::AccessTokenFromActive => {
                &["sessions.exchange_access_token.success"]
            }
            Self::Attest | Self::AttestFromActive => &["sessions.attest.success"],
            Self::Migrate => &["sessions.migrate.success"],
            Self::Impersonate => &["impersonation.authenticate.success"],
            Self::Create | Self::CreateFromIntermediateAfterExchange => &[
                "discovery.organizations.create.success",
                "discovery.organizations.create.mfa_enrollment_required",
            ],
            Self::ResetPassword => &["passwords.session.reset.success"],
            Self::ListOrganizations | Self::ListOrganizationsActive => {
                &["discovery.organizations.success", "discovery.organizations.with_session"]
            }
            Self::CreateTotp | Self::MigrateTotp => &["totp.create.success"],
            Self::RecoveryCodes | Self::RotateRecoveryCodes => &["recovery_codes.get.success"],
            Self::SendLink | Self::StartReset | Self::Invite => {
                &["magic_links.email.login_or_signup.success"]
            }
            Self::Strength => &["passwords.strength_check.success"],
            Self::Jwks => &["sessions.jwks.success"],
            Self::Policy => &["rbac.policy.success"],
            Self::OrganizationPolicy => &["rbac.organizations.get.success"],
            Self::Bootstrap => &["projects.bootstrap.success"],
            Self::SendSms | Self::SendSmsActive => &["otps.sms.send.success"],
            Self::ListSessions => &["sessions.get.success"],
            Self::Revoke
            | Self::RevokeById
            | Self::RevokeByToken
            | Self::RevokeByJwt
            | Self::RevokeOfMember
            | Self::RevokeForMember => &["sessions.revoke.success"],
        }
    }

    /// Whether a success of it carries a session or an unfinished login, or a list of sessions or
    /// keys: bodies whose `request_id` nobody needs.
    pub(crate) fn answers_with_a_session(self) -> bool {
        !self.successes().iter().any(|name| {
            [
                "sessions.revoke.success",
                "otps.sms.send.success",
                "magic_links.email.login_or_signup.success",
                "discovery.organizations.success",
                "totp.create.success",
                "recovery_codes.get.success",
                "passwords.strength_check.success",
                "rbac.policy.success",
                "rbac.organizations.get.success",
                "projects.bootstrap.success",
            ]
            .contains(name)
        })
    }

    /// What its request asks of the server, and so what a refusal can mean.
    pub(crate) fn asks(self) -> Asks {
        match self {
            Self::Refresh | Self::RefreshWithOptions | Self::Revoke => Asks::ForTheSession,
            Self::LoginFromIntermediate
            | Self::LinkFromIntermediate
            | Self::Create
            | Self::ExchangeFromDiscovery
            | Self::ExchangeFromIntermediate
            | Self::Sms
            | Self::SmsProtected
            | Self::Totp
            | Self::Recovery => Asks::ToGoOn { remembers: false },
            Self::LoginFromIntermediateAfterExchange
            | Self::LinkFromIntermediateAfterExchange
            | Self::CreateFromIntermediateAfterExchange
            | Self::ExchangeFromIntermediateAfterExchange
            | Self::SmsAfterExchange => Asks::ToGoOn { remembers: true },
            _ => Asks::SomethingElse,
        }
    }

    pub(crate) fn visit<V: Visit>(self, side: Side, kit: &Kit, visit: V) -> V::Out {
        match side {
            Side::Backend => self.on_backend(kit, visit),
            Side::Frontend => self.on_frontend(kit, visit),
        }
    }

    fn on_backend<V: Visit>(self, kit: &Kit, visit: V) -> V::Out {
        let project = &kit.backend();
        match self {
            Self::AuthenticateJwt => visit.step(project, Session::new().authenticate(kit.jwt())),
            Self::LoginWithOptions => visit.step(
                project,
                Session::new()
                    .login(kit.password())
                    .session_duration(Minutes::MAX)
                    .locale(Locale::PtBr)
                    .custom_claims(kit.claims())
                    .telemetry_id("telemetry-1"),
            ),
            Self::ExchangeWithOptions => visit.step(
                project,
                kit.active()
                    .exchange(&kit.organization())
                    .session_duration(Minutes::MIN)
                    .custom_claims(kit.claims()),
            ),
            Self::RefreshWithOptions => visit.step(
                project,
                kit.active()
                    .authenticate()
                    .session_duration(Minutes::DEFAULT)
                    .custom_claims(kit.claims())
                    .authorization_check(kit.check()),
            ),
            Self::ListSessions => {
                visit.call(project, &ListSessions::new(&kit.organization(), &kit.member()))
            }
            Self::RevokeById => {
                let id = MemberSessionId::new(&*kit.member_session).unwrap();
                visit.call(project, &RevokeSessions::by_id(id).on_behalf_of(&kit.active()))
            }
            Self::RevokeByToken => visit.call(project, &RevokeSessions::by_token(kit.token())),
            Self::RevokeByJwt => visit.call(project, &RevokeSessions::by_jwt(kit.jwt())),
            Self::RevokeOfMember => visit.call(project, &RevokeSessions::of_member(kit.member())),
            Self::Migrate => {
                let token = ForeignSessionToken::new(&*kit.foreign_token).unwrap();
                visit.step(project, Session::new().migrate(&kit.organization(), token))
            }
            Self::MigrateTotp => {
                let secret = TotpSecret::new(&*kit.totp_secret).unwrap();
                let codes = [kit.code()];
                let call = MigrateTotp::new(&kit.organization(), &kit.member(), secret, codes);
                visit.call(project, &call)
            }
            Self::Jwks => visit.call(project, &GetJwks::new()),
            Self::Policy => visit.call(project, &GetRbacPolicy::new()),
            Self::OrganizationPolicy => {
                visit.call(project, &GetOrganizationRbacPolicy::new(&kit.organization()))
            }
            _ => self.on_either(project, kit, visit),
        }
    }

    fn on_frontend<V: Visit>(self, kit: &Kit, visit: V) -> V::Out {
        let project = &kit.frontend();
        match self {
            Self::LoginProtected => visit.step(
                project,
                Session::new()
                    .login(kit.password())
                    .dfp_telemetry_id("fingerprint-1")
                    .captcha_token(&*kit.captcha),
            ),
            Self::SmsProtected => visit.step(
                project,
                kit.intermediate()
                    .authenticate(SmsCode::new(kit.code()))
                    .mfa_enrollment(MfaEnrollment::Enroll)
                    .captcha_token(&*kit.captcha),
            ),
            Self::RevokeForMember => {
                visit.call(project, &kit.active().revoke_for_member(&kit.member()))
            }
            Self::Invite => visit.call(project, &kit.active().invite(&*kit.email)),
            Self::Bootstrap => visit.call(project, &GetBootstrap::new()),
            _ => self.on_either(project, kit, visit),
        }
    }

    fn on_either<P: Surface, V: Visit>(self, project: &Project<P>, kit: &Kit, visit: V) -> V::Out {
        let organization = &kit.organization();
        let sms = || SmsCode::new(kit.code());
        let totp = || TotpCode::new(kit.code());
        let recovery = || RecoveryCode::new(kit.code());
        match self {
            Self::Authenticate => visit.step(project, Session::new().authenticate(kit.token())),
            Self::Login => visit.step(project, Session::new().login(kit.password())),
            Self::LoginFromIntermediate => {
                visit.step(project, kit.intermediate().login(kit.password()))
            }
            Self::LoginFromIntermediateAfterExchange => {
                visit.step(project, kit.intermediate_after_exchange().login(kit.password()))
            }
            Self::Discover => {
                let password = DiscoveryPassword::new(&*kit.email, &*kit.password);
                visit.step(project, Session::new().discover(password))
            }
            Self::Exchange => visit.step(project, kit.active().exchange(organization)),
            Self::ExchangeFromDiscovery => {
                visit.step(project, kit.discovery().exchange(organization))
            }
            Self::ExchangeFromIntermediate => {
                visit.step(project, kit.intermediate().exchange(organization))
            }
            Self::ExchangeFromIntermediateAfterExchange => {
                visit.step(project, kit.intermediate_after_exchange().exchange(organization))
            }
            Self::Refresh => visit.step(project, kit.active().authenticate()),
            Self::Revoke => visit.step(project, kit.active().revoke()),
            Self::Sms => visit.step(project, kit.intermediate().authenticate(sms())),
            Self::SmsAfterExchange => {
                visit.step(project, kit.intermediate_after_exchange().authenticate(sms()))
            }
            Self::Totp => {
                visit.step(project, kit.intermediate().authenticate(totp()).make_default())
            }
            Self::Recovery => visit.step(project, kit.intermediate().authenticate(recovery())),
            Self::SmsStepUp => visit.step(project, kit.active().authenticate_with(sms())),
            Self::TotpStepUp => visit.step(project, kit.active().authenticate_with(totp())),
            Self::RecoveryStepUp => visit.step(project, kit.active().authenticate_with(recovery())),
            Self::SendSms => visit.call(project, &kit.intermediate().send_sms_code()),
            Self::SendSmsActive => visit.call(project, &kit.active().send_sms_code()),
            Self::Link => visit.step(project, Session::new().login(kit.link())),
            Self::LinkFromIntermediate => visit.step(project, kit.intermediate().login(kit.link())),
            Self::LinkFromIntermediateAfterExchange => {
                visit.step(project, kit.intermediate_after_exchange().login(kit.link()))
            }
            Self::EmailCode => {
                let code = EmailCode::new(organization, &*kit.email, kit.code());
                visit.step(project, Session::new().login(code))
            }
            Self::PasswordReset => {
                let reset = PasswordReset::new(&*kit.login_token, &*kit.password).unwrap();
                visit.step(project, Session::new().login(reset.pkce_code_verifier(&kit.verifier())))
            }
            Self::ExistingPasswordReset => {
                let (old, new) = (&*kit.password, &*kit.new_password);
                let reset = ExistingPasswordReset::new(organization, &*kit.email, old, new);
                visit.step(project, Session::new().login(reset))
            }
            Self::DiscoverLink => {
                let link = DiscoveryMagicLink::new(&*kit.login_token).unwrap();
                let link = link.pkce_code_verifier(&kit.verifier());
                visit.step(project, Session::new().discover(link))
            }
            Self::DiscoverCode => {
                let code = DiscoveryEmailCode::new(&*kit.email, kit.code());
                visit.step(project, Session::new().discover(code))
            }
            Self::AccessToken => {
                visit.step(project, Session::new().exchange_access_token(kit.access_token()))
            }
            Self::AccessTokenFromActive => {
                visit.step(project, kit.active().exchange_access_token(kit.access_token()))
            }
            Self::Attest => {
                visit.step(project, Session::new().attest(&kit.profile(), kit.trusted_token()))
            }
            Self::AttestFromActive => {
                visit.step(project, kit.active().attest(&kit.profile(), kit.trusted_token()))
            }
            Self::Impersonate => {
                let token = LoginToken::new(&*kit.login_token).unwrap();
                visit.step(project, Session::new().impersonate(token))
            }
            Self::Create => {
                let new = NewOrganization::new().organization_name(&*kit.resource);
                visit.step(project, kit.discovery().create_organization(new))
            }
            Self::CreateFromIntermediateAfterExchange => {
                let session = kit.intermediate_after_exchange();
                visit.step(project, session.create_organization(NewOrganization::new()))
            }
            Self::ResetPassword => {
                visit.step(project, kit.active().reset_password(&*kit.new_password))
            }
            Self::ListOrganizations => visit.call(project, &kit.discovery().list_organizations()),
            Self::ListOrganizationsActive => {
                visit.call(project, &kit.active().list_organizations())
            }
            Self::CreateTotp => visit.call(project, &kit.intermediate().create_totp()),
            Self::RecoveryCodes => visit.call(project, &kit.active().recovery_codes()),
            Self::RotateRecoveryCodes => visit.call(project, &kit.active().rotate_recovery_codes()),
            Self::SendLink => {
                let call = SendMagicLink::new(organization, &*kit.email)
                    .pkce_code_challenge(kit.verifier().challenge());
                visit.call(project, &call)
            }
            Self::StartReset => {
                visit.call(project, &StartPasswordReset::new(organization, &*kit.email))
            }
            Self::Strength => visit.call(project, &CheckPasswordStrength::new(&*kit.password)),
            one_sided => unreachable!("{one_sided:?} is known on one surface only"),
        }
    }
}

/// What a request asks of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Whether the active session lives.
    ForTheSession,
    /// To go on from an intermediate session.
    ToGoOn {
        /// It remembers the active session that it started from.
        remembers: bool,
    },
    SomethingElse,
}
