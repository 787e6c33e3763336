//! From what a journey says to what the client is asked: with the server's own codes and tokens.

use http::Request;
use serde_json::json;

use super::client::{Operation, OperationKind};
use super::journey::{Act, Choice, Place, Proof};
use super::model::Held;
use super::wire::Wire;
use crate::{Emulator, Example};

/// A session token, a code and so on that no server has given out.
const UNKNOWN_TOKEN: &str = "bm90aGluZy10aGF0LWFueWJvZHktaGFzLWdpdmVuLW91";
const UNKNOWN_CODE: &str = "000000";

impl Place {
    /// The slug, by which requests may name it.
    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::HarborLights => Example::HARBOR_LIGHTS,
            Self::NorthPier => Example::NORTH_PIER,
            Self::BlueKiln => Example::BLUE_KILN,
            Self::SlateQuarry => Example::SLATE_QUARRY,
            Self::NightFerry => Example::NIGHT_FERRY,
            Self::Nowhere => "nowhere",
        }
    }
}

/// The operation of an act; none if nothing makes sense now.
pub(super) fn operation(
    act: &Act,
    kinds: &[OperationKind],
    held: &Held,
    wire: &Wire,
) -> Option<Operation> {
    let kind = match act.choice {
        Choice::Any(kind) => kind,
        Choice::Sensible(number) => {
            let sensible: Vec<_> = kinds
                .iter()
                .flat_map(|kind| std::iter::repeat_n(*kind, weight(held, *kind)))
                .collect();
            *sensible.get(usize::from(number) % sensible.len().max(1))?
        }
    };
    Some(concrete(kind, act.place, act, wire))
}

/// How much sense an operation makes now.
fn weight(held: &Held, kind: OperationKind) -> usize {
    use OperationKind as K;
    let pending = held.pending.is_some();
    match kind {
        K::Restart => usize::from(pending || held.active.is_some()),
        K::Abandon | K::Forget => usize::from(held.allows(kind)),
        K::Login | K::LoginByLink | K::Enter if pending => 2,
        K::Refresh | K::Exchange | K::Revoke if pending && held.active.is_some() => 1,
        _ if held.allows(kind) => 4,
        _ => 0,
    }
}

fn concrete(kind: OperationKind, place: Place, act: &Act, wire: &Wire) -> Operation {
    use OperationKind as K;
    let stytch = wire.emulator();
    let right = act.proof == Proof::Right;
    let password = || {
        let password = if right { Example::PASSWORD } else { "not the password at all" };
        (Example::EMAIL_ADDRESS.to_owned(), password.to_owned())
    };
    let organization_id = place.slug().to_owned();
    let ada = || stytch.member_id(Example::BLUE_KILN, Example::EMAIL_ADDRESS);
    let code =
        |code: Option<String>| code.filter(|_| right).unwrap_or_else(|| UNKNOWN_CODE.to_owned());
    match kind {
        K::Login => {
            let (email_address, password) = password();
            Operation::Login { organization_id, email_address, password }
        }
        K::LoginByLink => {
            let token = link(stytch, place).filter(|_| right);
            Operation::LoginByLink { token: token.unwrap_or_else(|| UNKNOWN_TOKEN.to_owned()) }
        }
        K::Discover => {
            let (email_address, password) = password();
            Operation::Discover { email_address, password }
        }
        K::Enter => Operation::Enter { organization_id },
        K::SendSms => Operation::SendSms,
        K::GiveSms => Operation::GiveSms { code: code(stytch.last_code(Example::PHONE_NUMBER)) },
        K::GiveTotp => {
            Operation::GiveTotp { code: code(ada().and_then(|id| stytch.totp_code(&id))) }
        }
        K::GiveRecoveryCode => {
            let unused = ada().and_then(|id| stytch.recovery_codes(&id).into_iter().next());
            let code = unused.filter(|_| right).unwrap_or_else(|| "aaaa-bbbb-cccc".to_owned());
            Operation::GiveRecoveryCode { code }
        }
        K::Refresh => Operation::Refresh { session_duration_minutes: act.minutes },
        K::Adopt => Operation::Adopt {
            session_token: match act.proof {
                Proof::Right => session(stytch).unwrap_or_else(|| UNKNOWN_TOKEN.to_owned()),
                Proof::Wrong => UNKNOWN_TOKEN.to_owned(),
                Proof::Impossible => format!("{UNKNOWN_TOKEN}\nX-Injected: yes"),
            },
        },
        K::Exchange => Operation::Exchange { organization_id },
        K::Revoke => Operation::Revoke,
        K::Abandon => Operation::Abandon,
        K::Forget => Operation::Forget,
        K::Restart => Operation::Restart,
    }
}

/// The token of a link that Ada is sent.
fn link(stytch: &Emulator, place: Place) -> Option<String> {
    let body = json!({
        "organization_id": place.slug(),
        "email_address": Example::EMAIL_ADDRESS,
    });
    ask(stytch, "/v1/b2b/magic_links/email/login_or_signup", &body)?;
    stytch.last_link_token(Example::EMAIL_ADDRESS)
}

/// The token of a session that Ada began on another device.
fn session(stytch: &Emulator) -> Option<String> {
    let body = json!({
        "organization_id": Example::HARBOR_LIGHTS,
        "email_address": Example::EMAIL_ADDRESS,
        "password": Example::PASSWORD,
    });
    let answer = ask(stytch, "/v1/b2b/passwords/authenticate", &body)?;
    answer["session_token"].as_str().map(str::to_owned)
}

fn ask(stytch: &Emulator, path: &str, body: &serde_json::Value) -> Option<serde_json::Value> {
    let request = Request::post(path)
        .header("authorization", stytch.backend_authorization())
        .body(body.to_string().into_bytes())
        .ok()?;
    let answer = stytch.handle(&request);
    let success = answer.status().is_success();
    serde_json::from_slice(answer.body()).ok().filter(|_| success)
}
