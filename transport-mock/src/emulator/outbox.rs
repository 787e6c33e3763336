//! What a real Stytch would send by SMS.

use super::world::{MemberKey, SmsCode, World};

/// The life of an SMS code: two minutes, in seconds.
const CODE_LIFE: i64 = 2 * 60;

/// A message that a real Stytch would have sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The phone number it went to.
    pub to: String,
    /// The id of the member it was for.
    pub member_id: String,
    /// The code in it.
    pub code: String,
}

impl World {
    /// Sends a code to the member's phone and voids the one before it.
    pub(crate) fn send_sms(&mut self, member: MemberKey, now: i64) {
        let code = match &self.options.fixed_otp_code {
            Some(code) => code.clone(),
            None => self.ids.code(),
        };
        let member = self.member_mut(member);
        let Some(phone) = &member.phone else { return };
        let message =
            Message { to: phone.number.clone(), member_id: member.id.clone(), code: code.clone() };
        member.sms_code =
            Some(SmsCode { code, expires_at: now.saturating_add(CODE_LIFE), used: false });
        self.outbox.push(message);
    }
}
