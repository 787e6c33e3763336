//! What does not compile: the steps that a state lacks, copies, and the pairs of `src/misuse.rs`.
//!
//! All types get trait methods with the names of the steps. Where a session has a method of its
//! own that one is taken, and otherwise the trait's: the types of this file tell them apart, so
//! that it compiles only if every state has exactly the steps of the table.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use stytch_session::*;
use stytch_session_mock::MockTransport;

/// What the fallback returns, and no session does.
struct Absent;

macro_rules! matrix {
    ($( $name:ident { $( $state:ident: $found:ty, )+ } )+) => {
        trait Fallback {
            $( fn $name(&self) -> Absent { Absent } )+
        }

        impl<T> Fallback for T {}

        /// Each name with the states that have it.
        fn matrix() -> Vec<(&'static str, BTreeSet<&'static str>)> {
            vec![$( {
                $( let _: $found = Session::<$state>::$name; )+
                let found = [$( (stringify!($state), stringify!($found)) ),+];
                assert_eq!(found.map(|(state, _)| state), STATES);
                let there = found.into_iter().filter(|(_, found)| !found.starts_with("Not<"));
                (stringify!($name), there.map(|(state, _)| state).collect())
            } ),+]
        }
    };
}

const STATES: [&str; 4] = ["LoggedOut", "Discovery", "Intermediate", "Active"];

/// The state `S` lacks the method.
type Not<S> = fn(&Session<S>) -> Absent;

matrix! {
    authenticate {
        LoggedOut: fn(Session<LoggedOut>, SessionToken) -> Authenticate<SessionToken>,
        Discovery: Not<Discovery>,
        Intermediate: fn(Session<Intermediate>, TotpCode) -> AuthenticateFactor<TotpCode, Intermediate>,
        Active: fn(Session<Active>) -> Refresh,
    }
    login {
        LoggedOut: fn(Session<LoggedOut>, Password) -> Login<Password, LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: fn(Session<Intermediate>, Password) -> Login<Password, Intermediate>,
        Active: Not<Active>,
    }
    discover {
        LoggedOut: fn(Session<LoggedOut>, DiscoveryPassword) -> Discover<DiscoveryPassword>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: Not<Active>,
    }
    exchange {
        LoggedOut: Not<LoggedOut>,
        Discovery: fn(Session<Discovery>, &OrganizationId) -> Exchange<Discovery>,
        Intermediate: fn(Session<Intermediate>, &OrganizationId) -> Exchange<Intermediate>,
        Active: fn(Session<Active>, &OrganizationId) -> Exchange<Active>,
    }
    authenticate_with {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(Session<Active>, SmsCode) -> AuthenticateFactor<SmsCode, Active>,
    }
    revoke {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(Session<Active>) -> Revoke,
    }
    forget {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(Session<Active>) -> Session<LoggedOut>,
    }
    abandon {
        LoggedOut: Not<LoggedOut>,
        Discovery: fn(Session<Discovery>) -> Session<LoggedOut>,
        Intermediate: fn(Session<Intermediate>) -> Abandoned,
        Active: Not<Active>,
    }
    member_session {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(&Session<Active>) -> &MemberSession,
    }
    session_token {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(&Session<Active>) -> &SessionToken,
    }
    exchange_access_token {
        LoggedOut: fn(Session<LoggedOut>, AccessToken) -> ExchangeAccessToken<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(Session<Active>, AccessToken) -> ExchangeAccessToken<Active>,
    }
    attest {
        LoggedOut: fn(Session<LoggedOut>, &TrustedTokenProfileId, TrustedToken) -> Attest<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(Session<Active>, &TrustedTokenProfileId, TrustedToken) -> Attest<Active>,
    }
    migrate {
        LoggedOut: fn(Session<LoggedOut>, &OrganizationId, ForeignSessionToken) -> Migrate,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: Not<Active>,
    }
    impersonate {
        LoggedOut: fn(Session<LoggedOut>, LoginToken) -> Impersonate,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: Not<Active>,
    }
    create_organization {
        LoggedOut: Not<LoggedOut>,
        Discovery: fn(Session<Discovery>, NewOrganization) -> CreateOrganization<Discovery>,
        Intermediate: fn(Session<Intermediate>, NewOrganization) -> CreateOrganization<Intermediate>,
        Active: Not<Active>,
    }
    reset_password {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(Session<Active>, &'static str) -> ResetPassword,
    }
    list_organizations {
        LoggedOut: Not<LoggedOut>,
        Discovery: fn(&Session<Discovery>) -> ListOrganizations<'_>,
        Intermediate: fn(&Session<Intermediate>) -> ListOrganizations<'_>,
        Active: fn(&Session<Active>) -> ListOrganizations<'_>,
    }
    create_totp {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: fn(&Session<Intermediate>) -> CreateTotp<'_>,
        Active: fn(&Session<Active>) -> CreateTotp<'_>,
    }
    recovery_codes {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(&Session<Active>) -> GetRecoveryCodes<'_>,
    }
    rotate_recovery_codes {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(&Session<Active>) -> RotateRecoveryCodes<'_>,
    }
    invite {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: Not<Intermediate>,
        Active: fn(&'static Session<Active>, &'static str) -> Invite<'static>,
    }
    send_sms_code {
        LoggedOut: Not<LoggedOut>,
        Discovery: Not<Discovery>,
        Intermediate: fn(&Session<Intermediate>) -> SendSmsCode<'_>,
        Active: fn(&Session<Active>) -> SendSmsCode<'_>,
    }
}

#[test]
fn every_state_has_the_steps_of_its_row_and_no_other() {
    let documented = include_str!("../src/session.rs").lines().filter_map(|line| {
        let (state, steps) = line.strip_prefix("/// | [`")?.split_once('`')?;
        let steps = steps.rsplit_once("| `")?.1.trim_end_matches("` |");
        Some((state, steps.split("`, `").collect()))
    });
    let documented: Vec<(&str, BTreeSet<&str>)> = documented.collect();
    let reading = [
        "member_session",
        "session_token",
        "list_organizations",
        "create_totp",
        "recovery_codes",
        "rotate_recovery_codes",
        "invite",
        "send_sms_code",
    ];
    let matrix = matrix();
    let found = STATES.map(|state| {
        let of_state = matrix.iter().filter(|(_, states)| states.contains(state));
        let steps = of_state.map(|(name, _)| *name).filter(|name| !reading.contains(name));
        (state, steps.collect())
    });
    assert_eq!(documented, found);
}

/// Whether a type is `Clone`: where it is, the constant of its own hides the trait's.
struct Copies<T>(PhantomData<T>);

trait NoCopies {
    const POSSIBLE: bool = false;
}

impl<T> NoCopies for Copies<T> {}

impl<T: Clone> Copies<T> {
    const POSSIBLE: bool = true;
}

macro_rules! cannot_be_copied {
    ($( $type:ty ),+ $(,)?) => {
        const { $( assert!(!Copies::<$type>::POSSIBLE); )+ }
    };
}

#[test]
fn sessions_and_steps_cannot_be_copied() {
    const { assert!(Copies::<SessionToken>::POSSIBLE, "the question can be answered with yes") };
    cannot_be_copied!(
        Session<LoggedOut>,
        Session<Discovery>,
        Session<Intermediate>,
        Session<Active>,
        AnySession,
        Authenticated,
        Abandoned,
        Failure<Session<Active>>,
        WrongState,
        Authenticate,
        Authenticate<SessionJwt>,
        AuthenticateFactor<SmsCode, Active>,
        AuthenticateFactor<TotpCode, Intermediate>,
        Discover<DiscoveryPassword>,
        Exchange<Discovery>,
        Exchange<Intermediate>,
        Exchange<Active>,
        Login<Password, LoggedOut>,
        Login<Password, Intermediate>,
        Attest<LoggedOut>,
        Attest<Active>,
        CreateOrganization<Discovery>,
        CreateOrganization<Intermediate>,
        ExchangeAccessToken<LoggedOut>,
        ExchangeAccessToken<Active>,
        Impersonate,
        Migrate,
        ResetPassword,
        Refresh,
        Revoke,
        LoggedOut,
        Discovery,
        Intermediate,
        Active,
    );
}

#[test]
fn sessions_are_small() {
    let sizes = [
        size_of::<Session<LoggedOut>>(),
        size_of::<Session<Discovery>>(),
        size_of::<Session<Intermediate>>(),
        size_of::<Session<Active>>(),
    ];
    assert!(sizes.iter().all(|size| *size <= 16), "{sizes:?}");
}

macro_rules! can_be_shared {
    ($( $type:ident $(<$($argument:ty),+>)? ),+ $(,)?) => {{
        const fn check<T: Send + Sync>() {}
        $( check::<$type $(<$($argument),+>)?>(); )+
        [$( stringify!($type) ),+]
    }};
}

#[test]
fn all_types_can_be_sent_and_shared() {
    let types = can_be_shared![
        Abandoned,
        AccessToken,
        AccessTokenExchangeFactor,
        Active,
        AnySession,
        ApiError,
        ApiErrorKind,
        Application,
        Attest<Active>,
        AuthMethod,
        Authenticate,
        AuthenticateFactor<SmsCode, Active>,
        Authenticated,
        AuthenticationFactor,
        AuthenticatorAppFactor,
        AuthorizationCheck,
        AuthorizationVerdict,
        Backend,
        BackendOnly,
        Bootstrap,
        CaptchaSettings,
        CaptchaToken,
        CheckPasswordStrength,
        Client<Frontend, MockTransport>,
        ClientBuilder<Frontend, MockTransport>,
        Code,
        CodeMinutes,
        ConnectionId,
        Context,
        CreateOrganization<Discovery>,
        CreateTotp,
        CustomClaims,
        CustomRole,
        DecodeError,
        Delivery,
        DeliveryMethod,
        DeviceInfo,
        DeviceInfoDetails,
        Discover<DiscoveryPassword>,
        DiscoveredOrganization,
        DiscoveredOrganizations,
        Discovery,
        DiscoveryEmailCode,
        DiscoveryMagicLink,
        DiscoveryOauth,
        DiscoveryPassword,
        DiscoveryPasswordReset,
        EitherSurface,
        EmailAddress,
        EmailCode,
        EmailFactor,
        EmailId,
        Environment,
        Error,
        ErrorKind,
        Exchange,
        ExchangeAccessToken<Active>,
        ExistingPasswordReset,
        FactorDetails,
        FactorType,
        Failure<Session<Active>>,
        ForeignSessionToken,
        Frontend,
        FrontendOnly,
        GetBootstrap,
        GetJwks,
        GetOrganizationRbacPolicy,
        GetRbacPolicy,
        GetRecoveryCodes,
        Impersonate,
        ImpersonatedFactor,
        ImplicitRoleAssignment,
        Intermediate,
        IntermediateSessionToken,
        InvalidInput,
        Invite,
        Invited,
        JitProvisioning,
        JsonWebKey,
        JsonWebKeySet,
        LinkMinutes,
        ListOrganizations,
        ListSessions,
        LiveError,
        LiveSession,
        LiveSessions,
        Locale,
        LoggedOut,
        Login<Password, LoggedOut>,
        LoginDetails,
        LoginToken,
        MagicLink,
        Member,
        MemberId,
        MemberOptions,
        MemberRole,
        MemberSession,
        MemberSessionId,
        MemberStatus,
        Membership,
        MembershipDetails,
        MembershipType,
        MemoryStore,
        MfaEnrollment,
        MfaMethod,
        MfaPolicy,
        MfaRequired,
        Migrate,
        MigrateTotp,
        MigratedTotp,
        Minutes,
        NewOrganization,
        Oauth,
        OauthExchangeFactor,
        OauthFactor,
        OauthProvider,
        OauthRegistration,
        Organization,
        OrganizationId,
        OrganizationRbacPolicy,
        Password,
        PasswordConfig,
        PasswordReset,
        PasswordResetLink,
        PasswordStrength,
        PasswordId,
        PasswordText,
        Permission,
        PhoneId,
        PhoneNumber,
        PhoneNumberFactor,
        PkceChallenge,
        PkcePair,
        PkceVerifier,
        PrimaryRequired,
        Progress,
        Project,
        ProjectId,
        ProjectSecret,
        ProtectedAuthMode,
        ProviderIdentity,
        ProviderTenant,
        ProviderToken,
        ProviderValues,
        PublicToken,
        QrCode,
        RbacPolicy,
        RbacResource,
        RbacScope,
        RecoveryCode,
        RecoveryCodeFactor,
        RecoveryCodeId,
        RecoveryCodes,
        Redirect,
        Refresh,
        RegistrationId,
        Repeat,
        Request,
        RequestInfo,
        Requirement,
        ResetPassword,
        ResourceId,
        Response,
        RestoreError,
        Restriction,
        RetiredEmailAddress,
        Revoke,
        RevokeForMember,
        RevokeSessions,
        RoleId,
        RoleSource,
        RoleSourceDetails,
        RoleSourceType,
        RotateRecoveryCodes,
        ScimActiveConnection,
        ScimRegistration,
        Seed,
        SendDiscoveryEmailCode,
        SendDiscoveryMagicLink,
        SendEmailCode,
        SendMagicLink,
        SendSmsCode,
        Sent,
        SequenceOrder,
        Session<Active>,
        SetOrganizationRbacPolicy,
        SessionJwt,
        SessionToken,
        SmsCode,
        Sso,
        SsoActiveConnection,
        SsoFactor,
        SsoProtocol,
        SsoRegistration,
        StartDiscoveryPasswordReset,
        StartPasswordReset,
        StartUrl,
        StateKind,
        StoredSession,
        SystemClock,
        SystemSeed,
        Timestamp,
        TotpCode,
        TotpId,
        TotpMinutes,
        TotpRegistration,
        TotpSecret,
        TransportError,
        TransportErrorKind,
        TransportPhase,
        TrustedAuthTokenFactor,
        TrustedToken,
        TrustedTokenProfileId,
        UnexpectedReply,
        WrongState,
    ];
    let traits = [
        "AllowedOn",
        "BlockingTransport",
        "Call",
        "Clock",
        "ContinuingCredential",
        "DiscoveryCredential",
        "Endpoint",
        "ExchangeOrigin",
        "IntermediateOrigin",
        "IntoCode",
        "KnownMember",
        "Origin",
        "PrimaryCredential",
        "Runtime",
        "SecondFactor",
        "SeedSource",
        "SessionCredential",
        "State",
        "Step",
        "Store",
        "Surface",
        "Task",
        "Transition",
        "Transport",
    ];
    // Each needs a feature that is not always there.
    let optional = ["FileStore", "TokioRuntime"];
    let known: BTreeSet<&str> = types.into_iter().chain(traits).chain(optional).collect();
    let public = exported(include_str!("../src/lib.rs"));
    let public: BTreeSet<&str> = public.chain(exported(include_str!("../src/model.rs"))).collect();
    assert_eq!(known, public, "a type that is new or gone");
}

/// The types and traits that a file's `pub use` lines name.
fn exported(source: &str) -> impl Iterator<Item = &str> {
    let after = source.split("\npub use ").skip(1).filter_map(|rest| Some(rest.split_once(';')?.0));
    let names = after.flat_map(|list| list.split(|c: char| !c.is_alphanumeric() && c != '_'));
    names.filter(|name| name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase))
}

#[test]
fn each_misuse_stands_before_a_twin_that_differs_in_one_line() {
    let lines: Vec<&str> = include_str!("../src/misuse.rs")
        .lines()
        .map(|line| line.trim_start_matches("//!").trim_start())
        .collect();
    let mut fences = lines.split(|line| line.starts_with("```"));
    let mut codes = lines.iter().filter(|line| line.starts_with("```") && **line != "```");
    let mut pairs = 0;
    fences.next();
    while let (Some(misuse), Some(between), Some(twin)) =
        (fences.next(), fences.next(), fences.next())
    {
        let code = codes.next().and_then(|fence| fence.strip_prefix("```compile_fail,E0"));
        assert!(code.is_some_and(|code| code.len() == 3), "{misuse:?}");
        assert_eq!(between, [""], "the twin of {misuse:?} is next to it");
        let same = misuse.iter().zip(twin).take_while(|(a, b)| a == b).count();
        let (misuse, twin) = (&misuse[same..], &twin[same..]);
        // One line is another, or is missing.
        assert!(misuse[1..] == twin[1..] || misuse == &twin[1..], "{misuse:?} {twin:?}");
        pairs += 1;
        fences.next();
    }
    assert!(pairs >= 12 && codes.next().is_none(), "{pairs}");
}
