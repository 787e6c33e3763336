//! The families of success bodies: `R0`, `AUTH`, `AUTH+MFA` and `DISC` in the protocol, and what
//! calls answer.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::DecodeError;
use crate::model::{
    AuthorizationVerdict, DeviceInfo, DiscoveredOrganization, JsonWebKey, LoginDetails, Member,
    MemberSession, MfaRequired, MigratedTotp, Organization, OrganizationRbacPolicy,
    PrimaryRequired, ProviderIdentity, ProviderValues, RbacPolicy, RecoveryCodes, Requirement,
    Timestamp, TotpId, TotpRegistration,
};
use crate::secret::{
    Code, IntermediateSessionToken, ProviderToken, QrCode, SessionJwt, SessionToken, TotpSecret,
};
use crate::state::Active;
use crate::wire::json::OnlyObjects;
use crate::wire::text::Text;

/// `status_code`, where a body has it, must speak of success: an error object sent with a 200 is
/// no success.
#[derive(Default)]
pub(super) struct Success;

impl<'de> Deserialize<'de> for Success {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<u16>::deserialize(deserializer)? {
            None | Some(200..=299) => Ok(Self),
            Some(_) => Err(DecodeError::in_json(DecodeError::NOT_A_SUCCESS)),
        }
    }
}

/// `error_type`, which no success has.
#[derive(Default)]
pub(super) struct NoError;

impl<'de> Deserialize<'de> for NoError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<IgnoredAny>::deserialize(deserializer)? {
            None => Ok(Self),
            Some(_) => Err(DecodeError::in_json(DecodeError::NOT_A_SUCCESS)),
        }
    }
}

/// A reply that says no more than that it was done. Both members are always there, and nothing
/// less counts as done.
pub(crate) struct Done;

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Body {
            status_code: u16,
            request_id: Box<str>,
            #[serde(rename = "error_type", default)]
            _error_type: NoError,
        }

        let body = Body::deserialize(OnlyObjects(deserializer))?;
        if !(200..=299).contains(&body.status_code) {
            return Err(DecodeError::in_json(DecodeError::NOT_A_SUCCESS));
        }
        if body.request_id.is_empty() {
            return Err(DecodeError::in_json("the request id is empty"));
        }
        Ok(Self)
    }
}

/// A reply that carries a finished session.
pub(crate) struct Finished(pub(crate) Active);

/// A reply that says what is still required.
pub(crate) struct Unfinished {
    pub(crate) token: IntermediateSessionToken,
    pub(crate) member: Member,
    pub(crate) organization: Organization,
    pub(crate) requirement: Requirement,
    pub(crate) details: Option<Box<LoginDetails>>,
}

/// What a login or an exchange comes to.
pub(crate) enum Outcome {
    Finished(Box<Active>),
    Unfinished(Box<Unfinished>),
}

/// All members of `AUTH` and `AUTH+MFA`, before they are held against each other.
#[derive(Deserialize)]
struct Authentication<'a> {
    #[serde(rename = "status_code", default)]
    _status_code: Success,
    #[serde(rename = "error_type", default)]
    _error_type: NoError,
    member_authenticated: Option<bool>,
    member_session: Option<MemberSession>,
    #[serde(default, borrow)]
    session_token: Text<'a>,
    #[serde(default, borrow)]
    session_jwt: Text<'a>,
    #[serde(default, borrow)]
    intermediate_session_token: Text<'a>,
    #[serde(default, borrow)]
    member_id: Text<'a>,
    #[serde(default, borrow)]
    organization_id: Text<'a>,
    member: Member,
    organization: Organization,
    mfa_required: Option<MfaRequired>,
    primary_required: Option<PrimaryRequired>,
    member_device: Option<Box<DeviceInfo>>,
    verdict: Option<Box<AuthorizationVerdict>>,
    recovery_codes_remaining: Option<u32>,
    #[serde(default, borrow)]
    method_id: Text<'a>,
    #[serde(default, borrow)]
    member_email_id: Text<'a>,
    #[serde(default, borrow)]
    provider_type: Text<'a>,
    #[serde(default, borrow)]
    provider_subject: Text<'a>,
    provider_values: Option<ProviderValues>,
}

impl<'de> Deserialize<'de> for ProviderValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Body<'a> {
            scopes: Option<Vec<Box<str>>>,
            #[serde(default, borrow)]
            access_token: Text<'a>,
            #[serde(default, borrow)]
            refresh_token: Text<'a>,
            #[serde(default, borrow)]
            id_token: Text<'a>,
            expires_at: Option<Timestamp>,
        }

        let body = Body::deserialize(OnlyObjects(deserializer))?;
        let token = |text: Text<'_>| text.non_empty().map(ProviderToken::from);
        Ok(Self {
            scopes: body.scopes.unwrap_or_default(),
            access_token: token(body.access_token),
            refresh_token: token(body.refresh_token),
            id_token: token(body.id_token),
            expires_at: body.expires_at,
        })
    }
}

impl Authentication<'_> {
    /// What only logins say, if this body says any of it.
    fn details(&mut self) -> Option<Box<LoginDetails>> {
        let text = |text: &mut Text<'_>| std::mem::take(text).non_empty().map(Box::from);
        let details = LoginDetails {
            method_id: text(&mut self.method_id),
            member_email_id: text(&mut self.member_email_id),
            provider_type: text(&mut self.provider_type),
            provider_subject: text(&mut self.provider_subject),
            provider_values: self.provider_values.take(),
        };
        details.says_something().then(|| Box::new(details))
    }

    fn outcome(mut self) -> Result<Outcome, &'static str> {
        let details = self.details();
        if self.member.organization_id() != self.organization.organization_id() {
            return Err("member and organization do not belong together");
        }
        let member_id = self.member_id.non_empty();
        let organization_id = self.organization_id.non_empty();
        if member_id.is_some_and(|id| id != self.member.member_id().as_str())
            || organization_id.is_some_and(|id| id != self.member.organization_id().as_str())
        {
            return Err("the ids beside member and organization are others");
        }
        let session = self.session_token.non_empty();
        let intermediate = self.intermediate_session_token.non_empty();
        let requirement = Requirement::new(self.mfa_required, self.primary_required);
        match (self.member_session, session, intermediate, requirement) {
            (Some(member_session), Some(token), None, None)
                if self.member_authenticated != Some(false) =>
            {
                if member_session.member_id() != self.member.member_id()
                    || member_session.organization_id() != self.organization.organization_id()
                {
                    return Err("session and member do not belong together");
                }
                let jwt = self.session_jwt.non_empty().map(SessionJwt::new).transpose();
                Ok(Outcome::Finished(Box::new(Active {
                    token: SessionToken::new(token)
                        .map_err(|_| "the session token is malformed")?,
                    jwt: jwt.map_err(|_| "the session JWT is malformed")?,
                    member_session: Arc::new(member_session),
                    member: Arc::new(self.member),
                    organization: Arc::new(self.organization),
                    device: self.member_device,
                    verdict: self.verdict,
                    recovery_codes_remaining: self.recovery_codes_remaining,
                    details,
                })))
            }
            (None, None, Some(token), Some(requirement))
                if self.member_authenticated != Some(true) && self.session_jwt.is_empty() =>
            {
                let token = IntermediateSessionToken::new(token)
                    .map_err(|_| "the intermediate session token is malformed")?;
                Ok(Outcome::Unfinished(Box::new(Unfinished {
                    token,
                    member: self.member,
                    organization: self.organization,
                    requirement,
                    details,
                })))
            }
            (Some(_), None, ..) => Err("the session has no token (cookie mode is for browsers)"),
            _ => Err("the body contradicts itself: neither a session nor an unfinished login"),
        }
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body = Authentication::deserialize(OnlyObjects(deserializer))?;
        body.outcome().map_err(DecodeError::in_json)
    }
}

impl<'de> Deserialize<'de> for Finished {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Outcome::deserialize(deserializer)? {
            Outcome::Finished(active) => Ok(Self(*active)),
            Outcome::Unfinished(_) => {
                Err(DecodeError::in_json("an unfinished login where a session was due"))
            }
        }
    }
}

/// A discovery login (`DISC`).
pub(crate) struct Discovered {
    pub(crate) token: IntermediateSessionToken,
    pub(crate) email_address: Box<str>,
    pub(crate) organizations: Vec<DiscoveredOrganization>,
    pub(crate) identity: Option<Box<ProviderIdentity>>,
}

impl<'de> Deserialize<'de> for Discovered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(rename = "status_code", default)]
            _status_code: Success,
            #[serde(rename = "error_type", default)]
            _error_type: NoError,
            #[serde(default, borrow)]
            intermediate_session_token: Text<'a>,
            email_address: Box<str>,
            discovered_organizations: Option<Vec<DiscoveredOrganization>>,
            #[serde(default, borrow)]
            provider_type: Text<'a>,
            #[serde(default, borrow)]
            provider_tenant_id: Text<'a>,
            provider_tenant_ids: Option<Vec<Box<str>>>,
            #[serde(default, borrow)]
            full_name: Text<'a>,
        }

        let body = Body::deserialize(OnlyObjects(deserializer))?;
        let token = body.intermediate_session_token.non_empty().ok_or_else(|| {
            DecodeError::in_json("the login has no token (cookie mode is for browsers)")
        })?;
        // The frontend names one tenant, the backend all.
        let one = body.provider_tenant_id.non_empty().map(Box::from);
        let identity = body.provider_type.non_empty().map(|provider_type| {
            Box::new(ProviderIdentity {
                provider_type: provider_type.into(),
                provider_tenant_ids: body
                    .provider_tenant_ids
                    .unwrap_or_else(|| one.into_iter().collect()),
                full_name: body.full_name.non_empty().map(Box::from),
            })
        });
        Ok(Self {
            token: IntermediateSessionToken::new(token)
                .map_err(|_| DecodeError::in_json("the intermediate session token is malformed"))?,
            email_address: body.email_address,
            organizations: body.discovered_organizations.unwrap_or_default(),
            identity,
        })
    }
}

/// A list of member sessions.
#[derive(Deserialize)]
pub(crate) struct MemberSessions {
    #[serde(rename = "status_code", default)]
    _status_code: Success,
    #[serde(rename = "error_type", default)]
    _error_type: NoError,
    pub(crate) member_sessions: Vec<MemberSession>,
}

/// The time until which an intermediate session lives when it was first received now.
pub(crate) fn intermediate_expiry(now: SystemTime) -> Timestamp {
    Timestamp::from(now).saturating_add(Duration::from_secs(600))
}

/// Secrets that a member is given to keep, as they come.
#[derive(Deserialize)]
pub(crate) struct Enrollment<'a> {
    #[serde(default, borrow)]
    totp_registration_id: Text<'a>,
    #[serde(default, borrow)]
    secret: Text<'a>,
    #[serde(default, borrow)]
    qr_code: Text<'a>,
    recovery_codes: Option<Vec<Text<'a>>>,
    member: Box<Member>,
    organization: Box<Organization>,
}

impl Enrollment<'_> {
    fn recovery_codes(&mut self) -> Result<Vec<Code>, &'static str> {
        let codes = self.recovery_codes.take().ok_or("the body has no recovery codes")?;
        codes
            .into_iter()
            .map(|code| Code::new(code.non_empty().unwrap_or_default()))
            .collect::<Result<_, _>>()
            .map_err(|_| "a recovery code is malformed")
    }

    fn totp_id(&mut self) -> Result<TotpId, &'static str> {
        let id = std::mem::take(&mut self.totp_registration_id).non_empty().unwrap_or_default();
        TotpId::new(id).map_err(|_| "the registration id is malformed")
    }
}

macro_rules! from_enrollment {
    ($name:ident, $body:ident => $made:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut $body = Enrollment::deserialize(OnlyObjects(deserializer))?;
                let made: Result<Self, &'static str> = $made;
                made.map_err(DecodeError::in_json)
            }
        }
    };
}

from_enrollment!(TotpRegistration, body => (|| Ok(Self {
    totp_registration_id: body.totp_id()?,
    secret: TotpSecret::new(std::mem::take(&mut body.secret).non_empty().unwrap_or_default())
        .map_err(|_| "the secret is malformed")?,
    qr_code: QrCode::from(std::mem::take(&mut body.qr_code).non_empty().unwrap_or_default()),
    recovery_codes: body.recovery_codes()?,
    member: body.member,
    organization: body.organization,
}))());

from_enrollment!(MigratedTotp, body => (|| Ok(Self {
    totp_registration_id: body.totp_id()?,
    recovery_codes: body.recovery_codes()?,
    member: body.member,
    organization: body.organization,
}))());

from_enrollment!(RecoveryCodes, body => (|| Ok(Self {
    recovery_codes: body.recovery_codes()?,
    member: body.member,
    organization: body.organization,
}))());

/// The project's policy.
#[derive(Deserialize)]
pub(crate) struct Policy {
    pub(crate) policy: RbacPolicy,
}

/// An organization's policy.
#[derive(Deserialize)]
pub(crate) struct OrganizationPolicy {
    pub(crate) org_policy: OrganizationRbacPolicy,
}

/// The keys that sign session JWTs: those that can be read.
pub(crate) struct Keys {
    pub(crate) keys: Vec<JsonWebKey>,
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(rename = "status_code", default)]
            _status_code: Success,
            #[serde(rename = "error_type", default)]
            _error_type: NoError,
            keys: Readable<JsonWebKey>,
        }

        let body = Body::deserialize(OnlyObjects(deserializer))?;
        Ok(Self { keys: body.keys.0 })
    }
}

/// The items of a short array that can be read.
struct Readable<T>(Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Readable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Far more keys than a project has.
        const MAX_ITEMS: usize = 64;

        struct Items<T>(PhantomData<T>);

        impl<'de, T: DeserializeOwned> Visitor<'de> for Items<T> {
            type Value = Readable<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of at most 64 items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut read = Vec::new();
                let mut count = 0_usize;
                while let Some(item) = items.next_element::<&RawValue>()? {
                    count = count.saturating_add(1);
                    if count > MAX_ITEMS {
                        return Err(A::Error::invalid_length(count, &self));
                    }
                    read.extend(serde_json::from_str(item.get()));
                }
                Ok(Readable(read))
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}
