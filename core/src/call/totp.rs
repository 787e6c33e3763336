//! Authenticator apps.

use std::marker::PhantomData;

use super::Proof;
use crate::context::Context;
use crate::error::Error;
use crate::model::{MemberId, MigratedTotp, OrganizationId, TotpMinutes, TotpRegistration};
use crate::project::Project;
use crate::secret::{Code, TotpSecret};
use crate::surface::{AllowedOn, Backend, EitherSurface, Surface};
use crate::transition::options::{Options, option_methods};
use crate::transition::{Call, Endpoint};
use crate::transport::{Repeat, Request, Response};
use crate::wire::reply;
use crate::wire::request::{Route, route};

const CREATE: Route = route!("/b2b/totp", IfNotSent);

/// Enrolls an authenticator app for the member.
///
/// It counts once a first code is given ([`TotpCode`](crate::TotpCode)), within 60 minutes unless
/// set otherwise. A member with another second factor must have proven it (`insufficient_factors`).
///
/// Source: `POST /b2b/totp`.
#[derive(Debug)]
#[must_use = "a call does nothing until its request is sent"]
pub struct CreateTotp<'a, O = EitherSurface> {
    proof: Proof<'a>,
    expiration_minutes: Option<TotpMinutes>,
    options: Options,
    reach: PhantomData<O>,
}

impl<'a> CreateTotp<'a> {
    pub(crate) fn new(proof: Proof<'a>) -> Self {
        let (options, reach) = (Options::default(), PhantomData);
        Self { proof, expiration_minutes: None, options, reach }
    }
}

option_methods! {
    impl ['a,] CreateTotp ['a] { proof, expiration_minutes };
    protected_auth
}

impl<O> CreateTotp<'_, O> {
    /// How long the member has to give a first code.
    pub const fn expiration_minutes(mut self, minutes: TotpMinutes) -> Self {
        self.expiration_minutes = Some(minutes);
        self
    }
}

impl<P: Surface, O: AllowedOn<P>> Endpoint<P> for CreateTotp<'_, O> {
    fn request(&self, project: &Project<P>, context: &Context<'_>) -> Request {
        let draft = self
            .proof
            .carry_member(project.post(CREATE))
            .optional("expiration_minutes", self.expiration_minutes.as_ref());
        self.options.write(draft).finish(context)
    }
}

impl<P: Surface, O: AllowedOn<P>> Call<P> for CreateTotp<'_, O> {
    type Output = TotpRegistration;

    fn decode(&self, response: &Response) -> Result<TotpRegistration, Error> {
        let mut secrets = self.proof.secrets();
        secrets.extend(self.options.secrets());
        reply::answer::<P, TotpRegistration>(response, &secrets)
    }
}

const MIGRATE: Route =
    Route::new("/sdk/v1/b2b/totp/migrate", "/v1/b2b/totp/migrate", Repeat::IfNotSent);

/// Takes over an authenticator app and its recovery codes from another system. Backend only.
///
/// Source: `POST /v1/b2b/totp/migrate`.
///
/// ```
/// use stytch_session::{Code, MemberId, MigrateTotp, OrganizationId, TotpSecret};
///
/// let call = MigrateTotp::new(
///     &OrganizationId::new("organization-test-1")?,
///     &MemberId::new("member-test-1")?,
///     TotpSecret::new("JBSWY3DPEHPK3PXP")?,
///     [Code::new("recovery-code-1")?],
/// );
/// # let _ = call;
/// # Ok::<(), stytch_session::InvalidInput>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a call does nothing until its request is sent"]
pub struct MigrateTotp {
    organization: OrganizationId,
    member: MemberId,
    secret: TotpSecret,
    recovery_codes: Vec<Code>,
}

impl MigrateTotp {
    /// The member's shared secret, in base32, and recovery codes.
    pub fn new(
        organization: &OrganizationId,
        member: &MemberId,
        secret: TotpSecret,
        recovery_codes: impl IntoIterator<Item = Code>,
    ) -> Self {
        Self {
            organization: organization.clone(),
            member: member.clone(),
            secret,
            recovery_codes: recovery_codes.into_iter().collect(),
        }
    }

    fn recovery_codes(&self) -> Vec<&str> {
        self.recovery_codes.iter().map(Code::secret).collect()
    }
}

impl Endpoint<Backend> for MigrateTotp {
    fn request(&self, project: &Project<Backend>, context: &Context<'_>) -> Request {
        project
            .post(MIGRATE)
            .field("organization_id", &self.organization)
            .field("member_id", &self.member)
            .field("secret", self.secret.secret())
            .field("recovery_codes", &self.recovery_codes())
            .finish(context)
    }
}

impl Call<Backend> for MigrateTotp {
    type Output = MigratedTotp;

    fn decode(&self, response: &Response) -> Result<MigratedTotp, Error> {
        let mut secrets = self.recovery_codes();
        secrets.push(self.secret.secret());
        reply::answer::<Backend, MigratedTotp>(response, &secrets)
    }
}
