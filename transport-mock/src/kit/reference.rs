//! The model as a state machine of `proptest-state-machine`.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;
use stytch_session::{Response, Timestamp};

use super::client::{Operation, OperationKind};
use super::journey::passing;
use super::mishap::payload;
use super::model::{Answer, Held, Now};
use super::wire::Surface;
use crate::replies::{self, Reply};
use crate::{Example, VirtualClock};

/// The model of a client, for [`proptest_state_machine`]: with replies that are made up rather than
/// an emulator's, of the frontend.
///
/// Its state is what the client ought to hold and the time; a [`Transition`] brings the operation
/// and the reply to it. The test applies both to its client and compares.
#[derive(Debug)]
pub struct Reference;

/// What happens to a client under [`Reference`].
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a test holds few of them")]
pub enum Transition {
    /// It is asked for something, and this is the server's reply.
    Ask {
        /// What it is asked for.
        operation: Operation,
        /// The reply, to be given by a [`MockTransport`](crate::MockTransport) for instance; none
        /// for what needs no server.
        reply: Option<Response>,
        /// What the reply says.
        answer: Answer,
    },
    /// Time passes.
    Pass(Duration),
}

/// The operations whose replies the mock can make up.
const KINDS: [OperationKind; 9] = [
    OperationKind::Login,
    OperationKind::Discover,
    OperationKind::Enter,
    OperationKind::GiveSms,
    OperationKind::Refresh,
    OperationKind::Exchange,
    OperationKind::Revoke,
    OperationKind::Abandon,
    OperationKind::Forget,
];

impl ReferenceStateMachine for Reference {
    type State = (Held, Now);
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self::State> {
        let now = Now { wall: VirtualClock::new().now(), elapsed: Duration::ZERO };
        Just((Held::default(), now)).boxed()
    }

    fn transitions((held, now): &Self::State) -> BoxedStrategy<Self::Transition> {
        let possible: Vec<_> = KINDS.into_iter().filter(|kind| held.allows(*kind)).collect();
        let wall = now.wall;
        let ask = select(possible).prop_flat_map(move |kind| {
            let replies = if kind.endpoint().is_some() {
                reply(kind, wall).prop_map(Some).boxed()
            } else {
                Just(None).boxed()
            };
            replies.prop_map(move |reply| ask(kind, reply))
        });
        prop_oneof![6 => ask, 1 => passing().prop_map(Transition::Pass)].boxed()
    }

    fn preconditions((held, _): &Self::State, transition: &Self::Transition) -> bool {
        match transition {
            Transition::Ask { operation, .. } => held.allows(operation.kind()),
            Transition::Pass(_) => true,
        }
    }

    fn apply((mut held, mut now): Self::State, transition: &Self::Transition) -> Self::State {
        match transition {
            Transition::Ask { operation, reply, answer } => {
                let kind = operation.kind();
                held = match reply {
                    Some(_) => held.after(kind, Surface::Frontend, answer, now).0,
                    None => held.after_local(kind),
                };
            }
            Transition::Pass(duration) => {
                now.wall += *duration;
                now.elapsed += *duration;
            }
        }
        held.pass(now);
        (held, now)
    }
}

fn ask(kind: OperationKind, reply: Option<Response>) -> Transition {
    let answer =
        reply.as_ref().map_or(Answer::Unclear, |reply| match payload(reply, Surface::Frontend) {
            Ok(payload) if payload.is_object() => Answer::Success(payload),
            Ok(_) => Answer::Unclear,
            Err(met) => met.answer,
        });
    Transition::Ask { operation: operation(kind), reply, answer }
}

fn operation(kind: OperationKind) -> Operation {
    let organization_id = || Example::HARBOR_LIGHTS.to_owned();
    let email_address = || Example::EMAIL_ADDRESS.to_owned();
    let password = || Example::PASSWORD.to_owned();
    match kind {
        OperationKind::Login => Operation::Login {
            organization_id: organization_id(),
            email_address: email_address(),
            password: password(),
        },
        OperationKind::Discover => {
            Operation::Discover { email_address: email_address(), password: password() }
        }
        OperationKind::Enter => Operation::Enter { organization_id: organization_id() },
        OperationKind::GiveSms => Operation::GiveSms { code: "123456".to_owned() },
        OperationKind::Refresh => Operation::Refresh { session_duration_minutes: None },
        OperationKind::Exchange => Operation::Exchange { organization_id: organization_id() },
        OperationKind::Abandon => Operation::Abandon,
        OperationKind::Forget => Operation::Forget,
        _ => Operation::Revoke,
    }
}

/// A reply to an operation: a success of some kind, or a failure.
fn reply(kind: OperationKind, now: SystemTime) -> impl Strategy<Value = Response> {
    prop_oneof![3 => success(kind, now), 2 => failure()].prop_map(Response::from)
}

fn success(kind: OperationKind, now: SystemTime) -> BoxedStrategy<Reply> {
    use OperationKind as K;
    let token = || "[A-Za-z0-9_-]{44}";
    let at = |later: u64| Timestamp::from(now + Duration::from_secs(later)).to_string();
    let (begun, end) = (at(0), at(3600));
    let dated = move |reply: Reply, token: &str| {
        let reply = reply.session_token(token).expires_at(&end);
        reply.field("member_session.last_accessed_at", begun.clone())
    };
    match kind {
        K::Login | K::Enter | K::Exchange => {
            let unfinished = prop_oneof![
                token().prop_map(|it| replies::exchange()
                    .mfa_required()
                    .intermediate_session_token(&it)),
                token().prop_map(|it| {
                    replies::exchange().primary_required(["sso"]).intermediate_session_token(&it)
                }),
            ];
            let finished = token().prop_map(move |it| dated(replies::exchange(), &it));
            prop_oneof![2 => finished, 1 => unfinished].boxed()
        }
        K::Discover => {
            token().prop_map(|it| replies::discovery().intermediate_session_token(&it)).boxed()
        }
        K::GiveSms => token().prop_map(move |it| dated(replies::second_factor(), &it)).boxed(),
        K::Refresh => token().prop_map(move |it| dated(replies::authenticate(), &it)).boxed(),
        _ => Just(replies::revoke()).boxed(),
    }
}

fn failure() -> impl Strategy<Value = Reply> {
    let errors = select(
        &[
            ("session_not_found", 404),
            ("user_unauthenticated", 401),
            ("unauthorized_credentials", 401),
            ("intermediate_session_not_found", 404),
            ("otp_code_not_found", 404),
            ("too_many_requests", 429),
            ("internal_server_error", 500),
        ][..],
    );
    prop_oneof![
        4 => errors.prop_map(|(error_type, status)| replies::error(error_type, status)),
        1 => select(&[200_u16, 401, 502][..]).prop_map(replies::html),
        1 => Just(replies::raw(200, "{\"data\":{\"session_token\":\"u0u6")),
        1 => Just(replies::schema_error("session_duration_minutes")),
    ]
}
