//! Proving an e-mail address before an organization is chosen.

use std::marker::PhantomData;
use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::credential::DiscoveryCredential;
use crate::model::EmailAddress;
use crate::project::Project;
use crate::session::Session;
use crate::state::{Discovery, Lifetime, LoggedOut};
use crate::surface::{AllowedOn, EitherSurface, Surface};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::success::{self, intermediate_expiry};

/// A discovery login, in flight. A refusal gives the logged-out session back.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Discover<C, O = EitherSurface> {
    session: Session<LoggedOut>,
    credential: C,
    options: Options,
    reach: PhantomData<O>,
}

impl<C: DiscoveryCredential> Discover<C> {
    pub(crate) fn new(session: Session<LoggedOut>, credential: C) -> Self {
        Self { session, credential, options: Options::default(), reach: PhantomData }
    }
}

option_methods! {
    impl [C,] Discover [C] { session, credential };
    protected_auth
}

impl<C, O> Step for Discover<C, O> {
    type Before = Session<LoggedOut>;
    type After = Session<Discovery>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, C: DiscoveryCredential, O: AllowedOn<P>> Endpoint<P> for Discover<C, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self.credential.write(project.post(C::ROUTE));
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, C: DiscoveryCredential, O: AllowedOn<P>> Transition<P> for Discover<C, O> {
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        match reply::decode::<P, success::Discovered>(response) {
            Ok(reply) => Ok(Session::of(Discovery {
                token: reply.token,
                email_address: EmailAddress::from(reply.email_address),
                organizations: reply.organizations,
                lifetime: Lifetime::until(intermediate_expiry(now)),
                identity: reply.identity,
            })),
            Err(error) => {
                let mut secrets = self.credential.secrets();
                secrets.extend(self.options.secrets());
                let error = error.without_secrets(&secrets);
                Err(Failure::Kept { session: self.session, error })
            }
        }
    }
}
