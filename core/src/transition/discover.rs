//! Proving an e-mail address before an organization is chosen.

use std::time::SystemTime;

use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::credential::DiscoveryCredential;
use crate::model::EmailAddress;
use crate::project::Project;
use crate::session::Session;
use crate::state::{Discovery, Lifetime, LoggedOut};
use crate::surface::Surface;
use crate::transport::{Request, Response};
use crate::wire::reply::{self, intermediate_expiry};

/// A discovery login, in flight. A refusal gives the logged-out session back.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Discover<C> {
    session: Session<LoggedOut>,
    credential: C,
}

impl<C: DiscoveryCredential> Discover<C> {
    pub(crate) const fn new(session: Session<LoggedOut>, credential: C) -> Self {
        Self { session, credential }
    }
}

impl<C> Step for Discover<C> {
    type Before = Session<LoggedOut>;
    type After = Session<Discovery>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl<P: Surface, C: DiscoveryCredential> Endpoint<P> for Discover<C> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        self.credential.write(project.post(C::ROUTE)).finish(context)
    }
}

impl<P: Surface, C: DiscoveryCredential> Transition<P> for Discover<C> {
    fn complete(
        self,
        response: &Response,
        now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        match reply::decode::<P, reply::Discovered>(response) {
            Ok(reply) => Ok(Session::of(Discovery {
                token: reply.token,
                email_address: EmailAddress::from(reply.email_address),
                organizations: reply.organizations,
                lifetime: Lifetime::until(intermediate_expiry(now)),
            })),
            Err(error) => Err(Failure::Kept {
                error: error.without_secrets(&[self.credential.secret()]),
                session: self.session,
            }),
        }
    }
}
