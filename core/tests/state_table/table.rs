//! Events and outcomes against states.

use serde_json::Value;
use stytch_session::{
    Abandoned, Active, AnySession, Backend, Error, ErrorKind, ForeignSessionToken, Frontend,
    MemberId, Response, SendSmsCode, Session, SmsCode, Step,
};

use crate::common::attempt::{After, Attempt, STATES, STEPS, attempt, complete, each_step};
use crate::common::scenario::{self, letter, organization};
use crate::common::{Held, Side, api_error, fixture, golden, golden_error, noon, success};

/// Each cell is the state reached: N none, D discovery, P another first factor required, M a
/// second factor required, A active, each with a `+` where the active session before it is
/// remembered.
///
/// `=` everything is as it was, bit for bit. `over` the session has ended (`Failure::Ended`).
/// `dead` an intermediate session that is kept, and expired, only for the active session that it
/// remembers. `-` the types do not offer the step, so that the call does not compile:
///
/// * from N nothing that needs a session or an intermediate one;
/// * from D nothing but to enter or found an organization: no second factor before one is chosen,
///   no second discovery login, no refresh;
/// * from P and M nothing that needs a session: no refresh, `sessions/exchange` or `revoke`;
/// * from A nothing that starts a login: no `login`, `discover` or discovery exchange.
///
/// Each other login is taken as `link` is; `migrate`, which only backends have, as `impersonate` is:
/// see [`migrating_goes_as_impersonating_does`].
const TABLE: &str = "
step               | reply                              | N | D    | P    | M    | A    | P+   | M+
login              | finished                           | A | -    | A    | A    | -    | A    | A
login              | second factor required             | M | -    | M    | M    | -    | M+   | M+
login              | first factor required              | P | -    | P    | P    | -    | P+   | P+
login              | both required                      | P | -    | P    | P    | -    | P+   | P+
login              | wrong password                     | = | -    | =    | =    | -    | =    | =
login              | member locked                      | = | -    | =    | =    | -    | =    | =
login              | intermediate token unknown         | = | -    | over | over | -    | dead | dead
login              | session unknown                    | = | -    | =    | =    | -    | =    | =
discover           | discovered                         | D | -    | -    | -    | -    | -    | -
discover           | wrong password                     | = | -    | -    | -    | -    | -    | -
discovery exchange | finished                           | - | A    | A    | A    | -    | A    | A
discovery exchange | second factor required             | - | M    | M    | M    | -    | M+   | M+
discovery exchange | first factor required              | - | P    | P    | P    | -    | P+   | P+
discovery exchange | both required                      | - | P    | P    | P    | -    | P+   | P+
discovery exchange | not for this organization          | - | =    | =    | =    | -    | =    | =
discovery exchange | intermediate token unknown         | - | over | over | over | -    | dead | dead
discovery exchange | session unknown                    | - | =    | =    | =    | -    | =    | =
sms code           | factor accepted                    | - | -    | A    | A    | A    | A    | A
sms code           | first factor outstanding           | - | -    | =    | =    | =    | =    | =
sms code           | wrong code                         | - | -    | =    | =    | =    | =    | =
sms code           | code used or expired               | - | -    | =    | =    | =    | =    | =
sms code           | intermediate token unknown         | - | -    | over | over | =    | dead | dead
sms code           | session unknown                    | - | -    | =    | =    | =    | =    | =
totp code          | factor accepted                    | - | -    | A    | A    | A    | A    | A
totp code          | first factor outstanding           | - | -    | =    | =    | =    | =    | =
totp code          | wrong TOTP code                    | - | -    | =    | =    | =    | =    | =
totp code          | intermediate token unknown         | - | -    | over | over | =    | dead | dead
recovery code      | factor accepted                    | - | -    | A    | A    | A    | A    | A
recovery code      | first factor outstanding           | - | -    | =    | =    | =    | =    | =
recovery code      | wrong recovery code                | - | -    | =    | =    | =    | =    | =
recovery code      | intermediate token unknown         | - | -    | over | over | =    | dead | dead
authenticate       | refreshed                          | A | -    | -    | -    | A    | -    | -
authenticate       | session unknown                    | = | -    | -    | -    | over | -    | -
authenticate       | unauthenticated                    | = | -    | -    | -    | over | -    | -
authenticate       | check refused                      | = | -    | -    | -    | =    | -    | -
authenticate       | intermediate token unknown         | = | -    | -    | -    | =    | -    | -
exchange           | finished                           | - | -    | -    | -    | A    | -    | -
exchange           | second factor required             | - | -    | -    | -    | M+   | -    | -
exchange           | first factor required              | - | -    | -    | -    | P+   | -    | -
exchange           | both required                      | - | -    | -    | -    | P+   | -    | -
exchange           | factors insufficient               | - | -    | -    | -    | =    | -    | -
exchange           | session unknown                    | - | -    | -    | -    | =    | -    | -
exchange           | unauthenticated                    | - | -    | -    | -    | =    | -    | -
exchange           | intermediate token unknown         | - | -    | -    | -    | =    | -    | -
revoke             | done                               | - | -    | -    | -    | N    | -    | -
revoke             | session unknown                    | - | -    | -    | -    | over | -    | -
revoke             | unauthenticated                    | - | -    | -    | -    | over | -    | -
revoke             | not allowed                        | - | -    | -    | -    | =    | -    | -
link               | finished                           | A | -    | A    | A    | -    | A    | A
link               | second factor required             | M | -    | M    | M    | -    | M+   | M+
link               | first factor required              | P | -    | P    | P    | -    | P+   | P+
link               | link used or expired               | = | -    | =    | =    | -    | =    | =
link               | intermediate token unknown         | = | -    | over | over | -    | dead | dead
link               | session unknown                    | = | -    | =    | =    | -    | =    | =
new password       | finished                           | A | -    | -    | -    | -    | -    | -
new password       | second factor required             | M | -    | -    | -    | -    | -    | -
new password       | wrong password                     | = | -    | -    | -    | -    | -    | -
discovery link     | discovered                         | D | -    | -    | -    | -    | -    | -
discovery link     | link used or expired               | = | -    | -    | -    | -    | -    | -
access token       | finished                           | A | -    | -    | -    | A    | -    | -
access token       | second factor required             | = | -    | -    | -    | =    | -    | -
access token       | session unknown                    | = | -    | -    | -    | =    | -    | -
access token       | unauthenticated                    | = | -    | -    | -    | =    | -    | -
attest             | finished                           | A | -    | -    | -    | A    | -    | -
attest             | second factor required             | = | -    | -    | -    | =    | -    | -
attest             | session unknown                    | = | -    | -    | -    | =    | -    | -
attest             | unauthenticated                    | = | -    | -    | -    | =    | -    | -
impersonate        | finished                           | A | -    | -    | -    | -    | -    | -
impersonate        | session unknown                    | = | -    | -    | -    | -    | -    | -
create             | finished                           | - | A    | A    | A    | -    | A    | A
create             | second factor required             | - | M    | M    | M    | -    | M+   | M+
create             | first factor required              | - | P    | P    | P    | -    | P+   | P+
create             | slug taken                         | - | =    | =    | =    | -    | =    | =
create             | intermediate token unknown         | - | over | over | over | -    | dead | dead
create             | session unknown                    | - | =    | =    | =    | -    | =    | =
reset              | finished                           | - | -    | -    | -    | A    | -    | -
reset              | second factor required             | - | -    | -    | -    | M+   | -    | -
reset              | session unknown                    | - | -    | -    | -    | =    | -    | -
reset              | unauthenticated                    | - | -    | -    | -    | =    | -    | -
every step         | too many requests                  | = | =    | =    | =    | =    | =    | =
every step         | server error                       | = | =    | =    | =    | =    | =    | =
every step         | server unavailable                 | = | =    | =    | =    | =    | =    | =
every step         | schema error                       | = | =    | =    | =    | =    | =    | =
every step         | OAuth-style error                  | = | =    | =    | =    | =    | =    | =
every step         | unknown error type                 | = | =    | =    | =    | =    | =    | =
";

/// The reply by its name in the table; a success belongs to the member who is held.
fn reply<P: Side>(name: &str, step: &str, from: &str) -> Response {
    match name {
        "finished" => golden::<P>("sessions.exchange.success"),
        "second factor required" if step == "reset" => success::<P>(&second_factor_in_north_pier()),
        "second factor required" => golden::<P>("sessions.exchange.mfa_required"),
        "first factor required" => golden::<P>("sessions.exchange.primary_required"),
        "both required" => golden::<P>("sessions.exchange.primary_and_mfa_required"),
        "discovered" => golden::<P>("passwords.discovery.authenticate.success"),
        "refreshed" => golden::<P>("sessions.authenticate.extended"),
        "done" => golden::<P>("sessions.revoke.success"),
        "factor accepted" => success::<P>(&accepted(step, from)),
        "wrong password" => api_error(401, "unauthorized_credentials"),
        "link used or expired" => golden_error("unable_to_auth_magic_link"),
        "slug taken" => golden_error("organization_slug_already_used"),
        "member locked" => golden_error("user_lock_limit_reached"),
        "intermediate token unknown" => golden_error("intermediate_session_not_found"),
        "session unknown" => golden_error("session_not_found"),
        "unauthenticated" => golden_error("user_unauthenticated"),
        "not for this organization" => {
            golden_error("invalid_intermediate_session_token_for_organization")
        }
        "first factor outstanding" => {
            golden_error("action_available_only_once_primary_authentication_is_met")
        }
        "wrong code" => golden_error("otp_code_not_found"),
        "code used or expired" => golden_error("unable_to_auth_otp_code"),
        "wrong TOTP code" => golden_error("unable_to_authenticate_totp"),
        "wrong recovery code" => golden_error("unable_to_authenticate_recovery_code"),
        "check refused" => golden_error("session_authorization_error"),
        "factors insufficient" => golden_error("insufficient_factors_for_session_exchange"),
        "not allowed" => golden_error("unauthorized_action"),
        "too many requests" => golden_error("too_many_requests"),
        "server error" => golden_error("internal_server_error"),
        "server unavailable" => golden_error("server_unavailable"),
        "schema error" => golden_error("schema.body"),
        "OAuth-style error" => golden_error("oauth_style"),
        "unknown error type" => golden_error("unknown_type"),
        _ => panic!("the table has an unknown reply: {name}"),
    }
}

/// As in Blue Kiln, for the member of North Pier: a reset must speak of the member who asked.
fn second_factor_in_north_pier() -> Value {
    let mut body = fixture("sessions.exchange.mfa_required");
    let north_pier = fixture("sessions.exchange.primary_required");
    for part in ["member_id", "member", "organization"] {
        body[part] = north_pier[part].clone();
    }
    body
}

/// The success of a second factor, for the member of Blue Kiln or of North Pier.
fn accepted(step: &str, from: &str) -> Value {
    let mut body = fixture(match step {
        "sms code" => "otps.sms.authenticate.success",
        "totp code" => "totp.authenticate.success",
        _ => "recovery_codes.recover.success",
    });
    if from.starts_with('P') {
        let north_pier = fixture("passwords.authenticate.success");
        for part in ["member_id", "member", "organization", "member_session"] {
            body[part] = north_pier[part].clone();
        }
    }
    body
}

struct Row {
    step: &'static str,
    reply: &'static str,
    /// State and cell.
    cells: Vec<(&'static str, &'static str)>,
}

fn rows() -> Vec<Row> {
    let mut lines = TABLE.trim().lines().map(|line| line.split('|').map(str::trim));
    let states: Vec<&str> = lines.next().unwrap().skip(2).collect();
    assert_eq!(states, STATES);
    lines
        .map(|mut line| {
            let (step, reply) = (line.next().unwrap(), line.next().unwrap());
            let cells: Vec<_> = states.iter().copied().zip(line).collect();
            assert_eq!(cells.len(), STATES.len(), "{step}, {reply}");
            Row { step, reply, cells }
        })
        .collect()
}

#[test]
fn the_table_holds_on_the_frontend() {
    check::<Frontend>();
}

#[test]
fn the_table_holds_on_the_backend() {
    check::<Backend>();
}

fn check<P: Side>() {
    for Row { step, reply: name, cells } in rows() {
        let steps = if step == "every step" { &STEPS[..] } else { &[step][..] };
        for step in steps {
            for (from, cell) in &cells {
                let what = format!("{step}, {name}, from {from} on the {}", P::NAME);
                let response = reply::<P>(name, step, from);
                match attempt::<P>(step, from, &response, noon()) {
                    Some(attempt) => {
                        assert_eq!(attempt.letter(), *cell, "{what}: {:?}", attempt.after);
                        remembers(&what, &attempt.before, attempt.after);
                    }
                    // A row of every step has cells that only some steps fill.
                    None => assert!(*cell == "-" || name_is_general(name), "{what} has no step"),
                }
            }
        }
    }
}

fn name_is_general(name: &str) -> bool {
    rows().iter().any(|row| row.step == "every step" && row.reply == name)
}

#[test]
fn migrating_goes_as_impersonating_does() {
    let rows = rows();
    let own = rows.iter().filter(|row| ["impersonate", "every step"].contains(&row.step));
    let mut seen = 0;
    for Row { reply: name, cells, .. } in own {
        let before = scenario::logged_out();
        let held = before.held();
        let token = ForeignSessionToken::new("token-from-elsewhere").unwrap();
        let step = before.migrate(&organization("north-pier"), token);
        let reply = reply::<Backend>(name, "impersonate", "N");
        let after = complete::<Backend, _>(step, &reply, noon());
        assert_eq!(Attempt { before: held, after }.letter(), cells[0].1, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 8);
}

/// Each step that the types offer has a row that says so.
#[test]
fn the_table_has_every_step() {
    each_step(|step, from| {
        let filled = rows().iter().any(|row| {
            row.step == step && row.cells.iter().any(|(state, cell)| *state == from && *cell != "-")
        });
        assert!(filled, "{step} from {from}");
    });
}

/// The active session that is remembered is the one that was active, bit for bit, through as many
/// unfinished steps as there are; giving the login up gives it back.
fn remembers(what: &str, before: &Value, after: After) {
    let state = &before["session"];
    let active = match state["state"].as_str() {
        Some("active") => Some(state.clone()),
        Some("intermediate") => state.get("previous").map(|previous| {
            let mut active = previous.clone();
            active["state"] = "active".into();
            active
        }),
        _ => None,
    };
    let (After::Done(session) | After::Kept { session, .. }) = after else { return };
    let AnySession::Intermediate(session) = session else { return };
    let previous = session.previous().map(|session| session.held()["session"].clone());
    assert_eq!(previous, active, "{what}: what is remembered");
    match (session.abandon(), active) {
        (Abandoned::Active(session), Some(active)) => {
            assert_eq!(session.held()["session"], active, "{what}: what is given back");
        }
        (Abandoned::LoggedOut(_), None) => {}
        (abandoned, _) => panic!("{what}: {abandoned:?}"),
    }
}

/// Steps without a request.
#[test]
fn local_steps() {
    let cancelled = |any: AnySession| letter(&any);
    assert_eq!(letter(&scenario::discovery::<Backend>().abandon().into()), "N");
    assert_eq!(letter(&scenario::primary_required::<Backend>().abandon().into()), "N");
    assert_eq!(letter(&scenario::mfa_required::<Backend>().abandon().into()), "N");
    let remembering = scenario::primary_required_after_exchange::<Backend>();
    assert_eq!(letter(&remembering.abandon().into()), "A");
    let remembering = scenario::mfa_required_after_exchange::<Backend>();
    assert_eq!(letter(&remembering.abandon().into()), "A");
    assert_eq!(letter(&scenario::active::<Backend>().forget().into()), "N");
    // A revoke that fails otherwise, and is to be final: forget.
    let revoke = scenario::active::<Backend>().revoke();
    assert_eq!(cancelled(revoke.cancel().forget().into()), "N");
}

/// A step that is given up gives its session back, bit for bit.
#[test]
fn cancelling_keeps_everything() {
    fn same<S: Held, T: Step<Before = S>>(session: S, step: impl FnOnce(S) -> T) {
        let before = session.held();
        assert_eq!(step(session).cancel().held(), before);
    }
    let organization = organization("north-pier");
    let code = || SmsCode::new("123456").unwrap();
    same(scenario::logged_out(), |s| s.login(scenario::password()));
    same(scenario::logged_out(), |s| s.discover(scenario::discovery_password()));
    same(scenario::discovery::<Backend>(), |s| s.exchange(&organization));
    same(scenario::active::<Backend>(), |s| s.exchange(&organization));
    same(scenario::active::<Backend>(), Session::<Active>::authenticate);
    same(scenario::active::<Backend>(), Session::<Active>::revoke);
    same(scenario::active::<Backend>(), |s| s.authenticate_with(code()));
    for intermediate in [
        scenario::primary_required::<Backend>,
        scenario::mfa_required::<Backend>,
        scenario::primary_required_after_exchange::<Backend>,
        scenario::mfa_required_after_exchange::<Backend>,
    ] {
        same(intermediate(), |s| s.login(scenario::password()));
        same(intermediate(), |s| s.exchange(&organization));
        same(intermediate(), |s| s.authenticate(code()));
    }
}

/// Calls borrow the session: whatever the answer, it is as it was.
#[test]
fn calls_change_nothing() {
    fn check<P: Side>() {
        let intermediate = scenario::mfa_required::<P>();
        let primary = scenario::primary_required::<P>();
        let active = scenario::active_in_blue_kiln::<P>();
        let before = [intermediate.held(), primary.held(), active.held()];
        let send = |call: SendSmsCode<'_>, reply: &Response| -> Result<(), Error> {
            P::project().decode(&call, reply).map(drop)
        };
        let sent = golden::<P>("otps.sms.send.success");
        let too_early = golden_error("action_available_only_once_primary_authentication_is_met");
        let gone = golden_error("intermediate_session_not_found");
        let dead = golden_error("session_not_found");
        assert!(send(intermediate.send_sms_code(), &sent).is_ok());
        assert!(send(active.send_sms_code(), &sent).is_ok());
        let error = send(primary.send_sms_code(), &too_early).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let error = send(intermediate.send_sms_code(), &gone).unwrap_err();
        assert!(error.is_session_gone());
        let error = send(active.send_sms_code(), &dead).unwrap_err();
        assert!(error.is_session_gone());
        let created = golden::<P>("totp.create.success");
        let exists = golden_error("active_totp_exists");
        for call in [intermediate.create_totp(), active.create_totp()] {
            assert!(P::project().decode(&call, &created).is_ok());
            let error = P::project().decode(&call, &exists).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused);
        }
        let found = golden::<P>("discovery.organizations.success");
        for call in [intermediate.list_organizations(), active.list_organizations()] {
            assert!(P::project().decode(&call, &found).is_ok());
            assert!(P::project().decode(&call, &gone).unwrap_err().is_session_gone());
        }
        assert_eq!([intermediate.held(), primary.held(), active.held()], before);

        let discovery = scenario::discovery::<P>();
        let before = discovery.held();
        let list = discovery.list_organizations();
        assert!(P::project().decode(&list, &found).is_ok());
        assert!(P::project().decode(&list, &gone).unwrap_err().is_session_gone());
        assert_eq!(discovery.held(), before);
    }
    check::<Frontend>();
    check::<Backend>();

    let active = scenario::active::<Frontend>();
    let before = active.held();
    let own_id: MemberId = active.member().member_id().clone();
    let call = active.revoke_for_member(&own_id);
    let project = Frontend::project();
    assert!(project.decode(&call, &golden::<Frontend>("sessions.revoke.success")).is_ok());
    assert!(project.decode(&call, &golden_error("session_not_found")).is_err());
    assert!(project.decode(&call, &golden_error("unauthorized_action")).is_err());
    assert_eq!(active.held(), before);
}
