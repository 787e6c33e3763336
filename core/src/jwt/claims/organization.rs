//! The claim `https://stytch.com/organization`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{once, unseen};
use crate::jwt::names::{Names, Text};
use crate::model::OrganizationId;

pub(super) struct OrganizationClaim {
    pub(super) organization_id: OrganizationId,
    pub(super) slug: Option<Box<str>>,
}

impl<'de> Deserialize<'de> for OrganizationClaim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrganizationVisitor;

        impl<'de> Visitor<'de> for OrganizationVisitor {
            type Value = OrganizationClaim;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an organization claim")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<OrganizationClaim, A::Error> {
                let mut organization_id = None;
                // `null` is the same as absence.
                let mut slug: Option<Option<_>> = None;
                let mut others = Names::default();
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "organization_id" => once(&mut organization_id, &mut map)?,
                        "slug" => once(&mut slug, &mut map)?,
                        _ => {
                            others.add(name);
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                unseen::<A::Error>(others.are_unique())?;
                Ok(OrganizationClaim {
                    organization_id: organization_id
                        .ok_or_else(|| A::Error::missing_field("organization_id"))?,
                    slug: slug.flatten(),
                })
            }
        }

        deserializer.deserialize_map(OrganizationVisitor)
    }
}
