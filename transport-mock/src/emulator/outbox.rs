//! What a real Stytch would send by SMS and e-mail.

use super::Emulator;
use super::ticket::{Ticket, link};
use super::world::{MailCode, MemberKey, SmsCode, World, mailbox};

/// The life of an SMS code: two minutes, in seconds.
const CODE_LIFE: i64 = 2 * 60;

/// A message that a real Stytch would have sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The phone number or e-mail address it went to.
    pub to: String,
    /// The id of the member it was for; empty if it was for nobody in particular, as in discovery.
    pub member_id: String,
    /// The code in it; empty if a link is in it.
    pub code: String,
    /// The link in it, with `stytch_token_type` and `token` in its query.
    pub link: Option<String>,
}

impl Message {
    /// The token in the link, if there is a link.
    ///
    /// ```
    /// use stytch_session_mock::Emulator;
    ///
    /// let emulator = Emulator::example();
    /// let request = http::Request::post("/v1/b2b/magic_links/email/discovery/send")
    ///     .header("authorization", emulator.backend_authorization())
    ///     .body(br#"{ "email_address": "ada@example.com" }"#.to_vec())?;
    /// assert_eq!(emulator.handle(&request).status(), 200);
    /// let message = emulator.outbox().remove(0);
    /// assert_eq!(message.token().map(str::len), Some(44));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let (_, rest) = self.link.as_deref()?.rsplit_once("&token=")?;
        rest.split('#').next()
    }
}

impl World {
    /// Sends a code to the member's phone and voids the one before it.
    pub(crate) fn send_sms(&mut self, member: MemberKey, now: i64) {
        let code = self.new_code();
        let member = self.member_mut(member);
        let Some(phone) = &member.phone else { return };
        let message = Message {
            to: phone.number.clone(),
            member_id: member.id.clone(),
            code: code.clone(),
            link: None,
        };
        member.sms_code =
            Some(SmsCode { code, expires_at: now.saturating_add(CODE_LIFE), used: false });
        self.outbox.push(message);
    }

    /// Sends a code to an e-mail address, for a member or for discovery, and voids the one before.
    pub(crate) fn send_mail_code(
        &mut self,
        email_address: &str,
        member: Option<MemberKey>,
        expires_at: i64,
    ) {
        let code = self.new_code();
        let message = Message {
            to: email_address.to_owned(),
            member_id: self.id_of(member),
            code: code.clone(),
            link: None,
        };
        let mail_code = MailCode { code, expires_at, used: false };
        self.mail_codes.insert((member.map(|key| key.0), mailbox(email_address)), mail_code);
        self.outbox.push(message);
    }

    /// Sends a link with a new token to the ticket's e-mail address.
    pub(crate) fn send_link(&mut self, ticket: Ticket, redirect_url: Option<&str>) {
        let (purpose, to) = (ticket.purpose, ticket.email_address.clone());
        let member_id = self.id_of(ticket.member);
        let token = self.issue(ticket);
        let link = Some(link(redirect_url, purpose, &token));
        self.outbox.push(Message { to, member_id, code: String::new(), link });
    }

    fn new_code(&mut self) -> String {
        match &self.options.fixed_otp_code {
            Some(code) => code.clone(),
            None => self.ids.code(),
        }
    }

    fn id_of(&self, member: Option<MemberKey>) -> String {
        member.map(|member| self.member(member).id.clone()).unwrap_or_default()
    }
}

impl Emulator {
    /// What has been sent by SMS and e-mail, oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<Message> {
        self.lock().outbox.clone()
    }

    /// The code in the latest message with one to this phone number or e-mail address, or to the
    /// member of this id.
    #[must_use]
    pub fn last_code(&self, to: &str) -> Option<String> {
        self.last_message(to, |message| message.link.is_none()).map(|message| message.code)
    }

    /// The link in the latest e-mail with one to this e-mail address, or to the member of this id.
    #[must_use]
    pub fn last_link(&self, to: &str) -> Option<String> {
        self.last_message(to, |message| message.link.is_some()).and_then(|message| message.link)
    }

    /// The token in [`last_link`](Self::last_link).
    #[must_use]
    pub fn last_link_token(&self, to: &str) -> Option<String> {
        let message = self.last_message(to, |message| message.link.is_some())?;
        message.token().map(str::to_owned)
    }

    fn last_message(&self, to: &str, wanted: impl Fn(&Message) -> bool) -> Option<Message> {
        let world = self.lock();
        let mut messages = world.outbox.iter().rev().filter(|message| wanted(message));
        messages.find(|message| message.to == to || message.member_id == to).cloned()
    }
}
