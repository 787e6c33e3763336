//! The payload: what the token says (RFC 7519, section 4, and the claims of Stytch).

mod organization;
mod session;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use self::organization::OrganizationClaim;
use self::session::SessionClaim;
use super::date::NumericDate;
use super::error::{JwtError, JwtErrorKind};
use super::names::Text;
use crate::model::{MemberId, MemberSession, SessionParts, Timestamp};

const SESSION: &str = "https://stytch.com/session";
const ORGANIZATION: &str = "https://stytch.com/organization";

/// All claims, well-formed.
pub(super) struct Claims<'a> {
    pub(super) issuer: Cow<'a, str>,
    pub(super) is_for_us: bool,
    pub(super) expires_at: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) issued_at: Timestamp,
    pub(super) member_session: MemberSession,
}

impl<'a> Claims<'a> {
    /// Reads the claims of a token whose signature is good. Whether it is for us depends on the
    /// project's id.
    pub(super) fn read(payload: &'a [u8], audience: &str) -> Result<Self, JwtError> {
        let malformed = JwtError::new(JwtErrorKind::Claims);
        let text = std::str::from_utf8(payload).map_err(|_| malformed)?;
        let mut json = serde_json::Deserializer::from_str(text);
        let mut fault = malformed;
        let visitor = ClaimsVisitor { audience, fault: &mut fault };
        let found = json.deserialize_map(visitor).map_err(|_| fault)?;
        json.end().map_err(|_| malformed)?;
        found.complete()
    }
}

const fn about(name: &'static str) -> JwtError {
    JwtError::about(JwtErrorKind::Claims, name)
}

/// The claims that are there.
#[derive(Default)]
struct Found<'a> {
    iss: Option<Text<'a>>,
    aud: Option<bool>,
    sub: Option<MemberId>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    has_jti: bool,
    session: Option<SessionClaim>,
    organization: Option<OrganizationClaim>,
    custom: Map<String, Value>,
}

impl<'a> Found<'a> {
    fn complete(self) -> Result<Claims<'a>, JwtError> {
        let Text(issuer) = self.iss.ok_or(about("iss"))?;
        let is_for_us = self.aud.ok_or(about("aud"))?;
        let member_id = self.sub.ok_or(about("sub"))?;
        let NumericDate(expires_at) = self.exp.ok_or(about("exp"))?;
        let NumericDate(not_before) = self.nbf.ok_or(about("nbf"))?;
        let NumericDate(issued_at) = self.iat.ok_or(about("iat"))?;
        let session = self.session.ok_or(about(SESSION))?;
        let organization = self.organization.ok_or(about(ORGANIZATION))?;
        let member_session = SessionParts {
            member_session_id: session.id,
            member_id,
            organization_id: organization.organization_id,
            organization_slug: organization.slug,
            started_at: session.started_at,
            last_accessed_at: session.last_accessed_at,
            // Old tokens lack it.
            expires_at: session.expires_at.unwrap_or(expires_at),
            authentication_factors: session.authentication_factors,
            roles: session.roles,
            custom_claims: self.custom,
        };
        Ok(Claims {
            issuer,
            is_for_us,
            expires_at,
            not_before,
            issued_at,
            member_session: member_session.into(),
        })
    }
}

/// Leaves behind which claim was at fault, which the decoder's own error does not say.
struct ClaimsVisitor<'f> {
    audience: &'f str,
    fault: &'f mut JwtError,
}

impl<'de> Visitor<'de> for ClaimsVisitor<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let malformed = *self.fault;
        let mut found = Found::default();
        // What comes between the claims is nobody's fault but the payload's.
        while let Some(Text(name)) = map.next_key()? {
            let mut at = |name| *self.fault = about(name);
            match &*name {
                "iss" => at("iss"),
                "aud" => at("aud"),
                "sub" => at("sub"),
                "exp" => at("exp"),
                "nbf" => at("nbf"),
                "iat" => at("iat"),
                "jti" => at("jti"),
                SESSION => at(SESSION),
                ORGANIZATION => at(ORGANIZATION),
                _ => {}
            }
            match &*name {
                "iss" => once(&mut found.iss, &mut map)?,
                "aud" => {
                    unseen::<A::Error>(found.aud.is_none())?;
                    found.aud = Some(map.next_value_seed(Audience(self.audience))?);
                }
                "sub" => once(&mut found.sub, &mut map)?,
                "exp" => once(&mut found.exp, &mut map)?,
                "nbf" => once(&mut found.nbf, &mut map)?,
                "iat" => once(&mut found.iat, &mut map)?,
                "jti" => {
                    unseen::<A::Error>(!found.has_jti)?;
                    found.has_jti = true;
                    map.next_value::<IgnoredAny>()?;
                }
                SESSION => once(&mut found.session, &mut map)?,
                ORGANIZATION => once(&mut found.organization, &mut map)?,
                _ => {
                    let earlier = found.custom.insert(name.into_owned(), map.next_value()?);
                    unseen::<A::Error>(earlier.is_none())?;
                }
            }
            *self.fault = malformed;
        }
        Ok(found)
    }
}

/// Reads a member of an object that may be there once.
fn once<'de, T, A>(slot: &mut Option<T>, map: &mut A) -> Result<(), A::Error>
where
    T: serde::Deserialize<'de>,
    A: MapAccess<'de>,
{
    unseen::<A::Error>(slot.is_none())?;
    *slot = Some(map.next_value()?);
    Ok(())
}

fn unseen<E: Error>(is_new: bool) -> Result<(), E> {
    if is_new { Ok(()) } else { Err(E::custom("a name is there twice")) }
}

/// Whether this audience is among the token's (RFC 7519, section 4.1.3).
struct Audience<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Audience<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Audience<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audience, or an array of them")
    }

    fn visit_str<E: Error>(self, audience: &str) -> Result<bool, E> {
        Ok(audience == self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut audiences: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(Text(audience)) = audiences.next_element()? {
            found |= audience == self.0;
        }
        Ok(found)
    }
}
