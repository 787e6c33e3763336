//! Calls that send an e-mail.

use std::marker::PhantomData;

use crate::context::Context;
use crate::error::Error;
use crate::model::{CodeMinutes, EmailAddress, LinkMinutes, OrganizationId, Sent};
use crate::pkce::PkceChallenge;
use crate::project::Project;
use crate::surface::{AllowedOn, Backend, BackendOnly, EitherSurface, Surface};
use crate::transition::options::{Options, option_methods};
use crate::transition::{Call, Endpoint};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

/// Declares a call that sends an e-mail: what it must have, what it may have on both surfaces and
/// on the backend, under the API's own names, and its options that other steps have too.
macro_rules! email_call {
    (
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $argument_type:ty),+), $route:expr;
        both {
            $(
                $(#[$field_doc:meta])*
                $field:ident $(= $wire:literal)?: $field_type:ty,
            )+
        }
        $(backend {
            $( $(#[$backend_doc:meta])* $backend:ident: $backend_type:ty, )+
        })?
        options { $($option:ident),+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "a call does nothing until its request is sent"]
        pub struct $name<O = EitherSurface> {
            $( $argument: $argument_type, )+
            $( $field: Option<$field_type>, )+
            $($( $backend: Option<$backend_type>, )+)?
            options: Options,
            reach: PhantomData<O>,
        }

        impl $name {
            email_call!(@new $($argument: $argument_type),+; $($field,)+ $($($backend,)+)?);
        }

        option_methods! {
            impl [] $name [] { $($argument,)+ $($field,)+ $($($backend,)+)? };
            $($option),+
        }

        impl<O> $name<O> {
            $(
                $(#[$field_doc])*
                pub fn $field(mut self, value: impl Into<$field_type>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )+
        }

        $(impl<O: AllowedOn<Backend>> $name<O> {
            $(
                $(#[$backend_doc])*
                ///
                /// Backend only.
                pub fn $backend(mut self, value: $backend_type) -> $name<BackendOnly> {
                    self.$backend = Some(value);
                    self.narrow(|_| ())
                }
            )+
        })?

        impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for $name<O> {
            fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
                let draft = project
                    .post($route)
                    $( .field(stringify!($argument), &self.$argument) )+
                    $( .optional(email_call!(@wire $field $($wire)?), self.$field.as_ref()) )+
                    $($( .optional(stringify!($backend), self.$backend.as_ref()) )+)?;
                self.options.write(draft).finish(context)
            }
        }

        impl<P: Surface, O: AllowedOn<P>> Call<P> for $name<O> {
            type Output = Sent;

            fn decode(&self, response: &Response) -> Result<Sent, Error> {
                let secrets: Vec<&str> = self.options.secrets().collect();
                reply::answer::<P, Sent>(response, &secrets)
            }
        }
    };
    (@wire $field:ident) => { stringify!($field) };
    (@wire $field:ident $wire:literal) => { $wire };
    (@new organization_id: $organization:ty, email_address: $email:ty; $($none:ident,)*) => {
        /// To this address, for this organization.
        pub fn new(organization: &$organization, email_address: impl Into<$email>) -> Self {
            Self {
                organization_id: organization.clone(),
                email_address: email_address.into(),
                $( $none: None, )*
                options: Options::default(),
                reach: PhantomData,
            }
        }
    };
    (@new email_address: $email:ty; $($none:ident,)*) => {
        /// To this address.
        pub fn new(email_address: impl Into<$email>) -> Self {
            Self {
                email_address: email_address.into(),
                $( $none: None, )*
                options: Options::default(),
                reach: PhantomData,
            }
        }
    };
}

email_call! {
    /// Sends a login link, which also makes a member of whoever may join.
    ///
    /// Source: `POST /b2b/magic_links/email/login_or_signup`.
    ///
    /// ```
    /// use stytch_session::{OrganizationId, SendMagicLink};
    ///
    /// let organization = OrganizationId::new("harbor-lights")?;
    /// let call = SendMagicLink::new(&organization, "ada@example.com")
    ///     .login_redirect_url("https://app.example.com/callback");
    /// # let _ = call;
    /// # Ok::<(), stytch_session::InvalidInput>(())
    /// ```
    SendMagicLink(organization_id: OrganizationId, email_address: EmailAddress),
    route!("/b2b/magic_links/email/login_or_signup", IfNotSent);
    both {
        /// Where the link leads to for a member.
        login_redirect_url: Box<str>,
        /// Where the link leads to for somebody new.
        signup_redirect_url: Box<str>,
        /// The challenge whose verifier will finish the login.
        pkce_code_challenge: PkceChallenge,
        /// The template of the e-mail to a member.
        login_template_id: Box<str>,
        /// The template of the e-mail to somebody new.
        signup_template_id: Box<str>,
    }
    backend {
        /// How long the link to a member is good for; 60 minutes unless set.
        login_expiration_minutes: LinkMinutes,
        /// How long the link to somebody new is good for; 60 minutes unless set.
        signup_expiration_minutes: LinkMinutes,
    }
    options { locale }
}

email_call! {
    /// Sends a link that proves an e-mail address, before an organization is chosen.
    ///
    /// Source: `POST /b2b/magic_links/email/discovery/send`.
    SendDiscoveryMagicLink(email_address: EmailAddress),
    route!("/b2b/magic_links/email/discovery/send", IfNotSent);
    both {
        /// Where the link leads to.
        discovery_redirect_url: Box<str>,
        /// The challenge whose verifier will finish the login.
        pkce_code_challenge: PkceChallenge,
        /// The template of the e-mail.
        login_template_id: Box<str>,
        /// How long the link is good for; 60 minutes unless set.
        discovery_expiration_minutes: LinkMinutes,
    }
    options { locale, protected_auth }
}

email_call! {
    /// Sends a code by e-mail, which also makes a member of whoever may join.
    ///
    /// Source: `POST /b2b/otps/email/login_or_signup`.
    SendEmailCode(organization_id: OrganizationId, email_address: EmailAddress),
    route!("/b2b/otps/email/login_or_signup", IfNotSent);
    both {
        /// The template of the e-mail to a member.
        login_template_id: Box<str>,
        /// The template of the e-mail to somebody new.
        signup_template_id: Box<str>,
        /// How long the code to a member is good for; 10 minutes unless set.
        login_expiration_minutes: CodeMinutes,
        /// How long the code to somebody new is good for; 10 minutes unless set.
        signup_expiration_minutes: CodeMinutes,
    }
    options { locale, protected_auth }
}

email_call! {
    /// Sends a code that proves an e-mail address, before an organization is chosen.
    ///
    /// Source: `POST /b2b/otps/email/discovery/send`.
    SendDiscoveryEmailCode(email_address: EmailAddress),
    route!("/b2b/otps/email/discovery/send", IfNotSent);
    both {
        /// The template of the e-mail.
        login_template_id: Box<str>,
        /// How long the code is good for; 10 minutes unless set.
        discovery_expiration_minutes: CodeMinutes,
    }
    options { locale, protected_auth }
}

email_call! {
    /// Sends a link by which a member sets a new password.
    ///
    /// Source: `POST /b2b/passwords/email/reset/start`.
    StartPasswordReset(organization_id: OrganizationId, email_address: EmailAddress),
    route!("/b2b/passwords/email/reset/start", IfNotSent);
    both {
        /// Where a link to log in without a new password leads to.
        login_redirect_url: Box<str>,
        /// Where the link to set a new password leads to.
        reset_password_redirect_url: Box<str>,
        /// How long the link is good for; 30 minutes unless set.
        reset_password_expiration_minutes: LinkMinutes,
        /// The template of the e-mail.
        reset_password_template_id: Box<str>,
        /// The template of an e-mail that proves the address first.
        verify_email_template_id: Box<str>,
        /// The challenge whose verifier will finish the reset (`code_challenge`).
        pkce_code_challenge = "code_challenge": PkceChallenge,
    }
    options { locale, protected_auth }
}

email_call! {
    /// Sends a link by which a person sets a new password, before an organization is chosen.
    ///
    /// Source: `POST /sdk/v1/b2b/passwords/discovery/reset/start`,
    /// `POST /v1/b2b/passwords/discovery/email/reset/start`.
    StartDiscoveryPasswordReset(email_address: EmailAddress),
    Route::new(
        "/sdk/v1/b2b/passwords/discovery/reset/start",
        "/v1/b2b/passwords/discovery/email/reset/start",
        Repeat::IfNotSent,
    );
    both {
        /// Where a link to log in without a new password leads to.
        discovery_redirect_url: Box<str>,
        /// Where the link to set a new password leads to.
        reset_password_redirect_url: Box<str>,
        /// How long the link is good for; 30 minutes unless set.
        reset_password_expiration_minutes: LinkMinutes,
        /// The template of the e-mail.
        reset_password_template_id: Box<str>,
        /// The challenge whose verifier will finish the reset.
        pkce_code_challenge: PkceChallenge,
    }
    options { locale, protected_auth }
}
