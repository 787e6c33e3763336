//! The claim `https://stytch.com/session`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{once, unseen};
use crate::jwt::names::{Names, Text};
use crate::model::{AuthenticationFactor, MemberSessionId, RoleId, Timestamp};

pub(super) struct SessionClaim {
    pub(super) id: MemberSessionId,
    pub(super) started_at: Timestamp,
    pub(super) last_accessed_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) authentication_factors: Vec<AuthenticationFactor>,
    pub(super) roles: Vec<RoleId>,
}

impl<'de> Deserialize<'de> for SessionClaim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SessionVisitor;

        impl<'de> Visitor<'de> for SessionVisitor {
            type Value = SessionClaim;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a session claim")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SessionClaim, A::Error> {
                let (mut id, mut started_at, mut last_accessed_at) = (None, None, None);
                // `null` is the same as absence.
                let mut expires_at: Option<Option<_>> = None;
                let mut factors: Option<Option<_>> = None;
                let mut roles: Option<Option<_>> = None;
                let mut has_attributes = false;
                let mut others = Names::default();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "id" => once(&mut id, &mut map)?,
                        "started_at" => once(&mut started_at, &mut map)?,
                        "last_accessed_at" => once(&mut last_accessed_at, &mut map)?,
                        "expires_at" => once(&mut expires_at, &mut map)?,
                        "authentication_factors" => once(&mut factors, &mut map)?,
                        "roles" => once(&mut roles, &mut map)?,
                        // Of no use to B2B, but in each token.
                        "attributes" => {
                            unseen::<A::Error>(!has_attributes)?;
                            has_attributes = true;
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ => {
                            others.add(name);
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                unseen::<A::Error>(others.are_unique())?;
                Ok(SessionClaim {
                    id: id.ok_or_else(|| A::Error::missing_field("id"))?,
                    started_at: started_at.ok_or_else(|| A::Error::missing_field("started_at"))?,
                    last_accessed_at: last_accessed_at
                        .ok_or_else(|| A::Error::missing_field("last_accessed_at"))?,
                    expires_at: expires_at.flatten(),
                    authentication_factors: factors.flatten().unwrap_or_default(),
                    roles: roles.flatten().unwrap_or_default(),
                })
            }
        }

        deserializer.deserialize_map(SessionVisitor)
    }
}
