//! How good a password is.

use crate::context::Context;
use crate::error::Error;
use crate::model::{EmailAddress, PasswordStrength};
use crate::project::Project;
use crate::secret::PasswordText;
use crate::surface::Surface;
use crate::transition::{Call, Endpoint};
use crate::transport::{Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

const ROUTE: Route = route!("/b2b/passwords/strength_check", Always);

/// Asks whether a password would be accepted, before a member sets it.
///
/// Source: `POST /b2b/passwords/strength_check`.
///
/// ```
/// use stytch_session::CheckPasswordStrength;
///
/// let call = CheckPasswordStrength::new("correct horse").email_address("ada@example.com");
/// assert!(!format!("{call:?}").contains("horse"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a call does nothing until its request is sent"]
pub struct CheckPasswordStrength {
    password: PasswordText,
    email_address: Option<EmailAddress>,
}

impl CheckPasswordStrength {
    /// This password: text of any form.
    pub fn new(password: impl Into<PasswordText>) -> Self {
        Self { password: password.into(), email_address: None }
    }

    /// The member's e-mail address, which should not be part of the password.
    pub fn email_address(mut self, email_address: impl Into<EmailAddress>) -> Self {
        self.email_address = Some(email_address.into());
        self
    }
}

impl<P: Surface> Endpoint<P> for CheckPasswordStrength {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        project
            .post(ROUTE)
            .field("password", self.password.secret())
            .optional("email_address", self.email_address.as_ref())
            .finish(context)
    }
}

impl<P: Surface> Call<P> for CheckPasswordStrength {
    type Output = PasswordStrength;

    fn decode(&self, response: &Response) -> Result<PasswordStrength, Error> {
        reply::answer::<P, PasswordStrength>(response, &[self.password.secret()])
    }
}
