//! Taking over a session of another system.

use std::time::SystemTime;

use super::options::{Options, option_methods};
use super::origin::complete_active;
use super::{Endpoint, Failure, Step, Transition};
use crate::context::Context;
use crate::model::OrganizationId;
use crate::project::Project;
use crate::secret::ForeignSessionToken;
use crate::session::Session;
use crate::state::{Active, LoggedOut};
use crate::surface::{Backend, BackendOnly};
use crate::transport::{Request, Response};
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/sessions/migrate", IfNotSent);

/// Taking over a session of another system by its token, in flight. Backend only.
#[derive(Debug)]
#[must_use = "a step does nothing until its request is sent and completed"]
pub struct Migrate<O = BackendOnly> {
    session: Session<LoggedOut>,
    organization: OrganizationId,
    token: ForeignSessionToken,
    options: Options,
    reach: std::marker::PhantomData<O>,
}

impl Migrate {
    pub(crate) fn new(
        session: Session<LoggedOut>,
        organization: OrganizationId,
        token: ForeignSessionToken,
    ) -> Self {
        let (options, reach) = (Options::default(), std::marker::PhantomData);
        Self { session, organization, token, options, reach }
    }
}

option_methods! {
    impl [] Migrate [] { session, organization, token };
    session_duration, custom_claims
}

impl<O> Step for Migrate<O> {
    type Before = Session<LoggedOut>;
    type After = Session<Active>;

    fn cancel(self) -> Self::Before {
        self.session
    }
}

impl Endpoint<Backend> for Migrate {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        let draft = project
            .post(ROUTE)
            .field("session_token", self.token.secret())
            .field("organization_id", &self.organization)
            .minted_duration(self.options.session_duration);
        self.options.write(draft).finish(context)
    }
}

impl Transition<Backend> for Migrate {
    fn complete(
        self,
        response: &Response,
        _now: SystemTime,
    ) -> Result<Self::After, Failure<Self::Before>> {
        complete_active::<Backend, _>(self.session, response, &[self.token.secret()])
    }
}
