//! The optional parts of steps, as builder methods.

use crate::model::{AuthorizationCheck, CustomClaims, Locale, Minutes};
use crate::secret::CaptchaToken;
use crate::surface::Surface;
use crate::transition::MfaEnrollment;
use crate::wire::request::Draft;

/// What a step may carry beside its subject. Each step offers the methods that its endpoint knows.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) session_duration: Option<Minutes>,
    pub(crate) locale: Option<Locale>,
    pub(crate) custom_claims: Option<CustomClaims>,
    pub(crate) authorization_check: Option<AuthorizationCheck>,
    pub(crate) telemetry_id: Option<Box<str>>,
    pub(crate) dfp_telemetry_id: Option<Box<str>>,
    pub(crate) captcha_token: Option<CaptchaToken>,
    pub(crate) mfa_enrollment: Option<MfaEnrollment>,
    pub(crate) default_mfa: Option<bool>,
}

impl Options {
    /// What must not be shown, not even if a server echoes it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.captcha_token.iter().map(CaptchaToken::secret)
    }

    /// Adds everything but the duration, whose default depends on the endpoint.
    pub(crate) fn write<'a, P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        draft
            .optional("locale", self.locale.as_ref())
            .optional("session_custom_claims", self.custom_claims.as_ref())
            .optional("authorization_check", self.authorization_check.as_ref())
            .optional("telemetry_id", self.telemetry_id.as_ref())
            .optional("dfp_telemetry_id", self.dfp_telemetry_id.as_ref())
            .optional("captcha_token", self.captcha_token.as_ref().map(CaptchaToken::secret))
            .optional("set_mfa_enrollment", self.mfa_enrollment.map(MfaEnrollment::as_str))
            .optional("set_default_mfa", self.default_mfa.as_ref())
    }
}

/// Gives a step with the fields `options` and `reach` the named builder methods.
///
/// An option that only one surface has turns the step into one for that surface.
macro_rules! option_methods {
    (impl $generics:tt $step:ident $args:tt $fields:tt; $($option:ident),+ $(,)?) => {
        option_methods!(@narrow $generics $step $args $fields);
        $( option_methods!(@$option $generics $step $args); )+
    };
    (@narrow [$($g:tt)*] $step:ident [$($a:tt),*] { $($f:ident),* $(,)? }) => {
        impl<$($g)* O> $step<$($a,)* O> {
            #[allow(dead_code, reason = "only steps with options of one surface need it")]
            pub(crate) fn narrow<N>(
                mut self,
                set: impl FnOnce(&mut $crate::transition::options::Options),
            ) -> $step<$($a,)* N> {
                set(&mut self.options);
                $step {
                    $($f: self.$f,)*
                    options: self.options,
                    reach: std::marker::PhantomData,
                }
            }
        }
    };
    (@session_duration [$($g:tt)*] $step:ident [$($a:tt),*]) => {
        impl<$($g)* O> $step<$($a,)* O> {
            /// How long the session shall last from now on.
            ///
            /// Where a session is minted the default is 60 minutes; an existing one keeps its
            /// `expires_at`. The project may set a lower limit than
            /// [`Minutes::MAX`]($crate::Minutes::MAX) (`invalid_session_duration`).
            pub fn session_duration(mut self, minutes: $crate::model::Minutes) -> Self {
                self.options.session_duration = Some(minutes);
                self
            }
        }
    };
    (@locale [$($g:tt)*] $step:ident [$($a:tt),*]) => {
        impl<$($g)* O> $step<$($a,)* O> {
            /// The language of a text message or e-mail that this step sends.
            pub fn locale(mut self, locale: $crate::model::Locale) -> Self {
                self.options.locale = Some(locale);
                self
            }
        }
    };
    (@custom_claims [$($g:tt)*] $step:ident [$($a:tt),*]) => {
        impl<$($g)* O: $crate::surface::AllowedOn<$crate::surface::Backend>> $step<$($a,)* O> {
            /// Claims to set on the session and in its JWT; `null` deletes one. Backend only.
            pub fn custom_claims(
                self,
                claims: $crate::model::CustomClaims,
            ) -> $step<$($a,)* $crate::surface::BackendOnly> {
                self.narrow(|options| options.custom_claims = Some(claims))
            }
        }
    };
    (@authorization_check [$($g:tt)*] $step:ident [$($a:tt),*]) => {
        impl<$($g)* O: $crate::surface::AllowedOn<$crate::surface::Backend>> $step<$($a,)* O> {
            /// Succeeds only if the member's roles allow an action. Backend only.
            ///
            /// A refusal keeps the session (`session_authorization_error`,
            /// `session_authorization_tenancy_error`).
            pub fn authorization_check(
                self,
                check: $crate::model::AuthorizationCheck,
            ) -> $step<$($a,)* $crate::surface::BackendOnly> {
                self.narrow(|options| options.authorization_check = Some(check))
            }
        }
    };
    (@telemetry_id [$($g:tt)*] $step:ident [$($a:tt),*]) => {
        impl<$($g)* O: $crate::surface::AllowedOn<$crate::surface::Backend>> $step<$($a,)* O> {
            /// The device-fingerprinting id of the member's browser. Backend only.
            pub fn telemetry_id(
                self,
                id: impl Into<Box<str>>,
            ) -> $step<$($a,)* $crate::surface::BackendOnly> {
                let id = id.into();
                self.narrow(|options| options.telemetry_id = Some(id))
            }
        }
    };
    (@protected_auth [$($g:tt)*] $step:ident [$($a:tt),*]) => {
        impl<$($g)* O: $crate::surface::AllowedOn<$crate::surface::Frontend>> $step<$($a,)* O> {
            /// The device fingerprint, where the project has protected auth on. Frontend only.
            pub fn dfp_telemetry_id(
                self,
                id: impl Into<Box<str>>,
            ) -> $step<$($a,)* $crate::surface::FrontendOnly> {
                let id = id.into();
                self.narrow(|options| options.dfp_telemetry_id = Some(id))
            }

            /// The proof that a captcha was solved, where the project wants one. Frontend only.
            pub fn captcha_token(
                self,
                token: impl Into<$crate::secret::CaptchaToken>,
            ) -> $step<$($a,)* $crate::surface::FrontendOnly> {
                let token = token.into();
                self.narrow(|options| options.captcha_token = Some(token))
            }
        }
    };
}
pub(crate) use option_methods;
