//! A code by text message.

use std::marker::PhantomData;

use super::Proof;
use crate::context::Context;
use crate::error::Error;
use crate::model::{PhoneNumber, Sent};
use crate::project::Project;
use crate::surface::{AllowedOn, EitherSurface, Frontend, FrontendOnly, Surface};
use crate::transition::options::{Options, option_methods};
use crate::transition::{Call, Endpoint};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/otps/sms/send", IfNotSent);

/// Sends a code to the member's phone.
///
/// The code is good for two minutes; sending a new one voids the old. After a login that needs a
/// second factor the server may have sent one by itself
/// ([`secondary_auth_initiated`](crate::MfaRequired::secondary_auth_initiated)).
///
/// Source: `POST /b2b/otps/sms/send`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct SendSmsCode<'a, O = EitherSurface> {
    proof: Proof<'a>,
    phone_number: Option<PhoneNumber>,
    autofill: Option<bool>,
    options: Options,
    reach: PhantomData<O>,
}

impl<'a> SendSmsCode<'a> {
    pub(crate) fn new(proof: Proof<'a>) -> Self {
        let (options, reach) = (Options::default(), PhantomData);
        Self { proof, phone_number: None, autofill: None, options, reach }
    }
}

option_methods! {
    impl ['a,] SendSmsCode ['a] { proof, phone_number, autofill };
    locale, protected_auth
}

impl<'a, O> SendSmsCode<'a, O> {
    /// The phone number, for a member that has none yet. In E.164 form, such as `+14155550001`.
    pub fn phone_number(mut self, number: impl Into<PhoneNumber>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// Writes the message so that phones offer to fill the code in (`enable_autofill`). Frontend
    /// only.
    pub fn enable_autofill(mut self) -> SendSmsCode<'a, FrontendOnly>
    where
        O: AllowedOn<Frontend>,
    {
        self.autofill = Some(true);
        self.narrow(|_| ())
    }
}

impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for SendSmsCode<'_, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self
            .proof
            .carry_member(project.post(ROUTE))
            .optional("mfa_phone_number", self.phone_number.as_ref())
            .optional("enable_autofill", self.autofill.as_ref());
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, O: AllowedOn<P>> Call<P> for SendSmsCode<'_, O> {
    type Output = Sent;

    fn decode(&self, response: &Response) -> Result<Sent, Error> {
        let mut secrets = self.proof.secrets();
        secrets.extend(self.options.secrets());
        reply::answer::<P, Sent>(response, &secrets)
    }
}
