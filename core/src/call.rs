//! Requests that change no session.

mod list_sessions;
mod revoke_sessions;
mod send_sms_code;

pub use list_sessions::ListSessions;
pub use revoke_sessions::{RevokeForMember, RevokeSessions};
pub use send_sms_code::SendSmsCode;
