//! Each step and call, with and without options.

use stytch_session::{
    DiscoveryPassword, ListSessions, Locale, MemberSessionId, MfaEnrollment, Minutes, Project,
    RecoveryCode, RevokeSessions, Session, SmsCode, Surface, TotpCode,
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
}

impl Case {
    pub(crate) const ALL: [Self; 32] = [
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
    ];

    /// Each case with each surface that knows it.
    pub(crate) fn with_sides() -> Vec<(Self, Side)> {
        let all = Self::ALL.into_iter();
        all.flat_map(|case| Side::BOTH.map(|side| (case, side)))
            .filter(|(case, side)| case.side().is_none_or(|only| only == *side))
            .collect()
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
            | Self::RevokeOfMember => Some(Side::Backend),
            Self::LoginProtected | Self::SmsProtected | Self::RevokeForMember => {
                Some(Side::Frontend)
            }
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

    /// What its request asks of the server, and so what a refusal can mean.
    pub(crate) fn asks(self) -> Asks {
        match self {
            Self::Refresh | Self::RefreshWithOptions | Self::Revoke => Asks::ForTheSession,
            Self::LoginFromIntermediate
            | Self::ExchangeFromDiscovery
            | Self::ExchangeFromIntermediate
            | Self::Sms
            | Self::SmsProtected
            | Self::Totp
            | Self::Recovery => Asks::ToGoOn { remembers: false },
            Self::LoginFromIntermediateAfterExchange
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
