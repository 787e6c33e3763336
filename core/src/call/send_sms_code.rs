//! A code by text message.

use crate::context::Context;
use crate::error::Error;
use crate::model::{Locale, Member, PhoneNumber};
use crate::project::Project;
use crate::state::{Active, Intermediate};
use crate::surface::Surface;
use crate::transition::{Call, Endpoint, origin::sealed::Origin as _};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Draft, Route, route};

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
pub struct SendSmsCode<'a> {
    proof: Proof<'a>,
    phone_number: Option<PhoneNumber>,
    locale: Option<Locale>,
}

#[derive(Debug)]
enum Proof<'a> {
    Intermediate(&'a Intermediate),
    Active(&'a Active),
}

impl<'a> Proof<'a> {
    const fn member(&self) -> &'a Member {
        match self {
            Self::Intermediate(state) => &state.member,
            Self::Active(state) => &state.member,
        }
    }

    fn carry<P: Surface>(&self, draft: Draft<'a, P>) -> Draft<'a, P> {
        match self {
            Self::Intermediate(state) => state.carry(draft),
            Self::Active(state) => state.carry(draft),
        }
    }

    fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Intermediate(state) => state.secrets(),
            Self::Active(state) => state.secrets(),
        }
    }
}

impl<'a> SendSmsCode<'a> {
    pub(crate) const fn for_intermediate(state: &'a Intermediate) -> Self {
        Self { proof: Proof::Intermediate(state), phone_number: None, locale: None }
    }

    pub(crate) const fn for_active(state: &'a Active) -> Self {
        Self { proof: Proof::Active(state), phone_number: None, locale: None }
    }

    /// The phone number, for a member that has none yet. In E.164 form, such as `+14155550001`.
    pub fn phone_number(mut self, number: impl Into<PhoneNumber>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// The language of the message.
    pub fn locale(mut self, locale: Locale) -> Self {
        self.locale = Some(locale);
        self
    }
}

impl<P: Surface> Endpoint<P> for SendSmsCode<'_> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let member = self.proof.member();
        self.proof
            .carry(project.post(ROUTE))
            .field("organization_id", member.organization_id())
            .field("member_id", member.member_id())
            .optional("mfa_phone_number", self.phone_number.as_ref())
            .optional("locale", self.locale.as_ref())
            .finish(context)
    }
}

impl<P: Surface> Call<P> for SendSmsCode<'_> {
    type Output = ();

    fn decode(&self, response: &Response) -> Result<(), Error> {
        match reply::decode::<P, reply::Done>(response) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.without_secrets(&self.proof.secrets())),
        }
    }
}
