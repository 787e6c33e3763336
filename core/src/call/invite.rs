//! Inviting a person.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Error;
use crate::model::{EmailAddress, Invited, Locale, RoleId};
use crate::project::Project;
use crate::state::Active;
use crate::surface::Frontend;
use crate::transition::origin::sealed::Origin as _;
use crate::transition::{Call, Endpoint};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/magic_links/email/invite", IfNotSent);

/// Invites a person to the caller's organization by a link that is good for a week. Frontend only.
///
/// The caller's roles must allow it (`unauthorized_action`). Made by
/// [`Session::invite`](crate::Session::invite).
///
/// Source: `POST /sdk/v1/b2b/magic_links/email/invite`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct Invite<'a> {
    session: &'a Active,
    email_address: EmailAddress,
    redirect_url: Option<Box<str>>,
    template_id: Option<Box<str>>,
    name: Option<Box<str>>,
    untrusted_metadata: Option<Map<String, Value>>,
    locale: Option<Locale>,
    roles: Vec<RoleId>,
}

impl<'a> Invite<'a> {
    pub(crate) const fn new(session: &'a Active, email_address: EmailAddress) -> Self {
        Self {
            session,
            email_address,
            redirect_url: None,
            template_id: None,
            name: None,
            untrusted_metadata: None,
            locale: None,
            roles: Vec::new(),
        }
    }

    /// Where the link leads to (`invite_redirect_url`).
    pub fn invite_redirect_url(mut self, url: impl Into<Box<str>>) -> Self {
        self.redirect_url = Some(url.into());
        self
    }

    /// The template of the e-mail (`invite_template_id`).
    pub fn invite_template_id(mut self, id: impl Into<Box<str>>) -> Self {
        self.template_id = Some(id.into());
        self
    }

    /// The person's name.
    pub fn name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What the member may change themselves (`untrusted_metadata`).
    pub fn untrusted_metadata(
        mut self,
        metadata: impl IntoIterator<Item = (String, Value)>,
    ) -> Self {
        self.untrusted_metadata = Some(metadata.into_iter().collect());
        self
    }

    /// The language of the e-mail.
    pub fn locale(mut self, locale: Locale) -> Self {
        self.locale = Some(locale);
        self
    }

    /// A role for the member, beside `stytch_member`.
    pub fn role(mut self, role: RoleId) -> Self {
        self.roles.push(role);
        self
    }
}

impl Endpoint<Frontend> for Invite<'_> {
    fn request(&self, project: &Project<Frontend>, context: &Context<'_>) -> Request {
        let roles = (!self.roles.is_empty()).then_some(&self.roles);
        project
            .post(ROUTE)
            .session(self.session)
            .field("email_address", &self.email_address)
            .optional("invite_redirect_url", self.redirect_url.as_ref())
            .optional("invite_template_id", self.template_id.as_ref())
            .optional("name", self.name.as_ref())
            .optional("untrusted_metadata", self.untrusted_metadata.as_ref())
            .optional("locale", self.locale.as_ref())
            .optional("roles", roles)
            .finish(context)
    }
}

impl Call<Frontend> for Invite<'_> {
    type Output = Invited;

    fn decode(&self, response: &Response) -> Result<Invited, Error> {
        reply::answer::<Frontend, Invited>(response, &self.session.secrets())
    }
}
