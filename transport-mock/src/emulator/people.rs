//! People: the same e-mail address in several organizations, with one password for all.

use super::ids;
use super::organization::Member;
use super::totp;
use super::world::{
    MemberKey, MemberRecord, OrganizationKey, Password, Phone, RecoveryCode, Totp, World, mailbox,
    same_address,
};

impl World {
    /// Whether the person with this address has a password.
    pub(crate) fn has_password(&self, email_address: &str) -> bool {
        self.passwords.contains_key(&mailbox(email_address))
            || self.members.iter().any(|member| {
                same_address(&member.email_address, email_address) && member.password.is_some()
            })
    }

    /// Whether the person's password is not accepted until it is reset.
    pub(crate) fn must_reset_password(&self, email_address: &str) -> bool {
        self.members.iter().any(|member| {
            same_address(&member.email_address, email_address) && member.must_reset_password
        })
    }

    /// Gives the person with this address a new password, which holds in all organizations.
    pub(crate) fn set_password(&mut self, email_address: &str, text: &str) {
        self.passwords.remove(&mailbox(email_address));
        let own = self
            .members
            .iter_mut()
            .filter(|member| same_address(&member.email_address, email_address));
        let mut somewhere = false;
        for member in own {
            let id = ids::named("member-password", &member.id);
            member.password = Some(Password { id, text: text.to_owned() });
            member.must_reset_password = false;
            somewhere = true;
        }
        if !somewhere {
            self.passwords.insert(mailbox(email_address), text.to_owned());
        }
    }

    /// Whether `password` is the person's, who has one password for all organizations.
    pub(crate) fn password_matches(
        &self,
        email_address: &str,
        member: Option<MemberKey>,
        password: &str,
    ) -> bool {
        let own = member.and_then(|member| self.member(member).password.as_ref());
        match own {
            Some(own) => own.text == password,
            None => {
                let unattached = self.passwords.get(&mailbox(email_address));
                unattached.is_some_and(|own| own == password)
                    || self.members.iter().any(|member| {
                        same_address(&member.email_address, email_address)
                            && member.password.as_ref().is_some_and(|own| own.text == password)
                    })
            }
        }
    }

    /// An e-mail address as it was registered, if it was, rather than as it was typed.
    pub(crate) fn as_registered(&self, email_address: String) -> String {
        let known = self.position(|member| same_address(&member.email_address, &email_address));
        known.map_or(email_address, |member| self.member(member).email_address.clone())
    }

    /// Makes whoever has this address a member, not yet active, if the organization lets them join.
    pub(crate) fn sign_up(
        &mut self,
        organization: OrganizationKey,
        email_address: &str,
        now: i64,
    ) -> Option<MemberKey> {
        self.joining_domain(organization, email_address)?;
        let email_address = self.as_registered(email_address.to_owned());
        Some(self.add_member(organization, Member::new(email_address).pending(), now))
    }

    /// The member with this address, or a new one.
    pub(crate) fn find_or_sign_up(
        &mut self,
        organization: OrganizationKey,
        email_address: &str,
        now: i64,
    ) -> Option<MemberKey> {
        let known = self.find_email(organization, email_address);
        known.or_else(|| self.sign_up(organization, email_address, now))
    }

    /// Makes somebody a member of an organization.
    pub(crate) fn add_member(
        &mut self,
        organization: OrganizationKey,
        member: Member,
        now: i64,
    ) -> MemberKey {
        let id = member.id.unwrap_or_else(|| {
            let organization = &self.organization(organization).id;
            ids::named("member", &format!("{organization}/{}", member.email_address))
        });
        let mut codes = member.recovery_codes;
        if codes.is_empty() && member.totp_secret.is_some() {
            codes = (0..10).map(|_| self.ids.recovery_code()).collect();
        }
        let default_mfa_method = match (&member.phone_number, &member.totp_secret) {
            (Some(_), _) => "sms_otp",
            (None, Some(_)) => "totp",
            (None, None) => "",
        };
        self.members.push(MemberRecord {
            organization,
            password: member
                .password
                .map(|text| Password { id: ids::named("member-password", &id), text }),
            phone: member.phone_number.map(|number| Phone {
                id: ids::named("phone-number", &id),
                number,
                verified: true,
            }),
            totp: member.totp_secret.map(|secret| Totp {
                id: ids::named("member-totp", &id),
                // Seeds are checked before; a builder's secret may be any text.
                secret: totp::base32(&secret).unwrap_or_else(|| secret.into_bytes()),
                used_window: None,
            }),
            pending_totp: None,
            recovery_codes: codes.into_iter().map(|code| RecoveryCode::new(&id, code)).collect(),
            id,
            email_address: member.email_address,
            name: member.name,
            status: member.status,
            external_id: member.external_id,
            mfa_enrolled: member.mfa_enrolled,
            default_mfa_method,
            roles: member.roles,
            failures: 0,
            locked: None,
            sms_code: None,
            must_verify: false,
            must_reset_password: member.must_reset_password,
            created_at: now,
            fields: member.fields,
        });
        MemberKey(self.members.len() - 1)
    }
}
